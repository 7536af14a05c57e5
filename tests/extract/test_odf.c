/* test_odf.c - OpenDocument: what is read of texts, spreadsheets and presentations, in which order,
 * and that damage and hostile packages are harmless. The fixtures are made by
 * fixtures/make_odf.py. */
#include "package_support.h"

#define OASIS "application/vnd.oasis.opendocument."

static const char report[] = "First heading\n"
                             "One sentence with   spaces,\ta tab\n"
                             "and a break.\n"
                             "Halfword and a note in mid sentence.\n"
                             "1 The note says so.\n"
                             "Here stands a comment, and a box.\n"
                             "Carol: Is this true?\n"
                             "boxed text\n"
                             "Item one\n"
                             "Item one a\n"
                             "Item two\n"
                             "Name\tLegs\tPlace\n"
                             "Heron\t\tMarsh\n"
                             "First heading\t1\n"
                             "A link and an end.\n"
                             "i Last words.\n"
                             "Ångström – „naïve\" 漢字\n"
                             "\n"
                             "Header of herons\n"
                             "Footer, page 1";

static void assert_birds_metadata(void)
{
    assert_true(out.supported);
    assert_false(out.truncated);
    assert_string_equal(title(), "The Heron Report");
    assert_string_equal(out.language, "en-GB");
    assert_string_equal(meta("creator"), "\"Ada Byron\"");
    assert_string_equal(meta("last_modified_by"), "\"Bob Quill\"");
    assert_string_equal(meta("created"), "\"2019-03-04T05:06:07\"");
    assert_string_equal(meta("modified"), "\"2020-12-31T23:59:58\"");
    assert_string_equal(meta("subject"), "\"Birds\"");
    assert_string_equal(meta("keywords"), "\"grey heron, marsh\"");
    assert_string_equal(meta("description"), "\"About herons.\"");
    assert_string_equal(meta("damaged"), "");
}

static void a_text_has_paragraphs_tables_and_what_stands_aside(void **state)
{
    (void)state;
    read_fixture("odf", "report.odt");
    assert_string_equal(out.media_type, OASIS "text");
    assert_string_equal(body(), report);
    assert_birds_metadata();
    assert_string_equal(meta("page_count"), "1");
    assert_non_null(strstr(meta("producer"), "LibreOffice"));
}

static void a_template_and_a_flat_file_read_the_same(void **state)
{
    (void)state;
    read_fixture("odf", "report.ott");
    assert_string_equal(out.media_type, OASIS "text-template");
    assert_string_equal(body(), report);
    read_fixture("odf", "report.fodt");
    assert_string_equal(out.media_type, OASIS "text-flat-xml");
    assert_string_equal(body(), report);
    assert_birds_metadata();
}

static void a_spreadsheet_has_a_line_for_each_row(void **state)
{
    (void)state;
    read_fixture("odf", "birds.ods");
    assert_string_equal(out.media_type, OASIS "spreadsheet");
    assert_string_equal(body(), "Birds\n"
                                "Name\t\tWing\n"
                                "Heron (grey)\t1.75\t1.75\n"
                                "Carol: Checked twice\n"
                                "02/29/20 12:00 AM\tTRUE\n"
                                "02/29/20 12:00 AM\tTRUE\n"
                                "02/29/20 12:00 AM\tTRUE\n"
                                "\n"
                                "Sums\n"
                                "Err:510");
    assert_birds_metadata();
    assert_string_equal(meta("sheet_count"), "3");
    read_fixture("odf", "birds.fods");
    assert_string_equal(out.media_type, OASIS "spreadsheet-flat-xml");
    assert_non_null(strstr(body(), "Birds\nName\t\tWing\nHeron (grey)\t1.75\t1.75\n"));
    assert_non_null(strstr(body(), "\n2020-02-29\tTRUE\n\nSums\n2"));
}

static void a_cell_without_text_has_its_value(void **state)
{
    (void)state;
    read_fixture("odf", "values.ods");
    assert_string_equal(body(), "V\n3.5\t2021-01-02\tfalse\tstored");
    assert_string_equal(meta("sheet_count"), "1");
}

static void a_presentation_has_slides_and_notes(void **state)
{
    (void)state;
    read_fixture("odf", "slides.odp");
    assert_string_equal(out.media_type, OASIS "presentation");
    assert_string_equal(body(), "Slide of herons\nIn a shape\nSay it slowly\n\n"
                                "Closing\nPoint one\nPoint two\na1\tb1\n\n"
                                "Marsh society");
    assert_birds_metadata();
    assert_string_equal(meta("page_count"), "2");
    read_fixture("odf", "slides.fodp");
    assert_string_equal(out.media_type, OASIS "presentation-flat-xml");
    assert_non_null(strstr(body(), "Closing\nPoint one\nPoint two\na1\tb1"));
}

