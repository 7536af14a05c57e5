/* conn.h - one asynchronous connection on the loop: it connects, runs one request at a time, and
 * says when it is lost.
 *
 * A request is a list of statements sent in one go (libpq's pipeline mode, one Sync at the end), so
 * BEGIN; …; COMMIT costs one round trip. After an error the server passes over the rest of the
 * request; when that leaves a transaction open in failed state, the connection rolls it back before
 * it reports the request done. Results are in binary format. Nothing of a session is relied on
 * between two transactions, so a transaction-mode pooler may stand in between: no prepared
 * statements, no session settings, no advisory session locks.
 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"
#include "store/params.h"
#include "store/sqlstate.h"
#include "store/target.h"

struct conn;
struct rows; /* the result of one statement */

struct statement {
    const char *sql;
    const struct params *params; /* NULL: none. Read during conn_run() only */
};

/* How a request or a connection ended. */
struct db_failure {
    enum sqlstate_class class; /* SQLSTATE_OK: it did not fail */
    char sqlstate[6];
    char text[512]; /* the server's primary message with its detail, one line; no secrets */
};

struct conn_events {
    /* It is connected and idle. */
    void (*on_open)(void *user, struct conn *c);
    /* It could not be made, or it is gone. A request that was running has been reported before.
     * Call conn_free() here or later. */
    void (*on_lost)(void *user, struct conn *c, const struct db_failure *failure);
    /* A NOTICE or WARNING of the server. May be NULL. */
    void (*on_notice)(void *user, struct conn *c, const char *sqlstate, const char *text);
};

/* Results of a request: `results` has one entry a statement; those that were not run or failed are
 * NULL. They are freed after the call. A connection that was lost reports its request first, then
 * on_lost; a request that fails with SQLSTATE_LOST is always followed by on_lost, also when the
 * socket is still open (25006, 08P01). */
typedef void conn_done(void *user, struct conn *c, struct rows *const *results, size_t n,
                       const struct db_failure *failure);

/* Begins to connect; gives up after `timeout_usec` (on_lost). */
int conn_new(struct loop *loop, const struct target *target, uint64_t timeout_usec,
             const struct conn_events *events, void *user, struct conn **ret) MUST_CHECK;

/* Closes at once, whatever it is doing, without calling back. NULL is allowed; returns NULL. */
struct conn *conn_free(struct conn *c);

/* Whether conn_run() may be called now. */
bool conn_is_idle(const struct conn *c);

/* Runs a request on an idle connection. -EBUSY when it is not idle; other failures come through
 * `done`. A server that has not answered all of it after `deadline_usec` is taken for lost: its own
 * statement_timeout should have ended it before. */
int conn_run(struct conn *c, const struct statement *statements, size_t n, uint64_t deadline_usec,
             conn_done *done, void *user) MUST_CHECK;

/* Monotonic times, for life time and idle limits. */
uint64_t conn_opened_usec(const struct conn *c);
uint64_t conn_idle_since_usec(const struct conn *c);

/* Reading a result; row and column count from 0. A NULL value reads as 0, false or no bytes; ask
 * rows_is_null(). */
size_t rows_count(const struct rows *r);
bool rows_is_null(const struct rows *r, size_t row, unsigned column);
/* int2, int4, int8. */
int64_t rows_int(const struct rows *r, size_t row, unsigned column);
bool rows_bool(const struct rows *r, size_t row, unsigned column);
/* float4, float8. */
double rows_float(const struct rows *r, size_t row, unsigned column);
/* text, bytea, json; a jsonb without its version byte. NUL-terminated. */
const char *rows_bytes(const struct rows *r, size_t row, unsigned column, size_t *ret_size);
/* text[] of one dimension without nulls: how many elements, and an iterator over them. */
struct rows_array {
    const char *at, *end;
    size_t n; /* left */
};
struct rows_array rows_text_array(const struct rows *r, size_t row, unsigned column);
/* Takes one off. Not when there is none left. */
const char *rows_array_next(struct rows_array *a, size_t *ret_size);
/* timestamptz, as microseconds since 1970. */
uint64_t rows_usec(const struct rows *r, size_t row, unsigned column);
/* The command tag, such as "COMMIT" or "INSERT 0 5". */
const char *rows_tag(const struct rows *r);
