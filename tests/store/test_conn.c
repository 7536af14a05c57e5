/* The asynchronous connection against a real PostgreSQL: what comes back, what an error leaves
 * behind, and what is told when the connection is lost. */
#include "fixture.h"

#include "base/clock.h"
#include "store/embedded.h"
#include "store/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One cluster for all tests of this program. */
static struct fixture fixture;
static struct embedded *borrowed;

struct world {
    struct loop *loop;
    struct conn *conn;
    struct params *params;
    char log[512];             /* "open;done;lost;" in the order of the callbacks */
    struct db_failure failure; /* of the last done */
    struct db_failure lost;
    char notice[128];
    void (*look)(struct world *w, struct rows *const *rows, size_t n);
    bool free_in_callback;
    int n_looked;
};

static void say(struct world *w, const char *what)
{
    (void)snprintf(w->log + strlen(w->log), sizeof(w->log) - strlen(w->log), "%s;", what);
}

static void on_open(void *user, struct conn *c)
{
    struct world *w = user;

    say(w, "open");
    if (w->free_in_callback)
        w->conn = conn_free(c);
    loop_stop(w->loop);
}

static void on_lost(void *user, struct conn *c, const struct db_failure *failure)
{
    struct world *w = user;

    say(w, "lost");
    w->lost = *failure;
    if (w->free_in_callback)
        w->conn = conn_free(c);
    loop_stop(w->loop);
}

static void on_notice(void *user, struct conn *c, const char *sqlstate, const char *text)
{
    struct world *w = user;

    (void)snprintf(w->notice, sizeof(w->notice), "%s %s", sqlstate, text);
    if (w->free_in_callback) {
        say(w, "notice");
        w->conn = conn_free(c);
        loop_stop(w->loop);
    }
}

static const struct conn_events events = {
    .on_open = on_open, .on_lost = on_lost, .on_notice = on_notice};

static void look_after_error(struct world *w, struct rows *const *rows, size_t n);

static void on_done(void *user, struct conn *c, struct rows *const *rows, size_t n,
                    const struct db_failure *failure)
{
    struct world *w = user;

    say(w, "done");
    w->failure = *failure;
    if (w->look && failure->class != SQLSTATE_OK && w->look != look_after_error)
        print_error("%s: %s\n", failure->sqlstate, failure->text);
    if (w->look) {
        w->n_looked++;
        w->look(w, rows, n);
    }
    if (w->free_in_callback)
        w->conn = conn_free(c);
    loop_stop(w->loop);
}

static void run_loop(struct world *w)
{
    assert_int_equal(loop_run(w->loop), 0);
}

static void connect_to(struct world *w, const struct settings *s, uint64_t timeout_usec)
{
    struct reason why = {0};
    struct target *target;

    assert_int_equal(target_new(s, "penstock/test", &target, &why), 0);
    assert_int_equal(conn_new(w->loop, target, timeout_usec, &events, w, &w->conn), 0);
    assert_string_equal(w->log, "");
    (void)target_free(target);
    run_loop(w);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    *state = w;
    w->params = params_new();
    return loop_new(&w->loop);
}

static int setup_connected(void **state)
{
    int r = setup(state);
    struct world *w = *state;

    connect_to(w, &fixture.settings, 5 * USEC_PER_SEC);
    assert_string_equal(w->log, "open;");
    w->log[0] = '\0';
    return r;
}

static int teardown(void **state)
{
    struct world *w = *state;

    w->conn = conn_free(w->conn);
    w->loop = loop_free(w->loop);
    w->params = params_free(w->params);
    free(w);
    return 0;
}

#define ANSWER_USEC (60 * USEC_PER_SEC)

static void run_list(struct world *w, const struct statement *list, size_t n)
{
    w->log[0] = '\0';
    assert_int_equal(conn_run(w->conn, list, n, ANSWER_USEC, on_done, w), 0);
    assert_string_equal(w->log, "");
    run_loop(w);
}

