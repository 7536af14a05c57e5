/* pool.c - the pool: owns every connection to PostgreSQL, and writes what the workers found.
 *
 * It hears claims and reports from the intake and results from the workers, and answers the intake
 * only once a thing is committed. It keeps nothing that cannot be lost: what it had in memory when
 * it dies is worked out again by the intake and refused or taken by the fence. The other files of
 * this folder are listed in pool.h.
 */
#include "pool/pool.h"

#include "base/clock.h"
#include "base/fd.h"
#include "roles.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t pool_setting(const struct pool *p, enum setting_id id)
{
    return settings_number(&p->base.settings, id);
}

void pool_send_intake(struct pool *p, const struct message *m)
{
    if (p->intake)
        peer_send(p->intake, m, -1);
}

void pool_give_up(struct pool *p)
{
    log_error("pool.ends", F_STR("reason", "out of memory"));
    role_end(&p->base);
}

void pool_balance(struct pool *p)
{
    bool pause = p->workers_paused ? !results_roomy(p) : results_full(p);

    stats_set(&p->base.stats, GAUGE_DB_QUEUED_ROWS, p->n_results);
    stats_set(&p->base.stats, GAUGE_DB_QUEUED_BYTES, p->result_bytes);
    if (pause == p->workers_paused)
        return;
    p->workers_paused = pause;
    stats_set(&p->base.stats, GAUGE_WORKERS_PAUSED, pause);
    for (size_t i = 0; i < STATS_MAX_WORKERS; i++) {
        if (!p->workers[i].peer)
            continue;
        if (pause)
            peer_pause(p->workers[i].peer);
        else
            peer_resume(p->workers[i].peer);
    }
}

/* ---- the intake ---- */

static void on_claim(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    claims_add(user, &m->claim, frame);
}

static void on_report(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    reports_add(user, &m->report);
}

static void on_scanned(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    reports_add_abandoned(user);
}

static const struct peer_route intake_routes[] = {
    {MESSAGE_CLAIM, on_claim},
    {MESSAGE_REPORT, on_report},
    {MESSAGE_SCANNED, on_scanned},
};

static void forget_intake(struct pool *p)
{
    p->intake = peer_free(p->intake);
    p->session++;
    p->rescued = p->scanned = false;
    claims_clear(p);
    tickets_clear_unused(p);
}

static void on_intake_end(void *user, struct peer *peer, bool broken, const char *why)
{
    struct pool *p = user;

    if (broken)
        log_error("intake.broken", F_STR("reason", why));
    forget_intake(p);
    role_unlinked(&p->base, p->intake_link);
}

static const struct peer_events intake_events = {
    .routes = intake_routes, .n_routes = ARRAY_SIZE(intake_routes), .on_end = on_intake_end};

/* ---- the workers ---- */

static void end_worker(struct worker_link *w, const char *why)
{
    log_error("worker.broken", F_U64("slot", w->slot), F_STR("reason", why));
    w->peer = peer_free(w->peer);
    parts_free(&w->parts);
}

static void on_result(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    struct worker_link *w = user;

    const struct ticket *t = ticket_find(w->pool, m->result.token);
    struct part_list parts = {0};

    if (t && t->split)
        parts_free(&w->parts); /* of records that turned out to be there */
    if (m->result.sha256.n != 32) {
        end_worker(w, "a hash of a wrong length");
    } else if (!parts_take(w, m->result.token, m->result.parts, &parts)) {
        end_worker(w, "a result without all of its parts");
    } else {
        results_add(w->pool, &m->result, frame, &parts);
        pool_balance(w->pool);
    }
    parts_free(&parts);
}

static void on_part(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    struct worker_link *w = user;

    if (!parts_add(w, &m->part, frame))
        end_worker(w, "a part that cannot be taken");
}

static void on_records(void *user, struct peer *peer, const struct message *m, struct frame *frame)
{
    struct worker_link *w = user;
    struct part_list parts = {0};

    if (!parts_take(w, m->records.token, m->records.parts, &parts) ||
        !records_add(w, &m->records, frame, &parts))
        end_worker(w, "records that cannot be taken");
    parts_free(&parts);
    pool_balance(w->pool);
}

