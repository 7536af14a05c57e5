/* show.c - `penstock show`: one document, by id or uid: its fields, the files that were it, what
 * lies inside it, where its original is, and how its text begins; or, with --text, its text alone, byte for byte.
 */
#include "cli/commands.h"

#include "cli/archive.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/show_parts.h"
#include "cli/show_versions.h"
#include "sql.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BEGINNING_CHARACTERS 1000

/* Columns of cli_document.sql; those behind the last one of the table are read by hand. */
enum column {
    ID,
    UID,
    COLLECTION,
    SHA256,
    NAME,
    MEDIA_TYPE,
    TITLE,
    LANGUAGE,
    BYTE_SIZE,
    METADATA,
    PARENT,
    EXTERNAL,
    VERSION,
    INGESTED_AT,
    BODY,
    BODY_BYTES,
    LANGUAGE_SOURCE,
    TEXT_CONFIG
};

static const struct record_column document_columns[] = {
    {"id", RECORD_INT},
    {"uid", RECORD_TEXT},
    {"collection", RECORD_TEXT},
    {"sha256", RECORD_TEXT},
    {"name", RECORD_TEXT},
    {"media_type", RECORD_TEXT},
    {"title", RECORD_TEXT},
    {"language", RECORD_TEXT},
    {"byte_size", RECORD_INT},
    {"metadata", RECORD_JSON},
    {"parent_id", RECORD_INT},
    {"external_id", RECORD_TEXT},
    {"version", RECORD_INT},
    {"ingested_at", RECORD_TIME},
    {"text", RECORD_TEXT},
    {"text_bytes", RECORD_INT},
    {"language_source", RECORD_TEXT},
    {"text_config", RECORD_TEXT},
};

/* Columns of cli_document_jobs.sql. */
enum job_column {
    JOB_ID,
    JOB_PATH,
    JOB_STATE,
    JOB_OUTCOME,
    JOB_ATTEMPT,
    JOB_STRIKES,
    JOB_ERROR,
    JOB_SIZE,
    JOB_SEEN,
    JOB_FINISHED
};

static const struct record_column job_columns[] = {
    {"id", RECORD_INT},           {"path", RECORD_PATH},   {"state", RECORD_TEXT},
    {"outcome", RECORD_TEXT},     {"attempt", RECORD_INT}, {"strikes", RECORD_INT},
    {"error", RECORD_TEXT},       {"size", RECORD_INT},    {"seen_at", RECORD_TIME},
    {"finished_at", RECORD_TIME},
};

struct lines {
    const char *label;
    enum column column;
};

static const struct lines text_lines[] = {
    {"name", NAME},
    {"title", TITLE},
    {"media type", MEDIA_TYPE},
    {"language", LANGUAGE},
    {"from", LANGUAGE_SOURCE},
    {"searched as", TEXT_CONFIG},
    {"collection", COLLECTION},
    {"uid", UID},
    {"sha256", SHA256},
    {"parent", PARENT},
    {"ingested", INGESTED_AT},
    {"metadata", METADATA},
};

static void write_original(const struct invocation *inv, const struct rows *rows, struct buf *out)
{
    char path[PATH_MAX];
    size_t n;

    if (archive_locate(&inv->settings, rows_bytes(rows, 0, SHA256, &n), path, sizeof(path)))
        record_line(out, "original", path);
    else
        record_line(out, "original", "not in the archive of this PENSTOCK_HOME");
}

static void write_appearances(const struct rows *jobs, struct buf *out)
{
    struct buf path = BUF_INIT;

    for (size_t row = 0; row < rows_count(jobs); row++) {
        buf_clear(&path);
        record_text(&path, RECORD_PATH, jobs, row, JOB_PATH);
        buf_printf(out, "%s%-12s%s%s (job %" PRId64 ", ", style(STYLE_DIM), row == 0 ? "files" : "",
                   style(STYLE_PLAIN), buf_text(&path), rows_int(jobs, row, JOB_ID));
        record_text(out, RECORD_TEXT, jobs, row,
                    rows_is_null(jobs, row, JOB_OUTCOME) ? JOB_STATE : JOB_OUTCOME);
        buf_printf(out, ", seen %s)\n", human_time(rows_usec(jobs, row, JOB_SEEN)).text);
    }
    buf_done(&path);
}

static void write_text(const struct invocation *inv, const struct rows *rows,
                       const struct rows *jobs, const struct rows *versions,
                       const struct show_parts *parts, struct buf *out)
{
    struct buf value = BUF_INIT;
    const char *body;
    size_t n;

    buf_printf(out, "%sdocument %" PRId64 "%s\n", style(STYLE_BOLD), rows_int(rows, 0, ID),
               style(STYLE_PLAIN));
    for (size_t i = 0; i < ARRAY_SIZE(text_lines); i++) {
        buf_clear(&value);
        record_text(&value, document_columns[text_lines[i].column].type, rows, 0,
                    text_lines[i].column);
        record_line(out, text_lines[i].label, buf_text(&value));
    }
    buf_done(&value);
    record_line(out, "size", human_bytes((uint64_t)rows_int(rows, 0, BYTE_SIZE)).text);
    show_versions_text(rows_int(rows, 0, ID), rows, EXTERNAL, versions, out);
    write_original(inv, rows, out);
    write_appearances(jobs, out);
    show_parts_text(parts, out);
    body = rows_bytes(rows, 0, BODY, &n);
    record_line(out, "text", human_bytes((uint64_t)rows_int(rows, 0, BODY_BYTES)).text);
    buf_add_char(out, '\n');
    output_block(out, body, n);
    if ((int64_t)n < rows_int(rows, 0, BODY_BYTES))
        buf_printf(out, "\n%s... (all of it: penstock show %" PRId64 " --text)%s", style(STYLE_DIM),
                   rows_int(rows, 0, ID), style(STYLE_PLAIN));
}

