/* cmd_sweep.c - `penstock-loadtest sweep`: the same load with every value of
 * one setting while the others keep their defaults, then the next setting.
 * Rounds go through all of it in turn. */
#include "command.h"

#include "median.h"
#include "sections.h"
#include "stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct point {
    const char *axis, *setting;
    uint64_t value;
    json_t *rounds;
};

struct sweep {
    struct bench bench;
    struct point *points;
    size_t n_points;
    bool failed;
};

static const struct axis {
    const char *name, *setting;
    size_t offset; /* of the list in struct options */
    struct number_list usual;
} axes[] = {
    {"workers", "PENSTOCK_WORKERS", offsetof(struct options, workers), {{1, 2, 4, 8}, 4}},
    {"pool", "DB_POOL_MAX", offsetof(struct options, pool), {{1, 2, 4, 8}, 4}},
    {"batch_rows",
     "PENSTOCK_BATCH_ROWS",
     offsetof(struct options, batch_rows),
     {{16, 64, 256, 1024}, 4}},
};

/* The lists that were given; all of them, with the usual values, when none was.
 */
static int list_points(struct sweep *s, const struct options *o)
{
    bool none = o->workers.n + o->pool.n + o->batch_rows.n == 0;

    s->points = calloc(ARRAY_SIZE(axes) * OPTIONS_MAX_VALUES, sizeof(*s->points));
    if (!s->points)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_SIZE(axes); i++) {
        const struct number_list *given =
            (const struct number_list *)((const char *)o + axes[i].offset);
        const struct number_list *values = none ? &axes[i].usual : given;

        for (size_t k = 0; k < values->n; k++)
            s->points[s->n_points++] =
                (struct point){axes[i].name, axes[i].setting, values->values[k], json_array()};
    }
    return 0;
}

/* A value of the axis, and nothing of the other lists. */
static int settings_for(const struct options *o, const struct point *p, struct settings_list *ret)
{
    struct options common = *o;
    char text[24];
    int r;

    common.workers.n = common.pool.n = common.batch_rows.n = 0;
    r = options_settings(&common, ret);
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)p->value);
    if (r == 0)
        r = settings_list_set(ret, p->setting, text);
    /* A pool keeps two connections open: with one there is no room for them. */
    if (r == 0 && strcmp(p->axis, "pool") == 0 && p->value < 2)
        r = settings_list_set(ret, "DB_POOL_MIN", "1");
    return r;
}

static json_t *measure(struct sweep *s, const struct options *o, const struct point *p,
                       struct reason *why)
{
    struct trial_options trial = s->bench.trial;
    struct settings_list settings;
    json_t *figures = NULL;

    if (settings_for(o, p, &settings) < 0) {
        reason_set(why, "out of memory");
    } else {
        trial.settings = &settings;
        figures = trial_run(&s->bench.place, &trial, why);
    }
    settings_list_done(&settings);
    if (report_get(figures, "failure")) {
        reason_set(why, "%s", json_string_value(json_object_get(figures, "failure")));
        json_decref(figures);
        return NULL;
    }
    return figures;
}

static int run_round(struct sweep *s, struct invocation *inv, uint64_t round)
{
    for (size_t i = 0; i < s->n_points && !stop_requested(); i++) {
        const struct point *p = &s->points[i];
        struct reason why = {""};
        json_t *figures = measure(s, &inv->options, p, &why);

        if (!figures) {
            s->failed = true;
            (void)command_fail(inv, EXIT_FAILED, "%s %llu: %s", p->axis,
                               (unsigned long long)p->value, why.text);
            continue;
        }
        command_say("round %llu: %s %llu: %.0f docs/s", (unsigned long long)round + 1, p->axis,
                    (unsigned long long)p->value,
                    json_number_value(json_object_get(figures, "documents_per_second")));
        (void)json_array_append_new(p->rounds, figures);
    }
    return stop_requested();
}

/* Sums over the roles of one round, so that medians can be taken of them. */
static void add_sums(json_t *figures)
{
    double cpu = json_number_value(report_get(figures, "postgresql.cpu_ms_per_document")), mb = 0;
    const json_t *role;
    size_t i;

    json_array_foreach(json_object_get(figures, "roles"), i, role)
    {
        cpu += json_number_value(json_object_get(role, "cpu_ms_per_document"));
        mb += json_number_value(json_object_get(role, "peak_rss_mb"));
    }
    (void)json_object_set_new(figures, "cpu_ms_per_document", json_real(cpu));
    (void)json_object_set_new(figures, "peak_rss_mb", json_real(mb));
}

static json_t *row_of(const struct point *p)
{
    static const char *const paths[][2] = {
        {"documents_per_second", "documents_per_second"},
        {"mb_per_second", "mb_per_second"},
        {"p50_ms", "latency.p50_ms"},
        {"p99_ms", "latency.p99_ms"},
        {"acquire_p99_ms", "stages.acquire.p99_ms"},
        {"store_p50_ms", "stages.store.p50_ms"},
        {"connections", "postgresql.max_connections"},
        {"cpu_ms_per_document", "cpu_ms_per_document"},
        {"peak_rss_mb", "peak_rss_mb"},
    };
    json_t *row = json_pack("{s:s, s:I, s:O}", "axis", p->axis, "value", (json_int_t)p->value,
                            "rounds", p->rounds);

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        (void)json_object_set_new(row, paths[i][0],
                                  number_or_null(median_of(p->rounds, paths[i][1])));
    return row;
}

/* An array an axis: sweep_workers, sweep_pool, sweep_batch_rows. */
static void conclude(struct sweep *s)
{
    for (size_t i = 0; i < s->n_points; i++) {
        struct point *p = &s->points[i];
        char key[32];
        json_t *rows, *figures;
        size_t k;

        json_array_foreach(p->rounds, k, figures) add_sums(figures);
        (void)snprintf(key, sizeof(key), "sweep_%s", p->axis);
        rows = json_object_get(s->bench.report, key);
        if (!rows) {
            rows = json_array();
            (void)json_object_set_new(s->bench.report, key, rows);
        }
        (void)json_array_append_new(rows, row_of(p));
        json_decref(p->rounds);
    }
}

static int run(struct invocation *inv)
{
    struct sweep s = {0};
    int code = bench_open(&s.bench, inv);

    if (code == 0 && list_points(&s, &inv->options) < 0)
        code = command_fail(inv, EXIT_FAILED, "out of memory");
    if (code == 0) {
        for (uint64_t i = 0; i < inv->options.rounds && run_round(&s, inv, i) == 0; i++)
            ;
        conclude(&s);
        code = s.failed || stop_requested() ? EXIT_FAILED : EXIT_DONE;
    }
    free(s.points);
    return bench_close(&s.bench, inv, sections_of_sweep, code);
}

const struct command command_sweep = {
    .name = "sweep",
    .arguments = "",
    .summary = "workers, connections, rows a transaction: every value of each",
    .bit = FOR_SWEEP,
    .run = run,
};
