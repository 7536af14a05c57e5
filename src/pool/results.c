/* results.c - results as they come from the workers: checked against their claim, queued, taken out
 * in batches.
 *
 * On a quiet day a document goes alone and at once. While as many are claimed as would fill a batch,
 * or while another batch is being stored, results wait for a batch to fill, but not for long: a
 * transaction has its price whatever is in it, and the fewer there are, the more is stored. What is
 * queued is bounded: beyond it the workers are paused, and so everything before them is.
 */
#include "pool/batch.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <stdlib.h>
#include <string.h>

/* What may be queued or under way, in full batches. */
#define QUEUE_BATCHES 8
/* External ids in a batch: it holds a lock for each (store_external.sql), and PostgreSQL has room for
 * 64 a connection at least, shared by all. */
#define MAX_EXTERNAL_ROWS 256
/* How long a result waits for others that are on their way. */
#define LINGER_USEC (50 * USEC_PER_MSEC)

/* One that is larger than a batch counts as one: else, while it waits alone for whatever stands in
 * its way, nothing else would be read. */
static size_t count_bytes(const struct pool *p, const struct result *r)
{
    return MIN((size_t)pool_setting(p, SETTING_BATCH_BYTES), r->frame->size + r->parts.bytes);
}

/* If the intake does not know the token either, nothing happens. */
void results_tell_lost(struct pool *p, uint64_t token)
{
    const struct message lost = {.type = MESSAGE_LOST, .lost = {.token = token}};

    pool_send_intake(p, &lost);
}

void results_add(struct pool *p, const struct message_result *m, struct frame *frame,
                 struct part_list *parts)
{
    struct ticket *t = ticket_find(p, m->token);
    struct result *r;

    if (!t || t->used || t->job != m->job || t->nonce != m->nonce) {
        stats_add(&p->base.stats, STATS_FENCED, 1);
        if (!t)
            results_tell_lost(p, m->token);
        return;
    }
    r = FAIL_AT(RESULT) < 0 ? NULL : calloc(1, sizeof(*r));
    if (!r) {
        pool_give_up(p);
        return;
    }
    t->used = true;
    r->ticket = t;
    r->frame = frame_ref(frame);
    r->m = *m;
    r->parts = *parts;
    r->parts_to = parts->n;
    *parts = (struct part_list){0};
    r->bytes = count_bytes(p, r);
    stats_add(&p->base.stats, STATS_TEXT_BYTES, m->body.n);
    stats_time(&p->base.stats, HISTOGRAM_EXTRACT, m->extract_usec);
    result_queue(p, r);
}

void result_queue(struct pool *p, struct result *r)
{
    r->received_usec = clock_now_usec();
    TAILQ_INSERT_TAIL(&p->results, r, next);
    p->n_results++;
    p->n_queued++;
    p->result_bytes += r->bytes;
    p->queued_bytes += r->bytes;
    lanes_kick(p);
}

void result_free(struct pool *p, struct result *r)
{
    p->n_results--;
    p->result_bytes -= r->bytes;
    (void)frame_unref(r->frame);
    buf_done(&r->search.completed);
    parts_free(&r->parts);
    if (r->chunk)
        ticket_free(r->ticket);
    free(r->chunk);
    free(r);
}

/* Whether `batches` full ones, by rows or by bytes, are queued or under way. */
static bool holds_batches(const struct pool *p, size_t batches)
{
    return p->n_results >= (size_t)pool_setting(p, SETTING_BATCH_ROWS) * batches ||
           p->result_bytes >= (size_t)pool_setting(p, SETTING_BATCH_BYTES) * batches;
}

bool results_full(const struct pool *p)
{
    return holds_batches(p, QUEUE_BATCHES);
}

bool results_roomy(const struct pool *p)
{
    return !holds_batches(p, QUEUE_BATCHES / 2);
}

