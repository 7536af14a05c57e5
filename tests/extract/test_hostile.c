/* test_hostile.c - no input crashes, hangs or leaves an invalid extraction (which read_bytes()
 * checks). */
#include "support.h"

#include <stdio.h>
#include <time.h>

static const char page[] =
    "<!DOCTYPE html><html lang=\"en\"><head><title>T &amp; t</title><meta name=author content='A'>"
    "<script>if (a<b) x();</script></head><body><p>caf\u00e9 <b>b</b><pre> x </pre><img alt=\"c\">"
    "<table><tr><td>1</td></tr></table><!-- c "
    "--><ul><li>a<li>b</ul>&eacute;&#x1F600;</body></html>";
static const char tree[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE a [<!ENTITY e \"x\"><!ELEMENT a ANY>]>"
    "<a xml:lang='en' b=\"c\"><dc:title>t\u00e9</dc:title>&e;&amp;<![CDATA[<x>]]><?pi x?><!-- c "
    "--><b/>x</a>";
static const char object[] =
    "{\"title\": \"t\\u00e9\\ud83d\\ude00\", \"a\": [1, -2.5e3, true, null, {\"b\": []}]}";
static const char records[] = "{\"a\": 1}\n{\"b\": [2, \"\u00e9\"]}\n\n[3]\n";
static const char table[] = "Name;Age\r\n\"A;1 \"\"q\"\"\";3\r\n\"two\nlines\";4\r\n";
static const char yaml[] =
    "# c\ntitle: >\n  folded\n  text\nname: &n [a, *n, {b: \"c\\x41\"}]\n...\n";
static const char markdown[] =
    "---\ntitle: \"F\u00e9\"\ntags: [a, b]\n---\n```\n# no\n```\n# H `c` [l](u) ![i](j)\nT\n===\n";
static const char rst[] = ".. c\n\n====\nT\u00e9\n====\n\ntext\n";

static const struct sample {
    const char *name;
    const char *bytes;
    size_t size;
} samples[] = {
    {"a.html", page, sizeof(page) - 1},       {"a.xml", tree, sizeof(tree) - 1},
    {"a.json", object, sizeof(object) - 1},   {"a.ndjson", records, sizeof(records) - 1},
    {"a.csv", table, sizeof(table) - 1},      {"a.yaml", yaml, sizeof(yaml) - 1},
    {"a.md", markdown, sizeof(markdown) - 1}, {"a.rst", rst, sizeof(rst) - 1},
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void truncations_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SAMPLES; i++) {
        for (size_t n = 0; n <= samples[i].size; n++) {
            read_bytes(samples[i].name, samples[i].bytes, n);
            read_head(samples[i].name, samples[i].bytes, n, true);
            assert_true(out.truncated);
        }
    }
}

/* A beginning that makes UTF-16 of the rest would make all rounds alike: bytes are changed
 * anywhere. */
static void random_mutations(void **state)
{
    char bytes[1024];
    size_t n, from, length;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        const struct sample *s = &samples[round % N_SAMPLES];

        n = s->size;
        memcpy(bytes, s->bytes, n);
        for (unsigned i = 0; i < 1 + round % 7; i++)
            bytes[(size_t)random() % n] = (char)random();
        if (round % 3 == 0) { /* and a piece of it moves */
            from = (size_t)random() % n;
            length = (size_t)random() % (n - from);
            memmove(bytes + (size_t)random() % (n - length), bytes + from, length);
        }
        read_head(round % 5 ? s->name : "a", bytes, n, round % 11 == 0);
    }
}

static void random_bytes(void **state)
{
    char bytes[512];
    size_t n;

    (void)state;
    srandom(2);
    for (unsigned round = 0; round < 3000; round++) {
        n = (size_t)random() % sizeof(bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)random();
        read_bytes(samples[round % N_SAMPLES].name, bytes, n);
    }
}

static char *nest(const char *open, const char *middle, const char *close, size_t depth)
{
    char *opens = repeat(open, depth), *closes = repeat(close, depth);
    char *all = allocate(strlen(opens) + strlen(middle) + strlen(closes) + 1);

    strcpy(all, opens);
    strcat(all, middle);
    strcat(all, closes);
    free(opens);
    free(closes);
    return all;
}

