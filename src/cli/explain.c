/* explain.c - `penstock explain`: why a file is where it is.
 *
 * Every answer is an answer: exit code 0, also for "unknown". It works without the service and
 * without the database, and then says what it could not tell.
 */
#include "cli/commands.h"

#include "cli/archive.h"
#include "cli/explain.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/record.h"
#include "inbox/name.h"

#include <inttypes.h>
#include <string.h>

static const struct record_column job_columns[] = {
    {"id", RECORD_INT},          {"state", RECORD_TEXT},        {"outcome", RECORD_TEXT},
    {"attempt", RECORD_INT},     {"strikes", RECORD_INT},       {"error", RECORD_TEXT},
    {"document_id", RECORD_INT}, {"size", RECORD_INT},          {"mtime", RECORD_INT},
    {"ctime", RECORD_INT},       {"node", RECORD_TEXT},         {"token", RECORD_INT},
    {"seen_at", RECORD_TIME},    {"claimed_at", RECORD_TIME},   {"finished_at", RECORD_TIME},
    {"run_at", RECORD_TIME},     {"retry_reason", RECORD_TEXT}, {"document_name", RECORD_TEXT},
    {"sha256", RECORD_TEXT},
};

static const struct record_column document_columns[] = {
    {"id", RECORD_INT}, {"collection", RECORD_TEXT}, {"name", RECORD_TEXT}};

static void ask_all(const struct invocation *inv, struct subject *subject, struct answer *a)
{
    if (subject->kind == SUBJECT_OUTSIDE) {
        a->state = "outside";
        reason_set(&a->detail, "it is under no inbox (`penstock config` shows PENSTOCK_INBOX)");
        return;
    }
    if (subject->kind == SUBJECT_FILE) {
        answer_from_files(subject, a);
        if (a->state)
            return;
        answer_from_service(&inv->settings, subject, a);
    }
    answer_from_database(inv, subject, a);
    if (!a->state) {
        a->state = "unknown";
        reason_set(&a->detail, "%s", a->exists ? "it is in the inbox" : "it is not in the inbox");
    }
}

/* Where the original of the newest job is; false when it is nowhere, or the job has none. */
static bool find_original(const struct settings *s, const struct subject *subject,
                          const struct answer *a, char ret[PATH_MAX])
{
    size_t n;

    if (subject->kind == SUBJECT_CONTENT)
        return archive_locate(s, subject->sha256_hex, ret, PATH_MAX);
    if (!a->jobs || rows_count(a->jobs) == 0)
        return false;
    if (strcmp(a->state, "quarantined") == 0)
        return quarantine_locate(s, rows_int(a->jobs, 0, JOB_ID), subject->path,
                                 strlen(subject->path), ret, PATH_MAX);
    if (strcmp(a->state, "done") == 0 && !rows_is_null(a->jobs, 0, JOB_SHA256))
        return archive_locate(s, rows_bytes(a->jobs, 0, JOB_SHA256, &n), ret, PATH_MAX);
    return false;
}

static void json_path(struct json *j, const char *key, const char *path)
{
    struct buf shown = BUF_INIT;

    inbox_path_show(path, strlen(path), &shown);
    json_str(j, key, *path ? buf_text(&shown) : NULL);
    buf_done(&shown);
}

static void json_rows(struct json *j, const char *key, const struct record_column *columns,
                      size_t n, const struct rows *rows)
{
    json_array_open(j, key);
    for (size_t row = 0; rows && row < rows_count(rows); row++) {
        json_object_open(j, NULL);
        record_json(j, columns, n, rows, row);
        json_object_close(j);
    }
    json_array_close(j);
}

static void json_worker(struct json *j, const struct service_worker *w)
{
    json_object_open(j, "worker");
    json_uint(j, "slot", w->slot);
    json_int(j, "pid", w->pid);
    json_str(j, "stage", worker_stage_names[w->stage]);
    json_double(j, "busy_seconds", (double)w->busy_usec / 1e6);
    json_object_close(j);
}

