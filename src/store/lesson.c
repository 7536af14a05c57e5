/* lesson.c - see store/lesson.h. The statements need no transaction of their own and no settings: they
 * read catalogs only, and a server that hangs is found out by the deadline of the request. */
#include "store/lesson.h"

#include "base/utf8.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LEXEME 2047u /* bytes (PostgreSQL: MAXSTRLEN) */

void lesson_done(struct lesson *l)
{
    free(l->list);
    *l = (struct lesson){0};
}

static bool is_known(const struct lexicon *l, const struct vector_question *q)
{
    struct lexemes found;

    if (q->is_page)
        return lexicon_page(l, q->page);
    return lexicon_find(l, lexicon_hash(l, q->chain, q->word, q->size), q->chain, q->word, q->size,
                        &found);
}

int lesson_add(struct lesson *l, const struct lexicon *known, const struct vector_question *q)
{
    if (is_known(known, q))
        return 0;
    if (l->n == l->max) {
        size_t max = MAX(l->max * 2, (size_t)256);
        void *list = reallocarray(l->list, max, sizeof(*l->list));

        if (!list)
            return -ENOMEM;
        l->list = list;
        l->max = max;
    }
    l->list[l->n++] = *q;
    return 0;
}

bool lesson_is_learned(const struct lesson *l, const struct lexicon *lexicon)
{
    for (size_t i = 0; i < l->n; i++)
        if (!is_known(lexicon, &l->list[i]))
            return false;
    return true;
}

/* By word as well, so that what several ask is asked once. */
static int by_chain(const void *a, const void *b)
{
    const struct vector_question *x = a, *y = b;
    int order;

    if (x->chain != y->chain)
        return x->chain < y->chain ? -1 : 1;
    if (x->is_page)
        return x->page == y->page ? 0 : x->page < y->page ? -1 : 1;
    order = memcmp(x->word, y->word, MIN(x->size, y->size));
    if (order == 0)
        order = x->size == y->size ? 0 : x->size < y->size ? -1 : 1;
    return order;
}

void lesson_sort(struct lesson *l)
{
    size_t kept = 0;

    if (l->n > 0)
        qsort(l->list, l->n, sizeof(*l->list), by_chain);
    for (size_t i = 0; i < l->n; i++)
        if (kept == 0 || by_chain(&l->list[kept - 1], &l->list[i]) != 0)
            l->list[kept++] = l->list[i];
    l->n = kept;
    memset(l->chains, 0, sizeof(l->chains));
    l->n_asked = 0;
    for (size_t i = 0; i < l->n; i++) {
        unsigned chain = l->list[i].chain;

        if (l->chains[chain].n++ == 0) {
            l->chains[chain].first = i;
            l->asked[l->n_asked++] = chain;
        }
    }
}

static void add_pages(struct params *params, const struct vector_question *q, size_t n)
{
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, q[i].page);
}

static void add_words(struct params *params, const struct vector_question *q, size_t n)
{
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < n; i++)
        params_element(params, q[i].word, q[i].size);
}

static void add_dictionaries(struct params *params, const struct chain *c)
{
    params_add_array(params, PARAM_INT8, c->n);
    for (unsigned i = 0; i < c->n; i++)
        params_element_int8(params, c->list[i]);
}

const char *lesson_fill(const struct lesson *l, const struct dictionaries *d, unsigned chain,
                        struct params *params)
{
    const struct vector_question *q = l->list + l->chains[chain].first;
    const struct chain *c = &d->chains[chain];
    size_t n = l->chains[chain].n;
    bool is_alone = c->n == 1 && !c->filters;

    if (chain == 0) {
        add_pages(params, q, n);
        return sql_lexicon_pages;
    }
    if (is_alone)
        params_add_int8(params, c->list[0]);
    else
        add_dictionaries(params, c);
    add_words(params, q, n);
    return is_alone     ? sql_lexicon_words
           : c->filters ? sql_lexicon_words_filtered
                        : sql_lexicon_words_of_chain;
}

/* ---- answers ---- */

static bool take_pages(struct lexicon *lexicon, const struct rows *rows)
{
    bool has_room = true;

    for (size_t i = 0; i < rows_count(rows) && has_room; i++) {
        size_t size;
        const char *classes = rows_bytes(rows, i, 1, &size);
        int64_t page = rows_int(rows, i, 0);

        has_room = size == CHAR_PAGE_SIZE && page >= 0 && page < CHAR_N_PAGES &&
                   lexicon_add_page(lexicon, (unsigned)page, (const uint8_t *)classes);
    }
    return has_room;
}

/* Appends the lexemes to `list`, as a lexicon has them, and returns how many.
 *
 * In lower case a word may be longer than a lexeme can be. That is passed over, as PostgreSQL passes
 * over words that are too long; to_tsvector() makes of it a vector with a broken length. */
static unsigned list_lexemes(struct rows_array array, struct buf *list)
{
    unsigned n = 0;

    while (array.n > 0) {
        size_t size;
        const char *lexeme = rows_array_next(&array, &size);
        uint16_t prefix = (uint16_t)size;

        if (size > MAX_LEXEME)
            continue;
        buf_add(list, &prefix, sizeof(prefix));
        buf_add(list, lexeme, size);
        n++;
    }
    return n;
}

/* A dictionary may cut a character in two. to_tsvector() lets that pass; as a part of a vector that
 * is sent to the server it would be refused (tsvectorrecv). */
static bool can_be_sent(struct rows_array array)
{
    while (array.n > 0) {
        size_t size;
        const char *lexeme = rows_array_next(&array, &size);

        if (utf8_valid_prefix(lexeme, size) != size)
            return false;
    }
    return true;
}

static bool take_word(struct lexicon *lexicon, const struct vector_question *q,
                      const struct rows *rows, size_t row, struct buf *list)
{
    struct rows_array array = rows_text_array(rows, row, 0);
    struct lexemes lexemes = {.is_known = !rows_is_null(rows, row, 0)};

    if (!can_be_sent(array))
        return true;
    buf_clear(list);
    lexemes.n = list_lexemes(array, list);
    lexemes.at = buf_text(list);
    return buf_error(list) == 0 && lexicon_add_word(lexicon, q->chain, q->word, q->size, &lexemes);
}

bool lesson_take(const struct lesson *l, struct lexicon *lexicon, unsigned chain,
                 const struct rows *rows)
{
    const struct vector_question *q = l->list + l->chains[chain].first;
    struct buf list = BUF_INIT;
    bool has_room = rows_count(rows) == l->chains[chain].n || chain == 0;

    if (chain == 0)
        return take_pages(lexicon, rows);
    for (size_t i = 0; i < rows_count(rows) && has_room; i++)
        has_room = take_word(lexicon, &q[i], rows, i, &list);
    buf_done(&list);
    return has_room;
}

bool lesson_take_all(const struct lesson *l, struct lexicon *lexicon, struct rows *const *results)
{
    bool has_room = true;

    for (unsigned i = 0; i < l->n_asked && has_room; i++)
        has_room = lesson_take(l, lexicon, l->asked[i], results[i]);
    return has_room;
}
