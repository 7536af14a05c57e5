/* test_msgpack.c - MessagePack reads like the JSON that it stands for. The fixtures are made by
 * fixtures/make_msgpack.py. */
#include "support.h"

static char file[4096];
static size_t file_size;

static void load(const char *name)
{
    char path[1024];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/msgpack/%s", getenv("FIXTURES"), name);
    f = fopen(path, "rb");
    assert_non_null(f);
    file_size = fread(file, 1, sizeof(file), f);
    assert_true(file_size > 0 && file_size < sizeof(file));
    (void)fclose(f);
}

static void read_fixture(const char *name)
{
    load(name);
    read_bytes(name, file, file_size);
    assert_string_equal(out.media_type, "application/msgpack");
    assert_true(out.supported);
}

static void assert_begins(const char *text)
{
    assert_true(out.body.size >= strlen(text));
    assert_memory_equal(body(), text, strlen(text));
}

static void every_leaf_is_a_line(void **state)
{
    (void)state;
    read_fixture("report.msgpack");
    assert_string_equal(title(), "Annual report");
    assert_string_equal(body(),
                        "subject: not this one\ntitle: Annual report\nyear: 2024\ndraft: false\n"
                        "approved: null\ngrowth: 2.5\nloss: -70000\nat: 2024-02-29T13:05:06Z\n"
                        "logo:\nauthors:\nZo\u00eb\nBob\noffice:\ncity: K\u00f6ln\nfloors:\n1\n2\n"
                        "empty:\ntext: two\nlines\n");
    assert_string_equal(meta("record_count"), "1");
}

static void records_are_counted(void **state)
{
    (void)state;
    read_fixture("records.mpk");
    assert_string_equal(meta("record_count"), "20");
    assert_string_equal(title(), "");
    assert_begins("name: record 0\nvalue: 0\n\nname: record 1\nvalue: 1.1\n\n");
    read_fixture("array.msgpack");
    assert_string_equal(meta("record_count"), "17");
    assert_begins("id: 0\nnote:\n\nid: 1\nnote: n\n\nid: 2\n");
}

static void numbers_of_all_sizes(void **state)
{
    (void)state;
    read_fixture("numbers.msgpack");
    assert_string_equal(body(), "0\n127\n128\n255\n65535\n65536\n4294967296\n18446744073709551615\n"
                                "-1\n-32\n-33\n-128\n-32768\n-2147483648\n-9223372036854775808\n");
    read_fixture("singles.msgpack");
    assert_string_equal(body(), "floats\n0.1\n1.5\n1e+30\n");
}

static void timestamps_are_dates(void **state)
{
    (void)state;
    read_fixture("times.msgpack");
    assert_string_equal(body(), "1970-01-01T00:00:00Z\n2242-03-16T12:56:32Z\n1969-12-31T23:59:59Z\n"
                                "-1125899906842624\n2000-02-29T00:00:00Z\n2100-03-01T00:00:00Z\n"
                                "end\n");
}

static void binary_data_is_left_out(void **state)
{
    (void)state;
    read_fixture("old.msgpack");
    assert_begins("raw: text as of old\nbytes:");
    assert_null(strchr(body(), '\xff'));
    read_bytes("a.msgpack", "\x92\xa3x\0y\xc4\3bin", 10);
    assert_string_equal(body(), "x\ufffdy\n");
}

static void the_title_is_that_of_the_only_record(void **state)
{
    (void)state;
    read_bytes("a.msgpack", "\x82\xa4name\xa1N\xa5title\xa1T", 16);
    assert_string_equal(title(), "T");
    read_bytes("a.msgpack", "\x82\xa7subject\xa1S\xa4name\xa1N", 18);
    assert_string_equal(title(), "N");
    read_bytes("a.msgpack", "\x81\xa1x\x81\xa5title\xa1T", 12);
    assert_string_equal(title(), "");
    read_bytes("a.msgpack", "\x81\xa5title\xa1T\x81\xa5title\xa1T", 18);
    assert_string_equal(title(), "");
}

static void other_files_are_none(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
    } cases[] = {
        {"a.txt", "\x81\xa4name\xa1x", 8}, /* by its name */
        {"a.msgpack", "just text\n", 10},  /* every byte of it is a number */
        {"a.msgpack", "caf\xc3\xa9 and other words", 21},
        {"a.msgpack", "\x81\xa4name", 6},              /* ends early */
        {"a.msgpack", "\x81\xa4name\xa1x\xc1", 9},     /* 0xc1 is nothing */
        {"a.msgpack", "\1\2\3\4\0\xff", 6},            /* only numbers */
        {"a.msgpack", "\xdd\xff\xff\xff\xff\xa1x", 7}, /* four billion values */
        {"a.msgpack", "\xdf\xff\xff\xff\xff\xa1x", 7},
        {"a.msgpack", "\xdb\xff\xff\xff\xff\xa1x", 7},
        {"a.msgpack", "\xc9\xff\xff\xff\xff\xa1x", 7},
        {"a.msgpack", "\xd8\xff\xa1x", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_bytes(cases[i].name, cases[i].bytes, cases[i].n);
        assert_string_not_equal(out.media_type, "application/msgpack");
    }
}

static void the_head_of_a_longer_file_is_read(void **state)
{
    (void)state;
    load("records.mpk");
    read_head("a.mpk", file, file_size / 2, true);
    assert_string_equal(out.media_type, "application/msgpack");
    assert_true(out.truncated);
    assert_begins("name: record 0\n");
}

static void what_is_too_deep_is_passed_over(void **state)
{
    const size_t deep = 100000;
    char *bytes = allocate(deep + 20);

    (void)state;
    memcpy(bytes, "\x92\xa1x", 3);
    memset(bytes + 3, '\x91', deep);
    memcpy(bytes + 3 + deep,
           "\xa4"
           "deep",
           5);
    read_bytes("a.msgpack", bytes, deep + 8);
    assert_string_equal(out.media_type, "application/msgpack");
    assert_true(out.truncated);
    assert_string_equal(body(), "x\n");
    memcpy(bytes, "\x93", 1);
    memcpy(bytes + 8 + deep,
           "\xa4"
           "last",
           5); /* what follows is read */
    read_bytes("a.msgpack", bytes, deep + 13);
    assert_string_equal(body(), "x\nlast\n");
    free(bytes);
}

static void truncations_and_mutations(void **state)
{
    static const char *const names[] = {"report.msgpack",  "records.mpk",   "array.msgpack",
                                        "numbers.msgpack", "times.msgpack", "old.msgpack"};
    char bytes[sizeof(file)];

    (void)state;
    srandom(1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        load(names[i]);
        for (size_t n = 0; n <= file_size; n++) {
            read_bytes(names[i], file, n);
            read_head(names[i], file, n, true);
        }
        for (unsigned round = 0; round < 2000; round++) {
            memcpy(bytes, file, file_size);
            for (unsigned k = 0; k < 1 + round % 4; k++)
                bytes[(size_t)random() % file_size] = (char)random();
            read_bytes(names[i], bytes, file_size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_is_a_line),
        cmocka_unit_test(records_are_counted),
        cmocka_unit_test(numbers_of_all_sizes),
        cmocka_unit_test(timestamps_are_dates),
        cmocka_unit_test(binary_data_is_left_out),
        cmocka_unit_test(the_title_is_that_of_the_only_record),
        cmocka_unit_test(other_files_are_none),
        cmocka_unit_test(the_head_of_a_longer_file_is_read),
        cmocka_unit_test(what_is_too_deep_is_passed_over),
        cmocka_unit_test(truncations_and_mutations),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
