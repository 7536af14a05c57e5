/* date.c - reads and writes dates of documents. Whole years and months stay what they are: a day
 * that nobody told is not made up. */
#include "extract/date.h"

#include <stdio.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

/* Exactly `width` digits; -1 when there are fewer. */
static int digits(struct cursor *c, int width)
{
    int value = 0;

    if (c->end - c->at < width)
        return -1;
    for (int i = 0; i < width; i++) {
        if (c->at[i] < '0' || c->at[i] > '9')
            return -1;
        value = value * 10 + (c->at[i] - '0');
    }
    c->at += width;
    return value;
}

static bool take(struct cursor *c, const char *one_of)
{
    if (c->at == c->end || !strchr(one_of, *c->at) || *c->at == '\0')
        return false;
    c->at++;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool is_possible(const struct date *t)
{
    if (t->year < 1 || t->year > 9999 || t->month < 0 || t->month > 12 || t->day < 0)
        return false;
    if (t->day > 0 && (t->month == 0 || t->day > days_of_month(t->year, t->month)))
        return false;
    if (t->has_time && (t->day == 0 || t->hour < 0 || t->hour > 23 || t->minute < 0 ||
                        t->minute > 59 || t->second < 0 || t->second > 60))
        return false;
    return !t->has_offset || (t->has_time && t->offset > -24 * 60 && t->offset < 24 * 60);
}

static void put_date(const struct date *t, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%04d", t->year);

    if (t->month > 0)
        n += (size_t)snprintf(text + n, size - n, "-%02d", t->month);
    if (t->day > 0)
        n += (size_t)snprintf(text + n, size - n, "-%02d", t->day);
    if (t->has_time)
        n += (size_t)snprintf(text + n, size - n, "T%02d:%02d:%02d", t->hour, t->minute, t->second);
    if (t->has_offset && t->offset == 0)
        (void)snprintf(text + n, size - n, "Z");
    else if (t->has_offset)
        (void)snprintf(text + n, size - n, "%c%02d:%02d", t->offset < 0 ? '-' : '+',
                       (t->offset < 0 ? -t->offset : t->offset) / 60,
                       (t->offset < 0 ? -t->offset : t->offset) % 60);
}

bool date_write(const struct date *date, char ret[DATE_TEXT_BYTES])
{
    if (!is_possible(date))
        return false;
    put_date(date, ret, DATE_TEXT_BYTES);
    return true;
}

void result_meta_date(struct document *d, const char *key, const struct date *date, const char *raw,
                      size_t raw_n)
{
    char text[DATE_TEXT_BYTES];

    if (date_write(date, text))
        result_meta_str(d, key, text, strlen(text));
    else
        result_meta_str(d, key, raw, raw_n);
}

/* "Z", "+01", "+0100", "+01:00", "+01'00'". False: there is something that is no offset. */
static bool read_offset(struct cursor *c, struct date *ret)
{
    bool west;
    int hours, minutes = 0;

    if (c->at == c->end)
        return true;
    ret->has_offset = true;
    west = *c->at == '-';
    if (take(c, "Zz")) { /* "Z00'00'" is common in PDF */
        (void)(digits(c, 2) == 0 && take(c, "'") && digits(c, 2) == 0 && take(c, "'"));
        return true;
    }
    if (!take(c, "+-"))
        return false;
    hours = digits(c, 2);
    (void)take(c, ":'");
    if (c->at < c->end)
        minutes = digits(c, 2);
    (void)take(c, "'");
    if (hours < 0 || minutes < 0 || hours > 23 || minutes > 59)
        return false;
    ret->offset = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool read_iso_time(struct cursor *c, struct date *ret)
{
    ret->has_time = true;
    ret->hour = digits(c, 2);
    if (ret->hour < 0 || !take(c, ":") || (ret->minute = digits(c, 2)) < 0)
        return false;
    if (take(c, ":") && (ret->second = digits(c, 2)) < 0)
        return false;
    if (take(c, ".,"))
        while (take(c, "0123456789"))
            ;
    while (take(c, " "))
        ;
    return read_offset(c, ret);
}

bool date_parse_iso(const char *text, size_t n, struct date *ret)
{
    struct cursor c;

    trim(&text, &n);
    c = (struct cursor){text, text + n};
    *ret = (struct date){.year = digits(&c, 4)};
    if (ret->year < 0)
        return false;
    if (take(&c, "-") && (ret->month = digits(&c, 2)) < 0)
        return false;
    if (ret->month > 0 && take(&c, "-") && (ret->day = digits(&c, 2)) < 0)
        return false;
    if (ret->day > 0 && take(&c, "Tt ") && !read_iso_time(&c, ret))
        return false;
    return c.at == c.end && is_possible(ret);
}

bool date_parse_pdf(const char *text, size_t n, struct date *ret)
{
    struct cursor c;
    int *const parts[] = {&ret->month, &ret->day, &ret->hour, &ret->minute, &ret->second};

    trim(&text, &n);
    if (n >= 2 && text[0] == 'D' && text[1] == ':') {
        text += 2;
        n -= 2;
    }
    c = (struct cursor){text, text + n};
    *ret = (struct date){.year = digits(&c, 4)};
    if (ret->year < 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(parts) && c.at < c.end && *c.at >= '0' && *c.at <= '9'; i++) {
        if ((*parts[i] = digits(&c, 2)) < 0)
            return false;
        ret->has_time = i >= 2;
    }
    if (ret->has_time && !read_offset(&c, ret))
        return false;
    return c.at == c.end && is_possible(ret);
}

bool date_parse_exif(const char *text, size_t n, struct date *ret)
{
    struct cursor c;

    trim(&text, &n);
    c = (struct cursor){text, text + n};
    *ret = (struct date){.year = digits(&c, 4)};
    if (ret->year < 0 || !take(&c, ":") || (ret->month = digits(&c, 2)) < 0 || !take(&c, ":") ||
        (ret->day = digits(&c, 2)) < 0)
        return false;
    if (take(&c, " T") && !read_iso_time(&c, ret))
        return false;
    return c.at == c.end && is_possible(ret);
}

static bool take_spaces(struct cursor *c)
{
    bool any = false;

    while (take(c, " \t\r\n"))
        any = true;
    return any;
}

/* A run of letters in lowercase, at most three of them kept. */
static bool read_word(struct cursor *c, char ret[4])
{
    size_t n = 0;

    for (; c->at < c->end && is_alpha(*c->at); c->at++) {
        if (n < 3)
            ret[n++] = to_lower(*c->at);
    }
    ret[n] = '\0';
    return n > 0;
}

/* 1 to 12; 0: no month. */
static int read_month(struct cursor *c)
{
    static const char months[][4] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
    char word[4];

    if (!read_word(c, word))
        return 0;
    for (int i = 0; i < 12; i++) {
        if (strcmp(word, months[i]) == 0)
            return i + 1;
    }
    return 0;
}

/* One digit or two. */
static int short_number(struct cursor *c)
{
    bool is_long = c->end - c->at >= 2 && c->at[1] >= '0' && c->at[1] <= '9';

    return digits(c, is_long ? 2 : 1);
}

/* Four digits, or two of old (RFC 5322, 4.3). */
static int read_mail_year(struct cursor *c)
{
    const char *start = c->at;
    int year = digits(c, 4);

    if (year >= 0)
        return year;
    c->at = start;
    year = digits(c, 2);
    return year < 0 ? year : year + (year < 50 ? 2000 : 1900);
}

/* "+0100", or a name; -0000 and names that stand for no fixed offset tell nothing. False: neither. */
static bool read_mail_zone(struct cursor *c, struct date *ret)
{
    static const struct {
        char name[4];
        int hours;
    } zones[] = {{"gmt", 0},  {"ut", 0},   {"utc", 0},  {"z", 0},    {"est", -5}, {"edt", -4},
                 {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
    char word[4];

    if (c->at < c->end && !is_alpha(*c->at)) {
        if (c->end - c->at >= 5 && memcmp(c->at, "-0000", 5) == 0) {
            c->at += 5;
            return true;
        }
        return read_offset(c, ret);
    }
    if (!read_word(c, word))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        if (strcmp(word, zones[i].name) == 0) {
            ret->has_offset = true;
            ret->offset = zones[i].hours * 60;
        }
    }
    return true;
}

static bool read_mail_time(struct cursor *c, struct date *ret)
{
    ret->has_time = true;
    ret->hour = short_number(c);
    if (ret->hour < 0 || !take(c, ":") || (ret->minute = digits(c, 2)) < 0)
        return false;
    if (take(c, ":") && (ret->second = digits(c, 2)) < 0)
        return false;
    (void)take_spaces(c);
    return read_mail_zone(c, ret);
}

bool date_parse_mail(const char *text, size_t n, struct date *ret)
{
    struct cursor c;
    char word[4];

    trim(&text, &n);
    c = (struct cursor){text, text + n};
    *ret = (struct date){0};
    if (read_word(&c, word) && !take(&c, ","))
        return false;
    (void)take_spaces(&c);
    ret->day = short_number(&c);
    if (ret->day <= 0 || !(take_spaces(&c) || take(&c, "-")))
        return false;
    ret->month = read_month(&c);
    if (ret->month == 0 || !(take_spaces(&c) || take(&c, "-")))
        return false;
    ret->year = read_mail_year(&c);
    if (take_spaces(&c) && !read_mail_time(&c, ret))
        return false;
    if (take_spaces(&c) && take(&c, "(")) /* the zone once more, as a comment */
        c.at = c.end;
    return c.at == c.end && is_possible(ret);
}

bool date_parse_any(const char *text, size_t n, struct date *ret)
{
    return date_parse_iso(text, n, ret) || date_parse_exif(text, n, ret) ||
           date_parse_pdf(text, n, ret) || date_parse_mail(text, n, ret);
}

bool date_parse_offset(const char *text, size_t n, struct date *date)
{
    struct date with = *date;
    struct cursor c;

    trim(&text, &n);
    c = (struct cursor){text, text + n};
    if (n == 0 || date->has_offset || !read_offset(&c, &with) || c.at < c.end ||
        !is_possible(&with))
        return false;
    *date = with;
    return true;
}

void result_meta_iso_date(struct document *d, const char *key, const char *text, size_t n)
{
    struct date date;

    if (date_parse_any(text, n, &date))
        result_meta_date(d, key, &date, text, n);
    else
        result_meta_str(d, key, text, n);
}
