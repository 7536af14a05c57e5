/* reader.c - runs a penstock-worker and speaks with it over its two sockets.
 *
 * One document at a time, so a death convicts exactly one. Its sockets are not blocking on this
 * side and waited for together: the result comes on one, the end on the other, and neither may keep
 * the time limit from being met.
 */
#include "cli/reader.h"

#include "base/cage.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "cli/talk.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors of a worker (3: intake, 4: pool; no stats page); ours are moved out of their way
 * first. */
#define WORKER_INTAKE_FD 3
#define WORKER_POOL_FD   4
#define SPARE_FD         10

#define END_MSEC 1000

/* Of a file that is split, so many records are read, and what is in the last chunk with them. */
#define MAX_RECORDS 1000

struct reader {
    const struct settings *settings;
    struct cage_user user; /* as whom the worker reads */
    pid_t pid;             /* 0: none runs */
    struct talk intake, pool;
    unsigned wants;                   /* documents it has asked for */
    uint64_t token;                   /* of the document in hand */
    const struct reader_input *input; /* the same */
    uint64_t deadline_usec;
    bool has_result, is_done;
    struct message_done done;
    char refusal[512];
    struct reading reading;
};

int reader_new(const struct settings *s, struct reader **ret)
{
    struct reader *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    r->settings = s;
    *ret = r;
    return 0;
}

/* Starting and ending the process. */

static int spawn_with(const struct reader *r, const char *program, int intake_fd, int pool_fd,
                      pid_t *ret_pid)
{
    char user[CAGE_USER_TEXT_SIZE];
    char *const argv[] = {(char *)"penstock:", (char *)"worker", (char *)"0",
                          (char *)cage_write_user(&r->user, user), NULL};
    static char *const envp[] = {NULL};
    posix_spawn_file_actions_t actions;
    int e = posix_spawn_file_actions_init(&actions);

    if (e != 0)
        return -e;
    e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (e == 0)
        e = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, 1);
    if (e == 0)
        e = posix_spawn_file_actions_adddup2(&actions, intake_fd, WORKER_INTAKE_FD);
    if (e == 0)
        e = posix_spawn_file_actions_adddup2(&actions, pool_fd, WORKER_POOL_FD);
    if (e == 0)
        e = posix_spawn_file_actions_addclosefrom_np(&actions, WORKER_POOL_FD + 1);
    if (e == 0)
        e = posix_spawn(ret_pid, program, &actions, NULL, argv, envp);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -e;
}

/* A pair of which the worker's end has a number that no dup2() in the child can hit, and ours
 * does not block. */
static int make_pair(int ret[2])
{
    int pair[2], moved, r = fd_socket_pair(pair);

    if (r < 0)
        return r;
    moved = fcntl(pair[1], F_DUPFD_CLOEXEC, SPARE_FD);
    r = moved < 0 ? -errno : fd_set_nonblocking(pair[0], true);
    (void)fd_close(pair[1]);
    if (r < 0) {
        (void)fd_close(pair[0]);
        (void)fd_close(moved);
        return r;
    }
    ret[0] = pair[0];
    ret[1] = moved;
    return 0;
}

static int spawn(struct reader *r, const char *program)
{
    int intake[2] = {-1, -1}, pool[2] = {-1, -1}, result = make_pair(intake);

    if (result == 0)
        result = make_pair(pool);
    if (result == 0)
        result = spawn_with(r, program, intake[1], pool[1], &r->pid);
    (void)fd_close(intake[1]);
    (void)fd_close(pool[1]);
    if (result < 0) {
        (void)fd_close(intake[0]);
        (void)fd_close(pool[0]);
        r->pid = 0;
        return result;
    }
    talk_init(&r->intake, intake[0], ROLE_INTAKE, ROLE_WORKER, WIRE_MAX_BYTES);
    talk_init(&r->pool, pool[0], ROLE_POOL, ROLE_WORKER, WIRE_MAX_RESULT_BYTES);
    r->wants = 0;
    return 0;
}

/* Waits for its end; `status` as wait4(2). */
static void reap(struct reader *r, int *ret_status, struct rusage *ret_usage)
{
    *ret_status = 0;
    while (wait4(r->pid, ret_status, 0, ret_usage) < 0 && errno == EINTR)
        ;
    r->pid = 0;
    talk_done(&r->intake);
    talk_done(&r->pool);
}

/* A worker that has closed its sockets is about to end: it gets a second for that. */
static void let_end(const struct reader *r)
{
    int fd CLEANUP(fd_closep) = (int)syscall(SYS_pidfd_open, r->pid, 0);
    struct pollfd ended = {fd, POLLIN, 0};

    if (fd < 0 || poll(&ended, 1, END_MSEC) <= 0)
        (void)kill(r->pid, SIGKILL);
}

