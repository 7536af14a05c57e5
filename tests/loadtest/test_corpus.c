/* test_corpus.c - documents: the same seed gives the same bytes. */
#include "common.h"

#include "corpus.h"

static struct corpus_document document, other;

static struct corpus open_one(const char *profile, uint64_t seed)
{
    struct corpus c;
    struct reason why;

    if (corpus_open(&c, corpus_profile(profile), WORDS_MADE, seed, &why) != 0)
        fail_msg("%s", why.text);
    return c;
}

static const char *hash_of_many(const char *profile, uint64_t seed, uint64_t n)
{
    struct corpus c = open_one(profile, seed);
    struct buf all = BUF_INIT;
    const char *hash;

    for (uint64_t i = 0; i < n; i++) {
        assert_int_equal(corpus_make(&c, i, &document), 0);
        buf_add(&all, document.bytes.data, document.bytes.size);
    }
    assert_int_equal(buf_error(&all), 0);
    hash = hash_of(all.data, all.size);
    buf_done(&all);
    corpus_close(&c);
    return hash;
}

static void documents_are_what_they_always_were(void **state UNUSED)
{
    static const struct {
        const char *profile, *hash;
        uint64_t n;
    } cases[] = {
        {"small", "c927b9bb945a762a7316f0e522225d91e4592a8c912b2597c9058cf23e92e192", 200},
        {"mixed", "737a4e4140267d0e4eb5176a72753d283dfd0b8ad35dda42eb322e49637879a4", 200},
        {"large", "e0e2e856e765f69c107529babc54ccd3c8a4db9cace6402b53cdba26738ef05b", 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(hash_of_many(cases[i].profile, 7, cases[i].n), cases[i].hash);
}

static void another_seed_gives_other_documents(void **state UNUSED)
{
    assert_string_not_equal(hash_of_many("small", 7, 20), hash_of_many("small", 8, 20));
    assert_string_not_equal(hash_of_many("mixed", 7, 20), hash_of_many("mixed", 8, 20));
}

static void a_document_does_not_hang_on_what_was_made_before(void **state UNUSED)
{
    struct corpus c = open_one("mixed", 3);

    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(corpus_make(&c, 49 - i, &document), 0);
        assert_int_equal(corpus_make(&c, 49 - i, &other), 0);
        assert_int_equal(document.bytes.size, other.bytes.size);
        assert_memory_equal(document.bytes.data, other.bytes.data, other.bytes.size);
    }
    corpus_close(&c);
}

static void small_ones_are_json_of_about_700_bytes(void **state UNUSED)
{
    struct corpus c = open_one("small", 7);
    size_t n_bytes = 0;

    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(corpus_make(&c, i, &document), 0);
        assert_string_equal(document.extension, "json");
        assert_in_range(document.bytes.size, 200, 2000);
        n_bytes += document.bytes.size;
    }
    assert_in_range(n_bytes / 1000, 600, 900);
    corpus_close(&c);
}

static void contents_differ_unless_one_is_a_copy(void **state UNUSED)
{
    struct corpus c = open_one("mixed", 7);
    size_t n_copies = 0, n_unknown = 0, n = 2000;
    char(*hashes)[65] = calloc(n, sizeof(*hashes));

    for (uint64_t i = 0; i < n; i++) {
        assert_int_equal(corpus_make(&c, i, &document), 0);
        (void)snprintf(hashes[i], sizeof(hashes[i]), "%s",
                       hash_of(document.bytes.data, document.bytes.size));
        assert_true(document.content <= i);
        if (document.content != i) {
            assert_string_equal(hashes[i], hashes[document.content]);
            n_copies++;
        }
        for (uint64_t k = i > 200 ? i - 200 : 0; k < i && document.content == i; k++)
            assert_string_not_equal(hashes[i], hashes[k]);
        n_unknown += strcmp(document.extension, "bin") == 0;
    }
    assert_in_range(n_copies, n * 3 / 100, n * 8 / 100);
    assert_in_range(n_unknown, n * 1 / 100, n * 6 / 100);
    free(hashes);
    corpus_close(&c);
}

static void mixed_ones_have_every_format(void **state UNUSED)
{
    static const char *const extensions[] = {"txt",  "md",  "html", "csv",
                                             "json", "xml", "yaml", "bin"};
    struct corpus c = open_one("mixed", 7);

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        uint64_t k = 0;

        do
            assert_int_equal(corpus_make(&c, k++, &document), 0);
        while (strcmp(document.extension, extensions[i]) != 0 && k < 2000);
        assert_string_equal(document.extension, extensions[i]);
    }
    corpus_close(&c);
}

static void large_ones_have_1_to_16_megabytes(void **state UNUSED)
{
    struct corpus c = open_one("large", 7);

    for (uint64_t i = 0; i < 6; i++) {
        assert_int_equal(corpus_make(&c, i, &document), 0);
        assert_in_range(document.bytes.size, 1 << 20, 16 << 20);
    }
    corpus_close(&c);
}

static void a_profile_that_is_not_there_is_not_found(void **state UNUSED)
{
    assert_null(corpus_profile("nothing"));
    assert_non_null(corpus_profile("kernel"));
}

static int clean(void **state UNUSED)
{
    buf_done(&document.bytes);
    buf_done(&other.bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_what_they_always_were),
        cmocka_unit_test(another_seed_gives_other_documents),
        cmocka_unit_test(a_document_does_not_hang_on_what_was_made_before),
        cmocka_unit_test(small_ones_are_json_of_about_700_bytes),
        cmocka_unit_test(contents_differ_unless_one_is_a_copy),
        cmocka_unit_test(mixed_ones_have_every_format),
        cmocka_unit_test(large_ones_have_1_to_16_megabytes),
        cmocka_unit_test(a_profile_that_is_not_there_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
