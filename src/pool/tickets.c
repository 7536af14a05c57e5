/* tickets.c - the claims that are out, by token. The pool believes a worker only about a token it
 * knows, and takes what a result belongs to (collection, path) from here, never from the worker. */
#include "pool/pool.h"

#include <stdlib.h>
#include <string.h>

static char *copy_bytes(struct bytes b)
{
    char *copy = malloc(b.n + 1);

    if (copy) {
        if (b.n > 0)
            memcpy(copy, b.at, b.n);
        copy[b.n] = '\0';
    }
    return copy;
}

void ticket_free(struct ticket *t)
{
    free(t->collection);
    free(t->path);
    free(t);
}

struct ticket *ticket_add(struct pool *p, uint64_t token, uint64_t job, uint64_t nonce,
                          struct bytes collection, struct bytes path)
{
    struct ticket *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->token = token;
    t->job = job;
    t->nonce = nonce;
    t->attempt = 1;
    t->collection = copy_bytes(collection);
    t->path = copy_bytes(path);
    t->path_size = path.n;
    if (!t->collection || !t->path) {
        ticket_free(t);
        return NULL;
    }
    HASH_ADD(hh, p->tickets, token, sizeof(t->token), t);
    p->last_job = MAX(p->last_job, job);
    return t;
}

struct ticket *ticket_copy(const struct ticket *t)
{
    struct ticket *copy = calloc(1, sizeof(*copy));

    if (!copy)
        return NULL;
    *copy = *t;
    copy->collection = copy_bytes(bytes_of_str(t->collection));
    copy->path = copy_bytes((struct bytes){.at = t->path, .n = t->path_size});
    if (copy->collection && copy->path)
        return copy;
    ticket_free(copy);
    return NULL;
}

struct ticket *ticket_find(struct pool *p, uint64_t token)
{
    struct ticket *t;

    HASH_FIND(hh, p->tickets, &token, sizeof(token), t);
    return t;
}

void ticket_renew(struct pool *p, struct ticket *t, uint64_t new_token)
{
    HASH_DEL(p->tickets, t);
    t->token = new_token;
    t->split = false;
    t->record = 0;
    HASH_ADD(hh, p->tickets, token, sizeof(t->token), t);
}

void ticket_drop(struct pool *p, struct ticket *t)
{
    HASH_DEL(p->tickets, t);
    ticket_free(t);
}

void tickets_clear_unused(struct pool *p)
{
    struct ticket *t, *next;

    HASH_ITER (hh, p->tickets, t, next) {
        if (!t->used)
            ticket_drop(p, t);
    }
}

uint64_t tickets_lowest_job(const struct pool *p)
{
    uint64_t lowest = p->last_job + 1; /* claims to come have larger numbers */

    for (const struct ticket *t = p->tickets; t; t = t->hh.next)
        lowest = MIN(lowest, t->job);
    return lowest;
}

void tickets_add_tokens(const struct pool *p, struct params *params)
{
    params_add_array(params, PARAM_INT8, HASH_COUNT(p->tickets));
    for (const struct ticket *t = p->tickets; t; t = t->hh.next)
        params_element_int8(params, (int64_t)t->token);
}
