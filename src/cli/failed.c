/* failed.c - `penstock failed`: what is in quarantine, why, and which file it is. */
#include "cli/commands.h"

#include "cli/archive.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/table.h"
#include "sql.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

/* Columns of cli_failed.sql. */
enum column { ID, COLLECTION, PATH, ERROR, ATTEMPT, STRIKES, SIZE, FINISHED_AT };

static const struct record_column columns[] = {
    {"job", RECORD_INT},     {"collection", RECORD_TEXT}, {"path", RECORD_PATH},
    {"reason", RECORD_TEXT}, {"attempts", RECORD_INT},    {"strikes", RECORD_INT},
    {"size", RECORD_INT},    {"at", RECORD_TIME},
};

static const struct table_column titles[] = {
    {"JOB", true},         {"WHEN", false}, {"ATTEMPTS", true}, {"SIZE", true},
    {"COLLECTION", false}, {"PATH", false}, {"REASON", false}};

static bool locate(const struct invocation *inv, const struct rows *rows, size_t row,
                   char ret[PATH_MAX])
{
    size_t n;
    const char *path = rows_bytes(rows, row, PATH, &n);

    return quarantine_locate(&inv->settings, rows_int(rows, row, ID), path, n, ret, PATH_MAX);
}

static void write_json(const struct invocation *inv, const struct rows *rows, struct buf *out)
{
    struct json j = json_begin(out);
    char file[PATH_MAX];

    json_array_open(&j, NULL);
    for (size_t row = 0; row < rows_count(rows); row++) {
        json_object_open(&j, NULL);
        record_json(&j, columns, ARRAY_SIZE(columns), rows, row);
        json_str(&j, "file", locate(inv, rows, row, file) ? file : NULL);
        json_object_close(&j);
    }
    json_array_close(&j);
}

static void add_cells(struct table *t, const struct invocation *inv, const struct rows *rows,
                      size_t row)
{
    char file[PATH_MAX];
    const char *bytes;
    size_t n;
    struct buf path = BUF_INIT;

    record_text(&path, RECORD_PATH, rows, row, PATH);
    table_cell(t, "%" PRId64, rows_int(rows, row, ID));
    table_cell(t, "%s", human_time(rows_usec(rows, row, FINISHED_AT)).text);
    table_cell(t, "%" PRId64, rows_int(rows, row, ATTEMPT));
    table_cell(t, "%s", human_bytes((uint64_t)rows_int(rows, row, SIZE)).text);
    bytes = rows_bytes(rows, row, COLLECTION, &n);
    table_text(t, bytes, n);
    table_text(t, buf_text(&path), path.size);
    bytes = rows_bytes(rows, row, ERROR, &n);
    table_cell(t, "%.*s%s", (int)n, bytes,
               locate(inv, rows, row, file) ? "" : " (its file is not in quarantine here)");
    buf_done(&path);
}

static void write_table(const struct invocation *inv, const struct rows *rows, struct buf *out)
{
    struct table t = table_begin(titles, ARRAY_SIZE(titles));

    for (size_t row = 0; row < rows_count(rows); row++)
        add_cells(&t, inv, rows, row);
    if (rows_count(rows) > 0)
        table_write(&t, out);
}

static void tell_what_to_do(const struct invocation *inv, size_t n)
{
    char folder[PATH_MAX];

    if (n == 0)
        (void)fprintf(stderr, "penstock failed: nothing is in quarantine\n");
    else if (settings_home_path(&inv->settings, "quarantine", folder, sizeof(folder)) == 0)
        (void)fprintf(
            stderr, "penstock failed: the files are in %s/JOB; penstock retry JOB puts one back\n",
            folder);
}

static int run(struct invocation *inv)
{
    struct session *s = NULL;
    struct rows *rows = NULL;
    struct buf out = BUF_INIT;
    int r = invocation_load_settings(inv);

    if (r == 0)
        r = database_open(inv, false, &s);
    if (r != 0)
        return r;
    r = record_query(inv, s, sql_cli_failed, NULL, &rows);
    session_close(s);
    if (r != 0)
        return r;
    (invocation_has(inv, "json") ? write_json : write_table)(inv, rows, &out);
    r = output_flush(&out);
    if (!invocation_has(inv, "json"))
        tell_what_to_do(inv, rows_count(rows));
    rows_free(rows);
    return r;
}

static const struct command_option options[] = {OPTION_JSON, {NULL}};

const struct command command_failed = {
    .name = "failed",
    .arguments = "",
    .summary = "what is in quarantine, and why",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