#define RUN(w, ...)                                      \
    run_list(w, (const struct statement[]){__VA_ARGS__}, \
             sizeof((const struct statement[]){__VA_ARGS__}) / sizeof(struct statement))

/* Runs one statement on another connection. */
static int64_t ask(const char *sql)
{
    struct reason why = {0};
    struct db_failure failure = {0};
    struct session *s;
    struct rows *rows;
    int64_t value;

    if (session_open(&fixture.settings, "penstock/other", &s, &why, NULL) != 0)
        fail_msg("%s", why.text);
    if (session_run(s, sql, NULL, &rows, &failure) != 0)
        fail_msg("%s", failure.text);
    value = rows_int(rows, 0, 0);
    (void)rows_free(rows);
    (void)session_close(s);
    return value;
}

static void look_types(struct world *w UNUSED, struct rows *const *rows, size_t n)
{
    size_t size;

    assert_int_equal(n, 1);
    assert_int_equal(rows_count(rows[0]), 1);
    assert_int_equal(rows_int(rows[0], 0, 0), -5);
    assert_int_equal(rows_int(rows[0], 0, 1), -70000);
    assert_int_equal(rows_int(rows[0], 0, 2), INT64_MIN);
    assert_true(rows_bool(rows[0], 0, 3));
    assert_true(rows_float(rows[0], 0, 4) == 0.5);
    assert_true(rows_float(rows[0], 0, 5) == -2.25);
    assert_string_equal(rows_bytes(rows[0], 0, 6, &size), "{\"a\": 1}");
    assert_int_equal(size, 8);
    assert_true(rows_usec(rows[0], 0, 7) == 1500000);
    assert_true(rows_usec(rows[0], 0, 8) == INT64_MAX);
    assert_true(rows_usec(rows[0], 0, 9) == 0);
    assert_true(rows_is_null(rows[0], 0, 10));
    assert_string_equal(rows_bytes(rows[0], 0, 10, &size), "");
    assert_int_equal(size, 0);
    assert_memory_equal(rows_bytes(rows[0], 0, 11, &size), "\0\377", 2);
    assert_int_equal(size, 2);
    assert_true(rows_is_null(rows[0], 5, 0));
    assert_true(rows_is_null(rows[0], 0, 50));
    assert_string_equal(rows_tag(rows[0]), "SELECT 1");
}

static void test_every_type_is_read(void **state)
{
    struct world *w = *state;

    w->look = look_types;
    RUN(w,
        {.sql =
             "select -5::int2, -70000::int4, (-9223372036854775808)::int8, true, 0.5::float4, "
             "-2.25::float8, "
             "'{\"a\":1}'::jsonb, timestamptz 'epoch' + interval '1.5 s', 'infinity'::timestamptz, "
             "'-infinity'::timestamptz, null::text, '\\x00ff'::bytea"});
    assert_int_equal(w->failure.class, SQLSTATE_OK);
    assert_int_equal(w->n_looked, 1);
}

static void look_true(struct world *w UNUSED, struct rows *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_non_null(rows[i]);
        assert_true(rows_bool(rows[i], 0, 0));
    }
}

static void test_parameters_arrive(void **state)
{
    struct world *w = *state;
    struct params *p = w->params;

    params_add_int8(p, -7);
    params_add_bool(p, true);
    params_add_text(p, "z\303\244", 3);
    params_add_bytea(p, "\0\1", 2);
    params_add_jsonb(p, "[1]", 3);
    params_add_null(p, PARAM_TEXT);
    params_add_array(p, PARAM_TEXT, 2);
    params_element(p, "", 0);
    params_element(p, NULL, 0);
    params_add_array(p, PARAM_JSONB, 1);
    params_element(p, "{\"k\":null}", 10);
    params_add_array(p, PARAM_INT4, 1);
    params_element_int8(p, 12);
    params_add_array(p, PARAM_BYTEA, 0);
    params_add_array(p, PARAM_TSVECTOR, 1);
    params_element(p, "\0\0\0\1cat\0\0\1\300\2",
                   12); /* one lexeme, one position: 2 with weight A */
    w->look = look_true;
    RUN(w,
        {.sql = "select $1 = -7 and $2 and $3 = 'z\303\244' and $4 = '\\x0001'::bytea and $5 = "
                "'[1]'::jsonb and $6 is null "
                "and $7 = array['', null] and $8 = array['{\"k\":null}'::jsonb] and $9 = array[12] "
                "and $10 = array[]::bytea[] and $11 = array['''cat'':2A'::tsvector]",
         .params = p});
    assert_string_equal(w->failure.text, "");
    assert_int_equal(w->n_looked, 1);
}

