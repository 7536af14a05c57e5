/* ocr_head.c - how large a picture is, from its own header, and whether it may be decoded.
 *
 * Decoders allocate what a header says, and some go on for as long as the data do: a few hundred
 * bytes can stand for gigabytes, or for hours. So a picture is decoded only when its pixels fit the
 * bound, as this decoder holds them: PNG and TIFF in colour once as rows or RGBA and once as pixels,
 * JPEG as brightness alone (a large one at a half, a quarter, an eighth), of GIF all frames, since
 * the library reads all. The headers are read by the decoder's own library where it can do that
 * alone; for GIF and BMP it would decode the picture, so those are read here. A JPEG that paints the
 * picture anew in many scans counts as that many pictures.
 */
#include "extract/ocr/ocr_head.h"

#include "extract/image/image.h"

#include <leptonica/allheaders.h>
#include <string.h>

enum {
    MAX_SCANNED_PIXELS = 1000 * 1000 * 1000, /* of a JPEG, by all its scans */
    MAX_REDUCTION = 8,
};

static const l_uint8 *bytes_of(const struct picture *p)
{
    return (const l_uint8 *)p->bytes;
}

static bool look_at_png(const struct picture *p, unsigned page, struct picture_head *h)
{
    l_int32 bits, samples, has_map;

    if (readHeaderMemPng(bytes_of(p), p->size, &h->width, &h->height, &bits, &samples, &has_map))
        return false;
    h->pixel_bytes = samples > 1 || has_map ? 4u + (unsigned)(samples * MAX(bits, 8) / 8) : 3;
    return true;
}

/* Scans of an image; bytes of data that look like the mark cost nothing but caution. */
static uint64_t count_scans(const struct picture *p)
{
    const char *at = p->bytes, *end = p->bytes + p->size;
    uint64_t n = 0;

    while ((at = memmem(at, (size_t)(end - at), "\xff\xda", 2))) {
        at += 2;
        n++;
    }
    return n;
}

static bool look_at_jpeg(const struct picture *p, unsigned page, struct picture_head *h)
{
    l_int32 samples, is_ycck, is_cmyk;
    uint64_t pixels, n_scans;

    if (readHeaderMemJpeg(bytes_of(p), p->size, &h->width, &h->height, &samples, &is_ycck,
                          &is_cmyk))
        return false;
    pixels = (uint64_t)h->width * (uint64_t)h->height;
    n_scans = count_scans(p);
    h->is_colour = samples < 4;
    h->pixel_bytes = h->is_colour ? 2 : 9;
    if (n_scans > 1) /* progressive, so that all coefficients are kept */
        h->pixel_bytes += 2 * (unsigned)samples;
    if (n_scans > 1 && pixels * n_scans > MAX_SCANNED_PIXELS)
        h->pixel_bytes = UINT32_MAX;
    while (h->reduction < MAX_REDUCTION &&
           pixels / (h->reduction * h->reduction) > 2 * (uint64_t)RASTER_MAX_PIXELS)
        h->reduction *= 2;
    return true;
}

static bool look_at_tiff(const struct picture *p, unsigned page, struct picture_head *h)
{
    l_int32 bits, samples, resolution, has_map, compression;

    if (readHeaderMemTiff(bytes_of(p), p->size, (l_int32)page, &h->width, &h->height, &bits,
                          &samples, &resolution, &has_map, &compression))
        return false;
    h->pixel_bytes = samples > 1 || has_map ? 9 : bits > 8 ? 5 : 2;
    return true;
}

static bool look_at_webp(const struct picture *p, unsigned page, struct picture_head *h)
{
    l_int32 samples;

    if (readHeaderMemWebP(bytes_of(p), p->size, &h->width, &h->height, &samples))
        return false;
    h->pixel_bytes = 9;
    return true;
}

