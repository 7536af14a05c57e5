/* Timers, deferred work, signals: when they run, and that nothing runs after it was freed. */
#include "common.h"

#include <signal.h>

/* A timer that notes its name, and when it fired. */
struct alarm {
    struct loop *loop;
    struct timer *timer;
    char name;
    char *log;
    unsigned fired, until; /* stops the loop at the `until`th time */
    uint64_t set_usec, fired_usec;
};

static void on_alarm(void *user)
{
    struct alarm *a = user;
    size_t n = strlen(a->log);

    a->log[n] = a->name;
    a->log[n + 1] = '\0';
    a->fired_usec = clock_now_usec();
    if (++a->fired == a->until)
        loop_stop(a->loop);
}

static void new_alarm(struct alarm *a, struct loop *l, char name, char *log)
{
    *a = (struct alarm){.loop = l, .name = name, .log = log};
    assert_int_equal(timer_new(l, on_alarm, a, &a->timer), 0);
}

static void set_alarm(struct alarm *a, uint64_t delay_usec)
{
    a->set_usec = clock_now_usec();
    timer_set(a->timer, delay_usec);
}

static void timers_fire_in_the_order_they_are_due(void **state)
{
    char log[8] = "";
    struct alarm a, b, c;

    new_alarm(&a, *state, 'a', log);
    new_alarm(&b, *state, 'b', log);
    new_alarm(&c, *state, 'c', log);
    c.until = 1;
    set_alarm(&c, 30000);
    set_alarm(&a, 10000);
    set_alarm(&b, 20000);
    run(*state);
    assert_string_equal(log, "abc");
    timer_free(a.timer);
    timer_free(b.timer);
    timer_free(c.timer);
}

static void a_timer_is_never_early(void **state)
{
    char log[200] = "";
    struct alarm a;

    new_alarm(&a, *state, 'a', log);
    a.until = 1;
    for (unsigned delay = 1; delay < 8000; delay += 190) {
        a.fired = 0;
        set_alarm(&a, delay);
        run(*state);
        assert_true(a.fired_usec - a.set_usec >= delay);
        assert_true(a.fired_usec - a.set_usec < delay + 500000);
    }
    timer_free(a.timer);
}

static void setting_again_replaces_what_was_set(void **state)
{
    char log[8] = "";
    struct alarm a, b;

    new_alarm(&a, *state, 'a', log);
    new_alarm(&b, *state, 'b', log);
    b.until = 1;
    set_alarm(&a, 1000);
    set_alarm(&b, 20000);
    assert_true(timer_is_set(a.timer));
    set_alarm(&a, 60 * USEC_PER_SEC);
    run(*state);
    assert_string_equal(log, "b");
    assert_true(timer_is_set(a.timer));
    assert_false(timer_is_set(b.timer));
    timer_free(a.timer);
    timer_free(b.timer);
}

static void a_stopped_timer_does_not_fire(void **state)
{
    char log[8] = "";
    struct alarm a, b;

    new_alarm(&a, *state, 'a', log);
    new_alarm(&b, *state, 'b', log);
    b.until = 1;
    set_alarm(&a, 1000);
    set_alarm(&b, 20000);
    timer_stop(a.timer);
    assert_false(timer_is_set(a.timer));
    run(*state);
    assert_string_equal(log, "b");
    timer_free(a.timer);
    timer_free(b.timer);
}

static void set_again_at_once(void *user)
{
    struct alarm *a = user;

    on_alarm(a);
    set_alarm(a, 0);
}

static void a_timer_that_sets_itself_again_leaves_others_their_turn(void **state)
{
    char log[8192] = "";
    struct alarm again = {.loop = *state, .name = 'a', .log = log}, other;

    assert_int_equal(timer_new(*state, set_again_at_once, &again, &again.timer), 0);
    new_alarm(&other, *state, 'b', log);
    other.until = 1;
    set_alarm(&again, 0);
    set_alarm(&other, 20000);
    run(*state);
    assert_in_range(again.fired, 2, 1000);
    timer_free(again.timer);
    timer_free(other.timer);
}

static void free_both(void *user)
{
    struct alarm **both = user;

    both[0]->timer = timer_free(both[0]->timer);
    both[1]->timer = timer_free(both[1]->timer);
    loop_stop(both[0]->loop);
}

static void a_timer_may_free_itself_and_one_that_is_due(void **state)
{
    char log[8] = "";
    struct alarm first = {.loop = *state}, second;
    struct alarm *both[] = {&first, &second};

    assert_int_equal(timer_new(*state, free_both, both, &first.timer), 0);
    new_alarm(&second, *state, 'b', log);
    set_alarm(&first, 1000);
    set_alarm(&second, 1000);
    run(*state);
    run_for(*state, 10000);
    assert_null(first.timer);
    assert_string_equal(log, "");
}

