/* ocr_head.h - how large a picture is, before anything is decoded; internal to ocr_picture.c. */
#pragma once

#include "extract/ocr/ocr_picture.h"

enum { PICTURE_MAX_PIXELS = 100 * 1000 * 1000 };

struct picture_head {
    int format; /* leptonica's IFF_ */
    int width, height;
    unsigned pixel_bytes; /* that decoding takes, for one pixel; UINT32_MAX: it takes too long */
    unsigned reduction;   /* JPEG: 1, 2, 4 or 8; a side is decoded as that part of it */
    bool is_colour;       /* JPEG: its brightness can be decoded alone */
};

/* 0, or a PICTURE_ condition. */
int picture_look(const struct picture *p, unsigned page, struct picture_head *ret) MUST_CHECK;
