/* spawn.c - starts the children. What a child inherits is exactly what is listed here: descriptors,
 * environment, nothing else (loop/loop.h child_spawn). A worker's environment is empty; the pool
 * alone is given what libpq looks for. */
#include "supervisor/supervisor.h"

#include "base/failpoint.h"
#include "base/fd.h"
#include "base/ocr_data.h"
#include "base/process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

const char *const ward_kind_names[] = {[WARD_POSTGRES] = "postgres",
                                       [WARD_POOL] = "pool",
                                       [WARD_INTAKE] = "intake",
                                       [WARD_WORKER] = "worker"};

/* Names, or prefixes that end in '*', of what passes from our environment. */
static const char *const pool_environment[] = {"PG*",          "HOME",   "USER", "PATH",
                                               "LANG",         "LC_ALL", "TZ",   "SSL_CERT_FILE",
                                               "SSL_CERT_DIR", "KRB5*",  NULL};
static const char *const intake_environment[] = {"LANG", "LC_ALL", "TZ", NULL};
static const char *const postgres_environment[] = {"PATH", "LANG", "LC_ALL", "TZ", NULL};
static const char *const worker_environment[] = {NULL};

/* What builds for tests hand on to every process: the options of sanitizers; who is to fail, and
 * when (base/failpoint.h), and the library that makes calls fail (tests/torture/shim.c). */
static const char *const test_environment[] = {
#ifdef __SANITIZE_ADDRESS__
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "LSAN_OPTIONS",
#endif
#ifdef PENSTOCK_FAILPOINTS
    "FAIL",
    "FAIL_COUNTS",
    "FAIL_SEED",
    "LD_PRELOAD",
    "SHIM_FILE",
#endif
    NULL};

#define MAX_ENVIRONMENT 64

static bool is_listed(const char *variable, const char *const *list)
{
    for (; *list; list++) {
        size_t n = strlen(*list);

        if ((*list)[n - 1] == '*' ? strncmp(variable, *list, n - 1) == 0
                                  : strncmp(variable, *list, n) == 0 && variable[n] == '=')
            return true;
    }
    return false;
}

static size_t add_environment(const char **envp, size_t n, const char *const *list)
{
    for (char **at = environ; *at && n < MAX_ENVIRONMENT; at++)
        if (is_listed(*at, list))
            envp[n++] = *at;
    return n;
}

/* Settings that the keeper of the private cluster needs; none is secret. */
static size_t add_postgres_settings(const struct supervisor *s, const char **envp, size_t n,
                                    char text[3][PATH_MAX])
{
    static const enum setting_id ids[] = {SETTING_HOME, SETTING_POSTGRES_BIN,
                                          SETTING_POSTGRES_USER};

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        int length = snprintf(text[i], PATH_MAX, "%s=%s", setting_get(ids[i])->name,
                              settings_text(&s->settings, ids[i]));

        if (length > 0 && length < PATH_MAX)
            envp[n++] = text[i];
    }
    return n;
}

static int spawn(struct ward *w, const char *program, const char *const *argv,
                 const char *const *list, const int *fds, size_t n_fds)
{
    static char settings[3][PATH_MAX];
    const char *envp[MAX_ENVIRONMENT + 4];
    const struct child_spec spec = {
        .program = program, .argv = argv, .envp = envp, .fds = fds, .n_fds = n_fds};
    size_t n = add_environment(envp, 0, list);
    int r;

    n = add_environment(envp, n, test_environment);
    if (w->kind == WARD_POSTGRES)
        n = add_postgres_settings(w->supervisor, envp, n, settings);
    envp[n] = NULL;
    r = FAIL_AT(SPAWN);
    if (r == 0)
        r = child_spawn(w->supervisor->loop, &spec, care_on_exit, w, &w->child);
    if (r == 0)
        (void)FAIL_AT(SPAWNED);
    return r;
}

static int spawn_postgres(struct ward *w)
{
    const char *const argv[] = {"penstock:", "postgres", NULL};
    const int fds[] = {-1, STDERR_FILENO, STDERR_FILENO};

    return spawn(w, "/proc/self/exe", argv, postgres_environment, fds, ARRAY_SIZE(fds));
}