static void write_json(const struct invocation *inv, const struct rows *rows,
                       const struct rows *jobs, const struct rows *versions,
                       const struct show_parts *parts, struct buf *out)
{
    struct json j = json_begin(out);
    char path[PATH_MAX];
    size_t n;

    json_object_open(&j, NULL);
    record_json(&j, document_columns, ARRAY_SIZE(document_columns), rows, 0);
    json_str(&j, "original",
             archive_locate(&inv->settings, rows_bytes(rows, 0, SHA256, &n), path, sizeof(path))
                 ? path
                 : NULL);
    json_array_open(&j, "jobs");
    for (size_t row = 0; row < rows_count(jobs); row++) {
        json_object_open(&j, NULL);
        record_json(&j, job_columns, ARRAY_SIZE(job_columns), jobs, row);
        json_object_close(&j);
    }
    json_array_close(&j);
    show_versions_json(versions, &j);
    show_parts_json(parts, &j);
    json_object_close(&j);
}

/* "8-4-4-4-12" hexadecimal digits. */
static bool is_uid(const char *text)
{
    if (strlen(text) != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

static bool is_id(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoll(text, &end, 10);
    return isdigit((unsigned char)text[0]) && !*end && !errno;
}

/* Returns the exit code. `external`: the id that was found for an external one; 0: the argument is
 * the key. */
static int find(const struct invocation *inv, struct session *s, int64_t external, bool whole,
                struct rows **ret)
{
    const char *key = inv->n_arguments > 0 ? inv->arguments[0] : "";
    struct params *p = params_new();
    int64_t id = external;
    int r;

    if (!p)
        return invocation_fail(inv, EXIT_FAILED, "out of memory");
    if (external || is_id(key, &id)) {
        params_add_int8(p, id);
        params_add_null(p, PARAM_TEXT);
    } else {
        params_add_null(p, PARAM_INT8);
        params_add_text(p, key, strlen(key));
    }
    if (whole)
        params_add_null(p, PARAM_INT8);
    else
        params_add_int8(p, BEGINNING_CHARACTERS);
    r = database_query(inv, s, sql_cli_document, p, ret);
    params_free(p);
    if (r == 0 && rows_count(*ret) == 0)
        r = invocation_fail(inv, EXIT_FAILED, "there is no document %s", key);
    return r;
}

static int print(const struct invocation *inv, struct session *s, const struct rows *rows)
{
    int64_t id = rows_int(rows, 0, ID);
    struct rows *jobs = NULL, *versions = NULL;
    struct show_parts parts = {NULL, NULL, NULL};
    struct buf out = BUF_INIT;
    int r = record_query(inv, s, sql_cli_document_jobs, &id, &jobs);

    if (r == 0)
        r = record_query(inv, s, sql_cli_document_versions, &id, &versions);
    if (r == 0)
        r = show_parts_find(inv, s, id, &parts);
    if (r == 0)
        (invocation_has(inv, "json") ? write_json : write_text)(inv, rows, jobs, versions, &parts,
                                                                &out);
    rows_free(jobs);
    rows_free(versions);
    show_parts_free(&parts);
    return r == 0 ? output_flush(&out) : r;
}

static int print_body(const struct rows *rows)
{
    size_t n;
    const char *body = rows_bytes(rows, 0, BODY, &n);

    return output_raw(body, n);
}

static int check_key(const struct invocation *inv)
{
    int64_t id;

    if (invocation_has(inv, "external") == (inv->n_arguments > 0))
        return invocation_fail(inv, EXIT_USAGE,
                               "give the number or the uid of a document, or --external");
    if (inv->n_arguments > 0 && !is_id(inv->arguments[0], &id) && !is_uid(inv->arguments[0]))
        return invocation_fail(inv, EXIT_USAGE,
                               "\"%s\" is neither the number nor the uid of a document",
                               inv->arguments[0]);
    return 0;
}

static int run(struct invocation *inv)
{
    bool text = invocation_has(inv, "text");
    struct session *s = NULL;
    struct rows *rows = NULL;
    int64_t external = 0;
    int r = check_key(inv);

    if (r == 0)
        r = invocation_load_settings(inv);
    if (r == 0)
        r = database_open(inv, false, &s);
    if (r != 0)
        return r;
    if (invocation_has(inv, "external"))
        r = show_versions_find(inv, s, &external);
    if (r == 0)
        r = find(inv, s, external, text || invocation_has(inv, "json"), &rows);
    if (r == 0)
        r = text ? print_body(rows) : print(inv, s, rows);
    rows_free(rows);
    session_close(s);
    return r;
}

static const struct command_option options[] = {
    {"text", NULL, "print the text alone, exactly as it is stored"},
    {"external", "ID", "the latest version of this external id (of a sidecar)"},
    {"collection", "C", "of --external: in this collection"},
    OPTION_JSON,
    {NULL},
};

const struct command command_show = {
    .name = "show",
    .arguments = "[ID|UID]",
    .summary = "one document: its fields, its files, its text",
    .options = options,
    .min_arguments = 0,
    .max_arguments = 1,
    .run = run,
};
