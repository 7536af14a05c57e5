/* death.c - a worker has died: what becomes of its documents, and whether one of them is to blame.
 *
 * Only the document in its hands can be to blame; those ahead go to another worker as if nothing had
 * been, and of those that it had ended and not said so yet the pool knows whether it has them. Which
 * is which its page says. A parser that has been taken over can lie there, and have another one blamed
 * that was given to the same worker, once: with an attempt behind it a document is alone with its
 * worker (crew.c). A death is the document's fault when a parser can have caused it: a crash, a forbidden
 * system call, a limit, an end that no worker makes by itself. A SIGKILL that was not ours, a
 * vanished pool and the like are nobody's fault: those never count towards quarantine.
 */
#include "intake/intake.h"

#include "base/json.h"

#include <signal.h>
#include <stdio.h>

/* What a worker says of itself on its page is believed so often. */
#define MAX_UNBEGUN 5

struct cause {
    const char *name;
    bool blame; /* the document's fault */
};

static struct cause cause_of_signal(int signal)
{
    static const struct {
        int signal;
        const char *name;
    } crashes[] = {
        {SIGSEGV, "crash (SIGSEGV)"},
        {SIGBUS, "crash (SIGBUS)"},
        {SIGABRT, "crash (SIGABRT)"},
        {SIGILL, "crash (SIGILL)"},
        {SIGFPE, "crash (SIGFPE)"},
        {SIGSYS, "forbidden system call (SIGSYS)"},
        {SIGPROF, "CPU time limit (PENSTOCK_MAX_CPU_SECONDS)"},
    };

    for (size_t k = 0; k < ARRAY_SIZE(crashes); k++)
        if (crashes[k].signal == signal)
            return (struct cause){crashes[k].name, true};
    return (struct cause){"killed from outside", false};
}

static struct cause cause_of(const struct crew_member *c)
{
    static const struct cause by_parser = {"the parser ended the process", true};

    if (c->overrun)
        return (struct cause){c->overrun, true};
    if (c->death.signal != 0)
        return cause_of_signal((int)c->death.signal);
    switch (c->death.exit_code) {
    case WORKER_EXIT_MEMORY:
        return (struct cause){"memory limit (PENSTOCK_MAX_MEMORY)", true};
    case WORKER_EXIT_DONE:
    case WORKER_EXIT_PEER:
    case WORKER_EXIT_PROTOCOL:
    case WORKER_EXIT_START:
        if (c->death.stage != STAGE_READ && c->death.stage != STAGE_EXTRACT)
            return (struct cause){"the worker ended", false};
        return by_parser; /* a worker does not end by itself in the middle of a document */
    default:
        return by_parser;
    }
}

static const char *stage_name(uint64_t stage)
{
    return stage < STAGE_N ? worker_stage_names[stage] : "?";
}

static void describe(const struct crew_member *c, const struct cause *cause, struct buf *details)
{
    struct json j = json_begin(details);

    json_object_open(&j, NULL);
    json_str(&j, "cause", cause->name);
    json_bool(&j, "strike", cause->blame);
    json_str(&j, "stage", stage_name(c->death.stage));
    json_uint(&j, "signal", c->death.signal);
    json_int(&j, "exit_code", c->death.exit_code);
    json_uint(&j, "max_rss_bytes", c->death.max_rss_bytes);
    json_uint(&j, "cpu_usec", c->death.cpu_usec);
    json_uint(&j, "worker", c->slot);
    json_object_close(&j);
}

/* The document that it had in its hands. */
static void judge(struct intake *in, struct crew_member *c, struct item *i)
{
    struct cause cause = cause_of(c);
    bool last = cause.blame && i->strikes + 1 >= (uint64_t)intake_setting(in, SETTING_MAX_ATTEMPTS);
    struct buf details = BUF_INIT;
    char reason[192];

    (void)snprintf(reason, sizeof(reason), "a worker died at it in stage %s: %s",
                   stage_name(c->death.stage), cause.name);
    log_warn("attempt.failed", F_STR("path", i->path), F_U64("job", i->job),
             F_U64("attempt", i->attempt), F_STR("cause", cause.name),
             F_STR("stage", stage_name(c->death.stage)),
             F_U64("max_rss_bytes", c->death.max_rss_bytes),
             F_U64("cpu_ms", c->death.cpu_usec / 1000));
    describe(c, &cause, &details);
    claim_report(in, i, last ? "quarantine" : "retry", "failed", cause.blame, reason, &details,
                 END_QUARANTINE);
    buf_done(&details);
}

static void put_back(struct intake *in, struct item *i)
{
    if (!i->token) {
        book_unclaim(in, i);
        book_move_front(in, i, ITEM_WAITING);
    } else {
        book_move_front(in, i, ITEM_READY);
    }
}

/* Its result may be with the pool; only DONE was not sent any more. */
static void ask_for_result(struct crew_member *c, struct item *i)
{
    if (!i->token)
        put_back(c->intake, i);
    else if (i->verdict != VERDICT_NONE)
        crew_done_storing(c->intake, c, i);
    else
        claim_report(c->intake, i, "retry", "failed", false,
                     "its worker ended before the result was stored", NULL, END_QUARANTINE);
}

/* How many of its documents it had begun. The first one, when its page names none of them: a word
 * of no use, or it had nothing in its hands. */
static unsigned n_begun(const struct crew_member *c)
{
    for (unsigned k = 0; k < c->n_in_flight; k++)
        if (c->death.token != 0 && crew_name_of(c->in_flight[k]) == c->death.token)
            return k + 1;
    return MIN(1, c->n_in_flight);
}

/* The newest that it had begun. */
static void bury_newest(struct crew_member *c, struct item *i)
{
    struct intake *in = c->intake;
    bool is_idle = c->death.stage == STAGE_IDLE && !c->overrun;

    if (!i->token && ++i->unbegun >= MAX_UNBEGUN)
        settle_hold(in, i, ITEM_HELD, "workers die at it");
    else if (!i->token || (is_idle && c->death.token == 0 && ++i->unbegun < MAX_UNBEGUN))
        put_back(in, i); /* it had not begun */
    else if (i->verdict != VERDICT_NONE || (is_idle && c->death.token == crew_name_of(i)))
        ask_for_result(c, i);
    else
        judge(in, c, i);
}

static void bury_documents(struct crew_member *c)
{
    unsigned begun = n_begun(c);

    while (c->n_in_flight > begun)
        put_back(c->intake, crew_take_last(c));
    while (c->n_in_flight > 1)
        ask_for_result(c, crew_take_first(c));
    if (c->n_in_flight == 1)
        bury_newest(c, crew_take_first(c));
}

/* It said that it had sent these results; perhaps the pool could not take them, or has not read
 * them before the slot's next worker came. The pool knows; those that it has are stored all the
 * same. */
static void ask_for_results(struct crew_member *c)
{
    struct intake *in = c->intake;
    struct item *i = book_first(in, ITEM_STORING), *next;

    for (; i; i = next) {
        next = TAILQ_NEXT(i, next);
        if (i->worker == c->slot && i->worker_incarnation == c->incarnation)
            ask_for_result(c, i);
    }
}

void death_settle(struct crew_member *c)
{
    c->present = false;
    ask_for_results(c);
    bury_documents(c);
}