static void write_json(const struct invocation *inv, const struct subject *subject,
                       const struct answer *a, struct buf *out)
{
    struct json j = json_begin(out);
    char original[PATH_MAX];

    json_object_open(&j, NULL);
    json_str(&j, "state", a->state);
    json_str(&j, "detail", a->detail.text[0] ? a->detail.text : NULL);
    json_str(&j, "stage", a->stage);
    json_path(&j, "path", subject->kind == SUBJECT_FILE ? subject->path : subject->absolute);
    json_str(&j, "collection", subject->collection[0] ? subject->collection : NULL);
    json_bool(&j, "in_inbox", a->exists);
    json_bool(&j, "service_runs", a->service_runs);
    if (a->position > 0)
        json_uint(&j, "position", a->position);
    if (a->has_worker)
        json_worker(&j, &a->worker);
    json_path(&j, "original", find_original(&inv->settings, subject, a, original) ? original : "");
    json_str(&j, "not_known", a->unknown.text[0] ? a->unknown.text : NULL);
    json_rows(&j, "jobs", job_columns, ARRAY_SIZE(job_columns), a->jobs);
    if (a->documents)
        json_rows(&j, "documents", document_columns, ARRAY_SIZE(document_columns), a->documents);
    json_object_close(&j);
}

static void write_history(const struct rows *jobs, struct buf *out)
{
    for (size_t row = 0; row < rows_count(jobs); row++) {
        struct buf line = BUF_INIT;

        buf_printf(&line, "job %" PRId64 ", seen %s: ", rows_int(jobs, row, JOB_ID),
                   human_time(rows_usec(jobs, row, JOB_SEEN)).text);
        record_text(&line, RECORD_TEXT, jobs, row, JOB_STATE);
        if (!rows_is_null(jobs, row, JOB_OUTCOME)) {
            buf_add_str(&line, ", ");
            record_text(&line, RECORD_TEXT, jobs, row, JOB_OUTCOME);
        }
        if (!rows_is_null(jobs, row, JOB_DOCUMENT))
            buf_printf(&line, ", document %" PRId64, rows_int(jobs, row, JOB_DOCUMENT));
        record_line(out, row == 0 ? "history" : "", buf_text(&line));
        buf_done(&line);
    }
}

static void safe_line(struct buf *out, const char *label, const char *text)
{
    struct buf safe = BUF_INIT;

    output_str(&safe, text);
    record_line(out, label, buf_text(&safe));
    buf_done(&safe);
}

static void write_text(const struct invocation *inv, const struct subject *subject,
                       const struct answer *a, struct buf *out)
{
    const char *path = subject->kind == SUBJECT_FILE ? subject->path : subject->absolute;
    char original[PATH_MAX];
    struct buf line = BUF_INIT;

    record_path(&line, path, strlen(path));
    buf_printf(out, "%s%s%s: %s", style(STYLE_BOLD), buf_text(&line), style(STYLE_PLAIN), a->state);
    if (a->detail.text[0]) {
        buf_add_str(out, ", ");
        output_str(out, a->detail.text);
    }
    buf_add_char(out, '\n');
    buf_clear(&line);
    if (a->position > 0)
        buf_printf(&line, "%s in the queue", human_count(a->position).text);
    record_line(out, "position", buf_text(&line));
    buf_clear(&line);
    if (a->has_worker)
        buf_printf(&line, "%u (pid %d), %s since %s", a->worker.slot, a->worker.pid,
                   worker_stage_names[a->worker.stage], human_usec(a->worker.busy_usec).text);
    record_line(out, "worker", buf_text(&line));
    safe_line(out, "collection", subject->collection);
    if (find_original(&inv->settings, subject, a, original))
        safe_line(out, "original", original);
    if (a->jobs)
        write_history(a->jobs, out);
    safe_line(out, "not known", a->unknown.text);
    buf_done(&line);
}

static int run(struct invocation *inv)
{
    struct subject subject = {0};
    struct answer a = {0};
    struct reason why = {""};
    struct buf out = BUF_INIT;
    int r = invocation_load_settings(inv);

    if (r != 0)
        return r;
    if (subject_find(&inv->settings, inv->arguments[0], &subject, &why) != 0)
        return invocation_fail(inv, EXIT_USAGE, "%s", why.text);
    ask_all(inv, &subject, &a);
    (invocation_has(inv, "json") ? write_json : write_text)(inv, &subject, &a, &out);
    rows_free(a.jobs);
    rows_free(a.documents);
    return output_flush(&out);
}

static const struct command_option options[] = {OPTION_JSON, {NULL}};

const struct command command_explain = {
    .name = "explain",
    .arguments = "PATH|SHA256",
    .summary = "why a file is where it is",
    .help = "PATH is in an inbox (or was), in the archive or in quarantine; relative to the "
            "working directory or an inbox.",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