static void end_worker(struct reader *r)
{
    struct rusage usage = {0};
    int status;

    if (r->pid == 0)
        return;
    (void)kill(r->pid, SIGKILL);
    reap(r, &status, &usage);
}

struct reader *reader_free(struct reader *r)
{
    if (!r)
        return NULL;
    end_worker(r);
    reading_clear(&r->reading);
    free(r);
    return NULL;
}

/* Greeting and settings. */

static int tell_settings(struct reader *r)
{
    struct message m = {.type = MESSAGE_SETTING};
    int result = 0;

    for (int id = 0; id < SETTING_COUNT_ && result == 0; id++) {
        if (!(setting_get(id)->flags & SETTING_WORKER))
            continue;
        m.setting.name = BYTES_STR(setting_get(id)->name);
        m.setting.value = BYTES_STR(settings_text(r->settings, id));
        result = talk_send(&r->intake, &m, -1);
    }
    m = (struct message){.type = MESSAGE_START};
    return result == 0 ? talk_send(&r->intake, &m, -1) : result;
}

/* What it sends. */

static int on_result(struct reader *r, const struct message_result *m)
{
    if (m->token != r->token)
        return -EPROTO;
    r->has_result = true;
    return reading_take_result(&r->reading, m);
}

static int on_part(struct reader *r, const struct message_part *m)
{
    return m->token == r->token ? reading_take_part(&r->reading, m) : -EPROTO;
}

/* The pool would have stored them; here they are kept, and what is too many counts as there
 * already. */
static int on_records(struct reader *r, const struct message_records *m)
{
    const struct message recorded = {
        .type = MESSAGE_RECORDED,
        .recorded = {.token = m->token,
                     .go_on = true,
                     .whole = m->last >= MAX_RECORDS,
                     .records = m->last},
    };

    r->reading.is_split = true;
    return m->token == r->token ? talk_send(&r->pool, &recorded, -1) : -EPROTO;
}

static uint64_t time_limit(const struct reader *r)
{
    return (uint64_t)settings_number(r->settings, SETTING_MAX_SECONDS) * USEC_PER_SEC;
}

static int send_file(struct reader *r, int fd)
{
    struct message m = {.type = MESSAGE_FILE, .file = {.token = r->token}};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        m = (struct message){.type = MESSAGE_WITHHELD, .withheld = {.token = r->token}};
        return talk_send(&r->intake, &m, -1);
    }
    m.file.size = (uint64_t)st.st_size;
    return talk_send(&r->intake, &m, fd);
}

/* Each file of a folder has its own time. */
static int on_next(struct reader *r)
{
    int fd = r->input->open_next ? r->input->open_next(r->input->user) : -1;
    int result = send_file(r, fd);

    (void)fd_close(fd);
    r->deadline_usec = clock_now_usec() + time_limit(r);
    return result;
}

static int on_message(struct reader *r, const struct message *m)
{
    switch (m->type) {
    case MESSAGE_WANT:
        r->wants++;
        return 0;
    case MESSAGE_LISTED:
        if (r->input->listed)
            r->input->listed(r->input->user, m->listed.path);
        return 0;
    case MESSAGE_NEXT:
        return on_next(r);
    case MESSAGE_PART:
        return on_part(r, &m->part);
    case MESSAGE_RECORDS:
        return on_records(r, &m->records);
    case MESSAGE_RESULT:
        return on_result(r, &m->result);
    case MESSAGE_DONE:
        r->done = m->done;
        bytes_copy(m->done.refusal, r->refusal, sizeof(r->refusal));
        r->is_done = true;
        r->wants++;
        return m->done.token == r->token ? 0 : -EPROTO;
    default:
        return -EPROTO;
    }
}

/* Everything that has come on a socket. 0, TALK_CLOSED or -errno. */
static int receive_all(struct reader *r, struct talk *t)
{
    struct message m;
    int result;

    while ((result = talk_receive(t, &m)) == 0) {
        result = on_message(r, &m);
        if (result != 0)
            return result;
    }
    return result == TALK_AGAIN ? 0 : result;
}

static bool is_wanted(const struct reader *r)
{
    return r->wants > 0;
}

static bool is_finished(const struct reader *r)
{
    return r->is_done && (r->has_result || r->input->list_only || r->done.changed ||
                          r->done.read_errno != 0 || r->refusal[0]);
}

/* Receives until the condition holds. 0, -ETIMEDOUT, TALK_CLOSED or -errno. */
static int receive_until(struct reader *r, bool (*condition)(const struct reader *))
{
    struct pollfd fds[] = {{r->intake.fd, POLLIN, 0}, {r->pool.fd, POLLIN, 0}};
    int result = 0, closed;

    r->deadline_usec = clock_now_usec() + time_limit(r);
    while (!condition(r)) {
        uint64_t now = clock_now_usec();

        if (now >= r->deadline_usec)
            return -ETIMEDOUT;
        if (poll(fds, ARRAY_SIZE(fds),
                 (int)MIN((r->deadline_usec - now) / USEC_PER_MSEC + 1, (uint64_t)INT_MAX)) < 0 &&
            errno != EINTR)
            return -errno;
        closed = receive_all(r, &r->pool);
        result = receive_all(r, &r->intake);
        if (result == 0)
            result = closed;
        if (result != 0 && !condition(r))
            return result;
    }
    return 0;
}

