/* lease.c - this node's row: enrolled when a session begins, renewed while it lasts. A claim is as
 * good as its node's lease, so there is no heartbeat a job. The clock is the database's. */
#include "pool/pool.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

struct lease_work {
    struct work work;
    bool enroll;
    uint64_t boot; /* the session that was renewed */
};

static void begin_lease(struct work *w);
static const struct work_kind lease_kind = {.name = "lease", .begin = begin_lease};

static uint64_t period_usec(const struct pool *p)
{
    return (uint64_t)pool_setting(p, SETTING_LEASE) * USEC_PER_SEC / 3;
}

static void submit(struct pool *p, bool enroll)
{
    struct lease_work *w = calloc(1, sizeof(*w));

    if (!w) {
        pool_give_up(p);
        return;
    }
    work_init(&w->work, p, &lease_kind);
    w->enroll = enroll;
    work_submit(&w->work);
}

void lease_enroll(struct pool *p)
{
    p->enrolled = p->rescued = false;
    if (p->enrolling)
        return;
    p->enrolling = true;
    submit(p, true);
}

static void on_timer(void *user)
{
    struct pool *p = user;

    timer_set(p->lease_timer, period_usec(p));
    if (p->enrolled && p->up && !p->renewing) {
        p->renewing = true;
        submit(p, false);
    }
}

int lease_init(struct pool *p)
{
    int r = timer_new(p->base.loop, on_timer, p, &p->lease_timer);

    if (r == 0)
        timer_set(p->lease_timer, period_usec(p));
    return r;
}

static void enrolled(struct pool *p, const struct rows *rows)
{
    p->boot = (uint64_t)rows_int(rows, 0, 0);
    p->first_token = (uint64_t)rows_int(rows, 0, 1);
    p->enrolling = false;
    p->enrolled = true;
    if (p->scanned)
        reports_add_abandoned(p);
    log_info("node.enrolled", F_STR("node", p->node), F_U64("session", p->boot));
    lanes_kick(p);
}

static void on_leased(void *user, struct conn *c, struct rows *const *results, size_t n,
                      const struct db_failure *failure)
{
    struct lease_work *w = user;
    struct pool *p = w->work.pool;
    bool enroll = w->enroll, is_current = w->boot == p->boot;
    const struct rows *rows;

    if (!work_committed(results, n, failure)) {
        work_again(&w->work, failure);
        return;
    }
    rows = results[WORK_RESULT];
    work_end(&w->work);
    free(w);
    if (!enroll)
        p->renewing = false;
    (void)(enroll ? FAIL_AT(ENROLLED) : FAIL_AT(LEASED));
    if (enroll)
        enrolled(p, rows);
    else if (rows_count(rows) == 0 && p->enrolled && is_current)
        role_fatal(&p->base, EXIT_USAGE,
                   "another service uses the name of this node: give each its own PENSTOCK_NODE");
}

static const char *fill(const struct lease_work *w, struct params *params)
{
    const struct pool *p = w->work.pool;
    const char *config = p->dictionaries.configs[0].name;

    params_add_text(params, p->node, strlen(p->node));
    if (w->enroll) {
        params_add_int8(params, pool_setting(p, SETTING_LEASE));
        params_add_text(params, config, strlen(config));
        params_add_text(params, PENSTOCK_VERSION, strlen(PENSTOCK_VERSION));
        return sql_node_enroll;
    }
    params_add_int8(params, (int64_t)p->boot);
    params_add_int8(params, pool_setting(p, SETTING_LEASE));
    params_add_int8(params, p->rescued && !p->claiming ? (int64_t)tickets_lowest_job(p) : 0);
    return sql_node_lease;
}

static void begin_lease(struct work *work)
{
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};
    struct lease_work *w = (struct lease_work *)work;
    struct params *params = params_new();

    if (!params) {
        work_again(work, &no_memory);
        return;
    }
    w->boot = work->pool->boot;
    work_run_transaction(work, fill(w, params), params, on_leased);
    (void)params_free(params);
}
