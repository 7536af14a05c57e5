/* test_html_thin.c - what is left out of a page, and what never is. */
#include "extract/markup/html_thin.h"

#include "support.h"

#include <stdio.h>

/* What is left of a page that is read in pieces of that size; to be freed. */
static char *thin(const char *page, size_t size, size_t piece, size_t *ret_size)
{
    char *left = allocate(size + piece + 1);
    struct html_thin t;
    size_t n, total = 0;

    html_thin_init(&t, page, size);
    while ((n = html_thin_read(&t, left + total, piece)) > 0) {
        total += n;
        assert_in_range(total, 0, size);
    }
    left[total] = '\0';
    *ret_size = total;
    return left;
}

static void assert_left(const char *page, const char *expected)
{
    static const size_t pieces[] = {1, 2, 7, 65536};
    size_t size = strlen(page), n;
    char *exact = allocate(size), *left;

    memcpy(exact, page, size); /* without its NUL: a sanitizer sees a read behind it */
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        left = thin(exact, size, pieces[i], &n);
        assert_string_equal(left, expected);
        free(left);
    }
    free(exact);
}

#define ASSERT_LEFT(cases)                                           \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof(cases[0]); i_++) \
    assert_left((cases)[i_][0], (cases)[i_][1])

/* What stays as it is. */
#define ASSERT_KEPT(pages)                                           \
    for (size_t i_ = 0; i_ < sizeof(pages) / sizeof(pages[0]); i_++) \
    assert_left((pages)[i_], (pages)[i_])

static void attributes_that_nobody_reads_are_left_out(void **state)
{
    static const char *const cases[][2] = {
        {"<p class=\"x\" id='y' z w=1>t", "<p>t"},
        {"<P\n\tCLASS = x >t", "<P>t"},
        {"<div data-a:b.c_d='e'/>t", "<div/>t"},
        {"<div a=x/>t", "<div>t"}, /* the slash is of the value */
        {"<p a='b'c=\"d\">t", "<p>t"},
        {"<o:p x=1>t</o:p>", "<o:p>t</o:p>"},
        {"<p a='1 \"2\"' b=\"it's\">t", "<p>t"},
        {"<p title='\xc3\xa9 &amp; x'>t", "<p>t"},
        {"<p a=1><p b=2>1 < 2<p c=3>", "<p><p>1 < 2<p>"},
    };
    static const char *const kept[] = {
        "<html lang=de><meta name=author content=A><img src=x alt='a b'/>",
        "<img alt=\"<b>x</b>\">",
        "<p title=\"<b>x</b>\">t",
        "<p title='a > b'>t",
        "</p >",
        "",
        "text",
    };

    (void)state;
    ASSERT_LEFT(cases);
    ASSERT_KEPT(kept);
}

#define BODY "<body>"

static void inline_elements_of_text_are_left_out(void **state)
{
    static const char *const cases[][2] = {
        {BODY "<b>W</b>ord", BODY "Word"},
        {BODY "a <a href='x'>b <i>c</i></a>.", BODY "a b c."},
        {BODY "<SPAN>x</Span >", BODY "x"},
        {BODY "<code class=c><span>a</span>&amp;<em>b</em></code>", BODY "a&amp;b"},
        {BODY "<a name=x></a><span/>t", BODY "t"},
        {BODY "<a href=x>a<br class=y>b<img alt='c'></a>", BODY "a<br class=y>b<img alt='c'>"},
        {BODY "<pre>\n<span>x</span>\n</pre>", BODY "<pre>\nx\n</pre>"},
        {BODY "<a>x</a><a>y</a>", BODY "xy"},
    };

    (void)state;
    ASSERT_LEFT(cases);
}

static void inline_elements_are_kept_where_they_mean_something(void **state)
{
    static const char *const kept[] = {
        "<html><b>opens the body</b>",
        BODY "</body><b>x</b>",
        BODY "</html> x<b>y</b>",
        BODY "<b>x<p>ends with it</b>y",
        BODY "<b>x</i></b>",
        BODY "<b>x",
        BODY "x</b>",
        BODY "<a>x<a>closes the first</a></a>",
        BODY "<a><p>x</a>y<a>z</a>",
        BODY "<b>x<!-- c --></b>",
        BODY "<b>x<script></script></b>",
    };

    (void)state;
    ASSERT_KEPT(kept);
}

