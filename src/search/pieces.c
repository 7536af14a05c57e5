/* pieces.c - see pieces.h. */
#include "pieces.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

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
    free(p->merged);
    *p = (struct pieces){0};
}

void pieces_clear(struct pieces *p)
{
    p->n = 0;
    p->failed = 0;
}

static uint64_t prefix_of(const char *at, size_t size)
{
    uint64_t prefix = 0;

    memcpy(&prefix, at, MIN(size, sizeof(prefix)));
    return be64toh(prefix);
}

void pieces_add(struct pieces *p, const char *lexeme, size_t size, const uint16_t *positions,
                size_t n)
{
    if (list_grow(&p->list, p->n, &p->max, sizeof(*p->list)) < 0) {
        p->failed = -ENOMEM;
        return;
    }
    p->list[p->n++] = (struct piece){.prefix = prefix_of(lexeme, size),
                                     .at = lexeme,
                                     .size = (uint32_t)size,
                                     .positions = positions,
                                     .n = (uint32_t)n};
}

/* As the server sorts them: by bytes; of two that begin alike the shorter one first. */
static int by_lexeme(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order;

    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    order = memcmp(x->at, y->at, MIN(x->size, y->size));
    if (order == 0)
        order = x->size == y->size ? 0 : x->size < y->size ? -1 : 1;
    return order;
}

static size_t count_same(const struct pieces *p, size_t first)
{
    size_t n = 1;

    while (first + n < p->n && by_lexeme(&p->list[first], &p->list[first + n]) == 0)
        n++;
    return n;
}

static int by_position(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The positions of `n` pieces with the same lexeme, the smallest of them, go to `merged`. Returns
 * how many. */
static size_t merge_positions(struct pieces *p, const struct piece *list, size_t n)
{
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < list[i].n; k++) {
            if (list_grow(&p->merged, count, &p->max_merged, sizeof(*p->merged)) < 0) {
                p->failed = -ENOMEM;
                return 0;
            }
            p->merged[count++] = list[i].positions[k];
        }
    }
    if (n > 1 && count > 0)
        qsort(p->merged, count, sizeof(*p->merged), by_position);
    for (size_t i = 0; i < count && kept < VECTOR_MAX_POSITIONS; i++)
        if (kept == 0 || p->merged[kept - 1] != p->merged[i])
            p->merged[kept++] = p->merged[i];
    return kept;
}

static void add_be16(struct buf *b, size_t value)
{
    uint16_t wire = htobe16((uint16_t)value);

    buf_add(b, &wire, sizeof(wire));
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

    if (p->n > 0)
        qsort(p->list, p->n, sizeof(*p->list), by_lexeme);
    buf_add(ret, &wire, sizeof(wire));
    for (size_t i = 0, n; i < p->n && stored <= VECTOR_MAX_BYTES; i += n, n_lexemes++) {
        const struct piece *first = &p->list[i];
        size_t n_positions = 0;

        n = count_same(p, i);
        if (with_positions)
            n_positions = merge_positions(p, first, n);
        stored = stored_size(stored, first->size, n_positions);
        buf_add(ret, first->at, first->size);
        buf_add_char(ret, '\0');
        add_be16(ret, n_positions);
        for (size_t k = 0; k < n_positions; k++)
            add_be16(ret, p->merged[k]);
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
