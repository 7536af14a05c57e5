/* Filing onto another file system: a copy, then a removal. */
#include "common.h"

/* The archive and the quarantine stand on /dev/shm, the inbox under /tmp; skipped where these are
 * one. */
struct across {
    struct house *house;
    char far[64];
    int archive, quarantine;
    struct archive filing; /* of `archive` */
};

static int make_across(void **state)
{
    struct across *a = calloc(1, sizeof(*a));
    struct stat near, far;
    int root;
    void *house;

    if (make_house(&house) != 0)
        return -1;
    a->house = house;
    (void)strcpy(a->far, "/dev/shm/penstock-test-XXXXXX");
    a->archive = a->quarantine = -1;
    *state = a;
    if (!mkdtemp(a->far))
        return 0;
    root = open(a->far, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fstat(root, &far) == 0 && fstat(a->house->inbox, &near) == 0 && near.st_dev != far.st_dev) {
        a->archive = a->filing.fd = open_in(root, "archive");
        a->quarantine = open_in(root, "quarantine");
    }
    fd_close(root);
    return 0;
}

static int drop_across(void **state)
{
    struct across *a = *state;
    void *house = a->house, *far = strdup(a->far);

    fd_close(a->archive);
    fd_close(a->quarantine);
    free(a);
    (void)remove_folder(&far);
    return drop_house(&house);
}

static struct across *begin(void **state)
{
    struct across *a = *state;

    if (a->archive < 0)
        skip();
    return a;
}

