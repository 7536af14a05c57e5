/* image_png.c - PNG (W3C, Portable Network Graphics, third edition): the header, texts, EXIF, the
 * time of change, the number of frames.
 *
 * Chunks are walked by their lengths; no checksum is computed, and nothing is unpacked but texts,
 * up to a bound for the whole file. Programs of old wrote EXIF, IPTC and XMP in hexadecimal into
 * texts named "Raw profile type ..." (ImageMagick): those are read as well.
 */
#include "extract/image/image.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { SIGNATURE_BYTES = 8, CHUNK_OVERHEAD = 12, MAX_KEYWORD = 79, PIECE_BYTES = 16 * 1024 };

/* Keywords of texts, lowercase. What is not here and looks like a word is a comment. */
static const struct {
    const char *keyword;
    enum image_field field;
} keywords[] = {
    {"title", IMAGE_TITLE},
    {"author", IMAGE_CREATOR},
    {"artist", IMAGE_CREATOR},
    {"creator", IMAGE_CREATOR},
    {"description", IMAGE_DESCRIPTION},
    {"copyright", IMAGE_COPYRIGHT},
    {"creation time", IMAGE_CREATED},
    {"date", IMAGE_CREATED},
    {"software", IMAGE_PRODUCER},
    {"keywords", IMAGE_KEYWORDS},
    {"subject", IMAGE_SUBJECT},
    {"headline", IMAGE_HEADLINE},
};

/* Texts that are for programs. */
static const char *const unread[] = {"mxfile", "mxgraphmodel", "icc", "signature", "cgbi"};

struct text {
    char keyword[MAX_KEYWORD + 1];
    size_t keyword_n;
    const char *bytes;
    size_t n;
    bool is_compressed, is_utf8;
};

static void read_header(struct image *i, const char *bytes, size_t n)
{
    static const char *const colours[] = {"grey",       NULL, "rgb",      "palette",
                                          "grey_alpha", NULL, "rgb_alpha"};
    unsigned colour;

    if (n < 10) {
        image_ends_early(i);
        return;
    }
    i->width = image_u32(bytes, true);
    i->height = image_u32(bytes + 4, true);
    i->bits = (unsigned char)bytes[8];
    colour = (unsigned char)bytes[9];
    i->colour = colour < ARRAY_SIZE(colours) ? colours[colour] : NULL;
}

/* Adds what zlib makes of the bytes, as far as that goes. */
static void unpack(struct image *i, const struct text *t, struct buf *to)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)t->bytes, .avail_in = (uInt)t->n};
    size_t room;
    char *at;
    int r = Z_OK;

    if (inflateInit(&z) != Z_OK) {
        result_out_of_memory(i->d);
        return;
    }
    while (r == Z_OK && (at = buf_reserve(to, PIECE_BYTES))) {
        room = MIN((size_t)PIECE_BYTES, MAX_IMAGE_UNPACKED_BYTES - i->unpacked_bytes);
        if (room == 0) {
            i->d->out->truncated = true;
            break;
        }
        z.next_out = (Bytef *)at;
        z.avail_out = (uInt)room;
        r = inflate(&z, Z_NO_FLUSH);
        buf_seal(to, room - z.avail_out);
        i->unpacked_bytes += room - z.avail_out;
    }
    if (buf_error(to))
        result_out_of_memory(i->d);
    (void)inflateEnd(&z);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\n<name>\n  <length>\n": hexadecimal with line ends. Returns the bytes that it stands for,
 * which are written over it. */
static size_t decode_profile(char *text, size_t n, const char **ret)
{
    size_t at = 0, written = 0;
    int high = -1, digit;

    for (unsigned line = 0; line < 3 && at < n; at++)
        line += text[at] == '\n';
    *ret = text + at;
    for (char *to = text + at; at < n; at++) {
        digit = hex_digit(text[at]);
        if (digit < 0)
            continue;
        if (high >= 0)
            to[written++] = (char)(high << 4 | digit);
        high = high >= 0 ? -1 : digit;
    }
    return written;
}

static void read_profile(struct image *i, const char *name, char *text, size_t n)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
    const char *bytes;

    n = decode_profile(text, n, &bytes);
    if (n > sizeof(xmp) && memcmp(bytes, xmp, sizeof(xmp)) == 0)
        image_read_xmp(i, bytes + sizeof(xmp), n - sizeof(xmp));
    else if (strcmp(name, "exif") == 0 || strcmp(name, "app1") == 0)
        image_read_exif(i, bytes, n);
    else if (strcmp(name, "xmp") == 0)
        image_read_xmp(i, bytes, n);
    else if (n > 4 && memcmp(bytes, "8BIM", 4) == 0)
        image_read_photoshop(i, bytes, n);
    else if (strcmp(name, "iptc") == 0)
        image_read_iptc(i, bytes, n);
}

