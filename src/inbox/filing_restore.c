/* filing_restore.c - the way back from quarantine: a file and its sidecar, both or none. (Those of a
 * folder that is one document: filing_folder.c.)
 *
 * No transaction spans two renames. The sidecar goes first: killed in between, it waits for its file,
 * and the next try brings that.
 */
#include "inbox/filing.h"

#include "base/fd.h"
#include "inbox/internal.h"
#include "inbox/name.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int inbox_make_folder_of(int root_fd, const char *path, mode_t mode, int *ret_fd)
{
    CLEANUP(fd_closep) int fd = inbox_open_beneath(root_fd, ".", O_PATH | O_DIRECTORY);
    char name[NAME_MAX + 1];
    int next;

    for (const char *slash = strchr(path, '/'); fd >= 0 && slash; slash = strchr(path, '/')) {
        if ((size_t)(slash - path) >= sizeof(name))
            return -ENAMETOOLONG;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
        if (mkdirat(fd, name, mode) < 0 && errno != EEXIST)
            return -errno;
        next = inbox_open_beneath(fd, name, O_PATH | O_DIRECTORY);
        (void)fd_close(fd);
        fd = next;
        path = slash + 1;
    }
    if (fd < 0)
        return fd;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* A file of a quarantine's folder and where it goes. */
struct restoring {
    int from, to;
    char name[NAME_MAX + 1];
};

static int restore_one(const struct restoring *r, const char *name)
{
    struct file_identity identity;
    struct stat st;
    int result;

    if (fstatat(r->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    identity = file_identity_of(&st);
    result = inbox_rename_new(r->from, name, r->to, name);
    return result == -EXDEV ? inbox_move_across(r->from, name, r->to, name, &identity) : result;
}

/* 0, FILING_GONE or -errno. */
static int look_for(int folder, const char *name)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    return errno == ENOENT ? FILING_GONE : -errno;
}

/* The sidecar first, so that it is there when its file comes. */
static int restore_pair(const struct restoring *r)
{
    const struct restoring back = {.from = r->to, .to = r->from};
    char sidecar[NAME_MAX + sizeof(INBOX_SIDECAR_ENDING)];
    int result = look_for(r->to, r->name), beside;

    if (result != FILING_GONE)
        return result == 0 ? FILING_OCCUPIED : result;
    (void)snprintf(sidecar, sizeof(sidecar), "%s%s", r->name, INBOX_SIDECAR_ENDING);
    beside = restore_one(r, sidecar);
    if (beside != 0 && beside != FILING_GONE && beside != -ENAMETOOLONG)
        return beside;
    result = restore_one(r, r->name);
    if (result != 0 && beside == 0)
        (void)restore_one(&back, sidecar); /* or it would be taken for another file's */
    return result;
}

int filing_restore(int quarantine_fd, uint64_t job, int inbox_fd, const char *path)
{
    struct restoring files = {.from = -1, .to = -1};
    char name[24];
    int r;

    (void)snprintf(name, sizeof(name), "%" PRIu64, job);
    (void)snprintf(files.name, sizeof(files.name), "%s", inbox_last_component(path));
    files.from = openat(quarantine_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (files.from < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    r = inbox_folder_of(path) > 0 ? 0 : look_for(files.from, files.name);
    if (r == 0)
        r = inbox_make_folder_of(inbox_fd, path, 0777, &files.to);
    if (r == 0 && inbox_folder_of(path) > 0)
        r = inbox_restore_folder(files.from, files.to, files.name);
    else if (r == 0)
        r = restore_pair(&files);
    if (r == 0)
        (void)unlinkat(quarantine_fd, name, AT_REMOVEDIR);
    (void)fd_close(files.from);
    (void)fd_close(files.to);
    return r;
}
