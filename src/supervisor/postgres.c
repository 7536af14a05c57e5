/* postgres.c - the role `penstock: postgres`: keeps the private cluster; becomes the postmaster, or
 * watches one that was left behind (store/embedded.h). Its settings come from the environment that
 * the supervisor made for it. */
#include "base/log.h"
#include "roles.h"
#include "store/embedded.h"

#include <unistd.h>

extern char **environ;

static int load(struct settings *s, struct reason *why)
{
    int r = settings_init(s);

    if (r == 0)
        r = settings_load(s, "/dev/null", environ, why);
    return r == 0 ? settings_check(s, why) : r;
}

int postgres_main(int argc, char **argv)
{
    struct settings s;
    struct reason why = {0};
    pid_t parent = getppid();
    int r;

    log_set_role("postgres");
    r = load(&s, &why) == 0 && embedded_check(&s, &why) == 0 ? embedded_keep(&s, parent, &why)
                                                             : EXIT_USAGE;
    if (why.text[0])
        log_error("postgres", F_STR("reason", why.text));
    settings_done(&s);
    return r;
}
