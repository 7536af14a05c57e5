/* options.c - see options.h. What an option holds is told by its type; its
 * place in the structure by an offset. */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_type { FLAG, TEXT, CHOICE, NUMBER, REAL, NUMBERS, SETTING };

static const struct option_row {
    const char *name, *argument, *help;
    unsigned commands; /* of enum command_bit */
    enum option_type type;
    size_t offset;
    uint64_t min, max;   /* of numbers */
    const char *choices; /* of CHOICE, with | between */
} rows[] = {
#define AT(field) offsetof(struct options, field)
    {"profile", "NAME",
     "kernel, small, mixed or large (default kernel where linux-doc is, else "
     "mixed)",
     FOR_TRIALS, CHOICE, AT(profile), .choices = "kernel|small|mixed|large"},
    {"documents", "N", "how many (default: as the profile has it)", FOR_ALL & ~FOR_VERIFY, NUMBER,
     AT(n_documents), 1, 100000000},
    {"seed", "S", "of the documents (default 7; with --attach a new one each time)",
     FOR_ALL & ~FOR_VERIFY, NUMBER, AT(seed), 0, UINT64_MAX / 2},
    {"words", "SOURCE", "vocabulary: auto, made (same everywhere) or linux-doc",
     FOR_ALL & ~FOR_VERIFY, CHOICE, AT(words), .choices = "auto|made|linux-doc"},
    {"rate", "N",
     "documents a second, open-loop (default: all at once; soak: as fast as it "
     "goes)",
     FOR_RUN | FOR_SWEEP | FOR_SOAK, REAL, AT(rate), 0, 0},
    {"droppers", "T", "threads that drop (default 4)", FOR_TRIALS, NUMBER, AT(droppers), 1, 64},
    {"workers", "N[,N...]", "worker processes (default: one a processor); a list in sweep",
     FOR_TRIALS, NUMBERS, AT(workers), 1, 256},
    {"pool", "N[,N...]", "connections (DB_POOL_MAX); a list in sweep", FOR_TRIALS, NUMBERS,
     AT(pool), 1, 1000},
    {"batch-rows", "N[,N...]", "documents a transaction (PENSTOCK_BATCH_ROWS); a list in sweep",
     FOR_TRIALS, NUMBERS, AT(batch_rows), 1, 10000},
    {"set", "NAME=VALUE", "any other setting of the service; may be repeated", FOR_TRIALS, SETTING,
     AT(settings)},
    {"after", "WHAT", "archive (default), delete or keep: what becomes of originals", FOR_TRIALS,
     CHOICE, AT(after), .choices = "archive|delete|keep"},
    {"rounds", "N", "how often everything is measured, in turn (default 3)",
     FOR_COMPARE | FOR_SWEEP, NUMBER, AT(rounds), 1, 100},
    {"only", "LIST", "contenders, by the beginnings of their names: penstock,sqlite,copy",
     FOR_COMPARE, TEXT, AT(only)},
    {"sqlite-processes", "N", "writers of the larger SQLite baseline (default 4)", FOR_COMPARE,
     NUMBER, AT(sqlite_processes), 2, 64},
    {"sqlite-batch", "N", "documents a transaction of the SQLite baseline (default 200)",
     FOR_COMPARE, NUMBER, AT(sqlite_batch), 1, 100000},
    {"seconds", "S", "how long (default 60)", FOR_SOAK, NUMBER, AT(seconds), 1, 604800},
    {"every", "S", "seconds between two lines (default 5)", FOR_SOAK, NUMBER, AT(every_seconds), 1,
     3600},
    {"backlog", "N", "without --rate: files kept waiting (default 2000)", FOR_SOAK, NUMBER,
     AT(backlog), 1, 1000000},
    {"hold-snapshot", "S", "another session holds a snapshot open for so long, in the middle",
     FOR_SOAK, NUMBER, AT(hold_seconds), 1, 604800},
    {"poll-ms", "MS", "how often the watcher looks (default 2; when all come at once 20)",
     FOR_TRIALS, NUMBER, AT(poll_ms), 1, 10000},
    {"patience", "S", "give up when nothing comes for so long (default 60)", FOR_TRIALS, NUMBER,
     AT(patience_seconds), 1, 86400},
    {"verify", NULL, "check that everything is there exactly once",
     FOR_RUN | FOR_COMPARE | FOR_SOAK, FLAG, AT(verify)},
    {"attach", NULL, "measure the service that runs with the settings of this environment", FOR_RUN,
     FLAG, AT(attach)},
    {"work", "DIR", "scratch folders are made there (default $TMPDIR)", FOR_TRIALS, TEXT, AT(work)},
    {"keep", NULL, "leave scratch folders and databases behind, and say where", FOR_TRIALS, FLAG,
     AT(keep)},
    {"json", "FILE", "write the figures there", FOR_TRIALS, TEXT, AT(json)},
    {"html", "FILE", "write a page with charts there", FOR_TRIALS, TEXT, AT(html)},
    {"help", NULL, "this text", FOR_ALL, FLAG, AT(help)},
#undef AT
};

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || n < min || n > max)
        return false;
    *ret = n;
    return true;
}

