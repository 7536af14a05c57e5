/* test_ooxml.c - Word, Excel and PowerPoint: files of real programs, what each part of a document
 * gives, and the package and events underneath. */
#include "support.h"

#include "zip_support.h"

#define WORD            "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define EXCEL           "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define POWER           "application/vnd.openxmlformats-officedocument.presentationml."
#define OPEN_RELATION   "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define STRICT_RELATION "http://purl.oclc.org/ooxml/officeDocument/relationships/"

static void read_fixture(const char *name)
{
    size_t size;
    char *bytes = load_fixture("ooxml", name, &size);

    read_bytes(name, bytes, size);
    free(bytes);
}

/* A docx of this body; `extra` members may follow. */
static void read_word(const char *inside)
{
    char *document = allocate(strlen(inside) + 300);
    struct member members[] = {{"word/document.xml", document}};

    sprintf(document,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"urn:w\" "
            "xmlns:mc=\"urn:mc\" xmlns:m=\"urn:m\" xmlns:v=\"urn:v\"><w:body>%s</w:body>"
            "</w:document>",
            inside);
    read_members(members, 1);
    free(document);
}

#define RUN(text)  "<w:r><w:t xml:space=\"preserve\">" text "</w:t></w:r>"
#define PARA(text) "<w:p>" RUN(text) "</w:p>"

static void a_document_of_pandoc(void **state)
{
    (void)state;
    read_fixture("pandoc.docx");
    assert_string_equal(out.media_type, WORD "document");
    assert_true(out.supported);
    assert_string_equal(title(), "The tide tables");
    assert_string_equal(out.language, "en-GB");
    assert_string_equal(meta("creator"), "\"Ann Author; Bob Writer\"");
    assert_string_equal(meta("producer"), "\"Microsoft Word 12.0.0 12.0000\"");
    assert_string_equal(meta("page_count"), "1");
    assert_string_equal(meta("damaged"), "");
    assert_string_equal(body(), "The tide tables\nAnn Author\nBob Writer\n2024-02-29\nHeading one\n"
                                "First slanted paragraph with a link and a note.\n"
                                "Port\tHigh\tLow\nBrest\t06:12\t12:30\nC\u00e1diz\t\t11:05\n"
                                "one item\ntwo items\nLast x2 words.\n The note below.");
}

static void a_document_of_libreoffice(void **state)
{
    (void)state;
    read_fixture("libreoffice.docx");
    assert_string_equal(title(), "The tide tables");
    assert_non_null(strstr(body(), "Port\tHigh\tLow\nBrest\t06:12\t12:30\nC\u00e1diz\t\t11:05\n"));
    assert_non_null(strstr(body(), "The note below."));
    assert_string_equal(meta("damaged"), "");
}

static void a_workbook_of_openpyxl(void **state)
{
    (void)state;
    read_fixture("openpyxl.xlsx");
    assert_string_equal(out.media_type, EXCEL "sheet");
    assert_string_equal(title(), "Accounts");
    assert_string_equal(meta("sheet_count"), "2");
    assert_string_equal(meta("sheet_names"), "[\"Figures\",\"\u00dcberblick\"]");
    assert_string_equal(body(), "Figures\nname\tvalue\twhen\tok\n"
                                "x\t0.1\t2024-02-29 13:05:00\tTRUE\n"
                                "y\t0.333333333333333\t1999-12-31\tFALSE\n"
                                "two lines\t\t\t08:30:00\t36:00:00\t1234.5\nA remark\n\n"
                                "\u00dcberblick\n\t\tdeep");
}

/* It computes what it writes: the formula has a value. */
static void a_workbook_of_libreoffice(void **state)
{
    (void)state;
    read_fixture("libreoffice.xlsx");
    assert_string_equal(body(), "Figures\nname\tvalue\twhen\tok\n"
                                "x\t0.1\t2024-02-29 13:05:00\tTRUE\n"
                                "y\t0.333333333333333\t1999-12-31\tFALSE\n"
                                "two lines\t\t\t08:30:00\t36:00:00\t1234.5\nA remark\n\n"
                                "\u00dcberblick\n\t\tdeep\n3");
}

