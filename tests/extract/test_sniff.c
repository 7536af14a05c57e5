/* test_sniff.c - the type is what the content is; the name only chooses among kinds of text. */
#include "support.h"

#include <stdio.h>

static const struct {
    const char *name;
    const char *content;
    const char *media_type;
} texts[] = {
    /* the name chooses */
    {"a.txt", "hello\n", "text/plain"},
    {"a", "hello\n", "text/plain"},
    {NULL, "hello\n", "text/plain"},
    {"a.log", "hello\n", "text/plain"},
    {"a.unheard-of", "hello\n", "text/plain"},
    {"dir.md/a", "hello\n", "text/plain"},
    {"a.md", "hello\n", "text/markdown"},
    {"A.MD", "hello\n", "text/markdown"},
    {"a.rst", "hello\n", "text/x-rst"},
    {"a.csv", "a,b\n", "text/csv"},
    {"a.tsv", "a\tb\n", "text/tab-separated-values"},
    {"a.yml", "a: b\n", "application/yaml"},
    {"a.c", "int x;\n", "text/x-c"},
    {"a.h", "int x;\n", "text/x-c"},
    {"a.py", "x = 1\n", "text/x-python"},
    {"a.sh", "x=1\n", "text/x-shellscript"},
    {"src/Makefile", "all:\n", "text/x-makefile"},
    {"a", "#!/bin/bash\n", "text/x-shellscript"},
    {"a", "#!/usr/bin/env python3\n", "text/x-python"},
    {"a.md", "#!/usr/bin/env python3\n", "text/markdown"},
    /* words that begin like a signature */
    {"a.txt", "ID3 is an algorithm\n", "text/plain"},
    {"a.txt", "SQLite format 3 is documented\n", "text/plain"},
    /* the name is wrong */
    {"a.pdf", "hello\n", "text/plain"},
    {"a.png", "hello\n", "text/plain"},
    {"a.html", "hello\n", "text/plain"},
    {"a.html", "1 < 2 and 3 > 2\n", "text/plain"},
    {"a.xml", "hello\n", "text/plain"},
    {"a.json", "hello\n", "text/plain"},
    {"a.json", "{\"a\": }\n", "text/plain"},
    {"a.ndjson", "hello\n", "text/plain"},
    {"a.docx", "<!DOCTYPE html><p>x", "text/html"},
    {"a.csv", "{\"a\": 1}", "application/json"},
    /* HTML: it must begin like it, or be named so and have tags */
    {"a.txt", "<!DOCTYPE html>\n<p>x", "text/html"},
    {"a.txt", "\xef\xbb\xbf \n<!-- licence -->\n<!-- more --><HTML lang=en>", "text/html"},
    {"a", "<head><title>x</title>", "text/html"},
    {"a.txt", "see <html> and </html>", "text/plain"},
    {"a.md", "<p align=center>x</p>\n# t\n", "text/markdown"},
    {"a.html", "<p>one</p><br><p>two", "text/html"},
    {"a.txt", "<p>one</p><br><p>two", "text/plain"},
    {"a.txt", "<htmlx>x", "text/plain"},
    {"a", "<?xml version='1.0'?><!DOCTYPE html><html><p>x</p></html>", "application/xhtml+xml"},
    /* XML: it must parse */
    {"a.txt", "<?xml version='1.0'?><a>x</a>", "application/xml"},
    {"a.txt", "<a>x</a>", "application/xml"},
    {"a.xml", "<a>x</b>", "text/plain"},
    {"a.xml", "<?xml version='1.0'?><a>x", "text/plain"},
    {"a.txt", "<a>x</a> and more", "text/plain"},
    {"a.txt", "<someone@example.org> wrote:\n", "text/plain"},
    {"a", "<rss><channel/></rss>", "application/rss+xml"},
    {"a", "<feed xmlns='http://www.w3.org/2005/Atom'/>", "application/atom+xml"},
    {"a", "<!DOCTYPE svg PUBLIC 'x' 'y' [<!ENTITY a '>'>]><s:svg xmlns:s='u'/>", "image/svg+xml"},
    /* JSON: it must parse */
    {"a.txt", "{\"a\": [1, 2.5e3, null, true, \"\\u00e9\"]}", "application/json"},
    {"a.txt", " [] ", "application/json"},
    {"a.txt", "[1, 2", "text/plain"},
    {"a.txt", "[note] buy milk", "text/plain"},
    {"a.txt", "[01]", "text/plain"},
    {"a.txt", "{'a': 1}", "text/plain"},
    {"a.txt", "[1,]", "text/plain"},
    {"a.txt", "42", "text/plain"},
    {"a.json", "42", "application/json"},
    {"a.geojson", "{}", "application/geo+json"},
    {"a.txt", "{\"a\":1}\n{\"b\":2}\n", "application/x-ndjson"},
    {"a.jsonl", "1\n2\n", "application/x-ndjson"},
    {"a.txt", "{\"a\":1}\n{\"b\":2}\nend\n", "text/plain"},
    /* mail: two fields of it, and one that stands nowhere else; or the name and one field */
    {"a", "From: a@b.example\nSubject: x\n\ntext\n", "message/rfc822"},
    {"a.txt", "Received: from x\r\n\tby y\r\nX-Spam: no\r\n\r\ntext\r\n", "message/rfc822"},
    {"a.txt", "\xef\xbb\xbfTo: b\nDate: Thu, 29 Feb 2024 13:05:00 +0100\n\n", "message/rfc822"},
    {"a.EML", "Subject: x\n\ntext\n", "message/rfc822"},
    {"a.eml", "From a@b.example Thu Feb 29 13:05:00 2024\nSubject: x\n\n", "message/rfc822"},
    {"a.eml", "Hello: x\n\ntext\n", "text/plain"},
    {"a.txt", "Subject: x\n\ntext\n", "text/plain"},
    {"a.yaml", "from: a\nto: b\nsubject: c\n", "application/yaml"},
    {"a.md", "Date: 2024-02-29\nSubject: x\n\n# t\n", "text/markdown"},
    {"a.txt", "From: here\nTo: there\n\ntext\n", "text/plain"},
    {"a.py", "From: a@b.example\nx = 1\ny: int\n", "text/x-python"},
    {"a.patch",
     "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
     "From: A <a@b.example>\nDate: Thu, 29 Feb 2024 13:05:00 +0100\nSubject: [PATCH] x\n\n",
     "text/x-diff"},
    {"a", "From a@b.example Thu Feb 29 13:05:00 2024\nFrom: a@b.example\n\n", "application/mbox"},
    {"a", "\n\nFrom - Thu Feb 29 13:05:00 2024\r\nX-A: b\r\n\r\n", "application/mbox"},
    {"a.mbox", "From x\nFrom: a@b.example\n\n", "application/mbox"},
    {"a.txt", "From the start at 13:05\nthere was: nothing\n", "text/plain"},
    {"a.mbox", "From the start\nno field\n", "text/plain"},
};

