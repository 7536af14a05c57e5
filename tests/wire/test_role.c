/* The shape of a child: what it is told by the supervisor, and how it ends. The child is a fork of
 * the test. */
#include "common.h"

#include "wire/role.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- in the child: it says what it hears, a letter each, through a pipe ---- */

static int says = -1;
static struct role_base base;

static void tell(const char *what)
{
    if (fd_write_all(says, what, strlen(what)) < 0)
        _exit(99);
}

static void on_start(void *user, bool once)
{
    tell(once ? "start-once " : "start ");
    tell(settings_text(&base.settings, SETTING_AFTER));
    tell(" ");
    role_ready(&base);
}

static void on_reload(void *user)
{
    tell("reload ");
    tell(settings_text(&base.settings, SETTING_AFTER));
    tell(" ");
}

static void on_peer(void *user, enum wire_role other, unsigned slot, unsigned incarnation, int fd)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "peer-%s-%u-%u ", wire_role_name(other), slot, incarnation);
    tell(text);
    if (write(fd, "hi", 2) != 2)
        tell("lost ");
    fd_close(fd);
}

static void on_drain(void *user)
{
    tell("drain ");
    role_fatal(&base, EXIT_SCHEMA, "nothing to drain");
}

static void on_retire(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    assert_ptr_equal(user, &base);
    tell("retire ");
    role_end(&base);
}

static const struct peer_route more_routes[] = {{MESSAGE_RETIRE, on_retire}};
static const struct role_events events = {.on_start = on_start,
                                          .on_reload = on_reload,
                                          .on_peer = on_peer,
                                          .on_drain = on_drain,
                                          .routes = more_routes,
                                          .n_routes = ARRAY_SIZE(more_routes)};

/* ---- the supervisor: the test ---- */

struct child {
    pid_t pid;
    int socket, hears;
    struct frame_reader reader;
};

static void be_child(int socket, int page, int out)
{
    says = fcntl(out, F_DUPFD_CLOEXEC, 20);
    if (dup2(socket, 10) < 0 || dup2(page, 11) < 0 || dup2(10, FD_SUPERVISOR) < 0 ||
        dup2(11, FD_STATS) < 0)
        _exit(98);
    (void)close(10);
    (void)close(11);
    for (int fd = FD_STATS + 1; fd < 20; fd++)
        (void)close(fd);
    if (!freopen("/dev/null", "w", stderr))
        _exit(97);
    _exit(role_run(&base, ROLE_INTAKE, &events, &base));
}

static int start_child(void **state)
{
    struct child *c = calloc(1, sizeof(*c));
    struct stats_map page;
    char path[] = "/tmp/penstock-test-page-XXXXXX";
    int pair[2], out[2];

    fd_close(mkstemp(path));
    if (stats_create(path, &page) != 0 || fd_socket_pair(pair) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return -1;
    (void)fflush(stdout);
    c->pid = fork();
    if (c->pid == 0)
        be_child(pair[1], page.fd, out[1]);
    fd_close(pair[1]);
    fd_close(out[1]);
    stats_close(&page);
    (void)unlink(path);
    c->socket = pair[0];
    c->hears = out[0];
    frame_reader_init(&c->reader, c->socket, CAP);
    *state = c;
    return 0;
}

static int end_child(void **state)
{
    struct child *c = *state;

    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, NULL, 0);
    }
    frame_reader_done(&c->reader);
    fd_close(c->socket);
    fd_close(c->hears);
    free(c);
    return 0;
}

/* Waits until the child has said just that. */
static void expect(struct child *c, const char *text)
{
    char heard[256] = "";
    size_t n = 0;
    struct pollfd fd = {.fd = c->hears, .events = POLLIN};

    while (n < strlen(text) && poll(&fd, 1, 10000) > 0) {
        ssize_t got = read(c->hears, heard + n, strlen(text) - n);

        if (got <= 0)
            break;
        n += (size_t)got;
    }
    assert_string_equal(heard, text);
}

static void expect_silence(struct child *c)
{
    struct pollfd fd = {.fd = c->hears, .events = POLLIN};

    assert_int_equal(poll(&fd, 1, 50), 0);
}

