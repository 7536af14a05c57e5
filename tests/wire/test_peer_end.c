/* What ends a peer, and the sentence it ends with. */
#include "common.h"

struct ended {
    struct loop *loop;
    struct peer *peer;
    unsigned wants, ends;
    bool broken, keep;
    char why[128];
};

static void on_want(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct ended *e = user;

    e->wants++;
}

static void on_document(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    fail_msg("a document reached the intake");
}

static void on_end(void *user, struct peer *p, bool broken, const char *why)
{
    struct ended *e = user;

    e->ends++;
    e->broken = broken;
    bytes_copy(bytes_of_str(why), e->why, sizeof(e->why));
    if (!e->keep)
        e->peer = peer_free(p);
    loop_stop(e->loop);
}

static const struct peer_route routes[] = {{MESSAGE_WANT, on_want},
                                           {MESSAGE_DOCUMENT, on_document}};
static const struct peer_events events = {
    .routes = routes, .n_routes = ARRAY_SIZE(routes), .on_end = on_end};
static const struct message want = {.type = MESSAGE_WANT};

static int begin(struct ended *e, struct loop *l)
{
    int pair[2];

    *e = (struct ended){.loop = l};
    assert_int_equal(fd_socket_pair(pair), 0);
    assert_int_equal(peer_new(l, pair[0], &intake_spec, &events, e, &e->peer), 0);
    return pair[1];
}

/* It ends once, with `why`, and hears nothing more. */
static void expect_end(struct ended *e, int socket, bool broken, const char *why)
{
    run(e->loop);
    run_for(e->loop, 5000);
    assert_int_equal(e->ends, 1);
    assert_int_equal(e->broken, broken);
    assert_string_equal(e->why, why);
    fd_close(socket);
}

static void the_other_side_closes(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say(socket, &want);
    socket = fd_close(socket);
    run(*state);
    assert_int_equal(e.wants, 1);
    assert_int_equal(e.ends, 1);
    assert_false(e.broken);
}

static void another_first_message_than_hello(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say(socket, &want);
    expect_end(&e, socket, true, "it did not greet as expected");
    assert_int_equal(e.wants, 0);
}

static void another_version(void **state)
{
    const struct message hello = {
        .type = MESSAGE_HELLO,
        .hello = {.version = WIRE_VERSION + 1, .role = ROLE_WORKER, .slot = 5}};
    struct ended e;
    int socket = begin(&e, *state);

    say(socket, &hello);
    say(socket, &want);
    expect_end(&e, socket, true, "it did not greet as expected");
    assert_int_equal(e.wants, 0);
}

static void another_role(void **state)
{
    static const unsigned roles[] = {0, ROLE_POOL, ROLE_SUPERVISOR, ROLE_WORKER | ROLE_POOL,
                                     ROLE_ANY};

    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct ended e;
        int socket = begin(&e, *state);

        say_hello(socket, (enum wire_role)roles[i], 5);
        expect_end(&e, socket, true, "it did not greet as expected");
    }
}

static void another_slot(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 6);
    expect_end(&e, socket, true, "it did not greet as expected");
}

static void a_second_greeting(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say_hello(socket, ROLE_WORKER, 5);
    expect_end(&e, socket, true, "it sent a message not meant for here: hello");
}

static void a_message_that_has_no_route(void **state)
{
    const struct message done = {.type = MESSAGE_DONE};
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say(socket, &done);
    say(socket, &want);
    expect_end(&e, socket, true, "it sent a message not meant for here: done");
    assert_int_equal(e.wants, 0);
}

static void a_message_that_its_role_may_not_send(void **state)
{
    const struct message document = {.type = MESSAGE_DOCUMENT};
    struct ended e;
    unsigned before = count_fds();
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say_fd(socket, &document, STDERR_FILENO);
    expect_end(&e, socket, true, "it sent a malformed message");
    assert_int_equal(count_fds(), before);
}

static void a_malformed_message(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say_bytes(socket, "\xc1", 1);
    say(socket, &want);
    expect_end(&e, socket, true, "it sent a malformed message");
    assert_int_equal(e.wants, 0);
}

static void a_descriptor_where_none_belongs(void **state)
{
    struct ended e;
    unsigned before = count_fds();
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    say_fd(socket, &want, STDERR_FILENO);
    expect_end(&e, socket, true, "it sent a malformed message");
    assert_int_equal(count_fds(), before);
}

static void a_frame_over_the_cap(void **state)
{
    struct ended e;
    char header[FRAME_HEADER_BYTES];
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    frame_put_header(header, CAP + 1, false);
    assert_int_equal(fd_write_all(socket, header, sizeof(header)), 0);
    expect_end(&e, socket, true, "Message too long");
}

static void a_frame_that_is_cut_off(void **state)
{
    struct ended e;
    int socket = begin(&e, *state);

    say_hello(socket, ROLE_WORKER, 5);
    assert_int_equal(fd_write_all(socket, "\x08\0\0\0abc", 7), 0);
    socket = fd_close(socket);
    expect_end(&e, socket, true, "Protocol error");
}

/* An ended peer may be kept a while: it is deaf and dumb, and closes what it is given. */
static void an_ended_peer_can_be_asked_anything(void **state)
{
    const struct message document = {.type = MESSAGE_DOCUMENT};
    struct ended e;
    unsigned before = count_fds();
    int socket = begin(&e, *state);

    e.keep = true;
    say_bytes(socket, "\xc1", 1);
    expect_end(&e, socket, true, "it sent a malformed message");
    peer_send(e.peer, &document, dup(STDERR_FILENO));
    assert_int_equal(peer_queued_bytes(e.peer), 0);
    peer_pause(e.peer);
    peer_resume(e.peer);
    peer_finish(e.peer);
    run_for(*state, 5000);
    assert_int_equal(e.ends, 1);
    peer_free(e.peer);
    assert_int_equal(count_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(the_other_side_closes),
        IN_LOOP(another_first_message_than_hello),
        IN_LOOP(another_version),
        IN_LOOP(another_role),
        IN_LOOP(another_slot),
        IN_LOOP(a_second_greeting),
        IN_LOOP(a_message_that_has_no_route),
        IN_LOOP(a_message_that_its_role_may_not_send),
        IN_LOOP(a_malformed_message),
        IN_LOOP(a_descriptor_where_none_belongs),
        IN_LOOP(a_frame_over_the_cap),
        IN_LOOP(a_frame_that_is_cut_off),
        IN_LOOP(an_ended_peer_can_be_asked_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
