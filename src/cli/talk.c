/* talk.c - see talk.h. */
#include "cli/talk.h"

#include "base/fd.h"

void talk_init(struct talk *t, int fd, enum wire_role self, enum wire_role other,
               uint32_t max_bytes)
{
    t->fd = fd;
    t->self = self;
    t->other = other;
    t->frame = NULL;
    t->greeted = false;
    frame_reader_init(&t->reader, fd, max_bytes);
}

void talk_done(struct talk *t)
{
    t->frame = frame_unref(t->frame);
    frame_reader_done(&t->reader);
    t->fd = fd_close(t->fd);
}

int talk_send(struct talk *t, const struct message *m, int fd)
{
    struct buf payload = BUF_INIT;
    struct iovec part;
    int r = message_encode(m, &payload);

    if (r == 0) {
        part = (struct iovec){.iov_base = payload.data, .iov_len = payload.size};
        r = frame_write(t->fd, &part, 1, fd);
    }
    buf_done(&payload);
    return r;
}

int talk_greet(struct talk *t)
{
    struct message hello = {.type = MESSAGE_HELLO,
                            .hello = {.version = WIRE_VERSION, .role = t->self}};

    return talk_send(t, &hello, -1);
}

static int receive_one(struct talk *t, struct message *ret)
{
    int r;

    t->frame = frame_unref(t->frame);
    r = frame_read(&t->reader, &t->frame);
    if (r != 0)
        return r == FRAME_AGAIN ? TALK_AGAIN : r == FRAME_EOF || r == -ECONNRESET ? TALK_CLOSED : r;
    return message_decode(t->frame->data, t->frame->size, t->frame->fd >= 0, t->other, t->self,
                          ret);
}

int talk_receive(struct talk *t, struct message *ret)
{
    int r = receive_one(t, ret);

    if (r != 0 || t->greeted)
        return r;
    if (ret->type != MESSAGE_HELLO || ret->hello.version != WIRE_VERSION ||
        ret->hello.role != t->other)
        return -EPROTO;
    t->greeted = true;
    return receive_one(t, ret);
}
