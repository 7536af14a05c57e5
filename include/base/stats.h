/* stats.h - the shared page: counters, gauges, latency histograms, and what each worker is doing.
 *
 * A file under PENSTOCK_HOME/run that the supervisor creates and every child maps. A restarted
 * child resets nothing; `status`, `top` and metrics read it without asking anyone. Single words,
 * relaxed atomics: a reader may see one counter a moment before another. A worker maps the page of
 * its own slot only.
 */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>

#define STATS_MAX_WORKERS 256
#define STATS_PAGE_BYTES  4096 /* at least; a machine's own pages may be larger */
#define STATS_TEXT_SIZE   512

/* Counters since the service started. X(id, name) */
#define STATS_COUNTERS(X)                                                                        \
    X(SEEN, "seen")                 /* files noticed in an inbox */                              \
    X(CLAIMED, "claimed")           /* jobs claimed, further attempts included */                \
    X(STORED, "stored")             /* documents new in the database (unsupported ones too) */   \
    X(DUPLICATE, "duplicate")       /* jobs whose content was there already */                   \
    X(UNSUPPORTED, "unsupported")   /* of STORED, those whose type has no extractor */           \
    X(RECORDS, "records")           /* records of files that are split, stored */                \
    X(CHANGED, "changed")           /* files that changed while they were read */                \
    X(VANISHED, "vanished")         /* files that went away by themselves */                     \
    X(QUARANTINED, "quarantined")   /* documents put into quarantine */                          \
    X(RETRIED, "retried")           /* attempts after the first */                               \
    X(STRIKES, "strikes")           /* failures that a document was blamed for */                \
    X(FILED, "filed")               /* originals archived, deleted or left, by PENSTOCK_AFTER */ \
    X(BYTES_READ, "bytes_read")     /* of files, by workers */                                   \
    X(BYTES_STORED, "bytes_stored") /* size of the files behind STORED */                        \
    X(TEXT_BYTES, "text_bytes")     /* of body text sent to the database */                      \
    X(BATCHES, "batches")           /* store transactions committed */                           \
    X(BATCH_ROWS, "batch_rows")     /* documents in them */                                      \
    X(BISECTED, "bisected")         /* batches split to find a poisonous row */                  \
    X(FENCED, "fenced")             /* results refused because their claim was superseded */     \
    X(DB_RECONNECTS, "db_reconnects")                                                            \
    X(DB_WAITS, "db_waits") /* batches that waited longer than DB_ACQUIRE_TIMEOUT */             \
    X(RESCANS, "rescans")                                                                        \
    X(OVERFLOWS, "overflows") /* of the inotify queue */                                         \
    X(WORKER_DEATHS, "worker_deaths")                                                            \
    X(CHILD_RESTARTS, "child_restarts")

/* What is, now. */
#define STATS_GAUGES(X)                                                                          \
    X(SETTLING, "settling") /* files that may still be growing */                                \
    X(WAITING, "waiting")   /* complete files not claimed yet */                                 \
    X(CLAIMING, "claiming") /* being claimed, or claimed and not with a worker yet */            \
    X(WORKING, "working")   /* with a worker */                                                  \
    X(STORING, "storing")   /* with the pool */                                                  \
    X(HELD, "held") /* kept from work by their file system, or waiting for another attempt */    \
    X(SCANNING, "scanning") /* 1 while a walk through the inboxes is unfinished */               \
    X(OLDEST_WAITING_USEC, "oldest_waiting_usec") /* monotonic time at which the first waiting \
                                                     file was seen, 0: none */ \
    X(WORKERS_WANTED, "workers_wanted")                                                          \
    X(WORKERS_LIVE, "workers_live")                                                              \
    X(DB_UP, "db_up")                                                                            \
    X(DB_OPEN, "db_open") /* connections */                                                      \
    X(DB_BUSY, "db_busy")                                                                        \
    X(DB_MAX, "db_max")                                                                          \
    X(DB_QUEUED_ROWS, "db_queued_rows")                                                          \
    X(DB_QUEUED_BYTES, "db_queued_bytes")                                                        \
    X(WORKERS_PAUSED, "workers_paused") /* 1 while the pool reads nothing from them */           \
    X(DRAINING, "draining")             /* 1 while the service is going down */                  \
    X(DRAINED,                                                                                   \
      "drained") /* 1 once the inboxes were seen empty and all work was done (for --once) */

/* Latency histograms. */
#define STATS_HISTOGRAMS(X)                                         \
    X(CLAIM, "claim")           /* seen complete -> claimed */      \
    X(EXTRACT, "extract")       /* in a worker */                   \
    X(ACQUIRE, "acquire")       /* batch ready -> connection had */ \
    X(STORE, "store")           /* store transaction */             \
    X(END_TO_END, "end_to_end") /* seen complete -> committed */

/* Sentences: why something waits. */
#define STATS_TEXTS(X)                                                        \
    X(DB, "db")         /* why the database is not used now; "" when it is */ \
    X(INTAKE, "intake") /* why the intake pauses; "" when it does not */

