/* test_tag.c - one form of a tag, whoever writes it. */
#include "base/tag.h"

#include "common.h"

#include <locale.h>

static void assert_tag(const char *text, const char *expected)
{
    char tag[TAG_MAX_BYTES + 1] = "untouched";

    assert_int_equal(tag_normalise(text, strlen(text), tag), expected ? 0 : TAG_EMPTY);
    assert_string_equal(tag, expected ? expected : "untouched");
}

static void tags_are_lower_case_with_hyphens(void **state)
{
    assert_tag("Tax", "tax");
    assert_tag("  Tax,  2024 ", "tax-2024");
    assert_tag("tax_2024", "tax-2024");
    assert_tag("--a--b--", "a-b");
    assert_tag("C++", "c");
    assert_tag("R&D / Lab", "r-d-lab");
}

static void letters_of_all_scripts_stay(void **state)
{
    assert_tag("K\xc3\x84SE", "k\xc3\xa4se");
    assert_tag("\xd0\x9d\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xb3",
               "\xd0\xbd\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xb3");
    assert_tag("\xe7\xa8\x8e\xe9\x87\x91\xe3\x80\x80\x32", "\xe7\xa8\x8e\xe9\x87\x91-2");
    /* Hindi: vowel signs and the virama stand on letters. */
    assert_tag("\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80",
               "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80");
    assert_tag("\xe2\x80\xae"
               "a\xe2\x80\x8b"
               "b\xe2\x80\x94"
               "c",
               "a-b-c");
}

static void what_is_no_tag_is_none(void **state)
{
    assert_tag("", NULL);
    assert_tag(" !?\xe2\x80\x94 ", NULL);
    assert_tag("\xff", NULL);
}

static void a_tag_is_bounded(void **state)
{
    char text[TAG_MAX_BYTES + 2], tag[TAG_MAX_BYTES + 1];

    memset(text, 'a', sizeof(text));
    assert_int_equal(tag_normalise(text, TAG_MAX_BYTES, tag), 0);
    assert_int_equal(strlen(tag), TAG_MAX_BYTES);
    assert_int_equal(tag_normalise(text, TAG_MAX_BYTES + 1, tag), TAG_LONG);
    text[1] = '-';
    assert_int_equal(tag_normalise(text, TAG_MAX_BYTES + 1, tag), TAG_LONG);
}

static void the_locale_of_the_process_does_not_matter(void **state)
{
    assert_non_null(setlocale(LC_ALL, "C"));
    letters_of_all_scripts_stay(state);
    assert_string_equal(setlocale(LC_ALL, NULL), "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_lower_case_with_hyphens),
        cmocka_unit_test(letters_of_all_scripts_stay),
        cmocka_unit_test(what_is_no_tag_is_none),
        cmocka_unit_test(a_tag_is_bounded),
        cmocka_unit_test(the_locale_of_the_process_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
