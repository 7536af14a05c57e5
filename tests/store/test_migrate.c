/* The schema is made, undone and judged; two starters do not meet in the middle. */
#include "fixture.h"

#include "store/embedded.h"
#include "store/migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fixture fixture;
static struct embedded *borrowed;

static struct session *open_session(void)
{
    struct session *s = NULL;
    struct reason why = {0};

    if (session_open(&fixture.settings, "penstock/test", &s, &why, NULL) != 0)
        fail_msg("%s", why.text);
    return s;
}

static void run(struct session *s, const char *sql)
{
    struct db_failure failure = {0};

    if (session_script(s, sql, &failure) != 0)
        fail_msg("%s: %s", sql, failure.text);
}

static int64_t ask(struct session *s, const char *sql)
{
    struct db_failure failure = {0};
    struct rows *rows = NULL;
    int64_t value;

    if (session_run(s, sql, NULL, &rows, &failure) != 0)
        fail_msg("%s: %s", sql, failure.text);
    value = rows_int(rows, 0, 0);
    (void)rows_free(rows);
    return value;
}

static void count_step(void *user, const struct migration *m UNUSED)
{
    ++*(int *)user;
}

static int up(struct session *s)
{
    struct reason why = {0};
    int steps = 0, r = migrate_up(s, 0, count_step, &steps, &why);

    if (r != 0)
        fail_msg("%s", why.text);
    return steps;
}

static void down(struct session *s, int steps)
{
    struct reason why = {0};

    if (migrate_down(s, steps, NULL, NULL, &why) != 0)
        fail_msg("%s", why.text);
}

/* Every test begins on an empty database. */
static int setup(void **state)
{
    struct session *s = open_session();

    run(s, "drop schema if exists penstock cascade");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    *state = session_close(*state);
    return 0;
}

static char *dump(void)
{
    char command[512], socket_folder[256];
    struct buf text = BUF_INIT;
    size_t n;
    FILE *f;

    assert_int_equal(
        embedded_socket_folder(&fixture.settings, socket_folder, sizeof(socket_folder)), 0);
    (void)snprintf(
        command, sizeof(command),
        "pg_dump -s -n penstock -U penstock -h %s penstock | grep -v '^.\\(un\\)\\?restrict '",
        socket_folder);
    f = popen(command, "r");
    assert_non_null(f);
    do {
        char *to = buf_reserve(&text, 65536);

        assert_non_null(to);
        n = fread(to, 1, 65536, f);
        buf_seal(&text, n);
    } while (n > 0);
    assert_int_equal(pclose(f), 0);
    return buf_take(&text);
}

static void test_up_down_up_leaves_the_same(void **state)
{
    char *first, *second;
    size_t n;

    (void)migrations_list(&n);
    assert_int_equal(up(*state), n);
    first = dump();
    assert_non_null(strstr(first, "documents_tsv_idx"));
    down(*state, 99);
    assert_int_equal(ask(*state, "select count(*) from pg_class where relnamespace = "
                                 "'penstock'::regnamespace and relkind <> 'i'"),
                     1);
    assert_int_equal(
        ask(*state, "select count(*) from pg_proc where pronamespace = 'penstock'::regnamespace"),
        0);
    assert_int_equal(ask(*state, "select count(*) from penstock.schema_migrations"), 0);
    assert_int_equal(up(*state), n);
    second = dump();
    assert_string_equal(first, second);
    free(first);
    free(second);
}

/* Not even the lock is taken: another session holds it, and nobody waits. */
static void test_up_to_date_is_only_read(void **state)
{
    struct session *other = open_session();

    (void)up(*state);
    run(other, "select pg_advisory_lock(8099003940926448491)");
    run(*state, "set lock_timeout = '1s'; set default_transaction_read_only = on");
    (void)alarm(20);
    assert_int_equal(up(*state), 0);
    (void)alarm(0);
    run(*state, "set default_transaction_read_only = off");
    other = session_close(other);
}

