/* test_json_scan.c - the scanner agrees with another reader of JSON on what is valid. */
#include "extract/text/json_scan.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum json_verdict scan(const char *text, size_t size, unsigned max_depth)
{
    struct json_scan s = {.text = text, .size = size, .max_depth = max_depth};
    enum json_verdict v = json_scan_value(&s);

    return v == JSON_VALID && s.at < size ? JSON_INVALID : v;
}

static void verdicts(void **state)
{
    static const struct {
        const char *text;
        enum json_verdict verdict;
    } cases[] = {
        {"null", JSON_VALID},         {" -0.5e+3 ", JSON_VALID},   {"\"\\u12aF\"", JSON_VALID},
        {"{\"\":[{}]}", JSON_VALID},  {"", JSON_CUT_OFF},          {"nul", JSON_CUT_OFF},
        {"[1,", JSON_CUT_OFF},        {"{\"a\"", JSON_CUT_OFF},    {"\"\\u1", JSON_CUT_OFF},
        {"-", JSON_CUT_OFF},          {"1.", JSON_CUT_OFF},        {"[1,]", JSON_INVALID},
        {"{\"a\":1,}", JSON_INVALID}, {"{a:1}", JSON_INVALID},     {"[1 2]", JSON_INVALID},
        {"01", JSON_INVALID},         {"+1", JSON_INVALID},        {".5", JSON_INVALID},
        {"\"\\x\"", JSON_INVALID},    {"\"\n\"", JSON_INVALID},    {"[}", JSON_INVALID},
        {"{]", JSON_INVALID},         {"NaN", JSON_INVALID},       {"[1] 2", JSON_INVALID},
        {"[[[]]]", JSON_VALID},       {"[[[[]]]]", JSON_TOO_DEEP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(scan(cases[i].text, strlen(cases[i].text), 3), cases[i].verdict);
}

/* What the library refuses for its own reasons: values it cannot hold. */
static bool is_about_values(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_character ||
           strstr(error->text, "invalid Unicode");
}

static void mutations_are_judged_as_by_a_library(void **state)
{
    static const char sample[] =
        "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\", {}], \"b\": {\"c\": []}}";
    static const char alphabet[] = "{}[]:,\"\\ \nntfu0123456789eE+-.abx";
    char text[sizeof(sample)];
    json_error_t error;
    json_t *json;
    size_t n = sizeof(sample) - 1;

    (void)state;
    srandom(7);
    for (unsigned round = 0; round < 50000; round++) {
        memcpy(text, sample, sizeof(sample));
        for (unsigned i = 0; i < 1 + round % 3; i++)
            text[(size_t)random() % n] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
        json = json_loadb(text, n, JSON_DECODE_ANY, &error);
        if (json || !is_about_values(&error))
            assert_int_equal(scan(text, n, 100) == JSON_VALID, json != NULL);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(mutations_are_judged_as_by_a_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