static void look_sixteen_mb(struct world *w UNUSED, struct rows *const *rows, size_t n UNUSED)
{
    size_t size;
    const char *text = rows_bytes(rows[0], 0, 0, &size);

    assert_int_equal(size, 16 << 20);
    assert_int_equal(text[0], 'x');
    assert_int_equal(text[size - 1], 'x');
    assert_int_equal(strlen(text), size);
}

static void test_sixteen_megabytes_go_and_come_back(void **state)
{
    struct world *w = *state;
    char *text = malloc(16 << 20);

    memset(text, 'x', 16 << 20);
    params_add_text(w->params, text, 16 << 20);
    free(text);
    w->look = look_sixteen_mb;
    RUN(w, {.sql = "select $1", .params = w->params});
    assert_string_equal(w->failure.text, "");
    assert_int_equal(w->n_looked, 1);
    assert_true(conn_is_idle(w->conn));
}

static void look_many(struct world *w UNUSED, struct rows *const *rows, size_t n)
{
    size_t size;

    for (size_t i = 0; i < n; i++) {
        (void)rows_bytes(rows[i], 0, 0, &size);
        assert_int_equal(size, 1 << 20);
    }
}

/* Both directions are full at once: neither side may wait for the other to read. */
static void test_large_requests_and_answers_do_not_block_each_other(void **state)
{
    struct world *w = *state;
    struct statement list[40];
    char *text = malloc(1 << 20);

    memset(text, 'y', 1 << 20);
    params_add_text(w->params, text, 1 << 20);
    free(text);
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        list[i] = (struct statement){.sql = "select $1", .params = w->params};
    w->look = look_many;
    run_list(w, list, ARRAY_SIZE(list));
    assert_string_equal(w->failure.text, "");
    assert_int_equal(w->n_looked, 1);
}

static void test_nul_in_text_is_refused_not_cut(void **state)
{
    struct world *w = *state;

    params_add_text(w->params, "a\0b", 3);
    RUN(w, {.sql = "select $1", .params = w->params});
    assert_string_equal(w->failure.sqlstate, "22021");
    assert_int_equal(w->failure.class, SQLSTATE_POISON);
    assert_true(conn_is_idle(w->conn));
}

static void look_tags(struct world *w UNUSED, struct rows *const *rows, size_t n)
{
    assert_int_equal(n, 3);
    assert_string_equal(rows_tag(rows[0]), "BEGIN");
    assert_string_equal(rows_tag(rows[1]), "INSERT 0 2");
    assert_string_equal(rows_tag(rows[2]), "COMMIT");
}

static void test_a_transaction_is_one_request(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "create table public.a (x int)"});
    w->look = look_tags;
    RUN(w, {.sql = "begin"}, {.sql = "insert into public.a values (1), (2)"}, {.sql = "commit"});
    assert_int_equal(w->n_looked, 1);
    assert_int_equal(ask("select count(*) from public.a"), 2);
}

static void look_after_error(struct world *w UNUSED, struct rows *const *rows, size_t n)
{
    assert_int_equal(n, 4);
    assert_non_null(rows[0]);
    assert_non_null(rows[1]);
    assert_null(rows[2]);
    assert_null(rows[3]);
}

