/* test_chart.c - charts are well-formed SVG, whatever they are given. */
#include "common.h"

#include "chart.h"

#include <math.h>

static void bars_are_as_long_as_their_values(void **state UNUSED)
{
    static const struct chart_bar bars[] = {{"whole", 200}, {"half", 100}, {"nothing", 0}};
    struct buf out = BUF_INIT;

    chart_bars("Speed", "docs/s", bars, ARRAY_SIZE(bars), &out);
    assert_well_formed(&out);
    assert_int_equal(count_of(out.data, "<rect"), 3);
    assert_contains(out.data, "width=\"440.0\"");
    assert_contains(out.data, "width=\"220.0\"");
    assert_contains(out.data, "Speed, docs/s");
    buf_done(&out);
}

static void labels_are_text_not_markup(void **state UNUSED)
{
    static const struct chart_bar bars[] = {{"<script>\"a\" & 'b'\x01</script>", 1}};
    struct buf out = BUF_INIT;

    chart_bars("a < b", "", bars, 1, &out);
    assert_well_formed(&out);
    assert_int_equal(count_of(out.data, "<script"), 0);
    assert_contains(out.data, "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
    buf_done(&out);
}

static void numbers_that_are_none_do_not_get_into_the_page(void **state UNUSED)
{
    static const struct chart_bar bars[] = {{"a", NAN}, {"b", -5}, {"c", INFINITY}};
    static const double x[] = {1, 2, 4}, y[] = {NAN, 7, -1}, z[] = {0, 0, 0};
    static const struct chart_line lines[] = {{"y", y}, {"z", z}};
    struct buf out = BUF_INIT;

    chart_bars("bars", "", bars, ARRAY_SIZE(bars), &out);
    assert_well_formed(&out);
    assert_int_equal(count_of(out.data, "nan") + count_of(out.data, "inf"), 0);
    buf_clear(&out);
    chart_lines("lines", "ms", "x", x, 3, lines, 2, &out);
    assert_well_formed(&out);
    assert_int_equal(count_of(out.data, "nan") + count_of(out.data, "inf"), 0);
    assert_int_equal(count_of(out.data, "class=\"f0\" cx"), 1);
    buf_done(&out);
}

static void lines_reach_from_the_first_x_to_the_last(void **state UNUSED)
{
    static const double x[] = {10, 20, 30}, y[] = {0, 50, 100};
    static const struct chart_line lines[] = {{"y", y}};
    struct buf out = BUF_INIT;

    chart_lines("lines", "ms", "seconds", x, 3, lines, 1, &out);
    assert_well_formed(&out);
    assert_contains(out.data, "d=\"M64.0 250.0L404.0 151.0L744.0 52.0\"");
    assert_contains(out.data, ">100<");
    assert_contains(out.data, ">seconds<");
    buf_done(&out);
}

static void nothing_makes_an_empty_chart(void **state UNUSED)
{
    static const struct chart_line lines[] = {{"y", NULL}};
    struct buf out = BUF_INIT;

    chart_bars("bars", "", NULL, 0, &out);
    assert_well_formed(&out);
    buf_clear(&out);
    chart_lines("lines", "", "x", NULL, 0, lines, 1, &out);
    assert_well_formed(&out);
    buf_done(&out);
}

static void scales_have_at_most_six_lines(void **state UNUSED)
{
    static const double tops[] = {0.003, 0.7, 1, 5, 9.99, 10, 37, 100, 101, 12345, 7e8};
    static const double x[] = {0, 1};
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        double y[] = {0, tops[i]};
        struct chart_line line = {"y", y};

        buf_clear(&out);
        chart_lines("lines", "", "x", x, 2, &line, 1, &out);
        assert_well_formed(&out);
        assert_in_range(count_of(out.data, "class=\"grid\""), 3, 7);
    }
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_as_long_as_their_values),
        cmocka_unit_test(labels_are_text_not_markup),
        cmocka_unit_test(numbers_that_are_none_do_not_get_into_the_page),
        cmocka_unit_test(lines_reach_from_the_first_x_to_the_last),
        cmocka_unit_test(nothing_makes_an_empty_chart),
        cmocka_unit_test(scales_have_at_most_six_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
