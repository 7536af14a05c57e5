/* Walking through an inbox: what is told, in which order, and that nothing grows. */
#include "common.h"

#include "inbox/walk.h"

#include <malloc.h>
#include <sys/wait.h>

#define NOBODY 65534

/* What a walk told. */
struct told {
    unsigned files, folders, deepest;
    struct buf paths; /* " path" each, folders with a slash behind */
    int end;
    void (*visit)(struct house *h, const struct walk_entry *e);
};

static unsigned count_slashes(const char *path)
{
    unsigned n = 0;

    for (; *path; path++)
        n += *path == '/';
    return n;
}

static void note(struct told *t, const struct walk_entry *e)
{
    t->files += !e->is_folder;
    t->folders += e->is_folder;
    t->deepest = MAX(t->deepest, count_slashes(e->path) + 1);
    buf_printf(&t->paths, " %s%s", e->path, e->is_folder ? "/" : "");
}

/* A file looked at from its folder is the one at its path, if its folder still is. */
static void check_identity(struct house *h, const struct walk *w, const struct walk_entry *e)
{
    struct file_identity from_folder, by_path;

    if (e->is_folder || inbox_stat(h->inbox, e->path, &by_path) != 0)
        return;
    assert_int_equal(walk_stat(w, &from_folder), 0);
    assert_true(file_identity_equal(&from_folder, &by_path));
}

static void walk_from(struct house *h, const char *start, struct told *t)
{
    struct walk *w;
    struct walk_entry e;

    assert_int_equal(walk_new(h->inbox, start, &w), 0);
    while ((t->end = walk_next(w, &e)) == 0) {
        note(t, &e);
        check_identity(h, w, &e);
        if (t->visit)
            t->visit(h, &e);
    }
    assert_null(walk_free(w));
}

/* Whether just this was told, each path ended by a space, in whatever order. */
static void expect(struct house *h, const char *start, const char *expected)
{
    struct told t = {.end = 0};
    char *copy = strdup(expected), *save = NULL, *path, wanted[256];
    unsigned n = 0;

    walk_from(h, start, &t);
    assert_int_equal(t.end, WALK_END);
    buf_add_char(&t.paths, ' ');
    for (path = strtok_r(copy, " ", &save); path; path = strtok_r(NULL, " ", &save), n++) {
        (void)snprintf(wanted, sizeof(wanted), " %s ", path);
        assert_contains(buf_text(&t.paths), wanted);
    }
    assert_int_equal(t.files + t.folders, n);
    buf_done(&t.paths);
    free(copy);
}

static void make_tree(struct house *h)
{
    make_dir(h->inbox, "a");
    make_dir(h->inbox, "a/b");
    make_dir(h->inbox, "c");
    put(h->inbox, "1", "");
    put(h->inbox, "a/2", "");
    put(h->inbox, "a/b/3", "");
}

static void files_and_folders_are_told(void **state)
{
    struct house *h = *state;

    expect(h, "", "");
    make_tree(h);
    expect(h, "", "1 a/ a/2 a/b/ a/b/3 c/");
}

static void it_begins_where_it_is_told(void **state)
{
    struct house *h = *state;
    char too_long[5000];
    struct walk *w = NULL;

    make_tree(h);
    expect(h, "a", "a/2 a/b/ a/b/3");
    expect(h, "a/b", "a/b/3");
    expect(h, "none", "");
    expect(h, "1", "");
    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_equal(walk_new(h->inbox, too_long, &w), -ENAMETOOLONG);
    assert_null(w);
}

static void make_file_in(struct house *h, const struct walk_entry *e)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/made", e->path);
    if (e->is_folder)
        put(h->inbox, path, "");
}

/* So whoever watches it then misses nothing. */
static void a_folder_is_told_before_it_is_read(void **state)
{
    struct house *h = *state;
    struct told t = {.visit = make_file_in};

    make_tree(h);
    walk_from(h, "", &t);
    assert_contains(buf_text(&t.paths), " a/made");
    assert_contains(buf_text(&t.paths), " a/b/made");
    assert_contains(buf_text(&t.paths), " c/made");
    buf_done(&t.paths);
}

