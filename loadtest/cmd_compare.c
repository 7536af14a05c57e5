/* cmd_compare.c - `penstock-loadtest compare`: the same documents through
 * penstock, through a database with one writer, and through the server's bulk
 * load; everything once a round, in turn, so that a machine that becomes slower
 * meets all alike. */
#include "command.h"

#include "median.h"
#include "peer.h"
#include "sections.h"
#include "stop.h"

#include "base/fd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CONTENDERS 16

struct compare;

struct contender {
    char name[40], what[80];
    /* Figures of one round: {documents_per_second, mb_per_second, seconds,
   * cpu_ms_per_document, ...}; NULL and why. */
    json_t *(*run)(struct compare *c, const struct contender *me, struct reason *why);
    unsigned n; /* processes or connections */
    bool waits;
    enum copy_variant variant;
    json_t *rounds;
};

struct compare {
    struct bench bench;
    const struct options *options;
    struct contender contenders[MAX_CONTENDERS];
    size_t n_contenders;
    char folder[PATH_MAX]; /* the documents as files */
    char **names;
    uint64_t n_bytes, n_contents;
    struct copy_data copy;
    unsigned n_sqlite;
    bool failed;
};

static json_t *run_penstock(struct compare *c, const struct contender *me, struct reason *why)
{
    json_t *figures = trial_run(&c->bench.place, &c->bench.trial, why);
    const json_t *failure = report_get(figures, "failure"), *role;
    double cpu = json_number_value(report_get(figures, "postgresql.cpu_ms_per_document"));
    size_t i;

    (void)me;
    if (failure) {
        reason_set(why, "%s", json_string_value(failure));
        json_decref(figures);
        return NULL;
    }
    json_array_foreach(json_object_get(figures, "roles"), i, role) cpu +=
        json_number_value(json_object_get(role, "cpu_ms_per_document"));
    if (figures)
        (void)json_object_set_new(figures, "cpu_ms_per_document", json_real(cpu));
    return figures;
}

static json_t *peer_json(const struct compare *c, const struct peer_figures *f, struct reason *why)
{
    double n = (double)c->options->n_documents;

    if (f->n_rows != c->n_contents) {
        reason_set(why, "%llu of %llu documents are there", (unsigned long long)f->n_rows,
                   (unsigned long long)c->n_contents);
        return NULL;
    }
    return json_pack("{s:f, s:f, s:f, s:f, s:I}", "seconds", f->seconds, "documents_per_second",
                     n / f->seconds, "mb_per_second", (double)c->n_bytes / f->seconds / 1e6,
                     "cpu_ms_per_document", f->cpu_seconds * 1000 / n, "rows",
                     (json_int_t)f->n_rows);
}

static void add_locks(json_t *figures, const struct peer_figures *f)
{
    (void)json_object_set_new(figures, "lock_waits", json_integer((json_int_t)f->n_waits));
    (void)json_object_set_new(figures, "locked_errors", json_integer((json_int_t)f->n_locked));
    (void)json_object_set_new(figures, "lock_wait_seconds", json_real(f->waited_seconds));
}

