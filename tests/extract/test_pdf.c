/* PDF: text in reading order, metadata, comments, forms, embedded files, and what is damaged. The
 * files in fixtures/pdf are made by make_pdf.py; hostile ones are put together here. */
#include "support.h"

#include <stdarg.h>
#include <unistd.h>

static char file[1 << 20];
static size_t file_size;

static void load(const char *name)
{
    const char *folder = getenv("FIXTURES");
    char path[4096];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/pdf/%s.pdf", folder ? folder : ".", name);
    f = fopen(path, "rb");
    if (!f)
        fail_msg("%s cannot be opened", path);
    file_size = fread(file, 1, sizeof(file), f);
    assert_true(file_size > 0 && file_size < 40000);
    (void)fclose(f);
}

static void read_fixture(const char *name)
{
    load(name);
    read_bytes("a.pdf", file, file_size);
    assert_string_equal(out.media_type, "application/pdf");
    assert_true(out.supported);
}

/* All of the words stand in the text, one behind the other. */
static void assert_in_order(const char *const *words, size_t n)
{
    const char *at = body();

    for (size_t i = 0; i < n; i++) {
        const char *found = strstr(at, words[i]);

        if (!found)
            fail_msg("\"%s\" is not where it should be in \"%s\"", words[i], body());
        else
            at = found + strlen(words[i]);
    }
}

#define IN_ORDER(...)                                             \
    do {                                                          \
        static const char *const words[] = {__VA_ARGS__};         \
        assert_in_order(words, sizeof(words) / sizeof(words[0])); \
    } while (0)

/* ---- files put together here ---- */

static char *made;
static size_t made_size, made_capacity;

static void add_bytes(const void *bytes, size_t n)
{
    if (made_size + n + 1 > made_capacity) {
        made_capacity = 2 * (made_size + n + 1);
        made = realloc(made, made_capacity);
        if (!made)
            abort();
    }
    memcpy(made + made_size, bytes, n);
    made_size += n;
    made[made_size] = '\0';
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    char text[512];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    assert_true(n >= 0 && (size_t)n < sizeof(text));
    add_bytes(text, (size_t)n);
}

/* No table of objects: it is searched for, as in any damaged file. */
static void begin_file(void)
{
    made_size = 0;
    add("%%PDF-1.7\n");
}

static void add_catalog(const char *more)
{
    add("1 0 obj<</Type/Catalog/Pages 2 0 R%s>>endobj\n", more);
}

