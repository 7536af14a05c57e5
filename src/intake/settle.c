/* settle.c - when a file is complete, and what is held back until when.
 *
 * A file is complete when it did not change for PENSTOCK_SETTLE_MS; a writer that has it open still
 * is found when it is claimed (inbox/inbox.h INBOX_BUSY), and sends it back here. SETTLING is a
 * queue: the time is the same for all. The other lists with a due time are short; they are looked
 * through a few times a second while they have members.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "inbox/name.h"

#include <string.h>

#define UPKEEP_USEC (250 * USEC_PER_MSEC)
#define REFILE_USEC (2 * USEC_PER_SEC)
#define TAKEN_USEC  (2 * USEC_PER_SEC)

void settle_begin(struct intake *in, struct item *i)
{
    i->due_usec = clock_now_usec() + (uint64_t)intake_setting(in, SETTING_SETTLE) * USEC_PER_MSEC;
    i->why[0] = '\0';
    i->is_stray = false;
    book_unclaim(in, i);
    folder_unread(in, i);
    book_move(in, i, ITEM_SETTLING);
    settle_arm(in);
}

void settle_complete(struct intake *in, struct item *i)
{
    i->complete_usec = clock_now_usec();
    if (inbox_sidecar_of(i->path) > 0 && !i->is_stray) {
        pair_wait(in, i);
        return;
    }
    i->why[0] = '\0';
    book_move(in, i, ITEM_WAITING);
}

void settle_hold(struct intake *in, struct item *i, enum item_state state, const char *why)
{
    uint64_t rescan = (uint64_t)intake_setting(in, SETTING_RESCAN) * USEC_PER_SEC;

    if (!book_is_parking(in)) {
        book_forget(in, i);
        return;
    }
    bytes_copy(bytes_of_str(why), i->why, sizeof(i->why));
    i->due_usec = clock_now_usec() + (state == ITEM_TAKEN ? TAKEN_USEC : rescan);
    book_unclaim(in, i);
    book_move(in, i, state);
    settle_arm(in);
}

static void check_settled(struct intake *in, struct item *i)
{
    struct file_identity now;
    int r = inbox_stat(in->inboxes[i->inbox].fd, i->path, &now);

    if (r == INBOX_GONE || r == INBOX_NOT_REGULAR) {
        stats_add(&in->base.stats, STATS_VANISHED, r == INBOX_GONE);
        book_forget(in, i);
    } else if (r < 0) {
        settle_hold(in, i, ITEM_HELD, log_errno_text(r));
    } else if (file_identity_equal(&now, &i->identity)) {
        settle_complete(in, i);
    } else {
        i->identity = now;
        settle_begin(in, i);
    }
}

static void settle_due(struct intake *in, uint64_t now)
{
    struct item *i;

    while ((i = book_first(in, ITEM_SETTLING)) && i->due_usec <= now)
        check_settled(in, i);
}

/* A list that is not in the order of its due times. */
static void visit_due(struct intake *in, enum item_state state, uint64_t now,
                      void (*visit)(struct intake *in, struct item *i))
{
    struct item *i = book_first(in, state), *next;

    for (; i; i = next) {
        next = TAILQ_NEXT(i, next);
        if (i->due_usec <= now)
            visit(in, i);
    }
}

static void end_backoff(struct intake *in, struct item *i)
{
    book_move(in, i, ITEM_READY);
}

/* When the disk takes nothing, one of them is enough to try it with. */
static void file_again(struct intake *in, struct item *i)
{
    uint64_t now = clock_now_usec();

    i->due_usec = now + REFILE_USEC;
    if (in->disk_error && now < in->disk_retry_usec)
        i->due_usec = in->disk_retry_usec;
    else
        outcome_file(in, i);
}

static bool anything_due(const struct intake *in)
{
    return in->counts[ITEM_BACKOFF] + in->counts[ITEM_TAKEN] + in->counts[ITEM_HELD] +
                   in->counts[ITEM_FILING] + in->counts[ITEM_SIDECAR] + in->counts[ITEM_GATHERING] +
                   in->counts[ITEM_MISSING] >
               0 ||
           crew_is_busy(in);
}

static void on_upkeep(void *user)
{
    struct intake *in = user;
    uint64_t now = clock_now_usec();

    settle_due(in, now);
    visit_due(in, ITEM_BACKOFF, now, end_backoff);
    visit_due(in, ITEM_TAKEN, now, settle_begin);
    visit_due(in, ITEM_HELD, now, settle_begin);
    visit_due(in, ITEM_SIDECAR, now, pair_review);
    visit_due(in, ITEM_GATHERING, now, folder_review);
    visit_due(in, ITEM_MISSING, now, folder_review);
    deadline_check(in); /* before the filing, which may take its time */
    visit_due(in, ITEM_FILING, now, file_again);
    if (!anything_due(in))
        in->deadline_usec = 0;
    settle_arm(in);
}

void settle_arm(struct intake *in)
{
    const struct item *first = book_first(in, ITEM_SETTLING);
    uint64_t now = clock_now_usec(), delay = anything_due(in) ? UPKEEP_USEC : UINT64_MAX;

    if (first)
        delay = MIN(delay, first->due_usec > now ? first->due_usec - now : 0);
    if (delay == UINT64_MAX || (timer_is_set(in->upkeep) && in->upkeep_usec <= now + delay))
        return;
    in->upkeep_usec = now + delay;
    timer_set(in->upkeep, delay);
}

int settle_init(struct intake *in)
{
    return timer_new(in->base.loop, on_upkeep, in, &in->upkeep);
}
