/* Failing on purpose: what FAIL may say, hits counted over processes, and each action. */
#include "common.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int set_up(void **state, const char *fail, const char *seed, struct reason *why)
{
    return failpoint_setup(fail, in_folder(state, "counts"), seed, why);
}

static void must_set_up(void **state, const char *fail, const char *seed)
{
    struct reason why = {0};

    if (set_up(state, fail, seed, &why) != 0)
        fail_msg("%s", why.text);
}

/* A row of the file, as another program reads it. */
static struct failpoint_row row_of(void **state, enum failpoint point)
{
    CLEANUP(fd_closep) int fd = open(in_folder(state, "counts"), O_RDONLY | O_CLOEXEC);
    struct failpoint_row row;

    assert_int_equal(pread(fd, &row, sizeof(row), (off_t)(point * sizeof(row))), sizeof(row));
    return row;
}

/* Bit n-1 is set when hit n failed. */
static uint64_t failures(unsigned n_hits)
{
    uint64_t bits = 0;

    for (unsigned n = 0; n < n_hits; n++)
        bits |= (uint64_t)(FAIL_AT(READ) == -EIO) << n;
    return bits;
}

static void at_the_nth_hit(void **state)
{
    must_set_up(state, "read:eio@3", NULL);
    assert_int_equal(failures(64), 1u << 2);
    assert_int_equal(row_of(state, FAILPOINT_READ).hits, 64);
    assert_int_equal(row_of(state, FAILPOINT_READ).fired, 1);
}

static void at_the_nth_hit_and_every_mth_after_it(void **state)
{
    must_set_up(state, "read:eio@3/4", NULL);
    assert_int_equal(failures(12), 1u << 2 | 1u << 6 | 1u << 10);
    assert_int_equal(row_of(state, FAILPOINT_READ).fired, 3);
}

static void by_chance_and_the_same_under_the_same_seed(void **state)
{
    uint64_t first, other;

    must_set_up(state, "read:eio@25%", "7");
    first = failures(64);
    assert_in_range(__builtin_popcountll(first), 6, 28);
    assert_int_equal(unlink(in_folder(state, "counts")), 0);
    must_set_up(state, "read:eio@25%", "7");
    assert_int_equal(failures(64), first);
    assert_int_equal(unlink(in_folder(state, "counts")), 0);
    must_set_up(state, "read:eio@25%", "8");
    other = failures(64);
    assert_int_not_equal(other, first);
}

static void chances_of_points_are_independent_and_can_be_small(void **state)
{
    unsigned n = 0, both = 0;

    must_set_up(state, "read:eio@50%,claim:eio@50%,open:enomem@0.5%", "1");
    for (unsigned i = 0; i < 2000; i++) {
        both += (FAIL_AT(READ) != 0) == (FAIL_AT(CLAIM) != 0);
        n += FAIL_AT(OPEN) == -ENOMEM;
    }
    assert_in_range(both, 800, 1200);
    assert_in_range(n, 1, 40);
}

static void only_the_named_point_fails(void **state)
{
    must_set_up(state, "read:eio@1,open:enospc@2", NULL);
    assert_int_equal(FAIL_AT(CLAIM), 0);
    assert_int_equal(FAIL_AT(OPEN), 0);
    assert_int_equal(FAIL_AT(OPEN), -ENOSPC);
    assert_int_equal(FAIL_AT(READ), -EIO);
    assert_int_equal(FAIL_AT(READ), 0);
}

static void one_point_may_fail_in_several_ways(void **state)
{
    must_set_up(state, "read:eio@1,read:enomem@2", NULL);
    assert_int_equal(FAIL_AT(READ), -EIO);
    assert_int_equal(FAIL_AT(READ), -ENOMEM);
}

static void hits_go_on_where_an_earlier_process_ended(void **state)
{
    must_set_up(state, NULL, NULL);
    assert_int_equal(failures(2), 0);
    must_set_up(state, "read:eio@3", NULL);
    assert_int_equal(FAIL_AT(READ), -EIO);
}

