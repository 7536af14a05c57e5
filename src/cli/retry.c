/* retry.c - `penstock retry`: puts files of the quarantine back into their inbox, where they are
 * new appearances.
 *
 * Promise: the row and the file go together. The row is changed in a transaction that commits only
 * once the file has been moved; when moving fails it rolls back. When the commit itself fails after
 * the move, the file is in the inbox and will be worked on; only the old row still says
 * "quarantined", which the next retry tells.
 */
#include "cli/commands.h"

#include "base/fd.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/record.h"
#include "inbox/filing.h"
#include "inbox/inbox.h"
#include "sql.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum column { ID, COLLECTION, PATH };

struct retry {
    struct invocation *inv;
    struct session *session;
    struct collections collections;
    int quarantine_fd;
    struct buf out;
    struct json json;
    bool as_json;
};

static const struct collection *find_collection(const struct retry *t, const char *name)
{
    for (size_t i = 0; i < t->collections.n; i++)
        if (strcmp(t->collections.list[i].name, name) == 0)
            return &t->collections.list[i];
    return NULL;
}

static const char *const restore_answers[] = {
    [FILING_GONE] = "its file is no longer in quarantine",
    [FILING_CHANGED] = "its file has changed",
    [FILING_OCCUPIED] = "another file has its place in the inbox: move that away first",
};

/* Moves the file. Returns 0, or 1 and why. */
static int move_file(const struct retry *t, int64_t job, const char *collection, const char *path,
                     struct reason *why)
{
    const struct collection *c = find_collection(t, collection);
    int inbox_fd CLEANUP(fd_closep) = -1, r;

    if (!c) {
        reason_set(why, "its collection \"%s\" is not among PENSTOCK_INBOX", collection);
        return 1;
    }
    r = inbox_open(c->path, &inbox_fd);
    if (r != 0) {
        reason_set(why, "the inbox %s cannot be opened: %s", c->path, log_errno_text(r));
        return 1;
    }
    r = filing_restore(t->quarantine_fd, (uint64_t)job, inbox_fd, path);
    if (r < 0)
        reason_set(why, "its file cannot be moved: %s", log_errno_text(r));
    else if (r > 0)
        reason_set(why, "%s", restore_answers[r]);
    return r == 0 ? 0 : 1;
}

static int transaction(const struct retry *t, const char *sql, struct reason *why)
{
    struct rows *rows = NULL;
    int r = database_try_query(t->session, sql, NULL, &rows, why);

    if (r == 0 && sql == sql_commit && strcmp(rows_tag(rows), "COMMIT") != 0) {
        reason_set(why, "the database did not commit");
        r = EXIT_FAILED;
    }
    rows_free(rows);
    return r;
}

/* Inside a transaction: row, then file. The collection and path are shown in `shown`. */
static int change(struct retry *t, int64_t job, struct buf *shown, struct reason *why)
{
    struct params *p = params_new();
    struct rows *rows = NULL;
    const char *collection, *path;
    size_t n;
    int r;

    if (!p) {
        reason_set(why, "out of memory");
        return EXIT_FAILED;
    }
    params_add_int8(p, job);
    r = database_try_query(t->session, sql_cli_retry, p, &rows, why);
    params_free(p);
    if (r == 0 && rows_count(rows) == 0) {
        reason_set(why, "no such job is in quarantine");
        r = EXIT_FAILED;
    }
    if (r == 0) {
        collection = rows_bytes(rows, 0, COLLECTION, &n);
        path = rows_bytes(rows, 0, PATH, &n);
        record_text(shown, RECORD_PATH, rows, 0, PATH);
        r = move_file(t, job, collection, path, why) == 0 ? 0 : EXIT_FAILED;
    }
    rows_free(rows);
    return r;
}

static int retry_job(struct retry *t, int64_t job, struct buf *shown, struct reason *why)
{
    struct reason ignored = {""};
    int r = transaction(t, sql_begin, why);

    if (r != 0)
        return r;
    r = change(t, job, shown, why);
    if (r == 0)
        return transaction(t, sql_commit, why);
    (void)transaction(t, sql_rollback, &ignored);
    return r;
}

