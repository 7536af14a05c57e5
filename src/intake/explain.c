/* explain.c - answers `penstock explain` on PENSTOCK_HOME/run/intake.sock: where a file of the
 * inbox stands now.
 *
 * A few askers at a time; each gets an answer a question, and is forgotten when it closes or breaks
 * the protocol.
 */
#include "intake/intake.h"

#include "base/fd.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_ASKERS 16

struct asker {
    struct intake *intake;
    struct peer *peer;
};

static struct asker askers[MAX_ASKERS];

static uint64_t position_of(const struct intake *in, const struct item *i)
{
    uint64_t position = 1;

    for (const struct item *at = TAILQ_FIRST(&in->lists[i->state]); at && at != i;
         at = TAILQ_NEXT(at, next))
        position++;
    return position;
}

static struct item *find_item(struct intake *in, struct bytes collection, struct bytes path)
{
    char text[PATH_MAX];

    if (path.n >= sizeof(text))
        return NULL;
    bytes_copy(path, text, sizeof(text));
    for (unsigned b = 0; b < in->n_inboxes; b++)
        if (bytes_equal_str(collection, in->inboxes[b].name))
            return book_find(in, b, text);
    return NULL;
}

/* A file that has no item, since it belongs to a folder. */
static bool explain_file(struct intake *in, const struct message_explain *m, struct buf *detail)
{
    char path[PATH_MAX];
    const struct folder *f = NULL;

    if (m->path.n >= sizeof(path))
        return false;
    bytes_copy(m->path, path, sizeof(path));
    for (unsigned b = 0; b < in->n_inboxes && !f; b++)
        if (bytes_equal_str(m->collection, in->inboxes[b].name))
            f = folder_of(in, b, path);
    if (f)
        folder_describe(f, detail);
    return f != NULL;
}

static void on_explain(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct asker *a = user;
    struct intake *in = a->intake;
    const struct item *i = find_item(in, m->explain.collection, m->explain.path);
    struct message answer = {.type = MESSAGE_EXPLAINED,
                             .explained = {.state = bytes_of_str("unknown")}};
    CLEANUP(buf_done) struct buf folder = BUF_INIT;
    char split[96] = "";

    if (i && i->n_records > 0)
        (void)snprintf(split, sizeof(split), "%" PRIu64 " of its %" PRIu64 " records are stored",
                       i->records, i->n_records);
    if (i)
        answer.explained = (struct message_explained){
            .state = bytes_of_str(item_state_names[i->state]),
            .detail = bytes_of_str(split[0] ? split : i->why),
            .position = position_of(in, i),
            .token = i->token,
        };
    if (explain_file(in, &m->explain, &folder))
        answer.explained = (struct message_explained){
            .state = bytes_of_str("listed"),
            .detail = {buf_text(&folder), folder.size},
        };
    peer_send(p, &answer, -1);
}

static const struct peer_route asker_routes[] = {{MESSAGE_EXPLAIN, on_explain}};

static void on_asker_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct asker *a = user;

    a->peer = peer_free(a->peer);
}

static const struct peer_events asker_events = {
    .routes = asker_routes, .n_routes = ARRAY_SIZE(asker_routes), .on_end = on_asker_end};

static struct asker *find_place(void)
{
    for (size_t k = 0; k < MAX_ASKERS; k++)
        if (!askers[k].peer)
            return &askers[k];
    return NULL;
}

static void on_connection(void *user, int events)
{
    const struct peer_spec spec = {
        .self = ROLE_INTAKE, .other = ROLE_COMMAND, .max_bytes = WIRE_MAX_BYTES};
    struct intake *in = user;
    struct asker *a = find_place();
    int fd = accept4(in->explain_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        fd_watch_set(in->explain_ready,
                     0); /* it stays readable: look again later, explain_resume() */
    if (fd < 0)
        return;
    if (!a) {
        (void)fd_close(fd);
        return;
    }
    a->intake = in;
    if (peer_new(in->base.loop, fd, &spec, &asker_events, a, &a->peer) < 0)
        a->peer = NULL;
}

/* The path may be longer than sun_path takes (107 bytes): then the folder is entered by descriptor.
 */
static int bind_in_folder(int socket_fd, const struct intake *in)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "intake.sock"};
    char folder[PATH_MAX], back[PATH_MAX];
    int r = settings_home_path(&in->base.settings, "run", folder, sizeof(folder));

    if (r < 0)
        return r;
    if (!getcwd(back, sizeof(back)) || chdir(folder) < 0)
        return -errno;
    (void)unlink(address.sun_path);
    r = bind(socket_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    if (chdir(back) < 0 && r == 0)
        r = -errno;
    return r;
}

void explain_resume(struct intake *in)
{
    fd_watch_set(in->explain_ready, FD_READABLE);
}

int explain_init(struct intake *in)
{
    int r;

    in->explain_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (in->explain_fd < 0)
        return -errno;
    r = bind_in_folder(in->explain_fd, in);
    if (r == 0 && listen(in->explain_fd, MAX_ASKERS) < 0)
        r = -errno;
    if (r == 0)
        r = fd_watch_new(in->base.loop, in->explain_fd, on_connection, in, &in->explain_ready);
    if (r == 0)
        fd_watch_set(in->explain_ready, FD_READABLE);
    return r;
}
