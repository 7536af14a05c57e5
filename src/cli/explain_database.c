/* explain_database.c - what the jobs and documents tell about a file that the service does not have
 * in hand.
 *
 * The newest job of the path decides, unless the file that stands there now is another one than it
 * was about: that one has not been seen yet.
 */
#include "cli/explain.h"

#include "cli/human.h"
#include "inbox/name.h"
#include "sql.h"

#include <inttypes.h>
#include <string.h>

static bool text_is(const struct rows *rows, enum job_of_path column, const char *text)
{
    size_t n;
    const char *bytes = rows_bytes(rows, 0, column, &n);

    return !rows_is_null(rows, 0, column) && n == strlen(text) && memcmp(bytes, text, n) == 0;
}

static int64_t nsec(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool same_file(const struct rows *jobs, const struct stat *st)
{
    return rows_int(jobs, 0, JOB_SIZE) == st->st_size &&
           rows_int(jobs, 0, JOB_MTIME) == nsec(st->st_mtim) &&
           rows_int(jobs, 0, JOB_CTIME) == nsec(st->st_ctim);
}

/* One sentence for each state; the newest job is row 0. */

static void claimed(const struct rows *jobs, struct answer *a)
{
    size_t n;

    if (!rows_is_null(jobs, 0, JOB_RUN_AT)) {
        a->state = "held";
        reason_set(&a->detail, "attempt %" PRId64 " comes after %s: %s",
                   rows_int(jobs, 0, JOB_ATTEMPT), human_time(rows_usec(jobs, 0, JOB_RUN_AT)).text,
                   rows_bytes(jobs, 0, JOB_RETRY_REASON, &n));
        return;
    }
    a->state = "in_flight";
    reason_set(
        &a->detail, "job %" PRId64 " is claimed by node %s since %s%s", rows_int(jobs, 0, JOB_ID),
        rows_bytes(jobs, 0, JOB_NODE, &n), human_time(rows_usec(jobs, 0, JOB_CLAIMED)).text,
        a->service_runs ? "" : "; no service runs here, the next `penstock run` takes it up again");
}

static void quarantined(const struct rows *jobs, struct answer *a)
{
    size_t n;

    a->state = "quarantined";
    reason_set(&a->detail,
               "%s (attempt %" PRId64 "); `penstock retry %" PRId64 "` puts it back into the inbox",
               rows_bytes(jobs, 0, JOB_ERROR, &n), rows_int(jobs, 0, JOB_ATTEMPT),
               rows_int(jobs, 0, JOB_ID));
}

static void retried(const struct rows *jobs, struct answer *a)
{
    a->state = "retried";
    reason_set(&a->detail,
               "job %" PRId64
               " was put back into the inbox from quarantine; since then it was not seen there",
               rows_int(jobs, 0, JOB_ID));
}

static void done(const struct rows *jobs, struct answer *a)
{
    size_t n;

    a->state = "done";
    if (rows_is_null(jobs, 0, JOB_DOCUMENT))
        reason_set(
            &a->detail, "it ended without a document: %s%s%s", rows_bytes(jobs, 0, JOB_OUTCOME, &n),
            rows_is_null(jobs, 0, JOB_ERROR) ? "" : ", ", rows_bytes(jobs, 0, JOB_ERROR, &n));
    else if (text_is(jobs, JOB_OUTCOME, "duplicate"))
        reason_set(&a->detail, "duplicate of document %" PRId64 ", first seen as %s",
                   rows_int(jobs, 0, JOB_DOCUMENT), rows_bytes(jobs, 0, JOB_DOCUMENT_NAME, &n));
    else
        reason_set(&a->detail, "document %" PRId64 "%s", rows_int(jobs, 0, JOB_DOCUMENT),
                   text_is(jobs, JOB_OUTCOME, "unsupported") ? ", of a type without extractor"
                                                             : "");
}

struct state_answer {
    const char *state;
    void (*answer)(const struct rows *jobs, struct answer *a);
};

static const struct state_answer state_answers[] = {
    {"claimed", claimed}, {"quarantined", quarantined}, {"retried", retried}, {"done", done}};

/* Not worked on yet, as far as the database knows. */
static void unseen(struct answer *a)
{
    if (!a->exists) {
        a->state = "unknown";
        reason_set(&a->detail, "there is no such file, and the database has no record of one");
        return;
    }
    a->state = "waiting";
    reason_set(&a->detail, "%s",
               a->service_runs ? "the service has not taken it up yet"
                               : "no service runs; `penstock run` takes it up");
}

static void judge(struct answer *a)
{
    if (rows_count(a->jobs) == 0 || (a->exists && !same_file(a->jobs, &a->st))) {
        unseen(a);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(state_answers); i++)
        if (text_is(a->jobs, JOB_STATE, state_answers[i].state))
            state_answers[i].answer(a->jobs, a);
}

static void judge_content(struct answer *a)
{
    size_t n = rows_count(a->documents);

    a->state = n > 0 ? "done" : "unknown";
    if (n == 0)
        reason_set(&a->detail, "no document has this content");
    for (size_t row = 0, bytes; row < n; row++)
        reason_add(&a->detail, "document %" PRId64 " in collection %s, first seen as %s",
                   rows_int(a->documents, row, CONTENT_ID),
                   rows_bytes(a->documents, row, CONTENT_COLLECTION, &bytes),
                   rows_bytes(a->documents, row, CONTENT_NAME, &bytes));
}

/* Nor has a file of a folder that is one document. */
static void point_to_folder(const struct subject *subject, struct answer *a)
{
    if (subject->kind == SUBJECT_FILE && strchr(subject->path, '/') &&
        inbox_folder_of(subject->path) == 0 &&
        (strcmp(a->state, "unknown") == 0 || strcmp(a->state, "waiting") == 0))
        reason_add(&a->detail, "a file that the " INBOX_FOLDER_LIST
                               " of its folder lists has no record of its own: ask about that one");
}

/* A sidecar has no job of its own, but for one without its file. */
static void point_to_file(const struct subject *subject, struct answer *a)
{
    int n = (int)inbox_sidecar_of(subject->path);

    if (n > 0 && subject->kind == SUBJECT_FILE && !a->exists && strcmp(a->state, "unknown") == 0)
        reason_set(&a->detail,
                   "there is no such file; a sidecar goes where its file goes, and this "
                   "would be that of %.*s: ask about that one",
                   n, subject->path);
}

/* Queries; each returns 0, or an exit code and why. */

static int query_content(struct session *s, const struct subject *subject, struct params *p,
                         struct answer *a, struct reason *why)
{
    params_add_bytea(p, subject->sha256, sizeof(subject->sha256));
    return database_try_query(s, sql_cli_documents_of_content, p, &a->documents, why);
}

static int query_file(struct session *s, const struct subject *subject, struct params *p,
                      struct answer *a, struct reason *why)
{
    params_clear(p);
    params_add_text(p, subject->collection, strlen(subject->collection));
    params_add_bytea(p, subject->path, strlen(subject->path));
    return database_try_query(s, sql_cli_jobs_of_path, p, &a->jobs, why);
}

/* Finds out which file a job was about. */
static int query_place(const struct settings *settings, struct session *s, struct subject *subject,
                       struct params *p, struct reason *why)
{
    struct rows *rows = NULL;
    size_t n, path_bytes;
    const char *path;
    int r;

    params_add_int8(p, subject->job);
    r = database_try_query(s, sql_cli_job_place, p, &rows, why);
    if (r == 0 && rows_count(rows) == 0) {
        reason_set(why, "there is no job %" PRId64, subject->job);
        r = EXIT_FAILED;
    }
    if (r == 0) {
        path = rows_bytes(rows, 0, 1, &path_bytes);
        subject_set_file(settings, rows_bytes(rows, 0, 0, &n), path, path_bytes, subject);
    }
    rows_free(rows);
    return r;
}

static int query(const struct invocation *inv, struct session *s, struct subject *subject,
                 struct answer *a, struct reason *why)
{
    struct params *p = params_new();
    int r = 0;

    if (!p) {
        reason_set(why, "out of memory");
        return EXIT_FAILED;
    }
    if (subject->kind == SUBJECT_JOB)
        r = query_place(&inv->settings, s, subject, p, why);
    if (r == 0)
        r = (subject->kind == SUBJECT_CONTENT ? query_content : query_file)(s, subject, p, a, why);
    params_free(p);
    return r;
}

void answer_from_database(const struct invocation *inv, struct subject *subject, struct answer *a)
{
    struct session *s = NULL;
    struct reason why = {""};
    int r = database_try_open(inv, false, &s, &why);

    if (r == 0)
        r = query(inv, s, subject, a, &why);
    session_close(s);
    if (r != 0)
        reason_add(&a->unknown, "what the database knows: %s", why.text);
    if (a->state)
        return;
    if (a->documents)
        judge_content(a);
    else if (a->jobs)
        judge(a);
    else if (a->exists)
        unseen(a);
    if (!a->state)
        return;
    if (inbox_sidecar_of(subject->path) > 0)
        point_to_file(subject, a);
    else
        point_to_folder(subject, a);
}
