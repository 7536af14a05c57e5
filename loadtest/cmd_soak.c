/* cmd_soak.c - `penstock-loadtest soak`: load for some time, looked at every
 * few seconds; in the end the first quarter is held against the last, and, when
 * another session has held a snapshot open in the middle, what was before
 * against while and after. */
#include "command.h"

#include "figures.h"
#include "loadtest_sql.h"
#include "median.h"
#include "sections.h"
#include "stop.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_QUARTERS 4
#define MAX_RATE \
    20000 /* documents a second that the list of a soak without --rate has room  \
           for */
#define MAX_ROWS 200000000ULL

/* A stretch of the run: sums over its windows. */
struct stretch {
    struct times times;
    uint64_t n_found;
    double seconds, pool_mb, intake_mb, workers_mb, dead_jobs;
    double claim_ms, n_claims; /* the service's own count */
    unsigned n_windows;
};

/* What was there at the end of the last window. */
struct edge {
    uint64_t usec, n_found;
    double n_claims, claim_ms; /* count, sum */
};

enum phase { BEFORE, WHILE, AFTER, N_PHASES };
static const char *const phase_names[N_PHASES] = {"before", "while a snapshot is held", "after"};

struct soak {
    struct bench bench;
    struct trial trial;
    const struct options *options;
    PGconn *holder;
    bool held, released, has_count;
    struct edge edge;
    struct stretch quarters[N_QUARTERS], phases[N_PHASES];
    json_t *windows;
};

/* The snapshot. */

static int hold(struct soak *s, struct reason *why)
{
    int r = database_open(s->trial.conninfo, &s->holder, why);

    if (r == 0)
        r = database_script(s->holder, sql_hold_begin, why);
    s->held = true;
    return r;
}

static void release(struct soak *s)
{
    struct reason unused;

    if (s->holder && database_script(s->holder, sql_hold_end, &unused) != 0)
        command_say("the session that held the snapshot was gone");
    s->holder = database_close(s->holder);
    s->released = true;
}

static enum phase phase_of(const struct soak *s)
{
    return !s->held ? BEFORE : s->released ? AFTER : WHILE;
}

/* At its times; the phase of a window is that of its end. */
static int move_snapshot(struct soak *s, double elapsed, struct reason *why)
{
    double hold_seconds = (double)s->options->hold_seconds;
    double begin = ((double)s->options->seconds - hold_seconds) / 2;

    if (s->options->hold_seconds == 0)
        return 0;
    if (!s->held && elapsed >= begin)
        return hold(s, why);
    if (s->held && !s->released && elapsed >= begin + hold_seconds)
        release(s);
    return 0;
}

/* A window. */

static void add_to(struct stretch *to, const struct stretch *window)
{
    times_merge(&to->times, &window->times);
    to->n_found += window->n_found;
    to->seconds += window->seconds;
    to->pool_mb += window->pool_mb;
    to->intake_mb += window->intake_mb;
    to->workers_mb += window->workers_mb;
    to->dead_jobs += window->dead_jobs;
    to->claim_ms += window->claim_ms;
    to->n_claims += window->n_claims;
    to->n_windows++;
}

/* How many claims there were so far, and how long they took together. */
static void read_claims(const struct soak *s, struct edge *ret)
{
    struct reason unused;
    json_t *status = service_status(&s->trial.service, &unused);

    ret->n_claims = json_number_value(report_get(status, "latency.claim.count"));
    ret->claim_ms = ret->n_claims * json_number_value(report_get(status, "latency.claim.mean_ms"));
    json_decref(status);
}

static struct stretch *take_window(struct soak *s, struct stretch *w)
{
    struct edge now = {.n_found = atomic_load(&s->trial.manifest.n_found)};
    struct sample sample;

    *w = (struct stretch){.n_windows = 1};
    watch_take_window(&s->trial.watch, &w->times);
    now.usec = clock_now_usec();
    sampler_take(&s->trial.sampler, &sample);
    read_claims(s, &now);
    w->n_found = now.n_found - s->edge.n_found;
    w->seconds = (double)(now.usec - s->edge.usec) / 1e6;
    w->pool_mb = (double)sample.roles[ROLE_POOL].rss_bytes / 1e6;
    w->intake_mb = (double)sample.roles[ROLE_INTAKE].rss_bytes / 1e6;
    w->workers_mb = (double)sample.roles[ROLE_WORKERS].rss_bytes / 1e6;
    w->dead_jobs = (double)sample.n_dead_jobs;
    w->n_claims = now.n_claims - s->edge.n_claims;
    w->claim_ms = now.claim_ms - s->edge.claim_ms;
    s->edge = now;
    return w;
}

/* The figures of a stretch: means of memory and dead rows over its windows. */
static json_t *stretch_json(const struct stretch *w)
{
    double n = w->n_windows;

    return json_pack("{s:f, s:I, s:f, s:f, s:f, s:f, s:o, s:f, s:f, s:f, s:f}", "seconds",
                     w->seconds, "documents", (json_int_t)w->n_found, "documents_per_second",
                     w->seconds > 0 ? (double)w->n_found / w->seconds : 0.0, "p50_ms",
                     (double)times_quantile(&w->times, 0.5) / 1e3, "p99_ms",
                     (double)times_quantile(&w->times, 0.99) / 1e3, "max_ms",
                     (double)w->times.max_usec / 1e3, "claim_mean_ms",
                     number_or_null(w->n_claims > 0 ? w->claim_ms / w->n_claims : NAN), "pool_mb",
                     w->pool_mb / n, "intake_mb", w->intake_mb / n, "workers_mb", w->workers_mb / n,
                     "dead_jobs", w->dead_jobs / n);
}