static bool parse_numbers(char *text, const struct option_row *row, struct number_list *ret)
{
    char *rest = text, *part;

    ret->n = 0;
    while ((part = strsep(&rest, ",")))
        if (ret->n == OPTIONS_MAX_VALUES ||
            !parse_number(part, row->min, row->max, &ret->values[ret->n++]))
            return false;
    return true;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);

    while (n > 0 && *choices) {
        size_t length = strcspn(choices, "|");

        if (length == n && strncmp(choices, text, n) == 0)
            return true;
        choices += length + (choices[length] == '|');
    }
    return false;
}

static bool parse_real(const char *text, double *ret)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !isfinite(value) || value <= 0 || value > 1e6)
        return false;
    *ret = value;
    return true;
}

/* PENSTOCK_ and DB_ alone: the rest decides where the test takes place. */
static bool parse_setting(const char *text, struct settings_list *ret)
{
    const char *equals = strchr(text, '=');
    char name[64];

    if (!equals || equals - text >= (ptrdiff_t)sizeof(name) ||
        (strncmp(text, "PENSTOCK_", 9) != 0 && strncmp(text, "DB_", 3) != 0 &&
         strncmp(text, "LOG_", 4) != 0))
        return false;
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
    return settings_list_set(ret, name, equals + 1) == 0;
}

static void tell_wrong(const struct option_row *row, const char *text, struct reason *why)
{
    if (row->type == NUMBER || row->type == NUMBERS)
        reason_set(why, "--%s needs %s from %llu to %llu, not \"%s\"", row->name,
                   row->type == NUMBER ? "a whole number" : "whole numbers, separated by commas,",
                   (unsigned long long)row->min, (unsigned long long)row->max, text);
    else if (row->type == REAL)
        reason_set(why, "--%s needs a number above 0, not \"%s\"", row->name, text);
    else if (row->type == CHOICE)
        reason_set(why, "--%s is one of %s, not \"%s\"", row->name, row->choices, text);
    else
        reason_set(why,
                   "--%s needs %s with a name that begins with PENSTOCK_, DB_ or "
                   "LOG_, not \"%s\"",
                   row->name, row->argument, text);
}

static int take(struct options *o, const struct option_row *row, char *text, struct reason *why)
{
    void *at = (char *)o + row->offset;
    char *copy = text ? strdup(text) : NULL;
    bool good = true;

    switch (row->type) {
    case FLAG:
        *(bool *)at = true;
        break;
    case CHOICE:
        good = is_choice(row->choices, text);
        *(const char **)at = text;
        break;
    case TEXT:
        *(const char **)at = text;
        break;
    case NUMBER:
        good = parse_number(text, row->min, row->max, at);
        break;
    case REAL:
        good = parse_real(text, at);
        break;
    case NUMBERS:
        good = copy && parse_numbers(copy, row, at);
        break;
    case SETTING:
        good = parse_setting(text, at);
        break;
    }
    free(copy);
    if (!good)
        tell_wrong(row, text, why);
    return !good;
}

