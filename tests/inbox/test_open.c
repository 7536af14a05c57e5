/* Opening a document: a regular file beneath the inbox, and nothing else. */
#include "common.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#define NOBODY 65534

/* The answer of both questions, which agree unless a writer or rights are in play. */
static int ask(struct house *h, const char *path)
{
    struct file_identity identity;
    unsigned before = count_fds();
    int fd = -1, r = inbox_open_document(h->inbox, path, &fd, &identity);

    if (r == 0)
        fd_close(fd);
    else
        assert_int_equal(fd, -1);
    assert_int_equal(count_fds(), before);
    assert_int_equal(inbox_stat(h->inbox, path, &identity), r);
    return r;
}

static void a_file_is_opened_and_identified(void **state)
{
    struct house *h = *state;
    struct file_identity opened, told, expected;
    char text[8] = "";
    int fd;

    make_dir(h->inbox, "a");
    put(h->inbox, "a/b.txt", "text");
    expected = identity_of(h->inbox, "a/b.txt");
    assert_int_equal(inbox_open_document(h->inbox, "a/b.txt", &fd, &opened), 0);
    assert_int_equal(read(fd, text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    assert_true(write(fd, "x", 1) < 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    fd_close(fd);
    assert_int_equal(inbox_stat(h->inbox, "a/b.txt", &told), 0);
    assert_true(file_identity_equal(&opened, &expected));
    assert_true(file_identity_equal(&told, &expected));
    assert_int_equal(expected.size, 4);
}

static void links_are_not_followed(void **state)
{
    struct house *h = *state;

    make_dir(h->inbox, "real");
    put(h->inbox, "real/a", "a");
    assert_int_equal(symlinkat("real/a", h->inbox, "file"), 0);
    assert_int_equal(symlinkat("real", h->inbox, "folder"), 0);
    assert_int_equal(symlinkat("/etc", h->inbox, "outside"), 0);
    assert_int_equal(symlinkat("nowhere", h->inbox, "dangling"), 0);
    assert_int_equal(ask(h, "real/a"), 0);
    assert_int_equal(ask(h, "file"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "folder/a"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "outside/passwd"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "dangling"), INBOX_NOT_REGULAR);
}

static void nothing_outside_is_reached(void **state)
{
    struct house *h = *state;
    char absolute[600];

    put(h->root_fd, "secret", "secret");
    make_dir(h->inbox, "a");
    put(h->inbox, "b", "b");
    (void)snprintf(absolute, sizeof(absolute), "%s/inbox/b", h->root);
    assert_int_equal(ask(h, "../secret"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "a/../../secret"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "/etc/passwd"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, absolute), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, ".."), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "a/../b"), 0);
}

static void what_is_missing_is_gone(void **state)
{
    struct house *h = *state;

    put(h->inbox, "file", "");
    assert_int_equal(ask(h, "none"), INBOX_GONE);
    assert_int_equal(ask(h, "none/none"), INBOX_GONE);
    assert_int_equal(ask(h, "file/below"), INBOX_GONE);
    assert_int_equal(ask(h, ""), INBOX_GONE);
}

static void a_folder_is_no_document(void **state)
{
    struct house *h = *state;

    make_dir(h->inbox, "a");
    assert_int_equal(ask(h, "a"), INBOX_NOT_REGULAR);
    assert_int_equal(ask(h, "."), INBOX_NOT_REGULAR);
}

/* A FIFO without a writer would hold an open(2) for ever. */
static void a_fifo_does_not_block(void **state)
{
    struct house *h = *state;

    assert_int_equal(mkfifoat(h->inbox, "fifo", 0666), 0);
    (void)alarm(5);
    assert_int_equal(ask(h, "fifo"), INBOX_NOT_REGULAR);
    (void)alarm(0);
}

static void a_socket_is_no_document(void **state)
{
    struct house *h = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/inbox/socket", h->root);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(ask(h, "socket"), INBOX_NOT_REGULAR);
    fd_close(fd);
}

static void a_device_is_no_document(void **state)
{
    struct house *h = *state;

    if (mknodat(h->inbox, "zero", S_IFCHR | 0666, makedev(1, 5)) < 0)
        skip();
    assert_int_equal(ask(h, "zero"), INBOX_NOT_REGULAR);
}

/* Runs `question` as another user; returns its answer. */
static int as_nobody(struct house *h, int (*question)(struct house *h))
{
    int status;
    pid_t pid;

    if (geteuid() != 0)
        return question(h);
    pid = fork();
    if (pid == 0) {
        if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(99);
        _exit(-question(h));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static int open_closed(struct house *h)
{
    struct file_identity identity;
    int fd = -1, r = inbox_open_document(h->inbox, "closed", &fd, &identity);

    fd_close(fd);
    return r;
}

static void without_rights_it_is_a_failure(void **state)
{
    struct house *h = *state;

    put(h->inbox, "closed", "x");
    assert_int_equal(fchmodat(h->inbox, "closed", 0, 0), 0);
    assert_int_equal(as_nobody(h, open_closed), -EACCES);
}

static int open_others(struct house *h)
{
    struct file_identity identity;
    int fd = -1, r = inbox_open_document(h->inbox, "others", &fd, &identity);

    fd_close(fd);
    return r;
}

/* Another user's file cannot be leased: then the settling time alone decides. */
static void another_users_file_is_opened(void **state)
{
    struct house *h = *state;

    put(h->inbox, "others", "x");
    assert_int_equal(as_nobody(h, open_others), 0);
}

static void a_file_with_a_writer_is_busy(void **state)
{
    struct house *h = *state;
    struct file_identity identity, now;
    int writer, fd = -1;
    unsigned before;

    put(h->inbox, "a", "one");
    writer = openat(h->inbox, "a", O_WRONLY | O_APPEND | O_CLOEXEC);
    before = count_fds();
    assert_int_equal(inbox_open_document(h->inbox, "a", &fd, &identity), INBOX_BUSY);
    assert_int_equal(fd, -1);
    assert_int_equal(count_fds(), before);
    assert_int_equal(inbox_stat(h->inbox, "a", &identity), 0);
    assert_int_equal(write(writer, "two", 3), 3);
    fd_close(writer);
    assert_int_equal(inbox_open_document(h->inbox, "a", &fd, &identity), 0);
    now = identity_of(h->inbox, "a");
    assert_true(file_identity_equal(&identity, &now));
    assert_int_equal(identity.size, 6);
    fd_close(fd);
}

static void a_reader_elsewhere_does_not_matter(void **state)
{
    struct house *h = *state;
    int reader;

    put(h->inbox, "a", "x");
    reader = openat(h->inbox, "a", O_RDONLY | O_CLOEXEC);
    assert_int_equal(ask(h, "a"), 0);
    fd_close(reader);
}

/* File servers hold write leases for their clients. */
static void a_file_under_a_write_lease_is_busy(void **state)
{
    struct house *h = *state;
    struct file_identity identity;
    int ready[2], fd;
    pid_t pid;
    char byte;

    put(h->inbox, "a", "x");
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        int holder = openat(h->inbox, "a", O_RDWR | O_CLOEXEC);

        (void)signal(SIGIO, SIG_IGN);
        if (fcntl(holder, F_SETLEASE, F_WRLCK) < 0 || write(ready[1], "y", 1) != 1)
            _exit(1);
        (void)pause();
        _exit(0);
    }
    fd_close(ready[1]);
    if (read(ready[0], &byte, 1) == 1)
        assert_int_equal(inbox_open_document(h->inbox, "a", &fd, &identity), INBOX_BUSY);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    fd_close(ready[0]);
    assert_int_equal(ask(h, "a"), 0);
}

/* Who leases a file is signalled when a writer comes: that must not end us. */
static void writers_that_come_and_go_do_no_harm(void **state)
{
    struct house *h = *state;
    struct file_identity identity;
    unsigned opened = 0, busy = 0;
    pid_t pid;

    put(h->inbox, "a", "x");
    pid = fork();
    for (; pid == 0;)
        fd_close(openat(h->inbox, "a", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    for (int i = 0; i < 30000; i++) {
        int fd, r = inbox_open_document(h->inbox, "a", &fd, &identity);

        assert_true(r == 0 || r == INBOX_BUSY);
        opened += r == 0;
        busy += r == INBOX_BUSY;
        if (r == 0)
            fd_close(fd);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_true(opened > 0 && busy > 0);
}

static void an_inbox_is_a_folder(void **state)
{
    struct house *h = *state;
    char path[600];
    int fd = -1;

    (void)snprintf(path, sizeof(path), "%s/inbox", h->root);
    assert_int_equal(inbox_open(path, &fd), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    fd_close(fd);
    put(h->root_fd, "file", "");
    (void)snprintf(path, sizeof(path), "%s/file", h->root);
    assert_int_equal(inbox_open(path, &fd), -ENOTDIR);
    (void)snprintf(path, sizeof(path), "%s/none", h->root);
    assert_int_equal(inbox_open(path, &fd), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(a_file_is_opened_and_identified),
        IN_HOUSE(links_are_not_followed),
        IN_HOUSE(nothing_outside_is_reached),
        IN_HOUSE(what_is_missing_is_gone),
        IN_HOUSE(a_folder_is_no_document),
        IN_HOUSE(a_fifo_does_not_block),
        IN_HOUSE(a_socket_is_no_document),
        IN_HOUSE(a_device_is_no_document),
        IN_HOUSE(without_rights_it_is_a_failure),
        IN_HOUSE(another_users_file_is_opened),
        IN_HOUSE(a_file_with_a_writer_is_busy),
        IN_HOUSE(a_reader_elsewhere_does_not_matter),
        IN_HOUSE(a_file_under_a_write_lease_is_busy),
        IN_HOUSE(writers_that_come_and_go_do_no_harm),
        IN_HOUSE(an_inbox_is_a_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
