/* Frames over a socket: put together from any pieces, each with its own descriptor, and nothing
 * else accepted. */
#include "common.h"

#include "base/frame.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CAP 100000

/* Both ends of a socket, the second with a reader. */
struct line {
    int to;
    int from;
    struct frame_reader reader;
};

static int open_line(void **state)
{
    struct line *l = calloc(1, sizeof(*l));
    int pair[2];

    if (!l || fd_socket_pair(pair) < 0)
        return -1;
    l->to = pair[0];
    l->from = pair[1];
    frame_reader_init(&l->reader, l->from, CAP);
    *state = l;
    return fd_set_nonblocking(l->from, true);
}

static int close_line(void **state)
{
    struct line *l = *state;

    frame_reader_done(&l->reader);
    fd_close(l->to);
    fd_close(l->from);
    free(l);
    return 0;
}

static void send_text(struct line *l, const char *text, int fd)
{
    struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};

    assert_int_equal(frame_write(l->to, &part, 1, fd), 0);
}

/* Bytes as they are, in one sendmsg(2), with up to 5 times the same descriptor. */
static void send_raw(struct line *l, const void *bytes, size_t n, int fd, int n_fds)
{
    char control[CMSG_SPACE(5 * sizeof(int))] = {0};
    struct iovec iov = {.iov_base = (void *)bytes, .iov_len = n};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

    if (n_fds > 0) {
        struct cmsghdr *c;

        m.msg_control = control;
        m.msg_controllen = CMSG_SPACE((size_t)n_fds * sizeof(int));
        c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                              .cmsg_type = SCM_RIGHTS,
                              .cmsg_len = CMSG_LEN((size_t)n_fds * sizeof(int))};
        for (int i = 0; i < n_fds; i++)
            memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &fd, sizeof(int));
    }
    assert_int_equal(sendmsg(l->to, &m, MSG_NOSIGNAL), (ssize_t)n);
}

static void expect_text(struct line *l, const char *text)
{
    struct frame *f;

    assert_int_equal(frame_read(&l->reader, &f), 0);
    assert_int_equal(f->size, strlen(text));
    assert_memory_equal(f->data, text, f->size);
    assert_int_equal(f->fd, -1);
    frame_unref(f);
}

static bool same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A frame that carries a descriptor of the same file as `fd`. */
static void expect_text_with(struct line *l, const char *text, int fd)
{
    struct frame *f;

    assert_int_equal(frame_read(&l->reader, &f), 0);
    assert_int_equal(f->size, strlen(text));
    assert_memory_equal(f->data, text, f->size);
    assert_true(f->fd >= 0);
    assert_true(same_file(f->fd, fd));
    assert_true(fcntl(f->fd, F_GETFD) & FD_CLOEXEC);
    frame_unref(f);
}

static void expect_status(struct line *l, int status)
{
    struct frame *f = (struct frame *)l;

    assert_int_equal(frame_read(&l->reader, &f), status);
    assert_ptr_equal(f, l); /* untouched */
}

/* An unnamed file of its own. */
static int some_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    return fd;
}

static size_t count_open(void)
{
    size_t n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void frames_arrive_in_order_then_again_then_eof(void **state)
{
    struct line *l = *state;

    send_text(l, "one", -1);
    send_text(l, "two", -1);
    expect_text(l, "one");
    expect_text(l, "two");
    expect_status(l, FRAME_AGAIN);
    send_text(l, "three", -1);
    l->to = fd_close(l->to);
    expect_text(l, "three");
    expect_status(l, FRAME_EOF);
}

static void the_prefix_is_little_endian_with_the_bit_on_top(void **state UNUSED)
{
    char header[FRAME_HEADER_BYTES];

    frame_put_header(header, 0x01020304, false);
    assert_memory_equal(header, "\x04\x03\x02\x01", 4);
    frame_put_header(header, 0x01020304, true);
    assert_memory_equal(header, "\x04\x03\x02\x81", 4);
}

static void a_frame_of_parts_is_their_sum(void **state)
{
    struct line *l = *state;
    struct iovec parts[] = {{(void *)"ab", 2}, {(void *)"", 0}, {(void *)"cde", 3}};

    assert_int_equal(frame_write(l->to, parts, 3, -1), 0);
    expect_text(l, "abcde");
}

static void single_bytes_make_a_frame_when_the_last_is_in(void **state)
{
    struct line *l = *state;
    char bytes[] = "\x05\0\0\0hello\x02\0\0\0ok";

    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        if (i != 9)
            expect_status(l, FRAME_AGAIN);
        send_raw(l, bytes + i, 1, -1, 0);
        if (i == 8)
            expect_text(l, "hello");
    }
    expect_text(l, "ok");
}

