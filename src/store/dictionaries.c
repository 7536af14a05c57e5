/* dictionaries.c - see store/dictionaries.h: what workers must be given to make search vectors, and
 * whether they can.
 *
 * Blocking, over a session; no table of penstock's is needed, so it can be asked before there is a
 * schema. The pool does it at boot, `penstock doctor` at any time: both come to the same judgement,
 * in the same words. What is learned later, while documents come, the pool asks by itself (lesson.h).
 */
#include "store/dictionaries.h"

#include "search/sample.h"
#include "sql.h"
#include "store/lesson.h"

#include <stdlib.h>
#include <string.h>

/* Columns of lexicon_chains.sql. */
enum column {
    TYPE,
    CHAIN,
    LIST,
    IS_PLAIN,
    IS_TOTAL,
    FILTERS,
    PARSER,
    STRANGE,
    STRANGE_TEMPLATE,
    IS_THESAURUS
};

static int cannot(struct reason *why, const char *sentence)
{
    reason_set(why, "%s", sentence);
    return 1;
}

static int refused(struct reason *why, const struct db_failure *failure)
{
    reason_set(why, "the database says: %s", failure->text);
    return 1;
}

/* ---- the configuration ---- */

/* A list such as {13261,3765}. */
static bool read_list(struct chain *c, const char *list)
{
    char *end;

    c->n = 0;
    while (*list == '{' || *list == ',') {
        if (c->n == CHAIN_MAX_DICTIONARIES)
            return false;
        c->list[c->n++] = (int64_t)strtoul(list + 1, &end, 10);
        list = end;
    }
    return c->n > 0;
}

/* Whether words can be judged one by one, by the dictionaries of a row; else why not. */
static int judge(const struct rows *rows, size_t i, struct reason *why)
{
    if (!rows_is_null(rows, i, PARSER)) {
        reason_set(why, "its parser is %s, not PostgreSQL's own",
                   rows_bytes(rows, i, PARSER, NULL));
        return 1;
    }
    if (rows_is_null(rows, i, STRANGE))
        return 0;
    reason_set(why, "dictionary %s is of template %s, which %s", rows_bytes(rows, i, STRANGE, NULL),
               rows_bytes(rows, i, STRANGE_TEMPLATE, NULL),
               rows_bool(rows, i, IS_THESAURUS) ? "looks at more than a word"
                                                : "perhaps looks at more than a word");
    return 1;
}

static int take_chain(struct dictionaries *d, const struct rows *rows, size_t i, struct reason *why)
{
    int64_t type = rows_int(rows, i, TYPE), chain = rows_int(rows, i, CHAIN);
    struct chain *c;

    if (type < 1 || type >= TOKEN_N_TYPES || chain < 1 || chain >= LEXICON_MAX_CHAINS)
        return cannot(why, "it has too many lists of dictionaries");
    c = &d->chains[chain];
    d->chain_of[type] = (uint8_t)chain;
    c->filters = rows_bool(rows, i, FILTERS);
    c->flags = (rows_bool(rows, i, IS_PLAIN) ? CHAIN_PLAIN : 0) |
               (rows_bool(rows, i, IS_TOTAL) ? CHAIN_TOTAL : 0);
    if (!read_list(c, rows_bytes(rows, i, LIST, NULL)))
        return cannot(why, "a list of its dictionaries is too long");
    return 0;
}

static int load(struct session *s, const char *configuration, struct dictionaries *d,
                struct reason *why)
{
    struct params *params = params_new();
    struct rows *rows = NULL;
    struct db_failure failure;
    int r = 0;

