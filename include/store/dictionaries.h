/* dictionaries.h - the text search configurations that documents get, and their dictionaries: which of
 * them are asked about which type of token, and whether what they answer makes the search vectors that
 * the database makes (search/lexicon.h).
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

struct text_config {
    char name
        [272]; /* as regconfig takes it, with its schema unless that is pg_catalog; "": there is none */
    enum lexicon_config state;
    uint8_t chain_of[TOKEN_N_TYPES]; /* 0: tokens of this type are not indexed */
    char why[256];                   /* the database has to make its vectors */
};

struct dictionaries {
    struct text_config configs[LANGUAGES_MAX_CONFIGS]; /* by their number in search/languages.h */
    struct chain chains[LEXICON_MAX_CHAINS];
};

/* Looks up which configurations documents get by PENSTOCK_TEXT_CONFIG: the one that it names, or
 * with "auto" those of languages, beside `simple`. 0; 1: the database does not know it, or does not
 * answer. */
int dictionaries_find(struct session *s, const char *setting, struct dictionaries *ret,
                      struct db_failure *failure) MUST_CHECK;

/* The number of that which documents in a language get. */
static inline unsigned dictionaries_pick(const struct dictionaries *d, const char *language,
                                         size_t size)
{
    unsigned config = languages_config(language, size);

    return d->configs[config].state == CONFIG_ABSENT ? 0 : config;
}

/* Looks their dictionaries up, and holds the vectors of a sample text against those of the database.
 * 0: whoever has the lexicon of so many bytes makes the database's vectors (lexicon_free()), of each
 * configuration whose state is CONFIG_KNOWN; of the others it says why not. 1: of none, and why. */
int dictionaries_open(struct session *s, struct dictionaries *d, size_t bytes,
                      struct lexicon **ret_lexicon, struct reason *why) MUST_CHECK;
/* Another lexicon for them, empty. -ENOMEM, -errno of memfd_create(2). */
int dictionaries_lexicon(const struct dictionaries *d, size_t bytes,
                         struct lexicon **ret) MUST_CHECK;

/* Asks for all that the lexicon lacks of a vector that was begun: vector_build() may follow. 0; 1: an
 * answer cannot be had, and why. */
int dictionaries_teach(struct session *s, const struct dictionaries *d, struct lexicon *l,
                       struct vector *v, struct reason *why) MUST_CHECK;
