/* test_archive.c - members of archives become parts, within the bounds of the whole file. */
#include "support.h"

static const char hello[] = "Hello from a member.\n";
static char bytes[1 << 20];
static size_t n_bytes;

static void load(const char *name)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/archive/%s", getenv("FIXTURES"), name);
    file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    n_bytes = fread(bytes, 1, sizeof(bytes), file);
    assert_true(n_bytes > 0 && n_bytes < sizeof(bytes));
    (void)fclose(file);
}

static void read_fixture(const char *name)
{
    load(name);
    read_bytes(name, bytes, n_bytes);
    assert_true(out.supported);
}

static void assert_part(size_t i, const char *path, const char *text)
{
    assert_true(i < n_seen);
    assert_string_equal(seen[i].path, path);
    assert_string_equal(seen[i].body, text);
}

/* ---- what is read ---- */

static void members_of_a_zip_are_parts(void **state)
{
    (void)state;
    read_fixture("mixed.zip");
    assert_string_equal(out.media_type, "application/zip");
    assert_string_equal(body(), "dir/\xc3\xa4\xe6\x97\xa5.txt\nb.html\nempty.txt\nup.txt\n");
    assert_string_equal(meta("member_count"), "4");
    assert_string_equal(meta("unpacked_bytes"), "65");
    assert_string_equal(meta("damaged"), "");
    assert_false(out.truncated);
    assert_int_equal(n_seen, 4);
    assert_part(0, "dir/\xc3\xa4\xe6\x97\xa5.txt", hello);
    assert_part(1, "b.html", "three");
    assert_string_equal(seen[1].title, "Page");
    assert_part(2, "empty.txt", "");
    assert_part(3, "up.txt", "up");
}

static void a_tar_is_one_archive_however_it_is_compressed(void **state)
{
    static const struct {
        const char *name, *media_type, *compression;
    } cases[] = {
        {"m.tar", "application/x-tar", ""},
        {"m.tar.gz", "application/gzip", "\"gzip\""},
        {"m.tar.bz2", "application/x-bzip2", "\"bzip2\""},
        {"m.tar.xz", "application/x-xz", "\"xz\""},
        {"m.tar.zst", "application/zstd", "\"zstd\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_fixture(cases[i].name);
        assert_string_equal(out.media_type, cases[i].media_type);
        assert_string_equal(meta("compression"), cases[i].compression);
        assert_string_equal(meta("inner_type"), i > 0 ? "\"application/x-tar\"" : "");
        assert_string_equal(meta("member_count"), "5"); /* a link and a pipe are named, not read */
        assert_memory_equal(body(), "x/\xc3\xb6.txt\nx/c.html\nx/long/long/", 30);
        assert_non_null(strstr(body(), "/n.txt\nx/link\nx/pipe\n"));
        assert_int_equal(n_seen, 3);
        assert_part(0, "x/\xc3\xb6.txt", hello);
        assert_part(1, "x/c.html", "three");
        assert_string_equal(seen[2].body, "long");
    }
}

static void a_compressed_file_has_one_part_with_its_name(void **state)
{
    static const char *const names[][2] = {
        {"named.gz", "note.txt"},    {"nameless.txt.gz", "nameless.txt"},
        {"note.txt.gz", "note.txt"}, {"note.txt.bz2", "note.txt"},
        {"note.txt.xz", "note.txt"}, {"note.txt.zst", "note.txt"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i][0]);
        assert_int_equal(n_seen, 1);
        assert_part(0, names[i][1], hello);
        assert_int_equal(out.body.size, strlen(names[i][1]) + 1);
        assert_string_equal(meta("inner_type"), "");
        assert_string_equal(meta("member_count"), "1");
    }
    read_bytes(NULL, bytes, n_bytes);
    assert_part(0, "data", hello);
    read_bytes("/a/b/Archive.ZST", bytes, n_bytes);
    assert_part(0, "Archive", hello);
}

static void empty_ones_are_not_damaged(void **state)
{
    (void)state;
    read_fixture("nothing.txt.gz");
    assert_string_equal(meta("damaged"), "");
    assert_string_equal(meta("member_count"), "0");
    read_fixture("nothing.txt.bz2");
    assert_string_equal(meta("damaged"), "");
    read_bytes("a.zip", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    assert_true(out.supported);
    assert_string_equal(meta("damaged"), "");
}

static void seven_zip_and_old_tar(void **state)
{
    (void)state;
    read_fixture("m.7z");
    assert_string_equal(body(), "mixed.zip\nnote.txt\n");
    assert_int_equal(n_seen, 6);
    read_fixture("old.tar");
    assert_string_equal(out.media_type, "application/x-tar");
    assert_int_equal(n_seen, 1);
    assert_part(0, "note.txt", hello);
}

static void archives_in_archives_are_read(void **state)
{
    (void)state;
    read_fixture("nested.zip");
    assert_string_equal(body(), "in/mixed.zip\n");
    assert_int_equal(n_seen, 5);
    assert_string_equal(seen[4].path, "in/mixed.zip");
    assert_int_equal(seen[4].number, 1);
    assert_int_equal(seen[0].parent, 1);
    assert_part(0, "dir/\xc3\xa4\xe6\x97\xa5.txt", hello);
}

static void names_of_other_encodings(void **state)
{
    static const char *const names[][2] = {
        {"dos.zip", "Gr\xc3\xb6\xc3\x9f"
                    "e/f\xc3\xbcr.txt"},
        {"windows.zip", "\xc3\x84pfel/caf\xc3\xa9.txt"},
        {"russian.zip", "привет мир.txt"},
        {"japanese.zip", "日本語テスト.txt"},
        {"chinese.zip", "中国文件.txt"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i][0]);
        assert_part(0, names[i][1], "text");
    }
}

