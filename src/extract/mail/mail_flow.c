/* mail_flow.c - three kinds of plain text.
 *
 * Flowed text is unfolded paragraph by paragraph, within one depth of quotation; a soft line end in
 * front of another depth, a signature or the end is a hard one (RFC 3676, 4.5). In enriched text a
 * single line end is a space and n of them are n - 1; what stands between <param> and </param> is
 * for programs. Linear.
 */
#include "extract/mail/mail_flow.h"

#include "extract/document.h"

#include <string.h>

/* The line without its end, be that \n, \r\n or the \r\r\n of some gateways. */
static size_t take_line(const char *text, size_t n, size_t at, const char **line, size_t *length)
{
    at = next_line(text, n, at, line, length);
    while (*length > 0 && (*line)[*length - 1] == '\r')
        (*length)--;
    return at;
}

void mail_plain_text(const char *text, size_t n, struct buf *to)
{
    const char *line;
    size_t at = 0, length;

    while (at < n) {
        at = take_line(text, n, at, &line, &length);
        buf_add(to, line, length);
        buf_add_char(to, '\n');
    }
}

static bool is_signature(const char *line, size_t n)
{
    return n == 3 && memcmp(line, "-- ", 3) == 0;
}

void mail_flowed_text(const char *text, size_t n, bool delsp, struct buf *to)
{
    size_t at = 0, length, quotes, open_quotes = 0;
    bool open = false, soft; /* the line before goes on */
    const char *line;

    while (at < n) {
        at = take_line(text, n, at, &line, &length);
        for (quotes = 0; quotes < length && line[quotes] == '>'; quotes++)
            ;
        line += quotes;
        length -= quotes;
        if (length > 0 && line[0] == ' ') { /* stuffed */
            line++;
            length--;
        }
        soft = length > 0 && line[length - 1] == ' ' && !is_signature(line, length);
        if (open && (quotes != open_quotes || is_signature(line, length))) {
            buf_add_char(to, '\n');
            open = false;
        }
        for (size_t i = 0; !open && i < quotes; i++)
            buf_add_char(to, '>');
        if (!open && quotes > 0 && length > 0)
            buf_add_char(to, ' ');
        buf_add(to, line, length - (soft && delsp));
        if (!soft)
            buf_add_char(to, '\n');
        open = soft;
        open_quotes = quotes;
    }
}

/* Behind the command at `at`; `ret_param`: it is <param>. */
static size_t skip_command(const char *text, size_t n, size_t at, bool *ret_param)
{
    const char *end = memchr(text + at, '>', MIN(n - at, (size_t)64));

    if (!end)
        return at + 1;
    *ret_param = starts_with(text + at, n - at, "<param>");
    return (size_t)(end - text) + 1;
}

/* Behind "</param>"; when there is none, `at`. */
static size_t skip_param(const char *text, size_t n, size_t at)
{
    const char *end = memmem(text + at, MIN(n - at, (size_t)1000), "</param>", 8);

    return end ? (size_t)(end - text) + 8 : at;
}

void mail_enriched_text(const char *text, size_t n, struct buf *to)
{
    size_t i = 0, lines;
    bool is_param = false;

    while (i < n) {
        if (text[i] == '<' && i + 1 < n && text[i + 1] == '<') {
            buf_add_char(to, '<');
            i += 2;
        } else if (text[i] == '<') {
            is_param = false;
            if (starts_with(text + i, n - i, "<nl>"))
                buf_add_char(to, '\n');
            i = skip_command(text, n, i, &is_param);
            if (is_param)
                i = skip_param(text, n, i);
        } else if (text[i] == '\n' || text[i] == '\r') {
            for (lines = 0; i < n && (text[i] == '\n' || text[i] == '\r'); i++)
                lines += text[i] == '\n';
            buf_add_char(to, lines > 1 ? '\n' : ' ');
        } else {
            buf_add_char(to, text[i++]);
        }
    }
}
