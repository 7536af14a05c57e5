/* test_image.c - pictures tell their size, the texts in them, when and by whom they were made. The
 * fixtures are made by fixtures/make_image.py. */
#include "support.h"

#include <zlib.h>

static char file[64 * 1024];
static size_t file_size;

static void load(const char *name)
{
    char path[1024];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/image/%s", getenv("FIXTURES"), name);
    f = fopen(path, "rb");
    assert_non_null(f);
    file_size = fread(file, 1, sizeof(file), f);
    assert_true(file_size > 0 && file_size < sizeof(file));
    (void)fclose(f);
}

static void read_fixture(const char *name)
{
    load(name);
    read_bytes(name, file, file_size);
    assert_true(out.supported);
}

static void assert_size(const char *media_type, unsigned width, unsigned height)
{
    char text[16];

    assert_string_equal(out.media_type, media_type);
    (void)snprintf(text, sizeof(text), "%u", width);
    assert_string_equal(meta("width"), text);
    (void)snprintf(text, sizeof(text), "%u", height);
    assert_string_equal(meta("height"), text);
    assert_string_equal(meta("ocr"), "\"off\"");
}

static void every_kind_tells_its_size_and_colours(void **state)
{
    static const struct {
        const char *name, *media_type;
        unsigned width, height;
        const char *bits, *colour;
    } cases[] = {
        {"photo.jpg", "image/jpeg", 31, 17, "8", "\"rgb\""}, /* progressive */
        {"press.jpg", "image/jpeg", 20, 10, "8", "\"grey\""},
        {"library.jpg", "image/jpeg", 12, 9, "8", "\"cmyk\""},
        {"texts.png", "image/png", 33, 21, "8", "\"rgb\""},
        {"grey.png", "image/png", 40, 30, "8", "\"grey_alpha\""},
        {"raw_exif.png", "image/png", 17, 8, "1", "\"grey\""},
        {"moving.gif", "image/gif", 25, 14, NULL, "\"palette\""},
        {"lossy.webp", "image/webp", 19, 23, "8", "\"rgb\""},
        {"lossless.webp", "image/webp", 300, 2, "8", NULL},
        {"extended.webp", "image/webp", 11, 13, "8", NULL},
        {"moving.webp", "image/webp", 18, 12, "8", NULL},
        {"plain.bmp", "image/bmp", 37, 11, "8", "\"rgb\""},
        {"old.bmp", "image/bmp", 37, 11, "8", "\"rgb\""},
        {"bits.bmp", "image/bmp", 15, 7, "1", "\"palette\""},
        {"pages.tif", "image/tiff", 21, 34, "1", "\"grey\""},
        {"big_endian.tif", "image/tiff", 37, 11, "8", "\"rgb\""},
        {"bigtiff.tif", "image/tiff", 37, 11, "8", "\"grey\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_fixture(cases[i].name);
        assert_size(cases[i].media_type, cases[i].width, cases[i].height);
        assert_string_equal(meta("damaged"), "");
        if (cases[i].bits)
            assert_string_equal(meta("bits"), cases[i].bits);
        if (cases[i].colour)
            assert_string_equal(meta("colour"), cases[i].colour);
    }
}

static void assert_photo(void)
{
    assert_string_equal(meta("orientation"), "6");
    assert_string_equal(meta("camera"), "\"Canon EOS 80D\"");
    assert_string_equal(meta("lens"), "\"EF 50mm\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00+01:00\"");
    assert_string_equal(meta("latitude"), "\"48.858222\"");
    assert_string_equal(meta("longitude"), "\"-2.294500\"");
}

static void exif_is_read_wherever_it_lies(void **state)
{
    static const char *const names[] = {"photo.jpg", "grey.png", "extended.webp", "pages.tif",
                                        "big_endian.tif"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i]);
        assert_photo();
        assert_non_null(strstr(body(), "Roof with snow"));
        assert_non_null(strstr(body(), "Gr\u00fc\u00dfe vom Dach"));
        assert_non_null(strstr(body(), "Das Dach"));
        assert_non_null(strstr(body(), "snow\nwinter"));
    }
}

