/* records.c - records of a file that is split: chunk by chunk they are stored in transactions of
 * their own, while a worker still reads the file.
 *
 * A chunk is a batch of one result that does not end its job. store.c runs its transaction: the
 * file's document, if it is not there; the records; what lies where; how far the file is
 * (penstock.splits), which is fenced by the claim. Each of them may run again and changes nothing,
 * and chunks of one claim come one after the other, so what is stored is always a beginning of the
 * file without gaps: there the next attempt goes on.
 *
 * A chunk outlives its claim (the worker may die, the file be claimed by others), so it has a copy
 * of the ticket; whom it may tell, it looks up when it ends. A worker has one at most.
 */
#include "pool/batch.h"

#include "base/failpoint.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

static void answer(struct worker_link *w, uint64_t token, bool go_on, bool whole, uint64_t records)
{
    const struct message m = {
        .type = MESSAGE_RECORDED,
        .recorded = {.token = token, .go_on = go_on, .whole = whole, .records = records},
    };

    w->owes_recorded = false;
    if (w->peer)
        peer_send(w->peer, &m, -1);
}

static void answer_chunk(const struct result *r, bool go_on)
{
    const struct chunk *c = r->chunk;

    if (c->worker->generation == c->generation)
        answer(c->worker, r->ticket->token, go_on, c->whole, c->stored);
}

static void tell_intake(struct pool *p, const struct result *r, uint64_t records, bool busy)
{
    const struct message m = {
        .type = MESSAGE_SPLITTING,
        .splitting = {.token = r->ticket->token,
                      .records = records,
                      .total = r->chunk->total,
                      .busy = busy},
    };

    pool_send_intake(p, &m);
}

/* ---- chunks as they come ---- */

/* Records from `first` to `last`, each once and in order; or none, which is the question how far
 * the file is. */
static bool is_chunk(const struct message_records *m, const struct part_list *parts)
{
    uint64_t next = m->first;

    if (m->sha256.n != 32 || m->first == 0 || m->last > m->total || m->total > INT32_MAX)
        return false;
    for (size_t i = 0; i < parts->n; i++)
        if (parts->list[i]->depth == 1 && parts->list[i]->m.ordinal != next++)
            return false;
    return next == m->last + 1 && (m->last > 0 || m->first == 1);
}

/* What store.c needs of it as a result; it has no text (a NULL would be null). */
static struct message_result result_of(const struct message_records *m)
{
    return (struct message_result){
        .job = m->job,
        .token = m->token,
        .nonce = m->nonce,
        .sha256 = m->sha256,
        .media_type = m->media_type,
        .supported = true,
        .title = m->title,
        .language = m->language,
        .byte_size = m->byte_size,
        .metadata = m->metadata,
        .body = bytes_of_str(""),
        .external_id = m->external_id,
    };
}

static struct result *chunk_new(struct worker_link *w, const struct ticket *t,
                                const struct message_records *m)
{
    struct result *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->ticket = ticket_copy(t);
    r->chunk = calloc(1, sizeof(*r->chunk));
    if (!r->ticket || !r->chunk) {
        if (r->ticket)
            ticket_free(r->ticket);
        free(r->chunk);
        free(r);
        return NULL;
    }
    *r->chunk = (struct chunk){
        .worker = w, .generation = w->generation, .last = m->last, .total = m->total};
    r->m = result_of(m);
    return r;
}

/* The question comes once for a claim, and then every record once at most: each chunk begins the
 * time of the worker anew. */
static bool follows(const struct ticket *t, const struct message_records *m)
{
    return t->split ? m->last > 0 && m->first > t->record : m->last == 0;
}

static uint64_t text_bytes(const struct part_list *parts)
{
    uint64_t n = 0;

    for (size_t i = 0; i < parts->n; i++)
        n += parts->list[i]->m.body.n;
    return n;
}

bool records_add(struct worker_link *w, const struct message_records *m, struct frame *frame,
                 struct part_list *parts)
{
    struct pool *p = w->pool;
    struct ticket *t = ticket_find(p, m->token);
    struct result *r;

