/* command.h - the subcommands of penstock-loadtest. */
#pragma once

#include "options.h"
#include "report.h"
#include "trial.h"

/* What a subcommand works with. */
struct invocation {
    const char *name;
    struct options options;
    char **arguments; /* behind the options */
    int n_arguments;
};

struct command {
    const char *name, *arguments, *summary;
    enum command_bit bit;
    int n_arguments;
    int (*run)(struct invocation *inv); /* the exit code */
};

extern const struct command command_corpus, command_run, command_sweep, command_compare,
    command_soak, command_verify;

/* Tells on standard error what went wrong; returns the code. */
int command_fail(const struct invocation *inv, enum exit_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Tells on standard error what goes on. */
void command_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* Documents, a place, and the head of the report: what every measuring
 * subcommand begins with. */
struct bench {
    struct corpus corpus;
    struct place place;
    bool has_place;
    json_t *report;
    struct trial_options trial; /* from the options; may be changed */
    struct settings_list settings;
};
/* Returns 0, or the exit code with the failure told. */
int bench_open(struct bench *b, struct invocation *inv) MUST_CHECK;
/* Prints the tables, writes the files, takes everything down; `code` is what
 * the subcommand came to. Returns the exit code. */
int bench_close(struct bench *b, struct invocation *inv, const struct section *const *sections,
                int code);