static void *send_large(void *line)
{
    static char payload[CAP];
    struct iovec part = {.iov_base = payload, .iov_len = sizeof(payload)};

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (char)(i % 253);
    for (int i = 0; i < 20; i++)
        if (frame_write(((struct line *)line)->to, &part, 1, -1) != 0)
            return line;
    return NULL;
}

/* The socket's buffer holds less than a frame, so both sides go on in pieces. */
static void large_frames_pass(struct line *l, bool blocking)
{
    pthread_t sender;
    struct frame *f = NULL;
    void *failed;
    int r;

    assert_int_equal(fd_set_nonblocking(l->from, !blocking), 0);
    assert_int_equal(pthread_create(&sender, NULL, send_large, l), 0);
    for (int i = 0; i < 20; i++) {
        while ((r = frame_read(&l->reader, &f)) == FRAME_AGAIN && !blocking) {
            struct pollfd p = {.fd = l->from, .events = POLLIN};

            assert_int_equal(poll(&p, 1, 10000), 1);
        }
        assert_int_equal(r, 0);
        assert_int_equal(f->size, CAP);
        for (size_t k = 0; k < CAP; k++)
            if (f->data[k] != (char)(k % 253))
                fail_msg("frame %d differs at byte %zu", i, k);
        frame_unref(f);
    }
    pthread_join(sender, &failed);
    assert_null(failed);
}

static void large_frames_pass_a_blocking_socket(void **state)
{
    large_frames_pass(*state, true);
}

static void large_frames_pass_a_nonblocking_socket(void **state)
{
    large_frames_pass(*state, false);
}

static void each_frame_gets_its_own_descriptor_however_they_coalesce(void **state)
{
    struct line *l = *state;
    int first = some_file(), second = some_file();

    send_text(l, "plain", -1);
    send_text(l, "with first", first);
    send_text(l, "with second", second);
    send_text(l, "plain again", -1);
    send_text(l, "with first again", first);
    expect_text(l, "plain");
    expect_text_with(l, "with first", first);
    expect_text_with(l, "with second", second);
    expect_text(l, "plain again");
    expect_text_with(l, "with first again", first);
    expect_status(l, FRAME_AGAIN);
    fd_close(first);
    fd_close(second);
}

/* The first two bytes of the prefix, and the descriptor, come at the end of a block that is read
 * ahead; the rest of that frame and the next one, with a descriptor too, come in the next block. */
static void a_prefix_cut_in_two_by_the_block_keeps_its_descriptor(void **state)
{
    struct line *l = *state;
    int first = some_file(), second = some_file();
    size_t fill = sizeof(l->reader.ahead) - FRAME_HEADER_BYTES - 2;
    char *text = malloc(fill + 1);

    memset(text, 'x', fill);
    text[fill] = '\0';
    send_text(l, text, -1);
    send_text(l, "with first", first);
    send_text(l, "with second", second);
    expect_text(l, text);
    expect_text_with(l, "with first", first);
    expect_text_with(l, "with second", second);
    fd_close(first);
    fd_close(second);
    free(text);
}

static void ignore_signal(int signal UNUSED)
{
}

/* Interrupts the sender once its frame fills the socket, and reads only then. */
static void *interrupt_and_read(void *line)
{
    struct line *l = line;
    struct frame *f = NULL;
    int waiting = 0;

    while (waiting == 0 && ioctl(l->from, FIONREAD, &waiting) == 0)
        usleep(1000);
    usleep(20000);
    (void)kill(getpid(), SIGUSR1);
    usleep(20000);
    return frame_read(&l->reader, &f) == 0 ? f : NULL;
}

