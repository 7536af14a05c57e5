/* claim.c - claims, and what the pool answers to them.
 *
 * As many files are claimed ahead as keeps the workers busy through a round trip of a busy
 * database, and no more: claims that are out when everything is killed are the ones that must be
 * taken over. When half of them are used up, the rest is claimed at once: so under load claims go
 * together, and a single file does not wait. Just before it is claimed a file is opened: that finds
 * writers, vanished files and missing rights, none of which should cost a job.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD_BASE       512
#define AHEAD_PER_WORKER 64
#define MAX_QUICK_CLAIMS 5

/* Whether the file can be claimed as it is; if not, it has been sent where it belongs. */
static bool is_claimable(struct intake *in, struct item *i)
{
    CLEANUP(fd_closep) int fd = -1;
    struct file_identity now;
    enum pair_state pair;
    char why[128];
    int r;

    if (folder_of(in, i->inbox, i->path)) {
        book_forget(in, i); /* the folder's meta.json came after it */
        return false;
    }
    r = inbox_open_document(in->inboxes[i->inbox].fd, i->path, &fd, &now);

    if (r == 0)
        r = FAIL_AT(CLAIM);
    if (r == INBOX_GONE || r == INBOX_NOT_REGULAR) {
        stats_add(&in->base.stats, STATS_VANISHED, r == INBOX_GONE);
        book_forget(in, i);
    } else if (r == INBOX_BUSY) {
        settle_begin(in, i);
    } else if (r < 0) {
        (void)snprintf(why, sizeof(why), "it cannot be opened: %s", log_errno_text(r));
        log_warn("document.held", F_STR("path", i->path), F_STR("reason", why));
        settle_hold(in, i, ITEM_HELD, why);
    } else if (!file_identity_equal(&now, &i->identity)) {
        i->identity = now;
        settle_begin(in, i);
    } else if ((pair = pair_try(in, i)) != PAIR_READY) {
        pair_delay(in, i, pair);
    } else {
        book_keep_open(in, i, TAKE_FD(fd));
        return true;
    }
    return false;
}

static void send_claim(struct intake *in, struct item *i)
{
    const struct message m = {
        .type = MESSAGE_CLAIM,
        .claim =
            {
                .nonce = i->nonce,
                .collection = bytes_of_str(in->inboxes[i->inbox].name),
                .path = bytes_of_str(i->path),
                .size = i->identity.size,
                .mtime = i->identity.mtime_nsec,
                .ctime = i->identity.ctime_nsec,
                .seen_wall_usec = i->seen_wall_usec,
                .again = i->again,
            },
    };

    book_move(in, i, ITEM_CLAIMING);
    intake_send_pool(in, &m);
}

/* A folder is read before it is claimed. */
static void begin(struct intake *in, struct item *i)
{
    if (!folder_is_unread(i)) {
        send_claim(in, i);
        return;
    }
    if (folder_is_crowded(in)) {
        settle_hold(in, i, ITEM_HELD, "too many files are listed by folders that are under way");
        return;
    }
    folder_unread(in, i); /* a worker may have died half way through */
    i->list_only = true;
    book_move(in, i, ITEM_READY);
}

static size_t claims_ahead(const struct intake *in)
{
    size_t n = AHEAD_BASE;

    for (size_t k = 0; k < STATS_MAX_WORKERS; k++)
        n += in->crew[k].peer ? AHEAD_PER_WORKER : 0;
    return n;
}

static size_t n_ahead(const struct intake *in)
{
    return in->counts[ITEM_CLAIMING] + in->counts[ITEM_READY];
}

void claim_more(struct intake *in)
{
    size_t limit = claims_ahead(in);
    struct item *i;

    if (!in->pool || !in->database_up || in->draining || outcome_is_blocked(in))
        return;
    if (n_ahead(in) > limit / 2)
        return;
    while (n_ahead(in) < limit && (i = book_first(in, ITEM_WAITING)))
        if (is_claimable(in, i))
            begin(in, i);
}

