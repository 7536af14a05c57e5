/* frame.c - see frame.h. The reader reads ahead in blocks, so that many small frames cost one
 * system call; a frame larger than a block is received straight into its own memory. */
#include "base/frame.h"

#include "base/fd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HAS_FD 0x80000000u

struct frame *frame_ref(struct frame *f)
{
    f->refs++;
    return f;
}

struct frame *frame_unref(struct frame *f)
{
    if (f && --f->refs == 0) {
        (void)fd_close(f->fd);
        free(f);
    }
    return NULL;
}

void frame_reader_init(struct frame_reader *r, int fd, uint32_t max_bytes)
{
    r->fd = fd;
    r->max_bytes = max_bytes;
    r->partial = NULL;
    r->have = 0;
    r->n_pending = 0;
    r->start = r->end = 0;
    r->flags = 0;
}

void frame_reader_done(struct frame_reader *r)
{
    r->partial = frame_unref(r->partial);
    while (r->n_pending > 0)
        (void)fd_close(r->pending_fds[--r->n_pending]);
    r->start = r->end = 0;
}

/* Keeps the one descriptor of a control message; closes and refuses any other. There is room for
 * it: may_receive(). */
static int take_descriptors(struct frame_reader *r, struct msghdr *m)
{
    int status = m->msg_flags & MSG_CTRUNC ? -EPROTO : 0;
    unsigned before = r->n_pending;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int fds[4];

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = MIN(n, ARRAY_SIZE(fds));
        memcpy(fds, CMSG_DATA(c), n * sizeof(int));
        for (size_t i = 0; i < n; i++) {
            if (r->n_pending == before && status == 0) {
                r->pending_fds[r->n_pending++] = fds[i];
            } else {
                (void)fd_close(fds[i]);
                status = -EPROTO;
            }
        }
    }
    return status;
}

/* recvmsg(2) stops behind the bytes that a descriptor came with (unix(7)), so before the next call
 * that descriptor's frame is begun, or its prefix is what has been read ahead. Anything else is a
 * descriptor without its bit. */
static bool may_receive(const struct frame_reader *r)
{
    return r->n_pending == 0 || (r->n_pending == 1 && !r->partial && r->end > r->start);
}

/* The oldest pending descriptor, or -1. */
static int take_pending(struct frame_reader *r)
{
    int fd = r->n_pending > 0 ? r->pending_fds[0] : -1;

    if (r->n_pending > 0) {
        r->pending_fds[0] = r->pending_fds[1];
        r->n_pending--;
    }
    return fd;
}