static void ten_thousand_levels(void **state)
{
    static const struct {
        const char *name, *open, *middle, *close, *media_type;
        bool truncated;
    } cases[] = {
        {"a.html", "<div>", "deep", "</div>", "text/html", false},
        {"a.html", "<b><p>", "deep", "</p></b>", "text/html", false},
        {"a.html", "<table><tr><td>", "deep", "", "text/html", false},
        {"a.html", "<template>", "x", "</template>", "text/html", false},
        {"a.xml", "<a>", "deep", "</a>", "application/xml", true},
        {"a.json", "[", "1", "]", "application/json", true},
        {"a.json", "{\"a\":", "1", "}", "application/json", true},
        {"a.json", "[", "", "", "application/json", true},
        {"a.yaml", "[", "1", "]", "application/json", true},
        {"a.yaml", "[a, ", "1", "]", "application/yaml", false},
        {"a.yaml", "{a: ", "1", "}", "application/yaml", false},
        {"a.yaml", "- ", "x", "", "application/yaml", false},
        {"a.yaml", "? ", "x", "", "application/yaml", false},
        {"a.md", "> ", "x", "", "text/markdown", false},
    };
    char *text, *in_page;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = nest(cases[i].open, cases[i].middle, cases[i].close, 10000);
        in_page = allocate(strlen(text) + 100);
        sprintf(in_page, "%s%s%s", i < 4 ? "<!DOCTYPE html>" : "", text, i < 4 ? "<p>end" : "");
        read_text(cases[i].name, in_page);
        assert_string_equal(out.media_type, cases[i].media_type);
        if (strcmp(cases[i].middle, "deep") == 0 && strcmp(cases[i].name, "a.html") == 0) {
            assert_non_null(strstr(body(), "deep"));
            assert_non_null(strstr(body(), "end"));
        }
        assert_int_equal(out.truncated, cases[i].truncated);
        free(text);
        free(in_page);
    }
}

/* Expanded, each would be gigabytes. */
static void entity_bombs_do_not_go_off(void **state)
{
    char *references = repeat("&a;", 100000), *bomb = allocate(1u << 20), *at = bomb;

    (void)state;
    at += sprintf(at, "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a0 \"lol\">");
    for (unsigned i = 1; i < 30; i++)
        at += sprintf(at, "<!ENTITY a%u \"&a%u;&a%u;&a%u;&a%u;&a%u;\">", i, i - 1, i - 1, i - 1,
                      i - 1, i - 1);
    sprintf(at, "]><l>&a29;</l>");
    read_text("a.xml", bomb);
    assert_true(out.body.size < 10000);

    sprintf(bomb, "<!DOCTYPE l [<!ENTITY a \"%0*d\">]><l>%s</l>", 100000, 0, references);
    read_text("a.xml", bomb);
    assert_true(out.body.size < 1000000);

    sprintf(bomb, "<!DOCTYPE l [<!ENTITY %% a \"%0*d\"><!ENTITY %% b '%%a;%%a;%%a;'>%%b;]><l>x</l>",
            1000, 0);
    read_text("a.xml", bomb);
    assert_true(out.body.size < 10000);

    sprintf(bomb, "a: &a [x,x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\ntitle: T\n");
    read_text("a.yaml", bomb);
    assert_string_equal(title(), "T");
    free(references);
    free(bomb);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Each is a megabyte or more of what some parser takes quadratic time for; a sanitizer's build is
 * slow. */
static void megabytes_of_one_kind_take_no_time(void **state)
{
    static const struct {
        const char *name, *head, *repeated, *tail;
        size_t n;
    } cases[] = {
        {"a.html", "<!DOCTYPE html><p title='", "x", "'>x", 2000000},
        {"a.html", "<!DOCTYPE html><p title='", "x", "", 2000000},
        {"a.html", "<!DOCTYPE html>", "<", "", 1000000},
        {"a.html", "<!DOCTYPE html>", "<a ", "", 500000},
        {"a.html", "<!DOCTYPE html>", "<a<", "", 500000},
        {"a.html", "<!DOCTYPE html>", "<!--", "", 300000},
        {"a.html", "<!DOCTYPE html>", "<script>", "", 200000},
        {"a.html", "<!DOCTYPE html>", "<b></i>", "", 200000},
        {"a.html", "<!DOCTYPE html><body>", "<b>", "", 300000},
        {"a.html", "<!DOCTYPE html><body>", "<b>x</b>", "", 300000},
        {"a.html", "<!DOCTYPE html><body>", "<b><img a='<b>'>", "", 100000},
        {"a.html", "<!DOCTYPE html><img", " a='<'", ">x", 300000},
        {"a.html", "<!DOCTYPE html>", "<template></i>", "", 100000},
        {"a.html", "<!DOCTYPE html>", "<table>", "", 200000},
        {"a.html", "<!DOCTYPE html>", "</p>", "", 300000},
        {"a.html", "<!DOCTYPE html>", "&", "", 1000000},
        {"a.html", "<!DOCTYPE html>", "&#1", "", 500000},
        {"a.html", "<!DOCTYPE html><title>", "x ", "", 1000000},
        {"a.html", "<!DOCTYPE html>", "<meta name=author content=x>", "", 50000},
        {"a.xml", "<a>", "<b>", "", 300000},
        {"a.xml", "<a b='", "x", "'/>", 2000000},
        {"a.xml", "<!DOCTYPE a [", "<!ENTITY e 'x'>", "]><a/>", 50000},
        {"a.xml", "<a>", "&e;", "</a>", 300000},
        {"a.xml", "<a>", "<?x?>", "</a>", 300000},
        {"a.xml", "<a>", "x ", "</a>", 1000000},
        {"a.xml", "<a", ":a", "/>", 500000},
        {"a.json", "", "[", "", 1000000},
        {"a.json", "", "[]", "", 1000000},
        {"a.json", "", "{}\n", "", 300000},
        {"a.json", "[0", ",0", "]", 1000000},
        {"a.json", "", "9", "", 1000000},
        {"a.csv", "", ",", "", 1000000},
        {"a.csv", "", "\"", "", 1000001},
        {"a.csv", "", "\"\n", "", 500000},
        {"a.csv", "", "\n", "", 1000000},
        {"a.yaml", "", "a: ", "", 500000},
        {"a.yaml", "", "- ", "", 500000},
        {"a.yaml", "", "[", "", 500000},
        {"a.yaml", "", "{", "", 500000},
        {"a.yaml", "a: ", "[", "", 500000},
        {"a.yaml", "a: ", "{", "", 500000},
        {"a.yaml", "a: ", "{x, ", "", 500000},
        {"a.yaml", "", "a:\n", "", 500000},
        {"a.yaml", "", "[a]: ", "", 500000},
        {"a.yaml", "a: [", "[a: b, ", "", 500000},
        {"a.yaml", "", "&a ", "", 500000},
        {"a.yaml", "a: \"", "x", "", 1000000},
        {"a.yaml", "", "? ", "", 500000},
        {"a.yaml", "", "!", "", 500000},
        {"a.md", "", "[", "", 1000000},
        {"a.md", "# ", "](", "", 500000},
        {"a.md", "", "---\n", "", 300000},
        {"a.rst", "", "=\n", "", 500000},
        {"a.txt", "", "\xe9", "", 1000000},
        {"a.txt", "\xc3\xa9", "\xff\xc3\xa9", "", 300000},
        {"a.txt", "", "\x1b$", "", 500000},
    };
    char *middle, *text;
    struct timespec start;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        middle = repeat(cases[i].repeated, cases[i].n);
        text = allocate(strlen(cases[i].head) + strlen(middle) + strlen(cases[i].tail) + 1);
        sprintf(text, "%s%s%s", cases[i].head, middle, cases[i].tail);
        clock_gettime(CLOCK_MONOTONIC, &start);
        read_text(cases[i].name, text);
        if (seconds_since(&start) > 5)
            fail_msg("%s of %s: %.1f s", cases[i].name, cases[i].repeated, seconds_since(&start));
        free(middle);
        free(text);
    }
}

