/* Filing originals away, on one file system. */
#include "common.h"

#include <time.h>

static void identity_tells_files_and_their_states_apart(void **state)
{
    struct house *h = *state;
    struct file_identity a, b;
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2, .tv_nsec = 3}};

    put(h->inbox, "a", "text");
    put(h->inbox, "b", "text");
    a = identity_of(h->inbox, "a");
    b = identity_of(h->inbox, "b");
    assert_false(file_identity_equal(&a, &b));
    b = identity_of(h->inbox, "a");
    assert_true(file_identity_equal(&a, &b));
    put(h->inbox, "a", "text, longer");
    b = identity_of(h->inbox, "a");
    assert_false(file_identity_equal(&a, &b));
    a = b;
    assert_int_equal(utimensat(h->inbox, "a", times, 0), 0);
    b = identity_of(h->inbox, "a");
    assert_int_equal(b.mtime_nsec, 2000000003);
    assert_false(file_identity_equal(&a, &b));
    a = b;
    a.ctime_nsec++;
    assert_false(file_identity_equal(&a, &b));
    a = b;
    a.dev++;
    assert_false(file_identity_equal(&a, &b));
}

static void times_outside_64_bits_of_nanoseconds_are_times(void **state)
{
    const struct stat early = {.st_mtim = {.tv_sec = -2, .tv_nsec = 500000000}};
    const struct stat late = {.st_mtim = {.tv_sec = 1ll << 36}},
                      later = {.st_mtim = {.tv_sec = (1ll << 36) + 1}};
    struct file_identity a = file_identity_of(&late), b = file_identity_of(&later);

    assert_int_equal(file_identity_of(&early).mtime_nsec, -1500000000);
    assert_false(file_identity_equal(&a, &b));
}

static int archive(struct house *h, const char *path, const struct file_identity *identity)
{
    return filing_archive(h->inbox, path, identity, &h->filing, some_hash);
}

static void a_file_is_archived_under_its_hash(void **state)
{
    struct house *h = *state;
    struct file_identity was, now;

    make_dir(h->inbox, "in");
    put(h->inbox, "in/a", "text");
    was = identity_of(h->inbox, "in/a");
    assert_int_equal(archive(h, "in/a", &was), 0);
    assert_false(exists(h->inbox, "in/a"));
    assert_holds(h->archive, SOME_PLACE, "text");
    now = identity_of(h->archive, SOME_PLACE);
    assert_true(now.ino == was.ino && now.mtime_nsec == was.mtime_nsec);
}

static void the_same_content_again_is_removed(void **state)
{
    struct house *h = *state;
    struct file_identity identity, first;

    put(h->inbox, "a", "text");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(archive(h, "a", &identity), 0);
    first = identity_of(h->archive, SOME_PLACE);
    put(h->inbox, "b", "text");
    identity = identity_of(h->inbox, "b");
    assert_int_equal(archive(h, "b", &identity), 0);
    assert_int_equal(count_entries(h->inbox, "."), 0);
    identity = identity_of(h->archive, SOME_PLACE);
    assert_true(file_identity_equal(&identity, &first));
}

/* A hard link to what is filed already is one more name of it. */
static void another_name_of_the_filed_file_is_removed(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->inbox, "a", "text");
    assert_int_equal(linkat(h->inbox, "a", h->inbox, "b", 0), 0);
    identity = identity_of(h->inbox, "a");
    assert_int_equal(archive(h, "a", &identity), 0);
    identity = identity_of(h->inbox, "b");
    assert_int_equal(archive(h, "b", &identity), 0);
    assert_int_equal(count_entries(h->inbox, "."), 0);
    assert_holds(h->archive, SOME_PLACE, "text");
}

static void a_folder_of_the_archive_that_was_removed_is_made_again(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    for (int i = 0; i < 3; i++) {
        put(h->inbox, "a", "text");
        identity = identity_of(h->inbox, "a");
        assert_int_equal(archive(h, "a", &identity), 0);
        assert_int_equal(unlinkat(h->archive, SOME_PLACE, 0), 0);
        assert_int_equal(unlinkat(h->archive, "ab/cd", AT_REMOVEDIR), 0);
        if (i == 1)
            assert_int_equal(unlinkat(h->archive, "ab", AT_REMOVEDIR), 0);
    }
}

/* The filed one is damaged: nothing is thrown away for it. */
static void the_same_hash_with_another_size_stays(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->archive, "ab");
    make_dir(h->archive, "ab/cd");
    put(h->archive, SOME_PLACE, "te");
    put(h->inbox, "a", "text");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(archive(h, "a", &identity), -EUCLEAN);
    assert_holds(h->inbox, "a", "text");
    assert_holds(h->archive, SOME_PLACE, "te");
}