/* Pool and intake: a link to us at FD_SUPERVISOR, the shared page at FD_STATS. */
static int spawn_role(struct ward *w, enum wire_role other, const char *const *list)
{
    const struct peer_spec spec = {
        .self = ROLE_SUPERVISOR, .other = other, .max_bytes = WIRE_MAX_BYTES};
    const char *const argv[] = {"penstock:", ward_kind_names[w->kind], NULL};
    CLEANUP(fd_closep) int ours = -1;
    CLEANUP(fd_closep) int theirs = -1;
    int pair[2], r = fd_socket_pair(pair);

    if (r < 0)
        return r;
    ours = pair[0];
    theirs = pair[1];
    const int fds[] = {-1, STDERR_FILENO, STDERR_FILENO, theirs, w->supervisor->stats.fd};
    r = spawn(w, "/proc/self/exe", argv, list, fds, ARRAY_SIZE(fds));
    if (r < 0)
        return r;
    r = peer_new(w->supervisor->loop, TAKE_FD(ours), &spec, &supervisor_peer_events, w, &w->peer);
    if (r < 0)
        child_kill(w->child, SIGKILL);
    return r;
}

static void tell_peer(struct ward *to, enum wire_role role, unsigned slot, unsigned incarnation,
                      int fd)
{
    const struct message m = {
        .type = MESSAGE_PEER,
        .peer = {.role = role, .slot = slot, .incarnation = incarnation},
    };

    peer_send(to->peer, &m, fd);
}

int spawn_link(struct supervisor *s, unsigned incarnation)
{
    int pair[2], r = fd_socket_pair(pair);

    if (r < 0)
        return r;
    tell_peer(&s->pool, ROLE_INTAKE, 0, incarnation, pair[0]);
    tell_peer(&s->intake, ROLE_POOL, 0, incarnation, pair[1]);
    peer_flush(s->pool.peer);
    peer_flush(s->intake.peer);
    (void)FAIL_AT(LINKED);
    return 0;
}

/* Two links: to the intake at FD_WORKER_INTAKE, to the pool at FD_WORKER_POOL; the page at
 * FD_WORKER_STATS. */
static int spawn_worker(struct ward *w)
{
    struct supervisor *s = w->supervisor;
    char program[PATH_MAX], slot[16], user[CAGE_USER_TEXT_SIZE];
    const char *const argv[] = {"penstock:", "worker", slot, cage_write_user(&s->worker_user, user),
                                NULL};
    int intake[2], pool[2],
        r = process_sibling_program("penstock-worker", program, sizeof(program));

    if (r < 0)
        return r;
    (void)snprintf(slot, sizeof(slot), "%u", w->slot);
    r = fd_socket_pair(intake);
    if (r < 0)
        return r;
    r = fd_socket_pair(pool);
    if (r < 0) {
        (void)fd_close(intake[0]);
        (void)fd_close(intake[1]);
        return r;
    }
    const int fds[] = {-1, STDERR_FILENO, STDERR_FILENO, intake[1], pool[1], s->stats.fd};
    r = spawn(w, program, argv, worker_environment, fds, ARRAY_SIZE(fds));
    (void)fd_close(intake[1]);
    (void)fd_close(pool[1]);
    if (r < 0) {
        (void)fd_close(intake[0]);
        (void)fd_close(pool[0]);
        return r;
    }
    tell_peer(&s->pool, ROLE_WORKER, w->slot, w->incarnation, pool[0]);
    tell_peer(&s->intake, ROLE_WORKER, w->slot, w->incarnation, intake[0]);
    return 0;
}

int spawn_prepare(struct supervisor *s, const struct settings *settings, struct reason *why)
{
    struct reason missing = {0}, unread = {0};

    if (cage_check(settings, &s->worker_user, &missing) != 0) {
        reason_add(why, "%s", missing.text);
        return 1;
    }
    if (missing.text[0])
        log_warn("sandbox.missing", F_STR("reason", missing.text));
    if (ocr_check(settings, &unread) != 0)
        log_warn("ocr.missing", F_STR("reason", unread.text));
    return 0;
}

int spawn_ward(struct ward *w)
{
    switch (w->kind) {
    case WARD_POSTGRES:
        return spawn_postgres(w);
    case WARD_POOL:
        return spawn_role(w, ROLE_POOL, pool_environment);
    case WARD_INTAKE:
        return spawn_role(w, ROLE_INTAKE, intake_environment);
    case WARD_WORKER:
        return spawn_worker(w);
    }
    return -EINVAL;
}
