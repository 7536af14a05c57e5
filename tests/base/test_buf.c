/* Growable bytes: always a C string, and a failure that sticks. */
#include "common.h"

#include "base/buf.h"

static void an_empty_buffer_is_an_empty_text(void **state UNUSED)
{
    struct buf b = BUF_INIT;

    assert_string_equal(buf_text(&b), "");
    assert_null(buf_take(&b));
    assert_int_equal(buf_error(&b), 0);
}

static void what_is_added_stands_in_order_and_ends_with_nul(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;

    buf_add_str(&b, "a");
    buf_add_char(&b, 'b');
    buf_printf(&b, "%d", 12);
    buf_add_hex(&b, "\x00\xfe\x7f", 3);
    buf_add(&b, "\0z", 2);
    buf_add(&b, NULL, 0);
    assert_int_equal(b.size, 12);
    assert_memory_equal(b.data, "ab1200fe7f\0z", 13);
}

static void growth_keeps_every_byte(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;

    for (int i = 0; i < 100000; i++) {
        buf_add_char(&b, (char)(i % 251));
        assert_true(b.capacity > b.size);
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal((unsigned char)b.data[i], i % 251);
}

static void reserved_bytes_count_only_once_sealed(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;
    char *to = buf_reserve(&b, 100);

    assert_non_null(to);
    assert_int_equal(b.size, 0);
    memcpy(to, "xyz", 3);
    buf_seal(&b, 3);
    assert_string_equal(buf_text(&b), "xyz");
}

static void the_limit_is_met_exactly_and_a_failure_sticks(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = {.max_bytes = 4};

    buf_add_str(&b, "abcd");
    assert_int_equal(buf_error(&b), 0);
    buf_add_char(&b, 'e');
    assert_int_equal(buf_error(&b), -EFBIG);
    buf_truncate(&b, 1);
    buf_add_char(&b, 'f');
    assert_string_equal(buf_text(&b), "a");
    buf_clear(&b);
    buf_add_str(&b, "gh");
    assert_int_equal(buf_error(&b), 0);
    assert_string_equal(buf_text(&b), "gh");
}

static void a_size_that_no_memory_holds_is_refused(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;

    buf_add_char(&b, 'a');
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_int_equal(buf_error(&b), -EFBIG);
    assert_string_equal(buf_text(&b), "a");
}

static void truncate_shortens_and_never_lengthens(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;

    buf_add_str(&b, "hello");
    buf_truncate(&b, 9);
    assert_string_equal(buf_text(&b), "hello");
    buf_truncate(&b, 2);
    assert_string_equal(buf_text(&b), "he");
}

static void taking_leaves_an_empty_buffer_that_can_be_used_again(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT;
    char *text;

    buf_add_str(&b, "one");
    text = buf_take(&b);
    assert_string_equal(text, "one");
    free(text);
    assert_string_equal(buf_text(&b), "");
    buf_add_str(&b, "two");
    assert_string_equal(buf_text(&b), "two");
}

static void done_keeps_the_limit(void **state UNUSED)
{
    struct buf b = {.max_bytes = 2};

    buf_add_str(&b, "abc");
    buf_done(&b);
    assert_int_equal(buf_error(&b), 0);
    assert_int_equal(b.max_bytes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(what_is_added_stands_in_order_and_ends_with_nul),
        cmocka_unit_test(growth_keeps_every_byte),
        cmocka_unit_test(reserved_bytes_count_only_once_sealed),
        cmocka_unit_test(the_limit_is_met_exactly_and_a_failure_sticks),
        cmocka_unit_test(a_size_that_no_memory_holds_is_refused),
        cmocka_unit_test(truncate_shortens_and_never_lengthens),
        cmocka_unit_test(taking_leaves_an_empty_buffer_that_can_be_used_again),
        cmocka_unit_test(done_keeps_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
