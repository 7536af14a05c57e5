/* image_tiff.c - TIFF 6.0 and BigTIFF: the directories of its pages.
 *
 * The first page that is no thumbnail gives the size; the number of pages is that of the
 * directories in the chain. Tags go to image_take_tag(), as those of EXIF blocks do; XMP, IPTC and
 * Photoshop's resources to their readers. Nothing is copied: values are read where they lie.
 *
 * Directories and values may lie anywhere, over each other as well. All directories together may
 * have as many entries as fit into the file, and all values as many bytes as it has, so cycles and
 * overlaps end.
 */
#include "extract/image/image.h"

#include <string.h>

enum tag {
    TAG_SUBFILE = 0x00fe,
    TAG_WIDTH = 0x0100,
    TAG_HEIGHT = 0x0101,
    TAG_BITS = 0x0102,
    TAG_COLOUR = 0x0106,
    TAG_SUB_DIRECTORIES = 0x014a,
    TAG_XMP = 0x02bc,
    TAG_IPTC = 0x83bb,
    TAG_PHOTOSHOP = 0x8649,
};

enum { MAX_SUB_DIRECTORIES = 16 };

/* Bytes of a value by type; 0: no such type. */
static const unsigned char type_bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

struct tiff {
    struct image *i;
    bool is_big_endian;
    bool is_bigtiff;
    size_t entries_left;
    size_t bytes_left; /* of values that may be taken as metadata */
};

struct entry {
    unsigned tag, type;
    uint64_t count;
    const char *bytes;
    size_t n;
};

/* What a page's directory says of it. */
struct page {
    uint64_t subfile; /* bit 0: a smaller version of another one */
    uint64_t width, height, bits, colour;
    uint64_t sub_directories[MAX_SUB_DIRECTORIES];
    size_t n_sub_directories;
    uint64_t next;
};

/* A number of the size that BigTIFF doubles. */
static uint64_t read_offset(const struct tiff *t, const char *at)
{
    return t->is_bigtiff ? image_u64(at, t->is_big_endian) : image_u32(at, t->is_big_endian);
}

static uint64_t read_number(const struct tiff *t, const struct entry *e, size_t index)
{
    size_t width = type_bytes[e->type];
    const char *at = e->bytes + index * width;

    if ((index + 1) * width > e->n)
        return 0;
    if (width == 1)
        return (unsigned char)*at;
    if (width == 2)
        return image_u16(at, t->is_big_endian);
    return width == 4 ? image_u32(at, t->is_big_endian) : image_u64(at, t->is_big_endian);
}

/* The entry at `at`, which is inside the file. False: its value is not. */
static bool read_entry(const struct tiff *t, size_t at, struct entry *ret)
{
    const char *bytes = t->i->bytes + at;
    size_t inside = t->is_bigtiff ? 8 : 4; /* as much of a value lies in the entry itself */
    const char *value = bytes + 4 + inside;
    uint64_t width, offset;

    ret->tag = image_u16(bytes, t->is_big_endian);
    ret->type = image_u16(bytes + 2, t->is_big_endian);
    ret->count = read_offset(t, bytes + 4);
    if (ret->type >= ARRAY_SIZE(type_bytes) || type_bytes[ret->type] == 0)
        return false;
    width = type_bytes[ret->type];
    if (ret->count == 0 || ret->count > t->i->size / width)
        return false;
    ret->n = ret->count * width;
    offset = ret->n <= inside ? (uint64_t)(value - t->i->bytes) : read_offset(t, value);
    if (offset > t->i->size || t->i->size - offset < ret->n)
        return false;
    ret->bytes = t->i->bytes + offset;
    return true;
}

static void take_structure(const struct tiff *t, const struct entry *e, struct page *page)
{
    const struct {
        unsigned tag;
        uint64_t *to;
    } numbers[] = {
        {TAG_SUBFILE, &page->subfile}, {TAG_WIDTH, &page->width},   {TAG_HEIGHT, &page->height},
        {TAG_BITS, &page->bits},       {TAG_COLOUR, &page->colour},
    };

    for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
        if (numbers[k].tag == e->tag)
            *numbers[k].to = read_number(t, e, 0);
    }
    for (size_t k = 0;
         e->tag == TAG_SUB_DIRECTORIES && k < MIN(e->count, (uint64_t)MAX_SUB_DIRECTORIES); k++)
        page->sub_directories[page->n_sub_directories++ % MAX_SUB_DIRECTORIES] =
            read_number(t, e, k);
}

static void take_block(struct image *i, const struct entry *e)
{
    static const struct {
        unsigned tag;
        void (*read)(struct image *i, const char *bytes, size_t n);
    } blocks[] = {
        {TAG_XMP, image_read_xmp},
        {TAG_IPTC, image_read_iptc},
        {TAG_PHOTOSHOP, image_read_photoshop},
    };

    for (size_t k = 0; k < ARRAY_SIZE(blocks); k++) {
        if (blocks[k].tag == e->tag)
            blocks[k].read(i, e->bytes, e->n);
    }
}

