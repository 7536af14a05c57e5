/* store_request.c - what a batch asks of the database: the statements of a store transaction up to
 * its COMMIT, and their parameters, columns of rows. What becomes of the answers is store.c's.
 */
#include "pool/batch.h"

#include "inbox/name.h"
#include "sql.h"

#include <string.h>

static size_t count_first(const struct batch *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->list[i]->first;
    return n;
}

#define FIELD(name) offsetof(struct message_result, name)

/* An array of one field of the results; of all, or of those that bring a content. */
static void add_column(struct params *params, enum param_type type, const struct batch *b, bool all,
                       size_t offset)
{
    params_add_array(params, type, all ? b->n : count_first(b));
    for (size_t i = 0; i < b->n; i++) {
        const struct bytes *value = (const struct bytes *)((const char *)&b->list[i]->m + offset);

        if (all || b->list[i]->first)
            params_element(params, value->at, value->n);
    }
}

static void add_collections(struct params *params, const struct batch *b, bool all)
{
    params_add_array(params, PARAM_TEXT, all ? b->n : count_first(b));
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->list[i]->ticket->collection;

        if (all || b->list[i]->first)
            params_element(params, name, strlen(name));
    }
}

static void add_names(struct params *params, const struct batch *b)
{
    struct buf name = BUF_INIT;

    params_add_array(params, PARAM_TEXT, count_first(b));
    for (size_t i = 0; i < b->n; i++) {
        if (!b->list[i]->first)
            continue;
        buf_clear(&name);
        inbox_path_show(b->list[i]->ticket->path, b->list[i]->ticket->path_size, &name);
        if (buf_error(&name) == 0) /* else it is missing, and the request is not sent */
            params_element(params, buf_text(&name), name.size);
    }
    buf_done(&name);
}

/* Null where the worker made none. */
static void add_vectors(struct params *params, const struct batch *b)
{
    params_add_array(params, PARAM_TSVECTOR, count_first(b));
    for (size_t i = 0; i < b->n; i++) {
        struct bytes vector = b->list[i]->search.vector;

        if (b->list[i]->first)
            params_element(params, vector.n > 0 ? vector.at : NULL, vector.n);
    }
}

static void add_jobs_of_contents(struct params *params, const struct batch *b)
{
    params_add_array(params, PARAM_INT8, count_first(b));
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i]->first)
            params_element_int8(params, (int64_t)b->list[i]->ticket->job);
}

static void add_configs(struct params *params, const struct batch *b)
{
    params_add_array(params, PARAM_TEXT, count_first(b));
    for (size_t i = 0; i < b->n; i++) {
        const char *name = pool_text_config_name(b->work.pool, b->list[i]->m.language);

        if (b->list[i]->first)
            params_element(params, name, strlen(name));
    }
}

static void add_documents(struct params *params, const struct batch *b)
{
    add_collections(params, b, false);
    add_column(params, PARAM_BYTEA, b, false, FIELD(sha256));
    add_names(params, b);
    add_column(params, PARAM_TEXT, b, false, FIELD(media_type));
    add_column(params, PARAM_TEXT, b, false, FIELD(title));
    add_column(params, PARAM_TEXT, b, false, FIELD(language));
    params_add_array(params, PARAM_INT8, count_first(b));
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i]->first)
            params_element_int8(params, (int64_t)b->list[i]->m.byte_size);
    add_column(params, PARAM_JSONB, b, false, FIELD(metadata));
    add_column(params, PARAM_TEXT, b, false, FIELD(body));
    add_configs(params, b);
    add_vectors(params, b);
    add_column(params, PARAM_TEXT, b, false, FIELD(external_id));
    add_jobs_of_contents(params, b);
}

/* Of the contents that have an external id. Returns how many there are. */
static size_t add_external(struct params *params, const struct batch *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->list[i]->first && b->list[i]->m.external_id.n > 0;
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->list[i]->ticket->collection;

        if (b->list[i]->first && b->list[i]->m.external_id.n > 0)
            params_element(params, name, strlen(name));
    }
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < b->n; i++) {
        struct bytes id = b->list[i]->m.external_id;

        if (b->list[i]->first && id.n > 0)
            params_element(params, id.at, id.n);
    }
    return n;
}

