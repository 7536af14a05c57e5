/* migrate.c - `penstock migrate`: brings the schema up or down, tells its state, compares it with
 * what it should be, and prints its SQL. The work is store/migrate.h's.
 */
#include "cli/commands.h"

#include "base/json.h"
#include "base/log.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "store/migrate.h"

#include <stdlib.h>
#include <string.h>

struct step_list {
    struct json json;
    struct buf *out;
    bool as_json;
    const char *verb;
};

static void on_step(void *user, const struct migration *m)
{
    struct step_list *steps = user;

    if (!steps->as_json) {
        buf_printf(steps->out, "%s %04d %s\n", steps->verb, m->version, m->name);
        return;
    }
    json_object_open(&steps->json, NULL);
    json_str(&steps->json, "action", steps->verb);
    json_int(&steps->json, "version", m->version);
    json_str(&steps->json, "name", m->name);
    json_object_close(&steps->json);
}

/* The exit code of a function of migrate.h, its failure told. */
static int result(const struct invocation *inv, int r, const struct reason *why)
{
    if (r == 0)
        return 0;
    return invocation_fail(inv, EXIT_SCHEMA, "%s", r < 0 ? log_errno_text(r) : why->text);
}

struct request {
    int64_t to, steps;
    bool json;
};

/* Tells what was done also when a later step failed: those before it stay. */
static int finish_steps(const struct invocation *inv, struct step_list *steps, int r,
                        const struct reason *why)
{
    bool none = steps->out->size == (steps->as_json ? 1 : 0);
    int code = result(inv, r, why), flushed;

    if (steps->as_json)
        json_array_close(&steps->json);
    else if (none && r == 0)
        buf_printf(steps->out, "nothing to do\n");
    flushed = output_flush(steps->out);
    return code != 0 ? code : flushed;
}

static struct step_list begin_steps(struct buf *out, const struct request *q, const char *verb)
{
    struct step_list steps = {
        .json = json_begin(out), .out = out, .as_json = q->json, .verb = verb};

    if (q->json)
        json_array_open(&steps.json, NULL);
    return steps;
}

static int up(const struct invocation *inv, struct session *s, const struct request *q)
{
    struct buf out = BUF_INIT;
    struct step_list steps = begin_steps(&out, q, "applied");
    struct reason why = {""};
    int r = migrate_up(s, (int)q->to, on_step, &steps, &why);

    return finish_steps(inv, &steps, r, &why);
}

static int down(const struct invocation *inv, struct session *s, const struct request *q)
{
    struct buf out = BUF_INIT;
    struct step_list steps = begin_steps(&out, q, "undone");
    struct reason why = {""};
    int r = migrate_down(s, (int)q->steps, on_step, &steps, &why);

    return finish_steps(inv, &steps, r, &why);
}

struct state_name {
    const char *name;
    enum style style;
};

static const struct state_name states[] = {
    [MIGRATION_APPLIED] = {"applied", STYLE_GREEN},
    [MIGRATION_PENDING] = {"pending", STYLE_YELLOW},
    [MIGRATION_DRIFTED] = {"drifted", STYLE_RED},
    [MIGRATION_UNKNOWN] = {"unknown", STYLE_RED},
};

static const struct table_column columns[] = {
    {"VERSION", true}, {"NAME", false}, {"STATE", false}, {"APPLIED", false}};

static void write_table(const struct migration_status *list, size_t n, struct buf *out)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));

    for (size_t i = 0; i < n; i++) {
        table_cell(&t, "%04d", list[i].version);
        table_cell(&t, "%s", list[i].name);
        table_styled(&t, style(states[list[i].state].style), states[list[i].state].name);
        table_cell(&t, "%s", list[i].applied_at);
    }
    table_write(&t, out);
}

static void write_json(const struct migration_status *list, size_t n, struct buf *out)
{
    struct json j = json_begin(out);

    json_array_open(&j, NULL);
    for (size_t i = 0; i < n; i++) {
        json_object_open(&j, NULL);
        json_int(&j, "version", list[i].version);
        json_str(&j, "name", list[i].name);
        json_str(&j, "state", states[list[i].state].name);
        json_str(&j, "applied_at", list[i].applied_at[0] ? list[i].applied_at : NULL);
        json_object_close(&j);
    }
    json_array_close(&j);
}

