/* database.h - a session for a command, with its failures told. */
#pragma once

#include "cli/command.h"
#include "store/session.h"

/* Opens a session. Except with `create`, a private cluster that does not exist yet is not made
 * for a question: then it says that there is none. Returns 0, or the exit code after telling. */
int database_open(const struct invocation *inv, bool create, struct session **ret) MUST_CHECK;
/* The same without telling: the exit code and why. */
int database_try_open(const struct invocation *inv, bool create, struct session **ret,
                      struct reason *why) MUST_CHECK;

/* Runs a statement; rows in *ret (rows_free()), unless `ret` is NULL. Returns 0, or the exit
 * code after telling. */
int database_query(const struct invocation *inv, struct session *s, const char *sql,
                   const struct params *params, struct rows **ret) MUST_CHECK;
int database_try_query(struct session *s, const char *sql, const struct params *params,
                       struct rows **ret, struct reason *why) MUST_CHECK;