static void add_page_tree(void)
{
    add("2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "9 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n");
}

static void add_page(const char *more)
{
    add("3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 5000 30000]/Contents 4 0 R"
        "/Resources<</Font<</F 9 0 R>>/XObject<</X 8 0 R>>>>%s>>endobj\n",
        more);
}

static void add_stream(unsigned number, const char *dictionary, const void *bytes, size_t n)
{
    add("%u 0 obj<<%s/Length %zu>>stream\n", number, dictionary, n);
    add_bytes(bytes, n);
    add("\nendstream endobj\n");
}

static void add_text(const char *text)
{
    char content[256];
    int n = snprintf(content, sizeof(content), "BT/F 12 Tf 20 300 Td(%s)Tj ET", text);

    add_stream(4, "", content, (size_t)n);
}

static void end_file(void)
{
    add("trailer<</Root 1 0 R/Size 100>>\n%%%%EOF\n");
}

static void read_made(void)
{
    read_bytes("a.pdf", made, made_size);
    assert_string_equal(out.media_type, "application/pdf");
    assert_true(out.supported);
}

/* A file of one page with this text, more in its catalog, and more of the page. */
static void begin_page_file(const char *catalog, const char *page, const char *text)
{
    begin_file();
    add_catalog(catalog);
    add_page_tree();
    add_page(page);
    add_text(text);
}

/* ---- text ---- */

static void columns_are_read_one_after_the_other(void **state)
{
    (void)state;
    read_fixture("columns");
    IN_ORDER("Two Columns", "Jane Doe", "Paragraph 1: the second column begins\nwhere",
             "Paragraph 2", "Paragraph 3", "Paragraph 4", "Paragraph 5", "Paragraph 6",
             "Paragraph 7", "Paragraph 8", "all of it");
    assert_string_equal(meta("page_count"), "2");
    assert_string_equal(meta("creator_tool"), "\"groff version 1.22.4\"");
}

static void tables_keep_their_cells_apart(void **state)
{
    (void)state;
    read_fixture("table");
    IN_ORDER("A table of things\n", "Name\n", "Quantity\n", "Price\n", "thing 1\n", "7\n", "1.50\n",
             "thing 12\n", "84\n", "12.50");
    assert_string_equal(title(), "A table");
    assert_string_equal(meta("creator"), "\"Ann Author\"");
    assert_string_equal(meta("subject"), "\"Tables\"");
    assert_string_equal(meta("keywords"), "\"rows, columns\"");
    assert_string_equal(meta("producer"), "\"ReportLab PDF Library - www.reportlab.com\"");
    assert_string_equal(meta("created"), "\"2024-02-29T12:05:00Z\"");
    assert_string_equal(meta("modified"), "\"2024-02-29T12:05:00Z\"");
    assert_string_equal(meta("pdf_version"), "\"1.4\"");
    assert_string_equal(meta("damaged"), "");
    assert_string_equal(meta("encrypted"), "");
    assert_string_equal(meta("pages_without_text"), "");
}

/* Right-to-left text comes without the marks that poppler puts around it. */
static void what_an_office_program_writes(void **state)
{
    (void)state;
    read_fixture("office");
    IN_ORDER("Une page\n", "Premier paragraphe, efficace et affligé.\n", "un\n", "deux\n", "trois",
             "quatre\n", "point\n", "שלום עולם");
    assert_null(strstr(body(), "\u202b"));
    assert_null(strstr(body(), "\u202c"));
    assert_string_equal(title(), "Le titre");
    assert_string_equal(out.language, "en-US");
    assert_string_equal(meta("creator"), "\"Zoé\"");
    assert_int_equal(strlen(meta("created")),
                     strlen("\"2024-02-29T12:05:00Z\"")); /* it writes Z' */
}

static void what_ghostscript_writes(void **state)
{
    (void)state;
    read_fixture("ghostscript");
    assert_string_equal(body(), "An office that is difficult to find: © 2024, “quoted”, café.");
}

static void ligatures_become_letters_and_what_is_no_character_goes(void **state)
{
    (void)state;
    read_fixture("ligatures");
    IN_ORDER("fina office\nx", "y\n😀\n", "\nلا");
    assert_null(strchr(body(), '\1'));
    assert_int_equal(out.body.size, strlen(body()));
}

/* What runs from right to left is drawn from its end: "AB 123 BA" are the words BA, 123 and AB.
 * Poppler has a mark, and no space, behind the number. */
static void a_number_between_words_from_right_to_left(void **state)
{
    static const char table[] = "begincmap 1 begincodespacerange<00><ff>endcodespacerange "
                                "1 beginbfrange<41><42><05d0>endbfrange "
                                "1 beginbfrange<20><39><0020>endbfrange endcmap";

    (void)state;
    begin_file();
    add_catalog("");
    add("2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "9 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 10 0 R>>endobj\n");
    add_page("");
    add_text("AB 123 BA");
    add_stream(10, "", table, strlen(table));
    end_file();
    read_made();
    assert_string_equal(body(), "אב  123 בא");
}

static void eastern_text_of_fonts_that_are_not_embedded(void **state)
{
    (void)state;
    read_fixture("eastern");
    IN_ORDER("日本語の文書\n", "中文文档\n", "한국어 문서");
}

static void turned_pages_are_read_upright(void **state)
{
    (void)state;
    read_fixture("rotated");
    IN_ORDER("line 0 of a sheet turned by 0\n", "line 1 of a sheet turned by 0\n",
             "line 2 of a sheet turned by 0\n\nline 0 of a sheet turned by 90\n",
             "line 2 of a sheet turned by 90\n\nline 0 of a sheet turned by 180\n",
             "line 2 of a sheet turned by 180\n\nline");
    assert_non_null(strstr(body(), "line 0 of a sheet turned by 270"));
    assert_null(strchr(body(), '\f'));
    assert_string_equal(meta("page_count"), "4");
}

/* As pdftotext has it: what stands outside the sheet is nobody's. */
static void text_outside_the_crop_box_is_text(void **state)
{
    (void)state;
    read_fixture("cropped");
    assert_string_equal(body(), "what is seen\n\nmark of the printer");
}

static void fields_of_a_form(void **state)
{
    (void)state;
    read_fixture("fields");
    assert_string_equal(
        body(),
        "A form\n\ndrawn value\ntyped value\nfirst choice\nsecond choice\ngeerbter Wert äß");
}

static void fields_whose_appearance_is_out_of_date(void **state)
{
    (void)state;
    read_fixture("fields_redrawn");
    assert_string_equal(
        body(), "A form\ntyped value\ndrawn value\nfirst choice\nsecond choice\ngeerbter Wert äß");
}

static void comments_come_behind_their_page(void **state)
{
    (void)state;
    read_fixture("comments");
    assert_string_equal(body(), "A page\n\nfree text\nA sticky note\nGrößer\nals gedacht\n"
                                "not drawn by its writer");
    assert_string_equal(meta("pages_without_text"), "");
}

static void pages_without_text_are_counted(void **state)
{
    (void)state;
    read_fixture("pages_without_text");
    assert_string_equal(body(), "The only text");
    assert_string_equal(meta("page_count"), "3");
    assert_string_equal(meta("pages_without_text"), "2");
}

static void the_last_revision_counts(void **state)
{
    (void)state;
    read_fixture("updated");
    assert_string_equal(body(), "The new text");
    assert_string_equal(meta("damaged"), "");
}

static void the_same_document_in_other_shapes(void **state)
{
    static const char *const shapes[] = {"object_streams", "linearized", "protected",
                                         "protected_rc4"};
    char *plain;

    (void)state;
    read_fixture("table");
    plain = keep_buf(&out.body);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        read_fixture(shapes[i]);
        assert_string_equal(body(), plain);
        assert_string_equal(title(), "A table");
        assert_string_equal(meta("encrypted"), "");
        assert_string_equal(meta("damaged"), "");
    }
    free(plain);
}

/* ---- metadata ---- */

static void strings_of_every_encoding(void **state)
{
    (void)state;
    read_fixture("information");
    assert_string_equal(title(), "Straße 😀");
    assert_string_equal(meta("creator"), "\"Jörg\"");
    assert_string_equal(meta("subject"), "\"café — dash\"");
    assert_string_equal(meta("keywords"), "\"naïve, b\"");
    assert_string_equal(meta("producer"), "\"P\\nQ\"");
    assert_string_equal(meta("creator_tool"), "\"Named\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00+01:00\"");
    assert_string_equal(meta("modified"), "\"yesterday\"");
    assert_string_equal(meta("pdf_version"), "\"1.6\"");
    assert_string_equal(out.language, "de-CH");
}

static void xmp_fills_what_is_missing(void **state)
{
    (void)state;
    read_fixture("xmp");
    assert_string_equal(title(), "Titel & mehr");
    assert_string_equal(out.language, "de-AT");
    assert_string_equal(meta("creator"), "\"Ann; Bob\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00+01:00\"");
    assert_string_equal(meta("modified"), "\"2024-03-01T00:00:00Z\"");
    assert_string_equal(meta("subject"), "\"Worum es geht\"");
    assert_string_equal(meta("keywords"), "\"eins, zwei\"");
    assert_string_equal(meta("producer"), "\"By hand\"");
    assert_string_equal(meta("pdf_version"), "\"2.0\"");
}

static void dates_as_they_are_in_the_wild(void **state)
{
    static const struct {
        const char *raw, *date;
    } cases[] = {
        {"D:20240229130500Z00'00'", "\"2024-02-29T13:05:00Z\""},
        {"D:20240229130500Z'", "\"2024-02-29T13:05:00Z\""},
        {"D:20240229130500-08'00", "\"2024-02-29T13:05:00-08:00\""},
        {"20240229", "\"2024-02-29\""},
        {"D:20240231", "\"D:20240231\""},
        {"2024-02-29T13:05:00Z", "\"2024-02-29T13:05:00Z\""},
        {"Zoo", "\"Zoo\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin_page_file("", "", "x");
        add("5 0 obj<</CreationDate(%s)>>endobj\ntrailer<</Root 1 0 R/Info 5 0 R/Size 9>>\n",
            cases[i].raw);
        read_made();
        assert_string_equal(meta("created"), cases[i].date);
    }
}

/* ---- embedded files ---- */

static void embedded_files_are_parts(void **state)
{
    (void)state;
    read_fixture("files");
    assert_int_equal(n_seen, 3);
    assert_string_equal(seen[0].path, "notes.txt");
    assert_string_equal(seen[0].body, "notes in a file\n");
    assert_string_equal(seen[1].path, "page.html");
    assert_string_equal(seen[1].title, "Inner");
    assert_string_equal(seen[2].path, "inner.pdf");
    assert_string_equal(seen[2].media_type, "application/pdf");
    assert_string_equal(seen[2].title, "Titel & mehr");
    assert_string_equal(body(), "The new text"); /* is not disturbed by one in between */
}

static void files_of_pages_and_of_a_tree_with_a_loop(void **state)
{
    (void)state;
    read_fixture("pinned");
    assert_string_equal(body(), "A page\nsee the file");
    assert_int_equal(n_seen, 2);
    assert_string_equal(seen[0].path, "deep.txt");
    assert_string_equal(seen[0].body, "text of a leaf");
    assert_string_equal(seen[1].path, "grün.txt");
    assert_string_equal(seen[1].body, "the pinned text");
}

/* ---- bounds ---- */

static void read_within(const struct extract_limits *limits, const char *fixture)
{
    struct extractor *usual = extractor;
    struct reason why = {""};

    extractor = NULL;
    assert_int_equal(extract_open(limits, &extractor, &why), 0);
    if (fixture)
        read_fixture(fixture);
    else
        read_made();
    extract_close(extractor);
    extractor = usual;
}

static void only_as_many_pages_as_are_wanted(void **state)
{
    struct extract_limits limits = {.max_text_bytes = 1 << 20, .max_depth = 256, .max_pages = 2};

    (void)state;
    read_within(&limits, "rotated");
    assert_non_null(strstr(body(), "turned by 90"));
    assert_null(strstr(body(), "turned by 180"));
    assert_true(out.truncated);
    assert_string_equal(meta("page_count"), "4");
    limits.max_pages = 4;
    read_within(&limits, "rotated");
    assert_false(out.truncated);
}

static void text_ends_at_its_limit(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 100, .max_depth = 256};

    (void)state;
    read_within(&limits, "columns");
    assert_true(out.truncated);
    assert_true(out.body.size <= 100 && out.body.size > 90);
    assert_int_equal(strncmp(body(), "Two Columns\n", 12), 0);
    assert_int_equal(n_seen, 0);
}

static void an_embedded_file_that_is_too_large_is_cut(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 100,
                                          .max_depth = 256,
                                          .max_parts = 10,
                                          .max_part_depth = 2,
                                          .max_unpacked_bytes = 10};

    (void)state;
    read_within(&limits, "files");
    assert_string_equal(meta("parts_limit"), "\"bytes\"");
    assert_int_equal(n_seen, 1);
    assert_string_equal(seen[0].body, "notes in a");
    assert_true(seen[0].truncated);
}

