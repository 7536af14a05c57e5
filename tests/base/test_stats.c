/* The shared page: one file, mapped by everybody, with a page for each worker. */
#include "common.h"

#include "base/process.h"
#include "base/stats.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void a_new_page_is_all_zero_and_names_its_maker(void **state)
{
    struct stats_map m;

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    assert_int_equal(m.stats->supervisor_pid, getpid());
    assert_true(m.stats->started_wall_usec > 0);
    for (int c = 0; c < STATS_N_COUNTERS; c++)
        assert_int_equal(stats_count(&m, c), 0);
    for (int g = 0; g < STATS_N_GAUGES; g++)
        assert_int_equal(stats_gauge(&m, g), 0);
    for (unsigned slot = 0; slot < STATS_MAX_WORKERS; slot++)
        assert_int_equal(stats_worker(&m, slot)->pid, 0);
    stats_close(&m);
}

static void what_one_counts_the_others_read(void **state)
{
    struct stats_map m, reader;
    char text[STATS_TEXT_SIZE];

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    assert_int_equal(stats_open(in_folder(state, "stats"), &reader), 0);
    stats_add(&m, STATS_STORED, 2);
    stats_add(&m, STATS_STORED, 3);
    stats_set(&m, GAUGE_DB_UP, 1);
    stats_set_text(&m, TEXT_DB, "starting");
    stats_worker(&m, 255)->documents = 7;
    assert_int_equal(stats_count(&reader, STATS_STORED), 5);
    assert_int_equal(stats_count(&reader, STATS_DUPLICATE), 0);
    assert_int_equal(stats_gauge(&reader, GAUGE_DB_UP), 1);
    stats_text(&reader, TEXT_DB, text);
    assert_string_equal(text, "starting");
    assert_int_equal(stats_worker(&reader, 255)->documents, 7);
    stats_close(&m);
    stats_close(&reader);
    stats_close(&reader);
}

static void making_it_anew_leaves_the_old_page_to_its_readers(void **state)
{
    struct stats_map old, fresh, reader;

    assert_int_equal(stats_create(in_folder(state, "stats"), &old), 0);
    assert_int_equal(stats_open(in_folder(state, "stats"), &reader), 0);
    stats_add(&old, STATS_SEEN, 1);
    assert_int_equal(stats_create(in_folder(state, "stats"), &fresh), 0);
    assert_int_equal(stats_count(&fresh, STATS_SEEN), 0);
    assert_int_equal(stats_count(&reader, STATS_SEEN), 1);
    stats_close(&old);
    stats_close(&fresh);
    stats_close(&reader);
    assert_int_equal(unlink(in_folder(state, "stats")), 0);
    assert_int_equal(rmdir(*state), 0); /* nothing else is left behind */
    assert_int_equal(mkdir(*state, 0700), 0);
}

