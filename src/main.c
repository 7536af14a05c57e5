/* main.c - which program of the service this process is: a command, or (argv[0] "penstock:",
 * argv[1] its name) a role that the supervisor started. A table, no logic.
 */
#include "cli/command.h"
#include "roles.h"

#include <stdio.h>
#include <string.h>

struct role {
    const char *name;
    int (*main)(int argc, char **argv);
};

static const struct role roles[] = {
    {"pool", pool_main},
    {"intake", intake_main},
    {"postgres", postgres_main},
};

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[0], "penstock:") != 0)
        return command_main(argc, argv);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].main(argc, argv);
    (void)fprintf(stderr, "penstock: there is no role \"%s\"\n", argv[1]);
    return EXIT_USAGE;
}
