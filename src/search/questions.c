/* questions.c - each question: the chain, or 0 for a page (1 byte); size of what follows (2 bytes,
 * little-endian); the word, or the page's number (2 bytes, little-endian). */
#include "search/questions.h"

#include "base/utf8.h"

#include <endian.h>
#include <string.h>

#define HEAD_BYTES 3u

static void add_number(struct buf *list, size_t value)
{
    uint16_t wire = htole16((uint16_t)value);

    buf_add(list, &wire, sizeof(wire));
}

static size_t number_at(const char *at)
{
    uint16_t wire;

    memcpy(&wire, at, sizeof(wire));
    return le16toh(wire);
}

void questions_add(struct buf *list, const struct vector_question *q)
{
    buf_add_char(list, (char)(q->is_page ? 0 : q->chain));
    add_number(list, q->is_page ? sizeof(uint16_t) : q->size);
    if (q->is_page)
        add_number(list, q->page);
    else
        buf_add(list, q->word, q->size);
}

static bool is_word(const struct vector_question *q)
{
    return q->chain < LEXICON_MAX_CHAINS && q->size > 0 && q->size <= LEXICON_MAX_WORD &&
           utf8_valid_prefix(q->word, q->size) == q->size;
}

int questions_next(const char **at, size_t *n, struct vector_question *ret)
{
    size_t size;

    if (*n == 0)
        return 1;
    if (*n < HEAD_BYTES)
        return -EPROTO;
    size = number_at(*at + 1);
    if (size > *n - HEAD_BYTES)
        return -EPROTO;
    *ret = (struct vector_question){
        .chain = (unsigned char)**at, .word = *at + HEAD_BYTES, .size = size};
    ret->is_page = ret->chain == 0;
    if (ret->is_page)
        ret->page = size == sizeof(uint16_t) ? (unsigned)number_at(ret->word) : CHAR_N_PAGES;
    if (ret->is_page ? ret->page >= CHAR_N_PAGES : !is_word(ret))
        return -EPROTO;
    *at += HEAD_BYTES + size;
    *n -= HEAD_BYTES + size;
    return 0;
}
