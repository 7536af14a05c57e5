/* test_date.c - dates as documents write them become ISO 8601, no more precise than they were. */
#include "extract/date.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef bool (*parser)(const char *text, size_t n, struct date *ret);

static const struct extract_limits limits = {.max_text_bytes = 100};

/* The metadata's "date"; "" when there is none. Valid until the next call. */
static const char *told(struct document *d)
{
    static char value[4096];
    const char head[] = "{\"date\":\"", *text;

    assert_int_equal(result_end(d), 0);
    text = buf_text(&d->out->metadata);
    (void)snprintf(value, sizeof(value), "%s",
                   strncmp(text, head, strlen(head)) == 0 ? text + strlen(head) : "");
    value[strcspn(value, "\"")] = '\0';
    extraction_done(d->out);
    return value;
}

/* What a parser makes of a text, in ISO 8601; "" when it refuses. The text is in memory of its size,
 * so that a sanitizer sees a read behind it. */
static const char *parsed(parser parse, const char *text)
{
    struct extraction e = {0};
    struct document d = {.limits = &limits, .out = &e};
    size_t n = strlen(text);
    char *exact = malloc(n ? n : 1);
    struct date date;

    if (!exact)
        abort();
    memcpy(exact, text, n);
    result_begin(&d);
    if (parse(exact, n, &date))
        result_meta_date(&d, "date", &date, NULL, 0);
    free(exact);
    return told(&d);
}

/* What the metadata has of a text that should be a date. */
static const char *written(const char *text)
{
    struct extraction e = {0};
    struct document d = {.limits = &limits, .out = &e};

    result_begin(&d);
    result_meta_iso_date(&d, "date", text, strlen(text));
    return told(&d);
}

struct example {
    const char *text, *iso;
};

static void check(parser parse, const struct example *examples, size_t n)
{
    const char *iso;

    for (size_t i = 0; i < n; i++) {
        iso = parsed(parse, examples[i].text);
        if (strcmp(iso, examples[i].iso) != 0)
            fail_msg("\"%s\" became \"%s\", not \"%s\"", examples[i].text, iso, examples[i].iso);
    }
}

#define CHECK(parse, examples) check(parse, examples, sizeof(examples) / sizeof(examples[0]))

static void iso_dates_keep_their_precision(void **state)
{
    static const struct example examples[] = {
        {"2024", "2024"},
        {"2024-02", "2024-02"},
        {" 2024-02-29\n", "2024-02-29"},
        {"2024-02-29T13:05", "2024-02-29T13:05:00"},
        {"2024-02-29 13:05:06", "2024-02-29T13:05:06"},
        {"2024-02-29t13:05:06.789Z", "2024-02-29T13:05:06Z"},
        {"2024-02-29T13:05:06+01:00", "2024-02-29T13:05:06+01:00"},
        {"2024-02-29T13:05:06-0330", "2024-02-29T13:05:06-03:30"},
        {"2024-02-29T13:05:06+01", "2024-02-29T13:05:06+01:00"},
        {"2024-02-29 13:05:06 +01:00", "2024-02-29T13:05:06+01:00"},
        {"2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"},
        {"0001-01-01", "0001-01-01"},
        {"2000-02-29", "2000-02-29"},
    };

    (void)state;
    CHECK(date_parse_iso, examples);
}

static void what_is_no_iso_date_is_refused(void **state)
{
    static const struct example examples[] = {
        {"", ""},
        {"   ", ""},
        {"202", ""},
        {"20240229", ""},
        {"0000-01-01", ""},
        {"2023-02-29", ""},
        {"1900-02-29", ""},
        {"2024-13-01", ""},
        {"2024-00-01", ""},
        {"2024-04-31", ""},
        {"2024-02-", ""},
        {"2024-02-29T", ""},
        {"2024-02-29T24:00", ""},
        {"2024-02-29T13:60", ""},
        {"2024-02-29T13:05:61", ""},
        {"2024-02-29T13:05:06+24:00", ""},
        {"2024-02-29T13:05:06+01:60", ""},
        {"2024-02-29T13:05:06 CET", ""},
        {"2024-02-29x", ""},
        {"-2024-02-29", ""},
    };

    (void)state;
    CHECK(date_parse_iso, examples);
}

static void pdf_dates_may_be_cut_anywhere(void **state)
{
    static const struct example examples[] = {
        {"D:2024", "2024"},
        {"D:202402", "2024-02"},
        {"20240229", "2024-02-29"},
        {"D:2024022913", "2024-02-29T13:00:00"},
        {"D:20240229130506", "2024-02-29T13:05:06"},
        {"D:20240229130506Z", "2024-02-29T13:05:06Z"},
        {"D:20240229130506Z00'00'", "2024-02-29T13:05:06Z"},
        {"D:20240229130506+01'00'", "2024-02-29T13:05:06+01:00"},
        {"D:20240229130506-05'30", "2024-02-29T13:05:06-05:30"},
        {"D:20240229130506+0100", "2024-02-29T13:05:06+01:00"},
        {"20210715063000+0200", "2021-07-15T06:30:00+02:00"},
        {"D:", ""},
        {"D:2024022", ""},
        {"D:20240230", ""},
        {"D:20240229-01'00'", ""},
        {"D:20240229130506Zulu", ""},
    };

    (void)state;
    CHECK(date_parse_pdf, examples);
}

