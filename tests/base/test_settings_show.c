/* What may be shown: everything but a password. */
#include "settings_common.h"

static const char *shown(struct fixture *f, enum setting_id id)
{
    static struct buf out;

    buf_clear(&out);
    settings_show(&f->s, id, &out);
    assert_int_equal(buf_error(&out), 0);
    return buf_text(&out);
}

static void secrets_are_masked_when_set_and_others_are_shown(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(shown(f, SETTING_DB_PASSWORD), "");
    assert_string_equal(shown(f, SETTING_DATABASE_URL), "");
    set(f, SETTING_DB_PASSWORD, "hunter2");
    assert_string_equal(shown(f, SETTING_DB_PASSWORD), "***");
    assert_string_equal(shown(f, SETTING_WORKERS), "auto");
    assert_string_equal(shown(f, SETTING_MAX_BYTES), "1GB");
}

static void of_a_database_url_the_password_alone_is_masked(void **state)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"postgres://h/d", "postgres://h/d"},
        {"postgresql://h:5432/d", "postgresql://h:5432/d"},
        {"postgres://u@h/d", "postgres://u@h/d"},
        {"postgres://u:pw@h/d", "postgres://u:***@h/d"},
        {"postgres://u:pw@h", "postgres://u:***@h"},
        {"postgres://u:@h/d", "postgres://u:***@h/d"},
        {"postgres://u:p%40w@h1:1,h2:2/d?sslmode=require",
         "postgres://u:***@h1:1,h2:2/d?sslmode=require"},
        {"postgres://u:p@w@h/d", "postgres://u:***@h/d"},
        {"postgres://u:p:w@h/d", "postgres://u:***@h/d"},
        {"postgres://u:p/w@h/d", "postgres://u:***@h/d"},
        {"postgres://u:p?w@h/d", "postgres://u:***@h/d"},
        {"postgres://u:p/w?x=y@h/d", "postgres://u:***@h/d"},
        {"postgres:///d?host=/run&user=u&password=pw",
         "postgres:///d?host=/run&user=u&password=***"},
        {"postgres://h/d?password=pw&x=y", "postgres://h/d?password=***&x=y"},
        {"postgres://u:pw@h/d?sslpassword=pw2", "postgres://u:***@h/d?sslpassword=***"},
        {"postgres://u:pw@h/d?pass%77ord=pw2", "postgres://u:***@h/d?pass%77ord=***"},
        {"host=h user=u password=pw dbname=d", "host=h user=u password=*** dbname=d"},
        {"password = pw host=h", "password = *** host=h"},
        {"password='p w' host=h", "password=*** host=h"},
        {"password='p\\'w x' host=h", "password=*** host=h"},
        {"password=p\\ w host=h", "password=*** host=h"},
        {"host='a b' password=pw", "host='a b' password=***"},
        {"PASSWORD=pw", "PASSWORD=***"},
        {"password=postgres://u:pw@h/d", "password=***"},
        {"password='open pw", "password=***"},
        {"password=", "password=***"},
        {"host=h pw", "host=h***"},
        {"just a password", "***"},
        {"://", "://"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        set(f, SETTING_DATABASE_URL, cases[i].url);
        assert_string_equal(shown(f, SETTING_DATABASE_URL), cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTINGS(secrets_are_masked_when_set_and_others_are_shown),
        WITH_SETTINGS(of_a_database_url_the_password_alone_is_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
