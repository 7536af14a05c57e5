/* lesson.h - questions about words and characters that go to the database together, and what
 * becomes of the answers. */
#pragma once

#include "store/dictionaries.h"

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

/* Frees what it holds. */
void lesson_done(struct lesson *l);
/* Adds a question, unless the lexicon has the answer; its word must stay. -ENOMEM. */
int lesson_add(struct lesson *l, const struct lexicon *known,
               const struct vector_question *q) MUST_CHECK;

/* Sorts the questions: then n_asked statements are to be run. */
void lesson_sort(struct lesson *l);
/* The statement of one of the chains that are asked, its parameters go to `params`. */
const char *lesson_fill(const struct lesson *l, const struct dictionaries *d, unsigned chain,
                        struct params *params);

/* Puts the answer of a statement into the lexicon. False: it is full. Left out is a word of which a
 * dictionary makes what no vector can be sent with: then the database has to make it. */
bool lesson_take(const struct lesson *l, struct lexicon *lexicon, unsigned chain,
                 const struct rows *rows) MUST_CHECK;
/* The same for the results of all statements. */
bool lesson_take_all(const struct lesson *l, struct lexicon *lexicon,
                     struct rows *const *results) MUST_CHECK;
/* Whether the lexicon has all the answers now. */
bool lesson_is_learned(const struct lesson *l, const struct lexicon *lexicon);
