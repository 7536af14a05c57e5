/* buf.c - growable bytes with a sticky failure. Growth doubles, so appending is amortised O(1). */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *b)
{
    size_t limit = b->max_bytes;

    free(b->data);
    *b = BUF_INIT;
    b->max_bytes = limit;
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->failed = 0;
    if (b->data)
        b->data[0] = '\0';
}

static size_t next_capacity(size_t capacity, size_t needed)
{
    size_t grown = capacity < 64 ? 64 : capacity * 2;

    return grown < needed ? needed : grown;
}

char *buf_reserve(struct buf *b, size_t more)
{
    char *data;
    size_t capacity;

    if (b->failed)
        return NULL;
    if (more > SIZE_MAX / 4 - b->size || (b->max_bytes && b->size + more > b->max_bytes)) {
        b->failed = -EFBIG;
        return NULL;
    }
    if (b->size + more + 1 > b->capacity) {
        capacity = next_capacity(b->capacity, b->size + more + 1);
        data = realloc(b->data, capacity);
        if (!data) {
            b->failed = -ENOMEM;
            return NULL;
        }
        b->data = data;
        b->capacity = capacity;
    }
    return b->data + b->size;
}

void buf_seal(struct buf *b, size_t n)
{
    b->size += n;
    b->data[b->size] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    char *to = buf_reserve(b, n);

    if (!to)
        return;
    if (n > 0)
        memcpy(to, bytes, n);
    buf_seal(b, n);
}

void buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    char *to;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        b->failed = b->failed ? b->failed : -EFBIG; /* longer than an int tells: printf(3) */
    to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
    if (to) {
        (void)vsnprintf(to, (size_t)n + 1, format, again);
        buf_seal(b, (size_t)n);
    }
    va_end(again);
    va_end(args);
}

void buf_add_hex(struct buf *b, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    char *to = buf_reserve(b, n * 2);

    if (!to)
        return;
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[from[i] >> 4];
        to[2 * i + 1] = digits[from[i] & 15];
    }
    buf_seal(b, n * 2);
}

void buf_truncate(struct buf *b, size_t size)
{
    if (size < b->size) {
        b->size = size;
        b->data[size] = '\0';
    }
}

int buf_error(const struct buf *b)
{
    return b->failed;
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
    char *data = b->data;

    b->data = NULL;
    b->size = b->capacity = 0;
    return data;
}