    if (!params)
        return cannot(why, "there is no memory to look it up");
    params_add_text(params, configuration, strlen(configuration));
    if (session_run(s, sql_lexicon_chains, params, &rows, &failure) != 0)
        r = refused(why, &failure);
    for (size_t i = 0; r == 0 && i < rows_count(rows); i++) {
        r = judge(rows, i, why);
        if (r == 0)
            r = take_chain(d, rows, i, why);
    }
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

int dictionaries_lexicon(const struct dictionaries *d, size_t bytes, struct lexicon **ret)
{
    struct lexicon *l;
    int r = lexicon_new(bytes, &l);

    if (r < 0)
        return r;
    for (unsigned type = 0; type < TOKEN_N_TYPES; type++)
        lexicon_set_chain(l, (enum token_type)type, d->chain_of[type],
                          d->chains[d->chain_of[type]].flags);
    *ret = l;
    return 0;
}

/* ---- answers, one statement after the other ---- */

struct pupil {
    struct lesson lesson;
    const struct lexicon *lexicon;
    int failed;
};

static void note_question(void *user, const struct vector_question *q)
{
    struct pupil *p = user;

    if (p->failed == 0)
        p->failed = lesson_add(&p->lesson, p->lexicon, q);
}

static int ask(struct session *s, const struct dictionaries *d, struct lexicon *l,
               const struct lesson *lesson, unsigned chain, struct reason *why)
{
    struct params *params = params_new();
    struct db_failure failure;
    struct rows *rows = NULL;
    int r = 0;

    if (!params)
        return cannot(why, "there is no memory for a question");
    if (session_run(s, lesson_fill(lesson, d, chain, params), params, &rows, &failure) != 0)
        r = refused(why, &failure);
    else if (!lesson_take(lesson, l, chain, rows))
        r = cannot(why, "the lexicon is too small");
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

int dictionaries_teach(struct session *s, const struct dictionaries *d, struct lexicon *l,
                       struct vector *v, struct reason *why)
{
    struct pupil p = {.lexicon = l};
    int missing, r = 0;

    do {
        p.lesson.n = 0;
        missing = vector_missing(v, note_question, &p);
        if (missing < 0 || p.failed < 0)
            r = cannot(why, "there is no memory for questions");
        lesson_sort(&p.lesson);
        for (unsigned i = 0; i < p.lesson.n_asked && r == 0; i++)
            r = ask(s, d, l, &p.lesson, p.lesson.asked[i], why);
        if (r == 0 && !lesson_is_learned(&p.lesson, l))
            r = cannot(why, "of some words its dictionaries make what no vector can be sent with");
    } while (missing > 0 && r == 0);
    lesson_done(&p.lesson);
    return r;
}

/* ---- the sample ---- */

/* Our vector of the sample is compared with that of the database. */
static int compare(struct session *s, const char *configuration, const struct buf *sample,
                   const struct buf *ours, struct reason *why)
{
    struct params *params = params_new();
    struct rows *rows = NULL;
    struct db_failure failure;
    int r = 0;

    if (!params)
        return cannot(why, "there is no memory for a sample");
    params_add_text(params, configuration, strlen(configuration));
    params_add_text(params, sample->data, sample->size);
    if (session_run(s, sql_lexicon_sample, params, &rows, &failure) != 0) {
        r = refused(why, &failure);
    } else {
        size_t n = 0;
        const char *theirs = rows_bytes(rows, 0, 0, &n);

        if (n != ours->size || memcmp(theirs, ours->data, n) != 0)
            r = cannot(why, "a sample text got another vector from the database");
    }
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

static int prove(struct session *s, const char *configuration, const struct dictionaries *d,
                 struct lexicon *l, struct reason *why)
{
    struct vector *v = vector_new();
    struct buf sample = BUF_INIT, ours = BUF_INIT;
    enum vector_extent extent;
    int r = 1;

    if (!v || sample_make(&sample) < 0) {
        (void)cannot(why, "there is no memory for a sample");
    } else {
        vector_begin(v, l, sample.data, sample.size);
        r = dictionaries_teach(s, d, l, v, why);
        if (r == 0 && vector_build(v, &ours, &extent, NULL, NULL) < 0)
            r = cannot(why, "there is no memory for a sample");
        if (r == 0)
            r = compare(s, configuration, &sample, &ours, why);
    }
    (void)vector_free(v);
    buf_done(&sample);
    buf_done(&ours);
    return r;
}

int dictionaries_open(struct session *s, const char *configuration, size_t bytes,
                      struct dictionaries *ret, struct lexicon **ret_lexicon, struct reason *why)
{
    struct dictionaries d = {0};
    struct lexicon *l = NULL;
    int r = load(s, configuration, &d, why);

    if (r == 0 && dictionaries_lexicon(&d, bytes, &l) < 0)
        r = cannot(why, "the memory for a lexicon cannot be had");
    if (r == 0)
        r = prove(s, configuration, &d, l, why);
    if (r != 0) {
        (void)lexicon_free(l);
        return r;
    }
    *ret = d;
    *ret_lexicon = l;
    return 0;
}
