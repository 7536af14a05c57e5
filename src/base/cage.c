/* cage.c - see cage.h. Asks the kernel and the user database, changes nothing.
 *
 * What the kernel says here is what it says to a worker later: both are the same system calls, and
 * a filter of a container that refuses them refuses them to both.
 */
#include "base/cage.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LANDLOCK_VERSION_FLAG 1u /* LANDLOCK_CREATE_RULESET_VERSION */

int cage_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);

    return abi > 0 ? (int)abi : 0;
}

bool cage_has_seccomp(void)
{
    const uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Root in a container may lack them. */
static bool may_change_user(void)
{
    const uint32_t wanted = 1u << CAP_SETUID | 1u << CAP_SETGID;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & wanted) == wanted;
}

int cage_find_user(const struct settings *s, struct cage_user *ret, struct reason *why)
{
    const char *name = settings_text(s, SETTING_WORKER_USER);
    const struct passwd *pw;

    if (geteuid() != 0) {
        *ret = (struct cage_user){.change = false};
        return 0;
    }
    pw = getpwnam(name);
    if (!pw || pw->pw_uid == 0) {
        reason_add(why, "workers would run as root: the user %s (PENSTOCK_WORKER_USER) %s", name,
                   pw ? "is root" : "does not exist");
        return 1;
    }
    if (!may_change_user()) {
        reason_add(why, "workers would run as root: the capabilities CAP_SETUID and CAP_SETGID are "
                        "missing");
        return 1;
    }
    *ret = (struct cage_user){.change = true, .uid = pw->pw_uid, .gid = pw->pw_gid};
    return 0;
}

int cage_check(const struct settings *s, struct cage_user *ret, struct reason *why)
{
    enum cage_mode mode = (enum cage_mode)settings_number(s, SETTING_SANDBOX);
    struct cage_user user = {.change = false};
    struct reason missing = {0};

    if (mode != CAGE_OFF)
        (void)!cage_find_user(s, &user, &missing);
    if (mode == CAGE_OFF) {
        *ret = user;
        return 0;
    }
    if (cage_landlock_abi() == 0)
        reason_add(&missing, "this kernel offers no Landlock");
    if (!cage_has_seccomp())
        reason_add(&missing, "this kernel offers no seccomp filters");
    if (missing.text[0] && mode == CAGE_REQUIRED) {
        reason_add(why, "PENSTOCK_SANDBOX is required, but %s", missing.text);
        return 1;
    }
    if (missing.text[0])
        reason_add(why, "%s", missing.text);
    *ret = user;
    return 0;
}

const char *cage_write_user(const struct cage_user *user, char text[CAGE_USER_TEXT_SIZE])
{
    if (!user->change)
        return NULL;
    (void)snprintf(text, CAGE_USER_TEXT_SIZE, "%u:%u", user->uid, user->gid);
    return text;
}

int cage_read_user(const char *text, struct cage_user *ret)
{
    unsigned uid, gid;
    int end = 0;

    if (sscanf(text, "%10u:%10u%n", &uid, &gid, &end) != 2 || text[end] != '\0' || uid == 0)
        return -EINVAL;
    *ret = (struct cage_user){.change = true, .uid = uid, .gid = gid};
    return 0;
}
