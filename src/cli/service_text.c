/* service_text.c - the view of a running service for people, for `status` and `top`. */
#include "cli/service.h"

#include "base/clock.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/table.h"

#include <inttypes.h>
#include <string.h>

static const enum style state_styles[] = {STYLE_YELLOW, STYLE_GREEN};

static void label(struct buf *out, const char *name)
{
    buf_printf(out, "%s%-10s%s", style(STYLE_DIM), name, style(STYLE_PLAIN));
}

static void write_head(struct buf *out, const struct service *s)
{
    label(out, "service");
    buf_printf(out, "%s%s%s, up %s, supervisor %d, pool %d, intake %d",
               style(state_styles[strcmp(s->state, "running") == 0]), s->state, style(STYLE_PLAIN),
               human_usec(s->uptime_usec).text, s->supervisor_pid, s->pool_pid, s->intake_pid);
    if (s->postgres_pid > 0)
        buf_printf(out, ", postgres %d", s->postgres_pid);
    buf_add_char(out, '\n');
}

/* "12 waiting, 3 working": those of a list of gauges that are not 0. */
static void write_queue(struct buf *out, const struct service *s)
{
    static const enum stats_gauge parts[] = {GAUGE_SETTLING, GAUGE_WAITING, GAUGE_CLAIMING,
                                             GAUGE_WORKING,  GAUGE_STORING, GAUGE_HELD};
    uint64_t oldest = s->gauges[GAUGE_OLDEST_WAITING_USEC];
    const char *comma = "";

    label(out, "queue");
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (s->gauges[parts[i]] == 0)
            continue;
        buf_printf(out, "%s%s %s", comma, human_count(s->gauges[parts[i]]).text,
                   stats_gauge_names[parts[i]]);
        comma = ", ";
    }
    if (!*comma)
        buf_add_str(out, "empty");
    if (s->gauges[GAUGE_SCANNING])
        buf_add_str(out, "; reading the folders");
    if (oldest > 0 && oldest < s->taken_usec)
        buf_printf(out, "; the oldest waits for %s", human_usec(s->taken_usec - oldest).text);
    buf_add_char(out, '\n');
}

static void write_rates(struct buf *out, const struct service *s, const struct service_rates *rates)
{
    int64_t eta = service_eta_seconds(s, rates);

    if (!rates->known)
        return;
    label(out, "rate");
    buf_printf(out, "%s documents/s, %s/s read", human_rate(rates->documents).text,
               human_bytes((uint64_t)rates->bytes_read).text);
    if (eta > 0)
        buf_printf(out, ", done in about %s", human_usec((uint64_t)eta * USEC_PER_SEC).text);
    buf_add_char(out, '\n');
}

struct total {
    enum stats_counter counter;
    const char *label;
    bool always;
    enum style style;
};

static const struct total totals[] = {
    {STATS_STORED, "stored", true},
    {STATS_DUPLICATE, "duplicate", true},
    {STATS_RECORDS, "records", false},
    {STATS_UNSUPPORTED, "of unsupported type", false},
    {STATS_CHANGED, "changed", false},
    {STATS_VANISHED, "vanished", false},
    {STATS_QUARANTINED, "quarantined", true, STYLE_RED},
    {STATS_RETRIED, "retried", false, STYLE_YELLOW},
    {STATS_STRIKES, "strikes", false, STYLE_YELLOW},
    {STATS_WORKER_DEATHS, "worker deaths", false, STYLE_RED},
    {STATS_CHILD_RESTARTS, "restarts", false, STYLE_YELLOW},
    {STATS_FENCED, "fenced", false},
    {STATS_BISECTED, "batches split", false},
    {STATS_OVERFLOWS, "event overflows", false},
};

static void write_totals(struct buf *out, const struct service *s)
{
    const char *comma = "";

    label(out, "totals");
    for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
        uint64_t n = s->counters[totals[i].counter];

        if (n == 0 && !totals[i].always)
            continue;
        buf_printf(out, "%s%s%s %s%s", comma, n > 0 ? style(totals[i].style) : "",
                   human_count(n).text, totals[i].label, n > 0 ? style(STYLE_PLAIN) : "");
        comma = ", ";
    }
    buf_printf(out, "; %s read, %s of text\n", human_bytes(s->counters[STATS_BYTES_READ]).text,
               human_bytes(s->counters[STATS_TEXT_BYTES]).text);
}