static void presentations(void **state)
{
    static const char *const names[] = {"pandoc.pptx", "libreoffice.pptx"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        read_fixture(names[i]);
        assert_string_equal(out.media_type, POWER "presentation");
        assert_string_equal(title(), "The talk");
        assert_string_equal(meta("page_count"), "3");
        assert_string_equal(body(), "The talk\nAnn Author\n\nFirst slide\napples\npears\n"
                                    "Speak slowly.\n\nSecond slide\na\tb\nc\td");
    }
}

static void words_are_not_glued_and_runs_not_torn(void **state)
{
    (void)state;
    read_word("<w:p>" RUN("one")
                  RUN("word") "<w:r><w:tab/><w:t>tab</w:t><w:br/><w:t>line</w:t>"
                              "<w:cr/><w:t>re</w:t><w:noBreakHyphen/><w:t>turn</w:t></w:r></w:p>"
                              "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>" RUN(
                                  "next\n &amp;") "</w:p>"
                                                  "<w:p/><w:p/>" PARA("last"));
    assert_string_equal(body(), "oneword\ttab\nline\nre-turn\nnext  &\nlast");
}

static void what_was_deleted_or_is_a_code_is_no_text(void **state)
{
    (void)state;
    read_word(
        "<w:p><w:del><w:r><w:delText>gone</w:delText><w:tab/></w:r></w:del>"
        "<w:ins>" RUN("new") "</w:ins><w:moveFrom>" RUN(
            "away") "</w:moveFrom>"
                    "<w:moveTo>" RUN(
                        " here") "</w:moveTo>"
                                 "<w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>PAGEREF "
                                 "x</w:instrText>"
                                 "<w:fldChar w:fldCharType=\"separate\"/></w:r>" RUN(
                                     " 7") "</w:p>"
                                           "<w:p><w:ruby><w:rt>" RUN(
                                               "kana") "</w:rt><w:rubyBase>" RUN("kanji") "</"
                                                                                          "w:"
                                                                                          "rubyBase"
                                                                                          "></"
                                                                                          "w:ruby><"
                                                                                          "/w:p>");
    assert_string_equal(body(), "new here 7\nkanji");
}

static void symbols_are_mapped(void **state)
{
    (void)state;
    read_word(
        "<w:p><w:r><w:sym w:font=\"Symbol\" w:char=\"F061\"/><w:sym w:font=\"Symbol\" "
        "w:char=\"B3\"/>"
        "<w:sym w:font=\"Wingdings\" w:char=\"F0FC\"/><w:sym w:font=\"MS Gothic\" w:char=\"2610\"/>"
        "<w:sym w:font=\"Own\" w:char=\"F041\"/><w:sym w:font=\"X\" "
        "w:char=\"D800\"/><w:sym/></w:r></w:p>");
    assert_string_equal(body(), "\u03b1\u2265\u2713\u2610");
}

#define BOX(text) "<w:txbxContent>" PARA(text) "</w:txbxContent>"

static void a_text_box_is_read_once_behind_its_paragraph(void **state)
{
    (void)state;
    read_word("<w:p>" RUN("out") "<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\">" BOX(
        "boxed") "</mc:Choice><mc:Fallback>" BOX("boxed") "</mc:Fallback></mc:AlternateContent></"
                                                          "w:r>" RUN("side") "</w:p>"
                                                                             "<w:p><w:r><mc:"
                                                                             "AlternateContent><mc:"
                                                                             "Choice "
                                                                             "Requires=\"x\"><w:"
                                                                             "drawing/></mc:Choice>"
                                                                             "<mc:Fallback><w:pict>"
                                                                             "<v:textbox>" BOX(
                                                                                 "old") "</"
                                                                                        "v:textbox>"
                                                                                        "</"
                                                                                        "w:pict></"
                                                                                        "mc:"
                                                                                        "Fallback>"
                                                                                        "</"
                                                                                        "mc:"
                                                                                        "AlternateC"
                                                                                        "ontent></"
                                                                                        "w:r></"
                                                                                        "w:p>" PARA(
                                                                                            "end"));
    assert_string_equal(body(), "outside\nboxed\nold\nend");
}

#define CELL(text) "<w:tc><w:tcPr/>" text "</w:tc>"