/* A page that only this user reads, with no hole that a full disk would leave. */
static void the_file_is_private_and_its_blocks_are_there(void **state)
{
    struct stats_map m;
    struct stat st;

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    assert_int_equal(stat(in_folder(state, "stats"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(st.st_blocks * 512 >= st.st_size);
    assert_int_equal(st.st_size, m.mapped_bytes);
    stats_close(&m);
}

static void another_builds_page_is_refused(void **state)
{
    struct stats_map m, other;
    const char *path = in_folder(state, "stats");

    assert_int_equal(stats_open(path, &other), 1);
    write_text(path, "short");
    assert_int_equal(stats_open(path, &other), 1);
    assert_int_equal(stats_create(path, &m), 0);
    m.stats->layout_bytes++;
    assert_int_equal(stats_open(path, &other), 1);
    assert_int_equal(stats_inherit(m.fd, -1, &other), -EINVAL);
    m.stats->layout_bytes--;
    m.stats->magic++;
    assert_int_equal(stats_open(path, &other), 1);
    stats_close(&m);
    assert_int_equal(stats_create(in_folder(state, "no/such"), &m), -ENOENT);
}

static void a_worker_sees_its_own_page_and_no_other(void **state)
{
    struct stats_map m, mine;
    int fd;

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    for (int slot = 0; slot < STATS_MAX_WORKERS; slot += 85) {
        fd = fcntl(m.fd, F_DUPFD_CLOEXEC, 0);
        assert_int_equal(stats_inherit(fd, slot, &mine), 0);
        assert_true(fcntl(fd, F_GETFD) < 0); /* closed: it would lead to the rest */
        assert_null(mine.stats);
        assert_true(mine.mapped_bytes >= sizeof(struct worker_page));
        stats_worker(&mine, 0)->documents = 100 + (uint64_t)slot;
        assert_int_equal(stats_worker(&m, (unsigned)slot)->documents, 100 + slot);
        stats_close(&mine);
    }
    assert_int_equal(stats_inherit(m.fd, STATS_MAX_WORKERS, &mine), -EINVAL);
    stats_close(&m);
}

static void counting_without_the_page_does_nothing(void **state UNUSED)
{
    struct stats_map none = {.fd = -1};
    char text[STATS_TEXT_SIZE] = "x";

    stats_add(&none, STATS_SEEN, 1);
    stats_set(&none, GAUGE_WORKING, 1);
    stats_set_text(&none, TEXT_DB, "x");
    stats_time(&none, HISTOGRAM_STORE, 1);
    assert_int_equal(stats_count(&none, STATS_SEEN), 0);
    assert_int_equal(stats_gauge(&none, GAUGE_WORKING), 0);
    stats_text(&none, TEXT_DB, text);
    assert_string_equal(text, "");
    stats_close(&none);
}

static void children_count_together(void **state)
{
    struct stats_map m, mine;

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    for (int child = 0; child < 4; child++) {
        if (fork() != 0)
            continue;
        if (stats_inherit(m.fd, -1, &mine) != 0)
            _exit(1);
        for (int i = 0; i < 10000; i++) {
            stats_add(&mine, STATS_STORED, 1);
            stats_time(&mine, HISTOGRAM_STORE, (uint64_t)i);
        }
        kill(getpid(), SIGKILL); /* what was counted is counted */
    }
    for (int child = 0; child < 4; child++)
        assert_true(wait(NULL) > 0);
    assert_int_equal(stats_count(&m, STATS_STORED), 40000);
    assert_int_equal(stats_histogram_view(&m.stats->histograms[HISTOGRAM_STORE]).count, 40000);
    assert_int_equal(m.stats->histograms[HISTOGRAM_STORE].max_usec, 9999);
    stats_close(&m);
}

static void texts_are_cut_between_characters(void **state)
{
    struct stats_map m;
    char text[STATS_TEXT_SIZE], given[STATS_TEXT_SIZE + 10];

    assert_int_equal(stats_create(in_folder(state, "stats"), &m), 0);
    memset(given, 'x', sizeof(given));
    memcpy(given + STATS_TEXT_SIZE - 2, "\xc3\xa4", 3);
    stats_set_text(&m, TEXT_INTAKE, given);
    stats_text(&m, TEXT_INTAKE, text);
    assert_int_equal(strlen(text), STATS_TEXT_SIZE - 2);
    stats_set_text(&m, TEXT_INTAKE, "short");
    stats_text(&m, TEXT_INTAKE, text);
    assert_string_equal(text, "short");
    stats_set_text(&m, TEXT_INTAKE, "");
    stats_text(&m, TEXT_INTAKE, text);
    assert_string_equal(text, "");
    stats_text(&m, TEXT_DB, text);
    assert_string_equal(text, "");
    stats_close(&m);
}

/* The values from `first` to `last`, each once. */
static struct histogram_view view_of(uint64_t first, uint64_t last)
{
    static struct histogram h;
    static struct stats s;
    struct stats_map m = {.stats = &s, .fd = -1};

    memset(&s, 0, sizeof(s));
    for (uint64_t v = first; v <= last; v++)
        stats_time(&m, HISTOGRAM_CLAIM, v);
    h = s.histograms[HISTOGRAM_CLAIM];
    return stats_histogram_view(&h);
}

static void an_empty_histogram_is_all_zero(void **state UNUSED)
{
    struct histogram_view v = view_of(1, 0);

    assert_int_equal(v.count, 0);
    assert_int_equal(v.p50_usec + v.p95_usec + v.p99_usec + v.max_usec, 0);
    assert_true(v.mean_usec == 0);
}

static void small_values_are_exact(void **state UNUSED)
{
    for (uint64_t v = 0; v < 16; v++) {
        struct histogram_view one = view_of(v, v);

        assert_int_equal(one.p50_usec, v);
        assert_int_equal(one.p99_usec, v);
        assert_int_equal(one.max_usec, v);
        assert_int_equal(one.count, 1);
    }
}

static void quantiles_are_at_most_an_eighth_too_high(void **state UNUSED)
{
    for (uint64_t n = 1; n <= 100000; n = n * 3 + 1) {
        struct histogram_view v = view_of(1, n);
        const struct {
            uint64_t got, percent;
        } cases[] = {{v.p50_usec, 50}, {v.p95_usec, 95}, {v.p99_usec, 99}};

        assert_int_equal(v.count, n);
        assert_true(v.mean_usec == (double)(n + 1) / 2);
        assert_int_equal(v.max_usec, n);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            uint64_t exact = (n * cases[i].percent + 99) / 100;

            assert_in_range(cases[i].got, exact, exact + exact / 8);
        }
    }
}

static void every_bucket_holds_values_of_one_eighth_of_a_power_of_two(void **state UNUSED)
{
    static struct stats s;
    struct stats_map m = {.stats = &s, .fd = -1};
    uint64_t value = 8;

    memset(&s, 0, sizeof(s));
    for (unsigned bucket = 8; bucket < HISTOGRAM_BUCKETS; bucket++) {
        uint64_t width = 1ULL << (bucket / 8 - 1);

        stats_time(&m, HISTOGRAM_CLAIM, value);
        stats_time(&m, HISTOGRAM_CLAIM, value + width - 1);
        assert_int_equal(s.histograms[HISTOGRAM_CLAIM].buckets[bucket], 2);
        value += width;
    }
    assert_int_equal(value, 1ULL << 34);
    stats_time(&m, HISTOGRAM_CLAIM, value);
    stats_time(&m, HISTOGRAM_CLAIM, UINT64_MAX);
    assert_int_equal(s.histograms[HISTOGRAM_CLAIM].buckets[HISTOGRAM_BUCKETS - 1], 4);
    assert_int_equal(stats_histogram_view(&s.histograms[HISTOGRAM_CLAIM]).p99_usec < UINT64_MAX,
                     true);
    assert_true(s.histograms[HISTOGRAM_CLAIM].max_usec == UINT64_MAX);
}

static void everything_has_a_name_of_its_own(void **state UNUSED)
{
    const struct {
        const char *const *names;
        size_t n;
    } lists[] = {{stats_counter_names, STATS_N_COUNTERS},
                 {stats_gauge_names, STATS_N_GAUGES},
                 {stats_histogram_names, STATS_N_HISTOGRAMS},
                 {worker_stage_names, STAGE_N}};

    for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(lists[l].names[i], lists[l].names[j]);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_new_page_is_all_zero_and_names_its_maker),
        IN_FOLDER(what_one_counts_the_others_read),
        IN_FOLDER(making_it_anew_leaves_the_old_page_to_its_readers),
        IN_FOLDER(the_file_is_private_and_its_blocks_are_there),
        IN_FOLDER(another_builds_page_is_refused),
        IN_FOLDER(a_worker_sees_its_own_page_and_no_other),
        cmocka_unit_test(counting_without_the_page_does_nothing),
        IN_FOLDER(children_count_together),
        IN_FOLDER(texts_are_cut_between_characters),
        cmocka_unit_test(an_empty_histogram_is_all_zero),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(quantiles_are_at_most_an_eighth_too_high),
        cmocka_unit_test(every_bucket_holds_values_of_one_eighth_of_a_power_of_two),
        cmocka_unit_test(everything_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
