/* What a worker has and has not: descriptors, environment, privileges, memory, time on earth. */
#include "common.h"

#include "base/cage.h"

#include <dirent.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <time.h>

/* /proc/PID/name of the worker. */
static void read_proc(struct worker *w, const char *name, struct buf *out)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)w->pid, name);
    assert_int_equal(fd_read_file(path, 1 << 20, out), 0);
}

/* "Name:   value" of /proc/PID/status. */
static uint64_t status_number(struct worker *w, const char *name)
{
    CLEANUP(buf_done) struct buf status = BUF_INIT;
    const char *at;

    read_proc(w, "status", &status);
    at = strstr(buf_text(&status), name);
    assert_non_null(at);
    return strtoull(at + strlen(name) + 1, NULL, 10);
}

/* Its descriptors' numbers, "0 1 2 ". */
static void list_fds(struct worker *w, char *ret, size_t size)
{
    char path[64];
    bool open_fds[64] = {false};
    DIR *dir;
    struct dirent *e;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)w->pid);
    dir = opendir(path);
    assert_non_null(dir);
    while ((e = readdir(dir)))
        if (e->d_name[0] != '.')
            open_fds[MIN(strtoul(e->d_name, NULL, 10), ARRAY_SIZE(open_fds) - 1)] = true;
    closedir(dir);
    ret[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(open_fds); i++)
        if (open_fds[i])
            (void)snprintf(ret + strlen(ret), size - strlen(ret), "%zu ", i);
}

static void give_and_wait(struct worker *w, uint64_t token, int fd, const char *name)
{
    give(w, token, fd, name, false);
    (void)hear(&w->pool, MESSAGE_RESULT);
    (void)hear(&w->intake, MESSAGE_DONE);
}

/* What it has open and its environment can be seen by root alone: it has made itself undumpable. */
static void skip_unless_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void it_has_its_sockets_and_no_other_descriptor(void **state)
{
    struct worker *w = *state;
    char fds[256];

    skip_unless_root();
    make_ready(w);
    list_fds(w, fds, sizeof(fds));
    assert_string_equal(fds, "0 1 2 3 4 ");
    for (uint64_t i = 1; i <= 40; i++) /* more than it may have open */
        give_and_wait(w, i, make_document(w, "a.html", "<p>x</p>", 8), "a.html");
    list_fds(w, fds, sizeof(fds));
    assert_string_equal(fds, "0 1 2 3 4 ");
}

static void its_environment_is_empty(void **state)
{
    struct worker *w = *state;
    CLEANUP(buf_done) struct buf environment = BUF_INIT;

    skip_unless_root();
    make_ready(w);
    read_proc(w, "environ", &environment);
    assert_int_equal(environment.size, 0);
}

static void it_has_locked_itself_in_before_it_wants_a_document(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    assert_int_equal(status_number(w, "NoNewPrivs:"), 1);
    assert_int_equal(status_number(w, "Seccomp:"), 2); /* a filter */
    assert_int_equal(status_number(w, "CapPrm:"), 0);
}

/* Only root can have it become somebody. */
static void it_becomes_the_user_it_is_told(void **state)
{
    struct worker *w;

    if (geteuid() != 0) {
        *state = NULL;
        skip();
    }
    w = start_program_as("65534:65533", -1, -1);
    *state = w;
    make_ready(w);
    assert_int_equal(status_number(w, "Uid:"), 65534);
    assert_int_equal(status_number(w, "Gid:"), 65533);
    assert_int_equal(status_number(w, "Groups:"), 0);
}

static void it_does_not_start_as_somebody_it_does_not_understand(void **state)
{
    struct worker *w = start_program_as("nobody", -1, -1);

    *state = w;
    assert_int_equal(exit_code_of(w), WORKER_EXIT_START);
}

/* ---- its time ---- */

