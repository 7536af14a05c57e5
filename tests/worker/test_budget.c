/* test_budget.c - two thirds of a document's time may go into what can be left out, and waiting for
 * others is none of it. */
#include "base/clock.h"
#include "worker/worker.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct settings settings;
static struct budget budget;

static int begin(void **state)
{
    struct reason why = {""};

    (void)state;
    assert_int_equal(settings_init(&settings), 0);
    assert_int_equal(settings_set(&settings, SETTING_MAX_SECONDS, "90", SOURCE_COMMAND_LINE, &why),
                     0);
    assert_int_equal(
        settings_set(&settings, SETTING_MAX_CPU_SECONDS, "30", SOURCE_COMMAND_LINE, &why), 0);
    budget_begin(&budget, &settings);
    return 0;
}

static int end(void **state)
{
    (void)state;
    budget_end();
    settings_done(&settings);
    return 0;
}

static void two_thirds_of_the_time(void **state)
{
    (void)state;
    assert_true(budget_allows(&budget));
    budget.begun_usec -= 50 * USEC_PER_SEC;
    assert_true(budget_allows(&budget));
    budget.begun_usec -= 10 * USEC_PER_SEC;
    assert_false(budget_allows(&budget));
}

static void two_thirds_of_the_processor_time(void **state)
{
    (void)state;
    assert_true(budget.reserve_cpu_usec == 10 * USEC_PER_SEC);
    budget.reserve_cpu_usec = 29 * USEC_PER_SEC;
    assert_true(budget_allows(&budget));
    budget.reserve_cpu_usec = 31 * USEC_PER_SEC;
    assert_false(budget_allows(&budget));
}

/* A database that is away must not cost a document its text. */
static void waiting_does_not_count(void **state)
{
    (void)state;
    budget.begun_usec -= 100 * USEC_PER_SEC;
    budget_wait_begins(&budget);
    assert_false(budget_allows(&budget));
    budget.waiting_since_usec -= 80 * USEC_PER_SEC;
    budget_wait_ends(&budget);
    assert_true(budget_allows(&budget));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_thirds_of_the_time, begin, end),
        cmocka_unit_test_setup_teardown(two_thirds_of_the_processor_time, begin, end),
        cmocka_unit_test_setup_teardown(waiting_does_not_count, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
