/* supervisor.c - the parent of all: starts, watches, scales, reloads, drains. The other files are
 * listed in supervisor.h. */
#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "store/embedded.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- what pool and intake say ---- */

static void check_ready(struct supervisor *s)
{
    uint64_t now = clock_wall_usec();

    if (s->ready_told || !s->pool.ready || !s->intake.ready)
        return;
    s->ready_told = true;
    atomic_store(&s->stats.stats->ready_wall_usec, now);
    log_info("ready", F_U64("ms", (now - s->stats.stats->started_wall_usec) / 1000),
             F_U64("workers", s->n_wanted));
}

static void on_ready(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ward *w = user;

    w->ready = true;
    check_ready(w->supervisor);
}

static void on_fatal(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ward *w = user;
    struct supervisor *s = w->supervisor;
    int exit_code = m->fatal.exit_code == 0 ? EXIT_FAILED : (int)m->fatal.exit_code;

    if (s->phase != PHASE_RUNNING)
        return; /* it is said already */
    if (s->ready_told && exit_code == EXIT_FAILED && w->child)
        child_kill(w->child, SIGKILL); /* the service has worked: what fails now may pass */
    else if (w->kind == WARD_INTAKE && !w->ready)
        stop_now(s, exit_code); /* it has nothing to drain, and could not tell when it had */
    else
        stop_begin(s, exit_code);
}

static void on_kill(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ward *w = user;
    struct ward *worker =
        m->kill.slot < STATS_MAX_WORKERS ? &w->supervisor->workers[m->kill.slot] : NULL;

    if (worker && worker->child && worker->incarnation == m->kill.incarnation) {
        worker->killed = true;
        child_kill(worker->child, SIGKILL);
    }
}

static int exit_code_of(const struct message_drained *m)
{
    if (m->quarantined > 0)
        return EXIT_QUARANTINED;
    return m->held > 0 ? EXIT_FAILED : EXIT_DONE;
}

static void on_drained(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ward *w = user;

    if (w->supervisor->phase == PHASE_RUNNING)
        stop_begin(w->supervisor, exit_code_of(&m->drained)); /* --once: all done */
    else
        stop_drained(w->supervisor);
}

static void on_unlinked(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ward *w = user;

    care_unlinked(w->supervisor, (unsigned)m->unlinked.incarnation);
}

static const struct peer_route routes[] = {
    {MESSAGE_READY, on_ready},     {MESSAGE_FATAL, on_fatal},       {MESSAGE_KILL, on_kill},
    {MESSAGE_DRAINED, on_drained}, {MESSAGE_UNLINKED, on_unlinked},
};

/* Its end is told by its exit; one that breaks the protocol is made to. */
static void on_peer_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct ward *w = user;

    w->peer = peer_free(w->peer);
    w->supervisor->linked =
        false; /* no worker can be linked to it any more, even before its exit is told */
    if (!broken)
        return;
    log_error("child.broken", F_STR("child", ward_kind_names[w->kind]), F_STR("reason", why));
    if (w->child)
        child_kill(w->child, SIGKILL);
}

const struct peer_events supervisor_peer_events = {
    .routes = routes, .n_routes = ARRAY_SIZE(routes), .on_end = on_peer_end};

/* ---- signals ---- */

static void on_signal(void *user, int signal)
{
    struct supervisor *s = user;

    switch (signal) {
    case SIGHUP:
        if (s->phase == PHASE_RUNNING)
            reload(s);
        break;
    case SIGQUIT:
        stop_now(s, EXIT_DONE);
        break;
    default:
        stop_begin(s, s->options->once ? EXIT_FAILED : EXIT_DONE); /* --once: not all is done */
    }
}

static int watch_signals(struct supervisor *s)
{
    static const int list[] = {SIGHUP, SIGTERM, SIGINT, SIGQUIT};
    int r = 0;

    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_SIZE(list) && r == 0; i++)
        r = signal_watch_new(s->loop, list[i], on_signal, s, &s->signals[i]);
    return r;
}

/* ---- boot ---- */

static int make_folders(struct supervisor *s, struct reason *why)
{
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"", 0755}, {"run", 0711}, {"archive", 0700}, {"quarantine", 0700}};
    char path[PATH_MAX];
    int r = 0;

    for (size_t i = 0; i < ARRAY_SIZE(folders) && r == 0; i++) {
        r = settings_home_path(&s->settings, folders[i].name, path, sizeof(path));
        if (r == 0)
            r = fd_make_directories(path, folders[i].mode);
        if (r < 0)
            reason_set(why, "the folder %s cannot be made: %s", path, log_errno_text(r));
    }
    return r;
}

/* For `kill $(cat run/penstock.pid)`. */
static int write_pid(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

    return ftruncate(fd, 0) < 0 ? -errno : fd_write_all(fd, text, (size_t)n);
}

