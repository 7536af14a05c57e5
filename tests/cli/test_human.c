/* Numbers as people read them: three figures, the unit named. */
#include "common.h"

#include "cli/human.h"

static void sizes_count_in_1024s(void **state UNUSED)
{
    assert_string_equal(human_bytes(0).text, "0 B");
    assert_string_equal(human_bytes(1023).text, "1023 B");
    assert_string_equal(human_bytes(1024).text, "1.0 kB");
    assert_string_equal(human_bytes(1536).text, "1.5 kB");
    assert_string_equal(human_bytes(230 << 20).text, "230 MB");
    assert_string_equal(human_bytes((1ULL << 30) - 1).text, "1.0 GB");
    assert_string_equal(human_bytes(UINT64_MAX).text, "16384 PB");
}

static void durations_have_two_units_at_most(void **state UNUSED)
{
    assert_string_equal(human_usec(0).text, "0 us");
    assert_string_equal(human_usec(850).text, "850 us");
    assert_string_equal(human_usec(1500).text, "1.5 ms");
    assert_string_equal(human_usec(12000).text, "12 ms");
    assert_string_equal(human_usec(3200000).text, "3.2 s");
    assert_string_equal(human_usec(59400000).text, "59 s");
    assert_string_equal(human_usec(59600000).text, "1 min 0 s");
    assert_string_equal(human_usec(250000000).text, "4 min 10 s");
    assert_string_equal(human_usec(7500000000).text, "2 h 5 min");
    assert_string_equal(human_usec(273600000000).text, "3 d 4 h");
}

static void counts_have_separators(void **state UNUSED)
{
    assert_string_equal(human_count(0).text, "0");
    assert_string_equal(human_count(999).text, "999");
    assert_string_equal(human_count(1000).text, "1,000");
    assert_string_equal(human_count(1234567).text, "1,234,567");
    assert_string_equal(human_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void rates_have_a_decimal_while_it_matters(void **state UNUSED)
{
    assert_string_equal(human_rate(0).text, "0");
    assert_string_equal(human_rate(0.34).text, "0.3");
    assert_string_equal(human_rate(12.5).text, "12.5");
    assert_string_equal(human_rate(1240.4).text, "1,240");
}

static void no_time_is_a_dash(void **state UNUSED)
{
    assert_string_equal(human_time(0).text, "-");
    assert_int_equal(strlen(human_time(1795151566123456).text), 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_count_in_1024s),
        cmocka_unit_test(durations_have_two_units_at_most),
        cmocka_unit_test(counts_have_separators),
        cmocka_unit_test(rates_have_a_decimal_while_it_matters),
        cmocka_unit_test(no_time_is_a_dash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
