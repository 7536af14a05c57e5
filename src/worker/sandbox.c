/* sandbox.c - what a worker gives up before it sees a document: all that confines parsers begins
 * here, and the order matters.
 *
 * The supervisor already gave it an empty environment and nothing but its sockets
 * (src/supervisor/spawn.c). Started as root it becomes an ordinary user, here rather than before
 * exec: the program may lie in a folder that only root can enter. Then limits, Landlock, and the
 * filter of system calls last, since it forbids what the others need. Libraries must have loaded
 * what they need before: extract_open() runs every extractor once.
 *
 * The layers overlap on purpose: Landlock and the filter each keep a parser from files and from
 * other processes (signals: Landlock from ABI 6).
 * Under PENSTOCK_SANDBOX=best_effort a layer that cannot be had is left out; under `off` there are
 * no_new_privs and limits only.
 *
 * Sanitizer builds have all layers, but wider: no address space limit (AddressSanitizer reserves
 * terabytes), no limit on processes (the search for leaks starts one), /proc and this program stay
 * readable, and the calls of their runtime pass the filter. Under valgrind: PENSTOCK_SANDBOX=off.
 */
#include "worker/worker.h"

#include "base/log.h"
#include "base/process.h"

#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* What has been put around this process so far. */
struct cage {
    unsigned layers;
    bool required, off;
    struct reason *why;
};

struct limit {
    __rlimit_resource_t what;
    rlim_t value;
};

static int set_limits(const struct settings *s)
{
    const struct limit limits[] = {
        {RLIMIT_CORE, 0},    /* no document in a core file */
        {RLIMIT_FSIZE, 0},   /* no writing to files, a log that is one included */
        {RLIMIT_NOFILE, 16}, /* two sockets, the document, the standard three */
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},
#if !SANITIZED
        {RLIMIT_NPROC, 0}, /* no fork (not felt by root, setrlimit(2)) */
        {RLIMIT_AS, (rlim_t)settings_number(s, SETTING_MAX_MEMORY)},
#endif
    };

    (void)s;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        const struct rlimit value = {.rlim_cur = limits[i].value, .rlim_max = limits[i].value};

        if (setrlimit(limits[i].what, &value) < 0)
            return -errno;
    }
    return 0;
}

/* A timer rather than RLIMIT_CPU: that counts from the start of the process, this can begin anew
 * with each document. */
int sandbox_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* Root has some, and a service manager may have given some to others (ambient). */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* A change of user takes back the tie to the parent, so that is made again. */
int sandbox_become(const struct cage_user *user)
{
    const pid_t parent = getppid();
    int r = 0, dropped;

    if (user->change && (setgroups(0, NULL) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
                         setresuid(user->uid, user->uid, user->uid) < 0))
        r = -errno;
    dropped = drop_capabilities(); /* in any case: who stays root need not stay mighty */
    if (r < 0 || dropped < 0)
        return r < 0 ? r : dropped;
    if (geteuid() == 0) /* no user was given: the files of root are its own still */
        return -EOPNOTSUPP;
    r = user->change ? process_bind_to_parent(parent, SIGKILL) : 0;
    return r > 0 ? -ESRCH : r;
}

/* One layer. When it cannot be had: the end, or a line in the log (of what the kernel does not
 * offer the supervisor has told already). */
static int add_layer(struct cage *c, enum cage_layer bit, const char *name, int result)
{
    if (result == 0) {
        c->layers |= bit;
        return 0;
    }
    if (c->required) {
        reason_set(c->why, "PENSTOCK_SANDBOX is required, but a layer cannot be had: %s", name);
        return result;
    }
    if (result != -ENOSYS && result != -EOPNOTSUPP)
        log_warn("sandbox.missing", F_STR("layer", name), F_ERR(result));
    return 0;
}

static int set_bounds(struct cage *c, const struct settings *s)
{
    int r = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : set_limits(s);

    if (r < 0)
        reason_set(c->why, "limits cannot be set");
    return r;
}

static int enter(struct cage *c, const struct settings *s, const struct cage_user *user)
{
    int r = sandbox_no_new_privileges();

    if (r == 0 && !c->off)
        r = add_layer(c, CAGE_USER, "own user", sandbox_become(user));
    if (r == 0)
        r = set_bounds(c, s); /* behind the change of user, which makes a process dumpable or not */
    if (r == 0 && !c->off)
        r = add_layer(c, CAGE_LANDLOCK, "Landlock", sandbox_enter_landlock());
    if (r == 0 && !c->off)
        r = add_layer(c, CAGE_SECCOMP, "seccomp",
                      sandbox_enter_seccomp((c->layers & CAGE_LANDLOCK) != 0));
    return r;
}

int sandbox_enter(const struct settings *s, const struct cage_user *user, unsigned *ret_layers,
                  struct reason *why)
{
    int64_t mode = settings_number(s, SETTING_SANDBOX);
    struct cage c = {.required = mode == CAGE_REQUIRED, .off = mode == CAGE_OFF, .why = why};
    int r;

    /* The clock reads a file. Without TZ libraries (libzip) would look at that file again for each
     * date: localtime() and mktime() do, unless the variable is there and has not changed. */
    (void)setenv("TZ", ":/etc/localtime", 0);
    tzset();
    r = enter(&c, s, user);
    if (r == 0)
        *ret_layers = c.layers;
    return r;
}
