/* fd.c - see fd.h. */
#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int fd_close(int fd)
{
    int saved = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = saved;
    return -1;
}

void fd_closep(int *fd)
{
    *fd = fd_close(*fd);
}

static int change_flag(int fd, int get, int set, int flag, bool on)
{
    int flags = fcntl(fd, get);

    if (flags < 0)
        return -errno;
    flags = on ? flags | flag : flags & ~flag;
    return fcntl(fd, set, flags) < 0 ? -errno : 0;
}

int fd_set_nonblocking(int fd, bool on)
{
    return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int fd_set_inheritable(int fd, bool on)
{
    return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, !on);
}

int fd_socket_pair(int ret[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret) < 0 ? -errno : 0;
}

int fd_write_all(int fd, const void *bytes, size_t n)
{
    const char *from = bytes;
    ssize_t written;

    while (n > 0) {
        written = write(fd, from, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        from += written;
        n -= (size_t)written;
    }
    return 0;
}

static int read_to_end(int fd, size_t max_bytes, struct buf *out)
{
    size_t start = out->size;
    ssize_t n;
    char *to;

    for (;;) {
        to = buf_reserve(out, 4096);
        if (!to)
            return buf_error(out);
        n = read(fd, to, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        buf_seal(out, (size_t)n);
        if (out->size - start > max_bytes)
            return -EFBIG;
        if (n == 0)
            return 0;
    }
}

int fd_read_file(const char *path, size_t max_bytes, struct buf *out)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t before = out->size;
    int r = fd < 0 ? -errno : read_to_end(fd, max_bytes, out);

    if (r < 0)
        buf_truncate(out, before);
    return r;
}

static int make_one(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int fd_make_directories(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    int r;

    if (length == 0)
        return -ENOENT;
    if (length >= sizeof(part))
        return -ENAMETOOLONG;
    memcpy(part, path, length + 1);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        r = make_one(part, mode);
        if (r < 0)
            return r;
        *slash = '/';
    }
    return make_one(part, mode);
}
