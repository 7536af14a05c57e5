/* frame.h - length-prefixed frames over a Unix stream socket, with at most one descriptor each.
 *
 * On the wire: 4 bytes little-endian, of which the low 31 bits are the payload's length (1 to the
 * cap) and the top bit says that a descriptor belongs to this frame; then the payload. The
 * descriptor travels with the frame's first byte (SCM_RIGHTS, unix(7)); the bit is needed because
 * one recvmsg(2) may return the frames before it as well. What the payload means is wire's
 * business. No loop here: the same code serves blocking and non-blocking sockets.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/uio.h>

#define FRAME_HEADER_BYTES 4

/* One received frame. Reference counted within its process: the reader holds one. */
struct frame {
    unsigned refs;
    int fd; /* -1, or owned by the frame until somebody takes it (TAKE_FD) */
    uint32_t size;
    char data[]; /* `size` bytes */
};

/* One more owner; returns the same frame. */
struct frame *frame_ref(struct frame *f);
/* NULL is allowed; returns NULL. The last reference closes the descriptor. */
struct frame *frame_unref(struct frame *f);

/* The receiving half: bytes read ahead, and the frame being put together. */
struct frame_reader {
    int fd;             /* not owned */
    uint32_t max_bytes; /* cap on a payload */
    struct frame *partial;
    uint32_t have; /* payload bytes of `partial` that are in */
    /* Descriptors that came with bytes whose frame is not begun yet, in order: one with the first
     * bytes of a prefix that was cut off, one with the bytes behind. */
    int pending_fds[2];
    unsigned n_pending;
    int flags;         /* of recvmsg(2) */
    size_t start, end; /* unread part of `ahead` */
    char ahead[16384];
};

/* `fd` stays the caller's. _done frees what was read in part, and closes descriptors nobody
 * took. */
void frame_reader_init(struct frame_reader *r, int fd, uint32_t max_bytes);
void frame_reader_done(struct frame_reader *r);

/* A descriptor must come with the first byte of a frame that has the bit, each such frame must have
 * one, and only one.
 *
 * Reads one frame. Returns 0 and a frame that the caller owns; FRAME_AGAIN when a non-blocking
 * socket has no more now; FRAME_EOF when the peer closed between two frames; -EPROTO for a
 * malformed frame or a close inside one; -EMSGSIZE over the cap; else -errno of recvmsg(2). After
 * an error the stream is useless. */
enum { FRAME_AGAIN = 1, FRAME_EOF = 2 };
int frame_read(struct frame_reader *r, struct frame **ret) MUST_CHECK;
/* The same, and FRAME_AGAIN for a blocking socket, too, when the frame is not here yet. */
int frame_read_now(struct frame_reader *r, struct frame **ret) MUST_CHECK;

/* Whether a whole frame (or a prefix that is refused) has been read ahead, so that frame_read()
 * returns without asking the socket. */
bool frame_is_ahead(const struct frame_reader *r);

/* Sends up to the whole of `iov` (a frame, header included), with `fd` when >= 0 and `first` is the
 * frame's first byte. Returns 0 and the number of bytes taken, or FRAME_AGAIN, or -errno (-EPIPE
 * when the peer is gone; no SIGPIPE). */
int frame_write_some(int socket, const struct iovec *iov, int n_iov, int fd,
                     size_t *ret_bytes) MUST_CHECK;

/* Blocking: the whole frame of the given payload parts (at most 3). -EMSGSIZE when they are empty
 * or too long to say. */
int frame_write(int socket, const struct iovec *parts, int n_parts, int fd) MUST_CHECK;

/* Puts the 4 bytes of the prefix. */
void frame_put_header(char header[FRAME_HEADER_BYTES], uint32_t payload_bytes, bool has_fd);
