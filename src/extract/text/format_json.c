/* format_json.c - JSON (RFC 8259) and newline-delimited JSON.
 *
 * The body is the file's text as it is. JSON must be valid to count as JSON; the head of a cut-off
 * file must be valid as far as it goes. Nesting beyond the limit is not followed: the document is
 * flagged and keeps its text. Title: "title", "name" or "subject" of the top-level object, in that
 * order of preference. A record of an NDJSON file that is split is read like a JSON file, and keeps
 * its scalar members as "fields".
 */
#include "extract/extractor.h"
#include "extract/text/json_scan.h"

#include <string.h>

static const char *const title_keys[] = {"title", "name", "subject"};

struct top_level {
    struct document *d;
    size_t n_members;
    size_t rank; /* index into title_keys of the best title so far */
    const char *title;
    size_t title_n;
    struct buf *scratch; /* of a record: its scalars are kept; else NULL */
};

/* Numbers that PostgreSQL's numeric takes whatever they are; an exponent of five digits it does
 * not. */
static bool is_plain_scalar(const char *value, size_t n)
{
    const char *e = memchr(value, 'e', n);

    if (value[0] == 't' || value[0] == 'f')
        return true;
    e = e ? e : memchr(value, 'E', n);
    return (value[0] == '-' || (value[0] >= '0' && value[0] <= '9')) && n <= 40 &&
           (!e || (size_t)(value + n - e) <= 4);
}

static void keep_field(struct top_level *top, const char *key, size_t key_n, const char *value,
                       size_t value_n)
{
    char *name, *text;

    if (key_n > 6 * MAX_KEY_BYTES || value_n > 6 * MAX_LIST_ITEM_BYTES)
        return;
    name = buf_reserve(top->scratch, key_n + value_n);
    if (!name)
        return;
    text = name + key_n;
    key_n = json_scan_unescape(key, key_n, name);
    if (value[0] == '"')
        result_field(top->d, name, key_n, text, json_scan_unescape(value, value_n, text));
    else if (is_plain_scalar(value, value_n))
        result_field_raw(top->d, name, key_n, value, value_n);
}

/* json_member_fn: counts, and remembers the best title's source. */
static void on_member(void *context, const char *key, size_t key_n, const char *value,
                      size_t value_n)
{
    struct top_level *top = context;

    top->n_members++;
    if (top->scratch)
        keep_field(top, key, key_n, value, value_n);
    for (size_t i = 0; i < top->rank; i++) {
        if (key_n == strlen(title_keys[i]) + 2 && memcmp(key + 1, title_keys[i], key_n - 2) == 0 &&
            value_n > 2 && value[0] == '"') {
            top->rank = i;
            top->title = value;
            top->title_n = value_n;
        }
    }
}

static void set_title(struct extractor *x, const struct top_level *top)
{
    char *to = buf_reserve(&x->scratch, top->title_n);

    if (top->title_n > 0 && to)
        result_title(top->d, to, json_scan_unescape(top->title, top->title_n, to));
}

static int read_json(struct extractor *x, struct document *d, struct buf *scratch)
{
    struct top_level top = {.d = d, .rank = ARRAY_SIZE(title_keys), .scratch = scratch};
    struct json_scan s = {.text = d->text,
                          .size = d->size,
                          .max_depth = d->limits->max_depth,
                          .member = on_member,
                          .context = &top};
    enum json_verdict v = json_scan_value(&s);

    result_fields_end(d);
    if (v == JSON_INVALID || (v == JSON_CUT_OFF && !d->cut_off) ||
        (v == JSON_VALID && s.at < s.size))
        return EXTRACT_REFUSED;
    if (v == JSON_TOO_DEEP)
        d->out->truncated = true;
    set_title(x, &top);
    if (v == JSON_VALID && top.n_members > 0)
        result_meta_uint(d, "keys", top.n_members);
    result_whole_text(d);
    return 0;
}

int extract_json(struct extractor *x, struct document *d)
{
    return read_json(x, d, NULL);
}

int extract_json_record(struct extractor *x, struct document *d)
{
    struct buf scratch = BUF_INIT;
    int r = read_json(x, d, &scratch);

    if (buf_error(&scratch) < 0)
        result_out_of_memory(d);
    buf_done(&scratch);
    return r;
}

/* One record a line, blank lines apart. */
static bool is_record(struct document *d, const char *line, size_t n, bool is_last)
{
    struct json_scan s = {.text = line, .size = n, .max_depth = d->limits->max_depth};
    enum json_verdict v = json_scan_value(&s);

    if (v == JSON_TOO_DEEP)
        d->out->truncated = true;
    return (v == JSON_VALID && s.at == n) || v == JSON_TOO_DEEP ||
           (v == JSON_CUT_OFF && is_last && d->cut_off);
}

int extract_ndjson(struct extractor *x, struct document *d)
{
    size_t at = 0, n, records = 0;
    const char *line;

    (void)x;
    while (at < d->size) {
        at = next_line(d->text, d->size, at, &line, &n);
        trim(&line, &n);
        if (n == 0)
            continue;
        if (!is_record(d, line, n, at == d->size))
            return EXTRACT_REFUSED;
        records++;
    }
    if (records == 0)
        return EXTRACT_REFUSED;
    result_meta_uint(d, "records", records);
    result_whole_text(d);
    return 0;
}
