/* fuzz_draw.c - any bytes as a PDF whose first pages are drawn, as those without text are. */
#include "fuzz.h"

#include "extract/pdf/pdf_reader.h"

/* A page may ask for as much work as it likes; that ends it. */
static bool go_on(void *user)
{
    unsigned *left = user;

    return *left > 0 && (*left)-- > 0;
}

static void draw(struct pdf_reader *r, unsigned page)
{
    struct raster raster;
    unsigned left = 200;
    bool drawn = false;
    int result = pdf_reader_draw(r, page, go_on, &left, &raster, &drawn);

    REQUIRE(result == 0 || result == PDF_UNREADABLE || result == -ENOMEM);
    if (result != 0 || !drawn)
        return;
    REQUIRE(raster.width > 0 && raster.height > 0 && raster.dpi > 0);
    /* a side is rounded up */
    REQUIRE((uint64_t)raster.width * raster.height <= RASTER_MAX_PIXELS + 2ull * RASTER_MAX_SIDE);
    raster_done(&raster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_copy(data, size);
    struct pdf_reader *r = NULL;

    REQUIRE(pdf_reader_init() == 0);
    if (pdf_reader_open(bytes, size, &r) == 0)
        for (unsigned page = 1; page <= 3 && page <= pdf_reader_n_pages(r); page++)
            draw(r, page);
    pdf_reader_close(r);
    free(bytes);
    return 0;
}
