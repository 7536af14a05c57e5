/* image_small.c - GIF (87a, 89a), WebP (RIFF) and BMP: what their headers, comments and metadata
 * blocks say.
 */
#include "extract/image/image.h"

#include <string.h>

/* Steps through GIF's chain of sub-blocks. False: the file ends in it. */
static bool skip_sub_blocks(const struct image *i, size_t *at)
{
    size_t n;

    while (*at < i->size) {
        n = (unsigned char)i->bytes[*at];
        *at += 1 + n;
        if (n == 0)
            return true;
    }
    return false;
}

/* The chain as one text. */
static void read_comment(struct image *i, size_t at)
{
    struct buf text = BUF_INIT;
    size_t n;

    for (; at < i->size && (n = (unsigned char)i->bytes[at]) > 0; at += 1 + n)
        buf_add(&text, i->bytes + at + 1, MIN(n, i->size - at - 1));
    if (buf_error(&text))
        result_out_of_memory(i->d);
    else if (text.size > 0)
        image_add(i, IMAGE_COMMENT, text.data, text.size);
    buf_done(&text);
}

/* `at`: behind the label. XMP lies there as it is, and a trailer makes a chain of sub-blocks of it
 * (XMP specification, part 3, 1.1.2). */
static void read_extension(struct image *i, unsigned label, size_t at)
{
    enum { PLAIN_TEXT = 0x01, COMMENT = 0xfe, APPLICATION = 0xff };
    enum { HEAD_BYTES = 12, TRAILER_BYTES = 258 };
    size_t end = at;

    if (label == COMMENT)
        read_comment(i, at);
    if (label == PLAIN_TEXT && at < i->size) {
        end += 1 + (size_t)(unsigned char)i->bytes[at];
        read_comment(i, end);
    }
    if (label != APPLICATION || i->size - at < HEAD_BYTES ||
        memcmp(i->bytes + at + 1, "XMP DataXMP", 11) != 0)
        return;
    if (skip_sub_blocks(i, &end) && end - at >= HEAD_BYTES + TRAILER_BYTES)
        end -= TRAILER_BYTES;
    end = MIN(end, i->size);
    image_read_xmp(i, i->bytes + at + HEAD_BYTES, end - at - HEAD_BYTES);
}

