/* migrate.h - the schema: numbered migrations embedded in the program, each in one transaction with
 * its row in penstock.schema_migrations, serialised over all nodes by an advisory lock that is
 * taken before the state is read. */
#pragma once

#include "store/session.h"

struct migration {
    int version;
    const char *name;
    const char *up;
    const char *down;
    char sha256[65]; /* of `up`, hexadecimal */
};

/* What is built into the program, oldest first; static. */
const struct migration *migrations_list(size_t *ret_n);

enum migration_state { MIGRATION_APPLIED, MIGRATION_PENDING, MIGRATION_DRIFTED, MIGRATION_UNKNOWN };

struct migration_status {
    int version;
    char name[128];
    enum migration_state
        state; /* DRIFTED: applied with another checksum; UNKNOWN: applied by a newer penstock */
    char applied_at[64]; /* "" when pending */
};

/* What the functions below return besides 0; always with why. */
enum migrate_failure {
    MIGRATE_FAILED =
        1, /* the database is unreachable, too old or refuses; nothing half-done is left behind */
    MIGRATE_MISMATCH =
        2, /* schema and program do not belong together: drifted, newer, or it differs (verify) */
};

/* `ret` is freed by the caller (free()). A database without the schema has all pending. */
int migrate_status(struct session *s, struct migration_status **ret, size_t *ret_n,
                   struct reason *why) MUST_CHECK;

/* Applies what is pending, up to version `to` (0: all). `on_step` (may be NULL) hears of each one,
 * after its commit. A database that is up to date is not written to. */
typedef void migrate_step(void *user, const struct migration *m);
int migrate_up(struct session *s, int to, migrate_step *on_step, void *user,
               struct reason *why) MUST_CHECK;

/* Undoes the newest `steps` ones that are applied. After the last of them the bookkeeping table
 * alone is left. */
int migrate_down(struct session *s, int steps, migrate_step *on_step, void *user,
                 struct reason *why) MUST_CHECK;

/* Compares the live schema with what the migrations make (in a scratch schema inside a transaction
 * that is rolled back). MIGRATE_MISMATCH: `why` names the first differences. */
int migrate_verify(struct session *s, struct reason *why) MUST_CHECK;
