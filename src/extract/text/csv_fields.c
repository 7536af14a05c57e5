/* csv_fields.c - the fields of comma-separated values (RFC 4180), as slices of the text; which
 * delimiter splits them, and whether the first record names them.
 */
#include "extract/text/csv_fields.h"

#include <string.h>

enum { SAMPLE_BYTES = 64 * 1024, SAMPLE_RECORDS = 20 };

/* In this order when they split equally well: a tab is hardly ever part of a value. */
static const char delimiters[] = {'\t', ',', ';', '|'};

/* At an opening quote: where its closing one is, or `size`. */
static size_t closing_quote(const char *text, size_t size, size_t at)
{
    const char *quote;

    for (at++; at < size && (quote = memchr(text + at, '"', size - at)); at += 2) {
        at = (size_t)(quote - text);
        if (at + 1 == size || text[at + 1] != '"')
            return at;
    }
    return size;
}

size_t csv_next_field(const char *text, size_t size, size_t at, char delimiter,
                      struct csv_field *ret)
{
    bool quoted = at < size && text[at] == '"';
    size_t start = at + quoted, end;

    if (quoted)
        at = end = closing_quote(text, size, at);
    while (at < size && text[at] != delimiter && text[at] != '\n')
        at++;
    if (!quoted)
        end = at > start && text[at - 1] == '\r' ? at - 1 : at;
    *ret = (struct csv_field){text + start, end - start, at >= size || text[at] == '\n'};
    return at < size ? at + 1 : size;
}

/* Records of the sample with as many fields as the first, when that has more than one. */
static size_t count_even_records(const char *text, size_t size, char delimiter)
{
    size_t at = 0, first = 0, even = 0, fields;
    struct csv_field f = {0};

    for (unsigned record = 0; at < size && record < SAMPLE_RECORDS; record++) {
        fields = 0;
        do {
            at = csv_next_field(text, size, at, delimiter, &f);
            fields++;
        } while (!f.is_last && at < size);
        if (record == 0)
            first = fields;
        even += fields == first;
    }
    return first > 1 ? even * 1000 + MIN(first, (size_t)999) : 0;
}

char csv_find_delimiter(const char *text, size_t size)
{
    size_t best = 0, score;
    char found = ',';

    size = MIN(size, (size_t)SAMPLE_BYTES);
    for (size_t i = 0; i < sizeof(delimiters); i++) {
        score = count_even_records(text, size, delimiters[i]);
        if (score > best) {
            best = score;
            found = delimiters[i];
        }
    }
    return found;
}

bool csv_is_number(const char *text, size_t n)
{
    trim(&text, &n);
    for (size_t i = 0; i < n; i++) {
        if (!strchr("0123456789.,+-%eE", text[i]))
            return false;
    }
    return n > 0;
}

bool csv_has_header(const char *text, size_t size, char delimiter)
{
    size_t at = 0, n_fields = 0;
    struct csv_field f = {0};

    do {
        at = csv_next_field(text, size, at, delimiter, &f);
        if (csv_is_number(f.text, f.n) || (f.n == 0 && n_fields == 0))
            return false;
        n_fields++;
    } while (!f.is_last && at < size && n_fields < MAX_LIST_ITEMS);
    return true;
}

static void write_columns(struct document *d, char delimiter)
{
    size_t at = 0;
    struct csv_field f = {0};

    if (!result_meta_list_open(d, "columns"))
        return;
    for (unsigned i = 0; i < MAX_LIST_ITEMS && !f.is_last; i++) {
        at = csv_next_field(d->text, d->size, at, delimiter, &f);
        result_meta_list_add(d, f.text, f.n);
    }
    result_meta_list_close(d);
}

void csv_describe(struct document *d, char delimiter, bool has_header)
{
    result_meta_str(d, "delimiter", delimiter == '\t' ? "tab" : &delimiter,
                    delimiter == '\t' ? 3 : 1);
    if (has_header)
        write_columns(d, delimiter);
}