/* Windows' header has 32 bits a side, the height negative from the top; OS/2's 16. */
static bool look_at_bmp(const struct picture *p, unsigned page, struct picture_head *h)
{
    enum { HEADER_BYTES = 26, OLD_HEADER = 12 };
    bool is_old;

    if (p->size < HEADER_BYTES)
        return false;
    is_old = image_u32(p->bytes + 14, false) == OLD_HEADER;
    h->width = (int)(is_old ? image_u16(p->bytes + 18, false) : image_u32(p->bytes + 18, false));
    h->height = (int)(is_old ? image_u16(p->bytes + 20, false) : image_u32(p->bytes + 22, false));
    if (h->height < 0 && h->height > INT32_MIN)
        h->height = -h->height;
    h->pixel_bytes = 5;
    return true;
}

/* Where a GIF's chain of sub-blocks ends. */
static size_t behind_blocks(const struct picture *p, size_t at)
{
    size_t n = 1;

    while (n > 0 && at < p->size) {
        n = (unsigned char)p->bytes[at];
        at += 1 + n;
    }
    return at;
}

static size_t table_bytes(char flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Counts the pixels of all frames: `height` becomes what they would come to as one picture. */
static bool look_at_gif(const struct picture *p, unsigned page, struct picture_head *h)
{
    enum { HEADER_BYTES = 13, EXTENSION = 0x21, FRAME = 0x2c, FRAME_BYTES = 10 };
    uint64_t pixels = 0;
    size_t at;

    if (p->size < HEADER_BYTES)
        return false;
    h->width = (int)image_u16(p->bytes + 6, false);
    h->height = (int)image_u16(p->bytes + 8, false);
    at = HEADER_BYTES + table_bytes(p->bytes[10]);
    while (at + FRAME_BYTES < p->size && pixels <= PICTURE_MAX_PIXELS) {
        if ((unsigned char)p->bytes[at] == EXTENSION) {
            at = behind_blocks(p, at + 2);
        } else if (p->bytes[at] == FRAME) {
            pixels +=
                (uint64_t)image_u16(p->bytes + at + 5, false) * image_u16(p->bytes + at + 7, false);
            at = behind_blocks(p, at + FRAME_BYTES + table_bytes(p->bytes[at + 9]) + 1);
        } else {
            break;
        }
    }
    h->pixel_bytes = pixels > PICTURE_MAX_PIXELS ? UINT32_MAX : 4;
    return true;
}

static const struct {
    int format;
    bool (*look)(const struct picture *p, unsigned page, struct picture_head *h);
} looks[] = {
    {IFF_PNG, look_at_png},   {IFF_JFIF_JPEG, look_at_jpeg}, {IFF_GIF, look_at_gif},
    {IFF_WEBP, look_at_webp}, {IFF_BMP, look_at_bmp},
};

static bool read_head(const struct picture *p, unsigned page, struct picture_head *h)
{
    if (L_FORMAT_IS_TIFF(h->format))
        return look_at_tiff(p, page, h);
    for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
        if (looks[i].format == h->format)
            return looks[i].look(p, page, h);
    return false;
}

/* JPEG's reduction does not count: the coefficients of a progressive one are kept at full size. */
static int judge(const struct picture *p, const struct picture_head *h)
{
    const uint64_t pixels = (uint64_t)h->width * (uint64_t)h->height;

    if (h->width <= 0 || h->height <= 0)
        return PICTURE_BROKEN;
    if (MIN(h->width, h->height) < RASTER_MIN_SIDE || pixels < RASTER_MIN_PIXELS)
        return PICTURE_TOO_SMALL;
    if (pixels > PICTURE_MAX_PIXELS || pixels * h->pixel_bytes > p->max_bytes)
        return PICTURE_TOO_LARGE;
    return 0;
}

int picture_look(const struct picture *p, unsigned page, struct picture_head *ret)
{
    enum { MARK_BYTES = 12 }; /* that leptonica looks at without asking how many there are */
    struct picture_head h = {.reduction = 1};
    int r;

    if (p->size < MARK_BYTES || findFileFormatBuffer(bytes_of(p), &h.format) != 0)
        return PICTURE_BROKEN;
    if (!L_FORMAT_IS_TIFF(h.format) && page > 0)
        return PICTURE_ENDED;
    if (!read_head(p, page, &h))
        return page > 0 ? PICTURE_ENDED : PICTURE_BROKEN;
    r = judge(p, &h);
    if (r == 0)
        *ret = h;
    return r;
}
