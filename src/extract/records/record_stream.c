/* record_stream.c - cuts a stream into records, in a buffer that grows to the longest of them.
 *
 * A record longer than the bound is passed on as far as that, and what is left of it passed over.
 * Every byte is looked at once, and moved once at most; so time is linear whatever the stream is.
 * Nothing here depends on how many bytes a read happens to bring: see records.h.
 */
#include "extract/records/record_stream.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)256 << 10)
/* What find_end() may want to see again in front of what it has not seen. */
#define BEHIND_BYTES ((size_t)8)

void record_stream_begin(struct record_stream *s, records_read read, void *user)
{
    s->read = read;
    s->user = user;
    s->start = s->end = s->from = 0;
    s->begun = s->at_end = s->skipping = s->in_quotes = s->lines_only = false;
    s->n = 0;
}

void record_stream_done(struct record_stream *s)
{
    free(s->bytes);
    s->bytes = NULL;
    s->capacity = 0;
}

static int make_room(struct record_stream *s)
{
    size_t capacity;
    char *bytes;

    if (s->capacity - s->end >= CHUNK_BYTES)
        return 0;
    if (s->start > 0)
        memmove(s->bytes, s->bytes + s->start, s->end - s->start);
    s->end -= s->start;
    s->start = 0;
    if (s->capacity - s->end >= CHUNK_BYTES)
        return 0;
    capacity = MAX(2 * s->capacity, 4 * CHUNK_BYTES);
    capacity = MAX(MIN(capacity, s->max_bytes + 4 * CHUNK_BYTES), s->end + CHUNK_BYTES);
    bytes = realloc(s->bytes, capacity);
    if (!bytes)
        return -ENOMEM;
    s->bytes = bytes;
    s->capacity = capacity;
    return 0;
}

static int fill(struct record_stream *s)
{
    int r = make_room(s);
    ssize_t n = r < 0 ? r : s->read(s->user, s->bytes + s->end, CHUNK_BYTES);

    if (n < 0)
        return (int)n;
    s->end += (size_t)n;
    s->at_end = n == 0;
    return 0;
}

/* A byte order mark of UTF-8 is no part of the first record, nor are empty lines in front of it. */
static int begin(struct record_stream *s)
{
    int r = 0;

    while (r == 0 && s->end < 3 && !s->at_end)
        r = fill(s);
    if (r < 0)
        return r;
    if (s->end >= 3 && memcmp(s->bytes, "\xef\xbb\xbf", 3) == 0)
        s->start = 3;
    for (;;) {
        while (s->start < s->end && (s->bytes[s->start] == '\n' || s->bytes[s->start] == '\r'))
            s->start++;
        if (s->start < s->end || s->at_end)
            break;
        r = fill(s);
        if (r < 0)
            return r;
    }
    s->begun = true;
    return 0;
}

static bool is_blank(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
        i++;
    return i == n;
}

/* What is left of a record that was cut. */
static void pass_over(struct record_stream *s)
{
    size_t n = s->from - MIN(s->from, BEHIND_BYTES);

    s->start += n;
    s->from -= n;
}

/* The record that ends at `size` bytes. Whether it is one to be told of. */
static bool take(struct record_stream *s, size_t size, struct record *ret)
{
    const char *text = s->bytes + s->start;
    bool skipped = s->skipping;

    s->start += size;
    s->from = 0;
    s->skipping = s->in_quotes = false;
    if (skipped || is_blank(text, size))
        return false;
    *ret = (struct record){++s->n, text, MIN(size, s->max_bytes), size > s->max_bytes};
    return true;
}

int record_stream_next(struct record_stream *s, struct record *ret)
{
    size_t n, size;
    int r = s->begun ? 0 : begin(s);

    while (r == 0) {
        n = s->end - s->start;
        size = n > 0 ? s->find_end(s, s->bytes + s->start, n, &s->from, s->at_end) : 0;
        if (size == 0 && s->at_end)
            size = n;
        if (size > 0) {
            if (take(s, size, ret))
                return 0;
            continue;
        }
        if (s->at_end)
            return RECORDS_END;
        if (!s->skipping && n > s->max_bytes) {
            s->skipping = true;
            *ret = (struct record){++s->n, s->bytes + s->start, s->max_bytes, true};
            return 0;
        }
        if (s->skipping)
            pass_over(s);
        r = fill(s);
    }
    return r;
}
