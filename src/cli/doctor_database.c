/* doctor_database.c - the private cluster's programs, the server, the rights of our role there,
 * the schema. */
#include "cli/doctor.h"

#include "base/clock.h"
#include "cli/database.h"
#include "cli/human.h"
#include "sql.h"
#include "store/embedded.h"
#include "store/migrate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIN_VERSION   150000
#define MAX_SKEW_USEC (5 * USEC_PER_SEC)

/* Columns of cli_doctor.sql. */
enum column {
    VERSION,
    VERSION_NUMBER,
    ENCODING,
    CONNECTIONS,
    SESSIONS,
    IN_RECOVERY,
    ROLE,
    MAY_CREATE,
    MAY_USE,
    CLOCK
};

static void fail(struct doctor *d, int exit_code, const char *check, const char *sentence)
{
    doctor_add(d, FINDING_FAIL, check, "%s", sentence);
    doctor_failed_with(d, exit_code);
}

/* Returns whether a private cluster can run. */
static bool check_programs(struct doctor *d)
{
    struct reason why = {""};

    if (embedded_check(d->settings, &why) == 0) {
        doctor_add(d, FINDING_OK, "postgresql", "a private cluster can run under PENSTOCK_HOME");
        return true;
    }
    fail(d, EXIT_DATABASE, "postgresql", why.text);
    doctor_remedy(d, "or set DATABASE_URL to a server that is there");
    return false;
}

static bool cluster_exists(const struct settings *s)
{
    char path[PATH_MAX];

    return settings_home_path(s, "postgres", path, sizeof(path)) == 0 && access(path, F_OK) == 0;
}

static void check_server(struct doctor *d, const struct rows *r)
{
    int64_t number = rows_int(r, 0, VERSION_NUMBER);
    size_t n;
    const char *version = rows_bytes(r, 0, VERSION, &n);

    if (number < MIN_VERSION) {
        doctor_add(d, FINDING_FAIL, "server", "PostgreSQL %s is too old", version);
        doctor_remedy(d, "use PostgreSQL 15 or later");
        doctor_failed_with(d, EXIT_DATABASE);
    } else if (rows_bool(r, 0, IN_RECOVERY)) {
        doctor_add(d, FINDING_FAIL, "server", "PostgreSQL %s is a standby: it cannot be written",
                   version);
        doctor_remedy(d, "connect to the primary server");
        doctor_failed_with(d, EXIT_DATABASE);
    } else {
        doctor_add(d, FINDING_OK, "server", "PostgreSQL %s", version);
    }
}

static void check_encoding(struct doctor *d, const struct rows *r)
{
    size_t n;
    const char *encoding = rows_bytes(r, 0, ENCODING, &n);

    if (strcmp(encoding, "UTF8") == 0) {
        doctor_add(d, FINDING_OK, "encoding", "the database is UTF8");
        return;
    }
    doctor_add(d, FINDING_FAIL, "encoding", "the database is %s: texts in other scripts do not fit",
               encoding);
    doctor_remedy(d, "create a database with ENCODING 'UTF8' TEMPLATE template0");
    doctor_failed_with(d, EXIT_DATABASE);
}

static void check_connections(struct doctor *d, const struct rows *r)
{
    int64_t allowed = rows_int(r, 0, CONNECTIONS), used = rows_int(r, 0, SESSIONS);
    int64_t wanted = settings_number(d->settings, SETTING_DB_POOL_MAX);

    if (wanted + 1 > allowed) {
        doctor_add(d, FINDING_FAIL, "pool",
                   "DB_POOL_MAX=%" PRId64 ", but the server allows %" PRId64 " connections", wanted,
                   allowed);
        doctor_remedy(d, "lower DB_POOL_MAX, or raise max_connections of the server");
        doctor_failed_with(d, EXIT_DATABASE);
    } else if (wanted + used > allowed) {
        doctor_add(d, FINDING_WARN, "pool",
                   "DB_POOL_MAX=%" PRId64 ", and %" PRId64 " of the server's %" PRId64
                   " connections are in use",
                   wanted, used, allowed);
        doctor_remedy(d, "lower DB_POOL_MAX, or raise max_connections of the server");
    } else {
        doctor_add(d, FINDING_OK, "pool", "DB_POOL_MAX=%" PRId64 " of %" PRId64 " connections",
                   wanted, allowed);
    }
}

