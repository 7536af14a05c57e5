/* process.h - what a process does to itself: its name in `ps`, its tie to the parent, where it was
 * started from. */
#pragma once

#include "base/err.h"

#include <sys/types.h>

/* The short name (comm) that `ps` and `top` show; cut at 15 bytes: prctl(2) PR_SET_NAME. */
void process_set_name(const char *name);

/* Asks the kernel to send `signal` when `parent` dies. Returns 1 when it is dead already (the race
 * between fork and this call). Lost on a change of credentials: call it after setresuid(2)
 * (prctl(2) PR_SET_PDEATHSIG). */
int process_bind_to_parent(pid_t parent, int signal) MUST_CHECK;

/* Who made the socket pair of which `socket` is an end (unix(7) SO_PEERCRED): the parent, for one that was
 * inherited from it, whether it is still alive or not. -errno. */
pid_t process_maker_of(int socket) MUST_CHECK;

/* Path of the program that stands beside the running one (same directory as /proc/self/exe). */
int process_sibling_program(const char *name, char *ret, size_t size) MUST_CHECK;

/* Processors this process may run on, at least 1. */
unsigned process_cpu_count(void);

/* Whether a process `pid` exists (also one of another user). */
bool process_exists(pid_t pid);