/* The directory at `offset`: where its entries begin and end. False: not inside the file. */
static bool find_entries(struct tiff *t, uint64_t offset, size_t *ret_first, size_t *ret_n)
{
    size_t head = t->is_bigtiff ? 8 : 2, each = t->is_bigtiff ? 20 : 12, room;
    uint64_t n;

    if (offset < 8 || offset > t->i->size || t->i->size - offset < head)
        return false;
    room = (size_t)(t->i->size - offset - head) / each;
    n = t->is_bigtiff ? image_u64(t->i->bytes + offset, t->is_big_endian)
                      : image_u16(t->i->bytes + offset, t->is_big_endian);
    *ret_first = (size_t)offset + head;
    *ret_n = MIN(n, (uint64_t)MIN(room, t->entries_left));
    t->entries_left -= *ret_n;
    if (n > *ret_n)
        image_ends_early(t->i);
    return n > 0;
}

/* Whether the file still has bytes for one more value. */
static bool may_take(struct tiff *t, const struct entry *e)
{
    if (e->n > t->bytes_left) {
        image_is_broken(t->i);
        return false;
    }
    t->bytes_left -= e->n;
    return true;
}

/* Passes the tags of EXIF's or GPS's directory on. */
static void read_tags(struct tiff *t, uint64_t offset, unsigned directory)
{
    size_t at, n;
    struct entry e;

    if (!find_entries(t, offset, &at, &n))
        return;
    for (; n > 0; n--, at += t->is_bigtiff ? 20 : 12) {
        if (read_entry(t, at, &e) && may_take(t, &e))
            image_take_tag(t->i, directory, e.tag, e.type, e.bytes, e.n, t->is_big_endian);
    }
}

/* Everything that the first page carries for the whole file. */
static void take_metadata(struct tiff *t, const struct entry *e)
{
    if (e->tag == EXIF_DIRECTORY || e->tag == GPS_DIRECTORY)
        read_tags(t, read_number(t, e, 0), e->tag);
    take_block(t->i, e);
    image_take_tag(t->i, 0, e->tag, e->type, e->bytes, e->n, t->is_big_endian);
}

static bool read_page(struct tiff *t, uint64_t offset, bool with_metadata, struct page *ret)
{
    size_t at, n, each = t->is_bigtiff ? 20 : 12;
    struct entry e;

    *ret = (struct page){0};
    if (!find_entries(t, offset, &at, &n))
        return false;
    for (; n > 0; n--, at += each) {
        if (!read_entry(t, at, &e))
            continue;
        take_structure(t, &e, ret);
        if (with_metadata && may_take(t, &e))
            take_metadata(t, &e);
    }
    if (t->i->size - at >= (t->is_bigtiff ? 8u : 4u))
        ret->next = read_offset(t, t->i->bytes + at);
    return true;
}

static void take_page(struct image *i, const struct page *page)
{
    static const char *const colours[] = {"grey", "grey", "rgb", "palette", "grey",
                                          "cmyk", "rgb",  NULL,  "lab"};

    i->width = page->width;
    i->height = page->height;
    i->bits = page->bits > 0 && page->bits <= 64 ? (unsigned)page->bits : 1;
    i->colour = page->colour < ARRAY_SIZE(colours) ? colours[page->colour] : NULL;
}

/* Raw pictures of cameras have a thumbnail first, and themselves below it. */
static bool take_sub_page(struct tiff *t, const struct page *above)
{
    struct page page;

    for (size_t k = 0; k < MIN(above->n_sub_directories, (size_t)MAX_SUB_DIRECTORIES); k++) {
        if (read_page(t, above->sub_directories[k], false, &page) && page.width > 0 &&
            !(page.subfile & 1)) {
            take_page(t->i, &page);
            return true;
        }
    }
    return false;
}

/* True: the size is that of the whole picture, not only of a smaller version. */
static bool count_page(struct tiff *t, const struct page *page, bool is_told)
{
    bool is_whole = page->width > 0 && !(page->subfile & 1);

    if (!is_told && page->width > 0)
        take_page(t->i, page);
    if (!is_told && !is_whole)
        is_whole = take_sub_page(t, page);
    t->i->n_pages += is_whole;
    return is_told || is_whole;
}

static void read_pages(struct tiff *t, uint64_t offset)
{
    bool is_told = false, is_first = true;
    struct page page;

    for (; offset != 0; offset = page.next, is_first = false) {
        if (t->entries_left == 0) { /* a cycle, most likely */
            t->i->n_pages = 0;
            image_is_broken(t->i);
            return;
        }
        if (!read_page(t, offset, is_first, &page)) {
            image_ends_early(t->i);
            return;
        }
        is_told = count_page(t, &page, is_told);
    }
}

bool image_read_tiff(struct image *i)
{
    struct tiff t = {.i = i, .entries_left = i->size / 12, .bytes_left = i->size};
    size_t head = 8;
    unsigned version;

    if (i->size < head || i->bytes[0] != i->bytes[1])
        return false;
    t.is_big_endian = i->bytes[0] == 'M';
    version = image_u16(i->bytes + 2, t.is_big_endian);
    t.is_bigtiff = version == 43;
    if (version != 42 && version != 43)
        return false;
    if (t.is_bigtiff && i->size < 16)
        image_ends_early(i);
    else
        read_pages(&t, read_offset(&t, i->bytes + (t.is_bigtiff ? 8 : 4)));
    return true;
}
