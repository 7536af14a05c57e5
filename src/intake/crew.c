/* crew.c - the workers as the intake sees them: documents to them, one in hand and others ahead, their
 * coming and going.
 *
 * A worker is gone when both its link has ended (all it said has been heard) and the supervisor has
 * told its death. What then becomes of its documents is death.c's. Only after that does its
 * successor in the slot come in.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "inbox/name.h"

#include <stdio.h>
#include <string.h>

#define AHEAD_USEC (20 * USEC_PER_MSEC)

/* So many documents are with a worker whatever their size, and more when they are so few bytes. */
#define AHEAD_ANYWAY 4
#define AHEAD_BYTES  (64 << 10)

/* A file that may be split, and is large enough for that to take long. */
#define LONG_BYTES (4 << 20)

static void connect(struct intake *in, unsigned slot, unsigned incarnation, int fd);

/* ---- documents to workers ---- */

/* Behind a folder nothing is sent: its worker waits for its files over the same link. */
static bool may_take_long(const struct intake *in, const struct item *i)
{
    if (folder_is_document(i))
        return true;
    return i->identity.size >= LONG_BYTES &&
           settings_text(&in->base.settings, SETTING_SPLIT)[0] != '\0';
}

static bool has_room(const struct crew_member *c, const struct item *i)
{
    uint64_t bytes = (uint64_t)i->identity.size;

    if (c->n_in_flight < AHEAD_ANYWAY)
        return true;
    for (unsigned k = 0; k < c->n_in_flight; k++)
        bytes += (uint64_t)c->in_flight[k]->identity.size;
    return bytes <= AHEAD_BYTES;
}

/* A document is sent ahead only behind one that is likely to end soon, since what is in a worker's
 * socket cannot be had back while others are idle. One that has had bad luck already is alone with its
 * worker: then no other can be blamed for it. */
static bool is_willing(const struct crew_member *c, const struct item *i, uint64_t now)
{
    const struct item *last = c->n_in_flight > 0 ? c->in_flight[c->n_in_flight - 1] : NULL;

    if (!c->peer || c->retiring || c->overrun || c->doomed || c->wants == 0 ||
        c->n_in_flight == CREW_AHEAD)
        return false;
    return !last || (i->attempt <= 1 && last->attempt <= 1 && now - c->begun_usec < AHEAD_USEC &&
                     !may_take_long(c->intake, last) && has_room(c, i));
}

static struct crew_member *find_willing(struct intake *in, const struct item *i)
{
    struct crew_member *best = NULL;
    uint64_t now = clock_now_usec();

    for (size_t k = 0; k < STATS_MAX_WORKERS; k++) {
        struct crew_member *c = &in->crew[k];

        if (is_willing(c, i, now) && (!best || c->n_in_flight < best->n_in_flight))
            best = c;
    }
    return best;
}

uint64_t crew_name_of(const struct item *i)
{
    return i->token ? i->token : i->nonce;
}

/* Of the same turn as its document, so that nothing comes between the two. */
static void send_sidecar(const struct crew_member *c, const struct item *i, int fd)
{
    const struct message m = {
        .type = MESSAGE_SIDECAR,
        .sidecar = {.token = i->token, .size = (uint64_t)i->sidecar->identity.size},
    };

    peer_send(c->peer, &m, fd);
}

/* `sidecar_fd`: -1 when there is none, or it is not needed. */
static void hand_over(struct intake *in, struct crew_member *c, struct item *i, int fd,
                      int sidecar_fd)
{
    const struct message m = {
        .type = MESSAGE_DOCUMENT,
        .document =
            {
                .job = i->job,
                .token = crew_name_of(i),
                .nonce = i->nonce,
                .name = bytes_of_str(inbox_last_component(i->path)),
                .size = (uint64_t)i->identity.size,
                .hash_only = i->hash_only,
                .list_only = i->list_only,
                .files = folder_is_document(i) ? i->folder->n_files : 0,
            },
    };

    if (c->n_in_flight == 0)
        c->begun_usec = clock_now_usec();
    c->in_flight[c->n_in_flight++] = i;
    c->wants--;
    i->verdict = VERDICT_NONE;
    i->had_sidecar = sidecar_fd >= 0;
    i->records = i->n_records = 0;
    if (i->folder)
        i->folder->next = 0;
    i->records_busy = false;
    book_move(in, i, ITEM_WORKING);
    if (sidecar_fd >= 0)
        send_sidecar(c, i, sidecar_fd);
    peer_send(c->peer, &m, fd);
    peer_flush(c->peer);
    (void)FAIL_AT(DISPATCHED);
    settle_arm(in);
}

