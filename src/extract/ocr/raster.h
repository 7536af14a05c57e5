/* raster.h - a page or a picture as tesseract gets it: grey pixels, without any library's type.
 *
 * The bounds are those of the work that follows: layout analysis grows with the pixels, and
 * tesseract counts them in 16 bits a side. A sheet of A3 at 300 dots per inch has 17 million. */
#pragma once

#include <stdlib.h>

enum {
    RASTER_MAX_PIXELS = 25 * 1000 * 1000,
    RASTER_MAX_SIDE = 32000,
    /* What is smaller shows no word: tracking pixels, lines, bullets, icons. */
    RASTER_MIN_SIDE = 16,
    RASTER_MIN_PIXELS = 40 * 40,
};

struct raster {
    unsigned char
        *grey; /* `width` bytes a row, from the top; 255 is white; free with raster_done() */
    unsigned width, height;
    unsigned dpi; /* 0: not known */
};

static inline void raster_done(struct raster *r)
{
    free(r->grey);
    r->grey = NULL;
}
