/* Filing while somebody else is at the same name: between the look and the rename, anything may
 * happen. */
#include "common.h"

/* Happens just before the rename; the linker puts this in the place of renameat2(2) (--wrap). */
static void (*meanwhile)(struct house *h);
static struct house *house;
static bool cannot_refuse; /* like NFS: no RENAME_NOREPLACE */
static int looks_far;      /* 1: the next rename is told to be across file systems */

int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags)
{
    void (*now)(struct house * h) = meanwhile;

    meanwhile = NULL;
    if (now)
        now(house);
    if (cannot_refuse && flags != 0) {
        errno = EINVAL;
        return -1;
    }
    if (looks_far > 0) {
        looks_far--;
        errno = EXDEV;
        return -1;
    }
    return __real_renameat2(from_folder, from, to_folder, to, flags);
}

static struct file_identity begin(void **state, void (*then)(struct house *h))
{
    house = *state;
    put(house->inbox, "a", "read");
    meanwhile = then;
    cannot_refuse = false;
    looks_far = 0;
    return identity_of(house->inbox, "a");
}

static void replace(struct house *h)
{
    put(h->inbox, "new", "not read");
    assert_int_equal(renameat(h->inbox, "new", h->inbox, "a"), 0);
}

static void rewrite(struct house *h)
{
    put(h->inbox, "a", "not read");
}

/* It is held still: a writer has to wait, or is told to come again. */
static void try_to_rewrite(struct house *h)
{
    assert_int_equal(openat(h->inbox, "a", O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC), -1);
    assert_int_equal(errno, EAGAIN);
}

static void take_away(struct house *h)
{
    assert_int_equal(unlinkat(h->inbox, "a", 0), 0);
}

static void remove_shard(struct house *h)
{
    assert_int_equal(unlinkat(h->archive, "ab/cd", AT_REMOVEDIR), 0);
}

static int archive(const struct file_identity *identity)
{
    return filing_archive(house->inbox, "a", identity, &house->filing, some_hash);
}

static void a_file_that_is_replaced_meanwhile_is_put_back(void **state)
{
    struct file_identity identity = begin(state, replace);

    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "not read");
    assert_false(exists(house->archive, SOME_PLACE));
}

/* Also when he could not, or not yet: what he waits for is the file in the inbox. */
static void a_file_that_somebody_would_rewrite_meanwhile_is_put_back(void **state)
{
    struct file_identity identity = begin(state, try_to_rewrite);

    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "read");
    assert_false(exists(house->archive, SOME_PLACE));
}

static void a_file_that_goes_meanwhile_is_gone(void **state)
{
    struct file_identity identity = begin(state, take_away);

    assert_int_equal(archive(&identity), FILING_GONE);
}

static void a_deletion_does_not_hit_what_came_meanwhile(void **state)
{
    struct file_identity identity = begin(state, replace);

    assert_int_equal(filing_delete(house->inbox, "a", &identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "not read");
    assert_int_equal(count_entries(house->inbox, "."), 1);
}

static void replace_before_the_second(struct house *h)
{
    meanwhile = replace;
}

/* The first rename finds the place taken; the second is the removal. */
static void a_duplicates_removal_does_not_hit_what_came_meanwhile(void **state)
{
    struct file_identity identity = begin(state, replace_before_the_second);

    make_dir(house->archive, "ab");
    make_dir(house->archive, "ab/cd");
    put(house->archive, SOME_PLACE, "read");
    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "not read");
    assert_int_equal(count_entries(house->inbox, "."), 1);
}

static void put_another(struct house *h)
{
    put(h->inbox, "a", "newest");
}

/* The second rename is the one that puts back. */
static void occupy_before_it_is_put_back(struct house *h)
{
    replace(h);
    meanwhile = put_another;
}

