/* fd.h - file descriptors: closing, flags, pairs, whole reads. Every descriptor made here is
 * close-on-exec. */
#pragma once

#include "base/buf.h"

#include <sys/types.h>

/* Closes when >= 0; returns -1, so that `fd = fd_close(fd)` cannot close twice. Keeps errno. */
int fd_close(int fd);

/* For CLEANUP(): closes *fd. */
void fd_closep(int *fd);

/* Takes the descriptor out of a variable that would be cleaned up. */
#define TAKE_FD(fd)        \
    ({                     \
        int taken_ = (fd); \
        (fd) = -1;         \
        taken_;            \
    })

/* O_NONBLOCK on or off; whether it survives execve(2). -errno of fcntl(2). */
int fd_set_nonblocking(int fd, bool on) MUST_CHECK;
int fd_set_inheritable(int fd, bool on) MUST_CHECK;

/* A connected pair of Unix stream sockets; both close-on-exec and blocking. */
int fd_socket_pair(int ret[2]) MUST_CHECK;

/* Writes all of it, however many write(2) it takes. */
int fd_write_all(int fd, const void *bytes, size_t n) MUST_CHECK;

/* Reads a whole small file (at most `max_bytes`, else -EFBIG) and appends it to `out`; after a
 * failure `out` holds what it held before. */
int fd_read_file(const char *path, size_t max_bytes, struct buf *out) MUST_CHECK;

/* mkdir -p with `mode` for what it makes; an existing directory is fine, anything else there is
 * -ENOTDIR. */
int fd_make_directories(const char *path, mode_t mode) MUST_CHECK;
