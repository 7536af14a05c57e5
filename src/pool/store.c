/* store.c - the store transaction: inserts the contents that are new, finishes the jobs whose claim
 * still is ours (the fence), commits. Only the command tag COMMIT counts.
 *
 * When it fails:
 *
 * - The fence was missed: the others go again in a batch without the superseded rows.
 * - The connection was lost: when COMMIT had been sent, first ask which jobs are done
 *   (store_check.sql); then the rest goes again.
 * - A transient trouble: the same batch again, later.
 * - Data was refused: the batch is halved until the row to blame stands alone.
 *
 * The database may be what is broken, not the document. So before its word counts against a single
 * row, it has to take a blank document (the probe, store_probe.sql, rolled back) and then refuse
 * the row once more: it may have been mended between the refusal and the probe. A failure that
 * could have other reasons than the data (time, memory, an internal error) has to come
 * PENSTOCK_MAX_ATTEMPTS times, seconds apart.
 *
 * A batch belongs to one connection at a time and a row to one batch, and rows are sorted: so two
 * of our transactions cannot wait for each other in a circle.
 */
#include "pool/batch.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "inbox/name.h"
#include "sql.h"

#include <string.h>

/* Tries that one which may be refused for no fault of its own waits as if it had had: seconds. */
#define REFUSED_TRIES 5u
#define MIN_REFUSALS  2u

static void begin_store(struct work *w);
const struct work_kind batch_kind = {.name = "store", .begin = begin_store};

/* ---- how it ends ---- */

static void leave(struct batch *b)
{
    b->work.pool->n_storing--;
}

static void count_outcome(struct pool *p, const struct result *r)
{
    bool is_new = strcmp(r->outcome, "duplicate") != 0;

    stats_add(&p->base.stats, is_new ? STATS_STORED : STATS_DUPLICATE, 1);
    if (is_new)
        stats_add(&p->base.stats, STATS_BYTES_STORED, r->m.byte_size);
    if (strcmp(r->outcome, "unsupported") == 0)
        stats_add(&p->base.stats, STATS_UNSUPPORTED, 1);
}

/* The document is in the database: tells the intake and forgets it. */
static void tell_stored(struct pool *p, struct result *r)
{
    const struct message m = {
        .type = MESSAGE_STORED,
        .stored =
            {
                .token = r->ticket->token,
                .job = r->ticket->job,
                .document = r->document,
                .outcome = bytes_of_str(r->outcome),
                .sha256 = r->m.sha256,
                .media_type = r->m.media_type,
            },
    };

    count_outcome(p, r);
    pool_send_intake(p, &m);
    peer_flush(p->intake);
    (void)FAIL_AT(STORED_SENT);
    ticket_drop(p, r->ticket);
    result_free(p, r);
}

/* The claim was superseded, or lost with the server's last unwritten transactions: the file is to
 * be claimed anew. */
static void tell_lost(struct pool *p, struct result *r)
{
    const struct message m = {.type = MESSAGE_LOST, .lost = {.token = r->ticket->token}};

    stats_add(&p->base.stats, STATS_FENCED, 1);
    pool_send_intake(p, &m);
    ticket_drop(p, r->ticket);
    result_free(p, r);
}

static void finish_stored(struct batch *b)
{
    struct pool *p = b->work.pool;

    stats_add(&p->base.stats, STATS_BATCHES, 1);
    stats_add(&p->base.stats, STATS_BATCH_ROWS, b->n);
    stats_time(&p->base.stats, HISTOGRAM_STORE, clock_now_usec() - b->begun_usec);
    log_debug("stored", F_U64("rows", b->n), F_U64("usec", clock_now_usec() - b->begun_usec));
    leave(b);
    work_end(&b->work);
    for (size_t i = 0; i < b->n; i++)
        tell_stored(p, b->list[i]);
    batch_free(b);
}

/* Calls `tell` for the rows that are (or are not) done, and keeps the others. */
static void part_with(struct batch *b, bool done, void (*tell)(struct pool *p, struct result *r))
{
    size_t kept = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i]->done == done)
            tell(b->work.pool, b->list[i]);
        else
            b->list[kept++] = b->list[i];
    }
    b->n = kept;
}

/* The rows that are left go again at once, or the batch ends. */
static void go_on(struct batch *b)
{
    leave(b);
    if (b->n > 0) {
        batch_sort(b);
        work_submit(&b->work);
        return;
    }
    work_end(&b->work);
    batch_free(b);
}