static void a_photograph_says_all_this(void **state)
{
    (void)state;
    read_fixture("photo.jpg");
    assert_string_equal(title(), "Das Dach");
    assert_string_equal(body(), "Das Dach\nRoof with snow\nGr\u00fc\u00dfe vom Dach\nsnow\nwinter\n"
                                "Ann Example");
    assert_string_equal(meta("description"), "\"Roof with snow\"");
    assert_string_equal(meta("comment"), "\"Gr\u00fc\u00dfe vom Dach\"");
    assert_string_equal(meta("keywords"), "\"snow, winter\"");
    assert_string_equal(meta("creator"), "\"Ann Example\"");
    assert_string_equal(meta("rights"), "\"(c) 2024 Ann Example\"");
    assert_string_equal(meta("producer"), "\"Darkroom 4\"");
    assert_string_equal(meta("modified"), "\"2024-03-01T08:00:00\"");
}

static void a_press_picture_has_iptc(void **state)
{
    (void)state;
    read_fixture("press.jpg");
    assert_string_equal(title(), "Flood");
    assert_string_equal(body(), "Flood\nRiver leaves its bed\nWater in the old town of K\u00f6ln\n"
                                "A comment of old\nflood\nK\u00f6ln\nBob Example\nGermany");
    assert_string_equal(meta("headline"), "\"River leaves its bed\"");
    assert_string_equal(meta("location"), "\"K\u00f6ln, Germany\"");
    assert_string_equal(meta("created"), "\"2021-07-15T06:30:00+02:00\"");
    assert_string_equal(meta("rights"), "\"News Agency\"");
}

static void a_library_picture_has_xmp(void **state)
{
    (void)state;
    read_fixture("library.jpg");
    assert_string_equal(title(), "Harbour");
    assert_string_equal(body(), "Harbour\nHafen\nCalm day\nShips at <noon> & later\nships\nsea\n"
                                "Cy Example\nDi Example");
    assert_string_equal(meta("creator"), "\"Cy Example; Di Example\"");
    assert_string_equal(meta("keywords"), "\"ships, sea\"");
    assert_string_equal(meta("producer"), "\"Paint Shop\"");
    assert_string_equal(meta("created"), "\"2020-05-06T07:08:09Z\"");
    assert_string_equal(meta("modified"), "\"2020-05-07T07:08:09+02:00\"");
    read_fixture("moving.gif");
    assert_string_equal(title(), "Spinning");
}

static void png_has_texts(void **state)
{
    (void)state;
    read_fixture("texts.png");
    assert_string_equal(title(), "Plan of the cellar");
    assert_non_null(strstr(body(), "Compressed words Compressed words"));
    assert_non_null(strstr(body(), "\u65e5\u672c\u8a9e text\npacked international\nJ\u00f6rg"));
    assert_null(strstr(body(), "mxfile"));
    assert_string_equal(meta("creator"), "\"J\u00f6rg\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00+01:00\"");
    assert_string_equal(meta("producer"), "\"Pillow\"");
}

static void png_has_profiles_in_hexadecimal(void **state)
{
    (void)state;
    read_fixture("raw.png");
    assert_string_equal(title(), "Flood");
    assert_string_equal(meta("creator"), "\"Bob Example\"");
    assert_non_null(strstr(body(), "Raw"));
    read_fixture("raw_exif.png");
    assert_string_equal(body(), "Eve Example");
}

static void pages_and_frames_are_counted(void **state)
{
    (void)state;
    read_fixture("pages.tif");
    assert_string_equal(meta("page_count"), "3");
    assert_string_equal(title(), "Scan 17");
    read_fixture("bigtiff.tif");
    assert_string_equal(meta("page_count"), "1");
    assert_string_equal(meta("description"), "\"A large one\"");
    read_fixture("moving.gif");
    assert_string_equal(meta("frames"), "2");
    assert_non_null(strstr(body(), "Two frames, a long long"));
    read_fixture("moving.webp");
    assert_string_equal(meta("frames"), "2");
    read_fixture("moving.png");
    assert_string_equal(meta("frames"), "2");
    read_fixture("lossy.webp");
    assert_string_equal(meta("frames"), "");
}

