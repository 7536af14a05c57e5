/* The private cluster: made once, shared, adopted, stopped by the last one; whoever is killed at
 * whatever moment. */
#include "fixture.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "store/embedded.h"
#include "store/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_USEC (20 * USEC_PER_SEC)

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture_init(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_done(*state);
    free(*state);
    return 0;
}

/* A forked child must not fall back into the list of tests. */
static pid_t tester;

static void die(const char *sentence)
{
    if (getpid() == tester)
        fail_msg("%s", sentence);
    print_error("child: %s\n", sentence);
    _exit(1);
}

static struct embedded *borrow(struct fixture *f)
{
    struct embedded *e = NULL;
    struct reason why = {0};

    if (embedded_borrow(&f->settings, &e, &why) != 0)
        die(why.text);
    return e;
}

static int64_t ask(struct fixture *f, const char *sql)
{
    struct reason why = {0};
    struct db_failure failure = {0};
    struct session *s;
    struct rows *rows;
    int64_t value;

    if (session_open(&f->settings, "penstock/test", &s, &why, NULL) != 0)
        die(why.text);
    if (session_run(s, sql, NULL, &rows, &failure) != 0)
        die(failure.text);
    value = rows_int(rows, 0, 0);
    (void)rows_free(rows);
    (void)session_close(s);
    return value;
}

static void path_of(const struct fixture *f, const char *name, char path[512])
{
    assert_int_equal(settings_home_path(&f->settings, name, path, 512), 0);
}

/* Polls: other processes are at work, and nothing tells this one. */
static pid_t wait_running(struct fixture *f, bool running)
{
    uint64_t deadline = clock_now_usec() + PATIENCE_USEC;
    pid_t pid;

    for (;;) {
        pid = embedded_running(&f->settings);
        if ((pid > 0) == running)
            return pid;
        if (clock_now_usec() > deadline)
            fail_msg("still %s", running ? "not running" : "running");
        (void)usleep(5000);
    }
}

static void wait_gone(pid_t pid)
{
    uint64_t deadline = clock_now_usec() + PATIENCE_USEC;

    while (process_exists(pid)) {
        assert_true(clock_now_usec() < deadline);
        (void)usleep(5000);
    }
}

static void test_made_started_and_stopped(void **state)
{
    struct fixture *f = *state;
    struct embedded *e;
    uint64_t began = clock_now_usec(), made, started;
    pid_t pid;

    e = borrow(f);
    made = clock_now_usec() - began;
    pid = embedded_running(&f->settings);
    assert_true(pid > 0);
    assert_int_equal(ask(f, "select count(*) from pg_settings where (name, setting) in "
                            "(('listen_addresses', ''), ('server_encoding', 'UTF8'), ('jit', "
                            "'off'), ('fsync', 'on'), "
                            "('unix_socket_permissions', '0700'), ('max_connections', '60'))"),
                     6);
    (void)ask(f, "create table public.kept as select 7 as x; ");
    e = embedded_return(e);
    assert_int_equal(embedded_running(&f->settings), 0);
    wait_gone(pid);
    began = clock_now_usec();
    e = borrow(f);
    started = clock_now_usec() - began;
    assert_int_equal(ask(f, "select x from public.kept"), 7);
    e = embedded_return(e);
    print_message("made in %llu ms, started in %llu ms\n", (unsigned long long)made / 1000,
                  (unsigned long long)started / 1000);
    assert_true(made < 20 * USEC_PER_SEC);
}

static void test_the_last_one_stops_it(void **state)
{
    struct fixture *f = *state;
    struct embedded *a = borrow(f), *b = borrow(f);
    pid_t pid = embedded_running(&f->settings);

    a = embedded_return(a);
    assert_int_equal(embedded_running(&f->settings), pid);
    b = embedded_return(b);
    assert_int_equal(embedded_running(&f->settings), 0);
}

static void test_a_service_keeps_it(void **state)
{
    struct fixture *f = *state;
    struct embedded *e;
    pid_t pid;
    int fd;

    assert_int_equal(embedded_lock(&f->settings, &fd), 0);
    e = borrow(f);
    pid = embedded_running(&f->settings);
    e = embedded_return(e);
    assert_int_equal(embedded_running(&f->settings), pid);
    fd = fd_close(fd);
    e = borrow(f);
    e = embedded_return(e);
    assert_int_equal(embedded_running(&f->settings), 0);
}

