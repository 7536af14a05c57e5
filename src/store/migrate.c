/* migrate.c - applying and undoing migrations.
 *
 * Each one is a transaction: the advisory lock first, then the state is read (what was read before
 * the lock may be another starter's past), then the migration, its bookkeeping row, and COMMIT,
 * which counts only when the server answers with that word. Whatever fails before leaves nothing
 * behind. A database that is up to date is only read.
 */
#include "migrate_state.h"

#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_SERVER 150000

int migrate_blame(struct reason *why, const char *what, const struct db_failure *failure)
{
    reason_set(why, "%s: %s%s%s%s", what, failure->text, failure->sqlstate[0] ? " (SQLSTATE " : "",
               failure->sqlstate, failure->sqlstate[0] ? ")" : "");
    return MIGRATE_FAILED;
}

/* Whether this server will do, and what of ours is there. */
struct found {
    bool schema, table;
};

static int look(struct session *s, struct found *ret, struct reason *why)
{
    struct db_failure failure;
    struct rows *rows;
    int r = 0;

    if (session_run(s, sql_migrate_look, NULL, &rows, &failure) != 0)
        return migrate_blame(why, "reading the database's version", &failure);
    if (rows_int(rows, 0, 0) < OLDEST_SERVER) {
        reason_set(why, "the server is PostgreSQL %s; penstock needs 15 or later",
                   rows_bytes(rows, 0, 1, NULL));
        r = MIGRATE_FAILED;
    } else if (strcmp(rows_bytes(rows, 0, 2, NULL), "UTF8") != 0) {
        reason_set(why, "the database's encoding is %s; penstock needs UTF8",
                   rows_bytes(rows, 0, 2, NULL));
        r = MIGRATE_FAILED;
    }
    *ret = (struct found){.schema = rows_bool(rows, 0, 3), .table = rows_bool(rows, 0, 4)};
    (void)rows_free(rows);
    return r;
}

static const struct migration *find(int version)
{
    size_t n;
    const struct migration *list = migrations_list(&n);

    return version >= 1 && (size_t)version <= n ? &list[version - 1] : NULL;
}

