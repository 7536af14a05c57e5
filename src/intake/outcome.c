/* outcome.c - what becomes of a file in the end: archived, deleted, left, quarantined, or looked at
 * anew because it changed.
 *
 * Nothing is moved before the database has said COMMIT. A move that fails (disk full, read-only) is
 * tried again for ever; the document is stored all the same.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "inbox/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define REFILE_USEC (2 * USEC_PER_SEC)
#define MAX_UNFILED 64 /* originals that may wait for a disk before nothing more is begun */

enum after {
    AFTER_ARCHIVE,
    AFTER_DELETE,
    AFTER_KEEP
}; /* the order of the choices in settings.def */

/* ---- files left in place (PENSTOCK_AFTER=keep) ---- */

struct kept {
    struct file_identity identity;
    enum kept_as as;
    UT_hash_handle hh;
    size_t size;
    char key[]; /* of its item: inbox and path */
};

/* Only a memory against claiming them at every rescan: the database knows it too, so it may be
 * lost. */
static struct kept *kept_files;
static bool kept_folders; /* whether any was kept that is one document */

static struct kept *find_kept(const char *key, size_t n)
{
    struct kept *k;

    HASH_FIND(hh, kept_files, key, n, k);
    return k;
}

static struct kept *find_path(unsigned inbox, const char *path)
{
    char key[BOOK_KEY_BYTES];

    return find_kept(key, book_key(key, inbox, path));
}

bool outcome_was_kept(const struct intake *in, unsigned inbox, const char *path,
                      const struct file_identity *identity)
{
    const struct kept *k;

    if (!kept_files || !outcome_keeps(in))
        return false;
    k = find_path(inbox, path);
    return k && file_identity_equal(&k->identity, identity);
}

void outcome_remember_file(unsigned inbox, const char *path, const struct file_identity *identity,
                           enum kept_as as)
{
    char key[BOOK_KEY_BYTES];
    size_t n = book_key(key, inbox, path);
    struct kept *k = find_kept(key, n);

    if (!k) {
        k = calloc(1, sizeof(*k) + n);
        if (!k)
            return;
        memcpy(k->key, key, n);
        k->size = n;
        HASH_ADD_KEYPTR(hh, kept_files, k->key, n, k);
    }
    k->identity = *identity;
    k->as = as;
    kept_folders = kept_folders || as == KEPT_LIST;
}

static void remember_kept(const struct item *i)
{
    outcome_remember_file(i->inbox, i->path, &i->identity, KEPT_FILE);
}

bool outcome_wake_folder(struct intake *in, unsigned inbox, const char *path)
{
    char list[PATH_MAX];
    struct kept *k = kept_folders && outcome_keeps(in) ? find_path(inbox, path) : NULL;

    if (!k || k->as != KEPT_PART)
        return false;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (snprintf(list, sizeof(list), "%.*s/" INBOX_FOLDER_LIST, (int)(slash - path), path) >=
            (int)sizeof(list))
            continue;
        k = find_path(inbox, list);
        if (!k || k->as != KEPT_LIST)
            continue;
        k->identity = (struct file_identity){0};
        scan_see(in, inbox, list);
        if (folder_of(in, inbox, path))
            return true;
    }
    return false;
}

void outcome_forget_parts(const struct item *list)
{
    size_t n = inbox_folder_of(list->path) + 3;
    const struct kept *known = kept_folders ? find_path(list->inbox, list->path) : NULL;
    struct kept *k, *next;

    if (!known || known->as != KEPT_LIST)
        return;
    HASH_ITER (hh, kept_files, k, next) {
        if (k->as == KEPT_PART && k->size > n && memcmp(k->key, list->key, n) == 0) {
            HASH_DEL(kept_files, k);
            free(k);
        }
    }
}

bool outcome_keeps(const struct intake *in)
{
    return intake_setting(in, SETTING_AFTER) == AFTER_KEEP;
}

void outcome_remember_kept(struct intake *in, struct item *i)
{
    if (i->sidecar) {
        remember_kept(i->sidecar);
        book_forget(in, i->sidecar);
    }
    remember_kept(i);
    book_forget(in, i);
}

/* ---- moving ---- */

static int file_sidecar(struct intake *in, const struct item *i)
{
    const struct item *s = i->sidecar;
    int inbox_fd = in->inboxes[i->inbox].fd;

    if (i->end == END_QUARANTINE)
        return filing_quarantine(inbox_fd, s->path, &s->identity, in->quarantine_fd, i->job);
    switch ((enum after)intake_setting(in, SETTING_AFTER)) {
    case AFTER_ARCHIVE:
        return filing_archive_sidecar(inbox_fd, s->path, &s->identity, &in->archive, i->sha256,
                                      i->job);
    case AFTER_DELETE:
        return filing_delete(inbox_fd, s->path, &s->identity);
    case AFTER_KEEP:
        remember_kept(s);
        return 0;
    }
    return 0;
}

static int file_away(struct intake *in, const struct item *i)
{
    int inbox_fd = in->inboxes[i->inbox].fd;

    if (i->end == END_QUARANTINE)
        return filing_quarantine(inbox_fd, i->path, &i->identity, in->quarantine_fd, i->job);
    switch ((enum after)intake_setting(in, SETTING_AFTER)) {
    case AFTER_ARCHIVE:
        return filing_archive(inbox_fd, i->path, &i->identity, &in->archive, i->sha256);
    case AFTER_DELETE:
        return filing_delete(inbox_fd, i->path, &i->identity);
    case AFTER_KEEP:
        remember_kept(i);
        return 0;
    }
    return 0;
}

