/* scale_policy.c - how many workers there should be.
 *
 * One a processor is best as long as workers compute: more only take turns. But workers may wait
 * for what they read (a network file system, a slow disk), and processors are not used while files
 * wait. When that is so for a while, workers are added, as many as would keep the processors busy.
 * It is a trial: unless it brings more documents in the same time it is taken back, and for some
 * time none follows. When there is nothing left to do, the additional ones go.
 *
 * When the database is what is slow, nothing is changed: workers that it makes wait cost nothing.
 */
#include "supervisor/scale_policy.h"

#include "base/err.h"

#define MAX_PER_PROCESSOR 8u
#define MAX_WORKERS       256u
#define MIN_WAITING       0.2
#define WAITING_LOOKS     4u
#define SETTLING_LOOKS    2u /* of a trial: workers have to start */
#define TRIAL_LOOKS       8u
#define REST_LOOKS        60u
#define QUIET_LOOKS       20u
#define MIN_GAIN          1.05

void scale_init(struct scale *s, unsigned n_processors)
{
    *s = (struct scale){.n_processors = MAX(n_processors, 1u)};
    s->n_processors = MIN(s->n_processors, MAX_WORKERS);
    s->n = s->n_processors;
}

static void forget_looks(struct scale *s)
{
    s->n_waiting_looks = 0;
    s->rate = 0;
}

static double rate_of(uint64_t n_documents, uint64_t usec)
{
    return usec > 0 ? (double)n_documents * 1e6 / (double)usec : 0;
}

/* As many as would use all processors, if each waited as much as those do that there are; at most
 * twice as many. */
static unsigned enough(const struct scale *s, double waiting)
{
    double wanted = waiting < 1 ? s->n_processors / (1 - waiting) : s->n * 2.0;
    unsigned n = (unsigned)(MIN(wanted, s->n * 2.0) + 0.5);

    return MIN(n, MIN(s->n_processors * MAX_PER_PROCESSOR, MAX_WORKERS));
}

static void begin_trial(struct scale *s, double waiting)
{
    unsigned wanted = enough(s, waiting);

    if (wanted <= s->n)
        return;
    s->n_before = s->n;
    s->n = wanted;
    s->n_trial_looks = 0;
    s->trial_documents = s->trial_usec = 0;
}

static void end_trial(struct scale *s)
{
    if (rate_of(s->trial_documents, s->trial_usec) < s->rate * MIN_GAIN) {
        s->n = s->n_before;
        s->n_rest_looks = REST_LOOKS;
    }
    s->n_before = 0;
    forget_looks(s);
}

static void try_on(struct scale *s, const struct scale_look *look)
{
    if (!look->has_backlog || look->is_paused) { /* it cannot be told any more */
        s->n = s->n_before;
        s->n_before = 0;
        forget_looks(s);
        return;
    }
    if (++s->n_trial_looks > SETTLING_LOOKS) {
        s->trial_documents += look->n_documents;
        s->trial_usec += look->usec;
    }
    if (s->n_trial_looks >= TRIAL_LOOKS)
        end_trial(s);
}

static void look_for_waiting(struct scale *s, const struct scale_look *look)
{
    bool is_waiting = look->has_backlog && !look->is_paused && look->waiting >= MIN_WAITING;

    if (!is_waiting || s->n_rest_looks > 0) {
        s->n_rest_looks -= s->n_rest_looks > 0;
        forget_looks(s);
        return;
    }
    s->rate += rate_of(look->n_documents, look->usec) / WAITING_LOOKS;
    if (++s->n_waiting_looks >= WAITING_LOOKS) {
        begin_trial(s, look->waiting);
        s->n_waiting_looks = 0;
        if (s->n_before == 0)
            s->rate = 0;
    }
}

unsigned scale_next(struct scale *s, const struct scale_look *look)
{
    s->n_quiet_looks = look->has_backlog ? 0 : s->n_quiet_looks + 1;
    if (s->n_before > 0)
        try_on(s, look);
    else
        look_for_waiting(s, look);
    if (s->n_quiet_looks >= QUIET_LOOKS && s->n > s->n_processors) {
        s->n = s->n_processors;
        s->n_before = 0;
    }
    return s->n;
}
