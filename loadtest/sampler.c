/* sampler.c - see sampler.h. A look that fails (the server restarts) is passed
 * over: the trial itself finds out whether that matters. */
#include "sampler.h"

#include "database.h"
#include "loadtest_sql.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

#define LOOK_USEC (200 * USEC_PER_MSEC)
#define PSS_EVERY 5 /* looks */

static int read_usage(struct sampler *s, struct server_usage *ret, struct reason *why)
{
    PGresult *rows = NULL;
    int r = database_query(s->pg, sql_wal, 0, NULL, &rows, why);

    if (r != 0)
        return r;
    ret->wal_bytes = database_number(rows, 0, 0);
    PQclear(rows);
    ret->cpu_seconds = ret->own_seconds = -1;
    if (s->postmaster > 0) {
        ret->own_seconds = process_cpu(s->own[0]) + process_cpu(s->own[1]);
        ret->cpu_seconds = process_postgres_cpu(s->postmaster) - ret->own_seconds;
    }
    return 0;
}

int sampler_open(struct sampler *s, const char *conninfo, PGconn *watcher, pid_t supervisor,
                 struct reason *why)
{
    PGresult *rows = NULL;
    int r;

    *s = (struct sampler){0};
    (void)pthread_mutex_init(&s->lock, NULL);
    r = database_open(conninfo, &s->pg, why);
    if (r == 0)
        r = database_query(s->pg, sql_server, 0, NULL, &rows, why);
    if (r == 0) {
        s->postmaster =
            process_postmaster((pid_t)database_int(rows, 0, 8), database_text(rows, 0, 9));
        PQclear(rows);
        s->own[0] = PQbackendPID(s->pg);
        s->own[1] = PQbackendPID(watcher);
        r = read_usage(s, &s->before, why);
    }
    process_tree_init(&s->tree, supervisor);
    return r;
}

static void look(struct sampler *s, bool with_pss)
{
    PGresult *rows = NULL;
    struct reason unused;
    bool asked;

    process_tree_look(&s->tree, with_pss);
    asked = database_query(s->pg, sql_load, 0, NULL, &rows, &unused) == 0;
    (void)pthread_mutex_lock(&s->lock);
    memcpy(s->last.roles, s->tree.roles, sizeof(s->last.roles));
    if (asked) {
        s->last.n_connections = database_int(rows, 0, 0);
        s->last.max_connections = MAX(s->last.max_connections, s->last.n_connections);
        s->last.n_dead_jobs = database_int(rows, 0, 1);
    }
    (void)pthread_mutex_unlock(&s->lock);
    PQclear(rows);
}

/* A machine that keeps us waiting keeps everybody waiting: figures of that time tell of the machine.
 */
static void sleep_and_watch(struct sampler *s)
{
    uint64_t due = clock_now_usec() + LOOK_USEC, now;

    (void)usleep(LOOK_USEC);
    now = clock_now_usec();
    (void)pthread_mutex_lock(&s->lock);
    if (now > due)
        s->last.max_stall_usec = MAX(s->last.max_stall_usec, now - due);
    (void)pthread_mutex_unlock(&s->lock);
}

static void *run_thread(void *data)
{
    struct sampler *s = data;

    for (unsigned n = 0; !s->stopping; n++) {
        look(s, n % PSS_EVERY == 0);
        sleep_and_watch(s);
    }
    return NULL;
}

int sampler_start(struct sampler *s, struct reason *why)
{
    int r = pthread_create(&s->thread, NULL, run_thread, s);

    if (r != 0)
        reason_set(why, "no thread for the sampler: %s", strerror(r));
    s->started = r == 0;
    return r != 0;
}

void sampler_end(struct sampler *s)
{
    s->stopping = true;
    if (!s->started)
        return;
    (void)pthread_join(s->thread, NULL);
    s->started = false;
    look(s, true);
}

void sampler_close(struct sampler *s)
{
    s->pg = database_close(s->pg);
    process_tree_done(&s->tree);
}

void sampler_take(struct sampler *s, struct sample *ret)
{
    (void)pthread_mutex_lock(&s->lock);
    *ret = s->last;
    (void)pthread_mutex_unlock(&s->lock);
}

int sampler_server_usage(struct sampler *s, struct server_usage *ret, struct reason *why)
{
    struct server_usage now;
    int r = read_usage(s, &now, why);

    if (r != 0)
        return r;
    *ret = (struct server_usage){
        .cpu_seconds = s->postmaster > 0 ? now.cpu_seconds - s->before.cpu_seconds : -1,
        .own_seconds = s->postmaster > 0 ? now.own_seconds - s->before.own_seconds : -1,
        .wal_bytes = now.wal_bytes - s->before.wal_bytes,
    };
    return 0;
}
