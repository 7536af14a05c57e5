/* run.c - `penstock run`: reads and checks the settings, then becomes the supervisor. */
#include "cli/commands.h"

#include "roles.h"

#include <unistd.h>

static int run(struct invocation *inv)
{
    struct run_options options = {
        .once = invocation_has(inv, "once"),
        .progress = !invocation_has(inv, "no-progress") && isatty(STDERR_FILENO) == 1,
    };
    int r = invocation_load_settings(inv);

    return r != 0 ? r : supervisor_main(&inv->settings, &options);
}

static const struct command_option options[] = {
    {"once", NULL, "drain the inboxes, then end; exit code 4 when documents were quarantined"},
    {"workers", "N", "worker processes (PENSTOCK_WORKERS)", OPTION_SETS(SETTING_WORKERS)},
    {"inbox", "DIR", "the folder to drain, or name=path,... (PENSTOCK_INBOX)",
     OPTION_SETS(SETTING_INBOX)},
    {"no-progress", NULL, "no progress line on a terminal"},
    {NULL},
};

const struct command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "run the service: drain the inboxes into the database",
    .help = "Signals: HUP reads the settings again; TERM and INT drain and end (a second one ends "
            "at once); QUIT ends at "
            "once.",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
