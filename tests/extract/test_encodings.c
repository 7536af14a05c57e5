/* test_encodings.c - any encoding comes out as UTF-8, and says which it was. */
#include "support.h"

#include <sys/resource.h>
#include <unicode/ucnv.h>

static const char latin[] =
    "Das Gr\u00f6\u00dfte an der \u00dcbung ist f\u00fcr viele die M\u00fche; "
    "sp\u00e4ter h\u00f6rt man nur noch, dass es sch\u00f6n war \u2013 \u201ewirklich\u201c.\n";
static const char czech[] =
    "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148 \u00fap\u011bl "
    "\u010f\u00e1belsk\u00e9 \u00f3dy. Ka\u017ed\u00fd den je d\u016fle\u017eit\u00fd a "
    "vl\u00e1da \u0159ekla, \u017ee nen\u00ed \u010das \u010dekat na \u0159e\u0161en\u00ed.\n";
static const char japanese[] =
    "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3092\u6b63\u3057\u304f\u8aad\u3080\u305f"
    "\u3081\u306b\u306f\u3001\u6587\u5b57\u30b3\u30fc\u30c9\u3092\u77e5\u308b\u5fc5"
    "\u8981\u304c\u3042\u308a\u307e\u3059\u3002\n";
static const char chinese[] =
    "\u4e2d\u6587\u6587\u672c\u7684\u7f16\u7801\u5f88\u91cd\u8981\uff0c\u6211\u4eec"
    "\u5fc5\u987b\u77e5\u9053\u8fd9\u4e9b\u6587\u4ef6\u662f\u7528\u4ec0\u4e48\u7f16"
    "\u7801\u4fdd\u5b58\u7684\u3002\n";
static const char russian[] =
    "\u0412\u0441\u0435 \u0441\u0447\u0430\u0441\u0442\u043b\u0438\u0432\u044b\u0435 "
    "\u0441\u0435\u043c\u044c\u0438 \u043f\u043e\u0445\u043e\u0436\u0438 \u0434\u0440"
    "\u0443\u0433 \u043d\u0430 \u0434\u0440\u0443\u0433\u0430, \u043a\u0430\u0436\u0434"
    "\u0430\u044f \u043d\u0435\u0441\u0447\u0430\u0441\u0442\u043b\u0438\u0432\u0430"
    "\u044f \u0441\u0435\u043c\u044c\u044f \u043d\u0435\u0441\u0447\u0430\u0441\u0442"
    "\u043b\u0438\u0432\u0430 \u043f\u043e-\u0441\u0432\u043e\u0435\u043c\u0443.\n";

static const struct {
    const char *text;
    const char *converter; /* ICU's name of what the file is in */
    const char *mark;      /* goes before it */
    size_t mark_size;
    const char *encoding; /* as the metadata says; "" for none */
} samples[] = {
    {latin, "UTF-8", "", 0, ""},
    {latin, "UTF-8", "\xef\xbb\xbf", 3, ""},
    {latin, "UTF-16LE", "\xff\xfe", 2, "\"UTF-16LE\""},
    {latin, "UTF-16BE", "\xfe\xff", 2, "\"UTF-16BE\""},
    {latin, "UTF-16LE", "", 0, "\"UTF-16LE\""},
    {latin, "UTF-16BE", "", 0, "\"UTF-16BE\""},
    {russian, "UTF-16LE", "", 0, "\"UTF-16LE\""},
    {russian, "UTF-16BE", "", 0, "\"UTF-16BE\""},
    {japanese, "UTF-16LE", "\xff\xfe", 2, "\"UTF-16LE\""},
    {latin, "UTF-32LE", "\xff\xfe\0\0", 4, "\"UTF-32LE\""},
    {latin, "UTF-32BE", "\0\0\xfe\xff", 4, "\"UTF-32BE\""},
    {latin, "UTF-32LE", "", 0, "\"UTF-32LE\""},
    {russian, "UTF-32BE", "", 0, "\"UTF-32BE\""},
    {latin, "windows-1252", "", 0, "\"windows-1252\""},
    {czech, "ISO-8859-2", "", 0, "\"ISO-8859-2\""},
    {japanese, "Shift_JIS", "", 0, "\"Shift_JIS\""},
    {japanese, "EUC-JP", "", 0, "\"EUC-JP\""},
    {japanese, "ISO-2022-JP", "", 0, "\"ISO-2022-JP\""},
    {chinese, "GB18030", "", 0, "\"GB18030\""},
    {russian, "KOI8-R", "", 0, "\"KOI8-R\""},
    {russian, "windows-1251", "", 0, "\"windows-1251\""},
};

static size_t encode(const char *converter, const char *text, char *to, size_t room)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t n = ucnv_convert(converter, "UTF-8", to, (int32_t)room, text, -1, &error);

    assert_true(n > 0 && (U_SUCCESS(error)));
    return (size_t)n;
}

static void every_encoding_becomes_utf8(void **state)
{
    char bytes[8192];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        memcpy(bytes, samples[i].mark, samples[i].mark_size);
        n = samples[i].mark_size + encode(samples[i].converter, samples[i].text,
                                          bytes + samples[i].mark_size,
                                          sizeof(bytes) - samples[i].mark_size);
        read_bytes("a.txt", bytes, n);
        assert_string_equal(out.media_type, "text/plain");
        /* A UTF-8 file is its own body, the mark included. */
        if (samples[i].mark_size == 3) {
            assert_memory_equal(body(), samples[i].mark, 3);
            assert_string_equal(body() + 3, samples[i].text);
        } else {
            assert_string_equal(body(), samples[i].text);
        }
        assert_string_equal(meta("encoding"), samples[i].encoding);
        assert_string_equal(meta("replaced_bytes"), "");
    }
}

