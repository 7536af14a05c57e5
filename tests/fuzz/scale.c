/* scale.c - time grows with the size of a document, and not with its square.
 *
 * Each shape is made of one piece that is repeated up to a size. Without arguments: one
 * megabyte and four, and it fails when four take much more than four times as long. With sizes in
 * megabytes as arguments: prints a table of CPU milliseconds for them.
 */
#include "fuzz.h"

#include "extract/extract.h"

#include <time.h>

/* The pieces, in turn: with `numbered` set, a # in it is a number that goes up. */
static const struct shape {
    const char *name, *head, *piece, *tail;
    bool numbered;
} shapes[] = {
    {"a.html", "<html>", "<div>", "", false},
    {"a.html", "<html>", "<b><p>", "", false},
    {"a.html", "<html>", "<table><tr><td>", "", false},
    {"a.html", "<html>", "<a href=x>", "", false},
    {"a.html", "<html>", "<p>x</i></b>", "", false},
    {"a.html", "<html><template>", "<div></i>", "", false},
    {"a.html", "<html>", "<script>x</script>", "", false},
    {"a.html", "<html><script>", "</scrip", "", false},
    {"a.html", "<html><script>", "<!--", "", false},
    {"a.html", "<html><style>", "</", "", false},
    {"a.html", "<html><title>", "<", "", false},
    {"a.html", "<html><textarea>", "</", "", false},
    {"a.html", "<html>", "<p a", "", false},
    {"a.html", "<html>", "<p a='", "", false},
    {"a.html", "<html><p a=\"", "&amp;", "\">", false},
    {"a.html", "<html><p a=\"", "x", "", false},
    {"a.html", "<html><p a=", "x", "", false},
    {"a.html", "<html><", "x", ">", false},
    {"a.html", "<html></", "x", ">", false},
    {"a.html", "<html><p", " a#=1", ">x", true},
    {"a.html", "<html>", "<p a1=1 a2=2 a3=3 a4=4 a5=5 a6=6>", "", false},
    {"a.html", "<html>", "<e#>", "", true},
    {"a.html", "<html>", "<e#></e#>", "", true},
    {"a.html", "<html>", "<meta name=n# content=c>", "", true},
    {"a.html", "<html>", "<!-", "", false},
    {"a.html", "<html>", "<!--x", "", false},
    {"a.html", "<html><!--", "-", "", false},
    {"a.html", "<html><!--", "--!", "", false},
    {"a.html", "<html>", "<!DOCTYPE ", "", false},
    {"a.html", "<html>", "<?x", "", false},
    {"a.html", "<html>", "<![CDATA[", "", false},
    {"a.html", "<html>", "&x", "", false},
    {"a.html", "<html>", "&eacute;", "", false},
    {"a.html", "<html>&", "x", ";", false},
    {"a.html", "<html>&#", "1", ";", false},
    {"a.html", "<html>", "\n", "x", false},
    {"a.html", "<html><pre>", "\n ", "x", false},
    {"a.html", "<html>", "<frameset>", "", false},
    {"a.html", "<html>", "<select><option>", "", false},
    {"a.html", "<html>", "<form><form>", "", false},
    {"a.html", "<html>", "<svg><math>", "", false},
    {"a.html", "<html>", "<", "", false},
    {"a.html", "<html>", "<a<", "", false},
    {"a.html", "<html>", "\xc3\xa9", "", false},
    {"a.xml", "<a>", "<b>", "", false},
    {"a.xml", "<a>", "<b/>", "</a>", false},
    {"a.xml", "<a>", "<e#/>", "</a>", true},
    {"a.xml", "<a>", "<e# xmlns:n#='u'/>", "</a>", true},
    {"a.xml", "<a", " a#='1'", "/>", true},
    {"a.xml", "<a b='", "x", "'/>", false},
    {"a.xml", "<a b='", "x", "", false},
    {"a.xml", "<a b='", "&lt;", "'/>", false},
    {"a.xml", "<a b='", "&#10;\n", "'/>", false},
    {"a.xml", "<a>", "&lt;", "</a>", false},
    {"a.xml", "<a>", "&e;", "</a>", false},
    {"a.xml", "<!DOCTYPE a [", "<!ENTITY e# 'x'>", "]><a>&e1;</a>", true},
    {"a.xml", "<!DOCTYPE a [<!ENTITY e 'x'>", "<!ENTITY f# '&e;'>", "]><a>&f1;</a>", true},
    {"a.xml", "<!DOCTYPE a [", "<!ENTITY % p# 'x'>", "]><a/>", true},
    {"a.xml", "<!DOCTYPE a [<!ENTITY e '", "x", "'>]><a>&e;</a>", false},
    {"a.xml", "<!DOCTYPE a [", "<!ELEMENT e# (a|b)>", "]><a/>", true},
    {"a.xml", "<!DOCTYPE a [<!ELEMENT a ", "(", "]><a/>", false},
    {"a.xml", "<!DOCTYPE a [<!ELEMENT a (b", "|b", ")>]><a/>", false},
    {"a.xml", "<!DOCTYPE a [", "<!ATTLIST a b# CDATA 'x'>", "]><a/>", true},
    {"a.xml", "<!DOCTYPE a [", "<!ATTLIST e# b CDATA 'x'>", "]><a/>", true},
    {"a.xml", "<!DOCTYPE a [<!ATTLIST a b (x", "|x", ") #IMPLIED>]><a/>", false},
    {"a.xml", "<!DOCTYPE a [<!ATTLIST a b NOTATION (x", "|x#", ") #IMPLIED>]><a/>", true},
    {"a.xml", "<!DOCTYPE a [<!ATTLIST a b (x", "|x#", ") #IMPLIED>]><a/>", true},
    {"a.xml", "<!DOCTYPE a [<!ELEMENT a (#PCDATA", "|x#", ")*>]><a/>", true},
    {"a.xml", "<!DOCTYPE a [", "<!NOTATION n# SYSTEM 'x'>", "]><a/>", true},
    {"a.xml", "<!DOCTYPE a [", "<!--x-->", "]><a/>", false},
    {"a.xml", "<!DOCTYPE a [", " ", "]><a/>", false},
    {"a.xml", "<!DOCTYPE a [", "<?x?>", "]><a/>", false},
    {"a.xml", "<a>", "<!--x-->", "</a>", false},
    {"a.xml", "<a><!--", "x", "--></a>", false},
    {"a.xml", "<a><?x ", "?", "?></a>", false},
    {"a.xml", "<a><![CDATA[", "]", "]]></a>", false},
    {"a.xml", "<a>", "<![CDATA[x]]>", "</a>", false},
    {"a.xml", "<a>", "x]]", "</a>", false},
    {"a.xml", "<a>", "\n", "</a>", false},
    {"a.xml", "<a>", " <b/> ", "</a>", false},
    {"a.xml", "<a>x", " ", "<b/></a>", false},
    {"a.xml", "<", "a", "/>", false},
    {"a.xml", "<a", ":a", "/>", false},
    {"a.xml", "<a>", "\xe2\x82\xac", "</a>", false},
    {"a.xml", "<", "?x?><", "a/>", false},
    {"a.xml", "<?xml version='1.0'?>", "<?x?>", "<a/>", false},
    {"a.xml", "<?xml version='1.0'?>", "<!--x-->\n", "<a/>", false},
    {"a.json", "", "[", "", false},
    {"a.json", "", "{\"a\":", "", false},
    {"a.json", "[0", ",0", "]", false},
    {"a.json", "{\"title\":1", ",\"k#\":1", "}", true},
    {"a.json", "{\"title\":\"t\"", ",\"title\":\"t\"", "}", false},
    {"a.json", "{\"title\":\"", "\\u0000", "\"}", false},
    {"a.json", "\"", "x", "\"", false},
    {"a.json", "", "9", "", false},
    {"a.json", "", " ", "1", false},
    {"a.json", "", "[]\n", "", false},
    {"a.json", "", "[[]\n", "", false},
    {"a.json", "[", "\n", "", false},
    {"a.csv", "", ",", "", false},
    {"a.csv", "", "x,", "", false},
    {"a.csv", "", "\"", "", false},
    {"a.csv", "", "\"\"", "", false},
    {"a.csv", "", "\"\n", "", false},
    {"a.csv", "", "a,\"b\n", "", false},
    {"a.csv", "", "a\"b,\"", "", false},
    {"a.csv", "", "\"a\"\",b\n", "", false},
    {"a.csv", "x", "y", "", false},
    {"a.csv", "", "a;b,c\td|e\n", "", false},
    {"a.csv", "", "\n", "", false},
    {"a.yaml", "", "a: ", "", false},
    {"a.yaml", "", "k#: v\n", "", true},
    {"a.yaml", "", "- ", "", false},
    {"a.yaml", "", "[", "", false},
    {"a.yaml", "a: [", "b, ", "]", false},
    {"a.yaml", "a: {", "k#: v, ", "}", true},
    {"a.yaml", "a: [", "[], ", "]", false},
    {"a.yaml", "", "&a# ", "", true},
    {"a.yaml", "a: ", "x", "", false},
    {"a.yaml", "a: ", "x ", "", false},
    {"a.yaml", "a: |\n", " x\n", "", false},
    {"a.yaml", "a: |\n", "\n", "", false},
    {"a.yaml", "a: \"", "\\n", "\"", false},
    {"a.yaml", "a: '", "''", "'", false},
    {"a.yaml", "", "# c\n", "a: b", false},
    {"a.yaml", "", "%A b\n", "---\na: b", false},
    {"a.yaml", "", "%TAG !a#! b\n", "---\na: b", true},
    {"a.yaml", "", "!", "", false},
    {"a.yaml", "", "? ", "", false},
    {"a.yaml", "", "a\n", "", false},
    {"a.yaml", "", "[a]: ", "", false},
    {"a.yaml", "{", "a, ", "", false},
    {"a.yaml", "{", "\"a\"\n", "", false},
    {"a.md", "", "[", "", false},
    {"a.md", "# ", "](", "", false},
    {"a.md", "# ", "[](", "", false},
    {"a.md", "", "#", "", false},
    {"a.md", "", "# ", "", false},
    {"a.md", "", "-\n", "", false},
    {"a.md", "", "> ", "", false},
    {"a.md", "---\n", "k#: v\n", "---\n", true},
    {"a.md", "---\n", "k#: [v]\n", "---\n", true},
    {"a.md", "---\na:\n", "- x\n", "---\n", false},
    {"a.md", "---\n", "x\n", "", false},
    {"a.md", "---\n", "[a]: ", "\n---\n", false},
    {"a.md", "---\n", "&a ", "\n---\n", false},
    {"a.md", "---\n", "? ", "\n---\n", false},
    {"a.rst", "", "..\n", "", false},
    {"a.rst", "", ":a: b\n", "", false},
    {"a.rst", "", "=\n", "", false},
    {"a.txt", "", "=", "", false},
    {"a.txt", "", "\n", "", false},
    {"a.txt", "", "\xe9", "", false},
    {"a.txt", "", "\xc3", "", false},
    {"a.txt", "", "\xff\xfe", "", false},
    {"a.txt", "\xff\xfe", "\x3d\xd8", "", false},
    {"a.txt", "\xff\xfe", "a\xd8", "", false},
    {"a.txt", "", "\xef\xbb\xbf", "", false},
    {"a.txt", "\xc3\xa9", "\xff\xc3\xa9", "", false},
    {"a.txt", "", "\x1b$", "", false},
    {"a.txt", "", "\x1b$B", "", false},
    {"a.txt", "", "\x1b$B$\"\x1b(B", "", false},
    {"a.txt", "", "\xa4\xa2", "", false},
    {"a.txt", "", "\x82\xa0", "", false},
    {"a.txt", "", "\x81\x30\x81\x30", "", false},
    {"a.bin", "", "\1\2", "", false},
    {"a.bin", "", "\xff", "\1\1\1\1", false},
    {"a.bin", "MZ", "\x90\x01", "", false},
    {"a.bin", "PK\3\4", "PK\3\4", "", false},
    {"a.bin", "\xff\xd8\xff\xe0", "\xff\xe1\x01\x08", "", false},
};

