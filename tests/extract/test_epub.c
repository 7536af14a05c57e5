/* test_epub.c - EPUB: pages in the order of the spine, metadata, what is missing or locked. The
 * fixtures are made by fixtures/make_epub.py. */
#include "package_support.h"

static const char in_order[] = "Première page\ncafé\n\nTwo\nsecond page\n\nnot linear";

static void assert_marsh_metadata(void)
{
    assert_true(out.supported);
    assert_string_equal(out.media_type, "application/epub+zip");
    assert_string_equal(title(), "The Marsh");
    assert_string_equal(out.language, "en-GB");
    assert_string_equal(meta("creator"), "\"Ada Byron; Bob Quill\"");
    assert_string_equal(meta("publisher"), "\"Reed Press\"");
    assert_string_equal(meta("description"), "\"A short book.\"");
    assert_string_equal(meta("subject"), "\"birds; water\"");
    assert_string_equal(meta("created"), "\"2019-03-04\"");
    assert_string_equal(meta("rights"), "\"Free\"");
    assert_non_null(strstr(meta("identifier"), "urn:uuid:"));
    assert_string_equal(meta("damaged"), "");
}

/* As a page of HTML reads, with a blank line between two. */
static void assert_marsh_text(void)
{
    assert_non_null(strstr(body(), "The Marsh\nAda Byron\nBob Quill\nReed Press\n"));
    assert_non_null(strstr(body(), "\n\nFirst chapter\nThe heron stood still.1 Ångström, 漢字.\n"
                                   "bird\tlegs\nheron\ttwo\nFor hours."));
    assert_non_null(strstr(body(), "\n\nSecond chapter\none\ntwo\n  code  here"));
}

static void both_editions_read_alike(void **state)
{
    (void)state;
    read_fixture("epub", "epub2.epub");
    assert_marsh_metadata();
    assert_marsh_text();
    read_fixture("epub", "epub3.epub");
    assert_marsh_metadata();
    assert_marsh_text();
    assert_true(strlen(meta("modified")) > 20);
}

/* Encoded hrefs, other encodings, what stands twice in the spine, what is not linear. */
static void the_spine_gives_the_order(void **state)
{
    (void)state;
    read_fixture("epub", "odd.epub");
    assert_string_equal(body(), in_order);
    assert_string_equal(meta("damaged"), "");
}

static void metadata_has_roles_and_events(void **state)
{
    (void)state;
    read_fixture("epub", "odd.epub");
    assert_string_equal(title(), "Odd book");
    assert_string_equal(out.language, "fr");
    assert_string_equal(meta("creator"), "\"Carol Sedge; Dora Marsh\"");
    assert_string_equal(meta("contributor"), "\"Eve Fen\"");
    assert_string_equal(meta("producer"), "\"Maker 1.0\"");
    assert_string_equal(meta("created"), "\"2001-02-03\"");
    assert_string_equal(meta("modified"), "\"2004-05-06\"");
    assert_string_equal(meta("identifier"), "\"urn:isbn:123\"");
    assert_string_equal(meta("author"), "");
}

static void missing_pages_are_passed_over(void **state)
{
    (void)state;
    read_fixture("epub", "missing.epub");
    assert_string_equal(body(), "Première page\ncafé\n\nTwo\nsecond page");
    assert_string_equal(meta("damaged"), "\"a page is missing\"");
}

static void pages_are_found_without_container_package_or_spine(void **state)
{
    (void)state;
    read_fixture("epub", "no-container.epub");
    assert_string_equal(body(), in_order);
    assert_string_equal(meta("damaged"), "\"no container\"");
    read_fixture("epub", "no-package.epub");
    assert_string_equal(body(), "not linear\n\nTwo\nsecond page\n\nPremière page\ncafé");
    assert_string_equal(meta("damaged"), "\"no package document\"");
    assert_string_equal(title(), "");
    read_fixture("epub", "no-spine.epub");
    assert_string_equal(body(), "Two\nsecond page\n\nPremière page\ncafé\n\nnot linear");
}

static void locked_pages_are_not_read_but_obfuscated_fonts_are_no_lock(void **state)
{
    (void)state;
    read_fixture("epub", "locked.epub");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_string_equal(body(), "Première page\ncafé\n\nnot linear");
    assert_string_equal(title(), "Odd book");
}

static void what_is_of_another_type_is_an_archive(void **state)
{
    (void)state;
    read_fixture("epub", "other.zip");
    assert_string_equal(out.media_type, "application/zip");
}

#define CONTAINER                                                                      \
    "<container><rootfiles><rootfile full-path='a.opf'/><rootfile full-path='b.opf'/>" \
    "</rootfiles></container>"

static void read_book(const char *opf, const char *page)
{
    const struct zip_part parts[] = {{"mimetype", "application/epub+zip\n"},
                                     {"META-INF/container.xml", CONTAINER},
                                     {"a.opf", opf},
                                     {"a.html", page}};

    read_zip("a.epub", parts, 4);
    assert_string_equal(out.media_type, "application/epub+zip");
}

static void a_book_of_nothing_is_empty(void **state)
{
    (void)state;
    read_book("<package><manifest/><spine/></package>", "");
    assert_string_equal(body(), "");
    read_book("", "<p>x");
    assert_string_equal(body(), "x");
    read_book("<package><manifest><item id='a' href='%61.html%'/><item id='a' href='%zz'/>"
              "<item id='b' href='../../..'/><item/></manifest><spine><itemref idref='a'/>"
              "<itemref idref='b'/><itemref/></spine></package>",
              "<p>x");
    assert_string_equal(body(), "");
    assert_string_equal(meta("damaged"), "\"a page is missing\"");
    read_book("<package><manifest><item id='a' href='x/../%61.html'/></manifest><spine>"
              "<itemref idref='a'/></spine></package>",
              "<p>x");
    assert_string_equal(body(), "x");
}

/* A hundred thousand entries, all of the same page or of none. */
static void large_manifests_end(void **state)
{
    static const char *const items[] = {"<item id='a' href='a.html'/>", "<item id='b' href='/'/>"};
    char *manifest, *spine = repeat("<itemref idref='a'/>", 100000), *opf;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        manifest = repeat(items[i], 100000);
        opf = allocate(strlen(manifest) + strlen(spine) + 200);
        (void)sprintf(opf, "<package><manifest>%s</manifest><spine>%s</spine></package>", manifest,
                      spine);
        read_book(opf, "<p>once");
        assert_string_equal(body(), i == 0 ? "once" : "");
        free(opf);
        free(manifest);
    }
    free(spine);
}

static void damaged_files_are_harmless(void **state)
{
    (void)state;
    srandom(1);
    damage("epub", "odd.epub", 1500);
    damage("epub", "epub3.epub", 1000);
    damage("epub", "locked.epub", 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_editions_read_alike),
        cmocka_unit_test(the_spine_gives_the_order),
        cmocka_unit_test(metadata_has_roles_and_events),
        cmocka_unit_test(missing_pages_are_passed_over),
        cmocka_unit_test(pages_are_found_without_container_package_or_spine),
        cmocka_unit_test(locked_pages_are_not_read_but_obfuscated_fonts_are_no_lock),
        cmocka_unit_test(what_is_of_another_type_is_an_archive),
        cmocka_unit_test(a_book_of_nothing_is_empty),
        cmocka_unit_test(large_manifests_end),
        cmocka_unit_test(damaged_files_are_harmless),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