static void tables_have_tabs_and_lines(void **state)
{
    (void)state;
    read_word(PARA("before") "<w:tbl><w:tr>" CELL("<w:p/>") CELL(PARA("b")) CELL(
        "<w:p/>") "</w:tr>"
                  "<w:tr>" CELL(PARA("two") PARA("lines")) CELL("<w:p/>")
                      CELL("<w:tbl><w:tr>" CELL(PARA("in")) CELL(
                          PARA("side")) "</w:tr></w:tbl><w:p/>") "</w:tr></w:tbl>" PARA("after"));
    assert_string_equal(body(), "before\n\tb\ntwo\nlines\t\tin\tside\nafter");
}

static void math_is_text(void **state)
{
    (void)state;
    read_word("<w:p><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t>"
              "</m:r></m:den></m:f></m:oMath></w:p>");
    assert_string_equal(body(), "1/2");
}

#define RELATION(id, type, target) \
    "<Relationship Id=\"" id "\" Type=\"" OPEN_RELATION type "\" Target=\"" target "\"/>"
#define RELATIONS(list) "<Relationships xmlns=\"urn:r\">" list "</Relationships>"
#define PART(text)      "<w:x xmlns:w=\"urn:w\">" PARA(text) "</w:x>"

static void the_parts_around_the_body(void **state)
{
    static const struct member members[] = {
        {"word/document.xml", PART("body")},
        {"word/_rels/document.xml.rels",
         RELATIONS(RELATION("rId1", "header", "header1.xml") RELATION(
             "rId2", "header", "header2.xml") RELATION("rId3", "footer", "/word/footer%31.xml")
                       RELATION("rId4", "footnotes", "./notes/../footnotes.xml")
                           RELATION("rId5", "endnotes", "endnotes.xml")
                               RELATION("rId6", "comments", "comments.xml")
                                   RELATION("rId7", "chart", "charts/chart1.xml"))},
        {"word/header1.xml", PART("header")},
        {"word/header2.xml", PART("header")},
        {"word/footer1.xml", PART("footer")},
        {"word/footnotes.xml", PART("footnote")},
        {"word/endnotes.xml", PART("endnote")},
        {"word/comments.xml", PART("comment")},
        {"word/charts/chart1.xml",
         "<c:chart xmlns:c=\"urn:c\" "
         "xmlns:a=\"urn:a\"><a:p><a:t>Sales</a:t></a:p><c:strCache><c:pt><c:v>North</c:v></c:pt>"
         "<c:pt><c:v>South</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>1</c:v></c:pt></"
         "c:numCache></c:chart>"},
    };

    (void)state;
    read_members(members, 9);
    assert_string_equal(body(),
                        "header\nbody\nfootnote\nendnote\nfooter\ncomment\nSales\nNorth\nSouth");
    assert_string_equal(meta("damaged"), "");
}

/* Another folder, Strict namespaces, backslashes, another case. */
static void the_main_part_is_found_by_relations(void **state)
{
    static const struct member members[] = {
        {"[content_types].xml", "<Types><Override PartName=\"/Doc/Main.xml\" ContentType=\"" WORD
                                "template.main+xml\"/></Types>"},
        {"_rels\\.rels", "<Relationships><Relationship Id=\"a\" Type=\"" STRICT_RELATION
                         "officeDocument\" Target=\"doc/main.xml\"/></Relationships>"},
        {"DOC/main.XML", "<x:document "
                         "xmlns:x=\"http://purl.oclc.org/ooxml/wordprocessingml/"
                         "main\"><x:p><x:t>strict</x:t></x:p></x:document>"},
    };

    (void)state;
    read_members(members, 3);
    assert_string_equal(out.media_type, WORD "template");
    assert_string_equal(body(), "strict");
}

static void media_types_of_macros_and_templates(void **state)
{
    static const struct {
        const char *content_type, *media_type, *main;
    } cases[] = {
        {"application/vnd.ms-word.document.macroEnabled.main+xml",
         "application/vnd.ms-word.document.macroEnabled.12", "m.xml"},
        {"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
         "application/vnd.ms-excel.sheet.macroEnabled.12", "m.xml"},
        {"application/vnd.ms-excel.sheet.binary.macroEnabled.main",
         "application/vnd.ms-excel.sheet.binary.macroEnabled.12", "m.bin"},
        {POWER "slideshow.main+xml", POWER "slideshow", "m.xml"},
    };
    char types[500];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct member members[] = {{"[Content_Types].xml", types}, {cases[i].main, "<a/>"}};

        sprintf(types, "<Types><Override PartName=\"/%s\" ContentType=\"%s\"/></Types>",
                cases[i].main, cases[i].content_type);
        read_members(members, 2);
        assert_string_equal(out.media_type, cases[i].media_type);
        assert_true(out.supported);
    }
}