static void exif_dates_have_colons(void **state)
{
    static const struct example examples[] = {
        {"2024:02:29 13:05:06", "2024-02-29T13:05:06"},
        {"2024:02:29", "2024-02-29"},
        {"2024:02:29 13:05:06.12+01:00", "2024-02-29T13:05:06+01:00"},
        {"0000:00:00 00:00:00", ""},
        {"    :  :     :  :  ", ""},
        {"2024:02:30 13:05:06", ""},
        {"2024:02", ""},
        {"2024-02-29", ""},
    };

    (void)state;
    CHECK(date_parse_exif, examples);
}

static void mail_dates_are_of_all_ages(void **state)
{
    static const struct example examples[] = {
        {"Thu, 29 Feb 2024 13:05:06 +0100", "2024-02-29T13:05:06+01:00"},
        {"29 Feb 2024 13:05 GMT", "2024-02-29T13:05:00Z"},
        {"Thu,  1 Feb 2024 03:05:06 -0800 (PST)", "2024-02-01T03:05:06-08:00"},
        {"Thursday, 29-Feb-24 13:05:06 UTC", "2024-02-29T13:05:06Z"},
        {"28 February 1999", "1999-02-28"},
        {"29 February 1999", ""},
        {"1 Feb 99 3:05:06 EST", "1999-02-01T03:05:06-05:00"},
        {"Thu, 29 Feb 2024 13:05:06 -0000", "2024-02-29T13:05:06"},
        {"Thu, 29 Feb 2024 13:05:06 MEZ", "2024-02-29T13:05:06"},
        {"Thu, 29 Feb 2024 13:05:06", "2024-02-29T13:05:06"},
        {"Thu 29 Feb 2024", ""},
        {"29 Foo 2024", ""},
        {"30 Feb 2024", ""},
        {"29 Feb", ""},
        {"Feb 29 2024", ""},
        {"29 Feb 2024 13", ""},
        {"29 Feb 2024 13:05:06 +01", "2024-02-29T13:05:06+01:00"},
        {"29 Feb 2024 13:05:06 +0100 x", ""},
    };

    (void)state;
    CHECK(date_parse_mail, examples);
}

static void any_form_will_do(void **state)
{
    static const struct example examples[] = {
        {"2024-02-29", "2024-02-29"},
        {"2024:02:29 13:05:06", "2024-02-29T13:05:06"},
        {"D:20240229130506Z", "2024-02-29T13:05:06Z"},
        {"Thu, 29 Feb 2024 13:05:06 +0100", "2024-02-29T13:05:06+01:00"},
        {"yesterday", ""},
    };

    (void)state;
    CHECK(date_parse_any, examples);
}

static void an_offset_joins_a_time_that_has_none(void **state)
{
    struct date date;

    (void)state;
    assert_true(date_parse_iso("2024-02-29T13:05:06", 19, &date));
    assert_false(date_parse_offset("", 0, &date));
    assert_false(date_parse_offset("CET", 3, &date));
    assert_false(date.has_offset);
    assert_true(date_parse_offset(" -03:30 ", 8, &date));
    assert_int_equal(date.offset, -210);
    assert_false(date_parse_offset("+01:00", 6, &date));
    assert_int_equal(date.offset, -210);
    assert_true(date_parse_iso("2024-02-29", 10, &date));
    assert_false(date_parse_offset("+01:00", 6, &date)); /* a day has none */
}

static void what_is_no_date_stays_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(written(" spring 2024 "), "spring 2024");
    assert_string_equal(written("2023-02-29"), "2023-02-29");
    assert_string_equal(written("2024-02-29 13:05Z"), "2024-02-29T13:05:00Z");
    assert_string_equal(written(" "), "");
}

static void an_impossible_date_is_told_by_its_raw_text(void **state)
{
    struct date date = {.year = 2024, .month = 4, .day = 31};
    struct extraction e = {0};
    struct document d = {.limits = &limits, .out = &e};

    (void)state;
    result_begin(&d);
    result_meta_date(&d, "date", &date, "31/4/24", 7);
    assert_string_equal(told(&d), "31/4/24");
    result_begin(&d);
    result_meta_date(&d, "date", &date, NULL, 0);
    assert_string_equal(told(&d), "");
}

/* Bytes that look like parts of dates, cut anywhere: the sanitizer sees a read behind the end. */
static void no_bytes_confuse_a_parser(void **state)
{
    static const parser parsers[] = {date_parse_iso, date_parse_pdf, date_parse_exif,
                                     date_parse_mail, date_parse_any};
    static const char alphabet[] = "0123456789012-:+TZ ,.'DFebThu()\t/";
    char text[40];
    size_t n;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        n = (size_t)random() % (sizeof(text) - 1);
        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
        text[n] = '\0';
        (void)parsed(parsers[round % 5], text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_dates_keep_their_precision),
        cmocka_unit_test(what_is_no_iso_date_is_refused),
        cmocka_unit_test(pdf_dates_may_be_cut_anywhere),
        cmocka_unit_test(exif_dates_have_colons),
        cmocka_unit_test(mail_dates_are_of_all_ages),
        cmocka_unit_test(any_form_will_do),
        cmocka_unit_test(an_offset_joins_a_time_that_has_none),
        cmocka_unit_test(what_is_no_date_stays_as_it_is),
        cmocka_unit_test(an_impossible_date_is_told_by_its_raw_text),
        cmocka_unit_test(no_bytes_confuse_a_parser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
