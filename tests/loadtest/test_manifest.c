/* test_manifest.c - what was dropped, and how long it took. */
#include "common.h"

#include "manifest.h"

static int make(void **state)
{
    struct manifest *m = malloc(sizeof(*m));

    *state = m;
    return m ? manifest_init(m, 1000) : -1;
}

static int end(void **state)
{
    manifest_done(*state);
    free(*state);
    return 0;
}

static void put(struct manifest *m, uint64_t i, uint64_t due, uint64_t content)
{
    m->rows[i].due_usec = due;
    m->rows[i].content = content;
    m->rows[i].n_bytes = 10;
}

static void latency_counts_from_when_a_document_was_due_not_from_when_it_came(void **state)
{
    struct manifest *m = *state;

    put(m, 0, 1000000, 0);
    manifest_dropped(m, 0, 1900000);
    assert_int_equal(manifest_found(m, 0, 2000000), 1000000);
    assert_int_equal(m->max_late_usec, 900000);
    assert_int_equal(m->n_late, 1);
}

static void a_document_is_found_once(void **state)
{
    struct manifest *m = *state;

    put(m, 3, 1000, 3);
    manifest_dropped(m, 3, 1000);
    assert_int_equal(manifest_found(m, 3, 1500), 500);
    assert_int_equal(manifest_found(m, 3, 1600), -1);
    assert_int_equal(m->n_found, 1);
    assert_int_equal(m->last_found_usec, 1500);
}

static void a_document_that_nobody_dropped_is_not_found(void **state)
{
    assert_int_equal(manifest_found(*state, 5, 1000), -1);
    assert_int_equal(manifest_found(*state, 1000, 1000), -1);
    assert_int_equal(manifest_found(*state, UINT64_MAX, 1000), -1);
}

static void copies_are_dropped_but_are_no_contents(void **state)
{
    struct manifest *m = *state;

    put(m, 0, 10, 0);
    put(m, 1, 10, 0);
    put(m, 2, 10, 2);
    for (uint64_t i = 0; i < 3; i++)
        manifest_dropped(m, i, 10);
    assert_int_equal(m->n_dropped, 3);
    assert_int_equal(m->n_contents, 2);
    assert_int_equal(m->n_bytes, 30);
    assert_int_equal(m->n_rows, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            latency_counts_from_when_a_document_was_due_not_from_when_it_came, make, end),
        cmocka_unit_test_setup_teardown(a_document_is_found_once, make, end),
        cmocka_unit_test_setup_teardown(a_document_that_nobody_dropped_is_not_found, make, end),
        cmocka_unit_test_setup_teardown(copies_are_dropped_but_are_no_contents, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
