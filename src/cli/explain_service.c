/* explain_service.c - asks the intake of the running service over PENSTOCK_HOME/run/intake.sock,
 * and looks up on the shared page which worker has the document. A service that does not answer in
 * time is passed over, and said to be.
 */
#include "cli/explain.h"

#include "base/fd.h"
#include "base/log.h"
#include "cli/talk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define ANSWER_SECONDS 5

/* By way of its folder's descriptor: the whole path may be longer than sun_path takes (107
 * bytes, unix(7)). */
static int connect_in_folder(int socket_fd, const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder_fd CLEANUP(fd_closep) = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder_fd < 0)
        return -errno;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/intake.sock",
                   folder_fd);
    return connect(socket_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int connect_intake(const struct settings *s)
{
    struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    int fd CLEANUP(fd_closep) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char folder[PATH_MAX];
    int r = settings_home_path(s, "run", folder, sizeof(folder));

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
        return -errno;
    if (r == 0)
        r = connect_in_folder(fd, folder);
    return r < 0 ? r : TAKE_FD(fd);
}

/* Returns 0 and the answer, valid as long as `t`; else why not as a negative errno. */
static int ask(struct talk *t, const struct subject *subject, struct message *ret)
{
    struct message question = {
        .type = MESSAGE_EXPLAIN,
        .explain = {.collection = BYTES_STR(subject->collection), .path = BYTES_STR(subject->path)},
    };
    int r = talk_greet(t);

    if (r == 0)
        r = talk_send(t, &question, -1);
    if (r == 0)
        r = talk_receive(t, ret);
    if (r > 0)
        return r == TALK_AGAIN ? -ETIMEDOUT : -ECONNRESET;
    return r == 0 && ret->type != MESSAGE_EXPLAINED ? -EPROTO : r;
}

static void find_worker(const struct settings *s, uint64_t token, struct answer *a)
{
    struct service *service = malloc(sizeof(*service));

    if (!service)
        return;
    service_look(s, service);
    for (unsigned i = 0; i < service->n_workers; i++) {
        if (service->workers[i].token != token)
            continue;
        a->worker = service->workers[i];
        a->has_worker = true;
    }
    free(service);
}

/* The intake's own states, and what they are to somebody who asks. */
struct state_text {
    const char *stage, *state, *sentence;
};

static const struct state_text state_texts[] = {
    {"settling", "settling",
     "it may still be growing: it is complete when it has not changed for PENSTOCK_SETTLE_MS"},
    {"waiting", "waiting", "it is complete and waits for its turn"},
    {"claiming", "in_flight", "it is being claimed"},
    {"claimed", "in_flight", "it is claimed and next for a worker"},
    {"working", "in_flight", "a worker reads it"},
    {"storing", "in_flight", "its result waits for the database"},
    {"reporting", "in_flight", "an attempt failed, which is being recorded"},
    {"backoff", "held", "an attempt failed, and it waits for the next one"},
    {"filing", "filing", "it is stored, and its original is still to be moved away"},
    {"taken", "held", "it is claimed elsewhere, and asked for again in a moment"},
    {"held", "held", "it cannot be worked on now"},
    {"sidecar", "waiting", "it waits for the file that it belongs to"},
    {"joined", "in_flight", "its file is being worked on"},
    {"gathering", "in_flight", "it is claimed, and its folder's files may still be growing"},
    {"missing", "waiting", "it waits for files that it lists"},
    {"listed", "waiting", "it goes where its folder goes"},
};

static void take_answer(const struct settings *s, const struct message_explained *m,
                        struct answer *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(state_texts); i++) {
        if (!bytes_equal_str(m->state, state_texts[i].stage))
            continue;
        a->stage = state_texts[i].stage;
        a->state = state_texts[i].state;
        reason_set(&a->detail, "%s", state_texts[i].sentence);
    }
    if (!a->state)
        return;
    if (m->detail.n > 0)
        reason_add(&a->detail, "%.*s", (int)m->detail.n, m->detail.at);
    if (strcmp(a->stage, "waiting") == 0)
        a->position = m->position;
    if (m->token > 0)
        find_worker(s, m->token, a);
}

/* Returns 0 when it was asked, or -errno. */
static int ask_service(const struct settings *s, const struct subject *subject, struct answer *a)
{
    struct message m;
    struct talk t;
    int fd = connect_intake(s), r;

    if (fd < 0)
        return fd;
    talk_init(&t, fd, ROLE_COMMAND, ROLE_INTAKE, WIRE_MAX_BYTES);
    r = ask(&t, subject, &m);
    if (r == 0)
        take_answer(s, &m.explained, a);
    talk_done(&t);
    return r;
}

void answer_from_service(const struct settings *s, const struct subject *subject, struct answer *a)
{
    int r = service_runs(s);

    a->service_runs = r > 0;
    if (r > 0)
        r = ask_service(s, subject, a);
    if (r < 0)
        reason_add(&a->unknown, "whether the service has it in hand: it cannot be asked (%s)",
                   log_errno_text(r));
}
