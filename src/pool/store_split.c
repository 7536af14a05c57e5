/* store_split.c - the parameters of the statements of a store transaction that concern files which
 * are split, or could be: columns of rows, of the files that are meant.
 */
#include "pool/batch.h"

#include <string.h>

void store_add_records(struct params *params, const struct result *r)
{
    uint64_t first, last;

    records_range(r, &first, &last);
    params_add_int8(params, (int64_t)r->ticket->job);
    params_add_int8(params, (int64_t)r->ticket->token);
    params_add_text(params, r->ticket->collection, strlen(r->ticket->collection));
    params_add_bytea(params, r->m.sha256.at, r->m.sha256.n);
    params_add_int8(params, (int64_t)first);
    params_add_int8(params, (int64_t)last);
    params_add_int8(params, (int64_t)r->chunk->total);
}

static bool was_split(const struct result *r)
{
    return r->first && r->ticket->split;
}

/* Its type is one that PENSTOCK_SPLIT knows. */
static bool was_not_split(const struct result *r)
{
    static const char *const types[] = {"application/x-ndjson", "text/csv",
                                        "text/tab-separated-values", "application/mbox"};

    for (size_t i = 0; r->first && !r->ticket->split && i < ARRAY_SIZE(types); i++)
        if (bytes_equal_str(r->m.media_type, types[i]))
            return true;
    return false;
}

typedef bool (*which)(const struct result *r);

static size_t count(const struct batch *b, which is_meant)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += is_meant(b->list[i]);
    return n;
}

static void add_collections(struct params *params, const struct batch *b, which is_meant)
{
    params_add_array(params, PARAM_TEXT, count(b, is_meant));
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->list[i]->ticket->collection;

        if (is_meant(b->list[i]))
            params_element(params, name, strlen(name));
    }
}

#define FIELD(name) offsetof(struct message_result, name)

static void add_column(struct params *params, enum param_type type, const struct batch *b,
                       which is_meant, size_t offset)
{
    params_add_array(params, type, count(b, is_meant));
    for (size_t i = 0; i < b->n; i++) {
        const struct bytes *value = (const struct bytes *)((const char *)&b->list[i]->m + offset);

        if (is_meant(b->list[i]))
            params_element(params, value->at, value->n);
    }
}

size_t store_add_split(struct params *params, const struct batch *b)
{
    add_collections(params, b, was_split);
    add_column(params, PARAM_BYTEA, b, was_split, FIELD(sha256));
    return count(b, was_split);
}

size_t store_add_unsplit(struct params *params, const struct batch *b)
{
    add_collections(params, b, was_not_split);
    add_column(params, PARAM_BYTEA, b, was_not_split, FIELD(sha256));
    add_column(params, PARAM_TEXT, b, was_not_split, FIELD(title));
    add_column(params, PARAM_TEXT, b, was_not_split, FIELD(language));
    add_column(params, PARAM_JSONB, b, was_not_split, FIELD(metadata));
    add_column(params, PARAM_TEXT, b, was_not_split, FIELD(body));
    params_add_array(params, PARAM_TEXT, count(b, was_not_split));
    for (size_t i = 0; i < b->n; i++) {
        const char *config = pool_text_config_name(b->work.pool, b->list[i]->m.language);

        if (was_not_split(b->list[i]))
            params_element(params, config, strlen(config));
    }
    params_add_array(params, PARAM_TSVECTOR, count(b, was_not_split));
    for (size_t i = 0; i < b->n; i++) {
        struct bytes vector = b->list[i]->search.vector;

        if (was_not_split(b->list[i]))
            params_element(params, vector.n > 0 ? vector.at : NULL, vector.n);
    }
    return count(b, was_not_split);
}
