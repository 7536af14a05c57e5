/* session.c - a blocking connection for commands: connect with a deadline, run, read, close. One
 * transaction at a time, begun and ended by the caller's own statements. Borrows the private
 * cluster when that is the target. */
#include "store/session.h"

#include "connect.h"
#include "params_bind.h"
#include "rows.h"
#include "store/embedded.h"

#include "base/clock.h"
#include "base/heartbeat.h"

#include <poll.h>
#include <stdlib.h>

struct session {
    PGconn *pg;
    struct embedded *embedded; /* NULL: the database is somebody else's */
};

/* Waits until the socket is ready. 0, 1 at the deadline. */
static int wait_socket(int fd, short events, uint64_t deadline_usec)
{
    struct pollfd p = {.fd = fd, .events = events};
    uint64_t now;
    int n;

    for (;;) {
        now = clock_now_usec();
        if (now >= deadline_usec)
            return 1;
        heartbeat();
        n = poll(&p, 1, (int)((MIN(deadline_usec - now, HEARTBEAT_USEC) + 999) / 1000));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
    }
}

static int finish_connecting(PGconn *pg, uint64_t deadline_usec, struct db_failure *failure)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    int r = 0;

    if (PQstatus(pg) == CONNECTION_BAD)
        next = PGRES_POLLING_FAILED;
    while (r == 0 && next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        r = wait_socket(PQsocket(pg), next == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                        deadline_usec);
        if (r == 0)
            next = PQconnectPoll(pg);
    }
    if (r != 0)
        failure_set(failure, NULL, "no answer in time");
    else if (next == PGRES_POLLING_FAILED)
        connect_failure(pg, failure);
    else
        connect_settled(pg);
    return r != 0 || next == PGRES_POLLING_FAILED;
}

static int connect_to(struct session *session, const struct settings *s,
                      const char *application_name, struct reason *why, int *ret_exit)
{
    uint64_t timeout_usec =
        (uint64_t)settings_number(s, SETTING_DB_CONNECT_TIMEOUT) * USEC_PER_MSEC;
    struct db_failure failure;
    struct target *target;
    int r = target_new(s, application_name, &target, why);

    if (r != 0) {
        *ret_exit = EXIT_USAGE;
        return r;
    }
    session->pg = connect_begin(target, NULL, NULL);
    r = session->pg ? finish_connecting(session->pg, clock_now_usec() + timeout_usec, &failure)
                    : -ENOMEM;
    if (r == 1) {
        *ret_exit = failure.class == SQLSTATE_CONFIG ? EXIT_USAGE : EXIT_DATABASE;
        reason_set(why, "%s: %s", target_text(target), failure.text);
    }
    (void)target_free(target);
    return r;
}

static int open_session(const struct settings *s, const char *application_name, bool borrow,
                        struct session **ret, struct reason *why, int *ret_exit)
{
    struct session *session = calloc(1, sizeof(*session));
    int r = session ? 0 : -ENOMEM;

    *ret_exit = EXIT_DATABASE;
    if (r == 0 && borrow && settings_embedded(s))
        r = embedded_borrow(s, &session->embedded, why);
    if (r == 0)
        r = connect_to(session, s, application_name, why, ret_exit);
    if (r == 0) {
        *ret = session;
        return 0;
    }
    if (r < 0)
        reason_set(why, "out of memory");
    (void)session_close(session);
    return 1;
}

int session_open(const struct settings *s, const char *application_name, struct session **ret,
                 struct reason *why, int *ret_exit)
{
    int fitting;
    int r = open_session(s, application_name, true, ret, why, &fitting);

    if (r != 0 && ret_exit)
        *ret_exit = fitting;
    return r;
}

int session_open_in_service(const struct settings *s, const char *application_name,
                            struct session **ret, struct reason *why)
{
    int unused;

    return open_session(s, application_name, false, ret, why, &unused);
}

struct session *session_close(struct session *s)
{
    if (!s)
        return NULL;
    PQfinish(s->pg);
    (void)embedded_return(s->embedded);
    free(s);
    return NULL;
}

/* The next result, NULL after the last. A migration may take long: the caller is not hanging. */
static PGresult *next_result(PGconn *pg)
{
    while (PQisBusy(pg)) {
        heartbeat();
        if (wait_socket(PQsocket(pg), POLLIN, clock_now_usec() + HEARTBEAT_USEC) == 0 &&
            !PQconsumeInput(pg))
            break;
    }
    return PQgetResult(pg);
}

/* The last result of what was sent, or the one that failed: the rest is then passed over. */
static PGresult *wait_result(PGconn *pg, int sent)
{
    PGresult *last = NULL, *next;

    while (sent && (next = next_result(pg))) {
        PQclear(last);
        last = next;
    }
    return last;
}

/* Takes the result over. */
static int take(struct session *s, PGresult *result, struct rows **ret, struct db_failure *failure)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        struct rows *rows = rows_new(result);

        if (!rows)
            failure_set(failure, "53000", "out of memory");
        else if (ret)
            *ret = rows;
        else
            (void)rows_free(rows);
        return rows ? 0 : 1;
    }
    if (result)
        result_failure(result, failure);
    else
        connect_failure(s->pg, failure);
    if (PQstatus(s->pg) == CONNECTION_BAD)
        failure->class = SQLSTATE_LOST;
    PQclear(result);
    return 1;
}

int session_run(struct session *s, const char *sql, const struct params *params, struct rows **ret,
                struct db_failure *failure)
{
    struct params_bound bound;

    if (params && params_error(params) < 0) {
        failure_set(failure, "54000", "the parameters are larger than 1 GB");
        return 1;
    }
    params_bind(params, &bound);
    return take(s,
                wait_result(s->pg, PQsendQueryParams(s->pg, sql, bound.n, bound.types, bound.values,
                                                     bound.lengths, bound.formats, 1)),
                ret, failure);
}

int session_script(struct session *s, const char *sql, struct db_failure *failure)
{
    return take(s, wait_result(s->pg, PQsendQuery(s->pg, sql)), NULL, failure);
}
