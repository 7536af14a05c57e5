/* conn.c - libpq's asynchronous, pipelined connection as a state machine on the loop.
 *
 *     connecting -> idle <-> running -> rolling back -> idle
 *     every state -> lost
 *
 * Promises: one request at a time; its `done` is called once, from the loop, whatever happens; a lost connection calls it
 * with SQLSTATE_LOST before on_lost. Whoever reads LOST must expect that a COMMIT in flight took effect. A failure of
 * class LOST that leaves the socket open (a server that became read-only, a pooler that lost its server) ends the
 * connection as well: connecting anew is its cure.
 *
 * A transaction that a request leaves open on purpose stays open. One that a failed request leaves open is rolled back
 * first; the server has passed over its COMMIT, if it had one.
 *
 * Ownership: libpq's buffers hold everything that was sent, so statements and parameters are the caller's again after
 * conn_run(). While libpq or a callback is on the stack (`depth`), conn_free() only marks the connection; whoever
 * leaves last destroys it.
 *
 * libpq may replace its socket with every step of connecting, so the watch is made anew after each.
 * Name resolution blocks inside libpq.
 */
#include "store/conn.h"

#include "connect.h"
#include "params_bind.h"
#include "rows.h"

#include "base/clock.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum conn_state { CONN_CONNECTING, CONN_IDLE, CONN_RUNNING, CONN_ROLLING_BACK, CONN_LOST };

struct request {
    conn_done *done;
    void *user;
    size_t n;
    size_t at; /* the statement whose results come next */
    struct rows **results;
    struct db_failure failure; /* the first one */
};

struct conn {
    struct loop *loop;
    struct conn_events events;
    void *user;
    PGconn *pg;
    enum conn_state state;
    struct fd_watch *watch;
    struct timer *timer;          /* the connect time-out; or at once, to report `broken` from the loop */
    bool broken;
    struct db_failure last_words; /* of the server, before it hung up */
    struct request request;
    uint64_t timeout_usec;
    uint64_t opened_usec, idle_since_usec;
    unsigned depth;
    bool freed;
    char where[256];
};

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

static void set_state(struct conn *c, enum conn_state state)
{
    c->state = state;
    if (state == CONN_IDLE)
        c->idle_since_usec = clock_now_usec();
}

/* Ends the request and tells its owner, who may run the next one or free the connection. */
static void report(struct conn *c, const struct db_failure *failure)
{
    struct request request = c->request;

    c->request = (struct request){0};
    request.done(request.user, c, request.results, request.n, failure);
    for (size_t i = 0; i < request.n; i++)
        (void)rows_free(request.results[i]);
    free(request.results);
}

static void lose(struct conn *c, const struct db_failure *failure)
{
    struct db_failure told = *failure;
    bool running = c->state == CONN_RUNNING || c->state == CONN_ROLLING_BACK;

    c->watch = fd_watch_free(c->watch);
    c->timer = timer_free(c->timer);
    set_state(c, CONN_LOST);
    if (running) {
        struct db_failure lost = told;

        lost.class = SQLSTATE_LOST;
        report(c, &lost);
    }
    if (!c->freed)
        c->events.on_lost(c->user, c, &told);
}

/* The connection is bad: what the server said last explains more than what libpq makes of the silence after it. */
static void lose_connection(struct conn *c)
{
    struct db_failure failure;

    if (c->request.failure.class == SQLSTATE_LOST)
        failure = c->request.failure;
    else if (c->last_words.class != SQLSTATE_OK)
        failure = c->last_words;
    else
        connect_failure(c->pg, &failure);
    lose(c, &failure);
}

/* For failures met outside of the loop. */
static void lose_soon(struct conn *c)
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
        lose_connection(c);
    } else {
        failure_set(&failure, NULL, "no answer from %s within %.1f seconds", c->where, (double)c->timeout_usec / 1e6);
        lose(c, &failure);
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

/* Writes what is waiting; asks for writability only while something is left. */
static int flush(struct conn *c)
{
    int left = PQflush(c->pg);

    if (left < 0)
        return -EPIPE;
    return fd_watch_set(c->watch, left > 0 ? FD_READABLE | FD_WRITABLE : FD_READABLE);
}

static int send_statement(struct conn *c, const struct statement *statement)
{
    struct params_bound bound;

    params_bind(statement->params, &bound);
    return PQsendQueryParams(c->pg, statement->sql, bound.n, bound.types, bound.values, bound.lengths, bound.formats, 1)
               ? 0
               : -EPIPE;
}

static int send_request(struct conn *c, const struct statement *statements, size_t n)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < n; i++)
        r = send_statement(c, &statements[i]);
    if (r == 0 && !PQpipelineSync(c->pg))
        r = -EPIPE;
    return r < 0 ? r : flush(c);
}