static void test_an_error_ends_the_request_and_its_transaction(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "create table public.b (x int check (x > 0))"});
    w->look = look_after_error;
    RUN(w, {.sql = "begin"}, {.sql = "insert into public.b values (1)"},
        {.sql = "insert into public.b values (0)"}, {.sql = "commit"});
    assert_int_equal(w->n_looked, 1);
    assert_string_equal(w->failure.sqlstate, "23514");
    assert_int_equal(w->failure.class, SQLSTATE_POISON);
    assert_non_null(strstr(w->failure.text, "b_x_check"));
    w->look = look_true;
    RUN(w, {.sql = "select pg_current_xact_id_if_assigned() is null"},
        {.sql = "select count(*) = 0 from public.b"});
    assert_string_equal(w->log, "done;");
    assert_int_equal(ask("select count(*) from pg_stat_activity where state like 'idle in%'"), 0);
}

static void test_a_transaction_may_span_requests(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "create table public.c (x int)"});
    RUN(w, {.sql = "begin"}, {.sql = "insert into public.c values (1)"});
    assert_int_equal(ask("select count(*) from public.c"), 0);
    assert_true(conn_is_idle(w->conn));
    RUN(w, {.sql = "commit"});
    assert_int_equal(ask("select count(*) from public.c"), 1);
    RUN(w, {.sql = "begin"}, {.sql = "insert into public.c values (2)"});
    RUN(w, {.sql = "select 1/0"});
    assert_string_equal(w->failure.sqlstate, "22012");
    RUN(w, {.sql = "insert into public.c values (3)"});
    assert_int_equal(ask("select count(*) from public.c"), 2);
}

static void test_one_request_at_a_time(void **state)
{
    struct world *w = *state;
    const struct statement one = {.sql = "select 1"};

    assert_int_equal(conn_run(w->conn, &one, 1, ANSWER_USEC, on_done, w), 0);
    assert_false(conn_is_idle(w->conn));
    assert_int_equal(conn_run(w->conn, &one, 1, ANSWER_USEC, on_done, w), -EBUSY);
    run_loop(w);
    assert_string_equal(w->log, "done;");
    assert_true(conn_idle_since_usec(w->conn) >= conn_opened_usec(w->conn));
}

/* As when its process is stopped, or what stands in between has forgotten it. */
static void test_a_server_that_does_not_answer_in_time_is_lost(void **state)
{
    struct world *w = *state;
    const struct statement sleep = {.sql = "select pg_sleep(0.5)"};

    assert_int_equal(conn_run(w->conn, &sleep, 1, 100 * USEC_PER_MSEC, on_done, w), 0);
    run_loop(w);
    assert_string_equal(w->log, "done;lost;");
    assert_int_equal(w->failure.class, SQLSTATE_LOST);
    assert_non_null(strstr(w->failure.text, "no answer from"));
    w->conn = conn_free(w->conn);
    while (ask("select count(*) from pg_stat_activity where application_name = 'penstock/test'") >
           0)
        usleep(50000); /* the server notices when it has slept */
}

static void test_the_deadline_of_one_request_is_not_that_of_the_next(void **state)
{
    struct world *w = *state;
    const struct statement one = {.sql = "select 1"}, slow = {.sql = "select pg_sleep(0.3)"};

    assert_int_equal(conn_run(w->conn, &one, 1, 200 * USEC_PER_MSEC, on_done, w), 0);
    run_loop(w);
    RUN(w, slow);
    assert_string_equal(w->log, "done;");
}

static void test_an_empty_request_is_answered(void **state)
{
    struct world *w = *state;

    run_list(w, NULL, 0);
    assert_string_equal(w->log, "done;");
    RUN(w, {.sql = ""});
    assert_int_equal(w->failure.class, SQLSTATE_OK);
}

static void test_faulty_parameters_are_refused_before_anything_is_sent(void **state)
{
    struct world *w = *state;
    const struct statement one = {.sql = "select $1", .params = w->params};

    params_add_array(w->params, PARAM_TEXT, 2);
    assert_int_equal(conn_run(w->conn, &one, 1, ANSWER_USEC, on_done, w), -EINVAL);
    assert_true(conn_is_idle(w->conn));
}

