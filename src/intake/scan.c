/* scan.c - how files come into the book: hints from the kernel, and walks that find what no hint
 * told.
 *
 * A walk goes a few hundred entries a turn of the loop and pauses while the book is full, so memory
 * stays bounded and the first files are worked on before the last are found. Everything is walked
 * at start, after an overflow, when the book had to turn a hint away, and every
 * PENSTOCK_RESCAN_SECONDS.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "inbox/name.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES_A_TURN 256

bool scan_is_old(const struct intake *in, const struct file_identity *identity)
{
    int64_t now = (int64_t)clock_wall_usec() * 1000;
    int64_t settle = intake_setting(in, SETTING_SETTLE) * 1000000;

    return identity->ctime_nsec <= now - settle && identity->mtime_nsec <= now - settle;
}

/* Whether it belongs to a folder, and has no place of its own in the book. */
static bool is_of_folder(struct intake *in, unsigned inbox, const char *path)
{
    struct folder *f = folder_of(in, inbox, path);

    if (f)
        folder_hint(in, f);
    return f != NULL;
}

/* Its meta.json must not be missed before what it lists is seen. */
static bool has_room(const struct intake *in, const char *path)
{
    return !book_is_full(in) || (inbox_folder_of(path) > 0 && in->n_items < 4 * BOOK_MAX_ITEMS);
}

/* A file that is not in the book. `moved_in`: it is complete by the way it came. */
static void see_new(struct intake *in, unsigned inbox, const char *path,
                    const struct file_identity *identity, bool moved_in)
{
    struct item *i;

    if (outcome_was_kept(in, inbox, path, identity))
        return;
    if (is_of_folder(in, inbox, path) || outcome_wake_folder(in, inbox, path))
        return;
    if (inbox_sidecar_of(path) > 0 && !book_is_parking(in))
        return; /* its file finds it */
    if (!has_room(in, path)) {
        in->walk_again = true;
        return;
    }
    i = book_add(in, inbox, path, identity);
    if (!i)
        return;
    (void)FAIL_AT(SEEN);
    i->seen_wall_usec = clock_wall_usec();
    in->walk_new = true;
    stats_add(&in->base.stats, STATS_SEEN, 1);
    if (moved_in || scan_is_old(in, identity))
        settle_complete(in, i);
    else
        settle_begin(in, i);
}

static void see(struct intake *in, unsigned inbox, const char *path, enum watch_hint hint)
{
    struct item *i = book_find(in, inbox, path);
    struct file_identity identity;

    if (!i && inbox_stat(in->inboxes[inbox].fd, path, &identity) == 0)
        see_new(in, inbox, path, &identity, hint == HINT_MOVED_IN);
    else if (!i)
        return;
    else if (i->state == ITEM_WAITING || i->state == ITEM_SETTLING || i->state == ITEM_HELD ||
             i->state == ITEM_SIDECAR)
        settle_begin(in, i); /* it changed under the same name */
    else if (i->state == ITEM_MISSING || i->state == ITEM_GATHERING)
        folder_review(in, i);
}

void scan_see(struct intake *in, unsigned inbox, const char *path)
{
    see(in, inbox, path, HINT_WRITTEN);
}

