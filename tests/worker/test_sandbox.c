/* The sandbox from inside: whatever is tried fails, behind all layers and behind each alone. */
#include "inside.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static struct settings settings;
static struct cage_user user;

static const char *const ending_names[] = {[WORKED] = "it worked",
                                           [REFUSED] = "refused",
                                           [KILLED] = "killed",
                                           [NO_ENTRY] = "the sandbox could not be entered",
                                           [OTHER_DEATH] = "another death"};

/* ---- what stands around ---- */

static int nothing(void)
{
    return 0;
}

static int everything(void)
{
    struct reason why = {0};
    unsigned layers = 0;
    int r = sandbox_enter(&settings, &user, &layers, &why);

    return r == 0 && layers != CAGE_ALL ? -EPROTO : r;
}

static int landlock_alone(void)
{
    int r = sandbox_no_new_privileges();

    return r == 0 ? sandbox_enter_landlock() : r;
}

static int filter_alone(void)
{
    int r = sandbox_no_new_privileges();

    return r == 0 ? sandbox_enter_seccomp(false) : r;
}

static int user_alone(void)
{
    const gid_t another = 12345;

    if (geteuid() == 0 && setgroups(1, &another) < 0)
        return -errno;
    return sandbox_become(&user);
}

/* ---- tests ---- */

static void expect(const struct attempt *a, const char *layers, enum ending got, enum ending wanted)
{
    if (got != wanted)
        fail_msg("%s, behind %s: %s, not %s", a->name, layers, ending_names[got],
                 ending_names[wanted]);
}

/* Else the tests below would find nothing out. */
static void without_a_sandbox_all_of_it_works(void **state)
{
    for (size_t i = 0; i < n_attempts; i++) {
        const struct attempt *a = &attempts[i];

        if (!(a->standing & NEVER) && (!(a->standing & ROOT_ONLY) || geteuid() == 0))
            expect(a, "nothing", inside_run(nothing, a->make), WORKED);
    }
}

static void nothing_gets_out_of_the_whole_sandbox(void **state)
{
    for (size_t i = 0; i < n_attempts; i++) {
        const struct attempt *a = &attempts[i];
        enum ending got = inside_run(everything, a->make);

        if (SANITIZED && (a->standing & SANITIZERS))
            continue;
        expect(a, "everything", got, a->filtered);
    }
}

static void the_filter_alone_stops_all_of_it(void **state)
{
    for (size_t i = 0; i < n_attempts; i++) {
        const struct attempt *a = &attempts[i];

        if (SANITIZED &&
            ((a->standing & SANITIZERS) || a->make == attempts[0].make || a->filtered == REFUSED))
            continue; /* opening for reading is Landlock's business there */
        expect(a, "the filter", inside_run(filter_alone, a->make), a->filtered);
    }
}

static bool is_landlocks(const struct attempt *a)
{
    int abi = cage_landlock_abi();

    if (SANITIZED && (a->standing & SANITIZERS))
        return false; /* /proc */
    return (a->standing & BY_LANDLOCK) || ((a->standing & BY_SCOPE) && abi >= 6) ||
           ((a->standing & BY_NETWORK) && abi >= 4) || ((a->standing & BY_TRUNCATE) && abi >= 3);
}

static void landlock_alone_stops_what_it_is_there_for(void **state)
{
    size_t n = 0;

    for (size_t i = 0; i < n_attempts; i++)
        if (is_landlocks(&attempts[i])) {
            expect(&attempts[i], "Landlock", inside_run(landlock_alone, attempts[i].make), REFUSED);
            n++;
        }
    assert_true(n >= 10);
}

static int open_what_is_roots(void)
{
    int fd = open("/etc/shadow", O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : 0;
}

static int have_a_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(data); i++)
        if (data[i].effective | data[i].permitted | data[i].inheritable)
            return 0;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) == 1 ? 0 : -EPERM;
}

static int be_root_again(void)
{
    return setuid(0) < 0 ? -errno : 0;
}

static int belong_to_a_group(void)
{
    return getgroups(0, NULL) == 0 && getgid() == user.gid && getegid() == user.gid ? -EPERM : 0;
}

static int start_a_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0 ? -errno : 0;
}

/* Limits and the change of user, without the layers that would answer first. */
static int user_with_limits(void)
{
    const struct rlimit none = {0, 0};
    int r = user_alone();

    return r == 0 && setrlimit(RLIMIT_NPROC, &none) < 0 ? -errno : r;
}

static void its_own_user_alone_owns_nothing(void **state)
{
    static int (*const makes[])(void) = {open_what_is_roots, have_a_capability, be_root_again,
                                         belong_to_a_group};

    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
        assert_int_equal(inside_run(user_alone, makes[i]), REFUSED);
        if (makes[i] != belong_to_a_group)
            assert_int_equal(inside_run(nothing, makes[i]), WORKED);
    }
    assert_int_equal(inside_run(user_with_limits, start_a_process), REFUSED);
}

/* ---- when a layer cannot be had ---- */

