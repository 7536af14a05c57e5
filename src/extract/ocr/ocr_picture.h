/* ocr_picture.h - the pixels of picture files, as grey rasters upright: PNG, JPEG, TIFF page by
 * page, GIF (its first frame), WebP, BMP; in penstock-ocr.so (ocr_module.h). */
#pragma once

#include "base/err.h"
#include "extract/ocr/raster.h"

#include <stddef.h>
#include <stdint.h>

#define PICTURE_ENDED     1 /* there is no such page */
#define PICTURE_TOO_SMALL 2 /* to show text */
#define PICTURE_TOO_LARGE 3 /* to be decoded within `max_bytes` */
#define PICTURE_BROKEN    4 /* the decoder cannot read it */

struct picture {
    const char *bytes;
    size_t size;
    uint64_t max_bytes;   /* what its pixels may take while they are decoded */
    unsigned orientation; /* as in EXIF, 1 to 8; of TIFF the file itself says */
};

/* Decodes a page, from 0. One of the above, or 0; then the raster is the caller's. */
int ocr_picture_page(const struct picture *p, unsigned page, struct raster *ret) MUST_CHECK;
