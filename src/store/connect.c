/* connect.c - beginning to connect, and failures of connections and results as struct db_failure.
 *
 * libpq 15 shows the SQLSTATE of a refused connection only inside its message, and only in verbose
 * mode: "FATAL:  28P01: password authentication failed". So messages are verbose until the
 * connection stands, and the code is read out of the text. Several hosts leave several messages;
 * the last one counts.
 */
#include "connect.h"

#include "target_libpq.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void drop_notice(void *user UNUSED, const PGresult *result UNUSED)
{
}

PGconn *connect_begin(const struct target *t, PQnoticeReceiver on_notice, void *user)
{
    PGconn *pg =
        PQconnectStartParams(t->keywords, (const char *const *)t->values, t->expand_dbname);

    if (!pg)
        return NULL;
    (void)PQsetNoticeReceiver(pg, on_notice ? on_notice : drop_notice, user);
    (void)PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
    return pg;
}

void connect_settled(PGconn *pg)
{
    (void)PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
}

/* One line: runs of white space become a blank. */
static void flatten(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* A text that was cut, or came in another encoding: the database itself would refuse it. */
static void make_valid(char *text)
{
    size_t n = strlen(text), valid;

    while ((valid = utf8_valid_prefix(text, n)) < n) {
        if (n - valid < 4)
            text[n = valid] = '\0';
        else
            text[valid] = '?';
    }
}

void failure_set(struct db_failure *ret, const char *sqlstate, const char *format, ...)
{
    va_list args;

    (void)snprintf(ret->sqlstate, sizeof(ret->sqlstate), "%s", sqlstate ? sqlstate : "");
    ret->class = sqlstate_classify(ret->sqlstate);
    va_start(args, format);
    (void)vsnprintf(ret->text, sizeof(ret->text), format, args);
    va_end(args);
    make_valid(ret->text);
    flatten(ret->text);
}

/* Finds ":  SQLSTATE: " and returns what follows the severity, or NULL. */
static const char *find_sqlstate(const char *message)
{
    const char *found = NULL;

    for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  ")) {
        size_t length = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (length == 5 && strncmp(at + 8, ": ", 2) == 0)
            found = at + 3;
    }
    return found;
}

void connect_failure(const PGconn *pg, struct db_failure *ret)
{
    const char *message = pg ? PQerrorMessage(pg) : "out of memory";
    const char *found = find_sqlstate(message);
    char sqlstate[6];

    if (!found) {
        failure_set(ret, NULL, "%s", message[0] ? message : "the connection was closed");
        return;
    }
    (void)snprintf(sqlstate, sizeof(sqlstate), "%s", found);
    failure_set(ret, sqlstate, "%.*s", (int)strcspn(found + 7, "\n"), found + 7);
}

void result_failure(const PGresult *result, struct db_failure *ret)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

    if (!primary)
        primary = PQresultErrorMessage(result);
    failure_set(ret, PQresultErrorField(result, PG_DIAG_SQLSTATE), "%s%s%s", primary,
                detail ? ": " : "", detail ? detail : "");
}

bool result_is_fatal(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}
