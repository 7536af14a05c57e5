/* dictionaries.h - the dictionaries of a text search configuration: which of them are asked about
 * which type of token, and whether what they answer makes the search vectors that the database makes
 * (search/lexicon.h).
 */
#pragma once

#include "search/vector.h"
#include "store/session.h"

#define CHAIN_MAX_DICTIONARIES 16u

/* Dictionaries that are asked one after the other. */
struct chain {
    int64_t list[CHAIN_MAX_DICTIONARIES]; /* object identifiers */
    unsigned n;                           /* 0: there is no such chain */
    unsigned flags;                       /* CHAIN_ */
    bool filters; /* one of them hands what it makes of a word on to the next */
};

struct dictionaries {
    uint8_t chain_of[TOKEN_N_TYPES]; /* 0: tokens of this type are not indexed */
    struct chain chains[LEXICON_MAX_CHAINS];
};

/* Looks a configuration up, and holds the vector of a sample text against that of the database. 0:
 * whoever has the lexicon of so many bytes makes the database's vectors (lexicon_free()). 1: the
 * database has to make them, and why. */
int dictionaries_open(struct session *s, const char *configuration, size_t bytes,
                      struct dictionaries *ret, struct lexicon **ret_lexicon,
                      struct reason *why) MUST_CHECK;
/* Another lexicon for them, empty. -ENOMEM, -errno of memfd_create(2). */
int dictionaries_lexicon(const struct dictionaries *d, size_t bytes,
                         struct lexicon **ret) MUST_CHECK;

/* Asks for all that the lexicon lacks of a vector that was begun: vector_build() may follow. 0; 1: an
 * answer cannot be had, and why. */
int dictionaries_teach(struct session *s, const struct dictionaries *d, struct lexicon *l,
                       struct vector *v, struct reason *why) MUST_CHECK;
