/* histogram.h - times in microseconds, counted in log-linear buckets: 128 to
 * each power of two, so a quantile is too large by at most 0.8 %; count, sum,
 * smallest and largest are exact. */
#pragma once

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 7
/* Up to 2^40 microseconds, 12 days. */
#define HISTOGRAM_N_BUCKETS ((40 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct times {
    uint64_t count, sum_usec, min_usec, max_usec;
    uint64_t buckets[HISTOGRAM_N_BUCKETS];
};

void times_clear(struct times *t);
void times_add(struct times *t, uint64_t usec);
/* Adds all of `other`. */
void times_merge(struct times *t, const struct times *other);
/* The smallest time that `share` (0 to 1) of all do not exceed; the bucket's
 * upper end, at most the largest; 0 when there are none. */
uint64_t times_quantile(const struct times *t, double share);
double times_mean(const struct times *t);
