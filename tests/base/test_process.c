/* What a process does to itself. */
#include "common.h"

#include "base/process.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void the_name_is_cut_at_fifteen_bytes(void **state UNUSED)
{
    char name[16];

    process_set_name("penstock: a long one");
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_string_equal(name, "penstock: a lon");
}

static void a_sibling_stands_beside_this_program(void **state UNUSED)
{
    char self[PATH_MAX] = "", path[PATH_MAX], small[8] = "small";

    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    assert_int_equal(process_sibling_program(strrchr(self, '/') + 1, path, sizeof(path)), 0);
    assert_string_equal(path, self);
    assert_int_equal(process_sibling_program("x", small, sizeof(small)), -ENAMETOOLONG);
    assert_string_equal(small, "small");
}

static void only_processors_we_may_use_are_counted(void **state UNUSED)
{
    cpu_set_t all, one;

    assert_true(process_cpu_count() >= 1);
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(process_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

static void a_process_exists_until_it_was_waited_for(void **state UNUSED)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    assert_true(process_exists(child));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(process_exists(child));
    assert_true(process_exists(1));
    assert_false(process_exists(0));
    assert_false(process_exists(-1));
}

static void a_bound_child_gets_the_signal_or_learns_that_it_came_too_late(void **state UNUSED)
{
    int status, signal = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(process_bind_to_parent(getppid(), SIGTERM) == 0 &&
                      prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGTERM &&
                      process_bind_to_parent(getppid() + 1, SIGTERM) == 1
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_pair_of_sockets_tells_who_made_it(void **state UNUSED)
{
    pid_t child;
    int pair[2], status;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    child = fork();
    if (child == 0)
        _exit(process_maker_of(pair[1]) == getppid() && process_maker_of(-1) == -EBADF ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_of_sockets_tells_who_made_it),
        cmocka_unit_test(the_name_is_cut_at_fifteen_bytes),
        cmocka_unit_test(a_sibling_stands_beside_this_program),
        cmocka_unit_test(only_processors_we_may_use_are_counted),
        cmocka_unit_test(a_process_exists_until_it_was_waited_for),
        cmocka_unit_test(a_bound_child_gets_the_signal_or_learns_that_it_came_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