/* Commands at once on a home that does not exist yet: one makes the cluster, all use it, again and
 * again. */
static void test_racing_borrowers(void **state)
{
    struct fixture *f = *state;
    pid_t pids[4];
    int status;

    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        for (int round = 0; round < 5; round++)
            if (ask(f, "select 5::int8") != 5)
                _exit(1);
        _exit(0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(embedded_running(&f->settings), 0);
}

/* A service: a process with a keeper. Both pids in *ret. */
struct service {
    pid_t supervisor, keeper;
};

static void be_service(struct fixture *f, int report_fd)
{
    struct reason why = {0};
    pid_t self = getpid(), keeper;
    int fd;

    if (embedded_lock(&f->settings, &fd) < 0)
        _exit(1);
    keeper = fork();
    if (keeper == 0) {
        int r = embedded_keep(&f->settings, self, &why);

        if (r != 0)
            print_error("keeper: %s\n", why.text);
        _exit(r);
    }
    (void)!write(report_fd, &keeper, sizeof(keeper));
    (void)waitpid(keeper, NULL, 0);
    for (;;)
        (void)pause();
}

static struct service start_service(struct fixture *f)
{
    struct service s;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    s.supervisor = fork();
    if (s.supervisor == 0)
        be_service(f, fds[1]);
    assert_int_equal(read(fds[0], &s.keeper, sizeof(s.keeper)), sizeof(s.keeper));
    (void)close(fds[0]);
    (void)close(fds[1]);
    return s;
}

static void kill_service(const struct service *s)
{
    assert_int_equal(kill(s->supervisor, SIGKILL), 0);
    assert_int_equal(waitpid(s->supervisor, NULL, 0), s->supervisor);
}

static void test_the_keeper_becomes_postgres_and_dies_with_its_service(void **state)
{
    struct fixture *f = *state;
    struct service s = start_service(f);
    pid_t pid = wait_running(f, true);

    assert_int_equal(pid, s.keeper);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    assert_int_equal(embedded_running(&f->settings), pid);
    kill_service(&s);
    /* At once, while that one is still shutting down. */
    assert_int_equal(ask(f, "select 2::int8"), 2);
    wait_gone(pid);
}

/* A command that is killed leaves its instance behind. */
static pid_t orphan(struct fixture *f)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)borrow(f);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return wait_running(f, true);
}

static void test_an_orphan_is_used_and_stopped_by_the_next_command(void **state)
{
    struct fixture *f = *state;
    pid_t pid = orphan(f);
    struct embedded *e = borrow(f);

    assert_int_equal(embedded_running(&f->settings), pid);
    e = embedded_return(e);
    assert_int_equal(embedded_running(&f->settings), 0);
}

static void test_an_orphan_is_adopted_and_stopped_with_the_service(void **state)
{
    struct fixture *f = *state;
    pid_t pid = orphan(f);
    struct service s = start_service(f);

    (void)usleep(300000);
    assert_int_equal(embedded_running(&f->settings), pid);
    assert_true(process_exists(s.keeper));
    assert_int_equal(ask(f, "select 1::int8"), 1);
    kill_service(&s);
    wait_gone(pid);
    wait_gone(s.keeper);
}

static void test_the_keeper_stops_an_adopted_one_when_told(void **state)
{
    struct fixture *f = *state;
    pid_t pid = orphan(f);
    struct service s = start_service(f);

    (void)usleep(300000);
    assert_int_equal(kill(s.keeper, SIGTERM), 0);
    wait_gone(pid);
    wait_gone(s.keeper);
    kill_service(&s);
}

static void test_the_keeper_replaces_an_adopted_one_that_ends(void **state)
{
    struct fixture *f = *state;
    pid_t pid = orphan(f);
    struct service s = start_service(f);

    (void)usleep(300000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_gone(pid);
    for (int i = 0; embedded_running(&f->settings) != s.keeper; i++) {
        assert_true(i < 4000);
        (void)usleep(5000);
    }
    assert_int_equal(ask(f, "select 1::int8"), 1);
    kill_service(&s);
    wait_gone(s.keeper);
}

static void test_a_killed_postmaster_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct embedded *e = borrow(f);
    pid_t pid = embedded_running(&f->settings);

    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_gone(pid);
    assert_int_equal(embedded_running(&f->settings), 0);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    e = embedded_return(e);
    assert_int_equal(embedded_running(&f->settings), 0);
}

