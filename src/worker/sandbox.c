/* sandbox.c - what a worker gives up before it sees a document. Everything that confines parsers
 * stands in this file.
 *
 * The supervisor already gave it an empty environment and nothing but its sockets
 * (src/supervisor/spawn.c). An address space limit makes a memory bomb end as a failed malloc in
 * one process; AddressSanitizer reserves terabytes, so its builds go without.
 */
#include "worker/worker.h"

#include <sys/prctl.h>
#include <sys/resource.h>

struct limit {
    __rlimit_resource_t what;
    rlim_t value;
};

static int set_limits(const struct limit *limits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rlimit value = {.rlim_cur = limits[i].value, .rlim_max = limits[i].value};

        if (setrlimit(limits[i].what, &value) < 0)
            return -errno;
    }
    return 0;
}

int sandbox_enter(const struct settings *s)
{
    const struct limit limits[] = {
        {RLIMIT_CORE, 0},    /* no document in a core file */
        {RLIMIT_FSIZE, 0},   /* no writing to files, a log that is one included */
        {RLIMIT_NOFILE, 16}, /* two sockets, the document, the standard three */
        {RLIMIT_NPROC, 0},   /* no fork (not felt by root, setrlimit(2)) */
        {RLIMIT_MEMLOCK, 0},
#ifndef __SANITIZE_ADDRESS__
        {RLIMIT_AS, (rlim_t)settings_number(s, SETTING_MAX_MEMORY)},
#endif
    };

    (void)s;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return -errno;
    return set_limits(limits, ARRAY_SIZE(limits));
}
