/* conn_request.c - one request of a connection: sent as a pipeline with one Sync, collected until
 * the server has answered it.
 *
 * Each statement answers with its result and a NULL, the Sync with a result of its own. After an
 * error libpq says "aborted" for the rest. Only at the Sync is it known in which state the
 * transaction was left; what a failed request left open is rolled back by a pipeline of ours before
 * the owner hears of it. Sending never waits: what the socket does not take is written when it is
 * writable, and answers are read meanwhile, so that neither side blocks the other.
 */
#include "conn_inside.h"
#include "params_bind.h"
#include "rows.h"

#include "sql.h"

#include <stdlib.h>

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
    return PQsendQueryParams(c->pg, statement->sql, bound.n, bound.types, bound.values,
                             bound.lengths, bound.formats, 1)
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

int conn_run(struct conn *c, const struct statement *statements, size_t n, uint64_t deadline_usec,
             conn_done *done, void *user)
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
    c->request =
        (struct request){.done = done, .user = user, .n = results ? n : 0, .results = results};
    conn_set_state(c, CONN_RUNNING);
    if (!results) { /* it may be a COMMIT: what is open must not stay open */
        conn_lose_soon(c);
        return 0;
    }
    c->timeout_usec = deadline_usec;
    timer_set(c->timer, deadline_usec);
    if (send_request(c, statements, n) < 0)
        conn_lose_soon(c);
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
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
               status == PGRES_EMPTY_QUERY) {
        (void)rows_free(q->results[q->at]);
        q->results[q->at] = rows_new(result);
        if (!q->results[q->at]) {
            failure_set(&failure, "53000", "out of memory"); /* ours, not the server's */
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

    conn_set_state(c, CONN_ROLLING_BACK);
    timer_set(c->timer, c->timeout_usec);
    if (send_request(c, &statement, 1) < 0)
        conn_lose_broken(c);
}

/* The server has answered the Sync: everything that was sent is settled. */
static void finish(struct conn *c)
{
    struct db_failure failure = c->request.failure;
    PGTransactionStatusType transaction = PQtransactionStatus(c->pg);

    if (failure.class == SQLSTATE_LOST) {
        conn_lose(c, &failure);
    } else if (failure.class == SQLSTATE_OK || transaction == PQTRANS_IDLE) {
        timer_stop(c->timer);
        conn_set_state(c, CONN_IDLE);
        conn_report(c, &failure);
    } else if (c->state == CONN_RUNNING) {
        roll_back(c);
    } else {
        failure_set(&failure, NULL, "the transaction could not be rolled back");
        conn_lose(c, &failure);
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
    conn_lose(c, &failure);
}

/* Takes the results that are complete. */
static void collect(struct conn *c)
{
    PGresult *result;

    while (!c->freed && !PQisBusy(c->pg) &&
           (c->state == CONN_RUNNING || c->state == CONN_ROLLING_BACK)) {
        result = PQgetResult(c->pg);
        if (!result) {
            if (PQstatus(c->pg) == CONNECTION_BAD || c->request.at++ > c->request.n) {
                conn_lose_broken(c);
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

void conn_exchange(struct conn *c, int events)
{
    if ((events & FD_READABLE) && !PQconsumeInput(c->pg)) {
        collect_last(c);
        if (!c->freed)
            conn_lose_broken(c);
        return;
    }
    collect(c);
    if (c->freed || c->state == CONN_LOST)
        return;
    if (PQstatus(c->pg) == CONNECTION_BAD || flush(c) < 0)
        conn_lose_broken(c);
}
