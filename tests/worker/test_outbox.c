/* test_outbox.c - what a worker keeps until it is sent together: how much, how long, and in which order it goes.
 */
#include "base/clock.h"
#include "worker/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The other ends of the worker's links. */
static int intake_end, pool_end;

_Noreturn void worker_quit(int exit_code, const char *why, int r)
{
    (void)fprintf(stderr, "%s: %d\n", why ? why : "it quits", r);
    _exit(exit_code);
}

static int open_link(int own_fd)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    if (ends[0] != own_fd) {
        assert_int_equal(dup2(ends[0], own_fd), own_fd);
        (void)close(ends[0]);
    }
    assert_true(fcntl(ends[1], F_DUPFD_CLOEXEC, 20) >= 20);
    return ends[1];
}

/* Above the numbers that the links have in a worker. */
static int open_links(void **state)
{
    int low[2];

    (void)state;
    while ((low[0] = dup(STDERR_FILENO)) <= MAX(FD_WORKER_INTAKE, FD_WORKER_POOL))
        assert_true(low[0] >= 0);
    intake_end = open_link(FD_WORKER_INTAKE);
    pool_end = open_link(FD_WORKER_POOL);
    return 0;
}

static bool has_come(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

static void empty(int fd)
{
    char bytes[4096];

    while (has_come(fd))
        assert_true(read(fd, bytes, sizeof(bytes)) > 0);
}

static void put_document(struct outbox *o, size_t body_bytes)
{
    char *body = calloc(1, body_bytes + 1);
    const struct message result = {
        .type = MESSAGE_RESULT,
        .result = {.body = {.at = memset(body, 'x', body_bytes), .n = body_bytes}}};
    const struct message done = {.type = MESSAGE_DONE};

    outbox_to_pool(o, &result);
    outbox_to_intake(o, &done);
    free(body);
}

static void done_with(struct outbox *o)
{
    outbox_send(o);
    empty(intake_end);
    empty(pool_end);
    buf_done(&o->intake);
    buf_done(&o->pool);
}

static void nothing_is_sent_before_it_is_said(void **state)
{
    struct outbox o = {.n_done = 0};

    (void)state;
    put_document(&o, 100);
    put_document(&o, 100);
    assert_int_equal(o.n_done, 2);
    assert_false(has_come(intake_end) || has_come(pool_end));
    outbox_send(&o);
    assert_true(has_come(intake_end) && has_come(pool_end));
    assert_int_equal(o.n_done + o.n_results, 0);
    assert_int_equal(o.intake.size + o.pool.size, 0);
    done_with(&o);
}

/* Were it all of this very moment; tried again, should the machine stand still in between. */
static bool has_room_now(struct outbox *o)
{
    bool has = false;

    for (unsigned i = 0; i < 10 && !has; i++) {
        o->since_usec = clock_now_usec();
        has = outbox_has_room(o);
    }
    return has;
}

static void there_is_room_for_eight_documents(void **state)
{
    struct outbox o = {.n_done = 0};

    (void)state;
    for (unsigned i = 1; i <= 8; i++) {
        put_document(&o, 100);
        assert_int_equal(has_room_now(&o), i < 8);
    }
    done_with(&o);
}

static void and_for_so_many_bytes(void **state)
{
    struct outbox o = {.n_done = 0};

    (void)state;
    put_document(&o, 300 << 10);
    assert_false(has_room_now(&o));
    buf_done(&o.intake);
    buf_done(&o.pool);
}

static void and_not_for_long(void **state)
{
    struct outbox o = {.n_done = 0};

    (void)state;
    put_document(&o, 100);
    o.since_usec = clock_now_usec() - 6 * USEC_PER_MSEC;
    assert_false(outbox_has_room(&o));
    buf_done(&o.intake);
    buf_done(&o.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_before_it_is_said),
        cmocka_unit_test(there_is_room_for_eight_documents),
        cmocka_unit_test(and_for_so_many_bytes),
        cmocka_unit_test(and_not_for_long),
    };

    return cmocka_run_group_tests(tests, open_links, NULL);
}
