/* watch.h - a connection that asks the database every few milliseconds for
 * documents that it has not seen, as long as some are missing: a document is
 * searchable when a query returns it. Ids can be committed out of order, so
 * those that were passed over are asked for again. */
#pragma once

#include "histogram.h"
#include "manifest.h"

#include "base/buf.h"

#include <libpq-fe.h>
#include <pthread.h>

struct watch_gap {
    int64_t id;
    uint64_t since_usec, next_usec;
};

struct watch {
    PGconn *pg;
    struct manifest *manifest;
    const char *prefix;
    uint64_t poll_usec;

    int64_t newest;
    struct watch_gap *gaps;
    size_t n_gaps, max_gaps;
    struct buf asked; /* the ids of gaps that are due, as an array */

    pthread_t thread;
    bool started;
    _Atomic bool stopping;
    struct reason failure; /* why it ended early; read after watch_end() */
    _Atomic bool failed;

    pthread_mutex_t lock; /* of: */
    struct times all, window;
};

/* Connects; documents that are there already do not count. Returns 1 and why.
 */
int watch_open(struct watch *w, const char *conninfo, struct manifest *manifest, const char *prefix,
               uint64_t poll_usec, struct reason *why) MUST_CHECK;
int watch_start(struct watch *w, struct reason *why) MUST_CHECK;
/* Ends the thread. Returns 1 and why when it had failed. */
int watch_end(struct watch *w, struct reason *why);
void watch_close(struct watch *w);

/* Latencies since the last call; all so far. */
void watch_take_window(struct watch *w, struct times *ret);
void watch_take_all(struct watch *w, struct times *ret);
