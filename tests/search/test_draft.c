/* A vector with open words that is completed later is the vector that it would have been. */
#include "search/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char text[] = "one Two three two of ONE 4 of three one five Two";

static const struct {
    const char *word;
    struct lexemes lexemes;
} words[] = {
    {"one", {.is_known = true, .n = 1, .at = "\3\0one"}},
    {"ONE", {.is_known = true, .n = 1, .at = "\3\0one"}},
    {"two", {.is_known = true, .n = 1, .at = "\3\0two"}},
    {"Two", {.is_known = true, .n = 2, .at = "\3\0two\1\0b"}},
    {"three", {.is_known = true, .n = 1, .at = "\5\0three"}},
    {"of", {.is_known = true}},
    {"five", {.is_known = true, .n = 1, .at = "\4\0five"}},
};

/* A lexicon of the words whose bits are set. */
static struct lexicon *make_lexicon(unsigned known)
{
    struct lexicon *l;

    assert_int_equal(lexicon_new(0, &l), 0);
    lexicon_set_chain(l, 0, TOKEN_ASCIIWORD, 1, CHAIN_TOTAL);
    lexicon_set_chain(l, 0, TOKEN_UINT, 2, CHAIN_TOTAL | CHAIN_PLAIN);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (known >> i & 1)
            assert_true(
                lexicon_add_word(l, 1, words[i].word, strlen(words[i].word), &words[i].lexemes));
    return l;
}

static void ignore_question(void *user UNUSED, const struct vector_question *q)
{
    assert_true(q->may_stay_open);
}

static void add_word(void *user, const struct vector_question *q, const uint16_t *positions,
                     size_t n)
{
    draft_add_word(user, q, positions, n);
}

/* As a worker with this lexicon writes it. */
static void make_draft(const struct lexicon *l, struct buf *draft)
{
    struct vector *v = vector_new();
    struct buf open = BUF_INIT;
    enum vector_extent extent;

    assert_non_null(v);
    vector_begin(v, l, 0, text, strlen(text));
    assert_true(vector_missing(v, ignore_question, NULL) >= 0);
    draft_begin(draft, 7);
    assert_int_equal(vector_build(v, draft, &extent, add_word, &open), 0);
    draft_end_vector(draft);
    buf_add(draft, open.data, open.size);
    buf_done(&open);
    (void)vector_free(v);
}

static void test_any_words_may_be_open(void **state UNUSED)
{
    struct lexicon *all = make_lexicon(~0u), *some;
    struct buf whole = BUF_INIT, draft = BUF_INIT, completed = BUF_INIT;

    make_draft(all, &draft);
    assert_int_equal(draft_complete(draft.data, draft.size, all, &whole), 0);
    assert_true(whole.size > 4);
    for (unsigned known = 0; known < 1u << ARRAY_SIZE(words); known++) {
        some = make_lexicon(known);
        make_draft(some, &draft);
        buf_clear(&completed);
        assert_int_equal(draft_complete(draft.data, draft.size, all, &completed), 0);
        assert_int_equal(completed.size, whole.size);
        assert_memory_equal(completed.data, whole.data, whole.size);
        (void)lexicon_free(some);
    }
    buf_done(&whole);
    buf_done(&draft);
    buf_done(&completed);
    (void)lexicon_free(all);
}

static void test_what_is_not_known_yet_is_told(void **state UNUSED)
{
    struct lexicon *all = make_lexicon(~0u), *none = make_lexicon(0);
    struct buf draft = BUF_INIT, completed = BUF_INIT;
    struct draft_reader reader;
    struct draft_word word;
    const char *vector;
    size_t n, n_words = 0;

    make_draft(none, &draft);
    assert_int_equal(draft_complete(draft.data, draft.size, none, &completed), 1);
    assert_int_equal(completed.size, 0);
    assert_int_equal(draft_open(draft.data, draft.size, &vector, &n, &reader), 0);
    assert_int_equal(reader.config, 7);
    while (draft_next(&reader, &word) == 0)
        n_words++;
    assert_int_equal(n_words, ARRAY_SIZE(words));
    buf_done(&draft);
    (void)lexicon_free(all);
    (void)lexicon_free(none);
}

static void test_a_draft_that_is_cut_off(void **state UNUSED)
{
    struct lexicon *all = make_lexicon(~0u), *none = make_lexicon(0);
    struct buf draft = BUF_INIT, completed = BUF_INIT;

    make_draft(none, &draft);
    for (size_t n = 0; n < draft.size; n++) {
        int r = draft_complete(draft.data, n, all, &completed);

        assert_true(r == -EPROTO || r == 0); /* between two words it is whole */
        buf_clear(&completed);
    }
    buf_done(&draft);
    buf_done(&completed);
    (void)lexicon_free(all);
    (void)lexicon_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_words_may_be_open),
        cmocka_unit_test(test_what_is_not_known_yet_is_told),
        cmocka_unit_test(test_a_draft_that_is_cut_off),
    };

    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
