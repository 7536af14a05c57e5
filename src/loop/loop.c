/* loop.c - the loop itself, timers, signals and deferred work, as thin covers over libuv.
 *
 * libuv frees a handle in a later round than the one that closes it (uv_close), so each object here
 * begins with its handle and is released by the close callback; _free only makes sure that nothing
 * is called back any more.
 */
#include "loop/internal.h"

#include "base/clock.h"

#include <stdlib.h>

int loop_new(struct loop **ret)
{
    struct loop *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return -ENOMEM;
    r = uv_loop_init(&l->uv);
    if (r < 0) {
        free(l);
        return r;
    }
    *ret = l;
    return 0;
}

struct loop *loop_free(struct loop *l)
{
    if (!l)
        return NULL;
    while (uv_loop_close(&l->uv) == UV_EBUSY) /* lets the close callbacks of freed objects run */
        (void)uv_run(&l->uv, UV_RUN_NOWAIT);
    free(l);
    return NULL;
}

int loop_run(struct loop *l)
{
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    return 0;
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

uint64_t loop_now_usec(const struct loop *l)
{
    return uv_now(&l->uv) * USEC_PER_MSEC;
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

/* Timers. */
struct timer {
    uv_timer_t uv; /* first: free_handle() */
    void (*on_fire)(void *user);
    void *user;
};

int timer_new(struct loop *l, void (*on_fire)(void *user), void *user, struct timer **ret)
{
    struct timer *t = calloc(1, sizeof(*t));

    if (!t)
        return -ENOMEM;
    (void)uv_timer_init(&l->uv, &t->uv); /* always 0 */
    t->on_fire = on_fire;
    t->user = user;
    *ret = t;
    return 0;
}

static void on_timer(uv_timer_t *uv)
{
    struct timer *t = (struct timer *)uv;

    t->on_fire(t->user);
}

/* libuv's time is the monotonic clock cut to milliseconds: what is due is rounded up on that clock,
 * or it would come early. So a delay of 0 is never due within the same round either, in which libuv
 * would call a timer that sets itself again for ever. */
void timer_set(struct timer *t, uint64_t delay_usec)
{
    uint64_t due_msec;

    uv_update_time(t->uv.loop); /* first: then what is due is not before it */
    due_msec = (clock_now_usec() + delay_usec) / USEC_PER_MSEC + 1;
    (void)uv_timer_start(&t->uv, on_timer, due_msec - uv_now(t->uv.loop), 0);
}

void timer_stop(struct timer *t)
{
    (void)uv_timer_stop(&t->uv);
}

bool timer_is_set(const struct timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->uv);
}

struct timer *timer_free(struct timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->uv, free_handle);
    return NULL;
}

/* Signals. */
struct signal_watch {
    uv_signal_t uv; /* first: free_handle() */
    void (*on_signal)(void *user, int signal);
    void *user;
};

static void on_uv_signal(uv_signal_t *uv, int signal)
{
    struct signal_watch *w = (struct signal_watch *)uv;

    w->on_signal(w->user, signal);
}

int signal_watch_new(struct loop *l, int signal, void (*on_signal)(void *user, int signal),
                     void *user, struct signal_watch **ret)
{
    struct signal_watch *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return -ENOMEM;
    r = uv_signal_init(&l->uv, &w->uv);
    if (r < 0) {
        free(w);
        return r;
    }
    w->on_signal = on_signal;
    w->user = user;
    r = uv_signal_start(&w->uv, on_uv_signal, signal);
    if (r < 0) {
        uv_close((uv_handle_t *)&w->uv, free_handle);
        return r;
    }
    *ret = w;
    return 0;
}

struct signal_watch *signal_watch_free(struct signal_watch *w)
{
    if (w)
        uv_close((uv_handle_t *)&w->uv, free_handle);
    return NULL;
}

/* Deferred work: a check handle runs right after the descriptors of a round; an idle handle keeps
 * the round from waiting. */
struct deferred {
    uv_check_t check; /* first: free_handle() */
    uv_idle_t idle;
    void (*fn)(void *user);
    void *user;
};

static void on_idle(uv_idle_t *idle)
{
}

static void on_check(uv_check_t *check)
{
    struct deferred *d = (struct deferred *)check;

    (void)uv_check_stop(&d->check);
    (void)uv_idle_stop(&d->idle);
    d->fn(d->user);
}

int deferred_new(struct loop *l, void (*fn)(void *user), void *user, struct deferred **ret)
{
    struct deferred *d = calloc(1, sizeof(*d));

    if (!d)
        return -ENOMEM;
    (void)uv_check_init(&l->uv, &d->check); /* always 0, like the next */
    (void)uv_idle_init(&l->uv, &d->idle);
    d->fn = fn;
    d->user = user;
    *ret = d;
    return 0;
}

void deferred_set(struct deferred *d)
{
    (void)uv_check_start(&d->check, on_check);
    (void)uv_idle_start(&d->idle, on_idle);
}

/* Two handles in one object: the second is closed when the first is, and takes the memory with it.
 */
static void on_idle_closed(uv_handle_t *h)
{
    struct deferred *d = (struct deferred *)((char *)h - offsetof(struct deferred, idle));

    uv_close((uv_handle_t *)&d->check, free_handle);
}

struct deferred *deferred_free(struct deferred *d)
{
    if (d) {
        (void)uv_check_stop(&d->check);
        uv_close((uv_handle_t *)&d->idle, on_idle_closed);
    }
    return NULL;
}
