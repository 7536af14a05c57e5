/* Links: frames and descriptors, both ways, and freeing in the middle of it. */
#include "link_common.h"

static void frames_come_in_order_both_ways(void **state)
{
    struct side a, b;

    begin_both(&a, &b, *state);
    send_frames(&a, 1, 500, 100);
    send_frames(&b, 1, 300, 2000);
    a.stop_at = 300;
    run(*state);
    b.stop_at = 500;
    if (b.frames < 500)
        run(*state);
    assert_int_equal(a.frames, 300);
    assert_int_equal(b.frames, 500);
    assert_false(a.out_of_order || b.out_of_order);
    assert_int_equal(a.bytes, 300 * 2000);
    assert_int_equal(link_queued_bytes(a.link), 0);
    end_side(&a);
    end_side(&b);
}

static void nothing_is_called_back_from_the_call_that_sends(void **state)
{
    struct side a, b;

    begin_both(&a, &b, *state);
    send_frames(&a, 1, 1, 10);
    assert_int_equal(link_queued_bytes(a.link), 10 + FRAME_HEADER_BYTES);
    assert_int_equal(b.frames, 0);
    end_side(&a);
    end_side(&b);
}

/* A frame whose number is a multiple of seven carries a pipe in which the number can be read. */
static void check_descriptor(struct side *s, struct frame *f)
{
    char text[16] = "";

    if (f->fd < 0) {
        s->wrong_fds += s->last % 7 == 0;
        return;
    }
    s->fds++;
    s->wrong_fds += read(f->fd, text, sizeof(text) - 1) <= 0 || strtoul(text, NULL, 10) != s->last;
}

static int pipe_with_number(uint32_t number)
{
    char text[16];
    int ends[2];

    (void)snprintf(text, sizeof(text), "%u", number);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fd_write_all(ends[1], text, strlen(text)), 0);
    fd_close(ends[1]);
    return ends[0];
}

static void send_with_descriptors(struct side *s, uint32_t n, size_t size)
{
    char *payload = calloc(1, size);

    for (uint32_t i = 1; i <= n; i++) {
        memcpy(payload, &i, sizeof(i));
        link_send(s->link, payload, size, i % 7 == 0 ? pipe_with_number(i) : -1);
    }
    free(payload);
}

static void descriptors_stay_with_their_frames(void **state)
{
    const size_t sizes[] = {4, 1000, 70000};
    unsigned before = count_fds();

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct side a, b;

        begin_both(&a, &b, *state);
        b.hook = check_descriptor;
        b.stop_at = 210;
        send_with_descriptors(&a, 210, sizes[i]);
        run(*state);
        assert_int_equal(b.frames, 210);
        assert_int_equal(b.fds, 30);
        assert_int_equal(b.wrong_fds, 0);
        assert_false(b.out_of_order);
        end_side(&a);
        end_side(&b);
    }
    assert_int_equal(count_fds(), before);
}

static void descriptors_that_were_not_sent_are_closed(void **state)
{
    struct side a;
    unsigned before = count_fds();
    int socket = begin_one(&a, *state);

    link_send(a.link, "never", 5, pipe_with_number(1));
    end_side(&a);
    fd_close(socket);
    assert_int_equal(count_fds(), before);
}

static void free_own(struct side *s, struct frame *f UNUSED)
{
    if (s->frames == 3) {
        end_side(s);
        loop_stop(s->loop);
    }
}

static void a_link_may_be_freed_in_the_middle_of_its_frames(void **state)
{
    struct side a;
    unsigned before = count_fds();
    int socket = begin_one(&a, *state);

    a.hook = free_own;
    write_frames(socket, 1, 10);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(a.frames, 3);
    assert_int_equal(a.closes, 0);
    fd_close(socket);
    assert_int_equal(count_fds(), before);
}

static struct side *victim;

static void free_the_other(struct side *s, struct frame *f UNUSED)
{
    if (victim && victim != s)
        end_side(victim);
    victim = NULL;
    loop_stop(s->loop);
}

static void free_whichever_is_second(struct side *s, struct frame *f)
{
    victim = victim == s ? victim : s + 1;
    free_the_other(s, f);
}

/* Both are readable in the same round; the first one that is called frees the other. */
static void a_link_may_free_another_that_is_ready(void **state)
{
    struct side sides[2];
    int sockets[2];

    for (int i = 0; i < 2; i++)
        sockets[i] = begin_one(&sides[i], *state);
    sides[0].hook = free_whichever_is_second;
    write_frames(sockets[1], 1, 3);
    write_frames(sockets[0], 1, 3);
    run(*state);
    run_for(*state, 5000);
    assert_int_equal(sides[0].frames, 3);
    assert_null(sides[1].link);
    end_side(&sides[0]);
    fd_close(sockets[0]);
    fd_close(sockets[1]);
}

static void answer(struct side *s, struct frame *f)
{
    if (s->link)
        link_send(s->link, f->data, f->size, -1);
}

static void frames_may_be_sent_from_a_handler(void **state)
{
    struct side a, b;

    begin_both(&a, &b, *state);
    b.hook = answer;
    a.stop_at = 100;
    send_frames(&a, 1, 100, 5000);
    run(*state);
    assert_int_equal(a.frames, 100);
    assert_false(a.out_of_order);
    end_side(&a);
    end_side(&b);
}

static void what_cannot_be_a_link_is_closed(void **state)
{
    struct link *k = NULL;
    unsigned before = count_fds();
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_true(link_new(*state, file, CAP, &side_events, NULL, &k) < 0);
    assert_null(k);
    assert_int_equal(count_fds(), before);
    assert_true(link_new(*state, -1, CAP, &side_events, NULL, &k) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(frames_come_in_order_both_ways),
        IN_LOOP(nothing_is_called_back_from_the_call_that_sends),
        IN_LOOP(descriptors_stay_with_their_frames),
        IN_LOOP(descriptors_that_were_not_sent_are_closed),
        IN_LOOP(a_link_may_be_freed_in_the_middle_of_its_frames),
        IN_LOOP(a_link_may_free_another_that_is_ready),
        IN_LOOP(frames_may_be_sent_from_a_handler),
        IN_LOOP(what_cannot_be_a_link_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
