/* care.c - which children should run, and when a dead one is started again.
 *
 * One that had done something is replaced at once. One that dies before it did anything is
 * throttled: 1 s, 2 s, … 60 s, so that a broken installation does not burn the machine; a pool or
 * an intake that gets to work and then dies within a fifth of a second, again and again, is started
 * four times a second. A worker
 * that ends because the intake or the pool has gone is not at fault, unless it does nothing else.
 * Starting is spawn.c's business; here is only the policy. Workers stand on pool and intake: when
 * one of those goes, the workers go too (their sockets end), and come back once both run.
 */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <signal.h>

#define MAX_THROTTLE_USEC (60 * USEC_PER_SEC)
#define MAX_IDLE_ENDS     10
#define MAX_QUICK_ENDS    10
#define QUICK_USEC        (200 * USEC_PER_MSEC)
#define QUICK_PAUSE_USEC  (250 * USEC_PER_MSEC)
#define RELINK_USEC       (50 * USEC_PER_MSEC)

static struct worker_page *page_of(const struct ward *w)
{
    return stats_worker(&w->supervisor->stats, w->slot);
}

unsigned care_count_workers(const struct supervisor *s)
{
    unsigned n = 0;

    for (size_t i = 0; i < STATS_MAX_WORKERS; i++)
        n += s->workers[i].child != NULL;
    return n;
}

static void show_pid(struct ward *w)
{
    struct stats *page = w->supervisor->stats.stats;
    int32_t pid = w->child ? child_pid(w->child) : 0;

    switch (w->kind) {
    case WARD_POSTGRES:
        atomic_store(&page->postgres_pid, pid);
        break;
    case WARD_POOL:
        atomic_store(&page->pool_pid, pid);
        break;
    case WARD_INTAKE:
        atomic_store(&page->intake_pid, pid);
        break;
    case WARD_WORKER:
        atomic_store(&page_of(w)->pid, pid);
        atomic_store(&page_of(w)->incarnation, w->incarnation);
        atomic_store(&page_of(w)->retiring, w->retiring);
        break;
    }
    stats_set(&w->supervisor->stats, GAUGE_WORKERS_LIVE, care_count_workers(w->supervisor));
}

/* ---- starting ---- */

static void throttle(struct ward *w)
{
    uint64_t delay = MIN(USEC_PER_SEC << MIN(w->failures, 6u), MAX_THROTTLE_USEC);

    w->failures++;
    w->not_before_usec = clock_now_usec() + delay;
    log_warn("child.throttled", F_STR("child", ward_kind_names[w->kind]), F_U64("slot", w->slot),
             F_U64("seconds", delay / USEC_PER_SEC));
}

static void pause_when_quick(struct ward *w)
{
    bool was_quick = clock_now_usec() - w->started_usec < QUICK_USEC;

    w->quick_ends = was_quick ? w->quick_ends + 1 : 0;
    if (w->kind != WARD_WORKER && w->quick_ends > MAX_QUICK_ENDS)
        w->not_before_usec = clock_now_usec() + QUICK_PAUSE_USEC;
}

static void reset_worker(struct ward *w)
{
    struct worker_page *page = page_of(w);

    w->incarnation++;
    w->retiring = false;
    w->documents_before = atomic_load(&page->documents);
    atomic_store(&page->stage, STAGE_IDLE);
    atomic_store(&page->token, 0);
}

static void start(struct ward *w)
{
    int r;

    if (clock_now_usec() < w->not_before_usec)
        return;
    w->ready = w->killed = false;
    w->started_usec = clock_now_usec();
    if (w->kind == WARD_WORKER)
        reset_worker(w);
    watchdog_begin(w);
    r = spawn_ward(w);
    if (r < 0) {
        log_error("child.start", F_STR("child", ward_kind_names[w->kind]), F_ERR(r));
        throttle(w);
        return;
    }
    log_debug("child.started", F_STR("child", ward_kind_names[w->kind]), F_U64("slot", w->slot),
              F_I64("pid", child_pid(w->child)));
    show_pid(w);
    if (w->peer)
        reload_tell(w->supervisor, w);
}

static void link_roles(struct supervisor *s)
{
    int r;

    if (s->linked || !s->pool.peer || !s->intake.peer || clock_now_usec() < s->relink_usec)
        return;
    r = spawn_link(s, ++s->link);
    s->linked = r == 0;
    if (r < 0) {
        log_error("child.link", F_ERR(r));
        s->relink_usec = clock_now_usec() + USEC_PER_SEC;
    }
}

static void retire(struct ward *w)
{
    const struct message m = {
        .type = MESSAGE_RETIRE,
        .retire = {.slot = w->slot, .incarnation = w->incarnation},
    };

    if (w->retiring || !w->supervisor->intake.peer)
        return;
    w->retiring = true;
    show_pid(w);
    peer_send(w->supervisor->intake.peer, &m, -1);
}

static void care_for_workers(struct supervisor *s)
{
    stats_set(&s->stats, GAUGE_WORKERS_WANTED, s->n_wanted);
    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++) {
        struct ward *w = &s->workers[i];

        if (i < s->n_wanted && !w->child && s->linked)
            start(w);
        else if (i >= s->n_wanted && w->child)
            retire(w);
    }
}

void care_replace_workers(struct supervisor *s)
{
    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++)
        if (s->workers[i].child)
            retire(&s->workers[i]);
}

