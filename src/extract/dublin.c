/* dublin.c - see dublin.h. The bounds of values are result.c's; here only what would be cut off
 * anyway is not collected. */
#include "extract/dublin.h"

#include "extract/date.h"

#include <string.h>

static void write_title(struct document *d, const char *key, const char *text, size_t n)
{
    (void)key;
    result_title(d, text, n);
}

static void write_language(struct document *d, const char *key, const char *text, size_t n)
{
    (void)key;
    result_language(d, text, n);
}

static const struct {
    const char *key;
    const char *separator; /* of several values; NULL: the first counts */
    void (*write)(struct document *d, const char *key, const char *text, size_t n);
} fields[N_DUBLIN_FIELDS] = {
    [DUBLIN_TITLE] = {NULL, NULL, write_title},
    [DUBLIN_LANGUAGE] = {NULL, NULL, write_language},
    [DUBLIN_CREATOR] = {"creator", "; ", result_meta_str},
    [DUBLIN_CONTRIBUTOR] = {"contributor", "; ", result_meta_str},
    [DUBLIN_LAST_MODIFIED_BY] = {"last_modified_by", NULL, result_meta_str},
    [DUBLIN_CREATED] = {"created", NULL, result_meta_iso_date},
    [DUBLIN_MODIFIED] = {"modified", NULL, result_meta_iso_date},
    [DUBLIN_SUBJECT] = {"subject", "; ", result_meta_str},
    [DUBLIN_KEYWORDS] = {"keywords", ", ", result_meta_str},
    [DUBLIN_DESCRIPTION] = {"description", NULL, result_meta_str},
    [DUBLIN_PUBLISHER] = {"publisher", "; ", result_meta_str},
    [DUBLIN_IDENTIFIER] = {"identifier", "; ", result_meta_str},
    [DUBLIN_RIGHTS] = {"rights", "; ", result_meta_str},
    [DUBLIN_PRODUCER] = {"producer", NULL, result_meta_str},
};

void dublin_done(struct dublin *c)
{
    for (size_t i = 0; i < N_DUBLIN_FIELDS; i++)
        buf_done(&c->values[i]);
}

static void add_collapsed(struct buf *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_space(text[i]))
            buf_add_char(to, text[i]);
        else if (i + 1 < n && !is_space(text[i + 1]))
            buf_add_char(to, ' ');
    }
}

static bool ends_with(const struct buf *value, const char *text, size_t n)
{
    return value->size >= n && memcmp(value->data + value->size - n, text, n) == 0;
}

void dublin_add(struct dublin *c, enum dublin_field field, const char *text, size_t n)
{
    struct buf *value = &c->values[field];
    const char *separator = fields[field].separator;

    trim(&text, &n);
    n = MIN(n, (size_t)MAX_VALUE_BYTES * 2);
    if (n == 0 || value->size > MAX_VALUE_BYTES)
        return;
    if (value->size > 0 && (!separator || ends_with(value, text, n)))
        return;
    if (value->size > 0)
        buf_add_str(value, separator);
    add_collapsed(value, text, n);
}

void dublin_write(const struct dublin *c, struct document *d)
{
    const struct buf *value;

    for (size_t i = 0; i < N_DUBLIN_FIELDS; i++) {
        value = &c->values[i];
        if (buf_error(value) < 0)
            result_out_of_memory(d);
        else if (value->size > 0)
            fields[i].write(d, fields[i].key, buf_text(value), value->size);
    }
}
