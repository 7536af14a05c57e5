/* fake_database.c - see fake_database.h.
 *
 * It keeps what PostgreSQL keeps: a transaction is seen by nobody before it commits, two with a
 * content in common wait for each other, a row that is refused fails its whole transaction, an
 * answer may be lost before or after the commit, or the commit may come later still. A byte of the
 * input decides how a request ends; behind the input's end all goes well.
 */
#include "fake_database.h"

struct connection connections[N_LANES];
static struct connection zombie; /* a commit whose connection is gone, and that is not done yet */
static size_t limit_rows;

static size_t job_of(const struct result *r)
{
    return (size_t)r->ticket->token - 1;
}

uint64_t document_of(const struct job *j)
{
    return 1000 + j->content;
}

static void forget(struct connection *c)
{
    c->written = 0;
    memset(c->new_contents, 0, sizeof(c->new_contents));
}

static void commit(struct connection *c)
{
    for (size_t i = 0; i < fake.n_jobs; i++) {
        if (!(c->written >> i & 1))
            continue;
        REQUIRE(fake.jobs[i].state == JOB_CLAIMED);
        fake.jobs[i].state = JOB_DONE;
        fake.jobs[i].outcome = c->outcomes[i];
    }
    for (size_t i = 0; i < N_CONTENTS; i++)
        fake.has_content[i] |= c->new_contents[i];
    forget(c);
}

void settle_zombie(void)
{
    for (size_t i = 0; i < fake.n_jobs; i++)
        fake.jobs[i].late |= zombie.written >> i & 1;
    commit(&zombie);
}

static struct batch *batch_of(const struct connection *c)
{
    return (struct batch *)c->lane.work;
}

bool has_to_wait(const struct connection *c)
{
    const struct batch *b = batch_of(c);

    bool stores = c->kind == REQUEST_STORE || c->kind == REQUEST_TRIAL;

    for (size_t i = 0; stores && i < N_LANES; i++)
        for (size_t k = 0; &connections[i] != c && k < b->n; k++)
            if (connections[i].new_contents[fake.jobs[job_of(b->list[k])].content])
                return true;
    return false;
}

static void add_row(struct rows *rows, size_t ordinal, const char *outcome, const struct job *j)
{
    rows->ordinals[rows->n] = ordinal;
    rows->outcomes[rows->n] = outcome;
    rows->documents[rows->n++] = document_of(j);
}

/* The rows in another order: an UPDATE promises none. */
static void turn_round(struct rows *rows)
{
    for (size_t i = 0; i < rows->n / 2; i++) {
        size_t k = rows->n - 1 - i, ordinal = rows->ordinals[i];
        const char *outcome = rows->outcomes[i];
        uint64_t document = rows->documents[i];

        rows->ordinals[i] = rows->ordinals[k];
        rows->outcomes[i] = rows->outcomes[k];
        rows->documents[i] = rows->documents[k];
        rows->ordinals[k] = ordinal;
        rows->outcomes[k] = outcome;
        rows->documents[k] = document;
    }
}

/* Inserts contents and finishes jobs. False when a row is refused. */
static bool store(struct connection *c, struct rows *rows)
{
    const struct batch *b = batch_of(c);
    const char *outcome;

    settle_zombie();
    forget(c);
    REQUIRE(b->n > 0 && b->n <= limit_rows);
    for (size_t i = 0; i < b->n; i++)
        if (fake.jobs[job_of(b->list[i])].poison)
            return false;
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->list[i];
        const struct job *j = &fake.jobs[job_of(r)];
        bool is_new = !fake.has_content[j->content];

        REQUIRE(r->first == !c->new_contents[j->content] || !is_new);
        c->new_contents[j->content] |= r->first && is_new;
        REQUIRE(fake.has_content[j->content] || c->new_contents[j->content]);
        if (j->state != JOB_CLAIMED)
            continue;
        outcome = !r->first || !is_new ? "duplicate" : j->supported ? "stored" : "unsupported";
        c->written |= 1ull << job_of(r);
        c->outcomes[job_of(r)] = outcome;
        add_row(rows, i + 1, outcome, j);
    }
    return true;
}

static void check(struct connection *c, struct rows *rows)
{
    const struct batch *b = batch_of(c);

    for (size_t i = 0; i < b->n; i++) {
        const struct job *j = &fake.jobs[job_of(b->list[i])];

        if (j->state == JOB_DONE)
            add_row(rows, i + 1, j->outcome, j);
    }
}

/* ---- how requests end ---- */

/* BEGIN; settings; lock; savepoint; probe; its check; rollback; release; contents; jobs; check. */
enum { TRIAL_PROBE = 5, TRIAL_LENGTH = 11 };

