/* figures.c - see figures.h. Megabytes are millions of bytes, as in disk sizes
 * and line rates. */
#include "figures.h"

#include "loadtest_sql.h"
#include "verify.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

#define FLUSH_USEC (1100 * USEC_PER_MSEC) /* backends report their counters once a second */

static double msec(double usec)
{
    return usec / USEC_PER_MSEC;
}

/* Not json_null(): base has a function of that name. */
static json_t *real_or_null(bool known, double value)
{
    return known ? json_real(value) : json_pack("n");
}

json_t *figures_times(const struct times *t)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)t->count, "mean_ms",
                     msec(times_mean(t)), "p50_ms", msec((double)times_quantile(t, 0.5)), "p95_ms",
                     msec((double)times_quantile(t, 0.95)), "p99_ms",
                     msec((double)times_quantile(t, 0.99)), "max_ms", msec((double)t->max_usec));
}

json_t *figures_totals(PGconn *pg, struct reason *why)
{
    static const char *const names[] = {"deadlocks",   "commits",   "database_bytes", "job_updates",
                                        "hot_updates", "dead_jobs", "dead_documents"};
    PGresult *rows = NULL;
    json_t *totals;

    if (database_query(pg, sql_totals, 0, NULL, &rows, why) != 0)
        return NULL;
    totals = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        (void)json_object_set_new(totals, names[i], json_integer(database_int(rows, 0, (int)i)));
    PQclear(rows);
    return totals;
}

json_t *figures_roles(const struct sample *s, uint64_t n_documents)
{
    json_t *roles = json_array();

    for (int i = 0; i < ROLE_N; i++) {
        const struct role_usage *u = &s->roles[i];

        (void)json_array_append_new(
            roles,
            json_pack("{s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:o, s:o}", "role", role_names[i],
                      "processes", (int)u->n_processes, "ended", (int)(u->n_seen - u->n_processes),
                      "cpu_seconds", u->cpu_seconds, "cpu_ms_per_document",
                      n_documents ? u->cpu_seconds * 1000 / (double)n_documents : 0.0, "rss_mb",
                      (double)u->rss_bytes / 1e6, "peak_rss_mb", (double)u->peak_rss_bytes / 1e6,
                      "pss_mb", real_or_null(u->pss_known, (double)u->pss_bytes / 1e6),
                      "peak_pss_mb", real_or_null(u->pss_known, (double)u->peak_pss_bytes / 1e6)));
    }
    return roles;
}

/* Throughput counts from the first drop to the last document that a query
 * returned. */
static json_t *throughput(const struct trial *t)
{
    const struct manifest *m = &t->manifest;
    uint64_t start = t->drop.schedule.start_usec, last = atomic_load(&m->last_found_usec);
    double seconds = last > start ? (double)(last - start) / 1e6 : 0;
    double n = (double)atomic_load(&m->n_dropped), bytes = (double)atomic_load(&m->n_bytes);

    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "documents",
                     (json_int_t)atomic_load(&m->n_dropped), "contents",
                     (json_int_t)atomic_load(&m->n_contents), "found",
                     (json_int_t)atomic_load(&m->n_found), "bytes",
                     (json_int_t)atomic_load(&m->n_bytes), "seconds", seconds, "filed_seconds",
                     t->filed_usec > start ? (double)(t->filed_usec - start) / 1e6 : 0.0,
                     "documents_per_second", seconds > 0 ? n / seconds : 0.0, "mb_per_second",
                     seconds > 0 ? bytes / seconds / 1e6 : 0.0);
}

static json_t *arrival(const struct trial *t, const struct sample *sample)
{
    static const char *const modes[] = {"burst", "rate", "flood"};
    const struct manifest *m = &t->manifest;
    uint64_t n = atomic_load(&m->n_dropped);

    return json_pack("{s:s, s:o, s:i, s:f, s:f, s:f}", "mode", modes[t->options->mode], "rate",
                     real_or_null(t->options->mode == DROP_RATE, t->options->rate), "droppers",
                     (int)t->options->n_droppers, "max_late_ms",
                     msec((double)atomic_load(&m->max_late_usec)), "late_share",
                     n ? (double)atomic_load(&m->n_late) / (double)n : 0.0, "max_stall_ms",
                     msec((double)sample->max_stall_usec));
}

static double difference(const json_t *after, const json_t *before, const char *name)
{
    return (double)(json_integer_value(json_object_get(after, name)) -
                    json_integer_value(json_object_get(before, name)));
}

