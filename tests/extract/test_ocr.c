/* test_ocr.c - the words in pictures and on scanned pages are read, within the time there is, and the
 * metadata says what became of them. The fixtures are made by fixtures/make_ocr.py. */
#include "support.h"

#include "base/ocr_data.h"
#include "extract/ocr/ocr_module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

static const char letter[] = "The penstock carries water from the intake\n"
                             "down to the turbines in the valley.\n\n"
                             "Every spring the gates are opened slowly,\n"
                             "and engineers listen for seventeen minutes.";

static char file[64 * 1024];
static size_t file_size;

static void load(const char *name)
{
    char path[1024];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/ocr/%s", getenv("FIXTURES"), name);
    f = fopen(path, "rb");
    if (!f)
        fail_msg("%s cannot be opened", path);
    file_size = fread(file, 1, sizeof(file), f);
    assert_true(file_size > 0 && file_size < sizeof(file));
    (void)fclose(f);
}

static const struct extraction *read_fixture(const char *name)
{
    load(name);
    return read_bytes(name, file, file_size);
}

static const char *module_path(void)
{
    const char *path = getenv("OCR_MODULE");

    return path ? path : "";
}

static bool is_built(void)
{
    return module_path()[0] != '\0';
}

/* An extractor that reads pictures in these languages. */
static int open_with(const char *languages)
{
    const struct extract_limits limits = {
        .max_text_bytes = 1u << 20,
        .max_depth = 256,
        .max_pages = 100,
        .max_parts = 10,
        .max_part_depth = 2,
        .max_unpacked_bytes = 16u << 20,
        .ocr = {.module = module_path(),
                .on = languages != NULL,
                .languages = languages,
                .folder = "",
                .max_picture_bytes = 384u << 20},
    };
    struct reason why = {""};

    return extract_open(&limits, &extractor, &why);
}

static bool has_data(const char *language)
{
    char path[4096];

    return ocr_data_path("", language, path, sizeof(path)) == 0;
}

static int open_english(void **state)
{
    (void)state;
    return open_with("eng");
}

static int open_english_and_german(void **state)
{
    (void)state;
    return open_with("eng+deu");
}

static int open_unknown(void **state)
{
    (void)state;
    return open_with("eng+xyz");
}

static int open_without(void **state)
{
    (void)state;
    return open_with(NULL);
}

/* Passes over what needs tesseract, and says why. */
static void need_engine(void)
{
    if (is_built() && has_data("eng"))
        return;
    print_message("%s\n", is_built() ? "eng.traineddata is missing (tesseract-ocr-eng)"
                                     : "built without tesseract");
    skip();
}

static const struct ocr_module *module(void)
{
    void *handle = dlopen(module_path(), RTLD_NOW | RTLD_LOCAL);
    const struct ocr_module *m = handle ? dlsym(handle, OCR_MODULE_SYMBOL) : NULL;

    assert_non_null(m);
    return m;
}

static void assert_meta(const char *key, const char *expected)
{
    assert_string_equal(meta(key), expected);
}

static void every_kind_of_picture_is_read(void **state)
{
    static const char *const names[] = {"letter.png", "letter.jpg", "letter.gif",     "letter.webp",
                                        "letter.bmp", "dark.png",   "transparent.png"};

    (void)state;
    need_engine();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i]);
        assert_string_equal(body(), letter);
        assert_meta("ocr", "\"done\"");
        assert_meta("ocr_pages", "1");
        assert_true(atoi(meta("ocr_confidence")) >= 90);
        assert_non_null(strstr(meta("ocr_engine"), "tesseract 5."));
        assert_non_null(strstr(meta("ocr_engine"), " eng\""));
    }
}

static void pictures_are_set_upright(void **state)
{
    static const char *const names[] = {"turned.jpg", "turned3.jpg", "turned5.jpg"};

    (void)state;
    need_engine();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i]);
        assert_string_equal(body(), letter);
    }
}