static double at(const json_t *row, const char *path)
{
    return json_number_value(json_object_get(row, path));
}

static void tell_window(const json_t *row)
{
    command_say("%6.0f s %8.0f docs/s  p50 %8.1f  p99 %8.1f ms  MB: pool %5.1f "
                "intake %5.1f "
                "workers %6.1f  dead jobs %6.0f",
                at(row, "at"), at(row, "documents_per_second"), at(row, "p50_ms"),
                at(row, "p99_ms"), at(row, "pool_mb"), at(row, "intake_mb"), at(row, "workers_mb"),
                at(row, "dead_jobs"));
}

static void end_window(struct soak *s, struct stretch *w, double elapsed)
{
    double share = elapsed / (double)s->options->seconds;
    size_t quarter = MIN((size_t)(share * N_QUARTERS * 0.9999), (size_t)N_QUARTERS - 1);
    json_t *row = stretch_json(take_window(s, w));

    add_to(&s->quarters[quarter], w);
    add_to(&s->phases[phase_of(s)], w);
    (void)json_object_set_new(row, "at", json_real(elapsed));
    (void)json_object_set_new(row, "phase", json_string(phase_names[phase_of(s)]));
    tell_window(row);
    (void)json_array_append_new(s->windows, row);
}

/* The run. */

/* The end of the window that is open at `now`: a window that was looked at late
 * is a longer one. */
static uint64_t window_end(const struct soak *s, uint64_t start, uint64_t now)
{
    uint64_t every = s->options->every_seconds * USEC_PER_SEC;

    return start + MIN((now - start) / every * every + every, s->options->seconds * USEC_PER_SEC);
}

static int watch_over(struct soak *s, struct reason *why)
{
    struct stretch *window = malloc(sizeof(*window));
    uint64_t start = s->trial.drop.schedule.start_usec, now = start;
    uint64_t end = start + s->options->seconds * USEC_PER_SEC;
    int r = window ? 0 : 1;

    s->edge = (struct edge){.usec = start};
    while (r == 0 && now < end && !trial_has_failed(&s->trial)) {
        if (stop_sleep_until(window_end(s, start, now)))
            break;
        now = clock_now_usec();
        end_window(s, window, (double)(now - start) / 1e6);
        r = move_snapshot(s, (double)(now - start) / 1e6, why);
    }
    free(window);
    return r;
}

static void add_stretches(struct soak *s, const char *key, const struct stretch *list, size_t n,
                          const char *const *names)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *row;

        if (list[i].n_windows == 0 || (n == N_QUARTERS && i != 0 && i + 1 != n))
            continue;
        row = stretch_json(&list[i]);
        (void)json_object_set_new(row, "stretch", json_string(names[i]));
        (void)json_array_append_new(rows, row);
    }
    (void)json_object_set_new(s->bench.report, key, rows);
}

static int conclude(struct soak *s, struct invocation *inv)
{
    static const char *const quarter_names[N_QUARTERS] = {"first quarter", "second", "third",
                                                          "last quarter"};
    struct reason why = {""};
    json_t *figures;
    const json_t *failure;

    trial_stop_dropping(&s->trial);
    trial_wait(&s->trial);
    figures = trial_figures(&s->trial, &why);
    if (!figures)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    (void)json_object_set(s->bench.report, "windows", s->windows);
    add_stretches(s, "quarters", s->quarters, N_QUARTERS, quarter_names);
    if (s->options->hold_seconds > 0)
        add_stretches(s, "phases", s->phases, N_PHASES, phase_names);
    failure = report_get(figures, "failure");
    if (failure)
        (void)command_fail(inv, EXIT_FAILED, "%s", json_string_value(failure));
    sections_add_run(s->bench.report, figures);
    return failure ? EXIT_FAILED : EXIT_DONE;
}

static int soak(struct soak *s, struct invocation *inv)
{
    struct reason why = {""}, late = {""};
    int code = EXIT_FAILED;

    if (trial_open(&s->trial, &s->bench.place, &s->bench.trial, &why) == 0 &&
        trial_start(&s->trial, &why) == 0 && watch_over(s, &why) == 0)
        code = conclude(s, inv);
    else
        (void)command_fail(inv, EXIT_FAILED, "%s", why.text);
    if (!s->released)
        release(s);
    if (trial_close(&s->trial, &late) != 0)
        code = command_fail(inv, EXIT_FAILED, "%s", late.text);
    return code;
}

/* As many documents as the time can bring. */
static void plan(struct soak *s, const struct invocation *inv)
{
    const struct options *o = &inv->options;
    struct trial_options *t = &s->bench.trial;
    double n = (double)o->seconds * (o->rate > 0 ? o->rate : MAX_RATE) + 1;

    s->options = o;
    s->windows = json_array();
    t->mode = o->rate > 0 ? DROP_RATE : DROP_FLOOD;
    t->n_documents = s->has_count ? o->n_documents : (uint64_t)MIN(n, (double)MAX_ROWS);
}

static int run(struct invocation *inv)
{
    struct soak *s = calloc(1, sizeof(*s));
    int code;

    if (!s)
        return command_fail(inv, EXIT_FAILED, "out of memory");
    s->has_count = inv->options.n_documents > 0;
    code = bench_open(&s->bench, inv);
    if (code == 0) {
        plan(s, inv);
        code = soak(s, inv);
    }
    json_decref(s->windows);
    code = bench_close(&s->bench, inv, sections_of_soak, code);
    free(s);
    return code;
}

const struct command command_soak = {
    .name = "soak",
    .arguments = "",
    .summary = "load for a long time: does it stay as fast and as small as it began?",
    .bit = FOR_SOAK,
    .run = run,
};
