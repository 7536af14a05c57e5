/* xlsx_value.c - what a cell shows: numbers, dates, strings (ECMA-376 part 1, 18.8.30, 18.17.4,
 * 22.9.2.19).
 *
 * Dates are numbers of days; only the format of the cell tells that they are dates. They are written
 * by ISO 8601, with a space before the time so that both are words. Other numbers are written as
 * they are stored; binary fractions that have more digits than they need are cut down to those that
 * mean the same number.
 */
#include "extract/office/xlsx.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_NUMBER_BYTES = 63,
    SECONDS_A_DAY = 86400,
    LEAP_BUG_DAY = 60, /* 29 February 1900, which Lotus 1-2-3 believed in */
    MAX_SHORT_NUMBER = 16,
};

#define MAX_DAY 2958466.0 /* 1 January 10000 */

/* Behind what begins at `at` and is not part of the code proper: quoted, escaped, padding. */
static size_t skip_literal(const char *code, size_t n, size_t at)
{
    const char *end;

    if (code[at] == '\\' || code[at] == '_' || code[at] == '*')
        return MIN(at + 2, n);
    if (code[at] != '"')
        return at;
    end = memchr(code + at + 1, '"', n - at - 1);
    return end ? (size_t)(end - code) + 1 : n;
}

/* [h], [mm], [ss]: time that may exceed a day; [Red], [$-409], [>=100] are none. */
static bool is_elapsed(const char *inside, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!memchr("hms", to_lower(inside[i]), 3))
            return false;
    }
    return n > 0;
}

unsigned xlsx_code_shows(const char *code, size_t n)
{
    unsigned shows = 0;
    bool month_or_minute = false;
    const char *end;
    size_t next;

    for (size_t i = 0; i < n && code[i] != ';'; i = next) {
        next = skip_literal(code, n, i);
        if (next > i)
            continue;
        next = i + 1;
        if (code[i] == '[' && (end = memchr(code + i, ']', n - i))) {
            next = (size_t)(end - code) + 1;
            if (is_elapsed(code + i + 1, next - i - 2))
                shows |= XLSX_TIME | XLSX_ELAPSED;
        } else if (to_lower(code[i]) == 'y' || to_lower(code[i]) == 'd') {
            shows |= XLSX_DATE;
        } else if (to_lower(code[i]) == 'h' || to_lower(code[i]) == 's') {
            shows |= XLSX_TIME;
        } else if (to_lower(code[i]) == 'm') {
            month_or_minute = true;
        }
    }
    return month_or_minute && !(shows & XLSX_TIME) ? shows | XLSX_DATE : shows;
}

unsigned xlsx_builtin_shows(uint32_t id)
{
    static const struct {
        uint32_t first, last;
        unsigned shows;
    } ranges[] = {
        {14, 17, XLSX_DATE},
        {18, 21, XLSX_TIME},
        {22, 22, XLSX_DATE | XLSX_TIME},
        {27, 31, XLSX_DATE},
        {32, 33, XLSX_TIME},
        {34, 36, XLSX_DATE},
        {45, 45, XLSX_TIME},
        {46, 46, XLSX_TIME | XLSX_ELAPSED},
        {47, 47, XLSX_TIME},
        {50, 58, XLSX_DATE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        if (id >= ranges[i].first && id <= ranges[i].last)
            return ranges[i].shows;
    }
    return 0;
}

/* The civil date that is `day` days behind 1 March 0000 (proleptic Gregorian; Hinnant's days). */
static void civil_date(int64_t day, int *year, int *month, int *day_of_month)
{
    int64_t era = day / 146097, of_era = day % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;

    *day_of_month = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int print_date(char *to, size_t size, int64_t day, bool from_1904)
{
    const int64_t until_1899_12_30 = 693899, until_1904_01_01 = 695361;
    int year = 1900, month = 2, day_of_month = 29;

    if (from_1904)
        civil_date(until_1904_01_01 + day, &year, &month, &day_of_month);
    else if (day != LEAP_BUG_DAY)
        civil_date(until_1899_12_30 + day + (day < LEAP_BUG_DAY), &year, &month, &day_of_month);
    return snprintf(to, size, "%04d-%02d-%02d", year, month, day_of_month);
}

static void write_date(struct flow *f, double value, unsigned shows, bool from_1904)
{
    int64_t day = (int64_t)value;
    int64_t second = llround((value - (double)day) * SECONDS_A_DAY);
    bool has_date = shows & XLSX_DATE && !(day == 0 && second > 0 && !from_1904);
    char text[64];
    int n = 0;

    if (second == SECONDS_A_DAY) {
        second = 0;
        day++;
    }
    if (has_date)
        n = print_date(text, sizeof(text), day, from_1904);
    if (!has_date || second > 0)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%02d:%02d:%02d", has_date ? " " : "",
                      (int)(second / 3600) + (shows & XLSX_ELAPSED ? (int)day * 24 : 0),
                      (int)(second / 60 % 60), (int)(second % 60));
    flow_text(f, text, (size_t)n);
}

/* With as many digits as spreadsheets show at most: what is stored as 0.13079200000000002 is
 * 0.130792 to everybody who sees it, and looks for it. */
static void write_long_number(struct flow *f, double value)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%.15g", value);

    flow_text(f, text, (size_t)n);
}

void xlsx_write_number(struct flow *f, const char *text, size_t n, unsigned shows, bool from_1904)
{
    char number[MAX_NUMBER_BYTES + 1], *end;
    double value;

    trim(&text, &n);
    if (n == 0 || n > MAX_NUMBER_BYTES) {
        flow_text(f, text, n);
        return;
    }
    memcpy(number, text, n);
    number[n] = '\0';
    value = strtod(number, &end);
    if (*end || !isfinite(value))
        flow_text(f, text, n);
    else if (shows && value >= 0 && value < MAX_DAY)
        write_date(f, value, shows, from_1904);
    else if (n > MAX_SHORT_NUMBER && (memchr(number, '.', n) || memchr(number, 'E', n)))
        write_long_number(f, value);
    else
        flow_text(f, text, n);
}

/* The code of _xHHHH_ at `at`; -1: it is none. */
static int escaped(const char *at, size_t n)
{
    char hex[5] = "", *end;
    long code;

    if (n < 7 || at[1] != 'x' || at[6] != '_')
        return -1;
    memcpy(hex, at + 2, 4);
    code = strtol(hex, &end, 16);
    return *end || !is_alnum(hex[0]) ? -1 : (int)code;
}

void xlsx_write_string(struct flow *f, const char *text, size_t n)
{
    const char *end = text + n, *at = text, *from = text;
    char utf8[4];
    int code;

    while (at < end && (at = memchr(at, '_', (size_t)(end - at)))) {
        code = escaped(at, (size_t)(end - at));
        if (code < 0) {
            at++;
            continue;
        }
        flow_text(f, from, (size_t)(at - from));
        if (code < ' ')
            flow_text(f, " ", 1);
        else if (code < 0xd800 || code > 0xdfff)
            flow_text(f, utf8, utf8_encode((uint32_t)code, utf8));
        at += 7;
        from = at;
    }
    flow_text(f, from, (size_t)(end - from));
}
