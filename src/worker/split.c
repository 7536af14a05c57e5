/* split.c - a file of which every record becomes a document: read in two passes, never held.
 *
 * The first pass hashes the file and counts its records. Then the pool is asked what of it is stored
 * already (RECORDS without any, answered by RECORDED): all of it, and it is a duplicate; or so many
 * records, and the second pass passes over those. Records go to the pool as PARTs; after a chunk of
 * them RECORDS has them stored in a transaction of their own. While that is under way the next
 * chunk is read; it waits for the answer before it is sent on. So the pool never has more than
 * two chunks of a worker. RESULT follows when the last chunk is stored.
 *
 * What is stored under the hash of the first pass must be what that pass saw: before a chunk is sent
 * on, the file is looked at once more, and at the end the second hash is compared with the first.
 * The limits of time hold for a chunk: each RECORDED begins them anew.
 */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "extract/records.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A chunk: what goes into one transaction. */
#define CHUNK_RECORDS 1000u
#define CHUNK_BYTES   (2u << 20) /* of text and metadata */
/* Enough to see that a file cannot be one of those that are split. */
#define GLANCE_BYTES 4096u

struct split {
    struct worker *w;
    const struct message_document *d;
    int fd;
    struct stat seen; /* before the first pass */
    struct records *records;
    struct stream stream;
    uint8_t sha256[32];
    uint64_t total;
    uint64_t first, last; /* ordinals of the chunk at hand; first > last: it is empty */
    size_t chunk_bytes;
    bool waiting; /* for RECORDED */
    bool ended;   /* nothing more of it is wanted */
    bool whole;   /* it was there before */
    bool changed;
    uint64_t begun_usec;
};

/* 0, SPLIT_NOT or -errno. */
static int look(struct split *s)
{
    char name[256], *head = malloc(RECORDS_HEAD_BYTES);
    size_t max_bytes = (size_t)settings_number(&s->w->settings, SETTING_MAX_PARSE_BYTES);
    ssize_t n = head ? stream_peek(s->fd, head, RECORDS_HEAD_BYTES) : -ENOMEM;
    int r = n < 0 ? (int)n : 0;

    bytes_copy(s->d->name, name, sizeof(name));
    if (r == 0)
        r = records_new(s->w->extractor, name, head, (size_t)n, (uint64_t)n >= s->d->size,
                        s->w->split_kinds, max_bytes, &s->records);
    free(head);
    return r;
}

static bool has_changed(struct split *s)
{
    struct stat now;

    s->changed = s->changed || fstat(s->fd, &now) < 0 || !document_unchanged(&s->seen, &now);
    return s->changed;
}

/* The first pass. 0, SPLIT_NOT when there are not two records, or -errno. */
static int count(struct split *s)
{
    struct record record;
    int r = fstat(s->fd, &s->seen) < 0 ? -errno : 0;

    if (r == 0)
        r = stream_begin(&s->stream, s->fd, &s->w->page->progress);
    if (r < 0)
        return r;
    records_begin(s->records, stream_read, &s->stream);
    while ((r = records_next(s->records, &record)) == 0)
        s->total = record.ordinal;
    if (stream_end(&s->stream, s->sha256) < 0)
        return -ENOMEM;
    if (r < 0)
        return r;
    s->changed = s->stream.size != s->d->size || has_changed(s);
    return s->total < 2 || s->total > INT32_MAX ? SPLIT_NOT : 0;
}

static struct bytes bytes_of(const void *at, size_t n)
{
    return (struct bytes){.at = at, .n = n};
}

static void wait_for_answer(struct split *s)
{
    struct worker *w = s->w;

    if (!s->waiting)
        return;
    worker_set_stage(w, STAGE_SEND);
    while (!w->recorded)
        worker_hear_pool(w);
    s->waiting = false;
    s->ended = !w->progress.go_on || w->progress.whole;
    s->whole = w->progress.go_on && w->progress.whole;
    worker_begin_limits(w);
    worker_set_stage(w, STAGE_EXTRACT);
}