static void on_questions(void *user, struct peer *peer, const struct message *m,
                         struct frame *frame)
{
    struct worker_link *w = user;

    learn_ask(w->pool, w, &m->questions, frame);
}

static const struct peer_route worker_routes[] = {
    {MESSAGE_PART, on_part},
    {MESSAGE_RECORDS, on_records},
    {MESSAGE_RESULT, on_result},
    {MESSAGE_QUESTIONS, on_questions},
};

static void on_worker_end(void *user, struct peer *peer, bool broken, const char *why)
{
    struct worker_link *w = user;

    if (broken)
        log_error("worker.broken", F_U64("slot", w->slot), F_STR("reason", why));
    w->peer = peer_free(w->peer);
    parts_free(&w->parts);
}

static const struct peer_events worker_events = {
    .routes = worker_routes, .n_routes = ARRAY_SIZE(worker_routes), .on_end = on_worker_end};

/* ---- the supervisor ---- */

static void connect_intake(struct pool *p, unsigned incarnation, int fd)
{
    const struct peer_spec spec = {
        .self = ROLE_POOL, .other = ROLE_INTAKE, .max_bytes = WIRE_MAX_BYTES};
    bool again = p->intake || p->enrolled;
    int r;

    forget_intake(p);
    p->intake_link = incarnation;
    r = peer_new(p->base.loop, fd, &spec, &intake_events, p, &p->intake);
    if (r < 0) {
        log_error("intake.link", F_ERR(r));
        role_unlinked(&p->base, incarnation);
        return;
    }
    if (again)
        lease_enroll(p); /* another session of this node */
    health_tell_intake(p);
}

static void connect_worker(struct pool *p, unsigned slot, int fd)
{
    const struct peer_spec spec = {.self = ROLE_POOL,
                                   .other = ROLE_WORKER,
                                   .expected_slot = slot,
                                   .max_bytes = WIRE_MAX_RESULT_BYTES};
    struct worker_link *w = &p->workers[slot];
    int r;

    w->peer = peer_free(w->peer);
    parts_free(&w->parts);
    w->pool = p;
    w->slot = slot;
    w->owes_recorded = false;
    w->generation++;
    r = peer_new(p->base.loop, fd, &spec, &worker_events, w, &w->peer);
    if (r < 0)
        log_error("worker.link", F_U64("slot", slot), F_ERR(r));
    else
        learn_welcome(p, w->peer);
    if (w->peer && p->workers_paused)
        peer_pause(w->peer);
}

static void on_peer(void *user, enum wire_role other, unsigned slot, unsigned incarnation, int fd)
{
    struct pool *p = user;

    if (other == ROLE_INTAKE)
        connect_intake(p, incarnation, fd);
    else if (other == ROLE_WORKER && slot < STATS_MAX_WORKERS)
        connect_worker(p, slot, fd);
    else
        (void)fd_close(fd);
}

static void on_start(void *user, bool once)
{
    struct pool *p = user;
    struct reason why = {0};
    int r;

    srandom((unsigned)getpid());
    bytes_copy(bytes_of_str(settings_text(&p->base.settings, SETTING_NODE)), p->node,
               sizeof(p->node));
    r = target_new(&p->base.settings, "penstock/pool", &p->target, &why);
    if (r == 0)
        r = lanes_init(p);
    if (r == 0)
        r = lease_init(p);
    if (r == 0)
        r = boot_init(p);
    if (r != 0)
        role_fatal(&p->base, r > 0 ? EXIT_USAGE : EXIT_FAILED,
                   r > 0 ? why.text : log_errno_text(r));
}

static void on_reload(void *user)
{
    lanes_apply_settings(user);
}

/* The intake is drained when this comes, so nothing is in flight any more. */
static void on_drain(void *user)
{
    struct pool *p = user;

    role_end(&p->base);
}

static const struct role_events role = {
    .on_start = on_start, .on_reload = on_reload, .on_peer = on_peer, .on_drain = on_drain};

int pool_main(int argc, char **argv)
{
    static struct pool p;

    TAILQ_INIT(&p.claims);
    TAILQ_INIT(&p.results);
    learn_init(&p);
    tidy_init(&p);
    return role_run(&p.base, ROLE_POOL, &role, &p);
}
