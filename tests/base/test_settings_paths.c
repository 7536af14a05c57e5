/* The inboxes: names, absolute paths, and no file in two of them. */
#include "settings_common.h"

#include <limits.h>
#include <sys/stat.h>

static void one_path_is_the_collection_default(void **state)
{
    struct fixture *f = *state;
    struct collections c;
    char directory[PATH_MAX], expected[PATH_MAX + 8];

    assert_non_null(getcwd(directory, sizeof(directory)));
    set(f, SETTING_HOME, "/srv/p");
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 0);
    assert_int_equal(c.n, 1);
    assert_string_equal(c.list[0].name, "default");
    assert_string_equal(c.list[0].path, "/srv/p/inbox");
    collections_done(&c);

    set(f, SETTING_INBOX, "./in box/");
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 0);
    (void)snprintf(expected, sizeof(expected), "%s/in box", directory);
    assert_string_equal(c.list[0].name, "default");
    assert_string_equal(c.list[0].path, expected);
    collections_done(&c);
    assert_int_equal(c.n, 0);
}

static void several_have_names_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct collections c;

    set(f, SETTING_INBOX, "bills=/srv/bills, m-2_x=/srv//mail/ ,9=/a=b");
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 0);
    assert_int_equal(c.n, 3);
    assert_string_equal(c.list[0].name, "bills");
    assert_string_equal(c.list[0].path, "/srv/bills");
    assert_string_equal(c.list[1].name, "m-2_x");
    assert_string_equal(c.list[1].path, "/srv/mail");
    assert_string_equal(c.list[2].name, "9");
    assert_string_equal(c.list[2].path, "/a=b");
    collections_done(&c);
}

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void lists_that_are_wrong_say_where(void **state)
{
    static const struct {
        const char *inbox, *why;
    } cases[] = {
        {"/a,/b", "PENSTOCK_INBOX: \"/a\" is not name=path, as each of several inboxes must be; "
                  "PENSTOCK_INBOX: \"/b\" is not name=path, as each of several inboxes must be"},
        {"a=/a,", "PENSTOCK_INBOX: \"\" is not name=path"},
        {"a=", "PENSTOCK_INBOX: \"a=\" has no path"},
        {"=/a", "PENSTOCK_INBOX: \"=/a\" does not begin with a name of"},
        {"Bills=/a", "PENSTOCK_INBOX: \"Bills=/a\" does not begin with a name of"},
        {"-a=/a", "PENSTOCK_INBOX: \"-a=/a\" does not begin with a name of"},
        {"a b=/a", "PENSTOCK_INBOX: \"a b=/a\" does not begin with a name of"},
        {"x" X63 "=/a", "does not begin with a name of"},
        {"a=/a,b=/b,a=/c", "PENSTOCK_INBOX: the name a is there twice"},
        {"a=/srv/x,b=/srv/x/", "PENSTOCK_INBOX: a (/srv/x) and b (/srv/x) share files"},
        {"a=/srv/x,b=/srv/x/y", "PENSTOCK_INBOX: a (/srv/x) and b (/srv/x/y) share files"},
        {"a=/srv/x/y,b=/srv/./x", "PENSTOCK_INBOX: a (/srv/x/y) and b (/srv/x) share files"},
        {"a=/,b=/srv", "share files"},
        {"/srv/p/archive",
         "PENSTOCK_INBOX: default (/srv/p/archive) shares files with /srv/p/archive, which"},
        {"/srv/p/run/x", "shares files with /srv/p/run, which"},
        {"a=/srv/p/quarantine", "shares files with /srv/p/quarantine, which"},
        {"a=/srv/p/postgres/base", "shares files with /srv/p/postgres, which"},
        {"/srv/p", "shares files with /srv/p/archive, which"},
        {"/srv", "shares files with /srv/p/archive, which"},
        {"/", "shares files with /srv/p/archive, which"},
    };
    struct fixture *f = *state;
    struct collections c = {0};

    set(f, SETTING_HOME, "/srv/p");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        f->why = (struct reason){0};
        set(f, SETTING_INBOX, cases[i].inbox);
        if (settings_collections(&f->s, &c, &f->why) != 1)
            fail_msg("%s is accepted", cases[i].inbox);
        assert_contains(f->why.text, cases[i].why);
        assert_null(c.list);
    }
}

static void similar_paths_do_not_overlap(void **state)
{
    static const char *const inboxes[] = {
        "a=/srv/x,b=/srv/xy", "/srv/p/inbox", "a=/srv/p/inbox,b=/srv/p/archived",
        X63 "=/srv/x",        "/srv/p2",
    };
    struct fixture *f = *state;
    struct collections c;

    set(f, SETTING_HOME, "/srv/p");
    for (size_t i = 0; i < ARRAY_SIZE(inboxes); i++) {
        set(f, SETTING_INBOX, inboxes[i]);
        if (settings_collections(&f->s, &c, &f->why) != 0)
            fail_msg("%s", f->why.text);
        collections_done(&c);
    }
}

static void a_symbolic_link_is_no_way_around(void **state)
{
    struct fixture *f = *state;
    struct collections c;
    char inbox[1200];

    assert_int_equal(mkdir(at(f, "real"), 0700), 0);
    assert_int_equal(symlink("real", at(f, "link")), 0);
    (void)snprintf(inbox, sizeof(inbox), "a=%s,b=%s", at(f, "real/none"), at(f, "link/none/yet"));
    set(f, SETTING_INBOX, inbox);
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 1);
    assert_contains(f->why.text, "share files");
    (void)snprintf(inbox, sizeof(inbox), "a=%s,b=%s", at(f, "real/one"), at(f, "link/two"));
    set(f, SETTING_INBOX, inbox);
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 0);
    assert_string_equal(c.list[1].path, at(f, "link/two")); /* compared, not rewritten */
    collections_done(&c);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    struct collections c;
    static char path[PATH_MAX + 10];

    memset(path, '/', sizeof(path) - 1);
    for (size_t i = 1; i < sizeof(path) - 1; i += 2)
        path[i] = 'a';
    set(f, SETTING_INBOX, path);
    assert_int_equal(settings_collections(&f->s, &c, &f->why), 1);
    assert_string_equal(f->why.text, "PENSTOCK_INBOX: a path is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTINGS(one_path_is_the_collection_default),
        WITH_SETTINGS(several_have_names_in_their_order),
        WITH_SETTINGS(lists_that_are_wrong_say_where),
        WITH_SETTINGS(similar_paths_do_not_overlap),
        WITH_SETTINGS(a_symbolic_link_is_no_way_around),
        WITH_SETTINGS(a_path_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
