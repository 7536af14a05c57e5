/* store.c - the store transaction: inserts the contents that are new, finishes the jobs whose claim
 * still is ours (the fence), commits. Only the command tag COMMIT counts.
 *
 * When it fails:
 *
 * - The fence was missed: the others go again in a batch without the superseded rows.
 * - The connection was lost: when COMMIT had been sent, first ask which jobs are done
 *   (store_check.sql); then the rest goes again. When it is lost again and again, perhaps one row
 *   makes the server crash: the batch is halved.
 * - A transient trouble: the same batch again, later.
 * - Data was refused: the batch is halved until the row to blame stands alone.
 *
 * The database may be what is broken, not the document. So what failed otherwise is tried once
 * more, as a trial: one transaction that holds the tables as they are, first writes a blank document
 * (the probe, taken back at once) and then the rows. Only when the probe passes is it the row's own
 * trouble. Refused data is quarantined at once; what could have other reasons (time, memory, an
 * internal error) when it has come PENSTOCK_MAX_ATTEMPTS times, seconds apart. A row that nobody
 * can be blamed for (a lock on its key, rights, an unknown error, a crash) waits alone, with growing
 * delays, for as long as it takes: the others go on.
 *
 * Records of a file that is split (records.c) are a batch of one result that is not the end of its
 * job: they are fenced by store_records.sql and halved by records. That their COMMIT was lost is not asked
 * about, since to store them again changes nothing.
 *
 * A batch belongs to one connection at a time and a row to one batch, and rows are sorted within a
 * statement: so two of our transactions wait for each other in a circle only where the same content
 * is a file here and lies inside one there; then the server ends one of them, which goes again.
 */
#include "pool/batch.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "sql.h"
#include "store/lesson.h"

#include <stdlib.h>
#include <string.h>

/* Tries that one which may be refused for no fault of its own waits as if it had had: seconds. */
#define REFUSED_TRIES 5u
#define MIN_REFUSALS  2u
#define MAX_LOSSES    3u /* connections in a row, until a row is suspected of it */

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

    if (r->chunk) {
        records_tell_stored(p, r);
        return;
    }
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
    stats_add(&p->base.stats, STATS_FENCED, 1);
    if (r->chunk) {
        records_tell_lost(p, r);
        return;
    }
    results_tell_lost(p, r->ticket->token);
    ticket_drop(p, r->ticket);
    result_free(p, r);
}

/* Of the search vectors that were stored; what the server makes counts little, but counts. */
static size_t vector_bytes(const struct batch *b)
{
    size_t n = b->n;

    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->list[i];

        n += r->search.vector.n;
        for (size_t k = r->parts_from; k < r->parts_to; k++)
            n += r->parts.list[k]->search.vector.n;
    }
    return n;
}

static void count_batch(struct batch *b)
{
    struct stats_map *stats = &b->work.pool->base.stats;
    uint64_t usec = clock_now_usec() - b->begun_usec;

    stats_add(stats, STATS_BATCHES, 1);
    stats_add(stats, STATS_BATCH_ROWS, b->n);
    stats_time(stats, HISTOGRAM_STORE, usec);
    log_debug("stored", F_U64("rows", b->n), F_U64("usec", usec));
    b->work.pool->configs_in_use |= b->configs;
    tidy_add(b->work.pool, vector_bytes(b));
}

static void finish_stored(struct batch *b)
{
    struct pool *p = b->work.pool;

    count_batch(b);
    leave(b);
    work_end(&b->work);
    for (size_t i = 0; i < b->n; i++)
        tell_stored(p, b->list[i]);
    batch_free(b);
}