static void again_later(struct batch *b, const struct db_failure *failure)
{
    leave(b);
    work_again(&b->work, failure);
}

static void quarantine_single(struct batch *b, const struct db_failure *failure)
{
    struct pool *p = b->work.pool;
    struct result *r = b->list[0];

    leave(b);
    work_end(&b->work);
    reports_add_poison(p, r->ticket, failure);
    result_free(p, r);
    batch_free(b);
}

static void bisect(struct batch *b, const struct db_failure *failure)
{
    struct pool *p = b->work.pool;
    size_t half = b->n / 2;
    struct batch *other = batch_new(p, half);

    if (!other) {
        again_later(b, failure);
        return;
    }
    log_warn("batch.split", F_U64("rows", b->n), F_STR("sqlstate", failure->sqlstate),
             F_STR("reason", failure->text));
    stats_add(&p->base.stats, STATS_BISECTED, 1);
    memcpy(other->list, b->list + b->n - half, half * sizeof(*other->list));
    other->n = half;
    b->n -= half;
    batch_sort(other);
    work_submit(&other->work);
    go_on(b);
}

/* Asks for a probe before anything is made of this failure. */
static void suspect(struct batch *b, const struct db_failure *failure)
{
    if (b->suspicion.class != failure->class)
        b->refusals = 0; /* only the same trouble adds up */
    b->suspicion = *failure;
    b->probe = true;
    leave(b);
    work_submit(&b->work);
}

static void store_failed(struct batch *b, const struct db_failure *failure)
{
    if (failure->class == SQLSTATE_POISON && b->n > 1)
        bisect(b, failure);
    else if (failure->class == SQLSTATE_POISON || failure->class == SQLSTATE_SPLIT)
        suspect(b, failure);
    else
        again_later(b, failure);
}

/* ---- the probe ---- */

static unsigned max_refusals(const struct batch *b)
{
    unsigned max_attempts = (unsigned)pool_setting(b->work.pool, SETTING_MAX_ATTEMPTS);

    return b->suspicion.class == SQLSTATE_POISON ? MIN_REFUSALS : MAX(max_attempts, MIN_REFUSALS);
}

/* The database takes a blank document: what failed is the batch's own trouble. */
static void probe_passed(struct batch *b)
{
    if (b->n > 1) {
        bisect(b, &b->suspicion);
    } else if (++b->refusals >= max_refusals(b)) {
        quarantine_single(b, &b->suspicion);
    } else if (b->suspicion.class == SQLSTATE_POISON) {
        go_on(b);
    } else {
        b->work.tries = MAX(b->work.tries, REFUSED_TRIES);
        again_later(b, &b->suspicion);
    }
}

static void on_probed(void *user, struct conn *c, struct rows *const *results, size_t n,
                      const struct db_failure *failure)
{
    struct batch *b = user;

    b->probe = false;
    if (failure->class == SQLSTATE_OK) {
        health_accepted(b->work.pool, b->work.kind);
        probe_passed(b);
        return;
    }
    log_warn("probe.refused", F_STR("sqlstate", failure->sqlstate), F_STR("reason", failure->text));
    again_later(b, &b->suspicion);
}

static void run_probe(struct batch *b)
{
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};
    const char *config = settings_text(&b->work.pool->base.settings, SETTING_TEXT_CONFIG);
    struct params *local = params_new(), *blank = params_new();
    const struct statement statements[] = {{.sql = sql_begin},
                                           {.sql = sql_local_settings, .params = local},
                                           {.sql = sql_store_probe, .params = blank},
                                           {.sql = sql_rollback}};

    if (local && blank) {
        lanes_local_settings(b->work.pool, local);
        params_add_text(blank, config, strlen(config));
        work_run(&b->work, statements, ARRAY_SIZE(statements), on_probed);
    } else {
        again_later(b, &no_memory);
    }
    (void)params_free(local);
    (void)params_free(blank);
}

/* ---- the transaction ---- */

/* Marks the rows that the statement returned (ordinal from 1, outcome, document). Returns how many.
 */
