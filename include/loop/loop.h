/* loop.h - the event loop, timers, signals and descriptors. The only folder that knows libuv; none
 * of its types shows here.
 *
 * One loop a process, one thread. Callbacks run from loop_run() only, never from the call that
 * registers them. Every object is freed by its own _free function, which is safe inside any
 * callback, its own included, and after which its callback does not run again.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct loop;

/* An empty loop; freed by loop_free(). -errno of epoll_create1(2). */
int loop_new(struct loop **ret) MUST_CHECK;
/* Everything registered must have been freed. NULL is allowed; returns NULL. */
struct loop *loop_free(struct loop *l);
/* Runs until loop_stop(), or until nothing is set or watched that could call back. */
int loop_run(struct loop *l) MUST_CHECK;
void loop_stop(struct loop *l);

/* Monotonic time when this round of the loop began, or a timer was set in it; whole milliseconds.
 */
uint64_t loop_now_usec(const struct loop *l);

/* A timer that fires once; set it again to repeat. Resolution: a millisecond, never early. */
struct timer;
int timer_new(struct loop *l, void (*on_fire)(void *user), void *user,
              struct timer **ret) MUST_CHECK;
void timer_set(struct timer *t, uint64_t delay_usec); /* replaces what was set */
void timer_stop(struct timer *t);
bool timer_is_set(const struct timer *t);
struct timer *timer_free(struct timer *t);

/* A signal. */
struct signal_watch;
int signal_watch_new(struct loop *l, int signal, void (*on_signal)(void *user, int signal),
                     void *user, struct signal_watch **ret) MUST_CHECK;
struct signal_watch *signal_watch_free(struct signal_watch *w);

/* Readiness of a descriptor, which stays the caller's and must stay open until fd_watch_free(). */
enum fd_events { FD_READABLE = 1, FD_WRITABLE = 2 };
struct fd_watch;
int fd_watch_new(struct loop *l, int fd, void (*on_ready)(void *user, int events), void *user,
                 struct fd_watch **ret) MUST_CHECK;
/* 0 to pause. Fails only when another watch has the same descriptor: may be left unchecked where
 * that cannot be. */
int fd_watch_set(struct fd_watch *w, int events);
struct fd_watch *fd_watch_free(struct fd_watch *w);

/* Runs `fn` once, after the callbacks of this round: for work that several callbacks ask for (a
 * flush). */
struct deferred;
int deferred_new(struct loop *l, void (*fn)(void *user), void *user,
                 struct deferred **ret) MUST_CHECK;
void deferred_set(struct deferred *d);
struct deferred *deferred_free(struct deferred *d);

/* A child process: fork and exec of a fresh image, with exactly the descriptors that are listed. */
struct child_spec {
    const char *program;     /* path */
    const char *const *argv; /* NULL-terminated */
    const char *const *envp; /* NULL-terminated: the whole environment */
    const int *fds; /* at most 8: fds[i] becomes descriptor i in the child; -1: /dev/null for 0-2,
                       else not open */
    size_t n_fds;
};
struct child_usage {
    int exit_code; /* -1 when a signal ended it */
    int signal;    /* 0 when it exited */
    uint64_t cpu_usec;
    uint64_t max_rss_bytes; /* at least the peak of this process when it spawned: the kernel counts
                               that in (exec) */
};
struct child;
int child_spawn(struct loop *l, const struct child_spec *spec,
                void (*on_exit)(void *user, const struct child_usage *usage), void *user,
                struct child **ret) MUST_CHECK;
pid_t child_pid(const struct child *c);
/* Sends a signal; a child that has ended is left alone. */
void child_kill(struct child *c, int signal);
/* Only after on_exit. NULL is allowed; returns NULL. */
struct child *child_free(struct child *c);
