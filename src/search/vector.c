/* vector.c - see search/vector.h.
 *
 * One pass cuts the text into tokens, and keeps each different word once and its occurrences as
 * numbers of words in the order of the text. When the lexicon knows all words, a second pass over
 * the numbers gives out positions: each occurrence of a word that some dictionary knows takes the
 * next one, stop words as well. Then lexemes are sorted, those of several words merged.
 *
 * The limits are PostgreSQL's: 255 positions a lexeme, the largest position 16,383, the whole below
 * 1 MB (manual, section 12.11).
 */
#include "search/vector.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POSITION  16383u
#define MAX_POSITIONS 255u
#define MAX_VECTOR    1048575u /* bytes of lexemes and positions, as the server lays them out */
#define KEPT_BYTES    (4u << 20)

struct word {
    const char *at;
    uint32_t size;
    uint32_t hash;
    uint32_t n;     /* occurrences; then positions given out */
    uint32_t first; /* of its positions in `positions` */
    uint8_t chain;
    bool is_resolved, is_plain;
    struct lexemes lexemes;
};

/* A lexeme and the word that it comes from. */
struct pair {
    uint64_t prefix; /* of the lexeme, as a number that sorts alike */
    const char *at;
    uint32_t size;
    uint32_t word;
};

struct vector {
    const struct lexicon *lexicon;
    const char *text;
    size_t size, looked_at;
    bool is_cut_up; /* into tokens */
    struct char_pages chars;

    struct word *words;
    uint32_t n_words, max_words, n_resolved;
    uint32_t *table; /* of numbers of words, 1 and up */
    uint32_t n_slots;
    uint32_t *occurrences;
    size_t n_occurrences, max_occurrences;

    uint16_t *positions;
    size_t max_positions;
    uint16_t *merged; /* of one lexeme */
    size_t max_merged;
    struct pair *pairs;
    size_t n_pairs, max_pairs;
    struct buf lower; /* the lexemes of plain words */
    int failed;
};

struct vector *vector_new(void)
{
    return calloc(1, sizeof(struct vector));
}

static void free_lists(struct vector *v)
{
    free(v->words);
    free(v->table);
    free(v->occurrences);
    free(v->positions);
    free(v->merged);
    free(v->pairs);
    buf_done(&v->lower);
    v->words = NULL;
    v->table = v->occurrences = NULL;
    v->positions = v->merged = NULL;
    v->pairs = NULL;
    v->max_words = v->n_slots = 0;
    v->max_occurrences = v->max_positions = v->max_merged = v->max_pairs = 0;
}

struct vector *vector_free(struct vector *v)
{
    if (v)
        free_lists(v);
    free(v);
    return NULL;
}

/* Room for one more than `n`; false: none. */
static bool grow(struct vector *v, void *list, size_t n, size_t *max, size_t element)
{
    size_t new_max = MAX(*max * 2, (size_t)1024);
    void *at;

    if (n < *max)
        return true;
    at = reallocarray(*(void **)list, new_max, element);
    if (!at) {
        v->failed = -ENOMEM;
        return false;
    }
    *(void **)list = at;
    *max = new_max;
    return true;
}

/* ---- words ---- */

static void enter(struct vector *v, uint32_t number)
{
    uint32_t mask = v->n_slots - 1, i = v->words[number].hash & mask;

    while (v->table[i] != 0)
        i = (i + 1) & mask;
    v->table[i] = number + 1;
}

static bool make_table(struct vector *v)
{
    uint32_t n = MAX(v->n_slots * 2, 1024u);
    uint32_t *table = calloc(n, sizeof(*table));

    if (!table) {
        v->failed = -ENOMEM;
        return false;
    }
    free(v->table);
    v->table = table;
    v->n_slots = n;
    for (uint32_t i = 0; i < v->n_words; i++)
        enter(v, i);
    return true;
}

static bool is_ascii(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)at[i] >= 128)
            return false;
    return true;
}