static int exit_code_of(struct child *c)
{
    int status = -1;

    for (int i = 0; i < 1000 && waitpid(c->pid, &status, WNOHANG) == 0; i++)
        (void)usleep(10000);
    c->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void say_setting(struct child *c, const char *name, const char *value)
{
    const struct message m = {
        .type = MESSAGE_SETTING,
        .setting = {.name = bytes_of_str(name), .value = bytes_of_str(value)}};

    say(c->socket, &m);
}

static void say_type(struct child *c, enum message_type type)
{
    const struct message m = {.type = type};

    say(c->socket, &m);
}

static void greet_and_start(struct child *c)
{
    say_hello(c->socket, ROLE_SUPERVISOR, 0);
    say_setting(c, "PENSTOCK_AFTER", "keep");
    say_type(c, MESSAGE_START);
    expect(c, "start keep ");
}

static void it_starts_with_the_settings_it_was_told(void **state)
{
    struct child *c = *state;
    struct frame *frame;

    greet_and_start(c);
    assert_int_equal(hear(&c->reader, ROLE_INTAKE, ROLE_SUPERVISOR, &frame).type, MESSAGE_HELLO);
    frame_unref(frame);
    assert_int_equal(hear(&c->reader, ROLE_INTAKE, ROLE_SUPERVISOR, &frame).type, MESSAGE_READY);
    frame_unref(frame);
}

static void it_is_told_that_it_runs_once(void **state)
{
    const struct message start = {.type = MESSAGE_START, .start = {.once = true}};
    struct child *c = *state;

    say_hello(c->socket, ROLE_SUPERVISOR, 0);
    say(c->socket, &start);
    expect(c, "start-once archive ");
}

static void another_start_is_a_reload(void **state)
{
    struct child *c = *state;

    greet_and_start(c);
    say_setting(c, "PENSTOCK_AFTER", "delete");
    expect_silence(c);
    say_type(c, MESSAGE_START);
    expect(c, "reload delete ");
}

static void links_are_handed_on(void **state)
{
    struct child *c = *state;
    const struct message m = {.type = MESSAGE_PEER,
                              .peer = {.role = ROLE_WORKER, .slot = 3, .incarnation = 4}};
    int pair[2];
    char text[3] = "";

    greet_and_start(c);
    assert_int_equal(fd_socket_pair(pair), 0);
    say_fd(c->socket, &m, pair[1]);
    fd_close(pair[1]);
    expect(c, "peer-worker-3-4 ");
    assert_int_equal(read(pair[0], text, 2), 2);
    assert_string_equal(text, "hi");
    fd_close(pair[0]);
}

static void a_role_has_messages_of_its_own(void **state)
{
    struct child *c = *state;

    greet_and_start(c);
    say_type(c, MESSAGE_RETIRE);
    expect(c, "retire ");
    assert_int_equal(exit_code_of(c), EXIT_DONE);
}

static void it_drains_and_tells_what_is_fatal(void **state)
{
    struct child *c = *state;
    struct frame *frame;
    struct message m;

    greet_and_start(c);
    say_type(c, MESSAGE_DRAIN);
    expect(c, "drain ");
    do {
        m = hear(&c->reader, ROLE_INTAKE, ROLE_SUPERVISOR, &frame);
        if (m.type == MESSAGE_FATAL) {
            assert_int_equal(m.fatal.exit_code, EXIT_SCHEMA);
            assert_true(bytes_equal_str(m.fatal.reason, "nothing to drain"));
        }
        frame_unref(frame);
    } while (m.type != MESSAGE_FATAL);
}

static void it_ends_with_the_supervisor(void **state)
{
    struct child *c = *state;

    greet_and_start(c);
    c->socket = fd_close(c->socket);
    assert_int_equal(exit_code_of(c), EXIT_DONE);
}

/* Rather than that it goes on with another value than the supervisor's. */
static void a_setting_that_is_refused_ends_it(void **state)
{
    struct child *c = *state;

    greet_and_start(c);
    say_setting(c, "PENSTOCK_AFTER", "burn");
    assert_int_equal(exit_code_of(c), EXIT_DONE);
}

static void nonsense_from_the_supervisor_ends_it(void **state)
{
    struct child *c = *state;

    greet_and_start(c);
    say_bytes(c->socket, "\xc1", 1);
    assert_int_equal(exit_code_of(c), EXIT_DONE);
}

static void signals_of_a_terminal_do_not_end_it(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct child *c = *state;

    greet_and_start(c);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        assert_int_equal(kill(c->pid, signals[i]), 0);
    say_type(c, MESSAGE_START);
    expect(c, "reload keep ");
}

int main(void)
{
#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, start_child, end_child)
    const struct CMUnitTest tests[] = {
        WITH_CHILD(it_starts_with_the_settings_it_was_told),
        WITH_CHILD(it_is_told_that_it_runs_once),
        WITH_CHILD(another_start_is_a_reload),
        WITH_CHILD(links_are_handed_on),
        WITH_CHILD(a_role_has_messages_of_its_own),
        WITH_CHILD(it_drains_and_tells_what_is_fatal),
        WITH_CHILD(it_ends_with_the_supervisor),
        WITH_CHILD(a_setting_that_is_refused_ends_it),
        WITH_CHILD(nonsense_from_the_supervisor_ends_it),
        WITH_CHILD(signals_of_a_terminal_do_not_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