static void test_status(void **state)
{
    struct migration_status *list;
    struct reason why = {0};
    size_t n;

    assert_int_equal(migrate_status(*state, &list, &n, &why), 0);
    assert_true(n >= 1);
    assert_int_equal(list[0].state, MIGRATION_PENDING);
    assert_string_equal(list[0].name, "schema");
    assert_string_equal(list[0].applied_at, "");
    free(list);
    (void)up(*state);
    run(*state, "insert into penstock.schema_migrations (version, name, sha256) values (999, "
                "'tomorrow', 'x')");
    assert_int_equal(migrate_status(*state, &list, &n, &why), 0);
    assert_int_equal(list[0].state, MIGRATION_APPLIED);
    assert_int_equal(strlen(list[0].applied_at), strlen("2026-11-20T05:12:46Z"));
    assert_int_equal(list[n - 1].state, MIGRATION_UNKNOWN);
    assert_string_equal(list[n - 1].name, "tomorrow");
    free(list);
}

static void expect_mismatch(struct session *s, const char *word)
{
    struct reason why = {0};

    assert_int_equal(migrate_up(s, 0, NULL, NULL, &why), MIGRATE_MISMATCH);
    if (!strstr(why.text, word))
        fail_msg("%s", why.text);
    assert_int_equal(migrate_down(s, 1, NULL, NULL, &why), MIGRATE_MISMATCH);
    assert_int_equal(migrate_verify(s, &why), MIGRATE_MISMATCH);
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)up(*state);
    run(*state, "insert into penstock.schema_migrations (version, name, sha256) values (999, "
                "'tomorrow', 'x')");
    expect_mismatch(*state, "999 (tomorrow)");
}

static void test_drift_is_refused(void **state)
{
    (void)up(*state);
    run(*state, "update penstock.schema_migrations set sha256 = 'other' where version = 1");
    expect_mismatch(*state, "migration 1 (schema)");
}

static void test_a_failed_migration_leaves_nothing(void **state)
{
    struct reason why = {0};

    run(*state, "create schema penstock; create table penstock.events (x int)");
    assert_int_equal(migrate_up(*state, 0, NULL, NULL, &why), MIGRATE_FAILED);
    assert_non_null(strstr(why.text, "applying migration 1 (schema)"));
    assert_non_null(strstr(why.text, "42P07"));
    assert_int_equal(
        ask(*state, "select count(*) from pg_class where relnamespace = 'penstock'::regnamespace"),
        1);
    assert_int_equal(
        ask(*state, "select count(*) from pg_stat_activity where state like 'idle in%'"), 0);
    run(*state, "drop table penstock.events");
    assert_true(up(*state) > 0);
}

static void starter(int go_fd)
{
    struct session *s = NULL;
    struct reason why = {0};
    int steps = 0;
    char go;

    if (session_open(&fixture.settings, "penstock/racer", &s, &why, NULL) != 0)
        _exit(100);
    if (read(go_fd, &go, 1) < 0 || migrate_up(s, 0, count_step, &steps, &why) != 0) {
        print_error("%s\n", why.text);
        _exit(101);
    }
    (void)session_close(s);
    _exit(steps);
}

/* All begin at the closing of the pipe; every migration is applied once over all. */
static void test_racing_starters(void **state)
{
    pid_t pids[4];
    int fds[2], status, steps = 0;
    size_t n;

    for (int round = 0; round < 5; round++) {
        run(*state, "drop schema if exists penstock cascade");
        assert_int_equal(pipe(fds), 0);
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
            pids[i] = fork();
            if (pids[i] == 0) {
                (void)close(fds[1]);
                starter(fds[0]);
            }
        }
        (void)close(fds[0]);
        (void)usleep(100000);
        (void)close(fds[1]);
        steps = 0;
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_true(WIFEXITED(status));
            assert_true(WEXITSTATUS(status) < 100);
            steps += WEXITSTATUS(status);
        }
        (void)migrations_list(&n);
        assert_int_equal(steps, n);
    }
}

