/* embedded.h - the private PostgreSQL cluster under PENSTOCK_HOME/postgres, for when no database is
 * configured.
 *
 * On a Unix socket only, in a folder that nobody else may enter, as PENSTOCK_POSTGRES_USER when
 * started as root. Its log is PENSTOCK_HOME/run/postgres.log. Whoever uses it holds a shared lock
 * on PENSTOCK_HOME/run/postgres.lock; who is last stops it. An instance that was left behind by a
 * killed service is adopted: used, and stopped with the new one.
 */
#pragma once

#include "base/settings.h"

#include <sys/types.h>

/* Folder of the Unix socket: PENSTOCK_HOME/run/postgres, or a private one under /tmp when that path
 * does not fit into sun_path (107 bytes, unix(7)). */
int embedded_socket_folder(const struct settings *s, char *ret, size_t size) MUST_CHECK;

/* The keeper process of a service, `penstock: postgres`: makes the cluster if there is none
 * (initdb), then becomes (execve) postgres, bound to die (fast shutdown) with `parent`; or, when an
 * instance already runs, stays itself, watches it, and stops it on SIGTERM, SIGINT, SIGQUIT
 * (immediate) or the death of `parent`; one that ends by itself it replaces. Returns the exit code:
 * 0 after an adopted instance was stopped on request, else a failure and why. Stop it with SIGINT:
 * once it is postgres, SIGTERM would wait for every client ("smart" shutdown). */
int embedded_keep(const struct settings *s, pid_t parent, struct reason *why) MUST_CHECK;

/* What is missing or wrong about it, without changing anything: programs (naming the package to
 * install), user, rights on every folder above. 0, or 1 and why. */
int embedded_check(const struct settings *s, struct reason *why) MUST_CHECK;

/* The postmaster that serves PENSTOCK_HOME now, 0 when there is none. */
pid_t embedded_running(const struct settings *s);

/* For a command: takes the shared lock, and starts the cluster when none runs and waits until it
 * accepts connections. 0, or 1 and why. */
struct embedded;
int embedded_borrow(const struct settings *s, struct embedded **ret, struct reason *why) MUST_CHECK;
/* Gives the lock back; the last one stops the cluster, unless a service keeps it. NULL is allowed;
 * returns NULL. */
struct embedded *embedded_return(struct embedded *e);

/* The service's own shared lock, for as long as the descriptor is open (close-on-exec; the
 * supervisor holds it). */
int embedded_lock(const struct settings *s, int *ret_fd) MUST_CHECK;
