/* link.c - see link.h.
 *
 * Reading takes at most READ_BURST frames a turn, so that one busy peer cannot starve the others.
 * What is sent is queued frame by frame, because a descriptor must travel with its frame's first
 * byte, and goes out together after the callbacks of the round.
 */
#include "loop/link.h"

#include "base/fd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define READ_BURST 64
#define SEND_BATCH 16

struct outgoing {
    STAILQ_ENTRY(outgoing) next;
    int fd;
    size_t sent;
    size_t size; /* header included */
    char bytes[];
};

struct link {
    struct fd_watch *watch;
    int fd;
    const struct link_events *events;
    void *user;
    struct frame_reader reader;
    STAILQ_HEAD(, outgoing) queue;
    size_t queued_bytes;
    struct deferred *flush;
    bool paused, closed, freed;
    bool choked;    /* the socket took no more: writable again is worth knowing */
    bool finishing; /* nothing is sent any more but what is queued */
    bool finished;  /* and that is out */
    bool read_more; /* frames may have been read ahead, which do not make the socket readable */
    unsigned busy;  /* depth of callbacks that are using this link */
};

static void release(struct link *k)
{
    struct outgoing *o;

    k->watch = fd_watch_free(k->watch);
    k->flush = deferred_free(k->flush);
    frame_reader_done(&k->reader);
    while ((o = STAILQ_FIRST(&k->queue))) {
        STAILQ_REMOVE_HEAD(&k->queue, next);
        (void)fd_close(o->fd);
        free(o);
    }
    k->fd = fd_close(k->fd);
    free(k);
}

struct link *link_free(struct link *k)
{
    if (!k)
        return NULL;
    k->freed = k->closed = true;
    if (k->busy == 0)
        release(k);
    return NULL;
}

static void update_watch(struct link *k)
{
    int events = 0;

    if (k->closed)
        return;
    if (!k->paused)
        events |= FD_READABLE;
    if (k->choked)
        events |= FD_WRITABLE;
    (void)fd_watch_set(k->watch, events);
}

static void close_link(struct link *k, int r)
{
    if (k->closed)
        return;
    k->closed = true;
    (void)fd_watch_set(k->watch, 0);
    k->events->on_close(k->user, r);
}

static void read_frames(struct link *k)
{
    struct frame *f;
    int r;

    for (int i = 0; i < READ_BURST && !k->paused && !k->closed; i++) {
        r = frame_read(&k->reader, &f);
        if (r == FRAME_AGAIN)
            return;
        if (r != 0) {
            close_link(k, r == FRAME_EOF ? 0 : r);
            return;
        }
        k->events->on_frame(k->user, f);
    }
    if (!k->closed && !k->paused) {
        k->read_more = true;
        deferred_set(k->flush);
    }
}

/* Removes `sent` bytes from the queue. */
static void dequeue(struct link *k, size_t sent)
{
    struct outgoing *o;

    k->queued_bytes -= sent;
    while (sent > 0 && (o = STAILQ_FIRST(&k->queue))) {
        size_t part = MIN(sent, o->size - o->sent);

        o->sent += part;
        sent -= part;
        o->fd = fd_close(o->fd);
        if (o->sent < o->size)
            return;
        STAILQ_REMOVE_HEAD(&k->queue, next);
        free(o);
    }
}

/* Gathers what may go in one sendmsg(2): up to the next frame that carries a descriptor. */
static int gather(struct link *k, struct iovec iov[SEND_BATCH], int *ret_fd)
{
    struct outgoing *o;
    int n = 0;

    *ret_fd = -1;
    STAILQ_FOREACH (o, &k->queue, next) {
        if (n == SEND_BATCH || (n > 0 && o->fd >= 0))
            break;
        if (n == 0 && o->sent == 0)
            *ret_fd = o->fd;
        iov[n++] = (struct iovec){.iov_base = o->bytes + o->sent, .iov_len = o->size - o->sent};
    }
    return n;
}

/* When the peer is gone, what it sent before may still be read, and the end of file will close the
 * link; a paused one would not see that. After any other failure the stream has a hole. */