/* Too much for an order of reading: taken as it was written. */
static void a_page_of_very_many_words_is_read_in_time(void **state)
{
    const size_t n = 60000;
    char *content = allocate(n * 64), *at = content;

    (void)state;
    at += sprintf(at, "BT/F 12 Tf ");
    for (size_t i = 0; i < n; i++)
        at +=
            sprintf(at, "1 0 0 1 %zu %zu Tm(w%05zu)Tj ", 10 + i % 50 * 80, 30000 - i / 50 * 20, i);
    at += sprintf(at, "ET");
    begin_file();
    add_catalog("");
    add_page_tree();
    add_page("");
    add_stream(4, "", content, (size_t)(at - content));
    end_file();
    free(content);
    read_made();
    assert_false(out.truncated);
    IN_ORDER("w00000", "w30000", "w59999");
}

/* ---- what is not as it should be ---- */

static void a_file_that_needs_a_password(void **state)
{
    (void)state;
    read_fixture("locked");
    assert_string_equal(body(), "");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_string_equal(meta("damaged"), "");
    assert_string_equal(meta("page_count"), "");
}

static void a_table_of_objects_that_is_wrong_is_rebuilt(void **state)
{
    char *at;

    (void)state;
    load("table");
    at = memmem(file, file_size, "startxref", 9);
    assert_non_null(at);
    memcpy(at, "startxref\n7777777", 17);
    read_bytes("a.pdf", file, file_size);
    IN_ORDER("A table of things", "thing 1\n", "12.50");
    assert_string_equal(title(), "A table");
    assert_string_equal(meta("damaged"), "\"its table of objects had to be rebuilt\"");
}