static void properties_become_metadata(void **state)
{
    static const struct member members[] = {
        {"word/document.xml", PART("x")},
        {"docProps/core.xml",
         "<cp:coreProperties xmlns:cp=\"urn:cp\" xmlns:dc=\"urn:dc\"><dc:title> A  title "
         "</dc:title><dc:creator>Ann;Bob ; </dc:creator>"
         "<dc:subject>S</dc:subject><cp:keywords>k<cp:value>l</cp:value></"
         "cp:keywords><dc:description>D</dc:description><dc:language>nb-NO</dc:language>"
         "<cp:lastModifiedBy>Eve</cp:lastModifiedBy><dcterms:created>2024-02-29T13:05:00Z</"
         "dcterms:created><dcterms:modified>soon</dcterms:modified>"
         "</cp:coreProperties>"},
        {"docProps/app.xml", "<Properties><Application>Word</Application><AppVersion>16.0</"
                             "AppVersion><Pages>3</Pages><Company>C</Company>"
                             "<TitlesOfParts><v><l>title</l></v></TitlesOfParts></Properties>"},
    };

    (void)state;
    read_members(members, 3);
    assert_string_equal(title(), "A title");
    assert_string_equal(out.language, "nb-NO");
    assert_string_equal(meta("creator"), "\"Ann; Bob\"");
    assert_string_equal(meta("subject"), "\"S\"");
    assert_string_equal(meta("keywords"), "\"k l\"");
    assert_string_equal(meta("description"), "\"D\"");
    assert_string_equal(meta("last_modified_by"), "\"Eve\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00Z\"");
    assert_string_equal(meta("modified"), "\"soon\"");
    assert_string_equal(meta("producer"), "\"Word 16.0\"");
    assert_string_equal(meta("page_count"), "3");
    assert_string_equal(meta("company"), "\"C\"");
}

static const char types_of_cells[] =
    "<worksheet><sheetData><row><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"C1\" "
    "t=\"inlineStr\"><is><r><t>in</t></r><r><t>line</t></r><rPh><t>ph</t></rPh></is></c>"
    "<c t=\"str\"><f>1+1</f><v>a_x000A_b_x0041__y</v></c><c t=\"b\"><v>0</v></c><c "
    "t=\"e\"><v>#N/A</v></c></row>"
    "<row><c s=\"1\"><v>60</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>61.5</v></c><c "
    "s=\"2\"><v>0.75</v></c><c s=\"3\"><v>1.5</v></c>"
    "<c s=\"4\"><v>45351</v></c><c s=\"0\"><v>45351</v></c><c s=\"1\"><v>-1</v></c><c "
    "s=\"1\"><v>45351.999999</v></c></row>"
    "<row/><row><c r=\"ZZ4\"><v>0.10000000000000001</v></c><c "
    "r=\"XFD4\"><v>12345678901234567890</v></c><c t=\"s\"><v>99</v></c></row>"
    "</sheetData></worksheet>";

static const struct member workbook[] = {
    {"xl/workbook.xml",
     "<workbook xmlns:r=\"" OPEN_RELATION "\"><workbookPr/><sheets><sheet name=\"B\" sheetId=\"2\" "
     "r:id=\"r2\" xmlns:r=\"http://x/relationships\"/>"
     "<sheet name=\"A\" sheetId=\"1\" r:id=\"r1\" "
     "xmlns:r=\"http://x/relationships\"/></sheets></workbook>"},
    {"xl/_rels/workbook.xml.rels",
     RELATIONS(RELATION("r1", "worksheet", "worksheets/sheet1.xml") RELATION(
         "r2", "worksheet", "worksheets/sheet2.xml") RELATION("r3", "sharedStrings", "strings.xml")
                   RELATION("r4", "styles", "styles.xml"))},
    {"xl/strings.xml", "<sst><si><t>zero</t></si><si><r><t>sha</t></r><r><t>red</t></r><rPh><t>no</"
                       "t></rPh></si></sst>"},
    {"xl/styles.xml",
     "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"[$-409]d/m/yy;@\"/><numFmt "
     "numFmtId=\"171\" formatCode=\"0.0&quot;days&quot;\"/></numFmts>"
     "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"171\"/><xf "
     "numFmtId=\"22\"/><xf numFmtId=\"20\"/><xf numFmtId=\"46\"/><xf "
     "numFmtId=\"170\"/></cellXfs></styleSheet>"},
    {"xl/worksheets/sheet1.xml", types_of_cells},
    {"xl/worksheets/sheet2.xml", "<worksheet><row><c><v>1E3</v></c></row></worksheet>"},
    {"xl/worksheets/_rels/sheet2.xml.rels",
     RELATIONS(RELATION("a", "comments", "../comments7.xml")
                   RELATION("b", "drawing", "../drawings/d.xml"))},
    {"xl/comments7.xml",
     "<comments><authors><author>Ann</author></authors><commentList><comment><text><r><t>re</t></"
     "r><r><t>mark</t></r></text></comment></commentList></comments>"},
    {"xl/drawings/d.xml", "<wsDr xmlns:a=\"urn:a\"><sp><a:p><a:t>drawn</a:t></a:p></sp></wsDr>"},
};

