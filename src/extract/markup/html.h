/* html.h - HTML pages as chapters of another document (EPUB). */
#pragma once

#include "extract/document.h"

/* Appends the text of a page, `n` bytes of UTF-8 without NUL, to the body, behind a blank line when
 * there is text already. Its title and metadata count for nothing, its language only when the
 * document has none. 0; EXTRACT_REFUSED: not read to its end, it has too many different names; or
 * -ENOMEM. Uses x->scratch. */
int html_append_text(struct extractor *x, struct document *d, const char *text,
                     size_t n) MUST_CHECK;
