/* sniff.h - which format a document is, by its content first. */
#pragma once

#include "extract/extractor.h"

int sniff_init(struct extractor *x, struct reason *why) MUST_CHECK;
void sniff_done(struct extractor *x);

/* The row whose signature the bytes begin with, or NULL. */
const struct format *sniff_signature(const char *bytes, size_t size);
/* The next row behind `f` of which that is true, or NULL. */
const struct format *sniff_next_signature(const struct format *f, const char *bytes, size_t size);

/* The row of what is not text and known by its name only, or NULL. */
const struct format *sniff_named(const char *name);

/* The row of mail that the bytes are, as long as their header is in a set like ASCII, or NULL. */
const struct format *sniff_mail(const struct document *d);

/* The row of `family` that the text is, or NULL when it cannot be of that family. */
const struct format *sniff_text(enum family family, const struct document *d);

/* The media type of bytes that are not text; `known` is their signature's row or NULL. Lives as
 * long as the extractor. NULL: out of memory. */
const char *sniff_binary(struct extractor *x, const struct format *known, const char *bytes,
                         size_t size);
