/* One setting: its default, what its type takes, and how a refusal reads. */
#include "settings_common.h"

#include "base/process.h"

static void every_default_is_one_that_its_own_row_takes(void **state)
{
    struct fixture *f = *state;

    for (int id = 0; id < SETTING_COUNT_; id++) {
        const struct setting *row = setting_get(id);

        assert_string_equal(settings_text(&f->s, id), row->fallback);
        assert_int_equal(f->s.values[id].source, SOURCE_DEFAULT);
        assert_int_equal(setting_find(row->name), id);
        assert_true(row->min <= row->max);
        assert_true(strlen(row->help) > 0);
    }
    assert_int_equal(setting_find("PENSTOCK_NONE"), -1);
    assert_int_equal(settings_number(&f->s, SETTING_DB_PORT), 5432);
    assert_int_equal(settings_number(&f->s, SETTING_MAX_BYTES), 1 << 30);
    assert_int_equal(settings_number(&f->s, SETTING_DB_LIFETIME), 1800000);
    assert_int_equal(settings_number(&f->s, SETTING_MIGRATE_ON_START), 1);
}

static void groups_follow_the_table(void **state UNUSED)
{
    assert_string_equal(setting_group(SETTING_DATABASE_URL), "Database");
    assert_string_equal(setting_group(SETTING_MIGRATE_ON_START), "Database");
    assert_string_equal(setting_group(SETTING_HOME), "Folders");
    assert_string_equal(setting_group(SETTING_LOG_FORMAT), "Operation");
}