static json_t *server_figures(const struct trial *t, const struct server_usage *u,
                              const struct sample *s, const json_t *totals)
{
    double n = (double)atomic_load(&t->manifest.n_dropped);
    double updates = difference(totals, t->totals_before, "job_updates");
    double hot = difference(totals, t->totals_before, "hot_updates");
    bool here = u->cpu_seconds >= 0;

    return json_pack("{s:b, s:o, s:o, s:o, s:f, s:f, s:o, s:I, s:I, s:I, s:I, s:I}",
                     "on_this_machine", here, "cpu_seconds", real_or_null(here, u->cpu_seconds),
                     "cpu_ms_per_document", real_or_null(here && n > 0, u->cpu_seconds * 1000 / n),
                     "watching_cpu_seconds", real_or_null(here, u->own_seconds), "wal_bytes",
                     u->wal_bytes, "wal_bytes_per_document", n > 0 ? u->wal_bytes / n : 0.0,
                     "hot_share", real_or_null(updates > 0, hot / updates), "dead_jobs",
                     json_integer_value(json_object_get(totals, "dead_jobs")), "deadlocks",
                     (json_int_t)difference(totals, t->totals_before, "deadlocks"), "commits",
                     (json_int_t)difference(totals, t->totals_before, "commits"), "database_bytes",
                     json_integer_value(json_object_get(totals, "database_bytes")),
                     "max_connections", (json_int_t)s->max_connections);
}

/* Ends everything but the sampler's connection, in the order in which figures
 * become final. */
static int settle(struct trial *t, struct sample *sample, struct server_usage *usage,
                  json_t **ret_status, struct reason *why)
{
    struct reason drop_why;
    int r;

    sampler_end(&t->sampler);
    sampler_take(&t->sampler, sample);
    r = sampler_server_usage(&t->sampler, usage, why);
    if (drop_end(&t->drop, &drop_why) != 0 && !t->failure.text[0])
        reason_set(&t->failure, "%s", drop_why.text);
    if (watch_end(&t->watch, &drop_why) != 0 && !t->failure.text[0])
        reason_set(&t->failure, "%s", drop_why.text);
    if (r != 0)
        return r;
    *ret_status = service_status(&t->service, &drop_why);
    if (t->options->attach)
        (void)usleep(FLUSH_USEC);
    else if (service_stop(&t->service, &drop_why) != 0 && !t->failure.text[0])
        reason_set(&t->failure, "%s", drop_why.text);
    return 0;
}

static void add_verdict(struct trial *t, json_t *figures)
{
    json_t *verdict;

    if (!t->options->verify || t->failure.text[0])
        return;
    verdict = verify_trial(t, &t->failure);
    if (verdict)
        (void)json_object_set_new(figures, "verify", verdict);
}

json_t *trial_figures(struct trial *t, struct reason *why)
{
    json_t *figures, *status = NULL, *totals;
    struct server_usage usage = {-1, -1, 0};
    struct times *times;
    struct sample sample;

    if (settle(t, &sample, &usage, &status, why) != 0)
        return NULL;
    totals = figures_totals(t->sampler.pg, why);
    times = malloc(sizeof(*times));
    if (!totals || !times) {
        json_decref(totals);
        json_decref(status);
        free(times);
        return NULL;
    }
    watch_take_all(&t->watch, times);
    figures = throughput(t);
    (void)json_object_set_new(figures, "arrival", arrival(t, &sample));
    (void)json_object_set_new(figures, "latency", figures_times(times));
    (void)json_object_set(figures, "stages", json_object_get(status, "latency"));
    (void)json_object_set(figures, "counters", json_object_get(status, "counters"));
    (void)json_object_set_new(figures, "roles",
                              figures_roles(&sample, atomic_load(&t->manifest.n_dropped)));
    (void)json_object_set_new(figures, "postgresql", server_figures(t, &usage, &sample, totals));
    if (!t->failure.text[0] && t->n_quarantined > 0)
        reason_set(&t->failure, "%llu documents are in quarantine",
                   (unsigned long long)t->n_quarantined);
    add_verdict(t, figures);
    (void)json_object_set_new(figures, "failure",
                              json_pack("s?", t->failure.text[0] ? t->failure.text : NULL));
    json_decref(status);
    json_decref(totals);
    free(times);
    return figures;
}
