/* compare_vectors.c - makes the vectors of texts as a worker would, with a real database to answer
 * what the lexicon lacks, and compares them with those that the database makes itself.
 *
 *     compare_vectors CONFIGURATION < texts        (DATABASE_URL; of each text its size, its bytes)
 *
 * Those of which a dictionary makes what no vector can be sent with are left to the database.
 * Prints each text whose vector is another, and a line with figures. Exit code 1 when there is one.
 */
#include "base/clock.h"
#include "sql.h"
#include "store/dictionaries.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEXICON_BYTES (64u << 20)

static struct session *session;
static struct lexicon *lexicon;
static const char *configuration;
static struct dictionaries dictionaries;

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

/* False: the database has to make it. */
static bool build(struct vector *v, const char *text, size_t size, struct buf *bytes,
                  enum vector_extent *extent)
{
    struct reason why = {""};

    vector_begin(v, lexicon, 0, text, size);
    buf_clear(bytes);
    if (dictionaries_teach(session, &dictionaries, lexicon, v, &why) != 0)
        return false;
    if (vector_build(v, bytes, extent, NULL, NULL) < 0)
        die("vector", "no memory");
    return true;
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

    params_add_array(params, PARAM_TEXT, 1);
    params_element(params, configuration, strlen(configuration));
    params_add_text(params, text, size);
    if (session_run(session, sql_lexicon_samples, params, &rows, &failure) != 0) {
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
    size_t n = 0, n_bytes = 0, n_other = 0, n_short = 0, n_left = 0;
    uint64_t usec = 0;
    uint32_t size;
    struct reason why = {""};
    struct db_failure failure;

    if (argc != 2 || !v)
        die("usage", "compare_vectors CONFIGURATION");
    configuration = argv[1];
    open_session();
    if (dictionaries_find(session, configuration, &dictionaries, &failure) != 0)
        die("no such configuration", failure.text);
    if (dictionaries_open(session, &dictionaries, LEXICON_BYTES, &lexicon, &why) != 0)
        die("the database makes the vectors", why.text);
    for (; fread(&size, sizeof(size), 1, stdin) == 1; n++) {
        char *text = calloc(1, size + 1u);
        enum vector_extent extent = VECTOR_WHOLE;
        uint64_t begun;
        bool is_ours;

        if (!text || fread(text, 1, size, stdin) != size)
            die("input", "it ends in the middle of a text");
        begun = clock_now_usec();
        is_ours = build(v, text, size, &bytes, &extent);
        usec += clock_now_usec() - begun;
        if (is_ours && !getenv("NO_COMPARISON") && !is_same(text, size, &bytes, extent)) {
            n_other++;
            printf("text %zu: %.200s\n", n, text);
        }
        n_short += extent != VECTOR_WHOLE;
        n_left += !is_ours;
        n_bytes += size;
        free(text);
    }
    printf("%zu texts, %zu bytes, %zu other vectors, %zu shortened, %zu left to the database, %.3f "
           "s\n",
           n, n_bytes, n_other, n_short, n_left, (double)usec / 1e6);
    (void)vector_free(v);
    (void)lexicon_free(lexicon);
    (void)session_close(session);
    buf_done(&bytes);
    return n_other > 0;
}
