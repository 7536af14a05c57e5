/* result.c - writes the extraction of one document, and keeps its bounds.
 *
 * Whatever a format passes in, the extraction stays valid: text is cut at characters, a member of
 * the metadata that would exceed the whole is taken back, a key counts once (PostgreSQL's jsonb
 * would keep the last of several, another reader the first). Failure of memory is remembered by the
 * buffers and returned once, by result_end().
 */
#include "extract/document.h"

#include "base/stats.h"
#include "base/utf8.h"
#include "extract/language/language_tag.h"

#include <string.h>

/* Memory above this is given back between documents: one giant must not be paid for by all that
 * follow. */
#define MAX_KEPT_BYTES (16u << 20)

bool starts_with(const char *text, size_t size, const char *prefix)
{
    size_t i = 0;

    while (prefix[i] && i < size && to_lower(text[i]) == prefix[i])
        i++;
    return prefix[i] == '\0';
}

void trim(const char **text, size_t *n)
{
    while (*n > 0 && is_space(**text)) {
        (*text)++;
        (*n)--;
    }
    while (*n > 0 && is_space((*text)[*n - 1]))
        (*n)--;
}

size_t next_line(const char *text, size_t size, size_t at, const char **ret_line, size_t *ret_n)
{
    const char *end = memchr(text + at, '\n', size - at);
    size_t n = end ? (size_t)(end - text) - at : size - at;

    *ret_line = text + at;
    *ret_n = n > 0 && text[at + n - 1] == '\r' ? n - 1 : n;
    return end ? at + n + 1 : size;
}

static void reuse(struct buf *b)
{
    if (b->capacity > MAX_KEPT_BYTES)
        buf_done(b);
    buf_clear(b);
}

void result_begin(struct document *d)
{
    struct extraction *out = d->out;

    reuse(&out->title);
    reuse(&out->body);
    reuse(&out->metadata);
    out->media_type = "application/octet-stream";
    out->supported = false;
    out->truncated = d->cut_off;
    out->language[0] = '\0';
    d->meta.json = json_begin(&out->metadata);
    d->meta.n_seen = 0;
    d->meta.in_fields = d->meta.had_fields = false;
    json_object_open(&d->meta.json, NULL);
}

void result_mark(struct document *d)
{
    d->mark_bytes = d->out->metadata.size;
    d->mark_seen = d->meta.n_seen;
}

void result_rollback(struct document *d)
{
    buf_truncate(&d->out->metadata, d->mark_bytes);
    d->meta.json.comma = d->mark_seen > 0;
    d->meta.n_seen = d->mark_seen;
    d->meta.in_fields = d->meta.had_fields = false;
    buf_clear(&d->out->title);
    buf_clear(&d->out->body);
    d->out->language[0] = '\0';
    d->out->truncated = d->cut_off;
}

void result_out_of_memory(struct document *d)
{
    d->out->metadata.failed = -ENOMEM;
}

int result_end(struct document *d)
{
    struct extraction *out = d->out;

    if (out->truncated)
        json_bool(&d->meta.json, "truncated", true);
    json_object_close(&d->meta.json);
    if (buf_error(&out->metadata) || buf_error(&out->title) || buf_error(&out->body))
        return -ENOMEM;
    return 0;
}

void result_whole_text(struct document *d)
{
    if (d->marked)
        result_text(d, "\xef\xbb\xbf", 3);
    result_text(d, d->text, d->size);
}

void result_text(struct document *d, const char *text, size_t n)
{
    struct buf *body = &d->out->body;
    size_t room = d->limits->max_text_bytes - MIN(body->size, d->limits->max_text_bytes);

    if (d->limits->progress)
        stats_progress(d->limits->progress);
    if (n > room) {
        d->out->truncated = true;
        n = utf8_cut(text, n, room);
    }
    if (n > 0)
        buf_add(body, text, n);
}

bool result_is_full(const struct document *d)
{
    return d->out->truncated && d->out->body.size + 4 > d->limits->max_text_bytes;
}

void result_title(struct document *d, const char *text, size_t n)
{
    struct buf *title = &d->out->title;
    size_t i = 0, start;

    if (title->size > 0)
        return;
    while (i < n && title->size <= MAX_TITLE_BYTES) {
        while (i < n && is_space(text[i]))
            i++;
        start = i;
        while (i < n && i - start <= MAX_TITLE_BYTES && !is_space(text[i]))
            i++;
        if (i > start && title->size > 0)
            buf_add_char(title, ' ');
        buf_add(title, text + start, i - start);
    }
    buf_truncate(title, utf8_cut(buf_text(title), title->size, MAX_TITLE_BYTES));
    buf_truncate(title, utf8_valid_prefix(buf_text(title), title->size));
}

bool result_is_language(const char *text, size_t n)
{
    char tag[LANGUAGE_TAG_SIZE];

    return language_tag(text, n, tag);
}

void result_language(struct document *d, const char *text, size_t n)
{
    if (!d->out->language[0])
        (void)!language_tag(text, n, d->out->language);
}

/* FNV-1a, 64 bits. */
uint64_t result_key_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 0x100000001b3u;
    return hash;
}