/* One job with its outcome told. Returns its exit code. */
static int retry_and_tell(struct retry *t, int64_t job)
{
    struct buf shown = BUF_INIT;
    struct reason why = {""};
    int r = retry_job(t, job, &shown, &why);

    if (t->as_json) {
        json_object_open(&t->json, NULL);
        json_int(&t->json, "job", job);
        json_str(&t->json, "path", shown.size > 0 ? buf_text(&shown) : NULL);
        json_bool(&t->json, "retried", r == 0);
        json_str(&t->json, "reason", r == 0 ? NULL : why.text);
        json_object_close(&t->json);
    } else if (r == 0) {
        buf_printf(&t->out, "job %" PRId64 ": %s is back in the inbox\n", job, buf_text(&shown));
    }
    if (r != 0)
        (void)invocation_fail(t->inv, r, "job %" PRId64 "%s%s: %s", job, shown.size > 0 ? ", " : "",
                              buf_text(&shown), why.text);
    buf_done(&shown);
    return r;
}

static int retry_all(struct retry *t)
{
    struct rows *rows = NULL;
    int worst = 0, r = record_query(t->inv, t->session, sql_cli_failed, NULL, &rows);

    if (r != 0)
        return r;
    for (size_t row = 0; row < rows_count(rows); row++) {
        r = retry_and_tell(t, rows_int(rows, row, ID));
        worst = MAX(worst, r);
    }
    rows_free(rows);
    return worst;
}

static int retry_given(struct retry *t)
{
    int worst = 0, r;

    for (int i = 0; i < t->inv->n_arguments; i++) {
        r = retry_and_tell(t, strtoll(t->inv->arguments[i], NULL, 10));
        worst = MAX(worst, r);
    }
    return worst;
}

static int check_ids(const struct invocation *inv)
{
    if (invocation_has(inv, "all") == (inv->n_arguments > 0))
        return invocation_fail(inv, EXIT_USAGE,
                               "give either the numbers of jobs (penstock failed) or --all");
    for (int i = 0; i < inv->n_arguments; i++) {
        const char *id = inv->arguments[i];

        if (!*id || strlen(id) > 18 || strspn(id, "0123456789") != strlen(id))
            return invocation_fail(inv, EXIT_USAGE,
                                   "\"%s\" is not the number of a job (penstock failed)", id);
    }
    return 0;
}

/* The folders that a retry needs. */
static int open_folders(struct retry *t)
{
    char path[PATH_MAX];
    struct reason why = {""};
    int r = settings_collections(&t->inv->settings, &t->collections, &why);

    if (r != 0)
        return invocation_fail(t->inv, EXIT_USAGE, "%s", r > 0 ? why.text : log_errno_text(r));
    r = settings_home_path(&t->inv->settings, "quarantine", path, sizeof(path));
    if (r == 0)
        r = fd_make_directories(path, 0777);
    if (r == 0)
        t->quarantine_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r < 0 || t->quarantine_fd < 0)
        return invocation_fail(t->inv, EXIT_FAILED, "%s cannot be opened: %s", path,
                               log_errno_text(r < 0 ? r : errno));
    return 0;
}

static int retry_jobs(struct retry *t)
{
    int r = open_folders(t);

    if (r == 0)
        r = database_open(t->inv, false, &t->session);
    if (r != 0)
        return r;
    if (t->as_json)
        json_array_open(&t->json, NULL);
    r = invocation_has(t->inv, "all") ? retry_all(t) : retry_given(t);
    if (t->as_json)
        json_array_close(&t->json);
    session_close(t->session);
    return MAX(r, output_flush(&t->out));
}

static int run(struct invocation *inv)
{
    struct retry t = {.inv = inv, .quarantine_fd = -1, .as_json = invocation_has(inv, "json")};
    int r = check_ids(inv);

    t.json = json_begin(&t.out);
    if (r == 0)
        r = invocation_load_settings(inv);
    if (r == 0)
        r = retry_jobs(&t);
    collections_done(&t.collections);
    (void)fd_close(t.quarantine_fd);
    return r;
}

static const struct command_option options[] = {
    {"all", NULL, "everything that is in quarantine"},
    OPTION_JSON,
    {NULL},
};

const struct command command_retry = {
    .name = "retry",
    .arguments = "[ID...]",
    .summary = "put files from quarantine back into their inbox",
    .options = options,
    .max_arguments = -1,
    .run = run,
};