/* The file is not what was claimed any more. A job that is done already has nothing to be told. */
void crew_give_up(struct intake *in, struct item *i, const char *outcome, enum item_end end)
{
    stats_add(&in->base.stats, strcmp(outcome, "changed") == 0 ? STATS_CHANGED : STATS_VANISHED, 1);
    if (i->token) {
        claim_report(in, i, "release", outcome, false, "", NULL, end);
        return;
    }
    i->end = end;
    outcome_file(in, i);
}

static void refuse_large(struct intake *in, struct item *i)
{
    char reason[128];

    (void)snprintf(reason, sizeof(reason),
                   "the file has %lld bytes, more than PENSTOCK_MAX_BYTES=%lld",
                   (long long)i->identity.size, (long long)intake_setting(in, SETTING_MAX_BYTES));
    claim_report(in, i, "quarantine", "failed", true, reason, NULL, END_QUARANTINE);
}

/* What was open when it was claimed, if that is what was claimed still: no file changes,
 * moves or goes by itself without a new ctime. Else what is there now. Who has come to write since,
 * and has not written yet, concerns what the file will be; filing it away asks for him. */
static int open_again(struct intake *in, struct item *i, int *ret_fd, struct file_identity *now)
{
    int fd = book_take_fd(in, i);

    if (fd >= 0 && inbox_stat_open(fd, now) == 0 && file_identity_equal(now, &i->identity)) {
        *ret_fd = fd;
        return 0;
    }
    (void)fd_close(fd);
    return inbox_open_document(in->inboxes[i->inbox].fd, i->path, ret_fd, now);
}

static void refuse_stray(struct intake *in, struct item *i)
{
    char reason[320];

    pair_explain_stray(in, i, reason, sizeof(reason));
    claim_report(in, i, "quarantine", "failed", false, reason, NULL, END_QUARANTINE);
}

/* A sidecar may have come since the claim. 0 and its descriptor, or -1: none; else it is not
 * complete, or not what it was. */
static int open_sidecar(struct intake *in, struct item *i, int *ret_fd)
{
    *ret_fd = -1;
    if (!i->token || folder_is_document(i))
        return 0;
    if (pair_look(in, i) != PAIR_READY)
        return INBOX_BUSY;
    return i->sidecar ? pair_open(in, i, ret_fd) : 0;
}

/* Opens it and gives it to the worker, or sends it where it belongs. */
static void dispatch(struct intake *in, struct crew_member *c, struct item *i)
{
    struct file_identity now;
    int fd = -1, sidecar_fd = -1, r;
    bool is_same;

    if (i->is_stray && i->token) {
        refuse_stray(in, i);
        return;
    }

    if (i->token && i->identity.size > intake_setting(in, SETTING_MAX_BYTES)) {
        refuse_large(in, i);
        return;
    }
    r = open_again(in, i, &fd, &now);
    if (r == 0)
        r = FAIL_AT(OPEN);
    is_same = r == 0 && file_identity_equal(&now, &i->identity);
    if (is_same && open_sidecar(in, i, &sidecar_fd) == 0) {
        hand_over(in, c, i, fd, sidecar_fd);
        return;
    }
    (void)fd_close(fd);
    if (r == INBOX_GONE)
        crew_give_up(in, i, "vanished", END_FORGET);
    else
        crew_give_up(in, i, "changed",
                     END_SETTLE); /* also when it cannot be opened now: settling looks closer */
}

void crew_dispatch(struct intake *in)
{
    struct crew_member *c;
    struct item *i;

    if (!in->pool || in->draining)
        return;
    while ((i = book_first(in, ITEM_READY)) && (c = find_willing(in, i)))
        dispatch(in, c, i);
}

void crew_note_records(struct intake *in, const struct item *i)
{
    for (size_t k = 0; k < STATS_MAX_WORKERS; k++)
        if (in->crew[k].n_in_flight > 0 && in->crew[k].in_flight[0] == i)
            in->crew[k].begun_usec = clock_now_usec();
}

bool crew_is_busy(const struct intake *in)
{
    return in->counts[ITEM_WORKING] > 0;
}

