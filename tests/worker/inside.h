/* inside.h - what somebody inside a worker's sandbox may try, each as one function.
 *
 * An attempt runs in a process of its own (inside_run()), behind the layers under test. What it
 * needs (a victim, a socket) is made before. */
#pragma once

#include "../base/common.h"

#include "worker/worker.h"

/* How an attempt ended. */
enum ending {
    WORKED,     /* it did what it should not have been able to do */
    REFUSED,    /* the kernel said no */
    KILLED,     /* by SIGSYS */
    NO_ENTRY,   /* the layers could not be put up */
    OTHER_DEATH /* neither of these */
};

/* Which layers stand for an attempt to fail; the others do not look at it. */
enum standing {
    BY_LANDLOCK = 1 << 0,
    ROOT_ONLY = 1 << 1,   /* without a sandbox only root can do it */
    NEVER = 1 << 2,       /* not even without a sandbox, on some machines */
    SANITIZERS = 1 << 3,  /* the runtime of sanitizers needs the call */
    BY_SCOPE = 1 << 4,    /* by Landlock, from ABI 6 */
    BY_NETWORK = 1 << 5,  /* by Landlock, from ABI 4 */
    BY_TRUNCATE = 1 << 6, /* by Landlock, from ABI 3 */
};

struct attempt {
    const char *name;
    int (*make)(void);    /* 0, or -errno of the refusal */
    enum ending filtered; /* what the filter of system calls makes of it: REFUSED or KILLED */
    unsigned standing;
};

extern const struct attempt attempts[];
extern const size_t n_attempts;

/* What attempts are made on: a process, files, sockets. For setup and teardown of a group. */
int inside_prepare(void **state);
int inside_clean_up(void **state);

/* Puts up the layers in a new process and makes the attempt there. */
enum ending inside_run(int (*enter)(void), int (*make)(void));
