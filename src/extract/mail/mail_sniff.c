/* mail_sniff.c - tells messages and mailboxes from other texts that begin with "Name: value".
 *
 * Sources, patches, YAML, packages' metadata and notes have such lines as well, so a message must
 * have two different fields of mail, and one that hardly stands anywhere else: a trace of transport,
 * an address, or a date as mail writes it. A patch that git made ("From <object name> Mon Sep 17
 * 00:00:00 2001") is a patch. Only the first fields are looked at, so the time is bounded.
 */
#include "extract/mail/mail_sniff.h"

#include "extract/mail/mail_date.h"
#include "extract/mail/mail_header.h"

#include <string.h>
#include <strings.h>

enum { SNIFF_BYTES = 64 * 1024, MAX_FROM_LINE = 1000, MAX_FROM_DATE = 50 };

/* Fields that only mail programs write. */
static const enum mail_field traces[] = {MAIL_RECEIVED,     MAIL_MESSAGE_ID,   MAIL_RETURN_PATH,
                                         MAIL_DELIVERED_TO, MAIL_MIME_VERSION, MAIL_IN_REPLY_TO,
                                         MAIL_LIST_ID};
static const enum mail_field addresses[] = {MAIL_FROM, MAIL_TO, MAIL_CC, MAIL_SENDER,
                                            MAIL_REPLY_TO};
/* Fields that make a header block plausible when there are two of them. */
static const enum mail_field known[] = {
    MAIL_FROM,       MAIL_TO,       MAIL_CC,          MAIL_SUBJECT,      MAIL_DATE,
    MAIL_MESSAGE_ID, MAIL_RECEIVED, MAIL_RETURN_PATH, MAIL_DELIVERED_TO, MAIL_MIME_VERSION,
    MAIL_TYPE,       MAIL_X_FIELD,  MAIL_SENDER,      MAIL_REPLY_TO,     MAIL_IN_REPLY_TO,
    MAIL_REFERENCES, MAIL_LIST_ID};

static bool has_trace(const struct mail_fields *f)
{
    const struct mail_span *date = &f->of[MAIL_DATE], *value;
    struct date unused;

    for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
        if (f->of[traces[i]].at)
            return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        value = &f->of[addresses[i]];
        if (value->at && memchr(value->at, '@', value->n))
            return true;
    }
    return date->at && !date_parse_iso(date->at, date->n, &unused) &&
           mail_date_parse(date->at, date->n, &unused);
}

/* White space and empty lines that stand before the first field do not count. */
static void skip_blank_lines(const char **text, size_t *size)
{
    while (*size > 0 && (**text == '\n' || **text == '\r')) {
        (*text)++;
        (*size)--;
    }
}

static bool is_first_field(const char *text, size_t size)
{
    const char *line;
    size_t n;

    (void)next_line(text, size, 0, &line, &n);
    return mail_field_name(line, n) > 0;
}

/* A line that is left on top of a message by programs that keep it in a mailbox. */
static void skip_from_line(const char **text, size_t *size)
{
    const char *line;
    size_t n, next;

    if (*size < 6 || (memcmp(*text, "From ", 5) != 0 && memcmp(*text, ">From ", 6) != 0))
        return;
    next = next_line(*text, *size, 0, &line, &n);
    *text += next;
    *size -= next;
}

bool mail_is_named(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;

    return dot && strcasecmp(dot, ".eml") == 0;
}

bool mail_is_message(const char *text, size_t size, bool named)
{
    struct mail_fields fields;
    unsigned n_known = 0;
    size_t body;

    size = MIN(size, (size_t)SNIFF_BYTES);
    if (named) {
        skip_blank_lines(&text, &size);
        skip_from_line(&text, &size);
    }
    if (!is_first_field(text, size))
        return false;
    body = mail_fields_read(text, size, &fields);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        n_known += fields.of[known[i]].at != NULL;
    if (named)
        return n_known >= 1;
    /* a block that ends in the middle of lines is less of one */
    return n_known >= (fields.is_closed || body == size ? 2 : 3) && has_trace(&fields);
}

/* "From ", and behind it a time and a year somewhere: the date that asctime(3) writes. */
static bool is_from_line(const char *line, size_t n)
{
    struct date date;

    if (n < 6 || n > MAX_FROM_LINE || memcmp(line, "From ", 5) != 0)
        return false;
    while (n > 0 && is_space(line[n - 1]))
        n--;
    for (size_t i = 5; i < n; i++) { /* behind the sender, who may have any words */
        if (line[i] == ' ' && n - i < MAX_FROM_DATE && mail_date_parse(line + i, n - i, &date))
            return date.has_time;
    }
    return false;
}

/* "From <40 or more hexadecimal digits> Mon Sep 17 00:00:00 2001". */
static bool is_patch_line(const char *line, size_t n)
{
    size_t digits = 0;

    while (5 + digits < n && strchr("0123456789abcdef", line[5 + digits]) && line[5 + digits])
        digits++;
    return digits >= 40 && memmem(line, n, " Mon Sep 17 00:00:00 2001", 25);
}

bool mail_is_separator(const char *text, size_t size, size_t at)
{
    bool after_blank = at == 0 || (at >= 2 && text[at - 2] == '\n') ||
                       (at >= 3 && text[at - 2] == '\r' && text[at - 3] == '\n');
    const char *line;
    size_t n, next, name;

    if (size - at < 5 || memcmp(text + at, "From ", 5) != 0)
        return false;
    next = next_line(text, size, at, &line, &n);
    if (!is_from_line(line, n) && !after_blank && !(n >= 6 && n <= 7 && line[5] == '-'))
        return false; /* "From - ": Mozilla, with or without a date */
    next = next_line(text, size, next, &line, &n);
    name = n > 5 && memcmp(line, ">From ", 6) == 0 ? n : mail_field_name(line, n);
    return name > 0;
}

bool mail_is_mailbox(const char *text, size_t size, bool named)
{
    const char *line;
    size_t n;

    size = MIN(size, (size_t)SNIFF_BYTES);
    skip_blank_lines(&text, &size);
    (void)next_line(text, size, 0, &line, &n);
    if (!mail_is_separator(text, size, 0))
        return false;
    return named || (is_from_line(line, n) && !is_patch_line(line, n));
}
