/* claims.c - claims, batched: whatever has come since the last batch goes in the next one, one
 * batch at a time.
 *
 * Two requests: new files are inserted, which is the whole of it nearly always; files whose
 * appearance has a row already are then looked at (taken over, or refused with their state).
 *
 * A batch that the database refuses is halved: one half goes on, the other goes back into the line,
 * until the file that it is about stands alone. The intake holds that one for a while.
 */
#include "pool/pool.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BATCH 512
#define MAX_TRIES 3u /* of one that is refused without being to blame for sure, or left out */

struct claim_request {
    TAILQ_ENTRY(claim_request) next;
    struct frame *frame; /* holds the bytes that `m` points to */
    struct message_claim m;
    unsigned tries;
    bool answered;
};

struct claim_work {
    struct work work;
    uint64_t session; /* of the intake that asked */
    struct claim_request *list[MAX_BATCH];
    size_t n;
};

static void begin_new(struct work *w);
static const struct work_kind claim_kind = {.name = "claim", .begin = begin_new};

void claims_add(struct pool *p, const struct message_claim *m, struct frame *frame)
{
    struct claim_request *c = FAIL_AT(CLAIM_HEARD) < 0 ? NULL : calloc(1, sizeof(*c));

    if (!c) {
        pool_give_up(p);
        return;
    }
    c->frame = frame_ref(frame);
    c->m = *m;
    TAILQ_INSERT_TAIL(&p->claims, c, next);
    p->n_claims++;
    lanes_kick(p);
}

static void request_free(struct claim_request *c)
{
    (void)frame_unref(c->frame);
    free(c);
}

void claims_clear(struct pool *p)
{
    struct claim_request *c;

    while ((c = TAILQ_FIRST(&p->claims))) {
        TAILQ_REMOVE(&p->claims, c, next);
        request_free(c);
    }
    p->n_claims = 0;
}

bool claims_ready(const struct pool *p)
{
    return p->enrolled && !p->claiming && p->n_claims > 0;
}

struct work *claims_take(struct pool *p)
{
    struct claim_work *b = calloc(1, sizeof(*b));
    struct claim_request *c;

    if (!b)
        return NULL;
    work_init(&b->work, p, &claim_kind);
    b->session = p->session;
    while (b->n < MAX_BATCH && (c = TAILQ_FIRST(&p->claims))) {
        TAILQ_REMOVE(&p->claims, c, next);
        p->n_claims--;
        b->list[b->n++] = c;
    }
    p->claiming = true;
    return &b->work;
}

/* Whether the intake that asked has gone. Its successor does not know these files by their nonces:
 * a ticket would be nobody's, and yet keep the successor from taking the claim over. */
static bool is_orphaned(const struct claim_work *b)
{
    return b->session != b->work.pool->session;
}

/* To the front of the line, in order: all from the `first` on that are not answered, unless their
 * intake has gone. */
static void put_back(struct claim_work *b, size_t first)
{
    struct pool *p = b->work.pool;

    for (size_t i = b->n; i-- > first;) {
        if (b->list[i]->answered || is_orphaned(b)) {
            request_free(b->list[i]);
        } else {
            TAILQ_INSERT_HEAD(&p->claims, b->list[i], next);
            p->n_claims++;
        }
    }
    b->n = first;
}

static void finish(struct claim_work *b)
{
    peer_flush(b->work.pool->intake);
    (void)FAIL_AT(CLAIM_ANSWERED);
    b->work.pool->claiming = false;
    work_end(&b->work);
    for (size_t i = 0; i < b->n; i++)
        request_free(b->list[i]);
    free(b);
}

/* The first five arrays of both statements: what an appearance is. */
static void add_appearances(struct params *params, struct claim_request *const *list, size_t n)
{
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < n; i++)
        params_element(params, list[i]->m.collection.at, list[i]->m.collection.n);
    params_add_array(params, PARAM_BYTEA, n);
    for (size_t i = 0; i < n; i++)
        params_element(params, list[i]->m.path.at, list[i]->m.path.n);
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, list[i]->m.size);
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, list[i]->m.mtime);
    params_add_array(params, PARAM_INT8, n);
    for (size_t i = 0; i < n; i++)
        params_element_int8(params, list[i]->m.ctime);
}

static void answer_claimed(struct pool *p, struct claim_request *c, uint64_t job, uint64_t token,
                           uint64_t attempt, uint64_t strikes)
{
    struct ticket *t = ticket_add(p, token, job, c->m.nonce, c->m.collection, c->m.path);
    const struct message m = {
        .type = MESSAGE_CLAIMED,
        .claimed = {.nonce = c->m.nonce,
                    .job = job,
                    .token = token,
                    .attempt = attempt,
                    .strikes = strikes},
    };

    c->answered = true;
    if (!t) {
        pool_give_up(p);
        return;
    }
    t->attempt = attempt;
    t->strikes = strikes;
    stats_add(&p->base.stats, STATS_CLAIMED, 1);
    pool_send_intake(p, &m);
}

static void answer_refused(struct pool *p, struct claim_request *c, const struct rows *r,
                           size_t row)
{
    struct bytes state, outcome, sha256;

    state.at = rows_bytes(r, row, 5, &state.n);
    outcome.at = rows_bytes(r, row, 6, &outcome.n);
    sha256.at = rows_bytes(r, row, 7, &sha256.n);
    const struct message m = {
        .type = MESSAGE_REFUSED,
        .refused =
            {
                .nonce = c->m.nonce,
                .job = (uint64_t)rows_int(r, row, 1),
                .state = state,
                .outcome = outcome,
                .sha256 = sha256,
            },
    };

    c->answered = true;
    pool_send_intake(p, &m);
}

