/* sqlite.c - the baseline: processes that each read files and write them into
 * one SQLite file with full-text search (WAL, synchronous=full, FTS5 with
 * Porter's stemmer), so many documents a transaction. It is written as a
 * careful programmer would: a transaction begins as a writer at once,
 * statements are prepared, files are read before the lock is taken. */
#include "peer.h"

#include "loadtest_sql.h"
#include "stop.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

#include <openssl/sha.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_USEC     1000
#define MAX_FILE_BYTES (64 << 20)

/* What a process counts; in memory that the parent shares. */
struct counts {
    _Atomic uint64_t n_waits, n_locked, waited_usec;
};

struct writer {
    const struct sqlite_plan *plan;
    struct counts *counts;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *insert, *index;
    struct peer_document *batch;
    unsigned n_batch;
};

static int on_busy(void *data, int n)
{
    struct counts *counts = data;

    (void)n;
    atomic_fetch_add(&counts->n_waits, 1);
    atomic_fetch_add(&counts->waited_usec, RETRY_USEC);
    (void)usleep(RETRY_USEC);
    return !stop_requested();
}

static int open_database(const struct sqlite_plan *plan, struct counts *counts, sqlite3 **ret)
{
    int r = sqlite3_open(plan->path, ret);

    if (r == SQLITE_OK && plan->waits)
        r = sqlite3_busy_handler(*ret, on_busy, counts);
    if (r == SQLITE_OK)
        r = sqlite3_exec(*ret, sql_sqlite_session, NULL, NULL, NULL);
    return r;
}

static int prepare(struct writer *w)
{
    const struct statement {
        const char *sql;
        sqlite3_stmt **ret;
    } statements[] = {
        {sql_sqlite_begin, &w->begin},
        {sql_sqlite_commit, &w->commit},
        {sql_sqlite_insert, &w->insert},
        {sql_sqlite_index, &w->index},
    };
    int r = SQLITE_OK;

    for (size_t i = 0; i < ARRAY_SIZE(statements) && r == SQLITE_OK; i++)
        r = sqlite3_prepare_v2(w->db, statements[i].sql, -1, statements[i].ret, NULL);
    return r;
}

static int run(sqlite3_stmt *statement)
{
    int r = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    return r == SQLITE_DONE ? SQLITE_OK : r;
}

static int begin_transaction(struct writer *w)
{
    int r;

    while ((r = run(w->begin)) == SQLITE_BUSY && !stop_requested()) {
        atomic_fetch_add(&w->counts->n_locked, 1);
        (void)usleep(RETRY_USEC);
    }
    return r;
}