/* The older of two revisions is whole. */
static void the_head_of_a_file_is_cut_off_not_damaged(void **state)
{
    (void)state;
    load("updated");
    read_head("a.pdf", file, file_size - 20, true);
    IN_ORDER("text");
    assert_true(out.truncated);
    assert_string_equal(meta("damaged"), "");
    begin_page_file("", "", "found again");
    end_file();
    read_head("a.pdf", made, made_size, true);
    assert_string_equal(body(), "found again");
    assert_string_equal(meta("damaged"), "");
}

static void a_file_in_which_nothing_can_be_found(void **state)
{
    static const char text[] = "%PDF-1.4\nnothing\n";

    (void)state;
    read_text("a.pdf", text);
    assert_string_equal(out.media_type, "application/pdf");
    assert_true(out.supported);
    assert_string_equal(body(), "");
    assert_string_equal(meta("damaged"), "\"it cannot be read\"");
}

static void pages_that_are_missing(void **state)
{
    (void)state;
    begin_file();
    add_catalog("");
    add("2 0 obj<</Type/Pages/Kids[3 0 R 77 0 R]/Count 2>>endobj\n"
        "9 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n");
    add_page("");
    add_text("what is left");
    end_file();
    read_made();
    assert_string_equal(body(), "what is left");
    assert_string_equal(meta("damaged"), "\"pages are missing\"");
}

