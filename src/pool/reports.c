/* reports.c - attempts that brought no result: another attempt, the end of a job without a
 * document, or quarantine.
 *
 * Every one leaves an event with its details. All of it is rare, so each goes by itself. What is
 * written here is made of checked text and JSON of our own; should the database refuse it all the
 * same (a trigger, a constraint of somebody's), it goes again without them: that a file failed must
 * be on record even when the reason cannot be.
 */
#include "pool/pool.h"

#include "base/failpoint.h"
#include "base/json.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_WAIT_USEC 500000u
#define MAX_WAIT_USEC   30000000u
#define FREE_DEATHS     3

enum verdict { VERDICT_RETRY, VERDICT_RELEASE, VERDICT_QUARANTINE, VERDICT_ABANDONED };

struct report {
    struct work work;
    uint64_t session; /* of the intake that reported */
    enum verdict verdict;
    uint64_t job, token;
    bool strike;
    uint64_t delay_usec;
    char outcome[16];
    struct buf reason, details;
    bool plain;            /* they were refused */
    char plain_reason[96]; /* instead of them */
};

static void begin_report(struct work *w);
static const struct work_kind report_kind = {
    .name = "report", .is_minor = true, .begin = begin_report};

static void report_free(struct report *r)
{
    buf_done(&r->reason);
    buf_done(&r->details);
    free(r);
}

static struct report *report_new(struct pool *p, enum verdict verdict, const struct ticket *t)
{
    struct report *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    work_init(&r->work, p, &report_kind);
    r->session = p->session;
    r->verdict = verdict;
    (void)snprintf(r->plain_reason, sizeof(r->plain_reason),
                   "the database does not take the reason: see the log");
    if (t) {
        r->job = t->job;
        r->token = t->token;
    }
    return r;
}

static uint64_t doubled(uint64_t times)
{
    return MIN((uint64_t)FIRST_WAIT_USEC << MIN(times, (uint64_t)8), (uint64_t)MAX_WAIT_USEC);
}

/* Doubles with every strike. A death that nobody is to blame for costs no time at first; but if it
 * goes on and on, something outside (the kernel, short of memory) kills the worker whenever it has
 * this document. */
static uint64_t wait_for(struct ticket *t, bool strike)
{
    if (strike)
        return doubled(t->strikes);
    return t->deaths++ < FREE_DEATHS ? 0 : doubled(t->deaths - FREE_DEATHS - 1);
}

static enum verdict verdict_of(struct bytes name)
{
    if (bytes_equal_str(name, "quarantine"))
        return VERDICT_QUARANTINE;
    return bytes_equal_str(name, "release") ? VERDICT_RELEASE : VERDICT_RETRY;
}

static void tell_lost(struct pool *p, uint64_t token)
{
    const struct message m = {.type = MESSAGE_LOST, .lost = {.token = token}};

    pool_send_intake(p, &m);
}

void reports_add(struct pool *p, const struct message_report *m)
{
    struct ticket *t = ticket_find(p, m->token);
    struct report *r;

    if (!t) {
        tell_lost(p, m->token);
        return;
    }
    if (t->used)
        return; /* its result came after all: STORED will follow */
    r = FAIL_AT(REPORT_HEARD) < 0 ? NULL : report_new(p, verdict_of(m->verdict), t);
    if (!r) {
        pool_give_up(p);
        return;
    }
    t->used = true; /* a result that still comes is too late */
    r->strike = m->strike;
    r->delay_usec = wait_for(t, m->strike);
    bytes_copy(m->outcome, r->outcome, sizeof(r->outcome));
    buf_add(&r->reason, m->reason.at, m->reason.n);
    buf_add(&r->details, m->details.at, m->details.n);
    stats_add(&p->base.stats, STATS_STRIKES, m->strike);
    work_submit(&r->work);
}

