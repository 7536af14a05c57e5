/* budget.c - how much of a document's time may go into what can be left out: text in pictures.
 *
 * Two thirds of what PENSTOCK_MAX_SECONDS and PENSTOCK_MAX_CPU_SECONDS allow it in all: behind those
 * a document is blamed, and a scan of a thousand pages is no fault. The last third is for the page
 * that is being read when they are over, and for the rest of the document. Waiting for the pool is
 * not the document's time (src/intake/deadline.c): a database that is away for an hour must not cost
 * a document its text.
 */
#include "worker/worker.h"

#include "base/clock.h"

void budget_begin(struct budget *b, const struct settings *s)
{
    *b = (struct budget){
        .begun_usec = clock_now_usec(),
        .begun_cpu_usec = clock_cpu_usec(),
        .max_usec = (uint64_t)settings_number(s, SETTING_MAX_SECONDS) * USEC_PER_SEC / 3 * 2,
        .max_cpu_usec =
            (uint64_t)settings_number(s, SETTING_MAX_CPU_SECONDS) * USEC_PER_SEC / 3 * 2,
    };
}

void budget_wait_begins(struct budget *b)
{
    b->waiting_since_usec = clock_now_usec();
}

void budget_wait_ends(struct budget *b)
{
    b->begun_usec += clock_now_usec() - b->waiting_since_usec;
}

bool budget_allows(const struct budget *b)
{
    return clock_now_usec() - b->begun_usec < b->max_usec &&
           clock_cpu_usec() - b->begun_cpu_usec < b->max_cpu_usec;
}