/* Deferred work. */
struct later {
    struct loop *loop;
    struct deferred *work, *other;
    unsigned runs, again;
};

static void do_later(void *user)
{
    struct later *d = user;

    d->runs++;
    if (d->again > 0) {
        d->again--;
        deferred_set(d->work);
    } else {
        loop_stop(d->loop);
    }
}

static void deferred_work_runs_once_however_often_it_was_asked_for(void **state)
{
    struct later d = {.loop = *state};

    assert_int_equal(deferred_new(*state, do_later, &d, &d.work), 0);
    for (int i = 0; i < 5; i++)
        deferred_set(d.work);
    assert_int_equal(d.runs, 0);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(d.runs, 1);
    deferred_free(d.work);
}

static void deferred_work_may_ask_for_itself_again(void **state)
{
    struct later d = {.loop = *state, .again = 3};

    assert_int_equal(deferred_new(*state, do_later, &d, &d.work), 0);
    deferred_set(d.work);
    run(*state);
    assert_int_equal(d.runs, 4);
    deferred_free(d.work);
}

static void free_itself_and_the_other(void *user)
{
    struct later *d = user;

    d->runs++;
    d->work = deferred_free(d->work);
    d->other = deferred_free(d->other);
    loop_stop(d->loop);
}

/* Whichever comes first frees both. */
static void deferred_work_may_free_itself_and_what_is_still_to_run(void **state)
{
    struct later d = {.loop = *state};

    assert_int_equal(deferred_new(*state, free_itself_and_the_other, &d, &d.work), 0);
    assert_int_equal(deferred_new(*state, free_itself_and_the_other, &d, &d.other), 0);
    deferred_set(d.work);
    deferred_set(d.other);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(d.runs, 1);
}

/* Signals. */
struct heard {
    struct loop *loop;
    struct signal_watch *watch;
    int signal;
    unsigned times;
};

static void on_signal(void *user, int signal)
{
    struct heard *h = user;

    h->signal = signal;
    h->times++;
    loop_stop(h->loop);
}

static void free_on_signal(void *user, int signal)
{
    struct heard *h = user;

    on_signal(user, signal);
    h->watch = signal_watch_free(h->watch);
}

static void a_signal_is_told_from_the_loop(void **state)
{
    struct heard h = {.loop = *state};

    assert_int_equal(signal_watch_new(*state, SIGUSR1, on_signal, &h, &h.watch), 0);
    raise(SIGUSR1);
    assert_int_equal(h.times, 0);
    run(*state);
    assert_int_equal(h.signal, SIGUSR1);
    assert_int_equal(h.times, 1);
    signal_watch_free(h.watch);
}

static void a_signal_watch_may_free_itself(void **state)
{
    struct heard h = {.loop = *state};

    assert_int_equal(signal_watch_new(*state, SIGUSR2, free_on_signal, &h, &h.watch), 0);
    raise(SIGUSR2);
    raise(SIGUSR2);
    run(*state);
    run_for(*state, 5000);
    assert_null(h.watch);
    assert_int_equal(h.times, 1);
}

static void a_signal_that_cannot_be_caught_is_an_error(void **state)
{
    struct heard h = {.watch = NULL};

    assert_int_equal(signal_watch_new(*state, SIGKILL, on_signal, &h, &h.watch), -EINVAL);
    assert_null(h.watch);
}

static void a_loop_without_work_ends_at_once(void **state)
{
    struct timer *unset;
    uint64_t start = clock_now_usec();

    assert_int_equal(timer_new(*state, stop_loop, *state, &unset), 0);
    assert_int_equal(loop_run(*state), 0);
    assert_true(clock_now_usec() - start < USEC_PER_SEC);
    timer_free(unset);
}

static void the_loop_knows_the_time(void **state)
{
    uint64_t now;

    run_for(*state, 2000);
    now = clock_now_usec();
    assert_in_range(loop_now_usec(*state), now - 500000, now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(timers_fire_in_the_order_they_are_due),
        IN_LOOP(a_timer_is_never_early),
        IN_LOOP(setting_again_replaces_what_was_set),
        IN_LOOP(a_stopped_timer_does_not_fire),
        IN_LOOP(a_timer_that_sets_itself_again_leaves_others_their_turn),
        IN_LOOP(a_timer_may_free_itself_and_one_that_is_due),
        IN_LOOP(deferred_work_runs_once_however_often_it_was_asked_for),
        IN_LOOP(deferred_work_may_ask_for_itself_again),
        IN_LOOP(deferred_work_may_free_itself_and_what_is_still_to_run),
        IN_LOOP(a_signal_is_told_from_the_loop),
        IN_LOOP(a_signal_watch_may_free_itself),
        IN_LOOP(a_signal_that_cannot_be_caught_is_an_error),
        IN_LOOP(a_loop_without_work_ends_at_once),
        IN_LOOP(the_loop_knows_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