static void junk_before_the_header(void **state)
{
    static const char *const junk[] = {"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n",
                                       "\n", "\xef\xbb\xbf"};
    char *whole;
    size_t n;

    (void)state;
    load("table");
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        n = strlen(junk[i]);
        whole = allocate(n + file_size);
        memcpy(whole, junk[i], n);
        memcpy(whole + n, file, file_size);
        read_bytes("a.pdf", whole, n + file_size);
        free(whole);
        assert_string_equal(out.media_type, "application/pdf");
        IN_ORDER("A table of things", "12.50");
    }
}

static void a_text_about_pdf_is_a_text(void **state)
{
    static const char *const texts[] = {
        "A file of PDF begins with\n%PDF-1.4\nand ends with %%EOF.\n",
        "static const char pdf[] = \"%PDF-1.4\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\";\n",
        "notes\n%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj trailer<</Root 1 0 R>>\n",
        "It begins with %PDF-1.4, and then\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]"
        "/Count 1>>endobj\n3 0 obj<</Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_text("a.txt", texts[i]);
        assert_string_equal(out.media_type, "text/plain");
        assert_string_equal(body(), texts[i]);
    }
}

/* ---- hostile ---- */

static const char *const samples[] = {"table",   "fields",       "comments", "files",
                                      "xmp",     "pinned",       "rotated",  "object_streams",
                                      "eastern", "protected_rc4"};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void truncations(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SAMPLES; i++) {
        load(samples[i]);
        for (size_t n = 0; n < file_size; n += 23) {
            read_bytes("a.pdf", file, n);
            assert_true(out.supported);
        }
    }
}

