/* Columns are aligned by what is seen, not by bytes. */
#include "common.h"

#include "cli/output.h"
#include "cli/table.h"

#include <locale.h>

static const struct table_column columns[] = {{"ID", true}, {"NAME", false}, {"STATE", false}};

static void columns_are_as_wide_as_their_widest_cell(void **state UNUSED)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));
    struct buf out = BUF_INIT;

    table_cell(&t, "%d", 7);
    table_cell(&t, "a.txt");
    table_cell(&t, "done");
    table_cell(&t, "%d", 1234);
    table_cell(&t, "longer.txt");
    table_cell(&t, "x");
    table_write(&t, &out);
    assert_buf(&out, "  ID  NAME        STATE\n"
                     "   7  a.txt       done\n"
                     "1234  longer.txt  x\n");
}

static void a_table_without_rows_has_its_titles(void **state UNUSED)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));
    struct buf out = BUF_INIT;

    table_write(&t, &out);
    assert_buf(&out, "ID  NAME  STATE\n");
}

static void cells_are_made_safe(void **state UNUSED)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));
    struct buf out = BUF_INIT;

    table_cell(&t, "1");
    table_text(&t, "a\0\nb", 4);
    table_cell(&t, "%s", "\x1b[2J");
    table_write(&t, &out);
    assert_buf(&out, "ID  NAME      STATE\n"
                     " 1  a\\x00\\nb  \\x1b[2J\n");
}

static void wide_characters_and_styles_count_as_seen(void **state UNUSED)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));
    struct buf out = BUF_INIT;

    style_enable(true);
    table_cell(&t, "1");
    table_styled(&t, style(STYLE_RED), "ab");
    table_cell(&t, "x");
    table_cell(&t, "2");
    table_cell(&t, "\xe6\x97\xa5\xe6\x9c\xac");
    table_cell(&t, "y");
    table_write(&t, &out);
    style_enable(false);
    assert_buf(&out, "\x1b[1mID  NAME  STATE\n\x1b[0m"
                     " 1  \x1b[31mab\x1b[0m    x\n"
                     " 2  \xe6\x97\xa5\xe6\x9c\xac  y\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(a_table_without_rows_has_its_titles),
        cmocka_unit_test(cells_are_made_safe),
        cmocka_unit_test(wide_characters_and_styles_count_as_seen),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    style_enable(false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
