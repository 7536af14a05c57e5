/* Hints from the kernel. */
#include "common.h"

#include "base/clock.h"
#include "inbox/watch.h"

static const char *const hint_names[] = {[HINT_WRITTEN] = "written",
                                         [HINT_MOVED_IN] = "moved",
                                         [HINT_FOLDER] = "folder",
                                         [HINT_OVERFLOW] = "overflow"};

struct listener {
    struct house *house;
    struct loop *loop;
    struct watch *watch;
    char inbox_path[512];
    struct buf heard; /* "hint:inbox:path " each, the same one twice in a row once */
    char last[600];
    unsigned hints, overflows;
};

static void on_hint(void *user, unsigned inbox, const char *path, enum watch_hint hint)
{
    struct listener *l = user;
    char text[600];

    (void)snprintf(text, sizeof(text), "%s:%u:%s ", hint_names[hint], inbox, path);
    l->hints++;
    l->overflows += hint == HINT_OVERFLOW;
    if (strcmp(text, l->last) == 0 || l->heard.size > 10000)
        return;
    (void)strcpy(l->last, text);
    buf_add_str(&l->heard, text);
}

/* The first loop of a process opens descriptors that it keeps: before they are counted. */
static int make_first_loop(void **state UNUSED)
{
    struct loop *l;

    return loop_new(&l) == 0 && !loop_free(l) ? 0 : -1;
}

static int make_listener(void **state)
{
    struct listener *l = calloc(1, sizeof(*l));
    void *house;

    if (make_house(&house) != 0)
        return -1;
    l->house = house;
    (void)snprintf(l->inbox_path, sizeof(l->inbox_path), "%s/inbox", l->house->root);
    *state = l;
    return loop_new(&l->loop) == 0 ? watch_new(l->loop, on_hint, l, &l->watch) : -1;
}

static int drop_listener(void **state)
{
    struct listener *l = *state;
    void *house = l->house;

    watch_free(l->watch);
    loop_free(l->loop);
    buf_done(&l->heard);
    free(l);
    return drop_house(&house);
}

static int watch_it(struct listener *l, const char *path)
{
    return watch_folder(l->watch, 1, l->inbox_path, path);
}

static void stop_loop(void *loop)
{
    loop_stop(loop);
}

/* What is heard by now. */
static const char *heard(struct listener *l)
{
    struct timer *stop;

    buf_clear(&l->heard);
    l->last[0] = '\0';
    assert_int_equal(timer_new(l->loop, stop_loop, l->loop, &stop), 0);
    timer_set(stop, 30 * USEC_PER_MSEC);
    assert_int_equal(loop_run(l->loop), 0);
    timer_free(stop);
    return buf_text(&l->heard);
}

