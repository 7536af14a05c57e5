/* log_sink.c - standard error as the place where log lines go, whoever reads it.
 *
 * A pipe whose reader has stopped reading would stop a role at its next line, for ever. So a line
 * waits for room at most LOG_PATIENCE_MSEC; after that lines are dropped, without waiting, until
 * there is room again. What was dropped is counted. A full disk loses lines as well, and as
 * quietly.
 */
#include "log_sink.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LOG_PATIENCE_MSEC 1000

static bool reader_hangs;
static uint64_t n_lost;

/* Files never make a writer wait for a reader. What standard error is, it is from the first line to the
 * last. */
static bool has_reader(void)
{
    static enum { UNKNOWN, FILE_OR_NONE, READER } kind;
    struct stat st;

    if (kind == UNKNOWN)
        kind = fstat(STDERR_FILENO, &st) == 0 && !S_ISREG(st.st_mode) ? READER : FILE_OR_NONE;
    return kind == READER;
}

/* Whether there is room, now or within the time that is left to the reader. */
static bool wait_for_room(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    int r;

    do {
        r = poll(&out, 1, reader_hangs ? 0 : LOG_PATIENCE_MSEC);
    } while (r < 0 && errno == EINTR);
    reader_hangs = r == 0;
    return r > 0;
}

/* Bytes written, or -1 with EAGAIN when it would wait. RWF_NOWAIT, because several processes share
 * the pipe: what poll(2) said may be true no more. Not all kernels have it for pipes. */
static ssize_t write_now(const char *at, size_t n)
{
    const struct iovec part = {.iov_base = (void *)at, .iov_len = n};
    ssize_t written;

    if (!has_reader())
        return write(STDERR_FILENO, at, n);
    written = pwritev2(STDERR_FILENO, &part, 1, -1, RWF_NOWAIT);
    if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != ESPIPE))
        return written;
    if (wait_for_room())
        return write(STDERR_FILENO, at, n);
    errno = EAGAIN;
    return -1;
}

static bool write_all(const char *at, size_t n)
{
    while (n > 0) {
        ssize_t written = write_now(at, n);

        if (written >= 0) {
            reader_hangs = false;
            at += written;
            n -= (size_t)written;
        } else if (errno == EAGAIN) {
            if (!wait_for_room())
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void log_sink_write(const char *line, size_t size)
{
    if (!write_all(line, size))
        n_lost++;
}

uint64_t log_sink_take_lost(void)
{
    uint64_t n = reader_hangs ? 0 : n_lost;

    n_lost -= n;
    return n;
}
