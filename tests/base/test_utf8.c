/* Strict UTF-8: every sequence of one to four bytes is judged by encoding each code point and
 * comparing. */
#include "common.h"

#include "base/utf8.h"

/* What the bytes say when the lengths are taken as promised, and nothing is checked. */
static uint32_t decode(const uint8_t *s, size_t n)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = s[0] & masks[n];

    for (size_t i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3f);
    return c;
}

/* The rule in the words of RFC 3629, section 3: a lead byte, that many continuation bytes, the
 * shortest form, and a code point that is a character. */
static size_t by_the_rule(const uint8_t *s, size_t size)
{
    static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = (s[0] & 0x80) == 0x00   ? 1
               : (s[0] & 0xe0) == 0xc0 ? 2
               : (s[0] & 0xf0) == 0xe0 ? 3
               : (s[0] & 0xf8) == 0xf0 ? 4
                                       : 0;
    uint32_t c;

    if (n == 0 || n > size)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    c = decode(s, n);
    if (c < first[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return n;
}

/* Not through cmocka, which would take minutes for four thousand million of them. */
#define CHECK(s, n)                                                                         \
    do {                                                                                    \
        if (utf8_sequence((const char *)(s), n) != by_the_rule(s, n))                       \
            fail_msg("%zu bytes: %02x %02x %02x %02x", (size_t)(n), (s)[0], (s)[1], (s)[2], \
                     (s)[3]);                                                               \
    } while (0)

static void every_sequence_of_up_to_three_bytes_is_judged_right(void **state UNUSED)
{
    uint8_t s[4] = {0};

    for (uint32_t bytes = 0; bytes < 1 << 24; bytes++) {
        s[0] = (uint8_t)(bytes >> 16);
        s[1] = (uint8_t)(bytes >> 8);
        s[2] = (uint8_t)bytes;
        CHECK(s, 3);
        if (s[2] == 0)
            CHECK(s, 2);
        if (s[1] == 0)
            CHECK(s, 1);
    }
}

/* The last byte cannot matter unless the first promises four, which the test above has shown for
 * three. */
static void every_sequence_of_four_bytes_is_judged_right(void **state UNUSED)
{
    for (uint32_t lead = 0xc0; lead < 0x100; lead++) {
        for (uint32_t rest = 0; rest < 1 << 24; rest++) {
            uint8_t s[4] = {(uint8_t)lead, (uint8_t)(rest >> 16), (uint8_t)(rest >> 8),
                            (uint8_t)rest};

            CHECK(s, 4);
        }
    }
}

static void every_code_point_comes_back_from_its_encoding(void **state UNUSED)
{
    char s[4];

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        size_t n;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        n = utf8_encode(c, s);
        if (utf8_sequence(s, n) != n || decode((uint8_t *)s, n) != c)
            fail_msg("U+%04X", c);
    }
}

static void the_valid_prefix_ends_at_the_first_bad_byte_or_nul(void **state UNUSED)
{
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff", ""};
    char text[64];

    for (size_t at = 0; at < 40; at++) {
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
            memset(text, 'a', sizeof(text));
            memcpy(text + at, bad[i], strlen(bad[i]) + (bad[i][0] == '\0'));
            assert_int_equal(utf8_valid_prefix(text, sizeof(text)), at);
        }
    }
    memset(text, 'a', sizeof(text));
    assert_int_equal(utf8_valid_prefix(text, sizeof(text)), sizeof(text));
    assert_int_equal(utf8_valid_prefix("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9), 9);
    assert_int_equal(utf8_valid_prefix("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 8), 5);
    assert_int_equal(utf8_valid_prefix(NULL, 0), 0);
}

static void a_cut_never_falls_inside_a_sequence(void **state UNUSED)
{
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

    for (size_t limit = 0; limit < ARRAY_SIZE(cuts); limit++)
        assert_int_equal(utf8_cut(text, sizeof(text) - 1, limit), cuts[limit]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_up_to_three_bytes_is_judged_right),
        cmocka_unit_test(every_sequence_of_four_bytes_is_judged_right),
        cmocka_unit_test(every_code_point_comes_back_from_its_encoding),
        cmocka_unit_test(the_valid_prefix_ends_at_the_first_bad_byte_or_nul),
        cmocka_unit_test(a_cut_never_falls_inside_a_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
