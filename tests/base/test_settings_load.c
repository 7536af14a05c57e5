/* Where values come from: `.env`, environment, secret files; which one wins, and what is refused.
 */
#include "settings_common.h"

#define ENVIRONMENT(...) ((char *const *)(const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* "NAME=folder/name", static. */
static char *naming(struct fixture *f, const char *name, const char *file)
{
    static char pairs[4][600];
    static unsigned next;
    char *pair = pairs[next++ % ARRAY_SIZE(pairs)];

    (void)snprintf(pair, sizeof(pairs[0]), "%s=%s", name, at(f, file));
    return pair;
}

static void load(struct fixture *f, const char *dotenv, char *const *envp)
{
    write_text(at(f, ".env"), dotenv);
    if (settings_load(&f->s, at(f, ".env"), envp, &f->why) != 0)
        fail_msg("%s", f->why.text);
}

static void load_refused(struct fixture *f, const char *dotenv, char *const *envp)
{
    f->why = (struct reason){0};
    write_text(at(f, ".env"), dotenv);
    assert_int_equal(settings_load(&f->s, at(f, ".env"), envp, &f->why), 1);
    assert_true(strlen(f->why.text) > 0);
}

static void expect(struct fixture *f, enum setting_id id, const char *text,
                   enum setting_source source)
{
    assert_string_equal(settings_text(&f->s, id), text);
    assert_string_equal(setting_source_name(f->s.values[id].source), setting_source_name(source));
}

static void the_environment_wins_over_dotenv_and_the_command_line_over_both(void **state)
{
    struct fixture *f = *state;

    set(f, SETTING_WORKERS, "5");
    load(f, "DB_PORT=1\nDB_HOST=file\nPENSTOCK_WORKERS=3\n",
         ENVIRONMENT("DB_PORT=2", "PENSTOCK_WORKERS=4", "PATH=/bin"));
    expect(f, SETTING_DB_HOST, "file", SOURCE_DOTENV);
    expect(f, SETTING_DB_PORT, "2", SOURCE_ENVIRONMENT);
    expect(f, SETTING_WORKERS, "5", SOURCE_COMMAND_LINE);
    expect(f, SETTING_DB_POOL_MAX, "10", SOURCE_DEFAULT);
    assert_null(getenv("DB_HOST"));
}

static void the_last_of_two_lines_counts(void **state)
{
    struct fixture *f = *state;

    load(f, "DB_PORT=1\nDB_PORT=2\n", ENVIRONMENT());
    expect(f, SETTING_DB_PORT, "2", SOURCE_DOTENV);
}

static void dotenv_may_be_absent_but_not_unreadable(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(settings_load(&f->s, at(f, "none"), ENVIRONMENT(), &f->why), 0);
    assert_int_equal(settings_load(&f->s, NULL, ENVIRONMENT("DB_PORT=7"), &f->why), 0);
    expect(f, SETTING_DB_PORT, "7", SOURCE_ENVIRONMENT);
    assert_int_equal(settings_load(&f->s, f->folder, ENVIRONMENT(), &f->why), 1);
    assert_contains(f->why.text, ": Is a directory");
}

static void everything_wrong_is_told_at_once(void **state)
{
    struct fixture *f = *state;
    char expected[2000];

    load_refused(f, "DB_PORT=x\n\nPENSTOCK_AFTER=burn\n",
                 ENVIRONMENT("PENSTOCK_WORKERS=many", "LOG_LEVEL=loud"));
    (void)snprintf(expected, sizeof(expected),
                   "%s:1: DB_PORT: \"x\" is not a whole number from 1 to 65535; "
                   "%s:3: PENSTOCK_AFTER: \"burn\" is not one of archive, delete, keep; "
                   "PENSTOCK_WORKERS: \"many\" is not a whole number from 1 to 256, nor auto; "
                   "LOG_LEVEL: \"loud\" is not one of debug, info, warn, error",
                   at(f, ".env"), at(f, ".env"));
    assert_string_equal(f->why.text, expected);
}

static void every_setting_wrong_fits_into_the_message(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_done) struct buf text = BUF_INIT;

    for (int id = 0; id < SETTING_COUNT_; id++)
        buf_printf(&text, "%s=\"\t!\"\n", setting_get(id)->name);
    load_refused(f, buf_text(&text), ENVIRONMENT());
    for (int id = 0; id < SETTING_COUNT_; id++)
        if (!(setting_get(id)->flags & SETTING_SECRET))
            assert_contains(f->why.text, setting_get(id)->name);
}

static void an_unknown_name_of_ours_is_refused_with_the_nearest_known(void **state)
{
    struct fixture *f = *state;

    load_refused(f, "PENSTOCK_WORKER=4\n", ENVIRONMENT());
    assert_contains(f->why.text,
                    ".env:1: PENSTOCK_WORKER is not a setting, did you mean PENSTOCK_WORKERS?");
    load_refused(f, "", ENVIRONMENT("PENSTOCK_RESCAN_SECOND=4"));
    assert_string_equal(
        f->why.text,
        "PENSTOCK_RESCAN_SECOND is not a setting, did you mean PENSTOCK_RESCAN_SECONDS?");
    load_refused(f, "", ENVIRONMENT("PENSTOCK_SOMETHING_ELSE=4"));
    assert_string_equal(f->why.text, "PENSTOCK_SOMETHING_ELSE is not a setting");
    load_refused(f, "", ENVIRONMENT("PENSTOCK_HOME_FILE=x"));
    assert_contains(f->why.text, "PENSTOCK_HOME_FILE is not a setting");
}

