/* Which text search configuration a language has. */
#include "search/languages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* "" when it has none. */
static const char *name_of(const char *tag)
{
    const char *name = languages_config_name(languages_config(tag, strlen(tag)));

    return name ? name : "";
}

static void a_tag_has_the_configuration_of_its_language(void **state UNUSED)
{
    static const char *const tags[][2] = {
        {"de", "german"},
        {"de-AT", "german"},
        {"en", "english"},
        {"no", "norwegian"},
        {"nb-NO", "norwegian"},
        {"nn", "norwegian"},
        {"yi", "yiddish"},
        {"ar", "arabic"},
        {"vi", "vietnamese"},
        {"zh-Hant", "chinese"},
        {"", ""},
        {"d", ""},
        {"dex", ""},
        {"deu", ""},
        {"de_AT", ""},
        {"o ", ""},
        {" n", ""},
        {"xx", ""},
        {"-e", ""},
        {"\xc3\xa9", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
        assert_string_equal(name_of(tags[i][0]), tags[i][1]);
}

/* A tag in a message has no NUL behind it. */
static void no_more_than_the_tag_is_read(void **state UNUSED)
{
    assert_int_equal(languages_config("de", 1), 0);
    assert_int_equal(languages_config("dex", 2), languages_config("de", 2));
    assert_int_equal(languages_config(NULL, 0), 0);
}

static void numbers_and_names_are_different(void **state UNUSED)
{
    unsigned n = 1;

    assert_null(languages_config_name(0));
    for (; languages_config_name(n); n++)
        for (unsigned other = 1; other < n; other++)
            assert_string_not_equal(languages_config_name(n), languages_config_name(other));
    assert_true(n > 30 && n <= LANGUAGES_MAX_CONFIGS);
    assert_null(languages_config_name(n));
    assert_null(languages_config_name(~0u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_has_the_configuration_of_its_language),
        cmocka_unit_test(no_more_than_the_tag_is_read),
        cmocka_unit_test(numbers_and_names_are_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