static void test_notices_are_told(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "do $$ begin raise warning 'mind the gap'; end $$"});
    assert_string_equal(w->notice, "01000 mind the gap");
    assert_int_equal(w->failure.class, SQLSTATE_OK);
}

static void test_copy_is_an_error_not_a_hang(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "copy pg_class to stdout"});
    assert_string_equal(w->log, "done;lost;");
    assert_string_equal(w->failure.sqlstate, "08P01");
}

static void start_sleeping(struct world *w)
{
    static const struct statement sleep = {.sql = "select pg_sleep(60)"};

    assert_int_equal(conn_run(w->conn, &sleep, 1, ANSWER_USEC, on_done, w), 0);
}

#define END_OTHERS                                                                            \
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = " \
    "'penstock/test'"

static void run_until_lost(struct world *w)
{
    while (!strstr(w->log, "lost"))
        run_loop(w);
}

static void test_a_connection_killed_during_a_request(void **state)
{
    struct world *w = *state;

    start_sleeping(w);
    assert_int_equal(ask(END_OTHERS), 1);
    run_until_lost(w);
    assert_string_equal(w->log, "done;lost;");
    assert_int_equal(w->failure.class, SQLSTATE_LOST);
    assert_string_equal(w->failure.sqlstate, "57P01");
    assert_string_equal(w->lost.sqlstate, "57P01");
    assert_false(conn_is_idle(w->conn));
}

static void test_a_connection_killed_while_idle(void **state)
{
    struct world *w = *state;

    assert_int_equal(ask(END_OTHERS), 1);
    run_until_lost(w);
    assert_string_equal(w->log, "lost;");
    assert_string_equal(w->lost.sqlstate, "57P01");
    assert_int_equal(w->lost.class, SQLSTATE_LOST);
}

static void test_a_request_on_a_connection_that_died_unnoticed(void **state)
{
    struct world *w = *state;

    assert_int_equal(ask(END_OTHERS), 1);
    (void)usleep(100000);
    start_sleeping(w);
    run_until_lost(w);
    assert_string_equal(w->log, "done;lost;");
    assert_int_equal(w->failure.class, SQLSTATE_LOST);
}

static void test_a_failed_request_on_a_read_only_server_ends_the_connection(void **state)
{
    struct world *w = *state;

    RUN(w, {.sql = "begin read only"}, {.sql = "create table public.never (x int)"},
        {.sql = "commit"});
    assert_string_equal(w->log, "done;lost;");
    assert_string_equal(w->failure.sqlstate, "25006");
    assert_int_equal(w->failure.class, SQLSTATE_LOST);
}

static void test_free_in_done(void **state)
{
    struct world *w = *state;

    w->free_in_callback = true;
    RUN(w, {.sql = "select 1"});
    assert_null(w->conn);
}

static void test_free_in_done_of_a_lost_connection(void **state)
{
    struct world *w = *state;

    start_sleeping(w);
    assert_int_equal(ask(END_OTHERS), 1);
    w->free_in_callback = true;
    run_loop(w);
    assert_string_equal(w->log, "done;");
    assert_null(w->conn);
}

static void test_free_in_notice(void **state)
{
    struct world *w = *state;

    w->free_in_callback = true;
    RUN(w, {.sql = "do $$ begin raise warning 'x'; end $$"}, {.sql = "select 1"});
    assert_string_equal(w->log, "notice;");
}

static void test_free_while_running_calls_nobody(void **state)
{
    struct world *w = *state;

    start_sleeping(w);
    w->conn = conn_free(w->conn);
    assert_string_equal(w->log, "");
}

static void test_free_in_open(void **state)
{
    struct world *w = *state;

    w->free_in_callback = true;
    connect_to(w, &fixture.settings, 5 * USEC_PER_SEC);
    assert_string_equal(w->log, "open;");
    assert_null(w->conn);
}

