/* service_json.c - the view of a running service as JSON: the names are those of the tables in
 * base/stats.h. */
#include "cli/service.h"

#include "base/clock.h"

static double msec(double usec)
{
    return usec / USEC_PER_MSEC;
}

static void write_processes(struct json *j, const struct service *s)
{
    char started[CLOCK_TEXT_SIZE];

    json_str(j, "state", s->state);
    json_bool(j, "running", s->running);
    if (!s->running)
        return;
    clock_format(s->started_wall_usec, started);
    json_str(j, "started_at", started);
    json_double(j, "uptime_seconds", (double)s->uptime_usec / USEC_PER_SEC);
    json_int(j, "supervisor_pid", s->supervisor_pid);
    json_int(j, "pool_pid", s->pool_pid);
    json_int(j, "intake_pid", s->intake_pid);
    json_int(j, "postgres_pid", s->postgres_pid);
}

static void write_workers(struct json *j, const struct service *s)
{
    json_array_open(j, "workers");
    for (unsigned i = 0; i < s->n_workers; i++) {
        const struct service_worker *w = &s->workers[i];

        json_object_open(j, NULL);
        json_uint(j, "slot", w->slot);
        json_int(j, "pid", w->pid);
        json_uint(j, "incarnation", w->incarnation);
        json_str(j, "stage", worker_stage_names[w->stage]);
        json_bool(j, "retiring", w->retiring);
        json_uint(j, "token", w->token);
        json_double(j, "busy_seconds", (double)w->busy_usec / USEC_PER_SEC);
        json_uint(j, "documents", w->documents);
        json_uint(j, "bytes", w->bytes);
        json_object_close(j);
    }
    json_array_close(j);
}

static void write_latencies(struct json *j, const struct service *s)
{
    json_object_open(j, "latency");
    for (int i = 0; i < STATS_N_HISTOGRAMS; i++) {
        const struct histogram_view *h = &s->histograms[i];

        json_object_open(j, stats_histogram_names[i]);
        json_uint(j, "count", h->count);
        json_double(j, "mean_ms", msec(h->mean_usec));
        json_double(j, "p50_ms", msec((double)h->p50_usec));
        json_double(j, "p95_ms", msec((double)h->p95_usec));
        json_double(j, "p99_ms", msec((double)h->p99_usec));
        json_double(j, "max_ms", msec((double)h->max_usec));
        json_object_close(j);
    }
    json_object_close(j);
}

static void write_rates(struct json *j, const struct service *s, const struct service_rates *rates)
{
    int64_t eta = service_eta_seconds(s, rates);

    json_uint(j, "backlog", service_backlog(s));
    json_object_open(j, "rates");
    if (rates->known) {
        json_double(j, "documents_per_second", rates->documents);
        json_double(j, "bytes_read_per_second", rates->bytes_read);
    }
    json_object_close(j);
    if (eta >= 0)
        json_int(j, "eta_seconds", eta);
    else
        json_null(j, "eta_seconds");
}

void service_json(struct json *j, const struct service *s, const struct service_rates *rates)
{
    write_processes(j, s);
    if (!s->running)
        return;
    write_workers(j, s);
    json_object_open(j, "gauges");
    for (int i = 0; i < STATS_N_GAUGES; i++)
        json_uint(j, stats_gauge_names[i], s->gauges[i]);
    json_object_close(j);
    json_object_open(j, "counters");
    for (int i = 0; i < STATS_N_COUNTERS; i++)
        json_uint(j, stats_counter_names[i], s->counters[i]);
    json_object_close(j);
    write_latencies(j, s);
    write_rates(j, s, rates);
    json_str(j, "database_waits_for", s->texts[TEXT_DB][0] ? s->texts[TEXT_DB] : NULL);
    json_str(j, "intake_waits_for", s->texts[TEXT_INTAKE][0] ? s->texts[TEXT_INTAKE] : NULL);
}