static bool is_full_batch(const struct pool *p)
{
    return p->n_queued >= (size_t)pool_setting(p, SETTING_BATCH_ROWS) ||
           p->queued_bytes >= (size_t)pool_setting(p, SETTING_BATCH_BYTES);
}

/* Of three or more connections one is left to claims, so that workers do not run dry while all are
 * storing. */
bool results_ready(const struct pool *p)
{
    unsigned limit = p->max_lanes > 2 ? p->max_lanes - 1 : p->max_lanes;

    if (p->n_queued == 0 || p->n_storing >= limit)
        return false;
    return is_full_batch(p) || clock_now_usec() >= results_linger_until(p);
}

/* Whether what is claimed and no result yet would fill the batch. */
static bool are_more_to_come(const struct pool *p)
{
    size_t n_coming = HASH_COUNT(p->tickets) - MIN(HASH_COUNT(p->tickets), p->n_results);

    return p->n_queued + n_coming >= (size_t)pool_setting(p, SETTING_BATCH_ROWS);
}

bool results_press(const struct pool *p)
{
    return is_full_batch(p) || are_more_to_come(p);
}

uint64_t results_linger_until(const struct pool *p)
{
    const struct result *oldest = TAILQ_FIRST(&p->results);

    if (!oldest)
        return UINT64_MAX;
    return p->n_storing > 0 || are_more_to_come(p) ? oldest->received_usec + LINGER_USEC : 0;
}

static int by_content(const void *a, const void *b)
{
    const struct result *x = *(struct result *const *)a, *y = *(struct result *const *)b;
    int order = strcmp(x->ticket->collection, y->ticket->collection);

    if (order == 0)
        order = memcmp(x->m.sha256.at, y->m.sha256.at, 32);
    if (order == 0)
        order = x->ticket->job < y->ticket->job ? -1 : 1;
    return order;
}

static bool same_content(const struct result *x, const struct result *y)
{
    return memcmp(x->m.sha256.at, y->m.sha256.at, 32) == 0 &&
           strcmp(x->ticket->collection, y->ticket->collection) == 0;
}

void batch_sort(struct batch *b)
{
    qsort(b->list, b->n, sizeof(*b->list), by_content);
    for (size_t i = 0; i < b->n; i++)
        b->list[i]->first = i == 0 || !same_content(b->list[i - 1], b->list[i]);
}

struct batch *batch_new(struct pool *p, size_t room)
{
    struct batch *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->list = calloc(room, sizeof(*b->list));
    if (!b->list) {
        free(b);
        return NULL;
    }
    work_init(&b->work, p, &batch_kind);
    return b;
}

void batch_free(struct batch *b)
{
    free(b->list);
    free(b);
}

/* A chunk of records goes alone: it is as much as a batch, and who has sent it waits. */
static bool may_join(const struct batch *b, const struct result *r)
{
    return b->n == 0 || (!r->chunk && !b->list[0]->chunk);
}

struct work *results_take(struct pool *p)
{
    size_t max_rows = (size_t)pool_setting(p, SETTING_BATCH_ROWS);
    size_t max_bytes = (size_t)pool_setting(p, SETTING_BATCH_BYTES), bytes = 0, n_external = 0;
    struct batch *b = batch_new(p, MIN(max_rows, p->n_queued));
    struct result *r;

    if (!b)
        return NULL;
    while (b->n < max_rows && (r = TAILQ_FIRST(&p->results)) &&
           (b->n == 0 || bytes + r->bytes <= max_bytes) && n_external < MAX_EXTERNAL_ROWS &&
           may_join(b, r)) {
        TAILQ_REMOVE(&p->results, r, next);
        bytes += r->bytes;
        n_external += r->m.external_id.n > 0;
        p->n_queued--;
        p->queued_bytes -= r->bytes;
        b->list[b->n++] = r;
    }
    b->work.ready_usec = b->list[0]->received_usec;
    batch_sort(b);
    return &b->work;
}
