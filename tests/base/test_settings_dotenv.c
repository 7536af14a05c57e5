/* The syntax of `.env`. */
#include "common.h"

#include "base/settings_internal.h"

static void a_line_becomes_a_name_and_a_value(void **state UNUSED)
{
    static const struct {
        const char *text, *key, *value;
        bool expands;
    } cases[] = {
        {"A=b", "A", "b", false},
        {"A=b\n", "A", "b", false},
        {"A=b\r\n", "A", "b", false},
        {"\xef\xbb\xbf"
         "A=b",
         "A", "b", false},
        {"  A = b  ", "A", "b", false},
        {"export A=b", "A", "b", false},
        {"export\tA=b", "A", "b", false},
        {"exported=b", "exported", "b", false},
        {"export=b", "export", "b", false},
        {"_a.b-1=c", "_a.b-1", "c", false},
        {"A=", "A", "", false},
        {"A=   ", "A", "", false},
        {"A=b=c", "A", "b=c", false},
        {"A=b c  d", "A", "b c  d", false},
        {"A=b # comment", "A", "b", false},
        {"A=b\t# comment", "A", "b", false},
        {"A=b# value", "A", "b# value", false},
        {"A=b#value # comment", "A", "b#value", false},
        {"A=#value", "A", "#value", false},
        {"A= # comment", "A", "", false},
        {"A=it's", "A", "it's", false},
        {"A=b\\n", "A", "b\\n", false},
        {"A=''", "A", "", false},
        {"A='b # c'", "A", "b # c", false},
        {"A='b\\n\"${C}'", "A", "b\\n\"${C}", false},
        {"A='b' # comment", "A", "b", false},
        {"A='b\nc'", "A", "b\nc", false},
        {"A='b\r\nc'\r\n", "A", "b\nc", false},
        {"A=\"\"", "A", "", false},
        {"A=\"b # c\"  ", "A", "b # c", false},
        {"A=\"\\n\\r\\t\\\"\\\\\\$\"", "A", "\n\r\t\"\\$", false},
        {"A=\"\\a\\'\"", "A", "\\a\\'", false},
        {"A=\"it's\"", "A", "it's", false},
        {"A=\"b\nc\"", "A", "b\nc", false},
        {"A=$b", "A", "$b", false},
        {"A=${b}", "A", "${b}", true},
        {"A=\"${b}\"", "A", "${b}", true},
        {"A=\"\\${b}\"", "A", "${b}", false},
        {"A=b # ${c}", "A", "b", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reason why = {0};
        struct dotenv d;

        if (dotenv_parse(".env", cases[i].text, strlen(cases[i].text), &d, &why) != 0)
            fail_msg("%s: %s", cases[i].text, why.text);
        assert_int_equal(d.n, 1);
        assert_string_equal(d.entries[0].key, cases[i].key);
        assert_string_equal(d.entries[0].value, cases[i].value);
        if (d.entries[0].wants_expansion != cases[i].expands)
            fail_msg("%s: expansion", cases[i].text);
        dotenv_done(&d);
    }
}

static void lines_are_counted_through_comments_and_quotes(void **state UNUSED)
{
    static const char text[] = "# one\n\n  \t\nA=1\r\n  # five\nB='\n\n'\nC=\"\n\"\nA=4";
    static const struct {
        const char *key;
        unsigned line;
    } expected[] = {{"A", 4}, {"B", 6}, {"C", 9}, {"A", 11}};
    struct reason why = {0};
    struct dotenv d;

    assert_int_equal(dotenv_parse(".env", text, sizeof(text) - 1, &d, &why), 0);
    assert_int_equal(d.n, ARRAY_SIZE(expected));
    for (size_t i = 0; i < d.n; i++) {
        assert_string_equal(d.entries[i].key, expected[i].key);
        assert_int_equal(d.entries[i].line, expected[i].line);
    }
    dotenv_done(&d);
}

static void mistakes_are_told_with_file_and_line(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"A=1\nB\n", "x/.env:2: expected = after the name"},
        {"export A", "x/.env:1: expected = after the name"},
        {"A B=1", "x/.env:1: expected = after the name"},
        {"1A=1", "x/.env:1: expected KEY=VALUE"},
        {"=1", "x/.env:1: expected KEY=VALUE"},
        {"A='b", "x/.env:1: the quote is not closed"},
        {"\nA=\"b\n\n", "x/.env:2: the quote is not closed"},
        {"A=\"b\\\"", "x/.env:1: the quote is not closed"},
        {"A='b'c", "x/.env:1: text after the closing quote"},
        {"A='b' c", "x/.env:1: text after the closing quote"},
        {"A='b'#c", "x/.env:1: text after the closing quote"},
        {"1\nA=2\n3\n", "x/.env:1: expected KEY=VALUE; x/.env:3: expected KEY=VALUE"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reason why = {0};
        struct dotenv d;

        assert_int_equal(dotenv_parse("x/.env", cases[i].text, strlen(cases[i].text), &d, &why), 1);
        assert_string_equal(why.text, cases[i].why);
    }
}

static void a_nul_byte_is_refused_and_nothing_is_nothing(void **state UNUSED)
{
    struct reason why = {0};
    struct dotenv d;

    assert_int_equal(dotenv_parse(".env", "A=\0b", 4, &d, &why), 1);
    assert_string_equal(why.text, ".env: holds a NUL byte");
    assert_int_equal(dotenv_parse(".env", "", 0, &d, &why), 0);
    assert_int_equal(d.n, 0);
    dotenv_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_becomes_a_name_and_a_value),
        cmocka_unit_test(lines_are_counted_through_comments_and_quotes),
        cmocka_unit_test(mistakes_are_told_with_file_and_line),
        cmocka_unit_test(a_nul_byte_is_refused_and_nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
