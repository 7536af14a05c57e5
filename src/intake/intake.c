/* intake.c - the intake: watches the inboxes, claims what is complete, hands it to workers, files
 * the originals away.
 *
 * It is the only process that touches the inbox. It holds no truth: what it knows is made again
 * from the folder and the database when it is restarted. The other files of this folder are listed
 * in intake.h.
 */
#include "intake/intake.h"

#include "base/fd.h"
#include "roles.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t intake_setting(const struct intake *in, enum setting_id id)
{
    return settings_number(&in->base.settings, id);
}

void intake_send_pool(struct intake *in, const struct message *m)
{
    if (in->pool)
        peer_send(in->pool, m, -1);
}

void intake_kick(struct intake *in)
{
    if (in->kick)
        deferred_set(in->kick);
}

/* ---- the end: drained, or all done ---- */

/* What waits for somebody: files that cannot be opened, originals that cannot be moved, sidecars without
 * their files, folders without some of theirs. When the archive's disk is full, that is everything. */
static size_t count_stuck(const struct intake *in)
{
    size_t n = in->counts[ITEM_HELD] + in->counts[ITEM_FILING] + in->counts[ITEM_SIDECAR] +
               in->counts[ITEM_MISSING];

    return outcome_is_blocked(in) ? n + in->counts[ITEM_WAITING] + in->counts[ITEM_SETTLING] : n;
}

static void tell_drained(struct intake *in)
{
    const struct message m = {
        .type = MESSAGE_DRAINED,
        .drained = {.quarantined = in->n_quarantined, .held = count_stuck(in)},
    };

    if (in->drained_told)
        return;
    in->drained_told = true;
    stats_set(&in->base.stats, GAUGE_DRAINED, 1);
    peer_send(in->base.supervisor, &m, -1);
}

/* For --once: everything is done, and a walk that began after that found nothing more. Without a
 * database nothing has been done yet, however empty the inboxes are. */
static void check_all_done(struct intake *in)
{
    if (!in->base.once || in->draining || !in->database_up || scan_is_busy(in) ||
        in->n_items - in->counts[ITEM_JOINED] > count_stuck(in)) /* those have a file here */
        return;
    if (in->full_walks > 1 && !in->walk_new)
        tell_drained(in);
    else
        scan_everything(in);
}

static void check_drained(struct intake *in)
{
    const size_t *n = in->counts;

    if (in->draining && n[ITEM_WORKING] + n[ITEM_STORING] + n[ITEM_REPORTING] == 0)
        tell_drained(in);
}

/* What an earlier session claimed and did not turn up can be given up once all that was there at
 * start is claimed. */
static void check_scanned(struct intake *in)
{
    const struct message m = {.type = MESSAGE_SCANNED};

    if (in->scanned_told || !in->pool || !in->database_up || scan_is_busy(in) ||
        in->counts[ITEM_WAITING] + in->counts[ITEM_CLAIMING] + in->counts[ITEM_SETTLING] +
                in->counts[ITEM_TAKEN] >
            0 ||
        folder_any_unread(in))
        return;
    in->scanned_told = true;
    intake_send_pool(in, &m);
}

static void on_kick(void *user)
{
    struct intake *in = user;

    scan_resume(in);
    claim_more(in);
    crew_dispatch(in);
    check_scanned(in);
    check_all_done(in);
    check_drained(in);
}

/* ---- boot ---- */

static int open_home_folder(struct intake *in, const char *name, int *ret_fd)
{
    char path[PATH_MAX];
    int r = settings_home_path(&in->base.settings, name, path, sizeof(path));

    if (r == 0)
        r = fd_make_directories(path, 0700);
    return r < 0 ? r : inbox_open(path, ret_fd);
}