/* The sandbox of a worker lets no file be opened: converters must not depend on any. */
static void no_file_is_needed_after_opening(void **state)
{
    struct rlimit saved, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
    none = saved;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    every_encoding_becomes_utf8(state);
    read_bytes("a",
               "\x7f"
               "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0",
               24);
    assert_false(out.supported);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
}

static void broken_utf8_stays_utf8(void **state)
{
    static const struct {
        const char *bytes, *text, *replaced;
    } cases[] = {
        {"Gr\xc3\xb6\xc3\x9f"
         "e \xff und M\xc3\xbche\n",
         "Gr\u00f6\u00dfe \ufffd und M\u00fche\n", "1"},
        {"\xc3\xa4 \xe2\x82 \xc3\xb6\n", "\u00e4 \ufffd\ufffd \u00f6\n", "2"},
        {"\xc3\xa4\xc3\xb6 \xed\xa0\x80 surrogate\n", "\u00e4\u00f6 \ufffd\ufffd\ufffd surrogate\n",
         "3"},
        {"\xef\xbb\xbf only \xff\n", "\ufeff only \ufffd\n", "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_text("a.log", cases[i].bytes);
        assert_string_equal(body(), cases[i].text);
        assert_string_equal(meta("replaced_bytes"), cases[i].replaced);
        assert_string_equal(meta("encoding"), "");
    }
}

static void a_log_keeps_its_umlauts_despite_some_broken_lines(void **state)
{
    char *good = repeat("12:00 Z\u00fcrich: verbunden\n", 1000),
         *bad = repeat("12:01 \xe9\xff\xfe\n", 20);
    size_t n = strlen(good);
    char *all = allocate(n + strlen(bad) + 1);

    (void)state;
    strcpy(all, good);
    strcpy(all + n, bad);
    read_text("a.log", all);
    assert_memory_equal(body(), good, n);
    assert_string_equal(meta("replaced_bytes"), "60");
    free(good);
    free(bad);
    free(all);
}

static void nul_and_control_bytes_do_not_make_text_binary(void **state)
{
    (void)state;
    read_bytes("a.txt", "one\0two three four five\1 six\n", 29);
    assert_true(out.supported);
    assert_memory_equal(body(), "one\ufffdtwo three four five\1 six\n", 31);
    assert_string_equal(meta("replaced_bytes"), "1");
}

static void html_and_xml_declare_their_encoding(void **state)
{
    (void)state;
    read_text("a", "<!doctype html><meta charset=\"iso-8859-15\"><title>\xa4</title><p>\xa4 5");
    assert_string_equal(title(), "\u20ac");
    assert_string_equal(body(), "\u20ac 5");
    assert_string_equal(meta("encoding"), "\"ISO-8859-15\"");

    read_text("a", "<html><head><meta http-equiv=Content-Type content='text/html; charset=koi8-r'>"
                   "</head><body>\xf7\xd3\xc5</body></html>");
    assert_string_equal(body(), "\u0412\u0441\u0435");

    read_text("a", "<?xml version='1.0' encoding='windows-1251'?><a>\xc2\xf1\xe5</a>");
    assert_string_equal(out.media_type, "application/xml");
    assert_string_equal(body(), "\u0412\u0441\u0435");
    assert_string_equal(meta("encoding"), "\"windows-1251\"");

    /* what is valid UTF-8 is UTF-8, whatever it declares */
    read_text("a", "<!doctype html><meta charset=windows-1252><p>\u00e9t\u00e9");
    assert_string_equal(body(), "\u00e9t\u00e9");
    assert_string_equal(meta("encoding"), "");

    /* and what is UTF-8 but for a few bytes as well */
    read_text(
        "a",
        "<!doctype html><meta charset=windows-1252><p>\u00e9t\u00e9 \u00e0 \u00e9 \u00e8 \xff");
    assert_string_equal(body(), "\u00e9t\u00e9 \u00e0 \u00e9 \u00e8 \ufffd");

    /* an encoding that nobody knows is as good as none */
    read_text("a", "<!doctype html><meta charset=klingon><p>d\xe9j\xe0 vu, tr\xe8s bient\xf4t");
    assert_string_equal(body(), "d\u00e9j\u00e0 vu, tr\u00e8s bient\u00f4t");
}

static void utf16_without_sense_is_replaced(void **state)
{
    static const char bytes[] = "\xff\xfe"
                                "a\0\0\0b\0\0\xd8"
                                "c\0\0\xdc"
                                "d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0d\0e";

    (void)state;
    read_bytes("a.txt", bytes, sizeof(bytes) - 1);
    assert_string_equal(body(), "a\ufffdb\ufffdc\ufffddddddddddddddddddddd\ufffd");
    assert_string_equal(meta("encoding"), "\"UTF-16LE\"");
    assert_string_not_equal(meta("replaced_bytes"), "");
}

static void a_cut_off_character_is_left_out(void **state)
{
    (void)state;
    read_head("a.txt",
              "Gr\xc3\xb6\xc3\x9f"
              "e \xe2\x82",
              10, true);
    assert_string_equal(body(), "Gr\u00f6\u00dfe ");
    assert_string_equal(meta("replaced_bytes"), "");
    assert_true(out.truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_becomes_utf8),
        cmocka_unit_test(no_file_is_needed_after_opening),
        cmocka_unit_test(broken_utf8_stays_utf8),
        cmocka_unit_test(a_log_keeps_its_umlauts_despite_some_broken_lines),
        cmocka_unit_test(nul_and_control_bytes_do_not_make_text_binary),
        cmocka_unit_test(html_and_xml_declare_their_encoding),
        cmocka_unit_test(utf16_without_sense_is_replaced),
        cmocka_unit_test(a_cut_off_character_is_left_out),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
