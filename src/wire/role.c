/* role.c - see role.h. */
#include "wire/role.h"

#include "base/fd.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "base/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void role_apply_log_settings(const struct settings *s)
{
    log_set_level((enum log_level)settings_number(s, SETTING_LOG_LEVEL));
    log_set_format((enum log_format)settings_number(s, SETTING_LOG_FORMAT));
}

static void on_setting(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;
    char name[64], *value = strndup(m->setting.value.at, m->setting.value.n);
    struct reason why = {0};
    int id;

    bytes_copy(m->setting.name, name, sizeof(name));
    id = setting_find(name);
    if (!value || id < 0 ||
        settings_set(&b->settings, (enum setting_id)id, value, SOURCE_PARENT, &why) != 0) {
        log_error("setting.refused", F_STR("name", name), F_STR("reason", why.text));
        role_end(b); /* out of memory: never go on with another value than the supervisor's */
    }
    free(value);
}

static void on_start(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;

    role_apply_log_settings(&b->settings);
    if (b->started) {
        b->events->on_reload(b->user);
        return;
    }
    b->started = true;
    b->once = m->start.once;
    b->events->on_start(b->user, b->once);
}

static void on_peer(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;

    b->events->on_peer(b->user, (enum wire_role)m->peer.role, (unsigned)m->peer.slot,
                       (unsigned)m->peer.incarnation, TAKE_FD(frame->fd));
}

static void on_drain(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct role_base *b = user;

    b->events->on_drain(b->user);
}

static const struct peer_route base_routes[] = {
    {MESSAGE_SETTING, on_setting},
    {MESSAGE_START, on_start},
    {MESSAGE_PEER, on_peer},
    {MESSAGE_DRAIN, on_drain},
};

static void on_supervisor_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct role_base *b = user;

    if (broken)
        log_error("supervisor.lost", F_STR("reason", why));
    role_end(b);
}

/* The handlers of every child, then those of this one. They all get the role_base as `user`. */
static int make_routes(struct role_base *b)
{
    size_t n = ARRAY_SIZE(base_routes) + b->events->n_routes;

    b->routes = calloc(n, sizeof(*b->routes));
    if (!b->routes)
        return -ENOMEM;
    memcpy(b->routes, base_routes, sizeof(base_routes));
    if (b->events->n_routes > 0)
        memcpy(b->routes + ARRAY_SIZE(base_routes), b->events->routes,
               b->events->n_routes * sizeof(*b->routes));
    b->peer_events =
        (struct peer_events){.routes = b->routes, .n_routes = n, .on_end = on_supervisor_end};
    return 0;
}

/* Signals that a terminal sends to the whole group are the supervisor's business. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
        (void)signal(ignored[i], SIG_IGN);
}

static void on_heartbeat(void *user)
{
    struct role_base *b = user;

    heartbeat();
    timer_set(b->heartbeat, HEARTBEAT_USEC);
}

static int begin_heartbeat(struct role_base *b)
{
    struct stats *page = b->stats.stats;
    int r = timer_new(b->loop, on_heartbeat, b, &b->heartbeat);

    if (r < 0)
        return r;
    heartbeat_init(b->self == ROLE_POOL ? &page->pool_beat_usec : &page->intake_beat_usec);
    timer_set(b->heartbeat, HEARTBEAT_USEC);
    return 0;
}

static int boot(struct role_base *b)
{
    const struct peer_spec spec = {
        .self = b->self, .other = ROLE_SUPERVISOR, .max_bytes = WIRE_MAX_BYTES};
    char name[16];
    int r;

    log_set_role(wire_role_name(b->self));
    (void)snprintf(name, sizeof(name), "penstock:%s", wire_role_name(b->self));
    process_set_name(name);
    ignore_signals();
    if (process_bind_to_parent(process_maker_of(FD_SUPERVISOR), SIGKILL) != 0)
        return -ESRCH;
    r = settings_init(&b->settings);
    if (r == 0)
        r = stats_inherit(FD_STATS, -1, &b->stats);
    if (r == 0)
        r = loop_new(&b->loop);
    if (r == 0)
        r = begin_heartbeat(b);
    if (r == 0)
        r = make_routes(b);
    return r < 0 ? r : peer_new(b->loop, FD_SUPERVISOR, &spec, &b->peer_events, b, &b->supervisor);
}

int role_run(struct role_base *b, enum wire_role self, const struct role_events *events, void *user)
{
    int r;

    b->self = self;
    b->events = events;
    b->user = user;
    r = boot(b);
    if (r < 0) {
        log_error("boot", F_ERR(r));
        return EXIT_FAILED;
    }
    (void)!loop_run(b->loop);
    return EXIT_DONE;
}

void role_end(struct role_base *b)
{
    loop_stop(b->loop);
}

void role_ready(struct role_base *b)
{
    const struct message m = {.type = MESSAGE_READY};

    peer_send(b->supervisor, &m, -1);
}

void role_fatal(struct role_base *b, int exit_code, const char *reason)
{
    const struct message m = {
        .type = MESSAGE_FATAL,
        .fatal = {.exit_code = (uint64_t)exit_code, .reason = bytes_of_str(reason)},
    };

    log_error("fatal", F_STR("reason", reason));
    peer_send(b->supervisor, &m, -1);
}

void role_unlinked(struct role_base *b, unsigned incarnation)
{
    const struct message m = {.type = MESSAGE_UNLINKED, .unlinked = {.incarnation = incarnation}};

    peer_send(b->supervisor, &m, -1);
}