static void put_large(int folder, const char *path, size_t size)
{
    CLEANUP(fd_closep) int fd = openat(folder, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    char *bytes = malloc(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    assert_int_equal(fd_write_all(fd, bytes, size), 0);
    free(bytes);
}

static bool is_large(int folder, const char *path, size_t size)
{
    CLEANUP(fd_closep) int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    char *bytes = malloc(size + 1);
    size_t n = 0;
    ssize_t got;
    bool same;

    while ((got = read(fd, bytes + n, size + 1 - n)) > 0)
        n += (size_t)got;
    same = n == size;
    for (size_t i = 0; i < size && same; i++)
        same = bytes[i] == (char)(i * 7 + i / 1000);
    free(bytes);
    return same;
}

static void a_file_is_copied_whole_and_removed(void **state)
{
    struct across *a = begin(state);
    const size_t size = (5u << 20) + 123;
    struct file_identity was, now;

    put_large(a->house->inbox, "large", size);
    was = identity_of(a->house->inbox, "large");
    assert_int_equal(filing_archive(a->house->inbox, "large", &was, &a->filing, some_hash), 0);
    assert_int_equal(count_entries(a->house->inbox, "."), 0);
    assert_true(is_large(a->archive, SOME_PLACE, size));
    now = identity_of(a->archive, SOME_PLACE);
    assert_int_equal(now.mtime_nsec, was.mtime_nsec);
    assert_int_equal(count_entries(a->archive, "."), 1); /* no temporary file */
    assert_int_equal(count_entries(a->archive, "ab/cd"), 1);
}

/* Such times have a fraction that counts forward from a whole second before it. */
static void a_file_from_before_1970_is_copied(void **state)
{
    struct across *a = begin(state);
    const struct timespec times[2] = {{.tv_sec = -10, .tv_nsec = 1},
                                      {.tv_sec = -10, .tv_nsec = 500000000}};
    struct file_identity was;

    put(a->house->inbox, "old", "x");
    assert_int_equal(utimensat(a->house->inbox, "old", times, 0), 0);
    was = identity_of(a->house->inbox, "old");
    assert_int_equal(filing_archive(a->house->inbox, "old", &was, &a->filing, some_hash), 0);
    assert_int_equal(identity_of(a->archive, SOME_PLACE).mtime_nsec, was.mtime_nsec);
}

static void the_same_content_again_is_removed(void **state)
{
    struct across *a = begin(state);
    struct file_identity identity;

    for (int i = 0; i < 2; i++) {
        put(a->house->inbox, "a", "text");
        identity = identity_of(a->house->inbox, "a");
        assert_int_equal(filing_archive(a->house->inbox, "a", &identity, &a->filing, some_hash), 0);
        assert_int_equal(count_entries(a->house->inbox, "."), 0);
    }
    assert_holds(a->archive, SOME_PLACE, "text");
    assert_int_equal(count_entries(a->archive, "."), 1);
}

static void the_same_hash_with_another_size_stays(void **state)
{
    struct across *a = begin(state);
    struct file_identity identity;

    make_dir(a->archive, "ab");
    make_dir(a->archive, "ab/cd");
    put(a->archive, SOME_PLACE, "te");
    put(a->house->inbox, "a", "text");
    identity = identity_of(a->house->inbox, "a");
    assert_int_equal(filing_archive(a->house->inbox, "a", &identity, &a->filing, some_hash),
                     -EUCLEAN);
    assert_holds(a->house->inbox, "a", "text");
    assert_holds(a->archive, SOME_PLACE, "te");
    assert_int_equal(count_entries(a->archive, "."), 1);
}

static void changed_and_gone_leave_nothing_behind(void **state)
{
    struct across *a = begin(state);
    struct file_identity identity;

    put(a->house->inbox, "a", "one");
    identity = identity_of(a->house->inbox, "a");
    put(a->house->inbox, "a", "other");
    assert_int_equal(filing_archive(a->house->inbox, "a", &identity, &a->filing, some_hash),
                     FILING_CHANGED);
    assert_holds(a->house->inbox, "a", "other");
    assert_int_equal(unlinkat(a->house->inbox, "a", 0), 0);
    assert_int_equal(filing_archive(a->house->inbox, "a", &identity, &a->filing, some_hash),
                     FILING_GONE);
    assert_int_equal(count_entries(a->archive, "ab/cd"), 0);
    assert_int_equal(count_entries(a->archive, "."), 1);
}

static void to_quarantine_and_back(void **state)
{
    struct across *a = begin(state);
    struct file_identity was, now;

    make_dir(a->house->inbox, "x");
    put(a->house->inbox, "x/a", "poison");
    was = identity_of(a->house->inbox, "x/a");
    assert_int_equal(filing_quarantine(a->house->inbox, "x/a", &was, a->quarantine, 3), 0);
    assert_holds(a->quarantine, "3/a", "poison");
    assert_int_equal(count_entries(a->quarantine, "3"), 1);
    assert_int_equal(count_entries(a->house->inbox, "x"), 0);
    assert_int_equal(filing_restore(a->quarantine, 3, a->house->inbox, "x/a"), 0);
    assert_holds(a->house->inbox, "x/a", "poison");
    now = identity_of(a->house->inbox, "x/a");
    assert_int_equal(now.mtime_nsec, was.mtime_nsec);
    assert_int_equal(count_entries(a->house->inbox, "x"), 1);
    assert_int_equal(count_entries(a->quarantine, "."), 0);
}

static void a_taken_place_is_not_overwritten(void **state)
{
    struct across *a = begin(state);

    make_dir(a->quarantine, "1");
    put(a->quarantine, "1/a", "old");
    put(a->house->inbox, "a", "new");
    assert_int_equal(filing_restore(a->quarantine, 1, a->house->inbox, "a"), FILING_OCCUPIED);
    assert_holds(a->house->inbox, "a", "new");
    assert_holds(a->quarantine, "1/a", "old");
    assert_int_equal(count_entries(a->house->inbox, "."), 1);
}

static void a_folder_of_the_archive_that_was_removed_is_made_again(void **state)
{
    struct across *a = begin(state);
    struct file_identity identity;

    for (int i = 0; i < 2; i++) {
        put(a->house->inbox, "a", "text");
        identity = identity_of(a->house->inbox, "a");
        assert_int_equal(filing_archive(a->house->inbox, "a", &identity, &a->filing, some_hash), 0);
        assert_holds(a->archive, SOME_PLACE, "text");
        assert_int_equal(unlinkat(a->archive, SOME_PLACE, 0), 0);
        assert_int_equal(unlinkat(a->archive, "ab/cd", AT_REMOVEDIR), 0);
    }
}

#define ACROSS(test) cmocka_unit_test_setup_teardown(test, make_across, drop_across)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACROSS(a_file_is_copied_whole_and_removed),
        ACROSS(a_file_from_before_1970_is_copied),
        ACROSS(the_same_content_again_is_removed),
        ACROSS(the_same_hash_with_another_size_stays),
        ACROSS(changed_and_gone_leave_nothing_behind),
        ACROSS(a_folder_of_the_archive_that_was_removed_is_made_again),
        ACROSS(to_quarantine_and_back),
        ACROSS(a_taken_place_is_not_overwritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
