/* Descriptors: closing, flags, whole reads and writes, folders. */
#include "common.h"

#include "base/fd.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void closing_keeps_errno_and_cannot_happen_twice(void **state UNUSED)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), was = fd;

    errno = ENOTTY;
    fd = fd_close(fd);
    assert_int_equal(fd, -1);
    assert_false(is_open(was));
    errno = ENOTTY;
    fd = fd_close(fd);
    assert_int_equal(errno, ENOTTY);
}

static void a_taken_descriptor_is_not_cleaned_up(void **state UNUSED)
{
    int kept;

    {
        CLEANUP(fd_closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        kept = TAKE_FD(fd);
        assert_int_equal(fd, -1);
    }
    assert_true(is_open(kept));
    fd_close(kept);
}

static void flags_are_switched_alone(void **state UNUSED)
{
    int pair[2];

    assert_int_equal(fd_socket_pair(pair), 0);
    assert_true(fcntl(pair[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(pair[1], F_GETFD) & FD_CLOEXEC);
    assert_false(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(fd_set_nonblocking(pair[0], true), 0);
    assert_true(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(fcntl(pair[0], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fd_set_nonblocking(pair[0], false), 0);
    assert_false(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(fd_set_inheritable(pair[0], true), 0);
    assert_false(fcntl(pair[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(fd_set_inheritable(pair[0], false), 0);
    assert_true(fcntl(pair[0], F_GETFD) & FD_CLOEXEC);
    fd_close(pair[0]);
    fd_close(pair[1]);
    assert_int_equal(fd_set_nonblocking(pair[0], true), -EBADF);
}

#define MUCH (1 << 20)

static void *drain(void *fd)
{
    char bytes[1000];
    size_t total = 0;
    ssize_t n;

    while ((n = read(*(int *)fd, bytes, sizeof(bytes))) > 0)
        total += (size_t)n;
    return (void *)total;
}

static void all_is_written_in_however_many_pieces(void **state UNUSED)
{
    int pair[2];
    char *bytes = calloc(1, MUCH);
    pthread_t reader;
    void *total;

    assert_int_equal(fd_socket_pair(pair), 0);
    assert_int_equal(pthread_create(&reader, NULL, drain, &pair[1]), 0);
    assert_int_equal(fd_write_all(pair[0], bytes, MUCH), 0);
    fd_close(pair[0]);
    pthread_join(reader, &total);
    assert_int_equal((size_t)total, MUCH);
    fd_close(pair[1]);
    free(bytes);
    assert_int_equal(fd_write_all(-1, "x", 1), -EBADF);
}

static void a_file_is_appended_up_to_its_limit(void **state)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;
    char bytes[5000];
    const char *path = in_folder(state, "f");

    memset(bytes, 'x', sizeof(bytes));
    write_file(path, bytes, sizeof(bytes));
    buf_add_str(&b, "before");
    assert_int_equal(fd_read_file(path, 5000, &b), 0);
    assert_int_equal(b.size, 5006);
    assert_memory_equal(b.data, "beforexxx", 9);
}

static void a_failed_read_leaves_what_was_there(void **state)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;
    const char *path = in_folder(state, "f");

    write_text(path, "secret");
    buf_add_str(&b, "before");
    assert_int_equal(fd_read_file(path, 5, &b), -EFBIG);
    assert_string_equal(buf_text(&b), "before");
    assert_int_equal(fd_read_file(in_folder(state, "none"), 5, &b), -ENOENT);
    assert_int_equal(fd_read_file(*state, 5, &b), -EISDIR);
    assert_string_equal(buf_text(&b), "before");
}

static void folders_are_made_with_their_parents(void **state)
{
    struct stat st;
    const char *path = in_folder(state, "a//b/c/");

    assert_int_equal(fd_make_directories(path, 0700), 0);
    assert_int_equal(fd_make_directories(path, 0700), 0);
    assert_int_equal(stat(in_folder(state, "a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_file_in_the_way_is_enotdir(void **state)
{
    char too_long[5000];

    write_text(in_folder(state, "f"), "");
    assert_int_equal(fd_make_directories(in_folder(state, "f"), 0700), -ENOTDIR);
    assert_int_equal(fd_make_directories(in_folder(state, "f/g"), 0700), -ENOTDIR);
    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_equal(fd_make_directories(too_long, 0700), -ENAMETOOLONG);
    assert_int_equal(fd_make_directories("", 0700), -ENOENT);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_keeps_errno_and_cannot_happen_twice),
        cmocka_unit_test(a_taken_descriptor_is_not_cleaned_up),
        cmocka_unit_test(flags_are_switched_alone),
        cmocka_unit_test(all_is_written_in_however_many_pieces),
        IN_FOLDER(a_file_is_appended_up_to_its_limit),
        IN_FOLDER(a_failed_read_leaves_what_was_there),
        IN_FOLDER(folders_are_made_with_their_parents),
        IN_FOLDER(a_file_in_the_way_is_enotdir),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
