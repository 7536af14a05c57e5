/* test_formats.c - what each format gives: text, title, language, metadata. */
#include "support.h"

#include <stdio.h>

/* One document and everything that is expected of it; a NULL expectation is not checked. */
struct expectation {
    const char *name;
    const char *content;
    const char *body;
    const char *title;
    const char *metadata;
};

static void check(const struct expectation *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        read_text(cases[i].name, cases[i].content);
        if (cases[i].body)
            assert_string_equal(body(), cases[i].body);
        if (cases[i].title)
            assert_string_equal(title(), cases[i].title);
        if (cases[i].metadata)
            assert_string_equal(buf_text(&out.metadata), cases[i].metadata);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof(cases[0]))

#define PAGE "<!DOCTYPE html>"

static void html_is_the_text_that_a_reader_sees(void **state)
{
    static const struct expectation cases[] = {
        {"a", PAGE "<p>one<p>two", "one\ntwo"},
        {"a", PAGE "<p>a<b>b</b><i>c</i> d", "abc d"},
        {"a", PAGE "<body><span>a</span>b", "ab"},
        {"a", PAGE "<p>  much \n\t white   space  </p>\n\n<p> x </p>", "much white space\nx"},
        {"a", PAGE "<p>a <b> b </b> c", "a b c"},
        {"a", PAGE "<div><div>a</div></div><div></div><div>b</div>", "a\nb"},
        {"a", PAGE "a<br>b<br><br>c", "a\nb\nc"},
        {"a", PAGE "<ul><li>a<li>b</ul>c", "a\nb\nc"},
        {"a", PAGE "<table><tr><td>1<td>2<tr><th>3</th><th>4</th></tr></table>", "1\t2\n3\t4"},
        {"a", PAGE "<pre>  a\n   b\n</pre>c  d", "  a\n   b\nc d"},
        {"a", PAGE "x<pre>\n a\n\n</pre><pre>b</pre>", "x\n a\n\nb"},
        {"a", PAGE "x<pre><span> a</span>  <b>b</b></pre>", "x\n a  b"},
        {"a", PAGE "<p>a<script>var x = '<p>no</p>';</script>b<style>p{}</style>c", "abc"},
        {"a", PAGE "<p>a<noscript>no</noscript><template><p>no</template>b", "ab"},
        {"a", PAGE "<p>a<!-- no --><!-- > no -->b", "ab"},
        {"a", PAGE "<p>x<img src=y alt='a  cat'>z<img src=y alt=''>!", "x a cat z!"},
        {"a", PAGE "<p>&lt;&amp;&gt; &eacute;&#233;&#xe9; &euro; &#x1F600;",
         "<&> \u00e9\u00e9\u00e9 \u20ac \U0001F600"},
        {"a", PAGE "<p>a&nbsp;b &bogus; R&D", "a\u00a0b &bogus; R&D"},
        {"a", PAGE "<p>&#0;&#xD800;&#x110000;x", NULL},
        {"a", PAGE "<p>1 < 2 & 3 > 2", "1 < 2 & 3 > 2"},
        {"a", PAGE "<nav>a</nav><main><article>b</article></main><footer>c</footer>", "a\nb\nc"},
        {"a", PAGE "<p>a</b></i></p></p></div>b", NULL},
        {"a", PAGE "", ""},
    };

    (void)state;
    CHECK(cases);
}

