/* doctor.c - `penstock doctor`: checks everything that the service needs, changes nothing (but may
 * start the private cluster for as long as it looks), and says for each finding what to do.
 *
 * Exit code: 0 without failures; else 2 settings, 3 database, 5 schema, or 1 for the rest; of
 * several failures the first of these.
 */
#include "cli/doctor.h"

#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct level {
    const char *name, *shown;
    enum style style;
};

static const struct level levels[] = {
    [FINDING_OK] = {"ok", "ok  ", STYLE_GREEN},
    [FINDING_WARN] = {"warn", "warn", STYLE_YELLOW},
    [FINDING_FAIL] = {"fail", "FAIL", STYLE_RED},
};

/* Failures by what they keep from working, the worst first. */
static const int exit_order[] = {EXIT_USAGE, EXIT_DATABASE, EXIT_SCHEMA, EXIT_FAILED};

static int exit_rank(int exit_code)
{
    for (size_t i = 0; i < ARRAY_SIZE(exit_order); i++)
        if (exit_order[i] == exit_code)
            return (int)i;
    return ARRAY_SIZE(exit_order);
}

void doctor_failed_with(struct doctor *d, int exit_code)
{
    if (exit_rank(exit_code) < exit_rank(d->exit_code))
        d->exit_code = exit_code;
}

void doctor_add(struct doctor *d, enum finding_level level, const char *check, const char *format,
                ...)
{
    struct finding f = {.level = level, .check = check};
    struct finding *grown;
    va_list args;
    int n;

    if (d->n == d->capacity) {
        grown = realloc(d->list, (d->capacity + 32) * sizeof(*grown));
        if (!grown)
            return;
        d->list = grown;
        d->capacity += 32;
    }
    va_start(args, format);
    n = vasprintf(&f.sentence, format, args);
    va_end(args);
    if (n < 0)
        return;
    d->list[d->n++] = f;
    if (level == FINDING_FAIL)
        doctor_failed_with(d, EXIT_FAILED);
}

void doctor_remedy(struct doctor *d, const char *format, ...)
{
    va_list args;

    if (d->n == 0 || d->list[d->n - 1].remedy)
        return;
    va_start(args, format);
    if (vasprintf(&d->list[d->n - 1].remedy, format, args) < 0)
        d->list[d->n - 1].remedy = NULL;
    va_end(args);
}

static void check_service(struct doctor *d)
{
    int r = service_runs(d->settings);

    if (r < 0) {
        doctor_add(d, FINDING_WARN, "service", "whether it runs cannot be read: %s",
                   log_errno_text(r));
        doctor_remedy(d, "run this as the user that runs penstock");
    } else if (r > 0) {
        doctor_add(d, FINDING_OK, "service", "it runs (penstock status)");
    } else {
        doctor_add(d, FINDING_OK, "service", "none runs with this PENSTOCK_HOME");
    }
}

static void (*const checks[])(struct doctor *d) = {
    doctor_check_home, doctor_check_inboxes, doctor_check_inotify, doctor_check_worker,
    doctor_check_cage, doctor_check_ocr,     check_service,        doctor_check_database,
};

static void write_json(const struct doctor *d, struct buf *out)
{
    struct json j = json_begin(out);

    json_array_open(&j, NULL);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->list[i];

        json_object_open(&j, NULL);
        json_str(&j, "check", f->check);
        json_str(&j, "level", levels[f->level].name);
        json_str(&j, "finding", f->sentence);
        json_str(&j, "remedy", f->remedy);
        json_object_close(&j);
    }
    json_array_close(&j);
}

static void write_text(const struct doctor *d, struct buf *out)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->list[i];

        buf_printf(out, "%s%s%s  %-15s", style(levels[f->level].style), levels[f->level].shown,
                   style(STYLE_PLAIN), f->check);
        output_str(out, f->sentence);
        if (f->remedy) {
            buf_printf(out, "\n%21s-> ", "");
            output_str(out, f->remedy);
        }
        buf_add_char(out, '\n');
    }
}

/* Returns whether the other checks make sense. */
static bool check_settings(struct doctor *d, struct invocation *inv)
{
    struct reason why;

    if (invocation_try_settings(inv, &why) == 0 &&
        settings_collections(&inv->settings, &d->collections, &why) == 0) {
        doctor_add(d, FINDING_OK, "settings", "every value is allowed");
        return true;
    }
    doctor_add(d, FINDING_FAIL, "settings", "%s", why.text);
    doctor_remedy(d, "mend the environment or .env; penstock config --example lists every setting");
    doctor_failed_with(d, EXIT_USAGE);
    return false;
}

static void doctor_done(struct doctor *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->list[i].sentence);
        free(d->list[i].remedy);
    }
    free(d->list);
    collections_done(&d->collections);
}

static int run(struct invocation *inv)
{
    struct doctor d = {.inv = inv, .settings = &inv->settings, .exit_code = EXIT_DONE};
    struct buf out = BUF_INIT;
    int r;

    if (check_settings(&d, inv))
        for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
            checks[i](&d);
    (invocation_has(inv, "json") ? write_json : write_text)(&d, &out);
    r = output_flush(&out);
    if (d.exit_code != EXIT_DONE)
        r = d.exit_code;
    doctor_done(&d);
    return r;
}

static const struct command_option options[] = {OPTION_JSON, {NULL}};

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "check everything that the service needs",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
