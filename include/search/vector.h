/* vector.h - the search vector of a text: what to_tsvector(configuration, text) would give, in the
 * format in which the server takes a tsvector (tsvectorrecv).
 *
 *     vector_begin(v, lexicon, configuration, text, size);
 *     while (vector_missing(v, …))  ask for it, wait until it is in the lexicon
 *     vector_build(v, &bytes, &extent, NULL, NULL);
 */
#pragma once

#include "base/buf.h"
#include "search/lexicon.h"

struct vector;

/* NULL without memory. It is reused for one text after the other. */
struct vector *vector_new(void);
/* NULL is allowed; returns NULL. */
struct vector *vector_free(struct vector *v);

/* What the lexicon lacks: a page of characters, or a word. */
struct vector_question {
    bool is_page;
    unsigned page;
    unsigned chain;
    const char *word;
    size_t size;
    bool may_stay_open; /* a word that takes a position whatever it becomes */
};

/* Takes a text: valid UTF-8 without NUL, which stays until vector_build(). The configuration is one
 * whose chains the lexicon has. */
void vector_begin(struct vector *v, const struct lexicon *l, unsigned config, const char *text,
                  size_t size);

/* Calls `ask` for all that is missing to go on; what comes to light later is missing the next time.
 * Returns how many there were (0: vector_build() may follow), or -ENOMEM. Each is asked for once in
 * a call; all must be in the lexicon when it is called again. */
typedef void vector_ask(void *user, const struct vector_question *q);
int vector_missing(struct vector *v, vector_ask *ask, void *user) MUST_CHECK;

/* How much of it a vector holds (PostgreSQL: at most 1 MB - 1). */
enum vector_extent {
    VECTOR_WHOLE,
    VECTOR_WITHOUT_POSITIONS, /* all lexemes */
    VECTOR_CUT,               /* the lexemes of the first part of the text, without positions */
};

/* Appends the vector to `ret`. Words that stay open are given to `open` with their positions and are
 * not in it; NULL: there are none. -ENOMEM; -EFBIG: words are open, and it is too long without them
 * already, so it must be known which these are. */
typedef void vector_open(void *user, const struct vector_question *q, const uint16_t *positions,
                         size_t n);
int vector_build(struct vector *v, struct buf *ret, enum vector_extent *ret_extent,
                 vector_open *open, void *user) MUST_CHECK;