static int status(const struct invocation *inv, struct session *s, const struct request *q)
{
    struct migration_status *list = NULL;
    struct buf out = BUF_INIT;
    struct reason why = {""};
    size_t n = 0, others = 0;
    int r = migrate_status(s, &list, &n, &why);

    if (r != 0)
        return result(inv, r, &why);
    for (size_t i = 0; i < n; i++)
        others += list[i].state != MIGRATION_APPLIED;
    (q->json ? write_json : write_table)(list, n, &out);
    free(list);
    r = output_flush(&out);
    return r == 0 && others > 0 ? EXIT_SCHEMA : r;
}

static int verify(const struct invocation *inv, struct session *s, const struct request *q)
{
    struct buf out = BUF_INIT;
    struct json j = json_begin(&out);
    struct reason why = {""};
    int r = migrate_verify(s, &why), flushed;

    if (!q->json) {
        if (r != 0)
            return result(inv, r, &why);
        buf_add_str(&out, "the schema is exactly what the migrations make\n");
        return output_flush(&out);
    }
    json_object_open(&j, NULL);
    json_bool(&j, "same", r == 0);
    json_str(&j, "difference", r == 0 ? NULL : r < 0 ? log_errno_text(r) : why.text);
    json_object_close(&j);
    flushed = output_flush(&out);
    return r != 0 ? EXIT_SCHEMA : flushed;
}

/* Needs no database. */
static int print(const struct invocation *inv UNUSED, struct session *s UNUSED,
                 const struct request *q)
{
    struct buf out = BUF_INIT;
    struct json j = json_begin(&out);
    size_t n;
    const struct migration *list = migrations_list(&n);

    if (q->json)
        json_array_open(&j, NULL);
    for (size_t i = 0; i < n; i++) {
        if (q->to > 0 && list[i].version > q->to)
            continue;
        if (!q->json) {
            buf_printf(&out, "-- %04d %s\n%s\n", list[i].version, list[i].name, list[i].up);
            continue;
        }
        json_object_open(&j, NULL);
        json_int(&j, "version", list[i].version);
        json_str(&j, "name", list[i].name);
        json_str(&j, "sha256", list[i].sha256);
        json_str(&j, "up", list[i].up);
        json_str(&j, "down", list[i].down);
        json_object_close(&j);
    }
    if (q->json)
        json_array_close(&j);
    return output_flush(&out);
}

struct action {
    const char *name;
    bool creates; /* makes the private cluster when there is none */
    bool without_database;
    int (*run)(const struct invocation *inv, struct session *s, const struct request *q);
};

static const struct action actions[] = {
    {"up", true, false, up},          {"down", false, false, down},
    {"status", false, false, status}, {"verify", false, false, verify},
    {"print", false, true, print},
};

static const struct action *find_action(const struct invocation *inv)
{
    const char *names[ARRAY_SIZE(actions)], *near;

    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (strcmp(inv->arguments[0], actions[i].name) == 0)
            return &actions[i];
        names[i] = actions[i].name;
    }
    near = suggest(inv->arguments[0], names, ARRAY_SIZE(names));
    (void)invocation_fail(
        inv, EXIT_USAGE, "\"%s\" is not one of up, down, status, verify, print%s%s%s",
        inv->arguments[0], near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    return NULL;
}

static int run(struct invocation *inv)
{
    struct request q = {.json = invocation_has(inv, "json")};
    struct session *s = NULL;
    const struct action *a = find_action(inv);
    int r;

    if (!a)
        return EXIT_USAGE;
    r = invocation_number(inv, "to", 0, 1, 9999, &q.to);
    if (r == 0)
        r = invocation_number(inv, "steps", 1, 1, 9999, &q.steps);
    if (r == 0 && !a->without_database)
        r = invocation_load_settings(inv);
    if (r == 0 && !a->without_database)
        r = database_open(inv, a->creates, &s);
    if (r == 0)
        r = a->run(inv, s, &q);
    session_close(s);
    return r;
}

static const struct command_option options[] = {
    {"to", "N", "up: not beyond version N"},
    {"steps", "N", "down: how many to undo, default 1"},
    OPTION_JSON,
    {NULL},
};

const struct command command_migrate = {
    .name = "migrate",
    .arguments = "up|down|status|verify|print",
    .summary = "the schema of the database",
    .help = "up applies what is pending; down undoes the newest; status lists (exit 5 unless all "
            "are applied);\n"
            "verify compares the live schema with what the migrations make (exit 5 when it "
            "differs); print shows the SQL.",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
