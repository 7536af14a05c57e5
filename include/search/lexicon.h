/* lexicon.h - what the database's dictionaries make of words, and its locale of characters, in
 * memory that one process writes and others read.
 *
 * The pool asks the database once for each word that turns up and writes the answer here; workers
 * look it up. The memory is a sealed memfd: a descriptor of it can be mapped for reading only, so
 * whatever becomes of a worker, it cannot put words into the mouths of others. Nothing is ever
 * changed or taken out; what is there is complete. When it is full it is replaced by an empty one.
 *
 * Words are looked up by chain: the list of dictionaries that a text search configuration has for
 * their type of token. Types with the same list have the same chain, whatever the configuration.
 */
#pragma once

#include "search/languages.h"
#include "search/tokens.h"

#define LEXICON_MAX_CHAINS 128u  /* 1 and up; chain 0: tokens of this type are not indexed */
#define LEXICON_MAX_WORD   2046u /* bytes; longer words are not indexed (PostgreSQL: MAXSTRLEN) */

struct lexicon;

/* What a word becomes. */
struct lexemes {
    bool is_known;  /* false: no dictionary knows it; it does not even take up a position */
    unsigned n;     /* 0: a stop word */
    const char *at; /* `n` times: two bytes of size in the machine's order, then so many bytes */
};

/* Takes one lexeme off, and moves on to the next. */
struct lexeme {
    const char *at;
    size_t size;
};
struct lexeme lexemes_next(struct lexemes *l);

/* ---- the writer ---- */

/* An empty one of so many bytes (at least 64 kB). -ENOMEM, -errno of memfd_create(2). */
int lexicon_new(size_t bytes, struct lexicon **ret) MUST_CHECK;
/* What is known of a chain whatever the word. */
enum {
    CHAIN_PLAIN = 1, /* it makes the lower case of any ASCII word: those need not be asked for */
    CHAIN_TOTAL = 2, /* it knows every word */
};
/* A configuration, by its number in search/languages.h. */
enum lexicon_config {
    CONFIG_ABSENT, /* the database has none of this number */
    CONFIG_KNOWN,  /* its chains are set: vectors can be made */
    CONFIG_LEFT,   /* only the database can make its vectors */
};
/* To be set before it is handed out. */
void lexicon_set_config(struct lexicon *l, unsigned config, enum lexicon_config state);
void lexicon_set_chain(struct lexicon *l, unsigned config, enum token_type type, unsigned chain,
                       unsigned flags);
/* A descriptor to be handed out; it stays the lexicon's. */
int lexicon_fd(const struct lexicon *l);

/* Adds what is not there yet. False: it is full. */
bool lexicon_add_word(struct lexicon *l, unsigned chain, const char *word, size_t size,
                      const struct lexemes *lexemes) MUST_CHECK;
bool lexicon_add_page(struct lexicon *l, unsigned page,
                      const uint8_t classes[CHAR_PAGE_SIZE]) MUST_CHECK;

/* ---- readers ---- */

/* Takes the descriptor over, also when it fails. */
int lexicon_open(int fd, struct lexicon **ret) MUST_CHECK;
/* Either kind. NULL is allowed; returns NULL. */
struct lexicon *lexicon_free(struct lexicon *l);

/* As set by lexicon_set_config(). */
enum lexicon_config lexicon_config(const struct lexicon *l, unsigned config);
/* By the type of token, as set by lexicon_set_chain(). */
const uint8_t *lexicon_chains(const struct lexicon *l, unsigned config);
/* As set by lexicon_set_chain(). */
unsigned lexicon_chain_flags(const struct lexicon *l, unsigned chain);
/* For lexicon_find(); differs from one lexicon to the next. */
uint32_t lexicon_hash(const struct lexicon *l, unsigned chain, const char *word, size_t size);
/* False: not asked for yet. The lexemes live as long as the lexicon. */
bool lexicon_find(const struct lexicon *l, uint32_t hash, unsigned chain, const char *word,
                  size_t size, struct lexemes *ret) MUST_CHECK;
/* Has what lexicon_find() needs brought from memory meanwhile: the slot of a word as soon as its hash
 * is known, its entry when the slot is there, some words before it is looked up. */
void lexicon_expect_slot(const struct lexicon *l, uint32_t hash);
void lexicon_expect_entry(const struct lexicon *l, uint32_t hash);
/* NULL: not asked for yet. */
const uint8_t *lexicon_page(const struct lexicon *l, unsigned page);
