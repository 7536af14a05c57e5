/* tidy.c - after a load, when nothing is left to store: the search index is brought into order.
 *
 * New entries of a GIN index wait in a list that makes storing fast, and every search read all of
 * it: tens of milliseconds after a bulk load, under one when it is empty. Autovacuum empties it
 * some day; we do as soon as there is time. A role that does not own the indexes may not: then it
 * is left to autovacuum, and not tried again.
 */
#include "pool/pool.h"

#include "sql.h"

#include <stdlib.h>

static void begin_tidy(struct work *w);
static const struct work_kind tidy_kind = {.name = "tidy", .begin = begin_tidy};

static void on_tidied(void *user, struct conn *c, struct rows *const *results, size_t n,
                      const struct db_failure *failure)
{
    struct work *w = user;
    struct pool *p = w->pool;

    p->tidying = false;
    if (failure->class == SQLSTATE_CONFIG) {
        p->may_not_tidy = true;
        log_info("index.untidy", F_STR("reason", failure->text),
                 F_STR("consequence", "searches are slower until autovacuum has been"));
    }
    work_end(w);
    free(w);
}

static void begin_tidy(struct work *w)
{
    static const struct statement statement = {.sql = sql_tidy};

    work_run(w, &statement, 1, on_tidied);
}

void tidy_when_idle(struct pool *p)
{
    uint64_t stored = stats_count(&p->base.stats, STATS_STORED);
    struct work *w;

    if (p->tidying || p->may_not_tidy || !p->up || p->n_results > 0 || p->n_claims > 0 ||
        stored == p->tidied_at)
        return;
    w = calloc(1, sizeof(*w));
    if (!w)
        return;
    p->tidying = true;
    p->tidied_at = stored;
    work_init(w, p, &tidy_kind);
    work_submit(w);
}