static void html_has_title_language_and_metadata(void **state)
{
    static const struct expectation cases[] = {
        {"a", PAGE "<title> A \n &mdash; B </title><p>x", "x", "A \u2014 B"},
        {"a", PAGE "<title>one</title><body><svg><title>two</title></svg>x", "x", "one"},
        {"a", PAGE "<title></title><p>x", "x", ""},
        {"a", PAGE "<title>never closed<body><p>x", "x", "never closed"},
        {"a", PAGE "<meta name=Author content='A &amp; B'><meta name=keywords content='k, l'>",
         NULL, "", "{\"creator\":\"A & B\",\"keywords\":\"k, l\"}"},
        {"a", PAGE "<meta property='og:description' content=d><meta name=description content=e>",
         NULL, "", "{\"description\":\"d\"}"},
        {"a", PAGE "<meta name=dc.date content='2020-01-02'><meta name=viewport content=w>", NULL,
         "", "{\"created\":\"2020-01-02\"}"},
        {"a",
         PAGE "<meta name=author content=A><meta name=citation_author content=B>"
              "<meta name=citation_author content=C><meta name=citation_author content=B>",
         NULL, "", "{\"creator\":\"B; C\"}"},
        {"a",
         PAGE "<meta property='article:author' content='https://x/y'>"
              "<meta property='article:published_time' content='2024-02-29 13:05Z'>"
              "<meta property='article:modified_time' content='Thu, 29 Feb 2024 14:05:00 +0100'>",
         NULL, "",
         "{\"created\":\"2024-02-29T13:05:00Z\",\"modified\":\"2024-02-29T14:05:00+01:00\"}"},
        {"a",
         PAGE "<meta property='og:title' content='not this'><title>T</title>"
              "<meta name=generator content=G><meta property='og:site_name' content=S>"
              "<link rel=stylesheet href=x><link rel=Canonical href='https://e/a'>",
         NULL, "T", "{\"publisher\":\"S\",\"producer\":\"G\",\"canonical\":\"https://e/a\"}"},
        {"a", PAGE "<meta property='og:title' content='O'><meta name=DC.title content=D><p>x", "x",
         "D", "{}"},
        {"a",
         PAGE "<meta property='article:tag' content=a><meta property='article:tag' content=b>"
              "<meta itemprop=dateModified content='2024'><meta name=created content='2023-05'>",
         NULL, "", "{\"created\":\"2023-05\",\"modified\":\"2024\",\"keywords\":\"a, b\"}"},
        {"a", PAGE "<meta name=truncated content=x><meta name=encoding content=y>", NULL, "", "{}"},
    };
    static const char *const languages[][2] = {
        {"<html lang=de-CH>", "de-CH"},
        {"<html xml:lang=fr>", "fr"},
        {"<html lang='not a tag'>", ""},
        {"<html lang='x'>", ""},
        {"<html lang='en-'>", ""},
        {"<html lang='sgn-aaaaaaaa-bbbbbbbb-cccccccc-dddd'>",
         "sgn-aaaaaaaa-bbbbbbbb-cccccccc-Dddd"},
        {"<html lang='sgn-aaaaaaaa-bbbbbbbb-cccccccc-ddddd'>", ""},
        {"<html><meta http-equiv=Content-Language content=it>", "it"},
        {"<html><p lang=es>x", ""},
        {"<html><meta http-equiv=content-language content='de, en'>", "de"},
        {"<html><meta property='og:locale' content=en_US>", "en-US"},
    };

    (void)state;
    CHECK(cases);
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        read_text("a", languages[i][0]);
        assert_string_equal(out.language, languages[i][1]);
    }
}

static void xml_is_the_text_of_its_elements(void **state)
{
    static const struct expectation cases[] = {
        {"a", "<a><b>x</b><c>y</c></a>", "x\ny"},
        {"a", "<a>\n  <b> x\n  y </b>\n  tail <c/> end\n</a>", "x\n  y\ntail\nend\n"},
        {"a", "<a>a&amp;b &#233; <![CDATA[<c>&]]></a>", "a&b \u00e9 <c>&"},
        {"a", "<?xml version='1.0' encoding='UTF-8'?>\n<a>\u00e9</a>", "\u00e9"},
        {"a", "<a><!-- no --><?no no?>x</a>", "x"},
        {"a", "<r xmlns:dc='u'><dc:title>T</dc:title><x>y</x></r>", "T\ny", "T"},
        {"a", "<rss><channel><title>Feed</title><item><title>Item</title></item></channel></rss>",
         "Feed\nItem", "Feed"},
        {"a", "<feed><title type='html'>F <b>x</b></title></feed>", NULL, "F x"},
        {"a", "<a><b><c><title>deep</title></c></b></a>", "deep", ""},
        {"a", "<!DOCTYPE a [<!ENTITY p 'Product'>]><a>The &p;.</a>", "The Product."},
        {"a",
         "<!DOCTYPE a [<!ENTITY p 'P'><!ENTITY q '&p;&p;'><!ENTITY r '&lt;b>'>]><a>x&q;&r;y</a>",
         "xy"},
        {"a", "<!DOCTYPE a [<!ENTITY p SYSTEM 'file:///etc/passwd'>]><a>x&p;y</a>", "xy"},
        {"a", "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a>x&p;y</a>", "xy"},
        {"a", "<x:a>unbound prefixes are none of our business</x:a>",
         "unbound prefixes are none of our business"},
    };

    (void)state;
    CHECK(cases);
    read_text("a", "<a xml:lang='pt-BR'><b xml:lang='en'>x</b></a>");
    assert_string_equal(out.language, "pt-BR");
}

