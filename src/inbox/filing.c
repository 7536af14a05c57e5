/* filing.c - moves originals to where they stay; see filing.h.
 *
 * Every move is checked twice: the identity before it, and, because the path could be exchanged in between, the identity of
 * what arrived; the wrong file is moved back.
 */
#include "inbox/filing.h"

#include "base/fd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

struct file_identity file_identity_of(const struct stat *st)
{
    return (struct file_identity){
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = st->st_size,
        .mtime_nsec = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .ctime_nsec = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
    };
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_nsec == b->mtime_nsec &&
           a->ctime_nsec == b->ctime_nsec;
}

static int check_identity(int folder, const char *path, const struct file_identity *identity)
{
    struct stat st;
    struct file_identity now;

    if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || errno == ENOTDIR ? FILING_GONE : -errno;
    now = file_identity_of(&st);
    return file_identity_equal(&now, identity) ? 0 : FILING_CHANGED;
}

/* A rename changes ctime (and nothing else that identifies a file). */
static bool is_moved_file(int folder, const char *name, const struct file_identity *identity)
{
    struct stat st;
    struct file_identity now;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    now = file_identity_of(&st);
    now.ctime_nsec = identity->ctime_nsec;
    return file_identity_equal(&now, identity);
}

static int rename_new(int from_folder, const char *from, int to_folder, const char *to)
{
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == ENOENT ? FILING_GONE : errno == EEXIST ? FILING_OCCUPIED : -errno;
}