/* ---- documents from workers ---- */

/* A retired worker whose hands are empty is let go: it reads the end of its link, and ends. */
static void let_go(struct crew_member *c)
{
    if (c->peer && c->retiring && c->n_in_flight == 0 && !c->finishing) {
        c->finishing = true;
        peer_finish(c->peer);
    }
}

struct item *crew_take_first(struct crew_member *c)
{
    struct item *first = c->in_flight[0];

    for (unsigned k = 1; k < c->n_in_flight; k++)
        c->in_flight[k - 1] = c->in_flight[k];
    c->n_in_flight--;
    c->begun_usec = clock_now_usec();
    return first;
}

struct item *crew_take_last(struct crew_member *c)
{
    return c->in_flight[--c->n_in_flight];
}

static void add_want(struct crew_member *c)
{
    if (c->wants + c->n_in_flight < CREW_AHEAD)
        c->wants++;
    intake_kick(c->intake);
}

static void on_want(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    add_want(user);
}

/* A file of a folder whose job is done is another now, or not to be had: so it is not what is stored. */
static bool is_other_folder(const struct item *i, const struct message_done *m)
{
    return m->changed && i->hash_only && folder_is_document(i);
}

/* A file whose job was done already has been hashed. */
static void done_hashing(struct intake *in, struct item *i, const struct message_done *m)
{
    bool is_same = !is_other_folder(i, m);

    i->hash_only = false;
    if (is_same && m->sha256.n == sizeof(i->sha256) &&
        memcmp(m->sha256.at, i->sha256, sizeof(i->sha256)) == 0) {
        i->end = END_FILE;
        outcome_file(in, i);
        return;
    }
    i->again = true;
    book_move_front(in, i, ITEM_WAITING);
}

static void done_unreadable(struct intake *in, struct item *i, int64_t error)
{
    char why[128];

    (void)snprintf(why, sizeof(why), "it cannot be read: %s", log_errno_text((int)error));
    log_warn("document.held", F_STR("path", i->path), F_STR("reason", why));
    bytes_copy(bytes_of_str(why), i->why, sizeof(i->why));
    if (i->token)
        claim_report(in, i, "release", "changed", false, why, NULL, END_HOLD);
    else
        settle_hold(in, i, ITEM_HELD, why);
}

static void done_refusing(struct intake *in, struct item *i, struct bytes refusal)
{
    struct buf reason = BUF_INIT;

    if (folder_is_document(i))
        buf_add(&reason, refusal.at, refusal.n);
    else
        pair_explain_wrong(i, refusal, &reason);
    claim_report(in, i, "quarantine", "failed", true, buf_text(&reason), NULL, END_QUARANTINE);
    buf_done(&reason);
}

void crew_done_storing(struct intake *in, const struct crew_member *c, struct item *i)
{
    i->worker = c->slot;
    i->worker_incarnation = c->incarnation;
    book_move(in, i, ITEM_STORING);
    claim_apply_verdict(in, i); /* when the pool's word came before the worker's */
}

static void on_done(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct crew_member *c = user;
    struct intake *in = c->intake;
    struct item *i;

    if (c->n_in_flight == 0 || m->done.token != crew_name_of(c->in_flight[0]))
        return; /* of before the pool's end */
    i = crew_take_first(c);
    add_want(c);
    c->doomed = c->overrun != NULL; /* too late to be spared, but nobody is to blame any more */
    c->overrun = NULL;
    stats_add(&in->base.stats, STATS_BYTES_READ, (uint64_t)i->identity.size);
    if (m->done.read_errno != 0)
        done_unreadable(in, i, m->done.read_errno);
    else if (m->done.changed && !is_other_folder(i, &m->done))
        crew_give_up(in, i, "changed", END_SETTLE);
    else if (i->token && m->done.refusal.n > 0)
        done_refusing(in, i, m->done.refusal);
    else if (i->list_only)
        folder_done_listing(in, i, m->done.refusal);
    else if (i->hash_only)
        done_hashing(in, i, &m->done);
    else
        crew_done_storing(in, c, i);
    let_go(c);
}

/* ---- deaths ---- */

/* Both its link has ended and its death has been told. Then its successor may come in. */
static void bury(struct crew_member *c)
{
    death_settle(c);
    if (c->has_next)
        connect(c->intake, c->slot, c->next_incarnation, c->next_fd);
}

