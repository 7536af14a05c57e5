/* pieces.c - see pieces.h.
 *
 * Sorted are keys, not pieces: by the first eight bytes of each lexeme, as a number; then, among
 * those that have the same, by the whole lexeme. A lexeme has no NUL, so short ones with the same
 * prefix are the same.
 */
#include "pieces.h"

#include "bytes.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define RUN_LENGTH 8u /* of what is sorted by insertion, before runs are merged */

int list_grow(void *list, size_t n, size_t *max, size_t element_bytes)
{
    size_t new_max = MAX(*max * 2, (size_t)1024);
    void *at;

    if (n < *max)
        return 0;
    at = reallocarray(*(void **)list, new_max, element_bytes);
    if (!at)
        return -ENOMEM;
    *(void **)list = at;
    *max = new_max;
    return 0;
}

void pieces_done(struct pieces *p)
{
    free(p->list);
    free(p->keys);
    free(p->merged);
    *p = (struct pieces){0};
}

void pieces_clear(struct pieces *p)
{
    p->n = 0;
    p->failed = 0;
}

void pieces_add(struct pieces *p, const char *lexeme, size_t size, const uint16_t *positions,
                size_t n)
{
    if (list_grow(&p->list, p->n, &p->max, sizeof(*p->list)) < 0) {
        p->failed = -ENOMEM;
        return;
    }
    p->list[p->n++] = (struct piece){
        .at = lexeme, .size = (uint32_t)size, .positions = positions, .n = (uint32_t)n};
}

/* ---- order ---- */

/* Short runs, by their prefixes. */
static void sort_run(struct piece_key *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct piece_key key = keys[i];
        size_t k = i;

        for (; k > 0 && keys[k - 1].prefix > key.prefix; k--)
            keys[k] = keys[k - 1];
        keys[k] = key;
    }
}

/* Without a branch that depends on which is less: no processor could foresee it. */
static void merge_runs(const struct piece_key *a, size_t n_a, const struct piece_key *b, size_t n_b,
                       struct piece_key *to)
{
    const struct piece_key *end_a = a + n_a, *end_b = b + n_b;

    while (a < end_a && b < end_b) {
        bool is_b = b->prefix < a->prefix;

        *to++ = *(is_b ? b : a);
        a += !is_b;
        b += is_b;
    }
    memcpy(to, a, (size_t)(end_a - a) * sizeof(*to));
    memcpy(to + (end_a - a), b, (size_t)(end_b - b) * sizeof(*to));
}

/* By their prefixes. Returns where they are then: there, or in as much room behind them. */
static struct piece_key *sort_by_prefix(struct piece_key *keys, size_t n)
{
    struct piece_key *from = keys, *to = keys + n;

    for (size_t i = 0; i < n; i += RUN_LENGTH)
        sort_run(keys + i, MIN(n - i, RUN_LENGTH));
    for (size_t run = RUN_LENGTH; run < n; run *= 2) {
        struct piece_key *sorted = to;

        for (size_t i = 0; i < n; i += 2 * run) {
            size_t n_a = MIN(n - i, run), n_b = MIN(n - i - n_a, run);

            merge_runs(from + i, n_a, from + i + n_a, n_b, to + i);
        }
        to = from;
        from = sorted;
    }
    return from;
}

/* As the server sorts them: by bytes; of two that begin alike the shorter one first. */
static int by_lexeme(const void *a, const void *b, void *list)
{
    const struct piece_key *k = a, *l = b;
    const struct piece *pieces = list, *x = &pieces[k->piece], *y = &pieces[l->piece];
    int order = memcmp(x->at, y->at, MIN(x->size, y->size));

    if (order == 0)
        order = x->size == y->size ? 0 : x->size < y->size ? -1 : 1;
    return order;
}

/* Those that can differ behind the prefix only. */
static void sort_alike(const struct pieces *p, struct piece_key *keys)
{
    for (size_t i = 0, n; i < p->n; i += n) {
        bool is_long = p->list[keys[i].piece].size >= sizeof(keys[i].prefix);

        for (n = 1; i + n < p->n && keys[i + n].prefix == keys[i].prefix; n++)
            ;
        if (n > 1 && is_long)
            qsort_r(keys + i, n, sizeof(*keys), by_lexeme, p->list);
    }
}