static void fail_sending(struct link *k, int r)
{
    dequeue(k, k->queued_bytes);
    if (k->paused || (r != -EPIPE && r != -ECONNRESET))
        close_link(k, r);
}

static void write_frames(struct link *k)
{
    struct iovec iov[SEND_BATCH];
    size_t sent;
    int fd, n, r;

    k->choked = false;
    while (!k->closed && (n = gather(k, iov, &fd)) > 0) {
        r = frame_write_some(k->fd, iov, n, fd, &sent);
        if (r == FRAME_AGAIN) {
            k->choked = true;
            break;
        }
        if (r < 0) {
            fail_sending(k, r);
            return;
        }
        dequeue(k, sent);
    }
    if (k->finishing && !k->finished && STAILQ_EMPTY(&k->queue) && !k->closed) {
        k->finished = true;
        (void)shutdown(k->fd, SHUT_WR);
    }
}

static void turn(struct link *k, int events)
{
    k->busy++;
    if (events & FD_WRITABLE)
        write_frames(k);
    if (events & FD_READABLE)
        read_frames(k);
    k->busy--;
    if (k->freed && k->busy == 0)
        release(k);
    else
        update_watch(k);
}

static void on_ready(void *user, int events)
{
    turn(user, events);
}

static void on_deferred(void *user)
{
    struct link *k = user;
    bool more = k->read_more && !k->paused;

    if (more)
        k->read_more = false;
    turn(k, FD_WRITABLE | (more ? FD_READABLE : 0));
}

int link_new(struct loop *l, int fd, uint32_t max_bytes, const struct link_events *events,
             void *user, struct link **ret)
{
    struct link *k = calloc(1, sizeof(*k));
    int r;

    if (!k) {
        (void)fd_close(fd);
        return -ENOMEM;
    }
    k->fd = fd;
    k->events = events;
    k->user = user;
    STAILQ_INIT(&k->queue);
    frame_reader_init(&k->reader, fd, max_bytes);
    r = fd_set_nonblocking(fd, true);
    if (r == 0)
        r = fd_watch_new(l, fd, on_ready, k, &k->watch);
    if (r == 0)
        r = deferred_new(l, on_deferred, k, &k->flush);
    if (r == 0)
        r = fd_watch_set(k->watch, FD_READABLE);
    if (r < 0) {
        release(k);
        return r;
    }
    *ret = k;
    return 0;
}

void link_send(struct link *k, const void *payload, size_t n, int fd)
{
    struct outgoing *o;

    if (k->closed || k->freed || k->finishing) {
        (void)fd_close(fd);
        return;
    }
    o = malloc(sizeof(*o) + FRAME_HEADER_BYTES + n);
    if (!o) {
        (void)fd_close(fd);
        (void)shutdown(k->fd, SHUT_RDWR); /* the stream has a hole: both sides see its end */
        return;
    }
    o->fd = fd;
    o->sent = 0;
    o->size = FRAME_HEADER_BYTES + n;
    frame_put_header(o->bytes, (uint32_t)n, fd >= 0);
    memcpy(o->bytes + FRAME_HEADER_BYTES, payload, n);
    STAILQ_INSERT_TAIL(&k->queue, o, next);
    k->queued_bytes += o->size;
    deferred_set(k->flush);
}

#ifdef PENSTOCK_FAILPOINTS
void link_flush(struct link *k)
{
    struct iovec iov[SEND_BATCH];
    size_t sent;
    int fd, n;

    while (!k->closed && !k->freed && (n = gather(k, iov, &fd)) > 0 &&
           frame_write_some(k->fd, iov, n, fd, &sent) == 0)
        dequeue(k, sent);
}
#endif

size_t link_queued_bytes(const struct link *k)
{
    return k->queued_bytes;
}

void link_pause(struct link *k)
{
    k->paused = true;
    update_watch(k);
}

void link_resume(struct link *k)
{
    if (!k->paused)
        return;
    k->paused = false;
    k->read_more = true;
    update_watch(k);
    deferred_set(k->flush);
}

void link_finish(struct link *k)
{
    k->finishing = true;
    deferred_set(k->flush);
}
