/* fake_pool.c - see fake_pool.h: the connections' side of the pool, and the verdicts as the intake
 * would hear them. The database is in fake_database.c. */
#include "fake_database.h"

#include "sql.h"
#include "store/lesson.h"

struct fake fake;
static int64_t batch_rows;

/* ---- what results.c and store.c call ---- */

void work_init(struct work *w, struct pool *p, const struct work_kind *kind)
{
    *w = (struct work){.kind = kind, .pool = p};
}

void work_end(struct work *w)
{
    if (w->lane)
        w->lane->work = NULL;
    w->lane = NULL;
}

void work_submit(struct work *w)
{
    work_end(w);
    TAILQ_INSERT_TAIL(&fake.pool.waiting, w, next);
}

void pool_give_up(struct pool *p)
{
    REQUIRE(!"there was memory");
}

/* No worker has left a word open here. */
bool drafts_missing(struct batch *b, struct lesson *l)
{
    return false;
}

void drafts_complete(struct batch *b)
{
}

void lesson_done(struct lesson *l)
{
}

int learn_run(struct work *w, struct lesson *l, conn_done *done)
{
    REQUIRE(!"there is something to ask");
    return 0;
}

bool lesson_take_all(const struct lesson *l, struct lexicon *lexicon, struct rows *const *results)
{
    REQUIRE(!"something was asked");
    return true;
}

void learn_replace(struct pool *p)
{
    REQUIRE(!"a lexicon was full");
}

void health_accepted(struct pool *p, const struct work_kind *kind)
{
}

void work_again(struct work *w, const struct db_failure *failure)
{
    (void)failure;
    work_submit(w);
}

void work_again_alone(struct work *w)
{
    work_submit(w);
}

/* By its statements. */
static enum request_kind kind_of(const struct statement *statements, size_t n)
{
    const char *const marks[N_REQUESTS] = {
        [REQUEST_STORE] = sql_store_jobs,  [REQUEST_COMMIT] = sql_commit,
        [REQUEST_ROLLBACK] = sql_rollback, [REQUEST_CHECK] = sql_store_check,
        [REQUEST_TRIAL] = sql_store_probe,
    };
    enum request_kind found = N_REQUESTS;

    for (enum request_kind kind = 0; kind < N_REQUESTS; kind++)
        for (size_t i = 0; i < n; i++)
            if (strcmp(statements[i].sql, marks[kind]) == 0)
                found =
                    kind; /* a trial is a store request with more in it, and has the last word */
    return found;
}

void work_run(struct work *w, const struct statement *statements, size_t n, conn_done *done)
{
    struct connection *c = (struct connection *)w->lane;

    REQUIRE(!c->done);
    for (size_t i = 0; i < n; i++)
        REQUIRE(!statements[i].params || params_error(statements[i].params) == 0);
    c->kind = kind_of(statements, n);
    REQUIRE(c->kind < N_REQUESTS);
    c->done = done;
}

void work_run_transaction(struct work *w, const char *sql, const struct params *params,
                          conn_done *done)
{
    const struct statement statement = {.sql = sql, .params = params};

    work_run(w, &statement, 1, done);
}

bool work_committed(struct rows *const *results, size_t n, const struct db_failure *failure)
{
    return failure->class == SQLSTATE_OK && n == WORK_RESULT + 2;
}

void lanes_kick(struct pool *p)
{
}

void lanes_local_settings(struct pool *p, struct params *params)
{
    params_add_text(params, "1", 1);
    params_add_text(params, "2", 1);
}

int64_t pool_setting(const struct pool *p, enum setting_id id)
{
    return id == SETTING_BATCH_ROWS ? batch_rows : id == SETTING_MAX_ATTEMPTS ? MAX_ATTEMPTS : 100;
}

static void decide(uint64_t token, enum job_verdict verdict)
{
    REQUIRE(token >= 1 && token <= fake.n_jobs);
    REQUIRE(fake.jobs[token - 1].verdict == VERDICT_NONE);
    fake.jobs[token - 1].verdict = verdict;
}

void pool_send_intake(struct pool *p, const struct message *m)
{
    const struct job *j;

    if (m->type == MESSAGE_LOST) {
        decide(m->lost.token, VERDICT_LOST);
        return;
    }
    REQUIRE(m->type == MESSAGE_STORED);
    decide(m->stored.token, VERDICT_STORED);
    j = &fake.jobs[m->stored.token - 1];
    REQUIRE(j->state == JOB_DONE && m->stored.job == m->stored.token);
    REQUIRE(m->stored.document == document_of(j));
    REQUIRE(bytes_equal_str(m->stored.outcome, j->outcome));
    REQUIRE(memcmp(m->stored.sha256.at, fake.sha256[j->content], 32) == 0);
}