/* Two services on one home would take the same files. */
static int lock_home(struct supervisor *s, struct reason *why)
{
    char path[PATH_MAX];
    int r = settings_home_path(&s->settings, "run/penstock.pid", path, sizeof(path));

    if (r < 0)
        return r;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        r = -errno;
        reason_set(why,
                   r == -EWOULDBLOCK ? "another penstock runs on PENSTOCK_HOME=%s: stop it first"
                                     : "PENSTOCK_HOME=%s cannot be locked",
                   settings_text(&s->settings, SETTING_HOME));
        return r;
    }
    return write_pid(s->lock_fd);
}

static int make_page(struct supervisor *s, struct reason *why)
{
    char path[PATH_MAX];
    int r = settings_home_path(&s->settings, "run/stats", path, sizeof(path));

    if (r == 0)
        r = stats_create(path, &s->stats);
    if (r < 0) {
        reason_set(why, "the shared page %s cannot be made: %s", path, log_errno_text(r));
        return r;
    }
    atomic_store(&s->stats.stats->supervisor_pid, getpid());
    return 0;
}

static int lock_embedded(struct supervisor *s, struct reason *why)
{
    int r = s->embedded ? embedded_lock(&s->settings, &s->embedded_fd) : 0;

    if (r < 0)
        reason_set(why, "the private cluster cannot be locked: %s", log_errno_text(r));
    return r;
}

static void make_wards(struct supervisor *s)
{
    s->postgres = (struct ward){.supervisor = s, .kind = WARD_POSTGRES};
    s->pool = (struct ward){.supervisor = s, .kind = WARD_POOL};
    s->intake = (struct ward){.supervisor = s, .kind = WARD_INTAKE};
    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++)
        s->workers[i] = (struct ward){.supervisor = s, .kind = WARD_WORKER, .slot = i};
}

static bool shows_progress(const struct supervisor *s)
{
    return s->options->once && s->options->progress;
}

static int start_loop(struct supervisor *s)
{
    int r = loop_new(&s->loop);

    if (r == 0)
        r = watch_signals(s);
    if (r == 0)
        r = care_init(s);
    if (r == 0)
        r = watchdog_init(s);
    if (r == 0)
        r = scale_start(s);
    if (r == 0)
        r = stop_init(s);
    if (r == 0 && shows_progress(s))
        r = progress_new(s, &s->progress);
    return r;
}

static int boot(struct supervisor *s, struct reason *why)
{
    int r;

    s->lock_fd = s->embedded_fd = -1;
    s->embedded = settings_embedded(&s->settings);
    s->n_wanted = scale_begin(s);
    make_wards(s);
    r = make_folders(s, why);
    if (r == 0)
        r = lock_home(s, why);
    if (r == 0)
        r = make_page(s, why);
    if (r == 0)
        r = lock_embedded(s, why);
    if (r == 0)
        r = start_loop(s);
    if (r < 0 && !why->text[0])
        reason_set(why, "the service cannot be started: %s", log_errno_text(r));
    return r;
}

static int copy_settings(const struct settings *from, struct settings *to)
{
    struct reason why = {0};
    int r = settings_init(to);

    for (int id = 0; id < SETTING_COUNT_ && r == 0; id++)
        r = settings_set(to, (enum setting_id)id, from->values[id].text, from->values[id].source,
                         &why);
    return r;
}

/* A line a document would tear the progress line apart; who asks for LOG_LEVEL gets it all the
 * same. */
static int quieten(struct supervisor *s)
{
    struct reason why = {0};

    if (!shows_progress(s) || s->settings.values[SETTING_LOG_LEVEL].source != SOURCE_DEFAULT)
        return 0;
    return settings_set(&s->settings, SETTING_LOG_LEVEL, "warn", SOURCE_COMMAND_LINE, &why);
}

int supervisor_main(const struct settings *settings, const struct run_options *options)
{
    static struct supervisor s;
    struct reason why = {0};

    s.options = options;
    log_set_role("supervisor");
    process_set_name("penstock");
    if (copy_settings(settings, &s.settings) != 0 || quieten(&s) != 0)
        return EXIT_FAILED;
    role_apply_log_settings(&s.settings);
    if (spawn_prepare(&s, &s.settings, &why) != 0) {
        log_error("start", F_STR("reason", why.text));
        return EXIT_USAGE;
    }
    if (boot(&s, &why) < 0) {
        log_error("start", F_STR("reason", why.text));
        return EXIT_FAILED;
    }
    log_info("starting", F_STR("version", PENSTOCK_VERSION),
             F_STR("home", settings_text(&s.settings, SETTING_HOME)), F_U64("workers", s.n_wanted));
    care(&s);
    (void)!loop_run(s.loop);
    s.progress = progress_free(s.progress);
    atomic_store(&s.stats.stats->supervisor_pid, 0);
    log_info("stopped", F_I64("exit_code", s.exit_code));
    return s.exit_code;
}
