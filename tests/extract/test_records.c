/* test_records.c - which bytes a record is, and what becomes of it. */
#include "extract/records.h"

#include "support.h"

/* A file in memory that comes in pieces of `step` bytes. */
struct source {
    const char *bytes;
    size_t size, at, step;
};

static ssize_t read_source(void *user, char *to, size_t size)
{
    struct source *s = user;
    size_t n = MIN(MIN(size, s->step), s->size - s->at);

    memcpy(to, s->bytes + s->at, n);
    s->at += n;
    return (ssize_t)n;
}

enum { MAX_BYTES = 1 << 20 };
static const unsigned all_kinds = RECORDS_NDJSON | RECORDS_CSV | RECORDS_MBOX;

static struct records *records;
static size_t max_bytes = MAX_BYTES;

static int open_records(const char *name, const char *bytes, size_t size)
{
    size_t head = MIN(size, (size_t)RECORDS_HEAD_BYTES);

    return records_new(extractor, name, bytes, head, head == size, all_kinds, max_bytes, &records);
}

/* One pass over the file; returns how many records there are. */
static size_t read_all(const char *bytes, size_t size, size_t step)
{
    struct source source = {bytes, size, 0, step};
    struct record record;
    size_t n = 0;
    int r;

    forget_parts();
    records_begin(records, read_source, &source);
    while ((r = records_next(records, &record)) == 0) {
        assert_int_equal(record.ordinal, ++n);
        assert_int_equal(records_extract(records, &record, keep_part, NULL, NULL), 0);
    }
    assert_int_equal(r, RECORDS_END);
    assert_int_equal(source.at, size);
    return n;
}

/* The file is split into so many records, however it is read. */
static void split(const char *name, const char *text, size_t n)
{
    static const size_t steps[] = {1, 2, 7, 1000, SIZE_MAX};
    size_t size = strlen(text);

    assert_int_equal(open_records(name, text, size), 0);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        assert_int_equal(read_all(text, size, steps[i]), n);
    assert_int_equal(records_describe(records, NULL, &out), 0);
    records = records_free(records);
}

static void lines(void **state)
{
    (void)state;
    split("a.ndjson", "{\"title\":\"A\"}\r\n\n  \n{\"n\":[1,2]}\n{\"n\":2}", 3);
    assert_string_equal(seen[0].body, "{\"title\":\"A\"}");
    assert_string_equal(seen[0].title, "A");
    assert_string_equal(seen[0].path, "record 1");
    assert_string_equal(seen[0].media_type, "application/json");
    assert_string_equal(seen[2].body, "{\"n\":2}");
    assert_string_equal(buf_text(&out.metadata), "{\"split\":true,\"record_count\":3}");
}

static void not_records(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"a.json", "{\"a\":1}\n"},
        {"a.txt", "a,b\n1,2\n"},
        {"a.ndjson", "{\"a\":1}\n{broken}\n{\"a\":2}\n"},
        {"a.ndjson", ""},
        {"a.csv", "%PDF-1.4\n1,2\n3,4\n"},
        {"a.csv", "\xff\xfe"
                  "a\0,\0b\0\n\0"},
        {"a.eml", "From: a@example.org\nTo: b@example.org\n\nx\n"},
        {"a", "just words\nand more\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(open_records(cases[i].name, cases[i].text, strlen(cases[i].text)),
                         RECORDS_NONE);
    assert_int_equal(
        records_new(extractor, "a.csv", "a,b\n1,2\n", 8, true, RECORDS_MBOX, 4096, &records),
        RECORDS_NONE);
}

static void rows(void **state)
{
    (void)state;
    split("a.csv",
          "\xef\xbb\xbfname,note\r\n\"Ada \"\"L\"\"\",\"two\r\nlines, of it\"\r\n\r\n5,\nlast,x",
          3);
    assert_string_equal(seen[0].body, "name: Ada \"L\"\nnote: two\r\nlines, of it\n");
    assert_string_equal(seen[0].title, "Ada \"L\"");
    assert_string_equal(
        seen[0].metadata,
        "{\"fields\":{\"name\":\"Ada \\\"L\\\"\",\"note\":\"two\\r\\nlines, of it\"}}");
    assert_string_equal(seen[1].body, "name: 5\n");
    assert_string_equal(seen[1].title, "");
    assert_string_equal(seen[2].body, "name: last\nnote: x\n");
    assert_string_equal(
        buf_text(&out.metadata),
        "{\"delimiter\":\",\",\"columns\":[\"name\",\"note\"],\"split\":true,\"record_count\":3}");
    split("a.tsv", "1\t2\n3\t4\n", 2);
    assert_string_equal(seen[1].body, "3\n4\n");
    assert_string_equal(seen[1].media_type, "text/tab-separated-values");
}

/* What identifies a row is the file that it would be alone. */
static void the_same_row_under_another_header(void **state)
{
    (void)state;
    split("a.csv", "a,b\n1,x\n1,x\n", 2);
    assert_int_equal(seen[0].size, strlen("a,b\n1,x"));
    split("a.csv", "1,2\n1,3\n", 2);
    assert_int_equal(seen[0].size, strlen("1,2"));
}

