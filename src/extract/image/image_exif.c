/* image_exif.c - EXIF (CIPA DC-008): what its tags mean here, for the blocks in JPEG, PNG and WebP,
 * which libexif takes apart, and for TIFF files, which are made of the same tags (image_tiff.c).
 *
 * A block is copied, because libexif wants its six leading bytes; JPEG's are smaller than 64 kB, of
 * others the first 256 kB are read. libexif keeps one value of each tag that it knows, so it never
 * takes more than some dozens of times that.
 */
#include "extract/image/image.h"

#include <libexif/exif-data.h>
#include <string.h>

enum kind {
    KIND_TEXT,
    KIND_WIDE, /* UTF-16, little-endian, in bytes (Windows) */
    KIND_COMMENT,
    KIND_ORIENTATION,
};

static const struct {
    unsigned directory, tag;
    enum kind kind;
    enum image_field field;
} tags[] = {
    {0, 0x010d, KIND_TEXT, IMAGE_TITLE}, /* of scanned documents */
    {0, 0x010e, KIND_TEXT, IMAGE_DESCRIPTION},
    {0, 0x010f, KIND_TEXT, IMAGE_MAKE},
    {0, 0x0110, KIND_TEXT, IMAGE_MODEL},
    {0, 0x0112, KIND_ORIENTATION, 0},
    {0, 0x0131, KIND_TEXT, IMAGE_PRODUCER},
    {0, 0x0132, KIND_TEXT, IMAGE_MODIFIED},
    {0, 0x013b, KIND_TEXT, IMAGE_CREATOR},
    {0, 0x8298, KIND_TEXT, IMAGE_COPYRIGHT},
    {0, 0x9c9b, KIND_WIDE, IMAGE_TITLE},
    {0, 0x9c9c, KIND_WIDE, IMAGE_COMMENT},
    {0, 0x9c9d, KIND_WIDE, IMAGE_CREATOR},
    {0, 0x9c9e, KIND_WIDE, IMAGE_KEYWORDS},
    {0, 0x9c9f, KIND_WIDE, IMAGE_SUBJECT},
    {EXIF_DIRECTORY, 0x9003, KIND_TEXT, IMAGE_TAKEN},
    {EXIF_DIRECTORY, 0x9004, KIND_TEXT, IMAGE_CREATED},
    {EXIF_DIRECTORY, 0x9010, KIND_TEXT, IMAGE_MODIFIED_OFFSET},
    {EXIF_DIRECTORY, 0x9011, KIND_TEXT, IMAGE_TAKEN_OFFSET},
    {EXIF_DIRECTORY, 0x9012, KIND_TEXT, IMAGE_CREATED_OFFSET},
    {EXIF_DIRECTORY, 0x9286, KIND_COMMENT, IMAGE_COMMENT},
    {EXIF_DIRECTORY, 0xa434, KIND_TEXT, IMAGE_LENS},
};

/* GPS's tags; an angle's side has the tag below. */
enum { GPS_LATITUDE = 2, GPS_LONGITUDE = 4, TYPE_SHORT = 3, RATIONAL_BYTES = 8 };

static void add_wide(struct image *i, enum image_field field, const char *bytes, size_t n,
                     bool is_big_endian)
{
    size_t end = 0;

    while (end + 2 <= n && (bytes[end] || bytes[end + 1]))
        end += 2;
    image_add_encoded(i, field, is_big_endian ? "UTF-16BE" : "UTF-16LE", bytes, end);
}

/* Behind a comment's "UNICODE": many programs do not heed the block's byte order, so the bytes
 * decide when they can. */
static bool is_wide_big_endian(const char *bytes, size_t n, bool otherwise)
{
    size_t zeros[2] = {0};

    for (size_t at = 0; at + 2 <= n; at += 2) {
        zeros[0] += bytes[at] == '\0' && bytes[at + 1] != '\0';
        zeros[1] += bytes[at] != '\0' && bytes[at + 1] == '\0';
    }
    return zeros[0] == zeros[1] ? otherwise : zeros[0] > zeros[1];
}

/* UserComment begins with eight bytes that name its encoding (4.6.6); some programs leave them
 * out. */
static void add_comment(struct image *i, enum image_field field, const char *bytes, size_t n,
                        bool is_big_endian)
{
    static const char codes[][9] = {"ASCII\0\0", "JIS\0\0\0\0", "\0\0\0\0\0\0\0", "UNICODE"};
    size_t code = 0;

    while (code < ARRAY_SIZE(codes) && !(n >= 8 && memcmp(bytes, codes[code], 8) == 0))
        code++;
    if (code + 1 == ARRAY_SIZE(codes))
        add_wide(i, field, bytes + 8, n - 8, is_wide_big_endian(bytes + 8, n - 8, is_big_endian));
    else if (code < ARRAY_SIZE(codes))
        image_add(i, field, bytes + 8, n - 8);
    else
        image_add(i, field, bytes, n);
}

