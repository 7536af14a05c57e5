/* command.h - what a command is: a row of data and a function. The table of all of them is in
 * command.c; the arguments of one run are an invocation.
 */
#pragma once

#include "base/settings.h"

#define COMMAND_MAX_OPTIONS 8
#define COMMAND_MAX_LIST    32

/* An option, written --name or --name VALUE. */
struct command_option {
    const char *name;     /* without dashes; NULL ends the list */
    const char *argument; /* what help calls its value; NULL: it takes none */
    const char *help;
    int setting;  /* OPTION_SETS(SETTING_…): the value goes over that setting; 0: into none */
    bool is_list; /* it may be given several times; one option of a command at most */
};
#define OPTION_SETS(id) ((int)(id) + 1)
#define OPTION_JSON                \
    {                              \
        "json", NULL, "print JSON" \
    }

struct invocation;

struct command {
    const char *name;
    const char *arguments; /* as help shows them: "QUERY..." */
    const char *summary;   /* its line in `penstock --help` */
    const char *help;      /* what its own --help says beyond that; NULL: nothing */
    const struct command_option *options;
    int min_arguments, max_arguments;   /* max: -1 for any number */
    int (*run)(struct invocation *inv); /* returns the exit code */
};

struct invocation {
    const struct command *command;
    const char
        *values[COMMAND_MAX_OPTIONS]; /* by option; NULL: not given; "" for one without value */
    const char
        *list[COMMAND_MAX_LIST]; /* the values of the option that is a list, in their order */
    size_t n_list;
    char **arguments;
    int n_arguments;
    struct settings settings; /* after invocation_load_settings() */
    bool has_settings;
};

/* `penstock COMMAND ...`. Returns the exit code. */
int command_main(int argc, char **argv);

bool invocation_has(const struct invocation *inv, const char *option);
const char *invocation_value(const struct invocation *inv, const char *option);

/* The number that the option gives, or `fallback` without it. Tells when it is none between min
 * and max, and returns EXIT_USAGE; else 0. */
int invocation_number(const struct invocation *inv, const char *option, int64_t fallback,
                      int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

/* Reads the settings: defaults, `.env`, environment, options. Returns 0, or EXIT_USAGE after
 * telling all that is wrong. */
int invocation_load_settings(struct invocation *inv) MUST_CHECK;
/* The same without telling: 1 and why. */
int invocation_try_settings(struct invocation *inv, struct reason *why) MUST_CHECK;

/* Tells an error on standard error, as "penstock NAME: sentence"; returns `exit_code`. */
int invocation_fail(const struct invocation *inv, int exit_code, const char *format, ...)
    PRINTF_LIKE(3, 4);