static void other_producers(void **state)
{
    (void)state;
    read_fixture("odf", "pandoc.odt");
    assert_string_equal(title(), "By pandoc");
    assert_string_equal(meta("creator"), "\"A One; B Two\"");
    assert_string_equal(body(), "By pandoc\nA One\nB Two\nHead\nText with stress.\n1 The foot.\n"
                                "a\tb\n1\t2\ncode  here");
    read_fixture("odf", "odfpy.odt");
    assert_string_equal(title(), "Made by odfpy");
    assert_string_equal(meta("creator"), "\"Dora Marsh\"");
    assert_string_equal(body(), "A heading\nA paragraph of words.");
    read_fixture("odf", "old.sxw");
    assert_string_equal(out.media_type, "application/vnd.sun.xml.writer");
    assert_string_equal(body(), "Old heading\nOld\ttext on.\n2 old note\nold item");
}

static void embedded_formulas_and_charts_follow(void **state)
{
    (void)state;
    read_fixture("odf", "objects.odt");
    assert_string_equal(body(),
                        "Formula and chart .\nA picture\narea = 42\nWings by year\nColumn 1");
}

static void the_type_is_found_without_mimetype(void **state)
{
    (void)state;
    read_fixture("odf", "no-mimetype.odt");
    assert_string_equal(out.media_type, OASIS "text-template");
    assert_string_equal(body(), "plain words");
    read_fixture("odf", "bare.odt");
    assert_string_equal(out.media_type, OASIS "text");
    assert_string_equal(body(), "plain words");
    read_fixture("odf", "other.zip");
    assert_string_equal(out.media_type, "application/zip");
}

static void damage_is_told(void **state)
{
    (void)state;
    read_fixture("odf", "no-content.odt");
    assert_string_equal(meta("damaged"), "\"content.xml is missing\"");
    assert_string_equal(title(), "The Heron Report");
    read_fixture("odf", "broken.odt");
    assert_string_equal(meta("damaged"), "\"XML that is not well-formed\"");
    assert_non_null(strstr(body(), "plain words\nthen"));
}

static void an_encrypted_document_is_only_named(void **state)
{
    (void)state;
    read_fixture("odf", "encrypted.odt");
    assert_true(out.supported);
    assert_string_equal(out.media_type, OASIS "text");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_string_equal(meta("damaged"), "");
    assert_string_equal(body(), "");
}

#define CONTENT(kind)                                                            \
    "<office:document-content "                                                  \
    "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "           \
    "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' "               \
    "xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' "            \
    "xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' "             \
    "xmlns:form='urn:oasis:names:tc:opendocument:xmlns:form:1.0' "               \
    "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0'><office:body" \
    "><office:" kind ">"
#define END(kind) "</office:" kind "></office:body></office:document-content>"

/* Reads a package of one content.xml. */
static void read_content(const char *kind, const char *content)
{
    char type[100];
    const struct zip_part parts[] = {{"mimetype", type}, {"content.xml", content}};

    (void)snprintf(type, sizeof(type), OASIS "%s", kind);
    read_zip("a.odt", parts, 2);
    assert_true(out.supported);
}

static void asides_in_cells_and_in_asides_wait(void **state)
{
    (void)state;
    read_content(
        "text",
        CONTENT("text") "<table:table><table:table-row><table:table-cell><text:p>a<text:note>"
                        "<text:note-body><text:p>n<draw:frame><draw:text-box><text:p>b"
                        "</text:p></draw:text-box></draw:frame>m</text:p><text:p>o</text:p>"
                        "</text:note-body></text:note>a</text:p><text:p>second</text:p>"
                        "</table:table-cell><table:table-cell><text:p>z</text:p>"
                        "</table:table-cell></table:table-row></table:table>"
                        "<text:p>after</text:p>" END("text"));
    assert_string_equal(body(), "aa\nsecond\tz\nnm\nb\no\nafter");
}

static void controls_of_forms_follow_the_text(void **state)
{
    (void)state;
    read_content("text",
                 CONTENT("text") "<office:forms><form:form><form:checkbox form:label='Agreed'/>"
                                 "<form:text form:current-value='typed'/></form:form>"
                                 "</office:forms><text:p>words</text:p>" END("text"));
    assert_string_equal(body(), "words\n\nAgreed\ntyped");
}

