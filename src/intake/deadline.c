/* deadline.c - which worker takes too long over its document: in all, or without a sign of
 * progress.
 *
 * The supervisor is asked to kill it; its death is judged in death.c, like any other, with what was
 * found here as the cause. What a parser can do to itself does not change the limit of the time in
 * all: it is measured here. Processor time is limited by the worker itself (src/worker/sandbox.c).
 * Of a file that is split the time in all is that of some records: it begins anew whenever the pool
 * gets some, and does not run until those are stored.
 */
#include "intake/intake.h"

#include "base/clock.h"

/* Looks come four times a second while there is anything to look at. */
#define LATE_USEC USEC_PER_SEC

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
 * document: as long as the pool says that it reads nothing, or there is no database. Only a parser
 * that has been taken over says so for longer. */
static const char *find_overrun(struct intake *in, struct crew_member *c, uint64_t now)
{
    const struct worker_page *page = stats_worker(&in->base.stats, c->slot);
    uint64_t total = (uint64_t)intake_setting(in, SETTING_MAX_SECONDS) * USEC_PER_SEC,
             silence = (uint64_t)intake_setting(in, SETTING_MAX_SILENCE) * USEC_PER_MSEC,
             sign = last_sign(c, page, now);
    uint32_t stage = atomic_load_explicit(&page->stage, memory_order_relaxed);
    bool waits = stage == STAGE_ASK || stage == STAGE_SEND;

    if (c->in_flight[0]->records_busy)
        c->begun_usec = now;
    if (waits && (!in->database_up || stats_gauge(&in->base.stats, GAUGE_WORKERS_PAUSED)))
        c->begun_usec = c->moved_usec = now;
    if (now - c->begun_usec >= total)
        return "time limit (PENSTOCK_MAX_SECONDS)";
    return !waits && now - sign >= silence ? "no progress (PENSTOCK_MAX_SILENCE)" : NULL;
}

/* One that has no document, and yet does not ask for any, or does not end although its link has or
 * we have let it go: it is stuck in what we do not wait for any more. */
static bool is_stuck(struct intake *in, struct crew_member *c, uint64_t now)
{
    bool owes = !c->peer || c->finishing || (c->n_in_flight == 0 && c->wants == 0);

    if (!owes)
        c->silent_usec = 0;
    else if (c->silent_usec == 0)
        c->silent_usec = now;
    return owes &&
           now - c->silent_usec >= (uint64_t)intake_setting(in, SETTING_MAX_SECONDS) * USEC_PER_SEC;
}

static void kill_worker(struct intake *in, const struct crew_member *c)
{
    const struct message m = {
        .type = MESSAGE_KILL,
        .kill = {.slot = c->slot, .incarnation = c->incarnation},
    };

    peer_send(in->base.supervisor, &m, -1);
}

static void check(struct intake *in, struct crew_member *c, uint64_t now)
{
    if (!c->present || c->died || c->overrun || c->doomed)
        return;
    if (c->peer && c->n_in_flight > 0)
        c->overrun = find_overrun(in, c, now);
    if (!c->overrun)
        c->doomed = is_stuck(in, c, now);
    if (c->overrun || c->doomed)
        kill_worker(in, c);
}

/* We ourselves were stopped, or had a large file to copy: what the workers have said meanwhile has
 * not been read yet. They get that time back. */
static void give_back(struct intake *in, uint64_t usec, uint64_t now)
{
    for (size_t k = 0; k < STATS_MAX_WORKERS; k++) {
        struct crew_member *c = &in->crew[k];

        c->begun_usec = MIN(c->begun_usec + usec, now);
        c->moved_usec = MIN(c->moved_usec + usec, now);
        c->silent_usec = c->silent_usec ? MIN(c->silent_usec + usec, now) : 0;
    }
}

void deadline_check(struct intake *in)
{
    uint64_t now = clock_now_usec(), before = in->deadline_usec;

    in->deadline_usec = now;
    if (before && now - before > LATE_USEC) {
        give_back(in, now - before, now);
        return;
    }
    for (size_t k = 0; k < STATS_MAX_WORKERS; k++)
        check(in, &in->crew[k], now);
}
