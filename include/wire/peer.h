/* peer.h - another process at the end of a link: greeting, checked messages, a table of handlers.
 *
 * Both sides greet with HELLO; any other first message, another WIRE_VERSION or a role that was not
 * expected ends the peer. A message that does not decode, or that the table does not list, ends it
 * too: with a sentence that says why, through on_end, and nothing else happens to this process.
 */
#pragma once

#include "loop/link.h"
#include "wire/message.h"

struct peer;

/* `frame` may be kept with frame_ref(): the message's bytes live in it; its descriptor may be taken
 * (TAKE_FD). */
typedef void peer_handler(void *user, struct peer *p, const struct message *m, struct frame *frame);

struct peer_route {
    enum message_type type;
    peer_handler *handle;
};

struct peer_events {
    const struct peer_route *routes;
    size_t n_routes;
    /* It is gone: `why` is a sentence; `broken` when the peer broke the protocol. Free it here or
     * later. */
    void (*on_end)(void *user, struct peer *p, bool broken, const char *why);
};

struct peer_spec {
    enum wire_role self, other;
    unsigned slot;          /* of this process, told in HELLO; 0 where there is one only */
    unsigned expected_slot; /* of the other one */
    uint32_t max_bytes;     /* cap on a received payload */
};

/* Takes the descriptor over, also on failure, and sends HELLO. */
int peer_new(struct loop *l, int fd, const struct peer_spec *spec, const struct peer_events *events,
             void *user, struct peer **ret) MUST_CHECK;
/* NULL is allowed; returns NULL. Safe inside callbacks. */
struct peer *peer_free(struct peer *p);

/* Sends; `fd` >= 0 is taken over. A message that cannot be encoded is a bug of the caller: it ends
 * the peer. */
void peer_send(struct peer *p, const struct message *m, int fd);

/* For failpoints: writes now what the socket takes. NULL is allowed. */
#ifdef PENSTOCK_FAILPOINTS
void peer_flush(struct peer *p);
#else
static inline void peer_flush(struct peer *p)
{
    (void)p;
}
#endif

/* Bytes that the socket has not taken yet. */
size_t peer_queued_bytes(const struct peer *p);
/* Stops and resumes the hearing of messages: the other side feels it when the socket is full. */
void peer_pause(struct peer *p);
void peer_resume(struct peer *p);
/* Closes the sending direction once all is sent. */
void peer_finish(struct peer *p);
