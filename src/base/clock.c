/* clock.c - see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t); /* cannot fail for these clocks: clock_gettime(2) */
    return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_now_usec(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_cpu_usec(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_wall_usec(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_format(uint64_t wall_usec, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall_usec / USEC_PER_SEC);
    struct tm tm;
    size_t n;

    (void)gmtime_r(&seconds, &tm);
    n = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text + n, CLOCK_TEXT_SIZE - n, ".%03uZ", (unsigned)(wall_usec / 1000 % 1000));
}