static struct word *add_word(struct vector *v, const struct token *t, unsigned chain, uint32_t hash)
{
    size_t max = v->max_words;
    struct word *w;

    if (!grow(v, &v->words, v->n_words, &max, sizeof(*v->words)))
        return NULL;
    v->max_words = (uint32_t)max;
    if (v->n_words * 2 >= v->n_slots && !make_table(v))
        return NULL;
    w = &v->words[v->n_words++];
    *w = (struct word){
        .at = t->at, .size = (uint32_t)t->size, .hash = hash, .chain = (uint8_t)chain};
    w->is_plain = lexicon_is_plain(v->lexicon, chain) && is_ascii(t->at, t->size);
    enter(v, v->n_words - 1);
    return w;
}

static struct word *find_word(struct vector *v, const struct token *t, unsigned chain)
{
    uint32_t hash = lexicon_hash(v->lexicon, chain, t->at, t->size), mask = v->n_slots - 1;

    for (uint32_t i = hash & mask; v->n_slots > 0 && v->table[i] != 0; i = (i + 1) & mask) {
        struct word *w = &v->words[v->table[i] - 1];

        if (w->hash == hash && w->size == t->size && w->chain == chain &&
            memcmp(w->at, t->at, t->size) == 0)
            return w;
    }
    return add_word(v, t, chain, hash);
}

static void cut_up(struct vector *v)
{
    struct tokenizer tokenizer;
    struct token t;

    tokenizer_begin(&tokenizer, v->text, v->size, &v->chars);
    while (v->failed == 0 && tokenizer_next(&tokenizer, &t)) {
        unsigned chain = lexicon_chain(v->lexicon, t.type);
        struct word *w;

        if (chain == 0 || t.size > LEXICON_MAX_WORD)
            continue;
        w = find_word(v, &t, chain);
        if (!w || !grow(v, &v->occurrences, v->n_occurrences, &v->max_occurrences,
                        sizeof(*v->occurrences)))
            return;
        w->n++;
        v->occurrences[v->n_occurrences++] = (uint32_t)(w - v->words);
    }
    v->is_cut_up = true;
}

/* ---- questions ---- */

void vector_begin(struct vector *v, const struct lexicon *l, const char *text, size_t size)
{
    if (v->max_occurrences * sizeof(*v->occurrences) > KEPT_BYTES)
        free_lists(v);
    if (v->lexicon != l)
        v->chars = (struct char_pages){0};
    v->lexicon = l;
    v->text = text;
    v->size = size;
    v->looked_at = 0;
    v->is_cut_up = false;
    v->n_words = v->n_resolved = 0;
    v->n_occurrences = v->n_pairs = 0;
    v->failed = 0;
    if (v->table)
        memset(v->table, 0, v->n_slots * sizeof(*v->table));
}

/* One page a call is enough: few texts need more than two. */
static int ask_page(struct vector *v, vector_ask *ask, void *user)
{
    int page;

    while ((page = tokens_missing_page(v->text, v->size, &v->looked_at, &v->chars)) >= 0) {
        const struct vector_question q = {.is_page = true, .page = (unsigned)page};

        v->chars.pages[page] = lexicon_page(v->lexicon, (unsigned)page);
        if (!v->chars.pages[page]) {
            ask(user, &q);
            return 1;
        }
    }
    return 0;
}

static int ask_words(struct vector *v, vector_ask *ask, void *user)
{
    int n = 0;

    for (uint32_t i = 0; i < v->n_words; i++) {
        struct word *w = &v->words[i];
        const struct vector_question q = {.chain = w->chain, .word = w->at, .size = w->size};

        if (w->is_resolved || w->is_plain)
            continue;
        w->is_resolved = lexicon_find(v->lexicon, w->hash, w->chain, w->at, w->size, &w->lexemes);
        if (!w->is_resolved) {
            ask(user, &q);
            n++;
        }
    }
    return n;
}

