/* params_bind.h - how params.c hands the parameters to libpq (conn.c and session.c). */
#pragma once

#include "store/params.h"

#include <libpq-fe.h>

#define PARAMS_MAX 64

/* The arrays that PQsendQueryParams() takes; they point into the params. */
struct params_bound {
    int n;
    const Oid *types;
    const int *lengths;
    const int *formats;
    const char *values[PARAMS_MAX];
};

/* `p` may be NULL: no parameters. */
void params_bind(const struct params *p, struct params_bound *ret);
