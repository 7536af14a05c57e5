/* watchdog.c - a pool or an intake that hangs is killed, and started again as any that died.
 *
 * A worker that hangs is the intake's business (src/intake/crew.c): there a document may be to
 * blame. These two run a loop that never waits for anything but events; each beats once a second
 * (base/heartbeat.h) and while it copies a large file. One that does not for
 * PENSTOCK_WATCHDOG_SECONDS is stopped, deadlocked, or held by a dead disk. Everything it had in
 * hand is taken over as after any other death. When this process has itself been stopped
 * (SIGSTOP, a frozen container), all the others probably were: they get their time anew.
 */
#include "supervisor/supervisor.h"

#include "base/clock.h"

#include <signal.h>

#define TICK_USEC    USEC_PER_SEC
#define STOPPED_USEC (2 * TICK_USEC) /* a tick that comes this late says that we were stopped */

static _Atomic uint64_t *beat_of(const struct ward *w)
{
    struct stats *page = w->supervisor->stats.stats;

    return w->kind == WARD_POOL ? &page->pool_beat_usec : &page->intake_beat_usec;
}

void watchdog_begin(struct ward *w)
{
    if (w->kind == WARD_POOL || w->kind == WARD_INTAKE)
        atomic_store(beat_of(w), clock_now_usec());
}

static void look_at(struct ward *w, uint64_t now, uint64_t limit_usec)
{
    uint64_t beat = atomic_load(beat_of(w));

    if (!w->child || w->killed || now < beat + limit_usec)
        return;
    log_error("child.hangs", F_STR("child", ward_kind_names[w->kind]),
              F_I64("pid", child_pid(w->child)), F_U64("seconds", (now - beat) / USEC_PER_SEC));
    w->killed = true;
    child_kill(w->child, SIGKILL);
}

static void on_tick(void *user)
{
    struct supervisor *s = user;
    uint64_t now = clock_now_usec();
    uint64_t limit = (uint64_t)settings_number(&s->settings, SETTING_WATCHDOG) * USEC_PER_SEC;

    if (now - s->last_tick_usec > STOPPED_USEC) {
        watchdog_begin(&s->pool);
        watchdog_begin(&s->intake);
    }
    s->last_tick_usec = now;
    if (limit > 0 && s->phase == PHASE_RUNNING) {
        look_at(&s->pool, now, limit);
        look_at(&s->intake, now, limit);
    }
    timer_set(s->watchdog, TICK_USEC);
}

int watchdog_init(struct supervisor *s)
{
    int r = timer_new(s->loop, on_tick, s, &s->watchdog);

    if (r < 0)
        return r;
    s->last_tick_usec = clock_now_usec();
    timer_set(s->watchdog, TICK_USEC);
    return 0;
}
