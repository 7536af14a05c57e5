/* database.c - opens sessions and turns failures of the database into sentences and exit codes.
 *
 * A schema that is not there, or of another version, is EXIT_SCHEMA with the command that mends it;
 * a server that cannot be reached or went away is EXIT_DATABASE; anything else EXIT_FAILED.
 */
#include "cli/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SQLSTATEs of objects that the schema should have had. */
static const char *const schema_states[] = {"3F000", "42P01", "42883", "42703", "42P02"};

static int failure_exit(const struct db_failure *f)
{
    for (size_t i = 0; i < ARRAY_SIZE(schema_states); i++)
        if (strcmp(f->sqlstate, schema_states[i]) == 0)
            return EXIT_SCHEMA;
    return f->class == SQLSTATE_LOST || f->class == SQLSTATE_RETRY || f->class == SQLSTATE_ALONE
               ? EXIT_DATABASE
               : EXIT_FAILED;
}

static bool cluster_exists(const struct settings *s)
{
    char path[4096];

    return settings_home_path(s, "postgres", path, sizeof(path)) < 0 || access(path, F_OK) == 0 ||
           errno != ENOENT;
}

int database_try_open(const struct invocation *inv, bool create, struct session **ret,
                      struct reason *why)
{
    char name[64];
    int exit_code = EXIT_DATABASE;

    if (!create && settings_embedded(&inv->settings) && !cluster_exists(&inv->settings)) {
        reason_set(why,
                   "there is no database yet: none is configured, and %s has no private cluster "
                   "(`penstock run` or "
                   "`penstock migrate up` makes it)",
                   settings_text(&inv->settings, SETTING_HOME));
        return EXIT_DATABASE;
    }
    (void)snprintf(name, sizeof(name), "penstock/%s", inv->command->name);
    return session_open(&inv->settings, name, ret, why, &exit_code) == 0 ? 0 : exit_code;
}

int database_open(const struct invocation *inv, bool create, struct session **ret)
{
    struct reason why = {""};
    int exit_code = database_try_open(inv, create, ret, &why);

    return exit_code == 0 ? 0 : invocation_fail(inv, exit_code, "%s", why.text);
}

int database_try_query(struct session *s, const char *sql, const struct params *params,
                       struct rows **ret, struct reason *why)
{
    struct db_failure failure = {0};
    struct rows *rows = NULL;
    int exit_code;

    if (session_run(s, sql, params, &rows, &failure) != 0) {
        exit_code = failure_exit(&failure);
        reason_set(why, "the database says: %s%s", failure.text,
                   exit_code == EXIT_SCHEMA
                       ? " (the schema does not fit this program: `penstock migrate status`, "
                         "`penstock migrate up`)"
                       : "");
        return exit_code;
    }
    if (ret)
        *ret = rows;
    else
        rows_free(rows);
    return 0;
}

int database_query(const struct invocation *inv, struct session *s, const char *sql,
                   const struct params *params, struct rows **ret)
{
    struct reason why = {""};
    int exit_code = database_try_query(s, sql, params, ret, &why);

    return exit_code == 0 ? 0 : invocation_fail(inv, exit_code, "%s", why.text);
}
