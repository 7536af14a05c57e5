/* deadline.c - which worker takes too long over its document: in all, or without a sign of
 * progress.
 *
 * The supervisor is asked to kill it; its death is judged in death.c, like any other, with what was
 * found here as the cause. What a parser can do to itself does not change the limit of the time in
 * all: it is measured here. Processor time is limited by the worker itself (src/worker/sandbox.c).
 */
#include "intake/intake.h"

#include "base/clock.h"

/* When its page was last seen to move, or its document began. */
static uint64_t last_sign(struct crew_member *c, const struct worker_page *page, uint64_t now)
{
    uint64_t progress = atomic_load_explicit(&page->progress, memory_order_relaxed);

    if (progress != c->progress) {
        c->progress = progress;
        c->moved_usec = now;
    }
    return MAX(c->moved_usec, c->begun_usec);
}

/* What its document has used up, or NULL. While it waits for the pool that is backpressure, not the
 * document. */
static const char *find_overrun(struct intake *in, struct crew_member *c, uint64_t now)
{
    const struct worker_page *page = stats_worker(&in->base.stats, c->slot);
    uint64_t total = (uint64_t)intake_setting(in, SETTING_MAX_SECONDS) * USEC_PER_SEC,
             silence = (uint64_t)intake_setting(in, SETTING_MAX_SILENCE) * USEC_PER_MSEC,
             sign = last_sign(c, page, now);

    if (atomic_load_explicit(&page->stage, memory_order_relaxed) == STAGE_SEND)
        return NULL;
    if (now - c->begun_usec >= total)
        return "time limit (PENSTOCK_MAX_SECONDS)";
    return now - sign >= silence ? "no progress (PENSTOCK_MAX_SILENCE)" : NULL;
}

void deadline_check(struct intake *in)
{
    uint64_t now = clock_now_usec();

    for (size_t k = 0; k < STATS_MAX_WORKERS; k++) {
        struct crew_member *c = &in->crew[k];
        const struct message m = {
            .type = MESSAGE_KILL,
            .kill = {.slot = c->slot, .incarnation = c->incarnation},
        };

        if (!c->peer || c->overrun || c->n_in_flight == 0)
            continue;
        c->overrun = find_overrun(in, c, now);
        if (c->overrun)
            peer_send(in->base.supervisor, &m, -1);
    }
}