static void xml_tells_of_itself_near_its_top(void **state)
{
    static const struct expectation cases[] = {
        {"a",
         "<rss xmlns:dc='u'><channel><title>F</title><description>About</description>"
         "<pubDate>Thu, 29 Feb 2024 13:05:00 GMT</pubDate><generator>G</generator>"
         "<category>x</category><category>y</category>"
         "<item><dc:creator>no</dc:creator><description>no</description></item></channel></rss>",
         NULL, "F",
         "{\"created\":\"2024-02-29T13:05:00Z\",\"keywords\":\"x, y\","
         "\"description\":\"About\",\"producer\":\"G\"}"},
        {"a",
         "<feed><author><name>A</name><email>no</email></author><author><name>B</name></author>"
         "<updated>2024-02-29</updated><entry><author><name>no</name></author></entry></feed>",
         NULL, "", "{\"creator\":\"A; B\",\"modified\":\"2024-02-29\"}"},
        {"a",
         "<book><info><title>B</title><author><personname><firstname>A</firstname>"
         "<surname>S</surname></personname></author></info><chapter><info><author>no</author>"
         "</info></chapter></book>",
         NULL, "B", "{\"creator\":\"A S\"}"},
        {"a",
         "<r><dc:creator>A</dc:creator><dc:date>2024</dc:date><x><dc:date>no</dc:date></x>"
         "<creator>no</creator></r>",
         "A\n2024\nno\nno", "", "{\"creator\":\"A\",\"created\":\"2024\"}"},
    };

    (void)state;
    CHECK(cases);
    read_text("a", "<rss><channel><language>de-at</language></channel></rss>");
    assert_string_equal(out.language, "de-AT");
}

static void svg_is_what_its_reader_sees(void **state)
{
    static const struct expectation cases[] = {
        {"a",
         "<svg width='10.6px' height='20'><title>T</title><desc>About\n "
         "it</desc><style>no{}</style>"
         "<script>no</script><rect/>no<text>a <tspan class='b'>b</tspan>c <a>d</a></text></svg>",
         "T\nAbout it\na bc d", "T", "{\"width\":11,\"height\":20,\"description\":\"About it\"}"},
        {"a", "<svg><text><tspan x='1'>one</tspan><tspan x='1' dy='2'>two</tspan></text></svg>",
         "one\ntwo"},
        {"a", "<svg><g><title>layer</title><text>x</text></g></svg>", "layer\nx", ""},
        {"a",
         "<svg><switch><foreignObject><style>no{}</style><div>la<b>b</b>el</div><p>2</p></"
         "foreignObject>"
         "<text>label</text></switch><text>x</text></svg>",
         "label\n2\nx"},
        {"a", "<svg><switch><foreignObject/><text>label</text></switch><text>x</text></svg>",
         "label\nx"},
        {"a",
         "<svg "
         "width='100%'><metadata><rdf:RDF><cc:Work><dc:title>W</dc:title><dc:creator><cc:Agent>"
         "<dc:title>A</dc:title></cc:Agent></dc:creator><dc:subject><rdf:Bag><rdf:li>k</rdf:li>"
         "<rdf:li>l</rdf:li></rdf:Bag></dc:subject></cc:Work></rdf:RDF></metadata></svg>",
         "", "W", "{\"creator\":\"A\",\"keywords\":\"k, l\"}"},
    };

    (void)state;
    CHECK(cases);
    assert_string_equal(out.media_type, "image/svg+xml");
}

static void xml_entities_are_replaced_up_to_a_bound(void **state)
{
    char *value = repeat("x", 1000), *references = repeat("&e;", 2000), *text = allocate(10000);

    (void)state;
    sprintf(text, "<!DOCTYPE a [<!ENTITY e '%s'>]><a>&e;&e;</a>", value);
    read_text("a", text);
    assert_int_equal(out.body.size, 2000);
    assert_false(out.truncated);
    sprintf(text, "<!DOCTYPE a [<!ENTITY e '%s'>]><a>%s</a>", value, references);
    read_text("a", text);
    assert_in_range(out.body.size, 1000000, 1 << 20);
    assert_true(out.truncated);
    free(value);
    free(references);
    free(text);
}

