/* format_csv.c - comma-separated values and their relatives (RFC 4180): the body is the file's
 * text.
 *
 * Fields are read by csv_fields.c. A first record without numbers and empty fields is taken for the
 * header: its names become "columns". A quote that never closes swallows the rest as one field, as
 * RFC 4180 has it. Nothing is built; fields are slices of the text.
 */
#include "extract/extractor.h"
#include "extract/text/csv_fields.h"

#include <string.h>

/* Records with anything in them. A line without quotes is one; only the others are looked at
 * closely. */
static size_t count_records(const char *text, size_t size, char delimiter)
{
    size_t at = 0, records = 0, next, n;
    struct csv_field f = {0};
    const char *line;

    while (at < size) {
        next = next_line(text, size, at, &line, &n);
        records += n > 0;
        if (memchr(line, '"', n)) {
            do {
                at = csv_next_field(text, size, at, delimiter, &f);
            } while (!f.is_last && at < size);
        } else {
            at = next;
        }
    }
    return records;
}

int extract_csv(struct extractor *x, struct document *d)
{
    char delimiter = csv_find_delimiter(d->text, d->size);
    bool header = csv_has_header(d->text, d->size, delimiter);
    size_t records = count_records(d->text, d->size, delimiter);

    (void)x;
    csv_describe(d, delimiter, header);
    result_meta_uint(d, "rows", records - (header && records > 0));
    result_whole_text(d);
    return 0;
}
