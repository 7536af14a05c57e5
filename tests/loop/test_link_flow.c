/* Links under load: large frames, backpressure, pauses, fairness. */
#include "link_common.h"

#define LARGE (16u << 20)

static unsigned char pattern(size_t i, uint32_t number)
{
    return (unsigned char)(i * 31 + i / 4096 + number);
}

static void check_pattern(struct side *s, struct frame *f)
{
    if (f->size != LARGE)
        s->out_of_order = true;
    for (size_t i = sizeof(uint32_t); i < f->size && !s->out_of_order; i++)
        s->out_of_order = (unsigned char)f->data[i] != pattern(i, s->last);
}

static void frames_of_16_mb_come_whole(void **state)
{
    struct side a, b;
    char *payload = malloc(LARGE);

    begin_both(&a, &b, *state);
    b.hook = check_pattern;
    b.stop_at = 4;
    for (uint32_t number = 1; number <= 4; number++) {
        for (size_t i = 0; i < LARGE; i++)
            payload[i] = (char)pattern(i, number);
        memcpy(payload, &number, sizeof(number));
        link_send(a.link, payload, LARGE, -1);
    }
    free(payload);
    assert_int_equal(link_queued_bytes(a.link), 4 * (LARGE + FRAME_HEADER_BYTES));
    run(*state);
    assert_int_equal(b.frames, 4);
    assert_false(b.out_of_order);
    assert_int_equal(link_queued_bytes(a.link), 0);
    end_side(&a);
    end_side(&b);
}

static void a_paused_reader_is_felt_by_the_sender(void **state)
{
    struct side a, b;
    size_t queued;

    begin_both(&a, &b, *state);
    link_pause(b.link);
    send_frames(&a, 1, 64, 65536);
    run_for(*state, 50000);
    queued = link_queued_bytes(a.link);
    assert_int_equal(b.frames, 0);
    assert_true(queued > 2u << 20); /* the socket took a few hundred kilobytes, no more */
    run_for(*state, 50000);
    assert_int_equal(link_queued_bytes(a.link), queued);
    link_resume(b.link);
    b.stop_at = 64;
    run(*state);
    assert_int_equal(b.frames, 64);
    assert_false(b.out_of_order);
    assert_int_equal(link_queued_bytes(a.link), 0);
    end_side(&a);
    end_side(&b);
}

static void pause_after_each(struct side *s, struct frame *f UNUSED)
{
    link_pause(s->link);
    loop_stop(s->loop);
}

/* They are in the link's own memory by then: the socket has nothing more to tell. */
static void frames_read_ahead_come_after_a_resume(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    a.hook = pause_after_each;
    write_frames(socket, 1, 100);
    for (unsigned n = 1; n <= 100; n++) {
        run(*state);
        assert_int_equal(a.frames, n);
        run_for(*state, 1000);
        assert_int_equal(a.frames, n);
        link_resume(a.link);
    }
    assert_false(a.out_of_order);
    end_side(&a);
    fd_close(socket);
}

static void pause_and_resume(struct side *s, struct frame *f UNUSED)
{
    link_pause(s->link);
    link_resume(s->link);
}

static void a_pause_that_is_over_at_once_loses_nothing(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    a.hook = pause_and_resume;
    a.stop_at = 1000;
    write_frames(socket, 1, 1000);
    run(*state);
    assert_int_equal(a.frames, 1000);
    assert_false(a.out_of_order);
    end_side(&a);
    fd_close(socket);
}

static void a_link_paused_before_it_began_hears_all_later(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);

    link_pause(a.link);
    write_frames(socket, 1, 3);
    fd_close(socket);
    run_for(*state, 5000);
    assert_int_equal(a.frames, 0);
    assert_int_equal(a.closes, 0);
    link_resume(a.link);
    run(*state);
    assert_int_equal(a.frames, 3);
    assert_int_equal(a.closes, 1);
    end_side(&a);
}

/* How many frames either side has heard when the other is heard for the first time. */
static unsigned head_start;

static void note_head_start(struct side *s, struct frame *f UNUSED)
{
    struct side *first = s->stop_at ? s - 1 : s, *second = first + 1;

    if (head_start == 0 && first->frames > 0 && second->frames > 0)
        head_start = MAX(first->frames, second->frames);
}

static void a_busy_link_leaves_another_its_turn(void **state)
{
    struct side sides[2];
    int sockets[2];

    head_start = 0;
    for (int i = 0; i < 2; i++) {
        sockets[i] = begin_one(&sides[i], *state);
        sides[i].hook = note_head_start;
        write_frames(sockets[i], 1, 1500);
    }
    sides[1].stop_at = 1500;
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(sides[0].frames, 1500);
    assert_int_equal(sides[1].frames, 1500);
    assert_in_range(head_start, 1, 64);
    for (int i = 0; i < 2; i++) {
        end_side(&sides[i]);
        fd_close(sockets[i]);
    }
}

/* A frame may come byte by byte. */
static void a_trickle_is_put_together(void **state)
{
    struct side a;
    int socket = begin_one(&a, *state);
    const uint32_t number = 1;
    char frame[FRAME_HEADER_BYTES + sizeof(number)];

    frame_put_header(frame, sizeof(number), false);
    memcpy(frame + FRAME_HEADER_BYTES, &number, sizeof(number));
    for (size_t i = 0; i < sizeof(frame); i++) {
        assert_int_equal(a.frames, 0);
        assert_int_equal(fd_write_all(socket, frame + i, 1), 0);
        run_for(*state, 1000);
    }
    assert_int_equal(a.frames, 1);
    assert_int_equal(a.last, 1);
    end_side(&a);
    fd_close(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(frames_of_16_mb_come_whole),
        IN_LOOP(a_paused_reader_is_felt_by_the_sender),
        IN_LOOP(frames_read_ahead_come_after_a_resume),
        IN_LOOP(a_pause_that_is_over_at_once_loses_nothing),
        IN_LOOP(a_link_paused_before_it_began_hears_all_later),
        IN_LOOP(a_busy_link_leaves_another_its_turn),
        IN_LOOP(a_trickle_is_put_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
