/* output.c - makes text of unknown origin safe to print, and prints.
 *
 * Promise: whatever bytes go into output_line(), output_block() and output_marked(), the terminal
 * gets printable characters (and, from the latter two, line feeds, tabs or the styles of this
 * file), in valid UTF-8. Output is gathered in a buffer and written once, so a reader sees all of
 * it or knows that it failed.
 */
#include "cli/output.h"

#include "base/fd.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define MARK_BEGIN '\x02'
#define MARK_END   '\x03'

static const char *const sequences[STYLE_N] = {
    [STYLE_PLAIN] = "\x1b[0m",   [STYLE_BOLD] = "\x1b[1m",   [STYLE_DIM] = "\x1b[2m",
    [STYLE_RED] = "\x1b[31m",    [STYLE_GREEN] = "\x1b[32m", [STYLE_YELLOW] = "\x1b[33m",
    [STYLE_MARK] = "\x1b[1;33m",
};

static enum { STYLES_UNKNOWN, STYLES_ON, STYLES_OFF } styles;

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

const char *style(enum style s)
{
    const char *no_color = getenv("NO_COLOR");

    if (styles == STYLES_UNKNOWN)
        style_enable(output_is_terminal() && !(no_color && *no_color));
    return styles == STYLES_ON ? sequences[s] : "";
}

void style_enable(bool on)
{
    styles = on ? STYLES_ON : STYLES_OFF;
}

unsigned output_columns(unsigned *ret_rows)
{
    struct winsize w = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 && w.ws_row > 0;

    if (ret_rows)
        *ret_rows = known ? w.ws_row : 24;
    return known ? w.ws_col : 80;
}

/* The code point of a well-formed sequence. */
static uint32_t decode(const char *text, size_t length)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)text[0] & first_bits[length];

    for (size_t i = 1; i < length; i++)
        c = c << 6 | ((unsigned char)text[i] & 0x3f);
    return c;
}

struct range {
    uint32_t first, last;
};

/* Controls, separators of lines and paragraphs, marks and overrides of direction (UAX 9), tags. */
static const struct range unsafe[] = {{0x00, 0x1f},     {0x7f, 0x9f},      {0x061c, 0x061c},
                                      {0x200e, 0x200f}, {0x2028, 0x202e},  {0x2066, 0x2069},
                                      {0xfeff, 0xfeff}, {0xe0000, 0xe007f}};

static bool is_unsafe(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
        if (c >= unsafe[i].first && c <= unsafe[i].last)
            return true;
    return false;
}

static void add_escape(struct buf *out, uint32_t c)
{
    if (c == '\n')
        buf_add_str(out, "\\n");
    else if (c == '\t')
        buf_add_str(out, "\\t");
    else if (c < 0x80)
        buf_printf(out, "\\x%02x", c);
    else
        buf_printf(out, "\\u{%x}", c);
}

/* Appends the character at `text`; returns its bytes. `kept`: unsafe ASCII characters that stay. */
static size_t add_character(struct buf *out, const char *text, size_t n, const char *kept)
{
    size_t length = text[0] == '\0' ? 1 : utf8_sequence(text, n);
    uint32_t c;

    if (length == 0) {
        buf_printf(out, "\\x%02x", (unsigned char)text[0]);
        return 1;
    }
    c = decode(text, length);
    if (is_unsafe(c) && !(c > 0 && c < 0x80 && strchr(kept, (int)c)))
        add_escape(out, c);
    else
        buf_add(out, text, length);
    return length;
}

static void add_safe(struct buf *out, const char *text, size_t n, const char *kept)
{
    for (size_t i = 0; i < n;)
        i += add_character(out, text + i, n - i, kept);
}

void output_line(struct buf *out, const char *text, size_t n)
{
    add_safe(out, text, n, "");
}

void output_str(struct buf *out, const char *text)
{
    output_line(out, text, strlen(text));
}

void output_block(struct buf *out, const char *text, size_t n)
{
    add_safe(out, text, n, "\n\t");
}

void output_marked(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (text[i] == MARK_BEGIN || text[i] == MARK_END) {
            buf_add_str(out, style(text[i] == MARK_BEGIN ? STYLE_MARK : STYLE_PLAIN));
            i++;
        } else if (text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
            buf_add_char(out, ' ');
            i++;
        } else {
            i += add_character(out, text + i, n - i, "");
        }
    }
    buf_add_str(out, style(STYLE_PLAIN));
}

void output_unmarked(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != MARK_BEGIN && text[i] != MARK_END)
            buf_add_char(out, text[i]);
}

/* Bytes of the ANSI sequence at `text`, 0 when there is none. */
static size_t ansi_sequence(const char *text, size_t n)
{
    size_t i = 2;

    if (n < 3 || text[0] != '\x1b' || text[1] != '[')
        return 0;
    while (i < n && (text[i] < '@' || text[i] > '~'))
        i++;
    return i < n ? i + 1 : 0;
}

size_t output_width(const char *text, size_t n)
{
    size_t width = 0, length;

    for (size_t i = 0; i < n; i += length) {
        int cells;

        length = ansi_sequence(text + i, n - i);
        if (length > 0)
            continue;
        length = utf8_sequence(text + i, n - i);
        if (length == 0)
            length = 1;
        cells = wcwidth((wchar_t)decode(text + i, length));
        width += cells < 0 ? 1 : (size_t)cells;
    }
    return width;
}

static int told(int r)
{
    if (r == 0)
        return 0;
    (void)fprintf(stderr, "penstock: cannot write to standard output: %s\n", strerror(-r));
    return EXIT_FAILED;
}

int output_raw(const char *bytes, size_t n)
{
    return told(fd_write_all(STDOUT_FILENO, bytes, n));
}

int output_flush(struct buf *out)
{
    int r;

    if (out->size > 0 && out->data[out->size - 1] != '\n')
        buf_add_char(out, '\n');
    r = buf_error(out);
    if (r == 0)
        r = fd_write_all(STDOUT_FILENO, buf_text(out), out->size);
    buf_done(out);
    return told(r);
}