static void all_pages_of_a_tiff_are_read_in_order(void **state)
{
    char all[1024];

    (void)state;
    need_engine();
    read_fixture("pages.tif");
    (void)snprintf(all, sizeof(all),
                   "%s\n\nThe second page speaks of copper and granite.\n\n"
                   "The third page ends with a yellow lantern.",
                   letter);
    assert_string_equal(body(), all);
    assert_meta("ocr_pages", "3");
    assert_meta("ocr", "\"done\"");
}

/* Twice as many columns as lines an inch: as it is, nothing could be read. */
static void a_fax_is_stretched(void **state)
{
    struct raster raster;

    (void)state;
    need_engine();
    load("fax.tif");
    assert_int_equal(
        module()->picture_page(
            &(struct picture){.bytes = file, .size = file_size, .max_bytes = 384u << 20}, 0,
            &raster),
        0);
    assert_int_equal(raster.width, 812); /* of 812 x 156 */
    assert_in_range(raster.height, 320, 330);
    raster_done(&raster);
    read_fixture("fax.tif");
    assert_non_null(strstr(body(), "The penstock carries water from the intake"));
    assert_meta("ocr", "\"done\"");
}

static void what_shows_no_words_gives_none(void **state)
{
    static const char *const names[] = {"photo.jpg", "noise.png", "empty.png"};

    (void)state;
    need_engine();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        read_fixture(names[i]);
        assert_string_equal(body(), "");
        assert_meta("ocr", "\"no text found\"");
        assert_meta("ocr_pages", "");
    }
    read_fixture("pixel.gif");
    assert_meta("ocr", "\"too small\"");
}

/* It would keep layout analysis busy for seconds that nothing can interrupt. */
static void noise_is_not_begun(void **state)
{
    enum { SIDE = 3000, ROW_BYTES = 376 };
    char *pixels;

    (void)state;
    need_engine();
    for (int dark = 30; dark <= 70; dark += 20) {
        static const unsigned char head[54] = {
            'B', 'M', 0, 0,          0,         0, 0, 0,          0,         0, 62, 0, 0, 0, 40,
            0,   0,   0, SIDE & 255, SIDE >> 8, 0, 0, SIDE & 255, SIDE >> 8, 0, 0,  1, 0, 1};
        const size_t n = 62 + SIDE * ROW_BYTES;

        pixels = allocate(n);
        memset(pixels, 0, n);
        memcpy(pixels, head, sizeof(head));
        memset(pixels + 58, 0xff, 3); /* black and white */
        for (size_t i = 62 * 8; i < n * 8; i++)
            pixels[i / 8] = (char)(pixels[i / 8] | (random() % 100 >= dark) << i % 8);
        read_bytes("noise.bmp", pixels, n);
        free(pixels);
        assert_meta("ocr", "\"no page of text\"");
        assert_string_equal(body(), "");
    }
}

static void a_scanned_pdf_is_read(void **state)
{
    (void)state;
    need_engine();
    read_fixture("scan.pdf");
    assert_string_equal(body(), letter);
    assert_meta("ocr", "\"done\"");
    assert_meta("pages_without_text", "1");
}

/* A page with text is not looked at; an empty one is not missing. */
static void a_scan_stands_at_its_place_among_the_pages(void **state)
{
    (void)state;
    need_engine();
    read_fixture("mixed.pdf");
    assert_string_equal(body(), "A page that has words of its own.\n\n"
                                "The second page speaks of copper and granite.\n\n"
                                "The last page, after the scan.");
    assert_meta("ocr", "\"done\"");
    assert_meta("ocr_pages", "1");
    assert_meta("ocr_pages_left", "");
    assert_meta("pages_without_text", "2");
}

