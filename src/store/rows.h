/* rows.h - a result as libpq gave it. The public reading functions are in store/conn.h. */
#pragma once

#include "store/session.h"

#include <libpq-fe.h>

/* Takes the result over, also on failure (NULL: out of memory). */
struct rows *rows_new(PGresult *result);