static void content_decides_among_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_text(texts[i].name, texts[i].content);
        if (strcmp(out.media_type, texts[i].media_type) != 0)
            print_error("%s: %s\n", texts[i].name ? texts[i].name : "(none)", texts[i].content);
        assert_string_equal(out.media_type, texts[i].media_type);
        assert_true(out.supported);
        assert_false(out.truncated);
    }
}

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    const char *media_type;
    bool is_read; /* by its format; others are only named */
} binaries[] = {
    {"a.txt", BYTES("%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n"), "application/pdf", true},
    {"a.txt", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\2\0\0\0"), "image/png", true},
    {"a.txt", BYTES("GIF89a\1\0\1\0\0\0\0;"), "image/gif", true},
    {"a.txt", BYTES("\xff\xd8\xff\xe0\0\20JFIF\0\1\1\0\0\1\0\1\0\0"), "image/jpeg", true},
    {"a.md", BYTES("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\5\0\0\0\5\0\0\0a.txthello"),
     "application/zip", true},
    {"a.html", BYTES("{\\rtf1\\ansi <html>hello}"), "application/rtf", true},
    {"a", BYTES("\x1f\x8b\10\0\0\0\0\0\0\3"), "application/gzip", true},
    {"a", BYTES("SQLite format 3\0\20\0\1\1"), "application/vnd.sqlite3"},
    {"a.txt", BYTES("\x93\1\xf3\0\2\5\6\xf7\xf1\0\0\7\xe3\0\0"), "application/octet-stream"},
};

static void content_decides_among_binary_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++) {
        read_bytes(binaries[i].name, binaries[i].bytes, binaries[i].size);
        assert_string_equal(out.media_type, binaries[i].media_type);
        assert_int_equal(out.supported, binaries[i].is_read);
        if (!binaries[i].is_read)
            assert_string_equal(buf_text(&out.metadata), "{}");
    }
}

static void an_empty_file_is_a_supported_document(void **state)
{
    (void)state;
    read_bytes("a.pdf", NULL, 0);
    assert_string_equal(out.media_type, "application/x-empty");
    assert_true(out.supported);
    assert_string_equal(body(), "");
    assert_string_equal(buf_text(&out.metadata), "{}");
}

static void nul_bytes_alone_are_no_text(void **state)
{
    static const char zeroes[100000];
    static const size_t sizes[] = {1, 2, 3, 4, 5, 100, 4096, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        read_bytes("a.txt", zeroes, sizes[i]);
        assert_string_equal(out.media_type, "application/octet-stream");
        assert_false(out.supported);
    }
}

/* The name of a type stays readable when the next document has another. */
static void media_types_outlive_their_document(void **state)
{
    const char *kept[sizeof(binaries) / sizeof(binaries[0])];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++)
            kept[i] = read_bytes("a", binaries[i].bytes, binaries[i].size)->media_type;
        for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++)
            assert_string_equal(kept[i], binaries[i].media_type);
    }
}

static void the_head_of_a_file_is_taken_for_what_it_begins(void **state)
{
    (void)state;
    read_head("a.json", BYTES("{\"title\": \"t\", \"a\": [1, 2"), true);
    assert_string_equal(out.media_type, "application/json");
    assert_string_equal(title(), "t");
    read_head("a", BYTES("<?xml version='1.0'?><a><title>t</title><b>x</b><b>y"), true);
    assert_string_equal(out.media_type, "application/xml");
    assert_string_equal(body(), "t\nx\ny");
    read_head("a", BYTES("{\"a\":1}\n{\"b\":2}\n{\"c"), true);
    assert_string_equal(out.media_type, "application/x-ndjson");
    assert_true(out.truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_decides_among_texts),
        cmocka_unit_test(content_decides_among_binary_types),
        cmocka_unit_test(an_empty_file_is_a_supported_document),
        cmocka_unit_test(nul_bytes_alone_are_no_text),
        cmocka_unit_test(media_types_outlive_their_document),
        cmocka_unit_test(the_head_of_a_file_is_taken_for_what_it_begins),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
