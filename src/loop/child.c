/* child.c - child processes: posix_spawn(3), a pidfd for the news of their end, wait4(2) for what
 * they used.
 *
 * Not uv_spawn: libuv reaps with waitpid(2), and what a single child used (peak memory, CPU time)
 * would be lost. The child has exactly the listed descriptors and environment, default signal
 * handling and an empty signal mask.
 */
#include "loop/internal.h"

#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 8

struct child {
    pid_t pid;
    int pidfd;
    bool ended;
    struct fd_watch *watch;
    void (*on_exit)(void *user, const struct child_usage *usage);
    void *user;
};

static struct child_usage usage_of(int status, const struct rusage *used)
{
    struct child_usage u = {
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .max_rss_bytes = (uint64_t)used->ru_maxrss * 1024,
    };

    u.cpu_usec = (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000u +
                 (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
    return u;
}

static void on_pidfd(void *user, int events)
{
    struct child *c = user;
    struct child_usage usage;
    struct rusage used;
    int status;

    if (wait4(c->pid, &status, WNOHANG, &used) != c->pid)
        return;
    c->ended = true;
    c->watch = fd_watch_free(c->watch);
    usage = usage_of(status, &used);
    c->on_exit(c->user, &usage);
}

/* The listed descriptors first move out of the way of their targets: fds[0] may be 1 and fds[1] be
 * 0. */
static int lift(const struct child_spec *spec, int lifted[MAX_FDS])
{
    for (size_t i = 0; i < spec->n_fds; i++) {
        if (spec->fds[i] < 0)
            continue;
        lifted[i] = fcntl(spec->fds[i], F_DUPFD_CLOEXEC, 64);
        if (lifted[i] < 0)
            return -errno;
    }
    return 0;
}

static int place(posix_spawn_file_actions_t *actions, const int lifted[MAX_FDS], size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        if (lifted[i] >= 0)
            r = posix_spawn_file_actions_adddup2(actions, lifted[i], (int)i);
        else if (i <= STDERR_FILENO)
            r = posix_spawn_file_actions_addopen(actions, (int)i, "/dev/null", O_RDWR, 0);
        else
            r = posix_spawn_file_actions_addclose(actions, (int)i);
    }
    /* Whatever else is open and not close-on-exec (a library's) ends here too. */
    return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, (int)n);
}

static int spawn(const struct child_spec *spec, const int lifted[MAX_FDS], pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int r;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    r = place(&actions, lifted, spec->n_fds);
    if (r == 0)
        r = posix_spawn(ret, spec->program, &actions, &attributes, (char *const *)spec->argv,
                        (char *const *)spec->envp);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return -r;
}

/* Whoever started us may have left SIGCHLD ignored, and that survives exec: then the kernel reaps
 * by itself, and wait4(2) finds nobody. */
static void keep_zombies(void)
{
    struct sigaction now;

    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        (void)signal(SIGCHLD, SIG_DFL);
}

static int spawn_with_lifted(const struct child_spec *spec, pid_t *ret)
{
    int lifted[MAX_FDS] = {-1, -1, -1, -1, -1, -1, -1, -1};
    int r;

    if (spec->n_fds > MAX_FDS)
        return -E2BIG;
    keep_zombies();
    r = lift(spec, lifted);
    if (r == 0)
        r = spawn(spec, lifted, ret);
    for (size_t i = 0; i < MAX_FDS; i++)
        (void)fd_close(lifted[i]);
    return r;
}

static int watch_end(struct loop *l, struct child *c)
{
    int r;

    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd < 0)
        return -errno;
    r = fd_watch_new(l, c->pidfd, on_pidfd, c, &c->watch);
    return r < 0 ? r : fd_watch_set(c->watch, FD_READABLE);
}

int child_spawn(struct loop *l, const struct child_spec *spec,
                void (*on_exit)(void *user, const struct child_usage *usage), void *user,
                struct child **ret)
{
    struct child *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    c->pidfd = -1;
    c->on_exit = on_exit;
    c->user = user;
    r = spawn_with_lifted(spec, &c->pid);
    if (r == 0) {
        r = watch_end(l, c);
        if (r < 0) {
            (void)kill(c->pid, SIGKILL);
            (void)waitpid(c->pid, NULL, 0);
        }
    }
    if (r < 0) {
        c->ended = true;
        (void)child_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

pid_t child_pid(const struct child *c)
{
    return c->pid;
}

void child_kill(struct child *c, int signal)
{
    if (!c->ended)
        (void)pidfd_send_signal(c->pidfd, signal, NULL, 0);
}

struct child *child_free(struct child *c)
{
    if (c) {
        c->watch = fd_watch_free(c->watch);
        c->pidfd = fd_close(c->pidfd);
        free(c);
    }
    return NULL;
}