static void cells_of_every_type(void **state)
{
    (void)state;
    read_members(workbook, 9);
    assert_string_equal(body(),
                        "B\n1E3\nremark\ndrawn\n\nA\nshared\t\tinline\ta bA_y\tFALSE\t#N/A\n"
                        "1900-02-29\t1900-02-28\t1900-03-01 "
                        "12:00:00\t18:00:00\t36:00:00\t2024-02-29\t45351\t-1\t2024-03-01\n"
                        "\t0.1\t12345678901234567890");
    assert_string_equal(meta("sheet_names"), "[\"B\",\"A\"]");
}

static void days_from_1904(void **state)
{
    struct member members[9];

    (void)state;
    memcpy(members, workbook, sizeof(members));
    members[0].text = "<workbook><workbookPr date1904=\"1\"/></workbook>";
    members[4].text =
        "<worksheet><row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>43889.25</v></c></row></worksheet>";
    members[5].name = "unused";
    read_members(members, 6);
    assert_string_equal(body(), "1904-01-01\t2024-02-29 06:00:00");
}

#define SLIDE(text)                                                                   \
    "<p:sld xmlns:p=\"urn:p\" xmlns:a=\"urn:a\"><p:sp><p:txBody><a:p><a:r><a:t>" text \
    "</a:t></a:r><a:br/><a:r><a:t>more</a:t></a:r></a:p></p:txBody></p:sp></p:sld>"

static void slides_in_the_order_of_the_presentation(void **state)
{
    static const struct member members[] = {
        {"ppt/presentation.xml",
         "<p:presentation xmlns:p=\"urn:p\" "
         "xmlns:r=\"http://x/relationships\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"r2\"/><p:sldId "
         "id=\"257\" r:id=\"r1\"/></p:sldIdLst></p:presentation>"},
        {"ppt/_rels/presentation.xml.rels",
         RELATIONS(RELATION("r1", "slide", "slides/slide1.xml")
                       RELATION("r2", "slide", "slides/slide2.xml"))},
        {"ppt/slides/slide1.xml", SLIDE("one")},
        {"ppt/slides/slide2.xml", SLIDE("two")},
        {"ppt/slides/_rels/slide2.xml.rels",
         RELATIONS(RELATION("n", "notesSlide", "../notesSlides/n.xml")
                       RELATION("c", "comments", "../comments/c.xml")
                           RELATION("d", "diagramData", "../diagrams/d.xml"))},
        {"ppt/notesSlides/n.xml",
         "<p:notes xmlns:p=\"urn:p\" xmlns:a=\"urn:a\"><p:sp><p:nvSpPr><p:nvPr><p:ph "
         "type=\"sldNum\"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:t>7</a:t></a:p></p:txBody></p:sp>"
         "<p:sp><p:nvSpPr><p:nvPr><p:ph "
         "type=\"body\"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:t>note</a:t></a:p></p:txBody></"
         "p:sp></p:notes>"},
        {"ppt/comments/c.xml",
         "<p:cmLst xmlns:p=\"urn:p\"><p:cm><p:pos/><p:text>comment</p:text></p:cm></p:cmLst>"},
        {"ppt/diagrams/d.xml", "<d:dataModel xmlns:d=\"urn:d\" "
                               "xmlns:a=\"urn:a\"><d:pt><d:t><a:p><a:r><a:t>step</a:t></a:r></"
                               "a:p></d:t></d:pt></d:dataModel>"},
    };

    (void)state;
    read_members(members, 8);
    assert_string_equal(body(), "two\nmore\nstep\nnote\ncomment\n\none\nmore");
    assert_string_equal(meta("page_count"), "2");
    read_members(members + 2, 2); /* not even a presentation: an archive */
    assert_string_equal(out.media_type, "application/zip");
}

