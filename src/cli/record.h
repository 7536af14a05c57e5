/* record.h - rows of the database as JSON members, and labelled lines of text. */
#pragma once

#include "base/json.h"
#include "cli/database.h"

/* One column of a result as the member `key`; NULL becomes null. */
enum record_type { RECORD_INT, RECORD_TEXT, RECORD_PATH, RECORD_TIME, RECORD_JSON };
struct record_column {
    const char *key;
    enum record_type type;
};

/* The columns of a row in their order, into an open object. */
void record_json(struct json *j, const struct record_column *columns, size_t n,
                 const struct rows *rows, size_t row);

/* The column of a row as safe text; nothing for NULL. */
void record_text(struct buf *out, enum record_type type, const struct rows *rows, size_t row,
                 unsigned column);

/* The bytes of a path, safe for a terminal. */
void record_path(struct buf *out, const char *path, size_t n);

/* A line "label       text" of a description; `text` must be safe. Left out when it is empty. */
void record_line(struct buf *out, const char *label, const char *text);

/* A statement whose only parameter is a number, or null when `number` is NULL. As database_query().
 */
int record_query(const struct invocation *inv, struct session *s, const char *sql,
                 const int64_t *number, struct rows **ret) MUST_CHECK;
