/* fake_pool.h - a pool whose connections lead to a database that is a few arrays: what store.c and
 * results.c call, decided by the bytes of the input. */
#pragma once

#include "fuzz.h"

#include "pool/batch.h"

enum { MAX_JOBS = 48, N_CONTENTS = 12, N_LANES = 2, MAX_ATTEMPTS = 3 };

enum job_state { JOB_CLAIMED, JOB_DONE, JOB_SUPERSEDED };
enum job_verdict { VERDICT_NONE, VERDICT_STORED, VERDICT_LOST, VERDICT_QUARANTINED };

/* A job as the database has it, and what the pool said of it. Its token is 1 + its index. */
struct job {
    unsigned content;
    bool poison; /* the database refuses its row */
    bool supported;
    bool late;              /* was committed after its connection was given up */
    unsigned refused_alone; /* times that its row was refused in a batch of its own */
    enum job_state state;
    const char *outcome;
    enum job_verdict verdict;
};

/* What happened, to bound the number of transactions by. */
struct tally {
    unsigned transactions, batches, troubles, superseded;
};

struct fake {
    struct pool pool;
    struct choices *choices;
    struct job jobs[MAX_JOBS];
    size_t n_jobs;
    bool has_content[N_CONTENTS];
    char sha256[N_CONTENTS][32];
    struct tally tally;
    unsigned sick_steps; /* so long does the database refuse everything, blank documents too */
};

extern struct fake fake;

/* An empty database and a pool with `max_rows` rows a batch. */
void fake_begin(struct choices *c, int64_t max_rows);
/* A new claim, and its result from a worker. */
void fake_add_job(unsigned content, bool poison, bool supported);
/* Another node takes the claim over, if that is possible now. */
void fake_supersede(size_t job);
/* Gives work to idle connections and ends one request. False when nothing is left to do. */
bool fake_step(void);
void fake_end(void);
