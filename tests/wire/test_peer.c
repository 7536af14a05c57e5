/* Peers: greeting, routes, messages both ways. */
#include "common.h"

struct heard {
    struct loop *loop;
    struct peer *peer;
    struct frame *kept;
    unsigned wants, dones, ends;
    bool broken;
    char why[128];
    char sha256[8];
    bool free_in_handler;
};

static void on_want(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct heard *h = user;

    assert_ptr_equal(p, h->peer);
    assert_int_equal(m->type, MESSAGE_WANT);
    assert_int_equal(frame->fd, -1);
    h->wants++;
    if (h->free_in_handler) {
        h->peer = peer_free(p);
        loop_stop(h->loop);
    }
}

static void on_done(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct heard *h = user;

    h->dones++;
    bytes_copy(m->done.sha256, h->sha256, sizeof(h->sha256));
    h->kept = frame_ref(frame);
    loop_stop(h->loop);
}

static void on_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct heard *h = user;

    h->ends++;
    h->broken = broken;
    bytes_copy(bytes_of_str(why), h->why, sizeof(h->why));
    h->peer = peer_free(p);
    loop_stop(h->loop);
}

static const struct peer_route routes[] = {{MESSAGE_WANT, on_want}, {MESSAGE_DONE, on_done}};
static const struct peer_events events = {
    .routes = routes, .n_routes = ARRAY_SIZE(routes), .on_end = on_end};

static const struct message want = {.type = MESSAGE_WANT};
static const struct message done = {.type = MESSAGE_DONE,
                                    .done = {.token = 9, .sha256 = {"sha", 3}, .read_errno = -5}};

static int begin(struct heard *h, struct loop *l)
{
    int pair[2];

    *h = (struct heard){.loop = l};
    assert_int_equal(fd_socket_pair(pair), 0);
    assert_int_equal(peer_new(l, pair[0], &intake_spec, &events, h, &h->peer), 0);
    return pair[1];
}

static void finish(struct heard *h, int socket)
{
    h->peer = peer_free(h->peer);
    fd_close(socket);
}

static void it_greets_first(void **state)
{
    struct heard h;
    struct frame_reader reader;
    struct frame *frame;
    struct message m;
    int socket = begin(&h, *state);

    run_for(*state, 5000);
    frame_reader_init(&reader, socket, CAP);
    m = hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame);
    assert_int_equal(m.type, MESSAGE_HELLO);
    assert_int_equal(m.hello.version, WIRE_VERSION);
    assert_int_equal(m.hello.role, ROLE_INTAKE);
    assert_int_equal(m.hello.slot, 0);
    frame_unref(frame);
    frame_reader_done(&reader);
    finish(&h, socket);
}

static void after_the_greeting_messages_reach_their_handlers(void **state)
{
    struct heard h;
    int socket = begin(&h, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say(socket, &want);
    say(socket, &want);
    say(socket, &done);
    run(*state);
    assert_int_equal(h.wants, 2);
    assert_int_equal(h.dones, 1);
    assert_int_equal(h.ends, 0);
    assert_string_equal(h.sha256, "sha");
    frame_unref(h.kept);
    finish(&h, socket);
}

/* A frame that a handler keeps outlives the peer. */
static void a_kept_frame_stays(void **state)
{
    struct heard h;
    int socket = begin(&h, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say(socket, &done);
    run(*state);
    finish(&h, socket);
    run_for(*state, 1000);
    assert_non_null(memmem(h.kept->data, h.kept->size, "sha", 3));
    assert_int_equal(h.kept->refs, 1);
    frame_unref(h.kept);
}

static void messages_go_out_with_their_descriptors(void **state)
{
    struct heard h;
    struct frame_reader reader;
    struct frame *frame;
    struct message m = {.type = MESSAGE_DOCUMENT,
                        .document = {.token = 7, .name = {"a.txt", 5}, .size = 3}};
    int socket = begin(&h, *state), ends[2];
    char text[4] = "";

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fd_write_all(ends[1], "abc", 3), 0);
    fd_close(ends[1]);
    peer_send(h.peer, &m, ends[0]);
    assert_true(peer_queued_bytes(h.peer) > 0);
    run_for(*state, 5000);
    assert_int_equal(peer_queued_bytes(h.peer), 0);
    assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* sent, so closed here */
    frame_reader_init(&reader, socket, CAP);
    hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame);
    frame_unref(frame);
    m = hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame);
    assert_int_equal(m.document.token, 7);
    assert_true(bytes_equal_str(m.document.name, "a.txt"));
    assert_int_equal(read(frame->fd, text, 3), 3);
    assert_string_equal(text, "abc");
    frame_unref(frame);
    frame_reader_done(&reader);
    finish(&h, socket);
}