static size_t mark_done(struct batch *b, const struct rows *rows)
{
    size_t n = rows_count(rows), size;

    for (size_t i = 0; i < b->n; i++)
        b->list[i]->done = false;
    for (size_t i = 0; i < n; i++) {
        struct result *r = b->list[(size_t)rows_int(rows, i, 0) - 1];

        r->done = true;
        r->document = (uint64_t)rows_int(rows, i, 2);
        bytes_copy(bytes_of_str(rows_bytes(rows, i, 1, &size)), r->outcome, sizeof(r->outcome));
    }
    return n;
}

static void on_rolled_back(void *user, struct conn *c, struct rows *const *results, size_t n,
                           const struct db_failure *failure)
{
    struct batch *b = user;

    (void)failure; /* lost or not: nothing was committed */
    part_with(b, false, tell_lost);
    go_on(b);
}

static void on_committed(void *user, struct conn *c, struct rows *const *results, size_t n,
                         const struct db_failure *failure)
{
    struct batch *b = user;

    if (failure->class == SQLSTATE_OK && n == 1 && strcmp(rows_tag(results[0]), "COMMIT") == 0) {
        (void)FAIL_AT(COMMIT_SEEN);
        finish_stored(b);
        return;
    }
    (void)FAIL_AT(COMMIT_LOST);
    b->check = true;
    again_later(b, failure);
}

static void on_stored(void *user, struct conn *c, struct rows *const *results, size_t n,
                      const struct db_failure *failure)
{
    static const struct statement commit = {.sql = sql_commit}, rollback = {.sql = sql_rollback};
    struct batch *b = user;

    if (failure->class != SQLSTATE_OK) {
        store_failed(b, failure);
        return;
    }
    (void)FAIL_AT(INSERTED);
    if (mark_done(b, results[n - 1]) == b->n) {
        (void)FAIL_AT(FENCED);
        work_run(&b->work, &commit, 1, on_committed);
        (void)FAIL_AT(COMMIT_SENT);
    } else {
        (void)FAIL_AT(FENCE_MISSED);
        work_run(&b->work, &rollback, 1, on_rolled_back);
    }
}

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
        params_element(params, buf_text(&name), name.size);
    }
    buf_done(&name);
}

static void add_documents(struct params *params, const struct batch *b)
{
    const char *config = settings_text(&b->work.pool->base.settings, SETTING_TEXT_CONFIG);

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
    params_add_text(params, config, strlen(config));
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

static void run_store(struct batch *b, struct params *local, struct params *documents,
                      struct params *jobs, struct params *retried)
{
    struct statement statements[5] = {{.sql = sql_begin},
                                      {.sql = sql_local_settings, .params = local},
                                      {.sql = sql_store_documents, .params = documents}};
    size_t n = 3;

    lanes_local_settings(b->work.pool, local);
    add_documents(documents, b);
    add_jobs(jobs, b);
    if (add_retried(retried, b) > 0)
        statements[n++] = (struct statement){.sql = sql_store_retries, .params = retried};
    statements[n++] = (struct statement){.sql = sql_store_jobs, .params = jobs};
    work_run(&b->work, statements, n, on_stored);
    (void)FAIL_AT(BEGUN);
}

static void on_checked(void *user, struct conn *c, struct rows *const *results, size_t n,
                       const struct db_failure *failure)
{
    struct batch *b = user;

    if (failure->class != SQLSTATE_OK) {
        again_later(b, failure);
        return;
    }
    (void)FAIL_AT(COMMIT_CHECKED);
    (void)mark_done(b, results[n - 1]);
    b->check = false;
    part_with(b, true, tell_stored);
    go_on(b);
}

static void run_check(struct batch *b)
{
    struct params *params = params_new();

    if (params)
        add_claims(params, b);
    const struct statement check = {.sql = sql_store_check, .params = params};
    work_run(&b->work, &check, 1, on_checked);
    (void)params_free(params);
}

static void begin_store(struct work *w)
{
    struct batch *b = (struct batch *)w;
    struct params *params[4] = {params_new(), params_new(), params_new(), params_new()};
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};

    w->pool->n_storing++;
    b->begun_usec = clock_now_usec();
    if (b->check)
        run_check(b);
    else if (b->probe)
        run_probe(b);
    else if (params[0] && params[1] && params[2] && params[3])
        run_store(b, params[0], params[1], params[2], params[3]);
    else
        again_later(b, &no_memory);
    for (size_t i = 0; i < ARRAY_SIZE(params); i++)
        (void)params_free(params[i]);
}
