/* open.c - opens documents beneath an inbox; see inbox.h.
 *
 * The kernel keeps the path inside: openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS. What
 * a path is gets looked at through a mere path (O_PATH) first, which touches no device; opening
 * waits for no FIFO (O_NONBLOCK), should one have come in between.
 */
#include "inbox/inbox.h"

#include "base/fd.h"
#include "inbox/internal.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_TRIES 16 /* of an openat2() that says EAGAIN */

/* glibc 2.36 has no wrapper. */
int inbox_open_beneath(int folder, const char *path, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | O_NOFOLLOW,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int tries = 0;
    long fd;

    do { /* EAGAIN: a rename raced with "..", see openat2(2); or there is a lease, see open(2) */
        fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
    } while (fd < 0 && (errno == EINTR || (errno == EAGAIN && tries++ < MAX_TRIES)));
    return fd < 0 ? -errno : (int)fd;
}

/* What a failure to open means. ELOOP: a link; EXDEV: it leads outside. */
static int open_condition(int r)
{
    switch (r) {
    case -ENOENT:
    case -ENOTDIR:
        return INBOX_GONE;
    case -ELOOP:
    case -EXDEV:
    case -ENXIO: /* a socket */
        return INBOX_NOT_REGULAR;
    default:
        return r;
    }
}

int inbox_open(const char *path, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static int stat_regular(int fd, struct file_identity *ret)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return INBOX_NOT_REGULAR;
    *ret = file_identity_of(&st);
    return 0;
}

int inbox_stat_in(int folder, const char *name, struct file_identity *ret)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return open_condition(-errno);
    if (!S_ISREG(st.st_mode))
        return INBOX_NOT_REGULAR;
    *ret = file_identity_of(&st);
    return 0;
}

int inbox_stat(int inbox_fd, const char *path, struct file_identity *ret)
{
    CLEANUP(fd_closep) int fd = -1;

    if (!strchr(path, '/'))
        return inbox_stat_in(inbox_fd, path, ret);
    fd = inbox_open_beneath(inbox_fd, path, O_PATH);
    return fd < 0 ? open_condition(fd) : stat_regular(fd, ret);
}

/* A writer that comes while we hold a lease has the kernel send SIGIO, whose default is to end the
 * process: whether one came is asked (inbox_lease_is_quiet()). Once for the process, because another signal
 * for each descriptor (F_SETSIG) is a system call for each file. */
static void ignore_lease_breaks(void)
{
    static bool done;

    if (!done)
        (void)signal(SIGIO, SIG_IGN);
    done = true;
}

/* Whether a writer has it open. A read lease is refused while there is one; where leases cannot be
 * had (network file systems; somebody else's file without CAP_LEASE; no regular file) the settling
 * time alone decides. */
enum inbox_lease inbox_lease(int fd)
{
    ignore_lease_breaks();
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
        return LEASE_HELD;
    return errno == EAGAIN ? LEASE_WRITER : LEASE_NONE;
}

bool inbox_lease_is_quiet(int fd)
{
    return fcntl(fd, F_GETLEASE) == F_RDLCK;
}

static bool has_writer(int fd)
{
    enum inbox_lease lease = inbox_lease(fd);

    if (lease == LEASE_HELD)
        (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    return lease == LEASE_WRITER;
}

int inbox_stat_open(int fd, struct file_identity *ret)
{
    return stat_regular(fd, ret);
}

int inbox_open_document(int inbox_fd, const char *path, int *ret_fd, struct file_identity *ret)
{
    CLEANUP(fd_closep)
    int fd = inbox_open_beneath(inbox_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct file_identity identity;
    int r;

    if (fd == -EAGAIN) /* somebody holds a write lease on it, as file servers do */
        return INBOX_BUSY;
    if (fd < 0)
        return open_condition(fd);
    if (has_writer(fd))
        return INBOX_BUSY;
    r = stat_regular(fd, &identity); /* as the last writer left it */
    if (r != 0)
        return r;
    *ret = identity;
    *ret_fd = TAKE_FD(fd);
    return 0;
}
