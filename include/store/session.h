/* session.h - a blocking connection, for commands. Starts the private cluster for its own duration
 * when that is the target and no service runs it. */
#pragma once

#include "store/conn.h"

struct session;

/* Connects, waiting at most DB_CONNECT_TIMEOUT. On failure `why` says it, and *ret_exit (may be
 * NULL) the exit code that fits: EXIT_DATABASE or EXIT_USAGE. Returns 0, or 1. */
int session_open(const struct settings *s, const char *application_name, struct session **ret,
                 struct reason *why, int *ret_exit) MUST_CHECK;
/* The same for a process of the service, whose private cluster is kept by another: it is never
 * started here. */
int session_open_in_service(const struct settings *s, const char *application_name,
                            struct session **ret, struct reason *why) MUST_CHECK;
/* Also stops the private cluster when this was the last one to use it. NULL is allowed; returns
 * NULL. */
struct session *session_close(struct session *s);

/* Runs one statement; its rows are in *ret (free with rows_free()). Returns 0, or 1 with `failure`
 * told. */
int session_run(struct session *s, const char *sql, const struct params *params, struct rows **ret,
                struct db_failure *failure) MUST_CHECK;
struct rows *rows_free(struct rows *r);

/* Several statements at once, separated by semicolons, without parameters and results (migrations).
 */
int session_script(struct session *s, const char *sql, struct db_failure *failure) MUST_CHECK;