static void markup_that_would_be_slow_is_plain_text(void **state)
{
    static const struct {
        const char *head, *before, *behind, *tail; /* of each number */
    } cases[] = {
        {"<html>", "<e", ">", ""},
        {"<a>", "<e", "/>", "</a>"},
        {"<!DOCTYPE a [", "<!ENTITY e", " ''>", "]><a>x</a>"},
    };
    char *text = allocate(4u << 20), *at;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        at = text + sprintf(text, "%s", cases[i].head);
        for (unsigned k = 0; k < 100000; k++)
            at += sprintf(at, "%s%u%s", cases[i].before, k, cases[i].behind);
        at += sprintf(at, "%s", cases[i].tail);
        read_text("a", text);
        assert_string_equal(out.media_type, "text/plain");
        assert_int_equal(out.body.size, at - text);
    }
    free(text);
}

static void json_keeps_its_text_and_tells_its_title(void **state)
{
    static const struct expectation cases[] = {
        {"a.json", "{\"title\": \"T\", \"name\": \"N\"}\r\n",
         "{\"title\": \"T\", \"name\": \"N\"}\r\n", "T", "{\"keys\":2}"},
        {"a.json", "{\"subject\":\"S\",\"name\":\"N\",\"x\":{\"title\":\"no\"}}", NULL, "N",
         "{\"keys\":3}"},
        {"a.json", "{\"title\":[\"no\"],\"titles\":\"no\"}", NULL, "", "{\"keys\":2}"},
        {"a.json", "[{\"title\":\"no\"}]", NULL, "", "{}"},
        {"a.json", "{\"title\":\"a\\n\\u00e9 \\ud83d\\ude00 \\\"q\\\" \\ud83d \\u0000.\"}", NULL,
         "a \u00e9 \U0001F600 \"q\" \ufffd \ufffd."},
        {"a.json", "{}", "{}", "", "{}"},
        {"a.json", "\xef\xbb\xbf[1]", "\xef\xbb\xbf[1]", "", "{}"},
        {"a.json", "{\"n\": 1e400000, \"m\": 123456789012345678901234567890}", NULL, "",
         "{\"keys\":2}"},
        {"a.ndjson", "{\"a\":1}\r\n\r\n[2]\r\n", "{\"a\":1}\r\n\r\n[2]\r\n", "", "{\"records\":2}"},
    };

    (void)state;
    CHECK(cases);
}

static void csv_tells_its_shape(void **state)
{
    static const struct expectation cases[] = {
        {"a.csv", "Name,Age\nAnn,3\nBob,4\n", "Name,Age\nAnn,3\nBob,4\n", "",
         "{\"delimiter\":\",\",\"columns\":[\"Name\",\"Age\"],\"rows\":2}"},
        {"a.csv", "Name;Age\r\n\"A;1 \"\"q\"\"\";3\r\n\"two\nlines\";4", NULL, "",
         "{\"delimiter\":\";\",\"columns\":[\"Name\",\"Age\"],\"rows\":2}"},
        {"a.csv", "1,2\n3,4\n", NULL, "", "{\"delimiter\":\",\",\"rows\":2}"},
        {"a.tsv", "a\tb, c\n1\t2, 3\n", NULL, "",
         "{\"delimiter\":\"tab\",\"columns\":[\"a\",\"b, c\"],\"rows\":1}"},
        {"a.csv", "a|b|c\n1,5|2|3\n", NULL, "",
         "{\"delimiter\":\"|\",\"columns\":[\"a\",\"b\",\"c\"],\"rows\":1}"},
        {"a.csv", "one\ntwo\n", NULL, "", "{\"delimiter\":\",\",\"columns\":[\"one\"],\"rows\":1}"},
        {"a.csv", "a,\"b", NULL, "", "{\"delimiter\":\",\",\"columns\":[\"a\",\"b\"],\"rows\":0}"},
        {"a.csv", "a,b\n1,2\n\n\n3,4\n", NULL, "",
         "{\"delimiter\":\",\",\"columns\":[\"a\",\"b\"],\"rows\":2}"},
        {"a.csv", "\n", "\n", "", NULL},
    };

    (void)state;
    CHECK(cases);
}