    if (w->owes_recorded || !is_chunk(m, parts))
        return false;
    if (!t || t->used || t->job != m->job || t->nonce != m->nonce) {
        stats_add(&p->base.stats, STATS_FENCED, 1);
        if (!t)
            results_tell_lost(p, m->token);
        answer(w, m->token, false, false, 0);
        return true;
    }
    if (!follows(t, m))
        return false;
    r = FAIL_AT(RECORDS) < 0 ? NULL : chunk_new(w, t, m);
    if (!r) {
        pool_give_up(p);
        return true;
    }
    t->split = true;
    t->record = m->last;
    w->owes_recorded = true;
    r->frame = frame_ref(frame);
    stats_add(&p->base.stats, STATS_TEXT_BYTES, text_bytes(parts));
    r->parts = *parts;
    r->parts_to = parts->n;
    *parts = (struct part_list){0};
    r->bytes = (size_t)pool_setting(p, SETTING_BATCH_BYTES); /* full, whatever is in it */
    tell_intake(p, r, m->first - 1, true);
    result_queue(p, r);
    return true;
}

/* ---- its transaction ---- */

size_t records_n(const struct result *r)
{
    size_t n = 0;

    for (size_t i = r->parts_from; r->chunk && i < r->parts_to; i++)
        n += r->parts.list[i]->depth == 1;
    return n;
}

/* A record lies in front of what is inside it, so a range begins with one. */
void records_range(const struct result *r, uint64_t *ret_first, uint64_t *ret_last)
{
    *ret_first = r->parts_from < r->parts_to ? r->parts.list[r->parts_from]->m.ordinal : 1;
    *ret_last = *ret_first + records_n(r) - 1;
}

void records_halve(struct result *r)
{
    size_t n = records_n(r) / 2, i = r->parts_from;

    for (; n > 0; n--)
        for (i++; r->parts.list[i]->depth > 1; i++)
            ;
    r->parts_to = i;
}

void records_answer(struct result *r, const struct rows *rows)
{
    r->chunk->whole = strcmp(r->outcome, "whole") == 0;
    r->chunk->stored = (uint64_t)rows_int(rows, 0, 3);
}

bool records_stored(struct result *r)
{
    stats_add(&r->chunk->worker->pool->base.stats, STATS_RECORDS, records_n(r));
    if (r->parts_to == r->parts.n)
        return false;
    r->parts_from = r->parts_to;
    r->parts_to = r->parts.n;
    return true;
}

/* ---- how it ends ---- */

/* The file is to be claimed anew, unless it has been already. */
static void give_up_claim(struct pool *p, const struct result *r)
{
    struct ticket *t = ticket_find(p, r->ticket->token);

    if (!t || t->used)
        return; /* what it is waiting for tells the intake */
    results_tell_lost(p, t->token);
    ticket_drop(p, t);
}

void records_tell_stored(struct pool *p, struct result *r)
{
    bool go_on = r->chunk->whole || r->chunk->stored >= r->chunk->last;

    if (go_on)
        tell_intake(p, r, r->chunk->stored, false);
    else
        give_up_claim(p, r); /* somebody has deleted what was stored */
    peer_flush(p->intake);
    answer_chunk(r, go_on);
    (void)FAIL_AT(RECORDS_TOLD);
    result_free(p, r);
}

void records_tell_lost(struct pool *p, struct result *r)
{
    give_up_claim(p, r);
    answer_chunk(r, false);
    result_free(p, r);
}

void records_tell_poison(struct pool *p, struct result *r, const struct db_failure *failure)
{
    struct ticket *t = ticket_find(p, r->ticket->token);
    uint64_t first, last;

    records_range(r, &first, &last);
    if (t && !t->used) {
        t->used = true;
        reports_add_poison(p, t, last >= first ? first : 0, failure);
    }
    answer_chunk(r, false);
    result_free(p, r);
}
