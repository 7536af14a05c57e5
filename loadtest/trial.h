/* trial.h - one service on one new database, fed by droppers, watched until
 * everything can be found: the unit that every subcommand is made of. */
#pragma once

#include "drop.h"
#include "place.h"
#include "sampler.h"
#include "watch.h"

struct trial_options {
    const struct corpus *corpus;
    uint64_t n_documents; /* at most, when it is a matter of time */
    enum drop_mode mode;
    double rate;
    unsigned n_droppers;
    uint64_t max_waiting;
    uint64_t poll_usec;     /* of the watcher */
    uint64_t patience_usec; /* how long nothing may come */
    const char *after;      /* PENSTOCK_AFTER */
    const struct settings_list *settings;
    bool verify;
    bool attach; /* to a service that runs already */
};

struct trial {
    struct place *place;
    const struct trial_options *options;
    struct service service;
    char inbox[PATH_MAX], archive[PATH_MAX], prefix[64], collection[64];
    char after[16]; /* what becomes of originals (PENSTOCK_AFTER) */
    char *conninfo; /* of the database; a secret */
    pid_t supervisor;
    struct manifest manifest;
    struct drop drop;
    struct watch watch;
    struct sampler sampler;
    json_t *totals_before; /* of an attached service: what was there already */
    uint64_t filed_usec;   /* monotonic: all originals were out of the inbox */
    uint64_t n_ended, n_quarantined;
    struct reason failure; /* "" when all is well */
};

/* Makes database, service, documents; nothing is dropped yet. Returns 1 and
 * why; close it anyway.
 */
int trial_open(struct trial *t, struct place *place, const struct trial_options *options,
               struct reason *why) MUST_CHECK;
/* Starts the clock. */
int trial_start(struct trial *t, struct reason *why) MUST_CHECK;
/* Whether something has gone wrong; then t->failure says what. */
bool trial_has_failed(struct trial *t);
/* Nothing more is dropped; what was dropped goes on. */
void trial_stop_dropping(struct trial *t);
/* Waits until everything that was dropped is searchable and filed away; a
 * failure goes into t->failure. */
void trial_wait(struct trial *t);
/* The figures, once it is through; ends threads and service, and verifies if
 * that was asked for. NULL and why when it could not be made. */
json_t *trial_figures(struct trial *t, struct reason *why);
/* Ends what is left; the database goes. Returns 1 and why. */
int trial_close(struct trial *t, struct reason *why) MUST_CHECK;

/* One after the other: figures of a whole trial, or NULL and why. */
json_t *trial_run(struct place *place, const struct trial_options *options, struct reason *why);
