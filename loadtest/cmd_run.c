/* cmd_run.c - `penstock-loadtest run`: one trial, told in full. */
#include "command.h"

#include "sections.h"

static int run(struct invocation *inv)
{
    struct reason why = {""};
    struct bench b;
    json_t *figures;
    int code = bench_open(&b, inv);

    if (code != 0)
        return bench_close(&b, inv, sections_of_run, code);
    figures = trial_run(&b.place, &b.trial, &why);
    if (!figures) {
        code = command_fail(inv, EXIT_FAILED, "%s", why.text);
    } else {
        if (report_get(figures, "failure"))
            code = command_fail(inv, EXIT_FAILED, "%s",
                                json_string_value(json_object_get(figures, "failure")));
        sections_add_run(b.report, figures);
    }
    return bench_close(&b, inv, sections_of_run, code);
}

const struct command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "one service, one load: throughput, latency, resources",
    .bit = FOR_RUN,
    .run = run,
};
