/* params.h - parameters of a statement in PostgreSQL's binary formats (text as counted bytes, never
 * as C strings, so a NUL cannot cut a value silently). Arrays are one-dimensional, built element by
 * element, for unnest($1, $2, …).
 *
 *     params_clear(&p);
 *     params_add_int8(&p, 42);
 *     size_t names = params_add_array(&p, PARAM_TEXT, n);
 *     for (...) params_element(&p, name, length);          // belongs to the array added last;
 * `bytes` NULL: SQL null
 */
#pragma once

#include "base/buf.h"

enum param_type {
    PARAM_BOOL,
    PARAM_INT4,
    PARAM_INT8,
    PARAM_TEXT,
    PARAM_BYTEA,
    PARAM_JSONB,
    PARAM_TSVECTOR
};

struct params;

/* NULL without memory. _free takes NULL and returns NULL; _clear keeps the memory for the next
 * statement. */
struct params *params_new(void);
struct params *params_free(struct params *p);
void params_clear(struct params *p);

/* Each adds the next parameter, $1 first. Bytes are copied. A failure is kept for
 * params_error(). */
void params_add_null(struct params *p, enum param_type type);
void params_add_bool(struct params *p, bool value);
void params_add_int8(struct params *p, int64_t value);
void params_add_text(struct params *p, const char *bytes, size_t n);
void params_add_bytea(struct params *p, const void *bytes, size_t n);
/* A JSON text. */
void params_add_jsonb(struct params *p, const char *bytes, size_t n);

/* Begins an array of exactly `n` elements; then call the matching params_element function n times.
 */
void params_add_array(struct params *p, enum param_type type, size_t n);
void params_element(struct params *p, const void *bytes, size_t n);
void params_element_int8(struct params *p, int64_t value);
void params_element_bool(struct params *p, bool value);

/* 0; -ENOMEM; -EFBIG when all together are above 1 GB - 1 MB (what a message to PostgreSQL can
 * hold) or more than 64; -EINVAL when an array got another number or kind of elements than was
 * announced. */
int params_error(const struct params *p) MUST_CHECK;
