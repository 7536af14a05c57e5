/* record.c - see record.h. */
#include "cli/record.h"

#include "base/clock.h"
#include "cli/human.h"
#include "cli/output.h"
#include "inbox/name.h"

#include <inttypes.h>

static void json_path(struct json *j, const char *key, const char *bytes, size_t n)
{
    struct buf shown = BUF_INIT;

    inbox_path_show(bytes, n, &shown);
    json_strn(j, key, buf_text(&shown), shown.size);
    buf_done(&shown);
}

static void json_column(struct json *j, const struct record_column *c, const struct rows *rows,
                        size_t row, unsigned column)
{
    char time[CLOCK_TEXT_SIZE];
    size_t n;
    const char *bytes;

    if (rows_is_null(rows, row, column)) {
        json_null(j, c->key);
        return;
    }
    switch (c->type) {
    case RECORD_INT:
        json_int(j, c->key, rows_int(rows, row, column));
        return;
    case RECORD_TIME:
        clock_format(rows_usec(rows, row, column), time);
        json_str(j, c->key, time);
        return;
    case RECORD_TEXT:
    case RECORD_PATH:
    case RECORD_JSON:
        bytes = rows_bytes(rows, row, column, &n);
        (c->type == RECORD_TEXT   ? json_strn
         : c->type == RECORD_PATH ? json_path
                                  : json_raw)(j, c->key, bytes, n);
        return;
    }
}

void record_json(struct json *j, const struct record_column *columns, size_t n,
                 const struct rows *rows, size_t row)
{
    for (size_t i = 0; i < n; i++)
        json_column(j, &columns[i], rows, row, (unsigned)i);
}

void record_path(struct buf *out, const char *path, size_t n)
{
    struct buf shown = BUF_INIT;

    inbox_path_show(path, n, &shown);
    output_line(out, buf_text(&shown), shown.size);
    buf_done(&shown);
}

void record_text(struct buf *out, enum record_type type, const struct rows *rows, size_t row,
                 unsigned column)
{
    size_t n;
    const char *bytes;

    if (rows_is_null(rows, row, column))
        return;
    if (type == RECORD_INT) {
        buf_printf(out, "%" PRId64, rows_int(rows, row, column));
    } else if (type == RECORD_TIME) {
        buf_add_str(out, human_time(rows_usec(rows, row, column)).text);
    } else {
        bytes = rows_bytes(rows, row, column, &n);
        if (type == RECORD_PATH)
            record_path(out, bytes, n);
        else
            output_line(out, bytes, n);
    }
}

void record_line(struct buf *out, const char *label, const char *text)
{
    if (*text)
        buf_printf(out, "%s%-12s%s%s\n", style(STYLE_DIM), label, style(STYLE_PLAIN), text);
}

int record_query(const struct invocation *inv, struct session *s, const char *sql,
                 const int64_t *number, struct rows **ret)
{
    struct params *p = params_new();
    int r;

    if (!p)
        return invocation_fail(inv, EXIT_FAILED, "out of memory");
    if (number)
        params_add_int8(p, *number);
    else
        params_add_null(p, PARAM_INT8);
    r = database_query(inv, s, sql, p, ret);
    params_free(p);
    return r;
}