static void a_file_is_heard_of_when_it_is_made_and_when_it_is_closed(void **state)
{
    struct listener *l = *state;
    int fd;

    assert_int_equal(watch_it(l, ""), 0);
    fd = openat(l->house->inbox, "a", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_string_equal(heard(l), "written:1:a ");
    assert_int_equal(write(fd, "x", 1), 1);
    assert_string_equal(heard(l), "");
    fd_close(fd);
    assert_string_equal(heard(l), "written:1:a ");
}

static void a_linked_file_is_heard_of(void **state)
{
    struct listener *l = *state;

    put(l->house->root_fd, "outside", "x");
    assert_int_equal(watch_it(l, ""), 0);
    assert_int_equal(linkat(l->house->root_fd, "outside", l->house->inbox, "a", 0), 0);
    assert_string_equal(heard(l), "written:1:a ");
}

static void a_file_moved_in_is_heard_of_as_such(void **state)
{
    struct listener *l = *state;

    put(l->house->root_fd, "outside", "x");
    assert_int_equal(watch_it(l, ""), 0);
    assert_int_equal(renameat(l->house->root_fd, "outside", l->house->inbox, "a"), 0);
    assert_string_equal(heard(l), "moved:1:a ");
    assert_int_equal(renameat(l->house->inbox, "a", l->house->inbox, "b"), 0);
    assert_string_equal(heard(l), "moved:1:b ");
    assert_int_equal(renameat(l->house->inbox, "b", l->house->root_fd, "outside"), 0);
    assert_string_equal(heard(l), "");
}

static void ignored_names_are_not_heard_of(void **state)
{
    struct listener *l = *state;

    assert_int_equal(watch_it(l, ""), 0);
    put(l->house->inbox, ".a", "");
    put(l->house->inbox, "a.part", "");
    make_dir(l->house->inbox, ".git");
    assert_string_equal(heard(l), "");
    assert_int_equal(renameat(l->house->inbox, "a.part", l->house->inbox, "a"), 0);
    assert_string_equal(heard(l), "moved:1:a ");
}

static void a_new_folder_is_heard_of(void **state)
{
    struct listener *l = *state;

    assert_int_equal(watch_it(l, ""), 0);
    make_dir(l->house->inbox, "new");
    assert_string_equal(heard(l), "folder:1:new ");
    put(l->house->inbox, "new/a", ""); /* nobody watches it yet */
    assert_string_equal(heard(l), "");
    assert_int_equal(watch_it(l, "new"), 0);
    put(l->house->inbox, "new/b", "");
    assert_string_equal(heard(l), "written:1:new/b ");
}

static void a_folder_moved_in_is_heard_of_its_files_are_not(void **state)
{
    struct listener *l = *state;

    make_dir(l->house->root_fd, "full");
    put(l->house->root_fd, "full/a", "");
    assert_int_equal(watch_it(l, ""), 0);
    assert_int_equal(renameat(l->house->root_fd, "full", l->house->inbox, "full"), 0);
    assert_string_equal(heard(l), "folder:1:full ");
}

static void a_moved_folder_is_told_anew(void **state)
{
    struct listener *l = *state;

    make_dir(l->house->inbox, "old");
    assert_int_equal(watch_it(l, ""), 0);
    assert_int_equal(watch_it(l, "old"), 0);
    assert_int_equal(renameat(l->house->inbox, "old", l->house->inbox, "new"), 0);
    put(l->house->inbox, "new/a", "");
    assert_string_equal(heard(l),
                        "folder:1:new written:1:old/a "); /* a stale path until it is told anew */
    assert_int_equal(watch_it(l, "new"), 0);
    put(l->house->inbox, "new/b", "");
    assert_string_equal(heard(l), "written:1:new/b ");
}

static void a_folder_made_again_under_its_name_is_another(void **state)
{
    struct listener *l = *state;

    make_dir(l->house->inbox, "a");
    assert_int_equal(watch_it(l, "a"), 0);
    assert_int_equal(unlinkat(l->house->inbox, "a", AT_REMOVEDIR), 0);
    make_dir(l->house->inbox, "a");
    assert_string_equal(heard(l), "");
    put(l->house->inbox, "a/x", "");
    assert_string_equal(heard(l), "");
    assert_int_equal(watch_it(l, "a"), 0);
    put(l->house->inbox, "a/y", "");
    assert_string_equal(heard(l), "written:1:a/y ");
}

static void inboxes_are_told_apart(void **state)
{
    struct listener *l = *state;
    char other[600];

    (void)snprintf(other, sizeof(other), "%s/archive", l->house->root);
    assert_int_equal(watch_it(l, ""), 0);
    assert_int_equal(watch_folder(l->watch, 7, other, ""), 0);
    put(l->house->archive, "x", "");
    put(l->house->inbox, "x", "");
    assert_string_equal(heard(l), "written:7:x written:1:x ");
}

static void only_folders_are_watched(void **state)
{
    struct listener *l = *state;

    put(l->house->inbox, "file", "");
    assert_int_equal(symlinkat("../archive", l->house->inbox, "link"), 0);
    assert_int_equal(watch_it(l, "none"), WATCH_GONE);
    assert_int_equal(watch_it(l, "file"), WATCH_GONE);
    assert_int_equal(watch_it(l, "link"), WATCH_GONE);
}

static long read_limit(const char *path)
{
    CLEANUP(buf_done) struct buf text = BUF_INIT;

    return fd_read_file(path, 64, &text) == 0 ? strtol(buf_text(&text), NULL, 10) : -1;
}

static void lost_hints_are_told_once(void **state)
{
    struct listener *l = *state;
    long limit = read_limit("/proc/sys/fs/inotify/max_queued_events");
    char name[2][32];

    if (limit < 1 || limit > 200000)
        skip();
    assert_int_equal(watch_it(l, ""), 0);
    put(l->house->inbox, "0", "");
    for (long i = 0; i < limit + 100; i++) {
        (void)snprintf(name[0], sizeof(name[0]), "%ld", i);
        (void)snprintf(name[1], sizeof(name[1]), "%ld", i + 1);
        assert_int_equal(renameat(l->house->inbox, name[0], l->house->inbox, name[1]), 0);
    }
    heard(l);
    assert_int_equal(l->overflows, 1);
    assert_int_equal(l->hints, limit + 1);
    put(l->house->inbox, "after", "");
    assert_string_equal(heard(l), "written:1:after ");
}

int main(void)
{
#define LISTENING(test) cmocka_unit_test_setup_teardown(test, make_listener, drop_listener)
    const struct CMUnitTest tests[] = {
        LISTENING(a_file_is_heard_of_when_it_is_made_and_when_it_is_closed),
        LISTENING(a_linked_file_is_heard_of),
        LISTENING(a_file_moved_in_is_heard_of_as_such),
        LISTENING(ignored_names_are_not_heard_of),
        LISTENING(a_new_folder_is_heard_of),
        LISTENING(a_folder_moved_in_is_heard_of_its_files_are_not),
        LISTENING(a_moved_folder_is_told_anew),
        LISTENING(a_folder_made_again_under_its_name_is_another),
        LISTENING(inboxes_are_told_apart),
        LISTENING(only_folders_are_watched),
        LISTENING(lost_hints_are_told_once),
    };

    return cmocka_run_group_tests(tests, make_first_loop, NULL);
}
