/* record_csv.c - see record_csv.h.
 *
 * A header that is longer than one would write is none: it goes with every record, into its text
 * and into what identifies it, so its length multiplies.
 */
#include "extract/records/record_csv.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_HEADER_BYTES = 16 * 1024 };

/* Appends a field without the doubling of quotes inside it. */
static void add_unquoted(struct buf *to, const char *text, size_t n)
{
    const char *quote;
    size_t part;

    while ((quote = memmem(text, n, "\"\"", 2))) {
        part = (size_t)(quote - text) + 1;
        buf_add(to, text, part);
        text += part + 1;
        n -= part + 1;
    }
    buf_add(to, text, n);
}

static size_t header_size(const char *text, size_t size, char delimiter)
{
    struct csv_field f = {0};
    size_t at = 0;

    do {
        at = csv_next_field(text, size, at, delimiter, &f);
    } while (!f.is_last && at <= MAX_HEADER_BYTES);
    return at;
}

static void add_names(struct record_csv *c)
{
    struct csv_field f = {0};
    size_t at = 0;

    for (unsigned i = 0; i < MAX_LIST_ITEMS && !f.is_last; i++) {
        at = csv_next_field(buf_text(&c->header), c->header.size, at, c->delimiter, &f);
        trim(&f.text, &f.n);
        f.n = utf8_cut(f.text, f.n, MIN(f.n, (size_t)MAX_KEY_BYTES));
        add_unquoted(&c->names, f.text, f.n);
        buf_add_char(&c->names, '\0');
    }
}

int record_csv_begin(struct record_csv *c, const char *text, size_t size)
{
    size_t n;

    c->delimiter = csv_find_delimiter(text, size);
    buf_clear(&c->header);
    buf_clear(&c->names);
    if (!csv_has_header(text, size, c->delimiter))
        return 0;
    n = header_size(text, size, c->delimiter);
    if (n > MAX_HEADER_BYTES)
        return 0;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    buf_add(&c->header, text, n);
    add_names(c);
    return buf_error(&c->header) < 0 || buf_error(&c->names) < 0 ? -ENOMEM : 0;
}

void record_csv_done(struct record_csv *c)
{
    buf_done(&c->header);
    buf_done(&c->names);
}

bool record_csv_has_header(const struct record_csv *c)
{
    return c->header.size > 0;
}

static void add_value(struct document *d, const char *name, const struct buf *value)
{
    const char *text = buf_text(value);
    size_t n = value->size;

    trim(&text, &n);
    if (n == 0)
        return;
    if (name[0]) {
        result_text(d, name, strlen(name));
        result_text(d, ": ", 2);
    }
    result_text(d, text, n);
    result_text(d, "\n", 1);
    result_field(d, name, strlen(name), text, n);
    if (!csv_is_number(text, n))
        result_title(d, text, n);
}

int record_csv_read(const struct record_csv *c, struct document *d)
{
    const char *name = buf_text(&c->names), *end = name + c->names.size;
    struct buf value = BUF_INIT;
    struct csv_field f = {0};
    size_t at = 0;
    int r;

    do {
        at = csv_next_field(d->text, d->size, at, c->delimiter, &f);
        buf_clear(&value);
        add_unquoted(&value, f.text, f.n);
        add_value(d, name < end ? name : "", &value);
        if (name < end)
            name += strlen(name) + 1;
    } while (!f.is_last && at < d->size && !result_is_full(d));
    result_fields_end(d);
    r = buf_error(&value);
    buf_done(&value);
    return r;
}

void record_csv_bytes(const struct record_csv *c, const char *text, size_t size, struct buf *to)
{
    buf_clear(to);
    if (c->header.size > 0) {
        buf_add(to, c->header.data, c->header.size);
        buf_add_char(to, '\n');
    }
    buf_add(to, text, size);
}

void record_csv_describe(const struct record_csv *c, struct document *d)
{
    d->text = buf_text(&c->header);
    d->size = c->header.size;
    csv_describe(d, c->delimiter, c->header.size > 0);
}
