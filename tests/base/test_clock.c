/* The two clocks and how a time is written. */
#include "common.h"

#include "base/clock.h"

static void times_are_written_as_rfc_3339_in_utc(void **state UNUSED)
{
    static const struct {
        uint64_t usec;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999999, "1970-01-01T00:00:00.999Z"},
        {951782399 * USEC_PER_SEC, "2000-02-28T23:59:59.000Z"},
        {951782400 * USEC_PER_SEC + 1000, "2000-02-29T00:00:00.001Z"},
        {4102444800 * USEC_PER_SEC, "2100-01-01T00:00:00.000Z"},
    };
    char text[CLOCK_TEXT_SIZE];

    setenv("TZ", "America/New_York", 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        clock_format(cases[i].usec, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void any_number_can_be_written(void **state UNUSED)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(UINT64_MAX, text);
    assert_true(strlen(text) < sizeof(text));
}

static void clocks_go_forward_in_microseconds(void **state UNUSED)
{
    uint64_t monotonic = clock_now_usec(), wall = clock_wall_usec();

    usleep(2000);
    assert_in_range(clock_now_usec() - monotonic, 2000, 10 * USEC_PER_SEC);
    assert_true(clock_wall_usec() > wall);
    assert_true(wall > 1700000000 * USEC_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_as_rfc_3339_in_utc),
        cmocka_unit_test(any_number_can_be_written),
        cmocka_unit_test(clocks_go_forward_in_microseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
