/* stop.c - the way down: drain, end pool, intake and workers, end the private cluster. Each phase
 * has its time; what is not gone by then is killed. Killing loses nothing, it only leaves more to
 * do at the next start. */
#include "supervisor/supervisor.h"

#include "base/clock.h"

#include <signal.h>

#define ENDING_USEC   (5 * USEC_PER_SEC)
#define POSTGRES_USEC (30 * USEC_PER_SEC)

static void enter(struct supervisor *s, enum phase phase, uint64_t limit_usec)
{
    s->phase = phase;
    timer_set(s->stop, limit_usec);
    stop_go_on(s);
}

static void kill_ward(struct ward *w, int signal)
{
    if (w->child) {
        w->killed = true;
        child_kill(w->child, signal);
    }
}

static void kill_all(struct supervisor *s)
{
    kill_ward(&s->intake, SIGKILL);
    kill_ward(&s->pool, SIGKILL);
    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++)
        kill_ward(&s->workers[i], SIGKILL);
}

/* They end when their link to us does; the workers when the intake does. */
static void end_roles(struct supervisor *s)
{
    if (s->phase >= PHASE_ENDING)
        return;
    s->intake.peer = peer_free(s->intake.peer);
    s->pool.peer = peer_free(s->pool.peer);
    enter(s, PHASE_ENDING, ENDING_USEC);
}

static void end_postgres(struct supervisor *s)
{
    kill_ward(&s->postgres, SIGINT); /* fast shutdown, postgres(1) */
    enter(s, PHASE_POSTGRES, POSTGRES_USEC);
}

void stop_go_on(struct supervisor *s)
{
    switch (s->phase) {
    case PHASE_DRAINING:
        if (!s->intake.child)
            end_roles(s);
        break;
    case PHASE_ENDING:
        if (!s->intake.child && !s->pool.child && care_count_workers(s) == 0)
            end_postgres(s);
        break;
    case PHASE_POSTGRES:
        if (!s->postgres.child) {
            s->phase = PHASE_ENDED;
            loop_stop(s->loop);
        }
        break;
    case PHASE_RUNNING:
    case PHASE_ENDED:
        break;
    }
}

static void on_time_out(void *user)
{
    struct supervisor *s = user;

    switch (s->phase) {
    case PHASE_DRAINING:
        log_warn("stop.impatient",
                 F_STR("reason", "documents are still in flight after PENSTOCK_SHUTDOWN_TIMEOUT"));
        end_roles(s);
        break;
    case PHASE_ENDING:
        kill_all(s);
        timer_set(s->stop, ENDING_USEC);
        break;
    case PHASE_POSTGRES:
        kill_ward(&s->postgres, SIGQUIT); /* immediate shutdown */
        timer_set(s->stop, POSTGRES_USEC);
        break;
    case PHASE_RUNNING:
    case PHASE_ENDED:
        break;
    }
}

int stop_init(struct supervisor *s)
{
    return timer_new(s->loop, on_time_out, s, &s->stop);
}

void stop_drained(struct supervisor *s)
{
    if (s->phase == PHASE_DRAINING)
        end_roles(s);
}

void stop_begin(struct supervisor *s, int exit_code)
{
    const struct message m = {.type = MESSAGE_DRAIN};

    if (s->phase != PHASE_RUNNING) {
        stop_now(s, exit_code);
        return;
    }
    s->exit_code = exit_code;
    stats_set(&s->stats, GAUGE_DRAINING, 1);
    log_info("draining");
    if (s->intake.peer)
        peer_send(s->intake.peer, &m, -1);
    enter(s, PHASE_DRAINING,
          (uint64_t)settings_number(&s->settings, SETTING_SHUTDOWN) * USEC_PER_MSEC);
}

void stop_now(struct supervisor *s, int exit_code)
{
    if (s->phase == PHASE_RUNNING)
        s->exit_code = exit_code;
    kill_all(s);
    if (s->phase < PHASE_ENDING)
        enter(s, PHASE_ENDING, ENDING_USEC);
}
