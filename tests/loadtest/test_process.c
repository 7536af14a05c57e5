/* test_process.c - what /proc tells. */
#include "common.h"

#include "process.h"

#include "base/clock.h"

#include <unistd.h>

static void this_process_has_a_parent_and_uses_time(void **state UNUSED)
{
    uint64_t end = clock_now_usec() + USEC_PER_SEC / 10;
    double before = process_cpu(getpid());

    assert_int_equal(process_parent(getpid()), getppid());
    assert_true(before >= 0);
    while (clock_now_usec() < end || process_cpu(getpid()) < before + 0.01)
        ;
    assert_true(process_cpu(getpid()) < before + 60);
}

static void a_process_that_is_not_there_has_nothing(void **state UNUSED)
{
    assert_true(process_cpu(0x3fffffff) < 0);
    assert_int_equal(process_parent(0x3fffffff), 0);
    assert_true(process_postgres_cpu(0x3fffffff) < 0);
}

static void what_is_no_backend_has_no_postmaster(void **state UNUSED)
{
    assert_int_equal(process_postmaster(getpid(), "test_loadtest"), 0);
    assert_int_equal(process_postmaster(1, ""), 0);
}

static void a_tree_counts_from_when_it_was_begun(void **state UNUSED)
{
    struct process_tree t;

    process_tree_init(&t, getpid());
    assert_int_equal(t.roles[ROLE_SUPERVISOR].n_processes, 1);
    process_tree_look(&t, true);
    assert_true(t.roles[ROLE_SUPERVISOR].cpu_seconds < 1);
    assert_true(t.roles[ROLE_SUPERVISOR].rss_bytes > 100000);
    assert_true(t.roles[ROLE_SUPERVISOR].peak_rss_bytes >= t.roles[ROLE_SUPERVISOR].rss_bytes);
    assert_true(t.roles[ROLE_SUPERVISOR].pss_known);
    assert_true(t.roles[ROLE_SUPERVISOR].pss_bytes <= t.roles[ROLE_SUPERVISOR].rss_bytes);
    assert_int_equal(t.roles[ROLE_POOL].n_processes, 0);
    assert_int_equal(t.roles[ROLE_SUPERVISOR].n_seen, 1);
    process_tree_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_has_a_parent_and_uses_time),
        cmocka_unit_test(a_process_that_is_not_there_has_nothing),
        cmocka_unit_test(what_is_no_backend_has_no_postmaster),
        cmocka_unit_test(a_tree_counts_from_when_it_was_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
