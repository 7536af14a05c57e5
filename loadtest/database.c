/* database.c - see database.h. */
#include "database.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value in a connection string: quotes and backslashes with a backslash
 * (libpq, 34.1.1.1). */
static void add_option(struct buf *out, const char *keyword, const char *value)
{
    buf_printf(out, "%s%s='", out->size > 0 ? " " : "", keyword);
    for (const char *c = value; *c; c++) {
        if (*c == '\'' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    buf_add_char(out, '\'');
}

char *database_conninfo(const char *base, const char *database, struct reason *why)
{
    PQconninfoOption *options = PQconninfoParse(base, NULL);
    struct buf out = BUF_INIT;

    if (!options) {
        reason_set(why, "DATABASE_URL is not a connection string");
        return NULL;
    }
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && strcmp(o->keyword, "dbname") != 0 &&
            strcmp(o->keyword, "application_name") != 0)
            add_option(&out, o->keyword, o->val);
    add_option(&out, "dbname", database);
    PQconninfoFree(options);
    if (buf_error(&out) < 0)
        reason_set(why, "out of memory");
    return buf_take(&out);
}

static void tell(const PGconn *pg, struct reason *why)
{
    const char *text = PQerrorMessage(pg);

    reason_set(why, "%.*s", (int)strcspn(text, "\n"), text);
}

int database_open(const char *conninfo, PGconn **ret, struct reason *why)
{
    static const char *const keywords[] = {"dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {conninfo, "penstock-loadtest", "UTF8", NULL};
    PGconn *pg = PQconnectdbParams(keywords, values, 1);

    if (PQstatus(pg) != CONNECTION_OK) {
        tell(pg, why);
        PQfinish(pg);
        return 1;
    }
    *ret = pg;
    return 0;
}

PGconn *database_close(PGconn *pg)
{
    PQfinish(pg);
    return NULL;
}

static int settle(PGconn *pg, PGresult *result, PGresult **ret, struct reason *why)
{
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        tell(pg, why);
        PQclear(result);
        return 1;
    }
    if (ret)
        *ret = result;
    else
        PQclear(result);
    return 0;
}

int database_query(PGconn *pg, const char *sql, int n, const char *const *values, PGresult **ret,
                   struct reason *why)
{
    return settle(pg, PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0), ret, why);
}

int database_script(PGconn *pg, const char *sql, struct reason *why)
{
    return settle(pg, PQexec(pg, sql), NULL, why);
}

int database_query_made(PGconn *pg, const char *sql, const char *name, struct reason *why)
{
    PGresult *rows = NULL;
    int r = database_query(pg, sql, 1, &name, &rows, why);

    if (r == 0)
        r = database_script(pg, database_text(rows, 0, 0), why);
    PQclear(rows);
    return r;
}

const char *database_text(const PGresult *rows, int row, int column)
{
    return row < PQntuples(rows) ? PQgetvalue(rows, row, column) : "";
}

double database_number(const PGresult *rows, int row, int column)
{
    return strtod(database_text(rows, row, column), NULL);
}

int64_t database_int(const PGresult *rows, int row, int column)
{
    return strtoll(database_text(rows, row, column), NULL, 10);
}
