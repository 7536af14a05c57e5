/* compare_vectors.c - makes the vectors of texts as a worker would, with a real database to answer
 * what the lexicon lacks, and compares them with those that the database makes itself.
 *
 *     compare_vectors CONFIGURATION < texts        (DATABASE_URL; of each text its size, its bytes)
 *
 * Prints each text whose vector is another, and a line with figures. Exit code 1 when there is one.
 */
#include "search/vector.h"

#include "base/clock.h"
#include "sql.h"
#include "store/session.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEXICON_BYTES (64u << 20)

static struct session *session;
static struct lexicon *lexicon;
static const char *configuration;
static int64_t dictionaries[LEXICON_MAX_CHAINS][8]; /* of each chain, 0 behind the last */

/* Questions of one call. */
struct questions {
    struct vector_question list[1 << 17];
    size_t n;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static struct rows *query(const char *sql, const struct params *params)
{
    struct db_failure failure;
    struct rows *rows;

    if (session_run(session, sql, params, &rows, &failure) != 0)
        die("query", failure.text);
    return rows;
}

static void load_chains(void)
{
    struct params *params = params_new();
    struct rows *rows;

    params_add_text(params, configuration, strlen(configuration));
    rows = query(sql_lexicon_chains, params);
    for (size_t i = 0; i < rows_count(rows); i++) {
        unsigned chain = (unsigned)rows_int(rows, i, 1), n = 0;
        const char *list = rows_bytes(rows, i, 2, NULL);

        if (chain >= LEXICON_MAX_CHAINS || !rows_bool(rows, i, 5))
            die("configuration", "the server has to build its vectors");
        lexicon_set_chain(lexicon, (enum token_type)rows_int(rows, i, 0), chain,
                          (rows_bool(rows, i, 3) ? CHAIN_PLAIN : 0) |
                              (rows_bool(rows, i, 4) ? CHAIN_TOTAL : 0));
        for (char *end; (*list == '{' || *list == ',') && n < 7; list = end)
            dictionaries[chain][n++] = (int64_t)strtoul(list + 1, &end, 10);
    }
    (void)rows_free(rows);
    (void)params_free(params);
}

static void add_page(unsigned page)
{
    struct params *params = params_new();
    struct rows *rows;
    size_t size;

    params_add_array(params, PARAM_INT8, 1);
    params_element_int8(params, page);
    rows = query(sql_lexicon_pages, params);
    if (!lexicon_add_page(lexicon, page, (const uint8_t *)rows_bytes(rows, 0, 1, &size)) ||
        size != CHAR_PAGE_SIZE)
        die("lexicon", "no room for a page");
    (void)rows_free(rows);
    (void)params_free(params);
}

static void add_word(const struct vector_question *q, const struct rows *rows, size_t row,
                     struct buf *list)
{
    struct rows_array array = rows_text_array(rows, row, 0);
    struct lexemes lexemes = {.is_known = !rows_is_null(rows, row, 0), .n = (unsigned)array.n};

    buf_clear(list);
    while (array.n > 0) {
        size_t size;
        const char *lexeme = rows_array_next(&array, &size);
        uint16_t prefix = (uint16_t)size;

        buf_add(list, &prefix, sizeof(prefix));
        buf_add(list, lexeme, size);
    }
    lexemes.at = buf_text(list);
    if (!lexicon_add_word(lexicon, q->chain, q->word, q->size, &lexemes))
        die("lexicon", "no room for a word");
}

static void add_dictionaries(struct params *params, unsigned chain)
{
    size_t n = 0;

    while (dictionaries[chain][n])
        n++;
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, dictionaries[chain][i]);
}

static void add_words(const struct questions *qs, unsigned chain)
{
    static size_t numbers[ARRAY_SIZE(qs->list)];
    struct params *params = params_new();
    struct buf list = BUF_INIT;
    struct rows *rows;
    size_t n = 0;

    for (size_t i = 0; i < qs->n; i++)
        if (!qs->list[i].is_page && qs->list[i].chain == chain)
            numbers[n++] = i;
    if (n > 0) {
        add_dictionaries(params, chain);
        params_add_array(params, PARAM_TEXT, n);
        for (size_t i = 0; i < n; i++)
            params_element(params, qs->list[numbers[i]].word, qs->list[numbers[i]].size);
        rows = query(sql_lexicon_words_of_chain, params);
        for (size_t i = 0; i < rows_count(rows); i++)
            add_word(&qs->list[numbers[i]], rows, i, &list);
        (void)rows_free(rows);
    }
    buf_done(&list);
    (void)params_free(params);
}

