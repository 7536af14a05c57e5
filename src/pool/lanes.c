/* lanes.c - the connections, DB_POOL_MAX at most, and who gets one next.
 *
 * Work is taken when a connection is idle, not before: so what arrives while all are busy goes
 * together in the next batch. Order: what failed and is due again; claims and questions of workers,
 * which keep these busy and are short; results. Connections are opened one at a time, only while
 * there is work that
 * none is idle for, and closed again down to DB_POOL_MIN. Losing the last connection means that the
 * database is away: everything waits, with growing delays, for ever.
 */
#include "pool/pool.h"

#include "base/clock.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JANITOR_USEC     USEC_PER_SEC
#define FIRST_DELAY_USEC (50 * USEC_PER_MSEC)
#define CLOSING_USEC \
    (20 * USEC_PER_MSEC) /* a closed connection's server process is gone by then \
                          */
#define MAX_DELAY_USEC  (5 * USEC_PER_SEC)
#define MAX_ALONE_USEC  (60 * USEC_PER_SEC)
#define MAX_REOPEN_USEC USEC_PER_SEC
#define MAX_LOCK_MSEC   10000
#define QUICK_STATEMENTS \
    2 /* of a request: BEGIN and the settings; the others may take their time */
#define ANSWER_GRACE_USEC (10 * USEC_PER_SEC)

/* Doubling from FIRST_DELAY_USEC, with a random half, so that many clients do not come back at
 * once. */
static uint64_t backoff_usec(unsigned tries, uint64_t max_usec)
{
    uint64_t delay = MIN(FIRST_DELAY_USEC << MIN(tries, 16u), max_usec);

    return delay / 2 + (uint64_t)random() % (delay / 2 + 1);
}

uint64_t lanes_backoff_usec(unsigned tries)
{
    return backoff_usec(tries, MAX_DELAY_USEC);
}

static void update_gauges(struct pool *p)
{
    unsigned open = p->n_lanes - p->n_connecting;

    stats_set(&p->base.stats, GAUGE_DB_OPEN, open);
    stats_set(&p->base.stats, GAUGE_DB_BUSY, p->n_busy);
    stats_set(&p->base.stats, GAUGE_DB_MAX, p->max_lanes);
}

void lanes_kick(struct pool *p)
{
    deferred_set(p->kick);
}

/* ---- work ---- */

void work_init(struct work *w, struct pool *p, const struct work_kind *kind)
{
    *w = (struct work){.kind = kind, .pool = p, .ready_usec = clock_now_usec()};
}

static void give_back_lane(struct work *w)
{
    if (w->lane) {
        w->lane->work = NULL;
        w->lane = NULL;
        w->pool->n_busy--;
        lanes_kick(w->pool);
    }
}

void lanes_hurry(struct pool *p)
{
    struct work *w;

    TAILQ_FOREACH (w, &p->waiting, next)
        if (!w->alone)
            w->not_before_usec = w->tries = 0;
    lanes_kick(p);
}

void work_submit(struct work *w)
{
    give_back_lane(w);
    TAILQ_INSERT_TAIL(&w->pool->waiting, w, next);
    lanes_kick(w->pool);
}

void work_again(struct work *w, const struct db_failure *failure)
{
    log_warn("database.retry", F_STR("work", w->kind->name), F_STR("sqlstate", failure->sqlstate),
             F_STR("class", sqlstate_class_name(failure->class)), F_U64("tries", w->tries + 1),
             F_STR("reason", failure->text));
    health_refused(w->pool, w->kind, failure);
    w->not_before_usec = clock_now_usec() + lanes_backoff_usec(w->tries++);
    work_submit(w);
}

void work_again_alone(struct work *w)
{
    w->alone = true;
    w->not_before_usec = clock_now_usec() + backoff_usec(w->tries++, MAX_ALONE_USEC);
    work_submit(w);
}