/* Of a chunk that was halved the rest follows. */
static void finish_records(struct batch *b)
{
    (void)FAIL_AT(RECORDS_COMMITTED);
    if (!records_stored(b->list[0])) {
        finish_stored(b);
        return;
    }
    count_batch(b);
    leave(b);
    b->trial = false;
    b->refusals = b->losses = 0;
    work_submit(&b->work);
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

/* What the database has nothing to do with: it does not count as a refusal. */
static void again_alone(struct batch *b, const struct db_failure *failure)
{
    const struct ticket *t = b->list[0]->ticket;

    log_warn("document.alone", F_STR("collection", t->collection), F_STR("path", t->path),
             F_U64("job", t->job), F_STR("sqlstate", failure->sqlstate),
             F_U64("tries", b->work.tries + 1), F_STR("reason", failure->text));
    leave(b);
    work_again_alone(&b->work);
}

static void quarantine_single(struct batch *b, const struct db_failure *failure)
{
    struct pool *p = b->work.pool;
    struct result *r = b->list[0];

    leave(b);
    work_end(&b->work);
    if (r->chunk) {
        records_tell_poison(p, r, failure);
    } else {
        reports_add_poison(p, r->ticket, 0, failure);
        result_free(p, r);
    }
    batch_free(b);
}

static bool can_be_halved(const struct batch *b)
{
    return b->n > 1 || records_n(b->list[0]) > 1;
}

/* Makes a batch of the second half; of records the second half goes after the first. */
static void halve(struct batch *b, struct batch *other, const struct db_failure *failure)
{
    size_t half = b->n / 2;

    if (!other) {
        records_halve(b->list[0]);
        b->trial = failure->class == SQLSTATE_ALONE;
        return;
    }
    memcpy(other->list, b->list + b->n - half, half * sizeof(*other->list));
    other->n = half;
    other->losses = b->losses;
    b->n -= half;
    other->trial = b->trial = failure->class == SQLSTATE_ALONE; /* what it waits for takes time */
    batch_sort(other);
    work_submit(&other->work);
}

static void bisect(struct batch *b, const struct db_failure *failure)
{
    struct pool *p = b->work.pool;
    struct batch *other = b->n > 1 ? batch_new(p, b->n / 2) : NULL;

    if (b->n > 1 && !other) {
        again_later(b, failure);
        return;
    }
    log_warn("batch.split", F_U64("rows", MAX(b->n, records_n(b->list[0]))),
             F_STR("sqlstate", failure->sqlstate), F_STR("reason", failure->text));
    stats_add(&p->base.stats, STATS_BISECTED, 1);
    halve(b, other, failure);
    go_on(b);
}

/* Asks for a trial before anything is made of this failure. */
static void suspect(struct batch *b)
{
    b->trial = true;
    leave(b);
    work_submit(&b->work);
}

static void store_lost(struct batch *b, const struct db_failure *failure)
{
    b->refusals = 0;
    if (++b->losses < MAX_LOSSES)
        again_later(b, failure);
    else if (can_be_halved(b))
        bisect(b, failure);
    else
        again_alone(b, failure);
}

static void store_failed(struct batch *b, const struct db_failure *failure)
{
    if (failure->class == SQLSTATE_LOST)
        store_lost(b, failure);
    else if (failure->class == SQLSTATE_RETRY)
        again_later(b, failure);
    else if (failure->class == SQLSTATE_POISON && can_be_halved(b))
        bisect(b, failure);
    else
        suspect(b);
}

static bool is_to_blame(struct batch *b, const struct db_failure *failure)
{
    unsigned max_attempts = (unsigned)pool_setting(b->work.pool, SETTING_MAX_ATTEMPTS);

    if (failure->class == SQLSTATE_SPLIT)
        return ++b->refusals >= MAX(max_attempts, MIN_REFUSALS);
    b->refusals = 0;
    return failure->class == SQLSTATE_POISON;
}

/* The probe passed: what failed is the batch's own trouble. */
static void condemn(struct batch *b, const struct db_failure *failure)
{
    health_accepted(b->work.pool, b->work.kind);
    if (can_be_halved(b)) {
        bisect(b, failure);
    } else if (is_to_blame(b, failure)) {
        quarantine_single(b, failure);
    } else {
        b->work.tries = MAX(b->work.tries, REFUSED_TRIES);
        again_alone(b, failure);
    }
}

static void trial_failed(struct batch *b, const struct db_failure *failure, bool probe_passed)
{
    if (failure->class == SQLSTATE_LOST) {
        store_lost(b, failure);
    } else if (failure->class != SQLSTATE_RETRY && probe_passed) {
        condemn(b, failure);
    } else {
        b->refusals = 0;
        if (failure->class != SQLSTATE_RETRY)
            log_warn("probe.refused", F_STR("sqlstate", failure->sqlstate),
                     F_STR("reason", failure->text));
        again_later(b, failure);
    }
}

/* ---- the transaction ---- */

static void drop_lesson(struct batch *b)
{
    if (b->lesson)
        lesson_done(b->lesson);
    free(b->lesson);
    b->lesson = NULL;
}

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
        if (r->chunk)
            records_answer(r, rows);
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
        (b->list[0]->chunk ? finish_records : finish_stored)(b);
        return;
    }
    if (failure->class == SQLSTATE_OK || failure->class == SQLSTATE_LOST) {
        (void)FAIL_AT(COMMIT_LOST);
        b->check = !b->list[0]->chunk;
        again_later(b, failure);
    } else {
        store_failed(b, failure); /* refused: a constraint that somebody deferred, say */
    }
}