int vector_missing(struct vector *v, vector_ask *ask, void *user)
{
    int n = ask_page(v, ask, user);

    if (n > 0)
        return n;
    if (!v->is_cut_up)
        cut_up(v);
    return v->failed < 0 ? v->failed : ask_words(v, ask, user);
}

/* ---- positions ---- */

static bool has_lexemes(const struct word *w)
{
    return w->is_plain || (w->lexemes.is_known && w->lexemes.n > 0);
}

static bool takes_position(const struct word *w)
{
    return w->is_plain || w->lexemes.is_known;
}

/* A part of `positions` for each word. */
static int share_positions(struct vector *v)
{
    size_t total = 0;

    for (uint32_t i = 0; i < v->n_words; i++) {
        v->words[i].first = (uint32_t)total;
        total += MIN(v->words[i].n, MAX_POSITIONS);
        v->words[i].n = 0;
    }
    if (total > v->max_positions) {
        free(v->positions);
        v->positions = malloc(total * sizeof(*v->positions));
        v->max_positions = v->positions ? total : 0;
        if (!v->positions)
            return -ENOMEM;
    }
    return 0;
}

static void give_positions(struct vector *v)
{
    uint32_t position = 0;

    for (size_t i = 0; i < v->n_occurrences; i++) {
        struct word *w = &v->words[v->occurrences[i]];
        uint16_t *mine = v->positions + w->first;

        if (!takes_position(w))
            continue;
        position = MIN(position + 1, MAX_POSITION);
        if (w->n < MAX_POSITIONS && (w->n == 0 || mine[w->n - 1] != position))
            mine[w->n++] = (uint16_t)position;
    }
}

/* ---- lexemes ---- */

static uint64_t prefix_of(const char *at, size_t size)
{
    uint64_t prefix = 0;

    memcpy(&prefix, at, MIN(size, sizeof(prefix)));
    return be64toh(prefix);
}

/* As the server sorts them: by bytes; of two that begin alike the shorter one first. */
static int by_lexeme(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order;

    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    order = memcmp(x->at, y->at, MIN(x->size, y->size));
    if (order == 0)
        order = x->size == y->size ? 0 : x->size < y->size ? -1 : 1;
    return order;
}

static void add_pair(struct vector *v, uint32_t word, const char *at, size_t size)
{
    if (grow(v, &v->pairs, v->n_pairs, &v->max_pairs, sizeof(*v->pairs)))
        v->pairs[v->n_pairs++] = (struct pair){
            .prefix = prefix_of(at, size), .at = at, .size = (uint32_t)size, .word = word};
}

/* The room for all must be there before the first is added: pairs point into it. */
static int reserve_lower(struct vector *v)
{
    size_t total = 0;

    for (uint32_t i = 0; i < v->n_words; i++)
        total += v->words[i].is_plain ? v->words[i].size : 0;
    buf_clear(&v->lower);
    return buf_reserve(&v->lower, total) ? 0 : -ENOMEM;
}

static const char *add_lower(struct vector *v, const struct word *w)
{
    char *at = v->lower.data + v->lower.size;

    for (uint32_t i = 0; i < w->size; i++)
        at[i] = (char)(w->at[i] >= 'A' && w->at[i] <= 'Z' ? w->at[i] + ('a' - 'A') : w->at[i]);
    v->lower.size += w->size;
    return at;
}

static int collect_pairs(struct vector *v, uint32_t n_words)
{
    v->n_pairs = 0;
    if (reserve_lower(v) < 0)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_words; i++) {
        const struct word *w = &v->words[i];
        struct lexemes rest = w->lexemes;

        if (!has_lexemes(w))
            continue;
        if (w->is_plain)
            add_pair(v, i, add_lower(v, w), w->size);
        while (!w->is_plain && rest.n > 0) {
            struct lexeme l = lexemes_next(&rest);

            add_pair(v, i, l.at, l.size);
        }
    }
    if (v->n_pairs > 0)
        qsort(v->pairs, v->n_pairs, sizeof(*v->pairs), by_lexeme);
    return v->failed;
}

