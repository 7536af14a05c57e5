/* pdf_text.h - text as a PDF has it, made fit to be searched. */
#pragma once

#include "base/buf.h"

/* Appends `text` without what is not to be read: malformed bytes, control characters, marks of
 * direction; ligatures and other forms of letters that are only a matter of print (U+FB00 to
 * U+FDFF, U+FE70 to U+FEFF) as their letters. Line ends are "\n". */
void pdf_text_clean(const char *text, size_t n, struct buf *to);
