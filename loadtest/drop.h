/* drop.h - putting documents into an inbox, as careful programs do: under a
 * hidden name first, then renamed. */
#pragma once

#include "corpus.h"
#include "manifest.h"
#include "schedule.h"

#include <pthread.h>

#define DROP_MAX_THREADS 64

enum drop_mode {
    DROP_BURST, /* all there at once: a folder with everything is renamed into the
                 inbox */
    DROP_RATE,  /* by the schedule */
    DROP_FLOOD, /* as fast as they are taken: `max_waiting` are kept in the inbox
               */
};

struct drop {
    const struct corpus *corpus;
    struct manifest *manifest;
    const char *inbox;
    const char *prefix; /* the folder in the inbox that everything is in */
    enum drop_mode mode;
    struct schedule schedule;
    uint64_t n_documents;
    uint64_t max_waiting;
    unsigned n_threads;
    bool hash; /* fill in the manifest's hashes */

    _Atomic uint64_t next;
    _Atomic bool stopping;
    _Atomic int error; /* the first -errno of a thread */
    pthread_t threads[DROP_MAX_THREADS];
    unsigned n_started;
};

/* Prepares: for a burst writes all files, hidden; else makes the folder.
 * Returns 1 and why. */
int drop_prepare(struct drop *d, struct reason *why) MUST_CHECK;
/* The clock starts. A burst is there when this returns, else threads begin. */
int drop_start(struct drop *d, struct reason *why) MUST_CHECK;
/* Whether everything was dropped, or the droppers have ended. */
bool drop_is_through(const struct drop *d);
/* Ends the threads, dropped all or not. Returns 1 and why when one has failed.
 */
int drop_end(struct drop *d, struct reason *why);

/* PREFIX/NUMBER.EXTENSION; the number of a name below the inbox, or -1. */
int64_t drop_number_of(const char *prefix, const char *name);