/* Zeroes that take no place: hashing them takes time, and nothing else. */
static int make_zeroes(struct worker *w, off_t size)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/zeroes", w->folder);
    write_file(path, "", 0);
    assert_int_equal(truncate(path, size), 0);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void make_ready_with_little_time(struct worker *w)
{
    greet(w);
    say_setting(w, "PENSTOCK_MAX_CPU_SECONDS", "1");
    say_setting(w, "PENSTOCK_MAX_PARSE_BYTES", "4kB");
    say_start(w);
    hear_wants(w);
}

static void too_much_processor_time_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready_with_little_time(w);
    give(w, 1, make_zeroes(w, (off_t)1 << 36), "zeroes", true);
    assert_int_equal(exit_code_of(w), -SIGPROF);
}

static clock_t cpu_time_of(const struct worker *w)
{
    struct timespec used;
    clockid_t clock;

    assert_int_equal(clock_getcpuclockid(w->pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return (clock_t)(used.tv_sec * 1000 + used.tv_nsec / 1000000);
}

static void each_document_has_the_time_to_itself(void **state)
{
    struct worker *w = *state;

    make_ready_with_little_time(w);
    for (uint64_t i = 1; cpu_time_of(w) < 1500; i++) {
        give(w, i, make_zeroes(w, 32 << 20), "zeroes", true);
        (void)hear(&w->intake, MESSAGE_DONE);
    }
    give(w, 1000000, make_zeroes(w, (off_t)1 << 36), "zeroes", true);
    assert_int_equal(exit_code_of(w), -SIGPROF);
}

static rlim_t limit_of(struct worker *w, __rlimit_resource_t what)
{
    struct rlimit soft_and_hard;

    assert_int_equal(prlimit(w->pid, what, NULL, &soft_and_hard), 0);
    assert_true(soft_and_hard.rlim_cur == soft_and_hard.rlim_max);
    return soft_and_hard.rlim_cur;
}

static void its_limits_are_those_of_the_settings(void **state)
{
    struct worker *w = *state;

    greet(w);
    say_setting(w, "PENSTOCK_MAX_MEMORY", "300MB");
    say_start(w);
    (void)hear(&w->intake, MESSAGE_WANT);
#ifndef __SANITIZE_ADDRESS__
    assert_int_equal(limit_of(w, RLIMIT_AS), 300u << 20);
    assert_int_equal(limit_of(w, RLIMIT_NPROC), 0);
#endif
    assert_int_equal(limit_of(w, RLIMIT_CORE), 0);
    assert_int_equal(limit_of(w, RLIMIT_FSIZE), 0);
    assert_int_equal(limit_of(w, RLIMIT_MSGQUEUE), 0);
    assert_int_equal(limit_of(w, RLIMIT_NOFILE), 16);
}

/* AddressSanitizer keeps what was freed. */
#ifndef __SANITIZE_ADDRESS__
/* 200 MB with no text in it; twice, so that what is kept would show. */
static void a_large_file_takes_little_memory(void **state)
{
    const size_t size = 200u << 20;
    struct worker *w = *state;
    char path[512];
    uint64_t before;
    struct message m;

    (void)snprintf(path, sizeof(path), "%s/large", w->folder);
    write_file(path,
               "\x7f"
               "ELF",
               4);
    assert_int_equal(truncate(path, (off_t)size), 0);
    greet(w);
    say_setting(w, "PENSTOCK_MAX_PARSE_BYTES", "8MB");
    say_start(w);
    hear_wants(w);
    before = status_number(w, "VmHWM:");
    for (uint64_t i = 1; i <= 2; i++) {
        give(w, i, open(path, O_RDONLY | O_CLOEXEC), "large", false);
        m = hear(&w->pool, MESSAGE_RESULT);
        assert_int_equal(m.result.byte_size, size);
        (void)hear(&w->intake, MESSAGE_DONE);
    }
    /* Kilobytes: what is kept may be there twice while it grows. */
    assert_true(status_number(w, "VmHWM:") - before < 20 * 1024);
}

/* Text is held several times over while it is worked on, and given back. */
static void a_large_text_is_given_back(void **state)
{
    const size_t size = 24u << 20;
    struct worker *w = *state;
    char *text = malloc(size);
    uint64_t before;

    for (size_t i = 0; i < size; i++)
        text[i] = i % 64 == 63 ? '\n' : (char)('a' + i * 7 % 26);
    make_ready(w);
    before = status_number(w, "VmRSS:");
    give_and_wait(w, 1, make_document(w, "a.txt", text, size), "a.txt");
    give_and_wait(w, 2, make_document(w, "b.txt", "short", 5), "b.txt");
    free(text);
    assert_true(status_number(w, "VmRSS:") < before + 12 * 1024);
}

static void too_much_for_its_memory_ends_it_as_such(void **state)
{
    const size_t size = 120u << 20;
    struct worker *w = *state;
    char *text = malloc(size);

    memset(text, 'x', size);
    greet(w);
    say_setting(w, "PENSTOCK_MAX_MEMORY", "128MB");
    say_setting(w, "PENSTOCK_MAX_PARSE_BYTES", "200MB");
    say_start(w);
    hear_wants(w);
    give(w, 1, make_document(w, "a.txt", text, size), "a.txt", false);
    free(text);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_MEMORY);
}
#endif

/* It may not write to files; a log that is one must not turn its exit code into a signal. */
static void its_exit_code_does_not_depend_on_where_the_log_goes(void **state)
{
    char path[] = "/tmp/penstock-test-log-XXXXXX";
    int log = mkstemp(path);
    struct worker *w = start_program(-1, log);

    fd_close(log);
    (void)unlink(path);
    *state = w;
    make_ready(w);
    say_bytes(&w->intake, "\xc1", 1);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void signals_for_the_whole_group_do_not_end_it(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct worker *w = *state;

    make_ready(w);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        assert_int_equal(kill(w->pid, signals[i]), 0);
    give_and_wait(w, 1, make_document(w, "a.txt", "text", 4), "a.txt");
}

/* With a shared page it tells there what it does, and keeps no descriptor of it. */
static void it_tells_the_page_what_it_does(void **state)
{
    char path[] = "/tmp/penstock-test-page-XXXXXX", fds[256];
    struct stats_map page;
    const struct worker_page *own;
    struct worker *w;
    uint64_t progress;
    void *folder;

    fd_close(mkstemp(path));
    assert_int_equal(stats_create(path, &page), 0);
    (void)unlink(path);
    w = start_program(page.fd, -1);
    *state = w;
    assert_int_equal(make_folder(&folder), 0);
    w->folder = folder;
    own = stats_worker(&page, 0);
    make_ready(w);
    if (geteuid() == 0) {
        list_fds(w, fds, sizeof(fds));
        assert_string_equal(fds, "0 1 2 3 4 ");
    }
    give_and_wait(w, 77, make_document(w, "a.txt", "text", 4), "a.txt");
    for (unsigned i = 0; i < 500 && atomic_load(&own->token) != 0; i++)
        (void)usleep(10000); /* it is at it until its last word is taken */
    assert_int_equal(atomic_load(&own->documents), 1);
    assert_int_equal(atomic_load(&own->bytes), 4);
    assert_int_equal(atomic_load(&own->stage), STAGE_IDLE);
    assert_int_equal(atomic_load(&own->token), 0);
    assert_true(atomic_load(&own->since_usec) > 0);
    assert_int_equal(atomic_load(&own->layers) | CAGE_USER, CAGE_ALL); /* root stays root here */
    assert_int_equal((atomic_load(&own->layers) & CAGE_USER) != 0, geteuid() != 0);
    progress = atomic_load(&own->progress);
    assert_true(progress > 0);
    give_and_wait(w, 78, make_document(w, "b.html", "<p>a<p>b<p>c", 12), "b.html");
    assert_true(atomic_load(&own->progress) >= progress + 3);
    stats_close(&page);
}

/* Nobody reads its result: it waits in its hands, and is named on the page. */
static void its_stage_is_seen_while_it_waits_for_the_pool(void **state)
{
    const size_t size = 4u << 20;
    char path[] = "/tmp/penstock-test-page-XXXXXX";
    struct stats_map page;
    struct worker *w;
    void *folder;
    char *text = malloc(size);

    fd_close(mkstemp(path));
    assert_int_equal(stats_create(path, &page), 0);
    (void)unlink(path);
    w = start_program(page.fd, -1);
    *state = w;
    assert_int_equal(make_folder(&folder), 0);
    w->folder = folder;
    make_ready(w);
    for (size_t i = 0; i < size; i++)
        text[i] = i % 64 == 63 ? '\n' : (char)('a' + i * 7 % 26);
    give(w, 77, make_document(w, "a.txt", text, size), "a.txt", false);
    free(text);
    for (int i = 0; i < 1000 && atomic_load(&stats_worker(&page, 0)->stage) != STAGE_SEND; i++)
        (void)usleep(10000);
    (void)usleep(50000);
    assert_int_equal(atomic_load(&stats_worker(&page, 0)->stage), STAGE_SEND);
    assert_int_equal(atomic_load(&stats_worker(&page, 0)->token), 77);
    (void)hear(&w->pool, MESSAGE_RESULT);
    (void)hear(&w->intake, MESSAGE_DONE);
    stats_close(&page);
}

/* In a process that is killed then: starts a worker, and somebody who keeps its sockets from
 * ending.
 */
static void start_and_wait(const char *user, int out)
{
    struct worker *w = start_program_as(user, -1, -1);
    pid_t pids[2] = {w->pid, 0};

    make_ready(w);
    pids[1] = fork();
    if (pids[1] > 0 && write(out, pids, sizeof(pids)) != sizeof(pids))
        _exit(1);
    for (;;)
        (void)pause();
}

static void dies_with_its_parent(const char *user)
{
    int out[2];
    pid_t parent, pids[2] = {0, 0};
    struct pollfd gone = {.events = POLLIN};

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    parent = fork();
    if (parent == 0)
        start_and_wait(user, out[1]);
    assert_int_equal(read(out[0], pids, sizeof(pids)), sizeof(pids));
    gone.fd = pidfd_open(pids[0], 0);
    assert_true(gone.fd >= 0);
    (void)kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(poll(&gone, 1, 10000), 1);
    (void)kill(pids[1], SIGKILL);
    fd_close(gone.fd);
    fd_close(out[0]);
    fd_close(out[1]);
}

static void it_dies_with_its_parent(void **state)
{
    *state = NULL;
    dies_with_its_parent(NULL);
    if (geteuid() == 0)
        dies_with_its_parent("65534:65534"); /* a change of user undoes that tie */
}

static int end_own_worker(void **state)
{
    return *state ? end_worker(state) : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(it_has_its_sockets_and_no_other_descriptor),
        WITH_WORKER(its_environment_is_empty),
        WITH_WORKER(it_has_locked_itself_in_before_it_wants_a_document),
        cmocka_unit_test_teardown(it_becomes_the_user_it_is_told, end_own_worker),
        cmocka_unit_test_teardown(it_does_not_start_as_somebody_it_does_not_understand,
                                  end_own_worker),
        WITH_WORKER(its_limits_are_those_of_the_settings),
        WITH_WORKER(too_much_processor_time_ends_it),
        WITH_WORKER(each_document_has_the_time_to_itself),
#ifndef __SANITIZE_ADDRESS__
        WITH_WORKER(a_large_file_takes_little_memory),
        WITH_WORKER(a_large_text_is_given_back),
        WITH_WORKER(too_much_for_its_memory_ends_it_as_such),
#endif
        WITH_WORKER(signals_for_the_whole_group_do_not_end_it),
        cmocka_unit_test_teardown(its_exit_code_does_not_depend_on_where_the_log_goes,
                                  end_own_worker),
        cmocka_unit_test_teardown(it_tells_the_page_what_it_does, end_own_worker),
        cmocka_unit_test_teardown(its_stage_is_seen_while_it_waits_for_the_pool, end_own_worker),
        cmocka_unit_test_teardown(it_dies_with_its_parent, end_own_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
