/* Reading a document: its hash, what is kept of it, and whether it held still. */
#include "../base/common.h"

#include "worker/worker.h"

#include <openssl/sha.h>
#include <sys/stat.h>

static char *make_bytes(size_t n)
{
    char *bytes = malloc(n + 1);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 131 + i / 4096 * 17);
    return bytes;
}

static int open_file(void **state)
{
    int fd = open(in_folder(state, "f"), O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void read_and_check(void **state, struct document *d, const char *bytes, size_t n,
                           uint64_t max_bytes)
{
    uint8_t expected[32];
    int fd;

    write_file(in_folder(state, "f"), bytes, n);
    fd = open_file(state);
    assert_int_equal(document_read(d, fd, n, max_bytes), 0);
    SHA256((const unsigned char *)bytes, n, expected);
    assert_memory_equal(d->sha256, expected, 32);
    assert_int_equal(d->byte_size, n);
    assert_int_equal(d->size, MIN(n, max_bytes));
    assert_memory_equal(d->bytes, bytes, d->size);
    assert_false(d->changed);
    fd_close(fd);
}

static void all_is_hashed_and_kept(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 65536, 262143, 262144, 262145, 1000000, 3000000};
    struct document d = {.bytes = NULL};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *bytes = make_bytes(sizes[i]);

        read_and_check(state, &d, bytes, sizes[i], 64u << 20);
        free(bytes);
    }
    document_done(&d);
}

static void all_is_hashed_and_no_more_is_kept_than_allowed(void **state)
{
    static const uint64_t caps[] = {0,      1,      4096,    262143,  262144,
                                    262145, 999999, 1000000, 1000001, UINT64_MAX};
    char *bytes = make_bytes(1000000);

    for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
        struct document d = {.bytes = NULL};

        read_and_check(state, &d, bytes, 1000000, caps[i]);
        assert_true(d.capacity <= MIN(caps[i], 1000000) + (512u << 10));
        document_done(&d);
    }
    free(bytes);
}

static void the_next_document_is_not_mixed_with_the_last(void **state)
{
    struct document d = {.bytes = NULL};
    char *bytes = make_bytes(600000);

    read_and_check(state, &d, bytes, 600000, 1u << 20);
    read_and_check(state, &d, "short", 5, 1u << 20);
    read_and_check(state, &d, bytes, 600000, 1u << 20);
    free(bytes);
    document_done(&d);
}

static void a_sparse_file_is_zeroes(void **state)
{
    const size_t size = 300u << 20;
    struct document d = {.bytes = NULL};
    unsigned char *zeroes = calloc(1, size);
    uint8_t expected[32];
    int fd;

    write_text(in_folder(state, "f"), "");
    assert_int_equal(truncate(in_folder(state, "f"), (off_t)size), 0);
    SHA256(zeroes, size, expected);
    free(zeroes);
    fd = open_file(state);
    assert_int_equal(document_read(&d, fd, size, 1u << 20), 0);
    assert_memory_equal(d.sha256, expected, 32);
    assert_int_equal(d.byte_size, size);
    assert_int_equal(d.size, 1u << 20);
    assert_false(d.changed);
    assert_true(d.capacity < 2u << 20);
    fd_close(fd);
    document_done(&d);
}

static void another_size_than_it_had_is_a_change(void **state)
{
    struct document d = {.bytes = NULL};
    char *bytes = make_bytes(1000000);
    int fd;

    write_file(in_folder(state, "f"), bytes, 1000000);
    fd = open_file(state);
    assert_int_equal(document_read(&d, fd, 1000001, 1u << 20), 0);
    assert_true(d.changed);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(document_read(&d, fd, 999999, 1u << 20), 0);
    assert_true(d.changed);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(document_read(&d, fd, 1, 1u << 20), 0);
    assert_true(d.changed);
    assert_true(d.byte_size < 1000000); /* it need not be read to its end */
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(document_read(&d, fd, 1000000, 1u << 20), 0);
    assert_false(d.changed);
    fd_close(fd);
    free(bytes);
    document_done(&d);
}