static void ignored_names_are_passed_over(void **state)
{
    struct house *h = *state;

    make_dir(h->inbox, ".git");
    make_dir(h->inbox, "x.tmp");
    put(h->inbox, ".git/config", "");
    put(h->inbox, "x.tmp/y", "");
    put(h->inbox, "a.part", "");
    put(h->inbox, "~$a", "");
    put(h->inbox, "b", "");
    expect(h, "", "b");
}

static void links_and_special_files_are_passed_over(void **state)
{
    struct house *h = *state;

    make_dir(h->inbox, "a");
    assert_int_equal(symlinkat(".", h->inbox, "loop"), 0);
    assert_int_equal(symlinkat("..", h->inbox, "a/up"), 0);
    assert_int_equal(symlinkat("/etc/passwd", h->inbox, "file"), 0);
    assert_int_equal(mkfifoat(h->inbox, "fifo", 0600), 0);
    expect(h, "", "a/");
    expect(h, "loop", "");
    expect(h, "loop/a", "");
    expect(h, "..", "");
}

static void put_link_in_the_place_of_a(struct house *h, const struct walk_entry *e)
{
    if (strcmp(e->path, "a/b") != 0)
        return;
    assert_int_equal(renameat(h->inbox, "a", h->root_fd, "a"), 0);
    assert_int_equal(symlinkat("../outside", h->inbox, "a"), 0);
}

static void a_link_put_on_the_way_does_not_lead_outside(void **state)
{
    struct house *h = *state;
    struct told t = {.visit = put_link_in_the_place_of_a};

    make_dir(h->root_fd, "outside");
    make_dir(h->root_fd, "outside/b");
    put(h->root_fd, "outside/b/secret", "");
    make_tree(h);
    walk_from(h, "", &t);
    assert_lacks(buf_text(&t.paths), "secret");
    buf_done(&t.paths);
}

static void names_of_any_bytes_are_told(void **state)
{
    struct house *h = *state;
    char longest[256];

    memset(longest, 'x', 255);
    longest[255] = '\0';
    put(h->inbox, longest, "");
    put(h->inbox, "\xff\xfe", "");
    put(h->inbox, "\x01", "");
    put(h->inbox, "-", "");
    {
        char expected[300];

        (void)snprintf(expected, sizeof(expected), "%s \xff\xfe \x01 -", longest);
        expect(h, "", expected);
    }
}

static void make_deep(int folder, unsigned levels)
{
    int fd = dup(folder);

    for (unsigned i = 0; i < levels; i++) {
        int next;

        put(fd, "f", "");
        next = open_in(fd, "d");
        assert_true(next >= 0);
        fd_close(fd);
        fd = next;
    }
    fd_close(fd);
}

static void a_deep_tree_ends_at_200_levels(void **state)
{
    struct house *h = *state;
    struct told t = {.end = 0};

    make_deep(h->inbox, 300);
    walk_from(h, "", &t);
    assert_int_equal(t.end, WALK_END);
    assert_int_equal(t.files, 200);
    assert_int_equal(t.deepest, 200);
    buf_done(&t.paths);
}

static void remove_chain(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    remove_chain(fd, name);
    fd_close(fd);
    assert_int_equal(unlinkat(folder, name, AT_REMOVEDIR), 0);
}

/* Longer than PATH_MAX: what cannot be named is passed over. */
static void names_that_make_too_long_a_path_are_passed_over(void **state)
{
    struct house *h = *state;
    struct told t = {.end = 0};
    char name[201];
    int fd = dup(h->inbox);

    memset(name, 'n', 200);
    name[200] = '\0';
    for (unsigned i = 0; i < 30; i++) {
        int next = open_in(fd, name);

        assert_true(next >= 0);
        fd_close(fd);
        fd = next;
    }
    fd_close(fd);
    walk_from(h, "", &t);
    assert_int_equal(t.end, WALK_END);
    assert_in_range(t.folders, 15, 20);
    buf_done(&t.paths);
    remove_chain(h->inbox, name);
}

