/* test_median.c - medians over rounds. */
#include "common.h"

#include "median.h"

#include <math.h>

static json_t *rounds(const char *text)
{
    json_t *list = json_loads(text, 0, NULL);

    assert_non_null(list);
    return list;
}

static void of_an_odd_number_it_is_the_middle_one(void **state UNUSED)
{
    json_t *list = rounds("[{\"a\": 9}, {\"a\": 1}, {\"a\": 5.5}]");

    assert_true(median_of(list, "a") == 5.5);
    assert_true(smallest_of(list, "a") == 1);
    assert_true(largest_of(list, "a") == 9);
    json_decref(list);
}

static void of_an_even_number_it_lies_between(void **state UNUSED)
{
    json_t *list = rounds("[{\"a\": {\"b\": 4}}, {\"a\": {\"b\": 1}}]");

    assert_true(median_of(list, "a.b") == 2.5);
    json_decref(list);
}

static void what_is_missing_does_not_count(void **state UNUSED)
{
    json_t *list = rounds("[{\"a\": null}, {}, {\"a\": 3}, {\"a\": \"text\"}]"), *number;

    assert_true(median_of(list, "a") == 3);
    assert_true(isnan(median_of(list, "b")));
    number = number_or_null(median_of(list, "b"));
    assert_true(json_is_null(number));
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_an_odd_number_it_is_the_middle_one),
        cmocka_unit_test(of_an_even_number_it_lies_between),
        cmocka_unit_test(what_is_missing_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
