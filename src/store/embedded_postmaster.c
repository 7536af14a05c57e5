/* embedded_postmaster.c - the running instance: finding, awaiting, signalling, starting it.
 *
 * postmaster.pid names it (PostgreSQL's miscadmin.h: line 1 the process, line 8 its state). The
 * file outlives a crash and its number may belong to somebody else by then, so the process must
 * also be a `postgres` whose working directory is this very data directory, as every postmaster's
 * is. A file that names another living process of the same user would make PostgreSQL refuse to
 * start; it is removed. PostgreSQL's own guard against backends that outlived their postmaster is
 * the shared memory segment, which does not depend on that file.
 */
#include "embedded_site.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PID_FILE_STATE_LINE 7
#define LOOK_AGAIN_MSEC     10

/* Whether the process is a postgres that works in the data directory. */
static bool serves(const struct embedded_site *site, pid_t pid)
{
    CLEANUP(buf_done) struct buf name = BUF_INIT;
    char path[64];
    struct stat working, data;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    if (fd_read_file(path, 64, &name) < 0 || strcmp(buf_text(&name), "postgres\n") != 0)
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    return stat(path, &working) == 0 && stat(site->data, &data) == 0 &&
           working.st_dev == data.st_dev && working.st_ino == data.st_ino;
}

static const char *line_of(const char *text, unsigned number)
{
    while (number-- > 0) {
        text = strchr(text, '\n');
        if (!text)
            return "";
        text++;
    }
    return text;
}

static pid_t read_pid_file(const struct embedded_site *site, enum postmaster_state *ret_state)
{
    CLEANUP(buf_done) struct buf text = BUF_INIT;
    char path[PATH_MAX + 32];
    const char *state;

    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", site->data);
    if (fd_read_file(path, 65536, &text) < 0)
        return 0;
    state = line_of(buf_text(&text), PID_FILE_STATE_LINE);
    *ret_state = strncmp(state, "ready", 5) == 0      ? POSTMASTER_READY
                 : strncmp(state, "stopping", 8) == 0 ? POSTMASTER_STOPPING
                                                      : POSTMASTER_STARTING;
    return (pid_t)MAX(0, atol(buf_text(&text)));
}

/* The process is held first and judged after, so it cannot change in between. */
struct postmaster postmaster_look(const struct embedded_site *site)
{
    struct postmaster none = {.state = POSTMASTER_NONE, .pidfd = -1}, p = none;

    p.pid = read_pid_file(site, &p.state);
    if (p.pid <= 0)
        return none;
    p.pidfd = pidfd_open(p.pid, 0);
    if (p.pidfd >= 0 && serves(site, p.pid))
        return p;
    postmaster_done(&p);
    return none;
}

void postmaster_done(struct postmaster *p)
{
    p->pidfd = fd_close(p->pidfd);
}

void postmaster_signal(const struct postmaster *p, int signal)
{
    if (p->pidfd >= 0)
        (void)pidfd_send_signal(p->pidfd, signal, NULL, 0);
}

int postmaster_wait_gone(const struct postmaster *p, int timeout_msec)
{
    uint64_t deadline = clock_now_usec() + (uint64_t)timeout_msec * USEC_PER_MSEC, now;
    struct pollfd at = {.fd = p->pidfd, .events = POLLIN};

    while ((now = clock_now_usec()) < deadline)
        if (poll(&at, 1, (int)((deadline - now) / USEC_PER_MSEC) + 1) > 0)
            return 0;
    return 1;
}

/* The state in the file changes without an event; its end wakes at once. */
int postmaster_wait_ready(const struct embedded_site *site, const struct postmaster *p,
                          int timeout_msec)
{
    uint64_t deadline = clock_now_usec() + (uint64_t)timeout_msec * USEC_PER_MSEC;
    enum postmaster_state state;

    while (clock_now_usec() < deadline) {
        if (read_pid_file(site, &state) == p->pid && state == POSTMASTER_READY)
            return 0;
        if (postmaster_wait_gone(p, LOOK_AGAIN_MSEC) == 0)
            return 1;
    }
    return 1;
}

static void remove_stale(const struct embedded_site *site)
{
    char path[PATH_MAX + 64];
    enum postmaster_state state;
    pid_t pid = read_pid_file(site, &state);

    if (pid <= 0 || !process_exists(pid) || serves(site, pid))
        return;
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", site->data);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/.s.PGSQL.%s.lock", site->socket, EMBEDDED_PORT);
    (void)unlink(path);
}

static int become(const struct embedded_site *site, pid_t parent)
{
    const char *const argv[] = {"postgres", "-D", site->data, NULL};
    CLEANUP(fd_closep) int log_fd = -1, null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int r = null_fd < 0 ? -errno : embedded_open_log(site, &log_fd);

    if (r == 0)
        r = embedded_become_user(site);
    if (r == 0 && parent > 0)
        r = process_bind_to_parent(parent, SIGINT) == 0 ? 0 : -ESRCH;
    if (r == 0)
        r = embedded_write_conf(site, site->data);
    if (r < 0)
        return r;
    remove_stale(site);
    return embedded_exec(site, argv, null_fd, log_fd);
}

int postmaster_become(const struct embedded_site *site, pid_t parent, struct reason *why)
{
    int r = become(site, parent);

    if (r == -ESRCH)
        reason_set(why, "the service ended before PostgreSQL was started");
    else
        reason_set(why, "%s/postgres cannot be started on %s: %s", site->bin, site->data,
                   strerror(-r));
    return 1;
}

/* A daemon: a child that ends at once leaves a grandchild to init. The pipe tells its number; when
 * it comes back from becoming the postmaster, also why. */
static void daemonize(const struct embedded_site *site, int report_fd)
{
    struct reason why = {0};
    pid_t self;

    (void)setsid();
    if (fork() != 0)
        _exit(0);
    self = getpid();
    if (write(report_fd, &self, sizeof(self)) == sizeof(self)) {
        (void)!postmaster_become(site, 0, &why);
        (void)!write(report_fd, &why, sizeof(why));
    }
    _exit(1);
}

static int read_report(int fd, struct postmaster *ret, struct reason *why)
{
    struct reason failed;
    pid_t pid = 0;

    if (read(fd, &pid, sizeof(pid)) == sizeof(pid))
        ret->pidfd = pidfd_open(pid, 0);
    ret->pid = pid;
    ret->state = POSTMASTER_STARTING;
    if (read(fd, &failed, sizeof(failed)) == sizeof(failed)) {
        *why = failed;
        return 1;
    }
    if (ret->pidfd < 0)
        reason_set(why, "PostgreSQL ended at once");
    return ret->pidfd < 0;
}

int postmaster_start(const struct embedded_site *site, struct postmaster *ret, struct reason *why)
{
    CLEANUP(fd_closep) int from = -1, to = -1;
    int fds[2], r;
    pid_t pid;

    *ret = (struct postmaster){.pidfd = -1};
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    from = fds[0];
    to = fds[1];
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        daemonize(site, to);
    to = fd_close(to);
    r = read_report(from, ret, why);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (r != 0)
        postmaster_done(ret);
    return r;
}