static void without_relations_slides_come_by_their_numbers(void **state)
{
    static const struct member members[] = {{"ppt/slides/slide10.xml", SLIDE("ten")},
                                            {"ppt/slides/slide9.xml", SLIDE("nine")},
                                            {"ppt/presentation.xml", "<a/>"}};

    (void)state;
    read_members(members, 3);
    assert_string_equal(body(), "nine\nmore\n\nten\nmore");
}

static void encodings_of_xml(void **state)
{
    static const char utf16[] = "\xff\xfe<\0a\0>\0<\0t\0>\0\xe9\0\xac\x20<\0/\0t\0>\0<\0/\0a\0>\0";
    struct member members[] = {{"word/document.xml", utf16, sizeof(utf16) - 1}};

    (void)state;
    read_members(members, 1);
    assert_string_equal(body(), "\u00e9\u20ac");
    members[0] = (struct member){
        "word/document.xml",
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a><t>\x80 caf\xe9</t></a>"};
    read_members(members, 1);
    assert_string_equal(body(), "\u20ac caf\u00e9");
    assert_string_equal(meta("damaged"), "");
}

static void damaged_xml_is_read_on(void **state)
{
    (void)state;
    read_word(PARA("AT&T &unknown; &nbsp;x") "<w:p a=1><w:t>y</w:q></w:p>" PARA("z"));
    assert_non_null(strstr(body(), "AT"));
    assert_non_null(strstr(body(), "z"));
    assert_string_equal(meta("damaged"), "\"XML that is not well-formed\"");
    read_word(PARA("first") "<w:p><w:r><w:t>cut o");
    assert_string_equal(meta("damaged"), "\"XML that is not well-formed\"");
    assert_non_null(strstr(body(), "first\ncut o"));
}

static void declarations_end_the_reading(void **state)
{
    char *bomb = allocate(100000), *at = bomb;
    struct member members[] = {{"word/document.xml", bomb}};

    (void)state;
    at += sprintf(at, "<!DOCTYPE l [<!ENTITY a0 \"lol\">");
    for (unsigned i = 1; i < 30; i++)
        at += sprintf(at, "<!ENTITY a%u \"&a%u;&a%u;&a%u;&a%u;\">", i, i - 1, i - 1, i - 1, i - 1);
    sprintf(at, "]><l><t>&a29;</t></l>");
    read_members(members, 1);
    assert_true(out.supported && out.truncated);
    assert_string_equal(body(), "");
    sprintf(bomb, "<!DOCTYPE l SYSTEM \"http://localhost/x\"><l><t>a&eacute;&b;c</t></l>");
    read_members(members, 1);
    assert_string_equal(body(), "a\u00e9c");
    free(bomb);
}

static void deep_elements_are_passed_over(void **state)
{
    char *open = repeat("<w:x>", 5000), *text = allocate(60000);

    (void)state;
    sprintf(text, PARA("top") "%s" RUN("deep"), open);
    read_word(text);
    assert_true(out.truncated);
    assert_string_equal(body(), "top");
    free(open);
    free(text);
}

static void an_encrypted_member(void **state)
{
    static const struct member members[] = {{"word/document.xml", "<w:p>secret</w:p>", 0, true}};

    (void)state;
    read_members(members, 1);
    assert_string_equal(out.media_type, WORD "document");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_string_equal(body(), "");
}

/* Where the directory would be is nothing, or something else. */
static void a_package_without_its_directory(void **state)
{
    size_t size;
    char *bytes = load_fixture("ooxml", "pandoc.docx", &size);

    (void)state;
    for (size_t cut = 10; cut < 300; cut += 20) {
        read_bytes("a.docx", bytes, size - cut);
        assert_string_equal(out.media_type, WORD "document");
        assert_non_null(strstr(body(), "Last x2 words.\n The note below."));
        assert_string_equal(meta("damaged"), "\"the archive has lost its directory\"");
    }
    free(bytes);
}

static void a_part_that_is_missing(void **state)
{
    static const struct member members[] = {
        {"word/document.xml", PART("body")},
        {"word/_rels/document.xml.rels", RELATIONS(RELATION("a", "header", "gone.xml"))},
    };

    (void)state;
    read_members(members, 2);
    assert_string_equal(body(), "body");
    assert_string_equal(meta("damaged"), "\"a part of the document is missing\"");
}

static void a_bomb_ends_at_the_bound(void **state)
{
    const struct extract_limits small = {
        .max_text_bytes = 1u << 20, .max_depth = 64, .max_unpacked_bytes = 3u << 20};
    char *paragraphs = repeat("<p>          ", 100000);
    struct member members[] = {{"word/document.xml", paragraphs},
                               {"docProps/core.xml", paragraphs},
                               {"docProps/app.xml", paragraphs}};
    struct extractor *usual = extractor;
    struct reason why = {""};

    (void)state;
    assert_int_equal(extract_open(&small, &extractor, &why), 0);
    read_members(members, 3);
    assert_true(out.truncated);
    assert_string_equal(meta("unpack_limit"), "\"bytes\"");
    extract_close(extractor);
    extractor = usual;
    free(paragraphs);
}

static void giants_of_one_kind_take_no_time(void **state)
{
    static const struct {
        const char *head, *repeated, *tail;
        size_t n;
    } cases[] = {
        {"<a", " b", ">", 300000},
        {"<a ", "b='' ", ">", 300000},
        {"<a>", "<b ", "", 300000},
        {"<a>", "<b>", "", 300000},
        {"<a>", "<b xmlns:c='d'>", "", 100000},
        {"<a>", "</b>", "", 300000},
        {"<a>", "&x;", "</a>", 300000},
        {"<a b='", "x", "'/>", 9000000},
        {"<a>", "<t>x</t>", "", 300000},
        {"<a>", "<txbxContent><t>x</t>", "", 100000},
        {"<a>", "<tc>", "", 200000},
        {"<a>", "<AlternateContent><Choice>", "", 100000},
        {"<a>", "<p><tab/>", "<t>x</t>", 300000},
        {"<!DOCTYPE a [", "<!ENTITY e 'x'>", "]><a/>", 50000},
        {"<!DOCTYPE a ", "x", "><a/>", 500000},
        {"<a><![CDATA[", "]]", "", 500000},
        {"<a><!--", "--", "", 500000},
    };
    char *middle, *text;
    struct member members[1];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        middle = repeat(cases[i].repeated, cases[i].n);
        text = allocate(strlen(middle) + 200);
        sprintf(text, "%s%s%s", cases[i].head, middle, cases[i].tail);
        members[0] = (struct member){"word/document.xml", text};
        read_members(members, 1);
        members[0].name = "xl/workbook.xml";
        read_members(members, 1);
        free(middle);
        free(text);
    }
}