static void take_orientation(struct image *i, unsigned type, const char *bytes, size_t n,
                             bool is_big_endian)
{
    if (type == TYPE_SHORT && n >= 2 && i->orientation == 0 && image_u16(bytes, is_big_endian) <= 8)
        i->orientation = image_u16(bytes, is_big_endian);
}

/* Degrees, minutes, seconds, each a fraction. False: one is none. */
static bool read_angle(const char *bytes, size_t n, bool is_big_endian, double *ret)
{
    double unit = 1, sum = 0;
    uint32_t above, below;

    for (size_t at = 0; at < 3 * RATIONAL_BYTES; at += RATIONAL_BYTES, unit *= 60) {
        if (n - at < RATIONAL_BYTES)
            return false;
        above = image_u32(bytes + at, is_big_endian);
        below = image_u32(bytes + at + 4, is_big_endian);
        if (below == 0 && (above > 0 || at == 0))
            return false;
        sum += below > 0 ? above / (double)below / unit : 0;
    }
    *ret = sum;
    return true;
}

static void take_place(struct image *i, unsigned tag, const char *bytes, size_t n,
                       bool is_big_endian)
{
    struct image_angle *angle = tag <= GPS_LATITUDE ? &i->latitude : &i->longitude;

    if (tag == 0 || tag > GPS_LONGITUDE || n == 0)
        return;
    if (tag & 1)
        angle->side = angle->side ? angle->side : bytes[0];
    else if (!angle->is_told)
        angle->is_told = read_angle(bytes, n, is_big_endian, &angle->degrees);
}

void image_take_tag(struct image *i, unsigned directory, unsigned tag, unsigned type,
                    const char *bytes, size_t n, bool is_big_endian)
{
    size_t k = 0;

    if (directory == GPS_DIRECTORY) {
        take_place(i, tag, bytes, n, is_big_endian);
        return;
    }
    while (k < ARRAY_SIZE(tags) && !(tags[k].directory == directory && tags[k].tag == tag))
        k++;
    if (k == ARRAY_SIZE(tags))
        return;
    if (tags[k].kind == KIND_TEXT)
        image_add(i, tags[k].field, bytes, n);
    else if (tags[k].kind == KIND_WIDE)
        add_wide(i, tags[k].field, bytes, n, false);
    else if (tags[k].kind == KIND_COMMENT)
        add_comment(i, tags[k].field, bytes, n, is_big_endian);
    else
        take_orientation(i, type, bytes, n, is_big_endian);
}

static void take_directory(struct image *i, const ExifContent *content, unsigned directory,
                           bool is_big_endian)
{
    const ExifEntry *e;

    for (unsigned k = 0; k < content->count; k++) {
        e = content->entries[k];
        if (e->data && e->size > 0)
            image_take_tag(i, directory, e->tag, e->format, (const char *)e->data, e->size,
                           is_big_endian);
    }
}

static void take_block(struct image *i, const char *bytes, size_t n)
{
    ExifData *data = exif_data_new();
    bool is_big_endian;

    if (!data) {
        result_out_of_memory(i->d);
        return;
    }
    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_load_data(data, (const unsigned char *)bytes, (unsigned)n);
    is_big_endian = exif_data_get_byte_order(data) == EXIF_BYTE_ORDER_MOTOROLA;
    take_directory(i, data->ifd[EXIF_IFD_0], 0, is_big_endian);
    take_directory(i, data->ifd[EXIF_IFD_EXIF], EXIF_DIRECTORY, is_big_endian);
    take_directory(i, data->ifd[EXIF_IFD_GPS], GPS_DIRECTORY, is_big_endian);
    exif_data_unref(data);
}

void image_read_exif(struct image *i, const char *bytes, size_t n)
{
    static const char head[6] = "Exif";
    struct buf block = BUF_INIT;

    if (!image_may_read_block(i))
        return;
    if (n < sizeof(head) || memcmp(bytes, head, sizeof(head)) != 0)
        buf_add(&block, head, sizeof(head));
    buf_add(&block, bytes, MIN(n, (size_t)MAX_EXIF_BYTES));
    if (buf_error(&block))
        result_out_of_memory(i->d);
    else
        take_block(i, block.data, block.size);
    buf_done(&block);
}