static void test_verify_agrees_with_itself(void **state)
{
    struct reason why = {0};

    (void)up(*state);
    if (migrate_verify(*state, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(
        ask(*state, "select count(*) from pg_namespace where nspname = 'penstock_verify'"), 0);
}

static void test_verify_before_up(void **state)
{
    struct reason why = {0};

    assert_int_equal(migrate_verify(*state, &why), MIGRATE_MISMATCH);
    assert_non_null(strstr(why.text, "version 0"));
}

static const struct {
    const char *change, *found;
} changes[] = {
    {"drop index penstock.documents_tsv_idx", "missing index documents_tsv_idx"},
    {"create index extra on penstock.jobs (state)", "unexpected index extra"},
    {"alter table penstock.jobs add column x int", "unexpected column jobs.x"},
    {"alter table penstock.jobs drop column error", "missing column jobs.error"},
    {"alter table penstock.jobs alter column attempt type int8", "different column jobs.attempt"},
    {"alter table penstock.jobs alter column attempt set default 2",
     "different column jobs.attempt"},
    {"alter table penstock.jobs alter column error set not null", "different column jobs.error"},
    {"alter table penstock.jobs alter column node set (n_distinct = 7)",
     "different column jobs.node"},
    {"alter table penstock.documents alter column body set compression pglz",
     "different column documents.body"},
    {"alter table penstock.jobs set (fillfactor = 90)", "different table jobs"},
    {"alter table penstock.jobs drop constraint jobs_state_check",
     "missing constraint jobs.jobs_state_check"},
    {"alter table penstock.jobs add constraint c check (size >= 0) not valid",
     "unexpected constraint jobs.c"},
    {"alter sequence penstock.job_token increment 2", "different sequence job_token (numbers)"},
    {"create or replace function penstock.vector(config regconfig, body text) returns tsvector "
     "language sql as "
     "'select null::tsvector'",
     "different function vector"},
    {"drop function penstock.search", "missing function search"},
    {"create table penstock.extra (x int)", "unexpected table extra"},
    {"create view penstock.extra as select 1 as x", "unexpected view extra"},
    {"comment on table penstock.jobs is 'mine'", "different comment jobs"},
    {"comment on column penstock.jobs.state is null", "missing comment jobs.state"},
    {"create function penstock.f() returns trigger language plpgsql as 'begin return new; end'; "
     "create trigger t before insert on penstock.jobs for each row execute function penstock.f()",
     "unexpected trigger jobs.t"},
    {"create type penstock.mood as enum ('good')", "unexpected type mood"},
    {"drop table penstock.schema_migrations cascade; create table penstock.schema_migrations "
     "(version int, name text, "
     "sha256 text, applied_at timestamptz default now())",
     "version 0"},
};

static void test_verify_finds_each_change(void **state)
{
    struct session *s = *state;

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct reason why = {0};

        run(s, "drop schema if exists penstock cascade");
        (void)up(s);
        run(s, changes[i].change);
        if (migrate_verify(s, &why) != MIGRATE_MISMATCH || !strstr(why.text, changes[i].found))
            fail_msg("%s: %s", changes[i].change, why.text);
    }
}

/* The vector of a text that to_tsvector() refuses as too long is there all the same. */
static void test_vector_of_long_texts(void **state)
{
    struct session *s = *state;

    (void)up(s);
    run(s, "create table public.long as select string_agg(md5(n::text), ' ') as body from "
           "generate_series(1, 60000) n");
    assert_int_equal(ask(s, "select count(*) from public.long where length(body) > 1900000"), 1);
    assert_int_equal(
        ask(s, "select length(penstock.vector('english', body)) from public.long") > 10000, 1);
    assert_int_equal(ask(s, "select count(*) from public.long where penstock.vector('english', "
                            "body) @@ md5('1')::tsquery"),
                     1);
    assert_int_equal(ask(s, "select count(*) from public.long where penstock.vector('english', "
                            "left(body, 150000)) = "
                            "to_tsvector('english', left(body, 150000))"),
                     1);
    assert_int_equal(ask(s, "select count(*) from public.long where penstock.vector('english', "
                            "repeat('cat dog ', 200000)) = "
                            "to_tsvector('english', repeat('cat dog ', 200000))"),
                     1);
    run(s, "drop table public.long");
}

static void test_search(void **state)
{
    struct session *s = *state;

    (void)up(s);
    run(s,
        "insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, "
        "tsv) "
        "select 'default', sha256(b::bytea), b, 'text/plain', 1, b, penstock.vector('english', b) "
        "from unnest(array['a cat sat', 'two dogs', 'cats and dogs']) b");
    assert_int_equal(ask(s, "select count(*) from penstock.search('cat')"), 2);
    assert_int_equal(ask(s, "select count(*) from penstock.search('cat -dog')"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('cat', 1)"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('cat', 10, 'elsewhere')"), 0);
    assert_int_equal(
        ask(s, "select count(*) from penstock.search('cats', 10, 'default', 'simple')"), 0);
    assert_int_equal(
        ask(s, "select count(*) from penstock.search('sat') where snippet like '%<b>sat</b>%'"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('')"), 0);
}

/* Each under its own configuration; those without one under the one that is marked, whatever else. */
static void test_search_under_several_configurations(void **state)
{
    struct session *s = *state;

    (void)up(s);
    run(s, "insert into penstock.text_configs (name, unnamed) values ('german', true), ('english', "
           "false), ('public.gone', false)");
    run(s,
        "insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, "
        "text_config, tsv) "
        "select 'default', sha256(convert_to(b || coalesce(c, '-'), 'UTF8')), coalesce(c, '-'), "
        "'text/plain', 1, b, c, to_tsvector(coalesce(c, 'german')::regconfig, b) "
        "from unnest(array['running houses', 'laufende H\u00e4user'], array['english', null]) as i "
        "(b, c)");
    assert_int_equal(ask(s, "select count(*) from penstock.search('runs')"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('Haus') where name = '-' and "
                            "snippet like '%<b>H%</b>'"),
                     1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('houses or laufende')"), 2);
    assert_int_equal(ask(s, "select count(*) from penstock.queries('running')"), 2);
    assert_int_equal(ask(s, "select count(*) from penstock.queries('4711')"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.queries('die')"), 1);
    assert_int_equal(ask(s, "select count(*) from penstock.search('run', config => 'simple')"), 1);
}

#define CLAIM                                                                               \
    "insert into penstock.jobs (collection, path, size, mtime, ctime, node, token, state, " \
    "seen_at) "                                                                             \
    "select 'default', convert_to('/f' || n, 'UTF8'), n, n, n, 'here', "                    \
    "nextval('penstock.job_token'), 'claimed', now() "                                      \
    "from generate_series(1, 500) n "                                                       \
    "on conflict (sha256(path), mtime, size, ctime, collection) do nothing"

static void test_a_claim_meets_its_unique_key(void **state)
{
    struct session *s = *state;

    (void)up(s);
    run(s, CLAIM);
    run(s, CLAIM);
    assert_int_equal(ask(s, "select count(*) from penstock.jobs"), 500);
    run(s, "insert into penstock.jobs (collection, path, size, mtime, ctime, node, token, state, "
           "seen_at) "
           "values ('default', convert_to(repeat('x', 100000), 'UTF8'), 1, 1, 1, 'here', 1, "
           "'claimed', now())");
}

static void test_finishing_a_job_is_a_heap_only_update(void **state)
{
    struct session *s = *state;

    (void)up(s);
    run(s, CLAIM);
    run(s, "update penstock.jobs set state = 'done', outcome = 'stored', document_id = id, "
           "finished_at = now()");
    run(s, "select pg_stat_force_next_flush()");
    assert_int_equal(ask(s, "select n_tup_upd from pg_stat_user_tables where relname = 'jobs'"),
                     500);
    assert_int_equal(ask(s, "select n_tup_hot_upd from pg_stat_user_tables where relname = 'jobs'"),
                     500);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_up_down_up_leaves_the_same),
        TEST(test_up_to_date_is_only_read),
        TEST(test_status),
        TEST(test_a_newer_schema_is_refused),
        TEST(test_drift_is_refused),
        TEST(test_a_failed_migration_leaves_nothing),
        TEST(test_racing_starters),
        TEST(test_verify_agrees_with_itself),
        TEST(test_verify_before_up),
        TEST(test_verify_finds_each_change),
        TEST(test_vector_of_long_texts),
        TEST(test_search),
        TEST(test_search_under_several_configurations),
        TEST(test_a_claim_meets_its_unique_key),
        TEST(test_finishing_a_job_is_a_heap_only_update),
    };

    return cmocka_run_group_tests(tests, setup_cluster, teardown_cluster);
}
