/* peer.c - see peer.h. */
#include "wire/peer.h"

#include "base/fd.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

struct peer {
    struct link *link;
    struct peer_spec spec;
    const struct peer_events *events;
    void *user;
    struct buf out;
    bool greeted;
    bool freed;
    unsigned busy;
};

static void release(struct peer *p)
{
    p->link = link_free(p->link);
    buf_done(&p->out);
    free(p);
}

struct peer *peer_free(struct peer *p)
{
    if (!p)
        return NULL;
    p->freed = true;
    if (p->busy == 0)
        release(p);
    return NULL;
}

static void end(struct peer *p, bool broken, const char *why)
{
    p->link = link_free(p->link);
    p->events->on_end(p->user, p, broken, why);
}

static void on_close(void *user, int r)
{
    struct peer *p = user;

    p->busy++;
    end(p, r == -EPROTO || r == -EMSGSIZE, r == 0 ? "closed by the other side" : log_errno_text(r));
    p->busy--;
    if (p->freed && p->busy == 0)
        release(p);
}

/* Returns whether the greeting is as expected. */
static bool greet(struct peer *p, const struct message *m)
{
    if (m->type != MESSAGE_HELLO || m->hello.version != WIRE_VERSION ||
        m->hello.role != p->spec.other || m->hello.slot != p->spec.expected_slot)
        return false;
    p->greeted = true;
    return true;
}

static peer_handler *find_handler(const struct peer *p, enum message_type type)
{
    for (size_t i = 0; i < p->events->n_routes; i++)
        if (p->events->routes[i].type == type)
            return p->events->routes[i].handle;
    return NULL;
}

static void dispatch(struct peer *p, struct frame *frame)
{
    struct message m;
    peer_handler *handle;
    char why[96];

    if (message_decode(frame->data, frame->size, frame->fd >= 0, p->spec.other, p->spec.self, &m) <
        0) {
        end(p, true, "it sent a malformed message");
        return;
    }
    if (!p->greeted) {
        if (!greet(p, &m))
            end(p, true, "it did not greet as expected");
        return;
    }
    handle = find_handler(p, m.type);
    if (handle) {
        handle(p->user, p, &m, frame);
        return;
    }
    (void)snprintf(why, sizeof(why), "it sent a message not meant for here: %s",
                   message_name(m.type));
    end(p, true, why);
}

static void on_frame(void *user, struct frame *frame)
{
    struct peer *p = user;

    p->busy++;
    if (!p->freed && p->link)
        dispatch(p, frame);
    (void)frame_unref(frame);
    p->busy--;
    if (p->freed && p->busy == 0)
        release(p);
}

static const struct link_events link_callbacks = {.on_frame = on_frame, .on_close = on_close};

int peer_new(struct loop *l, int fd, const struct peer_spec *spec, const struct peer_events *events,
             void *user, struct peer **ret)
{
    struct message hello = {
        .type = MESSAGE_HELLO,
        .hello = {.version = WIRE_VERSION, .role = spec->self, .slot = spec->slot},
    };
    struct peer *p = calloc(1, sizeof(*p));
    int r;

    if (!p) {
        (void)fd_close(fd);
        return -ENOMEM;
    }
    p->spec = *spec;
    p->events = events;
    p->user = user;
    r = link_new(l, fd, spec->max_bytes, &link_callbacks, p, &p->link);
    if (r < 0) {
        release(p);
        return r;
    }
    peer_send(p, &hello, -1);
    *ret = p;
    return 0;
}

void peer_send(struct peer *p, const struct message *m, int fd)
{
    int r;

    if (!p->link) {
        (void)fd_close(fd);
        return;
    }
    buf_clear(&p->out);
    r = message_encode(m, &p->out);
    if (r < 0) { /* the stream lacks a message: the other side must not go on with it */
        (void)fd_close(fd);
        link_finish(p->link);
        return;
    }
    link_send(p->link, p->out.data, p->out.size, fd);
}

#ifdef PENSTOCK_FAILPOINTS
void peer_flush(struct peer *p)
{
    if (p && p->link)
        link_flush(p->link);
}
#endif

size_t peer_queued_bytes(const struct peer *p)
{
    return p->link ? link_queued_bytes(p->link) : 0;
}

void peer_pause(struct peer *p)
{
    if (p->link)
        link_pause(p->link);
}

void peer_resume(struct peer *p)
{
    if (p->link)
        link_resume(p->link);
}

void peer_finish(struct peer *p)
{
    if (p->link)
        link_finish(p->link);
}