static void a_frame_sent_in_two_pieces_takes_its_descriptor_once(void **state)
{
    struct line *l = *state;
    static char payload[CAP];
    struct iovec part = {payload, sizeof(payload)};
    struct sigaction interrupt = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    sigset_t signals;
    int file = some_file(), small = 1;
    pthread_t reader;
    void *frame;

    assert_int_equal(sigaction(SIGUSR1, &interrupt, NULL), 0);
    assert_int_equal(setsockopt(l->to, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    assert_int_equal(fd_set_nonblocking(l->from, false), 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals,
                    NULL); /* so that the reader blocks it, and the sender gets it */
    assert_int_equal(pthread_create(&reader, NULL, interrupt_and_read, l), 0);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    assert_int_equal(frame_write(l->to, &part, 1, file), 0);
    pthread_join(reader, &frame);
    assert_non_null(frame);
    assert_true(same_file(((struct frame *)frame)->fd, file));
    frame_unref(frame);
    send_text(l, "next", -1);
    expect_text(l, "next");
    fd_close(file);
}

static void a_descriptor_can_be_taken_out_of_its_frame(void **state)
{
    struct line *l = *state;
    struct frame *f;
    int file = some_file(), kept;

    send_text(l, "x", file);
    assert_int_equal(frame_read(&l->reader, &f), 0);
    assert_ptr_equal(frame_ref(f), f);
    kept = TAKE_FD(f->fd);
    assert_null(frame_unref(f));
    assert_int_equal(f->size, 1); /* the second reference holds it */
    assert_null(frame_unref(f));
    assert_true(same_file(kept, file));
    fd_close(kept);
    fd_close(file);
    assert_null(frame_unref(NULL));
}

static void malformed_streams_are_refused(void **state UNUSED)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t n;
        int n_fds;
        bool close;
        int frames; /* good ones before */
        int status;
    } cases[] = {
        {"a size of zero", "\0\0\0\0", 4, 0, false, 0, -EPROTO},
        {"a size of zero with the bit", "\0\0\0\x80", 4, 1, false, 0, -EPROTO},
        {"a size over the cap", "\xa1\x86\x01\0", 4, 0, false, 0, -EMSGSIZE},
        {"the largest size", "\xff\xff\xff\x7f", 4, 0, false, 0, -EMSGSIZE},
        {"the bit without a descriptor", "\x01\0\0\x80x", 5, 0, false, 0, -EPROTO},
        {"a descriptor without the bit", "\x01\0\0\0x", 5, 1, false, 1, -EPROTO},
        {"a descriptor without the bit, frame not finished", "\x02\0\0\0x", 5, 1, false, 0,
         -EPROTO},
        {"two descriptors", "\x01\0\0\x80x", 5, 2, false, 0, -EPROTO},
        {"more descriptors than there is room for", "\x01\0\0\x80x", 5, 5, false, 0, -EPROTO},
        {"an end inside the prefix", "\x01\0\0", 3, 0, true, 0, -EPROTO},
        {"an end inside the payload", "\x02\0\0\0x", 5, 0, true, 0, -EPROTO},
        {"an end before the payload", "\x02\0\0\0", 4, 0, true, 0, -EPROTO},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct line *l = NULL;
        struct frame *f = NULL;
        int file = some_file(), r = 0;
        size_t before = count_open(), good = 0;

        assert_int_equal(open_line((void **)&l), 0);
        send_raw(l, cases[i].bytes, cases[i].n, file, cases[i].n_fds);
        if (cases[i].close)
            l->to = fd_close(l->to);
        while ((r = frame_read(&l->reader, &f)) == 0) {
            good++;
            frame_unref(f);
        }
        if (r != cases[i].status || good != (size_t)cases[i].frames)
            fail_msg("%s: %d after %zu frames", cases[i].what, r, good);
        close_line((void **)&l);
        if (count_open() != before)
            fail_msg("%s: a descriptor is left open", cases[i].what);
        fd_close(file);
    }
}

static void a_second_descriptor_inside_a_frame_is_refused(void **state)
{
    struct line *l = *state;
    int file = some_file();

    send_raw(l,
             "\x04\0\0\x80"
             "ab",
             6, file, 1);
    expect_status(l, FRAME_AGAIN);
    send_raw(l, "cd\x01\0\0\x80z", 7, file, 1);
    expect_text_with(l, "abcd", file);
    expect_status(l, -EPROTO);
    fd_close(file);
}

