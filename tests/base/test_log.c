/* A line an event, that no value can forge. */
#include "common.h"

#include "base/clock.h"
#include "base/log.h"

/* Standard error goes into a pipe while an event is written; returns what came out. Static. */
static int saved_stderr, out[2];

static void listen_begin(void)
{
    assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(dup2(out[1], STDERR_FILENO) >= 0);
}

static const char *listen_end(void)
{
    static char text[8192];
    ssize_t n;

    assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
    n = read(out[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    fd_close(out[0]);
    fd_close(out[1]);
    fd_close(saved_stderr);
    return text;
}

/* The line with its time replaced by T. */
static const char *heard(const char *line, const char *before, const char *after)
{
    static char text[8192];
    const char *from = strstr(line, before), *to;

    assert_non_null(from);
    from += strlen(before);
    assert_int_equal(from[10], 'T');
    to = strstr(from, after);
    assert_ptr_equal(to, from + strlen("2026-11-20T05:12:46.123Z"));
    (void)snprintf(text, sizeof(text), "%.*sT%s", (int)(from - line), line, to);
    return text;
}

#define TEXT_OF(...) (listen_begin(), log_info(__VA_ARGS__), heard(listen_end(), "time=", " "))
#define JSON_OF(...) \
    (listen_begin(), log_info(__VA_ARGS__), heard(listen_end(), "\"time\":\"", "\""))

static int reset(void **state UNUSED)
{
    log_set_role("intake");
    log_set_level(LOG_INFO);
    log_set_format(LOG_FORMAT_TEXT);
    return 0;
}

static void a_line_begins_with_role_time_level_and_event(void **state UNUSED)
{
    assert_string_equal(TEXT_OF("ready"), "role=intake time=T level=info event=ready\n");
    assert_string_equal(
        TEXT_OF("n", F_I64("i", -1), F_U64("u", UINT64_MAX), F_F64("f", 1.5)),
        "role=intake time=T level=info event=n i=-1 u=18446744073709551615 f=1.500\n");
}

static void a_value_is_quoted_when_it_could_be_read_as_something_else(void **state UNUSED)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"plain", "plain"},
        {"/a/b.txt", "/a/b.txt"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"x\"", "\"say \\\"x\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\nrole=pool event=forged", "\"x\\nrole=pool event=forged\""},
        {"x\r", "\"x\\r\""},
        {"\033[2J", "\"\\u001b[2J\""},
        {"\xc2\x9b"
         "2J",
         "\"\\u009b2J\""},
        {"\x7f", "\"\\u007f\""},
        {"\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc3\xa4", "\"\xc3\xa4\""},
    };
    char expected[200];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        (void)snprintf(expected, sizeof(expected),
                       "role=intake time=T level=info event=e name=%s\n", cases[i].written);
        assert_string_equal(TEXT_OF("e", F_STR("name", cases[i].value)), expected);
    }
}

static void bytes_may_hold_nul_and_absent_texts_are_left_out(void **state UNUSED)
{
    assert_string_equal(
        TEXT_OF("e", F_BYTES("path", "a\0b", 3), F_STR("none", NULL), F_U64("n", 1)),
        "role=intake time=T level=info event=e path=\"a\xef\xbf\xbd"
        "b\" n=1\n");
}

static void an_error_is_told_in_words(void **state UNUSED)
{
    assert_string_equal(
        TEXT_OF("e", F_ERR(-ENOENT)),
        "role=intake time=T level=info event=e error=\"No such file or directory\"\n");
}

static void json_lines_hold_the_same_pairs(void **state UNUSED)
{
    log_set_format(LOG_FORMAT_JSON);
    assert_string_equal(
        JSON_OF("e", F_STR("name", "x\n\"y\""), F_STR("none", NULL), F_I64("i", -1), F_U64("u", 2),
                F_F64("f", 0.5), F_BYTES("b", "\0", 1)),
        "{\"role\":\"intake\",\"time\":\"T\",\"level\":\"info\",\"event\":\"e\","
        "\"name\":\"x\\n\\\"y\\\"\",\"i\":-1,\"u\":2,\"f\":0.5,\"b\":\"\xef\xbf\xbd\"}\n");
}

static void what_is_below_the_level_is_not_written(void **state UNUSED)
{
    log_set_level(LOG_WARN);
    listen_begin();
    log_debug("a");
    log_info("b");
    assert_string_equal(listen_end(), "");
    listen_begin();
    log_warn("c");
    assert_contains(listen_end(), "level=warn event=c");
    listen_begin();
    log_error("d");
    assert_contains(listen_end(), "level=error event=d");
}

/* A reader that does not read: the first line that does not fit waits a second for it, the next do
 * not, and once there is room again the number of those dropped is told. */
static void nobody_waits_for_a_reader_that_hangs(void **state UNUSED)
{
    char much[3000] = {0};
    const char *heard_both;
    uint64_t begun;

    memset(much, 'x', sizeof(much) - 1);
    listen_begin();
    assert_int_equal(fcntl(out[1], F_SETPIPE_SZ, 4096), 4096);
    assert_int_equal(fcntl(out[1], F_SETFL, 0), 0);
    log_info("fits", F_STR("text", much));
    begun = clock_now_usec();
    log_info("waits", F_STR("text", much));
    assert_in_range(clock_now_usec() - begun, 900 * USEC_PER_MSEC, 60 * USEC_PER_SEC);
    begun = clock_now_usec();
    for (int i = 0; i < 100; i++)
        log_info("dropped", F_STR("text", much));
    assert_in_range(clock_now_usec() - begun, 0, 900 * USEC_PER_MSEC);
    while (read(out[0], much, sizeof(much)) > 0)
        continue;
    log_info("heard");
    heard_both = listen_end();
    assert_contains(heard_both, "event=heard\n");
    assert_contains(heard_both, "event=log.lost lines=101\n");
    listen_begin();
    log_info("again");
    assert_null(strstr(listen_end(), "log.lost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_begins_with_role_time_level_and_event, reset),
        cmocka_unit_test_setup(a_value_is_quoted_when_it_could_be_read_as_something_else, reset),
        cmocka_unit_test_setup(bytes_may_hold_nul_and_absent_texts_are_left_out, reset),
        cmocka_unit_test_setup(an_error_is_told_in_words, reset),
        cmocka_unit_test_setup(json_lines_hold_the_same_pairs, reset),
        cmocka_unit_test_setup(what_is_below_the_level_is_not_written, reset),
        cmocka_unit_test_setup(nobody_waits_for_a_reader_that_hangs, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