static void attributes_beyond_number(void **state)
{
    char *text = allocate(5u << 20), *at = text;
    struct member members[] = {{"word/document.xml", text}};

    (void)state;
    at += sprintf(at, "<a><t>before</t><b");
    for (unsigned i = 0; i < 300000; i++)
        at += sprintf(at, " a%u='>'", i);
    sprintf(at, "/><t>after</t></a>");
    read_members(members, 1);
    assert_string_equal(body(), "before");
    assert_true(out.truncated);

    at = text + sprintf(text, "<a><t>"); /* what only looks like them */
    for (unsigned i = 0; i < 1000; i++)
        at += sprintf(at, " a%u=\"x\"", i);
    sprintf(at, "</t><p/><t>after</t></a>");
    read_members(members, 1);
    assert_non_null(strstr(body(), "a999=\"x\"\nafter"));
    assert_false(out.truncated);
    free(text);
}

static void thousands_of_members_and_relations(void **state)
{
    enum { N = 20000 };
    struct member *members = calloc(N + 2, sizeof(*members));
    char *relations = allocate(N * 200), *at = relations, *names = allocate(N * 40);

    (void)state;
    at += sprintf(at, "<Relationships>");
    for (unsigned i = 0; i < N; i++) {
        sprintf(names + i * 40, "word/header%u.xml", i);
        members[i] = (struct member){names + i * 40, i % 2 ? "<a/>" : PART("h")};
        at += sprintf(at, RELATION("r%u", "footnotes", "header%u.xml"), i, i);
    }
    sprintf(at, "</Relationships>");
    members[N] = (struct member){"word/_rels/document.xml.rels", relations};
    members[N + 1] = (struct member){"word/document.xml", PART("x")};
    read_members(members, N + 2);
    assert_int_equal(out.body.size, 1 + N);
    free(members);
    free(relations);
    free(names);
}

