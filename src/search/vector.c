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

#include "pieces.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES  (4u << 20)
#define WORDS_AHEAD 16u /* of the lexicon's entries that are on their way from memory */

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

struct vector {
    const struct lexicon *lexicon;
    unsigned config;
    const char *text;
    size_t size, known_up_to; /* of its characters */
    bool is_cut_up;           /* into tokens */
    struct char_pages chars;

    struct word *words;
    uint32_t n_words, max_words, n_resolved;
    uint32_t *table; /* of numbers of words, 1 and up */
    uint32_t n_slots;
    uint32_t *occurrences;
    size_t n_occurrences, max_occurrences;

    uint16_t *positions;
    size_t max_positions;
    struct pieces pieces;
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
    pieces_done(&v->pieces);
    buf_done(&v->lower);
    v->words = NULL;
    v->table = v->occurrences = NULL;
    v->positions = NULL;
    v->max_words = v->n_slots = 0;
    v->max_occurrences = v->max_positions = 0;
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
    if (list_grow(list, n, max, element) < 0)
        v->failed = -ENOMEM;
    return v->failed == 0;
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
    w->is_plain = lexicon_chain_flags(v->lexicon, chain) & CHAIN_PLAIN && is_ascii(t->at, t->size);
    enter(v, v->n_words - 1);
    lexicon_expect_slot(v->lexicon, hash);
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
    const uint8_t *chains = lexicon_chains(v->lexicon, v->config);
    struct tokenizer tokenizer;
    struct token t;

    tokenizer_begin(&tokenizer, v->text, v->size, &v->chars);
    while (v->failed == 0 && tokenizer_next(&tokenizer, &t)) {
        unsigned chain = chains[t.type];
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

void vector_begin(struct vector *v, const struct lexicon *l, unsigned config, const char *text,
                  size_t size)
{
    if (v->max_occurrences * sizeof(*v->occurrences) > KEPT_BYTES)
        free_lists(v);
    if (v->lexicon != l)
        v->chars = (struct char_pages){0};
    v->lexicon = l;
    v->config = config;
    v->text = text;
    v->size = size;
    v->known_up_to = 0;
    v->is_cut_up = false;
    v->n_words = v->n_resolved = 0;
    v->n_occurrences = 0;
    v->failed = 0;
    if (v->table)
        memset(v->table, 0, v->n_slots * sizeof(*v->table));
}

static int ask_pages(struct vector *v, vector_ask *ask, void *user)
{
    uint8_t asked[CHAR_N_PAGES] = {0};
    size_t at = v->known_up_to;
    int page, n = 0;

    while ((page = tokens_missing_page(v->text, v->size, &at, &v->chars)) >= 0) {
        const struct vector_question q = {.is_page = true, .page = (unsigned)page};

        v->chars.pages[page] = lexicon_page(v->lexicon, (unsigned)page);
        if (v->chars.pages[page] || asked[page])
            continue;
        asked[page] = true;
        ask(user, &q);
        n++;
    }
    if (n == 0)
        v->known_up_to = v->size;
    return n;
}

static struct vector_question question_of(const struct vector *v, const struct word *w)
{
    return (struct vector_question){
        .chain = w->chain,
        .word = w->at,
        .size = w->size,
        .may_stay_open = lexicon_chain_flags(v->lexicon, w->chain) & CHAIN_TOTAL,
    };
}

static int ask_words(struct vector *v, vector_ask *ask, void *user)
{
    int n = 0;

    for (uint32_t i = 0; i < v->n_words; i++) {
        struct word *w = &v->words[i];

        if (i + WORDS_AHEAD < v->n_words)
            lexicon_expect_entry(v->lexicon, v->words[i + WORDS_AHEAD].hash);
        if (w->is_resolved || w->is_plain)
            continue;
        w->is_resolved = lexicon_find(v->lexicon, w->hash, w->chain, w->at, w->size, &w->lexemes);
        if (!w->is_resolved) {
            const struct vector_question q = question_of(v, w);

            ask(user, &q);
            n++;
        }
    }
    return n;
}

int vector_missing(struct vector *v, vector_ask *ask, void *user)
{
    int n = ask_pages(v, ask, user);

    if (n > 0)
        return n;
    if (!v->is_cut_up)
        cut_up(v);
    return v->failed < 0 ? v->failed : ask_words(v, ask, user);
}

/* ---- positions ---- */

static bool is_open(const struct word *w)
{
    return !w->is_plain && !w->is_resolved;
}

static bool takes_position(const struct word *w)
{
    return w->is_plain || is_open(w) || w->lexemes.is_known;
}

/* A part of `positions` for each word. */
static int share_positions(struct vector *v)
{
    size_t total = 0;

    for (uint32_t i = 0; i < v->n_words; i++) {
        v->words[i].first = (uint32_t)total;
        total += MIN(v->words[i].n, VECTOR_MAX_POSITIONS);
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
        position = MIN(position + 1, VECTOR_MAX_POSITION);
        if (w->n < VECTOR_MAX_POSITIONS && (w->n == 0 || mine[w->n - 1] != position))
            mine[w->n++] = (uint16_t)position;
    }
}

/* ---- lexemes ---- */

/* The room for all must be there before the first is added: pieces point into it. */
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

/* Of the first `n_words`: words are in the order of the text. */
static int collect_pieces(struct vector *v, uint32_t n_words)
{
    pieces_clear(&v->pieces);
    if (reserve_lower(v) < 0)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_words; i++) {
        const struct word *w = &v->words[i];
        const uint16_t *positions = v->positions + w->first;
        struct lexemes rest = w->lexemes;

        if (w->is_plain)
            pieces_add(&v->pieces, add_lower(v, w), w->size, positions, w->n);
        while (!w->is_plain && w->is_resolved && rest.n > 0) {
            struct lexeme l = lexemes_next(&rest);

            pieces_add(&v->pieces, l.at, l.size, positions, w->n);
        }
    }
    return v->pieces.failed;
}

/* Returns how many there are. */
static size_t tell_open(const struct vector *v, vector_open *open, void *user)
{
    size_t n = 0;

    for (uint32_t i = 0; i < v->n_words; i++) {
        const struct word *w = &v->words[i];
        const struct vector_question q = question_of(v, w);

        if (!is_open(w))
            continue;
        n++;
        if (open)
            open(user, &q, v->positions + w->first, w->n);
    }
    return n;
}

/* ---- the vector ---- */

/* Less and less of it, until it is short enough. */
static int build_shortened(struct vector *v, struct buf *ret, enum vector_extent *ret_extent)
{
    uint32_t n_words = v->n_words;
    int r = pieces_write(&v->pieces, false, ret);

    *ret_extent = VECTOR_WITHOUT_POSITIONS;
    while (r == -EFBIG) {
        *ret_extent = VECTOR_CUT;
        n_words -= n_words / 8 + 1;
        r = collect_pieces(v, n_words);
        if (r == 0)
            r = pieces_write(&v->pieces, false, ret);
    }
    return r;
}

int vector_build(struct vector *v, struct buf *ret, enum vector_extent *ret_extent,
                 vector_open *open, void *user)
{
    int r = share_positions(v);

    if (r == 0) {
        give_positions(v);
        r = collect_pieces(v, v->n_words);
    }
    if (r == 0)
        r = pieces_write(&v->pieces, true, ret);
    *ret_extent = VECTOR_WHOLE;
    if (r == 0)
        (void)tell_open(v, open, user);
    else if (r == -EFBIG && tell_open(v, NULL, NULL) == 0)
        r = build_shortened(v, ret, ret_extent);
    return r;
}