/* Wakes when the next throttled one may start. */
static void arm(struct supervisor *s)
{
    uint64_t now = clock_now_usec(), earliest = UINT64_MAX;
    struct ward *const roles[] = {&s->postgres, &s->pool, &s->intake};

    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (!roles[i]->child && roles[i]->not_before_usec > now)
            earliest = MIN(earliest, roles[i]->not_before_usec);
    if (!s->linked && s->relink_usec > now)
        earliest = MIN(earliest, s->relink_usec);
    for (unsigned i = 0; i < s->n_wanted; i++)
        if (!s->workers[i].child && s->workers[i].not_before_usec > now)
            earliest = MIN(earliest, s->workers[i].not_before_usec);
    if (earliest != UINT64_MAX)
        timer_set(s->care, earliest - now);
}

/* Most often one of the two has just died, and its exit will be told in a moment: wait for that. */
void care_unlinked(struct supervisor *s, unsigned incarnation)
{
    if (!s->linked || incarnation != s->link)
        return;
    s->linked = false;
    s->relink_usec = clock_now_usec() + RELINK_USEC;
    arm(s);
}

void care(struct supervisor *s)
{
    if (s->phase != PHASE_RUNNING)
        return;
    if (s->embedded && !s->postgres.child)
        start(&s->postgres);
    if (!s->pool.child)
        start(&s->pool);
    if (!s->intake.child)
        start(&s->intake);
    link_roles(s);
    care_for_workers(s);
    arm(s);
}

static void on_care(void *user)
{
    care(user);
}

int care_init(struct supervisor *s)
{
    return timer_new(s->loop, on_care, s, &s->care);
}

/* ---- ending ---- */

static void tell_intake(struct ward *w, const struct child_usage *usage)
{
    const struct message m = {
        .type = MESSAGE_DIED,
        .died =
            {
                .slot = w->slot,
                .incarnation = w->incarnation,
                .exit_code = usage->exit_code,
                .signal = (uint64_t)usage->signal,
                .max_rss_bytes = usage->max_rss_bytes,
                .cpu_usec = usage->cpu_usec,
                .stage = atomic_load(&page_of(w)->stage),
                .token = atomic_load(&page_of(w)->token),
            },
    };

    if (w->supervisor->intake.peer)
        peer_send(w->supervisor->intake.peer, &m, -1);
}

static bool is_orderly(const struct ward *w, const struct child_usage *usage)
{
    if (w->supervisor->phase != PHASE_RUNNING)
        return true;
    return w->kind == WARD_WORKER &&
           (usage->exit_code == WORKER_EXIT_DONE || usage->exit_code == WORKER_EXIT_PEER);
}

static void log_end(const struct ward *w, const struct child_usage *usage)
{
    const struct log_field fields[] = {
        F_STR("child", ward_kind_names[w->kind]),
        F_U64("slot", w->slot),
        F_I64("exit_code", usage->exit_code),
        F_I64("signal", usage->signal),
        F_U64("cpu_ms", usage->cpu_usec / 1000),
        F_U64("max_rss_bytes", usage->max_rss_bytes),
        {.key = NULL},
    };

    log_write(is_orderly(w, usage) ? LOG_DEBUG : LOG_WARN, "child.ended", fields);
}

static void worker_ended(struct ward *w, const struct child_usage *usage)
{
    bool worked = atomic_load(&page_of(w)->documents) > w->documents_before;

    tell_intake(w, usage);
    w->idle_ends = worked ? 0 : w->idle_ends + 1;
    w->ready = worked || (is_orderly(w, usage) && w->idle_ends <= MAX_IDLE_ENDS) || w->killed ||
               usage->signal == SIGKILL || atomic_load(&page_of(w)->stage) != STAGE_IDLE;
    if (!is_orderly(w, usage))
        stats_add(&w->supervisor->stats, STATS_WORKER_DEATHS, 1);
}

/* Where PostgreSQL cannot be had at all, trying again would only repeat the sentence. */
static void postgres_ended(struct ward *w, const struct child_usage *usage)
{
    w->ready = atomic_load(&w->supervisor->stats.stats->ready_wall_usec) != 0;
    if (usage->exit_code == EXIT_USAGE && w->supervisor->phase == PHASE_RUNNING)
        stop_begin(w->supervisor, EXIT_USAGE);
}

static void unlink_roles(struct supervisor *s)
{
    s->linked = false;
    s->relink_usec = 0;
}

void care_on_exit(void *ward, const struct child_usage *usage)
{
    struct ward *w = ward;
    struct supervisor *s = w->supervisor;

    (void)FAIL_AT(DIED);
    log_end(w, usage);
    if (w->kind == WARD_WORKER)
        worker_ended(w, usage);
    else if (w->kind == WARD_POSTGRES)
        postgres_ended(w, usage);
    else
        unlink_roles(s);
    w->child = child_free(w->child);
    w->peer = peer_free(w->peer);
    show_pid(w);
    if (s->phase == PHASE_RUNNING) {
        if (w->kind != WARD_WORKER || !is_orderly(w, usage))
            stats_add(&s->stats, STATS_CHILD_RESTARTS, 1);
        w->failures = w->ready ? 0 : w->failures;
        if (w->ready)
            pause_when_quick(w);
        else
            throttle(w);
        care(s);
    } else {
        stop_go_on(s);
    }
}
