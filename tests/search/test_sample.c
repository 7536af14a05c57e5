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

/* The pages of characters that it has. Returns how many. */
static size_t look_at_pages(const struct buf *sample, bool pages[CHAR_N_PAGES])
{
    size_t at = 0, n_pages = 0;
    const struct char_pages none = {0};
    int page;

    assert_int_equal(utf8_valid_prefix(sample->data, sample->size), sample->size);
    while ((page = tokens_missing_page(sample->data, sample->size, &at, &none)) >= 0) {
        n_pages += !pages[page];
        pages[page] = true;
    }
    return n_pages;
}

static void it_is_a_text_of_many_scripts(void **state UNUSED)
{
    struct buf sample = BUF_INIT;
    bool pages[CHAR_N_PAGES] = {0};

    assert_int_equal(sample_make(&sample), 0);
    assert_true(look_at_pages(&sample, pages) > 40);
    buf_done(&sample);
}

/* It is asked of each configuration at every start: what is indexed by PostgreSQL's own, in few words,
 * and of no page that would have to be asked for. */
static void the_short_one_is_short(void **state UNUSED)
{
    static const enum token_type indexed[] = {
        TOKEN_ASCIIWORD,     TOKEN_WORD,       TOKEN_NUMWORD,  TOKEN_EMAIL,
        TOKEN_URL,           TOKEN_HOST,       TOKEN_SFLOAT,   TOKEN_VERSION,
        TOKEN_HWORD_NUMPART, TOKEN_HWORD_PART, TOKEN_NUMHWORD, TOKEN_HWORD_ASCIIPART,
        TOKEN_ASCIIHWORD,    TOKEN_HWORD,      TOKEN_URL_PATH, TOKEN_FILE,
        TOKEN_FLOAT,         TOKEN_INT,        TOKEN_UINT,
    };
    struct buf sample = BUF_INIT, whole = BUF_INIT;
    bool pages[CHAR_N_PAGES] = {0};
    static struct seen seen;
    size_t n_pages;

    assert_int_equal(sample_make_short(&sample), 0);
    assert_int_equal(sample_make(&whole), 0);
    look(&sample, &seen);
    for (size_t i = 0; i < ARRAY_SIZE(indexed); i++)
        if (seen.n[indexed[i]] == 0)
            fail_msg("none of type %d", indexed[i]);
    assert_true(sample.size < 1000);
    n_pages = look_at_pages(&whole, pages);
    assert_int_equal(look_at_pages(&sample, pages), 0);
    assert_true(n_pages > 40);
    buf_done(&sample);
    buf_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_every_type_of_token),
        cmocka_unit_test(it_goes_to_the_limits),
        cmocka_unit_test(it_is_a_text_of_many_scripts),
        cmocka_unit_test(the_short_one_is_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
