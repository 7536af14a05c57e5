/* test_report.c - tables, files and pages are made of the same object. */
#include "common.h"

#include "sections.h"

#include "base/fd.h"

#include <unistd.h>

static const char text[] =
    "{\"command\": \"run\", \"penstock\": \"penstock <0.1>\", \"date\": "
    "\"now\", \"seed\": 7,"
    " \"machine\": {\"processors\": 2, \"model\": \"a & b\", \"memory_gb\": "
    "8.04},"
    " \"rows\": [{\"name\": \"one\", \"speed\": 1234.5, \"deep\": {\"share\": "
    "0.5}},"
    "            {\"name\": \"<two>\", \"speed\": 0.0567, \"deep\": null}]}";

static const struct column columns[] = {
    {"name", "name", AS_TEXT},
    {"speed", "docs/s", AS_REAL},
    {"deep.share", "share", AS_PERCENT},
    {NULL},
};

static const struct chart_plan charts[] = {
    {"Speed", "docs/s", CHART_BARS, "name", NULL, {"speed"}},
    {"Lines", "docs/s", CHART_LINES, "speed", "x", {"speed", "deep.share"}, {"a", "b"}},
    {NULL},
};

static const struct section rows = {"rows", "Rows", "a note", columns, charts};
static const struct section absent = {"absent", "Nothing", NULL, columns, NULL};
static const struct section *const sections[] = {&rows, &absent, NULL};

static int make(void **state)
{
    *state = json_loads(text, 0, NULL);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    json_decref(*state);
    return 0;
}

static void values_are_found_by_their_path(void **state)
{
    assert_int_equal(json_integer_value(report_get(*state, "machine.processors")), 2);
    assert_null(report_get(*state, "machine.nothing"));
    assert_null(report_get(*state, "seed.deeper"));
    assert_null(report_get(NULL, "a"));
}

static void check_format(double value, enum column_format format, const char *expected)
{
    json_t *number = json_real(value);
    struct buf out = BUF_INIT;

    report_format(number, format, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
    json_decref(number);
}

static void numbers_have_three_digits_that_count(void **state UNUSED)
{
    check_format(0, AS_REAL, "0");
    check_format(0.01234, AS_REAL, "0.012");
    check_format(1.234, AS_REAL, "1.23");
    check_format(12.34, AS_REAL, "12.3");
    check_format(123.4, AS_REAL, "123");
    check_format(1234567, AS_REAL, "1,234,567");
    check_format(999, AS_COUNT, "999");
    check_format(-1234, AS_COUNT, "-1,234");
    check_format(-123456, AS_COUNT, "-123,456");
    check_format(0.9876, AS_PERCENT, "98.8 %");
}

static void a_table_is_aligned_and_shows_what_is_missing_as_a_dash(void **state)
{
    struct buf out = BUF_INIT;

    report_table(*state, &rows, &out);
    assert_string_equal(buf_text(&out), "\nRows\n"
                                        "name   docs/s   share\n"
                                        "one     1,234  50.0 %\n"
                                        "<two>   0.057       -\n"
                                        "(a note)\n");
    buf_done(&out);
}

static void a_table_without_rows_is_not_there(void **state)
{
    struct buf out = BUF_INIT;

    report_table(*state, &absent, &out);
    assert_int_equal(out.size, 0);
    buf_done(&out);
}

static void a_page_is_well_formed_and_needs_nothing_else(void **state)
{
    struct buf out = BUF_INIT;

    report_html(*state, sections, &out);
    assert_well_formed(&out);
    assert_int_equal(count_of(out.data, "<svg"), 2);
    assert_int_equal(count_of(out.data, "<script"), 0);
    assert_int_equal(count_of(out.data, "src="), 0);
    assert_contains(out.data, "&lt;two&gt;");
    assert_contains(out.data, "penstock &lt;0.1&gt;");
    assert_contains(out.data, "prefers-color-scheme:dark");
    buf_done(&out);
}

static void every_section_of_every_command_can_be_written(void **state UNUSED)
{
    static const struct section *const *const all[] = {sections_of_run, sections_of_sweep,
                                                       sections_of_compare, sections_of_soak};
    json_t *report = json_object();
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        for (size_t k = 0; all[i][k]; k++)
            (void)json_object_set_new(report, all[i][k]->key, json_pack("[{}, {}]"));
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        buf_clear(&out);
        report_html(report, all[i], &out);
        assert_well_formed(&out);
    }
    buf_done(&out);
    json_decref(report);
}

static void files_hold_the_json_and_the_page(void **state)
{
    char json[] = "/tmp/penstock-test-XXXXXX", html[] = "/tmp/penstock-test-XXXXXX";
    struct options o = {.json = json, .html = html};
    struct reason why = {""};
    struct buf page = BUF_INIT, file = BUF_INIT;
    json_t *again;

    assert_true(close(mkstemp(json)) == 0 && close(mkstemp(html)) == 0);
    assert_int_equal(report_write(*state, sections, &o, &why), 0);
    again = json_load_file(json, 0, NULL);
    assert_true(json_equal(again, *state));
    report_html(*state, sections, &page);
    assert_int_equal(fd_read_file(html, 1 << 20, &file), 0);
    assert_string_equal(file.data, page.data);
    o.json = "/nowhere/at/all.json";
    assert_int_equal(report_write(*state, sections, &o, &why), 1);
    assert_contains(why.text, "/nowhere/at/all.json");
    (void)unlink(json);
    (void)unlink(html);
    json_decref(again);
    buf_done(&page);
    buf_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_found_by_their_path, make, end),
        cmocka_unit_test(numbers_have_three_digits_that_count),
        cmocka_unit_test_setup_teardown(a_table_is_aligned_and_shows_what_is_missing_as_a_dash,
                                        make, end),
        cmocka_unit_test_setup_teardown(a_table_without_rows_is_not_there, make, end),
        cmocka_unit_test_setup_teardown(a_page_is_well_formed_and_needs_nothing_else, make, end),
        cmocka_unit_test(every_section_of_every_command_can_be_written),
        cmocka_unit_test_setup_teardown(files_hold_the_json_and_the_page, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
