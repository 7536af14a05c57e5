/* The bytes of PostgreSQL's binary formats; that a server reads them the same is in test_conn.c. */
#include "store/params_bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static int setup(void **state)
{
    *state = params_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    *state = params_free(*state);
    return 0;
}

static void expect(const struct params *p, int i, Oid type, const char *bytes, int n)
{
    struct params_bound bound;

    assert_int_equal(params_error(p), 0);
    params_bind(p, &bound);
    assert_true(i < bound.n);
    assert_int_equal(bound.types[i], type);
    assert_int_equal(bound.formats[i], 1);
    assert_int_equal(bound.lengths[i], n);
    assert_memory_equal(bound.values[i], bytes, (size_t)n);
}

static void test_scalars(void **state)
{
    struct params *p = *state;

    params_add_int8(p, -2);
    params_add_bool(p, true);
    params_add_text(p, "a\0b", 3);
    params_add_bytea(p, "\377\0", 2);
    params_add_jsonb(p, "{}", 2);
    params_add_text(p, "", 0);
    expect(p, 0, 20, "\377\377\377\377\377\377\377\376", 8);
    expect(p, 1, 16, "\1", 1);
    expect(p, 2, 25, "a\0b", 3);
    expect(p, 3, 17, "\377\0", 2);
    expect(p, 4, 3802, "\1{}", 3);
    expect(p, 5, 25, "", 0);
}

static void test_null_is_not_empty(void **state)
{
    struct params *p = *state;
    struct params_bound bound;

    params_add_null(p, PARAM_TSVECTOR);
    params_add_text(p, "", 0);
    params_bind(p, &bound);
    assert_null(bound.values[0]);
    assert_int_equal(bound.types[0], 3614);
    assert_non_null(bound.values[1]);
}

static void test_array_of_text(void **state)
{
    struct params *p = *state;

    params_add_array(p, PARAM_TEXT, 3);
    params_element(p, "ab", 2);
    params_element(p, NULL, 0);
    params_element(p, "", 0);
    expect(p, 0, 1009,
           "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\3\0\0\0\1"
           "\0\0\0\2ab\377\377\377\377\0\0\0\0",
           34);
}

static void test_array_of_jsonb_has_version_bytes(void **state)
{
    struct params *p = *state;

    params_add_array(p, PARAM_JSONB, 2);
    params_element(p, "{}", 2);
    params_element(p, NULL, 0);
    expect(p, 0, 3807, "\0\0\0\1\0\0\0\1\0\0\16\332\0\0\0\2\0\0\0\1\0\0\0\3\1{}\377\377\377\377",
           31);
}

static void test_arrays_of_numbers(void **state)
{
    struct params *p = *state;

    params_add_array(p, PARAM_INT4, 1);
    params_element_int8(p, -1);
    params_add_array(p, PARAM_INT8, 1);
    params_element_int8(p, 258);
    params_add_array(p, PARAM_BOOL, 1);
    params_element_bool(p, false);
    expect(p, 0, 1007, "\0\0\0\1\0\0\0\1\0\0\0\27\0\0\0\1\0\0\0\1\0\0\0\4\377\377\377\377", 28);
    expect(p, 1, 1016, "\0\0\0\1\0\0\0\1\0\0\0\24\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\0\0\0\1\2", 32);
    expect(p, 2, 1000, "\0\0\0\1\0\0\0\1\0\0\0\20\0\0\0\1\0\0\0\1\0\0\0\1\0", 25);
}

static void test_empty_array(void **state)
{
    params_add_array(*state, PARAM_BYTEA, 0);
    expect(*state, 0, 1001, "\0\0\0\0\0\0\0\1\0\0\0\21", 12);
}

static void test_misuse_is_told(void **state)
{
    struct params *p = *state;

    params_element(p, "x", 1);
    assert_int_equal(params_error(p), -EINVAL);
    params_clear(p);
    assert_int_equal(params_error(p), 0);
    params_add_array(p, PARAM_TEXT, 2);
    params_element(p, "x", 1);
    params_add_int8(p, 1);
    assert_int_equal(params_error(p), -EINVAL);
    params_clear(p);
    params_add_array(p, PARAM_INT4, 1);
    params_element_int8(p, 1LL << 40);
    assert_int_equal(params_error(p), -EINVAL);
    params_clear(p);
    params_add_array(p, PARAM_INT8, 1);
    assert_int_equal(params_error(p), -EINVAL);
}

static void test_limits(void **state)
{
    struct params *p = *state;

    for (int i = 0; i < PARAMS_MAX; i++)
        params_add_int8(p, i);
    assert_int_equal(params_error(p), 0);
    params_add_int8(p, 0);
    assert_int_equal(params_error(p), -EFBIG);
    params_clear(p);
    params_add_array(p, PARAM_TEXT, 1);
    params_element(p, "", (1UL << 30));
    assert_int_equal(params_error(p), -EFBIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_scalars),           TEST(test_null_is_not_empty),
        TEST(test_array_of_text),     TEST(test_array_of_jsonb_has_version_bytes),
        TEST(test_arrays_of_numbers), TEST(test_empty_array),
        TEST(test_misuse_is_told),    TEST(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