static size_t make_long_options(enum command_bit command, struct option *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].commands & command)
            ret[n++] = (struct option){rows[i].name,
                                       rows[i].type == FLAG ? no_argument : required_argument, NULL,
                                       (int)i + 256};
    ret[n] = (struct option){NULL};
    return n;
}

static int check(const struct options *o, enum command_bit command, struct reason *why)
{
    const struct number_list *lists[] = {&o->workers, &o->pool, &o->batch_rows};

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        if (lists[i]->n > 1 && command != FOR_SWEEP) {
            reason_set(why, "--workers, --pool and --batch-rows take a list in sweep only");
            return 1;
        }
    if (o->attach && o->profile && strcmp(o->profile, "kernel") == 0) {
        reason_set(why, "--attach needs new documents each time: --profile kernel has none");
        return 1;
    }
    if (o->attach && (o->workers.n || o->pool.n || o->batch_rows.n || o->settings.n || o->after)) {
        reason_set(why, "--attach changes nothing of the service: no --workers, "
                        "--pool, --batch-rows, "
                        "--set or --after");
        return 1;
    }
    if (o->hold_seconds > 0 && o->hold_seconds * 2 > o->seconds) {
        reason_set(why, "--hold-snapshot is longer than half of --seconds");
        return 1;
    }
    return 0;
}

static const struct options defaults = {
    .words = "auto",
    .seed = 7,
    .droppers = 4,
    .backlog = 2000,
    .patience_seconds = 60,
    .rounds = 3,
    .seconds = 60,
    .every_seconds = 5,
    .sqlite_processes = 4,
    .sqlite_batch = 200,
};

int options_parse(struct options *o, enum command_bit command, int argc, char **argv,
                  int *ret_first, struct reason *why)
{
    struct option long_options[ARRAY_SIZE(rows) + 1];
    int found;

    *o = defaults;
    (void)make_long_options(command, long_options);
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (found == ':' || found == '?') {
            reason_set(why, found == ':' ? "%s needs a value" : "there is no option %s",
                       argv[optind - 1]);
            return 1;
        }
        if (take(o, &rows[found - 256], optarg, why) != 0)
            return 1;
        o->seed_given |= strcmp(rows[found - 256].name, "seed") == 0;
    }
    *ret_first = optind;
    return check(o, command, why);
}

static int set_number(struct settings_list *l, const char *name, const struct number_list *values)
{
    char text[24];

    if (values->n == 0)
        return 0;
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)values->values[0]);
    return settings_list_set(l, name, text);
}

int options_settings(const struct options *o, struct settings_list *ret)
{
    int r = 0;

    *ret = (struct settings_list){0};
    for (size_t i = 0; i < o->settings.n && r == 0; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(o->settings.list[i], "="),
                       o->settings.list[i]);
        r = settings_list_set(ret, name, strchr(o->settings.list[i], '=') + 1);
    }
    if (r == 0)
        r = set_number(ret, "PENSTOCK_WORKERS", &o->workers);
    if (r == 0)
        r = set_number(ret, "DB_POOL_MAX", &o->pool);
    if (r == 0)
        r = set_number(ret, "PENSTOCK_BATCH_ROWS", &o->batch_rows);
    return r;
}

void options_done(struct options *o)
{
    settings_list_done(&o->settings);
}

void options_help(enum command_bit command, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char left[40];

        if (!(rows[i].commands & command))
            continue;
        (void)snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                       rows[i].argument ? rows[i].argument : "");
        buf_printf(out, "  %-24s %s\n", left, rows[i].help);
    }
}
