/* test_histogram.c - quantiles of times. */
#include "common.h"

#include "chance.h"
#include "histogram.h"

static struct times times, other;

static void an_empty_one_is_all_zero(void **state UNUSED)
{
    times_clear(&times);
    assert_int_equal(times.count, 0);
    assert_int_equal(times_quantile(&times, 0.5), 0);
    assert_true(times_mean(&times) == 0);
}

static void short_times_are_exact(void **state UNUSED)
{
    times_clear(&times);
    for (uint64_t i = 1; i <= 200; i++)
        times_add(&times, i);
    assert_int_equal(times_quantile(&times, 0.5), 100);
    assert_int_equal(times_quantile(&times, 0.95), 190);
    assert_int_equal(times_quantile(&times, 0.99), 198);
    assert_int_equal(times_quantile(&times, 1), 200);
    assert_int_equal(times_quantile(&times, 0), 1);
    assert_true(times_mean(&times) == 100.5);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void a_quantile_is_never_too_small_and_at_most_one_128th_too_large(void **state UNUSED)
{
    static uint64_t values[20000];
    static const double shares[] = {0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    struct chance chance;

    chance_init(&chance, 1, 1);
    times_clear(&times);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        values[i] = chance_next(&chance) >> (28 + chance_below(&chance, 30));
        times_add(&times, values[i]);
    }
    qsort(values, ARRAY_SIZE(values), sizeof(values[0]), by_value);
    for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
        size_t n = (size_t)(shares[i] * ARRAY_SIZE(values) + 0.999999);
        uint64_t exact = values[n - 1], told = times_quantile(&times, shares[i]);

        assert_true(told >= exact);
        assert_true(told <= exact + exact / 128 + 1);
    }
}

static void merging_is_the_same_as_adding_all(void **state UNUSED)
{
    static struct times both;
    struct chance chance;

    chance_init(&chance, 2, 2);
    times_clear(&times);
    times_clear(&other);
    times_clear(&both);
    for (size_t i = 0; i < 5000; i++) {
        uint64_t usec = chance_below(&chance, 10000000);

        times_add(i % 3 ? &times : &other, usec);
        times_add(&both, usec);
    }
    times_merge(&times, &other);
    assert_memory_equal(&times, &both, sizeof(both));
}

static void merging_with_nothing_changes_nothing(void **state UNUSED)
{
    times_clear(&times);
    times_clear(&other);
    times_add(&other, 77);
    times_merge(&times, &other);
    assert_int_equal(times.min_usec, 77);
    times_clear(&other);
    times_merge(&times, &other);
    assert_int_equal(times.min_usec, 77);
    assert_int_equal(times.count, 1);
}

static void the_longest_time_has_a_place(void **state UNUSED)
{
    times_clear(&times);
    times_add(&times, UINT64_MAX / 2);
    assert_int_equal(times.max_usec, UINT64_MAX / 2);
    assert_true(times_quantile(&times, 0.5) > 1ULL << 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_is_all_zero),
        cmocka_unit_test(short_times_are_exact),
        cmocka_unit_test(a_quantile_is_never_too_small_and_at_most_one_128th_too_large),
        cmocka_unit_test(merging_is_the_same_as_adding_all),
        cmocka_unit_test(merging_with_nothing_changes_nothing),
        cmocka_unit_test(the_longest_time_has_a_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