static void two_that_came_meanwhile_are_both_kept(void **state)
{
    struct file_identity identity = begin(state, occupy_before_it_is_put_back);
    DIR *dir;
    struct dirent *e;
    unsigned kept = 0;

    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "newest");
    assert_false(exists(house->archive, SOME_PLACE));
    dir = fdopendir(openat(house->inbox, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while ((e = readdir(dir)))
        if (strncmp(e->d_name, "a.", 2) == 0) {
            assert_holds(house->inbox, e->d_name, "not read");
            kept++;
        }
    closedir(dir);
    assert_int_equal(kept, 1);
}

/* Not the file has gone, but the folder it was to go to. */
static void a_folder_that_goes_meanwhile_is_a_failure(void **state)
{
    struct file_identity identity = begin(state, remove_shard);

    assert_int_equal(archive(&identity), -ENOENT);
    assert_holds(house->inbox, "a", "read");
    assert_int_equal(archive(&identity), 0);
    assert_holds(house->archive, SOME_PLACE, "read");
}

static void a_copy_of_what_is_replaced_meanwhile_is_dropped(void **state)
{
    struct file_identity identity = begin(state, replace);

    looks_far = 1;
    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "not read");
    assert_int_equal(count_entries(house->archive, "ab/cd"), 0);
    assert_int_equal(count_entries(house->archive, "."), 1);
}

static void rewrite_while_it_is_copied(struct house *h)
{
    meanwhile = rewrite; /* the rename that gives the copy its name */
}

static void a_copy_of_what_is_rewritten_meanwhile_is_dropped(void **state)
{
    struct file_identity identity = begin(state, rewrite_while_it_is_copied);

    looks_far = 1;
    assert_int_equal(archive(&identity), FILING_CHANGED);
    assert_holds(house->inbox, "a", "not read");
    assert_int_equal(count_entries(house->archive, "ab/cd"), 0);
}

static void remove_while_it_is_copied(struct house *h)
{
    meanwhile = take_away;
}

static void a_copy_of_what_goes_meanwhile_is_dropped(void **state)
{
    struct file_identity identity = begin(state, remove_while_it_is_copied);

    looks_far = 1;
    assert_int_equal(archive(&identity), FILING_GONE);
    assert_int_equal(count_entries(house->archive, "ab/cd"), 0);
}

static void a_file_system_that_cannot_refuse_to_replace_will_do(void **state)
{
    struct file_identity identity = begin(state, NULL);

    cannot_refuse = true;
    assert_int_equal(archive(&identity), 0);
    assert_holds(house->archive, SOME_PLACE, "read");
    put(house->inbox, "a", "read");
    identity = identity_of(house->inbox, "a");
    assert_int_equal(archive(&identity), 0); /* a duplicate */
    assert_int_equal(count_entries(house->inbox, "."), 0);
    assert_holds(house->archive, SOME_PLACE, "read");
    make_dir(house->quarantine, "1");
    put(house->quarantine, "1/a", "old");
    put(house->inbox, "a", "new");
    assert_int_equal(filing_restore(house->quarantine, 1, house->inbox, "a"), FILING_OCCUPIED);
    assert_holds(house->inbox, "a", "new");
    assert_int_equal(unlinkat(house->inbox, "a", 0), 0);
    assert_int_equal(archive(&identity), FILING_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(a_file_that_is_replaced_meanwhile_is_put_back),
        IN_HOUSE(a_file_that_somebody_would_rewrite_meanwhile_is_put_back),
        IN_HOUSE(a_file_that_goes_meanwhile_is_gone),
        IN_HOUSE(a_deletion_does_not_hit_what_came_meanwhile),
        IN_HOUSE(a_duplicates_removal_does_not_hit_what_came_meanwhile),
        IN_HOUSE(two_that_came_meanwhile_are_both_kept),
        IN_HOUSE(a_folder_that_goes_meanwhile_is_a_failure),
        IN_HOUSE(a_copy_of_what_is_replaced_meanwhile_is_dropped),
        IN_HOUSE(a_copy_of_what_is_rewritten_meanwhile_is_dropped),
        IN_HOUSE(a_copy_of_what_goes_meanwhile_is_dropped),
        IN_HOUSE(a_file_system_that_cannot_refuse_to_replace_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
