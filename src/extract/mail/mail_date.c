/* mail_date.c - reads the dates of messages.
 *
 * Thirty years of programs have put the words of a date in any order, so each word is taken for
 * what it looks like: a time has a colon, an offset a sign, a month is known by three letters, of
 * bare numbers the first of one or two digits is the day and the other one the year. Comments in
 * parentheses, days of the week and unknown words mean nothing.
 */
#include "extract/mail/mail_date.h"

#include <string.h>

enum { MAX_DATE_BYTES = 200, MAX_WORD = 32 };

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

/* RFC 5322, 4.3. */
static const struct {
    const char *name;
    int minutes;
} zones[] = {
    {"gmt", 0},    {"ut", 0},     {"utc", 0},    {"z", 0},      {"est", -300},
    {"edt", -240}, {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360},
    {"pst", -480}, {"pdt", -420}, {"cet", 60},   {"cest", 120}, {"bst", 60},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number at *at, of at most 4 digits; -1 when there is none. */
static int number(const char **at)
{
    int value = 0, n = 0;

    for (; is_digit(**at) && n < 4; n++, (*at)++)
        value = value * 10 + (**at - '0');
    return n > 0 ? value : -1;
}

/* +hhmm, +hh:mm or +hh. */
static void take_offset(const char *word, struct date *ret)
{
    bool west = *word++ == '-';
    const char *start = word;
    int value = number(&word), minutes = 0;

    if (value < 0 || ret->has_offset)
        return;
    if (word - start <= 2) {
        word += *word == ':';
        minutes = number(&word);
        value = value * 100 + (minutes < 0 ? 0 : minutes);
    }
    ret->has_offset = value <= 2359 && value % 100 < 60;
    ret->offset = (west ? -1 : 1) * (value / 100 * 60 + value % 100);
}

/* hh:mm[:ss], and an offset when that is glued to it. */
static void take_time(const char *word, struct date *ret)
{
    ret->hour = number(&word);
    ret->second = 0;
    ret->has_time = ret->hour >= 0 && *word == ':';
    word += *word == ':';
    ret->minute = number(&word);
    if (*word == ':') {
        word++;
        ret->second = number(&word);
    }
    if (ret->minute < 0 || ret->second < 0)
        ret->has_time = false;
    else if (*word == '+' || *word == '-')
        take_offset(word, ret);
}

static void take_letters(const char *word, struct date *ret)
{
    char first[4] = {word[0], word[1], word[1] ? word[2] : '\0', '\0'};
    const char *month = strlen(first) == 3 ? strstr(months, first) : NULL;

    if (month && (month - months) % 3 == 0 && ret->month == 0)
        ret->month = (int)(month - months) / 3 + 1;
    if (ret->has_time && strcmp(word, "pm") == 0 && ret->hour < 12)
        ret->hour += 12;
    if (ret->has_time && strcmp(word, "am") == 0 && ret->hour == 12)
        ret->hour = 0;
    for (size_t i = 0; i < ARRAY_SIZE(zones) && ret->has_time && !ret->has_offset; i++) {
        if (strcmp(word, zones[i].name) == 0) {
            ret->has_offset = true;
            ret->offset = zones[i].minutes;
        }
    }
}

static void take_number(const char *word, struct date *ret)
{
    const char *at = word;
    int value = number(&at);

    if (at - word <= 2 && ret->day == 0 && value > 0)
        ret->day = value;
    else if (ret->year == 0 && at - word >= 2)
        ret->year = at - word == 4 ? value : value + (at - word == 2 && value < 50 ? 2000 : 1900);
}

static void take_word(const char *word, struct date *ret)
{
    if (is_digit(word[0]) && strchr(word, ':')) {
        if (!ret->has_time)
            take_time(word, ret);
    } else if (is_digit(word[0])) {
        take_number(word, ret);
    } else if (word[0] == '+' || word[0] == '-') {
        take_offset(word, ret);
    } else if (is_alpha(word[0])) {
        take_letters(word, ret);
    }
}

/* A hyphen is part of an offset in or behind the time, and separates words before it. */
static bool is_separator(char c, bool at_time)
{
    return is_space(c) || c == ',' || c == '(' || c == ')' || (c == '-' && !at_time);
}

/* Cuts the text into lowercase words. */
static void take_words(const char *text, size_t n, struct date *ret)
{
    unsigned comments = 0;
    char word[MAX_WORD];
    size_t length = 0;
    bool at_time;

    for (size_t i = 0; i <= n; i++) {
        at_time = ret->has_time || memchr(word, ':', length);
        if (i < n && comments == 0 && !is_separator(text[i], at_time)) {
            if (length + 1 < sizeof(word))
                word[length++] = to_lower(text[i]);
            continue;
        }
        word[length] = '\0';
        if (length > 0)
            take_word(word, ret);
        length = 0;
        if (i < n && text[i] == '(')
            comments++;
        if (i < n && text[i] == ')' && comments > 0)
            comments--;
    }
}

bool mail_date_parse(const char *text, size_t n, struct date *ret)
{
    struct date date = {0};

    n = MIN(n, (size_t)MAX_DATE_BYTES);
    if (date_parse_iso(text, n, ret))
        return true;
    take_words(text, n, &date);
    if (date.day == 0 || date.month == 0 || date.year == 0)
        return false;
    if (!date.has_time)
        date.has_offset = false;
    *ret = date;
    return true;
}
