/* common.h - a folder with an inbox, an archive and a quarantine, open. */
#pragma once

#include "../base/common.h"

#include "inbox/filing.h"
#include "inbox/inbox.h"

#include <dirent.h>
#include <sys/stat.h>

struct house {
    char *root;
    int root_fd, inbox, archive, quarantine;
    struct archive filing; /* of `archive` */
    unsigned fds;          /* open at the beginning, and so at the end */
};

/* Entries of a folder, "." and ".." not counted. */
static UNUSED unsigned count_entries(int folder, const char *path)
{
    int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fdopendir(fd);
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static UNUSED unsigned count_fds(void)
{
    return count_entries(AT_FDCWD, "/proc/self/fd");
}

static UNUSED int open_in(int folder, const char *name)
{
    if (mkdirat(folder, name, 0755) < 0 && errno != EEXIST)
        return -1;
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static UNUSED int make_house(void **state)
{
    struct house *h = calloc(1, sizeof(*h));
    void *root;

    if (make_folder(&root) != 0)
        return -1;
    h->root = root;
    (void)chmod(root, 0755);
    h->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    h->inbox = open_in(h->root_fd, "inbox");
    h->archive = open_in(h->root_fd, "archive");
    h->filing.fd = h->archive;
    h->quarantine = open_in(h->root_fd, "quarantine");
    h->fds = count_fds();
    *state = h;
    return h->inbox >= 0 && h->archive >= 0 && h->quarantine >= 0 ? 0 : -1;
}

static UNUSED int drop_house(void **state)
{
    struct house *h = *state;
    void *root = h->root;
    bool leaked = count_fds() != h->fds;

    fd_close(h->root_fd);
    fd_close(h->inbox);
    fd_close(h->archive);
    fd_close(h->quarantine);
    free(h);
    return remove_folder(&root) || leaked;
}

/* Paths below a folder. */
static UNUSED void put(int folder, const char *path, const char *text)
{
    CLEANUP(fd_closep)
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static UNUSED void make_dir(int folder, const char *path)
{
    assert_int_equal(mkdirat(folder, path, 0755), 0);
}

static UNUSED bool exists(int folder, const char *path)
{
    struct stat st;

    return fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static UNUSED void assert_holds(int folder, const char *path, const char *text)
{
    CLEANUP(fd_closep) int fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char held[256] = "";
    ssize_t n;

    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    n = read(fd, held, sizeof(held) - 1);
    assert_true(n >= 0);
    assert_string_equal(held, text);
}

static UNUSED struct file_identity identity_of(int folder, const char *path)
{
    struct stat st;

    assert_int_equal(fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW), 0);
    return file_identity_of(&st);
}

/* A hash that begins with ab cd, and where its file is. */
static UNUSED const uint8_t some_hash[32] = {0xab, 0xcd, 0x01, 0x02, [31] = 0xff};
#define SOME_PLACE "ab/cd/abcd0102000000000000000000000000000000000000000000000000000000ff"

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, make_house, drop_house)