static int send_sidecar(struct reader *r, int fd)
{
    struct message m = {.type = MESSAGE_SIDECAR, .sidecar = {.token = r->token}};
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    m.sidecar.size = (uint64_t)st.st_size;
    return talk_send(&r->intake, &m, fd);
}

static int send_document(struct reader *r, const struct reader_input *in)
{
    struct message m = {.type = MESSAGE_DOCUMENT};
    struct stat st;
    int result;

    if (fstat(in->fd, &st) < 0)
        return -errno;
    r->token++;
    reading_clear(&r->reading);
    r->has_result = r->is_done = false;
    r->refusal[0] = '\0';
    r->wants--;
    result = in->sidecar_fd >= 0 ? send_sidecar(r, in->sidecar_fd) : 0;
    if (result < 0)
        return result;
    m.document = (struct message_document){.job = r->token,
                                           .token = r->token,
                                           .nonce = r->token,
                                           .name = BYTES_STR(in->name),
                                           .size = (uint64_t)st.st_size,
                                           .list_only = in->list_only,
                                           .files = in->n_files};
    return talk_send(&r->intake, &m, in->fd);
}

/* Why it is gone, of a worker that ended or must end. */
static void explain_end(struct reader *r, int result, struct reason *why)
{
    struct rusage usage = {0};
    int status;

    if (result == -ETIMEDOUT) {
        reason_set(why, "it took longer than PENSTOCK_MAX_SECONDS=%s and was ended",
                   settings_text(r->settings, SETTING_MAX_SECONDS));
        end_worker(r);
        return;
    }
    if (result < 0 && result != -EPIPE) {
        reason_set(why, "the worker broke the protocol: %s", log_errno_text(result));
        end_worker(r);
        return;
    }
    let_end(r);
    reap(r, &status, &usage);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        reason_set(why, "it took more processor time than PENSTOCK_MAX_CPU_SECONDS=%s",
                   settings_text(r->settings, SETTING_MAX_CPU_SECONDS));
    else if (WIFSIGNALED(status))
        reason_set(why, "the worker died of signal %d (%s), %ld MB at its peak", WTERMSIG(status),
                   strsignal(WTERMSIG(status)), usage.ru_maxrss / 1024);
    else
        reason_set(why, "the worker ended with exit code %d, %ld MB at its peak",
                   WEXITSTATUS(status), usage.ru_maxrss / 1024);
}

/* Returns 0, or 1 and why. */
static int start_worker(struct reader *r, struct reason *why)
{
    char program[PATH_MAX];
    struct reason missing = {0};
    int result = process_sibling_program("penstock-worker", program, sizeof(program));

    if (cage_check(r->settings, &r->user, &missing) != 0) {
        reason_set(why, "%s", missing.text);
        return 1;
    }
    if (result == 0)
        result = spawn(r, program);
    if (result < 0) {
        reason_set(why, "penstock-worker cannot be started beside this program: %s",
                   log_errno_text(result));
        return 1;
    }
    result = talk_greet(&r->intake);
    if (result == 0)
        result = talk_greet(&r->pool);
    if (result == 0)
        result = tell_settings(r);
    if (result == 0)
        return 0;
    explain_end(r, result, why);
    return 1;
}

static int judge(const struct reader *r, const struct reading **ret, struct reason *why)
{
    if (r->done.read_errno != 0) {
        reason_set(why, "it cannot be read: %s", log_errno_text((int)r->done.read_errno));
        return 1;
    }
    if (r->done.changed) {
        reason_set(why, "it changed while it was read");
        return 1;
    }
    if (r->refusal[0]) {
        reason_set(why, "its %s is wrong: %s",
                   r->input->list_only || r->input->n_files > 0 ? "meta.json" : "sidecar",
                   r->refusal);
        return 1;
    }
    *ret = &r->reading;
    return 0;
}

int reader_read(struct reader *r, const struct reader_input *in, const struct reading **ret,
                struct reason *why)
{
    int result;

    r->input = in;
    if (r->pid == 0 && start_worker(r, why) != 0)
        return 1;
    result = receive_until(r, is_wanted);
    if (result == 0)
        result = send_document(r, in);
    if (result == 0)
        result = receive_until(r, is_finished);
    if (result != 0) {
        explain_end(r, result, why);
        return 1;
    }
    return judge(r, ret, why);
}