static void what_stood_apart_does_not_join(void **state)
{
    static const char *const kept[] = {
        BODY "<<b>p></b>",  BODY "&am<b>p;</b>", BODY "<b>&#6</b>5;",
        BODY "&<b>lt;</b>", BODY "<b><</b>p>",   BODY "&a\xc3\xa9<b>p;</b>",
    };

    (void)state;
    ASSERT_KEPT(kept);
    assert_left(BODY "&amp;<b>x</b>", BODY "&amp;x");
    assert_left(BODY "& <b>x</b>", BODY "& x");
}

static void scripts_are_emptied_and_comments_are_kept(void **state)
{
    static const char *const cases[][2] = {
        {"<script type=x>if (a<b) '</b>'</SCRIPT><p a>", "<script></SCRIPT><p>"},
        {"<style>a</styl></style ><p a>", "<style></style ><p>"},
        {"<script src=x/>y</script>", "<script></script>"},
        {"<script/><p a>", "<script/><p>"},
        {"<script>never closed <p a>", "<script>"},
        {"<!-- <p a=1> --><p a=1>", "<!-- <p a=1> --><p>"},
        {"<!----><p a=1>", "<!----><p>"},
        {"<!DOCTYPE html PUBLIC \"-//W3C\"><?php echo ?><p a>",
         "<!DOCTYPE html PUBLIC \"-//W3C\"><?php echo ?><p>"},
    };

    (void)state;
    ASSERT_LEFT(cases);
}

static void white_space_around_blocks_is_left_out(void **state)
{
    static const char *const cases[][2] = {
        {BODY "<ul>\n <li>x</li>\n\t<li> y</ul>", BODY "<ul><li>x</li><li>y</ul>"},
        {BODY "<p>x</p>\n<div\n> y", BODY "<p>x</p><div>y"},
        {BODY "<pre>x</pre> <p>", BODY "<pre>x</pre><p>"},
        {BODY "<pre> <b>x</pre> <p>", BODY "<pre> <b>x</pre><p>"},
    };
    static const char *const kept[] = {
        BODY "x <p>y",
        BODY "<p>x</p> y",
        BODY "<p>x</p> <i>y",
        BODY "<p>x</p> </p>",
        "<html> <p> x",
        BODY "<pre> <p> <p> ",
        BODY "<pre><div></pre> <p> x",
        BODY "<pre></xmp> <p> x",
        BODY "<pre/> <p> x",
        BODY "<PLAINTEXT> <p> x",
        BODY "</body> <p> x",
    };

    (void)state;
    ASSERT_LEFT(cases);
    ASSERT_KEPT(kept);
}

static void behind_what_is_not_plain_all_is_kept(void **state)
{
    static const char *const odd[] = {
        "<p a=\"x>",
        "<p \"x\">",
        "<p a=>",
        "<p a='x",
        "<p =x>",
        "<p a=b'c>",
        "<p <b>",
        "</p a>",
        "</>",
        "</p",
        "<!--> -->",
        "<!---> -->",
        "<!-->",
        "<!-- a --!>",
        "<!-- a",
        "<![CDATA[x]]>",
        "<!DOCTYPE a '>'>",
        "<!DOCTYPE a [",
        "<?>",
        "<!x>",
        "<_x>",
        "<p\f>",
        "<p/ >",
        "<p",
        "<\xc3\xa9>",
        "<!",
        "<p a=\"\1\">",
        "<?x",
        "<!DOCTYPE ",
        "</",
        "<p a=`x`>",
    };
    char page[256];

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_left(odd[i], odd[i]);
        snprintf(page, sizeof(page), BODY "%s<p class=x><b>y</b>", odd[i]);
        assert_left(page, page);
    }
}

static void giant_tags_lose_their_attributes(void **state)
{
    static const char *const heads[][2] = {
        {"<p", ">"}, {"<img", ">"}, {"<html", "/>"}, {"<p =><p", ">"}, {"<![x<meta", ">"},
    };
    char *attributes = repeat(" a='<'", 300), page[4096], expected[64];

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        snprintf(page, sizeof(page), "%s%s%st", heads[i][0], attributes, heads[i][1]);
        snprintf(expected, sizeof(expected), "%s%st", heads[i][0], heads[i][1]);
        assert_left(page, expected);
    }
    free(attributes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_that_nobody_reads_are_left_out),
        cmocka_unit_test(inline_elements_of_text_are_left_out),
        cmocka_unit_test(inline_elements_are_kept_where_they_mean_something),
        cmocka_unit_test(what_stood_apart_does_not_join),
        cmocka_unit_test(scripts_are_emptied_and_comments_are_kept),
        cmocka_unit_test(white_space_around_blocks_is_left_out),
        cmocka_unit_test(behind_what_is_not_plain_all_is_kept),
        cmocka_unit_test(giant_tags_lose_their_attributes),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