static void on_question(void *user, const struct vector_question *q)
{
    struct questions *qs = user;

    if (qs->n < ARRAY_SIZE(qs->list))
        qs->list[qs->n++] = *q;
}

static void answer(const struct questions *qs)
{
    for (size_t i = 0; i < qs->n; i++)
        if (qs->list[i].is_page)
            add_page(qs->list[i].page);
    for (unsigned chain = 1; chain < LEXICON_MAX_CHAINS; chain++)
        add_words(qs, chain);
}

static void build(struct vector *v, const char *text, size_t size, struct buf *bytes,
                  enum vector_extent *extent)
{
    static struct questions qs;
    int r;

    vector_begin(v, lexicon, text, size);
    do {
        qs.n = 0;
        r = vector_missing(v, on_question, &qs);
        answer(&qs);
    } while (r > 0);
    buf_clear(bytes);
    if (r < 0 || vector_build(v, bytes, extent, NULL, NULL) < 0)
        die("vector", "no memory");
}

/* Whether the database makes the same of it, or refuses what we had to shorten. */
static bool is_same(const char *text, size_t size, const struct buf *bytes,
                    enum vector_extent extent)
{
    struct params *params = params_new();
    struct db_failure failure;
    struct rows *rows = NULL;
    size_t n = 0;
    bool same;

    params_add_text(params, configuration, strlen(configuration));
    params_add_text(params, text, size);
    if (session_run(session, sql_lexicon_sample, params, &rows, &failure) != 0) {
        same = extent != VECTOR_WHOLE && strcmp(failure.sqlstate, "54000") == 0;
    } else {
        const char *theirs = rows_bytes(rows, 0, 0, &n);

        same = extent == VECTOR_WHOLE && n == bytes->size && memcmp(theirs, bytes->data, n) == 0;
    }
    (void)rows_free(rows);
    (void)params_free(params);
    return same;
}

static void open_session(void)
{
    static struct settings s;
    struct reason why = {0};
    const char *url = getenv("DATABASE_URL");

    if (!url || settings_init(&s) != 0 ||
        settings_set(&s, SETTING_DATABASE_URL, url, SOURCE_ENVIRONMENT, &why) != 0 ||
        session_open(&s, "compare_vectors", &session, &why, NULL) != 0)
        die("database", why.text);
}

int main(int argc, char **argv)
{
    struct vector *v = vector_new();
    struct buf bytes = BUF_INIT;
    size_t n = 0, n_bytes = 0, n_other = 0, n_short = 0;
    uint64_t usec = 0;
    uint32_t size;

    if (argc != 2 || !v || lexicon_new(LEXICON_BYTES, &lexicon) != 0)
        die("usage", "compare_vectors CONFIGURATION");
    configuration = argv[1];
    open_session();
    load_chains();
    for (; fread(&size, sizeof(size), 1, stdin) == 1; n++) {
        char *text = calloc(1, size + 1u);
        enum vector_extent extent;
        uint64_t begun;

        if (!text || fread(text, 1, size, stdin) != size)
            die("input", "it ends in the middle of a text");
        begun = clock_now_usec();
        build(v, text, size, &bytes, &extent);
        usec += clock_now_usec() - begun;
        if (!getenv("NO_COMPARISON") && !is_same(text, size, &bytes, extent)) {
            n_other++;
            printf("text %zu: %.200s\n", n, text);
        }
        n_short += extent != VECTOR_WHOLE;
        n_bytes += size;
        free(text);
    }
    printf("%zu texts, %zu bytes, %zu other vectors, %zu shortened, %.3f s\n", n, n_bytes, n_other,
           n_short, (double)usec / 1e6);
    (void)vector_free(v);
    (void)lexicon_free(lexicon);
    (void)session_close(session);
    buf_done(&bytes);
    return n_other > 0;
}
