/* progress.c - `run --once` on a terminal: one line that is drawn over itself, with a bar, the rate
 * and the time left. */
#include "supervisor/supervisor.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PERIOD_USEC (200 * USEC_PER_MSEC)
#define BAR_CELLS   24

struct progress {
    struct supervisor *supervisor;
    struct timer *timer;
    uint64_t begun_usec;
};

static uint64_t count_done(const struct stats_map *m)
{
    return stats_count(m, STATS_STORED) + stats_count(m, STATS_DUPLICATE) +
           stats_count(m, STATS_QUARANTINED) + stats_count(m, STATS_VANISHED);
}

static void draw_bar(char bar[BAR_CELLS + 1], uint64_t done, uint64_t total)
{
    uint64_t full = total > 0 ? done * BAR_CELLS / total : 0;

    for (uint64_t i = 0; i < BAR_CELLS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_CELLS] = '\0';
}

static void draw(const struct progress *p)
{
    const struct stats_map *m = &p->supervisor->stats;
    uint64_t total = stats_count(m, STATS_SEEN), done = MIN(count_done(m), total);
    double seconds = (double)(clock_now_usec() - p->begun_usec) / USEC_PER_SEC;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    char bar[BAR_CELLS + 1], left[32] = "";

    draw_bar(bar, done, total);
    if (rate > 0 && done < total)
        (void)snprintf(left, sizeof(left), ", %.0f s left", (double)(total - done) / rate);
    /* \033[K clears the rest of the line (ECMA-48 EL) */
    fprintf(stderr, "\r[%s] %" PRIu64 " of %" PRIu64 "%s files, %.0f/s, %.1f MB/s%s\033[K", bar,
            done, total, stats_gauge(m, GAUGE_SCANNING) ? "+" : "", rate,
            (double)stats_count(m, STATS_BYTES_STORED) / 1e6 / (seconds > 0 ? seconds : 1), left);
    fflush(stderr);
}

static void on_timer(void *user)
{
    struct progress *p = user;

    draw(p);
    timer_set(p->timer, PERIOD_USEC);
}

int progress_new(struct supervisor *s, struct progress **ret)
{
    struct progress *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return -ENOMEM;
    p->supervisor = s;
    p->begun_usec = clock_now_usec();
    r = timer_new(s->loop, on_timer, p, &p->timer);
    if (r < 0) {
        free(p);
        return r;
    }
    timer_set(p->timer, PERIOD_USEC);
    *ret = p;
    return 0;
}

struct progress *progress_free(struct progress *p)
{
    if (!p)
        return NULL;
    draw(p);
    fputc('\n', stderr);
    p->timer = timer_free(p->timer);
    free(p);
    return NULL;
}
