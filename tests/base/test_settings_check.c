/* What must hold between settings. */
#include "settings_common.h"

#include <limits.h>

struct pair {
    enum setting_id id;
    const char *text;
};

static void values_that_do_not_go_together_are_told(void **state UNUSED)
{
    static const struct {
        struct pair given[5];
        const char *why; /* NULL: allowed */
    } cases[] = {
        {{{0}}, NULL},
        {{{SETTING_DATABASE_URL, "postgres://h/d"}}, NULL},
        {{{SETTING_DATABASE_URL, "postgres://h/d"}, {SETTING_APP_ENV, "production"}}, NULL},
        {{{SETTING_DB_HOST, "h"}, {SETTING_DB_USERNAME, "u"}, {SETTING_DB_DATABASE, "d"}}, NULL},
        {{{SETTING_DB_HOST, "h"}},
         "DB_USERNAME is missing (DB_HOST is set); DB_DATABASE is missing (DB_HOST is set)"},
        {{{SETTING_DB_PASSWORD, "p"}, {SETTING_DB_DATABASE, "d"}},
         "DB_HOST is missing (DB_PASSWORD is set); DB_USERNAME is missing (DB_PASSWORD is set)"},
        {{{SETTING_DB_HOST, "h"}, {SETTING_DB_USERNAME, "u"}},
         "DB_DATABASE is missing (DB_HOST is set)"},
        {{{SETTING_DB_PORT, "1"}, {SETTING_DB_SSLMODE, "require"}}, NULL},
        {{{SETTING_DATABASE_URL, "postgres://h/d"}, {SETTING_DB_HOST, "h"}},
         "DATABASE_URL and DB_HOST are both set, give one of them"},
        {{{SETTING_DATABASE_URL, "postgres://h/d"}, {SETTING_DB_PASSWORD, "p"}},
         "DATABASE_URL and DB_PASSWORD are both set, give one of them"},
        {{{SETTING_APP_ENV, "production"}},
         "APP_ENV is production and no database is configured: set DATABASE_URL, or DB_HOST, "
         "DB_USERNAME, "
         "DB_PASSWORD and DB_DATABASE"},
        {{{SETTING_DB_POOL_MIN, "10"}, {SETTING_DB_POOL_MAX, "10"}}, NULL},
        {{{SETTING_DB_POOL_MIN, "11"}, {SETTING_DB_POOL_MAX, "10"}},
         "DB_POOL_MIN (11) is more than DB_POOL_MAX (10)"},
        {{{SETTING_TEXT_CONFIG, "public.my_english2"}}, NULL},
        {{{SETTING_TEXT_CONFIG, "_x"}}, NULL},
        {{{SETTING_OCR_LANGUAGES, "eng+chi_sim"}}, NULL},
        {{{SETTING_OCR_LANGUAGES, "eng+../x"}},
         "PENSTOCK_OCR_LANGUAGES: \"eng+../x\" is not a list like eng or eng+deu, of 8 languages "
         "at "
         "most"},
        {{{SETTING_TEXT_CONFIG, "2x"}},
         "PENSTOCK_TEXT_CONFIG: \"2x\" is not a name like english or public.english"},
        {{{SETTING_TEXT_CONFIG, "a.b.c"}},
         "PENSTOCK_TEXT_CONFIG: \"a.b.c\" is not a name like english or public.english"},
        {{{SETTING_TEXT_CONFIG, "a-b"}},
         "PENSTOCK_TEXT_CONFIG: \"a-b\" is not a name like english or public.english"},
        {{{SETTING_TEXT_CONFIG, "a."}},
         "PENSTOCK_TEXT_CONFIG: \"a.\" is not a name like english or public.english"},
        {{{SETTING_TEXT_CONFIG, "x'); drop"}},
         "PENSTOCK_TEXT_CONFIG: \"x'); drop\" is not a name like english or public.english"},
        {{{SETTING_SPLIT, " mbox , ndjson"}}, NULL},
        {{{SETTING_SPLIT, "csv,xml"}},
         "PENSTOCK_SPLIT: \"csv,xml\" is not a list of ndjson, csv and mbox"},
        {{{SETTING_SPLIT, "csv,,mbox"}},
         "PENSTOCK_SPLIT: \"csv,,mbox\" is not a list of ndjson, csv and mbox"},
        {{{SETTING_INBOX, "a=x,a=y"}}, "PENSTOCK_INBOX: the name a is there twice"},
        {{{SETTING_DB_POOL_MIN, "11"},
          {SETTING_TEXT_CONFIG, "-"},
          {SETTING_DB_HOST, "h"},
          {SETTING_DB_USERNAME, "u"}},
         "DB_DATABASE is missing (DB_HOST is set); DB_POOL_MIN (11) is more than DB_POOL_MAX (10); "
         "PENSTOCK_TEXT_CONFIG: \"-\" is not a name like english or public.english"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture *f = NULL;

        assert_int_equal(make_settings((void **)&f), 0);
        for (const struct pair *p = cases[i].given; p < cases[i].given + 5 && p->text; p++)
            set(f, p->id, p->text);
        assert_int_equal(settings_check(&f->s, &f->why), cases[i].why != NULL);
        assert_string_equal(f->why.text, cases[i].why ? cases[i].why : "");
        drop_settings((void **)&f);
    }
}

static void home_becomes_absolute_and_keeps_its_source(void **state)
{
    static const struct {
        const char *given, *below; /* NULL: absolute already */
        const char *absolute;
    } cases[] = {
        {"./var", "var", NULL},
        {"var//x/./y/", "var/x/y", NULL},
        {".", "", NULL},
        {"", "var", NULL},
        {"/srv//p/.", NULL, "/srv/p"},
        {"/", NULL, "/"},
        {"/a/../b", NULL, "/a/../b"},
        {"..x", "..x", NULL},
    };
    struct fixture *f = *state;
    char directory[PATH_MAX], expected[PATH_MAX + 16];

    assert_non_null(getcwd(directory, sizeof(directory)));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        (void)snprintf(expected, sizeof(expected), "%s%s%s", directory,
                       cases[i].below && cases[i].below[0] ? "/" : "",
                       cases[i].below ? cases[i].below : "");
        assert_int_equal(settings_set(&f->s, SETTING_HOME, cases[i].given, SOURCE_DOTENV, &f->why),
                         0);
        assert_int_equal(settings_check(&f->s, &f->why), 0);
        assert_string_equal(settings_text(&f->s, SETTING_HOME),
                            cases[i].absolute ? cases[i].absolute : expected);
        assert_int_equal(f->s.values[SETTING_HOME].source, SOURCE_DOTENV);
    }
}