/* A directory's entry of TIFF, little-endian. */
static size_t put_entry(char *at, unsigned tag, unsigned type, unsigned count, unsigned value)
{
    const unsigned fields[] = {tag | type << 16, count, value};

    for (size_t i = 0; i < 12; i++)
        at[i] = (char)(fields[i / 4] >> 8 * (i % 4));
    return 12;
}

/* A TIFF file of one directory with one entry; the directory after it is at `next`. */
static size_t put_tiff(char *at, unsigned tag, unsigned type, unsigned count, unsigned value,
                       unsigned next)
{
    memcpy(at, "II*\0\10\0\0\0\1\0", 10);
    put_entry(at + 10, tag, type, count, value);
    for (size_t i = 0; i < 4; i++)
        at[22 + i] = (char)(next >> 8 * i);
    return 26;
}

static void a_tiff_that_goes_round_in_circles_ends(void **state)
{
    char bytes[64 * 1024] = {0};
    size_t n = put_tiff(bytes, 0x0100, 4, 1, 77, 8);

    (void)state;
    read_bytes("a.tif", bytes, n);
    assert_string_equal(meta("width"), "77");
    assert_non_null(strstr(meta("damaged"), "broken"));
    assert_string_equal(meta("page_count"), "");
    read_bytes("a.tif", bytes, sizeof(bytes)); /* more room, more rounds */
    assert_non_null(strstr(meta("damaged"), "broken"));

    /* EXIF's directory is the first page itself */
    n = put_tiff(bytes, 0x8769, 4, 1, 8, 0);
    read_bytes("a.tif", bytes, n);
    assert_string_equal(out.media_type, "image/tiff");
}

/* Sixty thousand entries that have one long text in common: taken each time, it would be read for
 * minutes. */
static void values_that_lie_over_each_other_are_taken_once(void **state)
{
    const unsigned n_entries = 60000, text_bytes = 8u << 20;
    char *bytes = allocate(n_entries * 12 + 14 + text_bytes), *at = bytes + 10;

    (void)state;
    memcpy(bytes, "II*\0\10\0\0\0", 8);
    bytes[8] = (char)n_entries;
    bytes[9] = (char)(n_entries >> 8);
    for (unsigned i = 0; i < n_entries; i++)
        at += put_entry(at, i % 2 ? 0x02bc : 0x010e, 2, text_bytes, n_entries * 12 + 14);
    memset(at, 0, 4);
    memset(at + 4, 'x', text_bytes);
    read_bytes("a.tif", bytes, n_entries * 12 + 14 + text_bytes);
    assert_non_null(strstr(meta("damaged"), "broken"));
    free(bytes);
}

static void sizes_that_lie_are_not_believed(void **state)
{
    static const unsigned lies[] = {0xffffffff, 0x80000000, 0x7fffffff, 65536, 100, 27};
    char bytes[64];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        n = put_tiff(bytes, 0x010e, 2, lies[i], 4, 0);
        read_bytes("a.tif", bytes, n);
        assert_string_equal(body(), "");
        n = put_tiff(bytes, 0x010e, 2, 10, lies[i], 0);
        read_bytes("a.tif", bytes, n);
        assert_string_equal(body(), "");
        n = put_tiff(bytes, 0x0100, 4, 1, 77, lies[i]);
        read_bytes("a.tif", bytes, n);
        assert_string_equal(meta("width"), "77");
        assert_true(strlen(meta("damaged")) > 0);
    }
}