void work_end(struct work *w)
{
    health_accepted(w->pool, w->kind);
    w->pool->failed_connects = w->pool->useless_opens = 0;
    if (w->lane)
        w->lane->worked = true;
    give_back_lane(w);
}

/* The server ends what takes longer than DB_STATEMENT_TIMEOUT; one that has not even done that is
 * not there any more, whatever the connection looks like. */
static uint64_t answer_deadline_usec(const struct pool *p, size_t n_statements)
{
    uint64_t statement = (uint64_t)pool_setting(p, SETTING_DB_STATEMENT_TIMEOUT) * USEC_PER_MSEC;
    size_t n_slow = MAX(n_statements, QUICK_STATEMENTS + 2) - QUICK_STATEMENTS;

    return n_slow * statement + ANSWER_GRACE_USEC;
}

void work_run(struct work *w, const struct statement *statements, size_t n, conn_done *done)
{
    struct db_failure failure = {.class = SQLSTATE_LOST, .text = "the request could not be sent"};
    int r = conn_run(w->lane->conn, statements, n, answer_deadline_usec(w->pool, n), done, w);

    if (r < 0) {
        (void)snprintf(failure.text, sizeof(failure.text), "the request could not be sent: %s",
                       log_errno_text(r));
        done(w, w->lane->conn, NULL, 0, &failure);
    }
}

void work_run_transaction(struct work *w, const char *sql, const struct params *params,
                          conn_done *done)
{
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};
    struct params *local = params_new();
    const struct statement statements[] = {{.sql = sql_begin},
                                           {.sql = sql_local_settings, .params = local},
                                           {.sql = sql, .params = params},
                                           {.sql = sql_commit}};

    if (local) {
        lanes_local_settings(w->pool, local);
        work_run(w, statements, ARRAY_SIZE(statements), done);
    } else {
        done(w, w->lane->conn, NULL, 0, &no_memory);
    }
    (void)params_free(local);
}

bool work_committed(struct rows *const *results, size_t n, const struct db_failure *failure)
{
    return failure->class == SQLSTATE_OK && n == 4 && strcmp(rows_tag(results[3]), "COMMIT") == 0;
}

/* ---- connections ---- */

void lanes_hold(struct pool *p)
{
    p->connect_after_usec = MAX(p->connect_after_usec, clock_now_usec() + CLOSING_USEC);
}

static void lane_remove(struct lane *lane)
{
    struct pool *p = lane->pool;

    TAILQ_REMOVE(&p->lanes, lane, next);
    p->n_lanes--;
    if (lane->open)
        lanes_hold(p);
    else
        p->n_connecting--;
    lane->conn = conn_free(lane->conn);
    free(lane);
    update_gauges(p);
}

static bool any_open(const struct pool *p)
{
    return p->n_lanes > p->n_connecting;
}

static void delay_connect(struct pool *p, uint64_t delay)
{
    p->connect_after_usec = MAX(p->connect_after_usec, clock_now_usec() + delay);
    lanes_kick(p);
}

static void on_open(void *user, struct conn *c)
{
    struct lane *lane = user;
    struct pool *p = lane->pool;

    lane->open = true;
    p->n_connecting--;
    if (!p->up)
        health_connected(p, true, "");
    lanes_kick(p);
}

/* Its request, if any, was told before this call. */
static void on_lost(void *user, struct conn *c, const struct db_failure *failure)
{
    struct lane *lane = user;
    struct pool *p = lane->pool;
    bool was_open = lane->open, worked = lane->worked;

    lane_remove(lane);
    if (was_open)
        stats_add(&p->base.stats, STATS_DB_RECONNECTS, 1);
    if (!any_open(p))
        health_connected(p, false, failure->text);
    if (worked)
        lanes_kick(p);
    else if (was_open)
        delay_connect(p, MIN(lanes_backoff_usec(p->useless_opens++), MAX_REOPEN_USEC));
    else
        delay_connect(p, lanes_backoff_usec(p->failed_connects++));
}

