/* roles.h - the entry points of the service's processes, for main.c and `penstock run`. */
#pragma once

#include "base/settings.h"

/* `penstock: pool`, `penstock: intake`, `penstock: postgres`: what the supervisor starts. Return
 * the exit code. */
int pool_main(int argc, char **argv);
int intake_main(int argc, char **argv);
int postgres_main(int argc, char **argv);

struct run_options {
    bool once;     /* end when the inboxes are drained */
    bool progress; /* a line on a terminal says how it goes */
};

/* The service, with checked settings. Returns the exit code. */
int supervisor_main(const struct settings *s, const struct run_options *options);