static void write_database(struct buf *out, const struct service *s)
{
    const uint64_t *g = s->gauges;

    label(out, "database");
    if (g[GAUGE_DB_UP])
        buf_printf(out, "%sup%s", style(STYLE_GREEN), style(STYLE_PLAIN));
    else
        buf_printf(out, "%sdown%s", style(STYLE_RED), style(STYLE_PLAIN));
    buf_printf(
        out,
        ", %" PRIu64 " of %" PRIu64 " connections open, %" PRIu64 " busy, %s documents (%s) queued",
        g[GAUGE_DB_OPEN], g[GAUGE_DB_MAX], g[GAUGE_DB_BUSY],
        human_count(g[GAUGE_DB_QUEUED_ROWS]).text, human_bytes(g[GAUGE_DB_QUEUED_BYTES]).text);
    if (s->counters[STATS_BATCHES] > 0)
        buf_printf(out, ", %s batches of %.1f", human_count(s->counters[STATS_BATCHES]).text,
                   (double)s->counters[STATS_BATCH_ROWS] / (double)s->counters[STATS_BATCHES]);
    buf_add_char(out, '\n');
}

static void write_reason(struct buf *out, const char *name, const char *text)
{
    if (!text[0])
        return;
    label(out, name);
    buf_add_str(out, style(STYLE_YELLOW));
    output_str(out, text);
    buf_printf(out, "%s\n", style(STYLE_PLAIN));
}

static void write_latencies(struct buf *out, const struct service *s)
{
    static const struct table_column columns[] = {
        {"LATENCY", false}, {"COUNT", true}, {"MEAN", true}, {"P50", true},
        {"P95", true},      {"P99", true},   {"MAX", true}};
    struct table t = table_begin(columns, ARRAY_SIZE(columns));

    for (int i = 0; i < STATS_N_HISTOGRAMS; i++) {
        const struct histogram_view *h = &s->histograms[i];

        table_cell(&t, "%s", stats_histogram_names[i]);
        table_cell(&t, "%s", human_count(h->count).text);
        table_cell(&t, "%s", h->count ? human_usec((uint64_t)h->mean_usec).text : "-");
        table_cell(&t, "%s", h->count ? human_usec(h->p50_usec).text : "-");
        table_cell(&t, "%s", h->count ? human_usec(h->p95_usec).text : "-");
        table_cell(&t, "%s", h->count ? human_usec(h->p99_usec).text : "-");
        table_cell(&t, "%s", h->count ? human_usec(h->max_usec).text : "-");
    }
    table_write(&t, out);
}

static void add_worker(struct table *t, const struct service_worker *w)
{
    table_cell(t, "%u", w->slot);
    table_cell(t, "%d", w->pid);
    table_cell(t, "%s%s", worker_stage_names[w->stage], w->retiring ? ", retiring" : "");
    if (w->token > 0)
        table_cell(t, "%" PRIu64, w->token);
    else
        table_cell(t, "-");
    table_cell(t, "%s", w->token > 0 ? human_usec(w->busy_usec).text : "-");
    table_cell(t, "%s", human_count(w->documents).text);
    table_cell(t, "%s", human_bytes(w->bytes).text);
}

static void write_workers(struct buf *out, const struct service *s, unsigned max)
{
    static const struct table_column columns[] = {
        {"WORKER", true}, {"PID", true},       {"STAGE", false}, {"TOKEN", true},
        {"FOR", true},    {"DOCUMENTS", true}, {"READ", true}};
    struct table t = table_begin(columns, ARRAY_SIZE(columns));

    for (unsigned i = 0; i < MIN(s->n_workers, max); i++)
        add_worker(&t, &s->workers[i]);
    table_write(&t, out);
    if (s->n_workers > max)
        buf_printf(out, "... and %u more\n", s->n_workers - max);
}

void service_text(struct buf *out, const struct service *s, const struct service_rates *rates,
                  unsigned max_workers)
{
    write_head(out, s);
    write_queue(out, s);
    write_rates(out, s, rates);
    write_totals(out, s);
    write_database(out, s);
    write_reason(out, "waits", s->texts[TEXT_DB]);
    write_reason(out, "paused", s->texts[TEXT_INTAKE]);
    buf_add_char(out, '\n');
    write_latencies(out, s);
    buf_add_char(out, '\n');
    write_workers(out, s, max_workers);
}
