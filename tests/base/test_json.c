/* Writing JSON: commas, every escape, and text that is not text. */
#include "common.h"

#include "base/json.h"

#include <math.h>

#define BAD "\xef\xbf\xbd"

/* "text" as it is written, without its quotes; static. */
static const char *written(const char *text, size_t n)
{
    static struct buf out;
    struct json j = json_begin(&out);

    buf_clear(&out);
    json_strn(&j, NULL, text, n);
    assert_int_equal(buf_error(&out), 0);
    assert_true(out.size >= 2 && out.data[0] == '"' && out.data[out.size - 1] == '"');
    buf_truncate(&out, out.size - 1);
    return buf_text(&out) + 1;
}

static void every_ascii_character_is_written_as_itself_or_escaped(void **state UNUSED)
{
    static const struct {
        char c;
        const char *escape;
    } named[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"},
                 {'\n', "\\n"}, {'\r', "\\r"},  {'\t', "\\t"}};

    for (int c = 1; c < 128; c++) {
        char text[2] = {(char)c, '\0'}, expected[8] = {(char)c, '\0'};

        if (c < 0x20 || c == 0x7f)
            (void)snprintf(expected, sizeof(expected), "\\u%04x", (unsigned)c);
        for (size_t i = 0; i < ARRAY_SIZE(named); i++)
            if (named[i].c == c)
                (void)snprintf(expected, sizeof(expected), "%s", named[i].escape);
        assert_string_equal(written(text, 1), expected);
    }
}

static void c1_controls_are_escaped_and_other_text_is_not(void **state UNUSED)
{
    assert_string_equal(written("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", 8),
                        "\\u0080\\u009b\\u009f\xc2\xa0");
    assert_string_equal(written("\xc3\x80\xe2\x82\xac\xf0\x9f\x98\x80", 9),
                        "\xc3\x80\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void bytes_that_are_not_utf8_become_replacement_characters(void **state UNUSED)
{
    static const struct {
        const char *text;
        size_t n;
        const char *expected;
    } cases[] = {
        {"a\0b", 3, "a" BAD "b"},
        {"\xff", 1, BAD},
        {"a\x80z", 3, "a" BAD "z"},
        {"\xc0\xaf", 2, BAD BAD},
        {"\xed\xa0\x80", 3, BAD BAD BAD},
        {"\xe2\x82", 2, BAD BAD},
        {"\xe2\x82z", 3, BAD BAD "z"},
        {"x\xc3", 2, "x" BAD},
        {"", 0, ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(written(cases[i].text, cases[i].n), cases[i].expected);
}

static void commas_stand_between_values_on_every_level(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    struct json j = json_begin(&out);

    json_object_open(&j, NULL);
    json_str(&j, "s", "x");
    json_array_open(&j, "a");
    json_array_close(&j);
    json_array_open(&j, "b");
    json_int(&j, NULL, INT64_MIN);
    json_object_open(&j, NULL);
    json_object_close(&j);
    json_uint(&j, NULL, UINT64_MAX);
    json_array_close(&j);
    json_bool(&j, "t", true);
    json_bool(&j, "f", false);
    json_null(&j, "n");
    json_str(&j, "none", NULL);
    json_raw(&j, "raw", "[1]", 3);
    json_int(&j, "q\"", 0);
    json_object_close(&j);
    assert_string_equal(
        buf_text(&out),
        "{\"s\":\"x\",\"a\":[],\"b\":[-9223372036854775808,{},18446744073709551615],"
        "\"t\":true,\"f\":false,\"n\":null,\"none\":null,\"raw\":[1],\"q\\\"\":0}");
}

static void doubles_are_numbers_or_null(void **state UNUSED)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {1e300, "1e+300"},
        {123456789012345, "123456789012345"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_done) struct buf out = BUF_INIT;
        struct json j = json_begin(&out);

        json_double(&j, NULL, cases[i].value);
        assert_string_equal(buf_text(&out), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ascii_character_is_written_as_itself_or_escaped),
        cmocka_unit_test(c1_controls_are_escaped_and_other_text_is_not),
        cmocka_unit_test(bytes_that_are_not_utf8_become_replacement_characters),
        cmocka_unit_test(commas_stand_between_values_on_every_level),
        cmocka_unit_test(doubles_are_numbers_or_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
