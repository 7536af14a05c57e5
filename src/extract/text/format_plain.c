/* format_plain.c - plain text, source code, logs, and reStructuredText: the body is the text, byte
 * for byte.
 *
 * Only an underlined heading at the very top is a title; anything looser would promote the first
 * line of every log and letter. reStructuredText may have comments, labels and fields before it.
 */
#include "extract/extractor.h"

#include <string.h>

enum { HEADING_BYTES = 16 * 1024, MIN_UNDERLINE = 3 };

/* A line of one punctuation mark, repeated. */
static bool is_underline(const char *line, size_t n)
{
    while (n > 0 && is_space(line[n - 1]))
        n--;
    if (n < MIN_UNDERLINE || !strchr("=-~^\"'`#*+:.<>_", line[0]))
        return false;
    for (size_t i = 1; i < n; i++) {
        if (line[i] != line[0])
            return false;
    }
    return true;
}

/* Characters, as far as an underline's length goes. */
static size_t width(const char *line, size_t n)
{
    size_t width = 0;

    for (size_t i = 0; i < n; i++)
        width += ((uint8_t)line[i] & 0xc0) != 0x80;
    return width;
}

/* A title, and below it an underline about as long as it (people miscount). */
static bool is_heading(const char *line, size_t n, const char *under, size_t under_n)
{
    trim(&line, &n);
    return n > 0 && !is_underline(line, n) && is_underline(under, under_n) &&
           under_n + 2 >= width(line, n);
}

/* What reStructuredText allows before the title: explicit markup with its indented lines, and
 * fields. */
static bool is_rst_preamble(const char *line, size_t n)
{
    return starts_with(line, n, "..") || is_space(line[0]) ||
           (line[0] == ':' && memchr(line + 1, ':', n - 1) && n > 2 && is_alpha(line[1]));
}

static void find_heading(struct document *d, bool is_rst)
{
    size_t size = MIN(d->size, (size_t)HEADING_BYTES), at = 0, n, under_n;
    const char *line, *under;

    while (at < size) {
        at = next_line(d->text, size, at, &line, &n);
        if (n == 0 || (n < MIN_UNDERLINE && is_space(line[0])))
            continue;
        if (is_rst && is_rst_preamble(line, n) && !is_underline(line, n))
            continue;
        if (at < size && is_underline(line, n))
            at = next_line(d->text, size, at, &line, &n);
        if (at < size)
            (void)next_line(d->text, size, at, &under, &under_n);
        if (at < size && is_heading(line, n, under, under_n))
            result_title(d, line, n);
        return;
    }
}

int extract_plain(struct extractor *x, struct document *d)
{
    (void)x;
    find_heading(d, false);
    result_whole_text(d);
    return 0;
}

/* Source code and the like: what looks like a heading there is a comment. */
int extract_verbatim(struct extractor *x, struct document *d)
{
    (void)x;
    result_whole_text(d);
    return 0;
}

int extract_rst(struct extractor *x, struct document *d)
{
    (void)x;
    find_heading(d, true);
    result_whole_text(d);
    return 0;
}
