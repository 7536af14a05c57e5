/* database.h - plain libpq for the load test's own questions, with text
 * parameters and results. */
#pragma once

#include "base/err.h"

#include <libpq-fe.h>
#include <stdint.h>

/* The connection string `base` (URI or key=value) for another database of the
 * same server, as key=value; free() it. NULL and why when `base` is none. */
char *database_conninfo(const char *base, const char *database, struct reason *why);

/* Returns 1 and why, without a password in it. */
int database_open(const char *conninfo, PGconn **ret, struct reason *why) MUST_CHECK;
PGconn *database_close(PGconn *pg);

/* Runs one statement; *ret (may be NULL) is freed with PQclear(). Returns 1 and
 * why. */
int database_query(PGconn *pg, const char *sql, int n, const char *const *values, PGresult **ret,
                   struct reason *why) MUST_CHECK;
/* Runs the statement that a statement returns: names cannot be parameters of
 * what defines things.
 */
int database_query_made(PGconn *pg, const char *sql, const char *name,
                        struct reason *why) MUST_CHECK;
/* Several statements without parameters. */
int database_script(PGconn *pg, const char *sql, struct reason *why) MUST_CHECK;

/* A column of a row: text, "" for null; a number, 0 for null. */
const char *database_text(const PGresult *rows, int row, int column);
double database_number(const PGresult *rows, int row, int column);
int64_t database_int(const PGresult *rows, int row, int column);
