/* common.h - what the loop's tests share: a loop that a test runs for a while, but never for ever.
 */
#pragma once

#include "../base/common.h"

#include "base/clock.h"
#include "loop/loop.h"

#include <dirent.h>
#include <sys/socket.h>

static void watchdog_barks(void *user)
{
    *(bool *)user = true;
}

static UNUSED void stop_loop(void *l)
{
    loop_stop(l);
}

/* Runs until the test stops the loop; fails when that does not happen within 20 seconds. */
static UNUSED void run(struct loop *l)
{
    bool late = false;
    struct timer *watchdog, *stop;

    assert_int_equal(timer_new(l, watchdog_barks, &late, &watchdog), 0);
    assert_int_equal(timer_new(l, stop_loop, l, &stop), 0);
    timer_set(watchdog, 20 * USEC_PER_SEC);
    timer_set(stop, 20 * USEC_PER_SEC);
    assert_int_equal(loop_run(l), 0);
    timer_free(watchdog);
    timer_free(stop);
    assert_false(late);
}

/* Runs for so long, whatever happens. */
static UNUSED void run_for(struct loop *l, uint64_t usec)
{
    struct timer *stop;

    assert_int_equal(timer_new(l, stop_loop, l, &stop), 0);
    timer_set(stop, usec);
    assert_int_equal(loop_run(l), 0);
    timer_free(stop);
}

static UNUSED int make_loop(void **state)
{
    struct loop *l;

    if (loop_new(&l) != 0)
        return -1;
    *state = l;
    return 0;
}

/* Hangs when a test left something registered. */
static UNUSED int drop_loop(void **state)
{
    loop_free(*state);
    return 0;
}

/* How many descriptors this process has open. */
static UNUSED unsigned count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

#define IN_LOOP(test) cmocka_unit_test_setup_teardown(test, make_loop, drop_loop)