void claim_report(struct intake *in, struct item *i, const char *verdict, const char *outcome,
                  bool strike, const char *reason, const struct buf *details, enum item_end end)
{
    const struct message m = {
        .type = MESSAGE_REPORT,
        .report =
            {
                .job = i->job,
                .token = i->token,
                .verdict = bytes_of_str(verdict),
                .outcome = bytes_of_str(outcome),
                .strike = strike,
                .reason = bytes_of_str(reason),
                .details = {.at = details ? buf_text(details) : "",
                            .n = details ? details->size : 0},
            },
    };

    i->end = end;
    book_move(in, i, ITEM_REPORTING);
    intake_send_pool(in, &m);
    peer_flush(in->pool);
    (void)FAIL_AT(REPORTED);
}

/* ---- what the pool says ---- */

static void on_claimed(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_nonce(in, m->claimed.nonce);

    if (!i || i->state != ITEM_CLAIMING)
        return; /* a claim of before the pool's link was renewed */
    (void)FAIL_AT(CLAIMED);
    i->job = m->claimed.job;
    i->attempt = m->claimed.attempt;
    i->strikes = m->claimed.strikes;
    i->again = false;
    book_set_token(in, i, m->claimed.token);
    stats_time(&in->base.stats, HISTOGRAM_CLAIM, clock_now_usec() - i->complete_usec);
    if (folder_is_document(i))
        folder_gather(in, i);
    else
        book_move(in, i, ITEM_READY);
}

/* The database says that this appearance is stored already: then a crash came between the commit
 * and the filing. But only if the file still has that content: a worker is to hash it. */
static void refused_done(struct intake *in, struct item *i, const struct message_refused *m)
{
    if (m->sha256.n != sizeof(i->sha256)) {
        i->again = true; /* done without a document (changed, vanished): there is something to do
                            after all */
        book_move_front(in, i, ITEM_WAITING);
        return;
    }
    if (outcome_keeps(in) && !folder_is_document(i)) {
        outcome_remember_kept(in, i); /* it will not be moved, so nothing is at stake */
        return;
    }
    memcpy(i->sha256, m->sha256.at, sizeof(i->sha256));
    i->hash_only = true;
    bytes_copy(m->outcome, i->outcome, sizeof(i->outcome));
    book_move(in, i, ITEM_READY);
}

static void on_refused(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_nonce(in, m->refused.nonce);

    if (!i || i->state != ITEM_CLAIMING)
        return;
    i->job = m->refused.job;
    if (bytes_equal_str(m->refused.state, "done")) {
        refused_done(in, i, &m->refused);
    } else if (bytes_equal_str(m->refused.state, "quarantined")) {
        i->end = END_QUARANTINE;
        bytes_copy(bytes_of_str("failed"), i->outcome, sizeof(i->outcome));
        outcome_file(in, i);
    } else {
        settle_hold(in, i, ITEM_TAKEN,
                    "it is claimed already: by another node, or by a session that is just ending");
    }
}

static void on_unclaimed(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_nonce(in, m->unclaimed.nonce);
    char why[640];

    if (!i || i->state != ITEM_CLAIMING)
        return;
    bytes_copy(m->unclaimed.reason, why, sizeof(why));
    log_warn("document.held", F_STR("path", i->path), F_STR("reason", why));
    settle_hold(in, i, ITEM_HELD, why);
}

/* At once, unless it gets nowhere: a trigger of somebody's that skips the row, say. */
static void claim_anew(struct intake *in, struct item *i)
{
    bool is_old = i->attempt > MAX_QUICK_CLAIMS;

    book_unclaim(in, i);
    if (is_old)
        settle_hold(in, i, ITEM_TAKEN, "its claim is lost again and again, or its row is skipped");
    else
        book_move_front(in, i, ITEM_WAITING);
}

void claim_apply_verdict(struct intake *in, struct item *i)
{
    enum item_verdict verdict = i->verdict;

    i->verdict = VERDICT_NONE;
    switch (verdict) {
    case VERDICT_STORED:
        i->end = END_FILE;
        outcome_file(in, i);
        break;
    case VERDICT_QUARANTINED:
        i->end = END_QUARANTINE;
        outcome_file(in, i);
        break;
    case VERDICT_LOST:
        claim_anew(in, i);
        break;
    case VERDICT_NONE:
        break;
    }
}

/* The pool's word and the worker's DONE come over different links, in any order: a worker holds on
 * to its document until both are in. */
static void take_verdict(struct intake *in, struct item *i, enum item_verdict verdict)
{
    i->verdict = verdict;
    if (i->state != ITEM_WORKING)
        claim_apply_verdict(in, i);
}

