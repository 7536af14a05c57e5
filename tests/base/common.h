/* common.h - what the unit tests share: cmocka, and a folder that goes away with the test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path);
}

static UNUSED int remove_folder(void **state)
{
    int r = *state ? nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS) : 0;

    free(*state);
    return r;
}

/* For setup: *state becomes the path of an empty folder. */
static UNUSED int make_folder(void **state)
{
    char template[] = "/tmp/penstock-test-XXXXXX";

    *state = mkdtemp(template) ? strdup(template) : NULL;
    return *state ? 0 : -1;
}

/* folder/name, in one of a few static buffers. */
static UNUSED const char *in_folder(void **state, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % ARRAY_SIZE(paths)];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", (const char *)*state, name);
    return path;
}

static UNUSED void write_file(const char *path, const void *bytes, size_t n)
{
    CLEANUP(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes, n), 0);
}

static UNUSED void write_text(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

/* Fails, and shows both, unless `part` stands in `text`. */
#define assert_contains(text, part)                              \
    do {                                                         \
        if (!strstr((text), (part)))                             \
            fail_msg("\"%s\" is not in \"%s\"", (part), (text)); \
    } while (0)

#define assert_lacks(text, part)                             \
    do {                                                     \
        if (strstr((text), (part)))                          \
            fail_msg("\"%s\" is in \"%s\"", (part), (text)); \
    } while (0)