/* Copies a key that JSON can carry into `clean` and books it; false when it cannot be added. */
static bool meta_key(struct document *d, const char *key, char clean[MAX_KEY_BYTES + 1])
{
    size_t n = strnlen(key, MAX_KEY_BYTES + 4);
    uint64_t hash;

    n = utf8_cut(key, n, MIN(n, (size_t)MAX_KEY_BYTES));
    memcpy(clean, key, n);
    clean[n] = '\0';
    hash = result_key_hash(clean);
    for (unsigned i = 0; i < d->meta.n_seen; i++) {
        if (d->meta.seen[i] == hash)
            return false;
    }
    if (n == 0 || d->meta.n_seen == MAX_METADATA_KEYS || strcmp(clean, "truncated") == 0)
        return false;
    d->meta.seen[d->meta.n_seen++] = hash;
    return true;
}

/* Takes back what was written since `size` when the object has become too large. */
static void meta_keep_bound(struct document *d, size_t size, bool comma)
{
    const size_t reserve = 64; /* for "truncated" and the closing brackets */

    if (d->out->metadata.size + reserve > MAX_METADATA_BYTES) {
        buf_truncate(&d->out->metadata, size);
        d->meta.json.comma = comma;
    }
}

void result_meta_str(struct document *d, const char *key, const char *text, size_t n)
{
    size_t before = d->out->metadata.size;
    bool comma = d->meta.json.comma;
    char clean[MAX_KEY_BYTES + 1];

    trim(&text, &n);
    if (n == 0 || !meta_key(d, key, clean))
        return;
    json_strn(&d->meta.json, clean, text, utf8_cut(text, n, MIN(n, (size_t)MAX_VALUE_BYTES)));
    meta_keep_bound(d, before, comma);
}

void result_meta_uint(struct document *d, const char *key, uint64_t value)
{
    size_t before = d->out->metadata.size;
    bool comma = d->meta.json.comma;
    char clean[MAX_KEY_BYTES + 1];

    if (!meta_key(d, key, clean))
        return;
    json_uint(&d->meta.json, clean, value);
    meta_keep_bound(d, before, comma);
}

void result_meta_json(struct document *d, const char *key, const char *json, size_t n)
{
    size_t before = d->out->metadata.size;
    bool comma = d->meta.json.comma;
    char clean[MAX_KEY_BYTES + 1];

    if (!meta_key(d, key, clean))
        return;
    json_raw(&d->meta.json, clean, json, n);
    meta_keep_bound(d, before, comma);
}

void result_meta_bool(struct document *d, const char *key, bool value)
{
    size_t before = d->out->metadata.size;
    bool comma = d->meta.json.comma;
    char clean[MAX_KEY_BYTES + 1];

    if (!meta_key(d, key, clean))
        return;
    json_bool(&d->meta.json, clean, value);
    meta_keep_bound(d, before, comma);
}

/* Books a field's name, apart from the keys of the metadata itself, and opens the object for the
 * first. */
static bool field_name(struct document *d, const char *name, size_t n,
                       char clean[MAX_KEY_BYTES + 1])
{
    char booked[MAX_KEY_BYTES + 1], key[MAX_KEY_BYTES + 4] = "=";

    trim(&name, &n);
    n = utf8_cut(name, n, MIN(n, (size_t)MAX_KEY_BYTES - 1));
    if (n == 0 || memchr(name, '\0', n) ||
        d->out->metadata.size + 2 * MAX_VALUE_BYTES > MAX_METADATA_BYTES)
        return false;
    memcpy(clean, name, n);
    clean[n] = '\0';
    memcpy(key + 1, clean, n + 1);
    if (!d->meta.in_fields && (d->meta.had_fields || d->meta.n_seen + 1 >= MAX_METADATA_KEYS ||
                               !meta_key(d, "fields", booked)))
        return false;
    if (!d->meta.in_fields)
        json_object_open(&d->meta.json, "fields");
    d->meta.in_fields = true;
    return meta_key(d, key, booked);
}

void result_field(struct document *d, const char *name, size_t name_n, const char *text, size_t n)
{
    char clean[MAX_KEY_BYTES + 1];

    trim(&text, &n);
    if (n > 0 && n <= MAX_LIST_ITEM_BYTES && field_name(d, name, name_n, clean))
        json_strn(&d->meta.json, clean, text, n);
}

void result_field_raw(struct document *d, const char *name, size_t name_n, const char *raw,
                      size_t n)
{
    char clean[MAX_KEY_BYTES + 1];

    if (n > 0 && n <= MAX_LIST_ITEM_BYTES && field_name(d, name, name_n, clean))
        json_raw(&d->meta.json, clean, raw, n);
}

void result_fields_end(struct document *d)
{
    if (!d->meta.in_fields)
        return;
    json_object_close(&d->meta.json);
    d->meta.in_fields = false;
    d->meta.had_fields = true;
}

bool result_meta_list_open(struct document *d, const char *key)
{
    char clean[MAX_KEY_BYTES + 1];

    if (d->out->metadata.size + 2 * MAX_VALUE_BYTES > MAX_METADATA_BYTES ||
        !meta_key(d, key, clean))
        return false;
    json_array_open(&d->meta.json, clean);
    d->meta.n_items = 0;
    return true;
}

void result_meta_list_add(struct document *d, const char *text, size_t n)
{
    size_t before = d->out->metadata.size;
    bool comma = d->meta.json.comma;

    trim(&text, &n);
    if (d->meta.n_items == MAX_LIST_ITEMS)
        return;
    d->meta.n_items++;
    json_strn(&d->meta.json, NULL, text, utf8_cut(text, n, MIN(n, (size_t)MAX_LIST_ITEM_BYTES)));
    meta_keep_bound(d, before, comma);
}

void result_meta_list_close(struct document *d)
{
    json_array_close(&d->meta.json);
}
