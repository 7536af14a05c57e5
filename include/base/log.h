/* log.h - one line an event: the role first, then key=value pairs (or one JSON object).
 *
 *     log_info("document", F_STR("outcome", "stored"), F_U64("job", id));
 *     -> role=intake time=2026-11-20T05:12:46.123Z level=info event=document outcome=stored job=17
 *
 * Values are escaped, so a file name cannot forge a line. A line is one write(2) to standard error:
 * lines of several processes do not mix. When nobody reads them, lines are dropped rather than
 * waited for, and counted (event=log.lost). Only roles and commands log, each error once (err.h);
 * folders below them are silent.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* One pair; build it with the F_ macros. */
struct log_field {
    const char *key; /* NULL ends the list */
    enum { LOG_FIELD_STR, LOG_FIELD_BYTES, LOG_FIELD_I64, LOG_FIELD_U64, LOG_FIELD_F64 } type;
    union {
        const char *str; /* NULL: the pair is left out */
        struct {
            const void *at;
            size_t n;
        } bytes;
        int64_t i64;
        uint64_t u64;
        double f64;
    };
};

/* clang-format off */
#define F_STR(k, v)      {.key = (k), .type = LOG_FIELD_STR, .str = (v)}
#define F_BYTES(k, v, c) {.key = (k), .type = LOG_FIELD_BYTES, .bytes = {.at = (v), .n = (c)}}
#define F_I64(k, v)      {.key = (k), .type = LOG_FIELD_I64, .i64 = (v)}
#define F_U64(k, v)      {.key = (k), .type = LOG_FIELD_U64, .u64 = (v)}
#define F_F64(k, v)      {.key = (k), .type = LOG_FIELD_F64, .f64 = (v)}
/* clang-format on */
/* error="No such file or directory" of a negative errno. */
#define F_ERR(r) F_STR("error", log_errno_text(r))

/* Sets the role that begins every line. Static storage. */
void log_set_role(const char *role);
void log_set_level(enum log_level min_level);
void log_set_format(enum log_format format);

/* The text of -errno (or errno). Valid until the next call. */
const char *log_errno_text(int r);

/* Writes one line unless `level` is below the least that is logged. `fields` end with a NULL
 * key. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#define LOG_FIELDS(...)       ((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})
#define log_debug(event, ...) log_write(LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...)  log_write(LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_write(LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))
