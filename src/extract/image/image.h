/* image.h - what a picture file tells, collected by the readers of its parts; internal to
 * format_image.c and image_*.c.
 *
 * A reader passes on what it finds in whatever order the file has it; format_image.c writes it out
 * in an order of its own, each text once.
 */
#pragma once

#include "extract/extractor.h"

enum image_bounds {
    MAX_IMAGE_VALUES = 512,
    MAX_IMAGE_TEXT_BYTES = 4 << 20,      /* of all values */
    MAX_IMAGE_UNPACKED_BYTES = 16 << 20, /* of all compressed texts in one file */
    MAX_EXIF_BYTES = 256 * 1024,         /* of one block that libexif gets */
    MAX_IMAGE_BLOCKS = 64,               /* of EXIF and XMP together, in one file */
};

/* In the order in which the body has them. */
enum image_field {
    IMAGE_TITLE,
    IMAGE_HEADLINE,
    IMAGE_DESCRIPTION,
    IMAGE_COMMENT,
    IMAGE_SUBJECT,
    IMAGE_KEYWORDS,
    IMAGE_CREATOR,
    IMAGE_LOCATION,
    N_IMAGE_BODY_FIELDS, /* what follows is metadata only */
    IMAGE_COPYRIGHT = N_IMAGE_BODY_FIELDS,
    IMAGE_PRODUCER,
    IMAGE_MAKE,
    IMAGE_MODEL,
    IMAGE_LENS,
    IMAGE_TAKEN, /* when the shutter clicked */
    IMAGE_TAKEN_OFFSET,
    IMAGE_CREATED, /* any other time of making it */
    IMAGE_CREATED_OFFSET,
    IMAGE_MODIFIED,
    IMAGE_MODIFIED_OFFSET,
    IMAGE_ORIENTATION, /* in words of XMP: a digit; EXIF's goes before */
};

struct image_value {
    enum image_field field;
    bool is_repeated; /* another field has the same text */
    size_t at, n;     /* in `text` */
};

/* A coordinate of the place where it was taken. */
struct image_angle {
    bool is_told;
    char side; /* N, S, E, W */
    double degrees;
};

struct image {
    struct extractor *x;
    struct document *d;
    const char *bytes;
    size_t size;
    uint64_t width, height; /* 0: not known */
    unsigned bits;          /* of one sample; 0: not known */
    const char *colour;     /* NULL: not known */
    uint64_t orientation;   /* as EXIF has it, from 1; 0: not told */
    uint64_t n_pages;       /* 0: the kind has none */
    uint64_t n_frames;      /* of an animation; up to 1: it is none */
    const char *damage;     /* NULL: none seen */
    struct image_angle latitude, longitude;
    size_t unpacked_bytes;
    unsigned n_blocks;  /* of EXIF and XMP */
    unsigned n_guessed; /* texts whose encoding was guessed: that takes time */
    struct buf text;
    struct image_value values[MAX_IMAGE_VALUES];
    size_t n_values;
};

/* Readers of a whole file. False: it is no such picture. */
bool image_read_png(struct image *i);
bool image_read_jpeg(struct image *i);
bool image_read_gif(struct image *i);
bool image_read_tiff(struct image *i);
bool image_read_webp(struct image *i);
bool image_read_bmp(struct image *i);

/* Readers of what several kinds of file have inside. Damage in them is damage to the picture's
 * metadata only: they take what they can. */
void image_read_exif(struct image *i, const char *bytes, size_t n); /* with or without "Exif\0\0" */
void image_read_xmp(struct image *i, const char *bytes, size_t n);
void image_read_iptc(struct image *i, const char *bytes, size_t n);
void image_read_photoshop(struct image *i, const char *bytes, size_t n); /* image resources */

/* One entry of EXIF's or TIFF's directories. `type` as TIFF numbers them; `directory` is 0, or the
 * tag that leads to it. */
enum { EXIF_DIRECTORY = 0x8769, GPS_DIRECTORY = 0x8825 };
void image_take_tag(struct image *i, unsigned directory, unsigned tag, unsigned type,
                    const char *bytes, size_t n, bool is_big_endian);

/* Reads the words in the picture itself into the body, if that is wanted (ocr/ocr.h), and says in
 * the metadata what became of it. */
void image_read_words(struct image *i);

/* Whether one more block of EXIF or XMP may be read; each costs more than its bytes. */
bool image_may_read_block(struct image *i);

/* Adds text in UTF-8, or else in what it seems to be; white space at its ends goes. Several values
 * of a field add up, the same one counts once. */
void image_add(struct image *i, enum image_field field, const char *bytes, size_t n);

/* The same of text whose encoding is told. */
void image_add_encoded(struct image *i, enum image_field field, const char *encoding,
                       const char *bytes, size_t n);

/* The first value of a field; NULL: none. */
const struct image_value *image_first(const struct image *i, enum image_field field);

/* The file does not go on where it should; it is otherwise broken. The first reason counts. */
void image_ends_early(struct image *i);
void image_is_broken(struct image *i);

static inline uint32_t image_u16(const char *at, bool is_big_endian)
{
    const unsigned char *b = (const unsigned char *)at;

    return is_big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static inline uint32_t image_u32(const char *at, bool is_big_endian)
{
    uint32_t first = image_u16(at, is_big_endian), second = image_u16(at + 2, is_big_endian);

    return is_big_endian ? first << 16 | second : second << 16 | first;
}

static inline uint64_t image_u64(const char *at, bool is_big_endian)
{
    uint64_t first = image_u32(at, is_big_endian), second = image_u32(at + 4, is_big_endian);

    return is_big_endian ? first << 32 | second : second << 32 | first;
}
