/* How many workers there should be, tried on models of machines: what a document costs a processor
 * and how long its worker waits besides. */
#include "supervisor/scale_policy.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PROCESSORS 4u
#define LOOK_USEC  500000u

struct machine {
    double compute_seconds, wait_seconds; /* a document */
    double max_rate;                      /* of what they wait for; 0: no limit */
    bool is_done, is_paused;
};

static double rate_with(const struct machine *m, unsigned n)
{
    double rate = n / (m->compute_seconds + m->wait_seconds);

    rate = MIN(rate, PROCESSORS / m->compute_seconds);
    return m->max_rate > 0 ? MIN(rate, m->max_rate) : rate;
}

static double best_rate(const struct machine *m)
{
    double best = 0;

    for (unsigned n = 1; n <= 8 * PROCESSORS; n++)
        best = MAX(best, rate_with(m, n));
    return best;
}

/* Of the time of a worker; that for which it waits for a processor does not count. */
static double share_waiting(const struct machine *m, unsigned n)
{
    double seconds = n / rate_with(m, n); /* a document, all in all */
    bool is_processor_short = n > 0 && rate_with(m, n) * m->compute_seconds >= PROCESSORS * 0.999;

    return (is_processor_short ? m->wait_seconds : seconds - m->compute_seconds) / seconds;
}

static unsigned look_on(struct scale *s, const struct machine *m)
{
    double rate = m->is_done ? 0 : rate_with(m, s->n);
    const struct scale_look look = {
        .usec = LOOK_USEC,
        .n_documents = (uint64_t)(rate * LOOK_USEC / 1e6),
        .waiting = share_waiting(m, s->n),
        .has_backlog = !m->is_done,
        .is_paused = m->is_paused,
    };

    return scale_next(s, &look);
}

static void looks(struct scale *s, const struct machine *m, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        (void)look_on(s, m);
}

static void one_a_processor_while_they_compute(void **state)
{
    const struct machine m = {.compute_seconds = 0.01};
    struct scale s;

    scale_init(&s, PROCESSORS);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(look_on(&s, &m), PROCESSORS);
}

static void more_when_they_wait(void **state)
{
    static const double waits[] = {0.004, 0.01, 0.03, 0.06};

    for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
        const struct machine m = {.compute_seconds = 0.01, .wait_seconds = waits[i]};
        struct scale s;

        scale_init(&s, PROCESSORS);
        looks(&s, &m, 120);
        assert_true(rate_with(&m, s.n) >= 0.9 * best_rate(&m));
    }
}

static void never_more_than_eight_a_processor(void **state)
{
    const struct machine m = {.compute_seconds = 0.001, .wait_seconds = 1};
    struct scale s;

    scale_init(&s, PROCESSORS);
    for (unsigned i = 0; i < 300; i++)
        assert_in_range(look_on(&s, &m), PROCESSORS, 8 * PROCESSORS);
    assert_int_equal(s.n, 8 * PROCESSORS);
}

static void what_brings_nothing_is_taken_back(void **state)
{
    const struct machine m = {.compute_seconds = 0.01, .wait_seconds = 0.01, .max_rate = 150};
    unsigned n_more = 0;
    struct scale s;

    scale_init(&s, PROCESSORS);
    for (unsigned i = 0; i < 600; i++)
        n_more += look_on(&s, &m) > PROCESSORS;
    assert_in_range(n_more, 1, 600 / 5); /* it was tried, and seldom */
}

static void a_slow_database_changes_nothing(void **state)
{
    const struct machine m = {.compute_seconds = 0.01, .wait_seconds = 0.1, .is_paused = true};
    struct scale s;

    scale_init(&s, PROCESSORS);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(look_on(&s, &m), PROCESSORS);
}

static void they_go_when_all_is_done(void **state)
{
    struct machine m = {.compute_seconds = 0.01, .wait_seconds = 0.06};
    struct scale s;

    scale_init(&s, PROCESSORS);
    looks(&s, &m, 120);
    assert_true(s.n > PROCESSORS);
    m.is_done = true;
    looks(&s, &m, 5);
    assert_true(s.n > PROCESSORS); /* a pause is no end */
    looks(&s, &m, 25);
    assert_int_equal(s.n, PROCESSORS);
}

static void a_trial_that_cannot_be_judged_is_taken_back(void **state)
{
    struct machine m = {.compute_seconds = 0.01, .wait_seconds = 0.06};
    struct scale s;

    scale_init(&s, PROCESSORS);
    looks(&s, &m, 5);
    assert_true(s.n_before > 0);
    m.is_paused = true;
    looks(&s, &m, 1);
    assert_int_equal(s.n_before, 0);
    assert_int_equal(s.n, PROCESSORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_a_processor_while_they_compute),
        cmocka_unit_test(more_when_they_wait),
        cmocka_unit_test(never_more_than_eight_a_processor),
        cmocka_unit_test(what_brings_nothing_is_taken_back),
        cmocka_unit_test(a_slow_database_changes_nothing),
        cmocka_unit_test(they_go_when_all_is_done),
        cmocka_unit_test(a_trial_that_cannot_be_judged_is_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