/* Somebody is at the file while it is read: between the first block and the second. The linker puts
 * this in the place of read(2) (--wrap). */
static void (*meanwhile)(int fd);
static const char *meddled;

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);

ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    void (*now)(int fd) = meanwhile;
    ssize_t got = __real_read(fd, bytes, n);

    meanwhile = NULL;
    if (now) {
        CLEANUP(fd_closep) int writer = open(meddled, O_WRONLY | O_CLOEXEC);

        now(writer);
    }
    return got;
}

#define MEDDLED_BYTES (1u << 20)

static void grow(int fd)
{
    assert_int_equal(pwrite(fd, "more", 4, MEDDLED_BYTES), 4);
}

static void shrink(int fd)
{
    assert_int_equal(ftruncate(fd, MEDDLED_BYTES / 2), 0);
}

static void rewrite(int fd)
{
    assert_int_equal(pwrite(fd, "same size", 9, 0), 9);
}

static void shrink_and_grow(int fd)
{
    shrink(fd);
    assert_int_equal(ftruncate(fd, MEDDLED_BYTES), 0);
}

/* Its time of change is long ago, as that of a file that has settled. */
static void expect_changed(void **state, void (*how)(int fd))
{
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char *bytes = make_bytes(MEDDLED_BYTES);
    struct document d = {.bytes = NULL};
    int fd;

    meddled = in_folder(state, "f");
    write_file(meddled, bytes, MEDDLED_BYTES);
    assert_int_equal(utimensat(AT_FDCWD, meddled, times, 0), 0);
    fd = open_file(state);
    meanwhile = how;
    assert_int_equal(document_read(&d, fd, MEDDLED_BYTES, 1u << 30), 0);
    assert_null(meanwhile);
    assert_true(d.changed);
    fd_close(fd);
    free(bytes);
    document_done(&d);
}

static void a_growing_file_has_changed(void **state)
{
    expect_changed(state, grow);
}

static void a_truncated_file_has_changed(void **state)
{
    expect_changed(state, shrink);
}

static void a_rewritten_file_has_changed(void **state)
{
    expect_changed(state, rewrite);
}

static void a_file_that_was_cut_off_and_grew_again_has_changed(void **state)
{
    expect_changed(state, shrink_and_grow);
}

static void what_cannot_be_read_is_a_failure(void **state)
{
    struct document d = {.bytes = NULL};
    int fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(document_read(&d, fd, 0, 100), -EISDIR);
    fd_close(fd);
    assert_int_equal(document_read(&d, -1, 0, 100), -EBADF);
    document_done(&d);
}

static void much_memory_is_given_back(void **state)
{
    struct document d = {.bytes = NULL};
    char *bytes = make_bytes(6u << 20);

    read_and_check(state, &d, bytes, 1000000, 64u << 20);
    document_trim(&d);
    assert_non_null(d.bytes);
    read_and_check(state, &d, bytes, 6u << 20, 64u << 20);
    document_trim(&d);
    assert_null(d.bytes);
    assert_int_equal(d.capacity, 0);
    read_and_check(state, &d, bytes, 10, 64u << 20);
    free(bytes);
    document_done(&d);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(all_is_hashed_and_kept),
        IN_FOLDER(all_is_hashed_and_no_more_is_kept_than_allowed),
        IN_FOLDER(the_next_document_is_not_mixed_with_the_last),
        IN_FOLDER(a_sparse_file_is_zeroes),
        IN_FOLDER(another_size_than_it_had_is_a_change),
        IN_FOLDER(a_growing_file_has_changed),
        IN_FOLDER(a_truncated_file_has_changed),
        IN_FOLDER(a_rewritten_file_has_changed),
        IN_FOLDER(a_file_that_was_cut_off_and_grew_again_has_changed),
        IN_FOLDER(what_cannot_be_read_is_a_failure),
        IN_FOLDER(much_memory_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