/* The number in postmaster.pid belongs by now to another process of the same user. */
static void test_a_stale_pid_file_fools_nobody(void **state)
{
    struct fixture *f = *state;
    char path[512], text[128];
    struct stat st;
    pid_t pid;
    int fd;

    assert_int_equal(ask(f, "select 1::int8"), 1);
    path_of(f, "postgres", path);
    assert_int_equal(stat(path, &st), 0);
    pid = fork();
    if (pid == 0) {
        (void)!setresgid(st.st_gid, st.st_gid, st.st_gid);
        (void)!setresuid(st.st_uid, st.st_uid, st.st_uid);
        (void)prctl(PR_SET_NAME, "postgres");
        for (;;)
            (void)pause();
    }
    (void)usleep(50000);
    path_of(f, "postgres/postmaster.pid", path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)snprintf(text, sizeof(text), "%d\n/x\n1\n5432\n/y\n\n  1 2\nready   \n", (int)pid);
    assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
    assert_int_equal(fchown(fd, st.st_uid, st.st_gid), 0);
    (void)close(fd);
    assert_int_equal(embedded_running(&f->settings), 0);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    assert_true(process_exists(pid));
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static void test_a_half_made_cluster_is_made_anew(void **state)
{
    struct fixture *f = *state;
    char path[512];
    struct stat st;
    pid_t pid = fork();

    if (pid == 0) {
        (void)borrow(f);
        _exit(0);
    }
    path_of(f, "postgres.tmp/base", path);
    for (int i = 0; stat(path, &st) < 0; i++) {
        assert_true(i < 20000);
        (void)usleep(1000);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    path_of(f, "postgres.tmp", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    assert_int_equal(stat(path, &st), -1);
}

static void test_nothing_of_ours_is_inherited(void **state)
{
    struct fixture *f = *state;
    struct embedded *e;
    char path[512], link[512];
    struct buf text = BUF_INIT;
    struct dirent *entry;
    ssize_t n;
    DIR *dir;
    int fd = open("/etc/passwd", O_RDONLY);

    assert_int_equal(setenv("SECRET_OF_TEST", "x", 1), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    e = borrow(f);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)embedded_running(&f->settings));
    assert_int_equal(fd_read_file(path, 65536, &text), 0);
    assert_null(memmem(text.data, text.size, "SECRET", 6));
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)embedded_running(&f->settings));
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
        link[MAX(0, n)] = '\0';
        assert_string_not_equal(link, "/etc/passwd");
        assert_null(strstr(link, "postgres.lock"));
        assert_null(strstr(link, "postgres.start"));
    }
    (void)closedir(dir);
    (void)close(fd);
    (void)unsetenv("SECRET_OF_TEST");
    buf_done(&text);
    e = embedded_return(e);
}

static void test_check_agrees_and_touches_nothing(void **state)
{
    struct fixture *f = *state;
    struct reason why = {0};
    char path[512], home[128];
    struct stat st;

    (void)snprintf(home, sizeof(home), "%s/not/yet/there", f->home);
    fixture_set(f, SETTING_HOME, home);
    if (embedded_check(&f->settings, &why) != 0)
        fail_msg("%s", why.text);
    (void)snprintf(path, sizeof(path), "%s/not", f->home);
    assert_int_equal(stat(path, &st), -1);
}

static void test_a_closed_folder_is_named(void **state)
{
    struct fixture *f = *state;
    struct reason why = {0}, kept = {0};
    struct embedded *e;
    char closed[128], home[256];

    if (geteuid() != 0)
        return;
    (void)snprintf(closed, sizeof(closed), "%s/closed", f->home);
    assert_int_equal(mkdir(closed, 0700), 0);
    (void)snprintf(home, sizeof(home), "%s/var", closed);
    fixture_set(f, SETTING_HOME, home);
    assert_int_equal(embedded_check(&f->settings, &why), 1);
    assert_non_null(strstr(why.text, "chmod o+x"));
    assert_non_null(strstr(why.text, closed));
    assert_int_equal(embedded_borrow(&f->settings, &e, &why), 1);
    assert_non_null(strstr(why.text, closed));
    assert_int_equal(embedded_keep(&f->settings, getppid(), &kept), EXIT_FAILED);
    assert_non_null(strstr(kept.text, closed));
    (void)prctl(PR_SET_PDEATHSIG, 0);
}

