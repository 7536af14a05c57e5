/* filing.c - moves originals to where they stay; see filing.h.
 *
 * Every move is checked twice: the identity before it, under a lease that keeps writers waiting
 * where leases can be had, and, because the path could be exchanged in between, the identity of
 * what arrived; the wrong file is moved back, and so is one that a writer waits for. A removal is
 * such a move, aside, before what is there is unlinked.
 *
 * An inbox is other people's: the folder of a file is opened beneath it and through no link, once,
 * and everything that follows is done to names in that folder. The way back is filing_restore.c's.
 */
#include "inbox/filing.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "base/heartbeat.h"
#include "inbox/internal.h"
#include "inbox/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define COPY_BYTES (1u << 20)

/* ".PID.INODE.tmp" while it is copied. */
#define COPY_NAME_BYTES 64

/* The name of a file in the moment before it is removed: a dotfile, so not a document. */
#define ASIDE_PREFIX ".penstock~"
#define ASIDE_BYTES  (NAME_MAX - (int)sizeof(ASIDE_PREFIX) + 1)

/* Wraps round behind the year 2262, which still tells two times apart. */
static int64_t nsec_of(struct timespec t)
{
    return (int64_t)((uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec);
}

struct file_identity file_identity_of(const struct stat *st)
{
    return (struct file_identity){
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = st->st_size,
        .mtime_nsec = nsec_of(st->st_mtim),
        .ctime_nsec = nsec_of(st->st_ctim),
    };
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_nsec == b->mtime_nsec && a->ctime_nsec == b->ctime_nsec;
}

static int check_stat(int folder, const char *path, const struct file_identity *identity,
                      struct stat *ret)
{
    struct file_identity now;

    if (fstatat(folder, path, ret, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || errno == ENOTDIR ? FILING_GONE : -errno;
    now = file_identity_of(ret);
    return file_identity_equal(&now, identity) ? 0 : FILING_CHANGED;
}

static int check_identity(int folder, const char *path, const struct file_identity *identity)
{
    struct stat st;

    return check_stat(folder, path, identity, &st);
}

/* A file that is held still while it is moved. The identity is compared under a lease, so nothing
 * can be written between that and the move; ctime, which would tell, is lost with the move. */
struct held {
    int fd; /* -1: it cannot be opened, so its identity is all there is */
    enum inbox_lease lease;
    struct stat st;
};

static void held_done(struct held *h)
{
    (void)fd_close(h->fd);
}

/* Opens what has this name; what cannot be opened is only looked at. 0, or FILING_GONE, FILING_CHANGED:
 * somebody writes to it, or has. */
static int hold(int folder, const char *name, const struct file_identity *identity, struct held *h)
{
    struct file_identity now;

    *h = (struct held){
        .fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)};
    if (h->fd < 0)
        return errno == EAGAIN || errno == ELOOP ? FILING_CHANGED
                                                 : check_stat(folder, name, identity, &h->st);
    h->lease = inbox_lease(h->fd);
    if (h->lease == LEASE_WRITER)
        return FILING_CHANGED;
    if (fstat(h->fd, &h->st) < 0)
        return -errno;
    now = file_identity_of(&h->st);
    return file_identity_equal(&now, identity) ? 0 : FILING_CHANGED;
}

/* Whether what has this name now is the file that was held, and nobody waits to write to it: he
 * would write into what is filed, or removed. A rename changes ctime, and nothing else that
 * identifies a file. */
static bool is_moved_file(const struct held *h, int folder, const char *name,
                          const struct file_identity *identity)
{
    struct stat st;
    struct file_identity now;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    now = file_identity_of(&st);
    now.ctime_nsec = identity->ctime_nsec;
    return file_identity_equal(&now, identity) &&
           (h->lease != LEASE_HELD || inbox_lease_is_quiet(h->fd));
}

/* For file systems that know no RENAME_NOREPLACE (NFS, some FUSE): there it is a look and a rename.
 */
static int rename_looking(int from_folder, const char *from, int to_folder, const char *to)
{
    struct stat st;

    if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return FILING_OCCUPIED;
    if (renameat(from_folder, from, to_folder, to) == 0)
        return 0;
    return errno == ENOENT ? FILING_GONE : -errno;
}

int inbox_rename_new(int from_folder, const char *from, int to_folder, const char *to)
{
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EINVAL)
        return rename_looking(from_folder, from, to_folder, to);
    return errno == ENOENT ? FILING_GONE : errno == EEXIST ? FILING_OCCUPIED : -errno;
}

/* Gives a file its name again, or one beside it when that is taken by now; `ret` is the one it got.
 */
static int rename_back(int folder, const char *name, int home, const char *home_name,
                       char ret[FILING_NAME_BYTES])
{
    int r = inbox_rename_new(folder, name, home, home_name);

    (void)snprintf(ret, FILING_NAME_BYTES, "%s", home_name);
    if (r != FILING_OCCUPIED)
        return r;
    (void)snprintf(ret, FILING_NAME_BYTES, "%.220s.%" PRIu64, home_name, clock_wall_usec());
    return inbox_rename_new(folder, name, home, ret);
}

/* It was moved by mistake: nobody has read it. */
static void put_back(int folder, const char *name, int home, const char *home_name)
{
    char given[FILING_NAME_BYTES];

    (void)rename_back(folder, name, home, home_name, given);
}

int filing_give_back(int folder, const char *name, char ret[FILING_NAME_BYTES])
{
    size_t n = strlen(ASIDE_PREFIX);

    if (strncmp(name, ASIDE_PREFIX, n) != 0 || name[n] == '\0')
        return 1;
    return rename_back(folder, name, folder, name + n, ret) == 0 ? 0 : 1;
}

/* Removes the very file. Its name could be another file's by the time of the removal, so first it
 * gets one that is nobody else's. */
static int remove_held(const struct held *h, int folder, const char *name,
                       const struct file_identity *identity)
{
    char aside[FILING_NAME_BYTES];
    int r;

    (void)snprintf(aside, sizeof(aside), ASIDE_PREFIX "%.*s", ASIDE_BYTES, name);
    r = inbox_rename_new(folder, name, folder, aside);
    if (r != 0)
        return r == FILING_OCCUPIED ? -EEXIST : r;
    r = FAIL_AT(ASIDE);
    if (!is_moved_file(h, folder, aside, identity))
        r = FILING_CHANGED;
    else if (r == 0 && unlinkat(folder, aside, 0) < 0)
        r = -errno;
    if (r != 0)
        put_back(folder, aside, folder, name);
    else
        (void)FAIL_AT(REMOVED);
    return r;
}

static int remove_file(int folder, const char *name, const struct file_identity *identity)
{
    CLEANUP(held_done) struct held h = {.fd = -1};
    int r = hold(folder, name, identity, &h);

    return r != 0 ? r : remove_held(&h, folder, name, identity);
}

static int copy_bytes(int from, int to)
{
    ssize_t n;

    do {
        heartbeat(); /* a large file takes longer than the watchdog's patience */
        n = sendfile(to, from, NULL, COPY_BYTES);
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? -errno : 0;
}

/* Makes a rename in the folder of `path` durable. */
static int sync_folder_of(int folder, const char *path)
{
    char name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    CLEANUP(fd_closep) int fd = -1;

    if (snprintf(name, sizeof(name), "./%.*s", slash ? (int)(slash - path) : 0, path) >=
        (int)sizeof(name))
        return -ENAMETOOLONG;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Copies to a temporary name in the target folder and gives it its name there, durably. */
static int copy_into_place(int from_folder, const char *from, int to_folder, const char *to,
                           const struct file_identity *identity)
{
    char temporary[COPY_NAME_BYTES];
    CLEANUP(fd_closep)
    int in = openat(from_folder, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    CLEANUP(fd_closep) int out = -1;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    struct file_identity opened;
    struct stat st;
    int r;

    if (in < 0)
        return errno == ENOENT ? FILING_GONE : -errno;
    if (fstat(in, &st) < 0)
        return -errno;
    opened = file_identity_of(&st);
    if (!file_identity_equal(&opened, identity))
        return FILING_CHANGED;
    times[1] = st.st_mtim;
    (void)snprintf(temporary, sizeof(temporary), ".%d.%" PRIu64 ".tmp", (int)getpid(),
                   (uint64_t)identity->ino);
    out = openat(to_folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    r = FAIL_AT(COPY);
    if (r == 0)
        r = copy_bytes(in, out);
    if (r == 0 && (futimens(out, times) < 0 || fsync(out) < 0))
        r = -errno;
    if (r == 0)
        r = FAIL_AT(COPIED);
    if (r == 0)
        r = inbox_rename_new(to_folder, temporary, to_folder, to);
    if (r == FILING_GONE)
        r = -ENOENT; /* the folder it was to go to */
    if (r != 0)
        (void)unlinkat(to_folder, temporary, 0);
    else
        r = sync_folder_of(to_folder, to);
    return r;
}

static bool is_copy_name(const char *name)
{
    size_t n = strlen(name), digits = strspn(name, ".0123456789");

    return name[0] == '.' && digits > 1 && strcmp(name + digits, "tmp") == 0 && n < COPY_NAME_BYTES;
}

void filing_clean(int archive_fd)
{
    int fd = openat(archive_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    if (!dir) {
        (void)fd_close(fd);
        return;
    }
    while ((e = readdir(dir)))
        if (is_copy_name(e->d_name))
            (void)unlinkat(fd, e->d_name, 0);
        else
            inbox_end_removal(fd, e->d_name);
    (void)closedir(dir);
}

int inbox_move_across(int from_folder, const char *from, int to_folder, const char *to,
                      const struct file_identity *identity)
{
    int r = copy_into_place(from_folder, from, to_folder, to, identity);

    if (r != 0)
        return r;
    (void)FAIL_AT(COPY_NAMED);
    r = remove_file(from_folder, from,
                    identity); /* looks anew: it may have been written to while it was copied */
    if (r == 0)
        (void)FAIL_AT(REMOVED_AFTER_COPY);
    if (r > 0)
        (void)unlinkat(to_folder, to, 0);
    return r;
}

static int rename_held(const struct held *h, int from_folder, const char *from, int to_folder,
                       const char *to, const struct file_identity *identity)
{
    int r = inbox_rename_new(from_folder, from, to_folder, to);

    if (r == FILING_GONE && check_identity(from_folder, from, identity) == 0)
        return -ENOENT; /* not the file has gone, but the folder it was to go to */
    if (r != 0)
        return r;
    (void)FAIL_AT(RENAMED);
    if (is_moved_file(h, to_folder, to, identity))
        return 0;
    put_back(to_folder, to, from_folder, from);
    return FILING_CHANGED;
}

static int move_file(int from_folder, const char *from, int to_folder, const char *to,
                     const struct file_identity *identity)
{
    CLEANUP(held_done) struct held h = {.fd = -1};
    struct stat st;
    int r = hold(from_folder, from, identity, &h);

    if (r == 0)
        r = FAIL_AT(MOVE);
    if (r == 0 &&
        h.st.st_nlink > 1) { /* what is written to its other name must not change the original */
        h.fd = fd_close(h.fd);
        return fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0
                   ? FILING_OCCUPIED
                   : inbox_move_across(from_folder, from, to_folder, to, identity);
    }
    if (r == 0)
        r = rename_held(&h, from_folder, from, to_folder, to, identity);
    if (r != -EXDEV)
        return r;
    h.fd = fd_close(h.fd);
    return inbox_move_across(from_folder, from, to_folder, to, identity);
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

/* Makes the two folders of "ab/cd/…". */
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

void inbox_put_target(const uint8_t sha256[32], char target[TARGET_BYTES])
{
    (void)snprintf(target, TARGET_BYTES, "%02x/%02x/", sha256[0], sha256[1]);
    for (int i = 0; i < 32; i++)
        (void)snprintf(target + 6 + 2 * i, 3, "%02x", sha256[i]);
}

int inbox_open_folder_of(int inbox_fd, const char *path, int *ret_fd)
{
    char folder[PATH_MAX];
    size_t n = (size_t)(inbox_last_component(path) - path);
    int fd;

    if (n >= sizeof(folder))
        return -ENAMETOOLONG;
    (void)snprintf(folder, sizeof(folder), "%.*s", n > 0 ? (int)n : 1, n > 0 ? path : ".");
    fd = inbox_open_beneath(inbox_fd, folder, O_PATH | O_DIRECTORY);
    if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EXDEV)
        return FILING_GONE;
    if (fd < 0)
        return fd;
    *ret_fd = fd;
    return 0;
}

/* The folder that a path of the inbox lies in: the inbox, which is open, or one below. */
struct folder {
    int fd;
    int opened; /* -1: none */
};

static void folder_done(struct folder *f)
{
    (void)fd_close(f->opened);
}

static int find_folder(int inbox_fd, const char *path, struct folder *ret)
{
    int r;

    *ret = (struct folder){.fd = inbox_fd, .opened = -1};
    if (inbox_last_component(path) == path)
        return 0;
    r = inbox_open_folder_of(inbox_fd, path, &ret->opened);
    ret->fd = ret->opened;
    return r;
}

/* The same content is filed already: then the one in the inbox may go, if the filed one is whole.
 */
static int drop_duplicate(int from_folder, const char *from, int to_folder, const char *to,
                          const struct file_identity *identity)
{
    struct stat st;

    if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size != identity->size)
        return -EUCLEAN;
    return remove_file(from_folder, from, identity);
}

int inbox_file_away(int inbox_fd, const char *path, int to_folder, const char *to,
                    const struct file_identity *identity)
{
    CLEANUP(folder_done) struct folder folder;
    int r = find_folder(inbox_fd, path, &folder);

    if (r != 0)
        return r;
    r = move_file(folder.fd, inbox_last_component(path), to_folder, to, identity);
    if (r == FILING_OCCUPIED)
        r = drop_duplicate(folder.fd, inbox_last_component(path), to_folder, to, identity);
    return r;
}

static int archive_into_new_shard(int inbox_fd, const char *path,
                                  const struct file_identity *identity, struct archive *archive,
                                  const char *target, unsigned shard)
{
    int r = make_shard(archive->fd, target);

    if (r == 0)
        r = FAIL_AT(SHARD);
    if (r < 0)
        return r;
    archive->known[shard / 8] |= (uint8_t)(1u << shard % 8);
    return inbox_file_away(inbox_fd, path, archive->fd, target, identity);
}

int filing_archive(int inbox_fd, const char *path, const struct file_identity *identity,
                   struct archive *archive, const uint8_t sha256[32])
{
    char target[TARGET_BYTES];
    unsigned shard = (unsigned)sha256[0] << 8 | sha256[1];
    int r = -ENOENT;

    inbox_put_target(sha256, target);
    if (archive->known[shard / 8] & 1u << shard % 8)
        r = inbox_file_away(inbox_fd, path, archive->fd, target, identity);
    if (r != -ENOENT)
        return r;
    return archive_into_new_shard(inbox_fd, path, identity, archive, target, shard);
}

static bool same_bytes(int a, int b)
{
    char x[4096], y[sizeof(x)];
    ssize_t n;

    do {
        n = read(a, x, sizeof(x));
        if (n < 0 || read(b, y, sizeof(y)) != n || memcmp(x, y, (size_t)n) != 0)
            return false;
    } while (n > 0);
    return true;
}

/* Of two small files. */
static bool same_content(int folder, const char *name, int other_folder, const char *other)
{
    CLEANUP(fd_closep)
    int a = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP(fd_closep)
    int b = openat(other_folder, other, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    return a >= 0 && b >= 0 && same_bytes(a, b);
}

int filing_archive_sidecar(int inbox_fd, const char *path, const struct file_identity *identity,
                           struct archive *archive, const uint8_t sha256[32], uint64_t job)
{
    CLEANUP(folder_done) struct folder folder;
    const char *name = inbox_last_component(path);
    char target[TARGET_BYTES + 48];
    size_t n = TARGET_BYTES - 1;
    int r = find_folder(inbox_fd, path, &folder);

    inbox_put_target(sha256, target);
    if (r == 0)
        r = make_shard(archive->fd, target);
    if (r != 0)
        return r;
    (void)snprintf(target + n, sizeof(target) - n, "%s", INBOX_SIDECAR_ENDING);
    r = move_file(folder.fd, name, archive->fd, target, identity);
    if (r != FILING_OCCUPIED)
        return r;
    if (same_content(folder.fd, name, archive->fd, target))
        return remove_file(folder.fd, name, identity);
    (void)snprintf(target + n, sizeof(target) - n, ".%" PRIu64 "%s", job, INBOX_SIDECAR_ENDING);
    r = move_file(folder.fd, name, archive->fd, target, identity);
    return r == FILING_OCCUPIED ? drop_duplicate(folder.fd, name, archive->fd, target, identity)
                                : r;
}

int filing_delete(int inbox_fd, const char *path, const struct file_identity *identity)
{
    CLEANUP(folder_done) struct folder folder;
    int r = find_folder(inbox_fd, path, &folder);

    return r != 0 ? r : remove_file(folder.fd, inbox_last_component(path), identity);
}

int filing_quarantine(int inbox_fd, const char *path, const struct file_identity *identity,
                      int quarantine_fd, uint64_t job)
{
    CLEANUP(fd_closep) int folder = -1;
    char name[24];
    int r;

    (void)snprintf(name, sizeof(name), "%" PRIu64, job);
    folder = open_subfolder(quarantine_fd, name);
    if (folder < 0)
        return folder;
    filing_clean(folder);
    r = FAIL_AT(SHELF);
    if (r == 0)
        r = inbox_file_away(inbox_fd, path, folder, inbox_last_component(path), identity);
    if (r != 0)
        (void)unlinkat(quarantine_fd, name, AT_REMOVEDIR); /* unless there is something in it */
    return r;
}