static void on_notice(void *user, struct conn *c, const char *sqlstate, const char *text)
{
    log_info("database.notice", F_STR("sqlstate", sqlstate), F_STR("text", text));
}

static const struct conn_events lane_events = {
    .on_open = on_open, .on_lost = on_lost, .on_notice = on_notice};

static void open_lane(struct pool *p)
{
    struct lane *lane = calloc(1, sizeof(*lane));
    uint64_t timeout = (uint64_t)pool_setting(p, SETTING_DB_CONNECT_TIMEOUT) * USEC_PER_MSEC;
    int r;

    if (!lane)
        return;
    lane->pool = p;
    r = conn_new(p->base.loop, p->target, timeout, &lane_events, lane, &lane->conn);
    if (r < 0) {
        log_error("database.connect", F_ERR(r));
        free(lane);
        delay_connect(p, lanes_backoff_usec(p->failed_connects++));
        return;
    }
    TAILQ_INSERT_TAIL(&p->lanes, lane, next);
    p->n_lanes++;
    p->n_connecting++;
}

static struct lane *find_idle(struct pool *p)
{
    struct lane *lane;

    TAILQ_FOREACH (lane, &p->lanes, next) {
        if (lane->open && !lane->work && conn_is_idle(lane->conn))
            return lane;
    }
    return NULL;
}

/* ---- scheduling ---- */

static struct work *take_due(struct pool *p)
{
    uint64_t now = clock_now_usec();
    struct work *w;

    TAILQ_FOREACH (w, &p->waiting, next) {
        if (w->not_before_usec <= now) {
            TAILQ_REMOVE(&p->waiting, w, next);
            return w;
        }
    }
    return NULL;
}

static bool any_due(const struct pool *p)
{
    uint64_t now = clock_now_usec();
    struct work *w;

    TAILQ_FOREACH (w, &p->waiting, next) {
        if (w->not_before_usec <= now)
            return true;
    }
    return false;
}

static struct work *take_work(struct pool *p)
{
    struct work *w = take_due(p);

    if (!w && claims_ready(p))
        w = claims_take(p);
    if (!w && learn_ready(p))
        w = learn_take(p);
    if (!w && results_ready(p))
        w = results_take(p);
    return w;
}

static bool have_work(const struct pool *p)
{
    return any_due(p) || claims_ready(p) || learn_ready(p) || results_ready(p);
}

/* Whether another connection would be opened if it were time. One attempt at a time. */
static bool want_lane(const struct pool *p)
{
    if (!p->schema_ready || p->n_connecting > 0 || p->n_lanes >= p->max_lanes)
        return false;
    if (p->n_lanes < p->min_lanes)
        return true;
    return (p->n_lanes == 0 && !p->up) || have_work(p);
}

/* Wakes for the next thing that waits for time. What is due already waits for a connection instead.
 */
static void arm_retry(struct pool *p)
{
    uint64_t now = clock_now_usec(), next = UINT64_MAX;
    struct work *w;

    if (want_lane(p) && p->connect_after_usec > now)
        next = p->connect_after_usec;
    if (results_linger_until(p) > now)
        next = MIN(next, results_linger_until(p));
    TAILQ_FOREACH (w, &p->waiting, next) {
        if (w->not_before_usec > now)
            next = MIN(next, w->not_before_usec);
    }
    if (next != UINT64_MAX)
        timer_set(p->retry, next - now);
}

static void begin_work(struct lane *lane, struct work *w)
{
    struct pool *p = lane->pool;

    lane->work = w;
    w->lane = lane;
    p->n_busy++;
    stats_time(&p->base.stats, HISTOGRAM_ACQUIRE, clock_now_usec() - w->ready_usec);
    w->kind->begin(w);
}

static void schedule(void *user)
{
    struct pool *p = user;
    struct lane *lane;
    struct work *w;

    while (p->schema_ready && (lane = find_idle(p))) {
        w = take_work(p);
        if (!w)
            break;
        begin_work(lane, w);
    }
    if (want_lane(p) && clock_now_usec() >= p->connect_after_usec)
        open_lane(p);
    arm_retry(p);
    update_gauges(p);
    pool_balance(p);
}

