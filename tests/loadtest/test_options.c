/* test_options.c - the command line. */
#include "common.h"

#include "options.h"

#include <getopt.h>

static struct options options;
static struct reason why;
static int first;

/* Parses "run ARGUMENTS" for a subcommand; 0 or 1. */
static int parse(enum command_bit command, const char *arguments)
{
    static char text[256];
    char *argv[16] = {(char *)"run"}, *rest = text;
    int argc = 1;

    (void)snprintf(text, sizeof(text), "%s", arguments);
    while (rest && *rest && argc < 15)
        argv[argc++] = strsep(&rest, " ");
    optind = 0; /* getopt(3): begin anew */
    options_done(&options);
    return options_parse(&options, command, argc, argv, &first, &why);
}

static int end(void **state UNUSED)
{
    options_done(&options);
    return 0;
}

static void everything_has_a_default(void **state UNUSED)
{
    assert_int_equal(parse(FOR_RUN, ""), 0);
    assert_null(options.profile);
    assert_int_equal(options.seed, 7);
    assert_int_equal(options.workers.n, 0);
    assert_true(options.rate == 0);
    assert_false(options.verify);
}

static void options_are_read(void **state UNUSED)
{
    assert_int_equal(parse(FOR_SWEEP, "--profile small --rate 12.5 --workers 1,2,4 --batch-rows 16 "
                                      "--set PENSTOCK_MAX_DEPTH=9"),
                     0);
    assert_string_equal(options.profile, "small");
    assert_true(options.rate == 12.5);
    assert_int_equal(options.workers.n, 3);
    assert_int_equal(options.workers.values[2], 4);
    assert_int_equal(options.batch_rows.values[0], 16);
    assert_string_equal(settings_list_get(&options.settings, "PENSTOCK_MAX_DEPTH"), "9");
}

static void what_is_wrong_is_named(void **state UNUSED)
{
    static const struct {
        enum command_bit command;
        const char *arguments, *named;
    } cases[] = {
        {FOR_RUN, "--prophile small", "--prophile"},
        {FOR_RUN, "--nothing", "--nothing"},
        {FOR_RUN, "--rounds 2", "--rounds"}, /* of compare and sweep */
        {FOR_RUN, "--profile tiny", "--profile is one of kernel|small|mixed|large, not \"tiny\""},
        {FOR_RUN, "--documents 0", "--documents needs a whole number from 1"},
        {FOR_RUN, "--documents 12x", "not \"12x\""},
        {FOR_RUN, "--documents", "--documents needs a value"},
        {FOR_RUN, "--rate -1", "--rate needs a number above 0"},
        {FOR_RUN, "--workers 1,2", "a list in sweep only"},
        {FOR_SWEEP, "--workers 1,,2", "--workers"},
        {FOR_SWEEP, "--pool 0", "--pool"},
        {FOR_RUN, "--set HOME=/", "--set"},
        {FOR_RUN, "--after burn", "--after is one of archive|delete|keep"},
        {FOR_RUN, "--attach --workers 2", "--attach"},
        {FOR_RUN, "--attach --profile kernel", "--attach"},
        {FOR_SOAK, "--seconds 10 --hold-snapshot 6", "--hold-snapshot"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        why.text[0] = '\0';
        if (parse(cases[i].command, cases[i].arguments) != 1)
            fail_msg("%s is taken", cases[i].arguments);
        assert_contains(why.text, cases[i].named);
    }
}

static void a_later_setting_replaces_an_earlier_one(void **state UNUSED)
{
    struct settings_list list = {0};

    assert_int_equal(parse(FOR_RUN, "--set DB_POOL_MAX=9 --set PENSTOCK_WORKERS=3 --pool 5"), 0);
    assert_int_equal(options_settings(&options, &list), 0);
    assert_int_equal(list.n, 2);
    assert_string_equal(settings_list_get(&list, "DB_POOL_MAX"), "5");
    assert_string_equal(settings_list_get(&list, "PENSTOCK_WORKERS"), "3");
    assert_string_equal(settings_list_get(&list, "PENSTOCK_WORK"), "");
    settings_list_done(&list);
}

static void help_lists_the_options_of_a_subcommand_only(void **state UNUSED)
{
    struct buf text = BUF_INIT;

    options_help(FOR_CORPUS, &text);
    assert_contains(buf_text(&text), "--seed S");
    assert_int_equal(count_of(buf_text(&text), "--rate"), 0);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_has_a_default),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_later_setting_replaces_an_earlier_one),
        cmocka_unit_test(help_lists_the_options_of_a_subcommand_only),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