static void a_paused_peer_hears_later(void **state)
{
    struct heard h;
    int socket = begin(&h, *state);

    say_hello(socket, ROLE_WORKER, 5);
    peer_pause(h.peer);
    say(socket, &done);
    run_for(*state, 5000);
    assert_int_equal(h.dones, 0);
    peer_resume(h.peer);
    run(*state);
    assert_int_equal(h.dones, 1);
    frame_unref(h.kept);
    finish(&h, socket);
}

static void a_peer_may_be_freed_by_its_handler(void **state)
{
    struct heard h;
    unsigned before = count_fds();
    int socket = begin(&h, *state);

    h.free_in_handler = true;
    say_hello(socket, ROLE_WORKER, 5);
    for (int i = 0; i < 5; i++)
        say(socket, &want);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(h.wants, 1);
    assert_int_equal(h.ends, 0);
    finish(&h, socket);
    assert_int_equal(count_fds(), before);
}

static void what_was_sent_is_out_before_the_end(void **state)
{
    struct heard h;
    struct frame_reader reader;
    struct frame *frame;
    const struct message start = {.type = MESSAGE_START, .start = {.once = true}};
    int socket = begin(&h, *state);

    peer_send(h.peer, &start, -1);
    peer_finish(h.peer);
    run_for(*state, 5000);
    frame_reader_init(&reader, socket, CAP);
    hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame);
    frame_unref(frame);
    assert_true(hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame).start.once);
    frame_unref(frame);
    assert_int_equal(frame_read(&reader, &frame), FRAME_EOF);
    frame_reader_done(&reader);
    finish(&h, socket);
}

/* A message that cannot be said is missing: the other side must not go on with what comes after it.
 */
static void a_message_that_cannot_be_encoded_ends_what_is_sent(void **state)
{
    struct heard h;
    struct frame_reader reader;
    struct frame *frame;
    const struct message bad = {.type = MESSAGE_SETTING, .setting = {.value = {"\xff", 1}}};
    const struct message start = {.type = MESSAGE_START};
    unsigned before = count_fds();
    int socket = begin(&h, *state);

    peer_send(h.peer, &bad, dup(STDERR_FILENO));
    peer_send(h.peer, &start, -1);
    run_for(*state, 5000);
    frame_reader_init(&reader, socket, CAP);
    hear(&reader, ROLE_INTAKE, ROLE_WORKER, &frame); /* HELLO */
    frame_unref(frame);
    assert_int_equal(frame_read(&reader, &frame), FRAME_EOF);
    frame_reader_done(&reader);
    finish(&h, socket);
    assert_int_equal(count_fds(), before);
}

static void a_peer_that_cannot_be_made_closes_its_descriptor(void **state)
{
    struct peer *p = NULL;
    unsigned before = count_fds();
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_true(peer_new(*state, file, &intake_spec, &events, NULL, &p) < 0);
    assert_null(p);
    assert_int_equal(count_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(it_greets_first),
        IN_LOOP(after_the_greeting_messages_reach_their_handlers),
        IN_LOOP(a_kept_frame_stays),
        IN_LOOP(messages_go_out_with_their_descriptors),
        IN_LOOP(a_paused_peer_hears_later),
        IN_LOOP(a_peer_may_be_freed_by_its_handler),
        IN_LOOP(what_was_sent_is_out_before_the_end),
        IN_LOOP(a_message_that_cannot_be_encoded_ends_what_is_sent),
        IN_LOOP(a_peer_that_cannot_be_made_closes_its_descriptor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
