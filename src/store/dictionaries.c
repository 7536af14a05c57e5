/* dictionaries.c - see store/dictionaries.h: which text search configurations documents get, what
 * workers must be given to make their search vectors, and whether they can.
 *
 * Blocking, over a session; no table of penstock's is needed, so it can be asked before there is a
 * schema. The pool does it at boot, `penstock doctor` at any time: both come to the same judgement,
 * in the same words. What is learned later, while documents come, the pool asks by itself (lesson.h).
 */
#include "dictionaries_proof.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Room for the samples of all configurations; what workers are given may be smaller. */
#define PROOF_BYTES ((size_t)4 << 20)

/* Columns of lexicon_chains.sql. */
enum column {
    CONFIG,
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

/* ---- which there are ---- */

/* `simple` is 0: for documents whose language is not known, or has none. */
static void add_languages(struct params *params)
{
    static const char fallback[] = "simple";
    const char *name;
    size_t n = 1;

    while (languages_config_name((unsigned)n))
        n++;
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, (int64_t)i);
    params_add_array(params, PARAM_TEXT, n);
    params_element(params, fallback, strlen(fallback));
    for (unsigned i = 1; i < n; i++) {
        name = languages_config_name(i);
        params_element(params, name, strlen(name));
    }
}

static void take_names(struct dictionaries *d, const struct rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t config = rows_int(rows, i, 0);
        size_t n = 0;
        const char *name = rows_bytes(rows, i, 1, &n);
        struct text_config *c = &d->configs[config];

        if (config < 0 || config >= LANGUAGES_MAX_CONFIGS || n >= sizeof(c->name))
            continue;
        memcpy(c->name, name, n);
        c->state = CONFIG_LEFT;
    }
}

int dictionaries_find(struct session *s, const char *setting, struct dictionaries *ret,
                      struct db_failure *failure)
{
    bool all = strcasecmp(setting, "auto") == 0;
    struct params *params = params_new();
    struct rows *rows = NULL;
    int r = 1;

    memset(ret, 0, sizeof(*ret));
    *failure = (struct db_failure){.class = SQLSTATE_RETRY, .text = "out of memory"};
    if (!params)
        return 1;
    if (all)
        add_languages(params);
    else
        params_add_text(params, setting, strlen(setting));
    r = session_run(s, all ? sql_text_configs_visible : sql_text_config_named, params, &rows,
                    failure);
    if (r == 0)
        take_names(ret, rows);
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

/* ---- what they are made of ---- */

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

/* Leaves a configuration whose words cannot be judged one by one. */
static void judge(struct text_config *c, const struct rows *rows, size_t i)
{
    if (!rows_is_null(rows, i, PARSER))
        text_config_leave(c, "its parser is %s, not PostgreSQL's own",
                          rows_bytes(rows, i, PARSER, NULL));
    else if (!rows_is_null(rows, i, STRANGE))
        text_config_leave(c, "dictionary %s is of template %s, which %s",
                          rows_bytes(rows, i, STRANGE, NULL),
                          rows_bytes(rows, i, STRANGE_TEMPLATE, NULL),
                          rows_bool(rows, i, IS_THESAURUS) ? "looks at more than a word"
                                                           : "perhaps looks at more than a word");
}

static void take_chain(struct dictionaries *d, struct text_config *config, const struct rows *rows,
                       size_t i)
{
    int64_t type = rows_int(rows, i, TYPE), chain = rows_int(rows, i, CHAIN);
    struct chain *c;

    if (type < 1 || type >= TOKEN_N_TYPES || chain < 1 || chain >= LEXICON_MAX_CHAINS) {
        text_config_leave(config, "there are too many lists of dictionaries");
        return;
    }
    c = &d->chains[chain];
    config->chain_of[type] = (uint8_t)chain;
    c->filters = rows_bool(rows, i, FILTERS);
    c->flags = (rows_bool(rows, i, IS_PLAIN) ? CHAIN_PLAIN : 0) |
               (rows_bool(rows, i, IS_TOTAL) ? CHAIN_TOTAL : 0);
    if (!read_list(c, rows_bytes(rows, i, LIST, NULL)))
        text_config_leave(config, "a list of its dictionaries is too long");
}

static void take_chains(struct dictionaries *d, const struct rows *rows)
{
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (d->configs[i].state != CONFIG_ABSENT)
            d->configs[i].state = CONFIG_KNOWN;
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct text_config *c = &d->configs[rows_int(rows, i, CONFIG)];

        if (c->state == CONFIG_KNOWN)
            judge(c, rows, i);
        if (c->state == CONFIG_KNOWN)
            take_chain(d, c, rows, i);
    }
}

static void add_configs(struct params *params, const struct dictionaries *d)
{
    size_t n = 0;

    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        n += d->configs[i].state != CONFIG_ABSENT;
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (d->configs[i].state != CONFIG_ABSENT)
            params_element_int8(params, (int64_t)i);
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (d->configs[i].state != CONFIG_ABSENT)
            params_element(params, d->configs[i].name, strlen(d->configs[i].name));
}

static int load(struct session *s, struct dictionaries *d, struct reason *why)
{
    struct params *params = params_new();
    struct rows *rows = NULL;
    struct db_failure failure;
    int r;

    reason_set(why, "there is no memory to look it up");
    if (!params)
        return 1;
    add_configs(params, d);
    r = session_run(s, sql_lexicon_chains, params, &rows, &failure);
    if (r == 0)
        take_chains(d, rows);
    else
        reason_set(why, "the database says: %s", failure.text);
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

static void set_config(struct lexicon *l, unsigned config, const struct dictionaries *d)
{
    const struct text_config *c = &d->configs[config];

    lexicon_set_config(l, config, c->state);
    for (unsigned type = 0; type < TOKEN_N_TYPES && c->state == CONFIG_KNOWN; type++)
        lexicon_set_chain(l, config, (enum token_type)type, c->chain_of[type],
                          d->chains[c->chain_of[type]].flags);
}

static void set_configs(struct lexicon *l, const struct dictionaries *d)
{
    for (unsigned i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        set_config(l, i, d);
}

int dictionaries_lexicon(const struct dictionaries *d, size_t bytes, struct lexicon **ret)
{
    int r = lexicon_new(bytes, ret);

    if (r == 0)
        set_configs(*ret, d);
    return r;
}

/* Which configurations are known, for a lexicon that was proved; NULL: none of them. */
static struct lexicon *settle(const struct dictionaries *d, struct lexicon *l, size_t bytes)
{
    bool some = false;

    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        some |= d->configs[i].state == CONFIG_KNOWN;
    set_configs(l, d);
    if (some && bytes >= PROOF_BYTES)
        return l;
    l = lexicon_free(l);
    return some && dictionaries_lexicon(d, bytes, &l) == 0 ? l : NULL;
}

int dictionaries_open(struct session *s, struct dictionaries *d, size_t bytes, struct lexicon **ret,
                      struct reason *why)
{
    struct lexicon *l = NULL;

    if (load(s, d, why) != 0)
        return 1;
    reason_set(why, "the memory for a lexicon cannot be had");
    if (dictionaries_lexicon(d, MAX(bytes, PROOF_BYTES), &l) < 0)
        return 1;
    dictionaries_prove(s, d, l);
    if (d->configs[0].state == CONFIG_LEFT)
        reason_set(why, "%s", d->configs[0].why);
    l = settle(d, l, bytes);
    if (!l)
        return 1;
    *ret = l;
    return 0;
}