void reports_add_poison(struct pool *p, struct ticket *t, uint64_t record,
                        const struct db_failure *failure)
{
    REQUIRE(failure->class == SQLSTATE_POISON || failure->class == SQLSTATE_SPLIT);
    decide(t->token, VERDICT_QUARANTINED);
    ticket_drop(p, t);
}

void tidy_add(struct pool *p, size_t vector_bytes)
{
    REQUIRE(p == &fake.pool && vector_bytes > 0);
}

size_t rows_count(const struct rows *r)
{
    return r->n;
}

int64_t rows_int(const struct rows *r, size_t row, unsigned column)
{
    REQUIRE(row < r->n && (column == 0 || column == 2));
    return column == 0 ? (int64_t)r->ordinals[row] : (int64_t)r->documents[row];
}

const char *rows_bytes(const struct rows *r, size_t row, unsigned column, size_t *ret_size)
{
    REQUIRE(row < r->n && column == 1);
    *ret_size = strlen(r->outcomes[row]);
    return r->outcomes[row];
}

const char *rows_tag(const struct rows *r)
{
    return r->tag;
}

/* ---- running it ---- */

static struct work *take_work(void)
{
    struct pool *p = &fake.pool;
    struct work *w = TAILQ_FIRST(&p->waiting);

    if (w) {
        TAILQ_REMOVE(&p->waiting, w, next);
    } else if (results_ready(p)) {
        fake.tally.batches++;
        w = results_take(p);
    }
    return w;
}

bool fake_step(void)
{
    size_t first = next_choice(fake.choices) % N_LANES;
    struct connection *c;

    fake.sick_steps -= fake.sick_steps > 0;

    for (size_t i = 0; i < N_LANES; i++) {
        c = &connections[i];
        if (c->lane.work || !(c->lane.work = take_work()))
            continue;
        c->lane.work->lane = &c->lane;
        c->lane.work->kind->begin(c->lane.work);
    }
    for (size_t i = 0; i < N_LANES; i++) {
        c = &connections[(first + i) % N_LANES];
        if (c->lane.work && !has_to_wait(c)) {
            end_request(c, next_choice(fake.choices));
            return true;
        }
    }
    return false;
}

void fake_add_job(unsigned content, bool poison, bool supported)
{
    static char empty_object[] = "{}";
    struct job *j = &fake.jobs[fake.n_jobs++];
    uint64_t token = fake.n_jobs;
    struct frame *f = malloc(sizeof(*f) + 1);
    struct message_result m = {.job = token, .token = token, .supported = supported};

    REQUIRE(f);
    *f = (struct frame){.refs = 1, .fd = -1, .size = 1 + content};
    *j = (struct job){.content = content, .poison = poison, .supported = supported};
    m.sha256 = (struct bytes){fake.sha256[content], 32};
    m.metadata = BYTES_STR(empty_object);
    m.media_type = BYTES_STR("text/plain");
    m.body = BYTES_STR("b");
    REQUIRE(ticket_add(&fake.pool, token, token, 0, BYTES_STR("c"), BYTES_STR("p")));
    results_add(&fake.pool, &m, f, &(struct part_list){0});
    (void)frame_unref(f);
}

void fake_supersede(size_t job)
{
    struct job *j = &fake.jobs[job];

    if (j->state != JOB_CLAIMED || is_locked(job))
        return;
    j->state = JOB_SUPERSEDED;
    fake.tally.superseded++;
}

void fake_begin(struct choices *c, int64_t max_rows)
{
    struct pool *p = &fake.pool;

    memset(&fake, 0, sizeof(fake));
    database_begin((size_t)max_rows);
    fake.choices = c;
    batch_rows = max_rows;
    for (size_t i = 0; i < N_CONTENTS; i++)
        memset(fake.sha256[i], (int)i, sizeof(fake.sha256[i]));
    TAILQ_INIT(&p->waiting);
    TAILQ_INIT(&p->results);
    p->max_lanes = N_LANES;
    REQUIRE(settings_init(&p->base.settings) == 0);
}

void fake_end(void)
{
    settle_zombie();
    settings_done(&fake.pool.base.settings);
}
