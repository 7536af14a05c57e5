/* test_rtf.c - RTF: what is shown becomes text, in whatever encoding it is written. */
#include "support.h"

/* The body of a document with this in it, behind a font table. */
static const char *text_of(const char *content)
{
    static const char head[] =
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil\\fcharset0 Arial;}"
        "{\\f1\\fnil\\fcharset204{\\*\\fname Arial;}Arial Cyr;}{\\f2\\fcharset128 MS Mincho;}"
        "{\\f3\\fcharset2 Symbol;}{\\f4\\fcharset2 Wingdings;}{\\f5\\fcharset134 SimSun;}"
        "{\\f6\\fcharset177 David;}{\\f7\\fnil\\cpg866 Dos;}{\\f8\\fcharset77 Geneva;}}\n";
    size_t n = strlen(content);
    char *all = allocate(sizeof(head) + n + 1);

    strcpy(all, head);
    strcat(all, content);
    strcat(all, "}");
    read_text("a.rtf", all);
    free(all);
    assert_string_equal(out.media_type, "application/rtf");
    assert_true(out.supported);
    return body();
}

static void assert_text(const char *content, const char *expected)
{
    const char *text = text_of(content);

    if (strcmp(text, expected) != 0)
        fail_msg("\"%s\" gives \"%s\", not \"%s\"", content, text, expected);
}

struct pair {
    const char *content, *text;
};

static void assert_all(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_text(pairs[i].content, pairs[i].text);
}

#define ASSERT_ALL(pairs) assert_all(pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void paragraphs_and_characters(void **state)
{
    static const struct pair pairs[] = {
        {"\\pard one\\par two\\line three\\\nfour", "one\ntwo\nthree\nfour"},
        {"a\\par\\par\\par\\par b", "a\n\nb"},
        {"a line\r\nthat goes on", "a linethat goes on"},
        {"a\\tab b\tc", "a\tb\tc"},
        {"\\emdash\\endash \\lquote x\\rquote\\ldblquote y\\rdblquote \\bullet", "—–‘x’“y”•"},
        {"a\\~b\\-c\\_d\\{\\}\\\\", "a\xc2\xa0"
                                    "bc\xe2\x80\x91"
                                    "d{}\\"},
        {"x\\page y\\sect z", "x\ny\nz"},
        {"\\b bold\\b0  and{\\i  italic}", "bold and italic"},
        {"caf\\'e9 \\'zz\\'", "café zz"},
    };

    (void)state;
    ASSERT_ALL(pairs);
}

static void bytes_are_of_their_font(void **state)
{
    static const struct pair pairs[] = {
        {"\\f1 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2 {\\f0 caf\\'e9} \\'ec\\plain\\'e9", "Привет café мé"},
        {"\\f2 \\'93\\'fa\\'96\\'7b\\'8c\\'ea abc \\'83\\'5c", "日本語 abc ソ"},
        {"\\f2\\'83\\\\\\'82\\'a0", "ソあ"}, /* a second byte written as a character */
        {"\\f5\\'d6\\'d0\\'b9\\'fa", "中国"},
        {"\\loch\\f0\\hich\\f0\\dbch\\af5\\'d6\\'d0\\loch caf\\'e9", "中café"},
        {"\\rtlch\\af6 \\'f9\\'ec\\'e5\\'ed\\ltrch caf\\'e9", "שלוםcafé"},
        {"\\rtlch\\f6\\'f9\\'ec", "של"},
        {"\\f7\\'8f\\'e0", "Пр"},
        {"\\f8\\'8e", "é"},
        {"{\\f3\\'b7} {\\f3 a\\'b3} {\\f4\\'a7} \\u-3913?", "• α≥ • •"},
    };

    (void)state;
    ASSERT_ALL(pairs);
    read_text("a.rtf", "{\\rtf1\\ansi\\ansicpg1250 \\'e8\\'ec}");
    assert_string_equal(body(), "čě");
    read_text("a.rtf", "{\\rtf1\\mac \\'8e}");
    assert_string_equal(body(), "é");
    read_text("a.rtf", "{\\rtf1\\ansi\\ansicpg1252 caf\xe9}");
    assert_string_equal(body(), "café");
    read_text("a.rtf", "{\\rtf1\\ansi\\ansicpg1252 caf\xc3\xa9}"); /* wrong, but seen */
    assert_string_equal(body(), "café");
    read_text("a.rtf", "{\\rtf1\\ansi\\ansicpg9999 caf\\'e9}");
    assert_string_equal(body(), "café");
}

