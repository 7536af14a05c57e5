/* process.c - see process.h. Fields of /proc/PID/stat are those of proc(5). */
#include "process.h"

#include "base/buf.h"
#include "base/fd.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TEXT (1 << 20)

const char *const role_names[ROLE_N] = {"supervisor", "pool", "intake", "workers"};

/* Names as `ps` shows them. */
static const struct role_name {
    const char *name;
    enum role role;
} names[] = {
    {"penstock:pool", ROLE_POOL},
    {"penstock:intake", ROLE_INTAKE},
    {"penstock:w", ROLE_WORKERS},
};

struct stat_line {
    char name[17];
    pid_t parent;
    double cpu, ended_cpu; /* seconds: its own; of children it has waited for */
    uint64_t started;
};

static int read_proc(pid_t pid, const char *file, struct buf *out)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    return fd_read_file(path, MAX_TEXT, out);
}

static int parse_stat(const char *text, struct stat_line *ret)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    unsigned long long utime, stime, started;
    long long cutime, cstime;
    double tick = (double)sysconf(_SC_CLK_TCK);
    int parent;

    if (!open || !close ||
        sscanf(close + 1,
               " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld "
               "%*d %*d %*d %*d "
               "%llu",
               &parent, &utime, &stime, &cutime, &cstime, &started) != 6)
        return -EINVAL;
    (void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(close - open - 1), open + 1);
    ret->parent = parent;
    ret->cpu = (double)(utime + stime) / tick;
    ret->ended_cpu = (double)(cutime + cstime) / tick;
    ret->started = started;
    return 0;
}

static int read_stat(pid_t pid, struct stat_line *ret)
{
    struct buf text = BUF_INIT;
    int r = read_proc(pid, "stat", &text);

    if (r == 0)
        r = parse_stat(buf_text(&text), ret);
    buf_done(&text);
    return r;
}

double process_cpu(pid_t pid)
{
    struct stat_line line;

    return read_stat(pid, &line) == 0 ? line.cpu : -1;
}

pid_t process_parent(pid_t pid)
{
    struct stat_line line;

    return read_stat(pid, &line) == 0 ? line.parent : 0;
}

/* A line "Name:   123 kB" in bytes, 0 when there is none. */
static uint64_t line_bytes(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

static void add_memory(struct process_tree *t, const struct process *p, bool with_pss)
{
    struct role_usage *role = &t->roles[p->role];
    struct buf text = BUF_INIT;

    if (read_proc(p->pid, "status", &text) == 0) {
        role->rss_bytes += line_bytes(buf_text(&text), "\nVmRSS:");
        role->peak_rss_bytes = MAX(role->peak_rss_bytes, line_bytes(buf_text(&text), "\nVmHWM:"));
    }
    buf_clear(&text);
    if (with_pss && read_proc(p->pid, "smaps_rollup", &text) == 0) {
        role->pss_bytes += line_bytes(buf_text(&text), "\nPss:");
        role->pss_known = true;
    }
    buf_done(&text);
}

static struct process *find(struct process_tree *t, pid_t pid, uint64_t started)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->list[i].pid == pid && t->list[i].started == started)
            return &t->list[i];
    return NULL;
}

static struct process *add(struct process_tree *t, pid_t pid, const struct stat_line *line,
                           enum role role)
{
    if (t->n == t->max) {
        size_t max = MAX(t->max * 2, (size_t)16);
        struct process *list = reallocarray(t->list, max, sizeof(*list));

        if (!list)
            return NULL;
        t->list = list;
        t->max = max;
    }
    t->roles[role].n_seen++;
    t->list[t->n] = (struct process){.pid = pid, .started = line->started, .role = role};
    return &t->list[t->n++];
}

static bool role_of(const char *name, enum role *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strncmp(name, names[i].name, strlen(names[i].name)) == 0) {
            *ret = names[i].role;
            return true;
        }
    return false;
}

