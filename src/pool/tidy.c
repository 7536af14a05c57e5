/* tidy.c - the search index is brought into order while there is time.
 *
 * New entries of a GIN index wait in a list (PostgreSQL manual, "GIN Fast Update Technique"): that
 * makes storing fast, and every search reads all of it. While documents come faster than they can be
 * stored, it may grow to PENSTOCK_INDEX_BACKLOG; then whoever stores sorts it into the index, which
 * takes seconds. Before that, we do: in small pieces as long as the load leaves time for it, and all
 * of it within a second after the last document. A role that does not own the indexes may not: then
 * the server's own limit holds, and the rest is left to autovacuum.
 */
#include "pool/pool.h"

#include "sql.h"

#include <stdlib.h>

/* Worth a piece: what the server sorts in by itself unless told otherwise (gin_pending_list_limit).
 */
#define PIECE_BYTES (4u << 20)

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

static void tidy(struct pool *p)
{
    struct work *w;

    if (p->tidying || p->may_not_tidy || !p->up)
        return;
    w = calloc(1, sizeof(*w));
    if (!w)
        return;
    p->tidying = true;
    p->untidy_bytes = 0;
    work_init(w, p, &tidy_kind);
    work_submit(w);
}

void tidy_init(struct pool *p)
{
    p->untidy_bytes = 1;
}

void tidy_add(struct pool *p, size_t vector_bytes)
{
    p->untidy_bytes += vector_bytes;
    if (p->untidy_bytes >= PIECE_BYTES && !results_press(p))
        tidy(p);
}

void tidy_when_idle(struct pool *p)
{
    if (p->untidy_bytes > 0 && p->n_results == 0 && p->n_claims == 0)
        tidy(p);
}