static void columns_are_bounded(void **state)
{
    char *names = repeat("a-name,", 5000), *name = repeat("x", 5000);
    json_t *metadata;

    (void)state;
    read_text("a.csv", names);
    metadata = json_loads(buf_text(&out.metadata), 0, NULL);
    assert_int_equal(json_array_size(json_object_get(metadata, "columns")), 200);
    json_decref(metadata);
    read_text("a.csv", name);
    metadata = json_loads(buf_text(&out.metadata), 0, NULL);
    assert_int_equal(json_string_length(json_array_get(json_object_get(metadata, "columns"), 0)),
                     200);
    json_decref(metadata);
    free(names);
    free(name);
}

static void yaml_tells_its_title(void **state)
{
    static const struct expectation cases[] = {
        {"a.yaml", "# c\nname: N\ntitle: 'T'\r\n", "# c\nname: N\ntitle: 'T'\r\n", "T", "{}"},
        {"a.yaml", "name: N\nx: {title: no}\n", NULL, "N"},
        {"a.yaml", "title: [no]\nx:\n - title: no\n", NULL, ""},
        {"a.yaml", "title: >\n  folded\n  text\n", NULL, "folded text"},
        {"a.yaml", "- title: no\n", NULL, ""},
        {"a.yaml", "a: b\n---\ntitle: no\n", NULL, ""},
        {"a.yaml", "x: [unclosed\ntitle: no\n", "x: [unclosed\ntitle: no\n", ""},
        {"a.yaml", "a: &a [x]\nb: [*a, *a]\ntitle: T\n", NULL, "T"},
        {"a.yaml", "just text", "just text", ""},
    };

    (void)state;
    CHECK(cases);
}

static void markdown_keeps_its_text_and_tells_its_title(void **state)
{
    static const struct expectation cases[] = {
        {"a.md", "text\r\n\r\n## Head ##\r\n# Other", "text\r\n\r\n## Head ##\r\n# Other", "Head",
         "{}"},
        {"a.md", "Head\n====\n", NULL, "Head"},
        {"a.md", "text\n\nHead\n---\n", NULL, "Head"},
        {"a.md", "---\n\n# Head", NULL, "Head"},
        {"a.md", "```\n# no\n```\n# yes", NULL, "yes"},
        {"a.md", "~~~\n# no\n```\n# no\n~~~\n# yes", NULL, "yes"},
        {"a.md", "    # no\n#no\n####### no\n# yes", NULL, "yes"},
        {"a.md", "- item\n---\n# yes", NULL, "yes"},
        {"a.md", "# **A** `b` [c](http://d/) ![e](f) snake_case", NULL, "A b c e snake_case"},
        {"a.md",
         "---\ntitle: \"Front: T\"\nauthor: A\ntags: [x, y]\nlang: en-GB\nnested: {a: b}\n---\n# "
         "no",
         NULL, "Front: T", "{\"creator\":\"A\",\"keywords\":\"x, y\"}"},
        {"a.md",
         "---\nauthors:\n - name: A\n   url: no\n - B\ndate: 2024-02-29\nlastmod: 2024-03\n"
         "categories: [c]\n---\n",
         NULL, "",
         "{\"categories\":[\"c\"],\"creator\":\"A; B\",\"created\":\"2024-02-29\","
         "\"modified\":\"2024-03\"}"},
        {"a.md", "---\nauthor: {name: A, url: no}\n---\n", NULL, "", "{\"creator\":\"A\"}"},
        {"a.md", "---\nauthor: A\nauthor: B\ntruncated: yes\n---\n# Head", NULL, NULL, NULL},
        {"a.md", "---\nauthor: [x\n---\n# Head", NULL, "Head"},
        {"a.md", "no heading", "no heading", ""},
    };

    (void)state;
    CHECK(cases);
}

