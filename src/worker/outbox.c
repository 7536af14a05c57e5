/* outbox.c - what a worker has to say to the pool and to the intake.
 *
 * Small documents come faster than others could be woken for each. So what is left of one, its result and DONE, is
 * kept while the next one is at hand, and sent together with what that leaves: a few frames in one
 * write(2). To the pool first: DONE says that a result is on its way. Whatever asks for an answer
 * goes at once, with all that was kept.
 */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <string.h>

/* A peer hears of a document that late at most, and of so many at once. Kept in memory, and lost
 * when the worker dies: then they are worked on again. */
#define KEPT_USEC      (5 * USEC_PER_MSEC)
#define KEPT_DOCUMENTS 8
#define KEPT_BYTES     (256u << 10)

#define KEPT_CAPACITY (4u << 20) /* memory that stays when it has been sent */

static void put_frame(struct buf *frames, const struct message *m)
{
    size_t start = frames->size;
    int r;

    if (buf_reserve(frames, FRAME_HEADER_BYTES))
        buf_seal(frames, FRAME_HEADER_BYTES);
    r = message_encode(m, frames);
    if (r == -ENOMEM || r == -EFBIG)
        worker_quit(WORKER_EXIT_MEMORY, "no memory to send a result", r);
    if (r < 0)
        worker_quit(WORKER_EXIT_PROTOCOL, "a result cannot be encoded", r);
    frame_put_header(frames->data + start, (uint32_t)(frames->size - start - FRAME_HEADER_BYTES),
                     false);
}

static void write_frames(int fd, struct buf *frames)
{
    struct iovec left = {.iov_base = frames->data, .iov_len = frames->size};
    size_t sent;

    while (left.iov_len > 0) {
        if (frame_write_some(fd, &left, 1, -1, &sent) != 0)
            worker_quit(WORKER_EXIT_PEER, NULL, 0);
        left.iov_base = (char *)left.iov_base + sent;
        left.iov_len -= sent;
    }
    buf_clear(frames);
    if (frames->capacity > KEPT_CAPACITY)
        buf_done(frames);
}

void outbox_send(struct outbox *o)
{
    bool has_result = o->n_results > 0, has_done = o->n_done > 0;

    o->n_results = o->n_done = 0;
    if (o->pool.size > 0)
        write_frames(FD_WORKER_POOL, &o->pool);
    if (has_result)
        (void)FAIL_AT(SENT);
    if (o->intake.size > 0)
        write_frames(FD_WORKER_INTAKE, &o->intake);
    if (has_done)
        (void)FAIL_AT(DONE);
}

void outbox_to_pool(struct outbox *o, const struct message *m)
{
    put_frame(&o->pool, m);
    o->n_results += m->type == MESSAGE_RESULT;
}

void outbox_to_intake(struct outbox *o, const struct message *m)
{
    put_frame(&o->intake, m);
    if (m->type == MESSAGE_DONE && o->n_done++ == 0)
        o->since_usec = clock_now_usec();
}

bool outbox_has_room(const struct outbox *o)
{
    return o->n_done < KEPT_DOCUMENTS && o->pool.size < KEPT_BYTES &&
           clock_now_usec() - o->since_usec < KEPT_USEC;
}