static void check_rights(struct doctor *d, const struct rows *r)
{
    size_t n;
    const char *role = rows_bytes(r, 0, ROLE, &n);
    bool has_schema = !rows_is_null(r, 0, MAY_USE);

    if (has_schema ? rows_bool(r, 0, MAY_USE) : rows_bool(r, 0, MAY_CREATE)) {
        doctor_add(d, FINDING_OK, "rights", "role %s may %s", role,
                   has_schema ? "read and write the schema penstock"
                              : "create the schema penstock");
        return;
    }
    doctor_add(d, FINDING_FAIL, "rights", "role %s may not %s", role,
               has_schema ? "read and write the tables of schema penstock"
                          : "create the schema penstock");
    doctor_remedy(
        d, has_schema
               ? "grant it usage on the schema and select, insert, update, delete on its tables"
               : "grant it create on the database, or run penstock migrate up as the owner");
    doctor_failed_with(d, EXIT_DATABASE);
}

static void check_clock(struct doctor *d, const struct rows *r)
{
    uint64_t there = rows_usec(r, 0, CLOCK), here = clock_wall_usec();
    uint64_t skew = there > here ? there - here : here - there;

    doctor_add(d, skew > MAX_SKEW_USEC ? FINDING_WARN : FINDING_OK, "clock",
               "the database's clock differs by %s", human_usec(skew).text);
    if (skew > MAX_SKEW_USEC)
        doctor_remedy(d, "synchronise the clocks (NTP); claims are safe, but the times shown are "
                         "not comparable");
}

static void check_schema(struct doctor *d, struct session *s)
{
    struct migration_status *list = NULL;
    struct reason why = {""};
    size_t n = 0, pending = 0, wrong = 0;
    int r = migrate_status(s, &list, &n, &why);

    for (size_t i = 0; r == 0 && i < n; i++) {
        pending += list[i].state == MIGRATION_PENDING;
        wrong += list[i].state == MIGRATION_DRIFTED || list[i].state == MIGRATION_UNKNOWN;
    }
    free(list);
    if (r != 0) {
        fail(d, EXIT_SCHEMA, "schema", why.text);
    } else if (wrong > 0) {
        fail(d, EXIT_SCHEMA, "schema",
             "migrations were changed after they were applied, or are of a newer penstock");
        doctor_remedy(d, "penstock migrate status names them");
    } else if (pending > 0) {
        bool alone = settings_number(d->settings, SETTING_MIGRATE_ON_START) != 0;

        doctor_add(d, alone ? FINDING_WARN : FINDING_FAIL, "schema",
                   "pending migrations: %zu of %zu", pending, n);
        doctor_remedy(d, "%s",
                      alone ? "penstock run applies them; or penstock migrate up"
                            : "penstock migrate up");
        if (!alone)
            doctor_failed_with(d, EXIT_SCHEMA);
    } else if (migrate_verify(s, &why) != 0) {
        fail(d, EXIT_SCHEMA, "schema", why.text);
        doctor_remedy(d, "undo what was changed by hand; penstock migrate verify compares again");
    } else {
        doctor_add(d, FINDING_OK, "schema",
                   "migrations applied: %zu, and it is exactly what they make", n);
    }
}

static void (*const row_checks[])(struct doctor *d, const struct rows *r) = {
    check_server, check_encoding, check_connections, check_rights, check_clock,
};

static void check_session(struct doctor *d, struct session *s)
{
    struct rows *rows = NULL;
    struct reason why = {""};
    int r = database_try_query(s, sql_cli_doctor, NULL, &rows, &why);

    if (r != 0) {
        fail(d, r, "database", why.text);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(row_checks); i++)
        row_checks[i](d, rows);
    rows_free(rows);
    doctor_check_vectors(d, s);
    check_schema(d, s);
}

void doctor_check_database(struct doctor *d)
{
    bool embedded = settings_embedded(d->settings);
    struct session *s = NULL;
    struct reason why = {""};
    int r;

    if (embedded && !check_programs(d))
        return;
    if (embedded && !cluster_exists(d->settings)) {
        doctor_add(d, FINDING_OK, "database",
                   "none is configured; penstock run makes a private cluster");
        return;
    }
    r = database_try_open(d->inv, false, &s, &why);
    if (r != 0) {
        fail(d, r, "database", why.text);
        doctor_remedy(
            d, embedded ? "see run/postgres.log under PENSTOCK_HOME"
                        : "check DATABASE_URL or DB_*, that the server runs, and its pg_hba.conf");
        return;
    }
    doctor_add(d, FINDING_OK, "database", "it can be reached");
    check_session(d, s);
    session_close(s);
}
