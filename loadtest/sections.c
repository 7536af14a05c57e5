/* sections.c - see sections.h. */
#include "sections.h"

static const struct column totals[] = {
    {"documents", "documents", AS_COUNT},
    {"contents", "contents", AS_COUNT},
    {"mb", "MB", AS_REAL},
    {"seconds", "seconds", AS_REAL},
    {"documents_per_second", "docs/s", AS_COUNT},
    {"mb_per_second", "MB/s", AS_REAL},
    {"filed_seconds", "filed after s", AS_REAL},
    {"arrival.mode", "arrival", AS_TEXT},
    {"arrival.rate", "rate", AS_REAL},
    {"arrival.max_late_ms", "late ms", AS_REAL},
    {"arrival.max_stall_ms", "stall ms", AS_REAL},
    {NULL},
};

static const struct column times[] = {
    {"stage", "time", AS_TEXT},      {"count", "count", AS_COUNT},
    {"mean_ms", "mean ms", AS_REAL}, {"p50_ms", "p50 ms", AS_REAL},
    {"p95_ms", "p95 ms", AS_REAL},   {"p99_ms", "p99 ms", AS_REAL},
    {"max_ms", "max ms", AS_REAL},   {NULL},
};

static const struct chart_plan times_charts[] = {
    {"Drop to searchable: percentiles", "ms", CHART_BARS, "percentile", NULL, {"ms"}},
    {NULL},
};

static const struct column percentiles[] = {
    {"percentile", "drop to searchable", AS_TEXT}, {"ms", "ms", AS_REAL}, {NULL}};

static const struct column roles[] = {
    {"role", "role", AS_TEXT},
    {"processes", "processes", AS_COUNT},
    {"ended", "ended", AS_COUNT},
    {"cpu_seconds", "CPU s", AS_REAL},
    {"cpu_ms_per_document", "CPU ms/doc", AS_REAL},
    {"rss_mb", "RSS MB", AS_SHORT},
    {"peak_rss_mb", "peak", AS_SHORT},
    {"pss_mb", "PSS MB", AS_SHORT},
    {"peak_pss_mb", "peak", AS_SHORT},
    {NULL},
};

static const struct column server[] = {
    {"cpu_seconds", "CPU s", AS_REAL},
    {"cpu_ms_per_document", "CPU ms/doc", AS_REAL},
    {"watching_cpu_seconds", "watching", AS_REAL},
    {"wal_bytes_per_document", "WAL B/doc", AS_COUNT},
    {"database_mb", "database MB", AS_REAL},
    {"commits", "commits", AS_COUNT},
    {"hot_share", "HOT", AS_PERCENT},
    {"dead_jobs", "dead jobs", AS_COUNT},
    {"deadlocks", "deadlocks", AS_COUNT},
    {"max_connections", "connections", AS_COUNT},
    {NULL},
};

static const struct column contenders[] = {
    {"name", "contender", AS_TEXT},
    {"documents_per_second", "docs/s", AS_COUNT},
    {"slowest", "slowest", AS_COUNT},
    {"fastest", "fastest", AS_COUNT},
    {"mb_per_second", "MB/s", AS_REAL},
    {"seconds", "seconds", AS_REAL},
    {"penstock_is_times", "penstock is x", AS_REAL},
    {"cpu_ms_per_document", "CPU ms/doc", AS_REAL},
    {"lock_waits", "lock waits", AS_COUNT},
    {"locked_errors", "locked errors", AS_COUNT},
    {"what", "what", AS_TEXT},
    {NULL},
};

static const struct chart_plan contenders_charts[] = {
    {"Throughput, median of the rounds",
     "documents/s",
     CHART_BARS,
     "name",
     NULL,
     {"documents_per_second"}},
    {NULL},
};

static const struct column corpora[] = {
    {"documents", "documents", AS_COUNT},
    {"contents", "contents", AS_COUNT},
    {"mb", "MB", AS_REAL},
    {"rounds", "rounds", AS_COUNT},
    {NULL},
};

static const struct column sweep[] = {
    {"value", "value", AS_COUNT},
    {"documents_per_second", "docs/s", AS_COUNT},
    {"mb_per_second", "MB/s", AS_REAL},
    {"p50_ms", "p50 ms", AS_REAL},
    {"p99_ms", "p99 ms", AS_REAL},
    {"acquire_p99_ms", "pool wait p99 ms", AS_REAL},
    {"store_p50_ms", "store p50 ms", AS_REAL},
    {"connections", "connections", AS_COUNT},
    {"cpu_ms_per_document", "CPU ms/doc", AS_REAL},
    {"peak_rss_mb", "peak RSS MB", AS_SHORT},
    {NULL},
};

#define SWEEP_CHARTS(x)                                                                  \
    (const struct chart_plan[])                                                          \
    {                                                                                    \
        {"Throughput", "documents/s", CHART_LINES, "value", x, {"documents_per_second"}, \
         {"docs/s"}},                                                                    \
            {"Drop to searchable", "ms",          CHART_LINES, "value", x,               \
             {"p50_ms", "p99_ms"}, {"p50", "p99"}},                                      \
        {                                                                                \
            NULL                                                                         \
        }                                                                                \
    }

static const struct column windows[] = {
    {"at", "until s", AS_COUNT},
    {"documents_per_second", "docs/s", AS_COUNT},
    {"p50_ms", "p50 ms", AS_REAL},
    {"p99_ms", "p99 ms", AS_REAL},
    {"max_ms", "max ms", AS_REAL},
    {"claim_mean_ms", "claim ms", AS_REAL},
    {"pool_mb", "pool MB", AS_SHORT},
    {"intake_mb", "intake MB", AS_SHORT},
    {"workers_mb", "workers MB", AS_SHORT},
    {"dead_jobs", "dead jobs", AS_COUNT},
    {"phase", "snapshot", AS_TEXT},
    {NULL},
};