void reports_add_poison(struct pool *p, struct ticket *t, uint64_t record,
                        const struct db_failure *failure)
{
    struct report *r = report_new(p, VERDICT_QUARANTINE, t);
    char what[48] = "its content";
    struct json j;

    if (!r) {
        pool_give_up(p);
        return;
    }
    r->strike = true;
    if (record > 0)
        (void)snprintf(what, sizeof(what), "its record %" PRIu64, record);
    bytes_copy(bytes_of_str("failed"), r->outcome, sizeof(r->outcome));
    buf_printf(&r->reason, "the database refuses %s: %s (SQLSTATE %s)", what, failure->text,
               failure->sqlstate);
    (void)snprintf(r->plain_reason, sizeof(r->plain_reason),
                   "the database refuses %s (SQLSTATE %s)", what, failure->sqlstate);
    j = json_begin(&r->details);
    json_object_open(&j, NULL);
    json_str(&j, "cause", "database");
    json_str(&j, "sqlstate", failure->sqlstate);
    if (record > 0)
        json_uint(&j, "record", record);
    json_object_close(&j);
    stats_add(&p->base.stats, STATS_STRIKES, 1);
    work_submit(&r->work);
}

void reports_add_abandoned(struct pool *p)
{
    struct report *r;

    p->scanned = true;
    if (!p->enrolled)
        return; /* first_token is not this session's yet: lease.c comes here again */
    r = report_new(p, VERDICT_ABANDONED, NULL);
    if (r)
        work_submit(&r->work);
    else
        pool_give_up(p);
}

/* ---- how it ends ---- */

static void tell_again(struct pool *p, struct report *r, const struct rows *rows)
{
    struct ticket *t = ticket_find(p, r->token);
    const struct message m = {
        .type = MESSAGE_AGAIN,
        .again =
            {
                .token = r->token,
                .new_token = (uint64_t)rows_int(rows, 0, 0),
                .attempt = (uint64_t)rows_int(rows, 0, 1),
                .strikes = (uint64_t)rows_int(rows, 0, 2),
                .delay_usec = r->delay_usec,
            },
    };

    stats_add(&p->base.stats, STATS_RETRIED, 1);
    if (t && r->session != p->session) {
        ticket_drop(p, t); /* the intake of now claims the file for itself */
        return;
    }
    if (t) {
        ticket_renew(p, t, m.again.new_token);
        t->attempt = m.again.attempt;
        t->strikes = m.again.strikes;
        t->used = false;
    }
    pool_send_intake(p, &m);
}

static void tell_end(struct pool *p, const struct report *r)
{
    struct ticket *t = ticket_find(p, r->token);
    const struct message released = {.type = MESSAGE_RELEASED, .released = {.token = r->token}};
    const struct message quarantined = {
        .type = MESSAGE_QUARANTINED,
        .quarantined =
            {
                .token = r->token,
                .job = r->job,
                .reason = {.at = buf_text(&r->reason), .n = r->reason.size},
            },
    };

    if (t)
        ticket_drop(p, t);
    if (r->verdict == VERDICT_QUARANTINE)
        stats_add(&p->base.stats, STATS_QUARANTINED, 1);
    pool_send_intake(p, r->verdict == VERDICT_QUARANTINE ? &quarantined : &released);
}

/* Nothing was updated: the claim was superseded. */
static void tell_superseded(struct pool *p, const struct report *r)
{
    struct ticket *t = ticket_find(p, r->token);

    if (t)
        ticket_drop(p, t);
    tell_lost(p, r->token);
}

/* Tries again, without the words when it was them that the database refused. */
static void report_again(struct report *r, const struct db_failure *failure)
{
    if ((failure->class == SQLSTATE_POISON || failure->class == SQLSTATE_SPLIT) && !r->plain) {
        log_warn("reason.refused", F_U64("job", r->job), F_STR("reason", buf_text(&r->reason)),
                 F_STR("sqlstate", failure->sqlstate));
        r->plain = true;
        buf_clear(&r->details);
        buf_clear(&r->reason);
        buf_add_str(&r->reason, r->plain_reason);
    }
    work_again(&r->work, failure);
}