static size_t append(char *to, const char *text, unsigned number, bool numbered)
{
    size_t n = 0;

    for (; *text; text++) {
        if (numbered && *text == '#')
            n += (size_t)sprintf(to + n, "%u", number);
        else
            to[n++] = *text;
    }
    return n;
}

/* A document of about that size, and its exact size. */
static char *make(const struct shape *s, size_t size, size_t *ret_size)
{
    char *text = malloc(size + 4096);
    size_t n = append(text, s->head, 0, false);

    REQUIRE(text);
    for (unsigned i = 0; n < size; i++)
        n += append(text + n, s->piece, i, s->numbered);
    *ret_size = n + append(text + n, s->tail, 0, false);
    return text;
}

static double cpu_msec(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double measure(struct extractor *x, const struct shape *s, size_t size)
{
    struct extraction out = {0};
    struct extract_input in = {.name = s->name};
    char *text = make(s, size, &in.size);
    double start;

    in.bytes = text;
    start = cpu_msec();
    REQUIRE(extract_document(x, &in, &out) == 0);
    start = cpu_msec() - start;
    extraction_done(&out);
    free(text);
    return start;
}

/* The name, head and piece of a shape, in fixed columns and without line ends. */
static void print_name(const struct shape *s)
{
    char text[80];

    (void)snprintf(text, sizeof(text), "%-7.7s %-28.28s %-24.24s", s->name, s->head, s->piece);
    for (char *c = text; *c; c++)
        if (*c < ' ')
            *c = '.';
    (void)printf("%s", text);
}

static void print_table(struct extractor *x, int n, char **sizes)
{
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        print_name(&shapes[i]);
        for (int k = 0; k < n; k++) {
            (void)printf(" %9.1f", measure(x, &shapes[i], (size_t)atol(sizes[k]) << 20));
            (void)fflush(stdout);
        }
        (void)printf("\n");
    }
}

/* Whether four times as much takes much more than four times as long. */
static bool is_steep(struct extractor *x, const struct shape *s, bool tell)
{
    const double slack = 100, factor = 2;
    double large = measure(x, s, 4u << 20), small = large < slack ? 0 : measure(x, s, 1u << 20);

    if (large < small * 4 * factor + slack)
        return false;
    if (tell)
        (void)fprintf(stderr, "%s of %s: %.1f ms, four times as much %.1f ms\n", s->name, s->piece,
                      small, large);
    return true;
}

/* Three times, because other processes make single runs slower. */
static int compare_all(struct extractor *x)
{
    int wrong = 0;

    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
        wrong |= is_steep(x, &shapes[i], false) && is_steep(x, &shapes[i], false) &&
                 is_steep(x, &shapes[i], true);
    return wrong;
}

int main(int argc, char **argv)
{
    const struct extract_limits limits = {.max_text_bytes = 64u << 20, .max_depth = 256};
    struct reason why = {""};
    struct extractor *x;
    int r = 0;

    REQUIRE(extract_open(&limits, &x, &why) == 0);
    if (argc > 1)
        print_table(x, argc - 1, argv + 1);
    else
        r = compare_all(x);
    x = extract_close(x);
    return r;
}
