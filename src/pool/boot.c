/* boot.c - before any work: the database is waited for; its schema is migrated when
 * MIGRATE_ON_START, else checked; the text search configurations are looked up; this node enrolls.
 * Blocking, over a session of its own, which is closed before the first lane opens: there is
 * nothing else to do yet.
 */
#include "pool/pool.h"

#include "base/clock.h"
#include "store/migrate.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_BEFORE_WARNING 8

static void on_step(void *user, const struct migration *m)
{
    log_info("migrated", F_I64("version", m->version), F_STR("name", m->name));
}

/* Refuses a schema that is not exactly the program's. */
static int check_schema(struct session *s, struct reason *why)
{
    struct migration_status *list = NULL;
    size_t n = 0, wrong = 0;
    int r = migrate_status(s, &list, &n, why);

    for (size_t i = 0; r == 0 && i < n; i++)
        wrong += list[i].state != MIGRATION_APPLIED;
    free(list);
    if (r == 0 && wrong > 0) {
        reason_set(why, "the schema is not up to date and MIGRATE_ON_START is false: run `penstock "
                        "migrate up`");
        r = MIGRATE_MISMATCH;
    }
    return r;
}

/* Whether the database was asked and does not know it: 42704, or not a name at all. Everything else
 * may pass. */
static bool is_unknown_name(const struct db_failure *failure)
{
    static const char *const codes[] = {"42704", "42601", "42602", "42622", "22023"};

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (strcmp(failure->sqlstate, codes[i]) == 0)
            return true;
    return false;
}

static int find_text_configs(struct pool *p, struct session *s, struct reason *why)
{
    const char *config = settings_text(&p->base.settings, SETTING_TEXT_CONFIG);
    struct db_failure failure;

    if (dictionaries_find(s, config, &p->dictionaries, &failure) == 0)
        return EXIT_DONE;
    if (!is_unknown_name(&failure)) {
        reason_set(why, "%s", failure.text);
        return EXIT_DATABASE;
    }
    reason_set(why, "PENSTOCK_TEXT_CONFIG=%s: %s (`\\dF` in psql lists what there is)", config,
               failure.text);
    return EXIT_USAGE;
}

/* 0; else the exit code, and why. */
static int make_ready(struct pool *p, struct reason *why)
{
    bool migrate = settings_number(&p->base.settings, SETTING_MIGRATE_ON_START) != 0;
    struct session *s;
    int r;

    if (session_open_in_service(&p->base.settings, "penstock/pool", &s, why) != 0)
        return EXIT_DATABASE;
    r = migrate ? migrate_up(s, 0, on_step, NULL, why) : check_schema(s, why);
    if (r == 0)
        r = find_text_configs(p, s, why);
    else
        r = r == MIGRATE_MISMATCH ? EXIT_SCHEMA : EXIT_DATABASE;
    if (r == 0)
        learn_boot(p, s);
    (void)session_close(s);
    return r;
}

/* That the database is not there yet is nothing to worry about at first: the private cluster starts
 * at the same time. */
static void wait_more(struct pool *p, const char *reason)
{
    const struct log_field fields[] = {
        F_STR("target", target_text(p->target)), F_STR("reason", reason), {.key = NULL}};

    stats_set_text(&p->base.stats, TEXT_DB, reason);
    if (p->boot_tries == 0 || p->boot_tries == TRIES_BEFORE_WARNING)
        log_write(p->boot_tries == 0 ? LOG_INFO : LOG_WARN, "database.waiting", fields);
    timer_set(p->boot_timer, lanes_backoff_usec(p->boot_tries++));
}

static void on_boot(void *user)
{
    struct pool *p = user;
    struct reason why = {0};
    int r = make_ready(p, &why);

    if (r == EXIT_DATABASE) {
        wait_more(p, why.text);
    } else if (r != 0) {
        role_fatal(&p->base, r, why.text);
    } else {
        p->schema_ready = true;
        lanes_hold(p);
        lease_enroll(p);
        role_ready(&p->base);
    }
}

int boot_init(struct pool *p)
{
    int r = timer_new(p->base.loop, on_boot, p, &p->boot_timer);

    if (r == 0)
        timer_set(p->boot_timer, 0);
    return r;
}
