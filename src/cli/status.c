/* status.c - `penstock status`: the running service from its shared page, without asking anybody;
 * when none runs, what the database knows.
 *
 * While files are waiting it looks twice, half a second apart, for a rate and the time that is
 * left.
 */
#include "cli/commands.h"

#include "base/log.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/service.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE_NSEC (500 * 1000 * 1000)

/* Columns of cli_totals.sql and cli_job_counts.sql. */
enum total_column { DOCUMENTS, BYTES, NEWEST, RETRIES, DATABASE_BYTES };
enum count_column { STATE, OUTCOME, COUNT };

static const struct record_column total_columns[] = {
    {"documents", RECORD_INT},      {"document_bytes", RECORD_INT},
    {"newest_at", RECORD_TIME},     {"jobs_waiting_for_retry", RECORD_INT},
    {"database_bytes", RECORD_INT},
};

static const struct record_column count_columns[] = {
    {"state", RECORD_TEXT}, {"outcome", RECORD_TEXT}, {"count", RECORD_INT}};

/* The running service. */

static struct service_rates sample_rates(const struct settings *s, struct service *now)
{
    struct service_rates rates = {0};
    struct service *before;

    if (service_backlog(now) == 0)
        return rates;
    before = malloc(sizeof(*before));
    if (!before)
        return rates;
    *before = *now;
    (void)nanosleep(&(struct timespec){.tv_nsec = SAMPLE_NSEC}, NULL);
    service_look(s, now);
    rates = service_rates(before, now);
    free(before);
    return rates;
}

static int show_service(const struct invocation *inv, struct service *now)
{
    struct service_rates rates = sample_rates(&inv->settings, now);
    struct buf out = BUF_INIT;
    struct json j = json_begin(&out);

    if (invocation_has(inv, "json")) {
        json_object_open(&j, NULL);
        service_json(&j, now, &rates);
        json_object_close(&j);
    } else {
        service_text(&out, now, &rates, STATS_MAX_WORKERS);
    }
    return output_flush(&out);
}

/* The database alone. */

static void write_json(const struct rows *totals, const struct rows *counts, struct buf *out)
{
    struct json j = json_begin(out);

    json_object_open(&j, NULL);
    json_str(&j, "state", "stopped");
    json_bool(&j, "running", false);
    json_object_open(&j, "database");
    record_json(&j, total_columns, ARRAY_SIZE(total_columns), totals, 0);
    json_array_open(&j, "jobs");
    for (size_t row = 0; row < rows_count(counts); row++) {
        json_object_open(&j, NULL);
        record_json(&j, count_columns, ARRAY_SIZE(count_columns), counts, row);
        json_object_close(&j);
    }
    json_array_close(&j);
    json_object_close(&j);
    json_object_close(&j);
}

static void write_counts(const struct rows *counts, struct buf *out)
{
    for (size_t row = 0; row < rows_count(counts); row++) {
        buf_printf(out, "%s%-12s%s%s ", style(STYLE_DIM), row == 0 ? "jobs" : "",
                   style(STYLE_PLAIN), human_count((uint64_t)rows_int(counts, row, COUNT)).text);
        record_text(out, RECORD_TEXT, counts, row, STATE);
        if (!rows_is_null(counts, row, OUTCOME)) {
            buf_add_str(out, ": ");
            record_text(out, RECORD_TEXT, counts, row, OUTCOME);
        }
        buf_add_char(out, '\n');
    }
}

static void write_text(const struct rows *totals, const struct rows *counts, struct buf *out)
{
    buf_printf(out, "%s%-12s%sstopped (penstock run starts it)\n", style(STYLE_DIM), "service",
               style(STYLE_PLAIN));
    buf_printf(out, "%s%-12s%s%s, %s of files, newest %s; the database takes %s\n",
               style(STYLE_DIM), "documents", style(STYLE_PLAIN),
               human_count((uint64_t)rows_int(totals, 0, DOCUMENTS)).text,
               human_bytes((uint64_t)rows_int(totals, 0, BYTES)).text,
               human_time(rows_usec(totals, 0, NEWEST)).text,
               human_bytes((uint64_t)rows_int(totals, 0, DATABASE_BYTES)).text);
    write_counts(counts, out);
    if (rows_int(totals, 0, RETRIES) > 0)
        buf_printf(out, "%s%-12s%s%s wait for another attempt\n", style(STYLE_DIM), "retries",
                   style(STYLE_PLAIN), human_count((uint64_t)rows_int(totals, 0, RETRIES)).text);
}

static int show_database(const struct invocation *inv)
{
    struct rows *totals = NULL, *counts = NULL;
    struct session *s = NULL;
    struct buf out = BUF_INIT;
    int r;

    (void)fprintf(stderr, "penstock status: no service runs with PENSTOCK_HOME=%s\n",
                  settings_text(&inv->settings, SETTING_HOME));
    r = database_open(inv, false, &s);
    if (r == 0)
        r = database_query(inv, s, sql_cli_totals, NULL, &totals);
    if (r == 0)
        r = database_query(inv, s, sql_cli_job_counts, NULL, &counts);
    if (r == 0) {
        (invocation_has(inv, "json") ? write_json : write_text)(totals, counts, &out);
        r = output_flush(&out);
    }
    rows_free(counts);
    rows_free(totals);
    session_close(s);
    return r;
}

static int run(struct invocation *inv)
{
    struct service *now;
    int r = invocation_load_settings(inv);

    if (r != 0)
        return r;
    now = malloc(sizeof(*now));
    if (!now)
        return invocation_fail(inv, EXIT_FAILED, "out of memory");
    service_look(&inv->settings, now);
    if (now->error < 0)
        r = invocation_fail(
            inv, EXIT_FAILED, "what the service is doing cannot be read in %s/run: %s",
            settings_text(&inv->settings, SETTING_HOME), log_errno_text(now->error));
    else
        r = now->running ? show_service(inv, now) : show_database(inv);
    free(now);
    return r;
}

static const struct command_option options[] = {OPTION_JSON, {NULL}};

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "what the service is doing: workers, queue, rates, latencies, database",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
