/* store_parts.c - the statements of a store transaction for documents inside documents: their rows,
 * level by level, since each needs the id of what it lies in; then what lies where (`parts`).
 *
 * Within a statement rows go by content like those of files, so that two transactions meet in one
 * order; across statements they may not (store.c).
 */
#include "pool/batch.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* A part with what it belongs to. */
struct placed {
    const struct result *file;
    const struct part *part;
};

struct placed_list {
    struct placed *list;
    size_t n;
};

static struct bytes parent_sha256(const struct placed *p)
{
    return p->part->parent ? p->part->parent->m.sha256 : p->file->m.sha256;
}

static int by_content(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = strcmp(x->file->ticket->collection, y->file->ticket->collection);

    if (order == 0)
        order = memcmp(x->part->m.sha256.at, y->part->m.sha256.at, 32);
    if (order == 0)
        order = memcmp(parent_sha256(x).at, parent_sha256(y).at, 32);
    return order ? order
                 : (x->part->m.ordinal > y->part->m.ordinal) -
                       (x->part->m.ordinal < y->part->m.ordinal);
}

/* Of one depth, or with 0 of all. Of a content that several files bring, those of the first do. */
static void place(const struct batch *b, unsigned depth, struct placed_list *ret)
{
    ret->n = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct result *file = b->list[i];

        for (size_t k = file->parts_from; file->first && k < file->parts_to; k++) {
            const struct part *part = file->parts.list[k];

            if (depth == 0 || part->depth == depth)
                ret->list[ret->n++] = (struct placed){file, part};
        }
    }
    qsort(ret->list, ret->n, sizeof(*ret->list), by_content);
}

static void add_collections(struct params *params, const struct placed_list *l)
{
    params_add_array(params, PARAM_TEXT, l->n);
    for (size_t i = 0; i < l->n; i++) {
        const char *name = l->list[i].file->ticket->collection;

        params_element(params, name, strlen(name));
    }
}

static void add_parents(struct params *params, const struct placed_list *l)
{
    params_add_array(params, PARAM_BYTEA, l->n);
    for (size_t i = 0; i < l->n; i++)
        params_element(params, parent_sha256(&l->list[i]).at, 32);
}

#define FIELD(name) offsetof(struct message_part, name)

static void add_column(struct params *params, enum param_type type, const struct placed_list *l,
                       size_t offset)
{
    params_add_array(params, type, l->n);
    for (size_t i = 0; i < l->n; i++) {
        const struct bytes *value =
            (const struct bytes *)((const char *)&l->list[i].part->m + offset);

        params_element(params, value->at, value->n);
    }
}

static void add_rows(struct params *params, const struct batch *b, const struct placed_list *l)
{
    add_collections(params, l);
    add_column(params, PARAM_BYTEA, l, FIELD(sha256));
    add_column(params, PARAM_TEXT, l, FIELD(path));
    add_column(params, PARAM_TEXT, l, FIELD(media_type));
    add_column(params, PARAM_TEXT, l, FIELD(title));
    add_column(params, PARAM_TEXT, l, FIELD(language));
    params_add_array(params, PARAM_INT8, l->n);
    for (size_t i = 0; i < l->n; i++)
        params_element_int8(params, (int64_t)l->list[i].part->m.byte_size);
    add_column(params, PARAM_JSONB, l, FIELD(metadata));
    add_column(params, PARAM_TEXT, l, FIELD(body));
    params_add_array(params, PARAM_TEXT, l->n);
    for (size_t i = 0; i < l->n; i++) {
        const char *name = pool_text_config_name(b->work.pool, l->list[i].part->m.language);

        params_element(params, name, strlen(name));
    }
    params_add_array(params, PARAM_TSVECTOR, l->n);
    for (size_t i = 0; i < l->n; i++) {
        struct bytes vector = l->list[i].part->search.vector;

        params_element(params, vector.n > 0 ? vector.at : NULL, vector.n);
    }
    add_parents(params, l);
}

static void add_places(struct params *params, const struct placed_list *l)
{
    add_collections(params, l);
    add_parents(params, l);
    params_add_array(params, PARAM_INT8, l->n);
    for (size_t i = 0; i < l->n; i++)
        params_element_int8(params, (int64_t)l->list[i].part->m.ordinal);
    add_column(params, PARAM_TEXT, l, FIELD(path));
    add_column(params, PARAM_BYTEA, l, FIELD(sha256));
}

static size_t count_parts(const struct batch *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->list[i]->first ? b->list[i]->parts_to - b->list[i]->parts_from : 0;
    return n;
}

static int add_statements(const struct batch *b, struct placed_list *l,
                          struct statement *statements,
                          struct params *params[STORE_MAX_PART_STATEMENTS])
{
    int n = 0;

    for (unsigned depth = 1; depth <= PARTS_MAX_DEPTH; depth++) {
        place(b, depth, l);
        if (l->n == 0)
            break;
        if (!(params[n] = params_new()))
            return -ENOMEM;
        add_rows(params[n], b, l);
        statements[n] = (struct statement){.sql = sql_store_parts, .params = params[n]};
        n++;
    }
    place(b, 0, l);
    if (!(params[n] = params_new()))
        return -ENOMEM;
    add_places(params[n], l);
    statements[n] = (struct statement){.sql = sql_store_places, .params = params[n]};
    return n + 1;
}

int store_add_parts(const struct batch *b, struct statement *statements,
                    struct params *params[STORE_MAX_PART_STATEMENTS])
{
    size_t n = count_parts(b);
    struct placed_list l = {0};
    int r;

    if (n == 0)
        return 0;
    l.list = calloc(n, sizeof(*l.list));
    if (!l.list)
        return -ENOMEM;
    r = add_statements(b, &l, statements, params);
    free(l.list);
    return r;
}