/* The one that waits to come in is told to go, or has gone. */
static void drop_next(struct crew_member *c, uint64_t incarnation)
{
    if (!c->has_next || c->next_incarnation != incarnation)
        return;
    c->has_next = false;
    (void)fd_close(c->next_fd);
}

static void on_link_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct crew_member *c = user;

    if (broken)
        log_error("worker.broken", F_U64("slot", c->slot), F_STR("reason", why));
    c->peer = peer_free(c->peer);
    c->wants = 0;
    c->link_ended = true;
    if (c->died)
        bury(c);
}

static void on_died(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;
    struct intake *in = b->user;
    struct crew_member *c = m->died.slot < STATS_MAX_WORKERS ? &in->crew[m->died.slot] : NULL;

    if (c)
        drop_next(c, m->died.incarnation);
    if (!c || !c->present || c->incarnation != m->died.incarnation)
        return;
    c->death = m->died;
    c->died = true;
    if (c->link_ended)
        bury(c);
}

void crew_forget_documents(struct intake *in)
{
    for (size_t k = 0; k < STATS_MAX_WORKERS; k++) {
        in->crew[k].n_in_flight = 0;
        in->crew[k].wants = 0;
        in->crew[k].retiring = true;
        let_go(&in->crew[k]); /* its link to the pool has most likely ended, too */
    }
}

/* ---- coming and going ---- */

static void on_retire(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;
    struct intake *in = b->user;
    struct crew_member *c = m->retire.slot < STATS_MAX_WORKERS ? &in->crew[m->retire.slot] : NULL;

    if (c)
        drop_next(c, m->retire.incarnation);
    if (!c || !c->present || c->incarnation != m->retire.incarnation)
        return;
    c->retiring = true;
    let_go(c);
}

const struct peer_route crew_supervisor_routes[2] = {
    {MESSAGE_DIED, on_died},
    {MESSAGE_RETIRE, on_retire},
};

static const struct peer_route worker_routes[] = {
    {MESSAGE_WANT, on_want},
    {MESSAGE_DONE, on_done},
    {MESSAGE_LISTED, folder_on_listed},
    {MESSAGE_NEXT, folder_on_next},
};

static const struct peer_events worker_events = {
    .routes = worker_routes, .n_routes = ARRAY_SIZE(worker_routes), .on_end = on_link_end};

/* The settings that concern workers, then START. */
static void instruct(struct intake *in, struct crew_member *c)
{
    struct message m = {.type = MESSAGE_SETTING};

    for (int id = 0; id < SETTING_COUNT_; id++) {
        const struct setting *row = setting_get((enum setting_id)id);

        if (!(row->flags & SETTING_WORKER))
            continue;
        m.setting.name = bytes_of_str(row->name);
        m.setting.value = bytes_of_str(settings_text(&in->base.settings, (enum setting_id)id));
        peer_send(c->peer, &m, -1);
    }
    m = (struct message){.type = MESSAGE_START};
    peer_send(c->peer, &m, -1);
}

static void connect(struct intake *in, unsigned slot, unsigned incarnation, int fd)
{
    const struct peer_spec spec = {.self = ROLE_INTAKE,
                                   .other = ROLE_WORKER,
                                   .expected_slot = slot,
                                   .max_bytes = WIRE_MAX_BYTES};
    struct crew_member *c = &in->crew[slot];
    int r;

    *c = (struct crew_member){
        .intake = in, .slot = slot, .incarnation = incarnation, .present = true};
    r = peer_new(in->base.loop, fd, &spec, &worker_events, c, &c->peer);
    if (r < 0) {
        log_error("worker.link", F_U64("slot", slot), F_ERR(r));
        c->link_ended = true;
        return;
    }
    instruct(in, c);
}

/* The last words of the one before have to be heard first: they say what was in its hands. Its
 * death has been told (over the link that this came by), so the end of its own link is not far. */
void crew_connect(struct intake *in, unsigned slot, unsigned incarnation, int fd)
{
    struct crew_member *c = &in->crew[slot];

    if (!c->present) {
        connect(in, slot, incarnation, fd);
        return;
    }
    if (c->has_next)
        (void)fd_close(c->next_fd);
    c->has_next = true;
    c->next_incarnation = incarnation;
    c->next_fd = fd;
}