static void two_languages(void **state)
{
    (void)state;
    need_engine();
    if (!has_data("deu"))
        skip();
    read_fixture("german.png");
    assert_string_equal(body(), "Größere Mühlen dürfen täglich\nüber zwölf Fässer Öl prüfen.");
    assert_non_null(strstr(meta("ocr_engine"), " eng+deu\""));
    read_fixture("letter.png");
    assert_string_equal(body(), letter);
}

/* Nothing is half read: the other language's words would be wrong without a word. */
static void a_language_without_data_is_named(void **state)
{
    (void)state;
    need_engine();
    read_fixture("letter.png");
    assert_string_equal(body(), "");
    assert_meta("ocr", "\"no language data: xyz\"");
    read_fixture("scan.pdf");
    assert_meta("ocr", "\"no language data: xyz\"");
}

static void what_is_off_or_not_built_in_says_so(void **state)
{
    const char *said = is_built() ? "\"off\"" : "\"not built in\"";

    (void)state;
    if (!is_built()) {
        close_extractor(state);
        assert_int_equal(open_with("eng"), 0);
    }
    read_fixture("letter.png");
    assert_string_equal(body(), "");
    assert_meta("ocr", said);
    read_fixture("scan.pdf");
    assert_meta("ocr", said);
    assert_meta("pages_without_text", "1");
    read_text("a.pdf", "%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj trailer<</Root 1 0 R>>");
    assert_meta("ocr", ""); /* there was nothing to read */
}

/* ---- time ---- */

static unsigned time_left;

static bool has_time(void *user)
{
    (void)user;
    time_left -= time_left > 0;
    return time_left > 0;
}

static void read_in_time(const char *name, unsigned n)
{
    load(name);
    const struct extract_input in = {
        .name = name, .bytes = file, .size = file_size, .has_time = has_time};

    time_left = n;
    assert_int_equal(extract_document(extractor, &in, &out), 0);
    assert_valid(&out);
}

static void what_there_is_no_time_for_is_left(void **state)
{
    (void)state;
    need_engine();
    read_in_time("pages.tif", 0);
    assert_string_equal(body(), "");
    assert_meta("ocr", "\"in part\"");
    assert_meta("ocr_pages_left", "3");
    read_in_time("mixed.pdf", 0);
    assert_string_equal(body(), "A page that has words of its own.\n\n"
                                "The last page, after the scan.");
    assert_meta("ocr", "\"in part\"");
    assert_meta("ocr_pages_left", "2"); /* also the empty one: nobody looked at it */
}

/* Asked behind every line: what was read of a page by then stays. */
static void a_page_that_takes_too_long_is_read_in_part(void **state)
{
    (void)state;
    need_engine();
    read_in_time("pages.tif", 4);
    assert_true(out.body.size > 0);
    assert_true(strncmp(body(), letter, out.body.size) == 0);
    assert_true(out.body.size < strlen(letter));
    assert_meta("ocr", "\"in part\"");
    assert_meta("ocr_pages", "1");
    assert_meta("ocr_pages_left", "3");
}

static void the_next_document_is_whole_again(void **state)
{
    (void)state;
    need_engine();
    read_in_time("letter.png", 3);
    assert_meta("ocr", "\"in part\"");
    read_fixture("letter.png");
    assert_string_equal(body(), letter);
    assert_meta("ocr", "\"done\"");
}

static void progress_is_shown(void **state)
{
    struct extract_limits limits = {.max_text_bytes = 1u << 20,
                                    .ocr = {.module = module_path(),
                                            .on = true,
                                            .languages = "eng",
                                            .folder = "",
                                            .max_picture_bytes = 384u << 20}};
    _Atomic uint64_t progress = 0;
    struct reason why = {""};

    (void)state;
    need_engine();
    limits.progress = &progress;
    assert_int_equal(extract_open(&limits, &extractor, &why), 0);
    progress = 0;
    read_fixture("letter.png");
    assert_true(progress >= 4); /* lines */
}