/* One recvmsg(2). Returns 0 and the bytes (0: end of file), FRAME_AGAIN or -errno. */
static int receive(struct frame_reader *r, void *to, size_t n, size_t *ret_bytes)
{
    char control[CMSG_SPACE(4 * sizeof(int))];
    struct iovec iov = {.iov_base = to, .iov_len = n};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    ssize_t got;
    int status;

    if (!may_receive(r))
        return -EPROTO;
    do {
        got = recvmsg(r->fd, &m, MSG_CMSG_CLOEXEC | r->flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? FRAME_AGAIN : -errno;
    status = take_descriptors(r, &m);
    if (status < 0)
        return status;
    *ret_bytes = (size_t)got;
    return 0;
}

static int fill_ahead(struct frame_reader *r)
{
    size_t got;
    int status;

    if (r->start > 0) {
        memmove(r->ahead, r->ahead + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    status = receive(r, r->ahead + r->end, sizeof(r->ahead) - r->end, &got);
    if (status != 0)
        return status;
    if (got == 0)
        return r->end == 0 ? FRAME_EOF : -EPROTO;
    r->end += got;
    return 0;
}

static uint32_t read_prefix(const struct frame_reader *r)
{
    const uint8_t *p = (const uint8_t *)r->ahead + r->start;

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Reads the prefix and makes the frame, with what has been read ahead of its payload. */
static int begin_frame(struct frame_reader *r)
{
    uint32_t prefix = read_prefix(r);
    uint32_t size = prefix & ~HAS_FD;
    struct frame *f;

    if (size == 0 || (prefix & HAS_FD && r->n_pending == 0))
        return -EPROTO;
    if (size > r->max_bytes)
        return -EMSGSIZE;
    f = malloc(sizeof(*f) + size);
    if (!f)
        return -ENOMEM;
    f->refs = 1;
    f->fd = prefix & HAS_FD ? take_pending(r) : -1;
    f->size = size;
    r->start += FRAME_HEADER_BYTES;
    r->have = (uint32_t)MIN((size_t)size, r->end - r->start);
    memcpy(f->data, r->ahead + r->start, r->have);
    r->start += r->have;
    r->partial = f;
    return 0;
}

/* The rest of a frame that is larger than what was read ahead. */
static int continue_frame(struct frame_reader *r)
{
    size_t got;
    int status = receive(r, r->partial->data + r->have, r->partial->size - r->have, &got);

    if (status != 0)
        return status;
    if (got == 0)
        return -EPROTO;
    r->have += (uint32_t)got;
    return 0;
}

int frame_read(struct frame_reader *r, struct frame **ret)
{
    int status;

    while (!r->partial) {
        if (r->end - r->start >= FRAME_HEADER_BYTES)
            status = begin_frame(r);
        else
            status = fill_ahead(r);
        if (status != 0)
            return status;
    }
    while (r->have < r->partial->size) {
        status = continue_frame(r);
        if (status != 0)
            return status;
    }
    *ret = r->partial;
    r->partial = NULL;
    return 0;
}

int frame_read_now(struct frame_reader *r, struct frame **ret)
{
    int status;

    r->flags = MSG_DONTWAIT;
    status = frame_read(r, ret);
    r->flags = 0;
    return status;
}

int frame_write_some(int socket, const struct iovec *iov, int n_iov, int fd, size_t *ret_bytes)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr m = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n_iov};
    struct cmsghdr *c;
    ssize_t sent;

    if (fd >= 0) {
        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(int));
    }
    do {
        sent = sendmsg(socket, &m, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? FRAME_AGAIN : -errno;
    *ret_bytes = (size_t)sent;
    return 0;
}

/* Drops `n` bytes from the front of the list. */
static void advance(struct iovec *iov, int n_iov, size_t n)
{
    for (int i = 0; i < n_iov && n > 0; i++) {
        size_t part = MIN(n, iov[i].iov_len);

        iov[i].iov_base = (char *)iov[i].iov_base + part;
        iov[i].iov_len -= part;
        n -= part;
    }
}

int frame_write(int socket, const struct iovec *parts, int n_parts, int fd)
{
    char header[FRAME_HEADER_BYTES];
    struct iovec iov[4] = {{.iov_base = header, .iov_len = sizeof(header)}};
    size_t left = 0, sent;
    int status;

    for (int i = 0; i < n_parts; i++) {
        iov[i + 1] = parts[i];
        left += parts[i].iov_len;
    }
    if (left == 0 || left >= HAS_FD)
        return -EMSGSIZE;
    frame_put_header(header, (uint32_t)left, fd >= 0);
    left += sizeof(header);
    while (left > 0) {
        status = frame_write_some(socket, iov, n_parts + 1, fd, &sent);
        if (status != 0)
            return status < 0 ? status : -EAGAIN;
        fd = -1;
        advance(iov, n_parts + 1, sent);
        left -= sent;
    }
    return 0;
}

void frame_put_header(char header[FRAME_HEADER_BYTES], uint32_t payload_bytes, bool has_fd)
{
    uint32_t n = payload_bytes | (has_fd ? HAS_FD : 0);

    header[0] = (char)(n & 0xff);
    header[1] = (char)(n >> 8 & 0xff);
    header[2] = (char)(n >> 16 & 0xff);
    header[3] = (char)(n >> 24 & 0xff);
}

bool frame_is_ahead(const struct frame_reader *r)
{
    size_t have = r->end - r->start;
    uint32_t size;

    if (r->partial || have < FRAME_HEADER_BYTES)
        return false;
    size = read_prefix(r) & ~HAS_FD;
    return size > r->max_bytes || have - FRAME_HEADER_BYTES >= size;
}