static void a_file_that_changed_stays(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->inbox, "a", "one");
    identity = identity_of(h->inbox, "a");
    put(h->inbox, "a", "three");
    assert_int_equal(archive(h, "a", &identity), FILING_CHANGED);
    assert_int_equal(filing_delete(h->inbox, "a", &identity), FILING_CHANGED);
    assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, 7), FILING_CHANGED);
    assert_holds(h->inbox, "a", "three");
    assert_false(exists(h->archive, SOME_PLACE));
    assert_int_equal(count_entries(h->quarantine, "."), 0);
}

static void a_file_that_was_replaced_stays(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->inbox, "a", "one");
    identity = identity_of(h->inbox, "a");
    put(h->inbox, "b", "two");
    assert_int_equal(renameat(h->inbox, "b", h->inbox, "a"), 0);
    assert_int_equal(archive(h, "a", &identity), FILING_CHANGED);
    assert_holds(h->inbox, "a", "two");
}

static void a_file_that_is_gone_is_gone(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->inbox, "in");
    put(h->inbox, "in/a", "one");
    identity = identity_of(h->inbox, "in/a");
    assert_int_equal(unlinkat(h->inbox, "in/a", 0), 0);
    assert_int_equal(archive(h, "in/a", &identity), FILING_GONE);
    assert_int_equal(unlinkat(h->inbox, "in", AT_REMOVEDIR), 0);
    assert_int_equal(archive(h, "in/a", &identity), FILING_GONE);
    put(h->inbox, "in", "a file now");
    assert_int_equal(archive(h, "in/a", &identity), FILING_GONE);
    assert_int_equal(filing_delete(h->inbox, "in/a", &identity), FILING_GONE);
    assert_int_equal(filing_quarantine(h->inbox, "in/a", &identity, h->quarantine, 7), FILING_GONE);
    assert_int_equal(count_entries(h->quarantine, "."), 0);
}

/* The folder was moved out of the inbox and a link put in its place: what is behind the link is not
 * ours to move. */
static void a_file_behind_a_link_is_gone(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->inbox, "in");
    put(h->inbox, "in/a", "one");
    identity = identity_of(h->inbox, "in/a");
    assert_int_equal(renameat(h->inbox, "in", h->root_fd, "outside"), 0);
    assert_int_equal(symlinkat("../outside", h->inbox, "in"), 0);
    assert_int_equal(archive(h, "in/a", &identity), FILING_GONE);
    assert_int_equal(filing_delete(h->inbox, "in/a", &identity), FILING_GONE);
    assert_int_equal(filing_quarantine(h->inbox, "in/a", &identity, h->quarantine, 7), FILING_GONE);
    assert_holds(h->root_fd, "outside/a", "one");
}

/* Whoever writes to the other name does not write into the archive. */
static void a_file_with_two_names_is_archived_as_a_copy(void **state)
{
    struct house *h = *state;
    struct file_identity was, now;

    put(h->inbox, "a", "text");
    assert_int_equal(linkat(h->inbox, "a", h->root_fd, "other", 0), 0);
    was = identity_of(h->inbox, "a");
    assert_int_equal(archive(h, "a", &was), 0);
    assert_false(exists(h->inbox, "a"));
    put(h->root_fd, "other", "changed");
    assert_holds(h->archive, SOME_PLACE, "text");
    now = identity_of(h->archive, SOME_PLACE);
    assert_true(now.ino != was.ino && now.mtime_nsec == was.mtime_nsec);

    assert_int_equal(linkat(h->root_fd, "other", h->inbox, "a", 0), 0);
    was = identity_of(h->inbox, "a");
    was.size = 4; /* as if it were of the archived size */
    assert_int_equal(archive(h, "a", &was), FILING_CHANGED);
}

/* It was opened after it had been found complete. */
static void a_file_that_a_writer_has_open_stays(void **state)
{
    struct house *h = *state;
    struct file_identity identity;
    int fd;

    put(h->inbox, "a", "text");
    identity = identity_of(h->inbox, "a");
    fd = openat(h->inbox, "a", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(archive(h, "a", &identity), FILING_CHANGED);
    assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, 1), FILING_CHANGED);
    identity = identity_of(h->inbox, "a");
    assert_int_equal(filing_delete(h->inbox, "a", &identity), FILING_CHANGED);
    assert_holds(h->inbox, "a", "text");
    assert_int_equal(write(fd, ", late", 6), 6);
    fd_close(fd);
    assert_holds(h->inbox, "a", "text, late");
    assert_false(exists(h->archive, SOME_PLACE));
}

static void a_file_is_deleted(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->inbox, "a", "one");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(filing_delete(h->inbox, "a", &identity), 0);
    assert_int_equal(count_entries(h->inbox, "."), 0);
}

