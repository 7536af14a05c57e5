/* show_parts.c - see show_parts.h. */
#include "cli/show_parts.h"

#include "cli/human.h"
#include "cli/output.h"
#include "cli/record.h"
#include "sql.h"

#include <inttypes.h>

/* Columns of cli_document_parts.sql. */
enum part_column { ORDINAL, PATH, ID, UID, MEDIA_TYPE, TITLE, BYTE_SIZE };
static const struct record_column part_columns[] = {
    {"ordinal", RECORD_INT},   {"path", RECORD_TEXT},       {"id", RECORD_INT},
    {"uid", RECORD_TEXT},      {"media_type", RECORD_TEXT}, {"title", RECORD_TEXT},
    {"byte_size", RECORD_INT},
};

/* Columns of cli_document_places.sql. */
enum place_column { PARENT, PARENT_PATH, PARENT_NAME };
static const struct record_column place_columns[] = {
    {"id", RECORD_INT}, {"path", RECORD_TEXT}, {"name", RECORD_TEXT}};

/* Columns of cli_document_split.sql. */
enum split_column { RECORDS, TOTAL, FINISHED };

int show_parts_find(const struct invocation *inv, struct session *s, int64_t document,
                    struct show_parts *ret)
{
    int r = record_query(inv, s, sql_cli_document_parts, &document, &ret->parts);

    if (r == 0)
        r = record_query(inv, s, sql_cli_document_places, &document, &ret->places);
    return r == 0 ? record_query(inv, s, sql_cli_document_split, &document, &ret->split) : r;
}

void show_parts_free(struct show_parts *p)
{
    rows_free(p->parts);
    rows_free(p->places);
    rows_free(p->split);
}

static void label(struct buf *out, const char *text)
{
    buf_printf(out, "%s%-12s%s", style(STYLE_DIM), text, style(STYLE_PLAIN));
}

void show_parts_text(const struct show_parts *p, struct buf *out)
{
    for (size_t row = 0; row < rows_count(p->places); row++) {
        label(out, row == 0 ? "inside" : "");
        buf_printf(out, "document %" PRId64 " ", rows_int(p->places, row, PARENT));
        record_text(out, RECORD_TEXT, p->places, row, PARENT_NAME);
        buf_add_str(out, " > ");
        record_text(out, RECORD_TEXT, p->places, row, PARENT_PATH);
        buf_add_char(out, '\n');
    }
    if (rows_count(p->split) > 0) {
        label(out, "records");
        buf_printf(out, "%" PRId64 " of %" PRId64 " are stored%s\n", rows_int(p->split, 0, RECORDS),
                   rows_int(p->split, 0, TOTAL),
                   rows_bool(p->split, 0, FINISHED) ? "" : "; it is not finished");
    }
    for (size_t row = 0; row < rows_count(p->parts); row++) {
        label(out, row == 0 ? "parts" : "");
        record_text(out, RECORD_TEXT, p->parts, row, PATH);
        buf_printf(out, " (document %" PRId64 ", ", rows_int(p->parts, row, ID));
        record_text(out, RECORD_TEXT, p->parts, row, MEDIA_TYPE);
        buf_printf(out, ", %s)\n", human_bytes((uint64_t)rows_int(p->parts, row, BYTE_SIZE)).text);
    }
}

static void json_list(struct json *j, const char *key, const struct record_column *columns,
                      size_t n, const struct rows *rows)
{
    json_array_open(j, key);
    for (size_t row = 0; row < rows_count(rows); row++) {
        json_object_open(j, NULL);
        record_json(j, columns, n, rows, row);
        json_object_close(j);
    }
    json_array_close(j);
}

void show_parts_json(const struct show_parts *p, struct json *j)
{
    json_list(j, "parts", part_columns, ARRAY_SIZE(part_columns), p->parts);
    json_list(j, "inside", place_columns, ARRAY_SIZE(place_columns), p->places);
    if (rows_count(p->split) == 0)
        return;
    json_object_open(j, "split");
    json_int(j, "records", rows_int(p->split, 0, RECORDS));
    json_int(j, "total", rows_int(p->split, 0, TOTAL));
    json_bool(j, "finished", rows_bool(p->split, 0, FINISHED));
    json_object_close(j);
}
