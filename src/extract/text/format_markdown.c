/* format_markdown.c - Markdown: the body is the file's text, which is made to be read as it is.
 *
 * Title: the front matter's `title:`, else the first heading (# or underlined) outside code blocks,
 * without its emphasis marks and link targets. The fields of the front matter (YAML between ---
 * lines) go into the metadata. Only the first 64 kB are searched.
 */
#include "extract/extractor.h"
#include "extract/text/yaml_fields.h"

#include <string.h>

enum { HEAD_BYTES = 64 * 1024 };

static bool is_line(const char *line, size_t n, const char *text)
{
    while (n > 0 && is_space(line[n - 1]))
        n--;
    return n == strlen(text) && memcmp(line, text, n) == 0;
}

/* Reads the front matter; returns where the text behind it begins. */
static size_t read_front_matter(struct document *d, size_t size)
{
    const char *line;
    size_t n, start, at = next_line(d->text, size, 0, &line, &n);

    if (!is_line(line, n, "---"))
        return 0;
    start = at;
    while (at < size) {
        at = next_line(d->text, size, at, &line, &n);
        if (is_line(line, n, "---") || is_line(line, n, "...")) {
            (void)yaml_read_fields(d, d->text + start, (size_t)(line - d->text) - start,
                                   YAML_METADATA);
            return at;
        }
    }
    return 0;
}

/* Copies a heading without what only the renderer needs: backticks, asterisks, link targets. */
static void set_title(struct extractor *x, struct document *d, const char *text, size_t n)
{
    struct buf *plain = &x->scratch;
    const char *close;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '`' || text[i] == '*' || text[i] == '[')
            continue;
        if (text[i] == '!' && i + 1 < n && text[i + 1] == '[')
            continue;
        if (text[i] == ']' && i + 1 < n && text[i + 1] == '(' &&
            (close = memchr(text + i, ')', n - i))) {
            i = (size_t)(close - text);
            continue;
        }
        if (text[i] != ']')
            buf_add_char(plain, text[i]);
    }
    result_title(d, buf_text(plain), plain->size);
    buf_clear(plain);
}

/* "# heading ##": finds the heading in the line. */
static bool is_atx(const char **line, size_t *n)
{
    size_t level = 0;

    while (level < *n && (*line)[level] == '#')
        level++;
    if (level == 0 || level > 6 || level == *n || !is_space((*line)[level]))
        return false;
    *line += level;
    *n -= level;
    trim(line, n);
    while (*n > 0 && (*line)[*n - 1] == '#')
        (*n)--;
    trim(line, n);
    return *n > 0;
}

/* The line below a heading: all '=' or all '-'. */
static bool is_setext(const char *line, size_t n)
{
    trim(&line, &n);
    if (n == 0 || (line[0] != '=' && line[0] != '-'))
        return false;
    for (size_t i = 1; i < n; i++) {
        if (line[i] != line[0])
            return false;
    }
    return true;
}

/* Text that an underline can make a heading of: not a list, quote, table or tag. */
static bool may_be_heading(const char *line, size_t n)
{
    return n > 0 && !strchr("-*+>|<=", line[0]);
}

static void find_heading(struct extractor *x, struct document *d, size_t at, size_t size)
{
    const char *line, *previous = NULL;
    size_t n, previous_n = 0;
    char fence = '\0';

    while (at < size && d->out->title.size == 0) {
        at = next_line(d->text, size, at, &line, &n);
        if (n > 3 && starts_with(line, n, "    ")) {
            previous = NULL;
            continue;
        }
        trim(&line, &n);
        if (n >= 3 && (line[0] == '`' || line[0] == '~') && line[1] == line[0] &&
            line[2] == line[0]) {
            if (!fence)
                fence = line[0];
            else if (fence == line[0])
                fence = '\0';
            previous = NULL;
        } else if (!fence && previous && is_setext(line, n)) {
            set_title(x, d, previous, previous_n);
        } else if (!fence) {
            previous = may_be_heading(line, n) ? line : NULL;
            previous_n = n;
            if (is_atx(&line, &n))
                set_title(x, d, line, n);
        }
    }
}

int extract_markdown(struct extractor *x, struct document *d)
{
    size_t size = MIN(d->size, (size_t)HEAD_BYTES);

    find_heading(x, d, read_front_matter(d, size), size);
    result_whole_text(d);
    return 0;
}