static void answer_unclaimed(struct pool *p, struct claim_request *c, const char *why)
{
    const struct message m = {
        .type = MESSAGE_UNCLAIMED,
        .unclaimed = {.nonce = c->m.nonce, .reason = bytes_of_str(why)},
    };

    c->answered = true;
    pool_send_intake(p, &m);
}

static void answer_refusal(struct claim_work *b, const struct db_failure *failure)
{
    char why[640];

    (void)snprintf(why, sizeof(why), "the database refuses to register it: %s (SQLSTATE %s)",
                   failure->text, failure->sqlstate);
    if (!is_orphaned(b))
        answer_unclaimed(b->work.pool, b->list[0], why);
    finish(b);
}

static void claims_failed(struct claim_work *b, const struct db_failure *failure)
{
    bool is_poison = failure->class == SQLSTATE_POISON;

    if (!is_poison && failure->class != SQLSTATE_SPLIT) {
        work_again(&b->work, failure);
    } else if (b->n > 1) {
        log_warn("claims.split", F_U64("files", b->n), F_STR("sqlstate", failure->sqlstate),
                 F_STR("reason", failure->text));
        put_back(b, b->n / 2);
        work_submit(&b->work);
    } else if (is_poison || ++b->list[0]->tries >= MAX_TRIES) {
        answer_refusal(b, failure);
    } else {
        work_again(&b->work, failure);
    }
}

/* A row that was neither written nor found was deleted in between, or somebody's trigger or policy
 * passes it over. */
static void retry_unanswered(struct claim_work *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (!b->list[i]->answered && ++b->list[i]->tries >= MAX_TRIES)
            answer_unclaimed(b->work.pool, b->list[i],
                             "the database neither registers it nor says why");
    put_back(b, 0);
}

static void on_again(void *user, struct conn *c, struct rows *const *results, size_t n,
                     const struct db_failure *failure)
{
    struct claim_work *b = user;
    struct pool *p = b->work.pool;

    if (!work_committed(results, n, failure)) {
        claims_failed(b, failure);
        return;
    }
    (void)FAIL_AT(CLAIM_AGAIN_SEEN);
    if (is_orphaned(b)) {
        finish(b);
        return;
    }
    for (size_t i = 0; i < rows_count(results[WORK_RESULT]); i++) {
        const struct rows *r = results[WORK_RESULT];
        struct claim_request *request = b->list[(size_t)rows_int(r, i, 0) - 1];
        size_t size;
        const char *state = rows_bytes(r, i, 5, &size);

        if (strcmp(state, "taken") == 0)
            answer_claimed(p, request, (uint64_t)rows_int(r, i, 1), (uint64_t)rows_int(r, i, 2),
                           (uint64_t)rows_int(r, i, 3), (uint64_t)rows_int(r, i, 4));
        else
            answer_refused(p, request, r, i);
    }
    retry_unanswered(b);
    finish(b);
}

/* Puts the answered ones away; the others stay, in order. */
static void keep_unanswered(struct claim_work *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i]->answered)
            request_free(b->list[i]);
        else
            b->list[kept++] = b->list[i];
    }
    b->n = kept;
}

static void begin_again(struct claim_work *b)
{
    struct pool *p = b->work.pool;
    struct params *params = params_new();

    if (!params) {
        pool_give_up(p);
        return;
    }
    add_appearances(params, b->list, b->n);
    params_add_array(params, PARAM_BOOL, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_bool(params, b->list[i]->m.again);
    params_add_text(params, p->node, strlen(p->node));
    tickets_add_tokens(p, params);
    work_run_transaction(&b->work, sql_claim_again, params, on_again);
    (void)FAIL_AT(CLAIM_INSERTED);
    (void)params_free(params);
}

static void on_new(void *user, struct conn *c, struct rows *const *results, size_t n,
                   const struct db_failure *failure)
{
    struct claim_work *b = user;

    if (!work_committed(results, n, failure)) {
        claims_failed(b, failure);
        return;
    }
    (void)FAIL_AT(CLAIM_COMMIT_SEEN);
    if (is_orphaned(b)) {
        finish(b);
        return;
    }
    for (size_t i = 0; i < rows_count(results[WORK_RESULT]); i++) {
        struct claim_request *request = b->list[(size_t)rows_int(results[WORK_RESULT], i, 0) - 1];

        answer_claimed(b->work.pool, request, (uint64_t)rows_int(results[WORK_RESULT], i, 1),
                       (uint64_t)rows_int(results[WORK_RESULT], i, 2), 1, 0);
    }
    keep_unanswered(b);
    if (b->n > 0)
        begin_again(b);
    else
        finish(b);
}

static void begin_new(struct work *w)
{
    struct claim_work *b = (struct claim_work *)w;
    struct params *params;

    if (is_orphaned(b)) {
        finish(b);
        return;
    }
    params = params_new();
    if (!params) {
        pool_give_up(w->pool);
        return;
    }
    add_appearances(params, b->list, b->n);
    params_add_array(params, PARAM_INT8, b->n);
    for (size_t i = 0; i < b->n; i++)
        params_element_int8(params, (int64_t)b->list[i]->m.seen_wall_usec);
    params_add_text(params, w->pool->node, strlen(w->pool->node));
    work_run_transaction(&b->work, sql_claim_new, params, on_new);
    (void)FAIL_AT(CLAIM_INSERTED);
    (void)params_free(params);
}
