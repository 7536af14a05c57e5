/* batch.h - results on their way into the database; private to results.c (which makes batches),
 * records.c (whose batches are chunks of one file), drafts.c (which completes their search vectors)
 * and store.c (which stores them, by store_request.c). */
#pragma once

#include "pool/pool.h"

/* A search vector on its way. */
struct vector_state {
    bool done;
    struct bytes vector;  /* n = 0: the database makes it */
    struct buf completed; /* holds it, when the worker's draft was not whole */
};

/* A document inside the document of a result. */
struct part {
    struct frame *frame; /* holds the bytes that `m` points to */
    struct message_part m;
    const struct part *parent; /* NULL: the file itself */
    unsigned depth;            /* from 1 */
    struct vector_state search;
};

/* What makes a result one of records only: of a file that is still being read. */
struct chunk {
    struct worker_link *worker; /* who waits for the answer, as long as the generation is this */
    unsigned generation;
    uint64_t last, total;
    uint64_t stored; /* what the database says: records from the first on */
    bool whole;      /* all of the file was there before */
};

struct result {
    TAILQ_ENTRY(result) next;
    struct ticket *ticket; /* of a chunk: a copy of its own, since the claim may end before it */
    struct chunk *chunk;   /* NULL: a file's result */
    struct frame *frame;   /* holds the bytes that `m` points to */
    struct message_result m;
    uint64_t received_usec;
    bool first; /* of those with its content in the batch */
    bool done;  /* the update returned it */
    uint64_t document;
    char outcome[16];
    struct vector_state search;
    struct part_list parts;
    size_t parts_from, parts_to; /* of these, what this transaction stores: all, until halved */
    size_t
        bytes; /* that it counts: its own and those of its parts, but no more than fill a batch */
};

struct batch {
    struct work work;
    struct result **list;
    size_t n;
    uint64_t begun_usec;
    struct lesson *lesson; /* what is asked of its words, before it is stored */
    unsigned lesson_losses;
    bool check;        /* COMMIT was sent and its answer lost */
    bool trial;        /* it failed: first see whether the database takes anything */
    unsigned refusals; /* of a single row in trials, in a row */
    unsigned losses;   /* of connections while it was stored, in a row */
    uint64_t configs;  /* a bit each: of text search configurations that it brings into use */
};

/* ---- results.c ---- */
/* Into the queue; `r->bytes` is known. */
void result_queue(struct pool *p, struct result *r);
/* Takes the result out of the books. */
void result_free(struct pool *p, struct result *r);
/* Of a claim that is not known: the intake may wait for it, then it claims the file anew. */
void results_tell_lost(struct pool *p, uint64_t token);
/* Room for `room` results; NULL without memory. */
struct batch *batch_new(struct pool *p, size_t room);
void batch_free(struct batch *b);
/* By content, as the unique index of documents is, and marks the first of each content. */
void batch_sort(struct batch *b);

/* ---- records.c ---- */
/* The ordinals of what is to be stored now; without records 1 and 0. */
void records_range(const struct result *r, uint64_t *ret_first, uint64_t *ret_last);
/* How many documents a batch of the result could be halved down to. */
size_t records_n(const struct result *r);
/* Only the first half of the records is stored now; there are two at least. */
void records_halve(struct result *r);
/* What store_records.sql returned. */
struct rows;
void records_answer(struct result *r, const struct rows *rows);
/* It is committed: true when it was not the last of the chunk; the rest is to be stored now. */
bool records_stored(struct result *r);
/* The chunk has ended: tells worker and intake, and frees it. It was stored, its claim is lost, or
 * the database refuses one record. */
void records_tell_stored(struct pool *p, struct result *r);
void records_tell_lost(struct pool *p, struct result *r);
void records_tell_poison(struct pool *p, struct result *r, const struct db_failure *failure);

/* ---- store.c ---- */
extern const struct work_kind batch_kind;

/* ---- configs.c ---- */
/* Configurations of its documents, those inside others too, that are not known to be in use: a bit
 * each. */
uint64_t configs_new(const struct batch *b);
/* The names of b->configs, in order. */
void configs_add(struct params *params, const struct batch *b);

/* ---- drafts.c ---- */
struct lesson;
/* The words that are open; true when there are some. What needs none of them is done. */
bool drafts_missing(struct batch *b, struct lesson *l);
/* Of the rows that bring a content, what can be had. */
void drafts_complete(struct batch *b);

/* ---- store_parts.c ---- */
struct statement;
/* Statements for the documents inside those of the batch, one a level, and one that says what lies
 * where; none when there are none. Their parameters go to `params` (as many, freed by the caller).
 * Returns how many, or -ENOMEM. */
enum { STORE_MAX_PART_STATEMENTS = PARTS_MAX_DEPTH + 1 };
int store_add_parts(const struct batch *b, struct statement *statements,
                    struct params *params[STORE_MAX_PART_STATEMENTS]) MUST_CHECK;

/* ---- store_split.c ---- */
struct params;
/* Parameters of store_records.sql: how far a file is that is being split, and its fence. */
void store_add_records(struct params *params, const struct result *r);
/* Of store_splits.sql: files that were split. Returns how many there are. */
size_t store_add_split(struct params *params, const struct batch *b);
/* Of store_unsplit.sql: files that were not, although they could have been. Returns how many. */
size_t store_add_unsplit(struct params *params, const struct batch *b);

/* ---- store_request.c ---- */
/* BEGIN; settings; in a trial the probe; locks of external ids; contents; parts; what sidecars came to; jobs; in a trial a check. -ENOMEM: nothing was
 * sent. */
int store_send(struct batch *b, conn_done *done) MUST_CHECK;
/* Of its results: whether the probe of a trial passed, and what was done with the jobs. */
bool store_probe_passed(const struct batch *b, struct rows *const *results) MUST_CHECK;
const struct rows *store_jobs_result(const struct batch *b, struct rows *const *results, size_t n);
/* Which of the jobs are done under their tokens. -ENOMEM: nothing was sent. */
int store_send_check(struct batch *b, conn_done *done) MUST_CHECK;