/* As a kernel without Landlock, or a container that forbids it. */
static int take_landlock_away(int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error),
                             SCMP_SYS(landlock_create_ruleset), 0);

    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r;
}

static int enter_without_landlock(const char *mode, unsigned *layers, struct reason *why)
{
    struct settings s;
    int r = settings_init(&s);

    if (r == 0)
        r = settings_set(&s, SETTING_SANDBOX, mode, SOURCE_PARENT, why);
    if (r == 0)
        r = take_landlock_away(ENOSYS);
    return r == 0 ? sandbox_enter(&s, &user, layers, why) : -EPROTO;
}

static int required_without_landlock(void)
{
    struct reason why = {0};
    unsigned layers;

    return enter_without_landlock("required", &layers, &why) == -EOPNOTSUPP &&
                   strstr(why.text, "Landlock")
               ? 0
               : -EPROTO;
}

static int best_effort_without_landlock(void)
{
    struct reason why = {0};
    unsigned layers = 0;

    return enter_without_landlock("best_effort", &layers, &why) == 0 &&
                   layers == (CAGE_USER | CAGE_SECCOMP)
               ? 0
               : -EPROTO;
}

static int check_without_landlock(void)
{
    struct reason why = {0};
    struct cage_user found;

    if (take_landlock_away(EPERM) != 0 || cage_landlock_abi() != 0 ||
        cage_check(&settings, &found, &why) != 1)
        return -EPROTO;
    return strstr(why.text, "Landlock") && strstr(why.text, "PENSTOCK_SANDBOX") ? 0 : -EPROTO;
}

static int succeed(void)
{
    return 0;
}

static void a_required_layer_that_is_missing_is_named(void **state)
{
    assert_int_equal(inside_run(required_without_landlock, succeed), WORKED);
    assert_int_equal(inside_run(check_without_landlock, succeed), WORKED);
}

static void best_effort_goes_on_with_the_others(void **state)
{
    for (size_t i = 0; i < n_attempts && !SANITIZED; i++)
        expect(&attempts[i], "all but Landlock",
               inside_run(best_effort_without_landlock, attempts[i].make), attempts[i].filtered);
}

static int off(void)
{
    struct reason why = {0};
    struct settings s;
    unsigned layers = CAGE_ALL;
    int r = settings_init(&s);

    if (r == 0)
        r = settings_set(&s, SETTING_SANDBOX, "off", SOURCE_PARENT, &why);
    if (r == 0)
        r = sandbox_enter(&s, &user, &layers, &why);
    return r == 0 && layers != 0 ? -EPROTO : r;
}

static int have_new_privileges(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -EPERM : 0;
}

static int have_core_files(void)
{
    struct rlimit core;

    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? -EPERM : 0;
}

static int be_dumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? -EPERM : 0;
}

static void off_leaves_limits_only(void **state)
{
    assert_int_equal(inside_run(off, attempts[0].make), WORKED);
    assert_int_equal(inside_run(off, have_new_privileges), REFUSED);
    assert_int_equal(inside_run(off, have_core_files), REFUSED);
    assert_int_equal(inside_run(off, be_dumpable), REFUSED);
}

/* ---- the rest ---- */

/* What a worker goes on doing: memory, a crash of its own, time. */
static int live_on(void)
{
    for (size_t size = 1; size < 1u << 24; size *= 2) {
        char *at = malloc(size), *more = realloc(at, size * 3);

        if (!more)
            return -ENOMEM;
        memset(more, 1, size * 3);
        free(more);
    }
    return time(NULL) > 0 && clock() >= 0 ? 0 : -EPERM;
}

static int abort_it(void)
{
    abort();
}

static void what_a_worker_does_still_works(void **state)
{
    assert_int_equal(inside_run(everything, live_on), WORKED);
    assert_int_equal(inside_run(everything, abort_it), OTHER_DEATH);
}

static int prepare(void **state)
{
    struct reason why = {0};

    if (settings_init(&settings) != 0 ||
        settings_set(&settings, SETTING_SANDBOX, "required", SOURCE_PARENT, &why) != 0 ||
        cage_check(&settings, &user, &why) != 0)
        fail_msg("this machine lacks a layer: %s", why.text);
    return inside_prepare(state);
}

static int clean_up(void **state)
{
    settings_done(&settings);
    return inside_clean_up(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_sandbox_all_of_it_works),
        cmocka_unit_test(nothing_gets_out_of_the_whole_sandbox),
        cmocka_unit_test(the_filter_alone_stops_all_of_it),
        cmocka_unit_test(landlock_alone_stops_what_it_is_there_for),
        cmocka_unit_test(its_own_user_alone_owns_nothing),
        cmocka_unit_test(a_required_layer_that_is_missing_is_named),
        cmocka_unit_test(best_effort_goes_on_with_the_others),
        cmocka_unit_test(off_leaves_limits_only),
        cmocka_unit_test(what_a_worker_does_still_works),
    };

    return cmocka_run_group_tests(tests, prepare, clean_up);
}
