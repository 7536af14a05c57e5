/* draft.c - the size of the vector (4 bytes); the configuration (1 byte); the vector, as tsvectorsend() writes it; then each
 * open word as a question (questions.c), the number of its positions (1 byte), and these (2 bytes
 * each). Numbers are little-endian but for those inside the vector. */
#include "search/draft.h"

#include "pieces.h"
#include "search/questions.h"

#include <endian.h>
#include <string.h>

#define HEAD_BYTES (sizeof(uint32_t) + 1)

/* ---- the worker ---- */

void draft_begin(struct buf *draft, unsigned config)
{
    static const uint32_t none = 0;

    buf_clear(draft);
    buf_add(draft, &none, sizeof(none));
    buf_add_char(draft, (char)config);
}

void draft_end_vector(struct buf *draft)
{
    uint32_t size = htole32((uint32_t)(draft->size - HEAD_BYTES));

    if (buf_error(draft) == 0)
        memcpy(draft->data, &size, sizeof(size));
}

void draft_add_word(struct buf *draft, const struct vector_question *q, const uint16_t *positions,
                    size_t n)
{
    questions_add(draft, q);
    buf_add_char(draft, (char)n);
    for (size_t i = 0; i < n; i++) {
        uint16_t wire = htole16(positions[i]);

        buf_add(draft, &wire, sizeof(wire));
    }
}

/* ---- the pool ---- */

int draft_open(const char *bytes, size_t size, const char **ret_vector, size_t *ret_size,
               struct draft_reader *ret)
{
    uint32_t wire;
    size_t n;

    if (size < HEAD_BYTES)
        return -EPROTO;
    memcpy(&wire, bytes, sizeof(wire));
    n = le32toh(wire);
    if (n > size - HEAD_BYTES)
        return -EPROTO;
    *ret_vector = bytes + HEAD_BYTES;
    *ret_size = n;
    *ret = (struct draft_reader){.at = *ret_vector + n,
                                 .n = size - HEAD_BYTES - n,
                                 .config = (unsigned char)bytes[sizeof(wire)]};
    return 0;
}

int draft_next(struct draft_reader *r, struct draft_word *ret)
{
    int e = questions_next(&r->at, &r->n, &ret->question);

    if (e != 0)
        return e;
    if (ret->question.is_page || r->n < 1)
        return -EPROTO;
    ret->n_positions = (unsigned char)*r->at;
    if (r->n - 1 < 2u * ret->n_positions)
        return -EPROTO;
    ret->positions = r->at + 1;
    r->at += 1 + 2 * ret->n_positions;
    r->n -= 1 + 2 * ret->n_positions;
    return 0;
}

/* Positions in the machine's order. All are in one list, which must not be moved any more when
 * pieces point into it: so it is made as long as it can get. */
struct positions {
    struct buf bytes;
};

static uint16_t *take_positions(struct positions *p, const char *at, size_t n, bool big)
{
    uint16_t *list = (uint16_t *)(void *)(p->bytes.data + p->bytes.size);

    for (size_t i = 0; i < n; i++) {
        uint16_t wire;

        memcpy(&wire, at + 2 * i, sizeof(wire));
        list[i] = big ? be16toh(wire) : le16toh(wire);
    }
    p->bytes.size += 2 * n;
    return list;
}

/* The lexemes of a vector: text up to a NUL, the number of positions, these. */
static int add_vector(struct pieces *pieces, struct positions *p, const char *at, size_t size)
{
    const char *end = at + size;
    uint32_t wire, n;

    if (size < sizeof(wire))
        return -EPROTO;
    memcpy(&wire, at, sizeof(wire));
    at += sizeof(wire);
    for (n = be32toh(wire); n > 0; n--) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        const char *lexeme = at;
        uint16_t count;

        if (!nul || end - nul < 3)
            return -EPROTO;
        memcpy(&count, nul + 1, sizeof(count));
        count = be16toh(count);
        at = nul + 3;
        if ((size_t)(end - at) < 2u * count)
            return -EPROTO;
        pieces_add(pieces, lexeme, (size_t)(nul - lexeme), take_positions(p, at, count, true),
                   count);
        at += 2 * count;
    }
    return at == end ? 0 : -EPROTO;
}

static int add_word(struct pieces *pieces, struct positions *p, const struct lexicon *l,
                    const struct draft_word *w)
{
    const struct vector_question *q = &w->question;
    struct lexemes rest;
    uint16_t *list;

    if (!lexicon_find(l, lexicon_hash(l, q->chain, q->word, q->size), q->chain, q->word, q->size,
                      &rest))
        return 1;
    list = take_positions(p, w->positions, w->n_positions, false);
    while (rest.n > 0) {
        struct lexeme lexeme = lexemes_next(&rest);

        pieces_add(pieces, lexeme.at, lexeme.size, list, w->n_positions);
    }
    return 0;
}

static int put_together(const char *bytes, size_t size, const struct lexicon *l,
                        struct pieces *pieces, struct positions *p)
{
    struct draft_reader reader;
    struct draft_word word;
    const char *vector;
    size_t n;
    int r = draft_open(bytes, size, &vector, &n, &reader);

    if (r == 0)
        r = add_vector(pieces, p, vector, n);
    while (r == 0) {
        r = draft_next(&reader, &word);
        if (r == 1)
            return 0;
        if (r == 0)
            r = add_word(pieces, p, l, &word);
    }
    return r;
}

int draft_complete(const char *bytes, size_t size, const struct lexicon *l, struct buf *ret)
{
    struct positions p = {.bytes = BUF_INIT};
    struct pieces pieces = {0};
    int r = buf_reserve(&p.bytes, size + 2) ? 0 : -ENOMEM;

    if (r == 0)
        r = put_together(bytes, size, l, &pieces, &p);
    if (r == 0)
        r = pieces_write(&pieces, true, ret);
    pieces_done(&pieces);
    buf_done(&p.bytes);
    return r == -EFBIG ? 1 : r;
}
