/* The two files that are made from the table and committed. To make them anew:
 *
 *     SETTINGS_REWRITE=1 build/tests/base/test_base_settings_write      (in the repository's root)
 */
#include "settings_common.h"

#include "base/settings_internal.h"

static void compare(const char *path, void (*write)(struct buf *))
{
    CLEANUP(buf_done) struct buf made = BUF_INIT, committed = BUF_INIT;

    write(&made);
    assert_int_equal(buf_error(&made), 0);
    if (getenv("SETTINGS_REWRITE"))
        write_file(path, made.data, made.size);
    assert_int_equal(fd_read_file(path, 1 << 20, &committed), 0);
    if (strcmp(buf_text(&made), buf_text(&committed)) != 0)
        fail_msg("%s is not what settings.def makes: the head of tests/base/test_settings_write.c "
                 "tells how",
                 path);
}

static void the_example_is_up_to_date(void **state UNUSED)
{
    compare(".env.example", settings_write_example);
}

static void the_documentation_is_up_to_date(void **state UNUSED)
{
    compare("docs/SETTINGS.md", settings_write_markdown);
}

/* With every # taken away it is a `.env` that changes nothing. */
static void the_example_is_a_dotenv_of_the_defaults(void **state)
{
    CLEANUP(buf_done) struct buf example = BUF_INIT;
    struct fixture *f = *state;
    char *const nothing[] = {NULL};

    settings_write_example(&example);
    for (char *at_line = example.data; at_line; at_line = strchr(at_line + 1, '\n'))
        if (at_line[0] == '\n' && at_line[1] == '#' && at_line[2] >= 'A')
            at_line[1] = ' ';
    write_text(at(f, ".env"), buf_text(&example));
    if (settings_load(&f->s, at(f, ".env"), nothing, &f->why) != 0)
        fail_msg("%s", f->why.text);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        assert_string_equal(settings_text(&f->s, id), setting_get(id)->fallback);
        assert_int_equal(f->s.values[id].source, SOURCE_DOTENV);
    }
}

static void every_row_of_the_tables_has_five_cells(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf made = BUF_INIT;
    int rows = 0;

    settings_write_markdown(&made);
    for (char *line = strtok(made.data, "\n"); line; line = strtok(NULL, "\n")) {
        int bars = 0;

        if (line[0] != '|')
            continue;
        for (char *c = line; *c; c++)
            bars += *c == '|' && (c == line || c[-1] != '\\');
        assert_int_equal(bars, 6);
        rows += line[2] == '`';
    }
    assert_int_equal(rows, SETTING_COUNT_);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_up_to_date),
        cmocka_unit_test(the_documentation_is_up_to_date),
        WITH_SETTINGS(the_example_is_a_dotenv_of_the_defaults),
        cmocka_unit_test(every_row_of_the_tables_has_five_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