static void encrypted_members_are_named(void **state)
{
    static const char *const names[] = {"locked.zip", "aes.zip", "locked.7z", "hidden.7z"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        read_fixture(names[i]);
        assert_string_equal(meta("encrypted"), "\"true\"");
        assert_string_equal(meta("damaged"), "");
        assert_string_equal(body(), i < 3 ? "note.txt\n" : "");
        assert_int_equal(n_seen, 0);
    }
}

static void what_only_looks_like_one_is_refused(void **state)
{
    (void)state;
    read_text("a.txt", "BZh is no archive");
    assert_string_equal(out.media_type, "text/plain");
    read_bytes("a.bin", "\x1f\x8b\0\0\1\2\3\0", 8);
    assert_false(out.supported);
    read_text("a.tar", "a text with the wrong name");
    assert_string_equal(out.media_type, "text/plain");
}

/* ---- bounds ---- */

/* Reads with bounds of its own. */
static void read_within(const char *name, unsigned max_parts, unsigned max_depth,
                        uint64_t max_bytes)
{
    const struct extract_limits limits = {.max_text_bytes = 1u << 20,
                                          .max_depth = 256,
                                          .max_parts = max_parts,
                                          .max_part_depth = max_depth,
                                          .max_unpacked_bytes = max_bytes};
    struct extractor *usual = extractor;
    struct reason why = {""};

    assert_int_equal(extract_open(&limits, &extractor, &why), 0);
    read_fixture(name);
    extract_close(extractor);
    extractor = usual;
}

static void names_go_on_when_parts_end(void **state)
{
    (void)state;
    read_within("mixed.zip", 1, 8, 1u << 20);
    assert_int_equal(n_seen, 1);
    assert_string_equal(meta("parts_limit"), "\"count\"");
    assert_string_equal(meta("member_count"), "4");
    read_within("m.tar.gz", 100, 8, 25);
    assert_int_equal(n_seen, 2);
    assert_int_equal(seen[1].size, 0);
    assert_true(seen[1].truncated);
    assert_string_equal(meta("parts_limit"), "\"bytes\"");
    assert_string_equal(meta("member_count"), "5");
    read_within("nested.zip", 100, 1, 1u << 20);
    assert_int_equal(n_seen, 1);
    assert_non_null(strstr(seen[0].metadata, "\"parts_limit\":\"depth\""));
    assert_non_null(strstr(seen[0].body, "b.html"));
    read_within("mixed.zip", 0, 0, 0);
    assert_int_equal(n_seen, 0);
    assert_string_equal(meta("member_count"), "4");
}

static void a_bomb_goes_off_to_a_hundred_times_its_size(void **state)
{
    (void)state;
    read_fixture("zeros.zip");
    assert_string_equal(meta("parts_limit"), "\"ratio\"");
    assert_true(out.truncated);
    assert_true(n_seen >= 1 && seen[0].truncated);
    assert_true(seen[0].size > 900000 && seen[0].size < 1200000);
    assert_non_null(strstr(body(), "after.txt\n"));
}

static void greed_for_memory_is_refused(void **state)
{
    (void)state;
    read_fixture("greedy.txt.xz");
    assert_string_equal(meta("damaged"), "\"it takes too much memory\"");
    assert_int_equal(n_seen, 0);
}

static void put16(size_t at, unsigned value)
{
    bytes[at] = (char)value;
    bytes[at + 1] = (char)(value >> 8);
}

/* A zip whose `n` entries in the directory are all the first member: each is unpacked, and counted. */
static void overlapping_members_are_bounded(void **state)
{
    enum { N = 60000, HEAD = 46 };
    char *zip, *directory;
    size_t entry, n, size;
    uint32_t at, length;

    (void)state;
    load("zeros.zip");
    directory = memmem(bytes, n_bytes, "PK\1\2", 4);
    assert_non_null(directory);
    at = (uint32_t)(directory - bytes);
    entry = HEAD + strlen("zeros.txt");
    zip = allocate(at + N * entry + 22);
    memcpy(zip, bytes, at);
    for (n = 0, size = at; n < N; n++, size += entry)
        memcpy(zip + size, directory, entry);
    length = (uint32_t)(N * entry);
    put16(0, N);
    memcpy(zip + size, "PK\5\6\0\0\0\0", 8);
    memcpy(zip + size + 8, bytes, 2);
    memcpy(zip + size + 10, bytes, 2);
    memcpy(zip + size + 12, &length, 4);
    memcpy(zip + size + 16, &at, 4);
    memset(zip + size + 20, 0, 2);
    read_bytes("a.zip", zip, size + 22);
    assert_true(out.supported);
    for (n = 0, length = 0; n < n_seen; n++)
        length += (uint32_t)seen[n].size;
    assert_true(length <= 256u << 20);
    free(zip);
}

