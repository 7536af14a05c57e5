/* What each error means for the work that met it. */
#include "store/sqlstate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static const struct {
    const char *sqlstate;
    enum sqlstate_class class;
} expected[] = {
    {NULL, SQLSTATE_LOST},      {"", SQLSTATE_LOST},        {"08000", SQLSTATE_LOST},
    {"08006", SQLSTATE_LOST},   {"08P01", SQLSTATE_LOST},   {"57P01", SQLSTATE_LOST},
    {"57P02", SQLSTATE_LOST},   {"57P05", SQLSTATE_LOST},   {"25006", SQLSTATE_LOST},
    {"25P03", SQLSTATE_LOST},   {"40003", SQLSTATE_LOST},   {"57P03", SQLSTATE_RETRY},
    {"40001", SQLSTATE_RETRY},  {"40P01", SQLSTATE_RETRY},  {"53100", SQLSTATE_RETRY},
    {"53300", SQLSTATE_RETRY},  {"55P03", SQLSTATE_ALONE},  {"58030", SQLSTATE_RETRY},
    {"25P02", SQLSTATE_RETRY},  {"72000", SQLSTATE_ALONE},  {"57014", SQLSTATE_SPLIT},
    {"53200", SQLSTATE_SPLIT},  {"21000", SQLSTATE_SPLIT},  {"23505", SQLSTATE_SPLIT},
    {"23503", SQLSTATE_SPLIT},  {"XX000", SQLSTATE_SPLIT},  {"22021", SQLSTATE_POISON},
    {"22P05", SQLSTATE_POISON}, {"22003", SQLSTATE_POISON}, {"23514", SQLSTATE_POISON},
    {"23502", SQLSTATE_POISON}, {"54000", SQLSTATE_POISON}, {"54001", SQLSTATE_POISON},
    {"P0001", SQLSTATE_POISON}, {"22023", SQLSTATE_CONFIG}, {"42P01", SQLSTATE_CONFIG},
    {"42501", SQLSTATE_CONFIG}, {"3D000", SQLSTATE_CONFIG}, {"3F000", SQLSTATE_CONFIG},
    {"28P01", SQLSTATE_CONFIG}, {"28000", SQLSTATE_CONFIG}, {"0A000", SQLSTATE_CONFIG},
    {"57P04", SQLSTATE_CONFIG}, {"XX001", SQLSTATE_CONFIG}, {"XX002", SQLSTATE_CONFIG},
};

static void test_known_codes(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        if (sqlstate_classify(expected[i].sqlstate) != expected[i].class)
            fail_msg("%s is %s", expected[i].sqlstate ? expected[i].sqlstate : "NULL",
                     sqlstate_class_name(sqlstate_classify(expected[i].sqlstate)));
}

static void test_unknown_codes_neither_blame_nor_stop(void **state UNUSED)
{
    static const char *const unknown[] = {"ZZ999", "P0002", "HV000", "5", "\377\377"};

    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
        assert_int_equal(sqlstate_classify(unknown[i]), SQLSTATE_ALONE);
}

static void test_no_error_is_ok(void **state UNUSED)
{
    assert_int_equal(sqlstate_classify("00000"), SQLSTATE_ALONE);
    assert_int_equal(sqlstate_classify("01000"), SQLSTATE_ALONE);
    assert_int_equal(sqlstate_classify("02000"), SQLSTATE_ALONE);
}

static void test_names(void **state UNUSED)
{
    assert_string_equal(sqlstate_class_name(SQLSTATE_OK), "ok");
    assert_string_equal(sqlstate_class_name(SQLSTATE_CONFIG), "config");
    assert_string_equal(sqlstate_class_name(99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_codes),
        cmocka_unit_test(test_unknown_codes_neither_blame_nor_stop),
        cmocka_unit_test(test_no_error_is_ok),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
