/* service.h - the running service as its shared page shows it, copied so that one view is made
 * from one moment. */
#pragma once

#include "base/json.h"
#include "base/settings.h"
#include "base/stats.h"

struct service_worker {
    unsigned slot;
    int pid;
    unsigned incarnation;
    bool retiring;
    unsigned stage;
    uint64_t token;
    uint64_t busy_usec; /* with the document in hand; 0: none */
    uint64_t documents, bytes;
};

struct service {
    bool running;
    int error;         /* the page is there and cannot be read: -errno; else 0 */
    const char *state; /* "stopped", "starting", "running", "draining" */
    int supervisor_pid, pool_pid, intake_pid, postgres_pid;
    uint64_t started_wall_usec, uptime_usec;
    uint64_t taken_usec; /* monotonic time of this copy */
    uint64_t counters[STATS_N_COUNTERS];
    uint64_t gauges[STATS_N_GAUGES];
    struct histogram_view histograms[STATS_N_HISTOGRAMS];
    char texts[STATS_N_TEXTS][STATS_TEXT_SIZE];
    struct service_worker workers[STATS_MAX_WORKERS];
    unsigned n_workers;
};

/* Rates between two copies. */
struct service_rates {
    double documents; /* stored and duplicates a second */
    double bytes_read;
    bool known;
};

/* Whether PENSTOCK_HOME/run/stats is that of a service that is alive. Always fills `ret`. */
void service_look(const struct settings *s, struct service *ret);

/* Whether one runs, without the rest: 1, 0, or -errno when the page is there and cannot be read. */
int service_runs(const struct settings *s);

struct service_rates service_rates(const struct service *before, const struct service *now);

/* Files that are not done: settling, waiting, in flight, held. */
uint64_t service_backlog(const struct service *s);
/* Seconds until the backlog is done, -1 when it cannot be told. */
int64_t service_eta_seconds(const struct service *s, const struct service_rates *rates);

/* Members of an open object. */
void service_json(struct json *j, const struct service *s, const struct service_rates *rates);
/* The same for people. `max_workers`: rows of the table of workers at most. */
void service_text(struct buf *out, const struct service *s, const struct service_rates *rates,
                  unsigned max_workers);