static int open_inboxes(struct intake *in, struct reason *why)
{
    struct collections c;
    int r = settings_collections(&in->base.settings, &c, why);

    if (r != 0)
        return r;
    in->inboxes = calloc(c.n, sizeof(*in->inboxes));
    in->n_inboxes = in->inboxes ? c.n : 0;
    for (size_t i = 0; i < in->n_inboxes && r == 0; i++) {
        struct inbox *b = &in->inboxes[i];

        bytes_copy(bytes_of_str(c.list[i].name), b->name, sizeof(b->name));
        b->path = strdup(c.list[i].path);
        r = b->path ? fd_make_directories(b->path, 0755) : -ENOMEM;
        if (r == 0)
            r = inbox_open(b->path, &b->fd);
        if (r < 0)
            reason_set(why, "the inbox %s cannot be opened: %s", c.list[i].path, log_errno_text(r));
    }
    collections_done(&c);
    return r;
}

static int begin(struct intake *in, struct reason *why)
{
    int r = open_inboxes(in, why);

    if (r == 0)
        r = open_home_folder(in, "archive", &in->archive.fd);
    if (r == 0)
        r = open_home_folder(in, "quarantine", &in->quarantine_fd);
    if (r == 0)
        r = deferred_new(in->base.loop, on_kick, in, &in->kick);
    if (r == 0)
        r = settle_init(in);
    if (r == 0)
        r = explain_init(in);
    if (r == 0)
        r = scan_init(in);
    if (r < 0 && !why->text[0])
        reason_set(why, "the folders of PENSTOCK_HOME cannot be used: %s", log_errno_text(r));
    return r;
}

/* ---- the supervisor ---- */

static void on_start(void *user, bool once)
{
    struct intake *in = user;
    struct reason why = {0};

    if (begin(in, &why) == 0)
        role_ready(&in->base);
    else
        role_fatal(&in->base, EXIT_FAILED, why.text);
}

static void on_reload(void *user)
{
    struct intake *in = user;

    settle_arm(in);
    intake_kick(in);
}

void intake_tell_waiting(struct intake *in)
{
    const struct item *unfiled = book_first(in, ITEM_FILING);
    char why[STATS_TEXT_SIZE] = "";

    if (!in->pool)
        (void)snprintf(why, sizeof(why), "the pool is being restarted");
    else if (!in->database_up)
        (void)snprintf(why, sizeof(why), "waiting for the database: %.200s", in->database_why);
    else if (unfiled)
        (void)snprintf(why, sizeof(why), "%zu stored: %s", in->counts[ITEM_FILING], unfiled->why);
    stats_set_text(&in->base.stats, TEXT_INTAKE, why);
}

static void connect_pool(struct intake *in, unsigned incarnation, int fd)
{
    const struct peer_spec spec = {
        .self = ROLE_INTAKE, .other = ROLE_POOL, .max_bytes = WIRE_MAX_BYTES};
    int r;

    if (in->pool)
        claim_forget_pool(in);
    in->pool_link = incarnation;
    r = peer_new(in->base.loop, fd, &spec, &claim_pool_events, in, &in->pool);
    if (r < 0) {
        log_error("pool.link", F_ERR(r));
        role_unlinked(&in->base, incarnation);
    }
}

static void on_peer(void *user, enum wire_role other, unsigned slot, unsigned incarnation, int fd)
{
    struct intake *in = user;

    if (other == ROLE_POOL)
        connect_pool(in, incarnation, fd);
    else if (other == ROLE_WORKER && slot < STATS_MAX_WORKERS)
        crew_connect(in, slot, incarnation, fd);
    else
        (void)fd_close(fd);
}

static void on_drain(void *user)
{
    struct intake *in = user;

    in->draining = true;
    in->drained_told = false;
    intake_kick(in);
}

static const struct role_events role = {
    .on_start = on_start,
    .on_reload = on_reload,
    .on_peer = on_peer,
    .on_drain = on_drain,
    .routes = crew_supervisor_routes,
    .n_routes = ARRAY_SIZE(crew_supervisor_routes),
};

int intake_main(int argc, char **argv)
{
    static struct intake in;

    book_init(&in);
    return role_run(&in.base, ROLE_INTAKE, &role, &in);
}