static void test_missing_programs_and_users_are_named(void **state)
{
    struct fixture *f = *state;
    struct reason why = {0};

    fixture_set(f, SETTING_POSTGRES_BIN, "/nowhere");
    assert_int_equal(embedded_check(&f->settings, &why), 1);
    assert_non_null(strstr(why.text, "PENSTOCK_POSTGRES_BIN=/nowhere"));
    fixture_set(f, SETTING_POSTGRES_BIN, "");
    if (geteuid() != 0)
        return;
    fixture_set(f, SETTING_POSTGRES_USER, "nobody-at-all");
    assert_int_equal(embedded_check(&f->settings, &why), 1);
    assert_non_null(strstr(why.text, "nobody-at-all"));
    fixture_set(f, SETTING_POSTGRES_USER, "root");
    assert_int_equal(embedded_check(&f->settings, &why), 1);
    assert_non_null(strstr(why.text, "is root"));
}

static void test_a_cluster_of_another_version_is_named(void **state)
{
    struct fixture *f = *state;
    struct reason why = {0};
    char path[512];
    int fd;

    path_of(f, "postgres", path);
    assert_int_equal(mkdir(path, 0700), 0);
    path_of(f, "postgres/PG_VERSION", path);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(fd_write_all(fd, "39\n", 3), 0);
    (void)close(fd);
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_int_equal(embedded_check(&f->settings, &why), 1);
    assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
    assert_non_null(strstr(why.text, "apt-get install postgresql-39"));
}

static void test_a_long_home_has_its_socket_elsewhere(void **state)
{
    struct fixture *f = *state;
    char home[200], folder[256];

    (void)snprintf(home, sizeof(home), "%s/%0100d", f->home, 0);
    fixture_set(f, SETTING_HOME, home);
    assert_int_equal(embedded_socket_folder(&f->settings, folder, sizeof(folder)), 0);
    assert_int_equal(strncmp(folder, "/tmp/penstock-", 14), 0);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    assert_int_equal(rmdir(folder), 0);
    (void)snprintf(home, sizeof(home), "%s/it's, \"odd\" = #", f->home);
    fixture_set(f, SETTING_HOME, home);
    assert_int_equal(embedded_socket_folder(&f->settings, folder, sizeof(folder)), 0);
    assert_int_equal(ask(f, "select 1::int8"), 1);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_foreign_socket_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    struct reason why = {0};
    struct embedded *e;
    char path[512];

    path_of(f, "run", path);
    assert_int_equal(mkdir(path, 0711), 0);
    path_of(f, "run/postgres", path);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(embedded_borrow(&f->settings, &e, &why), 1);
    assert_non_null(strstr(why.text, "another user"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_made_started_and_stopped),
        TEST(test_the_last_one_stops_it),
        TEST(test_a_service_keeps_it),
        TEST(test_racing_borrowers),
        TEST(test_the_keeper_becomes_postgres_and_dies_with_its_service),
        TEST(test_an_orphan_is_used_and_stopped_by_the_next_command),
        TEST(test_an_orphan_is_adopted_and_stopped_with_the_service),
        TEST(test_the_keeper_stops_an_adopted_one_when_told),
        TEST(test_the_keeper_replaces_an_adopted_one_that_ends),
        TEST(test_a_killed_postmaster_is_replaced),
        TEST(test_a_stale_pid_file_fools_nobody),
        TEST(test_a_half_made_cluster_is_made_anew),
        TEST(test_nothing_of_ours_is_inherited),
        TEST(test_check_agrees_and_touches_nothing),
        TEST(test_a_closed_folder_is_named),
        TEST(test_missing_programs_and_users_are_named),
        TEST(test_a_cluster_of_another_version_is_named),
        TEST(test_a_long_home_has_its_socket_elsewhere),
        TEST(test_a_foreign_socket_folder_is_refused),
    };

    tester = getpid();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
