/* Which names are documents, and how names are shown. */
#include "../base/common.h"

#include "inbox/name.h"

static void documents(void **state UNUSED)
{
    static const char *const names[] = {"a",       "report.pdf", "a.part.pdf", "part",   "tmp",
                                        "x.TMP",   "~",          "~a",         "$~a",    "a.tmp2",
                                        "a~$b",    "a ",         "-",          "\xff",   "\n",
                                        "partial", "a.b.c",      "crdownload", "a.parts"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_null(inbox_name_ignored(names[i]));
}

static void not_documents(void **state UNUSED)
{
    static const char *const names[] = {
        ".",          "..", ".hidden",  "a.part", "a.tmp", "a.partial", "a.crdownload",
        "a.filepart", "~$", "~$a.docx", ".part",  ".tmp",  "a.b.tmp",   "~$.part"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_non_null(inbox_name_ignored(names[i]));
}

static void the_reason_names_the_rule(void **state UNUSED)
{
    assert_contains(inbox_name_ignored(".a"), "dot");
    assert_contains(inbox_name_ignored("~$a"), "~$");
    assert_contains(inbox_name_ignored("a.part"), "writing");
}

static void one_component_is_enough_for_a_path(void **state UNUSED)
{
    assert_null(inbox_path_ignored(""));
    assert_null(inbox_path_ignored("a"));
    assert_null(inbox_path_ignored("a/b/c.txt"));
    assert_null(inbox_path_ignored("a//b"));
    assert_contains(inbox_path_ignored(".git/config"), "dot");
    assert_contains(inbox_path_ignored("a/.git/config"), "dot");
    assert_contains(inbox_path_ignored("a.tmp/b"), "writing");
    assert_contains(inbox_path_ignored("a/~$b"), "~$");
    assert_contains(inbox_path_ignored("../a"), "dot");
}

static void a_component_longer_than_any_name_is_passed_over(void **state UNUSED)
{
    char path[600];

    memset(path, 'x', sizeof(path));
    memcpy(path + 590, "/.hidden", 9);
    assert_contains(inbox_path_ignored(path), "dot");
}

#define assert_shown(bytes, text)                            \
    do {                                                     \
        CLEANUP(buf_done) struct buf shown = BUF_INIT;       \
                                                             \
        inbox_path_show((bytes), sizeof(bytes) - 1, &shown); \
        assert_string_equal(buf_text(&shown), (text));       \
    } while (0)

static void text_is_shown_as_it_is(void **state UNUSED)
{
    assert_shown("", "");
    assert_shown("a/b c.txt", "a/b c.txt");
    assert_shown("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_shown("\xc2\xa0", "\xc2\xa0");
}

static void other_bytes_are_shown_by_their_number(void **state UNUSED)
{
    assert_shown("a\xff", "a\\xFF");
    assert_shown("\xc3", "\\xC3");
    assert_shown("\xe2\x82z", "\\xE2\\x82z");
    assert_shown("\xed\xa0\x80", "\\xED\\xA0\\x80");
}

static void a_terminal_is_not_told_to_do_anything(void **state UNUSED)
{
    assert_shown("a\nb\t", "a\\x0Ab\\x09");
    assert_shown("\x1b[2J\x7f", "\\x1B[2J\\x7F");
    assert_shown("a\0b", "a\\x00b");
    assert_shown("\xc2\x9b"
                 "2J",
                 "\\xC2\\x9B"
                 "2J");
    assert_shown("\xc2\x80\xc2\x9f", "\\xC2\\x80\\xC2\\x9F");
}

static void sidecars_are_told_by_their_ending(void **state UNUSED)
{
    assert_int_equal(inbox_sidecar_of("a.pdf.meta.json"), strlen("a.pdf"));
    assert_int_equal(inbox_sidecar_of("in/a.meta.json"), strlen("in/a"));
    assert_int_equal(inbox_sidecar_of("a.json"), 0);
    assert_int_equal(inbox_sidecar_of("meta.json"), 0);
    assert_int_equal(inbox_sidecar_of(".meta.json"), 0);
    assert_int_equal(inbox_sidecar_of("in/.meta.json"), 0);
    assert_int_equal(inbox_sidecar_of("in/meta.json"), 0);
    assert_int_equal(inbox_sidecar_of("a.meta.json.meta.json"), 0); /* a sidecar has none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
        cmocka_unit_test(not_documents),
        cmocka_unit_test(the_reason_names_the_rule),
        cmocka_unit_test(one_component_is_enough_for_a_path),
        cmocka_unit_test(a_component_longer_than_any_name_is_passed_over),
        cmocka_unit_test(text_is_shown_as_it_is),
        cmocka_unit_test(other_bytes_are_shown_by_their_number),
        cmocka_unit_test(a_terminal_is_not_told_to_do_anything),
        cmocka_unit_test(sidecars_are_told_by_their_ending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