static void a_file_that_ends_early_says_so(void **state)
{
    static const char *const names[] = {"photo.jpg", "texts.png", "moving.gif", "lossy.webp",
                                        "plain.bmp"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        load(names[i]);
        read_bytes(names[i], file, file_size - 20);
        assert_true(out.supported);
        assert_string_equal(meta("damaged"), "\"the file ends too early\"");
        assert_true(strlen(meta("width")) > 0);
        read_head(names[i], file, file_size - 20, true); /* the worker itself cut it */
        assert_string_equal(meta("damaged"), "");
    }
    load("photo.jpg");
    read_bytes("a.jpg", file, 4);
    assert_true(out.supported);
    assert_string_equal(meta("width"), "");
    assert_true(strlen(meta("damaged")) > 0);
}

static void what_follows_the_picture_does_not_matter(void **state)
{
    (void)state;
    load("photo.jpg");
    memcpy(file + file_size, "\xff\xd8\xff\xe0\0\x10JFIF and more", 20);
    read_bytes("a.jpg", file, file_size + 20);
    assert_size("image/jpeg", 31, 17);
    assert_string_equal(meta("damaged"), "");
}

static void what_only_begins_like_a_picture_is_none(void **state)
{
    (void)state;
    read_text("a.txt", "BM is the sign of a bitmap, MM of a TIFF file");
    assert_string_equal(out.media_type, "text/plain");
    read_text("a.txt", "MM is the sign of a TIFF file");
    assert_string_equal(out.media_type, "text/plain");
    read_text("a.txt", "RIFF are chunks");
    assert_string_equal(out.media_type, "text/plain");
    read_bytes("a.wav", "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0", 24);
    assert_string_not_equal(out.media_type, "image/webp");
}

static size_t put_chunk(char *at, const char *type, const char *bytes, size_t n)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (char)(n >> 8 * (3 - i));
    memcpy(at + 4, type, 4);
    memcpy(at + 8, bytes, n);
    memset(at + 8 + n, 0, 4); /* nobody looks at the checksum */
    return n + 12;
}

static const char png_head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\0\0\0\0";

/* Each text would be ten megabytes, and there are a hundred. */
static void compressed_texts_do_not_explode(void **state)
{
    const size_t n = 10u << 20;
    char *zeros = allocate(n), *packed = allocate(n), *png = allocate(4u << 20), *at = png;
    uLongf packed_n = n - 100;

    (void)state;
    memset(zeros, 'x', n);
    memcpy(packed, "mxfile\0\0", 8); /* nobody keeps it; unpacking it is what counts */
    assert_int_equal(compress2((Bytef *)packed + 8, &packed_n, (Bytef *)zeros, n, 9), Z_OK);
    memcpy(at, png_head, sizeof(png_head) - 1);
    at += sizeof(png_head) - 1;
    for (unsigned i = 0; i < 100; i++)
        at += put_chunk(at, "zTXt", packed, 8 + packed_n);
    at += put_chunk(at, "IEND", "", 0);
    read_bytes("a.png", png, (size_t)(at - png));
    assert_true(out.truncated);
    assert_int_equal(out.body.size, 0);
    assert_string_equal(meta("width"), "1");
    free(zeros);
    free(packed);
    free(png);
}

static void texts_of_old_are_latin_1_or_not(void **state)
{
    char png[512], *at = png;

    (void)state;
    memcpy(at, png_head, sizeof(png_head) - 1);
    at += sizeof(png_head) - 1;
    at += put_chunk(at, "tEXt", "Title\0Caf\xe9", 10);
    at += put_chunk(at, "tEXt", "Author\0Zo\xc3\xab", 11);
    at += put_chunk(at, "tEXt", "no keyword that ends", 20);
    at += put_chunk(at, "tIME", "\x07\xe8\2\x1d\x0d\5\6", 7);
    at += put_chunk(at, "IEND", "", 0);
    read_bytes("a.png", png, (size_t)(at - png));
    assert_string_equal(title(), "Caf\u00e9");
    assert_string_equal(meta("creator"), "\"Zo\u00eb\"");
    assert_string_equal(meta("modified"), "\"2024-02-29T13:05:06Z\"");
    assert_string_equal(meta("damaged"), "");
}

