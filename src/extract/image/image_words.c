/* image_words.c - the words in the picture itself: its pages to ocr.c, one at a time. */
#include "extract/image/image.h"

#include "extract/ocr/ocr.h"
#include "extract/ocr/ocr_picture.h"

/* Why a page is not read, by the condition of ocr_picture_page(). */
static void pass(struct ocr_run *run, int condition)
{
    switch (condition) {
    case PICTURE_TOO_SMALL:
        ocr_pass_over(run, "too small");
        break;
    case PICTURE_TOO_LARGE:
        ocr_leave(run, 1, "too large");
        break;
    default:
        ocr_leave(run, 1, "cannot be decoded");
    }
}

/* Those of a TIFF; of an animation the first frame. */
static unsigned count_pages(const struct image *i)
{
    const unsigned max = i->d->limits->max_pages;
    uint64_t n = MAX(i->n_pages, 1u);

    if (max > 0 && n > max) {
        i->d->out->truncated = true;
        n = max;
    }
    return (unsigned)MIN(n, (uint64_t)UINT32_MAX);
}

void image_read_words(struct image *i)
{
    const struct picture picture = {
        .bytes = i->bytes,
        .size = i->size,
        .max_bytes = i->d->limits->ocr.max_picture_bytes,
        .orientation = (unsigned)i->orientation,
    };
    const unsigned n = count_pages(i);
    struct ocr_run run;
    struct raster page;
    int r;

    ocr_begin(&run, i->x, i->d);
    for (unsigned k = 0; k < n; k++) {
        if (!ocr_goes_on(&run))
            continue;
        r = ocr_picture_page(&picture, k, &page);
        if (r == 0)
            (void)ocr_page(&run, &page, "\n\n");
        else
            pass(&run, r);
    }
    ocr_end(&run);
}
