/* Sentences for people. */
#include "common.h"

#include "base/err.h"

static void sentences_are_joined_by_semicolons(void **state UNUSED)
{
    struct reason why = {0};

    reason_add(&why, "one is %d", 1);
    assert_string_equal(why.text, "one is 1");
    reason_add(&why, "two is %d", 2);
    assert_string_equal(why.text, "one is 1; two is 2");
    reason_set(&why, "new");
    assert_string_equal(why.text, "new");
}

static void nobody_needs_to_listen(void **state UNUSED)
{
    reason_set(NULL, "x");
    reason_add(NULL, "x");
}

static void a_full_sentence_stays_terminated_whatever_is_added(void **state UNUSED)
{
    struct {
        struct reason why;
        char guard[16];
    } box = {.guard = "guard"};
    char text[301];

    memset(text, 'x', 300);
    text[300] = '\0';
    for (int i = 0; i < 40; i++) {
        reason_add(&box.why, "%s", text);
        assert_true(strlen(box.why.text) < sizeof(box.why.text));
    }
    assert_string_equal(box.guard, "guard");
    assert_int_equal(strlen(box.why.text), sizeof(box.why.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_joined_by_semicolons),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(a_full_sentence_stays_terminated_whatever_is_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
