/* How a vector is made of what the lexicon knows. That it is PostgreSQL's is shown by
 * tests/e2e/test_vectors.py. */
#include "search/vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct asked {
    char list[512];
    size_t n;
};

static struct lexicon *lexicon;
static struct vector *vector;

static int set_up(void **state UNUSED)
{
    assert_int_equal(lexicon_new(1 << 20, &lexicon), 0);
    lexicon_set_chain(lexicon, 0, TOKEN_ASCIIWORD, 1, 0);
    lexicon_set_chain(lexicon, 0, TOKEN_WORD, 1, 0);
    lexicon_set_chain(lexicon, 0, TOKEN_UINT, 2, CHAIN_PLAIN);
    vector = vector_new();
    assert_non_null(vector);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    vector = vector_free(vector);
    lexicon = lexicon_free(lexicon);
    return 0;
}

static void note(void *user, const struct vector_question *q)
{
    struct asked *a = user;

    if (q->is_page)
        a->n += (size_t)snprintf(a->list + a->n, sizeof(a->list) - a->n, "page %u ", q->page);
    else
        a->n += (size_t)snprintf(a->list + a->n, sizeof(a->list) - a->n, "%u:%.*s ", q->chain,
                                 (int)q->size, q->word);
}

static const char *missing(const char *text)
{
    static struct asked asked;

    asked = (struct asked){0};
    vector_begin(vector, lexicon, 0, text, strlen(text));
    assert_true(vector_missing(vector, note, &asked) >= 0);
    return asked.list;
}

/* `list`: two bytes of size before each lexeme. */
static void know(const char *word, bool is_known, unsigned n, const char *list)
{
    const struct lexemes lexemes = {.is_known = is_known, .n = n, .at = list};

    assert_true(lexicon_add_word(lexicon, 1, word, strlen(word), &lexemes));
}

static void expect_vector(const char *text, const void *bytes, size_t size)
{
    struct buf b = BUF_INIT;
    enum vector_extent extent;

    assert_string_equal(missing(text), "");
    assert_int_equal(vector_build(vector, &b, &extent, NULL, NULL), 0);
    assert_int_equal(extent, VECTOR_WHOLE);
    assert_int_equal(b.size, size);
    assert_memory_equal(b.data, bytes, size);
    buf_done(&b);
}

static void test_each_word_is_asked_for_once(void **state UNUSED)
{
    assert_string_equal(missing("Run, run and RUN: run! 12"), "1:Run 1:run 1:and 1:RUN ");
    know("run", true, 1, "\3\0run");
    assert_string_equal(missing("run and run"), "1:and ");
}

static void test_pages_are_asked_for_first(void **state UNUSED)
{
    uint8_t letters[CHAR_PAGE_SIZE];

    memset(letters, CHAR_ALPHA, sizeof(letters));
    assert_string_equal(missing("\u00e9t\u00e9"), "page 0 ");
    assert_true(lexicon_add_page(lexicon, 0, letters));
    assert_string_equal(missing("\u00e9t\u00e9"), "1:\u00e9t\u00e9 ");
}

static void test_positions(void **state UNUSED)
{
    static const char expected[] = "\0\0\0\3" /* lexemes, sorted, with their positions */
                                   "12\0\0\1\0\5"
                                   "go\0\0\2\0\3\0\6"
                                   "run\0\0\2\0\2\0\3";

    know("the", true, 0, NULL);
    know("Run", true, 1, "\3\0run");
    know("goes", true, 2, "\2\0go\3\0run");
    know("xyzzy", false, 0, NULL);
    know("went", true, 1, "\2\0go");
    know("of", true, 0, NULL);
    expect_vector("the Run xyzzy goes of 12 went", expected, sizeof(expected) - 1);
}

/* Words of up to 20 letters, of which many begin alike. */
static size_t make_words(char *text, size_t n_words)
{
    uint32_t chance = 1;
    size_t n = 0;

    for (size_t i = 0; i < n_words; i++) {
        size_t size = 1 + i % 20;

        for (size_t k = 0; k < size; k++) {
            chance = chance * 1664525u + 1013904223u;
            text[n++] = (char)(k % 9 == 8 || i % 3 == 0 ? 'a' + (chance >> 24) % 4 : 'x');
        }
        text[n++] = ' ';
    }
    text[n] = '\0';
    return n;
}

static void learn(void *user UNUSED, const struct vector_question *q)
{
    char list[32] = {(char)q->size, 0};
    const struct lexemes lexemes = {.is_known = true, .n = 1, .at = list};

    memcpy(list + 2, q->word, q->size);
    assert_true(lexicon_add_word(lexicon, q->chain, q->word, q->size, &lexemes));
}

static size_t count_word(const char *text, const char *word)
{
    char spaced[32];
    int size = snprintf(spaced, sizeof(spaced), " %s ", word);
    size_t count = 0;

    for (; (text = strstr(text, spaced)); text += size - 1)
        count++;
    return count;
}

static void test_lexemes_are_sorted_and_each_is_there_once(void **state UNUSED)
{
    enum { WORDS = 1500, MOST = 255 };
    static char text[WORDS * 21 + 2] = " ";
    const char *last = "", *at, *end;
    enum vector_extent extent;
    struct buf b = BUF_INIT;
    size_t size = 1 + make_words(text + 1, WORDS), n_found = 0;
    int n_different;

    vector_begin(vector, lexicon, 0, text, size);
    n_different = vector_missing(vector, learn, NULL);
    assert_int_equal(vector_missing(vector, learn, NULL), 0);
    assert_int_equal(vector_build(vector, &b, &extent, NULL, NULL), 0);
    end = b.data + b.size;
    for (at = b.data + 4; at < end; at += 2 * (unsigned char)at[-1]) {
        size_t count = count_word(text, at);

        assert_true(strcmp(last, at) < 0);
        last = at;
        at += strlen(at) + 3; /* NUL, and how many positions */
        assert_int_equal((unsigned char)at[-1], MIN(count, MOST));
        n_found += count;
        n_different--;
    }
    assert_ptr_equal(at, end);
    assert_int_equal(n_found, WORDS);
    assert_int_equal(n_different, 0);
    buf_done(&b);
}

static void test_no_words(void **state UNUSED)
{
    expect_vector("", "\0\0\0\0", 4);
    expect_vector(" ... ", "\0\0\0\0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_word_is_asked_for_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_are_asked_for_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_positions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lexemes_are_sorted_and_each_is_there_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_words, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}