int conn_run(struct conn *c, const struct statement *statements, size_t n, conn_done *done, void *user)
{
    struct rows **results;
    int r;

    if (!conn_is_idle(c))
        return -EBUSY;
    for (size_t i = 0; i < n; i++) {
        r = statements[i].params ? params_error(statements[i].params) : 0;
        if (r < 0)
            return r;
    }
    results = calloc(MAX(n, 1), sizeof(*results));
    if (!results)
        return -ENOMEM;
    c->request = (struct request){.done = done, .user = user, .n = n, .results = results};
    set_state(c, CONN_RUNNING);
    if (send_request(c, statements, n) < 0)
        lose_soon(c);
    return 0;
}

static void keep_failure(struct conn *c, const struct db_failure *failure)
{
    if (c->state == CONN_RUNNING && c->request.failure.class == SQLSTATE_OK)
        c->request.failure = *failure;
}

/* Takes the result over. */
static void keep_result(struct conn *c, PGresult *result)
{
    struct request *q = &c->request;
    ExecStatusType status = PQresultStatus(result);
    struct db_failure failure;

    if (status == PGRES_PIPELINE_ABORTED || c->state != CONN_RUNNING || q->at >= q->n) {
        PQclear(result);
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        (void)rows_free(q->results[q->at]);
        q->results[q->at] = rows_new(result);
        if (!q->results[q->at]) {
            failure_set(&failure, "53200", "out of memory");
            keep_failure(c, &failure);
        }
    } else {
        result_failure(result, &failure);
        keep_failure(c, &failure);
        PQclear(result);
    }
}

static void roll_back(struct conn *c)
{
    static const struct statement statement = {.sql = sql_rollback};

    set_state(c, CONN_ROLLING_BACK);
    if (send_request(c, &statement, 1) < 0)
        lose_connection(c);
}

/* The server has answered the Sync: everything that was sent is settled. */
static void finish(struct conn *c)
{
    struct db_failure failure = c->request.failure;
    PGTransactionStatusType transaction = PQtransactionStatus(c->pg);

    if (failure.class == SQLSTATE_LOST) {
        lose(c, &failure);
    } else if (failure.class == SQLSTATE_OK || transaction == PQTRANS_IDLE) {
        set_state(c, CONN_IDLE);
        report(c, &failure);
    } else if (c->state == CONN_RUNNING) {
        roll_back(c);
    } else {
        failure_set(&failure, NULL, "the transaction could not be rolled back");
        lose(c, &failure);
    }
}

/* libpq would hand out the same result for ever. */
static bool is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

static void refuse_copy(struct conn *c)
{
    struct db_failure failure;

    failure_set(&failure, "08P01", "COPY cannot be part of a request");
    lose(c, &failure);
}

/* Takes the results that are complete. */
static void collect(struct conn *c)
{
    PGresult *result;

    while (!c->freed && !PQisBusy(c->pg) && (c->state == CONN_RUNNING || c->state == CONN_ROLLING_BACK)) {
        result = PQgetResult(c->pg);
        if (!result) {
            if (PQstatus(c->pg) == CONNECTION_BAD || c->request.at++ > c->request.n) {
                lose_connection(c);
                return;
            }
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            finish(c);
            return;
        } else if (is_copy(result)) {
            PQclear(result);
            refuse_copy(c);
            return;
        } else {
            keep_result(c, result);
        }
    }
}

/* A bad connection may still hold the server's last message, unread: one more result tells it. */
static void collect_last(struct conn *c)
{
    PGresult *result;

    if (PQisBusy(c->pg) || c->state == CONN_IDLE)
        return;
    result = PQgetResult(c->pg);
    if (result)
        keep_result(c, result);
}

static void exchange(struct conn *c, int events)
{
    if ((events & FD_READABLE) && !PQconsumeInput(c->pg)) {
        collect_last(c);
        if (!c->freed)
            lose_connection(c);
        return;
    }
    collect(c);
    if (c->freed || c->state == CONN_LOST)
        return;
    if (PQstatus(c->pg) == CONNECTION_BAD || flush(c) < 0)
        lose_connection(c);
}

static void opened(struct conn *c)
{
    connect_settled(c->pg);
    if (PQsetnonblocking(c->pg, 1) < 0 || !PQenterPipelineMode(c->pg)) {
        lose_connection(c);
        return;
    }
    timer_stop(c->timer);
    c->opened_usec = clock_now_usec();
    set_state(c, CONN_IDLE);
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
        lose_connection(c);
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
        exchange(c, events);
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
        lose_soon(c);
    else
        r = watch_socket(c, FD_WRITABLE);
    return r;
}

int conn_new(struct loop *loop, const struct target *target, uint64_t timeout_usec, const struct conn_events *events,
             void *user, struct conn **ret)
{
    struct conn *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    *c = (struct conn){.loop = loop, .events = *events, .user = user, .timeout_usec = timeout_usec};
    (void)snprintf(c->where, sizeof(c->where), "%s", target_text(target));
    set_state(c, CONN_CONNECTING);
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