/* Room for twice as many as there are pieces: sort_by_prefix() needs it. */
static int make_keys(struct pieces *p)
{
    if (p->max_keys < 2 * p->n) {
        free(p->keys);
        p->keys = reallocarray(NULL, p->max, 2 * sizeof(*p->keys));
        p->max_keys = p->keys ? 2 * p->max : 0;
        if (!p->keys)
            return -ENOMEM;
    }
    for (size_t i = 0; i < p->n; i++)
        p->keys[i] =
            (struct piece_key){.prefix = bytes_prefix(p->list[i].at, p->list[i].size), .piece = i};
    return 0;
}

/* The keys in the order of the lexemes. */
static const struct piece_key *sort_pieces(struct pieces *p)
{
    struct piece_key *keys;

    if (make_keys(p) < 0) {
        p->failed = -ENOMEM;
        return NULL;
    }
    keys = sort_by_prefix(p->keys, p->n);
    sort_alike(p, keys);
    return keys;
}

/* ---- the vector ---- */

/* How many of the `n` keys have the lexeme of the first. */
static size_t count_same(const struct pieces *p, const struct piece_key *keys, size_t n)
{
    const struct piece *first = &p->list[keys->piece];
    size_t count = 1;

    for (; count < n && keys[count].prefix == keys->prefix; count++) {
        const struct piece *other = &p->list[keys[count].piece];

        if (other->size != first->size || memcmp(other->at, first->at, first->size) != 0)
            break;
    }
    return count;
}

static int by_position(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The positions of `n` pieces with the same lexeme go to `merged`. Returns how many. */
static size_t merge_positions(struct pieces *p, const struct piece_key *keys, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const struct piece *piece = &p->list[keys[i].piece];

        for (uint32_t k = 0; k < piece->n; k++) {
            if (list_grow(&p->merged, count, &p->max_merged, sizeof(*p->merged)) < 0) {
                p->failed = -ENOMEM;
                return 0;
            }
            p->merged[count++] = piece->positions[k];
        }
    }
    if (count > 0)
        qsort(p->merged, count, sizeof(*p->merged), by_position);
    return count;
}

static void put_be16(char *to, size_t value)
{
    uint16_t wire = htobe16((uint16_t)value);

    memcpy(to, &wire, sizeof(wire));
}

/* The smallest ones, each once. Returns how many. */
static size_t put_positions(char *to, const uint16_t *list, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n && kept < VECTOR_MAX_POSITIONS; i++)
        if (i == 0 || list[i] != list[i - 1])
            put_be16(to + sizeof(uint16_t) * kept++, list[i]);
    return kept;
}

/* Appends a lexeme, of which there are `n` pieces. Returns how many positions it has. */
static size_t add_lexeme(struct pieces *p, const struct piece_key *keys, size_t n,
                         bool with_positions, struct buf *ret)
{
    const struct piece *first = &p->list[keys->piece];
    const size_t head = first->size + 1 + sizeof(uint16_t);
    char *to = buf_reserve(ret, head + VECTOR_MAX_POSITIONS * sizeof(uint16_t));
    size_t count = 0;

    if (!to)
        return 0;
    memcpy(to, first->at, first->size);
    to[first->size] = '\0';
    if (with_positions && n == 1) {
        count = put_positions(to + head, first->positions, first->n);
    } else if (with_positions) {
        count = merge_positions(p, keys, n);
        count = put_positions(to + head, p->merged, count);
    }
    put_be16(to + head - sizeof(uint16_t), count);
    buf_seal(ret, head + count * sizeof(uint16_t));
    return count;
}

/* What the server makes of a lexeme and its positions, in bytes, behind `at` others. */
static size_t stored_size(size_t at, size_t size, size_t n_positions)
{
    at += size;
    return n_positions > 0 ? at + at % 2 + 2 + 2 * n_positions : at;
}

int pieces_write(struct pieces *p, bool with_positions, struct buf *ret)
{
    size_t start = ret->size, stored = 0;
    uint32_t n_lexemes = 0, wire = 0;
    const struct piece_key *keys = p->n > 0 ? sort_pieces(p) : NULL;

    buf_add(ret, &wire, sizeof(wire));
    for (size_t i = 0, n; keys && i < p->n && stored <= VECTOR_MAX_BYTES; i += n, n_lexemes++) {
        n = count_same(p, keys + i, p->n - i);
        stored = stored_size(stored, p->list[keys[i].piece].size,
                             add_lexeme(p, keys + i, n, with_positions, ret));
    }
    if (buf_error(ret) < 0 || p->failed < 0)
        return -ENOMEM;
    if (stored > VECTOR_MAX_BYTES) {
        buf_truncate(ret, start);
        return -EFBIG;
    }
    wire = htobe32(n_lexemes);
    memcpy(ret->data + start, &wire, sizeof(wire));
    return 0;
}
