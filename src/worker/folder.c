/* folder.c - a folder that is one document: its meta.json, then the files that it lists, asked for one
 * by one and read in order.
 *
 * Twice the intake gives out such a meta.json: first to be told what it lists (folder_tell()), then,
 * when all of that is there, to have it read. The list is made anew from the same bytes, so both
 * sides mean the same by "next".
 *
 * The document's hash is that of the hashes: of meta.json, then of each file in order, 32 bytes each.
 * A file that changes while it is read, or is not to be had any more, makes no result. The limits of
 * time hold for each file by itself.
 */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"

#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 32u

static size_t max_files(const struct worker *w)
{
    return (size_t)settings_number(&w->settings, SETTING_MAX_FOLDER_FILES);
}

static uint64_t max_bytes(const struct worker *w)
{
    return (uint64_t)settings_number(&w->settings, SETTING_MAX_PARSE_BYTES);
}

/* The meta.json itself. */
static int read_list(struct worker *w, const struct message_document *d, int fd,
                     struct reason *refusal)
{
    int r = document_read(&w->document, fd, d->size, max_bytes(w));

    if (r == 0)
        r = FAIL_AT(READ);
    if (r != 0 || w->document.changed)
        return r;
    if (w->document.size < w->document.byte_size)
        return FOLDER_NONE; /* no list is as long */
    return folder_list_read(&w->folder.list, w->document.bytes, w->document.size, max_files(w),
                            refusal);
}

/* ---- what it lists ---- */

static void tell_file(struct worker *w, uint64_t token, const char *path)
{
    const struct message m = {.type = MESSAGE_LISTED,
                              .listed = {.token = token, .path = bytes_of_str(path)}};

    worker_send_intake(w, &m);
}

int folder_tell(struct worker *w, const struct message_document *d, int fd, struct reason *refusal)
{
    int r = read_list(w, d, fd, refusal);

    if (r < 0 || r == FOLDER_NONE || w->document.changed)
        return MIN(r, 0);
    for (size_t i = 0; i < w->folder.list.n_files; i++)
        tell_file(w, d->token, w->folder.list.files[i].path);
    if (r == 0)
        r = sidecar_read_folder(&w->folder.sidecar, w->document.bytes, w->document.size, refusal);
    return r <= 0 ? r : FOLDER_REFUSED;
}

/* ---- the files ---- */

bool folder_take(struct worker *w, uint64_t token, uint64_t size, int fd)
{
    struct folder_about *f = &w->folder;

    if (!f->asked || token != w->token) {
        (void)fd_close(fd);
        return false;
    }
    f->asked = false;
    f->fd = fd;
    f->size = size;
    return true;
}

/* Asks for the next one and reads it into w->folder.file. 0 or -errno. */
static int read_next(struct worker *w)
{
    const struct message m = {.type = MESSAGE_NEXT, .next = {.token = w->token}};
    struct folder_about *f = &w->folder;
    int r = 0;

    worker_set_stage(w, STAGE_READ);
    f->asked = true;
    worker_send_intake(w, &m);
    while (f->asked)
        worker_hear_intake(w);
    worker_begin_limits(w);
    if (f->fd < 0) {
        w->document.changed = true;
        return 0;
    }
    r = document_read(&f->file, f->fd, f->size, max_bytes(w));
    f->fd = fd_close(f->fd);
    if (r == 0)
        r = FAIL_AT(FILE_READ);
    w->document.changed = w->document.changed || (r == 0 && f->file.changed);
    return r;
}

/* What is known of the files that were read, while they are. */
struct pass {
    struct worker *w;
    struct folder *folder; /* NULL: they are only hashed */
    uint8_t *hashes;       /* of meta.json and the files */
    size_t n_hashes;
    uint64_t byte_size;
};

static int extract_file(struct pass *p, const struct folder_file *file)
{
    const struct document *d = &p->w->folder.file;
    const struct extract_input in = {
        .name = file->path,
        .bytes = d->bytes,
        .size = d->size,
        .cut_off = d->size < d->byte_size,
    };

    worker_set_stage(p->w, STAGE_EXTRACT);
    return folder_add(p->folder, file, &in, d->byte_size);
}

static void note_hash(struct pass *p, const struct document *d)
{
    memcpy(p->hashes + HASH_BYTES * p->n_hashes++, d->sha256, HASH_BYTES);
    p->byte_size += d->byte_size;
}

static int read_files(struct pass *p)
{
    const struct folder_list *l = &p->w->folder.list;
    int r = 0;

    note_hash(p, &p->w->document);
    for (size_t i = 0; r == 0 && i < l->n_files && !p->w->document.changed; i++) {
        r = read_next(p->w);
        if (r == 0 && !p->w->document.changed) {
            note_hash(p, &p->w->folder.file);
            if (p->folder)
                r = extract_file(p, &l->files[i]);
        }
    }
    return r;
}

/* The hash of all is the document's from here on. */
static int finish(struct pass *p)
{
    struct document *d = &p->w->document;

    d->byte_size = p->byte_size;
    return document_hash(p->hashes, HASH_BYTES * p->n_hashes, d->sha256);
}

static int read_folder(struct worker *w, const struct message_document *d)
{
    const struct extract_input in = {
        .sidecar = &w->folder.sidecar,
        .take_part = worker_take_part,
        .has_time = worker_has_time,
        .user = w,
    };
    struct pass p = {.w = w, .hashes = calloc(w->folder.list.n_files + 1, HASH_BYTES)};
    uint64_t begun_usec = clock_now_usec();
    int r = p.hashes ? 0 : -ENOMEM;

    if (r == 0 && !d->hash_only)
        r = folder_new(w->extractor, &in, &w->extraction, &p.folder);
    if (r == 0)
        r = read_files(&p);
    if (r == 0 && !w->document.changed)
        r = finish(&p);
    if (r == 0 && p.folder && !w->document.changed) {
        r = folder_finish(p.folder);
        if (r == 0 && FAIL_AT(EXTRACTED) < 0)
            r = -ENOMEM;
        if (r == 0)
            worker_send_extraction(w, d, begun_usec);
    }
    folder_free(p.folder);
    free(p.hashes);
    return r;
}

int folder_document(struct worker *w, const struct message_document *d, int fd,
                    struct reason *refusal)
{
    int r = read_list(w, d, fd, refusal);

    if (r == 0 && !w->document.changed && !d->hash_only)
        r = sidecar_read_folder(&w->folder.sidecar, w->document.bytes, w->document.size, refusal);
    if (r > 0)
        return FOLDER_REFUSED;
    /* Else the settings are others than when it was told what it lists. */
    if (r == 0 && w->folder.list.n_files != d->files)
        w->document.changed = true;
    if (r < 0 || w->document.changed)
        return r;
    w->folder.in_hand = true;
    return read_folder(w, d);
}
