/* json_scan.h - validates JSON (RFC 8259) without building it. */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum json_verdict {
    JSON_VALID,
    JSON_CUT_OFF, /* valid as far as it goes, but the text ends first */
    JSON_TOO_DEEP,
    JSON_INVALID,
};

/* Hears of each member of the top-level object; both slices are the source text, strings with
 * quotes. */
typedef void (*json_member_fn)(void *context, const char *key, size_t key_n, const char *value,
                               size_t value_n);

/* Hears of each element of the top-level array. */
typedef void (*json_element_fn)(void *context, const char *value, size_t value_n);

struct json_scan {
    const char *text;
    size_t size;
    size_t at; /* in: where to begin; out: behind the value and the white space after it */
    unsigned max_depth;
    json_member_fn member;   /* may be NULL */
    json_element_fn element; /* may be NULL */
    void *context;
};

/* Scans one value with the white space around it. */
enum json_verdict json_scan_value(struct json_scan *s);

/* Decodes a string's source, quotes included, into `to` (at least `n` bytes); returns the bytes
 * written. A NUL or a lone surrogate becomes U+FFFD. */
size_t json_scan_unescape(const char *source, size_t n, char *to);
