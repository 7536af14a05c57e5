/* image_jpeg.c - JPEG (ITU-T T.81): the frame header, comments, and the application segments that
 * carry EXIF, XMP and Photoshop's resources (with IPTC inside).
 *
 * Segments are walked by their lengths; behind the start of a scan the next marker is searched, so
 * that the end of the image can be told from the end of the file. What follows the image (previews,
 * films) is not looked at. The first frame header counts; when it leaves the height open, a DNL
 * segment has it.
 */
#include "extract/image/image.h"

#include <string.h>

enum marker {
    MARKER_SOF0 = 0xc0,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_DAC = 0xcc,
    MARKER_RST0 = 0xd0,
    MARKER_SOI = 0xd8,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_DNL = 0xdc,
    MARKER_APP1 = 0xe1,
    MARKER_APP13 = 0xed,
    MARKER_APP14 = 0xee,
    MARKER_COM = 0xfe,
    MARKER_TEM = 0x01,
};

/* What an application segment begins with, its NUL included. */
static const struct {
    unsigned marker;
    const char *name;
    size_t n; /* to be skipped */
    void (*read)(struct image *i, const char *bytes, size_t n);
} applications[] = {
    {MARKER_APP1, "Exif", 6, image_read_exif},
    {MARKER_APP1, "http://ns.adobe.com/xap/1.0/", 29, image_read_xmp},
    {MARKER_APP13, "Photoshop 3.0", 14, image_read_photoshop},
};

static void take_application(struct image *i, unsigned marker, const char *bytes, size_t n)
{
    for (size_t k = 0; k < ARRAY_SIZE(applications); k++) {
        if (marker == applications[k].marker && n >= applications[k].n &&
            memcmp(bytes, applications[k].name, strlen(applications[k].name) + 1) == 0)
            applications[k].read(i, bytes + applications[k].n, n - applications[k].n);
    }
}

static void take_frame(struct image *i, const char *bytes, size_t n)
{
    static const char *const colours[] = {NULL, "grey", NULL, "rgb", "cmyk"};
    unsigned components;

    if (n < 6 || i->width > 0)
        return;
    components = (unsigned char)bytes[5];
    i->bits = (unsigned char)bytes[0];
    i->height = image_u16(bytes + 1, true);
    i->width = image_u16(bytes + 3, true);
    i->colour = components < ARRAY_SIZE(colours) ? colours[components] : NULL;
}

static bool is_frame(unsigned marker)
{
    return marker >= MARKER_SOF0 && marker < MARKER_RST0 && marker != MARKER_DHT &&
           marker != MARKER_JPG && marker != MARKER_DAC;
}

static void take_segment(struct image *i, unsigned marker, const char *bytes, size_t n)
{
    if (is_frame(marker))
        take_frame(i, bytes, n);
    else if (marker == MARKER_COM)
        image_add(i, IMAGE_COMMENT, bytes, n);
    else if (marker == MARKER_DNL && n >= 2 && i->height == 0)
        i->height = image_u16(bytes, true);
    else
        take_application(i, marker, bytes, n);
}

static bool has_length(unsigned marker)
{
    return marker != MARKER_TEM && !(marker >= MARKER_RST0 && marker <= MARKER_EOI);
}

/* The next marker at or behind *at, passing over bytes that are none; *at gets behind it. 0: there
 * is none. */
static unsigned next_marker(const struct image *i, size_t *at)
{
    const char *found = i->bytes + *at, *end = i->bytes + i->size;
    unsigned marker;

    while (found < end && (found = memchr(found, 0xff, (size_t)(end - found)))) {
        while (found < end && *found == '\xff')
            found++;
        if (found == end)
            break;
        marker = (unsigned char)*found++;
        if (marker != 0 && !(marker >= MARKER_RST0 && marker < MARKER_SOI)) {
            *at = (size_t)(found - i->bytes);
            return marker;
        }
    }
    *at = i->size;
    return 0;
}

bool image_read_jpeg(struct image *i)
{
    size_t at = 2, n; /* behind SOI */
    unsigned marker;

    while ((marker = next_marker(i, &at)) != MARKER_EOI) {
        if (marker == 0 || (has_length(marker) && i->size - at < 2)) {
            image_ends_early(i);
            break;
        }
        if (!has_length(marker))
            continue;
        n = image_u16(i->bytes + at, true);
        if (n < 2) {
            image_is_broken(i);
            continue;
        }
        take_segment(i, marker, i->bytes + at + 2, MIN(n, i->size - at) - 2);
        at += MIN(n, i->size - at);
    }
    if (i->width == 0 || i->height == 0)
        image_is_broken(i);
    return true;
}