static void random_changes(void **state)
{
    char *bytes = allocate(sizeof(file));

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 4000; round++) {
        if (round % 100 == 0)
            load(samples[round / 100 % N_SAMPLES]);
        memcpy(bytes, file, file_size);
        for (unsigned i = 0; i < 1 + round % 9; i++)
            bytes[5 + (size_t)random() % (file_size - 5)] = (char)random();
        read_head("a.pdf", bytes, file_size, round % 11 == 0);
        assert_true(out.supported);
    }
    free(bytes);
}

/* Digits are what offsets, lengths and references are made of. */
static void random_digits(void **state)
{
    (void)state;
    srandom(2);
    for (unsigned round = 0; round < 2000; round++) {
        load(samples[round % N_SAMPLES]);
        for (unsigned i = 0; i < 40; i++) {
            size_t at = 8 + (size_t)random() % (file_size - 8);

            if (file[at] >= '0' && file[at] <= '9')
                file[at] = (char)('0' + random() % 10);
        }
        read_bytes("a.pdf", file, file_size);
        assert_true(out.supported);
    }
}

static void page_trees_that_are_no_trees(void **state)
{
    (void)state;
    begin_file(); /* its own child, and many more pages than there are */
    add_catalog("");
    add("2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 2000000000>>endobj\n");
    add_page("");
    add_text("x");
    end_file();
    read_made();

    begin_file(); /* very deep */
    add_catalog("");
    for (unsigned i = 0; i < 10000; i++)
        add("%u 0 obj<</Type/Pages/Kids[%u 0 R]/Count 1>>endobj\n", i ? i + 100 : 2, i + 101);
    add("10100 0 obj<</Type/Page/MediaBox[0 0 9 9]>>endobj\n");
    add("trailer<</Root 1 0 R/Size 11000>>\n");
    read_made();

    begin_file(); /* a page that is all pages */
    add_catalog("");
    add("2 0 obj<</Type/Pages/Count 100000/Kids[");
    for (unsigned i = 0; i < 100000; i++)
        add("3 0 R ");
    add("]>>endobj\n");
    add_page("");
    add_text("x");
    end_file();
    read_made();
}

static void objects_of_ten_thousand_levels(void **state)
{
    char *opens = repeat("[", 10000), *closes = repeat("]", 10000);
    char *dictionaries = repeat("<</A", 10000);

    (void)state;
    begin_page_file("/Names<</EmbeddedFiles 5 0 R>>", "/Annots 6 0 R", "on top");
    add("5 0 obj<</Names[");
    add_bytes(opens, 10000);
    add_bytes(closes, 10000);
    add("]>>endobj\n6 0 obj[");
    add_bytes(dictionaries, 40000);
    add(">>]endobj\n");
    end_file();
    read_made();
    assert_string_equal(body(), "on top");
    free(opens);
    free(closes);
    free(dictionaries);
}

static void chains_of_ten_thousand_objects(void **state)
{
    (void)state;
    begin_page_file(
        "/Names<</EmbeddedFiles 100 0 R>>/AcroForm<</Fields[20100 0 R]>>/Lang 40100 0 R",
        "/Annots[30099 0 R]", "on top");
    for (unsigned i = 100; i < 10100; i++)
        add("%u 0 obj<</Kids[%u 0 R]%s>>endobj\n", i, i + 1,
            i == 300 ? "/Names[(a)<</F(a)/EF<</F 4 0 R>>>>]" : ""); /* names of files */
    for (unsigned i = 20100; i < 30100; i++)                        /* fields */
        add("%u 0 obj<</Subtype/Widget/Rect[0 0 1 1]/T(a)%s/Kids[%u 0 R]/Parent %u 0 R>>endobj\n",
            i, i == 20100 ? "/FT/Tx/V(x)" : "", i + 1, i - 1);
    for (unsigned i = 40100; i < 50100; i++) /* one is the other */
        add("%u 0 obj %u 0 R endobj\n", i, i + 1);
    add("trailer<</Root 1 0 R/Size 50200>>\n");
    read_made();
    assert_string_equal(body(), "on top");
    assert_int_equal(n_seen, 0);
}