static void a_file_is_quarantined_and_restored(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->inbox, "x");
    make_dir(h->inbox, "x/y");
    put(h->inbox, "x/y/a.pdf", "poison");
    identity = identity_of(h->inbox, "x/y/a.pdf");
    assert_int_equal(filing_quarantine(h->inbox, "x/y/a.pdf", &identity, h->quarantine, 42), 0);
    assert_holds(h->quarantine, "42/a.pdf", "poison");
    assert_int_equal(count_entries(h->inbox, "x/y"), 0);
    assert_int_equal(unlinkat(h->inbox, "x/y", AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(h->inbox, "x", AT_REMOVEDIR), 0);

    assert_int_equal(filing_restore(h->quarantine, 42, h->inbox, "x/y/a.pdf"), 0);
    assert_holds(h->inbox, "x/y/a.pdf", "poison");
    assert_int_equal(count_entries(h->quarantine, "."), 0);
}

static void two_files_of_a_name_are_quarantined_apart(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    for (uint64_t job = 1; job <= 2; job++) {
        put(h->inbox, "a", job == 1 ? "one" : "two");
        identity = identity_of(h->inbox, "a");
        assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, job), 0);
    }
    assert_holds(h->quarantine, "1/a", "one");
    assert_holds(h->quarantine, "2/a", "two");
}

/* A copy from another file system that was not followed by the removal. */
static void what_is_in_quarantine_already_is_removed_from_the_inbox(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->quarantine, "42");
    put(h->quarantine, "42/a", "poison");
    put(h->inbox, "a", "poison");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, 42), 0);
    assert_false(exists(h->inbox, "a"));
    put(h->inbox, "a", "longer poison");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, 42), -EUCLEAN);
    assert_holds(h->inbox, "a", "longer poison");
    assert_holds(h->quarantine, "42/a", "poison");
}

static void what_is_not_in_quarantine_cannot_be_restored(void **state)
{
    struct house *h = *state;

    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "x/a"), FILING_GONE);
    make_dir(h->quarantine, "1");
    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "x/a"), FILING_GONE);
    assert_false(exists(h->inbox, "x"));
}

static void a_taken_place_is_not_overwritten(void **state)
{
    struct house *h = *state;

    make_dir(h->quarantine, "1");
    put(h->quarantine, "1/a", "old");
    put(h->inbox, "a", "new");
    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "a"), FILING_OCCUPIED);
    assert_holds(h->inbox, "a", "new");
    assert_holds(h->quarantine, "1/a", "old");
}

/* Who may write to the inbox must not have files put elsewhere. */
static void nothing_is_restored_through_a_link(void **state)
{
    struct house *h = *state;

    make_dir(h->root_fd, "elsewhere");
    make_dir(h->quarantine, "1");
    put(h->quarantine, "1/a", "old");
    assert_int_equal(symlinkat("../elsewhere", h->inbox, "in"), 0);
    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "in/a"), -ENOTDIR);
    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "in/deeper/a"), -ENOTDIR);
    assert_true(filing_restore(h->quarantine, 1, h->inbox, "../a") < 0);
    assert_int_equal(count_entries(h->root_fd, "elsewhere"), 0);
    assert_holds(h->quarantine, "1/a", "old");
}

static void a_file_in_the_way_of_a_folder_is_a_failure(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->archive, "ab", "in the way");
    put(h->inbox, "a", "x");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(archive(h, "a", &identity), -ENOTDIR);
    assert_holds(h->inbox, "a", "x");
    make_dir(h->quarantine, "1");
    put(h->quarantine, "1/b", "old");
    assert_int_equal(filing_restore(h->quarantine, 1, h->inbox, "a/b"), -ENOTDIR);
}

static void an_archive_that_was_removed_is_a_failure(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    put(h->inbox, "a", "x");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(unlinkat(h->root_fd, "archive", AT_REMOVEDIR), 0);
    assert_int_equal(archive(h, "a", &identity), -ENOENT);
    assert_holds(h->inbox, "a", "x");
}

static int archive_sidecar(struct house *h, const char *path, uint64_t job)
{
    struct file_identity identity = identity_of(h->inbox, path);

    return filing_archive_sidecar(h->inbox, path, &identity, &h->filing, some_hash, job);
}