static char *many_attributes(const char *head, size_t n, const char *tail)
{
    char *text = allocate(strlen(head) + n * 16 + strlen(tail) + 1), *at = text;

    at += sprintf(at, "%s", head);
    for (size_t i = 0; i < n; i++)
        at += sprintf(at, " a%zu='>'", i);
    sprintf(at, "%s", tail);
    return text;
}

static void a_tag_with_a_hundred_thousand_attributes(void **state)
{
    char *text = many_attributes("<!DOCTYPE html><p>before<p", 100000, ">after<p>end");
    struct timespec start;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &start);
    read_text("a.html", text);
    assert_string_equal(body(), "before\nafter\nend");
    free(text);

    text = many_attributes("<?xml version='1.0'?><a", 100000, "/>");
    read_text("a.xml", text);
    assert_string_equal(out.media_type, "text/plain");
    free(text);
    assert_true(seconds_since(&start) < 5);
}

static void metadata_is_bounded(void **state)
{
    char *text = allocate(4u << 20), *value = repeat("\\u0001", 3000), *at = text;

    (void)state;
    at += sprintf(at, "---\n");
    for (unsigned i = 0; i < 18; i++)
        at += sprintf(at, "key%u: \"%.*s\"\n", i, 3000, value);
    at += sprintf(at, "\"k\\0e\\u0001y\": v\n\"%s\": v\n",
                  "0123456789012345678901234567890123456789"
                  "0123456789012345678901234567890123456789"
                  "01234567890123456789012345678901234567890");
    sprintf(at, "---\n# T\n");
    read_text("a.md", text);
    assert_string_equal(title(), "T");

    at = text + sprintf(text, "<!DOCTYPE html><meta name=author content='");
    memset(at, 'x', 1u << 20);
    sprintf(at + (1u << 20), "'><p>x");
    read_text("a.html", text);
    assert_int_equal(strlen(meta("creator")), 2000 + 2);
    free(text);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncations_at_every_byte),
        cmocka_unit_test(random_mutations),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(ten_thousand_levels),
        cmocka_unit_test(entity_bombs_do_not_go_off),
        cmocka_unit_test(megabytes_of_one_kind_take_no_time),
        cmocka_unit_test(a_tag_with_a_hundred_thousand_attributes),
        cmocka_unit_test(metadata_is_bounded),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