static void texts_that_a_type_takes_become_its_number(void **state)
{
    static const struct {
        enum setting_id id;
        const char *text;
        int64_t number;
    } cases[] = {
        {SETTING_DB_PORT, "1", 1},
        {SETTING_DB_PORT, "65535", 65535},
        {SETTING_DB_PORT, " 007 ", 7},
        {SETTING_WORKERS, "auto", 0},
        {SETTING_WORKERS, "256", 256},
        {SETTING_MAX_BYTES, "1", 1},
        {SETTING_MAX_BYTES, "512B", 512},
        {SETTING_MAX_BYTES, "64k", 65536},
        {SETTING_MAX_BYTES, "64kB", 65536},
        {SETTING_MAX_BYTES, "64KB", 65536},
        {SETTING_MAX_BYTES, "64KiB", 65536},
        {SETTING_MAX_BYTES, "16 MB", 16 << 20},
        {SETTING_MAX_BYTES, "16m", 16 << 20},
        {SETTING_MAX_BYTES, "2G", 2LL << 30},
        {SETTING_MAX_BYTES, "2GiB", 2LL << 30},
        {SETTING_MAX_BYTES, "1TB", 1LL << 40},
        {SETTING_SETTLE, "0", 0},
        {SETTING_SETTLE, "250", 250},
        {SETTING_SETTLE, "250ms", 250},
        {SETTING_SETTLE, "5 s", 5000},
        {SETTING_SETTLE, "2min", 120000},
        {SETTING_SETTLE, "1h", 3600000},
        {SETTING_DB_LIFETIME, "7d", 604800000},
        {SETTING_RESCAN, "90", 90},
        {SETTING_RESCAN, "90s", 90},
        {SETTING_RESCAN, "2000ms", 2},
        {SETTING_RESCAN, "2min", 120},
        {SETTING_RESCAN, "1d", 86400},
        {SETTING_MIGRATE_ON_START, "true", 1},
        {SETTING_MIGRATE_ON_START, "False", 0},
        {SETTING_MIGRATE_ON_START, "YES", 1},
        {SETTING_MIGRATE_ON_START, "no", 0},
        {SETTING_MIGRATE_ON_START, "on", 1},
        {SETTING_MIGRATE_ON_START, "off", 0},
        {SETTING_MIGRATE_ON_START, "1", 1},
        {SETTING_MIGRATE_ON_START, "0", 0},
        {SETTING_AFTER, "archive", 0},
        {SETTING_AFTER, "delete", 1},
        {SETTING_AFTER, "keep", 2},
        {SETTING_DB_SSLMODE, "verify-full", 5},
        {SETTING_LOG_LEVEL, "error", 3},
        {SETTING_HOME, "a b/\xc3\xa4", 0},
        {SETTING_DB_PASSWORD, "with\nnewline", 0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        set(f, cases[i].id, cases[i].text);
        if (settings_number(&f->s, cases[i].id) != cases[i].number)
            fail_msg("%s: %lld", cases[i].text, (long long)settings_number(&f->s, cases[i].id));
        assert_string_equal(settings_text(&f->s, cases[i].id), cases[i].text);
        assert_int_equal(f->s.values[cases[i].id].source, SOURCE_COMMAND_LINE);
    }
}

static void refusals_say_what_was_given_and_what_is_taken(void **state)
{
    static const struct {
        enum setting_id id;
        const char *text, *why;
    } cases[] = {
        {SETTING_WORKERS, "many",
         "PENSTOCK_WORKERS: \"many\" is not a whole number from 1 to 256, nor auto"},
        {SETTING_WORKERS, "0",
         "PENSTOCK_WORKERS: \"0\" is not a whole number from 1 to 256, nor auto"},
        {SETTING_WORKERS, "257",
         "PENSTOCK_WORKERS: \"257\" is not a whole number from 1 to 256, nor auto"},
        {SETTING_DB_PORT, "auto", "DB_PORT: \"auto\" is not a whole number from 1 to 65535"},
        {SETTING_DB_PORT, "-1", "DB_PORT: \"-1\" is not a whole number from 1 to 65535"},
        {SETTING_DB_PORT, "54x", "DB_PORT: \"54x\" is not a whole number from 1 to 65535"},
        {SETTING_DB_PORT, "0x10", "DB_PORT: \"0x10\" is not a whole number from 1 to 65535"},
        {SETTING_DB_PORT, "1.5", "DB_PORT: \"1.5\" is not a whole number from 1 to 65535"},
        {SETTING_DB_PORT, "18446744073709557048",
         "DB_PORT: \"18446744073709557048\" is not a whole number from 1 to 65535"},
        {SETTING_BATCH_BYTES, "1kB",
         "PENSTOCK_BATCH_BYTES: \"1kB\" is not a size from 64kB to 256MB"},
        {SETTING_BATCH_BYTES, "4XB",
         "PENSTOCK_BATCH_BYTES: \"4XB\" is not a size from 64kB to 256MB"},
        {SETTING_BATCH_BYTES, "MB",
         "PENSTOCK_BATCH_BYTES: \"MB\" is not a size from 64kB to 256MB"},
        {SETTING_BATCH_BYTES, "9007199254740992kB",
         "PENSTOCK_BATCH_BYTES: \"9007199254740992kB\" is not a size from 64kB to 256MB"},
        {SETTING_BATCH_BYTES, "16777216TB",
         "PENSTOCK_BATCH_BYTES: \"16777216TB\" is not a size from 64kB to 256MB"},
        {SETTING_MAX_BYTES, "16777217TB", /* 2^64 more than the largest */
         "PENSTOCK_MAX_BYTES: \"16777217TB\" is not a size from 1B to 1TB"},
        {SETTING_SHUTDOWN, "soon",
         "PENSTOCK_SHUTDOWN_TIMEOUT: \"soon\" is not a time from 100ms to 1h"},
        {SETTING_SHUTDOWN, "2h",
         "PENSTOCK_SHUTDOWN_TIMEOUT: \"2h\" is not a time from 100ms to 1h"},
        {SETTING_SHUTDOWN, "30S",
         "PENSTOCK_SHUTDOWN_TIMEOUT: \"30S\" is not a time from 100ms to 1h"},
        {SETTING_SHUTDOWN, "213503982335d",
         "PENSTOCK_SHUTDOWN_TIMEOUT: \"213503982335d\" is not a time from 100ms to 1h"},
        {SETTING_RESCAN, "1500ms",
         "PENSTOCK_RESCAN_SECONDS: \"1500ms\" is not a time in whole seconds from 1s to 1d"},
        {SETTING_RESCAN, "9223372036854775807",
         "PENSTOCK_RESCAN_SECONDS: \"9223372036854775807\" is not a time in whole seconds from 1s "
         "to 1d"},
        {SETTING_MIGRATE_ON_START, "maybe", "MIGRATE_ON_START: \"maybe\" is not true or false"},
        {SETTING_MIGRATE_ON_START, "2", "MIGRATE_ON_START: \"2\" is not true or false"},
        {SETTING_AFTER, "archiv", "PENSTOCK_AFTER: \"archiv\" is not one of archive, delete, keep"},
        {SETTING_AFTER, "archive|delete",
         "PENSTOCK_AFTER: \"archive|delete\" is not one of archive, delete, keep"},
        {SETTING_HOME, "a\nb", "PENSTOCK_HOME: \"a\\nb\" is not a path without control characters"},
        {SETTING_DB_HOST, "a\tb", "DB_HOST: \"a\\tb\" is not text without control characters"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reason why = {0};

        assert_int_equal(settings_set(&f->s, cases[i].id, cases[i].text, SOURCE_COMMAND_LINE, &why),
                         1);
        assert_string_equal(why.text, cases[i].why);
        assert_string_equal(settings_text(&f->s, cases[i].id), setting_get(cases[i].id)->fallback);
        assert_int_equal(f->s.values[cases[i].id].source, SOURCE_DEFAULT);
    }
}

static void a_long_value_is_cut_in_its_refusal(void **state)
{
    struct fixture *f = *state;
    char text[1001];

    memset(text, '9', sizeof(text) - 1);
    text[1000] = '\0';
    assert_int_equal(settings_set(&f->s, SETTING_DB_PORT, text, SOURCE_COMMAND_LINE, &f->why), 1);
    assert_true(strlen(f->why.text) < 150);
    assert_contains(f->why.text, "9999\"... is not");
}

static void an_empty_value_is_the_default(void **state)
{
    struct fixture *f = *state;

    set(f, SETTING_DB_PORT, "1234");
    set(f, SETTING_DB_PORT, "");
    assert_int_equal(settings_number(&f->s, SETTING_DB_PORT), 5432);
    assert_string_equal(settings_text(&f->s, SETTING_DB_PORT), "5432");
}

static void auto_workers_are_one_a_processor(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(settings_worker_count(&f->s), MIN(process_cpu_count(), 256));
    set(f, SETTING_WORKERS, "17");
    assert_int_equal(settings_worker_count(&f->s), 17);
}

static void without_a_database_the_private_cluster_serves(void **state)
{
    struct fixture *f = *state;

    assert_true(settings_embedded(&f->s));
    set(f, SETTING_DB_HOST, "h");
    assert_false(settings_embedded(&f->s));
    set(f, SETTING_DB_HOST, "");
    set(f, SETTING_DATABASE_URL, "postgres://h/d");
    assert_false(settings_embedded(&f->s));
}

static void a_home_path_fits_or_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[13] = "as it was";

    set(f, SETTING_HOME, "/var/p");
    assert_int_equal(settings_home_path(&f->s, "inbox", path, sizeof(path)), 0);
    assert_string_equal(path, "/var/p/inbox");
    assert_int_equal(settings_home_path(&f->s, "inbox2", path, sizeof(path)), -ENAMETOOLONG);
    assert_string_equal(path, "/var/p/inbox");
    set(f, SETTING_HOME, "/");
    assert_int_equal(settings_home_path(&f->s, "inbox", path, sizeof(path)), 0);
    assert_string_equal(path, "/inbox");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTINGS(every_default_is_one_that_its_own_row_takes),
        cmocka_unit_test(groups_follow_the_table),
        WITH_SETTINGS(texts_that_a_type_takes_become_its_number),
        WITH_SETTINGS(refusals_say_what_was_given_and_what_is_taken),
        WITH_SETTINGS(a_long_value_is_cut_in_its_refusal),
        WITH_SETTINGS(an_empty_value_is_the_default),
        WITH_SETTINGS(auto_workers_are_one_a_processor),
        WITH_SETTINGS(without_a_database_the_private_cluster_serves),
        WITH_SETTINGS(a_home_path_fits_or_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