static const char *const fixtures[] = {"pandoc.docx",      "libreoffice.docx", "openpyxl.xlsx",
                                       "libreoffice.xlsx", "pandoc.pptx",      "libreoffice.pptx"};

static void truncated_fixtures(void **state)
{
    size_t size;
    char *bytes;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        bytes = load_fixture("ooxml", fixtures[i], &size);
        for (size_t n = 0; n < size; n += 97) {
            read_bytes("a", bytes, n);
            read_head("a", bytes, n, true);
        }
        free(bytes);
    }
}

static void fixtures_with_random_changes(void **state)
{
    size_t size;
    char *bytes, *changed;

    (void)state;
    srandom(1);
    for (size_t i = 0; i < 6; i++) {
        bytes = load_fixture("ooxml", fixtures[i], &size);
        changed = allocate(size);
        for (unsigned round = 0; round < 400; round++) {
            memcpy(changed, bytes, size);
            for (unsigned j = 0; j < 1 + round % 9; j++)
                changed[round % 3 ? (size_t)random() % size : size - 1 - (size_t)random() % 500] =
                    (char)random();
            read_bytes("a", changed, size);
        }
        free(bytes);
        free(changed);
    }
}

/* The members themselves are changed: the archive is whole. */
static void xml_with_random_changes(void **state)
{
    struct member members[9];
    char *texts[9];

    (void)state;
    srandom(2);
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < 9; i++) {
            size_t n = strlen(workbook[i].text);

            texts[i] = allocate(n + 1);
            memcpy(texts[i], workbook[i].text, n + 1);
            texts[i][(size_t)random() % n] = (char)(1 + random() % 255);
            members[i] = (struct member){workbook[i].name, texts[i]};
        }
        read_members(members, 9);
        for (size_t i = 0; i < 9; i++)
            free(texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_of_pandoc),
        cmocka_unit_test(a_document_of_libreoffice),
        cmocka_unit_test(a_workbook_of_openpyxl),
        cmocka_unit_test(a_workbook_of_libreoffice),
        cmocka_unit_test(presentations),
        cmocka_unit_test(words_are_not_glued_and_runs_not_torn),
        cmocka_unit_test(what_was_deleted_or_is_a_code_is_no_text),
        cmocka_unit_test(symbols_are_mapped),
        cmocka_unit_test(a_text_box_is_read_once_behind_its_paragraph),
        cmocka_unit_test(tables_have_tabs_and_lines),
        cmocka_unit_test(math_is_text),
        cmocka_unit_test(the_parts_around_the_body),
        cmocka_unit_test(the_main_part_is_found_by_relations),
        cmocka_unit_test(media_types_of_macros_and_templates),
        cmocka_unit_test(properties_become_metadata),
        cmocka_unit_test(cells_of_every_type),
        cmocka_unit_test(days_from_1904),
        cmocka_unit_test(slides_in_the_order_of_the_presentation),
        cmocka_unit_test(without_relations_slides_come_by_their_numbers),
        cmocka_unit_test(encodings_of_xml),
        cmocka_unit_test(damaged_xml_is_read_on),
        cmocka_unit_test(declarations_end_the_reading),
        cmocka_unit_test(deep_elements_are_passed_over),
        cmocka_unit_test(an_encrypted_member),
        cmocka_unit_test(a_package_without_its_directory),
        cmocka_unit_test(a_part_that_is_missing),
        cmocka_unit_test(a_bomb_ends_at_the_bound),
        cmocka_unit_test(giants_of_one_kind_take_no_time),
        cmocka_unit_test(attributes_beyond_number),
        cmocka_unit_test(thousands_of_members_and_relations),
        cmocka_unit_test(truncated_fixtures),
        cmocka_unit_test(fixtures_with_random_changes),
        cmocka_unit_test(xml_with_random_changes),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
