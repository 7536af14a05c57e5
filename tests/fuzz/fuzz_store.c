/* fuzz_store.c - results.c and store.c of the pool against a database that fails as the input says:
 * retries, the fence, lost commits, and halving until a poisoned row stands alone.
 *
 * Every result gets exactly one verdict. One that is stored was stored once; one that is lost had
 * lost its claim; a row is quarantined only when it was refused alone, or as often as an
 * unclear failure needs; a database that refuses everything for a while costs no document. A
 * content is new once. The transactions that this takes are bounded.
 */
#include "fake_pool.h"

#include "base/log.h"

/* [rows a batch, jobs, jobs from the start, then one byte a job: content, poison, supported] */
static size_t n_jobs, n_added;
static struct choices jobs;

static void add_job(void)
{
    uint8_t choice = next_choice(&jobs);

    fake_add_job(choice % N_CONTENTS, (choice & 0x30) == 0x30, choice < 0xf0);
    n_added++;
}

static void check_verdict(const struct job *j)
{
    switch (j->verdict) {
    case VERDICT_STORED:
        REQUIRE(j->state == JOB_DONE && !j->poison);
        break;
    case VERDICT_LOST:
        REQUIRE(j->state == JOB_SUPERSEDED || (j->state == JOB_DONE && j->late));
        break;
    case VERDICT_QUARANTINED:
        REQUIRE(j->refused_alone >= (j->poison ? 1 : MAX_ATTEMPTS));
        break;
    default:
        REQUIRE(!"a result without a verdict");
    }
}

static void check_contents(void)
{
    unsigned is_new[N_CONTENTS] = {0};

    for (size_t i = 0; i < fake.n_jobs; i++)
        if (fake.jobs[i].state == JOB_DONE && strcmp(fake.jobs[i].outcome, "duplicate") != 0)
            is_new[fake.jobs[i].content]++;
    for (size_t i = 0; i < N_CONTENTS; i++)
        REQUIRE(is_new[i] <= 1 && is_new[i] <= fake.has_content[i]);
}

/* Each poisoned row costs one transaction a level of halving; each trouble, each claim that was
 * lost and each batch one more; and what is halved becomes two. */
static void check_transactions(size_t max_rows)
{
    unsigned levels = 1, poisoned = 0, divided;

    while ((size_t)1 << levels < max_rows)
        levels++;
    for (size_t i = 0; i < fake.n_jobs; i++)
        poisoned += fake.jobs[i].poison;
    divided = poisoned * levels + fake.tally.troubles;
    REQUIRE(fake.tally.transactions <= 2 * divided + 2 * fake.tally.troubles + 2 * poisoned +
                                           fake.tally.superseded + fake.tally.batches);
}

/* While there is input, claims come and go; then what is left is done without a trouble. */
static void run(struct choices *c)
{
    unsigned steps = 0;
    bool was_sick = false;
    uint8_t choice;

    do {
        choice = next_choice(c);
        if (choice & 1 && n_added < n_jobs)
            add_job();
        if (choice % 8 == 6 && fake.n_jobs > 0)
            fake_supersede(choice / 8 % fake.n_jobs);
        if (choice >= 0xf8 && !was_sick)
            fake.sick_steps = 1 + choice % 8 * 4;
        was_sick |= choice >= 0xf8;
        (void)fake_step();
    } while (c->left > 0);
    while (n_added < n_jobs)
        add_job();
    while (fake_step())
        REQUIRE(steps++ < 2000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices c = {data, size};
    size_t max_rows = next_choice(&c) % 20 + 1;

    log_set_level(LOG_ERROR);
    n_jobs = next_choice(&c) % (MAX_JOBS + 1);
    n_added = next_choice(&c);
    jobs = (struct choices){c.at, MIN(n_jobs, c.left)};
    c.at += jobs.left;
    c.left -= jobs.left;
    fake_begin(&c, (int64_t)max_rows);
    for (size_t n = MIN(n_added, n_jobs), i = n_added = 0; i < n; i++)
        add_job();
    run(&c);
    REQUIRE(fake.pool.n_results == 0 && fake.pool.n_storing == 0 && !fake.pool.tickets);
    for (size_t i = 0; i < fake.n_jobs; i++)
        check_verdict(&fake.jobs[i]);
    check_contents();
    check_transactions(max_rows);
    fake_end();
    return 0;
}