enum stats_counter {
#define X(id, name) STATS_##id,
    STATS_COUNTERS(X)
#undef X
        STATS_N_COUNTERS
};
enum stats_gauge {
#define X(id, name) GAUGE_##id,
    STATS_GAUGES(X)
#undef X
        STATS_N_GAUGES
};
enum stats_histogram {
#define X(id, name) HISTOGRAM_##id,
    STATS_HISTOGRAMS(X)
#undef X
        STATS_N_HISTOGRAMS
};
enum stats_text {
#define X(id, name) TEXT_##id,
    STATS_TEXTS(X)
#undef X
        STATS_N_TEXTS
};

extern const char *const stats_counter_names[STATS_N_COUNTERS];
extern const char *const stats_gauge_names[STATS_N_GAUGES];
extern const char *const stats_histogram_names[STATS_N_HISTOGRAMS];

/* Log-linear buckets: 8 to each power of two of microseconds, so a quantile is off by at most 12.5
 * %. */
#define HISTOGRAM_BUCKETS 256
struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum_usec;
    _Atomic uint64_t max_usec;
};

/* What a worker is at. */
enum worker_stage { STAGE_IDLE, STAGE_READ, STAGE_EXTRACT, STAGE_ASK, STAGE_SEND, STAGE_N };
extern const char *const worker_stage_names[STAGE_N];

/* The page of one worker slot: written by that worker, except for the three fields marked. */
struct worker_page {
    _Atomic int32_t pid;          /* supervisor: 0 when the slot is empty */
    _Atomic uint32_t incarnation; /* supervisor: counts the processes that had this slot */
    _Atomic uint32_t retiring;    /* supervisor: 1 while it is finishing its last document */
    _Atomic uint32_t stage;       /* enum worker_stage */
    _Atomic uint64_t token;       /* of the newest document begun and not told of, 0: none */
    _Atomic uint64_t since_usec;  /* monotonic time at which the document was begun */
    _Atomic uint64_t documents;
    _Atomic uint64_t bytes;
    _Atomic uint64_t progress; /* grows while a document is read and its text comes */
    _Atomic uint32_t layers;   /* of its cage: CAGE_ bits (base/cage.h) */
};

struct stats {
    uint64_t magic;
    uint32_t layout_bytes; /* sizeof(struct stats): another build's page is refused */
    _Atomic int32_t supervisor_pid;
    _Atomic int32_t pool_pid;
    _Atomic int32_t intake_pid;
    _Atomic int32_t postgres_pid;
    _Atomic uint64_t pool_beat_usec; /* monotonic time of the last sign of life (heartbeat.h) */
    _Atomic uint64_t intake_beat_usec;
    uint64_t started_wall_usec;
    _Atomic uint64_t ready_wall_usec; /* 0 until the service was ready once */
    _Atomic uint64_t counters[STATS_N_COUNTERS];
    _Atomic uint64_t gauges[STATS_N_GAUGES];
    struct histogram histograms[STATS_N_HISTOGRAMS];
    char texts[STATS_N_TEXTS][STATS_TEXT_SIZE];
};

/* The file, mapped. */
struct stats_map {
    struct stats *stats; /* NULL in a worker */
    struct worker_page
        *workers; /* STATS_MAX_WORKERS pages, see stats_worker(); in a worker its own page alone */
    size_t mapped_bytes;
    int fd; /* for children to inherit */
};

/* Makes the page anew (the supervisor). */
int stats_create(const char *path, struct stats_map *ret) MUST_CHECK;
/* Maps a page that a running or ended supervisor made, to be read only (a write is a SIGSEGV).
 * Returns 1 when there is none of this build. */
int stats_open(const char *path, struct stats_map *ret) MUST_CHECK;
/* Maps the inherited descriptor and keeps it; with slot >= 0 maps that worker's page only, and
 * closes the descriptor. -EINVAL for another build's page or no such slot. After a failure the
 * descriptor is still the caller's. */
int stats_inherit(int fd, int slot, struct stats_map *ret) MUST_CHECK;
void stats_close(struct stats_map *m);

/* A slot's page (below STATS_MAX_WORKERS); in a worker its own, whatever `slot` is. */
struct worker_page *stats_worker(const struct stats_map *m, unsigned slot);

/* One step on worker_page.progress, which has one writer: whoever watches it sees it move. */
static inline void stats_progress(_Atomic uint64_t *progress)
{
    atomic_store_explicit(progress, atomic_load_explicit(progress, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* On a worker's map these do nothing, and read 0 or "". */
void stats_add(struct stats_map *m, enum stats_counter c, uint64_t n);
uint64_t stats_count(const struct stats_map *m, enum stats_counter c);
void stats_set(struct stats_map *m, enum stats_gauge g, uint64_t value);
uint64_t stats_gauge(const struct stats_map *m, enum stats_gauge g);
/* A text longer than STATS_TEXT_SIZE - 1 is cut. */
void stats_set_text(struct stats_map *m, enum stats_text t, const char *text);
void stats_text(const struct stats_map *m, enum stats_text t, char ret[STATS_TEXT_SIZE]);
void stats_time(struct stats_map *m, enum stats_histogram h, uint64_t usec);

struct histogram_view {
    uint64_t count;
    double mean_usec;
    uint64_t max_usec;
    uint64_t p50_usec, p95_usec, p99_usec; /* 0 when the histogram is empty */
};
struct histogram_view stats_histogram_view(const struct histogram *h);