static void no_thread_is_started(void **state)
{
    DIR *threads;
    unsigned n = 0;

    (void)state;
    need_engine();
    read_fixture("letter.png");
    threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (const struct dirent *e; (e = readdir(threads));)
        n += e->d_name[0] != '.';
    (void)closedir(threads);
    assert_int_equal(n, 1);
}

/* ---- what is broken ---- */

static int decode(const void *bytes, size_t size, unsigned page)
{
    char *exact = allocate(size);
    struct picture p = {.bytes = exact, .size = size, .max_bytes = 384u << 20, .orientation = 1};
    struct raster raster = {0};
    int r;

    memcpy(exact, bytes, size);
    r = module()->picture_page(&p, page, &raster);
    if (r == 0) {
        assert_true(raster.width > 0 && raster.height > 0);
        assert_true((size_t)raster.width * raster.height <= RASTER_MAX_PIXELS);
        raster_done(&raster);
    }
    free(exact);
    return r;
}

static const char *const kinds[] = {"letter.png", "letter.jpg",  "letter.gif", "letter.bmp",
                                    "pages.tif",  "letter.webp", "turned.jpg", "transparent.png"};

static void pictures_that_end_early(void **state)
{
    (void)state;
    need_engine();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        load(kinds[i]);
        for (size_t n = 0; n < file_size; n += n < 200 ? 1 : 331)
            (void)decode(file, n, 0);
    }
}

static void pictures_with_flipped_bits(void **state)
{
    (void)state;
    need_engine();
    srandom(5);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        load(kinds[i]);
        for (unsigned round = 0; round < 150; round++) {
            size_t at = (size_t)random() % (round % 2 ? file_size : MIN(file_size, (size_t)300));
            char before = file[at];

            file[at] = (char)(before ^ (1 << random() % 8));
            (void)decode(file, file_size, round % 3);
            file[at] = before;
        }
    }
}

static void put_u32(size_t at, uint32_t value, bool is_big_endian)
{
    for (unsigned i = 0; i < 4; i++)
        file[at + i] = (char)(value >> 8 * (is_big_endian ? 3 - i : i));
}

/* Sizes that are told, not those of the data: nothing is allocated by them. */
static void pictures_that_claim_to_be_huge(void **state)
{
    (void)state;
    need_engine();
    load("letter.png");
    put_u32(16, 60000, true);
    put_u32(20, 60000, true);
    assert_int_equal(decode(file, file_size, 0), PICTURE_TOO_LARGE);
    read_bytes("a.png", file, file_size);
    assert_meta("ocr", "\"too large\"");
    load("letter.bmp");
    put_u32(18, 2000000000, false);
    assert_int_equal(decode(file, file_size, 0), PICTURE_TOO_LARGE);
    put_u32(18, 0x80000000u, false);
    assert_int_equal(decode(file, file_size, 0), PICTURE_BROKEN);
    load("letter.gif");
    memset(file + 6, 0xff, 4); /* the screen */
    assert_int_equal(decode(file, file_size, 0), PICTURE_TOO_LARGE);
}

/* Leptonica decodes all frames of an animation: together they may not be more than one picture. */
static void a_gif_of_many_large_frames(void **state)
{
    static const char head[] = "GIF89a\x40\x00\x40\x00\x80\x00\x00\0\0\0\xff\xff\xff";
    static const char frame[] =
        ",\0\0\0\0\x00\x40\x00\x40\x00\x02\x02\x4c\x01\x00"; /* 16384 x 16384 */
    char bytes[4096];
    size_t n = sizeof(head) - 1;

    (void)state;
    need_engine();
    memcpy(bytes, head, n);
    for (unsigned i = 0; i < 10; i++, n += sizeof(frame) - 1)
        memcpy(bytes + n, frame, sizeof(frame) - 1);
    bytes[n++] = ';';
    while (n < 1000)
        bytes[n++] = 0;
    assert_int_equal(decode(bytes, n, 0), PICTURE_TOO_LARGE);
}

