/* Who workers become, and when they may not be started. What the kernel offers is asked for in
 * tests/worker/test_sandbox.c. */
#include "settings_common.h"

#include "base/cage.h"

#include <pwd.h>

static void users_are_written_and_read(void **state)
{
    static const char *const wrong[] = {"", "1", "1:", "a:b", "1:2:3", "0:0", "-"};
    char text[CAGE_USER_TEXT_SIZE];
    struct cage_user u = {.change = true, .uid = 4294967294u, .gid = 65534};

    assert_string_equal(cage_write_user(&u, text), "4294967294:65534");
    assert_int_equal(cage_read_user(text, &u), 0);
    assert_true(u.change && u.uid == 4294967294u && u.gid == 65534);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(cage_read_user(wrong[i], &u), -EINVAL);
    u.change = false;
    assert_null(cage_write_user(&u, text));
}

/* Only root can become somebody else. */
static void root_gets_numbers_and_others_nothing(void **state)
{
    struct fixture *f = *state;
    struct cage_user u;

    assert_int_equal(cage_find_user(&f->s, &u, &f->why), 0);
    assert_true(u.change == (geteuid() == 0));
    if (u.change) {
        assert_int_equal(u.uid, getpwnam("nobody")->pw_uid);
        assert_int_equal(u.gid, getpwnam("nobody")->pw_gid);
    }
}

static void a_user_that_cannot_be_had_is_named(void **state)
{
    static const char *const names[] = {"root", "no-such-user"};
    struct fixture *f = *state;
    struct cage_user u;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        f->why.text[0] = '\0';
        set(f, SETTING_WORKER_USER, names[i]);
        assert_int_equal(cage_find_user(&f->s, &u, &f->why), geteuid() == 0);
        assert_true((strstr(f->why.text, names[i]) != NULL) == (geteuid() == 0));
    }
}

/* With the user as the layer that is missing; for others than root none is. */
static void the_mode_decides_what_is_missing(void **state)
{
    struct fixture *f = *state;
    struct cage_user u;

    set(f, SETTING_WORKER_USER, "no-such-user");
    set(f, SETTING_SANDBOX, "off");
    assert_int_equal(cage_check(&f->s, &u, &f->why), 0);
    assert_string_equal(f->why.text, "");
    if (geteuid() != 0)
        skip();
    set(f, SETTING_SANDBOX, "best_effort");
    assert_int_equal(cage_check(&f->s, &u, &f->why), 0);
    assert_false(u.change);
    assert_non_null(strstr(f->why.text, "no-such-user"));
    f->why.text[0] = '\0';
    set(f, SETTING_SANDBOX, "required");
    assert_int_equal(cage_check(&f->s, &u, &f->why), 1);
    assert_non_null(strstr(f->why.text, "PENSTOCK_SANDBOX is required"));
}

static void off_changes_no_user(void **state)
{
    struct fixture *f = *state;
    struct cage_user u = {.change = true};

    set(f, SETTING_SANDBOX, "off");
    assert_int_equal(cage_check(&f->s, &u, &f->why), 0);
    assert_false(u.change);
}

#define WITH_SETTINGS(test) cmocka_unit_test_setup_teardown(test, make_settings, drop_settings)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_written_and_read),
        WITH_SETTINGS(root_gets_numbers_and_others_nothing),
        WITH_SETTINGS(a_user_that_cannot_be_had_is_named),
        WITH_SETTINGS(the_mode_decides_what_is_missing),
        WITH_SETTINGS(off_changes_no_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