static void every_row_has_its_name(void **state)
{
    must_set_up(state, NULL, NULL);
    assert_string_equal(row_of(state, 0).name, "spawn");
    assert_string_equal(row_of(state, FAILPOINT_READ).name, "read");
    assert_string_equal(row_of(state, FAILPOINT_COUNT - 1).name, "quarantined");
}

static void without_the_variables_nothing_happens(void **state)
{
    struct reason why = {0};

    assert_int_equal(failpoint_setup(NULL, NULL, NULL, &why), 0);
    assert_int_equal(failpoint_setup("", "", "", &why), 0);
    assert_int_equal(failures(64), 0);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *fail, *seed, *sentence;
    } wrong[] = {
        {"nonsense:kill@1", NULL, "\"nonsense:kill@1\": there is no such point"},
        {"rea:kill@1", NULL, "no such point"},
        {":kill@1", NULL, "no such point"},
        {"read:explode@1", NULL, "the action is not"},
        {"read:kill=1@1", NULL, "the action is not"},
        {"read:delay@1", NULL, "the action is not"},
        {"read:delay=@1", NULL, "the action is not"},
        {"read:delay=x@1", NULL, "the action is not"},
        {"read:delay=1x@1", NULL, "the action is not"},
        {"read:kill", NULL, "not name:action@when"},
        {"read", NULL, "not name:action@when"},
        {"read@1:kill", NULL, "not name:action@when"},
        {"read:kill@", NULL, "the time is not"},
        {"read:kill@0", NULL, "the time is not"},
        {"read:kill@-1", NULL, "the time is not"},
        {"read:kill@1/", NULL, "the time is not"},
        {"read:kill@1/0", NULL, "the time is not"},
        {"read:kill@1x", NULL, "the time is not"},
        {"read:kill@%", NULL, "the time is not"},
        {"read:kill@0%", NULL, "the time is not"},
        {"read:kill@101%", NULL, "the time is not"},
        {"read:kill@nan%", NULL, "the time is not"},
        {"seen:eio@1", NULL, "no system call can fail"},
        {"read:kill@1,,open:kill@1", NULL, "not name:action@when"},
        {"open:kill@1,nonsense:kill@1", NULL, "\"nonsense:kill@1\""},
        {"read:kill@1", "x", "FAIL_SEED: \"x\" is not a number"},
        {"read:kill@1", "1x", "FAIL_SEED"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct reason why = {0};

        if (set_up(state, wrong[i].fail, wrong[i].seed, &why) != 1)
            fail_msg("\"%s\" was not refused", wrong[i].fail);
        assert_contains(why.text, wrong[i].sentence);
        assert_int_equal(failures(8), 0);
    }
}

static void a_list_that_is_too_long(void **state)
{
    char fail[65 * 12 + 1] = "";
    struct reason why = {0};

    for (unsigned i = 0; i < 65; i++)
        memcpy(fail + i * 12, "read:eio@99,", 13);
    assert_int_equal(set_up(state, fail, NULL, &why), 1);
    assert_contains(why.text, "more than 64");
}

static void failing_needs_the_file_of_counts(void **state)
{
    struct reason why = {0};

    assert_int_equal(failpoint_setup("read:kill@1", NULL, NULL, &why), 1);
    assert_contains(why.text, "FAIL_COUNTS");
}

static void a_file_that_is_something_else(void **state)
{
    struct reason why = {0};
    char bytes[FAILPOINT_COUNT * 48] = "another name";

    write_text(in_folder(state, "counts"), "text");
    assert_int_equal(set_up(state, NULL, NULL, &why), 1);
    assert_contains(why.text, "something else");
    write_file(in_folder(state, "counts"), bytes, sizeof(bytes));
    assert_int_equal(set_up(state, NULL, NULL, &why), 1);
    assert_int_equal(failpoint_setup(NULL, in_folder(state, "none/counts"), NULL, &why), -ENOENT);
    assert_contains(why.text, "No such file");
}