/* ---- upkeep ---- */

static bool is_surplus(const struct pool *p, const struct lane *lane, uint64_t now)
{
    uint64_t idle = (uint64_t)pool_setting(p, SETTING_DB_IDLE_TIMEOUT) * USEC_PER_MSEC;
    uint64_t life = (uint64_t)pool_setting(p, SETTING_DB_LIFETIME) * USEC_PER_MSEC;

    if (p->n_lanes > p->max_lanes || now - conn_opened_usec(lane->conn) > life)
        return true;
    return p->n_lanes > p->min_lanes && now - conn_idle_since_usec(lane->conn) > idle;
}

static void close_surplus(struct pool *p)
{
    uint64_t now = clock_now_usec();
    struct lane *lane = TAILQ_FIRST(&p->lanes), *next;

    for (; lane; lane = next) {
        next = TAILQ_NEXT(lane, next);
        if (lane->open && !lane->work && conn_is_idle(lane->conn) && is_surplus(p, lane, now))
            lane_remove(lane);
    }
}

static void tell_late(struct pool *p)
{
    uint64_t limit = (uint64_t)pool_setting(p, SETTING_DB_ACQUIRE_TIMEOUT) * USEC_PER_MSEC;
    uint64_t now = clock_now_usec();
    struct work *w;

    TAILQ_FOREACH (w, &p->waiting, next) {
        if (w->late_told || now - w->ready_usec < limit)
            continue;
        w->late_told = true;
        stats_add(&p->base.stats, STATS_DB_WAITS, 1);
        log_warn("database.slow", F_STR("work", w->kind->name),
                 F_U64("waited_ms", (now - w->ready_usec) / 1000));
    }
}

static void on_janitor(void *user)
{
    struct pool *p = user;

    close_surplus(p);
    tell_late(p);
    tidy_when_idle(p);
    lanes_kick(p);
    timer_set(p->janitor, JANITOR_USEC);
}

static void on_retry(void *user)
{
    lanes_kick(user);
}

void lanes_apply_settings(struct pool *p)
{
    p->min_lanes = (unsigned)pool_setting(p, SETTING_DB_POOL_MIN);
    p->max_lanes = (unsigned)pool_setting(p, SETTING_DB_POOL_MAX);
    close_surplus(p);
    lanes_kick(p);
}

void lanes_local_settings(struct pool *p, struct params *params)
{
    int64_t timeout_msec = pool_setting(p, SETTING_DB_STATEMENT_TIMEOUT);
    char text[32];

    params_clear(params);
    (void)snprintf(text, sizeof(text), "%lld", (long long)timeout_msec);
    params_add_text(params, text, strlen(text));
    (void)snprintf(text, sizeof(text), "%lld", (long long)(2 * timeout_msec));
    params_add_text(params, text, strlen(text));
    (void)snprintf(text, sizeof(text), "%lld", (long long)MIN(timeout_msec / 4, MAX_LOCK_MSEC));
    params_add_text(params, text, strlen(text));
    (void)snprintf(text, sizeof(text), "%lld",
                   (long long)pool_setting(p, SETTING_INDEX_BACKLOG) / 1024);
    if (p->may_not_tidy)
        params_add_null(params, PARAM_TEXT);
    else
        params_add_text(params, text, strlen(text));
}

int lanes_init(struct pool *p)
{
    int r;

    TAILQ_INIT(&p->lanes);
    TAILQ_INIT(&p->waiting);
    r = deferred_new(p->base.loop, schedule, p, &p->kick);
    if (r == 0)
        r = timer_new(p->base.loop, on_janitor, p, &p->janitor);
    if (r == 0)
        r = timer_new(p->base.loop, on_retry, p, &p->retry);
    if (r < 0)
        return r;
    lanes_apply_settings(p);
    timer_set(p->janitor, JANITOR_USEC);
    return 0;
}
