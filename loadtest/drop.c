/* drop.c - see drop.h. A thread takes the next number, makes the document, and
 * waits until it is due; what it then does is write, close, rename. The row of
 * the manifest is written before the file gets its name. */
#include "drop.h"

#include "stop.h"

#include "base/clock.h"
#include "base/fd.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FULL_USEC 2000 /* how long a dropper waits for room in the inbox */

static void path_of(const struct drop *d, const char *dot, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%s/%s%s", d->inbox, dot, d->prefix);
}

static int write_file(const char *path, const struct buf *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), r;

    if (fd < 0)
        return -errno;
    r = fd_write_all(fd, bytes->data, bytes->size);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

static void fill_row(struct drop *d, uint64_t i, const struct corpus_document *document)
{
    struct manifest_row *row = &d->manifest->rows[i];

    row->content = document->content;
    row->n_bytes = document->bytes.size;
    if (d->hash)
        (void)SHA256((const unsigned char *)document->bytes.data, document->bytes.size,
                     row->sha256);
}

/* Behind the schedule's back nothing is made up: the time that counts is when
 * it was due. */
static int wait_due(struct drop *d, uint64_t i)
{
    if (d->mode == DROP_RATE)
        return stop_sleep_until(schedule_due_usec(&d->schedule, i)) ? -EINTR : 0;
    while (atomic_load(&d->manifest->n_contents) >=
           atomic_load(&d->manifest->n_found) + d->max_waiting) {
        if (d->stopping || stop_sleep(FULL_USEC))
            return -EINTR;
    }
    return 0;
}

static int drop_one(struct drop *d, uint64_t i, struct corpus_document *document)
{
    char folder[PATH_MAX], hidden[PATH_MAX + 32], path[PATH_MAX + 32];
    int r = corpus_make(d->corpus, i, document);

    if (r < 0)
        return r;
    fill_row(d, i, document);
    r = wait_due(d, i);
    if (r < 0)
        return r;
    d->manifest->rows[i].due_usec =
        d->mode == DROP_RATE ? schedule_due_usec(&d->schedule, i) : clock_now_usec();
    path_of(d, "", folder);
    (void)snprintf(hidden, sizeof(hidden), "%s/.%08llu.tmp", folder, (unsigned long long)i);
    (void)snprintf(path, sizeof(path), "%s/%08llu.%s", folder, (unsigned long long)i,
                   document->extension);
    r = write_file(hidden, &document->bytes);
    if (r == 0 && rename(hidden, path) < 0)
        r = -errno;
    if (r == 0)
        manifest_dropped(d->manifest, i, clock_now_usec());
    return r;
}

/* A file of a burst: it cannot be seen, as its folder is hidden. */
static int prepare_one(struct drop *d, uint64_t i, struct corpus_document *document)
{
    char folder[PATH_MAX], path[PATH_MAX + 32];
    int r = corpus_make(d->corpus, i, document);

    if (r < 0)
        return r;
    fill_row(d, i, document);
    path_of(d, ".", folder);
    (void)snprintf(path, sizeof(path), "%s/%08llu.%s", folder, (unsigned long long)i,
                   document->extension);
    return write_file(path, &document->bytes);
}

static void *run_thread(void *data)
{
    struct drop *d = data;
    struct corpus_document document = {BUF_INIT};
    int r = 0, none = 0;
    uint64_t i;

    while (r == 0 && !d->stopping && !stop_requested()) {
        i = atomic_fetch_add(&d->next, 1);
        if (i >= d->n_documents)
            break;
        r = (d->mode == DROP_BURST ? prepare_one : drop_one)(d, i, &document);
    }
    if (r < 0 && r != -EINTR)
        (void)atomic_compare_exchange_strong(&d->error, &none, r);
    buf_done(&document.bytes);
    return NULL;
}

static int start_threads(struct drop *d, struct reason *why)
{
    int r = 0;

    d->next = 0;
    while (r == 0 && d->n_started < MIN(d->n_threads, DROP_MAX_THREADS)) {
        r = pthread_create(&d->threads[d->n_started], NULL, run_thread, d);
        if (r == 0)
            d->n_started++;
    }
    if (r != 0)
        reason_set(why, "no thread for a dropper: %s", strerror(r));
    return r != 0;
}

int drop_end(struct drop *d, struct reason *why)
{
    d->stopping = true;
    for (unsigned i = 0; i < d->n_started; i++)
        (void)pthread_join(d->threads[i], NULL);
    d->n_started = 0;
    d->stopping = false;
    if (d->error < 0)
        reason_set(why, "dropping into %s failed: %s", d->inbox, strerror(-d->error));
    return d->error < 0;
}

static int wait_prepared(struct drop *d, struct reason *why)
{
    for (unsigned i = 0; i < d->n_started; i++)
        (void)pthread_join(d->threads[i], NULL);
    d->n_started = 0;
    if (stop_requested())
        reason_set(why, "interrupted");
    return drop_end(d, why) || stop_requested();
}

int drop_prepare(struct drop *d, struct reason *why)
{
    char folder[PATH_MAX];

    path_of(d, d->mode == DROP_BURST ? "." : "", folder);
    if (mkdir(folder, 0755) < 0) {
        reason_set(why, "%s: %s", folder, strerror(errno));
        return 1;
    }
    if (d->mode != DROP_BURST)
        return 0;
    return start_threads(d, why) || wait_prepared(d, why);
}

int drop_start(struct drop *d, struct reason *why)
{
    char hidden[PATH_MAX], folder[PATH_MAX];

    d->schedule.start_usec = clock_now_usec();
    if (d->mode != DROP_BURST)
        return start_threads(d, why);
    path_of(d, ".", hidden);
    path_of(d, "", folder);
    for (uint64_t i = 0; i < d->n_documents; i++) {
        d->manifest->rows[i].due_usec = d->schedule.start_usec;
        manifest_dropped(d->manifest, i, d->schedule.start_usec);
    }
    if (rename(hidden, folder) < 0) {
        reason_set(why, "%s: %s", folder, strerror(errno));
        return 1;
    }
    return 0;
}

bool drop_is_through(const struct drop *d)
{
    return atomic_load(&d->manifest->n_dropped) >= d->n_documents || d->error < 0;
}

int64_t drop_number_of(const char *prefix, const char *name)
{
    size_t n = strlen(prefix);
    char *end;
    long long number;

    if (strncmp(name, prefix, n) != 0 || name[n] != '/' || !isdigit((unsigned char)name[n + 1]))
        return -1;
    number = strtoll(name + n + 1, &end, 10);
    return *end == '.' ? number : -1;
}
