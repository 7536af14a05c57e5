/* What a process leaves that is killed while it files something away. */
#include "common.h"

static void copies_that_were_cut_short_are_removed(void **state)
{
    struct house *h = *state;

    put(h->archive, ".123.4567.tmp", "half a");
    put(h->archive, ".123.tmp", "half a");
    put(h->archive, ".hidden", "somebody's");
    put(h->archive, "123.4567.tmp", "somebody's");
    put(h->archive, ".12x.4567.tmp", "somebody's");
    make_dir(h->archive, ".1.2.tmp");
    filing_clean(h->archive);
    assert_false(exists(h->archive, ".123.4567.tmp"));
    assert_false(exists(h->archive, ".123.tmp"));
    assert_true(exists(h->archive, ".hidden"));
    assert_true(exists(h->archive, "123.4567.tmp"));
    assert_true(exists(h->archive, ".12x.4567.tmp"));
    assert_true(exists(h->archive, ".1.2.tmp"));
}

static void quarantine_is_cleaned_when_the_job_comes_again(void **state)
{
    struct house *h = *state;
    struct file_identity identity;

    make_dir(h->quarantine, "7");
    put(h->quarantine, "7/.123.4567.tmp", "half a");
    put(h->inbox, "a", "text");
    identity = identity_of(h->inbox, "a");
    assert_int_equal(filing_quarantine(h->inbox, "a", &identity, h->quarantine, 7), 0);
    assert_holds(h->quarantine, "7/a", "text");
    assert_int_equal(count_entries(h->quarantine, "7"), 1);
}

static void a_file_that_was_put_aside_gets_its_name_back(void **state)
{
    struct house *h = *state;
    char name[FILING_NAME_BYTES];

    put(h->inbox, ".penstock~report.txt", "unread");
    assert_int_equal(filing_give_back(h->inbox, ".penstock~report.txt", name), 0);
    assert_string_equal(name, "report.txt");
    assert_holds(h->inbox, "report.txt", "unread");
}

static void or_one_beside_it_when_that_is_taken(void **state)
{
    struct house *h = *state;
    char name[FILING_NAME_BYTES];

    put(h->inbox, "report.txt", "another");
    put(h->inbox, ".penstock~report.txt", "unread");
    assert_int_equal(filing_give_back(h->inbox, ".penstock~report.txt", name), 0);
    assert_int_equal(strncmp(name, "report.txt.", 11), 0);
    assert_holds(h->inbox, name, "unread");
    assert_holds(h->inbox, "report.txt", "another");
}

static void other_names_are_left_alone(void **state)
{
    struct house *h = *state;
    char name[FILING_NAME_BYTES];

    put(h->inbox, ".penstock", "x");
    put(h->inbox, ".penstock~", "x");
    assert_int_equal(filing_give_back(h->inbox, ".penstock", name), 1);
    assert_int_equal(filing_give_back(h->inbox, ".penstock~", name), 1);
    assert_int_equal(filing_give_back(h->inbox, "report.txt", name), 1);
    assert_int_equal(filing_give_back(h->inbox, ".penstock~gone", name), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(copies_that_were_cut_short_are_removed),
        IN_HOUSE(quarantine_is_cleaned_when_the_job_comes_again),
        IN_HOUSE(a_file_that_was_put_aside_gets_its_name_back),
        IN_HOUSE(or_one_beside_it_when_that_is_taken),
        IN_HOUSE(other_names_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