/* A guess takes longer than the rest; a file of nothing but such texts is cut. */
static void many_texts_in_odd_encodings_take_no_time(void **state)
{
    const unsigned n = 200000;
    char *jpeg = allocate(2 + n * 12 + 2), *at = jpeg;

    (void)state;
    memcpy(at, "\xff\xd8", 2);
    at += 2;
    for (unsigned i = 0; i < n; i++, at += 12)
        memcpy(at, "\xff\xfe\0\x0a\xe9t\xe9 caf\xe9", 12);
    memcpy(at, "\xff\xd9", 2);
    read_bytes("a.jpg", jpeg, (size_t)(at + 2 - jpeg));
    assert_true(out.truncated);
    assert_string_equal(body(), "\u00e9t\u00e9 caf\u00e9");
    free(jpeg);
}

/* An entity that stands for another stands for nothing here. */
static void xmp_has_no_entities_of_its_own(void **state)
{
    static const char xmp[] =
        "XML:com.adobe.xmp\0\0\0\0\0<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>"
        "<x xmlns:d='http://purl.org/dc/elements/1.1/'><d:title>&b;&b;</d:title></x>";
    char png[1024], *at = png;

    (void)state;
    memcpy(at, png_head, sizeof(png_head) - 1);
    at += sizeof(png_head) - 1;
    at += put_chunk(at, "iTXt", xmp, sizeof(xmp) - 1);
    at += put_chunk(at, "IEND", "", 0);
    read_bytes("a.png", png, (size_t)(at - png));
    assert_null(strstr(body(), "aaaa"));
    assert_string_equal(meta("width"), "1");
}

static void xmp_goes_by_namespaces(void **state)
{
    static const char xmp[] =
        "XML:com.adobe.xmp\0\0\0\0\0<x xmlns:dc='other' xmlns:a='http://purl.org/dc/elements/1.1/' "
        "xmlns:p='http://ns.adobe.com/photoshop/1.0/'><dc:title>no</dc:title><a:title>T</a:title>"
        "<y p:LayerText='layer'/><a:creator>A</a:creator></x>";
    char png[1024], *at = png;

    (void)state;
    memcpy(at, png_head, sizeof(png_head) - 1);
    at += sizeof(png_head) - 1;
    at += put_chunk(at, "iTXt", xmp, sizeof(xmp) - 1);
    at += put_chunk(at, "IEND", "", 0);
    read_bytes("a.png", png, (size_t)(at - png));
    assert_string_equal(body(), "T\nlayer\nA");
}

/* A table before the frame's header; a resource of odd size before IPTC's; a height that comes
 * last. */
static void segments_come_in_any_order(void **state)
{
    static const char jpeg[] = "\xff\xd8\xff\xc4\0\x08\1\2\3\4\5\6"
                               "\xff\xed\0\x34Photoshop 3.0\0"
                               "8BIM\3\xed\0\0\0\0\0\3abc\0"
                               "8BIM\4\4\0\0\0\0\0\x08\x1c\2\x05\0\3Sea\xff\xfe\0\6rest"
                               "\xff\xc2\0\x0b\x08\0\0\0\7\1\1\x11\0"
                               "\xff\xda\0\2scan\xff\0\xff\xd0scan\xff\xdc\0\4\0\5\xff\xd9";

    (void)state;
    read_bytes("a.jpg", jpeg, sizeof(jpeg) - 1);
    assert_size("image/jpeg", 7, 5);
    assert_string_equal(body(), "Sea\nrest");
    assert_string_equal(meta("damaged"), "");
}

static void zeros_are_no_date(void **state)
{
    char bytes[128] = {0};
    size_t n = put_tiff(bytes, 0x0132, 2, 20, 26, 0);

    (void)state;
    memcpy(bytes + n, "0000:00:00 00:00:00", 20);
    read_bytes("a.tif", bytes, n + 20);
    assert_string_equal(meta("modified"), "");
    memcpy(bytes + n, "2024:02:30 08:00:00", 20); /* no such day: told as it is */
    read_bytes("a.tif", bytes, n + 20);
    assert_string_equal(meta("modified"), "\"2024:02:30 08:00:00\"");
}

