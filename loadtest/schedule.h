/* schedule.h - when each document is due. Open-loop: the times are fixed before
 * the first drop, and a late one does not move those behind it. */
#pragma once

#include <stdint.h>

struct schedule {
    uint64_t start_usec; /* monotonic */
    double rate;         /* documents a second; 0: all at once */
};

uint64_t schedule_due_usec(const struct schedule *s, uint64_t i);
/* Documents that are due by `now_usec`. */
uint64_t schedule_count(const struct schedule *s, uint64_t now_usec);