static int copy_bytes(int from, int to)
{
    ssize_t n;

    do {
        n = sendfile(to, from, NULL, 1 << 20);
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? -errno : 0;
}

/* Makes a rename in the folder of `path` durable. */
static int sync_folder_of(int folder, const char *path)
{
    char name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    CLEANUP(fd_closep) int fd = -1;

    if (snprintf(name, sizeof(name), "./%.*s", slash ? (int)(slash - path) : 0, path) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Copies to a temporary name in the target folder and gives it its name there, durably. */
static int copy_into_place(int from_folder, const char *from, int to_folder, const char *to,
                           const struct file_identity *identity)
{
    char temporary[64];
    CLEANUP(fd_closep) int in = openat(from_folder, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    CLEANUP(fd_closep) int out = -1;
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = identity->mtime_nsec / 1000000000, .tv_nsec = identity->mtime_nsec % 1000000000}};
    int r;

    if (in < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    (void)snprintf(temporary, sizeof(temporary), ".%d.%" PRIu64 ".tmp", (int)getpid(), (uint64_t)identity->ino);
    out = openat(to_folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    r = copy_bytes(in, out);
    if (r == 0 && (futimens(out, times) < 0 || fsync(out) < 0))
        r = -errno;
    if (r == 0)
        r = rename_new(to_folder, temporary, to_folder, to);
    if (r != 0)
        (void)unlinkat(to_folder, temporary, 0);
    else
        r = sync_folder_of(to_folder, to);
    return r;
}

static int move_across(int from_folder, const char *from, int to_folder, const char *to,
                       const struct file_identity *identity)
{
    int r = copy_into_place(from_folder, from, to_folder, to, identity);

    if (r != 0)
        return r;
    r = check_identity(from_folder, from, identity); /* written to while it was copied? */
    if (r == 0 && unlinkat(from_folder, from, 0) < 0)
        r = -errno;
    if (r == FILING_CHANGED)
        (void)unlinkat(to_folder, to, 0);
    return r;
}

static int move_file(int from_folder, const char *from, int to_folder, const char *to,
                     const struct file_identity *identity)
{
    int r = check_identity(from_folder, from, identity);

    if (r != 0)
        return r;
    r = rename_new(from_folder, from, to_folder, to);
    if (r == -EXDEV)
        return move_across(from_folder, from, to_folder, to, identity);
    if (r == 0 && !is_moved_file(to_folder, to, identity)) {
        (void)rename_new(to_folder, to, from_folder, from);
        return FILING_CHANGED;
    }
    return r;
}

/* Opens folder/name, making it when it is not there. */
static int open_subfolder(int folder, const char *name)
{
    int fd;

    if (mkdirat(folder, name, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Makes the two folders of "ab/cd/…"; they are there already nearly always. */
static int make_shard(int archive_fd, const char *target)
{
    char folder[] = "ab/cd";
    int tries = 0;

    memcpy(folder, target, 5);
    while (mkdirat(archive_fd, folder, 0700) < 0 && errno != EEXIST) {
        if (errno != ENOENT || tries++ > 0)
            return -errno;
        folder[2] = '\0';
        if (mkdirat(archive_fd, folder, 0700) < 0 && errno != EEXIST)
            return -errno;
        folder[2] = '/';
    }
    return 0;
}

/* "ab/cd/" and the hash in hexadecimal. */
#define TARGET_BYTES (6 + 64 + 1)
static void put_target(const uint8_t sha256[32], char target[TARGET_BYTES])
{
    (void)snprintf(target, TARGET_BYTES, "%02x/%02x/", sha256[0], sha256[1]);
    for (int i = 0; i < 32; i++)
        (void)snprintf(target + 6 + 2 * i, 3, "%02x", sha256[i]);
}

/* The same content is filed already: then the one in the inbox may go, if the filed one is whole. */
static int drop_duplicate(int inbox_fd, const char *path, const struct file_identity *identity, int archive_fd,
                          const char *target)
{
    struct stat st;

    if (fstatat(archive_fd, target, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size != identity->size)
        return -EUCLEAN;
    return filing_delete(inbox_fd, path, identity);
}

int filing_archive(int inbox_fd, const char *path, const struct file_identity *identity, int archive_fd,
                   const uint8_t sha256[32])
{
    char target[TARGET_BYTES];
    int r;

    put_target(sha256, target);
    r = make_shard(archive_fd, target);
    if (r == 0)
        r = move_file(inbox_fd, path, archive_fd, target, identity);
    return r == FILING_OCCUPIED ? drop_duplicate(inbox_fd, path, identity, archive_fd, target) : r;
}

int filing_delete(int inbox_fd, const char *path, const struct file_identity *identity)
{
    int r = check_identity(inbox_fd, path, identity);

    if (r != 0)
        return r;
    if (unlinkat(inbox_fd, path, 0) == 0)
        return 0;
    return errno == ENOENT ? FILING_GONE : -errno;
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int filing_quarantine(int inbox_fd, const char *path, const struct file_identity *identity, int quarantine_fd,
                      uint64_t job)
{
    char name[24];

    (void)snprintf(name, sizeof(name), "%" PRIu64, job);
    CLEANUP(fd_closep) int folder = open_subfolder(quarantine_fd, name);
    return folder < 0 ? folder : move_file(inbox_fd, path, folder, last_component(path), identity);
}

/* mkdir -p for the folders of `path` beneath `folder`. */
static int make_parents(int folder, const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof(part))
        return -ENAMETOOLONG;
    (void)strcpy(part, path);
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(folder, part, 0777) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

int filing_restore(int quarantine_fd, uint64_t job, int inbox_fd, const char *path)
{
    char name[24];
    struct stat st;
    int r;

    (void)snprintf(name, sizeof(name), "%" PRIu64, job);
    CLEANUP(fd_closep) int folder = openat(quarantine_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    if (fstatat(folder, last_component(path), &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    r = make_parents(inbox_fd, path);
    if (r == 0)
        r = rename_new(folder, last_component(path), inbox_fd, path);
    if (r == -EXDEV) {
        struct file_identity identity = file_identity_of(&st);

        r = move_across(folder, last_component(path), inbox_fd, path, &identity);
    }
    if (r == 0)
        (void)unlinkat(quarantine_fd, name, AT_REMOVEDIR);
    return r;
}