static void what_was_read_ahead_is_known_without_asking_the_socket(void **state)
{
    struct line *l = *state;

    assert_false(frame_is_ahead(&l->reader));
    send_raw(l, "\x03\0\0\0one\x03\0\0\0two\x03\0\0\0th", 20, -1, 0);
    assert_false(frame_is_ahead(&l->reader)); /* with the socket still */
    expect_text(l, "one");
    assert_true(frame_is_ahead(&l->reader));
    expect_text(l, "two");
    assert_false(frame_is_ahead(&l->reader));
    expect_status(l, FRAME_AGAIN);
    assert_false(frame_is_ahead(&l->reader));
    send_raw(l, "r\x01\0\0\0x\xff\xff\xff\x7f", 10, -1, 0);
    expect_text(l, "thr");
    expect_text(l, "x");
    expect_status(l, -EMSGSIZE);
}

static void a_refused_prefix_that_was_read_ahead_is_known_too(void **state)
{
    struct line *l = *state;

    send_raw(l, "\x01\0\0\0x\xff\xff\xff\x7f", 9, -1, 0);
    expect_text(l, "x");
    assert_true(frame_is_ahead(&l->reader));
    expect_status(l, -EMSGSIZE);
}

static void the_cap_itself_is_allowed(void **state)
{
    struct line *l = *state;

    l->reader.max_bytes = 3;
    send_text(l, "abc", -1);
    expect_text(l, "abc");
    send_text(l, "abcd", -1);
    expect_status(l, -EMSGSIZE);
}

static void an_empty_frame_is_not_sent(void **state)
{
    struct line *l = *state;

    assert_int_equal(frame_write(l->to, NULL, 0, -1), -EMSGSIZE);
    expect_status(l, FRAME_AGAIN);
}

static void a_gone_peer_is_epipe_and_no_signal(void **state)
{
    struct line *l = *state;
    struct iovec part = {(void *)"x", 1};
    size_t sent = 77;

    l->from = fd_close(l->from);
    assert_int_equal(frame_write(l->to, &part, 1, -1), -EPIPE);
    assert_int_equal(frame_write_some(l->to, &part, 1, -1, &sent), -EPIPE);
    assert_int_equal(sent, 77);
}

static void a_full_nonblocking_socket_takes_part_and_then_says_again(void **state)
{
    struct line *l = *state;
    static char bytes[CAP];
    struct iovec part = {bytes, sizeof(bytes)};
    size_t sent, total = 0;
    int waiting, r;

    assert_int_equal(fd_set_nonblocking(l->to, true), 0);
    while ((r = frame_write_some(l->to, &part, 1, -1, &sent)) == 0)
        total += sent;
    assert_int_equal(r, FRAME_AGAIN);
    assert_int_equal(ioctl(l->from, FIONREAD, &waiting), 0);
    assert_int_equal(waiting, total);
}

int main(void)
{
#define ON_LINE(test) cmocka_unit_test_setup_teardown(test, open_line, close_line)
    const struct CMUnitTest tests[] = {
        ON_LINE(frames_arrive_in_order_then_again_then_eof),
        cmocka_unit_test(the_prefix_is_little_endian_with_the_bit_on_top),
        ON_LINE(a_frame_of_parts_is_their_sum),
        ON_LINE(single_bytes_make_a_frame_when_the_last_is_in),
        ON_LINE(large_frames_pass_a_blocking_socket),
        ON_LINE(large_frames_pass_a_nonblocking_socket),
        ON_LINE(each_frame_gets_its_own_descriptor_however_they_coalesce),
        ON_LINE(a_prefix_cut_in_two_by_the_block_keeps_its_descriptor),
        ON_LINE(a_frame_sent_in_two_pieces_takes_its_descriptor_once),
        ON_LINE(a_descriptor_can_be_taken_out_of_its_frame),
        cmocka_unit_test(malformed_streams_are_refused),
        ON_LINE(a_second_descriptor_inside_a_frame_is_refused),
        ON_LINE(what_was_read_ahead_is_known_without_asking_the_socket),
        ON_LINE(a_refused_prefix_that_was_read_ahead_is_known_too),
        ON_LINE(the_cap_itself_is_allowed),
        ON_LINE(an_empty_frame_is_not_sent),
        ON_LINE(a_gone_peer_is_epipe_and_no_signal),
        ON_LINE(a_full_nonblocking_socket_takes_part_and_then_says_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
