/* embedded_program.c - running PostgreSQL's programs: as the cluster's user, from a clean
 * environment, with no descriptor of ours, every signal as the system made it, and the log as
 * standard output and error. */
#include "embedded_site.h"

#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LOG_BYTES (16 << 20)

int embedded_become_user(const struct embedded_site *site)
{
    const struct embedded_user *u = &site->user;

    if (!u->drop)
        return 0;
    if (initgroups(u->name, u->gid) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
        setresuid(u->uid, u->uid, u->uid) < 0)
        return -errno;
    return 0;
}

/* One older log is kept. */
static void rotate_log(const struct embedded_site *site)
{
    char older[PATH_MAX + 8];
    struct stat st;

    (void)snprintf(older, sizeof(older), "%s.1", site->log);
    if (stat(site->log, &st) == 0 && st.st_size > MAX_LOG_BYTES)
        (void)rename(site->log, older);
}

int embedded_open_log(const struct embedded_site *site, int *ret_fd)
{
    CLEANUP(fd_closep) int fd = -1;

    rotate_log(site);
    fd = open(site->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);
    if (fd < 0)
        return -errno;
    if (site->user.drop && fchown(fd, site->user.uid, site->user.gid) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* Descriptors above 2 go with the execve(2), not before: when that fails, the caller still has
 * them. */
static void close_on_exec_above_2(void)
{
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    for (int fd = 3, n = (int)sysconf(_SC_OPEN_MAX); fd < n; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int move_to(int from, int to)
{
    if (from == to)
        return fd_set_inheritable(from, true);
    return dup2(from, to) < 0 ? -errno : 0;
}

int embedded_exec(const struct embedded_site *site, const char *const *argv, int stdin_fd,
                  int log_fd)
{
    char program[PATH_MAX + 16], path[PATH_MAX + 32], zone[128];
    const char *tz = getenv("TZ"), *full[16] = {program};
    const char *envp[] = {path, "LC_ALL=C.UTF-8", "LANG=C.UTF-8", zone, NULL};
    int own_stderr = fcntl(2, F_DUPFD_CLOEXEC, 3), r;

    (void)snprintf(program, sizeof(program), "%s/%s", site->bin, argv[0]);
    (void)snprintf(path, sizeof(path), "PATH=%s:/usr/bin:/bin", site->bin);
    (void)snprintf(zone, sizeof(zone), "TZ=%s", tz ? tz : "");
    if (!tz || strlen(tz) + 4 > sizeof(zone))
        envp[3] = NULL;
    for (size_t i = 1; argv[i] && i < ARRAY_SIZE(full) - 1; i++)
        full[i] = argv[i];
    (void)umask(0077);
    r = chdir("/") < 0 ? -errno : 0;
    if (r == 0)
        r = move_to(stdin_fd, 0);
    if (r == 0)
        r = move_to(log_fd, 1);
    if (r == 0)
        r = move_to(log_fd, 2);
    close_on_exec_above_2();
    reset_signals();
    if (r == 0) {
        (void)execve(program, (char *const *)full, (char *const *)envp);
        r = -errno;
    }
    (void)dup2(own_stderr, 2);
    (void)fd_close(own_stderr);
    return r;
}

/* The whole input at once: it must fit into the pipe. */
static int open_input(const char *input, int *ret_fd)
{
    CLEANUP(fd_closep) int from = -1, to = -1;
    int fds[2], r;

    if (!input) {
        *ret_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return *ret_fd < 0 ? -errno : 0;
    }
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    from = fds[0];
    to = fds[1];
    r = fd_write_all(to, input, strlen(input));
    if (r == 0)
        *ret_fd = TAKE_FD(from);
    return r;
}

static int run_child(const struct embedded_site *site, const char *const *argv, int stdin_fd,
                     int log_fd, pid_t parent)
{
    if (embedded_become_user(site) < 0 || process_bind_to_parent(parent, SIGKILL) != 0)
        return 126;
    return embedded_exec(site, argv, stdin_fd, log_fd) == -ENOENT ? 127 : 126;
}

int embedded_run(const struct embedded_site *site, const char *const *argv, const char *input)
{
    CLEANUP(fd_closep) int stdin_fd = -1, log_fd = -1;
    pid_t pid, parent = getpid();
    int status, r = embedded_open_log(site, &log_fd);

    if (r == 0)
        r = open_input(input, &stdin_fd);
    if (r < 0)
        return r;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(run_child(site, argv, stdin_fd, log_fd, parent));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void embedded_quote_log(const struct embedded_site *site, struct reason *why)
{
    CLEANUP(fd_closep) int fd = open(site->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char tail[401];
    struct stat st;
    ssize_t n;
    char *line;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    n = pread(fd, tail, sizeof(tail) - 1, MAX(0, st.st_size - (off_t)sizeof(tail) + 1));
    while (n > 0 && tail[n - 1] == '\n')
        n--;
    if (n <= 0)
        return;
    tail[n] = '\0';
    line = strrchr(tail, '\n');
    reason_add(why, "the last line of %s is \"%s\"", site->log, line ? line + 1 : tail);
}
