/* fd_watch.c - readiness of a descriptor: a cover over uv_poll. */
#include "loop/internal.h"

#include <stdlib.h>

struct fd_watch {
    uv_poll_t uv; /* first: free_handle() */
    void (*on_ready)(void *user, int events);
    void *user;
    int events; /* what is watched for now */
    bool freed;
};

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void on_poll(uv_poll_t *uv, int status, int events);

static int start(struct fd_watch *w)
{
    int uv = 0;

    if (w->events & FD_READABLE)
        uv |= UV_READABLE;
    if (w->events & FD_WRITABLE)
        uv |= UV_WRITABLE;
    return uv ? uv_poll_start(&w->uv, uv, on_poll) : uv_poll_stop(&w->uv);
}

/* An error condition (EPOLLERR, EPOLLHUP) is reported as readiness: the read or write that follows
 * tells what it is. On EPOLLERR libuv stops watching; but only the owner stops a watch here, or it
 * would wait for ever. */
static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct fd_watch *w = (struct fd_watch *)uv;
    int ready = 0;

    if (events & UV_READABLE)
        ready |= FD_READABLE;
    if (events & UV_WRITABLE)
        ready |= FD_WRITABLE;
    if (status < 0) {
        ready = w->events;
        (void)start(w);
    }
    if (!w->freed && ready)
        w->on_ready(w->user, ready);
}

int fd_watch_new(struct loop *l, int fd, void (*on_ready)(void *user, int events), void *user,
                 struct fd_watch **ret)
{
    struct fd_watch *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return -ENOMEM;
    r = uv_poll_init(&l->uv, &w->uv, fd);
    if (r < 0) {
        free(w);
        return r;
    }
    w->on_ready = on_ready;
    w->user = user;
    *ret = w;
    return 0;
}

int fd_watch_set(struct fd_watch *w, int events)
{
    if (events == w->events)
        return 0;
    w->events = events;
    return start(w);
}

struct fd_watch *fd_watch_free(struct fd_watch *w)
{
    if (w) {
        w->freed = true;
        (void)uv_poll_stop(&w->uv);
        uv_close((uv_handle_t *)&w->uv, free_handle);
    }
    return NULL;
}