static const struct chart_plan windows_charts[] = {
    {"Throughput",
     "documents/s",
     CHART_LINES,
     "at",
     "seconds",
     {"documents_per_second"},
     {"docs/s"}},
    {"Drop to searchable",
     "ms",
     CHART_LINES,
     "at",
     "seconds",
     {"p50_ms", "p99_ms"},
     {"p50", "p99"}},
    {"Memory (RSS)",
     "MB",
     CHART_LINES,
     "at",
     "seconds",
     {"pool_mb", "intake_mb", "workers_mb"},
     {"pool", "intake", "workers"}},
    {"Dead rows of jobs", "rows", CHART_LINES, "at", "seconds", {"dead_jobs"}, {"dead"}},
    {NULL},
};

static const struct column stretches[] = {
    {"stretch", "stretch", AS_TEXT},
    {"seconds", "seconds", AS_REAL},
    {"documents_per_second", "docs/s", AS_COUNT},
    {"p50_ms", "p50 ms", AS_REAL},
    {"p99_ms", "p99 ms", AS_REAL},
    {"claim_mean_ms", "claim ms", AS_REAL},
    {"pool_mb", "pool MB", AS_SHORT},
    {"intake_mb", "intake MB", AS_SHORT},
    {"workers_mb", "workers MB", AS_SHORT},
    {"dead_jobs", "dead jobs", AS_COUNT},
    {NULL},
};

static const struct section throughput = {
    "totals", "Throughput",
    "late: the latest drop behind its time; stall: the longest that the machine kept the load test "
    "itself waiting",
    totals, NULL};
static const struct section latency = {"percentiles", "Latency",
                                       "from when a document was due to when a query returned it",
                                       percentiles, times_charts};
static const struct section stages = {
    "times", "Times, as the service itself counts them",
    "claim: complete to claimed; acquire: a batch's wait for a connection; store: one transaction",
    times, NULL};
static const struct section processes = {
    "roles", "Processes",
    "RSS counts a shared page in every process, PSS once; looked at five times and once a second",
    roles, NULL};
static const struct section postgresql = {
    "servers", "PostgreSQL",
    "CPU s: all its processes but the load test's own sessions, which are under watching; WAL: of "
    "the whole server",
    server, NULL};

static const struct section documents = {"corpus", "Documents", NULL, corpora, NULL};
static const struct section comparison = {
    "contenders", "Comparison",
    "medians; penstock is x: how many times as fast penstock is; docs/LOADTEST.md says what each "
    "leaves out",
    contenders, contenders_charts};

static const struct section sweep_workers = {"sweep_workers", "Workers (PENSTOCK_WORKERS)", NULL,
                                             sweep, SWEEP_CHARTS("workers")};
static const struct section sweep_pool = {"sweep_pool", "Connections (DB_POOL_MAX)", NULL, sweep,
                                          SWEEP_CHARTS("connections")};
static const struct section sweep_batch_rows = {"sweep_batch_rows",
                                                "Rows a transaction (PENSTOCK_BATCH_ROWS)", NULL,
                                                sweep, SWEEP_CHARTS("rows")};

static const struct section over_time = {"windows", "Over time", NULL, windows, windows_charts};
static const struct section quarters = {"quarters", "First quarter against last", NULL, stretches,
                                        NULL};
static const struct section phases = {"phases", "While another session holds a snapshot open", NULL,
                                      stretches, NULL};

#define OF_A_TRIAL &throughput, &latency, &stages, &processes, &postgresql, NULL

const struct section *const sections_of_run[] = {OF_A_TRIAL};
const struct section *const sections_of_compare[] = {&documents, &comparison, OF_A_TRIAL};
const struct section *const sections_of_sweep[] = {&sweep_workers, &sweep_pool, &sweep_batch_rows,
                                                   NULL};
const struct section *const sections_of_soak[] = {&over_time, &quarters, &phases, OF_A_TRIAL};

static void add_percentiles(json_t *report, const json_t *figures)
{
    static const char *const names[][2] = {
        {"p50_ms", "p50"}, {"p95_ms", "p95"}, {"p99_ms", "p99"}, {"max_ms", "max"}};
    json_t *rows = json_array();

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        (void)json_array_append_new(rows, json_pack("{s:s, s:O}", "percentile", names[i][1], "ms",
                                                    json_object_get(figures, names[i][0])));
    (void)json_object_set_new(report, "percentiles", rows);
}

static void add_times(json_t *report, const json_t *by_stage)
{
    json_t *rows = json_array(), *stage;
    const char *name;

    json_object_foreach((json_t *)by_stage, name, stage)
    {
        json_t *row = json_copy(stage);

        (void)json_object_set_new(row, "stage", json_string(name));
        (void)json_array_append_new(rows, row);
    }
    (void)json_object_set_new(report, "times", rows);
}

void sections_add_run(json_t *report, json_t *figures)
{
    json_t *server_figures = json_object_get(figures, "postgresql");

    (void)json_object_set_new(
        figures, "mb", json_real(json_number_value(json_object_get(figures, "bytes")) / 1e6));
    (void)json_object_set_new(
        server_figures, "database_mb",
        json_real(json_number_value(json_object_get(server_figures, "database_bytes")) / 1e6));
    (void)json_object_set_new(report, "totals", json_pack("[O]", figures));
    add_percentiles(report, json_object_get(figures, "latency"));
    add_times(report, json_object_get(figures, "stages"));
    (void)json_object_set(report, "roles", json_object_get(figures, "roles"));
    (void)json_object_set_new(report, "servers", json_pack("[O]", server_figures));
    (void)json_object_set_new(report, "run", figures);
}
