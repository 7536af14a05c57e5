/* test_peer_text.c - the text that the peers get. */
#include "common.h"

#include "peer.h"

static void check(const char *bytes, size_t n, const char *expected)
{
    struct buf in = BUF_INIT, out = BUF_INIT;

    buf_add(&in, bytes, n);
    peer_text(&in, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&in);
    buf_done(&out);
}

static void text_stays_what_it_is(void **state UNUSED)
{
    check("", 0, "");
    check("plain", 5, "plain");
    check("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
}

static void bytes_that_are_no_text_are_replaced_and_nuls_go(void **state UNUSED)
{
    check("a\xff"
          "b",
          3,
          "a\xef\xbf\xbd"
          "b");
    check("a\0b", 3, "ab");
    check("\xc3", 1, "\xef\xbf\xbd");
}

static void a_long_text_is_cut_between_characters(void **state UNUSED)
{
    struct buf in = BUF_INIT, out = BUF_INIT;

    for (size_t i = 0; i < PEER_MAX_TEXT_BYTES; i++)
        buf_add_str(&in, "\xc3\xbc");
    peer_text(&in, &out);
    assert_in_range(out.size, PEER_MAX_TEXT_BYTES, PEER_MAX_TEXT_BYTES + 1);
    assert_int_equal((unsigned char)out.data[out.size - 1], 0xbc);
    buf_done(&in);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_what_it_is),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced_and_nuls_go),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