static void on_reported(void *user, struct conn *c, struct rows *const *results, size_t n,
                        const struct db_failure *failure)
{
    struct report *r = user;
    struct pool *p = r->work.pool;
    const struct rows *rows;

    if (!work_committed(results, n, failure)) {
        report_again(r, failure);
        return;
    }
    rows = results[WORK_RESULT];
    work_end(&r->work);
    if (r->verdict == VERDICT_ABANDONED) {
        if (rows_count(rows) > 0)
            log_info("claims.vanished", F_U64("jobs", rows_count(rows)));
        p->rescued = r->session == p->session;
        stats_add(&p->base.stats, STATS_VANISHED, rows_count(rows));
    } else if (rows_count(rows) == 0) {
        tell_superseded(p, r);
    } else if (r->verdict == VERDICT_RETRY) {
        (void)FAIL_AT(RETRIED);
        tell_again(p, r, rows);
    } else {
        (void)(r->verdict == VERDICT_RELEASE ? FAIL_AT(RELEASED) : FAIL_AT(QUARANTINED));
        tell_end(p, r);
    }
    report_free(r);
}

/* ---- statements ---- */

static void add_text(struct params *params, const char *text)
{
    params_add_text(params, text, strlen(text));
}

static void add_details(struct params *params, const struct report *r)
{
    params_add_jsonb(params, r->details.size > 0 ? r->details.data : "{}",
                     r->details.size > 0 ? r->details.size : 2);
}

static const char *fill_retry(const struct report *r, struct params *params)
{
    params_add_int8(params, (int64_t)r->job);
    params_add_int8(params, (int64_t)r->token);
    params_add_bool(params, r->strike);
    params_add_int8(params, (int64_t)(r->delay_usec / 1000));
    add_text(params, buf_text(&r->reason));
    add_text(params, r->work.pool->node);
    add_details(params, r);
    return sql_report_retry;
}

static const char *fill_end(const struct report *r, struct params *params)
{
    bool quarantine = r->verdict == VERDICT_QUARANTINE;

    params_add_int8(params, (int64_t)r->job);
    params_add_int8(params, (int64_t)r->token);
    add_text(params, quarantine ? "quarantined" : "done");
    add_text(params, r->outcome);
    add_text(params, buf_text(&r->reason));
    params_add_bool(params, r->strike);
    add_text(params, r->work.pool->node);
    add_text(params, quarantine ? "quarantined" : "released");
    add_details(params, r);
    return sql_report_end;
}

static const char *fill_abandoned(const struct report *r, struct params *params)
{
    const struct pool *p = r->work.pool;

    add_text(params, p->node);
    params_add_int8(params, (int64_t)p->first_token);
    tickets_add_tokens(p, params);
    return sql_node_abandoned;
}

static void begin_report(struct work *w)
{
    static const char *(*const fill[])(const struct report *r, struct params *params) = {
        [VERDICT_RETRY] = fill_retry,
        [VERDICT_RELEASE] = fill_end,
        [VERDICT_QUARANTINE] = fill_end,
        [VERDICT_ABANDONED] = fill_abandoned,
    };
    const struct db_failure no_memory = {.class = SQLSTATE_RETRY, .text = "out of memory"};
    struct report *r = (struct report *)w;
    struct params *params = params_new();

    if (r->verdict == VERDICT_ABANDONED && r->session != w->pool->session) {
        (void)params_free(params); /* of an intake that has gone */
        work_end(w);
        report_free(r);
        return;
    }
    if (!params) {
        work_again(w, &no_memory);
        return;
    }
    work_run_transaction(w, fill[r->verdict](r, params), params, on_reported);
    (void)params_free(params);
}
