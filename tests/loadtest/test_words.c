/* test_words.c - the vocabulary. */
#include "common.h"

#include "words.h"

static int make(void **state)
{
    struct words *w = malloc(sizeof(*w));
    struct reason why;

    *state = w;
    return w ? words_init(w, WORDS_MADE, 7, &why) : -1;
}

static int end(void **state)
{
    words_done(*state);
    free(*state);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void there_are_20000_different_words(void **state)
{
    struct words *w = *state;

    assert_int_equal(w->n, WORDS_MAX);
    assert_int_equal(w->source, WORDS_MADE);
    qsort(w->list, w->n, sizeof(*w->list), by_name);
    for (size_t i = 1; i < w->n; i++)
        assert_string_not_equal(w->list[i - 1], w->list[i]);
}

/* The n-th word has weight 1/n: of 20,000 words the first is about 9.5 % of a
 * text. */
static void few_words_are_used_often(void **state)
{
    struct words *w = *state;
    struct chance c;
    size_t first = 0, tenth = 0, n = 100000;

    chance_init(&c, 1, 1);
    for (size_t i = 0; i < n; i++) {
        const char *word = words_pick(w, &c);

        first += word == w->list[0];
        tenth += word == w->list[9];
    }
    assert_in_range(first, n * 85 / 1000, n * 105 / 1000);
    assert_in_range(tenth, n * 7 / 1000, n * 12 / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(few_words_are_used_often, make, end),
        cmocka_unit_test_setup_teardown(there_are_20000_different_words, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
