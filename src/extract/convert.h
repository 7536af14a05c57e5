/* convert.h - legacy encodings to UTF-8 through ICU; internal to decode.c. */
#pragma once

#include "base/buf.h"

/* The encoding has no converter. */
#define CONVERT_UNKNOWN 1

/* Appends the converted bytes to `to`. Malformed bytes and NUL become U+FFFD and are counted.
 * `ret_name` gets the IANA name. 0, CONVERT_UNKNOWN or -ENOMEM. */
int convert_to_utf8(const char *encoding, const char *bytes, size_t size, bool cut_off,
                    struct buf *to, char ret_name[64], size_t *ret_replaced) MUST_CHECK;

/* Opens the common converters once, so that ICU has its data at hand. */
int convert_warm_up(struct reason *why) MUST_CHECK;
