/* conn.c - libpq's asynchronous, pipelined connection as a state machine on the loop.
 *
 *     connecting -> idle <-> running -> rolling back -> idle
 *     every state -> lost
 *
 * Promises: one request at a time; its `done` is called once, from the loop, whatever happens; a
 * lost connection calls it with SQLSTATE_LOST before on_lost. Whoever reads LOST must expect that a
 * COMMIT in flight took effect. A failure of class LOST that leaves the socket open (a server that
 * became read-only, a pooler that lost its server) ends the connection as well: connecting anew is
 * its cure.
 *
 * A transaction that a request leaves open on purpose stays open. One that a failed request leaves
 * open is rolled back first; the server has passed over its COMMIT, if it had one.
 *
 * Ownership: libpq's buffers hold everything that was sent, so statements and parameters are the
 * caller's again after conn_run() (conn_request.c). While libpq or a callback is on the stack
 * (`depth`), conn_free() only marks the connection; whoever leaves last destroys it.
 *
 * libpq may replace its socket with every step of connecting, so the watch is made anew after each.
 * Name resolution blocks inside libpq.
 */
#include "store/conn.h"

#include "conn_inside.h"
#include "rows.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(struct conn *c)
{
    c->watch = fd_watch_free(c->watch);
    c->timer = timer_free(c->timer);
    for (size_t i = 0; i < c->request.n; i++)
        (void)rows_free(c->request.results[i]);
    free(c->request.results);
    PQfinish(c->pg);
    free(c);
}

static void enter(struct conn *c)
{
    c->depth++;
}

static void leave(struct conn *c)
{
    if (--c->depth == 0 && c->freed)
        destroy(c);
}

struct conn *conn_free(struct conn *c)
{
    if (!c || c->freed)
        return NULL;
    c->freed = true;
    c->watch = fd_watch_free(c->watch);
    c->timer = timer_free(c->timer);
    if (c->depth == 0)
        destroy(c);
    return NULL;
}

void conn_set_state(struct conn *c, enum conn_state state)
{
    c->state = state;
    if (state == CONN_IDLE)
        c->idle_since_usec = clock_now_usec();
}

void conn_report(struct conn *c, const struct db_failure *failure)
{
    struct request request = c->request;

    c->request = (struct request){0};
    request.done(request.user, c, request.results, request.n, failure);
    for (size_t i = 0; i < request.n; i++)
        (void)rows_free(request.results[i]);
    free(request.results);
}

void conn_lose(struct conn *c, const struct db_failure *failure)
{
    struct db_failure told = *failure;
    bool running = c->state == CONN_RUNNING || c->state == CONN_ROLLING_BACK;

    c->watch = fd_watch_free(c->watch);
    c->timer = timer_free(c->timer);
    conn_set_state(c, CONN_LOST);
    if (running) {
        struct db_failure lost = told;

        lost.class = SQLSTATE_LOST;
        conn_report(c, &lost);
    }
    if (!c->freed)
        c->events.on_lost(c->user, c, &told);
}

/* The connection is bad: what the server said last explains more than what libpq makes of the
 * silence after it. */
void conn_lose_broken(struct conn *c)
{
    struct db_failure failure;

    if (c->request.failure.class == SQLSTATE_LOST)
        failure = c->request.failure;
    else if (c->last_words.class != SQLSTATE_OK)
        failure = c->last_words;
    else
        connect_failure(c->pg, &failure);
    conn_lose(c, &failure);
}

void conn_lose_soon(struct conn *c)
{
    c->broken = true;
    timer_set(c->timer, 0);
}

static void on_timer(void *user)
{
    struct conn *c = user;
    struct db_failure failure;

    enter(c);
    if (c->broken) {
        conn_lose_broken(c);
    } else {
        failure_set(&failure, NULL, "no answer from %s within %.1f seconds", c->where,
                    (double)c->timeout_usec / 1e6);
        conn_lose(c, &failure);
    }
    leave(c);
}

static void on_notice(void *user, const PGresult *result)
{
    struct conn *c = user;
    struct db_failure notice;

    result_failure(result, &notice);
    if (result_is_fatal(result))
        c->last_words = notice;
    else if (c->events.on_notice && !c->freed && c->depth > 0)
        c->events.on_notice(c->user, c, notice.sqlstate, notice.text);
}

static void opened(struct conn *c)
{
    connect_settled(c->pg);
    if (PQsetnonblocking(c->pg, 1) < 0 || !PQenterPipelineMode(c->pg)) {
        conn_lose_broken(c);
        return;
    }
    timer_stop(c->timer);
    c->opened_usec = clock_now_usec();
    conn_set_state(c, CONN_IDLE);
    c->events.on_open(c->user, c);
}

static void on_ready(void *user, int events);

static int watch_socket(struct conn *c, int events)
{
    int r = fd_watch_new(c->loop, PQsocket(c->pg), on_ready, c, &c->watch);

    return r < 0 ? r : fd_watch_set(c->watch, events);
}

static void connect_step(struct conn *c)
{
    PostgresPollingStatusType next;
    bool done, writing;

    c->watch = fd_watch_free(c->watch);
    next = PQconnectPoll(c->pg);
    done = next == PGRES_POLLING_OK;
    writing = next == PGRES_POLLING_WRITING;
    if (c->freed)
        return;
    if (next == PGRES_POLLING_FAILED || watch_socket(c, writing ? FD_WRITABLE : FD_READABLE) < 0)
        conn_lose_broken(c);
    else if (done)
        opened(c);
}

static void on_ready(void *user, int events)
{
    struct conn *c = user;

    enter(c);
    if (c->state == CONN_CONNECTING)
        connect_step(c);
    else
        conn_exchange(c, events);
    leave(c);
}

static int begin(struct conn *c, const struct target *target)
{
    int r = timer_new(c->loop, on_timer, c, &c->timer);

    if (r < 0)
        return r;
    c->pg = connect_begin(target, on_notice, c);
    if (!c->pg)
        return -ENOMEM;
    timer_set(c->timer, c->timeout_usec);
    if (PQstatus(c->pg) == CONNECTION_BAD)
        conn_lose_soon(c);
    else
        r = watch_socket(c, FD_WRITABLE);
    return r;
}

int conn_new(struct loop *loop, const struct target *target, uint64_t timeout_usec,
             const struct conn_events *events, void *user, struct conn **ret)
{
    struct conn *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    *c = (struct conn){.loop = loop, .events = *events, .user = user, .timeout_usec = timeout_usec};
    (void)snprintf(c->where, sizeof(c->where), "%s", target_text(target));
    conn_set_state(c, CONN_CONNECTING);
    r = begin(c, target);
    if (r < 0) {
        c = conn_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

bool conn_is_idle(const struct conn *c)
{
    return c->state == CONN_IDLE && !c->freed;
}

uint64_t conn_opened_usec(const struct conn *c)
{
    return c->opened_usec;
}

uint64_t conn_idle_since_usec(const struct conn *c)
{
    return c->idle_since_usec;
}
