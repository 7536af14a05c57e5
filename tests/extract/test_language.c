/* Languages: what documents declare, and what is found out when they do not. */
#include "support.h"

#include "extract/language/language_tag.h"

/* As penstock was built; without the library nothing is detected, and the tests of detection pass. */
#ifndef DETECTS
#define DETECTS 0
#endif

static int open_detector(void **state)
{
    const struct extract_limits limits = {
        .max_text_bytes = 16u << 20, .max_depth = 256, .detect_language = true};
    struct reason why = {""};

    (void)state;
    return extract_open(&limits, &extractor, &why) == 0 ? 0 : -1;
}

static char paragraph[1u << 20];

static const char *read_language(const char *code)
{
    char path[4096];
    size_t n;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/languages/%s.txt", getenv("FIXTURES"), code);
    file = fopen(path, "r");
    assert_non_null(file);
    n = fread(paragraph, 1, sizeof(paragraph) - 1, file);
    (void)fclose(file);
    paragraph[n] = '\0';
    return paragraph;
}

static const char *source(void)
{
    return meta("language_source");
}

static void assert_detected(const char *name, const char *what, const char *code)
{
    read_text(name, what);
    assert_string_equal(out.language, DETECTS ? code : "");
    assert_string_equal(source(), DETECTS && code[0] ? "\"detected\"" : "");
}

static void assert_none(const char *name, const char *what)
{
    assert_detected(name, what, "");
}

static void a_paragraph_is_enough(void **state)
{
    static const char *const codes[] = {"en", "de", "fr",      "es", "pt", "it", "nl",
                                        "sv", "pl", "ru",      "el", "tr", "ar", "he",
                                        "hi", "zh", "zh-Hant", "ja", "ko"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        assert_detected("a.txt", read_language(codes[i]), codes[i]);
}

/* Whatever lies at its beginning: the samples are from all parts. */
static void a_long_text_is_in_the_language_of_most_of_it(void **state)
{
    static char many[1u << 20];
    size_t n = 0;

    (void)state;
    n += (size_t)sprintf(many, "%s", read_language("en"));
    (void)read_language("fr");
    while (n + strlen(paragraph) < sizeof(many))
        n += (size_t)sprintf(many + n, "%s", paragraph);
    assert_detected("a.txt", many, "fr");
}

static void what_is_declared_counts(void **state)
{
    static char page[8192];

    (void)state;
    (void)sprintf(page, "<html lang=en_GB><p>%s", read_language("de"));
    read_text("a.html", page);
    assert_string_equal(out.language, "en-GB");
    assert_string_equal(source(), "");
    (void)sprintf(page, "<html lang=und><p>%s", read_language("de"));
    assert_detected("a.html", page, "de");
    (void)sprintf(page, "<html><p>%s", read_language("de"));
    assert_detected("a.html", page, "de");
}

static void little_text_has_none(void **state)
{
    (void)state;
    assert_none("a.txt", "Invoice 4711");
    assert_none("a.txt", "Das ist kurz.");
    assert_none("a.txt", "");
    assert_none("a.txt", "OK\n");
}

static void gibberish_has_none(void **state)
{
    static char noise[20000];
    uint32_t seed = 4711;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(noise); i++) {
        seed = seed * 1103515245 + 12345;
        noise[i] = "abcdefghijklmnopqrstuvwxyz     "[(seed >> 16) % 31];
    }
    assert_none("a.txt", noise);
    for (size_t i = 0; i + 1 < sizeof(noise); i++) {
        seed = seed * 1103515245 + 12345;
        noise[i] = "0123456789abcdef \n"[(seed >> 16) % 18];
    }
    assert_none("a.txt", noise);
}

/* Half and half is not in either. */
static void a_mixed_text_has_none(void **state)
{
    static char mixed[8192];

    (void)state;
    (void)sprintf(mixed, "%s", read_language("de"));
    strcat(mixed, read_language("fr"));
    assert_none("a.txt", mixed);
}

static void data_has_none(void **state)
{
    static char data[8192];

    (void)state;
    (void)sprintf(data, "{\"a\": \"%.*s\"}", 300, read_language("en"));
    assert_none("a.json", data);
    (void)sprintf(data, "n,v\n1,\"%s\"\n", read_language("en"));
    assert_none("a.csv", data);
    (void)sprintf(data, "/* %s */\nint x;\n", read_language("en"));
    assert_none("a.c", data);
    (void)sprintf(data, "a: >\n  %s", read_language("en"));
    assert_none("a.yaml", data);
}

static void a_part_has_its_own(void **state)
{
    static char mail[8192];

    (void)state;
    (void)sprintf(mail,
                  "From: a@example.org\nTo: b@example.org\nSubject: x\nDate: Mon, 1 Jan 2024 "
                  "10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; "
                  "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s",
                  read_language("sv"));
    assert_detected("a.eml", mail, "sv");
}

static void without_the_setting_nothing_is_detected(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 16u << 20, .max_depth = 256};
    struct extractor *detector = extractor;
    struct reason why = {""};

    (void)state;
    assert_int_equal(extract_open(&limits, &extractor, &why), 0);
    read_text("a.txt", read_language("en"));
    assert_string_equal(out.language, "");
    assert_string_equal(source(), "");
    (void)extract_close(extractor);
    extractor = detector;
}

static void tags_are_made_uniform(void **state)
{
    static const char *const tags[][2] = {
        {"en", "en"},
        {"EN", "en"},
        {"en_US", "en-US"},
        {" de-at\n", "de-AT"},
        {"en_US.UTF-8", "en-US"},
        {"de_DE@euro", "de-DE"},
        {"zh-hant-tw", "zh-Hant-TW"},
        {"ZH_HANS", "zh-Hans"},
        {"es-419", "es-419"},
        {"de-1996", "de-1996"},
        {"sl-rozaj-biske", "sl-rozaj-biske"},
        {"en-u-CA-gregory", "en-u-ca-gregory"},
        {"de-x-AB", "de-x-ab"},
        {"iw", "he"},
        {"in-ID", "id-ID"},
        {"iwx", "iwx"},
        {"und", ""},
        {"und-Latn", ""},
        {"x", ""},
        {"x-klingon", ""},
        {"english", ""},
        {"POSIX", ""},
        {"C", ""},
        {"en-", ""},
        {"en--US", ""},
        {"en US", ""},
        {"en-aaaaaaaaa", ""},
        {"d\xc3\xa9", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        char tag[LANGUAGE_TAG_SIZE] = "";
        bool is_tag = language_tag(tags[i][0], strlen(tags[i][0]), tag);

        assert_string_equal(tag, tags[i][1]);
        assert_int_equal(is_tag, tags[i][1][0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paragraph_is_enough),
        cmocka_unit_test(a_long_text_is_in_the_language_of_most_of_it),
        cmocka_unit_test(what_is_declared_counts),
        cmocka_unit_test(little_text_has_none),
        cmocka_unit_test(gibberish_has_none),
        cmocka_unit_test(a_mixed_text_has_none),
        cmocka_unit_test(data_has_none),
        cmocka_unit_test(a_part_has_its_own),
        cmocka_unit_test(without_the_setting_nothing_is_detected),
        cmocka_unit_test(tags_are_made_uniform),
    };

    return cmocka_run_group_tests(tests, open_detector, close_extractor);
}
