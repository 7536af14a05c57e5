/* scale.c - PENSTOCK_WORKERS=auto: the number of workers follows what they find to do
 * (scale_policy.c). Twice a second it reads the shared page and, while there is a backlog, how much
 * of their time workers waited for something else than a processor. Where the system does not tell,
 * that is taken for nothing.
 */
#include "supervisor/supervisor.h"

#include "base/clock.h"

#include <stdio.h>

#define LOOK_USEC (500 * USEC_PER_MSEC)

/* The time for which a process had, or wanted, a processor; 0: not known. /proc/PID/schedstat:
 * nanoseconds on one, nanoseconds waiting for one (Documentation/scheduler/sched-stats.rst). */
static uint64_t wanted_usec(pid_t pid)
{
    unsigned long long had, waited;
    char path[64];
    FILE *f;
    int n = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    f = fopen(path, "re");
    if (f) {
        n = fscanf(f, "%llu %llu", &had, &waited);
        (void)fclose(f);
    }
    return n == 2 ? (had + waited) / 1000 : 0;
}

/* Whether it reads a file, or makes text of it. */
static bool is_at_document(const struct supervisor *s, unsigned slot)
{
    uint32_t stage =
        atomic_load_explicit(&stats_worker(&s->stats, slot)->stage, memory_order_relaxed);

    return stage == STAGE_READ || stage == STAGE_EXTRACT;
}

/* The share of the time since the last look for which workers waited, if most of them are at a
 * document: those that are not wait for others of us. */
static double share_waiting(struct supervisor *s, uint64_t usec)
{
    unsigned n = 0, n_at_document = 0;
    uint64_t wanted = 0;

    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++) {
        struct ward *w = &s->workers[i];
        uint64_t before = w->wanted_usec;

        if (!w->child)
            continue;
        w->wanted_usec = wanted_usec(child_pid(w->child));
        if (w->wanted_usec == 0 || before == 0 || w->wanted_usec < before)
            continue; /* not known, or new */
        wanted += MIN(w->wanted_usec - before, usec);
        n_at_document += is_at_document(s, i);
        n++;
    }
    if (n == 0 || usec == 0 || n_at_document * 2 < n)
        return 0;
    return 1 - (double)wanted / ((double)usec * n);
}

static uint64_t count_documents(const struct supervisor *s)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++)
        n += atomic_load_explicit(&stats_worker(&s->stats, i)->documents, memory_order_relaxed);
    return n;
}

/* What has happened since the last look. */
static struct scale_look look(struct supervisor *s)
{
    uint64_t now = clock_now_usec(), documents = count_documents(s);
    uint64_t waiting =
        stats_gauge(&s->stats, GAUGE_WAITING) + stats_gauge(&s->stats, GAUGE_CLAIMING);
    struct scale_look l = {
        .usec = now - s->look_usec,
        .n_documents = documents - s->look_documents,
        .has_backlog = waiting >= s->n_wanted,
        .is_paused = stats_gauge(&s->stats, GAUGE_WORKERS_PAUSED),
    };

    if (l.has_backlog)
        l.waiting = share_waiting(s, l.usec);
    s->look_usec = now;
    s->look_documents = documents;
    return l;
}

static void on_look(void *user)
{
    struct supervisor *s = user;

    timer_set(s->look, LOOK_USEC);
    if (s->phase != PHASE_RUNNING || settings_number(&s->settings, SETTING_WORKERS) > 0)
        return;
    struct scale_look l = look(s);
    unsigned n = scale_next(&s->scale, &l);

    if (n == s->n_wanted)
        return;
    log_info("workers", F_U64("from", s->n_wanted), F_U64("to", n));
    s->n_wanted = n;
    care(s);
}

unsigned scale_begin(struct supervisor *s)
{
    scale_init(&s->scale, settings_worker_count(&s->settings));
    return s->scale.n;
}

int scale_start(struct supervisor *s)
{
    int r = timer_new(s->loop, on_look, s, &s->look);

    if (r == 0)
        timer_set(s->look, LOOK_USEC);
    return r;
}
