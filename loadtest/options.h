/* options.h - the command line of penstock-loadtest: one table of options, each
 * with the subcommands that take it. */
#pragma once

#include "service.h"
#include "words.h"

#define OPTIONS_MAX_VALUES 16

/* A list of whole numbers; n is 0 when it was not given. */
struct number_list {
    uint64_t values[OPTIONS_MAX_VALUES];
    size_t n;
};

enum command_bit {
    FOR_CORPUS = 1,
    FOR_RUN = 2,
    FOR_SWEEP = 4,
    FOR_COMPARE = 8,
    FOR_SOAK = 16,
    FOR_VERIFY = 32,
    FOR_TRIALS = FOR_RUN | FOR_SWEEP | FOR_COMPARE | FOR_SOAK,
    FOR_ALL = 63,
};

struct options {
    const char *profile, *words, *work, *after, *json, *html, *only;
    uint64_t n_documents, seed; /* 0: not given */
    bool seed_given;
    double rate; /* 0: all at once */
    uint64_t droppers, backlog;
    uint64_t poll_ms; /* 0: not given */
    uint64_t patience_seconds, rounds, seconds, every_seconds, hold_seconds;
    uint64_t sqlite_processes, sqlite_batch;
    struct number_list workers, pool, batch_rows;
    struct settings_list settings;
    bool verify, attach, keep, help;
};

/* Reads argv behind the subcommand; what is no option stays in order from
 * *ret_first on. Returns 1 and why, naming the option that is wrong. */
int options_parse(struct options *o, enum command_bit command, int argc, char **argv,
                  int *ret_first, struct reason *why) MUST_CHECK;
/* What the service is set to by --set, --workers, --pool and --batch-rows.
 * -errno. */
int options_settings(const struct options *o, struct settings_list *ret) MUST_CHECK;
void options_done(struct options *o);
/* The options of a subcommand, a line each. */
void options_help(enum command_bit command, struct buf *out);
