"""Word, Excel, PowerPoint, OpenDocument and EPUB: packages whose parts are deep, many, large, or contain each other."""

import io
import zipfile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
O = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'
)
MAIN = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}


def pack(parts):
    """A package of (name, content or function that makes it)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts:
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method, compresslevel=1)
    return packed.getvalue()


def relations(*rows):
    """(kind, target) ... as r1, r2 ..."""
    lines = "".join(f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"/>' for n, (kind, target) in enumerate(rows, 1))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'


def ooxml(main, content, more=(), related=()):
    types = f'<Override PartName="/{main}" ContentType="{MAIN[main]}"/>'
    folder, name = main.split("/")
    return pack([
        ("[Content_Types].xml", f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>'),
        ("_rels/.rels", relations(("officeDocument", main))),
        (f"{folder}/_rels/{name}.rels", relations(*related)),
        (main, content),
        *more,
    ])


# ---- Word ----


def word(body, **more):
    return ooxml("word/document.xml", f"<w:document {W} {R}><w:body>{body}</w:body></w:document>", **more)


def laughs(root):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{entities}]>{root}'


PARAGRAPH = "<w:p><w:r><w:t>core</w:t></w:r></w:p>"


def of_word(n, many):
    yield "controls.docx", lambda: word("<w:sdt><w:sdtContent>" * n + PARAGRAPH + "</w:sdtContent></w:sdt>" * n)
    yield "tables.docx", lambda: word("<w:tbl><w:tr><w:tc>" * n + PARAGRAPH + "</w:tc></w:tr></w:tbl>" * n)
    yield "boxes.docx", lambda: word("<w:p><w:r><w:txbxContent>" * n + PARAGRAPH + "</w:txbxContent></w:r></w:p>" * n)
    yield "paragraphs.docx", lambda: word("<w:p/>" * 10_000_000)
    yield "spaces.docx", lambda: word(" " * 150_000_000)
    yield "runs.docx", lambda: word("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 2_000_000 + "</w:p>")
    yield "fields.docx", lambda: word("<w:p>" + '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * many + "</w:p>" + PARAGRAPH)
    yield "laughs.docx", lambda: ooxml("word/document.xml", laughs(f"<w:document {W}><w:body><w:t>&l11;</w:t></w:body></w:document>"))
    yield "itself.docx", lambda: word(PARAGRAPH, related=[("header", "document.xml"), ("footnotes", "document.xml"), ("chart", "document.xml")])
    yield "headers.docx", lambda: word(
        PARAGRAPH, related=[("header", f"h{k}.xml") for k in range(many)],
        more=[(f"word/h{k}.xml", f"<w:hdr {W}>{PARAGRAPH}</w:hdr>") for k in range(many)])
    yield "same-header.docx", lambda: word(
        PARAGRAPH, related=[("header", "h.xml")] * many, more=[("word/h.xml", f"<w:hdr {W}>{PARAGRAPH * 10_000}</w:hdr>")])
    yield "sections.docx", lambda: word(
        f'<w:p><w:pPr><w:sectPr><w:headerReference r:id="r1"/></w:sectPr></w:pPr></w:p>{PARAGRAPH}' * many,
        related=[("header", "h.xml")], more=[("word/h.xml", f"<w:hdr {W}>{PARAGRAPH * 1000}</w:hdr>")])
    yield "lies.docx", lambda: lie_of_size(word(PARAGRAPH * 1000))
    yield "members.docx", lambda: word(PARAGRAPH, more=[(f"word/media/{k}", "x") for k in range(many)])
    yield "attributes.docx", lambda: word("<w:p " + " ".join(f'w:a{k}="{k}"' for k in range(many)) + "/>" + PARAGRAPH)


def lie_of_size(data):
    """The directory says that each member is of four gigabytes less one."""
    changed, at = bytearray(data), 0
    while (at := changed.find(b"PK\1\2", at)) >= 0:
        changed[at + 20 : at + 28] = b"\xfe\xff\xff\xff" * 2
        at += 4
    return bytes(changed)


# ---- Excel ----


def excel(sheet="", strings="", sheets=1, **more):
    names = "".join(f'<sheet name="s{k}" sheetId="{k + 1}" r:id="r1"/>' for k in range(sheets))
    return ooxml(
        "xl/workbook.xml", f"<workbook {S} {R}><sheets>{names}</sheets></workbook>",
        related=[("worksheet", "sheet.xml"), ("sharedStrings", "strings.xml"), ("styles", "styles.xml"), *more.get("related", ())],
        more=[
            ("xl/sheet.xml", f"<worksheet {S}><sheetData>{sheet}</sheetData></worksheet>"),
            ("xl/strings.xml", f"<sst {S}>{strings}</sst>"),
            *more.get("more", ()),
        ])


def cell(value, place="A1", kind="s"):
    return f'<c r="{place}" t="{kind}"><v>{value}</v></c>'


def of_excel(n, many):
    yield "numbers.xlsx", lambda: excel("".join(f"<row>{cell(v)}</row>" for v in (-1, 4294967296, 10**30, "1e9", "", "x")), "<si><t>a</t></si>")
    yield "places.xlsx", lambda: excel("".join(
        f"<row r='{r}'>{cell(1.5, p, 'n')}</row>" for r in (1048576, 99999999999, -1) for p in ("XFD1048576", "ZZZZZZZZZZ1", "A" * 5000, "1", "")))
    yield "one-string.xlsx", lambda: excel(f"<row>{cell(0)}</row>" * 100_000, f"<si><t>{'long ' * 200_000}</t></si>")
    yield "strings.xlsx", lambda: excel(f"<row>{cell(0)}</row>", "<si><t>a</t></si>" * 3_000_000)
    yield "empty-strings.xlsx", lambda: excel(f"<row>{cell(0)}</row>", "<si/>" * 5_000_000)
    yield "far-rows.xlsx", lambda: excel("".join(f'<row r="{k * 10_000}">{cell(1, f"XFD{k * 10_000}", "n")}</row>' for k in range(1, 100_000)))
    yield "same-sheet.xlsx", lambda: excel(f"<row>{cell(7, kind='n')}</row>" * 1000, sheets=many)
    yield "dates.xlsx", lambda: excel(
        "".join(f'<row><c s="0"><v>{v}</v></c></row>' for v in ("1e308", "-1e308", "nan", "inf", "2958466", "-1", "1e-320")),
        more=[("xl/styles.xml", f'<styleSheet {S}><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>')])
    yield "formats.xlsx", lambda: excel(f"<row>{cell(0)}</row>", more=[("xl/styles.xml", f"<styleSheet {S}><numFmts>" + "".join(
        f'<numFmt numFmtId="{k}" formatCode="yyyy{k}"/>' for k in range(many)) + "</numFmts><cellXfs>" + "".join(
        f'<xf numFmtId="{k}"/>' for k in range(many)) + "</cellXfs></styleSheet>")])
    yield "rich.xlsx", lambda: excel(f"<row>{cell(0)}</row>", "<si>" + "<r><t>" * n + "core" + "</t></r>" * n + "</si>")
    yield "itself.xlsx", lambda: excel(f"<row>{cell(0)}</row>", related=[("worksheet", "workbook.xml"), ("drawing", "sheet.xml")])
    yield "rows.xlsx", lambda: excel("<row/>" * 5_000_000)
    yield "columns.xlsx", lambda: excel("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")


# ---- PowerPoint ----


def slides(slide, n=1, related=()):
    ids = "".join(f'<p:sldId id="{256 + k}" r:id="r1"/>' for k in range(n))
    return ooxml(
        "ppt/presentation.xml", f"<p:presentation {P} {R}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        related=[("slide", "slide.xml")],
        more=[("ppt/slide.xml", f"<p:sld {P}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"), ("ppt/_rels/slide.xml.rels", relations(*related))])


SHAPE = "<p:sp><p:txBody><a:p><a:r><a:t>core</a:t></a:r></a:p></p:txBody></p:sp>"


def of_powerpoint(n, many):
    yield "same-slide.pptx", lambda: slides(SHAPE * 1000, many)
    yield "large-slide.pptx", lambda: slides(SHAPE * 100_000, 1000)
    yield "groups.pptx", lambda: slides("<p:grpSp>" * n + SHAPE + "</p:grpSp>" * n)
    yield "notes.pptx", lambda: slides(SHAPE, related=[("notesSlide", "slide.xml"), ("slide", "slide.xml"), ("comments", "slide.xml")] * 100)
    yield "diagrams.pptx", lambda: slides(SHAPE, related=[("diagramData", "slide.xml"), ("chart", "../ppt/presentation.xml")] * many)
    yield "climbing.pptx", lambda: slides(SHAPE, related=[("notesSlide", "../" * 5000 + "etc/passwd"), ("notesSlide", "/" * 5000)])


# ---- OpenDocument ----


def opendocument(kind, body, more=()):
    mime = {"text": "text", "spreadsheet": "spreadsheet", "presentation": "presentation"}[kind]
    content = f"<office:document-content {O}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    return pack([("mimetype", f"application/vnd.oasis.opendocument.{mime}"), ("content.xml", content), *more])


LINE = "<text:p>core</text:p>"


def rows(repeated, columns, content=LINE):
    return (
        f'<table:table table:name="t"><table:table-row table:number-rows-repeated="{repeated}">'
        f'<table:table-cell table:number-columns-repeated="{columns}">{content}</table:table-cell></table:table-row></table:table>'
    )


def of_opendocument(n, many):
    yield "sections.odt", lambda: opendocument("text", "<text:section>" * n + LINE + "</text:section>" * n)
    yield "spans.odt", lambda: opendocument("text", "<text:p>" + "<text:span>" * n + "core" + "</text:span>" * n + "</text:p>")
    yield "tables.odt", lambda: opendocument("text", "<table:table><table:table-row><table:table-cell>" * n + LINE)
    yield "notes.odt", lambda: opendocument("text", "<text:p>" + "<text:note><text:note-body><text:p>x" * n)
    yield "blanks.odt", lambda: opendocument("text", '<text:p>a<text:s text:c="2147483647"/>b<text:s text:c="-1"/></text:p>' * 1000)
    yield "objects.odt", lambda: opendocument(
        "text", '<text:p><draw:frame><draw:object xlink:href="./O"/></draw:frame></text:p>' * many,
        [("O/content.xml", f'<office:document-content {O}><office:body><office:text><draw:object xlink:href="../O"/><draw:object '
          f'xlink:href="."/>{LINE * 1000}</office:text></office:body></office:document-content>')])
    yield "laughs.odt", lambda: pack([
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", laughs(f"<office:document-content {O}><office:body><office:text><text:p>&l11;</text:p></office:text>"
                               "</office:body></office:document-content>"))])
    yield "spaces.odt", lambda: opendocument("text", " " * 150_000_000)
    yield "lies.odt", lambda: lie_of_size(opendocument("text", LINE * 1000))
    yield "members.odt", lambda: opendocument("text", LINE, [(f"Pictures/{k}", "x") for k in range(many)])
    yield "repeated.ods", lambda: opendocument("spreadsheet", rows(2147483647, 2147483647) * 10)
    yield "repeated-much.ods", lambda: opendocument("spreadsheet", rows(1048576, 16384, f"<text:p>{'x' * 1_000_000}</text:p>") * 3)
    yield "repeated-nothing.ods", lambda: opendocument("spreadsheet", rows(4294967296, -1, "") * many)
    yield "tables-in-tables.ods", lambda: opendocument("spreadsheet", '<table:table><table:table-row table:number-rows-repeated="1000">'
        '<table:table-cell table:number-columns-repeated="1000">' * 200 + LINE)
    yield "sheets.ods", lambda: opendocument("spreadsheet", rows(2, 2) * many)
    yield "slides.odp", lambda: opendocument("presentation", f'<draw:page draw:name="p"><draw:text-box>{LINE}</draw:text-box></draw:page>' * many)
    yield "groups.odp", lambda: opendocument("presentation", "<draw:page>" + "<draw:g>" * n + LINE)
    yield "flat.fodt", lambda: (f'<?xml version="1.0"?><office:document {O} office:mimetype="application/vnd.oasis.opendocument.text">'
        "<office:body><office:text>" + "<text:section>" * n + LINE).encode()


# ---- EPUB ----

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="{}"'
    ' media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def epub(page, spine="<itemref idref='p'/>", manifest='<item id="p" href="p.xhtml" media-type="application/xhtml+xml"/>', root="o.opf", more=()):
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>t</dc:title>'
        f"</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
    return pack([
        ("mimetype", "application/epub+zip"), ("META-INF/container.xml", CONTAINER.format(root)), ("o.opf", package), ("p.xhtml", page), *more])


def of_epub(n, many):
    text = "<html><body><p>core</p></body></html>"
    yield "itself.epub", lambda: epub(text, root="META-INF/container.xml")
    yield "package-page.epub", lambda: epub(text, manifest='<item id="p" href="o.opf" media-type="application/xhtml+xml"/>')
    yield "same-page.epub", lambda: epub(f"<html><body>{'<p>core</p>' * 1000}</body></html>", "<itemref idref='p'/>" * many)
    yield "same-file.epub", lambda: epub(
        f"<html><body>{'<p>core</p>' * 10_000}</body></html>", "".join(f"<itemref idref='p{k}'/>" for k in range(many)),
        "".join(f'<item id="p{k}" href="p.xhtml" media-type="application/xhtml+xml"/>' for k in range(many)))
    yield "depth.epub", lambda: epub("<html><body>" + "<div>" * n + "core" + "</div>" * n)
    yield "laughs.epub", lambda: epub(laughs("<html><body>&l11;</body></html>"))
    yield "spaces.epub", lambda: epub("<p>" + " " * 150_000_000)
    yield "tags.epub", lambda: epub("<br/>" * 20_000_000)
    yield "missing.epub", lambda: epub(text, "".join(f"<itemref idref='q{k}'/>" for k in range(many)), "".join(
        f'<item id="q{k}" href="q{k}.xhtml" media-type="application/xhtml+xml"/>' for k in range(many)))
    yield "pages.epub", lambda: epub(text, "".join(f"<itemref idref='q{k}'/>" for k in range(many)), "".join(
        f'<item id="q{k}" href="q{k}.xhtml" media-type="application/xhtml+xml"/>' for k in range(many)),
        more=[(f"q{k}.xhtml", text) for k in range(many)])
    yield "lies.epub", lambda: lie_of_size(epub(text))


def hostile(n, many):
    for part in (of_word, of_excel, of_powerpoint, of_opendocument, of_epub):
        yield from part(n, many)