/* A tar with the mark, and a size that nothing stands behind. */
static void declared_sizes_are_not_believed(void **state)
{
    unsigned sum = 0;
    char check[16];

    (void)state;
    load("m.tar");
    n_bytes = 1024;
    memset(bytes, 0, n_bytes);
    memcpy(bytes, "a.txt", 5);
    memcpy(bytes + 100, "0000644", 7);
    memcpy(bytes + 124, "77777777777", 11); /* 8 GB */
    memcpy(bytes + 257, "ustar", 6);
    bytes[156] = '0';
    memset(bytes + 512, 's', 512);
    memset(bytes + 148, ' ', 8);
    for (unsigned i = 0; i < 512; i++)
        sum += (unsigned char)bytes[i];
    (void)snprintf(check, sizeof(check), "%06o", sum);
    memcpy(bytes + 148, check, 7);
    read_bytes("a.tar", bytes, n_bytes);
    assert_string_equal(body(), "a.txt\n");
    assert_true(strlen(meta("damaged")) > 0);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].size, 512);
    assert_int_equal(strspn(seen[0].body, "s"), 512);
}

static void a_broken_member_does_not_hide_the_next(void **state)
{
    char *data;

    (void)state;
    load("mixed.zip");
    data = memmem(bytes, n_bytes, "\xa5.txt", 5);
    assert_non_null(data);
    data[5] ^= 6; /* the first byte of its deflate stream: another kind of block */
    read_bytes("a.zip", bytes, n_bytes);
    assert_string_equal(meta("damaged"), "\"a member cannot be unpacked\"");
    assert_string_equal(meta("member_count"), "4");
    assert_int_equal(n_seen, 3);
    assert_part(0, "b.html", "three");
}

/* ---- damage ---- */

static const char *const all[] = {
    "mixed.zip", "m.tar.gz",  "m.tar.bz2", "m.tar.xz",   "m.tar.zst",    "m.7z",
    "named.gz",  "locked.7z", "aes.zip",   "nested.zip", "note.txt.zst", "note.txt.xz",
};

static void truncations_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        load(all[i]);
        for (size_t n = 1; n < n_bytes; n += 1 + n_bytes / 150) {
            read_bytes(all[i], bytes, n);
            read_head(all[i], bytes, n, true);
        }
    }
    read_fixture("m.tar.gz");
    read_bytes("m.tar.gz", bytes, n_bytes / 2);
    assert_true(out.supported);
    assert_true(strlen(meta("damaged")) > 0);
    read_fixture("mixed.zip");
    read_bytes("a.zip", bytes, n_bytes / 2);
    assert_part(0, "dir/\xc3\xa4\xe6\x97\xa5.txt", hello);
}

static void random_mutations(void **state)
{
    static char changed[1 << 16];

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 4000; round++) {
        const char *name = all[round % (sizeof(all) / sizeof(all[0]))];

        load(name);
        assert_true(n_bytes <= sizeof(changed));
        memcpy(changed, bytes, n_bytes);
        for (unsigned i = 0; i < 1 + round % 5; i++)
            changed[(size_t)random() % n_bytes] = (char)random();
        read_head(name, changed, n_bytes, round % 7 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_a_zip_are_parts),
        cmocka_unit_test(a_tar_is_one_archive_however_it_is_compressed),
        cmocka_unit_test(a_compressed_file_has_one_part_with_its_name),
        cmocka_unit_test(empty_ones_are_not_damaged),
        cmocka_unit_test(seven_zip_and_old_tar),
        cmocka_unit_test(archives_in_archives_are_read),
        cmocka_unit_test(names_of_other_encodings),
        cmocka_unit_test(encrypted_members_are_named),
        cmocka_unit_test(what_only_looks_like_one_is_refused),
        cmocka_unit_test(names_go_on_when_parts_end),
        cmocka_unit_test(a_bomb_goes_off_to_a_hundred_times_its_size),
        cmocka_unit_test(greed_for_memory_is_refused),
        cmocka_unit_test(overlapping_members_are_bounded),
        cmocka_unit_test(declared_sizes_are_not_believed),
        cmocka_unit_test(a_broken_member_does_not_hide_the_next),
        cmocka_unit_test(truncations_end),
        cmocka_unit_test(random_mutations),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