static void use_url(struct fixture *f, const char *url)
{
    assert_int_equal(settings_init(&f->settings), 0);
    fixture_set(f, SETTING_DATABASE_URL, url);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    struct fixture f;

    use_url(&f, "postgresql://u:secret@127.0.0.1:9/none");
    w->free_in_callback = true;
    connect_to(w, &f.settings, 5 * USEC_PER_SEC);
    assert_string_equal(w->log, "lost;");
    assert_int_equal(w->lost.class, SQLSTATE_LOST);
    assert_non_null(strstr(w->lost.text, "refused"));
    assert_null(strstr(w->lost.text, "secret"));
    settings_done(&f.settings);
}

static void test_no_such_database_is_configuration(void **state)
{
    struct world *w = *state;
    struct fixture f;
    char url[512], socket_folder[256];

    assert_int_equal(
        embedded_socket_folder(&fixture.settings, socket_folder, sizeof(socket_folder)), 0);
    (void)snprintf(url, sizeof(url), "host=%s user=penstock dbname=nowhere", socket_folder);
    use_url(&f, url);
    connect_to(w, &f.settings, 5 * USEC_PER_SEC);
    assert_string_equal(w->log, "lost;");
    assert_string_equal(w->lost.sqlstate, "3D000");
    assert_int_equal(w->lost.class, SQLSTATE_CONFIG);
    assert_string_equal(w->lost.text, "database \"nowhere\" does not exist");
    settings_done(&f.settings);
}

/* A server that accepts and says nothing. */
static int listen_silently(char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(url, size, "postgresql://u:secret@127.0.0.1:%d/d", ntohs(address.sin_port));
    return fd;
}

static void test_a_silent_server_is_given_up(void **state)
{
    struct world *w = *state;
    struct fixture f;
    char url[128];
    int fd = listen_silently(url, sizeof(url));
    uint64_t began = clock_now_usec();

    use_url(&f, url);
    connect_to(w, &f.settings, 200000);
    assert_string_equal(w->log, "lost;");
    assert_int_equal(w->lost.class, SQLSTATE_LOST);
    assert_non_null(strstr(w->lost.text, "within 0.2 seconds"));
    assert_null(strstr(w->lost.text, "secret"));
    assert_true(clock_now_usec() - began < 2 * USEC_PER_SEC);
    settings_done(&f.settings);
    (void)close(fd);
}

static void test_a_session_gives_a_silent_server_up(void **state UNUSED)
{
    struct fixture f;
    struct session *s;
    struct reason why = {0};
    char url[128];
    int exit_code = 0, fd = listen_silently(url, sizeof(url));

    use_url(&f, url);
    fixture_set(&f, SETTING_DB_CONNECT_TIMEOUT, "200ms");
    assert_int_equal(session_open(&f.settings, "penstock/test", &s, &why, &exit_code), 1);
    assert_int_equal(exit_code, EXIT_DATABASE);
    assert_non_null(strstr(why.text, "no answer"));
    assert_null(strstr(why.text, "secret"));
    settings_done(&f.settings);
    (void)close(fd);
}

static void test_a_bad_url_is_usage_and_keeps_its_secret(void **state UNUSED)
{
    static const char *const urls[] = {"postgresql://u:secret@h:1/d?secret=1", "secret",
                                       "postgresql://u:secret%zz@h/d",
                                       "password=secret nonsense=secret"};
    struct fixture f;
    struct session *s;

    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        struct reason why = {0};
        int exit_code = 0;

        use_url(&f, urls[i]);
        assert_int_equal(session_open(&f.settings, "penstock/test", &s, &why, &exit_code), 1);
        assert_int_equal(exit_code, EXIT_USAGE);
        assert_non_null(strstr(why.text, "DATABASE_URL"));
        assert_null(strstr(why.text, "secret"));
        settings_done(&f.settings);
    }
}