static void remove_sqlite(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[PATH_MAX + 64];

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

static json_t *run_sqlite(struct compare *c, const struct contender *me, struct reason *why)
{
    char path[PATH_MAX + 32];
    struct peer_figures figures;
    json_t *result = NULL;
    struct sqlite_plan plan = {
        .corpus = c->folder,
        .n_documents = c->options->n_documents,
        .names = (const char *const *)c->names,
        .path = path,
        .n_processes = me->n,
        .n_batch = (unsigned)c->options->sqlite_batch,
        .waits = me->waits,
    };
    int r;

    (void)snprintf(path, sizeof(path), "%s/peer-%u.sqlite", c->bench.place.folder, ++c->n_sqlite);
    place_flush(c->bench.place.folder);
    r = sqlite_run(&plan, &figures, why);
    if (!c->options->keep)
        remove_sqlite(path);
    if (r == 0)
        result = peer_json(c, &figures, why);
    if (result)
        add_locks(result, &figures);
    return result;
}

static json_t *run_copy(struct compare *c, const struct contender *me, struct reason *why)
{
    struct peer_figures figures;

    if (copy_run(&c->bench.place, &c->copy, me->variant, me->n, &figures, why) != 0)
        return NULL;
    return peer_json(c, &figures, why);
}

/* The list. */

static bool is_wanted(const struct options *o, const char *name)
{
    const char *at = o->only;

    while (at && *at) {
        size_t n = strcspn(at, ",");

        if (n > 0 && strncmp(name, at, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return !o->only;
}

static void add(struct compare *c, struct contender contender)
{
    if (!is_wanted(c->options, contender.name))
        return;
    contender.rounds = json_array();
    c->contenders[c->n_contenders++] = contender;
}

static void add_sqlite(struct compare *c, unsigned n, bool waits)
{
    struct contender contender = {.run = run_sqlite, .n = n, .waits = waits};

    (void)snprintf(contender.name, sizeof(contender.name), "sqlite-%u%s", n,
                   waits ? "" : "-nowait");
    (void)snprintf(contender.what, sizeof(contender.what), "SQLite WAL, FTS5: %u process%s%s", n,
                   n > 1 ? "es" : "", waits ? "" : ", told when it is locked");
    add(c, contender);
}

static void add_copy(struct compare *c, enum copy_variant variant, unsigned n)
{
    static const char *const whats[] = {"no search", "server makes vectors", "vectors ready-made"};
    struct contender contender = {.run = run_copy, .n = n, .variant = variant};

    (void)snprintf(contender.name, sizeof(contender.name), "copy-%s-%u",
                   copy_variant_names[variant], n);
    (void)snprintf(contender.what, sizeof(contender.what), "COPY, %s: %u connection%s",
                   whats[variant], n, n > 1 ? "s" : "");
    add(c, contender);
}

static int list_contenders(struct compare *c, struct invocation *inv)
{
    struct contender penstock = {.name = "penstock", .what = "penstock", .run = run_penstock};

    c->options = &inv->options;
    add(c, penstock);
    add_sqlite(c, 1, true);
    add_sqlite(c, (unsigned)c->options->sqlite_processes, true);
    add_sqlite(c, (unsigned)c->options->sqlite_processes, false);
    for (int variant = 0; variant < COPY_N_VARIANTS; variant++)
        for (unsigned n = 1; n <= COPY_PARTS; n *= 2)
            add_copy(c, (enum copy_variant)variant, n);
    if (c->n_contenders == 0)
        return command_fail(inv, EXIT_USAGE, "--only %s: no contender has such a name",
                            c->options->only);
    return 0;
}

static bool has(const struct compare *c, const char *beginning)
{
    for (size_t i = 0; i < c->n_contenders; i++)
        if (strncmp(c->contenders[i].name, beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

/* What is not measured: the documents as files, and as rows. */
static int prepare(struct compare *c, struct invocation *inv)
{
    const struct corpus *corpus = &c->bench.corpus;
    uint64_t n = c->options->n_documents;
    struct corpus_document document = {BUF_INIT};
    struct reason why = {"out of memory"};
    int r = 0;

    (void)snprintf(c->folder, sizeof(c->folder), "%.*s/corpus", PATH_MAX - 32,
                   c->bench.place.folder);
    c->names = calloc(n, sizeof(*c->names));
    r = c->names ? corpus_write(corpus, n, c->folder, c->names, &c->n_bytes) : -ENOMEM;
    for (uint64_t i = 0; i < n && r == 0; i++) {
        r = corpus_make(corpus, i, &document);
        c->n_contents += document.content == i;
    }
    buf_done(&document.bytes);
    if (r < 0)
        return command_fail(inv, EXIT_FAILED, "%s: %s", c->folder, strerror(-r));
    if (has(c, "copy") && copy_prepare(&c->bench.place, corpus, n, &c->copy, &why) != 0)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    return 0;
}

/* Rounds. */

static int run_round(struct compare *c, struct invocation *inv, uint64_t round)
{
    for (size_t i = 0; i < c->n_contenders; i++) {
        struct contender *me = &c->contenders[i];
        struct reason why = {""};
        json_t *figures = me->run(c, me, &why);

        if (!figures) {
            c->failed = true;
            (void)command_fail(inv, EXIT_FAILED, "%s: %s", me->name, why.text);
        } else {
            command_say("round %llu of %llu: %-16s %8.0f docs/s %8.2f MB/s",
                        (unsigned long long)round + 1, (unsigned long long)c->options->rounds,
                        me->name,
                        json_number_value(json_object_get(figures, "documents_per_second")),
                        json_number_value(json_object_get(figures, "mb_per_second")));
            (void)json_array_append_new(me->rounds, figures);
        }
        if (stop_requested())
            return 1;
    }
    return 0;
}

static json_t *row_of(const struct compare *c, const struct contender *me)
{
    const json_t *first = c->contenders[0].rounds;
    double base = strcmp(c->contenders[0].name, "penstock") == 0
                      ? median_of(first, "documents_per_second")
                      : NAN;
    double speed = median_of(me->rounds, "documents_per_second");

    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O}", "name",
                     me->name, "what", me->what, "seconds",
                     number_or_null(median_of(me->rounds, "seconds")), "documents_per_second",
                     number_or_null(speed), "slowest",
                     number_or_null(smallest_of(me->rounds, "documents_per_second")), "fastest",
                     number_or_null(largest_of(me->rounds, "documents_per_second")),
                     "mb_per_second", number_or_null(median_of(me->rounds, "mb_per_second")),
                     "penstock_is_times", number_or_null(base / speed), "cpu_ms_per_document",
                     number_or_null(median_of(me->rounds, "cpu_ms_per_document")), "lock_waits",
                     number_or_null(median_of(me->rounds, "lock_waits")), "locked_errors",
                     number_or_null(median_of(me->rounds, "locked_errors")), "rounds", me->rounds);
}

static void conclude(struct compare *c)
{
    json_t *rows = json_array();
    const json_t *rounds = c->contenders[0].rounds;

    for (size_t i = 0; i < c->n_contenders; i++)
        (void)json_array_append_new(rows, row_of(c, &c->contenders[i]));
    (void)json_object_set_new(c->bench.report, "contenders", rows);
    (void)json_object_set_new(c->bench.report, "corpus",
                              json_pack("[{s:I, s:I, s:f, s:I}]", "documents",
                                        (json_int_t)c->options->n_documents, "contents",
                                        (json_int_t)c->n_contents, "mb", (double)c->n_bytes / 1e6,
                                        "rounds", (json_int_t)c->options->rounds));
    if (strcmp(c->contenders[0].name, "penstock") == 0 && json_array_size(rounds) > 0)
        sections_add_run(c->bench.report,
                         json_deep_copy(json_array_get(rounds, json_array_size(rounds) - 1)));
}

static void done(struct compare *c)
{
    for (size_t i = 0; i < c->n_contenders; i++)
        json_decref(c->contenders[i].rounds);
    for (uint64_t i = 0; c->names && i < c->options->n_documents; i++)
        free(c->names[i]);
    free(c->names);
}

static int run(struct invocation *inv)
{
    struct compare *c = calloc(1, sizeof(*c));
    int code;

    if (!c)
        return command_fail(inv, EXIT_FAILED, "out of memory");
    code = list_contenders(c, inv);
    if (code == 0)
        code = bench_open(&c->bench, inv);
    if (code == 0)
        code = prepare(c, inv);
    if (code == 0) {
        for (uint64_t i = 0; i < c->options->rounds && run_round(c, inv, i) == 0; i++)
            ;
        conclude(c);
        code = c->failed || stop_requested() ? EXIT_FAILED : EXIT_DONE;
    }
    done(c);
    code = bench_close(&c->bench, inv, sections_of_compare, code);
    free(c);
    return code;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "",
    .summary = "penstock, a single-writer database, and bulk load, side by side",
    .bit = FOR_COMPARE,
    .run = run,
};
