/* image_iptc.c - IPTC's Information Interchange Model (IIM 4.2), and Photoshop's image resources,
 * in which it lies.
 */
#include "extract/image/image.h"

#include <string.h>

enum { APPLICATION_RECORD = 2, DATE_CREATED = 55, TIME_CREATED = 60, MAX_DATE = 16 };

/* Data sets of record 2. */
static const struct {
    unsigned number;
    enum image_field field;
} sets[] = {
    {5, IMAGE_TITLE},       {25, IMAGE_KEYWORDS},     {65, IMAGE_PRODUCER},  {80, IMAGE_CREATOR},
    {90, IMAGE_LOCATION},   {95, IMAGE_LOCATION},     {101, IMAGE_LOCATION}, {105, IMAGE_HEADLINE},
    {116, IMAGE_COPYRIGHT}, {120, IMAGE_DESCRIPTION},
};

/* A date and its time of day are two data sets. */
struct moment {
    char text[2 * MAX_DATE];
    size_t n;
};

static void take_set(struct image *i, unsigned number, const char *bytes, size_t n,
                     struct moment *created)
{
    for (size_t k = 0; k < ARRAY_SIZE(sets); k++) {
        if (sets[k].number == number)
            image_add(i, sets[k].field, bytes, n);
    }
    if ((number == DATE_CREATED && created->n == 0) ||
        (number == TIME_CREATED && created->n == 8)) {
        n = MIN(n, (size_t)MAX_DATE);
        memcpy(created->text + created->n, bytes, n);
        created->n += n;
    }
}

void image_read_iptc(struct image *i, const char *bytes, size_t n)
{
    enum { HEAD_BYTES = 5, MARK = 0x1c, EXTENDED = 0x8000 };
    struct moment created = {.n = 0};
    size_t at = 0, length;

    while (n - at >= HEAD_BYTES && bytes[at] == MARK) {
        length = image_u16(bytes + at + 3, true);
        if (length & EXTENDED) /* for more than 32 kB; nobody writes it */
            break;
        length = MIN(length, n - at - HEAD_BYTES);
        if ((unsigned char)bytes[at + 1] == APPLICATION_RECORD)
            take_set(i, (unsigned char)bytes[at + 2], bytes + at + HEAD_BYTES, length, &created);
        at += HEAD_BYTES + length;
    }
    image_add(i, IMAGE_CREATED, created.text, created.n);
}

void image_read_photoshop(struct image *i, const char *bytes, size_t n)
{
    enum { FIXED_BYTES = 7, IPTC = 0x0404, EXIF = 0x0422, XMP = 0x0424 };
    size_t at = 0, length;
    unsigned id;

    while (n - at >= FIXED_BYTES + 5 && memcmp(bytes + at, "8BIM", 4) == 0) {
        id = image_u16(bytes + at + 4, true);
        length = (unsigned char)bytes[at + 6]; /* of its name, padded to an even size */
        at += FIXED_BYTES + (length | 1);
        if (at > n || n - at < 4)
            return;
        length = MIN(image_u32(bytes + at, true), n - at - 4);
        at += 4;
        if (id == IPTC)
            image_read_iptc(i, bytes + at, length);
        else if (id == EXIF)
            image_read_exif(i, bytes + at, length);
        else if (id == XMP)
            image_read_xmp(i, bytes + at, length);
        at += MIN(length + (length & 1), n - at);
    }
}
