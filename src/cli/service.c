/* service.c - copies the shared page. A page whose supervisor is dead is only the memory of an
 * ended service: a process that has its number by chance is told apart by its name. */
#include "cli/service.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Whether a process is one of penstock's and not a dead one that nobody has waited for; also
 * true when that cannot be read. /proc/PID/stat: "PID (NAME) STATE ..." (proc(5)). */
static bool is_ours(pid_t pid)
{
    struct buf text = BUF_INIT;
    const char *name, *end;
    char path[64];
    bool ours = true;

    if (!process_exists(pid))
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (fd_read_file(path, 4096, &text) == 0) {
        name = strchr(buf_text(&text), '(');
        end = strrchr(buf_text(&text), ')');
        ours = name && end && strncmp(name + 1, "penstock", 8) == 0 && strncmp(end, ") Z", 3) != 0;
    }
    buf_done(&text);
    return ours;
}

/* As stats_open(): 0, 1 when there is none, or -errno. */
static int open_page(const struct settings *s, struct stats_map *ret)
{
    char path[PATH_MAX];
    int r = settings_home_path(s, "run/stats", path, sizeof(path));

    return r < 0 ? r : stats_open(path, ret);
}

static int read_pid(const _Atomic int32_t *pid)
{
    return (int)atomic_load_explicit(pid, memory_order_relaxed);
}

static void copy_worker(const struct worker_page *w, unsigned slot, uint64_t now,
                        struct service_worker *ret)
{
    uint64_t since = w->since_usec;

    *ret = (struct service_worker){
        .slot = slot,
        .pid = read_pid(&w->pid),
        .incarnation = w->incarnation,
        .retiring = w->retiring != 0,
        .stage = MIN(w->stage, STAGE_N - 1u),
        .token = w->token,
        .documents = w->documents,
        .bytes = w->bytes,
    };
    if (ret->token > 0 && now > since)
        ret->busy_usec = now - since;
}

static void copy_workers(const struct stats_map *m, struct service *ret)
{
    for (unsigned slot = 0; slot < STATS_MAX_WORKERS; slot++) {
        const struct worker_page *w = stats_worker(m, slot);

        if (read_pid(&w->pid) > 0)
            copy_worker(w, slot, ret->taken_usec, &ret->workers[ret->n_workers++]);
    }
}

static const char *state_of(const struct service *s, bool ready)
{
    if (!s->running)
        return "stopped";
    if (s->gauges[GAUGE_DRAINING])
        return "draining";
    return ready ? "running" : "starting";
}

static void copy_page(const struct stats_map *m, struct service *ret)
{
    uint64_t wall = clock_wall_usec();

    ret->supervisor_pid = read_pid(&m->stats->supervisor_pid);
    ret->pool_pid = read_pid(&m->stats->pool_pid);
    ret->intake_pid = read_pid(&m->stats->intake_pid);
    ret->postgres_pid = read_pid(&m->stats->postgres_pid);
    ret->running = is_ours(ret->supervisor_pid);
    ret->taken_usec = clock_now_usec();
    ret->started_wall_usec = m->stats->started_wall_usec;
    ret->uptime_usec = wall > ret->started_wall_usec ? wall - ret->started_wall_usec : 0;
    for (int i = 0; i < STATS_N_COUNTERS; i++)
        ret->counters[i] = stats_count(m, i);
    for (int i = 0; i < STATS_N_GAUGES; i++)
        ret->gauges[i] = stats_gauge(m, i);
    for (int i = 0; i < STATS_N_HISTOGRAMS; i++)
        ret->histograms[i] = stats_histogram_view(&m->stats->histograms[i]);
    for (int i = 0; i < STATS_N_TEXTS; i++)
        stats_text(m, i, ret->texts[i]);
    copy_workers(m, ret);
    ret->state = state_of(ret, m->stats->ready_wall_usec > 0);
}

void service_look(const struct settings *s, struct service *ret)
{
    struct stats_map m;
    int r;

    *ret = (struct service){.state = "stopped", .taken_usec = clock_now_usec()};
    r = open_page(s, &m);
    if (r != 0) {
        ret->error = MIN(r, 0);
        return;
    }
    copy_page(&m, ret);
    stats_close(&m);
}

int service_runs(const struct settings *s)
{
    struct stats_map m;
    int r = open_page(s, &m);

    if (r != 0)
        return MIN(r, 0);
    r = is_ours(read_pid(&m.stats->supervisor_pid)) ? 1 : 0;
    stats_close(&m);
    return r;
}

static double rate(const struct service *before, const struct service *now, enum stats_counter c,
                   double seconds)
{
    return now->counters[c] > before->counters[c]
               ? (double)(now->counters[c] - before->counters[c]) / seconds
               : 0;
}

struct service_rates service_rates(const struct service *before, const struct service *now)
{
    double seconds = (double)(now->taken_usec - before->taken_usec) / USEC_PER_SEC;

    if (!before->running || !now->running || before->supervisor_pid != now->supervisor_pid ||
        seconds <= 0)
        return (struct service_rates){0};
    return (struct service_rates){
        .documents =
            rate(before, now, STATS_STORED, seconds) + rate(before, now, STATS_DUPLICATE, seconds),
        .bytes_read = rate(before, now, STATS_BYTES_READ, seconds),
        .known = true,
    };
}

uint64_t service_backlog(const struct service *s)
{
    static const enum stats_gauge parts[] = {GAUGE_SETTLING, GAUGE_WAITING, GAUGE_CLAIMING,
                                             GAUGE_WORKING,  GAUGE_STORING, GAUGE_HELD};
    uint64_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        n += s->gauges[parts[i]];
    return n;
}

int64_t service_eta_seconds(const struct service *s, const struct service_rates *rates)
{
    uint64_t backlog = service_backlog(s);

    if (backlog == 0)
        return 0;
    if (!rates->known || rates->documents < 0.01)
        return -1;
    return (int64_t)((double)backlog / rates->documents + 0.5);
}