static void look_again(struct intake *in, struct item *i)
{
    struct file_identity now;
    int r = inbox_stat(in->inboxes[i->inbox].fd, i->path, &now);

    if (r != 0) {
        book_forget(in, i);
        return;
    }
    i->identity = now;
    i->seen_wall_usec = clock_wall_usec();
    settle_begin(in, i);
}

/* The sidecar first: a file that is found without it has only to be filed away, its job being done;
 * a sidecar alone would wait for a file that has gone. A file that changed keeps its sidecar. */
static int file_pair(struct intake *in, struct item *i)
{
    struct file_identity now;
    struct item *sidecar = i->sidecar;
    int r = inbox_stat(in->inboxes[i->inbox].fd, i->path, &now);

    if (r == INBOX_NOT_REGULAR || (r == 0 && !file_identity_equal(&now, &i->identity)))
        return FILING_CHANGED;
    r = file_sidecar(in, i);
    if (r < 0)
        return r;
    (void)book_part(i);
    if (r == FILING_CHANGED)
        look_again(in, sidecar);
    else
        book_forget(in, sidecar);
    (void)FAIL_AT(SIDECAR_FILED);
    return file_away(in, i);
}

static int file_all(struct intake *in, struct item *i)
{
    if (folder_is_document(i))
        return folder_file_away(in, i);
    return i->sidecar ? file_pair(in, i) : file_away(in, i);
}

/* One line a document. */
static void log_outcome(const struct intake *in, const struct item *i)
{
    const struct log_field fields[] = {
        F_STR("outcome", i->outcome),
        F_STR("collection", in->inboxes[i->inbox].name),
        F_STR("path", i->path),
        F_U64("job", i->job),
        F_U64("document", i->document),
        F_STR("type", i->media_type[0] ? i->media_type : NULL),
        F_I64("bytes", i->identity.size),
        F_U64("attempt", i->attempt),
        F_U64("ms", (clock_now_usec() - i->complete_usec) / 1000),
        F_STR("sidecar", !i->had_sidecar || i->end == END_QUARANTINE ? NULL
                         : strcmp(i->outcome, "duplicate") == 0
                             ? "not applied: the content is stored already"
                             : "applied"),
        F_STR("reason", i->end == END_QUARANTINE && i->why[0] ? i->why : NULL),
        {.key = NULL},
    };

    log_write(i->end == END_QUARANTINE ? LOG_WARN : LOG_INFO, "document", fields);
}

bool outcome_is_blocked(const struct intake *in)
{
    return in->disk_error && in->counts[ITEM_FILING] >= MAX_UNFILED;
}

/* A matter of the disk that originals belong on, not of one file and its folder. */
static bool is_disk_error(const struct intake *in, int r)
{
    struct statvfs fs;

    if (r == -EROFS)
        return fstatvfs(in->archive.fd, &fs) == 0 && (fs.f_flag & ST_RDONLY);
    return r == -ENOSPC || r == -EDQUOT;
}

static void note_disk(struct intake *in, int r)
{
    bool was_blocked = outcome_is_blocked(in);

    in->disk_error = is_disk_error(in, r) ? r : 0;
    if (in->disk_error)
        in->disk_retry_usec = clock_now_usec() + REFILE_USEC;
    else if (was_blocked)
        intake_kick(in);
}

static void try_later(struct intake *in, struct item *i, int r)
{
    bool first = i->state != ITEM_FILING;

    note_disk(in, r);

    (void)snprintf(i->why, sizeof(i->why), "it cannot be moved out of the inbox: %s",
                   log_errno_text(r));
    if (first)
        log_error("document.unfiled", F_STR("path", i->path), F_U64("job", i->job),
                  F_STR("reason", i->why));
    if (first && !book_is_parking(in)) {
        book_forget(in, i); /* its job is done: found again, it is refused and filed */
        return;
    }
    i->due_usec = clock_now_usec() + REFILE_USEC;
    book_move(in, i, ITEM_FILING);
    intake_tell_waiting(in);
    settle_arm(in);
}

static void file_now(struct intake *in, struct item *i)
{
    bool was_unfiled = i->state == ITEM_FILING;
    int r = file_all(in, i);

    if (r < 0) {
        try_later(in, i, r);
        return;
    }
    log_outcome(in, i);
    note_disk(in, 0);
    if (r == FILING_CHANGED) {
        look_again(in, i);
    } else {
        stats_add(&in->base.stats, STATS_FILED, r == 0);
        book_forget(in, i);
        (void)FAIL_AT(RECORDED);
    }
    if (was_unfiled)
        intake_tell_waiting(in);
}

void outcome_file(struct intake *in, struct item *i)
{
    switch (i->end) {
    case END_FORGET:
        book_forget(in, i);
        break;
    case END_SETTLE:
        look_again(in, i);
        break;
    case END_HOLD:
        settle_hold(in, i, ITEM_HELD, i->why);
        break;
    case END_FILE:
    case END_QUARANTINE:
        file_now(in, i);
        break;
    }
}
