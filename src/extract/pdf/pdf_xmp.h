/* pdf_xmp.h - the packet of XMP in a PDF. */
#pragma once

#include "extract/document.h"
#include "extract/pdf/pdf_reader.h"

/* Adds what it says to title, language and metadata, where nothing stands yet. 0 or -ENOMEM. */
int pdf_xmp_read(struct document *d, struct pdf_reader *reader) MUST_CHECK;
