/* archive_open.c - opens an archive in memory, by libarchive.
 *
 * One format, one filter, chosen by the signature and enabled by name: what "all" enables may start
 * programs, and tries formats that nobody asked for. What a decoder allocates is what the archive
 * declares: an xz stream of a hundred bytes may ask for 4 GB. libarchive sets liblzma no limit, so
 * the first declaration is looked at here, and memory is tried before each member: a document
 * must not leave its worker without any. (libzstd has a limit of its own, 128 MB.)
 */
#include "extract/archive/archive_open.h"

#include <archive.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SPARE_BYTES = 64 << 20,
    MAX_DICTIONARY_BITS = 27,
};

static const struct {
    const char *mark;
    struct archive_kind kind;
} kinds[] = {
    {"\x1f\x8b\x08", {"gzip", ARCHIVE_FILTER_GZIP, "gz"}},
    {"BZh", {"bzip2", ARCHIVE_FILTER_BZIP2, "bz2"}},
    {"\xfd"
     "7zXZ",
     {"xz", ARCHIVE_FILTER_XZ, "xz"}},
    {"\x28\xb5\x2f\xfd", {"zstd", ARCHIVE_FILTER_ZSTD, "zst"}},
    {"PK", {0}},
    {"7z\xbc\xaf\x27\x1c", {0}},
};
static const struct archive_kind plain_tar = {0};

/* "BZh", a digit, and the mark of a block or of the end: a text may begin with the first three. */
static bool is_bzip2(const struct document *d)
{
    const char *at = d->bytes + 4;

    return d->n_bytes >= 10 && d->bytes[3] >= '1' && d->bytes[3] <= '9' &&
           (memcmp(at, "1AY&SY", 6) == 0 || memcmp(at, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

const struct archive_kind *archive_kind_of(const struct document *d)
{
    const struct archive_kind *kind;
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        n = strlen(kinds[i].mark);
        kind = &kinds[i].kind;
        if (d->n_bytes < n || memcmp(d->bytes, kinds[i].mark, n) != 0)
            continue;
        return kind->filter == ARCHIVE_FILTER_BZIP2 && !is_bzip2(d) ? NULL : kind;
    }
    return d->bytes[0] == '\x1f' ? NULL : &plain_tar;
}

bool archive_has_mark(const struct document *d)
{
    enum { MARK_AT = 257 };

    return archive_kind_of(d) != &plain_tar ||
           (d->n_bytes >= MARK_AT + 5 && memcmp(d->bytes + MARK_AT, "ustar", 5) == 0);
}

/* A file that is compressed may be a tar; anything else is its only member. */
static int add_formats(struct archive *a, const struct document *d, const struct archive_kind *kind)
{
    if (kind->filter) {
        if (archive_read_append_filter(a, kind->filter) != ARCHIVE_OK ||
            archive_read_support_format_raw(a) != ARCHIVE_OK ||
            archive_read_support_format_empty(a) != ARCHIVE_OK)
            return ARCHIVE_FATAL;
        return archive_read_support_format_tar(a);
    }
    if (d->bytes[0] == 'P' && kind != &plain_tar)
        return archive_read_support_format_zip(a);
    return kind == &plain_tar ? archive_read_support_format_tar(a)
                              : archive_read_support_format_7zip(a);
}

struct archive *archive_open(const struct document *d, const struct archive_kind *kind)
{
    struct archive *a = archive_read_new();

    if (!a)
        return NULL;
    if (add_formats(a, d, kind) == ARCHIVE_OK &&
        archive_read_open_memory(a, d->bytes, d->n_bytes) == ARCHIVE_OK)
        return a;
    archive_read_free(a);
    return NULL;
}

/* gzip ends with the size (RFC 1952, 2.3.1); an empty file of the others is hardly more than marks. */
bool archive_is_empty(const struct document *d)
{
    enum { MAX_EMPTY_BYTES = 40 };

    if (d->bytes[0] == '\x1f')
        return d->n_bytes >= 20 && memcmp(d->bytes + d->n_bytes - 8, "\0\0\0\0\0\0\0\0", 8) == 0;
    return d->n_bytes <= MAX_EMPTY_BYTES;
}

/* A number of the .xz format (1.2): seven bits a byte, the lowest first. */
static size_t skip_number(const uint8_t *bytes, size_t size, size_t at)
{
    while (at < size && bytes[at] & 0x80)
        at++;
    return at + 1;
}

/* The dictionary of the last filter of the first block (The .xz File Format, 3.1 and 5.3.1): LZMA2,
 * whose one property is the size's logarithm, doubled. */
bool archive_asks_too_much(const struct document *d)
{
    enum { STREAM_HEADER = 12, LZMA2 = 0x21 };
    const uint8_t *header = (const uint8_t *)d->bytes + STREAM_HEADER;
    size_t at = 2, size, properties;
    unsigned n_filters;

    if (d->n_bytes < STREAM_HEADER + 2 ||
        memcmp(d->bytes,
               "\xfd"
               "7zXZ",
               5) != 0 ||
        header[0] == 0)
        return false;
    size = MIN((header[0] + 1u) * 4, d->n_bytes - STREAM_HEADER);
    n_filters = (header[1] & 3u) + 1;
    at = header[1] & 0x40 ? skip_number(header, size, at) : at;
    at = header[1] & 0x80 ? skip_number(header, size, at) : at;
    for (; n_filters > 0 && at + 2 < size; n_filters--) {
        properties = header[at + 1];
        if (header[at] == LZMA2 && properties == 1)
            return header[at + 2] / 2u + 12 > MAX_DICTIONARY_BITS;
        at += 2 + properties;
    }
    return false;
}

/* Not by malloc(3): freeing that much teaches it to keep as much from then on. */
bool archive_has_memory(void)
{
    void *memory = mmap(NULL, SPARE_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    (void)munmap(memory, SPARE_BYTES);
    return true;
}
