/* embedded_keep.c - the keeper process of a service.
 *
 * It makes the cluster if there is none, then becomes the postmaster itself. When an instance runs
 * already (a command started it, or its service was killed) the keeper stays, watches it, and stops
 * it when it is told to or when its parent dies; when that instance ends by itself, the keeper
 * starts one as if there had been none.
 */
#include "embedded_site.h"

#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What a signal to the keeper becomes for the postmaster: SIGINT is its fast shutdown, SIGQUIT its
 * immediate one. */
static const struct {
    int received, passed_on;
} stop_signals[] = {{SIGTERM, SIGINT}, {SIGINT, SIGINT}, {SIGQUIT, SIGQUIT}};

static sigset_t stop_set(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++)
        (void)sigaddset(&set, stop_signals[i].received);
    return set;
}

static void pass_on(int signal_fd, const struct postmaster *p)
{
    struct signalfd_siginfo info;

    if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++)
        if ((int)info.ssi_signo == stop_signals[i].received)
            postmaster_signal(p, stop_signals[i].passed_on);
}

/* Until the instance is gone. Returns whether that was asked for. */
static bool watch_both(int signal_fd, const struct postmaster *p)
{
    struct pollfd fds[] = {{.fd = p->pidfd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    bool asked = false;

    for (;;) {
        if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
            continue;
        if (fds[1].revents) {
            pass_on(signal_fd, p);
            asked = true;
        }
        if (fds[0].revents)
            return asked;
    }
}

/* Outside of this the signals simply end the keeper: it has nothing to put in order. */
static int watch(const struct postmaster *p, struct reason *why)
{
    sigset_t set = stop_set();
    CLEANUP(fd_closep) int signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    bool asked;

    if (signal_fd < 0) {
        reason_set(why, "signalfd: %s", strerror(errno));
        return 1;
    }
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    asked = watch_both(signal_fd, p);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    return asked ? 0 : 2;
}

static int open_start_lock(const struct embedded_site *site, int *ret_fd)
{
    CLEANUP(fd_closep)
    int fd = open(site->start_lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* One round: 0 when the service ended and the instance with it, 1 and why on failure, 2 to look
 * again. */
static int keep_once(const struct embedded_site *site, pid_t parent, struct reason *why)
{
    CLEANUP(fd_closep) int start_lock = -1;
    CLEANUP(postmaster_done) struct postmaster p = {.pidfd = -1};
    int r = open_start_lock(site, &start_lock);

    if (r < 0) {
        reason_set(why, "%s cannot be locked: %s", site->start_lock, strerror(-r));
        return 1;
    }
    p = postmaster_look(site);
    if (p.state == POSTMASTER_STOPPING) {
        r = postmaster_wait_gone(&p, EMBEDDED_STOP_MSEC) == 0 ? 2 : 1;
        if (r == 1)
            reason_set(why, "the PostgreSQL of %s (process %d) has been stopping for a minute",
                       site->data, (int)p.pid);
        return r;
    }
    if (p.state == POSTMASTER_NONE) {
        r = embedded_make_cluster(site, why);
        return r != 0 ? r : postmaster_become(site, parent, why);
    }
    start_lock = fd_close(start_lock);
    return watch(&p, why);
}

static int keep(const struct settings *s, pid_t parent, struct reason *why)
{
    struct embedded_site site;
    int r = embedded_site(s, &site, why);

    if (r == 0)
        r = embedded_find_programs(s, &site, why);
    if (r == 0)
        r = embedded_make_folders(&site, why);
    if (r == 0)
        r = embedded_check_reach(&site, site.bin, why);
    if (r != 0)
        return r;
    do
        r = keep_once(&site, parent, why);
    while (r == 2);
    return r;
}

int embedded_keep(const struct settings *s, pid_t parent, struct reason *why)
{
    int r;

    process_set_name("penstock: postgres");
    r = process_bind_to_parent(parent, SIGTERM);
    if (r == 0)
        r = keep(s, parent, why);
    else if (r == 1)
        return EXIT_DONE;
    if (r < 0)
        reason_set(why, "the private cluster cannot be kept: %s", strerror(-r));
    return r == 0 ? EXIT_DONE : EXIT_FAILED;
}