static void on_stored(void *user, struct conn *c, struct rows *const *results, size_t n,
                      const struct db_failure *failure)
{
    static const struct statement commit = {.sql = sql_commit}, rollback = {.sql = sql_rollback};
    struct batch *b = user;

    if (failure->class != SQLSTATE_OK) {
        if (b->trial)
            trial_failed(b, failure, store_probe_passed(b, results));
        else
            store_failed(b, failure);
        return;
    }
    (void)FAIL_AT(INSERTED);
    if (mark_done(b, store_jobs_result(b, results, n)) == b->n) {
        (void)FAIL_AT(FENCED);
        work_run(&b->work, &commit, 1, on_committed);
        (void)FAIL_AT(COMMIT_SENT);
    } else {
        (void)FAIL_AT(FENCE_MISSED);
        work_run(&b->work, &rollback, 1, on_rolled_back);
    }
}

static void on_checked(void *user, struct conn *c, struct rows *const *results, size_t n,
                       const struct db_failure *failure)
{
    struct batch *b = user;

    if (!work_committed(results, n, failure)) {
        again_later(b, failure);
        return;
    }
    (void)FAIL_AT(COMMIT_CHECKED);
    (void)mark_done(b, results[WORK_RESULT]);
    b->check = false;
    part_with(b, true, tell_stored);
    go_on(b);
}

static void send_batch(struct batch *b)
{
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};
    int r;

    drafts_complete(b);
    r = b->check ? store_send_check(b, on_checked) : store_send(b, on_stored);
    if (r < 0)
        again_later(b, &no_memory);
    (void)FAIL_AT(BEGUN);
}

/* Without the answers the database makes the vectors, so only a lost connection matters. */
static void on_learned(void *user, struct conn *c, struct rows *const *results, size_t n,
                       const struct db_failure *failure)
{
    struct batch *b = user;
    struct pool *p = b->work.pool;

    if (failure->class == SQLSTATE_OK && p->lexicon &&
        !lesson_take_all(b->lesson, p->lexicon, results))
        learn_replace(p);
    drop_lesson(b);
    if (failure->class == SQLSTATE_LOST) {
        b->lesson_losses++;
        again_later(b, failure);
    } else {
        send_batch(b);
    }
}

static void begin_store(struct work *w)
{
    struct batch *b = (struct batch *)w;

    w->pool->n_storing++;
    b->begun_usec = clock_now_usec();
    if (!b->check && b->lesson_losses < LESSON_MAX_LOSSES &&
        (b->lesson = calloc(1, sizeof(*b->lesson))) && drafts_missing(b, b->lesson) &&
        learn_run(w, b->lesson, on_learned) == 0)
        return;
    drop_lesson(b);
    send_batch(b);
}
