/* process.h - what /proc tells of processes: penstock's by role, and
 * PostgreSQL's together. Processor time is counted for each process from when
 * it was first seen, so that a child that ends and is replaced loses nothing
 * but what it did after the last look. */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

enum role { ROLE_SUPERVISOR, ROLE_POOL, ROLE_INTAKE, ROLE_WORKERS, ROLE_N };
extern const char *const role_names[ROLE_N];

struct role_usage {
    double cpu_seconds;
    uint64_t rss_bytes, peak_rss_bytes; /* resident: a shared page counts in each process */
    uint64_t pss_bytes, peak_pss_bytes; /* proportional: a shared page counts once */
    bool pss_known;                     /* it takes the right to trace the process */
    unsigned n_processes;
    unsigned n_seen; /* processes ever */
};

struct process {
    pid_t pid;
    uint64_t started; /* ticks since boot: tells a reused number apart */
    enum role role;
    double first_cpu, cpu; /* seconds */
    bool alive;
};

struct process_tree {
    pid_t supervisor;
    struct process *list;
    size_t n, max;
    struct role_usage roles[ROLE_N];
};

/* Begins to count: what was used before does not count. */
void process_tree_init(struct process_tree *t, pid_t supervisor);
void process_tree_done(struct process_tree *t);
/* Looks. Proportional sizes cost the kernel some work: only when asked for. */
void process_tree_look(struct process_tree *t, bool with_pss);

/* Processor seconds of a process itself, -1 when it is not there. */
double process_cpu(pid_t pid);
pid_t process_parent(pid_t pid);

/* The postmaster above a backend that this session has there; 0 when the server
 * is not on this machine: the process must be one of PostgreSQL's and show the
 * database's name. */
pid_t process_postmaster(pid_t backend, const char *database);
/* Processor seconds of a postmaster, its children, and those of them that have
 * ended. */
double process_postgres_cpu(pid_t postmaster);