/* Has the chunk at hand stored; an empty one asks what is there. */
static void send_chunk(struct split *s)
{
    struct worker *w = s->w;
    const struct sidecar *sidecar = beside_sidecar(&w->beside);
    const struct message m = {
        .type = MESSAGE_RECORDS,
        .records =
            {
                .job = s->d->job,
                .token = s->d->token,
                .nonce = s->d->nonce,
                .sha256 = bytes_of(s->sha256, sizeof(s->sha256)),
                .media_type = bytes_of_str(w->extraction.media_type),
                .title = bytes_of(buf_text(&w->extraction.title), w->extraction.title.size),
                .language = bytes_of_str(w->extraction.language),
                .byte_size = s->stream.size,
                .metadata =
                    bytes_of(buf_text(&w->extraction.metadata), w->extraction.metadata.size),
                .external_id = bytes_of_str(sidecar ? sidecar->external_id : ""),
                .first = s->first,
                .last = s->last,
                .total = s->total,
                .parts = w->n_parts,
            },
    };

    wait_for_answer(s);
    if (s->ended || has_changed(s))
        return;
    w->recorded = false;
    s->waiting = true;
    worker_send_pool(w, &m);
    w->n_parts = 0;
    (void)FAIL_AT(RECORDS_SENT);
    s->first = s->last + 1;
    s->chunk_bytes = 0;
    worker_set_stage(w, STAGE_EXTRACT);
}

/* extract_take_part */
static int take_part(void *user, const struct extract_part *part)
{
    struct split *s = user;
    const struct extraction *x = part->extraction;

    s->chunk_bytes += x->body.size + x->metadata.size + x->title.size;
    return worker_take_part(s->w, part);
}

/* extract_has_time */
static bool has_time(void *user)
{
    const struct split *s = user;

    return budget_allows(&s->w->budget);
}

static int read_record(struct split *s, const struct record *record)
{
    int r = records_extract(s->records, record, take_part, has_time, s);

    if (r < 0)
        return r;
    s->last = record->ordinal;
    if (s->last - s->first + 1 >= CHUNK_RECORDS || s->chunk_bytes >= CHUNK_BYTES)
        send_chunk(s);
    return 0;
}

/* The second pass. 0 or -errno. */
static int read_records(struct split *s)
{
    uint64_t stored = s->w->progress.records;
    uint8_t sha256[32];
    struct record record;
    int r = stream_begin(&s->stream, s->fd, &s->w->page->progress);

    if (r < 0)
        return r;
    s->first = stored + 1;
    s->last = stored;
    records_begin(s->records, stream_read, &s->stream);
    while (!s->ended && !s->changed && (r = records_next(s->records, &record)) == 0) {
        if (record.ordinal > stored)
            r = read_record(s, &record);
        if (r < 0)
            break;
    }
    if (stream_end(&s->stream, sha256) < 0)
        return -ENOMEM;
    if (r < 0 || s->ended || s->changed)
        return r < 0 ? r : 0;
    s->changed = memcmp(sha256, s->sha256, sizeof(sha256)) != 0;
    if (s->first <= s->last)
        send_chunk(s);
    wait_for_answer(s);
    return 0;
}

/* Asks what is stored, and sends the rest. */
static int send_records(struct split *s)
{
    struct worker *w = s->w;
    int r = records_describe(s->records, beside_sidecar(&w->beside), &w->extraction);

    if (r < 0)
        return r;
    s->first = 1;
    s->last = 0;
    send_chunk(s);
    wait_for_answer(s);
    if (!s->ended && !s->changed)
        r = read_records(s);
    if (r < 0 || s->changed || (s->ended && !s->whole))
        return r;
    (void)FAIL_AT(RECORDS_READ);
    w->n_parts = 0; /* of what turned out to be there */
    buf_clear(&w->search.draft);
    worker_send_result(w, s->d, clock_now_usec() - s->begun_usec);
    return 0;
}

static int read_split(struct split *s)
{
    struct worker *w = s->w;
    int r = count(s);

    if (r != 0)
        return r;
    memcpy(w->document.sha256, s->sha256, sizeof(s->sha256));
    w->document.byte_size = s->stream.size;
    w->document.size = 0;
    r = FAIL_AT(READ);
    if (r == 0 && !s->changed) {
        worker_set_stage(w, STAGE_EXTRACT);
        r = send_records(s);
    }
    w->document.changed = s->changed;
    return r;
}

int split_document(struct worker *w, const struct message_document *d, int fd)
{
    struct split s = {.w = w, .d = d, .fd = fd, .begun_usec = clock_now_usec()};
    int r = look(&s);

    if (r == 0)
        r = read_split(&s);
    records_free(s.records);
    if (r == SPLIT_NOT && lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    return r;
}
