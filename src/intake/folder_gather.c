/* folder_gather.c - are the files of a folder there, and complete? What it waits for, and for how long.
 *
 * The folder has its claim while it waits, so what an earlier session has begun with it is known
 * before anything is missed. Files are complete by the rules for any file: unchanged for the settling
 * time, and no writer has them open. When one is missing the folder waits for it,
 * PENSTOCK_FOLDER_WAIT from the last change of any of its files on, and is quarantined with all that
 * there is of it. While it waits only the first missing file is looked for.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/fd.h"
#include "inbox/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_USEC (2 * USEC_PER_SEC) /* between two looks for a file that is missing */

/* What a look at all files came to. */
struct look {
    size_t n_missing, n_growing;
    size_t missing, growing, large; /* the first of each; SIZE_MAX: none */
    const char *unfit;              /* why the first missing one counts as that */
    int64_t changed_nsec;           /* the last change of any, by the wall clock */
};

/* One file. 0, INBOX_GONE, INBOX_BUSY or -errno; with what it is in file->identity. */
static int look_at(struct intake *in, const struct folder *f, struct folder_file *file,
                   const char **ret_unfit)
{
    int r = inbox_stat(in->inboxes[f->list->inbox].fd, file->path, &file->identity);

    file->is_known = r == 0;
    *ret_unfit = "is not there";
    if (r == INBOX_NOT_REGULAR) {
        *ret_unfit = "is no regular file (a link, or a folder)";
        return INBOX_GONE;
    }
    if (r < 0)
        *ret_unfit = log_errno_text(r);
    if (r != 0)
        return INBOX_GONE;
    if (folder_of(in, f->list->inbox, file->path) != f) {
        *ret_unfit = "belongs to a folder that this one lies in";
        return INBOX_GONE;
    }
    return scan_is_old(in, &file->identity) ? 0 : INBOX_BUSY;
}

/* Whether it can be opened, and has no writer. */
static int try_to_open(struct intake *in, const struct folder *f, struct folder_file *file,
                       const char **ret_unfit)
{
    int fd,
        r = inbox_open_document(in->inboxes[f->list->inbox].fd, file->path, &fd, &file->identity);

    if (r == 0)
        (void)fd_close(fd);
    if (r < 0)
        *ret_unfit = log_errno_text(r);
    return r < 0 || r == INBOX_NOT_REGULAR ? INBOX_GONE : r;
}

static void note(struct intake *in, struct look *l, const struct folder_file *file, size_t k, int r,
                 const char *unfit)
{
    if (r == INBOX_GONE && l->n_missing++ == 0) {
        l->missing = k;
        l->unfit = unfit;
    }
    if (r == INBOX_BUSY && l->n_growing++ == 0)
        l->growing = k;
    if (file->is_known)
        l->changed_nsec = MAX(l->changed_nsec, file->identity.ctime_nsec);
    if (r == 0 && l->large == SIZE_MAX &&
        file->identity.size > intake_setting(in, SETTING_MAX_BYTES))
        l->large = k;
}

static struct look look(struct intake *in, struct folder *f)
{
    struct look l = {.missing = SIZE_MAX,
                     .growing = SIZE_MAX,
                     .large = SIZE_MAX,
                     .changed_nsec = f->list->identity.ctime_nsec};
    const char *unfit = "";

    for (size_t k = 0; k < f->n_files; k++) {
        int r = look_at(in, f, f->files[k], &unfit);

        note(in, &l, f->files[k], k, r, unfit);
    }
    for (size_t k = 0; k < f->n_files && l.n_missing + l.n_growing == 0; k++) {
        int r = try_to_open(in, f, f->files[k], &unfit);

        note(in, &l, f->files[k], k, r, unfit);
    }
    return l;
}

/* ---- what comes of it ---- */

static uint64_t left_to_wait(const struct intake *in, int64_t changed_nsec)
{
    uint64_t wait = (uint64_t)intake_setting(in, SETTING_FOLDER_WAIT) * USEC_PER_MSEC;
    int64_t age = (int64_t)clock_wall_usec() - changed_nsec / 1000;

    if (age < 0)
        return wait;
    return (uint64_t)age >= wait ? 0 : wait - (uint64_t)age;
}

/* "its file b.txt is not there, nor are 2 others" */
static void say(const struct folder *f, size_t k, const char *what, size_t n_others,
                struct buf *ret)
{
    const char *name = folder_file_name(f, k);

    buf_add_str(ret, "its file ");
    inbox_path_show(name, strlen(name), ret);
    buf_printf(ret, " %s", what);
    if (n_others > 0)
        buf_printf(ret, ", and %zu more %s", n_others,
                   n_others == 1 ? "is missing" : "are missing");
}

