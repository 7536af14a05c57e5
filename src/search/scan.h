/* scan.h - what the files of this folder share: looking at characters, and finding out how far a
 * token reaches. */
#pragma once

#include "search/tokens.h"

/* Classes beside those of tokens.h, for ASCII. */
enum {
    LETTER = 8, /* a to z, A to Z */
    DIGIT = 16,
    URL_CHAR = 32, /* may stand in a path of a URL */
    END = 64,      /* behind the text */
    OPENING = 128, /* ends what lies between tokens */
    JOINT = 256,   /* behind an ASCII word: perhaps it goes on, or is the beginning of more */
};
#define ALNUM (CHAR_ALPHA | DIGIT)

/* What each byte is; one of a longer character is a joint and nothing else. */
extern const uint16_t scan_bytes[256];

/* ---- characters ---- */

static inline unsigned byte_at(const struct tokenizer *t, size_t at)
{
    return at < t->size ? (unsigned char)t->text[at] : 0;
}

/* The code point there, and how many bytes it has: at least two, in valid UTF-8. */
uint32_t scan_decode(const char *s, size_t *ret_size);

/* What the character there is, which is not ASCII. */
unsigned scan_wide(const struct tokenizer *t, size_t at, size_t *ret_size);

/* What the character there is, and how many bytes it has. */
static inline unsigned look(const struct tokenizer *t, size_t at, size_t *ret_size)
{
    unsigned c;

    *ret_size = 1;
    if (at >= t->size)
        return END;
    c = (unsigned char)t->text[at];
    return c < 128 ? scan_bytes[c] : scan_wide(t, at, ret_size);
}

/* The same of ASCII only: others are nothing. */
static inline unsigned look_ascii(const struct tokenizer *t, size_t at)
{
    return at < t->size ? scan_bytes[(unsigned char)t->text[at]] : END;
}

static inline size_t skip(const struct tokenizer *t, size_t at, unsigned classes)
{
    while (look_ascii(t, at) & classes)
        at++;
    return at;
}

static inline size_t skip_wide(const struct tokenizer *t, size_t at, unsigned classes)
{
    size_t size;

    while (look(t, at, &size) & classes)
        at += size;
    return at;
}

static inline bool is_name(const struct tokenizer *t, size_t at)
{
    return look_ascii(t, at) & (LETTER | DIGIT) || byte_at(t, at) == '_';
}

/* ---- scans: from a place behind the first characters of a token, where it ends; 0: it is none ----
 */

/* scan.c */
enum file_state { FILE_NAME, FILE_SLASH, FILE_TWIDDLE, FILE_DOT, FILE_FIRST_DOT, FILE_DOTS };
size_t scan_file(struct tokenizer *t, size_t at, enum file_state state);

/* A host, perhaps with a port and the path of a URL, or an address when an @ comes. */
enum host_state { HOST_LABEL, HOST_FIRST, HOST_DOT, HOST_SECOND, HOST_DOMAIN };
size_t scan_host(struct tokenizer *t, size_t at, enum host_state state, enum token_type *ret_type);

/* Behind an @: an address if the next token is a host. */
size_t scan_email(struct tokenizer *t, size_t at);

/* Behind an e: the exponent. */
size_t scan_exponent(const struct tokenizer *t, size_t at);

/* Behind the first hyphen of a word: the end of the compound. `kind` is 0 for ASCII letters, 1 for
 * letters, 2 with digits: of the first part, and then of the whole. */
size_t scan_compound(const struct tokenizer *t, size_t at, unsigned *kind);

/* markup.c: behind & and behind < */
size_t scan_entity(const struct tokenizer *t, size_t at);
size_t scan_tag(struct tokenizer *t, size_t begin, size_t at);
