/* part.c - documents inside documents: read one after the other by an extractor of their own level,
 * so that what the parent still holds (its decoded text, its scratch buffer) stays as it is.
 *
 * The bounds are those of the whole file, not of each part, or nesting would multiply them.
 */
#include "extract/part.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PATH_BYTES = 1000 };

/* What all parts of a file may come to, text and metadata: their receiver keeps them until the file
 * ends, with their search vectors beside them. */
#define MAX_KEPT_BYTES (64u << 20)

bool part_is_wanted(const struct document *d)
{
    return d->parts->take && d->parts->n < d->limits->max_parts &&
           d->depth < d->limits->max_part_depth && part_room(d) > 0;
}

uint64_t part_room(const struct document *d)
{
    return d->limits->max_unpacked_bytes -
           MIN(d->limits->max_unpacked_bytes, d->parts->unpacked_bytes);
}

void part_limit(struct document *d, const char *which)
{
    d->out->truncated = true;
    result_meta_str(d, "parts_limit", which, strlen(which));
}

/* Why no part can be read; NULL when one can. */
static const char *bound_reached(const struct document *d, size_t size)
{
    if (d->parts->n >= d->limits->max_parts)
        return "count";
    if (d->depth >= d->limits->max_part_depth)
        return "depth";
    if (size > part_room(d))
        return "bytes";
    if (d->parts->kept_bytes >= MAX_KEPT_BYTES)
        return "text";
    return NULL;
}

/* Valid UTF-8 without NUL; what is not becomes U+FFFD. */
static void clean_path(const char *path, size_t n, unsigned number, struct buf *clean)
{
    char by_number[16];
    size_t valid;

    n = MIN(n, (size_t)MAX_PATH_BYTES);
    while (n > 0) {
        valid = utf8_valid_prefix(path, n);
        buf_add(clean, path, valid);
        if (valid < n) {
            buf_add_str(clean, "\xef\xbf\xbd");
            valid++;
        }
        path += valid;
        n -= valid;
    }
    if (clean->size > 0)
        return;
    (void)snprintf(by_number, sizeof(by_number), "%u", number);
    buf_add_str(clean, by_number);
}

static int read_and_pass_on(struct extractor *x, struct document *d, struct extract_part *part,
                            const struct buf *path, bool cut_off)
{
    struct extraction e = {0};
    const struct extract_input in = {
        .name = buf_text(path), .bytes = part->bytes, .size = part->size, .cut_off = cut_off};
    int r = extract_at_depth(x, &in, d->parts, part->number, d->depth + 1, &e);

    part->path = buf_text(path);
    part->path_size = path->size;
    part->extraction = &e;
    d->parts->kept_bytes += e.body.size + e.title.size + e.metadata.size + path->size;
    if (r == 0)
        r = d->parts->take(d->parts->user, part);
    extraction_done(&e);
    return r;
}

int part_read(struct extractor *x, struct document *d, const char *path, size_t path_size,
              const char *bytes, size_t size, bool cut_off)
{
    struct extract_part part = {.parent = d->number, .bytes = bytes, .size = size};
    const char *bound = bound_reached(d, size);
    struct buf clean = BUF_INIT;
    int r;

    if (!d->parts->take)
        return PART_STOP;
    if (bound) {
        part_limit(d, bound);
        return PART_STOP;
    }
    part.number = ++d->parts->n;
    part.ordinal = ++d->n_parts;
    d->parts->unpacked_bytes += size;
    clean_path(path, path_size, part.number, &clean);
    r = buf_error(&clean);
    if (r == 0)
        r = extractor_inner(x) ? read_and_pass_on(x->inner, d, &part, &clean, cut_off) : -ENOMEM;
    buf_done(&clean);
    return r;
}
