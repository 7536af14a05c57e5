/* sampler.h - looks at the service's processes and at the server five times a
 * second while a trial runs. */
#pragma once

#include "process.h"

#include <libpq-fe.h>
#include <pthread.h>

/* What PostgreSQL has used up to some moment. */
struct server_usage {
    double cpu_seconds; /* without what our own sessions used; -1: it is not on this machine */
    double own_seconds; /* what they used: the price of watching */
    double wal_bytes;   /* of the whole server */
};

struct sample {
    struct role_usage roles[ROLE_N];
    int64_t n_connections, max_connections; /* of the service */
    uint64_t max_stall_usec; /* how much longer than asked for a sleep has taken at most */
    int64_t n_dead_jobs;     /* dead rows of penstock.jobs, as the server counts */
};

struct sampler {
    PGconn *pg;
    pid_t postmaster; /* 0: not on this machine */
    pid_t own[2];     /* backends of this session and the watcher's */
    struct process_tree tree;
    struct server_usage before;

    pthread_t thread;
    bool started;
    _Atomic bool stopping;

    pthread_mutex_t lock; /* of: */
    struct sample last;
};

/* Connects to the service's database; begins to count. Returns 1 and why. */
int sampler_open(struct sampler *s, const char *conninfo, PGconn *watcher, pid_t supervisor,
                 struct reason *why) MUST_CHECK;
int sampler_start(struct sampler *s, struct reason *why) MUST_CHECK;
/* Ends the thread, after a last look. */
void sampler_end(struct sampler *s);
void sampler_close(struct sampler *s);

/* The last look. */
void sampler_take(struct sampler *s, struct sample *ret);
/* What the server has used since sampler_open(), our own two sessions included.
 * Only when the thread does not run. Returns 1 and why. */
int sampler_server_usage(struct sampler *s, struct server_usage *ret,
                         struct reason *why) MUST_CHECK;