static void everybody_may_write_the_file(void **state)
{
    mode_t before = umask(077);
    struct stat st;

    must_set_up(state, NULL, NULL);
    (void)umask(before);
    assert_int_equal(stat(in_folder(state, "counts"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
}

/* ---- over processes ---- */

/* What became of a process that hits a point `n` times: the status of waitpid(2). */
static int status_of_child(unsigned n)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit none = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &none);
        for (unsigned i = 0; i < n; i++)
            (void)FAIL_AT(DONE);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    if (WIFSTOPPED(status)) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
    return status;
}

/* Nobody who only has it mapped keeps others from it. */
static void a_second_program_shares_the_file(void **state)
{
    int status;
    pid_t pid;

    must_set_up(state, NULL, NULL);
    pid = fork();
    if (pid == 0) {
        struct reason why = {0};

        (void)alarm(10);
        _exit(set_up(state, NULL, NULL, &why) == 0 && FAIL_AT(DONE) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(row_of(state, FAILPOINT_DONE).hits, 1);
}

static void hits_are_counted_over_processes(void **state)
{
    must_set_up(state, "done:kill@4", NULL);
    assert_int_equal(status_of_child(2), 0);
    assert_int_equal(status_of_child(1), 0);
    assert_int_equal(WTERMSIG(status_of_child(2)), SIGKILL);
    assert_int_equal(status_of_child(5), 0);
    assert_int_equal(row_of(state, FAILPOINT_DONE).hits, 9);
    assert_int_equal(row_of(state, FAILPOINT_DONE).fired, 1);
}

static void none_is_lost_when_many_hit_at_once(void **state)
{
    pid_t pids[4];

    must_set_up(state, NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            for (unsigned n = 0; n < 100000; n++)
                (void)FAIL_AT(DONE);
            _exit(0);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
    assert_int_equal(row_of(state, FAILPOINT_DONE).hits, 400000);
}

static void stop_stops_and_crash_crashes(void **state)
{
    must_set_up(state, "done:stop@1,done:crash@2", NULL);
    assert_int_equal(WSTOPSIG(status_of_child(1)), SIGSTOP);
    assert_int_equal(WTERMSIG(status_of_child(1)), SIGSEGV);
}

static void delay_waits(void **state)
{
    uint64_t start = clock_now_usec();

    must_set_up(state, "read:delay=60@1", NULL);
    assert_int_equal(FAIL_AT(READ), 0);
    assert_in_range(clock_now_usec() - start, 60 * USEC_PER_MSEC, 60 * USEC_PER_SEC);
}

/* The variables are read before main(). */
static void a_program_refuses_to_start_with_nonsense(void **state)
{
    char self[] = "/proc/self/exe", fail[] = "FAIL=nonsense";
    char *argv[] = {self, NULL}, *envp[] = {fail, NULL};
    int status, out[2];
    char said[256] = "";
    pid_t pid;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        (void)dup2(out[1], STDERR_FILENO);
        (void)execve(self, argv, envp);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), EXIT_USAGE);
    assert_true(read(out[0], said, sizeof(said) - 1) > 0);
    assert_contains(said, "FAIL: \"nonsense\"");
    (void)fd_close(out[0]);
    (void)fd_close(out[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(at_the_nth_hit),
        TEST(at_the_nth_hit_and_every_mth_after_it),
        TEST(by_chance_and_the_same_under_the_same_seed),
        TEST(chances_of_points_are_independent_and_can_be_small),
        TEST(only_the_named_point_fails),
        TEST(one_point_may_fail_in_several_ways),
        TEST(hits_go_on_where_an_earlier_process_ended),
        TEST(every_row_has_its_name),
        TEST(without_the_variables_nothing_happens),
        TEST(what_is_wrong_is_named),
        TEST(a_list_that_is_too_long),
        TEST(failing_needs_the_file_of_counts),
        TEST(a_file_that_is_something_else),
        TEST(everybody_may_write_the_file),
        TEST(a_second_program_shares_the_file),
        TEST(hits_are_counted_over_processes),
        TEST(none_is_lost_when_many_hit_at_once),
        TEST(stop_stops_and_crash_crashes),
        TEST(delay_waits),
        TEST(a_program_refuses_to_start_with_nonsense),
    };

    return cmocka_run_group_tests_name("failpoint", tests, NULL, NULL);
}
