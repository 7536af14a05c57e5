/* draft.h - the search vector of a document on its way from a worker to the pool: the vector of the
 * words that the worker's lexicon knew, and those that it did not, with their positions.
 *
 * That saves a worker from waiting for answers: the pool asks the database about all words of a
 * whole batch of documents at once, and completes the vectors.
 */
#pragma once

#include "search/vector.h"

/* Walks through the words that are open. */
struct draft_reader {
    const char *at;
    size_t n;        /* bytes left */
    unsigned config; /* under which the draft was made (search/languages.h) */
};

/* A word that is open. */
struct draft_word {
    struct vector_question question; /* the word lies in the draft */
    const char *positions;           /* two bytes each */
    unsigned n_positions;
};

/* ---- the worker ---- */

/* Clears the buffer and begins a draft: the vector is to be appended, then its end is told, then
 * words follow, in any number. */
void draft_begin(struct buf *draft, unsigned config);
void draft_end_vector(struct buf *draft);
void draft_add_word(struct buf *draft, const struct vector_question *q, const uint16_t *positions,
                    size_t n);

/* ---- the pool; a draft may be anything ---- */

/* The vector of the known words. -EPROTO. */
int draft_open(const char *bytes, size_t size, const char **ret_vector, size_t *ret_size,
               struct draft_reader *ret) MUST_CHECK;
/* 0; 1: there is none left; -EPROTO. */
int draft_next(struct draft_reader *r, struct draft_word *ret) MUST_CHECK;

/* Appends the whole vector. 1: the lexicon does not know a word, or the vector would be longer than
 * one may be. -EPROTO, -ENOMEM. */
int draft_complete(const char *bytes, size_t size, const struct lexicon *l,
                   struct buf *ret) MUST_CHECK;
