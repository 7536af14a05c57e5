/* format_mbox.c - mailboxes: one message after the other, each behind a line "From sender date".
 *
 * Every message is a part of its own; the mailbox itself shows a list of dates and subjects, so that
 * it is found when its messages are not read. Lines that were quoted to keep them from being taken
 * for separators (">From ", of mboxo and mboxrd) lose one ">". "Content-Length" is not believed:
 * mailboxes are edited. A line separates only when a message follows it, so text that begins with
 * "From " stays text.
 */
#include "extract/mail/mbox.h"

#include "extract/mail/mail_charset.h"
#include "extract/mail/mail_date.h"
#include "extract/mail/mail_header.h"
#include "extract/mail/mail_sniff.h"
#include "extract/part.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_LISTED = 10000 };

struct mailbox {
    struct extractor *x;
    struct document *d;
    const char *bytes;
    size_t size;
    unsigned n_messages;
    bool no_more_parts;
};

/* ">From " or ">>From " and so on. */
static bool is_quoted(const char *line, size_t n)
{
    size_t quotes = 0;

    while (quotes < n && line[quotes] == '>')
        quotes++;
    return quotes > 0 && n - quotes >= 5 && memcmp(line + quotes, "From ", 5) == 0;
}

/* Copies the message without the quotation of its lines. */
static void unquote(const char *bytes, size_t n, struct buf *to)
{
    const char *at = bytes, *end = bytes + n, *found;

    while ((found = memmem(at, (size_t)(end - at), "\n>", 2))) {
        buf_add(to, at, (size_t)(found + 1 - at));
        at = found + 1;
        at += is_quoted(at, (size_t)(end - at));
        if (at == found + 1) { /* past it, or it would be found again */
            buf_add_char(to, '>');
            at++;
        }
    }
    buf_add(to, at, (size_t)(end - at));
}

int mbox_message(const char *bytes, size_t size, struct buf *copy, struct mbox_message *ret)
{
    const char *line;
    size_t n, at = next_line(bytes, size, 0, &line, &n);

    if (size > at && bytes[size - 1] == '\n') /* the empty line in front of the next separator */
        size--;
    if (size > at && bytes[size - 1] == '\r')
        size--;
    *ret = (struct mbox_message){bytes + at, size - at};
    if (!memmem(ret->bytes, ret->size, "\n>", 2))
        return 0;
    buf_clear(copy);
    unquote(ret->bytes, ret->size, copy);
    *ret = (struct mbox_message){buf_text(copy), copy->size};
    return buf_error(copy);
}

static int read_part(struct mailbox *b, const char *bytes, size_t n, bool cut_off)
{
    struct buf copy = BUF_INIT;
    struct mbox_message m;
    char name[32];
    int r = mbox_message(bytes, n, &copy, &m);

    (void)snprintf(name, sizeof(name), "message-%u.eml", b->n_messages);
    if (r == 0)
        r = part_read(b->x, b->d, name, strlen(name), m.bytes, m.size, cut_off);
    buf_done(&copy);
    b->no_more_parts = r == PART_STOP;
    return r == PART_STOP ? 0 : r;
}

static int decode_field(struct mailbox *b, const struct mail_span *value, struct buf *to)
{
    return value->at ? mail_words_decode(b->x, "", value->at, value->n, to) : 0;
}

/* Its date and subject as a line of the mailbox's text. */
static int list_message(struct mailbox *b, const char *bytes, size_t n)
{
    struct mail_fields fields;
    struct buf line = BUF_INIT;
    int r;

    (void)mail_fields_read(bytes, n, &fields);
    r = decode_field(b, &fields.of[MAIL_DATE], &line);
    buf_add_char(&line, '\t');
    if (r == 0)
        r = decode_field(b, &fields.of[MAIL_SUBJECT], &line);
    buf_add_char(&line, '\n');
    if (r == 0)
        r = buf_error(&line);
    if (r == 0)
        result_text(b->d, buf_text(&line), line.size);
    buf_done(&line);
    return r;
}

/* From one separator to the next: [from, to). */
static int read_message(struct mailbox *b, size_t from, size_t to)
{
    const struct extract_limits *limits = b->d->limits;
    bool is_last = to == b->size;
    const char *line;
    size_t n, header = next_line(b->bytes, to, from, &line, &n);
    int r = 0;

    b->n_messages++;
    if (b->n_messages <= MAX_LISTED)
        r = list_message(b, b->bytes + header, to - header);
    else
        b->d->out->truncated = true;
    if (r != 0 || b->no_more_parts || !b->d->parts->take || limits->max_parts == 0 ||
        limits->max_part_depth == 0 || limits->max_unpacked_bytes == 0)
        return r;
    return read_part(b, b->bytes + from, to - from, is_last && b->d->cut_off);
}

/* Where the next separator begins, from the start of a line on. */
static size_t next_separator(const struct mailbox *b, size_t at)
{
    const char *found;

    while ((found = memmem(b->bytes + at, b->size - at, "\nFrom ", 6))) {
        at = (size_t)(found + 1 - b->bytes);
        if (mail_is_separator(b->bytes, b->size, at))
            return at;
    }
    return b->size;
}

static int read_mailbox(struct mailbox *b)
{
    size_t at = 0, next, n;
    const char *line;
    int r = 0;

    while (at < b->size && (b->bytes[at] == '\n' || b->bytes[at] == '\r'))
        at++;
    while (r == 0 && at < b->size) {
        next = next_line(b->bytes, b->size, at, &line, &n);
        next = next_separator(b, next > 0 ? next - 1 : 0);
        r = read_message(b, at, next);
        at = next;
    }
    result_meta_uint(b->d, "message_count", b->n_messages);
    return r;
}

int extract_mbox(struct extractor *x, struct document *d)
{
    struct mailbox b = {.x = x, .d = d, .bytes = d->bytes, .size = d->n_bytes};
    const char *dot = d->name ? strrchr(d->name, '.') : NULL;
    bool named = dot && strcasecmp(dot, ".mbox") == 0;

    if (!mail_is_mailbox(b.bytes, b.size, named)) { /* behind a mark, or in UTF-16 */
        b.bytes = d->text;
        b.size = d->size;
    }
    if (!b.bytes || !mail_is_mailbox(b.bytes, b.size, named))
        return EXTRACT_REFUSED;
    return read_mailbox(&b);
}
