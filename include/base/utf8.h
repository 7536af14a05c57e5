/* utf8.h - strict UTF-8, by the rule that PostgreSQL applies to a UTF8 database.
 *
 * Accepted are exactly the sequences of RFC 3629 (no overlong forms, no surrogates, nothing above
 * U+10FFFF); the NUL byte is well-formed UTF-8 but PostgreSQL refuses it, so it is reported apart.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Length in bytes of the well-formed sequence at `text`, 1 to 4; 0 when it is malformed or cut off.
 */
size_t utf8_sequence(const char *text, size_t size);

/* Bytes at the start of `text` that are well-formed and without NUL; equal to `size` when all are.
 */
size_t utf8_valid_prefix(const char *text, size_t size);

/* The largest n <= `limit` that does not cut a sequence of the valid text in two. */
size_t utf8_cut(const char *text, size_t size, size_t limit);

/* Writes one code point (at most U+10FFFF, no surrogate) into `to`; returns its 1 to 4 bytes. */
size_t utf8_encode(uint32_t code_point, char to[4]);