/* True: what the keyword means is known. A comment is text for people under a name for people. */
static bool find_field(const char *keyword, enum image_field *ret)
{
    *ret = IMAGE_COMMENT;
    for (size_t k = 0; k < ARRAY_SIZE(keywords); k++) {
        if (strcmp(keyword, keywords[k].keyword) == 0) {
            *ret = keywords[k].field;
            return true;
        }
    }
    for (size_t k = 0; k < ARRAY_SIZE(unread); k++) {
        if (strcmp(keyword, unread[k]) == 0)
            return false;
    }
    return !strchr(keyword, ':');
}

static void take_text(struct image *i, const struct text *t, char *bytes, size_t n)
{
    static const char raw[] = "raw profile type ";
    enum image_field field;

    if (strcmp(t->keyword, "xml:com.adobe.xmp") == 0)
        image_read_xmp(i, bytes, n);
    else if (strncmp(t->keyword, raw, strlen(raw)) == 0)
        read_profile(i, t->keyword + strlen(raw), bytes, n);
    else if (!find_field(t->keyword, &field))
        return;
    else if (t->is_utf8 || utf8_valid_prefix(bytes, n) == n)
        image_add(i, field, bytes, n); /* many programs write UTF-8 where Latin-1 is due */
    else
        image_add_encoded(i, field, "windows-1252", bytes, n);
}

/* Shortens the text by what goes up to the next NUL. */
static bool skip_string(struct text *t)
{
    const char *end = memchr(t->bytes, '\0', t->n);

    if (!end)
        return false;
    t->n -= (size_t)(end + 1 - t->bytes);
    t->bytes = end + 1;
    return true;
}

static bool read_keyword(struct text *t)
{
    const char *start = t->bytes;

    if (!skip_string(t) || t->bytes - start > MAX_KEYWORD + 1)
        return false;
    while (start[t->keyword_n]) {
        t->keyword[t->keyword_n] = to_lower(start[t->keyword_n]);
        t->keyword_n++;
    }
    return t->keyword_n > 0;
}

/* Of tEXt, zTXt and iTXt. `kind`: the first letter. */
static bool read_text_header(struct text *t, char kind)
{
    if (!read_keyword(t))
        return false;
    t->is_utf8 = kind == 'i';
    t->is_compressed = kind == 'z';
    if (kind == 't')
        return true;
    if (t->n < 2)
        return false;
    t->is_compressed = kind == 'z' || t->bytes[0] == 1;
    t->bytes += kind == 'z' ? 1 : 2;
    t->n -= kind == 'z' ? 1 : 2;
    return kind == 'z' || (skip_string(t) && skip_string(t));
}

static void read_text(struct image *i, char kind, const char *bytes, size_t n)
{
    struct text t = {.bytes = bytes, .n = n};
    struct buf copy = BUF_INIT;

    if (!read_text_header(&t, kind))
        return;
    if (t.is_compressed)
        unpack(i, &t, &copy);
    else
        buf_add(&copy, t.bytes, t.n);
    if (buf_error(&copy))
        result_out_of_memory(i->d);
    else if (copy.size > 0)
        take_text(i, &t, copy.data, copy.size);
    buf_done(&copy);
}

static void read_time(struct image *i, const char *bytes, size_t n)
{
    const unsigned char *b = (const unsigned char *)bytes;
    char text[64];

    if (n < 7)
        return;
    (void)snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ", b[0] * 256u + b[1], b[2],
                   b[3], b[4], b[5], b[6]);
    image_add(i, IMAGE_MODIFIED, text, strlen(text));
}

static void take_chunk(struct image *i, const char *type, const char *bytes, size_t n)
{
    if (memcmp(type, "IHDR", 4) == 0 && i->width == 0)
        read_header(i, bytes, n);
    else if (memcmp(type + 1, "EXt", 3) == 0 && type[0] == 't')
        read_text(i, 't', bytes, n);
    else if (memcmp(type + 1, "TXt", 3) == 0 && (type[0] == 'z' || type[0] == 'i'))
        read_text(i, type[0], bytes, n);
    else if (memcmp(type, "eXIf", 4) == 0)
        image_read_exif(i, bytes, n);
    else if (memcmp(type, "tIME", 4) == 0)
        read_time(i, bytes, n);
    else if (memcmp(type, "acTL", 4) == 0 && n >= 4)
        i->n_frames = image_u32(bytes, true);
}

static bool is_type(const char *type)
{
    return is_alpha(type[0]) && is_alpha(type[1]) && is_alpha(type[2]) && is_alpha(type[3]);
}

bool image_read_png(struct image *i)
{
    size_t at = SIGNATURE_BYTES, n, room;

    while (i->size - at >= CHUNK_OVERHEAD - 4) {
        n = image_u32(i->bytes + at, true);
        room = i->size - at - 8;
        if (!is_type(i->bytes + at + 4)) {
            image_is_broken(i);
            return true;
        }
        take_chunk(i, i->bytes + at + 4, i->bytes + at + 8, MIN(n, room));
        if (memcmp(i->bytes + at + 4, "IEND", 4) == 0)
            return true;
        if (n + 4 > room)
            break;
        at += CHUNK_OVERHEAD + n;
    }
    image_ends_early(i);
    return true;
}
