/* migrate_verify.c - does the live schema still look as the migrations make it?
 *
 * The migrations are run once more under the name of a scratch schema, inside a transaction that is
 * rolled back, and the catalogs of both are compared by sql/queries/verify_compare.sql. The scratch
 * schema rather than the live one is renamed, because that takes no lock that anybody waits for.
 * This is the one place where the text of SQL is changed: the name `penstock.` becomes
 * `penstock_verify.` wherever it begins a word, in strings and comments too; the comparison turns
 * it back everywhere.
 */
#include "migrate_state.h"

#include "sql.h"

#include <ctype.h>
#include <string.h>

#define LIVE    "penstock"
#define SCRATCH "penstock_verify"

#define MAX_NAMED 12

static bool begins_word(const char *text, const char *at)
{
    return at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '.');
}

/* Replaces the schema's name where it stands before a point. */
static void substitute(const char *sql, struct buf *out)
{
    const char *from = sql, *at;

    for (at = strstr(sql, LIVE "."); at; at = strstr(at + 1, LIVE ".")) {
        if (!begins_word(sql, at))
            continue;
        buf_add(out, from, (size_t)(at - from));
        buf_add_str(out, SCRATCH);
        from = at + strlen(LIVE);
    }
    buf_add_str(out, from);
}

static int run_substituted(struct session *s, const char *what, const char *sql, struct reason *why)
{
    CLEANUP(buf_done) struct buf text = BUF_INIT;
    struct db_failure failure;

    substitute(sql, &text);
    if (buf_error(&text) < 0) {
        reason_set(why, "out of memory");
        return MIGRATE_FAILED;
    }
    return session_script(s, buf_text(&text), &failure) == 0 ? 0
                                                             : migrate_blame(why, what, &failure);
}

static int build_scratch(struct session *s, struct reason *why)
{
    struct db_failure failure;
    size_t n;
    const struct migration *list = migrations_list(&n);
    int r;

    if (session_script(s, sql_verify_begin, &failure) != 0)
        return migrate_blame(why, "making the scratch schema " SCRATCH, &failure);
    r = run_substituted(s, "making the scratch schema", sql_migrate_create_table, why);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = run_substituted(s, list[i].name, list[i].up, why);
    return r;
}

/* One row a difference: what it is about, what the migrations make, what is there. */
static int compare(struct session *s, struct reason *why)
{
    struct db_failure failure;
    struct rows *rows;
    size_t n;

    if (session_run(s, sql_verify_compare, NULL, &rows, &failure) != 0)
        return migrate_blame(why, "comparing the schemas", &failure);
    n = rows_count(rows);
    if (n > 0)
        reason_set(why, "the schema differs in %zu place%s", n, n == 1 ? "" : "s");
    for (size_t i = 0; i < n && i < MAX_NAMED; i++)
        reason_add(why, "%s", rows_bytes(rows, i, 0, NULL));
    (void)rows_free(rows);
    return n == 0 ? 0 : MIGRATE_MISMATCH;
}

int migrate_verify(struct session *s, struct reason *why)
{
    struct db_failure ignored;
    size_t n;
    int newest, r = migrate_position(s, &newest, why);

    (void)migrations_list(&n);
    if (r != 0)
        return r;
    if (newest < (int)n) {
        reason_set(
            why,
            "the schema stands at version %d, this program's is %zu: run `penstock migrate up`",
            newest, n);
        return MIGRATE_MISMATCH;
    }
    r = build_scratch(s, why);
    if (r == 0)
        r = compare(s, why);
    (void)!session_script(s, sql_rollback, &ignored);
    return r;
}