/* As spreadsheets say "to the end of the sheet". */
static void repetitions_are_bounded(void **state)
{
    (void)state;
    read_content(
        "spreadsheet",
        CONTENT("spreadsheet") "<table:table table:name='S'>"
                               "<table:table-row table:number-rows-repeated='1048576'>"
                               "<table:table-cell table:number-columns-repeated='16384'>"
                               "<text:p>0123456789</text:p></table:table-cell></table:table-row>"
                               "<table:table-row table:number-rows-repeated='4294967295'>"
                               "<table:table-cell table:number-columns-repeated='4294967295'/>"
                               "<table:table-cell><text:p>last</text:p></table:table-cell>"
                               "</table:table-row></table:table>" END("spreadsheet"));
    assert_true(out.body.size > 1000 && out.body.size < 2u << 20);
    assert_non_null(strstr(body(), "\tlast"));
}

static void deep_nesting_ends(void **state)
{
    char *open = repeat("<text:section>", 2000), *notes = repeat("<text:note><text:p>n", 100);
    char *text = allocate(100000);

    (void)state;
    (void)sprintf(text, "%s<text:p>first</text:p>%s<text:p>deep", CONTENT("text"), open);
    read_content("text", text);
    assert_true(out.truncated);
    assert_string_equal(body(), "first");
    (void)sprintf(text, "%s<text:p>first%s", CONTENT("text"), notes);
    read_content("text", text);
    assert_non_null(strstr(body(), "first\nn"));
    free(open);
    free(notes);
    free(text);
}

/* A megabyte and more each of what could take quadratic time, or memory without end. */
static void megabytes_of_one_kind_end(void **state)
{
    static const struct {
        const char *repeated;
        size_t n;
    } cases[] = {
        {"<text:p>x</text:p>", 100000},
        {"<text:p><draw:frame><text:p>x</text:p></draw:frame></text:p>", 30000},
        {"<draw:object xlink:href='./Object 1'/>", 30000},
        {"<text:s text:c='4294967295'/><text:p><text:s text:c='99999'/>x</text:p>", 20000},
        {"<style:header><text:p>x</text:p></style:header>", 30000},
        {"<table:table-row><table:table-cell>", 20000},
        {"<draw:page draw:name='n'/>", 50000},
        {"x ", 500000},
    };
    char *many, *text;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        many = repeat(cases[i].repeated, cases[i].n);
        text = allocate(strlen(many) + 2000);
        (void)sprintf(text, "%s%s", CONTENT("text"), many);
        read_content("text", text);
        assert_true(out.body.size <= 16u << 20);
        free(text);
        free(many);
    }
}

static void entities_are_not_expanded(void **state)
{
    static const char bomb[] = "<!DOCTYPE a [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;'>]>" CONTENT(
        "text") "<text:p>&b;&b;</text:p>" END("text");

    (void)state;
    read_content("text", bomb);
    assert_null(strstr(body(), "lol"));
}

static void damaged_files_are_harmless(void **state)
{
    (void)state;
    srandom(1);
    damage("odf", "report.odt", 1500);
    damage("odf", "birds.ods", 700);
    damage("odf", "slides.odp", 700);
    damage("odf", "report.fodt", 1500);
    damage("odf", "birds.fods", 700);
    damage("odf", "objects.odt", 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_has_paragraphs_tables_and_what_stands_aside),
        cmocka_unit_test(a_template_and_a_flat_file_read_the_same),
        cmocka_unit_test(a_spreadsheet_has_a_line_for_each_row),
        cmocka_unit_test(a_cell_without_text_has_its_value),
        cmocka_unit_test(a_presentation_has_slides_and_notes),
        cmocka_unit_test(other_producers),
        cmocka_unit_test(embedded_formulas_and_charts_follow),
        cmocka_unit_test(the_type_is_found_without_mimetype),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(an_encrypted_document_is_only_named),
        cmocka_unit_test(asides_in_cells_and_in_asides_wait),
        cmocka_unit_test(controls_of_forms_follow_the_text),
        cmocka_unit_test(repetitions_are_bounded),
        cmocka_unit_test(deep_nesting_ends),
        cmocka_unit_test(megabytes_of_one_kind_end),
        cmocka_unit_test(entities_are_not_expanded),
        cmocka_unit_test(damaged_files_are_harmless),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
