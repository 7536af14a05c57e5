/* ocr_picture_none.c - the pictures of a build without leptonica: they stay as they are. */
#include "extract/ocr/ocr_picture.h"

int ocr_picture_page(const struct picture *p UNUSED, unsigned page UNUSED,
                     struct raster *ret UNUSED)
{
    return PICTURE_BROKEN;
}
