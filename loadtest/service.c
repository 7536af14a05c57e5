/* service.c - see service.h. A service that we start is in a process group of
 * its own, so that ^C reaches it only through us, and ends when we do. */
#include "service.h"

#include "stop.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_USEC    (60 * USEC_PER_SEC)
#define STOP_USEC     (60 * USEC_PER_SEC)
#define LOOK_USEC     (20 * USEC_PER_MSEC)
#define LOG_TAIL      600
#define MAX_ARGUMENTS 4
#define MAX_OUTPUT    (16 << 20)

extern char **environ;

static size_t find(const struct settings_list *l, const char *name)
{
    size_t n = strlen(name), i = 0;

    while (i < l->n && (strncmp(l->list[i], name, n) != 0 || l->list[i][n] != '='))
        i++;
    return i;
}

const char *settings_list_get(const struct settings_list *l, const char *name)
{
    size_t i = find(l, name);

    return i < l->n ? l->list[i] + strlen(name) + 1 : "";
}

int settings_list_set(struct settings_list *l, const char *name, const char *value)
{
    size_t i = find(l, name);
    char *text = NULL;

    if (!value)
        return 0;
    if (i == SERVICE_MAX_SETTINGS - 1)
        return -E2BIG;
    if (asprintf(&text, "%s=%s", name, value) < 0)
        return -ENOMEM;
    if (i < l->n)
        free(l->list[i]);
    else
        l->n++;
    l->list[i] = text;
    return 0;
}

void settings_list_done(struct settings_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->list[i]);
    l->n = 0;
}

/* Between fork and exec, with what may be called there. */
static void become(const struct service *s, const char *const *argv, int out, int err, pid_t parent)
{
    char *const *environment = s->inherits ? environ : s->settings.list;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)setpgid(0, 0);
    if (process_bind_to_parent(parent, SIGTERM) != 0 || null < 0 || dup2(null, 0) < 0 ||
        dup2(out, 1) < 0 || dup2(err, 2) < 0 || (!s->inherits && chdir(s->folder) < 0))
        _exit(127);
    (void)execve(s->program, (char *const *)argv, environment);
    _exit(127);
}

static pid_t spawn(const struct service *s, const char *const *argv, int out, int err)
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0)
        become(s, argv, out, err, parent);
    return pid;
}

static void add_log_tail(const struct service *s, struct reason *why)
{
    char path[PATH_MAX + 8];
    struct buf text = BUF_INIT;

    (void)snprintf(path, sizeof(path), "%s/log", s->folder);
    if (fd_read_file(path, MAX_OUTPUT, &text) == 0 && text.size > 0)
        reason_add(why, "its log ends with: %s",
                   text.data + (text.size > LOG_TAIL ? text.size - LOG_TAIL : 0));
    buf_done(&text);
}

bool service_has_ended(struct service *s)
{
    int status;

    if (s->pid <= 0 || waitpid(s->pid, &status, WNOHANG) != s->pid)
        return false;
    s->pid = 0;
    return true;
}

static bool is_ready(const struct service *s)
{
    struct reason unused;
    json_t *status = service_status(s, &unused);
    const char *state = json_string_value(json_object_get(status, "state"));
    json_t *gauges = json_object_get(status, "gauges");
    bool ready = state && strcmp(state, "running") == 0 &&
                 json_integer_value(json_object_get(gauges, "db_up")) == 1 &&
                 json_integer_value(json_object_get(gauges, "workers_live")) ==
                     json_integer_value(json_object_get(gauges, "workers_wanted"));

    json_decref(status);
    return ready;
}

static int wait_ready(struct service *s, struct reason *why)
{
    uint64_t end = clock_now_usec() + READY_USEC;

    for (;;) {
        if (service_has_ended(s)) {
            reason_set(why, "penstock run ended by itself");
            add_log_tail(s, why);
            return 1;
        }
        if (is_ready(s))
            return 0;
        if (stop_sleep(LOOK_USEC)) {
            reason_set(why, "interrupted");
            return 1;
        }
        if (clock_now_usec() > end) {
            reason_set(why, "penstock run was not ready within a minute");
            add_log_tail(s, why);
            return 1;
        }
    }
}

int service_start(struct service *s, struct reason *why)
{
    const char *argv[] = {s->program, "run", NULL};
    char path[PATH_MAX + 8];
    int log;

    (void)snprintf(path, sizeof(path), "%s/log", s->folder);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
        reason_set(why, "%s: %s", path, strerror(errno));
        return 1;
    }
    s->pid = spawn(s, argv, log, log);
    (void)close(log);
    if (s->pid < 0) {
        s->pid = 0;
        reason_set(why, "no process for penstock run: %s", strerror(errno));
        return 1;
    }
    return wait_ready(s, why);
}

/* 0, or 1 when it still runs. */
static int wait_end(struct service *s, uint64_t usec, int *ret_status)
{
    uint64_t end = clock_now_usec() + usec;

    while (waitpid(s->pid, ret_status, WNOHANG) == 0) {
        if (clock_now_usec() > end)
            return 1;
        (void)usleep(5000);
    }
    return 0;
}

int service_stop(struct service *s, struct reason *why)
{
    int status = 0;

    if (s->pid <= 0)
        return 0;
    (void)kill(s->pid, SIGTERM);
    if (wait_end(s, STOP_USEC, &status) != 0) {
        (void)kill(s->pid, SIGKILL);
        (void)waitpid(s->pid, &status, 0);
    }
    s->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    reason_set(why, "penstock run ended with %s %d", WIFEXITED(status) ? "exit code" : "signal",
               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    add_log_tail(s, why);
    return 1;
}

/* What a command writes to its standard output. */
static int capture(const struct service *s, const char *const *argv, struct buf *out)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), pipes[2], status = 0;
    ssize_t n = 0;
    char *to;
    pid_t pid;

    if (null < 0 || pipe2(pipes, O_CLOEXEC) < 0) {
        (void)fd_close(null);
        return -errno;
    }
    pid = spawn(s, argv, pipes[1], null);
    (void)close(pipes[1]);
    (void)close(null);
    while ((to = buf_reserve(out, 4096)) && (n = read(pipes[0], to, 4096)) > 0)
        buf_seal(out, (size_t)n);
    (void)close(pipes[0]);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || n < 0)
        return -EIO;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? buf_error(out) : -EIO;
}

json_t *service_status(const struct service *s, struct reason *why)
{
    const char *argv[] = {s->program, "status", "--json", NULL};
    struct buf out = BUF_INIT;
    json_t *status = NULL;

    if (capture(s, argv, &out) == 0)
        status = json_loads(buf_text(&out), 0, NULL);
    if (!status)
        reason_set(why, "penstock status --json failed");
    buf_done(&out);
    return status;
}

int service_version(const struct service *s, char *ret, size_t size)
{
    const char *argv[] = {s->program, "--version", NULL};
    struct buf out = BUF_INIT;
    int r = capture(s, argv, &out);

    if (r == 0)
        (void)snprintf(ret, size, "%.*s", (int)strcspn(buf_text(&out), "\n"), buf_text(&out));
    buf_done(&out);
    return r;
}
