/* fuzz_picture.c - any bytes as a picture that is decoded to be read: the first byte is how it lies,
 * the next the page. Reading itself is tesseract's, and too slow. */
#include "fuzz.h"

#include "extract/ocr/ocr_picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX_BYTES = 16 << 20 }; /* a large one takes time and shows nothing else */
    struct choices c = {data, size};
    struct picture p = {.max_bytes = MAX_BYTES, .orientation = next_choice(&c) % 10};
    const unsigned page = next_choice(&c) % 4;
    struct raster raster;
    char *bytes = fuzz_copy(c.at, c.left);
    int r;

    p.bytes = bytes;
    p.size = c.left;
    r = ocr_picture_page(&p, page, &raster);
    REQUIRE(r >= 0 && r <= PICTURE_BROKEN);
    if (r == 0) {
        REQUIRE(raster.width > 0 && raster.width <= RASTER_MAX_SIDE);
        REQUIRE(raster.height > 0 && raster.height <= RASTER_MAX_SIDE);
        REQUIRE((uint64_t)raster.width * raster.height <= RASTER_MAX_PIXELS);
        REQUIRE(raster.dpi == 0 || (raster.dpi >= 50 && raster.dpi <= 2400));
        raster_done(&raster);
    }
    free(bytes);
    return 0;
}
