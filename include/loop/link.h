/* link.h - a framed Unix socket on the loop, both ways, with descriptors (base/frame.h). Bytes
 * only: what they mean is wire's business.
 *
 * Sending never blocks and never fails at the call: what the socket does not take now is queued, in
 * order. Who sends more than the other side takes asks link_queued_bytes(). Reading can be paused:
 * then the socket's buffer fills, and the sender feels it (backpressure). A paused link with
 * nothing to send does not notice that the other side is gone.
 */
#pragma once

#include "base/frame.h"
#include "loop/loop.h"

struct link;

struct link_events {
    /* One frame; the handler owns the reference. */
    void (*on_frame)(void *user, struct frame *frame);
    /* The other side closed (r == 0) or something failed (-errno, -EPROTO for malformed frames).
     * Nothing comes after this; free the link here or later. */
    void (*on_close)(void *user, int r);
};

/* Takes the descriptor over, also on failure. `max_bytes` caps received payloads. */
int link_new(struct loop *l, int fd, uint32_t max_bytes, const struct link_events *events,
             void *user, struct link **ret) MUST_CHECK;

/* Closes; what is queued is dropped. NULL is allowed; returns NULL. Safe inside callbacks. */
struct link *link_free(struct link *k);

/* Sends a copy of the payload as one frame, with `fd` when >= 0 (taken over, closed once sent). */
void link_send(struct link *k, const void *payload, size_t n, int fd);

#ifdef PENSTOCK_FAILPOINTS
/* Writes now what the socket takes, and calls nobody back; failures show at the next turn. */
void link_flush(struct link *k);
#endif

/* Bytes that the socket has not taken yet, prefixes included. */
size_t link_queued_bytes(const struct link *k);

/* Stops and resumes the reading of frames. */
void link_pause(struct link *k);
void link_resume(struct link *k);

/* Closes the sending direction once everything queued is out: the other side reads end of file.
 * What is sent after this call is dropped. */
void link_finish(struct link *k);
