/* health.c - whether the database can be used, and who is told: the intake, which begins nothing
 * while it cannot, the shared page, from which `status` says why, and the log, once a change.
 *
 * It is away while no connection is open. It refuses when work has failed REFUSALS times in a row,
 * and nothing of the kind that failed last has ended well in between: the disk is full, a table is
 * locked, a right was taken away, the server is read-only. What failed is tried again with growing
 * delays, and the first of that kind that ends well is the end of the refusal.
 */
#include "pool/pool.h"

#include <stdio.h>
#include <string.h>

#define REFUSALS 3

static const char *reason_of(const struct pool *p)
{
    return !p->up ? p->away : p->refusing ? p->refusal : "";
}

void health_tell_intake(struct pool *p)
{
    const struct message m = {
        .type = MESSAGE_DATABASE,
        .database = {.up = p->up && !p->refusing, .reason = bytes_of_str(reason_of(p))},
    };

    pool_send_intake(p, &m);
}

static void tell_all(struct pool *p)
{
    stats_set(&p->base.stats, GAUGE_DB_UP, p->up);
    stats_set_text(&p->base.stats, TEXT_DB, reason_of(p));
    health_tell_intake(p);
}

void health_connected(struct pool *p, bool up, const char *reason)
{
    bool changed = p->up != up;

    p->up = up;
    (void)snprintf(p->away, sizeof(p->away), "%s", reason);
    if (!changed) {
        stats_set_text(&p->base.stats, TEXT_DB, reason_of(p));
        return;
    }
    if (up)
        log_info("database.here", F_STR("target", target_text(p->target)));
    else
        log_warn("database.away", F_STR("target", target_text(p->target)), F_STR("reason", reason));
    p->configs_in_use = 0; /* it may come back without the last that it has committed */
    tell_all(p);
    if (up && !p->refusing)
        lanes_hurry(p);
}

void health_refused(struct pool *p, const struct work_kind *kind, const struct db_failure *failure)
{
    if (kind->is_minor)
        return;
    p->refused_by = kind;
    if (++p->n_refusals < REFUSALS)
        return;
    (void)snprintf(p->refusal, sizeof(p->refusal), "the database refuses: %.200s%s%s%s",
                   failure->text, failure->sqlstate[0] ? " (SQLSTATE " : "", failure->sqlstate,
                   failure->sqlstate[0] ? ")" : "");
    if (!p->refusing)
        log_warn("database.refuses", F_STR("work", kind->name),
                 F_STR("sqlstate", failure->sqlstate), F_STR("reason", failure->text));
    if (!p->refusing || p->n_refusals % REFUSALS == 0) {
        p->refusing = true;
        tell_all(p);
    }
}

void health_accepted(struct pool *p, const struct work_kind *kind)
{
    if (p->refused_by != kind)
        return;
    p->refused_by = NULL;
    p->n_refusals = 0;
    if (!p->refusing)
        return;
    p->refusing = false;
    log_info("database.accepts", F_STR("work", kind->name));
    tell_all(p);
    lanes_hurry(p);
}