static void unicode_and_its_fallback(void **state)
{
    static const struct pair pairs[] = {
        {"\\u8364?x", "€x"},
        {"\\u8364 ?x", "€x"},
        {"\\u8364\\'80x", "€x"},
        {"{\\uc2\\u26085\\'93\\'fax}\\u8364?y", "日x€y"},
        {"\\uc0\\u8364 x", "€x"},
        {"\\u-10179?\\u-8704?", "😀"},
        {"\\u55357?\\u56832?", "😀"},
        {"\\u8212\\emdash x", "—x"},
        {"\\u8364{x}y", "€xy"}, /* a group ends what may be passed over */
        {"\\u8364\\par y", "€\ny"},
        {"\\u-10179?x\\u-8704?y", "x\xef\xbf\xbdy"},
        {"\\u56832?x", "\xef\xbf\xbdx"},
        {"\\u0?\\u99999999?x", "\xef\xbf\xbdx"},
        {"{\\upr{ansi}{\\*\\ud{uni\\u269 c}}} z", "unič z"},
    };

    (void)state;
    ASSERT_ALL(pairs);
}

static void only_what_is_shown(void **state)
{
    static const struct pair pairs[] = {
        {"a{\\v hidden}b\\v no\\v0 c\\v no\\plain d", "abcd"},
        {"a{\\deleted gone}b\\revised new", "abnew"},
        {"{\\field{\\*\\fldinst HYPERLINK \"http://x\"}{\\fldrslt link}}", "link"},
        {"{\\field{\\fldinst{PAGE }}{\\fldrslt{\\b 1}}}", "1"},
        {"a{\\pict\\wmetafile8 0011ff}b", "ab"},
        {"a{\\pict\\bin5 }}}}}0011}b\\bin2 {{c", "abc"},
        {"a{\\*\\unknown x{y}{\\b z}}b{\\unknown c}", "abc"},
        {"{\\stylesheet{\\s1 heading 1;}}{\\colortbl;\\red0;}a", "a"},
        {"{\\xe{index entry}}a{\\tc entry}", "a"},
        {"{\\*\\bkmkstart mark}a{\\*\\bkmkend mark}", "a"},
        {"{\\*\\shppict{\\pict 00}}{\\nonshppict{\\pict 00}}a", "a"},
        {"{\\object\\objemb{\\*\\objclass X}{\\*\\objdata 00ff}{\\result shown}}", "shown"},
        {"{\\mmath{\\*\\moMath{\\mf{\\mfPr{\\mctrlPr}}{\\mnum{\\mr x}}}{\\mchr q}}}", "x"},
        {"stray \\pict word", "stray word"},
    };

    (void)state;
    ASSERT_ALL(pairs);
}

static void notes_come_behind_the_text(void **state)
{
    static const struct pair pairs[] = {
        {"{\\header Head\\par}{\\footer Foot}a sentence{\\footnote\\pard note one\\par} goes "
         "on.\\par"
         "{\\*\\atnid A}{\\*\\annotation\\pard a comment}next",
         "a sentence goes on.\nnext\nHead\nFoot\nnote one\na comment\n"},
        {"{\\headerl Head}{\\headerr Head}a\\sect{\\header Head}b", "a\nb\nHead\n"},
        {"a{\\footnote ibid.}b{\\footnote ibid.}", "ab\nibid.\nibid.\n"},
        {"a{\\footnote x{\\*\\annotation y}z}b", "ab\nx\nyz\n"},
        {"{\\footnote only}", "only\n"},
        {"before{\\shp{\\*\\shpinst{\\sp{\\sn a}{\\sv b}}{\\shptxt box\\par}}"
         "{\\shprslt{\\*\\do{\\dptxbxtext box}}}}after",
         "before\nbox\nafter"},
        {"{\\*\\do\\dobxpage{\\dptxbxtext\\pard old box\\par}}after", "old box\nafter"},
    };

    (void)state;
    ASSERT_ALL(pairs);
}

static void tables(void **state)
{
    static const struct pair pairs[] = {
        {"before\\par\\trowd\\cellx1\\pard\\intbl a\\cell b\\cell\\row c\\cell\\cell\\row\\pard "
         "after",
         "before\na\tb\nc\nafter"},
        {"\\trowd\\pard\\intbl\\cell b\\cell\\row\\trowd\\intbl x\\cell\\cell z\\cell\\row",
         "\tb\nx\t\tz"},
        {"\\trowd{\\pard\\intbl a\\par}\\cell{\\pard\\intbl b\\par c\\par}\\cell\\row\\pard d",
         "a\tb\nc\nd"},
        {"\\intbl\\itap2 x\\nestcell y\\nestcell{\\*\\nesttableprops\\trowd\\nestrow}"
         "{\\nonesttables\\par}\\pard\\intbl o\\cell\\row\\pard p",
         "x\ty\no\np"},
        {"{\\listtext\\f0 1.\\tab}first\\par{\\pntext\\f3\\'b7\\tab}second",
         "1.\tfirst\n•\tsecond"},
        {"{\\*\\pn\\pnlvlblt{\\pntxtb x}{\\pntxta .}}a", "a"},
    };

    (void)state;
    ASSERT_ALL(pairs);
}