static void test_target_text(void **state UNUSED)
{
    struct fixture f;
    struct target *t;
    struct reason why = {0};

    use_url(&f, "postgresql://ann:secret@db.example.org:6000/docs?sslmode=require");
    assert_int_equal(target_new(&f.settings, "x", &t, &why), 0);
    assert_string_equal(target_text(t), "ann@db.example.org:6000/docs");
    (void)target_free(t);
    settings_done(&f.settings);
    assert_int_equal(settings_init(&f.settings), 0);
    fixture_set(&f, SETTING_DB_HOST, "h");
    fixture_set(&f, SETTING_DB_USERNAME, "u");
    fixture_set(&f, SETTING_DB_PASSWORD, "secret");
    fixture_set(&f, SETTING_DB_DATABASE, "d=x");
    assert_int_equal(target_new(&f.settings, "x", &t, &why), 0);
    assert_string_equal(target_text(t), "u@h:5432/d=x");
    (void)target_free(t);
    settings_done(&f.settings);
}

static void test_an_environment_that_diverts_is_refused(void **state UNUSED)
{
    struct target *t;
    struct reason why = {0};

    assert_int_equal(setenv("PGHOSTADDR", "127.0.0.1", 1), 0);
    assert_int_equal(target_new(&fixture.settings, "x", &t, &why), 1);
    assert_non_null(strstr(why.text, "PGHOSTADDR"));
    assert_int_equal(unsetenv("PGHOSTADDR"), 0);
}

static int setup_cluster(void **state UNUSED)
{
    struct reason why = {0};

    fixture_init(&fixture);
    if (embedded_borrow(&fixture.settings, &borrowed, &why) == 0)
        return 0;
    print_error("%s\n", why.text);
    return -1;
}

static int teardown_cluster(void **state UNUSED)
{
    borrowed = embedded_return(borrowed);
    fixture_done(&fixture);
    return 0;
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CONNECTED(name) cmocka_unit_test_setup_teardown(name, setup_connected, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(test_every_type_is_read),
        CONNECTED(test_parameters_arrive),
        CONNECTED(test_sixteen_megabytes_go_and_come_back),
        CONNECTED(test_large_requests_and_answers_do_not_block_each_other),
        CONNECTED(test_nul_in_text_is_refused_not_cut),
        CONNECTED(test_a_transaction_is_one_request),
        CONNECTED(test_an_error_ends_the_request_and_its_transaction),
        CONNECTED(test_a_transaction_may_span_requests),
        CONNECTED(test_one_request_at_a_time),
        CONNECTED(test_a_server_that_does_not_answer_in_time_is_lost),
        CONNECTED(test_the_deadline_of_one_request_is_not_that_of_the_next),
        CONNECTED(test_an_empty_request_is_answered),
        CONNECTED(test_faulty_parameters_are_refused_before_anything_is_sent),
        CONNECTED(test_notices_are_told),
        CONNECTED(test_copy_is_an_error_not_a_hang),
        CONNECTED(test_a_connection_killed_during_a_request),
        CONNECTED(test_a_connection_killed_while_idle),
        CONNECTED(test_a_request_on_a_connection_that_died_unnoticed),
        CONNECTED(test_a_failed_request_on_a_read_only_server_ends_the_connection),
        CONNECTED(test_free_in_done),
        CONNECTED(test_free_in_done_of_a_lost_connection),
        CONNECTED(test_free_in_notice),
        CONNECTED(test_free_while_running_calls_nobody),
        TEST(test_free_in_open),
        TEST(test_refused),
        TEST(test_no_such_database_is_configuration),
        TEST(test_a_silent_server_is_given_up),
        TEST(test_a_session_gives_a_silent_server_up),
        TEST(test_a_bad_url_is_usage_and_keeps_its_secret),
        TEST(test_target_text),
        TEST(test_an_environment_that_diverts_is_refused),
    };

    return cmocka_run_group_tests(tests, setup_cluster, teardown_cluster);
}
