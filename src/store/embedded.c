/* embedded.c - using the private cluster: the lock of its users, borrowing it for a command, and
 * the checks.
 *
 * Two locks (flock(2), gone with their holder): run/postgres.lock is held shared by everybody who
 * uses the cluster, and taken over exclusively by the last one, to stop it; run/postgres.start is
 * held while the cluster is made or started. When a shared lock is turned into an exclusive one the
 * kernel gives up the former first, so of several users who leave at once the last one gets it.
 */
#include "embedded_site.h"

#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define START_ATTEMPTS 3

struct embedded {
    struct embedded_site site;
    int lock_fd;
};

static int lock_file(const char *path, int how, int *ret_fd)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    while (flock(fd, how) < 0)
        if (errno != EINTR)
            return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int embedded_lock(const struct settings *s, int *ret_fd)
{
    struct embedded_site site;
    int r = embedded_site(s, &site, NULL);

    if (r == 0)
        r = fd_make_directories(site.run, 0711);
    if (r != 0)
        return r > 0 ? -EPERM : r;
    return lock_file(site.lock, LOCK_SH, ret_fd);
}

pid_t embedded_running(const struct settings *s)
{
    struct embedded_site site;
    CLEANUP(postmaster_done) struct postmaster p = {.pidfd = -1};

    if (embedded_site(s, &site, NULL) != 0)
        return 0;
    p = postmaster_look(&site);
    return p.state == POSTMASTER_STARTING || p.state == POSTMASTER_READY ? p.pid : 0;
}

/* The folder that exists already, of `path` and those above it. */
static void cut_to_existing(char *path)
{
    while (access(path, F_OK) < 0 && strrchr(path, '/') > path)
        *strrchr(path, '/') = '\0';
    if (access(path, F_OK) < 0)
        path[1] = '\0';
}

int embedded_check(const struct settings *s, struct reason *why)
{
    struct embedded_site site;
    char existing[PATH_MAX];
    int r = embedded_site(s, &site, why);

    if (r == 0)
        r = embedded_find_programs(s, &site, why);
    if (r == 0)
        r = embedded_check_reach(&site, site.run, why);
    if (r == 0)
        r = embedded_check_reach(&site, site.bin, why);
    if (r < 0)
        reason_set(why, "the private cluster cannot be checked: %s", strerror(-r));
    if (r != 0)
        return 1;
    memcpy(existing, site.home, sizeof(existing));
    cut_to_existing(existing);
    if (access(existing, W_OK | X_OK) == 0)
        return 0;
    reason_set(why, "%s cannot be written to: %s", existing, strerror(errno));
    return 1;
}

/* Waits for what is under way, or starts. 0, 1 and why, 2 to look again. */
static int start_once(const struct embedded_site *site, struct reason *why)
{
    CLEANUP(postmaster_done) struct postmaster p = postmaster_look(site);
    int r;

    if (p.state == POSTMASTER_READY)
        return 0;
    if (p.state == POSTMASTER_STOPPING) {
        reason_set(why, "the PostgreSQL of %s (process %d) does not stop", site->data, (int)p.pid);
        return postmaster_wait_gone(&p, EMBEDDED_STOP_MSEC) == 0 ? 2 : 1;
    }
    r = p.state == POSTMASTER_NONE ? embedded_make_cluster(site, why) : 0;
    if (r == 0 && p.state == POSTMASTER_NONE)
        r = postmaster_start(site, &p, why);
    if (r != 0)
        return r;
    if (postmaster_wait_ready(site, &p, EMBEDDED_START_MSEC) == 0)
        return 0;
    reason_set(why, "the PostgreSQL of %s did not start", site->data);
    embedded_quote_log(site, why);
    return 2;
}

/* A service's keeper may start one at the same moment, or backends of a killed postmaster may not
 * be gone yet: then ours ends at once, and another look tells. */
static int start(const struct embedded_site *site, struct reason *why)
{
    CLEANUP(fd_closep) int lock_fd = -1;
    int r = lock_file(site->start_lock, LOCK_EX, &lock_fd);

    for (int i = 0; r == 0 && i < START_ATTEMPTS; i++) {
        int outcome = start_once(site, why);

        if (outcome != 2)
            return outcome;
        if (i > 0)
            (void)usleep(300000);
    }
    return r < 0 ? r : 1;
}

static int borrow(const struct settings *s, struct embedded *e, struct reason *why)
{
    int r = embedded_site(s, &e->site, why);

    if (r == 0)
        r = embedded_find_programs(s, &e->site, why);
    if (r == 0)
        r = embedded_make_folders(&e->site, why);
    if (r == 0)
        r = embedded_check_reach(&e->site, e->site.bin, why);
    if (r == 0)
        r = lock_file(e->site.lock, LOCK_SH, &e->lock_fd);
    if (r == 0)
        r = start(&e->site, why);
    if (r < 0)
        reason_set(why, "the private cluster in %s cannot be used: %s", e->site.data, strerror(-r));
    return r == 0 ? 0 : 1;
}

int embedded_borrow(const struct settings *s, struct embedded **ret, struct reason *why)
{
    struct embedded *e = calloc(1, sizeof(*e));
    int r;

    if (!e)
        return -ENOMEM;
    e->lock_fd = -1;
    r = borrow(s, e, why);
    if (r == 0)
        *ret = e;
    else
        (void)embedded_return(e);
    return r;
}

/* Whoever comes now waits for the shared lock until the instance is gone, and starts a new one. */
static void stop(const struct embedded_site *site)
{
    CLEANUP(postmaster_done) struct postmaster p = postmaster_look(site);

    if (p.state == POSTMASTER_NONE)
        return;
    postmaster_signal(&p, SIGINT);
    (void)!postmaster_wait_gone(&p, EMBEDDED_STOP_MSEC);
}

struct embedded *embedded_return(struct embedded *e)
{
    if (!e)
        return NULL;
    if (e->lock_fd >= 0 && flock(e->lock_fd, LOCK_EX | LOCK_NB) == 0)
        stop(&e->site);
    (void)fd_close(e->lock_fd);
    free(e);
    return NULL;
}