static void a_drawing_that_draws_itself(void **state)
{
    static const char draw[] = "BT/F 12 Tf 20 200 Td(again)Tj ET /X Do /X Do";

    (void)state;
    begin_file();
    add_catalog("");
    add_page_tree();
    add_page("");
    add_stream(4, "", draw, strlen(draw));
    add_stream(8,
               "/Type/XObject/Subtype/Form/BBox[0 0 500 500]/Resources<</Font<</F 9 0 R>>"
               "/XObject<</X 8 0 R>>>>",
               draw, strlen(draw));
    end_file();
    read_made();
    assert_non_null(strstr(body(), "again"));
}

/* A run of 128 bytes takes two: `n` of them. */
static size_t pack_runs(char *to, const char *byte, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = (char)129;
        to[2 * i + 1] = *byte;
    }
    return 2 * n;
}

/* 8 kB that become 512 kB, and those 32 MB. */
static bool no_time(void *user)
{
    (void)user;
    return false;
}

/* Each of the forms draws the next one ten times: the first page would take years. */
static void a_page_that_takes_for_ever_is_cut(void **state)
{
    const char *tens = "/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do";
    const unsigned first = 20, last = 32;
    char form[128];

    (void)state;
    begin_file();
    add_catalog("");
    add("2 0 obj<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>endobj\n"
        "9 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
        "8 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 20 0 R>>>>"
        "/Length %zu>>stream\n%s\nendstream endobj\n"
        "5 0 obj<</Type/Page/Parent 2 0 R/Contents 6 0 R/Resources<</Font<</F 9 0 R>>>>>>endobj\n",
        strlen(tens), tens);
    add_page("");
    add_stream(4, "", "/X Do", 5);
    add_stream(6, "", "BT /F 9 Tf (the second page) Tj ET", 34);
    for (unsigned n = first; n <= last; n++) {
        (void)snprintf(
            form, sizeof(form),
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %u 0 R>>>>", n + 1);
        add_stream(n, form, n < last ? tens : "q Q", n < last ? strlen(tens) : 3);
    }
    end_file();
    const struct extract_input in = {
        .name = "a.pdf", .bytes = made, .size = made_size, .has_time = no_time};
    assert_int_equal(extract_document(extractor, &in, &out), 0);
    assert_valid(&out);
    assert_true(out.truncated);
    assert_string_equal(body(), "the second page");
}

static void streams_that_grow(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 1 << 20,
                                          .max_depth = 256,
                                          .max_parts = 10,
                                          .max_part_depth = 2,
                                          .max_unpacked_bytes = 4 << 20};
    const char *filters = "/Filter[/RunLengthDecode/RunLengthDecode]";
    const size_t n = 4 * 1024;
    char *bytes = allocate(2 * n + 1);

    (void)state;
    (void)pack_runs(bytes, "\x81", n); /* the inner level: 0x81, 0x81: 128 times 0x81 */
    begin_page_file("/Metadata 10 0 R/Names<</EmbeddedFiles<</Names[(a)11 0 R]>>>>", "", "on top");
    add_stream(10, filters, bytes, 2 * n);
    add("11 0 obj<</Type/Filespec/F(bomb.bin)/EF<</F 10 0 R>>>>endobj\n");
    end_file();
    read_within(&limits, NULL);
    assert_string_equal(body(), "on top");
    assert_string_equal(meta("parts_limit"), "\"bytes\"");

    begin_file(); /* as the content of a page */
    add_catalog("");
    add_page_tree();
    add_page("");
    add_stream(4, filters, bytes, 2 * n);
    end_file();
    read_made();
    free(bytes);
}

