/* histogram.c - see histogram.h. Times below 2 * 128 microseconds have a bucket
 * each. */
#include "histogram.h"

#include "base/err.h"

#include <math.h>
#include <string.h>

#define SUB (1ULL << HISTOGRAM_SUB_BITS)

static unsigned bucket_of(uint64_t usec)
{
    unsigned shift;

    if (usec < 2 * SUB)
        return (unsigned)usec;
    shift = (unsigned)(63 - __builtin_clzll(usec)) - HISTOGRAM_SUB_BITS;
    return MIN((unsigned)((shift << HISTOGRAM_SUB_BITS) + (usec >> shift)),
               HISTOGRAM_N_BUCKETS - 1);
}

/* The largest time that is counted there. */
static uint64_t upper_end(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * SUB)
        return bucket;
    shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    return ((SUB + (bucket & (SUB - 1)) + 1) << shift) - 1;
}

void times_clear(struct times *t)
{
    memset(t, 0, sizeof(*t));
}

void times_add(struct times *t, uint64_t usec)
{
    t->min_usec = t->count == 0 ? usec : MIN(t->min_usec, usec);
    t->max_usec = MAX(t->max_usec, usec);
    t->count++;
    t->sum_usec += usec;
    t->buckets[bucket_of(usec)]++;
}

void times_merge(struct times *t, const struct times *other)
{
    if (other->count == 0)
        return;
    t->min_usec = t->count == 0 ? other->min_usec : MIN(t->min_usec, other->min_usec);
    t->max_usec = MAX(t->max_usec, other->max_usec);
    t->count += other->count;
    t->sum_usec += other->sum_usec;
    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++)
        t->buckets[i] += other->buckets[i];
}

uint64_t times_quantile(const struct times *t, double share)
{
    uint64_t wanted = MAX((uint64_t)ceil(share * (double)t->count), (uint64_t)1), n = 0;

    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS && t->count > 0; i++) {
        n += t->buckets[i];
        if (n >= wanted)
            return MIN(upper_end(i), t->max_usec);
    }
    return t->max_usec;
}

double times_mean(const struct times *t)
{
    return t->count == 0 ? 0 : (double)t->sum_usec / (double)t->count;
}
