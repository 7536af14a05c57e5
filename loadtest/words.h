/* words.h - a vocabulary of which a few words are used often and most hardly
 * ever (Zipf: the n-th word has weight 1/n), as in a language. */
#pragma once

#include "chance.h"

#include "base/buf.h"

#define WORDS_MAX 20000

enum words_source {
    WORDS_AUTO,      /* of linux-doc when that is installed, else made */
    WORDS_MADE,      /* of syllables, the same on every machine */
    WORDS_LINUX_DOC, /* real ones */
};
extern const char *const words_source_names[];

struct words {
    enum words_source source; /* never WORDS_AUTO */
    char **list;
    double *cumulative; /* weights up to and including the word */
    size_t n;
};

/* The same source and seed give the same words in the same order. Returns 1 and
 * why. */
int words_init(struct words *w, enum words_source source, uint64_t seed,
               struct reason *why) MUST_CHECK;
void words_done(struct words *w);

const char *words_pick(const struct words *w, struct chance *c);
/* Appends n words with blanks between. */
void words_write(const struct words *w, struct chance *c, size_t n, struct buf *out);
