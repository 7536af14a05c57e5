/* budget.c - the time of a document: its processor time ends with the process (SIGPROF), and so much
 * of it may go into what can be left out, text in pictures.
 *
 * That is two thirds of what PENSTOCK_MAX_SECONDS and PENSTOCK_MAX_CPU_SECONDS allow it in all: behind
 * those a document is blamed, and a scan of a thousand pages is no fault. The last third is for the
 * page that is being read when they are over, and for the rest of the document. Waiting for the pool
 * is not the document's time (src/intake/deadline.c): a database that is away for an hour must not
 * cost a document its text.
 */
#include "worker/worker.h"

#include "base/clock.h"

#include <sys/time.h>

static void limit_cpu(long long seconds)
{
    const struct itimerval value = {.it_value = {.tv_sec = seconds}};

    (void)setitimer(ITIMER_PROF, &value, NULL);
}

static uint64_t cpu_left_usec(void)
{
    struct itimerval left = {{0}};

    (void)getitimer(ITIMER_PROF, &left);
    return (uint64_t)left.it_value.tv_sec * USEC_PER_SEC + (uint64_t)left.it_value.tv_usec;
}

void budget_begin(struct budget *b, const struct settings *s)
{
    *b = (struct budget){
        .begun_usec = clock_now_usec(),
        .max_usec = (uint64_t)settings_number(s, SETTING_MAX_SECONDS) * USEC_PER_SEC / 3 * 2,
        .reserve_cpu_usec =
            (uint64_t)settings_number(s, SETTING_MAX_CPU_SECONDS) * USEC_PER_SEC / 3,
    };
    limit_cpu(settings_number(s, SETTING_MAX_CPU_SECONDS));
}

void budget_end(void)
{
    limit_cpu(0);
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
    return clock_now_usec() - b->begun_usec < b->max_usec && cpu_left_usec() > b->reserve_cpu_usec;
}
