/* json.h - writing JSON (RFC 8259) into a buffer. Reading is extract's business (json_scan.c).
 *
 * A writer knows whether a comma is due; the caller opens and closes what it nests:
 *
 *     struct json j = json_begin(&out);
 *     json_object_open(&j, NULL);
 *     json_str(&j, "name", name);
 *     json_object_close(&j);
 *
 * `key` is NULL inside an array and at the top. Text that is not valid UTF-8 is written with U+FFFD
 * for each bad byte, so the output is always valid JSON and, \u0000 never being written, always a
 * valid jsonb. Every control character is escaped, C1 included, so the output can be shown on a
 * terminal.
 */
#pragma once

#include "base/buf.h"

struct json {
    struct buf *out;
    bool comma; /* a value went before on this level */
};

/* A writer that appends to `out`, which must outlive it. */
struct json json_begin(struct buf *out);

/* { and }; [ and ]: what comes between is nested. `key` as told above. */
void json_object_open(struct json *j, const char *key);
void json_object_close(struct json *j);
void json_array_open(struct json *j, const char *key);
void json_array_close(struct json *j);

/* A string of `n` bytes; NUL bytes in it become U+FFFD. `text` NULL writes null. */
void json_strn(struct json *j, const char *key, const char *text, size_t n);
void json_str(struct json *j, const char *key, const char *text);
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
/* Written with 15 significant digits; infinities and NaN, which JSON lacks, as null. */
void json_double(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* Inserts `text` as it is: it must be one valid JSON value. */
void json_raw(struct json *j, const char *key, const char *text, size_t n);
