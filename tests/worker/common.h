/* common.h - a real penstock-worker; the test is its intake and its pool. */
#pragma once

#include "../base/common.h"

#include "loop/loop.h"
#include "wire/role.h"

#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATIENCE_MSEC 60000

struct end {
    int fd;
    struct frame_reader reader;
    struct frame *frame; /* of the last message */
    enum wire_role self;
};

struct worker {
    pid_t pid;
    struct end intake, pool;
    char *folder;
};

static UNUSED void close_end(struct end *e)
{
    e->frame = frame_unref(e->frame);
    if (e->fd >= 0)
        frame_reader_done(&e->reader);
    e->fd = fd_close(e->fd);
}

static UNUSED void say_fd(struct end *e, const struct message *m, int fd)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;
    struct iovec part;

    assert_int_equal(message_encode(m, &payload), 0);
    part = (struct iovec){.iov_base = payload.data, .iov_len = payload.size};
    assert_int_equal(frame_write(e->fd, &part, 1, fd), 0);
}

static UNUSED void say(struct end *e, const struct message *m)
{
    say_fd(e, m, -1);
}

static UNUSED void say_bytes(struct end *e, const char *payload, size_t n)
{
    const struct iovec part = {.iov_base = (char *)payload, .iov_len = n};

    assert_int_equal(frame_write(e->fd, &part, 1, -1), 0);
}

static UNUSED void say_hello(struct end *e)
{
    const struct message m = {.type = MESSAGE_HELLO,
                              .hello = {.version = WIRE_VERSION, .role = e->self}};

    say(e, &m);
}

/* The next message of that type; points into the end's frame. */
static UNUSED struct message hear(struct end *e, enum message_type type)
{
    struct pollfd fd = {.fd = e->fd, .events = POLLIN};
    struct message m = {.type = (enum message_type)0};

    e->frame = frame_unref(e->frame);
    if (!frame_is_ahead(&e->reader) && poll(&fd, 1, PATIENCE_MSEC) <= 0)
        fail_msg("no %s came", message_name(type));
    assert_int_equal(frame_read(&e->reader, &e->frame), 0);
    assert_int_equal(
        message_decode(e->frame->data, e->frame->size, e->frame->fd >= 0, ROLE_WORKER, e->self, &m),
        0);
    assert_string_equal(message_name(m.type), message_name(type));
    return m;
}

/* Starts the program with just these descriptors: 3 the intake, 4 the pool, `page` at 5 when >= 0;
 * `user` ("uid:gid") is whom it becomes, or NULL. */
static UNUSED struct worker *start_program_as(const char *user, int page, int stderr_fd)
{
    char *const argv[] = {(char *)"penstock:", (char *)"worker", (char *)"0", (char *)user, NULL};
    static char *const no_environment[] = {NULL};
    struct worker *w = calloc(1, sizeof(*w));
    posix_spawn_file_actions_t actions;
    int intake[2], pool[2], lifted[2];

    assert_int_equal(fd_socket_pair(intake), 0);
    assert_int_equal(fd_socket_pair(pool), 0);
    lifted[0] = fcntl(intake[1], F_DUPFD_CLOEXEC, 50);
    lifted[1] = fcntl(pool[1], F_DUPFD_CLOEXEC, 50);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (stderr_fd >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, stderr_fd, 2);
    else
        (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (page >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, page, FD_WORKER_STATS);
    (void)posix_spawn_file_actions_adddup2(&actions, lifted[0], FD_WORKER_INTAKE);
    (void)posix_spawn_file_actions_adddup2(&actions, lifted[1], FD_WORKER_POOL);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, FD_WORKER_STATS + (page >= 0));
    assert_int_equal(posix_spawn(&w->pid, WORKER_PROGRAM, &actions, NULL, argv, no_environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < 2; i++)
        fd_close(lifted[i]);
    fd_close(intake[1]);
    fd_close(pool[1]);
    w->intake = (struct end){.fd = intake[0], .self = ROLE_INTAKE};
    w->pool = (struct end){.fd = pool[0], .self = ROLE_POOL};
    frame_reader_init(&w->intake.reader, intake[0], WIRE_MAX_BYTES);
    frame_reader_init(&w->pool.reader, pool[0], WIRE_MAX_RESULT_BYTES);
    return w;
}

static UNUSED struct worker *start_program(int page, int stderr_fd)
{
    return start_program_as(NULL, page, stderr_fd);
}

static UNUSED void say_setting(struct worker *w, const char *name, const char *value)
{
    const struct message m = {
        .type = MESSAGE_SETTING,
        .setting = {.name = bytes_of_str(name), .value = bytes_of_str(value)}};

    say(&w->intake, &m);
}

static UNUSED void say_start(struct worker *w)
{
    const struct message m = {.type = MESSAGE_START};

    say(&w->intake, &m);
}

static UNUSED void greet(struct worker *w)
{
    say_hello(&w->intake);
    say_hello(&w->pool);
    assert_int_equal(hear(&w->intake, MESSAGE_HELLO).hello.role, ROLE_WORKER);
    assert_int_equal(hear(&w->pool, MESSAGE_HELLO).hello.role, ROLE_WORKER);
}

/* A worker asks for so many documents ahead. */
enum { WANTS = 16 };

static inline void hear_wants(struct worker *w)
{
    for (int i = 0; i < WANTS; i++)
        (void)hear(&w->intake, MESSAGE_WANT);
}

static UNUSED void make_ready(struct worker *w)
{
    greet(w);
    say_start(w);
    hear_wants(w);
}

/* For setup and teardown. */
static UNUSED int start_worker(void **state)
{
    void *folder;
    struct worker *w;

    if (make_folder(&folder) != 0)
        return -1;
    w = start_program(-1, -1);
    w->folder = folder;
    *state = w;
    return 0;
}

static UNUSED int end_worker(void **state)
{
    struct worker *w = *state;
    void *folder = w->folder;

    if (w->pid > 0) {
        (void)kill(w->pid, SIGKILL);
        (void)waitpid(w->pid, NULL, 0);
    }
    close_end(&w->intake);
    close_end(&w->pool);
    free(w);
    return folder ? remove_folder(&folder) : 0;
}

/* Its exit code, or minus the signal that ended it. */
static UNUSED int exit_code_of(struct worker *w)
{
    int status = -1;

    for (int i = 0; i < PATIENCE_MSEC / 10 && waitpid(w->pid, &status, WNOHANG) == 0; i++)
        (void)usleep(10000);
    if (status == -1)
        fail_msg("it did not end");
    w->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static UNUSED int make_document(struct worker *w, const char *name, const void *bytes, size_t n)
{
    char path[512];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
    write_file(path, bytes, n);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Gives it a document; takes the descriptor over. */
static UNUSED void give(struct worker *w, uint64_t token, int fd, const char *name, bool hash_only)
{
    struct stat st;
    struct message m = {.type = MESSAGE_DOCUMENT};

    assert_int_equal(fstat(fd, &st), 0);
    m.document = (struct message_document){.job = token + 1000,
                                           .token = token,
                                           .nonce = token + 2000,
                                           .name = bytes_of_str(name),
                                           .size = (uint64_t)st.st_size,
                                           .hash_only = hash_only};
    say_fd(&w->intake, &m, fd);
    fd_close(fd);
}

static UNUSED void assert_sha256(struct bytes b, const void *bytes, size_t n)
{
    uint8_t expected[32];

    SHA256(bytes, n, expected);
    assert_int_equal(b.n, 32);
    assert_memory_equal(b.at, expected, 32);
}

#define WITH_WORKER(test) cmocka_unit_test_setup_teardown(test, start_worker, end_worker)