static void see(struct process_tree *t, pid_t pid, bool is_supervisor)
{
    enum role role = ROLE_SUPERVISOR;
    struct stat_line line;
    struct process *p;

    if (read_stat(pid, &line) < 0 || (!is_supervisor && !role_of(line.name, &role)))
        return;
    p = find(t, pid, line.started);
    if (!p)
        p = add(t, pid, &line, role);
    if (!p)
        return;
    p->cpu = line.cpu;
    p->alive = true;
}

/* Calls see() for each child of the supervisor, which has one thread. */
static void see_children(struct process_tree *t)
{
    struct buf text = BUF_INIT;
    char file[64];
    char *at, *end;

    (void)snprintf(file, sizeof(file), "task/%d/children", (int)t->supervisor);
    if (read_proc(t->supervisor, file, &text) == 0) {
        for (at = text.data; at; at = end) {
            long pid = strtol(at, &end, 10);

            if (end == at)
                break;
            see(t, (pid_t)pid, false);
        }
    }
    buf_done(&text);
}

static void begin_roles(struct process_tree *t, bool with_pss)
{
    for (int i = 0; i < ROLE_N; i++) {
        struct role_usage *role = &t->roles[i];

        role->cpu_seconds = 0;
        role->rss_bytes = 0;
        role->n_processes = 0;
        if (with_pss)
            role->pss_bytes = 0;
    }
}

void process_tree_look(struct process_tree *t, bool with_pss)
{
    begin_roles(t, with_pss);
    for (size_t i = 0; i < t->n; i++)
        t->list[i].alive = false;
    see(t, t->supervisor, true);
    see_children(t);
    for (size_t i = 0; i < t->n; i++) {
        struct role_usage *role = &t->roles[t->list[i].role];

        role->cpu_seconds += t->list[i].cpu - t->list[i].first_cpu;
        role->n_processes += t->list[i].alive;
        if (t->list[i].alive)
            add_memory(t, &t->list[i], with_pss);
    }
    for (int i = 0; i < ROLE_N; i++) {
        t->roles[i].peak_rss_bytes = MAX(t->roles[i].peak_rss_bytes, t->roles[i].rss_bytes);
        t->roles[i].peak_pss_bytes = MAX(t->roles[i].peak_pss_bytes, t->roles[i].pss_bytes);
    }
}

void process_tree_init(struct process_tree *t, pid_t supervisor)
{
    *t = (struct process_tree){.supervisor = supervisor};
    process_tree_look(t, true);
    for (size_t i = 0; i < t->n; i++)
        t->list[i].first_cpu = t->list[i].cpu;
}

void process_tree_done(struct process_tree *t)
{
    free(t->list);
    *t = (struct process_tree){0};
}

/* "postgres: USER DATABASE HOST STATE", with NULs behind it. */
pid_t process_postmaster(pid_t backend, const char *database)
{
    struct buf text = BUF_INIT;
    struct stat_line line;
    bool is_ours = read_proc(backend, "cmdline", &text) == 0 &&
                   strncmp(buf_text(&text), "postgres: ", 10) == 0 &&
                   strstr(buf_text(&text), database) && read_stat(backend, &line) == 0;

    buf_done(&text);
    return is_ours && line.parent > 1 ? line.parent : 0;
}

static double live_children_cpu(pid_t parent)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    struct stat_line line;
    double sum = 0;

    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && read_stat(pid, &line) == 0 && line.parent == parent)
            sum += line.cpu + line.ended_cpu;
    }
    if (proc)
        (void)closedir(proc);
    return sum;
}

/* A child that ends between the two looks would count twice or not at all: then
 * once more. */
double process_postgres_cpu(pid_t postmaster)
{
    struct stat_line before, after;
    double children;
    int tries = 5;

    if (read_stat(postmaster, &before) < 0)
        return -1;
    for (;;) {
        children = live_children_cpu(postmaster);
        if (read_stat(postmaster, &after) < 0)
            return -1;
        if (after.ended_cpu == before.ended_cpu || --tries == 0)
            return after.cpu + after.ended_cpu + children;
        before = after;
    }
}