static void add_claims(struct params *params, const struct batch *b)
{
    params_add_array(params, PARAM_INT8, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_int8(params, (int64_t)b->list[i]->ticket->job);
    params_add_array(params, PARAM_INT8, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_int8(params, (int64_t)b->list[i]->ticket->token);
}

static void add_jobs(struct params *params, const struct batch *b)
{
    add_claims(params, b);
    add_collections(params, b, true);
    add_column(params, PARAM_BYTEA, b, true, FIELD(sha256));
    params_add_array(params, PARAM_BOOL, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_bool(params, b->list[i]->first);
    params_add_array(params, PARAM_BOOL, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_bool(params, b->list[i]->m.supported);
}

/* The jobs that had an earlier attempt may have a row in job_retries. Returns how many there are.
 */
static size_t add_retried(struct params *params, const struct batch *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->list[i]->ticket->attempt > 1;
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i]->ticket->attempt > 1)
            params_element_int8(params, (int64_t)b->list[i]->ticket->job);
    return n;
}

/* What store_sidecars.sql asks for. Returns how many results came with a sidecar. */
static size_t add_sidecars(struct params *params, const struct batch *b)
{
    const char *node = b->work.pool->node;
    size_t n = 0;

    params_add_array(params, PARAM_INT8, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_int8(params, (int64_t)b->list[i]->ticket->job);
    add_collections(params, b, true);
    add_column(params, PARAM_BYTEA, b, true, FIELD(sha256));
    params_add_array(params, PARAM_BOOL, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_bool(params, b->list[i]->first);
    params_add_array(params, PARAM_BOOL, b->n);
    for (size_t i = 0; i < b->n; i++) {
        params_element_bool(params, b->list[i]->m.has_sidecar);
        n += b->list[i]->m.has_sidecar;
    }
    add_column(params, PARAM_TEXT, b, true, FIELD(external_id));
    params_add_text(params, node, strlen(node));
    return n;
}

#define MAX_STATEMENTS (17 + STORE_MAX_PART_STATEMENTS) /* of a trial with retried jobs */

enum {
    PARAMS_LOCAL,
    PARAMS_BLANK,
    PARAMS_CONFIGS,
    PARAMS_EXTERNAL,
    PARAMS_DOCUMENTS,
    PARAMS_SPLIT,
    PARAMS_UNSPLIT,
    PARAMS_SIDECARS,
    PARAMS_JOBS,
    PARAMS_RETRIED,
    N_PARAMS
};

enum { PROBE_CHECKED = 5 }; /* the result of the check behind the probe */

/* Behind the first two. Returns how many statements there are now. */
static size_t add_probe(struct batch *b, struct statement *statements, size_t n,
                        struct params *blank)
{
    const struct pool *p = b->work.pool;
    const char *config = p->dictionaries.configs[0].name;
    const char *collection = b->list[0]->ticket->collection;

    params_add_text(blank, config, strlen(config));
    params_add_text(blank, collection, strlen(collection));
    params_add_text(blank, p->node, strlen(p->node));
    statements[n++] = (struct statement){.sql = sql_store_trial_lock};
    statements[n++] = (struct statement){.sql = sql_store_trial_begin};
    statements[n++] = (struct statement){.sql = sql_store_probe, .params = blank};
    statements[n++] = (struct statement){.sql = sql_store_trial_check};
    statements[n++] = (struct statement){.sql = sql_store_trial_end};
    statements[n++] = (struct statement){.sql = sql_store_trial_release};
    return n;
}

/* What ends the jobs, or tells how far one is. Returns how many statements there are now. */
static size_t add_ends(struct batch *b, struct statement *statements, size_t n,
                       struct params *const params[N_PARAMS])
{
    if (b->list[0]->chunk) {
        store_add_records(params[PARAMS_JOBS], b->list[0]);
        statements[n++] =
            (struct statement){.sql = sql_store_records, .params = params[PARAMS_JOBS]};
        return n;
    }
    if (store_add_split(params[PARAMS_SPLIT], b) > 0)
        statements[n++] =
            (struct statement){.sql = sql_store_splits, .params = params[PARAMS_SPLIT]};
    if (store_add_unsplit(params[PARAMS_UNSPLIT], b) > 0)
        statements[n++] =
            (struct statement){.sql = sql_store_unsplit, .params = params[PARAMS_UNSPLIT]};
    if (add_sidecars(params[PARAMS_SIDECARS], b) > 0)
        statements[n++] =
            (struct statement){.sql = sql_store_sidecars, .params = params[PARAMS_SIDECARS]};
    add_jobs(params[PARAMS_JOBS], b);
    if (add_retried(params[PARAMS_RETRIED], b) > 0)
        statements[n++] =
            (struct statement){.sql = sql_store_retries, .params = params[PARAMS_RETRIED]};
    statements[n++] = (struct statement){.sql = sql_store_jobs, .params = params[PARAMS_JOBS]};
    return n;
}

/* 0 or -ENOMEM. */
static int send_all(struct batch *b, struct params *const params[N_PARAMS],
                    struct params *parts[STORE_MAX_PART_STATEMENTS], conn_done *done)
{
    struct statement statements[MAX_STATEMENTS] = {
        {.sql = sql_begin}, {.sql = sql_local_settings, .params = params[PARAMS_LOCAL]}};
    size_t n = 2;
    int n_parts;

    lanes_local_settings(b->work.pool, params[PARAMS_LOCAL]);
    if (b->trial)
        n = add_probe(b, statements, n, params[PARAMS_BLANK]);
    b->configs = configs_new(b);
    if (b->configs) {
        configs_add(params[PARAMS_CONFIGS], b);
        statements[n++] =
            (struct statement){.sql = sql_store_text_configs, .params = params[PARAMS_CONFIGS]};
    }
    if (add_external(params[PARAMS_EXTERNAL], b) > 0)
        statements[n++] =
            (struct statement){.sql = sql_store_external, .params = params[PARAMS_EXTERNAL]};
    add_documents(params[PARAMS_DOCUMENTS], b);
    statements[n++] =
        (struct statement){.sql = sql_store_documents, .params = params[PARAMS_DOCUMENTS]};
    n_parts = store_add_parts(b, statements + n, parts);
    if (n_parts < 0)
        return n_parts;
    n = add_ends(b, statements, n + (size_t)n_parts, params);
    if (b->trial)
        statements[n++] = (struct statement){.sql = sql_store_trial_check};
    work_run(&b->work, statements, n, done);
    return 0;
}

int store_send(struct batch *b, conn_done *done)
{
    struct params *params[N_PARAMS], *parts[STORE_MAX_PART_STATEMENTS] = {NULL};
    bool have_all = true;
    int r = -ENOMEM;

    for (size_t i = 0; i < N_PARAMS; i++) {
        params[i] = params_new();
        have_all = have_all && params[i];
    }
    if (have_all)
        r = send_all(b, params, parts, done);
    for (size_t i = 0; i < N_PARAMS; i++)
        (void)params_free(params[i]);
    for (size_t i = 0; i < STORE_MAX_PART_STATEMENTS; i++)
        (void)params_free(parts[i]);
    return r;
}

bool store_probe_passed(const struct batch *b, struct rows *const *results)
{
    return b->trial && results && results[PROBE_CHECKED];
}

const struct rows *store_jobs_result(const struct batch *b, struct rows *const *results, size_t n)
{
    return results[b->trial ? n - 2 : n - 1];
}

int store_send_check(struct batch *b, conn_done *done)
{
    struct params *params = params_new();

    if (!params)
        return -ENOMEM;
    add_claims(params, b);
    work_run_transaction(&b->work, sql_store_check, params, done);
    (void)params_free(params);
    return 0;
}
