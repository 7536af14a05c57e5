/* "Did you mean" finds slips of the finger, and leaves alone what is something else. */
#include "common.h"

#include "cli/suggest.h"

#include <limits.h>

static const char *const words[] = {"run",  "status",  "top",     "search",
                                    "show", "explain", "migrate", "doctor"};

static const char *near(const char *word)
{
    return suggest(word, words, ARRAY_SIZE(words));
}

static void distance_counts_single_edits(void **state UNUSED)
{
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("", "abc"), 3);
    assert_int_equal(suggest_distance("status", "status"), 0);
    assert_int_equal(suggest_distance("staus", "status"), 1);
    assert_int_equal(suggest_distance("serach", "search"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static void very_long_words_are_far_from_everything(void **state UNUSED)
{
    char word[200];

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_int_equal(suggest_distance(word, "a"), UINT_MAX);
    assert_null(near(word));
}

static void slips_are_understood(void **state UNUSED)
{
    assert_string_equal(near("serach"), "search");
    assert_string_equal(near("statsu"), "status");
    assert_string_equal(near("docter"), "doctor");
    assert_string_equal(near("rum"), "run");
}

static void beginnings_are_understood(void **state UNUSED)
{
    assert_string_equal(near("mig"), "migrate");
    assert_string_equal(near("expl"), "explain");
}

static void other_words_are_left_alone(void **state UNUSED)
{
    assert_null(near("frobnicate"));
    assert_null(near(""));
    assert_null(near("z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_single_edits),
        cmocka_unit_test(very_long_words_are_far_from_everything),
        cmocka_unit_test(slips_are_understood),
        cmocka_unit_test(beginnings_are_understood),
        cmocka_unit_test(other_words_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