static void the_information_group(void **state)
{
    (void)state;
    read_text("a.rtf",
              "{\\rtf1\\ansi\\ansicpg1251\\deflang1033{\\*\\generator Riched20 5.40;}"
              "{\\info\\vern8247{\\title \\'cf\\'f0\\'e8 {\\b x}}{\\author Ann; Bob}{\\subject S}"
              "{\\keywords k, l}{\\doccomm D}{\\operator O}{\\*\\company C}"
              "{\\creatim\\yr2004\\mo5\\dy3\\hr14\\min22}{\\revtim\\yr2005\\mo2\\dy31}{\\nofpages3}"
              "{\\nofwords10}}\\lang1049 text in one\\par{\\lang1033 x}}");
    assert_string_equal(title(), "При x");
    assert_string_equal(meta("creator"), "\"Ann; Bob\"");
    assert_string_equal(meta("subject"), "\"S\"");
    assert_string_equal(meta("keywords"), "\"k, l\"");
    assert_string_equal(meta("description"), "\"D\"");
    assert_string_equal(meta("last_author"), "\"O\"");
    assert_string_equal(meta("company"), "\"C\"");
    assert_string_equal(meta("created"), "\"2004-05-03T14:22:00\"");
    assert_string_equal(meta("modified"), "");
    assert_string_equal(meta("page_count"), "3");
    assert_string_equal(meta("producer"), "\"Riched20 5.40\"");
    assert_string_equal(out.language, "ru-RU");
    assert_string_equal(body(), "text in one\nx");
    read_text("a.rtf", "{\\rtf1{\\info{\\upr{\\title x}{\\*\\ud{\\title \\u269 c}}}}\\title y}");
    assert_string_equal(title(), "č");
    assert_string_equal(body(), "y");
}

static void read_fixture(const char *name)
{
    static char bytes[1 << 16];
    char path[4096];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/rtf/%s", getenv("FIXTURES"), name);
    file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    n = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    read_bytes(name, bytes, n);
}

static void documents_of_real_programs(void **state)
{
    static const char *const pieces[] = {
        "Heading — one\nSome text with “quotes”, 日本語, an emoji 😀 and a footnote. Then Русский "
        "текст, ελληνικά.\nName\tValue\nÄ\t1\n\t2\n",
        "•\titem one\n•\titem two\ncode {x} \\ y and a link.\n",
        "The note text.",
    };
    const char *at;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        read_fixture(i == 0 ? "office.rtf" : "pandoc.rtf");
        at = body();
        assert_memory_equal(at, "Über Äpfel\n", strlen("Über Äpfel\n"));
        for (unsigned p = 0; p < 3; p++)
            assert_non_null(at = strstr(at, pieces[p]));
        assert_string_equal(meta("damaged"), "");
    }
    read_fixture("office.rtf");
    assert_string_equal(title(), "Über Äpfel");
    assert_string_equal(meta("creator"), "\"Jane Doe; Петр Иванов\"");
}

static void its_beginning_and_its_end(void **state)
{
    (void)state;
    read_text("a.rtf", "\xef\xbb\xbf\r\n{\\rtf1 x}");
    assert_string_equal(out.media_type, "application/rtf");
    assert_string_equal(body(), "x");
    read_bytes("a.rtf", "{\\rtf1 x}\0\0garbage", 18);
    assert_string_equal(body(), "x");
    assert_string_equal(meta("damaged"), "");
    read_text("a.rtf", "{\\rtf1 x{\\b y");
    assert_string_equal(body(), "xy");
    assert_string_equal(meta("damaged"), "\"it ends inside of a group\"");
    read_head("a.rtf", "{\\rtf1 x{\\b y", 13, true);
    assert_string_equal(meta("damaged"), "");
    read_text("a.rtf", "{\\rtf");
    assert_true(out.supported);
}

/* A program lost count of its groups, as one that writes formulas with pictures for others does. */
static void the_first_group_is_closed_in_the_middle(void **state)
{
    (void)state;
    read_text("a.rtf", "{\\rtf1 one{\\b  two}}}\r\n{\\i  three}}\\par four}");
    assert_string_equal(body(), "one two three\nfour");
    assert_string_equal(meta("damaged"), "\"its first group is closed before its end\"");
    read_text("a.rtf", "{\\rtf1 one}{\\rtf1 another document}");
    assert_string_equal(body(), "one");
    read_text("a.rtf", "{\\rtf1 one} {garbage}");
    assert_string_equal(body(), "one");
    assert_string_equal(meta("damaged"), "");
}

/* ---- hostile ---- */

