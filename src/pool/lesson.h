/* lesson.h - questions about words and characters that go to the database together, and what
 * becomes of the answers; private to learn.c and drafts.c. */
#pragma once

#include "pool/pool.h"
#include "search/vector.h"

/* Connections that may be lost over one: perhaps a dictionary never ends, or ends the server. */
#define LESSON_MAX_LOSSES 2u

/* Begins as all zeroes. */
struct lesson {
    struct vector_question *list; /* sorted by chain once it is asked; pages are chain 0 */
    size_t n, max;
    struct {
        size_t first, n;
    } chains[LEXICON_MAX_CHAINS];
    unsigned asked[LEXICON_MAX_CHAINS], n_asked; /* chains, in the order of the statements */
};

void lesson_done(struct lesson *l);
/* Adds a question, unless the lexicon has the answer; its word must stay. -ENOMEM. */
int lesson_add(struct pool *p, struct lesson *l, const struct vector_question *q) MUST_CHECK;

/* The statement of one of the chains that are asked, its parameters go to `params`. */
const char *lesson_fill(const struct pool *p, const struct lesson *l, unsigned chain,
                        struct params *params);
/* Sorts the questions: then n_asked statements are to be run. */
void lesson_sort(struct lesson *l);
/* All of them in one request, for `done`. -ENOMEM: nothing was sent. */
int lesson_run(struct work *w, struct lesson *l, conn_done *done) MUST_CHECK;

/* Puts the answer of a statement into the lexicon. False: it is full. */
bool lesson_take(struct pool *p, const struct lesson *l, unsigned chain,
                 const struct rows *rows) MUST_CHECK;
/* The same for the results of lesson_run(). */
bool lesson_take_all(struct pool *p, const struct lesson *l,
                     struct rows *const *results) MUST_CHECK;
