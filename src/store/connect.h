/* connect.h - what conn.c and session.c share about libpq: beginning to connect, and telling what
 * went wrong. */
#pragma once

#include "store/conn.h"

#include <libpq-fe.h>

/* Begins; notices go to `on_notice`, nothing is ever printed. NULL: out of memory. */
PGconn *connect_begin(const struct target *t, PQnoticeReceiver on_notice, void *user);

/* Call once connected. */
void connect_settled(PGconn *pg);

/* Why the connection could not be made or was lost. */
void connect_failure(const PGconn *pg, struct db_failure *ret);

/* Of a result in error. */
void result_failure(const PGresult *result, struct db_failure *ret);

/* Of neither: `sqlstate` may be NULL. */
void failure_set(struct db_failure *ret, const char *sqlstate, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Whether a notice is the server's last word before it hangs up. */
bool result_is_fatal(const PGresult *result);