/* A folder is entered: before any file in it is seen, it must be known whether it has a list. */
static void look_for_list(struct intake *in, unsigned inbox, const char *folder)
{
    char path[PATH_MAX];
    struct stat st;

    if (folder[0] == '\0' ||
        snprintf(path, sizeof(path), "%s/" INBOX_FOLDER_LIST, folder) >= (int)sizeof(path))
        return;
    if (fstatat(in->inboxes[inbox].fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !book_find(in, inbox, path))
        see(in, inbox, path, HINT_WRITTEN);
}

/* ---- walks ---- */

static void add_walk(struct intake *in, unsigned inbox, const char *start)
{
    struct walk_job *j = calloc(1, sizeof(*j));
    char *copy = strdup(start);

    if (!j || !copy) {
        free(j);
        free(copy);
        in->walk_again = true;
        return;
    }
    j->inbox = inbox;
    j->start = copy;
    STAILQ_INSERT_TAIL(&in->walks, j, next);
    stats_set(&in->base.stats, GAUGE_SCANNING, 1);
    deferred_set(in->walk_step);
}

void scan_folder(struct intake *in, unsigned inbox, const char *path)
{
    add_walk(in, inbox, path);
}

static void watch_one(struct intake *in, unsigned inbox, const char *path)
{
    int r = watch_folder(in->watch, inbox, in->inboxes[inbox].path, path);

    if (r == 0 || r == WATCH_GONE || in->watch_full_told)
        return;
    in->watch_full_told = true;
    log_warn("inbox.unwatched", F_STR("folder", path),
             F_STR("reason",
                   r == WATCH_FULL ? "fs.inotify.max_user_watches is reached" : log_errno_text(r)),
             F_STR("consequence", "new files are found by rescans only"));
}

/* Somebody may have moved the folder away and made a new one, or mounted something on it. */
static void revalidate(struct inbox *b)
{
    struct stat held, now;
    int fd;

    if (fstat(b->fd, &held) == 0 && stat(b->path, &now) == 0 && held.st_dev == now.st_dev &&
        held.st_ino == now.st_ino)
        return;
    if (inbox_open(b->path, &fd) < 0)
        return;
    log_info("inbox.replaced", F_STR("inbox", b->path));
    (void)fd_close(b->fd);
    b->fd = fd;
}

static void end_walk(struct intake *in)
{
    struct walk_job *j = STAILQ_FIRST(&in->walks);

    in->walk = walk_free(in->walk);
    STAILQ_REMOVE_HEAD(&in->walks, next);
    free(j->start);
    free(j);
    if (!STAILQ_EMPTY(&in->walks))
        return;
    in->full_walks++;
    stats_set(&in->base.stats, GAUGE_SCANNING, 0);
    intake_kick(in);
}

static bool begin_walk(struct intake *in)
{
    struct walk_job *j = STAILQ_FIRST(&in->walks);
    int r;

    if (in->walk || !j)
        return in->walk != NULL;
    if (j->start[0] == '\0')
        revalidate(&in->inboxes[j->inbox]);
    watch_one(in, j->inbox, j->start);
    look_for_list(in, j->inbox, j->start);
    r = walk_new(in->inboxes[j->inbox].fd, j->start, &in->walk);
    if (r < 0) {
        log_error("inbox.walk", F_STR("inbox", in->inboxes[j->inbox].path), F_ERR(r));
        end_walk(in);
    }
    return in->walk != NULL;
}

static void take_entry(struct intake *in, unsigned inbox, const struct walk_entry *e)
{
    struct file_identity identity;

    if (e->is_folder) {
        watch_one(in, inbox, e->path);
        look_for_list(in, inbox, e->path);
    } else if (!book_find(in, inbox, e->path) && walk_stat(in->walk, &identity) == 0)
        see_new(in, inbox, e->path, &identity, false);
}

static void on_walk_step(void *user)
{
    struct intake *in = user;
    struct walk_entry entry;
    int r = 0;

    if (!begin_walk(in))
        return;
    for (int n = 0; n < ENTRIES_A_TURN && r == 0 && !book_is_full(in); n++) {
        r = walk_next(in->walk, &entry);
        if (r == 0)
            take_entry(in, STAILQ_FIRST(&in->walks)->inbox, &entry);
    }
    if (r < 0)
        log_error("inbox.walk", F_STR("inbox", in->inboxes[STAILQ_FIRST(&in->walks)->inbox].path),
                  F_ERR(r));
    if (r != 0)
        end_walk(in);
    if (!STAILQ_EMPTY(&in->walks) && !book_is_full(in))
        deferred_set(in->walk_step);
}

bool scan_is_busy(const struct intake *in)
{
    return !STAILQ_EMPTY(&in->walks) || in->walk_again;
}

void scan_resume(struct intake *in)
{
    if (!book_is_roomy(in))
        return;
    if (!STAILQ_EMPTY(&in->walks))
        deferred_set(in->walk_step);
    else if (in->walk_again)
        scan_everything(in);
}

void scan_everything(struct intake *in)
{
    if (!STAILQ_EMPTY(&in->walks)) {
        in->walk_again = true; /* what is under way may have passed the place already */
        return;
    }
    in->walk_again = false;
    in->walk_new = false;
    stats_add(&in->base.stats, STATS_RESCANS, 1);
    filing_clean(in->archive.fd);
    for (unsigned b = 0; b < in->n_inboxes; b++)
        add_walk(in, b, "");
}

/* ---- hints ---- */

static void on_hint(void *user, unsigned inbox, const char *path, enum watch_hint hint)
{
    struct intake *in = user;

    switch (hint) {
    case HINT_OVERFLOW:
        stats_add(&in->base.stats, STATS_OVERFLOWS, 1);
        scan_everything(in);
        break;
    case HINT_FOLDER:
        add_walk(in, inbox, path);
        break;
    case HINT_WRITTEN:
    case HINT_MOVED_IN:
        see(in, inbox, path, hint);
        break;
    }
}

static void on_rescan(void *user)
{
    struct intake *in = user;

    timer_set(in->rescan, (uint64_t)intake_setting(in, SETTING_RESCAN) * USEC_PER_SEC);
    explain_resume(in);
    if (!in->draining)
        scan_everything(in);
}

int scan_init(struct intake *in)
{
    int r;

    STAILQ_INIT(&in->walks);
    r = watch_new(in->base.loop, on_hint, in, &in->watch);
    if (r == 0)
        r = deferred_new(in->base.loop, on_walk_step, in, &in->walk_step);
    if (r == 0)
        r = timer_new(in->base.loop, on_rescan, in, &in->rescan);
    if (r < 0)
        return r;
    timer_set(in->rescan, (uint64_t)intake_setting(in, SETTING_RESCAN) * USEC_PER_SEC);
    scan_everything(in);
    return 0;
}
