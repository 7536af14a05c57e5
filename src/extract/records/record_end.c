/* record_end.c - where a record ends: at its line's end (NDJSON), at a line's end outside of quotes
 * (CSV), in front of the next message (mbox).
 */
#include "extract/mail/mail_sniff.h"
#include "extract/records/record_stream.h"

#include <string.h>

/* What is looked at of the lines that follow a possible separator of a mailbox. */
#define AHEAD_BYTES ((size_t)4096)
/* A quoted field that has not ended by then was never meant as one: else one stray quote would make
 * a single record of the rest of the file. */
#define MAX_QUOTED_BYTES ((size_t)1 << 20)

size_t record_end_line(struct record_stream *s, const char *text, size_t n, size_t *from,
                       bool at_end)
{
    const char *end = memchr(text + *from, '\n', n - *from);

    (void)s;
    (void)at_end;
    *from = n;
    return end ? (size_t)(end - text) + 1 : 0;
}

/* Behind the quote that closes the field, or what cannot be told yet: 0, with *from set. Sets
 * lines_only when it is not closed in time. */
static size_t close_quote(struct record_stream *s, const char *text, size_t n, size_t *from,
                          bool at_end)
{
    size_t limit = MIN(MAX_QUOTED_BYTES, s->max_bytes), seen = MIN(n, limit), at = *from;
    const char *quote;

    while (at < seen && (quote = memchr(text + at, '"', seen - at))) {
        at = (size_t)(quote - text) + 1;
        if (at == n && !at_end) {
            *from = at - 1;
            return 0;
        }
        if (at == n || text[at] != '"')
            return at;
        at++;
    }
    s->lines_only = at_end || n >= limit;
    *from = MAX(at, seen);
    return 0;
}

/* A field may begin with a quote behind `at`; later in a record quotes are characters. */
static bool opens_quote(const struct record_stream *s, const char *text, size_t at)
{
    return !s->lines_only && !s->skipping && at < MIN(MAX_QUOTED_BYTES, s->max_bytes) &&
           (at == 0 || text[at - 1] == s->delimiter);
}

size_t record_end_csv(struct record_stream *s, const char *text, size_t n, size_t *from,
                      bool at_end)
{
    size_t at = *from;

    while (at < n || s->in_quotes) {
        if (s->in_quotes) {
            *from = at;
            at = close_quote(s, text, n, from, at_end);
            if (at == 0 && !s->lines_only)
                return 0;
            s->in_quotes = false; /* with lines_only the record is looked at once more, by lines */
            continue;
        }
        while (at < n && text[at] != '\n' && text[at] != '"')
            at++;
        if (at < n && text[at] == '\n')
            return at + 1;
        if (at < n)
            s->in_quotes = opens_quote(s, text, at++);
    }
    *from = at;
    return 0;
}

size_t record_end_mbox(struct record_stream *s, const char *text, size_t n, size_t *from,
                       bool at_end)
{
    size_t at = *from;
    const char *found;

    (void)s;
    while ((found = memmem(text + at, n - at, "\nFrom ", 6))) {
        at = (size_t)(found - text);
        if (!at_end && n - at <= AHEAD_BYTES) {
            *from = at;
            return 0;
        }
        at++;
        if (mail_is_separator(text, MIN(n, at + AHEAD_BYTES), at))
            return at;
    }
    *from = MAX(at, n - MIN(n, (size_t)5));
    return 0;
}