static void an_encoding_of_before(void **state)
{
    char text[4000] = "name;town\n";

    (void)state;
    for (int i = 0; i < 50; i++)
        strcat(text, "Gar\xe7on;l'\xe9t\xe9 est fini, o\xf9 est la cl\xe9 ?\n");
    split("a.csv", text, 50);
    assert_string_equal(seen[49].body, "name: Garçon\ntown: l'été est fini, où est la clé ?\n");
    assert_non_null(strstr(buf_text(&out.metadata), "\"encoding\":"));
    split("b.ndjson", "{\"a\":1}\n{\"a\":\"caf\xe9\"}\n", 2);
    assert_string_equal(seen[1].body, "{\"a\":\"café\"}");
}

/* Else one stray quote would make a single record of the rest of the file. */
static void a_quote_that_is_not_closed(void **state)
{
    (void)state;
    split("a.csv", "name,note\nx,\"open\ny,\"closed\nagain\"\nz,1\n", 3);
    split("a.csv", "name,note\nx,\"open\ny,2\nz,1\n", 3);
    assert_string_equal(seen[1].body, "name: y\nnote: 2\n");
    assert_non_null(strstr(buf_text(&out.metadata), "\"damaged\":\"a quote is not closed\""));
}

/* One that is closed after a megabyte was never meant as one either, wherever its file goes on. */
static void a_quote_that_is_closed_too_late(void **state)
{
    char *text = allocate(2 << 20);
    size_t n = (size_t)sprintf(text, "name,note\nx,\"open\n");

    (void)state;
    memset(text + n, 'y', (3 << 19));
    strcpy(text + n + (3 << 19), "\n\"\nz,1\n");
    max_bytes = 2 << 20;
    assert_int_equal(open_records("a.csv", text, strlen(text)), 0);
    for (size_t step = 1000; step < 3 << 20; step *= 10) {
        assert_int_equal(read_all(text, strlen(text), step), 4);
        assert_string_equal(seen[3].body, "name: z\nnote: 1\n");
    }
    records = records_free(records);
    max_bytes = MAX_BYTES;
    free(text);
}

static void messages(void **state)
{
    static const char text[] = "\n"
                               "From ada@example.org Thu Feb 29 13:05:00 2024\r\n"
                               "From: ada@example.org\nSubject: one\n\n>From here\n>>From there\n"
                               "From now on it is text\n\n"
                               "From bob@example.org Thu Feb 29 13:06:00 2024\n"
                               "Subject: two\nFrom: bob@example.org\n\nlast line without end";

    (void)state;
    split("a.mbox", text, 2);
    assert_string_equal(seen[0].path, "message-1.eml");
    assert_string_equal(seen[0].title, "one");
    assert_non_null(strstr(seen[0].body, "\nFrom here\n>From there\nFrom now on"));
    assert_string_equal(seen[1].title, "two");
    assert_non_null(strstr(seen[1].body, "last line without end"));
    assert_string_equal(buf_text(&out.metadata), "{\"split\":true,\"record_count\":2}");
}

static void attachments_lie_in_their_message(void **state)
{
    static const char text[] =
        "From a Thu Feb 29 13:05:00 2024\nFrom: a@example.org\nSubject: one\n\ntext\n\n"
        "From a Thu Feb 29 13:05:00 2024\nFrom: a@example.org\nSubject: two\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nbody\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=n.txt\n\nnote\n"
        "--b--\n";

    (void)state;
    split("a.mbox", text, 2);
    assert_int_equal(n_seen, 3);
    assert_int_equal(seen[0].number, 1);
    assert_string_equal(seen[1].path, "n.txt");
    assert_int_equal(seen[1].number, 3);
    assert_int_equal(seen[1].parent, 2);
    assert_int_equal(seen[2].number, 2);
    assert_int_equal(seen[2].parent, 0);
}

/* The long one is cut, and flagged; the others are whole, in whatever pieces they come. */
static void a_record_longer_than_may_be_held(void **state)
{
    char *text = allocate(3 << 20);
    size_t n;

    (void)state;
    max_bytes = 4096;
    n = (size_t)sprintf(text, "{\"a\":1}\n{\"a\":\"");
    memset(text + n, 'x', 2 << 20);
    strcpy(text + n + (2 << 20), "\"}\n{\"a\":3}\n");
    split("a.ndjson", text, 3);
    assert_true(seen[1].truncated);
    assert_int_equal(strlen(seen[1].body), 4096);
    assert_string_equal(seen[2].body, "{\"a\":3}");
    assert_false(seen[2].truncated);
    max_bytes = MAX_BYTES;
    free(text);
}

static void fields(void **state)
{
    (void)state;
    split("a.ndjson",
          "{\"s\":\"x\\u0041\",\"n\":-1.5,\"b\":true,\"z\":null,\"o\":{\"p\":1},\"big\":1e99999,"
          "\"s\":\"second\",\"\":1,\" \":\"y\"}\n[1]\n\"fields\"\n",
          3);
    assert_string_equal(seen[0].metadata,
                        "{\"fields\":{\"s\":\"xA\",\"n\":-1.5,\"b\":true},\"keys\":9}");
    assert_string_equal(seen[1].metadata, "{}");
    assert_string_equal(seen[2].body, "\"fields\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(not_records),
        cmocka_unit_test(rows),
        cmocka_unit_test(the_same_row_under_another_header),
        cmocka_unit_test(an_encoding_of_before),
        cmocka_unit_test(a_quote_that_is_not_closed),
        cmocka_unit_test(a_quote_that_is_closed_too_late),
        cmocka_unit_test(messages),
        cmocka_unit_test(attachments_lie_in_their_message),
        cmocka_unit_test(a_record_longer_than_may_be_held),
        cmocka_unit_test(fields),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
