/* common.h - a peer under test at one end of a socket, the test itself at the other. */
#pragma once

#include "../loop/common.h"

#include "wire/peer.h"

#define CAP 65536

/* The peer: an intake (slot 0) that speaks with worker 5. */
static UNUSED const struct peer_spec intake_spec = {
    .self = ROLE_INTAKE, .other = ROLE_WORKER, .expected_slot = 5, .max_bytes = CAP};

/* The test's end, a blocking socket. */
static UNUSED void say_fd(int socket, const struct message *m, int fd)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;
    struct iovec part;

    assert_int_equal(message_encode(m, &payload), 0);
    part = (struct iovec){.iov_base = payload.data, .iov_len = payload.size};
    assert_int_equal(frame_write(socket, &part, 1, fd), 0);
}

static UNUSED void say(int socket, const struct message *m)
{
    say_fd(socket, m, -1);
}

static UNUSED void say_hello(int socket, enum wire_role role, unsigned slot)
{
    const struct message m = {.type = MESSAGE_HELLO,
                              .hello = {.version = WIRE_VERSION, .role = role, .slot = slot}};

    say(socket, &m);
}

static UNUSED void say_bytes(int socket, const char *payload, size_t n)
{
    const struct iovec part = {.iov_base = (char *)payload, .iov_len = n};

    assert_int_equal(frame_write(socket, &part, 1, -1), 0);
}

/* What comes next on the socket; `frame` keeps its bytes. */
static UNUSED struct message hear(struct frame_reader *reader, enum wire_role sender,
                                  enum wire_role receiver, struct frame **frame)
{
    struct message m = {.type = (enum message_type)0};

    assert_int_equal(frame_read(reader, frame), 0);
    assert_int_equal(
        message_decode((*frame)->data, (*frame)->size, (*frame)->fd >= 0, sender, receiver, &m), 0);
    return m;
}
