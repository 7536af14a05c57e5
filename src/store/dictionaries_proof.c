/* dictionaries_proof.c - whether what dictionaries answer word by word makes the database's vectors.
 *
 * The first configuration is held to the whole sample: characters, parser, limits. That is the same
 * for all, so of the others a short one is enough, and all of them are asked together.
 */
#include "dictionaries_proof.h"

#include "search/sample.h"
#include "sql.h"
#include "store/lesson.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char no_memory[] = "there is no memory for a sample";
static const char cannot_be_sent[] =
    "of some words its dictionaries make what no vector can be sent with";
static const char is_another[] = "a sample text got another vector from the database";

void text_config_leave(struct text_config *c, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(c->why, sizeof(c->why), format, arguments);
    va_end(arguments);
    c->state = CONFIG_LEFT;
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
    int r = 1;

    if (!params)
        reason_set(why, "there is no memory for a question");
    else if (session_run(s, lesson_fill(lesson, d, chain, params), params, &rows, &failure) != 0)
        reason_set(why, "the database says: %s", failure.text);
    else if (!lesson_take(lesson, l, chain, rows))
        reason_set(why, "the lexicon is too small");
    else
        r = 0;
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
        if (missing < 0 || p.failed < 0) {
            reason_set(why, "there is no memory for questions");
            r = 1;
        }
        lesson_sort(&p.lesson);
        for (unsigned i = 0; i < p.lesson.n_asked && r == 0; i++)
            r = ask(s, d, l, &p.lesson, p.lesson.asked[i], why);
        if (r == 0 && !lesson_is_learned(&p.lesson, l)) {
            reason_set(why, "%s", cannot_be_sent);
            r = 1;
        }
    } while (missing > 0 && r == 0);
    lesson_done(&p.lesson);
    return r;
}

/* ---- samples ---- */

struct proof {
    struct session *session;
    struct dictionaries *dictionaries;
    struct lexicon *lexicon;
    struct vector *vector;
    struct buf sample;
    struct buf ours[LANGUAGES_MAX_CONFIGS];          /* vectors of the sample */
    struct text_config *list[LANGUAGES_MAX_CONFIGS]; /* they are of these */
    size_t n;
};

/* Our vector of the sample, to be compared. */
static void make(struct proof *p, struct text_config *c)
{
    unsigned config = (unsigned)(c - p->dictionaries->configs);
    struct buf *ours = &p->ours[p->n];
    struct reason why = {""};
    enum vector_extent extent;

    vector_begin(p->vector, p->lexicon, config, p->sample.data, p->sample.size);
    buf_clear(ours);
    if (dictionaries_teach(p->session, p->dictionaries, p->lexicon, p->vector, &why) != 0)
        text_config_leave(c, "%s", why.text);
    else if (vector_build(p->vector, ours, &extent, NULL, NULL) < 0)
        text_config_leave(c, "%s", no_memory);
    else
        p->list[p->n++] = c;
}

static void compare_rows(struct proof *p, const struct rows *rows)
{
    for (size_t i = 0; i < p->n; i++) {
        size_t n = 0;
        const char *theirs = i < rows_count(rows) ? rows_bytes(rows, i, 0, &n) : "";

        if (n != p->ours[i].size || memcmp(theirs, p->ours[i].data, n) != 0)
            text_config_leave(p->list[i], "%s", is_another);
    }
}

static struct params *names_and_sample(const struct proof *p)
{
    struct params *params = params_new();

    if (!params)
        return NULL;
    params_add_array(params, PARAM_TEXT, p->n);
    for (size_t i = 0; i < p->n; i++)
        params_element(params, p->list[i]->name, strlen(p->list[i]->name));
    params_add_text(params, p->sample.data, p->sample.size);
    return params;
}

/* Of those in the list, in one statement. */
static void compare(struct proof *p)
{
    struct params *params = p->n > 0 ? names_and_sample(p) : NULL;
    struct db_failure failure = {.text = "nothing: there is no memory to ask"};
    struct rows *rows = NULL;

    if (params && session_run(p->session, sql_lexicon_samples, params, &rows, &failure) == 0)
        compare_rows(p, rows);
    else
        for (size_t i = 0; i < p->n; i++)
            text_config_leave(p->list[i], "the database says: %s", failure.text);
    (void)rows_free(rows);
    (void)params_free(params);
    p->n = 0;
}

/* Returns how many configurations are done with: with the whole sample, up to the first that passes. */
static unsigned prove_first(struct proof *p)
{
    unsigned i = 0;
    bool passed = false;

    for (; i < LANGUAGES_MAX_CONFIGS && !passed; i++) {
        struct text_config *c = &p->dictionaries->configs[i];

        if (c->state != CONFIG_KNOWN)
            continue;
        make(p, c);
        compare(p);
        passed = c->state == CONFIG_KNOWN;
    }
    return i;
}

static void prove_others(struct proof *p, unsigned from)
{
    for (unsigned i = from; i < LANGUAGES_MAX_CONFIGS; i++)
        if (p->dictionaries->configs[i].state == CONFIG_KNOWN)
            make(p, &p->dictionaries->configs[i]);
    compare(p);
}

static void leave_all(struct dictionaries *d)
{
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (d->configs[i].state == CONFIG_KNOWN)
            text_config_leave(&d->configs[i], "%s", no_memory);
}

void dictionaries_prove(struct session *s, struct dictionaries *d, struct lexicon *l)
{
    struct proof p = {.session = s, .dictionaries = d, .lexicon = l, .vector = vector_new()};
    bool can = p.vector && sample_make(&p.sample) == 0;
    unsigned done = can ? prove_first(&p) : 0;

    buf_clear(&p.sample);
    if (can && sample_make_short(&p.sample) == 0)
        prove_others(&p, done);
    else
        leave_all(d);
    (void)vector_free(p.vector);
    buf_done(&p.sample);
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        buf_done(&p.ours[i]);
}