/* Merges what is applied with what is known: both in the order of versions. */
static int merge(const struct rows *applied, struct migration_status **ret, size_t *ret_n)
{
    size_t n_known, n = 0, row = 0, n_applied = applied ? rows_count(applied) : 0;
    const struct migration *known = migrations_list(&n_known);
    struct migration_status *list = calloc(n_known + n_applied + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < n_known || row < n_applied; n++) {
        bool is_known =
            i < n_known && (row == n_applied || known[i].version <= rows_int(applied, row, 0));
        bool is_applied =
            row < n_applied && (!is_known || known[i].version == rows_int(applied, row, 0));
        struct migration_status *m = &list[n];

        m->version = is_known ? known[i].version : (int)rows_int(applied, row, 0);
        (void)snprintf(m->name, sizeof(m->name), "%s",
                       is_known ? known[i].name : rows_bytes(applied, row, 1, NULL));
        m->state = !is_applied ? MIGRATION_PENDING
                   : !is_known ? MIGRATION_UNKNOWN
                   : strcmp(known[i].sha256, rows_bytes(applied, row, 2, NULL)) == 0
                       ? MIGRATION_APPLIED
                       : MIGRATION_DRIFTED;
        if (is_applied)
            (void)snprintf(m->applied_at, sizeof(m->applied_at), "%s",
                           rows_bytes(applied, row, 3, NULL));
        i += is_known;
        row += is_applied;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

int migrate_status(struct session *s, struct migration_status **ret, size_t *ret_n,
                   struct reason *why)
{
    struct db_failure failure;
    struct rows *applied = NULL;
    struct found found;
    int r = look(s, &found, why);

    if (r == 0 && found.table && session_run(s, sql_migrate_state, NULL, &applied, &failure) != 0)
        r = migrate_blame(why, "reading penstock.schema_migrations", &failure);
    if (r == 0 && merge(applied, ret, ret_n) < 0) {
        reason_set(why, "out of memory");
        r = MIGRATE_FAILED;
    }
    (void)rows_free(applied);
    return r;
}

static int refuse(const struct migration_status *m, struct reason *why)
{
    if (m->state == MIGRATION_UNKNOWN)
        reason_set(why,
                   "the schema is newer than this program: version %d (%s) is unknown to it, so a "
                   "newer penstock is needed",
                   m->version, m->name);
    else if (m->state == MIGRATION_DRIFTED)
        reason_set(why, "migration %d (%s) was applied at %s with another text than this program's",
                   m->version, m->name, m->applied_at);
    else
        reason_set(why, "migration %d (%s) is missing, though later ones are applied", m->version,
                   m->name);
    return MIGRATE_MISMATCH;
}

int migrate_position(struct session *s, int *ret_newest, struct reason *why)
{
    struct migration_status *list;
    size_t n;
    int newest = 0, r = migrate_status(s, &list, &n, why);

    if (r != 0)
        return r;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (list[i].state == MIGRATION_UNKNOWN || list[i].state == MIGRATION_DRIFTED)
            r = refuse(&list[i], why);
        else if (list[i].state == MIGRATION_APPLIED && newest != list[i].version - 1)
            r = refuse(&list[newest], why);
        else if (list[i].state == MIGRATION_APPLIED)
            newest = list[i].version;
    }
    free(list);
    if (r == 0)
        *ret_newest = newest;
    return r;
}

static int script(struct session *s, const char *what, const char *sql, struct reason *why)
{
    struct db_failure failure;

    return session_script(s, sql, &failure) == 0 ? 0 : migrate_blame(why, what, &failure);
}

/* The schema and its bookkeeping, where they are absent: a role without the right to make schemas
 * can work in one that was made for it. */
static int make_bookkeeping(struct session *s, struct reason *why)
{
    struct found found;
    int r = look(s, &found, why);

    if (r == 0 && !found.schema)
        r = script(s, "creating the schema penstock", sql_migrate_create_schema, why);
    if (r == 0 && !found.table)
        r = script(s, "creating penstock.schema_migrations", sql_migrate_create_table, why);
    return r;
}

static int record(struct session *s, const struct migration *m, bool up, struct reason *why)
{
    struct db_failure failure;
    struct params *p = params_new();
    int r;

    if (!p) {
        reason_set(why, "out of memory");
        return MIGRATE_FAILED;
    }
    params_add_int8(p, m->version);
    if (up) {
        params_add_text(p, m->name, strlen(m->name));
        params_add_text(p, m->sha256, strlen(m->sha256));
    }
    r = session_run(s, up ? sql_migrate_record : sql_migrate_forget, p, NULL, &failure);
    (void)params_free(p);
    return r == 0 ? 0 : migrate_blame(why, "writing penstock.schema_migrations", &failure);
}

static int commit(struct session *s, struct reason *why)
{
    struct db_failure failure;
    struct rows *rows;
    bool committed;

    if (session_run(s, sql_commit, NULL, &rows, &failure) != 0)
        return migrate_blame(why, "COMMIT", &failure);
    committed = strcmp(rows_tag(rows), "COMMIT") == 0;
    (void)rows_free(rows);
    if (!committed)
        reason_set(why, "COMMIT was answered by a rollback");
    return committed ? 0 : MIGRATE_FAILED;
}

/* Inside the transaction. *ret_done is NULL when nothing was left to do. */
static int step(struct session *s, bool up, int to, const struct migration **ret_done,
                struct reason *why)
{
    const struct migration *m = NULL;
    char what[192];
    int newest, r = up ? make_bookkeeping(s, why) : 0;

    if (r == 0)
        r = migrate_position(s, &newest, why);
    if (r != 0)
        return r;
    if (up && newest < to)
        m = find(newest + 1);
    if (!up && newest > to)
        m = find(newest);
    *ret_done = m;
    if (!m)
        return 0;
    (void)snprintf(what, sizeof(what), "%s migration %d (%s)", up ? "applying" : "undoing",
                   m->version, m->name);
    r = script(s, what, up ? m->up : m->down, why);
    return r == 0 ? record(s, m, up, why) : r;
}

static int run_step(struct session *s, bool up, int to, const struct migration **ret_done,
                    struct reason *why)
{
    struct db_failure ignored;
    int r = script(s, "waiting for other migrations", sql_migrate_begin, why);

    if (r == 0)
        r = step(s, up, to, ret_done, why);
    if (r == 0)
        r = commit(s, why);
    if (r != 0)
        (void)!session_script(s, sql_rollback, &ignored);
    return r;
}

/* Steps until the schema stands at version `to`. */
static int go(struct session *s, bool up, int to, migrate_step *on_step, void *user,
              struct reason *why)
{
    const struct migration *done;
    int r;

    do {
        done = NULL;
        r = run_step(s, up, to, &done, why);
        if (r == 0 && done && on_step)
            on_step(user, done);
    } while (r == 0 && done);
    return r;
}

int migrate_up(struct session *s, int to, migrate_step *on_step, void *user, struct reason *why)
{
    size_t n;
    int newest, r = migrate_position(s, &newest, why);

    (void)migrations_list(&n);
    if (to <= 0 || to > (int)n)
        to = (int)n;
    if (r != 0 || newest >= to)
        return r;
    return go(s, true, to, on_step, user, why);
}

int migrate_down(struct session *s, int steps, migrate_step *on_step, void *user,
                 struct reason *why)
{
    int newest, r = migrate_position(s, &newest, why);

    if (r != 0 || newest == 0 || steps <= 0)
        return r;
    return go(s, false, MAX(0, newest - steps), on_step, user, why);
}
