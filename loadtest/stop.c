/* stop.c - see stop.h. */
#include "stop.h"

#include "base/clock.h"

#include <signal.h>
#include <time.h>

#define LOOK_USEC 50000 /* how long a sleep may go on unasked */

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

void stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool stop_requested(void)
{
    return stopping != 0;
}

bool stop_sleep_until(uint64_t usec)
{
    uint64_t now;

    while (!stopping && (now = clock_now_usec()) < usec) {
        uint64_t until = MIN(usec, now + LOOK_USEC);
        struct timespec at = {.tv_sec = (time_t)(until / USEC_PER_SEC),
                              .tv_nsec = (long)(until % USEC_PER_SEC * 1000)};

        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    return stopping != 0;
}

bool stop_sleep(uint64_t usec)
{
    return stop_sleep_until(clock_now_usec() + usec);
}
