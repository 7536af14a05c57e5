/* schedule.c - see schedule.h. Counted from the start each time: rounding does
 * not add up. */
#include "schedule.h"

uint64_t schedule_due_usec(const struct schedule *s, uint64_t i)
{
    return s->rate > 0 ? s->start_usec + (uint64_t)((double)i * 1e6 / s->rate) : s->start_usec;
}

uint64_t schedule_count(const struct schedule *s, uint64_t now_usec)
{
    uint64_t n;

    if (now_usec < s->start_usec)
        return 0;
    if (s->rate <= 0)
        return UINT64_MAX;
    n = (uint64_t)((double)(now_usec - s->start_usec) * s->rate / 1e6);
    while (schedule_due_usec(s, n) <= now_usec)
        n++;
    return n;
}
