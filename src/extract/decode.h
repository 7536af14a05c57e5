/* decode.h - any bytes to strict UTF-8 without NUL, or the verdict that they are not text. */
#pragma once

#include "base/buf.h"

#define DECODE_BINARY 1

struct decoder {
    struct UCharsetDetector *detector;
    struct buf text; /* the text, when it is not the input itself */
};

struct decoded {
    const char *text; /* in the input or in the decoder; valid until the next call */
    size_t size;
    char encoding[64];     /* IANA name; "" for UTF-8 and ASCII */
    size_t replaced_bytes; /* bytes of the input that U+FFFD stands for */
    bool marked;           /* a UTF-8 byte order mark stood before `text` */
};

/* Loads detector and converters, so that later nothing opens a file. */
int decoder_init(struct decoder *d, struct reason *why) MUST_CHECK;
void decoder_done(struct decoder *d);

/* 0, DECODE_BINARY or -ENOMEM. `cut_off`: a character broken at the end is dropped without counting
 * it. */
int decode_text(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                struct decoded *ret) MUST_CHECK;