static size_t colour_table_bytes(char flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Walks extensions and images up to the trailer. */
static void read_blocks(struct image *i, size_t at)
{
    enum { EXTENSION = 0x21, PICTURE = 0x2c, TRAILER = 0x3b, DESCRIPTOR_BYTES = 10 };
    unsigned kind;

    while (at < i->size && (kind = (unsigned char)i->bytes[at]) != TRAILER) {
        if (kind == EXTENSION && i->size - at > 2) {
            read_extension(i, (unsigned char)i->bytes[at + 1], at + 2);
            at += 2;
        } else if (kind == PICTURE && i->size - at > DESCRIPTOR_BYTES) {
            i->n_frames++;
            at += DESCRIPTOR_BYTES + colour_table_bytes(i->bytes[at + 9]) + 1;
        } else if (kind == EXTENSION || kind == PICTURE) {
            break;
        } else {
            image_is_broken(i);
            return;
        }
        if (!skip_sub_blocks(i, &at))
            break;
    }
    if (at >= i->size)
        image_ends_early(i);
}

bool image_read_gif(struct image *i)
{
    enum { HEADER_BYTES = 13 };
    char flags;

    if (i->size < HEADER_BYTES) {
        image_ends_early(i);
        return true;
    }
    flags = i->bytes[10];
    i->width = image_u16(i->bytes + 6, false);
    i->height = image_u16(i->bytes + 8, false);
    i->bits = flags & 0x80 ? (flags & 7u) + 1 : 0;
    i->colour = "palette";
    read_blocks(i, HEADER_BYTES + colour_table_bytes(flags));
    return true;
}

static uint32_t u24(const char *at)
{
    return image_u16(at, false) | (uint32_t)(unsigned char)at[2] << 16;
}

static void set_webp(struct image *i, uint32_t width, uint32_t height, bool has_alpha)
{
    if (i->width > 0)
        return;
    i->width = width;
    i->height = height;
    i->bits = 8;
    i->colour = has_alpha ? "rgb_alpha" : "rgb";
}

/* RFC 6386, 9.1; RFC 9649, 2.7 and 3.4. */
static void take_webp_chunk(struct image *i, const char *type, const char *bytes, size_t n)
{
    uint32_t bits;

    if (memcmp(type, "VP8 ", 4) == 0 && n >= 10 && memcmp(bytes + 3, "\x9d\x01\x2a", 3) == 0) {
        set_webp(i, image_u16(bytes + 6, false) & 0x3fff, image_u16(bytes + 8, false) & 0x3fff,
                 false);
    } else if (memcmp(type, "VP8L", 4) == 0 && n >= 5 && bytes[0] == 0x2f) {
        bits = image_u32(bytes + 1, false);
        set_webp(i, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, bits >> 28 & 1);
    } else if (memcmp(type, "VP8X", 4) == 0 && n >= 10) {
        set_webp(i, u24(bytes + 4) + 1, u24(bytes + 7) + 1, bytes[0] & 0x10);
    } else if (memcmp(type, "ANMF", 4) == 0) {
        i->n_frames++;
    } else if (memcmp(type, "EXIF", 4) == 0) {
        image_read_exif(i, bytes, n);
    } else if (memcmp(type, "XMP ", 4) == 0) {
        image_read_xmp(i, bytes, n);
    }
}

bool image_read_webp(struct image *i)
{
    size_t at = 12, n, end;

    if (i->size < at || memcmp(i->bytes, "RIFF", 4) != 0 || memcmp(i->bytes + 8, "WEBP", 4) != 0)
        return false;
    end = MIN(i->size, (size_t)image_u32(i->bytes + 4, false) + 8);
    while (end - at >= 8) {
        n = image_u32(i->bytes + at + 4, false);
        take_webp_chunk(i, i->bytes + at, i->bytes + at + 8, MIN(n, end - at - 8));
        if (n > end - at - 8) {
            image_ends_early(i);
            break;
        }
        at += MIN(8 + n + (n & 1), end - at);
    }
    if (i->width == 0)
        image_is_broken(i);
    return true;
}

/* The sizes that the header behind the file's header has had over time. */
static bool is_bmp_header(uint32_t n)
{
    static const uint32_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};

    for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
        if (sizes[k] == n)
            return true;
    }
    return false;
}

static void set_bmp_depth(struct image *i, unsigned bits_of_pixel)
{
    if (bits_of_pixel <= 8) {
        i->bits = bits_of_pixel;
        i->colour = "palette";
    } else {
        i->bits = bits_of_pixel == 16 ? 5 : 8;
        i->colour = "rgb";
    }
}

bool image_read_bmp(struct image *i)
{
    enum { CORE_HEADER = 12, HEADER_AT = 14 };
    const char *header = i->bytes + HEADER_AT;
    uint32_t n;
    int32_t height;

    if (i->size < HEADER_AT + CORE_HEADER || !is_bmp_header(n = image_u32(header, false)))
        return false;
    if (n == CORE_HEADER) {
        i->width = image_u16(header + 4, false);
        i->height = image_u16(header + 6, false);
        set_bmp_depth(i, image_u16(header + 10, false));
        return true;
    }
    if (i->size < HEADER_AT + 16)
        return false;
    height = (int32_t)image_u32(header + 8, false); /* below 0: from top to bottom */
    i->width = image_u32(header + 4, false);
    i->height = height < 0 ? -(int64_t)height : height;
    set_bmp_depth(i, image_u16(header + 14, false));
    if (image_u32(i->bytes + 2, false) > i->size)
        image_ends_early(i);
    return true;
}
