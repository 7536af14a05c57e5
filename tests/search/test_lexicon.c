/* Words and pages in memory that only its maker can write. */
#include "search/lexicon.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static const struct lexemes unknown = {.is_known = false}, stop_word = {.is_known = true};

static bool add(struct lexicon *l, unsigned chain, const char *word, const struct lexemes *lexemes)
{
    return lexicon_add_word(l, chain, word, strlen(word), lexemes);
}

static bool find(const struct lexicon *l, unsigned chain, const char *word, struct lexemes *ret)
{
    size_t size = strlen(word);

    return lexicon_find(l, lexicon_hash(l, chain, word, size), chain, word, size, ret);
}

static struct lexicon *new_lexicon(size_t bytes)
{
    struct lexicon *l;

    assert_int_equal(lexicon_new(bytes, &l), 0);
    return l;
}

static struct lexicon *new_reader(const struct lexicon *l)
{
    struct lexicon *reader;
    int fd = fcntl(lexicon_fd(l), F_DUPFD_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(lexicon_open(fd, &reader), 0);
    return reader;
}

static void test_a_reader_sees_what_is_written(void **state UNUSED)
{
    const char bytes[] = "\3\0run\2\0go";
    const struct lexemes two = {.is_known = true, .n = 2, .at = bytes};
    struct lexicon *l = new_lexicon(1 << 20), *reader = new_reader(l);
    struct lexemes found;
    struct lexeme first, second;

    assert_false(find(reader, 1, "running", &found));
    assert_true(add(l, 1, "running", &two));
    assert_true(add(l, 1, "the", &stop_word));
    assert_true(add(l, 2, "the", &unknown));
    assert_true(find(reader, 1, "running", &found));
    assert_true(found.is_known);
    assert_int_equal(found.n, 2);
    first = lexemes_next(&found);
    second = lexemes_next(&found);
    assert_memory_equal(first.at, "run", first.size);
    assert_memory_equal(second.at, "go", second.size);
    assert_int_equal(found.n, 0);
    assert_true(find(reader, 1, "the", &found) && found.is_known && found.n == 0);
    assert_true(find(reader, 2, "the", &found) && !found.is_known);
    assert_false(find(reader, 2, "running", &found));
    (void)lexicon_free(reader);
    (void)lexicon_free(l);
}

static void test_pages_and_chains(void **state UNUSED)
{
    uint8_t classes[CHAR_PAGE_SIZE] = {[7] = CHAR_MARK};
    struct lexicon *l = new_lexicon(1 << 20), *reader = new_reader(l);

    lexicon_set_chain(l, 0, TOKEN_UINT, 3, CHAIN_PLAIN);
    assert_int_equal(lexicon_chains(reader, 0)[TOKEN_UINT], 3);
    assert_int_equal(lexicon_chains(reader, 0)[TOKEN_BLANK], 0);
    assert_int_equal(lexicon_chain_flags(reader, 3), CHAIN_PLAIN);
    assert_int_equal(lexicon_chain_flags(reader, 1), 0);
    assert_null(lexicon_page(reader, 4));
    assert_true(lexicon_add_page(l, 4, classes));
    assert_memory_equal(lexicon_page(reader, 4), classes, sizeof(classes));
    (void)lexicon_free(reader);
    (void)lexicon_free(l);
}

static void test_configurations_have_chains_of_their_own(void **state UNUSED)
{
    struct lexicon *l = new_lexicon(1 << 20), *reader = new_reader(l);
    const unsigned last = LANGUAGES_MAX_CONFIGS - 1;

    lexicon_set_config(l, 0, CONFIG_KNOWN);
    lexicon_set_config(l, last, CONFIG_LEFT);
    lexicon_set_chain(l, 0, TOKEN_WORD, 1, 0);
    lexicon_set_chain(l, last, TOKEN_WORD, LEXICON_MAX_CHAINS - 1, CHAIN_TOTAL);
    lexicon_set_chain(l, last, TOKEN_UINT, 1, 0);
    assert_int_equal(lexicon_config(reader, 0), CONFIG_KNOWN);
    assert_int_equal(lexicon_config(reader, last), CONFIG_LEFT);
    assert_int_equal(lexicon_config(reader, 1), CONFIG_ABSENT);
    assert_int_equal(lexicon_chains(reader, 0)[TOKEN_WORD], 1);
    assert_int_equal(lexicon_chains(reader, last)[TOKEN_WORD], LEXICON_MAX_CHAINS - 1);
    assert_int_equal(lexicon_chains(reader, 0)[TOKEN_UINT], 0);
    assert_int_equal(lexicon_chain_flags(reader, LEXICON_MAX_CHAINS - 1), CHAIN_TOTAL);
    (void)lexicon_free(reader);
    (void)lexicon_free(l);
}

static void test_a_full_one_says_so_and_keeps_what_it_has(void **state UNUSED)
{
    struct lexicon *l = new_lexicon(0);
    struct lexemes found;
    char word[32] = "";
    int n = 0;

    do
        (void)snprintf(word, sizeof(word), "word%d", n++);
    while (add(l, 1, word, &stop_word));
    assert_true(n > 100);
    for (int i = 0; i < n - 1; i++) {
        (void)snprintf(word, sizeof(word), "word%d", i);
        assert_true(find(l, 1, word, &found));
    }
    (void)snprintf(word, sizeof(word), "word%d", n - 1);
    assert_false(find(l, 1, word, &found));
    (void)lexicon_free(l);
}

static void test_nobody_else_can_write(void **state UNUSED)
{
    struct lexicon *l = new_lexicon(1 << 20);
    int fd = lexicon_fd(l);

    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    (void)lexicon_free(l);
}

static void test_what_is_no_lexicon_is_refused(void **state UNUSED)
{
    struct lexicon *l;

    assert_true(lexicon_open(memfd_create("small", MFD_CLOEXEC), &l) < 0);
    assert_true(lexicon_open(-1, &l) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_sees_what_is_written),
        cmocka_unit_test(test_pages_and_chains),
        cmocka_unit_test(test_configurations_have_chains_of_their_own),
        cmocka_unit_test(test_a_full_one_says_so_and_keeps_what_it_has),
        cmocka_unit_test(test_nobody_else_can_write),
        cmocka_unit_test(test_what_is_no_lexicon_is_refused),
    };

    return cmocka_run_group_tests_name("lexicon", tests, NULL, NULL);
}