static void what_cannot_be_decoded_says_so(void **state)
{
    (void)state;
    need_engine();
    load("letter.png");
    memset(file + 60, 0x55, file_size - 60);
    read_bytes("a.png", file, file_size);
    assert_string_equal(body(), "");
    assert_meta("ocr", "\"cannot be decoded\"");
    assert_meta("ocr_pages_left", "1");
}

/* Libraries print what they think of a picture; that is not for the log. */
static void nothing_is_written_to_standard_error(void **state)
{
    char path[] = "/tmp/penstock-ocr-XXXXXX";
    int to = mkstemp(path), before = dup(STDERR_FILENO);
    long written;

    (void)state;
    assert_true(to >= 0 && before >= 0);
    (void)dup2(to, STDERR_FILENO);
    read_fixture("letter.gif"); /* without a resolution, which tesseract remarks */
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        load(kinds[i]);
        memset(file + file_size / 2, 0x55, 50);
        read_bytes("a", file, file_size - 20);
    }
    (void)fflush(stderr);
    written = lseek(to, 0, SEEK_END);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)close(to);
    (void)unlink(path);
    need_engine();
    assert_int_equal(written, 0);
}

/* ---- names of languages ---- */

static void names_of_languages(void **state)
{
    struct ocr_languages list;

    (void)state;
    assert_int_equal(ocr_languages_read("eng", &list), 0);
    assert_int_equal(list.n, 1);
    assert_int_equal(ocr_languages_read("chi_sim+eng+deu", &list), 0);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.names[0], "chi_sim");
    assert_string_equal(list.names[2], "deu");
    static const char *const wrong[] = {"",        "+",   "eng+",    "+eng",    "eng++deu",
                                        "../eng",  "a/b", "eng deu", "eng+eng", "a+b+c+d+e+f+g+h+i",
                                        "~english"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ocr_languages_read(wrong[i], &list), -EINVAL);
}

static void data_are_looked_for_in_a_folder_of_ones_own(void **state)
{
    char path[4096];

    (void)state;
    assert_int_equal(ocr_data_path("/nonexistent", "eng", path, sizeof(path)), -ENOENT);
    assert_int_equal(ocr_data_path("", "xyz", path, sizeof(path)), -ENOENT);
}

#define ENGLISH(test) cmocka_unit_test_setup_teardown(test, open_english, close_extractor)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGLISH(every_kind_of_picture_is_read),
        ENGLISH(pictures_are_set_upright),
        ENGLISH(all_pages_of_a_tiff_are_read_in_order),
        ENGLISH(a_fax_is_stretched),
        ENGLISH(what_shows_no_words_gives_none),
        ENGLISH(noise_is_not_begun),
        ENGLISH(a_scanned_pdf_is_read),
        ENGLISH(a_scan_stands_at_its_place_among_the_pages),
        cmocka_unit_test_setup_teardown(two_languages, open_english_and_german, close_extractor),
        cmocka_unit_test_setup_teardown(a_language_without_data_is_named, open_unknown,
                                        close_extractor),
        cmocka_unit_test_setup_teardown(what_is_off_or_not_built_in_says_so, open_without,
                                        close_extractor),
        ENGLISH(what_there_is_no_time_for_is_left),
        ENGLISH(a_page_that_takes_too_long_is_read_in_part),
        ENGLISH(the_next_document_is_whole_again),
        cmocka_unit_test_setup_teardown(progress_is_shown, NULL, close_extractor),
        ENGLISH(no_thread_is_started),
        ENGLISH(pictures_that_end_early),
        ENGLISH(pictures_with_flipped_bits),
        ENGLISH(pictures_that_claim_to_be_huge),
        ENGLISH(a_gif_of_many_large_frames),
        ENGLISH(what_cannot_be_decoded_says_so),
        ENGLISH(nothing_is_written_to_standard_error),
        cmocka_unit_test(names_of_languages),
        cmocka_unit_test(data_are_looked_for_in_a_folder_of_ones_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
