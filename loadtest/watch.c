/* watch.c - see watch.h.
 *
 * A gap is an id that was not there when a larger one was: a transaction that
 * is not committed yet, or an id that no document will ever have (a copy, a
 * batch that was rolled back). In its first second it is asked for each time,
 * later when it has become a tenth older, so that what never comes costs little
 * and what does come is timed too long by at most a tenth. */
#include "watch.h"

#include "database.h"
#include "drop.h"
#include "loadtest_sql.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int prepare(struct watch *w, struct reason *why)
{
    PGresult *rows = NULL, *prepared;
    int r = database_query(w->pg, sql_watch_session, 0, NULL, NULL, why);

    if (r == 0)
        r = database_query(w->pg, sql_newest_document, 0, NULL, &rows, why);
    if (r != 0)
        return r;
    w->newest = database_int(rows, 0, 0);
    PQclear(rows);
    prepared = PQprepare(w->pg, "watch", sql_watch, 2, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        reason_set(why, "%s", PQerrorMessage(w->pg));
        r = 1;
    }
    PQclear(prepared);
    return r;
}

int watch_open(struct watch *w, const char *conninfo, struct manifest *manifest, const char *prefix,
               uint64_t poll_usec, struct reason *why)
{
    *w = (struct watch){.manifest = manifest, .prefix = prefix, .poll_usec = poll_usec};
    (void)pthread_mutex_init(&w->lock, NULL);
    if (database_open(conninfo, &w->pg, why) == 0 && prepare(w, why) == 0)
        return 0;
    watch_close(w);
    return 1;
}

void watch_close(struct watch *w)
{
    w->pg = database_close(w->pg);
    free(w->gaps);
    w->gaps = NULL;
    buf_done(&w->asked);
}

static int add_gap(struct watch *w, int64_t id, uint64_t now)
{
    if (w->n_gaps == w->max_gaps) {
        size_t max = MAX(w->max_gaps * 2, (size_t)1024);
        struct watch_gap *gaps = reallocarray(w->gaps, max, sizeof(*gaps));

        if (!gaps)
            return -ENOMEM;
        w->gaps = gaps;
        w->max_gaps = max;
    }
    w->gaps[w->n_gaps++] = (struct watch_gap){id, now, now};
    return 0;
}

/* Gaps are in the order of their ids. */
static int by_id(const void *a, const void *b)
{
    const struct watch_gap *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static void close_gap(struct watch *w, int64_t id)
{
    struct watch_gap key = {.id = id};
    struct watch_gap *gap =
        w->n_gaps ? bsearch(&key, w->gaps, w->n_gaps, sizeof(key), by_id) : NULL;

    if (gap)
        gap->since_usec = 0;
}

static void forget_closed(struct watch *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n_gaps; i++)
        if (w->gaps[i].since_usec != 0)
            w->gaps[n++] = w->gaps[i];
    w->n_gaps = n;
}

static void ask_for_gaps(struct watch *w, uint64_t now)
{
    buf_clear(&w->asked);
    buf_add_char(&w->asked, '{');
    for (size_t i = 0; i < w->n_gaps; i++) {
        struct watch_gap *gap = &w->gaps[i];
        uint64_t age = now - gap->since_usec;

        if (gap->next_usec > now)
            continue;
        gap->next_usec = age < USEC_PER_SEC ? now : now + age / 10;
        buf_printf(&w->asked, "%s%lld", w->asked.size > 1 ? "," : "", (long long)gap->id);
    }
    buf_add_char(&w->asked, '}');
}

static void note(struct watch *w, const char *name, uint64_t now)
{
    int64_t number = drop_number_of(w->prefix, name);
    int64_t usec = number < 0 ? -1 : manifest_found(w->manifest, (uint64_t)number, now);

    if (usec < 0)
        return;
    times_add(&w->all, (uint64_t)usec);
    times_add(&w->window, (uint64_t)usec);
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* New gaps: what lies between the ids that came, beyond the newest before. */
static int note_gaps(struct watch *w, int64_t *ids, size_t n, uint64_t now)
{
    int r = 0;

    qsort(ids, n, sizeof(*ids), compare_ids);
    for (size_t i = 0; i < n; i++) {
        if (ids[i] <= w->newest) {
            close_gap(w, ids[i]);
            continue;
        }
        while (r == 0 && ++w->newest < ids[i])
            r = add_gap(w, w->newest, now);
    }
    forget_closed(w);
    return r;
}

static int take_rows(struct watch *w, const PGresult *rows, uint64_t now)
{
    size_t n = (size_t)PQntuples(rows);
    int64_t *ids = n ? calloc(n, sizeof(*ids)) : NULL;
    int r;

    if (n == 0)
        return 0;
    if (!ids)
        return -ENOMEM;
    (void)pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < n; i++) {
        ids[i] = database_int(rows, (int)i, 0);
        note(w, database_text(rows, (int)i, 1), now);
    }
    (void)pthread_mutex_unlock(&w->lock);
    r = note_gaps(w, ids, n, now);
    free(ids);
    return r;
}

static int look(struct watch *w)
{
    char newest[24];
    const char *values[2] = {newest};
    PGresult *rows;
    int r = 0;

    (void)snprintf(newest, sizeof(newest), "%lld", (long long)w->newest);
    ask_for_gaps(w, clock_now_usec());
    values[1] = buf_text(&w->asked);
    rows = PQexecPrepared(w->pg, "watch", 2, values, NULL, NULL, 0);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK) {
        reason_set(&w->failure, "the watcher's query failed: %s", PQerrorMessage(w->pg));
        r = 1;
    } else if (take_rows(w, rows, clock_now_usec()) < 0) {
        reason_set(&w->failure, "out of memory");
        r = 1;
    }
    PQclear(rows);
    return r;
}

static void *run_thread(void *data)
{
    struct watch *w = data;
    uint64_t next = clock_now_usec(), now;
    int r = 0;

    while (r == 0 && !w->stopping) {
        if (atomic_load(&w->manifest->n_found) < atomic_load(&w->manifest->n_contents))
            r = look(w);
        now = clock_now_usec();
        next = MAX(next + w->poll_usec, now);
        (void)nanosleep(&(struct timespec){.tv_sec = (time_t)((next - now) / USEC_PER_SEC),
                                           .tv_nsec = (long)((next - now) % USEC_PER_SEC * 1000)},
                        NULL);
    }
    w->failed = r != 0;
    return NULL;
}

int watch_start(struct watch *w, struct reason *why)
{
    int r = pthread_create(&w->thread, NULL, run_thread, w);

    if (r != 0)
        reason_set(why, "no thread for the watcher: %s", strerror(r));
    w->started = r == 0;
    return r != 0;
}

int watch_end(struct watch *w, struct reason *why)
{
    w->stopping = true;
    if (w->started)
        (void)pthread_join(w->thread, NULL);
    w->started = false;
    if (w->failed)
        reason_set(why, "%s", w->failure.text);
    return w->failed;
}

void watch_take_window(struct watch *w, struct times *ret)
{
    (void)pthread_mutex_lock(&w->lock);
    *ret = w->window;
    times_clear(&w->window);
    (void)pthread_mutex_unlock(&w->lock);
}

void watch_take_all(struct watch *w, struct times *ret)
{
    (void)pthread_mutex_lock(&w->lock);
    *ret = w->all;
    (void)pthread_mutex_unlock(&w->lock);
}
