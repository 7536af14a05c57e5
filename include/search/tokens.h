/* tokens.h - a text as PostgreSQL's default text search parser sees it (manual, section 12.5).
 *
 * The sequence of tokens, types and bytes, is that of ts_parse('default', text), blanks included.
 * What a character is, a letter or a space, depends on the database's locale, so that is not known
 * here but given: pages of 256 characters, as the database itself says.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Numbers as in ts_token_type('default'). */
enum token_type {
    TOKEN_ASCIIWORD = 1,
    TOKEN_WORD,
    TOKEN_NUMWORD,
    TOKEN_EMAIL,
    TOKEN_URL,
    TOKEN_HOST,
    TOKEN_SFLOAT,
    TOKEN_VERSION,
    TOKEN_HWORD_NUMPART,
    TOKEN_HWORD_PART,
    TOKEN_HWORD_ASCIIPART,
    TOKEN_BLANK,
    TOKEN_TAG,
    TOKEN_PROTOCOL,
    TOKEN_NUMHWORD,
    TOKEN_ASCIIHWORD,
    TOKEN_HWORD,
    TOKEN_URL_PATH,
    TOKEN_FILE,
    TOKEN_FLOAT,
    TOKEN_INT,
    TOKEN_UINT,
    TOKEN_ENTITY,
    TOKEN_N_TYPES
};

/* What a character outside ASCII is; a letter may be a mark as well. */
enum {
    CHAR_ALPHA = 1,
    CHAR_MARK = 2, /* continues a word, but begins none: vowel signs, combining accents */
    CHAR_SPACE = 4,
};
#define CHAR_PAGE_SIZE 256u
#define CHAR_N_PAGES   (0x110000u / CHAR_PAGE_SIZE)

struct char_pages {
    /* NULL: not known yet. Page 0 is asked for its second half. */
    const uint8_t *pages[CHAR_N_PAGES];
};

struct token {
    enum token_type type;
    const char *at;
    size_t size;
};

/* Private. */
struct tokenizer {
    const struct char_pages *chars;
    const char *text;
    size_t size, at;
    enum { TOKENIZE_TEXT, TOKENIZE_PARTS, TOKENIZE_PATH } mode;
    bool stop_at_host; /* the next host ends there, although a path follows */
    bool in_script;
    bool is_lost;                    /* no token follows, though the text goes on */
    size_t no_host_from, no_host_to; /* where a look for a host has failed already */
    size_t no_file_from, no_file_to;
    size_t no_comment_end_from;
};

/* `text` is valid UTF-8 without NUL, at most 1 GB, and stays while the tokenizer is used. The pages
 * of all its characters are known: see tokens_missing_page(). */
void tokenizer_begin(struct tokenizer *t, const char *text, size_t size,
                     const struct char_pages *chars);

/* The next token; false at the end. Takes time in proportion to the text, whatever is in it. */
bool tokenizer_next(struct tokenizer *t, struct token *ret);

/* A page that `text` needs and `chars` has not, from the byte `*at` on, which is moved past the
 * character; -1: none. */
int tokens_missing_page(const char *text, size_t size, size_t *at, const struct char_pages *chars);
