/* heartbeat.c - see heartbeat.h. One word a process, like the role in its log lines. */
#include "base/heartbeat.h"

#include "base/clock.h"

#include <stddef.h>

static _Atomic uint64_t *beat_word;

void heartbeat_init(_Atomic uint64_t *word)
{
    beat_word = word;
    heartbeat();
}

void heartbeat(void)
{
    if (beat_word)
        atomic_store_explicit(beat_word, clock_now_usec(), memory_order_relaxed);
}