static int write_document(struct writer *w, const struct peer_document *d)
{
    int r;

    (void)sqlite3_bind_text(w->insert, 1, d->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(w->insert, 2, d->sha256, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(w->insert, 3, buf_text(&d->text), (int)d->text.size, SQLITE_STATIC);
    r = run(w->insert);
    if (r != SQLITE_OK || sqlite3_changes(w->db) == 0)
        return r;
    (void)sqlite3_bind_int64(w->index, 1, sqlite3_last_insert_rowid(w->db));
    (void)sqlite3_bind_text(w->index, 2, buf_text(&d->text), (int)d->text.size, SQLITE_STATIC);
    return run(w->index);
}

static int write_batch(struct writer *w)
{
    int r = w->n_batch ? begin_transaction(w) : SQLITE_OK;

    for (unsigned i = 0; i < w->n_batch && r == SQLITE_OK; i++)
        r = write_document(w, &w->batch[i]);
    if (r == SQLITE_OK && w->n_batch)
        r = run(w->commit);
    w->n_batch = 0;
    return r;
}

static int read_document(const struct sqlite_plan *plan, const char *name,
                         struct peer_document *ret)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct buf bytes = BUF_INIT;
    char path[PATH_MAX];
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s", plan->corpus, name);
    (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
    r = fd_read_file(path, MAX_FILE_BYTES, &bytes);
    if (r == 0) {
        (void)SHA256((const unsigned char *)buf_text(&bytes), bytes.size, hash);
        for (size_t i = 0; i < sizeof(hash); i++)
            (void)snprintf(ret->sha256 + 2 * i, 3, "%02x", hash[i]);
        peer_text(&bytes, &ret->text);
    }
    buf_done(&bytes);
    return r;
}

/* In a child: every n-th document is its own. Returns its exit code. */
static int write_share(struct writer *w, unsigned number)
{
    const struct sqlite_plan *plan = w->plan;
    int r = open_database(plan, w->counts, &w->db);

    if (r == SQLITE_OK)
        r = prepare(w);
    w->batch = calloc(plan->n_batch, sizeof(*w->batch));
    if (!w->batch)
        r = SQLITE_NOMEM;
    for (uint64_t i = number; i < plan->n_documents && r == SQLITE_OK; i += plan->n_processes) {
        if (stop_requested())
            return 1;
        if (read_document(plan, plan->names[i], &w->batch[w->n_batch++]) < 0)
            r = SQLITE_IOERR;
        else if (w->n_batch == plan->n_batch)
            r = write_batch(w);
    }
    if (r == SQLITE_OK)
        r = write_batch(w);
    if (r != SQLITE_OK)
        (void)fprintf(stderr, "sqlite: %s\n", w->db ? sqlite3_errmsg(w->db) : "no memory");
    return r == SQLITE_OK ? 0 : 1;
}

static int make_schema(const struct sqlite_plan *plan, struct reason *why)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open(plan->path, &db);

    if (r == SQLITE_OK)
        r = sqlite3_exec(db, sql_sqlite_schema, NULL, NULL, NULL);
    if (r != SQLITE_OK)
        reason_set(why, "sqlite: %s", db ? sqlite3_errmsg(db) : "no memory");
    (void)sqlite3_close(db);
    return r != SQLITE_OK;
}

static void start_children(const struct sqlite_plan *plan, struct counts *counts, pid_t *pids)
{
    pid_t parent = getpid();

    (void)fflush(NULL);
    for (unsigned i = 0; i < plan->n_processes; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct writer w = {.plan = plan, .counts = counts};

            _exit(process_bind_to_parent(parent, SIGKILL) != 0 ? 1 : write_share(&w, i));
        }
    }
}

/* Waits for one; when we are told to stop, tells it too. */
static int wait_child(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return 1;
        (void)kill(pid, SIGTERM);
    }
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static int wait_children(const pid_t *pids, unsigned n)
{
    int failed = 0;

    for (unsigned i = 0; i < n; i++) {
        if (pids[i] > 0 && stop_requested())
            (void)kill(pids[i], SIGTERM);
        failed |= pids[i] < 0 || wait_child(pids[i]) != 0;
    }
    return failed;
}

static double children_cpu(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static uint64_t count_rows(const struct sqlite_plan *plan)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    uint64_t n = 0;

    if (sqlite3_open(plan->path, &db) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql_sqlite_count, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        n = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return n;
}

int sqlite_run(const struct sqlite_plan *plan, struct peer_figures *ret, struct reason *why)
{
    struct counts *counts =
        mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *pids = calloc(plan->n_processes, sizeof(*pids));
    int r = counts == MAP_FAILED || !pids ? 1 : make_schema(plan, why);
    double cpu = children_cpu();
    uint64_t start = clock_now_usec();

    if (r == 0) {
        start_children(plan, counts, pids);
        r = wait_children(pids, plan->n_processes);
        *ret = (struct peer_figures){
            .seconds = (double)(clock_now_usec() - start) / 1e6,
            .cpu_seconds = children_cpu() - cpu,
            .n_waits = atomic_load(&counts->n_waits),
            .n_locked = atomic_load(&counts->n_locked),
            .waited_seconds = (double)atomic_load(&counts->waited_usec) / 1e6,
        };
        if (r != 0)
            reason_set(why, "%s", stop_requested() ? "interrupted" : "a SQLite writer failed");
        ret->n_rows = count_rows(plan);
    }
    if (counts != MAP_FAILED)
        (void)munmap(counts, sizeof(*counts));
    free(pids);
    return r;
}
