/* Child processes: what they are given, and what is told of their end. The children are this
 * program itself, see main(). */
#include "common.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static char self[512];

struct ended {
    struct loop *loop;
    struct child *child;
    struct child_usage usage;
    unsigned times;
};

static void on_exit_of(void *user, const struct child_usage *usage)
{
    struct ended *e = user;

    e->usage = *usage;
    e->times++;
    loop_stop(e->loop);
}

static void spawn(struct loop *l, const char *what, const int *fds, size_t n_fds, struct ended *e)
{
    const char *const argv[] = {"child", what, NULL};
    const char *const envp[] = {NULL};
    const struct child_spec spec = {
        .program = self, .argv = argv, .envp = envp, .fds = fds, .n_fds = n_fds};

    *e = (struct ended){.loop = l};
    assert_int_equal(child_spawn(l, &spec, on_exit_of, e, &e->child), 0);
    assert_true(child_pid(e->child) > 0);
}

/* Runs a child to its end; what it wrote to descriptor 1 is in `text`. */
static struct child_usage run_child(struct loop *l, const char *what, char *text, size_t size)
{
    struct ended e;
    int out[2];
    ssize_t n;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const int fds[] = {-1, out[1], STDERR_FILENO};
    spawn(l, what, fds, 3, &e);
    fd_close(out[1]);
    run(l);
    n = read(out[0], text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    fd_close(out[0]);
    child_free(e.child);
    return e.usage;
}

static void the_exit_code_is_told(void **state)
{
    char text[64];
    struct child_usage u = run_child(*state, "exit7", text, sizeof(text));

    assert_int_equal(u.exit_code, 7);
    assert_int_equal(u.signal, 0);
}

static void what_it_used_is_told(void **state)
{
    char text[64];
    struct child_usage u = run_child(*state, "burn", text, sizeof(text));

    assert_int_equal(u.exit_code, 0);
    assert_true(u.cpu_usec >= 50000);
    assert_true(u.max_rss_bytes >= 40 << 20);
}

static void a_signal_is_told(void **state)
{
    struct ended e;

    spawn(*state, "wait", NULL, 0, &e);
    child_kill(e.child, SIGKILL);
    run(*state);
    assert_int_equal(e.usage.exit_code, -1);
    assert_int_equal(e.usage.signal, SIGKILL);
    child_free(e.child);
}

static void an_end_is_told_once_and_nobody_is_killed_after_it(void **state)
{
    struct ended e;

    spawn(*state, "exit7", NULL, 0, &e);
    run(*state);
    child_kill(e.child, SIGKILL);
    run_for(*state, 5000);
    assert_int_equal(e.times, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
    assert_int_equal(errno, ECHILD);
    child_free(e.child);
}

static void free_on_exit(void *user, const struct child_usage *usage)
{
    struct ended *e = user;

    on_exit_of(user, usage);
    e->child = child_free(e->child);
}

static void a_child_may_be_freed_when_its_end_is_told(void **state)
{
    const char *const argv[] = {"child", "exit7", NULL};
    const char *const envp[] = {NULL};
    const struct child_spec spec = {.program = self, .argv = argv, .envp = envp};
    struct ended e = {.loop = *state};

    assert_int_equal(child_spawn(*state, &spec, free_on_exit, &e, &e.child), 0);
    run(*state);
    assert_null(e.child);
}

static void many_children_end_each_by_itself(void **state)
{
    struct ended e[20];
    unsigned told = 0;

    for (size_t i = 0; i < ARRAY_SIZE(e); i++)
        spawn(*state, i % 2 ? "exit7" : "wait", NULL, 0, &e[i]);
    for (size_t i = 0; i < ARRAY_SIZE(e); i += 2)
        child_kill(e[i].child, SIGTERM);
    while (told < ARRAY_SIZE(e)) {
        run(*state);
        told = 0;
        for (size_t i = 0; i < ARRAY_SIZE(e); i++)
            told += e[i].times;
    }
    for (size_t i = 0; i < ARRAY_SIZE(e); i++) {
        assert_int_equal(e[i].times, 1);
        assert_int_equal(e[i].usage.exit_code, i % 2 ? 7 : -1);
        assert_int_equal(e[i].usage.signal, i % 2 ? 0 : SIGTERM);
        child_free(e[i].child);
    }
}

/* Whoever starts us may ignore SIGCHLD; then the kernel would reap, and tell nobody. */
static void the_end_is_told_where_sigchld_was_ignored(void **state)
{
    char text[64];
    struct child_usage u;

    (void)signal(SIGCHLD, SIG_IGN);
    u = run_child(*state, "exit7", text, sizeof(text));
    (void)signal(SIGCHLD, SIG_DFL);
    assert_int_equal(u.exit_code, 7);
}

static void a_program_that_is_missing_is_an_error(void **state)
{
    const char *const argv[] = {"child", NULL};
    const char *const envp[] = {NULL};
    const struct child_spec spec = {.program = "/nowhere", .argv = argv, .envp = envp};
    struct child *c = NULL;
    unsigned before = count_fds();

    assert_int_equal(child_spawn(*state, &spec, on_exit_of, NULL, &c), -ENOENT);
    assert_null(c);
    assert_int_equal(count_fds(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void more_descriptors_than_can_be_given_are_an_error(void **state)
{
    const char *const none[] = {NULL};
    const int fds[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    const struct child_spec spec = {
        .program = self, .argv = none, .envp = none, .fds = fds, .n_fds = ARRAY_SIZE(fds)};
    struct child *c;

    assert_int_equal(child_spawn(*state, &spec, on_exit_of, NULL, &c), -E2BIG);
}

static void a_closed_descriptor_cannot_be_given(void **state)
{
    const char *const none[] = {NULL};
    int pair[2];
    unsigned before = count_fds();

    assert_int_equal(fd_socket_pair(pair), 0);
    fd_close(pair[1]);
    const int fds[] = {pair[0], pair[1]};
    const struct child_spec spec = {
        .program = self, .argv = none, .envp = none, .fds = fds, .n_fds = 2};
    struct child *c;

    assert_int_equal(child_spawn(*state, &spec, on_exit_of, NULL, &c), -EBADF);
    fd_close(pair[0]);
    assert_int_equal(count_fds(), before);
}

static void its_environment_is_what_is_listed(void **state)
{
    char text[512];

    assert_int_equal(run_child(*state, "environment", text, sizeof(text)).exit_code, 0);
    assert_string_equal(text, "0");
}

static void its_signals_are_as_new(void **state)
{
    sigset_t set, was;
    char text[512];

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, &was);
    (void)signal(SIGHUP, SIG_IGN);
    assert_int_equal(run_child(*state, "signals", text, sizeof(text)).exit_code, 0);
    (void)signal(SIGHUP, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &was, NULL);
    assert_string_equal(text, "blocked 0 ignored 0");
}

/* Gives `n` files, named by their place in `order`, and asks the child what it has. */
static void given(struct loop *l, const int *fds, size_t n, const char *expected)
{
    struct ended e;
    char text[4096];
    int out[2];
    ssize_t got;
    int with_out[8];

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    memcpy(with_out, fds, n * sizeof(*fds));
    with_out[n] = out[1];
    spawn(l, "descriptors", with_out, n + 1, &e);
    fd_close(out[1]);
    run(l);
    got = read(out[0], text, sizeof(text) - 1);
    text[got > 0 ? got : 0] = '\0';
    fd_close(out[0]);
    child_free(e.child);
    assert_string_equal(text, expected);
}

static int open_named(const char *folder, const char *name)
{
    char path[512];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void it_has_exactly_the_descriptors_listed(void **state)
{
    char folder[] = "/tmp/penstock-test-XXXXXX";
    void *made = mkdtemp(folder);
    int a = open_named(made, "a"), b = open_named(made, "b"), c = open_named(made, "c");
    int stray = fcntl(a, F_DUPFD, 100), low = -1;

    {
        const int fds[] = {a, b, c};
        given(*state, fds, 3, "0=a 1=b 2=c ");
    }
    { /* the same twice, and out of order */
        const int fds[] = {c, a, a, b};
        given(*state, fds, 4, "0=c 1=a 2=a 3=b ");
    }
    { /* nothing: /dev/null below 3, not open above */
        const int fds[] = {-1, -1, -1, -1, a};
        given(*state, fds, 5, "0=null 1=null 2=null 4=a ");
    }
    { /* not even what is open here under that number and would be inherited */
        const int fds[] = {a, -1, b, -1};

        low = fcntl(3, F_GETFD) < 0 ? dup2(stray, 3) : -1;
        assert_int_equal(fd_set_inheritable(3, true), 0);
        given(*state, fds, 4, "0=a 1=null 2=b ");
        fd_close(low);
    }
    fd_close(a);
    fd_close(b);
    fd_close(c);
    fd_close(stray);
    made = strdup(folder);
    assert_int_equal(remove_folder(&made), 0);
}

/* Numbers that are each other's targets: 0 and 1 change places. */
static void descriptors_may_change_places(void **state)
{
    char folder[] = "/tmp/penstock-test-XXXXXX";
    void *made = mkdtemp(folder);
    int was[2] = {fcntl(0, F_DUPFD_CLOEXEC, 50), fcntl(1, F_DUPFD_CLOEXEC, 50)};
    int a = open_named(made, "a"), b = open_named(made, "b");
    const int fds[] = {1, 0};

    (void)fflush(stdout);
    assert_int_equal(dup2(a, 0), 0);
    assert_int_equal(dup2(b, 1), 1);
    given(*state, fds, 2, "0=b 1=a ");
    assert_int_equal(dup2(was[0], 0), 0);
    assert_int_equal(dup2(was[1], 1), 1);
    fd_close(was[0]);
    fd_close(was[1]);
    fd_close(a);
    fd_close(b);
    made = strdup(folder);
    assert_int_equal(remove_folder(&made), 0);
}

/* ---- the children ---- */

/* The names of all open descriptors' files but the last, to which it writes. */
static int say_descriptors(void)
{
    char text[4096] = "", link[64], target[512];
    int last = -1;

    for (int fd = 0; fd < 1024; fd++) {
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, target, sizeof(target) - 1);
        if (n < 0)
            continue;
        target[n] = '\0';
        last = fd;
        if (strncmp(target, "pipe:", 5) != 0)
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d=%s ", fd,
                           strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
    }
    return fd_write_all(last, text, strlen(text)) == 0 ? 0 : 1;
}

static int say_environment(void)
{
    int n = 0;

    while (environ[n])
        n++;
    return printf("%d", n) > 0 ? 0 : 1;
}

static int say_signals(void)
{
    unsigned long long blocked = 1, ignored = 1;
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];

    while (status && fgets(line, sizeof(line), status)) {
        (void)sscanf(line, "SigBlk: %llx", &blocked);
        (void)sscanf(line, "SigIgn: %llx", &ignored);
    }
    ignored &= ~0x180000000ull; /* 32 and 33 are the C library's own */
    return printf("blocked %llx ignored %llx", blocked, ignored) > 0 ? 0 : 1;
}

static int burn(void)
{
    char *memory = malloc(40 << 20);
    struct rusage used;

    for (size_t i = 0; i < 40u << 20; i++)
        ((volatile char *)memory)[i] = (char)i;
    do {
        (void)getrusage(RUSAGE_SELF, &used);
    } while (used.ru_utime.tv_sec == 0 && used.ru_utime.tv_usec < 60000);
    free(memory);
    return 0;
}

static int be_child(const char *what)
{
    if (strcmp(what, "exit7") == 0)
        return 7;
    if (strcmp(what, "descriptors") == 0)
        return say_descriptors();
    if (strcmp(what, "environment") == 0)
        return say_environment();
    if (strcmp(what, "signals") == 0)
        return say_signals();
    if (strcmp(what, "burn") == 0)
        return burn();
    return pause();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(the_exit_code_is_told),
        IN_LOOP(what_it_used_is_told),
        IN_LOOP(a_signal_is_told),
        IN_LOOP(an_end_is_told_once_and_nobody_is_killed_after_it),
        IN_LOOP(a_child_may_be_freed_when_its_end_is_told),
        IN_LOOP(many_children_end_each_by_itself),
        IN_LOOP(the_end_is_told_where_sigchld_was_ignored),
        IN_LOOP(a_program_that_is_missing_is_an_error),
        IN_LOOP(more_descriptors_than_can_be_given_are_an_error),
        IN_LOOP(a_closed_descriptor_cannot_be_given),
        IN_LOOP(its_environment_is_what_is_listed),
        IN_LOOP(its_signals_are_as_new),
        IN_LOOP(it_has_exactly_the_descriptors_listed),
        IN_LOOP(descriptors_may_change_places),
    };

    if (argc > 1)
        return be_child(argv[1]);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
