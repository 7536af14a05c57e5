/* Readiness of descriptors. */
#include "common.h"

struct seen {
    struct loop *loop;
    struct fd_watch *watch, *other;
    int events; /* of the last time */
    unsigned times, until;
};

static void on_ready(void *user, int events)
{
    struct seen *s = user;

    s->events = events;
    if (++s->times == s->until)
        loop_stop(s->loop);
}

static void make_pair(int pair[2])
{
    assert_int_equal(fd_socket_pair(pair), 0);
}

static void close_pair(int pair[2])
{
    fd_close(pair[0]);
    fd_close(pair[1]);
}

static void what_is_asked_for_is_told(void **state)
{
    struct seen s = {.loop = *state, .until = 1};
    int pair[2];

    make_pair(pair);
    assert_int_equal(fd_watch_new(*state, pair[0], on_ready, &s, &s.watch), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_WRITABLE), 0);
    run(*state);
    assert_int_equal(s.events, FD_WRITABLE);

    s.times = 0;
    assert_int_equal(fd_write_all(pair[1], "x", 1), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE), 0);
    run(*state);
    assert_int_equal(s.events, FD_READABLE);

    s.times = 0;
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE | FD_WRITABLE), 0);
    run(*state);
    assert_int_equal(s.events, FD_READABLE | FD_WRITABLE);
    fd_watch_free(s.watch);
    close_pair(pair);
}

static void a_paused_watch_is_silent_and_can_go_on(void **state)
{
    struct seen s = {.loop = *state, .until = 1};
    int pair[2];

    make_pair(pair);
    assert_int_equal(fd_write_all(pair[1], "x", 1), 0);
    assert_int_equal(fd_watch_new(*state, pair[0], on_ready, &s, &s.watch), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE), 0);
    assert_int_equal(fd_watch_set(s.watch, 0), 0);
    run_for(*state, 5000);
    assert_int_equal(s.times, 0);
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE), 0);
    run(*state);
    assert_int_equal(s.times, 1);
    fd_watch_free(s.watch);
    close_pair(pair);
}

static void an_end_of_file_is_readable(void **state)
{
    struct seen s = {.loop = *state, .until = 1};
    int pair[2];

    make_pair(pair);
    assert_int_equal(fd_watch_new(*state, pair[0], on_ready, &s, &s.watch), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE), 0);
    pair[1] = fd_close(pair[1]);
    run(*state);
    assert_int_equal(s.events, FD_READABLE);
    fd_watch_free(s.watch);
    close_pair(pair);
}

/* A socket whose peer died with unread bytes is in error (EPOLLERR); libuv stops watching such a
 * one. */
static void an_error_is_told_until_it_is_dealt_with(void **state)
{
    struct seen s = {.loop = *state, .until = 3};
    int pair[2];
    char byte;

    make_pair(pair);
    assert_int_equal(fd_write_all(pair[0], "unread", 6), 0);
    assert_int_equal(fd_watch_new(*state, pair[0], on_ready, &s, &s.watch), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_READABLE), 0);
    pair[1] = fd_close(pair[1]);
    run(*state);
    assert_int_equal(s.times, 3);
    assert_int_equal(s.events, FD_READABLE);
    assert_int_equal(read(pair[0], &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    fd_watch_free(s.watch);
    close_pair(pair);
}

static void free_both(void *user, int events)
{
    struct seen *s = user;

    on_ready(user, events);
    s->watch = fd_watch_free(s->watch);
    s->other = fd_watch_free(s->other);
}

/* Both are ready in the same round; whichever comes first frees both. */
static void a_watch_may_free_itself_and_one_that_is_ready(void **state)
{
    struct seen s = {.loop = *state, .until = 1};
    int one[2], two[2];

    make_pair(one);
    make_pair(two);
    assert_int_equal(fd_watch_new(*state, one[0], free_both, &s, &s.watch), 0);
    assert_int_equal(fd_watch_new(*state, two[0], free_both, &s, &s.other), 0);
    assert_int_equal(fd_watch_set(s.watch, FD_WRITABLE), 0);
    assert_int_equal(fd_watch_set(s.other, FD_WRITABLE), 0);
    run(*state);
    close_pair(one);
    close_pair(two);
    run_for(*state, 5000);
    assert_int_equal(s.times, 1);
}

static void the_number_can_be_watched_again_after_it_was_freed(void **state)
{
    struct seen s = {.loop = *state, .until = 1};
    int pair[2];

    make_pair(pair);
    for (int i = 0; i < 3; i++) {
        s.times = 0;
        assert_int_equal(fd_watch_new(*state, pair[0], on_ready, &s, &s.watch), 0);
        assert_int_equal(fd_watch_set(s.watch, FD_WRITABLE), 0);
        run(*state);
        fd_watch_free(s.watch);
    }
    close_pair(pair);
}

static void what_cannot_be_watched_is_an_error(void **state)
{
    struct fd_watch *w = NULL;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), pair[2];

    assert_int_equal(fd_watch_new(*state, file, on_ready, NULL, &w), -EPERM);
    fd_close(file);
    make_pair(pair);
    close_pair(pair);
    assert_int_equal(fd_watch_new(*state, pair[0], on_ready, NULL, &w), -EBADF);
    assert_null(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(what_is_asked_for_is_told),
        IN_LOOP(a_paused_watch_is_silent_and_can_go_on),
        IN_LOOP(an_end_of_file_is_readable),
        IN_LOOP(an_error_is_told_until_it_is_dealt_with),
        IN_LOOP(a_watch_may_free_itself_and_one_that_is_ready),
        IN_LOOP(the_number_can_be_watched_again_after_it_was_freed),
        IN_LOOP(what_cannot_be_watched_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