static void many_comments_and_files(void **state)
{
    (void)state;
    begin_page_file("", "/Annots 7 0 R", "on top");
    add("6 0 obj<</Subtype/FileAttachment/Contents(c)/FS<</F(a.txt)/EF<</F 5 0 R>>>>>>endobj\n"
        "5 0 obj<</Length 1>>stream\nx\nendstream endobj\n7 0 obj[");
    for (unsigned i = 0; i < 9000; i++)
        add("6 0 R ");
    add("]endobj\n");
    end_file();
    read_made();
    assert_int_equal(n_seen, 1);
    assert_int_equal(strncmp(body(), "on top\nc\nc\n", 11), 0);
}

/* What poppler complains of could be what the document says. */
static void nothing_is_printed(void **state)
{
    char folder[] = "/tmp/penstock-test-XXXXXX", path[64], text[16];
    int kept = dup(STDERR_FILENO);
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/stderr", folder);
    f = fopen(path, "w+");
    assert_non_null(f);
    assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
    begin_page_file("", "/Annots[5 0 R]", "x) nonsense (secret");
    add("5 0 obj<</Subtype/Widget/FT/Tx/T(a)/V(x)/Rect[0 0 9 9]>>endobj\n");
    end_file();
    read_made();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(f);
    assert_int_equal(fread(text, 1, sizeof(text), f), 0);
    (void)fclose(f);
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_read_one_after_the_other),
        cmocka_unit_test(tables_keep_their_cells_apart),
        cmocka_unit_test(what_an_office_program_writes),
        cmocka_unit_test(what_ghostscript_writes),
        cmocka_unit_test(ligatures_become_letters_and_what_is_no_character_goes),
        cmocka_unit_test(a_number_between_words_from_right_to_left),
        cmocka_unit_test(eastern_text_of_fonts_that_are_not_embedded),
        cmocka_unit_test(turned_pages_are_read_upright),
        cmocka_unit_test(text_outside_the_crop_box_is_text),
        cmocka_unit_test(fields_of_a_form),
        cmocka_unit_test(fields_whose_appearance_is_out_of_date),
        cmocka_unit_test(comments_come_behind_their_page),
        cmocka_unit_test(pages_without_text_are_counted),
        cmocka_unit_test(the_last_revision_counts),
        cmocka_unit_test(the_same_document_in_other_shapes),
        cmocka_unit_test(strings_of_every_encoding),
        cmocka_unit_test(xmp_fills_what_is_missing),
        cmocka_unit_test(dates_as_they_are_in_the_wild),
        cmocka_unit_test(embedded_files_are_parts),
        cmocka_unit_test(files_of_pages_and_of_a_tree_with_a_loop),
        cmocka_unit_test(only_as_many_pages_as_are_wanted),
        cmocka_unit_test(text_ends_at_its_limit),
        cmocka_unit_test(an_embedded_file_that_is_too_large_is_cut),
        cmocka_unit_test(a_page_of_very_many_words_is_read_in_time),
        cmocka_unit_test(a_file_that_needs_a_password),
        cmocka_unit_test(a_table_of_objects_that_is_wrong_is_rebuilt),
        cmocka_unit_test(the_head_of_a_file_is_cut_off_not_damaged),
        cmocka_unit_test(a_file_in_which_nothing_can_be_found),
        cmocka_unit_test(pages_that_are_missing),
        cmocka_unit_test(junk_before_the_header),
        cmocka_unit_test(a_text_about_pdf_is_a_text),
        cmocka_unit_test(truncations),
        cmocka_unit_test(random_changes),
        cmocka_unit_test(random_digits),
        cmocka_unit_test(page_trees_that_are_no_trees),
        cmocka_unit_test(objects_of_ten_thousand_levels),
        cmocka_unit_test(chains_of_ten_thousand_objects),
        cmocka_unit_test(a_drawing_that_draws_itself),
        cmocka_unit_test(a_page_that_takes_for_ever_is_cut),
        cmocka_unit_test(streams_that_grow),
        cmocka_unit_test(many_comments_and_files),
        cmocka_unit_test(nothing_is_printed),
    };
    int r = cmocka_run_group_tests(tests, open_extractor, close_extractor);

    free(made);
    return r;
}
