/* ocr_picture.c - pixels of picture files through leptonica, made ready for tesseract: grey, on
 * white, upright, square pixels, not too many.
 *
 * Whether a picture may be decoded, ocr_head.c says before. Leptonica returns NULL for whatever goes
 * wrong, running out of memory included: that is PICTURE_BROKEN, and nothing is lost but the text of
 * the picture. Nothing here touches a file: decoders get the bytes in memory.
 */
#include "extract/ocr/ocr_picture.h"

#include "extract/ocr/ocr_head.h"
#include "extract/ocr/ocr_quiet.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <string.h>

enum { LEAST_RESOLUTION = 50, MOST_RESOLUTION = 2400 };

/* One step: takes a picture, gives another or the same; NULL: it failed. The old one is gone. */
static PIX *replace(PIX *old, PIX *made)
{
    pixDestroy(&old);
    return made;
}

static PIX *decode(const struct picture *p, unsigned page, const struct picture_head *h)
{
    const l_uint8 *bytes = (const l_uint8 *)p->bytes;
    l_int32 n_warnings = 0;

    if (h->format == IFF_JFIF_JPEG)
        return pixReadMemJpeg(bytes, p->size, 0, (l_int32)h->reduction, &n_warnings,
                              h->is_colour ? L_JPEG_READ_LUMINANCE : 0);
    if (h->format == IFF_PNG || h->format == IFF_GIF || h->format == IFF_WEBP ||
        h->format == IFF_BMP)
        return pixReadMem(bytes, p->size);
    return pixReadMemTiff(bytes, p->size, (l_int32)page);
}

/* A fax has half as many lines as columns: it is made as high as it should look. 1 to 1 where the
 * file does not say otherwise. */
static void aspect(PIX *pix, float *ret_x, float *ret_y)
{
    const int x = pixGetXRes(pix), y = pixGetYRes(pix);
    const bool told = x >= LEAST_RESOLUTION && y >= LEAST_RESOLUTION && x <= MOST_RESOLUTION &&
                      y <= MOST_RESOLUTION;

    *ret_x = told && y > x ? (float)y / (float)x : 1;
    *ret_y = told && x > y ? (float)x / (float)y : 1;
}

/* How much smaller it has to become. */
static float shrink(float width, float height)
{
    const float by_pixels = sqrtf((float)RASTER_MAX_PIXELS / (width * height)),
                by_side = (float)RASTER_MAX_SIDE / MAX(width, height);

    return MIN(1.0f, MIN(by_pixels, by_side));
}

/* Before the pixels become bytes: one bit each takes an eighth of the memory. */
static PIX *scale(PIX *pix)
{
    float x, y, both;

    if (!pix)
        return NULL;
    aspect(pix, &x, &y);
    both = shrink((float)pixGetWidth(pix) * x, (float)pixGetHeight(pix) * y);
    if (x == y && both == 1)
        return pix;
    if (x == y && pixGetDepth(pix) == 1)
        return replace(pix, pixScaleToGray(pix, both));
    return replace(pix, pixScale(pix, x * both, y * both));
}

static PIX *make_grey(PIX *pix)
{
    if (pix && pixGetDepth(pix) == 32 && pixGetSpp(pix) == 4)
        pix = replace(pix, pixRemoveAlpha(pix));
    if (!pix || (pixGetDepth(pix) == 8 && !pixGetColormap(pix)))
        return pix;
    return replace(pix, pixConvertTo8(pix, 0));
}

/* What EXIF's orientations say: first mirrored, then turned by quarters of a circle, clockwise. */
static PIX *set_upright(PIX *pix, unsigned orientation)
{
    static const struct {
        bool mirrored;
        int quarters;
    } ways[] = {{false, 0}, {false, 0}, {true, 0}, {false, 2}, {true, 2},
                {true, 3},  {false, 1}, {true, 1}, {false, 3}};

    if (!pix || orientation >= ARRAY_SIZE(ways))
        return pix;
    if (ways[orientation].mirrored)
        pix = replace(pix, pixFlipLR(NULL, pix));
    if (pix && ways[orientation].quarters > 0)
        pix = replace(pix, pixRotateOrth(pix, ways[orientation].quarters));
    return pix;
}

/* Leptonica keeps four pixels in a word of the machine. */
static int copy_out(PIX *pix, struct raster *ret)
{
    struct raster r = {.width = (unsigned)pixGetWidth(pix), .height = (unsigned)pixGetHeight(pix)};
    const int dpi = pixGetYRes(pix), stride = pixGetWpl(pix);
    const l_uint32 *data = pixGetData(pix);

    r.grey = malloc((size_t)r.width * r.height);
    if (!r.grey)
        return PICTURE_BROKEN;
    for (unsigned y = 0; y < r.height; y++)
        for (unsigned x = 0; x < r.width; x++)
            r.grey[(size_t)y * r.width + x] =
                (unsigned char)GET_DATA_BYTE(data + (size_t)y * (size_t)stride, x);
    r.dpi = dpi >= LEAST_RESOLUTION && dpi <= MOST_RESOLUTION ? (unsigned)dpi : 0;
    *ret = r;
    return 0;
}

static int decode_page(const struct picture *p, unsigned page, struct raster *ret)
{
    struct picture_head head;
    int r = picture_look(p, page, &head);
    PIX *pix;

    if (r != 0)
        return r;
    pix = make_grey(scale(decode(p, page, &head)));
    if (head.format == IFF_PNG || head.format == IFF_JFIF_JPEG || head.format == IFF_WEBP)
        pix = set_upright(pix, p->orientation);
    if (!pix)
        return PICTURE_BROKEN;
    r = copy_out(pix, ret);
    pixDestroy(&pix);
    return r;
}

int ocr_picture_page(const struct picture *p, unsigned page, struct raster *ret)
{
    FILE *before = ocr_quiet_begin();
    int r;

    setMsgSeverity(L_SEVERITY_NONE);
    r = decode_page(p, page, ret);
    ocr_quiet_end(before);
    return r;
}
