/* role.h - the shape that the supervisor's children share: boot, settings, links, end.
 *
 * A child finds the supervisor at descriptor 3 and the shared page at 4. It is told its settings
 * (SETTING… START) and links to other processes (PEER); another START means that settings have
 * changed. When the supervisor goes, so does it, at once.
 */
#pragma once

#include "base/settings.h"
#include "base/stats.h"
#include "wire/peer.h"

/* Descriptors of a child. A worker has no supervisor: it has the intake at 3 and the pool at 4, and
 * the page at 5. */
enum { FD_SUPERVISOR = 3, FD_STATS = 4 };
enum { FD_WORKER_INTAKE = 3, FD_WORKER_POOL = 4, FD_WORKER_STATS = 5 };

/* How a worker ends. Other ends are failures that the document in hand may be to blame for
 * (docs/ARCHITECTURE.md). */
enum worker_exit {
    WORKER_EXIT_DONE = 0,      /* retired */
    WORKER_EXIT_PEER = 10,     /* the intake or the pool is gone */
    WORKER_EXIT_PROTOCOL = 11, /* it was told nonsense */
    WORKER_EXIT_MEMORY = 12,   /* out of memory: the document's fault */
    WORKER_EXIT_START = 13,    /* it could not make itself ready */
};

struct role; /* a running child */

struct role_events {
    /* All settings are known, for the first time. */
    void (*on_start)(void *user, bool once);
    /* Settings have changed. */
    void (*on_reload)(void *user);
    /* A link: the descriptor is the handler's. */
    void (*on_peer)(void *user, enum wire_role other, unsigned slot, unsigned incarnation, int fd);
    /* Begin nothing new. */
    void (*on_drain)(void *user);
    /* More messages that it hears from the supervisor. */
    const struct peer_route *routes;
    size_t n_routes;
};

/* What every child has; embed it. */
struct role_base {
    enum wire_role self;
    struct loop *loop;
    struct settings settings;
    struct stats_map stats;
    struct peer *supervisor;
    const struct role_events *events;
    void *user;
    struct peer_route *routes;
    struct peer_events peer_events;
    struct timer *heartbeat;
    bool started, once;
};

/* Runs the child until role_end() or the supervisor's end; returns its exit code. `b` is all
 * zeroes. */
int role_run(struct role_base *b, enum wire_role self, const struct role_events *events,
             void *user);

/* Ends the loop. */
void role_end(struct role_base *b);

/* Tells the supervisor: ready; or that nothing can go on, which ends the service with this exit
 * code. */
void role_ready(struct role_base *b);
void role_fatal(struct role_base *b, int exit_code, const char *reason);

/* Asks the supervisor for another link between pool and intake, if it still has that of this number
 * for a good one. */
void role_unlinked(struct role_base *b, unsigned incarnation);

/* Applies the log settings. Also used by the supervisor. */
void role_apply_log_settings(const struct settings *s);