static void other_names_are_nobodys_business(void **state)
{
    struct fixture *f = *state;

    load(f, "DB_NAME=x\nLOG_FILE=y\nOTHER=${z}\n",
         ENVIRONMENT("DB_ROOT_PASSWORD=x", "LOG_DIR=y", "NOEQUALS"));
}

static void a_value_that_wants_expansion_is_refused(void **state)
{
    struct fixture *f = *state;

    load_refused(f, "DB_HOST=${HOST}\n", ENVIRONMENT());
    assert_contains(f->why.text, ".env:1: DB_HOST: ${...} is not expanded here");
    load(f, "DB_HOST='${HOST}'\n", ENVIRONMENT());
    expect(f, SETTING_DB_HOST, "${HOST}", SOURCE_DOTENV);
}

static void a_syntax_error_stops_nothing_but_the_start(void **state)
{
    struct fixture *f = *state;

    load_refused(f, "DB_PORT\n", ENVIRONMENT("DB_PORT=x"));
    assert_contains(f->why.text, ".env:1: expected = after the name; DB_PORT: \"x\" is not");
}

static void a_secret_may_come_from_a_file(void **state)
{
    static const struct {
        const char *in_file, *value;
    } cases[] = {
        {"pw", "pw"}, {"pw\n", "pw"}, {"pw\r\n", "pw"}, {"pw\n\n", "pw\n"}, {" pw ", " pw "}};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        write_text(at(f, "secret"), cases[i].in_file);
        load(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "secret")));
        expect(f, SETTING_DB_PASSWORD, cases[i].value, SOURCE_ENVIRONMENT);
    }
    load(f, "", ENVIRONMENT(naming(f, "DATABASE_URL_FILE", "secret")));
    expect(f, SETTING_DATABASE_URL, " pw ", SOURCE_ENVIRONMENT);
}

static void the_stronger_source_wins_whether_it_names_a_file_or_not(void **state)
{
    struct fixture *f = *state;

    write_text(at(f, "secret"), "from file\n");
    load(f, "DB_PASSWORD=plain\n", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "secret")));
    expect(f, SETTING_DB_PASSWORD, "from file", SOURCE_ENVIRONMENT);
    load(f, naming(f, "DB_PASSWORD_FILE", "secret"), ENVIRONMENT("DB_PASSWORD=plain"));
    expect(f, SETTING_DB_PASSWORD, "plain", SOURCE_ENVIRONMENT);
}

static void a_secret_given_twice_is_refused_unless_one_is_empty(void **state)
{
    struct fixture *f = *state;

    write_text(at(f, "secret"), "in a file");
    load_refused(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "secret"), "DB_PASSWORD=open"));
    assert_string_equal(f->why.text,
                        "DB_PASSWORD and DB_PASSWORD_FILE are both set, give one of them");
    load(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "secret"), "DB_PASSWORD="));
    expect(f, SETTING_DB_PASSWORD, "in a file", SOURCE_ENVIRONMENT);
    load(f, "", ENVIRONMENT("DB_PASSWORD=open", "DB_PASSWORD_FILE="));
    expect(f, SETTING_DB_PASSWORD, "open", SOURCE_ENVIRONMENT);
}

static void a_secret_file_that_cannot_be_used_is_named_without_its_content(void **state)
{
    struct fixture *f = *state;
    static char large[65 << 10];

    memset(large, 's', sizeof(large));
    write_file(at(f, "large"), large, sizeof(large));
    write_file(at(f, "nul"), "hidden\0hidden", 13);
    write_text(at(f, "empty"), "\n");
    load_refused(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "none")));
    assert_contains(f->why.text, "DB_PASSWORD_FILE: ");
    assert_contains(f->why.text, "/none: No such file or directory");
    load_refused(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "large")));
    assert_contains(f->why.text, "/large is larger than 64kB");
    assert_lacks(f->why.text, "sss");
    load_refused(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "nul")));
    assert_contains(f->why.text, "/nul holds a NUL byte");
    assert_lacks(f->why.text, "hidden");
    load_refused(f, "", ENVIRONMENT(naming(f, "DB_PASSWORD_FILE", "empty")));
    assert_contains(f->why.text, "/empty is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTINGS(the_environment_wins_over_dotenv_and_the_command_line_over_both),
        WITH_SETTINGS(the_last_of_two_lines_counts),
        WITH_SETTINGS(dotenv_may_be_absent_but_not_unreadable),
        WITH_SETTINGS(everything_wrong_is_told_at_once),
        WITH_SETTINGS(every_setting_wrong_fits_into_the_message),
        WITH_SETTINGS(an_unknown_name_of_ours_is_refused_with_the_nearest_known),
        WITH_SETTINGS(other_names_are_nobodys_business),
        WITH_SETTINGS(a_value_that_wants_expansion_is_refused),
        WITH_SETTINGS(a_syntax_error_stops_nothing_but_the_start),
        WITH_SETTINGS(a_secret_may_come_from_a_file),
        WITH_SETTINGS(the_stronger_source_wins_whether_it_names_a_file_or_not),
        WITH_SETTINGS(a_secret_given_twice_is_refused_unless_one_is_empty),
        WITH_SETTINGS(a_secret_file_that_cannot_be_used_is_named_without_its_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