static void depth_is_no_danger(void **state)
{
    char *opens = repeat("{", 1000000), *closes = repeat("}", 1000000);
    char *all = allocate(2000100);

    (void)state;
    sprintf(all, "{\\rtf1 a%s deep%s end}", opens, closes);
    read_text("a.rtf", all);
    assert_string_equal(body(), "a deep end");
    assert_string_equal(meta("damaged"), "");
    sprintf(all, "{\\rtf1 %s", opens);
    read_text("a.rtf", all);
    free(opens);
    free(closes);
    free(all);
}

static void numbers_are_bounded(void **state)
{
    (void)state;
    assert_text("a\\bin99999999999999999999 b", "a");
    assert_text("a\\bin-5 b", "ab");
    assert_text("\\uc99999999\\u8364 x", "€");
    assert_text("\\uc-1\\u8364 xy", "€y");
    assert_text("\\f99999999\\f-3\\af70000 x", "x");
    assert_text("{\\fonttbl{\\f32767\\fcharset204 a;}{\\f32768\\fcharset204 b;}}\\f32767\\'cf",
                "П");
    assert_text("\\lang99999\\ansicpg-5\\deff99999\\cpg3\\fcharset300 x", "x");
}

static void a_megabyte_of_one_kind(void **state)
{
    static const char *const kinds[] = {
        "\\f2\\'93\\'fa",
        "{\\footnote a}",
        "{\\header a}",
        "\\cell",
        "\\par ",
        "\\u8364?",
        "{\\fonttbl{\\f9 a;}}",
        "{\\upr",
        "\\'e9",
        "{\\*\\x",
        "\xe3\x81\x82",
        "\\lang1033 a\\lang1031 ",
        "\\f1\\'cf\\f6\\'f9\\f8\\'8e\\f7\\'8f\\f0\\'e9\\f2\\'93\\'fa",
        "\\",
        "{\\info{\\title x}}",
    };
    char *many;

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        many = repeat(kinds[i], 1000000 / strlen(kinds[i]));
        text_of(many);
        assert_true(out.body.size <= 4000000);
        free(many);
    }
}

static const char sample[] =
    "{\\rtf1\\ansi\\ansicpg1251\\deff0{\\fonttbl{\\f0\\fcharset204 A;}{\\f1\\fcharset128 M;}{\\f2"
    "\\fcharset2 Symbol;}}{\\info{\\title \\'cf}{\\creatim\\yr2004\\mo5\\dy3}}{\\header H\\par}"
    "\\pard\\lang1049\\f0\\'cf\\f1\\'93\\'fa\\uc2\\u26085\\'93\\'fa x{\\footnote n{\\b o}}\\par"
    "\\trowd\\intbl a\\cell b\\cell\\row{\\upr{a}{\\*\\ud{\\u269 c}}}{\\pict\\bin3 }}}}{\\v h}"
    "{\\shp{\\*\\shpinst{\\shptxt b\\par}}}\\f2\\'b7{\\field{\\*\\fldinst X}{\\fldrslt r}}}";

static void truncations_at_every_byte(void **state)
{
    (void)state;
    for (size_t n = 5; n < sizeof(sample); n++) {
        read_bytes("a.rtf", sample, n);
        assert_true(out.supported);
        read_head("a.rtf", sample, n, true);
    }
}

static void random_mutations(void **state)
{
    char bytes[sizeof(sample)];
    size_t from, length;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 8000; round++) {
        memcpy(bytes, sample, sizeof(sample));
        for (unsigned i = 0; i < 1 + round % 7; i++)
            bytes[5 + (size_t)random() % (sizeof(sample) - 6)] =
                round % 2 ? (char)random() : "{}\\*' 09uf"[random() % 10];
        if (round % 3 == 0) {
            from = 5 + (size_t)random() % (sizeof(sample) - 6);
            length = (size_t)random() % (sizeof(sample) - from);
            memmove(bytes + 5 + (size_t)random() % (sizeof(sample) - 5 - length), bytes + from,
                    length);
        }
        read_head("a.rtf", bytes, sizeof(sample) - 1, round % 11 == 0);
        assert_true(out.supported);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_and_characters),
        cmocka_unit_test(bytes_are_of_their_font),
        cmocka_unit_test(unicode_and_its_fallback),
        cmocka_unit_test(only_what_is_shown),
        cmocka_unit_test(notes_come_behind_the_text),
        cmocka_unit_test(the_first_group_is_closed_in_the_middle),
        cmocka_unit_test(tables),
        cmocka_unit_test(the_information_group),
        cmocka_unit_test(documents_of_real_programs),
        cmocka_unit_test(its_beginning_and_its_end),
        cmocka_unit_test(depth_is_no_danger),
        cmocka_unit_test(numbers_are_bounded),
        cmocka_unit_test(a_megabyte_of_one_kind),
        cmocka_unit_test(truncations_at_every_byte),
        cmocka_unit_test(random_mutations),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