static void quarantine(struct intake *in, struct item *list, const struct buf *reason)
{
    claim_report(in, list, "quarantine", "failed", true, buf_text(reason), NULL, END_QUARANTINE);
}

static void refuse_list(struct intake *in, struct item *list)
{
    struct buf reason = BUF_INIT;

    buf_printf(&reason, "as the list of its folder's files it is wrong: %s", list->folder->refusal);
    quarantine(in, list, &reason);
    buf_done(&reason);
}

static void refuse_large(struct intake *in, struct item *list, size_t k)
{
    struct buf reason = BUF_INIT;
    char what[128];

    (void)snprintf(what, sizeof(what), "has %lld bytes, more than PENSTOCK_MAX_BYTES=%lld",
                   (long long)list->folder->files[k]->identity.size,
                   (long long)intake_setting(in, SETTING_MAX_BYTES));
    say(list->folder, k, what, 0, &reason);
    quarantine(in, list, &reason);
    buf_done(&reason);
}

static void give_up_waiting(struct intake *in, struct item *list, const struct look *l)
{
    struct buf reason = BUF_INIT;

    say(list->folder, l->missing, l->unfit, l->n_missing - 1, &reason);
    buf_printf(&reason, ", and did not come within PENSTOCK_FOLDER_WAIT=%s",
               settings_text(&in->base.settings, SETTING_FOLDER_WAIT));
    quarantine(in, list, &reason);
    buf_done(&reason);
}

static void wait(struct intake *in, struct item *list, enum item_state state, uint64_t usec,
                 const struct buf *why)
{
    list->due_usec = clock_now_usec() + usec;
    bytes_copy((struct bytes){buf_text(why), why->size}, list->why, sizeof(list->why));
    if (list->state != state)
        book_move(in, list, state);
    settle_arm(in);
}

static void wait_for_missing(struct intake *in, struct item *list, const struct look *l)
{
    uint64_t left = left_to_wait(in, l->changed_nsec);
    struct buf why = BUF_INIT;

    if (left == 0) {
        give_up_waiting(in, list, l);
        return;
    }
    list->folder->missing = l->missing;
    say(list->folder, l->missing, l->unfit, l->n_missing - 1, &why);
    wait(in, list, ITEM_MISSING, MIN(LOOK_USEC, left), &why);
    buf_done(&why);
}

static void wait_for_growing(struct intake *in, struct item *list, const struct look *l)
{
    uint64_t settle = (uint64_t)intake_setting(in, SETTING_SETTLE) * USEC_PER_MSEC;
    struct buf why = BUF_INIT;

    say(list->folder, l->growing, "may still be growing", 0, &why);
    wait(in, list, ITEM_GATHERING, settle, &why);
    buf_done(&why);
}

static void all_there(struct intake *in, struct item *list)
{
    list->why[0] = '\0';
    book_move(in, list, ITEM_READY);
}

void folder_gather(struct intake *in, struct item *list)
{
    struct look l;

    if (list->folder->refusal) {
        refuse_list(in, list);
        return;
    }
    l = look(in, list->folder);
    if (l.n_missing > 0)
        wait_for_missing(in, list, &l);
    else if (l.n_growing > 0)
        wait_for_growing(in, list, &l);
    else if (l.large != SIZE_MAX)
        refuse_large(in, list, l.large);
    else
        all_there(in, list);
}

/* Whether it waits for a file that is still not there, and there is time. */
static bool still_waits(struct intake *in, struct item *list)
{
    struct folder *f = list->folder;
    struct file_identity identity;

    return list->state == ITEM_MISSING && list->due_usec != 0 &&
           left_to_wait(in, list->identity.ctime_nsec) > LOOK_USEC &&
           inbox_stat(in->inboxes[list->inbox].fd, f->files[f->missing]->path, &identity) ==
               INBOX_GONE;
}

void folder_review(struct intake *in, struct item *list)
{
    struct file_identity now;
    int r = inbox_stat(in->inboxes[list->inbox].fd, list->path, &now);

    if (r != 0)
        crew_give_up(in, list, "vanished", END_FORGET);
    else if (!file_identity_equal(&now, &list->identity))
        crew_give_up(in, list, "changed", END_SETTLE);
    else if (still_waits(in, list))
        list->due_usec = clock_now_usec() + LOOK_USEC;
    else
        folder_gather(in, list);
}

void folder_hint(struct intake *in, struct folder *f)
{
    if (f->list->state != ITEM_MISSING)
        return;
    f->list->due_usec = 0;
    settle_arm(in);
}