static void sidecars_are_archived_beside_their_original(void **state)
{
    struct house *h = *state;

    put(h->inbox, "a.meta.json", "{}");
    assert_int_equal(archive_sidecar(h, "a.meta.json", 1), 0);
    assert_holds(h->archive, SOME_PLACE ".meta.json", "{}");
    put(h->inbox, "b.meta.json", "{}"); /* the same again */
    assert_int_equal(archive_sidecar(h, "b.meta.json", 2), 0);
    put(h->inbox, "c.meta.json", "[]"); /* another, as large */
    assert_int_equal(archive_sidecar(h, "c.meta.json", 3), 0);
    put(h->inbox, "c.meta.json", "[]"); /* as it is when the move onto another disk was cut short */
    assert_int_equal(archive_sidecar(h, "c.meta.json", 3), 0);
    assert_holds(h->archive, SOME_PLACE ".meta.json", "{}");
    assert_holds(h->archive, SOME_PLACE ".3.meta.json", "[]");
    assert_false(exists(h->archive, SOME_PLACE ".2.meta.json"));
    assert_false(exists(h->inbox, "a.meta.json") || exists(h->inbox, "b.meta.json") ||
                 exists(h->inbox, "c.meta.json"));
}

static void quarantine_pair(struct house *h, const char *path, const char *sidecar)
{
    struct file_identity file = identity_of(h->inbox, path),
                         beside = identity_of(h->inbox, sidecar);

    assert_int_equal(filing_quarantine(h->inbox, sidecar, &beside, h->quarantine, 7), 0);
    assert_int_equal(filing_quarantine(h->inbox, path, &file, h->quarantine, 7), 0);
}

static void a_pair_is_restored_together_or_not_at_all(void **state)
{
    struct house *h = *state;

    put(h->inbox, "a", "text");
    put(h->inbox, "a.meta.json", "{}");
    quarantine_pair(h, "a", "a.meta.json");
    put(h->inbox, "a", "another");
    assert_int_equal(filing_restore(h->quarantine, 7, h->inbox, "a"), FILING_OCCUPIED);
    assert_false(exists(h->inbox, "a.meta.json"));
    assert_int_equal(unlinkat(h->inbox, "a", 0), 0);
    put(h->inbox, "a.meta.json", "another");
    assert_int_equal(filing_restore(h->quarantine, 7, h->inbox, "a"), FILING_OCCUPIED);
    assert_false(exists(h->inbox, "a"));
    assert_int_equal(unlinkat(h->inbox, "a.meta.json", 0), 0);
    assert_int_equal(filing_restore(h->quarantine, 7, h->inbox, "a"), 0);
    assert_holds(h->inbox, "a", "text");
    assert_holds(h->inbox, "a.meta.json", "{}");
    assert_false(exists(h->quarantine, "7"));
}

static void a_restore_that_was_cut_short_is_finished(void **state)
{
    struct house *h = *state;

    put(h->inbox, "a", "text");
    put(h->inbox, "a.meta.json", "{}");
    quarantine_pair(h, "a", "a.meta.json");
    assert_int_equal(renameat(h->quarantine, "7/a.meta.json", h->inbox, "a.meta.json"), 0);
    assert_int_equal(filing_restore(h->quarantine, 7, h->inbox, "a"), 0);
    assert_holds(h->inbox, "a", "text");
    assert_holds(h->inbox, "a.meta.json", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(identity_tells_files_and_their_states_apart),
        IN_HOUSE(times_outside_64_bits_of_nanoseconds_are_times),
        IN_HOUSE(a_file_is_archived_under_its_hash),
        IN_HOUSE(the_same_content_again_is_removed),
        IN_HOUSE(another_name_of_the_filed_file_is_removed),
        IN_HOUSE(a_folder_of_the_archive_that_was_removed_is_made_again),
        IN_HOUSE(the_same_hash_with_another_size_stays),
        IN_HOUSE(a_file_that_changed_stays),
        IN_HOUSE(a_file_that_was_replaced_stays),
        IN_HOUSE(a_file_that_is_gone_is_gone),
        IN_HOUSE(a_file_behind_a_link_is_gone),
        IN_HOUSE(a_file_with_two_names_is_archived_as_a_copy),
        IN_HOUSE(a_file_that_a_writer_has_open_stays),
        IN_HOUSE(a_file_is_deleted),
        IN_HOUSE(a_file_is_quarantined_and_restored),
        IN_HOUSE(sidecars_are_archived_beside_their_original),
        IN_HOUSE(a_pair_is_restored_together_or_not_at_all),
        IN_HOUSE(a_restore_that_was_cut_short_is_finished),
        IN_HOUSE(two_files_of_a_name_are_quarantined_apart),
        IN_HOUSE(what_is_in_quarantine_already_is_removed_from_the_inbox),
        IN_HOUSE(what_is_not_in_quarantine_cannot_be_restored),
        IN_HOUSE(a_taken_place_is_not_overwritten),
        IN_HOUSE(nothing_is_restored_through_a_link),
        IN_HOUSE(a_file_in_the_way_of_a_folder_is_a_failure),
        IN_HOUSE(an_archive_that_was_removed_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
