/* image_words.c - the words in the picture itself: its pages to ocr.c, one at a time. */
#include "extract/image/image.h"

#include "extract/ocr/ocr.h"

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

    ocr_begin(&run, i->x, i->d);
    for (unsigned k = 0; k < n; k++)
        if (ocr_goes_on(&run))
            (void)ocr_picture(&run, &picture, k, "\n\n");
    ocr_end(&run);
}