static void the_node_is_named_after_host_and_home(void **state)
{
    struct fixture *f = *state;
    char host[HOST_NAME_MAX + 1], first[300];
    const char *node;

    assert_int_equal(gethostname(host, sizeof(host)), 0);
    set(f, SETTING_HOME, "/srv/one");
    assert_int_equal(settings_check(&f->s, &f->why), 0);
    node = settings_text(&f->s, SETTING_NODE);
    assert_memory_equal(node, host, strlen(host));
    assert_int_equal(node[strlen(host)], ':');
    assert_int_equal(strspn(node + strlen(host) + 1, "0123456789abcdef"), 8);
    assert_int_equal(strlen(node), strlen(host) + 9);
    assert_int_equal(f->s.values[SETTING_NODE].source, SOURCE_DEFAULT);

    (void)snprintf(first, sizeof(first), "%s", node);
    set(f, SETTING_NODE, "");
    assert_int_equal(settings_check(&f->s, &f->why), 0);
    assert_string_equal(settings_text(&f->s, SETTING_NODE), first);
    set(f, SETTING_NODE, "");
    set(f, SETTING_HOME, "/srv/two");
    assert_int_equal(settings_check(&f->s, &f->why), 0);
    assert_string_not_equal(settings_text(&f->s, SETTING_NODE), first);
    set(f, SETTING_NODE, "mine");
    assert_int_equal(settings_check(&f->s, &f->why), 0);
    assert_string_equal(settings_text(&f->s, SETTING_NODE), "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_do_not_go_together_are_told),
        WITH_SETTINGS(home_becomes_absolute_and_keeps_its_source),
        WITH_SETTINGS(the_node_is_named_after_host_and_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
