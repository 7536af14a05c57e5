/* link_common.h - the two ends of a link under test: each notes what it hears. */
#pragma once

#include "common.h"

#include "loop/link.h"

#define CAP (32u << 20)

struct side {
    struct loop *loop;
    struct link *link;
    unsigned frames; /* heard */
    size_t bytes;
    uint32_t last; /* the number at the start of the last frame */
    bool out_of_order;
    unsigned fds, wrong_fds;
    unsigned closes;
    int close_r;
    unsigned stop_at; /* frames after which the loop stops; 0: never */
    void (*hook)(struct side *s, struct frame *f);
};

/* Every frame begins with its number: 1, 2, 3… */
static void on_frame(void *user, struct frame *f)
{
    struct side *s = user;
    uint32_t number = 0;

    memcpy(&number, f->data, MIN(sizeof(number), (size_t)f->size));
    s->out_of_order = s->out_of_order || number != s->last + 1;
    s->last = number;
    s->frames++;
    s->bytes += f->size;
    if (s->hook)
        s->hook(s, f);
    if (s->frames == s->stop_at)
        loop_stop(s->loop);
    (void)frame_unref(f);
}

static void on_close(void *user, int r)
{
    struct side *s = user;

    s->closes++;
    s->close_r = r;
    loop_stop(s->loop);
}

static const struct link_events side_events = {.on_frame = on_frame, .on_close = on_close};

static UNUSED void begin_side(struct side *s, struct loop *l, int fd)
{
    *s = (struct side){.loop = l};
    assert_int_equal(link_new(l, fd, CAP, &side_events, s, &s->link), 0);
}

/* A link at both ends. */
static UNUSED void begin_both(struct side *a, struct side *b, struct loop *l)
{
    int pair[2];

    assert_int_equal(fd_socket_pair(pair), 0);
    begin_side(a, l, pair[0]);
    begin_side(b, l, pair[1]);
}

/* A link at one end; returns the other, a blocking socket. */
static UNUSED int begin_one(struct side *a, struct loop *l)
{
    int pair[2];

    assert_int_equal(fd_socket_pair(pair), 0);
    begin_side(a, l, pair[0]);
    return pair[1];
}

static UNUSED void end_side(struct side *s)
{
    s->link = link_free(s->link);
}

/* The frames `from` to `to`, of `size` bytes each. */
static UNUSED void send_frames(struct side *s, uint32_t from, uint32_t to, size_t size)
{
    char *payload = calloc(1, size);

    for (uint32_t i = from; i <= to; i++) {
        memcpy(payload, &i, sizeof(i));
        link_send(s->link, payload, size, -1);
    }
    free(payload);
}

/* The same as bytes of a socket, in one write. */
static UNUSED void write_frames(int socket, uint32_t from, uint32_t to)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;
    char header[FRAME_HEADER_BYTES];

    for (uint32_t i = from; i <= to; i++) {
        frame_put_header(header, sizeof(i), false);
        buf_add(&b, header, sizeof(header));
        buf_add(&b, &i, sizeof(i));
    }
    assert_int_equal(buf_error(&b), 0);
    assert_int_equal(fd_write_all(socket, b.data, b.size), 0);
}
