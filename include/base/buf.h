/* buf.h - a growable run of bytes.
 *
 * Appending never needs a check: when memory runs out or the limit is met the buffer remembers it
 * (`failed`), ignores what follows, and the owner asks once at the end with buf_error().
 * The bytes are always followed by a NUL that is not counted, so `data` can be read as a C string.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct buf {
    char *data;       /* NULL while empty and never grown */
    size_t size;      /* bytes in use */
    size_t capacity;  /* bytes allocated, the NUL included */
    size_t max_bytes; /* 0: no limit */
    int failed;       /* 0, -ENOMEM or -EFBIG */
};

#define BUF_INIT ((struct buf){0})

/* Frees the memory and leaves an empty buffer (the limit stays). */
void buf_done(struct buf *b);

/* Empties the buffer and forgets a failure, but keeps the memory for reuse. */
void buf_clear(struct buf *b);

/* Makes room for `more` further bytes. Returns a pointer to them (not yet counted in `size`), or
 * NULL after a failure; the writer adds what it wrote to `size` and must end with buf_seal(). */
char *buf_reserve(struct buf *b, size_t more);

/* Counts `n` bytes that were written behind `size` after buf_reserve(), and sets the NUL. */
void buf_seal(struct buf *b, size_t n);

/* Appends `n` bytes; text; one byte; formatted text, as printf(3). */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Lowercase hexadecimal of `n` bytes. */
void buf_add_hex(struct buf *b, const void *bytes, size_t n);

/* Shortens to `size` bytes; longer than the buffer: nothing happens. */
void buf_truncate(struct buf *b, size_t size);

/* 0, -ENOMEM, or -EFBIG when the limit was met. */
int buf_error(const struct buf *b) MUST_CHECK;

/* The text, never NULL. */
const char *buf_text(const struct buf *b);

/* Gives the bytes away (free() them; NULL when empty) and leaves an empty buffer. */
char *buf_take(struct buf *b);
