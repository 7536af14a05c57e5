/* mail_charset.h - the text of messages to UTF-8, from the character sets that they name. */
#pragma once

#include "extract/extractor.h"

/* Appends to `to`, as valid UTF-8 without NUL, bytes in `charset` (any spelling; "": not told). A
 * charset that is unknown or cannot be the right one: it is detected. 0 or -ENOMEM. */
int mail_charset_decode(struct extractor *x, const char *charset, const char *bytes, size_t n,
                        struct buf *to) MUST_CHECK;

/* Appends the value of a header field: unfolded, white space collapsed, encoded words (RFC 2047)
 * decoded. `charset`: what bytes that are not encoded may be in. 0 or -ENOMEM. */
int mail_words_decode(struct extractor *x, const char *charset, const char *value, size_t n,
                      struct buf *to) MUST_CHECK;
