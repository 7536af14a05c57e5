/* What a person means by a path: one in an inbox, in the archive, in quarantine, a SHA-256, or none
 * of ours. */
#include "common.h"

#include "base/fd.h"
#include "cli/explain.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHA256 "674c64b36334047aaec2b533f94744e40d171719a571219c9bd16df9de0d4ff6"

/* home/inbox is "default"; `link` is another name for home. */
struct fixture {
    char folder[64];
    struct settings settings;
};

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct reason why;
    char path[128];

    strcpy(f->folder, "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(chdir(f->folder), 0);
    assert_int_equal(fd_make_directories("home/inbox/sub", 0755), 0);
    assert_int_equal(symlink("home", "link"), 0);
    (void)snprintf(path, sizeof(path), "%s/home", f->folder);
    assert_int_equal(settings_init(&f->settings), 0);
    assert_int_equal(settings_set(&f->settings, SETTING_HOME, path, SOURCE_ENVIRONMENT, &why), 0);
    assert_int_equal(settings_check(&f->settings, &why), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    settings_done(&f->settings);
    assert_int_equal(chdir("/"), 0);
    (void)nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static struct subject find(void **state, const char *text)
{
    struct fixture *f = *state;
    struct subject subject = {0};
    struct reason why;

    assert_int_equal(subject_find(&f->settings, text, &subject, &why), 0);
    return subject;
}

static void assert_file(void **state, const char *text, const char *path)
{
    struct subject s = find(state, text);

    assert_int_equal(s.kind, SUBJECT_FILE);
    assert_string_equal(s.collection, "default");
    assert_string_equal(s.path, path);
}

static void a_path_in_an_inbox_need_not_exist(void **state)
{
    assert_file(state, "home/inbox/a.txt", "a.txt");
    assert_file(state, "home/inbox/gone/deep/a.txt", "gone/deep/a.txt");
}

static void dots_and_double_slashes_do_not_matter(void **state)
{
    assert_file(state, "./home//inbox/./sub/../a.txt", "a.txt");
    assert_file(state, "home/inbox/sub/", "sub");
}

static void a_folder_may_have_another_name(void **state)
{
    assert_file(state, "link/inbox/sub/a.txt", "sub/a.txt");
}

static void a_path_may_be_relative_to_the_inbox(void **state)
{
    assert_file(state, "sub/a.txt", "sub/a.txt");
}

static void a_relative_path_that_exists_is_that_file(void **state)
{
    assert_int_equal(fd_make_directories("sub", 0755), 0);
    assert_int_equal(find(state, "sub").kind, SUBJECT_OUTSIDE);
}

static void other_paths_are_outside(void **state)
{
    assert_int_equal(find(state, "/etc/passwd").kind, SUBJECT_OUTSIDE);
    assert_int_equal(find(state, "/tmp/elsewhere/inbox").kind, SUBJECT_OUTSIDE);
    assert_int_equal(find(state, "home/inbox").kind, SUBJECT_OUTSIDE);
}

static void a_neighbour_with_the_same_beginning_is_outside(void **state)
{
    assert_int_equal(fd_make_directories("home/inbox2", 0755), 0);
    assert_int_equal(find(state, "home/inbox2").kind, SUBJECT_OUTSIDE);
}

static void content_is_named_by_its_hash_or_its_place_in_the_archive(void **state)
{
    struct subject s = find(state, "home/archive/67/4c/" SHA256);

    assert_int_equal(s.kind, SUBJECT_CONTENT);
    assert_string_equal(s.sha256_hex, SHA256);
    assert_int_equal(s.sha256[0], 0x67);
    assert_int_equal(find(state, SHA256).kind, SUBJECT_CONTENT);
}

static void a_file_in_quarantine_is_its_job(void **state)
{
    struct subject s = find(state, "home/quarantine/17/bad.pdf");

    assert_int_equal(s.kind, SUBJECT_JOB);
    assert_int_equal(s.job, 17);
}

static void nothing_and_too_much_are_no_paths(void **state)
{
    struct fixture *f = *state;
    struct subject subject = {0};
    struct reason why = {""};
    char path[PATH_MAX + 100];

    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(subject_find(&f->settings, "", &subject, &why), 1);
    assert_int_equal(subject_find(&f->settings, path, &subject, &why), 1);
    assert_true(why.text[0]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_in_an_inbox_need_not_exist),
        TEST(dots_and_double_slashes_do_not_matter),
        TEST(a_folder_may_have_another_name),
        TEST(a_path_may_be_relative_to_the_inbox),
        TEST(a_relative_path_that_exists_is_that_file),
        TEST(other_paths_are_outside),
        TEST(a_neighbour_with_the_same_beginning_is_outside),
        TEST(content_is_named_by_its_hash_or_its_place_in_the_archive),
        TEST(a_file_in_quarantine_is_its_job),
        TEST(nothing_and_too_much_are_no_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