/* The picture is a thumbnail, and the real one lies below it. */
static void a_raw_photograph_has_the_size_of_the_larger_picture(void **state)
{
    char bytes[256] = "II*\0\10\0\0\0\3\0";
    size_t at = 10;

    (void)state;
    at += put_entry(bytes + at, 0x00fe, 4, 1, 1);
    at += put_entry(bytes + at, 0x0100, 4, 1, 160);
    at += put_entry(bytes + at, 0x014a, 4, 1, 50);
    at += 4;
    memcpy(bytes + at, "\2\0", 2);
    at += 2;
    at += put_entry(bytes + at, 0x0100, 4, 1, 6000);
    at += put_entry(bytes + at, 0x0101, 4, 1, 4000);
    read_bytes("a.dng", bytes, at + 4);
    assert_size("image/tiff", 6000, 4000);
    assert_string_equal(meta("page_count"), "1");
}

static const char *const all[] = {
    "photo.jpg", "press.jpg",      "library.jpg",   "texts.png",   "grey.png",
    "raw.png",   "raw_exif.png",   "moving.gif",    "lossy.webp",  "old.bmp",
    "pages.tif", "big_endian.tif", "extended.webp", "bigtiff.tif",
};

#define N_ALL (sizeof(all) / sizeof(all[0]))

static void truncations_at_many_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ALL; i++) {
        load(all[i]);
        for (size_t n = 0; n < file_size; n += 1 + file_size / 400) {
            read_bytes(all[i], file, n);
            read_head(all[i], file, n, true);
        }
    }
}

static void random_mutations(void **state)
{
    static char bytes[sizeof(file)];
    size_t from, length;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 6000; round++) {
        if (round % (6000 / N_ALL) == 0)
            load(all[round / (6000 / N_ALL) % N_ALL]);
        memcpy(bytes, file, file_size);
        for (unsigned i = 0; i < 1 + round % 12; i++)
            bytes[2 + (size_t)random() % (round % 2 ? file_size - 2 : 200 % file_size)] =
                (char)random();
        if (round % 4 == 0) { /* and a piece of it moves */
            from = (size_t)random() % file_size;
            length = (size_t)random() % (file_size - from);
            memmove(bytes + (size_t)random() % (file_size - length), bytes + from, length);
        }
        read_bytes("a", bytes, file_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_tells_its_size_and_colours),
        cmocka_unit_test(exif_is_read_wherever_it_lies),
        cmocka_unit_test(a_photograph_says_all_this),
        cmocka_unit_test(a_press_picture_has_iptc),
        cmocka_unit_test(a_library_picture_has_xmp),
        cmocka_unit_test(png_has_texts),
        cmocka_unit_test(png_has_profiles_in_hexadecimal),
        cmocka_unit_test(pages_and_frames_are_counted),
        cmocka_unit_test(a_tiff_that_goes_round_in_circles_ends),
        cmocka_unit_test(values_that_lie_over_each_other_are_taken_once),
        cmocka_unit_test(sizes_that_lie_are_not_believed),
        cmocka_unit_test(a_file_that_ends_early_says_so),
        cmocka_unit_test(what_follows_the_picture_does_not_matter),
        cmocka_unit_test(what_only_begins_like_a_picture_is_none),
        cmocka_unit_test(compressed_texts_do_not_explode),
        cmocka_unit_test(texts_of_old_are_latin_1_or_not),
        cmocka_unit_test(many_texts_in_odd_encodings_take_no_time),
        cmocka_unit_test(xmp_has_no_entities_of_its_own),
        cmocka_unit_test(xmp_goes_by_namespaces),
        cmocka_unit_test(segments_come_in_any_order),
        cmocka_unit_test(zeros_are_no_date),
        cmocka_unit_test(a_raw_photograph_has_the_size_of_the_larger_picture),
        cmocka_unit_test(truncations_at_many_places),
        cmocka_unit_test(random_mutations),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
