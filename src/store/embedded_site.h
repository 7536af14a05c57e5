/* embedded_site.h - the inside of the private cluster, shared by the embedded_*.c files: where it
 * lies, whose it is, the running postmaster, and how its programs are run. */
#pragma once

#include "store/embedded.h"

#include <limits.h>

#define EMBEDDED_PORT "5432"
#define EMBEDDED_ROLE "penstock" /* superuser and database */

/* Bounds on waiting for the server. Recovery after a crash replays up to max_wal_size. */
#define EMBEDDED_START_MSEC 180000
#define EMBEDDED_STOP_MSEC  60000

/* Whose the cluster is. */
struct embedded_user {
    uid_t uid;
    gid_t gid;
    char name[64]; /* "" when the uid has no name */
    bool drop;     /* we are root and must become that user */
};

struct embedded_site {
    struct embedded_user user;
    char home[PATH_MAX];
    char data[PATH_MAX];
    char half_made[PATH_MAX]; /* the cluster until initdb is through */
    char run[PATH_MAX];
    char log[PATH_MAX];
    char lock[PATH_MAX];       /* shared: uses the cluster; exclusive: stops it */
    char start_lock[PATH_MAX]; /* exclusive: makes or starts it */
    char socket[PATH_MAX];
    char bin[PATH_MAX]; /* "" until embedded_find_programs() */
};

/* embedded_site.c: says where everything is, touches nothing. 0, 1 and why, or -errno. */
int embedded_site(const struct settings *s, struct embedded_site *ret,
                  struct reason *why) MUST_CHECK;
int embedded_find_programs(const struct settings *s, struct embedded_site *site,
                           struct reason *why) MUST_CHECK;
bool embedded_is_made(const struct embedded_site *site);
/* Whether the cluster's user can reach `path` through every folder above it; else which folder is
 * closed. */
int embedded_check_reach(const struct embedded_site *site, const char *path,
                         struct reason *why) MUST_CHECK;

/* embedded_init.c */
/* PENSTOCK_HOME, run and the socket folder. */
int embedded_make_folders(const struct embedded_site *site, struct reason *why) MUST_CHECK;
/* initdb, unless it is made. */
int embedded_make_cluster(const struct embedded_site *site, struct reason *why) MUST_CHECK;
/* Writes penstock.conf anew; call as the cluster's user. */
int embedded_write_conf(const struct embedded_site *site, const char *data) MUST_CHECK;

/* embedded_postmaster.c */
enum postmaster_state {
    POSTMASTER_NONE,
    POSTMASTER_STARTING,
    POSTMASTER_READY,
    POSTMASTER_STOPPING
};

/* A look at the running instance. With a pidfd it stays the same process however long it is held.
 */
struct postmaster {
    enum postmaster_state state;
    pid_t pid;
    int pidfd; /* -1 when none */
};
struct postmaster postmaster_look(const struct embedded_site *site);
void postmaster_done(struct postmaster *p);
/* 0 when it accepts connections, 1 when it ended or the time is over. */
int postmaster_wait_ready(const struct embedded_site *site, const struct postmaster *p,
                          int timeout_msec) MUST_CHECK;
/* 0 when it is gone, 1 when the time is over. */
int postmaster_wait_gone(const struct postmaster *p, int timeout_msec) MUST_CHECK;
void postmaster_signal(const struct postmaster *p, int signal);
/* Turns this process into the postmaster, as the cluster's user. `parent`: die with it (0: with
 * nobody). Returns only on failure. */
int postmaster_become(const struct embedded_site *site, pid_t parent,
                      struct reason *why) MUST_CHECK;
/* Starts one that belongs to nobody (a daemon); *ret is it. */
int postmaster_start(const struct embedded_site *site, struct postmaster *ret,
                     struct reason *why) MUST_CHECK;

/* embedded_program.c: running PostgreSQL's programs. */
/* Becomes the cluster's user for good. */
int embedded_become_user(const struct embedded_site *site) MUST_CHECK;
/* Opens the log for appending, owned by the cluster's user. */
int embedded_open_log(const struct embedded_site *site, int *ret_fd) MUST_CHECK;
/* execve() of bin/argv[0] with nothing inherited but stdin, and the log as stdout and stderr.
 * -errno on failure. */
int embedded_exec(const struct embedded_site *site, const char *const *argv, int stdin_fd,
                  int log_fd) MUST_CHECK;
/* Runs a program as the cluster's user and waits: its exit status, 128 + signal, or -errno. `input`
 * may be NULL. */
int embedded_run(const struct embedded_site *site, const char *const *argv,
                 const char *input) MUST_CHECK;
/* Adds the last line of the log to the sentence. */
void embedded_quote_log(const struct embedded_site *site, struct reason *why);