static void plain_text_has_a_title_only_when_it_is_plain(void **state)
{
    static const struct expectation cases[] = {
        {"a.txt", "one\r\ntwo\r\n", "one\r\ntwo\r\n", "", "{}"},
        {"a.txt", "\nHead\n====\n", NULL, "Head"},
        {"a.txt", "Head of all\n===\n", NULL, ""},
        {"a.txt", "first\nHead\n====\n", NULL, ""},
        {"a.txt", "-----\nHead\n-----\n", NULL, "Head"},
        {"a.log", "-----\n-----\n", NULL, ""},
        {"a.py", "#####\n# Head\n#####\n", NULL, ""},
        {"a.rst", ".. SPDX\n   more\n\n.. _label:\n\n:Author: x\n\n=====\nTitle\n=====\n", NULL,
         "Title"},
        {"a.rst", "Title\n-----\n", NULL, "Title"},
        {"a.rst", "paragraph\n\nTitle\n-----\n", NULL, ""},
        {"a.rst", "\u00dcber\n====\n", NULL, "\u00dcber"},
    };

    (void)state;
    CHECK(cases);
}

static void a_title_is_one_short_line(void **state)
{
    char *words = repeat("\u00e4\u00f6\u00fc  ", 1000), *page = allocate(strlen(words) + 100);

    (void)state;
    sprintf(page, PAGE "<title>%s</title>", words);
    read_text("a", page);
    assert_in_range(out.title.size, 990, 1000);
    assert_memory_equal(title(), "\u00e4\u00f6\u00fc \u00e4\u00f6\u00fc ", 14);
    free(words);
    free(page);
}

static void long_text_is_cut_at_a_character(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 10, .max_depth = 100};
    static const struct {
        const char *name, *content, *body;
        bool truncated;
    } cases[] = {
        {"a.txt", "0123456789", "0123456789", false},
        {"a.txt", "0123456789a", "0123456789", true},
        {"a.txt", "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", "\u00e4\u00e4\u00e4\u00e4\u00e4", true},
        {"a.txt", "a\u00e4\u00e4\u00e4\u00e4\u00e4", "a\u00e4\u00e4\u00e4\u00e4", true},
        {"a", PAGE "<p>01234<p>56789<p>x", "01234\n5678", true},
        {"a", "<a><b>0123456</b><c>7890</c></a>", "0123456\n78", true},
        {"a.json", "[0, 1, 2, 3]", "[0, 1, 2, ", true},
    };
    struct extractor *small;
    struct extract_input in;

    (void)state;
    assert_int_equal(extract_open(&limits, &small, NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        in = (struct extract_input){cases[i].name, cases[i].content, strlen(cases[i].content),
                                    false};
        assert_int_equal(extract_document(small, &in, &out), 0);
        assert_valid(&out);
        assert_string_equal(body(), cases[i].body);
        assert_int_equal(out.truncated, cases[i].truncated);
    }
    extract_close(small);
}

/* Nothing of one document shows in the next. */
static void documents_leave_nothing_behind(void **state)
{
    (void)state;
    read_text("a", "<html lang=de><title>T</title><meta name=author content=A><pre>x<script>");
    read_text("a", PAGE "<p>a  b");
    assert_string_equal(body(), "a b");
    assert_string_equal(title(), "");
    assert_string_equal(out.language, "");
    assert_string_equal(buf_text(&out.metadata), "{}");
    read_text("a.xml", "<a xml:lang='de'><title>T</title><b>broken");
    assert_string_equal(out.media_type, "text/plain");
    assert_string_equal(title(), "");
    assert_string_equal(out.language, "");
    assert_string_equal(body(), "<a xml:lang='de'><title>T</title><b>broken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_is_the_text_that_a_reader_sees),
        cmocka_unit_test(html_has_title_language_and_metadata),
        cmocka_unit_test(xml_is_the_text_of_its_elements),
        cmocka_unit_test(xml_tells_of_itself_near_its_top),
        cmocka_unit_test(svg_is_what_its_reader_sees),
        cmocka_unit_test(xml_entities_are_replaced_up_to_a_bound),
        cmocka_unit_test(markup_that_would_be_slow_is_plain_text),
        cmocka_unit_test(json_keeps_its_text_and_tells_its_title),
        cmocka_unit_test(csv_tells_its_shape),
        cmocka_unit_test(columns_are_bounded),
        cmocka_unit_test(yaml_tells_its_title),
        cmocka_unit_test(markdown_keeps_its_text_and_tells_its_title),
        cmocka_unit_test(plain_text_has_a_title_only_when_it_is_plain),
        cmocka_unit_test(a_title_is_one_short_line),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(documents_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