static void answer(struct connection *c, struct rows *rows, const char *sqlstate)
{
    static const size_t lengths[N_REQUESTS] = {
        [REQUEST_STORE] = 4, [REQUEST_TRIAL] = TRIAL_LENGTH, [REQUEST_CHECK] = WORK_RESULT + 2};
    static struct rows probe = {.tag = "INSERT"};
    conn_done *done = c->done;
    struct db_failure failure = {.class = SQLSTATE_OK};
    struct rows *results[TRIAL_LENGTH] = {NULL};
    size_t n = MAX(lengths[c->kind], 1);

    if (sqlstate) {
        failure.class = sqlstate_classify(sqlstate);
        (void)snprintf(failure.sqlstate, sizeof(failure.sqlstate), "%s", sqlstate);
    }
    if (c->kind == REQUEST_TRIAL && c->probed)
        results[TRIAL_PROBE] = &probe;
    results[c->kind == REQUEST_CHECK   ? WORK_RESULT
            : c->kind == REQUEST_TRIAL ? n - 2
                                       : n - 1] = sqlstate ? NULL : rows;
    c->done = NULL;
    done(c->lane.work, NULL, results, n, &failure);
}

static void fail(struct connection *c, uint8_t choice)
{
    static const char *const codes[] = {"40P01", "08006", "57014", "42501", "53100", "",
                                        "XX000", "25006", "57P01", "23505", "55P03"};

    fake.tally.troubles++;
    forget(c);
    answer(c, NULL, codes[choice / 16 % ARRAY_SIZE(codes)]);
}

static void refuse(struct connection *c, uint8_t choice)
{
    static const char *const codes[] = {"22P05", "54000", "23514", "P0001", "22021"};

    forget(c);
    answer(c, NULL, codes[choice / 16 % ARRAY_SIZE(codes)]);
}

static void end_store(struct connection *c, uint8_t choice)
{
    const struct batch *b = batch_of(c);
    struct rows rows = {.tag = "UPDATE"};
    bool in_trouble = choice % 4 == 1 || fake.sick_steps > 0;
    bool is_refused = !in_trouble && !store(c, &rows);

    fake.tally.transactions++;
    if (b->n == 1)
        fake.jobs[job_of(b->list[0])].refused_alone += in_trouble || is_refused;
    c->probed = fake.sick_steps == 0 && (!in_trouble || choice & 8);
    if (fake.sick_steps > 0) {
        fake.tally.troubles++;
        refuse(c, choice);
    } else if (in_trouble) {
        fail(c, choice);
    } else if (is_refused) {
        refuse(c, choice);
    } else {
        if (choice & 16)
            turn_round(&rows);
        answer(c, &rows, NULL);
    }
}

/* 0: it went well. */
static void end_commit(struct connection *c, uint8_t choice)
{
    struct rows rows = {.tag = "COMMIT"};
    unsigned how = choice % 8;

    fake.tally.troubles += how >= 1 && how <= 4;
    if (how == 1) { /* undone, and only the tag says so */
        forget(c);
        rows.tag = "ROLLBACK";
    } else if (how == 2) { /* nothing is known, and nothing was done */
        forget(c);
    } else if (how == 4) { /* nothing is known, and it comes later */
        settle_zombie();
        zombie = *c;
        forget(c);
    } else {
        commit(c);
    }
    answer(c, &rows, how >= 2 && how <= 4 ? "08006" : NULL);
}

static void end_rollback(struct connection *c, uint8_t choice)
{
    struct rows rows = {.tag = "ROLLBACK"};

    forget(c);
    answer(c, &rows, choice % 4 == 1 ? "57P01" : NULL);
}

static void end_check(struct connection *c, uint8_t choice)
{
    struct rows rows = {.tag = "SELECT"};

    if (choice % 4 == 1) {
        fail(c, choice);
        return;
    }
    check(c, &rows);
    answer(c, &rows, NULL);
}

static void (*const ends[N_REQUESTS])(struct connection *c, uint8_t choice) = {
    [REQUEST_STORE] = end_store, [REQUEST_COMMIT] = end_commit, [REQUEST_ROLLBACK] = end_rollback,
    [REQUEST_CHECK] = end_check, [REQUEST_TRIAL] = end_store,
};

void end_request(struct connection *c, uint8_t choice)
{
    ends[c->kind](c, choice);
}

bool is_locked(size_t job)
{
    uint64_t held = zombie.written;

    for (size_t i = 0; i < N_LANES; i++)
        held |= connections[i].written;
    return held >> job & 1;
}

void database_begin(size_t max_rows)
{
    memset(connections, 0, sizeof(connections));
    memset(&zombie, 0, sizeof(zombie));
    limit_rows = max_rows;
}