static size_t count_same(const struct vector *v, size_t first)
{
    size_t n = 1;

    while (first + n < v->n_pairs && by_lexeme(&v->pairs[first], &v->pairs[first + n]) == 0)
        n++;
    return n;
}

static int by_position(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The positions of `n` pairs with the same lexeme, the smallest of them, go to `merged`. Returns how
 * many. */
static size_t merge_positions(struct vector *v, const struct pair *pairs, size_t n)
{
    size_t count = 0, kept = 0;
    uint16_t *all;

    for (size_t i = 0; i < n; i++) {
        const struct word *w = &v->words[pairs[i].word];

        for (uint32_t k = 0; k < w->n; k++)
            if (grow(v, &v->merged, count, &v->max_merged, sizeof(*v->merged)))
                v->merged[count++] = v->positions[w->first + k];
    }
    all = v->merged;
    if (n > 1)
        qsort(all, count, sizeof(*all), by_position);
    for (size_t i = 0; i < count && kept < MAX_POSITIONS; i++)
        if (kept == 0 || all[kept - 1] != all[i])
            all[kept++] = all[i];
    return kept;
}

/* ---- the vector ---- */

static void add_be(struct buf *b, uint32_t value, size_t size)
{
    uint32_t wire = htobe32(value << (8 * (sizeof(wire) - size)));

    buf_add(b, &wire, size);
}

/* What the server makes of a lexeme and its positions, in bytes, behind `at` others. */
static size_t stored_size(size_t at, size_t size, size_t n_positions)
{
    at += size;
    return n_positions > 0 ? at + at % 2 + 2 + 2 * n_positions : at;
}

/* Writes it unless it is longer than a vector may be: then -EFBIG. */
static int write_vector(struct vector *v, struct buf *ret, bool with_positions)
{
    size_t start = ret->size, stored = 0;
    uint32_t n_lexemes = 0, wire;

    add_be(ret, 0, 4);
    for (size_t i = 0, n; i < v->n_pairs && stored <= MAX_VECTOR; i += n, n_lexemes++) {
        const struct pair *p = &v->pairs[i];
        size_t n_positions = 0;

        n = count_same(v, i);
        if (with_positions)
            n_positions = merge_positions(v, p, n);
        stored = stored_size(stored, p->size, n_positions);
        buf_add(ret, p->at, p->size);
        buf_add_char(ret, '\0');
        add_be(ret, (uint32_t)n_positions, 2);
        for (size_t k = 0; k < n_positions; k++)
            add_be(ret, v->merged[k], 2);
    }
    if (buf_error(ret) < 0 || v->failed < 0)
        return -ENOMEM;
    if (stored > MAX_VECTOR) {
        buf_truncate(ret, start);
        return -EFBIG;
    }
    wire = htobe32(n_lexemes);
    memcpy(ret->data + start, &wire, sizeof(wire));
    return 0;
}

int vector_build(struct vector *v, struct buf *ret, enum vector_extent *ret_extent)
{
    enum vector_extent extent = VECTOR_WHOLE;
    uint32_t n_words = v->n_words;
    int r = share_positions(v);

    if (r == 0) {
        give_positions(v);
        r = collect_pairs(v, n_words);
    }
    if (r == 0)
        r = write_vector(v, ret, true);
    if (r == -EFBIG) {
        extent = VECTOR_WITHOUT_POSITIONS;
        r = write_vector(v, ret, false);
    }
    while (r == -EFBIG) { /* words are in the order of the text */
        extent = VECTOR_CUT;
        n_words -= n_words / 8 + 1;
        r = collect_pairs(v, n_words);
        if (r == 0)
            r = write_vector(v, ret, false);
    }
    if (r == 0)
        *ret_extent = extent;
    return r;
}
