/* test_schedule.c - when documents are due. */
#include "common.h"

#include "schedule.h"

static void documents_are_due_at_even_distances(void **state UNUSED)
{
    struct schedule s = {.start_usec = 1000, .rate = 200};

    assert_int_equal(schedule_due_usec(&s, 0), 1000);
    assert_int_equal(schedule_due_usec(&s, 1), 6000);
    assert_int_equal(schedule_due_usec(&s, 200), 1001000);
}

static void rounding_does_not_add_up(void **state UNUSED)
{
    struct schedule s = {.start_usec = 0, .rate = 3};

    assert_int_equal(schedule_due_usec(&s, 3000000), 1000000ULL * 1000000);
    s.rate = 7777;
    assert_int_equal(schedule_due_usec(&s, 7777ULL * 86400), 86400ULL * 1000000);
}

static void without_a_rate_all_are_due_at_once(void **state UNUSED)
{
    struct schedule s = {.start_usec = 5000};

    assert_int_equal(schedule_due_usec(&s, 123456), 5000);
    assert_true(schedule_count(&s, 5000) == UINT64_MAX);
    assert_int_equal(schedule_count(&s, 4999), 0);
}

static void as_many_are_due_as_have_a_due_time_that_is_over(void **state UNUSED)
{
    struct schedule s = {.start_usec = 100, .rate = 333};

    for (uint64_t now = 0; now < 100000; now += 77) {
        uint64_t n = schedule_count(&s, now);

        assert_true(n == 0 || schedule_due_usec(&s, n - 1) <= now);
        assert_true(schedule_due_usec(&s, n) > now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_due_at_even_distances),
        cmocka_unit_test(rounding_does_not_add_up),
        cmocka_unit_test(without_a_rate_all_are_due_at_once),
        cmocka_unit_test(as_many_are_due_as_have_a_due_time_that_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
