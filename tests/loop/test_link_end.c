/* How links end: by the other side, by a malformed stream, by a failure, on purpose. */
#include "link_common.h"

static void expect_close(struct loop *l, struct side *s, int r)
{
    run(l);
    run_for(l, 5000);
    assert_int_equal(s->closes, 1);
    assert_int_equal(s->close_r, r);
    end_side(s);
}

static void the_other_side_closes_between_frames(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    write_frames(socket, 1, 2);
    fd_close(socket);
    expect_close(*state, &a, 0);
    assert_int_equal(a.frames, 2);
}

static void the_other_side_closes_within_a_frame(void **state)
{
    char frame[FRAME_HEADER_BYTES + 10] = "";

    frame_put_header(frame, 10, false);
    for (size_t n = 1; n < sizeof(frame); n++) {
        struct side a;
        int socket = begin_one(&a, *state);

        assert_int_equal(fd_write_all(socket, frame, n), 0);
        fd_close(socket);
        expect_close(*state, &a, -EPROTO);
        assert_int_equal(a.frames, 0);
    }
}

static void a_frame_over_the_cap_ends_the_link(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);
    char header[FRAME_HEADER_BYTES];

    write_frames(socket, 1, 1);
    frame_put_header(header, CAP + 1, false);
    assert_int_equal(fd_write_all(socket, header, sizeof(header)), 0);
    expect_close(*state, &a, -EMSGSIZE);
    assert_int_equal(a.frames, 1);
    fd_close(socket);
}

static void an_empty_frame_ends_the_link(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    assert_int_equal(fd_write_all(socket, "\0\0\0\0", 4), 0);
    expect_close(*state, &a, -EPROTO);
    fd_close(socket);
}

static void a_promised_descriptor_that_does_not_come_ends_the_link(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);
    char frame[FRAME_HEADER_BYTES + 1] = "";

    frame_put_header(frame, 1, true);
    assert_int_equal(fd_write_all(socket, frame, sizeof(frame)), 0);
    expect_close(*state, &a, -EPROTO);
    fd_close(socket);
}

static void a_descriptor_that_was_not_announced_ends_the_link(void **state)
{
    struct side a;
    unsigned before = count_fds();
    int socket = begin_one(&a, *state);
    char frame[FRAME_HEADER_BYTES + 1] = "";
    const struct iovec iov = {.iov_base = frame, .iov_len = sizeof(frame)};
    size_t sent;

    frame_put_header(frame, 1, false);
    assert_int_equal(frame_write_some(socket, &iov, 1, STDERR_FILENO, &sent), 0);
    assert_int_equal(sent, sizeof(frame));
    write_frames(socket, 1, 1);
    expect_close(*state, &a, -EPROTO);
    fd_close(socket);
    assert_int_equal(count_fds(), before);
}

/* The other side dies with our bytes unread: what it sent before is heard, then its end, once. */
static void the_other_side_dies_while_we_send(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    send_frames(&a, 1, 64, 65536);
    run_for(*state, 5000);
    assert_true(link_queued_bytes(a.link) > 0);
    write_frames(socket, 1, 200);
    fd_close(socket);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(a.frames, 200);
    assert_int_equal(a.closes, 1);
    assert_true(a.close_r == 0 || a.close_r == -ECONNRESET);
    end_side(&a);
}

static void a_paused_link_that_sends_to_nobody_ends(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    link_pause(a.link);
    fd_close(socket);
    send_frames(&a, 1, 1, 10);
    expect_close(*state, &a, -EPIPE);
}

/* Not the other side's fault, but a frame is missing from the stream. */
static void a_frame_that_cannot_be_sent_ends_the_link(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    link_send(a.link, "x", 1, 9999);
    send_frames(&a, 1, 3, 10);
    expect_close(*state, &a, -EBADF);
    fd_close(socket);
}

static void nothing_is_sent_on_a_closed_link(void **state)
{
    struct side a;
    unsigned before = count_fds();
    int socket = begin_one(&a, *state);

    fd_close(socket);
    run(*state);
    assert_int_equal(a.closes, 1);
    link_send(a.link, "x", 1, dup(STDERR_FILENO));
    assert_int_equal(link_queued_bytes(a.link), 0);
    link_pause(a.link);
    link_resume(a.link);
    link_finish(a.link);
    run_for(*state, 5000);
    assert_int_equal(a.closes, 1);
    end_side(&a);
    assert_int_equal(count_fds(), before);
}

static void free_when_closed(void *user, int r)
{
    struct side *s = user;

    on_close(user, r);
    end_side(s);
}

static void a_link_may_be_freed_when_it_closes(void **state)
{
    static const struct link_events events = {.on_frame = on_frame, .on_close = free_when_closed};
    struct side a = {.loop = *state};
    int pair[2];

    assert_int_equal(fd_socket_pair(pair), 0);
    assert_int_equal(link_new(*state, pair[0], CAP, &events, &a, &a.link), 0);
    write_frames(pair[1], 1, 5);
    fd_close(pair[1]);
    run(*state);
    assert_null(a.link);
    assert_int_equal(a.frames, 5);
}

static void all_that_is_queued_goes_out_before_the_end(void **state)
{
    struct side a, b;

    begin_both(&a, &b, *state);
    send_frames(&a, 1, 128, 65536);
    link_finish(a.link);
    send_frames(&a, 129, 130, 10); /* too late */
    run(*state);
    assert_int_equal(b.closes, 1);
    assert_int_equal(b.close_r, 0);
    assert_int_equal(b.frames, 128);
    assert_int_equal(a.closes, 0);
    end_side(&a);
    end_side(&b);
}

static void a_finished_link_still_hears(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);
    char byte;

    link_finish(a.link);
    run_for(*state, 5000);
    assert_int_equal(read(socket, &byte, 1), 0);
    link_send(a.link, "late", 4, -1);
    run_for(*state, 5000);
    a.stop_at = 3;
    write_frames(socket, 1, 3);
    run(*state);
    assert_int_equal(a.frames, 3);
    fd_close(socket);
    expect_close(*state, &a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(the_other_side_closes_between_frames),
        IN_LOOP(the_other_side_closes_within_a_frame),
        IN_LOOP(a_frame_over_the_cap_ends_the_link),
        IN_LOOP(an_empty_frame_ends_the_link),
        IN_LOOP(a_promised_descriptor_that_does_not_come_ends_the_link),
        IN_LOOP(a_descriptor_that_was_not_announced_ends_the_link),
        IN_LOOP(the_other_side_dies_while_we_send),
        IN_LOOP(a_paused_link_that_sends_to_nobody_ends),
        IN_LOOP(a_frame_that_cannot_be_sent_ends_the_link),
        IN_LOOP(nothing_is_sent_on_a_closed_link),
        IN_LOOP(a_link_may_be_freed_when_it_closes),
        IN_LOOP(all_that_is_queued_goes_out_before_the_end),
        IN_LOOP(a_finished_link_still_hears),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