static void on_stored(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->stored.token);

    if (!i || m->stored.sha256.n != sizeof(i->sha256))
        return;
    (void)FAIL_AT(ACKNOWLEDGED);
    memcpy(i->sha256, m->stored.sha256.at, sizeof(i->sha256));
    i->document = m->stored.document;
    bytes_copy(m->stored.outcome, i->outcome, sizeof(i->outcome));
    bytes_copy(m->stored.media_type, i->media_type, sizeof(i->media_type));
    stats_time(&in->base.stats, HISTOGRAM_END_TO_END, clock_now_usec() - i->complete_usec);
    take_verdict(in, i, VERDICT_STORED);
}

static void on_lost(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->lost.token);

    if (i)
        take_verdict(in, i, VERDICT_LOST);
}

static void on_again(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->again.token);

    if (!i || i->state != ITEM_REPORTING)
        return;
    book_set_token(in, i, m->again.new_token);
    i->attempt = m->again.attempt;
    i->strikes = m->again.strikes;
    i->due_usec = clock_now_usec() + m->again.delay_usec;
    if (m->again.delay_usec > 0)
        book_move(in, i, ITEM_BACKOFF);
    else
        book_move_front(in, i, ITEM_READY);
    settle_arm(in);
}

static void on_quarantined(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->quarantined.token);

    if (!i)
        return;
    in->n_quarantined++;
    bytes_copy(bytes_of_str("failed"), i->outcome, sizeof(i->outcome));
    bytes_copy(m->quarantined.reason, i->why, sizeof(i->why));
    take_verdict(in, i, VERDICT_QUARANTINED);
}

static void on_released(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->released.token);

    if (!i || i->state != ITEM_REPORTING)
        return;
    outcome_file(in, i);
}

static void on_splitting(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;
    struct item *i = book_find_token(in, m->splitting.token);

    if (!i || i->state != ITEM_WORKING)
        return;
    i->records = m->splitting.records;
    i->n_records = m->splitting.total;
    i->records_busy = m->splitting.busy;
    crew_note_records(in, i);
}

static void on_database(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct intake *in = user;

    in->database_up = m->database.up;
    bytes_copy(m->database.reason, in->database_why, sizeof(in->database_why));
    intake_tell_waiting(in);
    intake_kick(in);
}

static bool was_claimed(enum item_state s)
{
    return s == ITEM_CLAIMING || s == ITEM_READY || s == ITEM_WORKING || s == ITEM_STORING ||
           s == ITEM_REPORTING || s == ITEM_BACKOFF || s == ITEM_GATHERING || s == ITEM_MISSING;
}

/* What it had in hand is claimed anew from the next one: what was stored meanwhile is then refused
 * as done. */
void claim_forget_pool(struct intake *in)
{
    in->pool = peer_free(in->pool);
    in->database_up = in->scanned_told = false;
    intake_tell_waiting(in);
    crew_forget_documents(in);
    for (int s = 0; s < ITEM_N_STATES; s++) {
        struct item *i;

        while (was_claimed((enum item_state)s) && (i = book_first(in, (enum item_state)s))) {
            book_unclaim(in, i);
            book_move(in, i, ITEM_WAITING);
        }
    }
}

static void on_pool_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct intake *in = user;

    if (broken)
        log_error("pool.broken", F_STR("reason", why));
    claim_forget_pool(in);
    role_unlinked(&in->base, in->pool_link);
}

static const struct peer_route pool_routes[] = {
    {MESSAGE_CLAIMED, on_claimed},
    {MESSAGE_REFUSED, on_refused},
    {MESSAGE_UNCLAIMED, on_unclaimed},
    {MESSAGE_STORED, on_stored},
    {MESSAGE_LOST, on_lost},
    {MESSAGE_AGAIN, on_again},
    {MESSAGE_QUARANTINED, on_quarantined},
    {MESSAGE_RELEASED, on_released},
    {MESSAGE_DATABASE, on_database},
    {MESSAGE_SPLITTING, on_splitting},
};

const struct peer_events claim_pool_events = {
    .routes = pool_routes, .n_routes = ARRAY_SIZE(pool_routes), .on_end = on_pool_end};
