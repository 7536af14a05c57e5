/* What a text is cut into. That it is what PostgreSQL cuts it into is shown by
 * tests/e2e/test_tokens.py; here are an example of each kind, and texts that are made to take long.
 */
#include "search/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* U+00C0 to U+00FF are letters but for U+00D7 and U+00F7; U+0300 to U+03FF are marks here. */
static uint8_t latin[CHAR_PAGE_SIZE], marks[CHAR_PAGE_SIZE];
static struct char_pages pages = {.pages = {[0] = latin, [3] = marks}};

static int set_up(void **state UNUSED)
{
    memset(latin + 0xc0, CHAR_ALPHA, 0x40);
    latin[0xd7] = latin[0xf7] = 0;
    latin[0xa0] = CHAR_SPACE;
    memset(marks, CHAR_MARK, sizeof(marks));
    return 0;
}

/* "type:token type:token …", without blanks. */
static const char *tokens_of(const char *text)
{
    static char list[4096];
    struct tokenizer t;
    struct token token;
    int n = 0;

    list[0] = '\0';
    tokenizer_begin(&t, text, strlen(text), &pages);
    while (tokenizer_next(&t, &token))
        if (token.type != TOKEN_BLANK)
            n += snprintf(list + n, sizeof(list) - (size_t)n, "%s%d:%.*s", n > 0 ? " " : "",
                          (int)token.type, (int)token.size, token.at);
    return list;
}

static void test_kinds(void **state UNUSED)
{
    static const struct {
        const char *text, *tokens;
    } examples[] = {
        {"", ""},
        {" \n", ""},
        {"two words", "1:two 1:words"},
        {"éa aé", "2:éa 2:aé"},
        {"b4 4b éa4", "3:b4 3:4b 3:éa4"},
        {"e\u0301a \u0301b", "2:e\u0301a 1:b"},
        {"me@example.com, me@x", "4:me@example.com 1:me 1:x"},
        {"http://a.example.com/b?c=d",
         "14:http:// 5:a.example.com/b?c=d 6:a.example.com 18:/b?c=d"},
        {"example.com:80/ x", "6:example.com:80 1:x"},
        {"-1.5e-3 1e5 1e", "7:-1.5e-3 7:1e5 3:1e"},
        {"8.3.0 -8.3.0", "8:8.3.0 8:8.3.0"},
        {"up-to-date", "16:up-to-date 11:up 11:to 11:date"},
        {"é-b a-b1 a-1", "17:é-b 10:é 11:b 15:a-b1 11:a 9:b1 1:a 21:-1"},
        {"<b>x</b><br/><!-- y -->", "13:<b> 1:x 13:</b> 13:<br/> 13:<!-- y -->"},
        {"<script>x</script>y", "13:<script> 13:</script> 1:y"},
        {"/usr/lib ../x ~/y a.tar.gz", "19:/usr/lib 19:/x 19:/y 6:a.tar.gz"},
        {"1.5 +1.5 -2 +2 2", "20:1.5 20:+1.5 21:-2 21:+2 22:2"},
        {"&amp;&#65;&#x4f; &x", "23:&amp; 23:&#65; 23:&#x4f; 1:x"},
        {"x<a b=\"\\z", "1:x"},
        {"usr/lib a_b.example.com", "19:usr/lib 6:a_b.example.com"},
        {"a &lt; <b> -1 +1 /x 1 é", "1:a 23:&lt; 13:<b> 21:-1 21:+1 19:/x 22:1 2:é"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
        assert_string_equal(tokens_of(examples[i].text), examples[i].tokens);
}

static void test_tokens_lie_side_by_side(void **state UNUSED)
{
    const char *text = "See (http://x.example/y) up-to-date &lt; 3.5";
    struct tokenizer t;
    struct token token;
    const char *end = text;

    tokenizer_begin(&t, text, strlen(text), &pages);
    while (tokenizer_next(&t, &token)) {
        assert_true(token.at <= end); /* a compound comes again in parts */
        end = token.at + token.size;
    }
    assert_ptr_equal(end, text + strlen(text));
}

/* Each of these leads a scan to the end of the text that then comes to nothing, everywhere. */
static void test_time_is_linear(void **state UNUSED)
{
    static const char *const pieces[] = {
        "a_", "a.",  "1.",  "1.a_", "a-1-", "/.",   "./",   "~/.",    "<!--",  "<a b='", "&a.",
        "a@", "a:/", "é-1", "a/.",  "<a ",  "1_a.", "..//", "aa.bb-", "<?x\"", "-1.2"};
    enum { REPEATS = 300000 };
    struct token token;

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        size_t n = strlen(pieces[i]), count = 0;
        char *text = malloc(n * REPEATS + 1);
        struct tokenizer t;

        assert_non_null(text);
        for (size_t k = 0; k < REPEATS; k++)
            memcpy(text + k * n, pieces[i], n);
        text[n * REPEATS] = '\0';
        tokenizer_begin(&t, text, n * REPEATS, &pages);
        while (tokenizer_next(&t, &token))
            count++;
        assert_true(count <= n * REPEATS * 2);
        free(text);
    }
}

static void test_missing_pages(void **state UNUSED)
{
    const char *text = "aé あ\U0001f600";
    size_t at = 0;

    assert_int_equal(tokens_missing_page(text, strlen(text), &at, &pages), 0x30);
    assert_int_equal(at, 7);
    assert_int_equal(tokens_missing_page(text, strlen(text), &at, &pages), 0x1f6);
    at = 0;
    assert_int_equal(tokens_missing_page(text, 3, &at, &pages), -1);
}

static void test_missing_pages_are_found_anywhere(void **state UNUSED)
{
    for (size_t begin = 0; begin < 20; begin++) {
        char text[32] = "abcdefghijklmnopqrstuvwxyz01234";
        size_t at = 0;

        memcpy(text + begin, "\u0416", 2);
        assert_int_equal(tokens_missing_page(text, strlen(text), &at, &pages), 4);
        assert_int_equal(at, begin + 2);
        assert_int_equal(tokens_missing_page(text, strlen(text), &at, &pages), -1);
        at = 0;
        assert_int_equal(tokens_missing_page(text, begin, &at, &pages), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_tokens_lie_side_by_side),
        cmocka_unit_test(test_time_is_linear),
        cmocka_unit_test(test_missing_pages),
        cmocka_unit_test(test_missing_pages_are_found_anywhere),
    };

    return cmocka_run_group_tests_name("tokens", tests, set_up, NULL);
}
