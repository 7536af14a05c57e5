/* supervisor.h - what the files of the supervisor share.
 *
 *   supervisor.c  the role: boot, signals, what it hears from pool and intake
 *   spawn.c       starting a child: everything that it inherits, in one place
 *   care.c        which children should run, and when a dead one is started again
 *   reload.c      HUP: settings read anew
 *   scale.c       how many workers, when that is not given; scale_policy.c decides
 *   stop.c        draining and stopping, in order
 *   watchdog.c    a pool or an intake that hangs
 *   progress.c    the line on a terminal for --once
 *
 * It touches no document, speaks no SQL and starts no thread, so there is little that could end it.
 */
#pragma once

#include "base/cage.h"
#include "base/log.h"
#include "roles.h"
#include "supervisor/scale_policy.h"
#include "wire/role.h"

struct supervisor;

/* One process. */
struct ward {
    struct supervisor *supervisor;
    enum ward_kind { WARD_POSTGRES, WARD_POOL, WARD_INTAKE, WARD_WORKER } kind;
    unsigned slot, incarnation; /* a worker's */
    struct child *child;        /* NULL: not running */
    struct peer *peer;          /* pool and intake */
    bool ready;                 /* it said READY, or has done work */
    bool retiring;              /* a worker: told to end after its last document */
    bool killed;                /* we ended it (time limit, stop) */
    unsigned failures;          /* in a row, without having done anything */
    unsigned idle_ends;         /* a worker: orderly ones in a row, the same */
    unsigned quick_ends;        /* another role: in a row, soon after it was started */
    uint64_t started_usec;
    uint64_t not_before_usec;  /* not started again before this */
    uint64_t documents_before; /* a worker's page when it was started */
    uint64_t wanted_usec;      /* a worker: processor time it had or waited for, at the last look */
};

/* The service goes from one to the next, never back. */
enum phase {
    PHASE_RUNNING,
    PHASE_DRAINING, /* the intake finishes what is in flight */
    PHASE_ENDING,   /* pool, intake and workers go */
    PHASE_POSTGRES, /* the private cluster goes, last */
    PHASE_ENDED
};

struct supervisor {
    struct loop *loop;
    struct settings settings;
    const struct run_options *options;
    struct stats_map stats;
    struct ward postgres, pool, intake;
    struct ward workers[STATS_MAX_WORKERS];
    unsigned n_wanted; /* workers */
    struct cage_user worker_user;
    bool linked;          /* pool and intake have each other */
    unsigned link;        /* the number of their link */
    uint64_t relink_usec; /* no other before this */
    bool ready_told;
    bool embedded;
    enum phase phase;
    int exit_code;
    int lock_fd, embedded_fd;
    struct signal_watch *signals[4];
    struct timer *care, *stop, *watchdog, *look;
    struct scale scale;
    uint64_t look_usec, look_documents; /* what the last look saw */
    uint64_t last_tick_usec;            /* of the watchdog */
    struct progress *progress;
};

extern const char *const ward_kind_names[];

/* ---- spawn.c ---- */
/* Looks up whom workers become, and what is missing of their sandbox: told in the log, or 1 and why
 * when these settings have PENSTOCK_SANDBOX=required. Before the first worker, and at every HUP. */
int spawn_prepare(struct supervisor *s, const struct settings *settings,
                  struct reason *why) MUST_CHECK;
/* Starts the process, with its link to us. On failure it stays not running. */
int spawn_ward(struct ward *w) MUST_CHECK;
/* Both ends of a link, as PEER with its number, go to pool and intake. */
int spawn_link(struct supervisor *s, unsigned incarnation) MUST_CHECK;

/* ---- supervisor.c ---- */
/* What pool and intake may say; the user is their ward. */
extern const struct peer_events supervisor_peer_events;

/* ---- care.c ---- */
/* Starts what should run and does not, now or when its time comes; retires workers that are too
 * many. */
void care(struct supervisor *s);
void care_on_exit(void *ward, const struct child_usage *usage);
int care_init(struct supervisor *s) MUST_CHECK;
/* Pool or intake says that their link of this number has ended; perhaps because the other has. */
void care_unlinked(struct supervisor *s, unsigned incarnation);
unsigned care_count_workers(const struct supervisor *s);
/* Every worker finishes its document and is replaced: for settings that workers are told at their
 * start. */
void care_replace_workers(struct supervisor *s);

/* ---- reload.c ---- */
void reload(struct supervisor *s);
/* All settings, then START. */
void reload_tell(struct supervisor *s, struct ward *w);

/* ---- scale.c ---- */
/* How many workers to begin with, by the settings; what was learnt is forgotten. */
unsigned scale_begin(struct supervisor *s);
/* From now on their number follows the work, if the settings leave it to us. */
int scale_start(struct supervisor *s) MUST_CHECK;

/* ---- stop.c ---- */
int stop_init(struct supervisor *s) MUST_CHECK;
/* Drains, then ends with `exit_code`. A second call ends at once. */
void stop_begin(struct supervisor *s, int exit_code);
void stop_now(struct supervisor *s, int exit_code);
/* The intake is drained. */
void stop_drained(struct supervisor *s);
/* A child has ended: perhaps it was the last of its phase. */
void stop_go_on(struct supervisor *s);

/* ---- watchdog.c ---- */
int watchdog_init(struct supervisor *s) MUST_CHECK;
/* The process has just been started: its time begins. */
void watchdog_begin(struct ward *w);

/* ---- progress.c ---- */
int progress_new(struct supervisor *s, struct progress **ret) MUST_CHECK;
/* Draws the last line. NULL is allowed; returns NULL. */
struct progress *progress_free(struct progress *p);
