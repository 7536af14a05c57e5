/* test_sample.c - the sample has something of everything, so that a server that differs shows. */
#include "search/sample.h"

#include "base/utf8.h"
#include "search/lexicon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    size_t n[TOKEN_N_TYPES];
    size_t longest;    /* word that counts */
    size_t n_too_long; /* words */
};

/* Any character beyond ASCII is a letter: what the parser takes them for in locale C. */
static void look(const struct buf *sample, struct seen *seen)
{
    static uint8_t letters[CHAR_PAGE_SIZE];
    static struct char_pages chars;
    struct tokenizer t;
    struct token token;

    memset(letters, CHAR_ALPHA, sizeof(letters));
    for (size_t i = 0; i < CHAR_N_PAGES; i++)
        chars.pages[i] = letters;
    tokenizer_begin(&t, sample->data, sample->size, &chars);
    while (tokenizer_next(&t, &token)) {
        seen->n[token.type]++;
        if (token.size <= LEXICON_MAX_WORD)
            seen->longest = MAX(seen->longest, token.size);
        else
            seen->n_too_long++;
    }
}

static void it_has_every_type_of_token(void **state UNUSED)
{
    struct buf sample = BUF_INIT;
    static struct seen seen;

    assert_int_equal(sample_make(&sample), 0);
    look(&sample, &seen);
    for (int type = 1; type < TOKEN_N_TYPES; type++)
        if (seen.n[type] == 0)
            fail_msg("none of type %d", type);
    buf_done(&sample);
}

static void it_goes_to_the_limits(void **state UNUSED)
{
    struct buf sample = BUF_INIT;
    static struct seen seen;
    size_t words = 0;

    assert_int_equal(sample_make(&sample), 0);
    look(&sample, &seen);
    for (int type = 1; type < TOKEN_N_TYPES; type++)
        words += type == TOKEN_BLANK ? 0 : seen.n[type];
    assert_true(words > 16383); /* positions of a vector */
    assert_int_equal(seen.longest, LEXICON_MAX_WORD);
    assert_true(seen.n_too_long > 0);
    buf_done(&sample);
}

static void it_is_a_text_of_many_scripts(void **state UNUSED)
{
    struct buf sample = BUF_INIT;
    bool pages[CHAR_N_PAGES] = {0};
    size_t at = 0, n_pages = 0;
    const struct char_pages none = {0};
    int page;

    assert_int_equal(sample_make(&sample), 0);
    assert_int_equal(utf8_valid_prefix(sample.data, sample.size), sample.size);
    while ((page = tokens_missing_page(sample.data, sample.size, &at, &none)) >= 0) {
        n_pages += !pages[page];
        pages[page] = true;
    }
    assert_true(n_pages > 40);
    buf_done(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_every_type_of_token),
        cmocka_unit_test(it_goes_to_the_limits),
        cmocka_unit_test(it_is_a_text_of_many_scripts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
