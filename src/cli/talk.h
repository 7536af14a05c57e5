/* talk.h - the wire protocol without a loop, for commands: one socket, one message at a time. */
#pragma once

#include "wire/message.h"

struct talk {
    int fd; /* owned */
    enum wire_role self, other;
    struct frame_reader reader;
    struct frame *frame; /* the last message received points into it */
    bool greeted;        /* the other side's HELLO is in */
};

/* Takes the descriptor over. `max_bytes`: cap on a received payload. */
void talk_init(struct talk *t, int fd, enum wire_role self, enum wire_role other,
               uint32_t max_bytes);
void talk_done(struct talk *t);

/* Sends a message, with a descriptor when `fd` >= 0 (it stays the caller's). */
int talk_send(struct talk *t, const struct message *m, int fd) MUST_CHECK;
/* Sends the greeting. */
int talk_greet(struct talk *t) MUST_CHECK;

/* Receives the next message that is not the greeting, which is checked and passed over. Valid
 * until the next call. TALK_AGAIN: nothing now, of a non-blocking socket or after its time-out;
 * TALK_CLOSED: the other side ended; -EPROTO: it broke the protocol. */
enum { TALK_AGAIN = 1, TALK_CLOSED = 2 };
int talk_receive(struct talk *t, struct message *ret) MUST_CHECK;
