/* folder_filing.c - where the files of a folder go in the end: to the archive, away, nowhere, or into
 * quarantine.
 *
 * The files first, meta.json last. Killed in between, the next session finds the meta.json, whose job is
 * done: a worker hashes the folder once more, with what is filed already taken from there
 * (folder_open_filed()), and the rest follows. With meta.json gone first, the files that are left
 * would be taken for documents of their own. Before the first move all files are looked at: when one
 * is not what was read any more, the whole folder stays and is read anew.
 */
#include "intake/intake.h"

#include "base/failpoint.h"
#include "base/fd.h"
#include "inbox/name.h"

#include <stdio.h>

enum after {
    AFTER_ARCHIVE,
    AFTER_DELETE,
    AFTER_KEEP
}; /* the order of the choices in settings.def */

static enum after after_of(const struct intake *in)
{
    return (enum after)intake_setting(in, SETTING_AFTER);
}

/* Where its files go, and below what. */
static int place_of(const struct intake *in, const struct item *list, char ret[FILING_PLACE_BYTES])
{
    if (list->end == END_QUARANTINE) {
        filing_place_quarantined(list->job, ret);
        return in->quarantine_fd;
    }
    if (after_of(in) == AFTER_DELETE)
        filing_place_removed(list->job, ret);
    else
        filing_place_archived(list->sha256, ret);
    return in->archive.fd;
}

int folder_open_filed(const struct intake *in, const struct item *list,
                      const struct folder_file *file, int *ret_fd, struct file_identity *ret)
{
    const char *name = file->path + list->folder->key_size - 1;
    char place[FILING_PLACE_BYTES];
    int r;

    filing_place_archived(list->sha256, place);
    r = filing_open_in(in->archive.fd, place, name, ret_fd, ret);
    if (r != INBOX_GONE)
        return r;
    filing_place_removed(list->job, place); /* the setting may have changed */
    return filing_open_in(in->archive.fd, place, name, ret_fd, ret);
}

/* 0, FILING_GONE, or FILING_CHANGED: it is not what was read. */
static int check(struct intake *in, const struct item *list, const struct folder_file *file)
{
    struct file_identity now;
    int r = inbox_stat(in->inboxes[list->inbox].fd, file->path, &now);

    if (file->in_archive || r == INBOX_GONE)
        return FILING_GONE;
    if (r < 0)
        return r;
    return r == 0 && file->is_known && file_identity_equal(&now, &file->identity) ? 0
                                                                                  : FILING_CHANGED;
}

static int check_all(struct intake *in, const struct item *list)
{
    const struct folder *f = list->folder;
    struct file_identity now;
    int r = inbox_stat(in->inboxes[list->inbox].fd, list->path, &now);

    if (r == INBOX_NOT_REGULAR || (r == 0 && !file_identity_equal(&now, &list->identity)))
        return FILING_CHANGED;
    for (size_t k = 0; k < f->n_files; k++) {
        r = check(in, list, f->files[k]);
        if (r < 0 || r == FILING_CHANGED)
            return r;
    }
    return 0;
}

/* Whatever is there under its name: nothing of it was read, or it does not matter. */
static int quarantine_file(struct intake *in, const struct item *list, struct folder_file *file,
                           int place_fd, const char *name)
{
    int inbox_fd = in->inboxes[list->inbox].fd;
    int r = inbox_stat(inbox_fd, file->path, &file->identity);

    if (r != 0)
        return r < 0 ? r : FILING_GONE;
    r = filing_move_into(inbox_fd, file->path, &file->identity, place_fd, name);
    return r == -EUCLEAN ? FILING_GONE : r; /* another of this name came after the first */
}

static int move_file(struct intake *in, struct item *list, size_t k, int place_fd)
{
    struct folder_file *file = list->folder->files[k];
    const char *name = folder_file_name(list->folder, k);

    if (list->end == END_QUARANTINE)
        return quarantine_file(in, list, file, place_fd, name);
    if (file->in_archive)
        return FILING_GONE;
    return filing_move_into(in->inboxes[list->inbox].fd, file->path, &file->identity, place_fd,
                            name);
}

static int move_all(struct intake *in, struct item *list, int place_fd)
{
    for (size_t k = 0; k < list->folder->n_files; k++) {
        int r = move_file(in, list, k, place_fd);

        if (r < 0 || r == FILING_CHANGED)
            return r;
        (void)FAIL_AT(FILE_FILED);
    }
    return filing_move_into(in->inboxes[list->inbox].fd, list->path, &list->identity, place_fd,
                            INBOX_FOLDER_LIST);
}

static int keep_all(const struct item *list)
{
    const struct folder *f = list->folder;

    for (size_t k = 0; k < f->n_files; k++)
        outcome_remember_file(list->inbox, f->files[k]->path, &f->files[k]->identity, KEPT_PART);
    outcome_remember_file(list->inbox, list->path, &list->identity, KEPT_LIST);
    return 0;
}

/* The sidecar that it should not have. */
static int move_sidecar(struct intake *in, const struct item *list, int place_fd)
{
    const struct item *s = list->sidecar;

    return filing_move_into(in->inboxes[s->inbox].fd, s->path, &s->identity, place_fd,
                            inbox_last_component(s->path));
}

int folder_file_away(struct intake *in, struct item *list)
{
    CLEANUP(fd_closep) int place_fd = -1;
    bool stays = list->end == END_QUARANTINE;
    char place[FILING_PLACE_BYTES];
    int root, r = stays ? 0 : check_all(in, list);

    if (r != 0)
        return r;
    if (!stays && after_of(in) == AFTER_KEEP)
        return keep_all(list);
    root = place_of(in, list, place);
    r = filing_place_open(root, place, &place_fd);
    if (r == 0 && list->sidecar)
        r = move_sidecar(in, list, place_fd);
    if (r >= 0 && r != FILING_CHANGED)
        r = move_all(in, list, place_fd);
    if (r == 0 && !stays && after_of(in) == AFTER_DELETE)
        (void)!filing_remove_place(in->archive.fd, list->job);
    return r;
}
