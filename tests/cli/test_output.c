/* Whatever a document or a file name holds, a terminal is not steered by it. */
#include "common.h"

#include "cli/output.h"

#include <locale.h>

static void check_line(const char *text, size_t n, const char *expected)
{
    struct buf out = BUF_INIT;

    output_line(&out, text, n);
    assert_buf(&out, expected);
}

#define LINE(text, expected) check_line(text, sizeof(text) - 1, expected)

static void plain_text_stays(void **state UNUSED)
{
    LINE("", "");
    LINE("invoice 2026.pdf", "invoice 2026.pdf");
    LINE("Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80",
         "Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void control_characters_are_shown(void **state UNUSED)
{
    LINE("\x1b[2Jx", "\\x1b[2Jx");
    LINE("a\nb\tc\rd", "a\\nb\\tc\\x0dd");
    LINE("a\0b", "a\\x00b");
    LINE("\x7f", "\\x7f");
}

static void eight_bit_controls_are_shown(void **state UNUSED)
{
    LINE("\xc2\x9b"
         "31m",
         "\\u{9b}31m");
    LINE("\xc2\x85", "\\u{85}");
}

static void characters_that_turn_the_direction_are_shown(void **state UNUSED)
{
    LINE("exe.\xe2\x80\xae"
         "fdp",
         "exe.\\u{202e}fdp");
    LINE("\xe2\x81\xa6", "\\u{2066}");
    LINE("\xe2\x80\xa8", "\\u{2028}");
}

static void bytes_that_are_not_utf8_are_shown(void **state UNUSED)
{
    LINE("\xff\xfe", "\\xff\\xfe");
    LINE("a\xc3", "a\\xc3");
    LINE("\xc0\x80", "\\xc0\\x80");
    LINE("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void a_block_keeps_lines_and_tabs_only(void **state UNUSED)
{
    struct buf out = BUF_INIT;

    output_block(&out, "a\tb\nc\x1b[0m\r\n", 11);
    assert_buf(&out, "a\tb\nc\\x1b[0m\\x0d\n");
}

static void marks_become_styles_on_a_terminal(void **state UNUSED)
{
    struct buf out = BUF_INIT;

    style_enable(true);
    output_marked(&out,
                  "a \x02"
                  "fox\x03 b",
                  9);
    assert_buf(&out, "a \x1b[1;33mfox\x1b[0m b\x1b[0m");
    style_enable(false);
    output_marked(&out,
                  "a \x02"
                  "fox\x03 b",
                  9);
    assert_buf(&out, "a fox b");
}

static void an_unclosed_mark_ends_with_the_text(void **state UNUSED)
{
    struct buf out = BUF_INIT;

    style_enable(true);
    output_marked(&out,
                  "\x02"
                  "a\n\x1b[31m",
                  8);
    style_enable(false);
    assert_buf(&out, "\x1b[1;33ma \\x1b[31m\x1b[0m");
}

static void marks_can_be_taken_out(void **state UNUSED)
{
    struct buf out = BUF_INIT;

    output_unmarked(&out,
                    "a \x02"
                    "fox\x03 b",
                    9);
    assert_buf(&out, "a fox b");
}

static void width_counts_cells(void **state UNUSED)
{
    assert_int_equal(output_width("", 0), 0);
    assert_int_equal(output_width("abc", 3), 3);
    assert_int_equal(output_width("\xc3\x9f", 2), 1);
    assert_int_equal(output_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
    assert_int_equal(output_width("e\xcc\x81", 3), 1);
    assert_int_equal(output_width("\x1b[1;33mab\x1b[0m", 13), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(control_characters_are_shown),
        cmocka_unit_test(eight_bit_controls_are_shown),
        cmocka_unit_test(characters_that_turn_the_direction_are_shown),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown),
        cmocka_unit_test(a_block_keeps_lines_and_tabs_only),
        cmocka_unit_test(marks_become_styles_on_a_terminal),
        cmocka_unit_test(an_unclosed_mark_ends_with_the_text),
        cmocka_unit_test(marks_can_be_taken_out),
        cmocka_unit_test(width_counts_cells),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