static void a_wide_folder_takes_no_memory(void **state)
{
    struct house *h = *state;
    struct walk *w;
    struct walk_entry e;
    char name[16];
    unsigned n = 0;
    size_t before, most = 0;

    make_dir(h->inbox, "wide");
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "wide/%u", i);
        assert_int_equal(mknodat(h->inbox, name, S_IFREG | 0644, 0), 0);
    }
    before = mallinfo2().uordblks;
    assert_int_equal(walk_new(h->inbox, "", &w), 0);
    while (walk_next(w, &e) == 0) {
        n++;
        most = MAX(most, mallinfo2().uordblks - before);
    }
    walk_free(w);
    assert_int_equal(n, 20001);
    assert_true(most < 150000);
}

static void remove_it(struct house *h, const struct walk_entry *e)
{
    (void)unlinkat(h->inbox, e->path, e->is_folder ? AT_REMOVEDIR : 0);
}

static void entries_may_be_removed_while_it_walks(void **state)
{
    struct house *h = *state;
    struct told t = {.visit = remove_it};
    char name[16];

    for (unsigned i = 0; i < 3000; i++) {
        (void)snprintf(name, sizeof(name), "%c%u", i % 10 ? 'f' : 'd', i);
        assert_int_equal(
            i % 10 ? mknodat(h->inbox, name, S_IFREG | 0644, 0) : mkdirat(h->inbox, name, 0755), 0);
    }
    walk_from(h, "", &t);
    assert_int_equal(t.end, WALK_END);
    assert_int_equal(t.files, 2700);
    assert_int_equal(t.folders, 300);
    assert_int_equal(count_entries(h->inbox, "."), 0);
    buf_done(&t.paths);
}

static void a_folder_that_cannot_be_read_is_passed_over(void **state)
{
    struct house *h = *state;
    int status;
    pid_t pid;

    make_dir(h->inbox, "closed");
    put(h->inbox, "closed/a", "");
    put(h->inbox, "b", "");
    assert_int_equal(fchmodat(h->inbox, "closed", 0, 0), 0);
    pid = fork();
    if (pid == 0) {
        struct told t = {.end = 0};

        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(9);
        walk_from(h, "", &t);
        _exit(t.end == WALK_END && t.files == 1 && t.folders == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(fchmodat(h->inbox, "closed", 0755, 0), 0);
    assert_int_equal(status, 0);
}

static void a_walk_may_be_given_up(void **state)
{
    struct house *h = *state;
    unsigned before = count_fds();
    struct walk *w;
    struct walk_entry e;

    make_deep(h->inbox, 50);
    assert_int_equal(walk_new(h->inbox, "", &w), 0);
    for (int i = 0; i < 60; i++)
        assert_int_equal(walk_next(w, &e), 0);
    assert_true(count_fds() > before);
    walk_free(w);
    assert_int_equal(count_fds(), before);
    assert_null(walk_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(files_and_folders_are_told),
        IN_HOUSE(it_begins_where_it_is_told),
        IN_HOUSE(a_folder_is_told_before_it_is_read),
        IN_HOUSE(ignored_names_are_passed_over),
        IN_HOUSE(links_and_special_files_are_passed_over),
        IN_HOUSE(a_link_put_on_the_way_does_not_lead_outside),
        IN_HOUSE(names_of_any_bytes_are_told),
        IN_HOUSE(a_deep_tree_ends_at_200_levels),
        IN_HOUSE(names_that_make_too_long_a_path_are_passed_over),
        IN_HOUSE(a_wide_folder_takes_no_memory),
        IN_HOUSE(entries_may_be_removed_while_it_walks),
        IN_HOUSE(a_folder_that_cannot_be_read_is_passed_over),
        IN_HOUSE(a_walk_may_be_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
