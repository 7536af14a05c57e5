/* scale_policy.h - how many workers, when that is not given: see scale_policy.c. No system call, no
 * clock: what it decides follows from what it is told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What was seen since the last look. */
struct scale_look {
    uint64_t usec;        /* how long that is */
    uint64_t n_documents; /* that workers have finished */
    double waiting;       /* for what they read: the share of the workers' time, 0 to 1 */
    bool has_backlog;     /* there is more to do than workers to do it */
    bool is_paused;       /* the database takes no more: workers are not what is missing */
};

struct scale {
    unsigned n_processors;
    unsigned n; /* workers wanted */

    unsigned n_waiting_looks; /* in a row: files wait, and so do workers */
    unsigned n_quiet_looks;   /* in a row, without a backlog */
    double rate;              /* documents a second during the waiting looks */

    unsigned n_before; /* a trial: what there were before; 0: none */
    unsigned n_trial_looks;
    uint64_t trial_documents, trial_usec;
    unsigned n_rest_looks; /* no trial before so many more */
};

void scale_init(struct scale *s, unsigned n_processors);
/* To be told twice a second. Returns how many workers there should be now. */
unsigned scale_next(struct scale *s, const struct scale_look *look);
