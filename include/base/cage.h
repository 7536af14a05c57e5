/* cage.h - which layers of the workers' cage this machine offers, and as whom workers run. Asked
 * before a worker is started (supervisor, `extract`, `doctor`); what a worker then does is
 * src/worker/sandbox.c. */
#pragma once

#include "base/settings.h"

#include <sys/types.h>

/* In the order of the choices of PENSTOCK_SANDBOX. */
enum cage_mode { CAGE_REQUIRED, CAGE_BEST_EFFORT, CAGE_OFF };

/* Bits of what is around a worker: worker_page.layers (base/stats.h). */
enum cage_layer {
    CAGE_USER = 1 << 0,     /* not root, and no capabilities */
    CAGE_LANDLOCK = 1 << 1, /* no path */
    CAGE_SECCOMP = 1 << 2,  /* no system call but those it needs */
    CAGE_ALL = CAGE_USER | CAGE_LANDLOCK | CAGE_SECCOMP
};

/* As whom a worker runs when its parent is root. */
struct cage_user {
    bool change; /* false: as whoever started it */
    uid_t uid;
    gid_t gid;
};

enum { CAGE_USER_TEXT_SIZE = 24 };

/* The kernel's Landlock ABI, 0 when there is none or it is switched off. */
int cage_landlock_abi(void);

/* Whether filters that end the process can be loaded. */
bool cage_has_seccomp(void);

/* PENSTOCK_WORKER_USER, looked up; for anyone but root nothing changes. Returns 1, and why, when
 * workers would stay root: no such user, it is root, or we may not change users. */
int cage_find_user(const struct settings *s, struct cage_user *ret, struct reason *why) MUST_CHECK;

/* Whether workers may be started by these settings. Returns 0, with what is missing added to `why`
 * when PENSTOCK_SANDBOX=best_effort goes on without it; or 1, and why, when it is `required`. */
int cage_check(const struct settings *s, struct cage_user *ret, struct reason *why) MUST_CHECK;

/* The user as the third argument of penstock-worker, "uid:gid"; NULL when none is to be given.
 * Reading is the reverse; -EINVAL. */
const char *cage_write_user(const struct cage_user *user, char text[CAGE_USER_TEXT_SIZE]);
int cage_read_user(const char *text, struct cage_user *ret) MUST_CHECK;
