"""Documents made for a measurement, no two alike: fixtures of the extractors with other words in them, so that they are what real
programs write, and as large as letters and reports are."""

import io
import pathlib
import random
import tempfile
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "extract/fixtures"
WORDS = """river gate water intake turbine ledger invoice report measure signal winter harbour engine valve copper letter archive
paper journal number garden window bridge mountain""".split()
PARAGRAPHS = 60


def words(chance, n):
    return " ".join(chance.choice(WORDS) + (str(chance.randrange(1000)) if chance.random() < 0.1 else "") for _ in range(n))


def package(name, member, before, paragraph):
    """A fixture with paragraphs (a %s is for the words) before a tag of one of its members."""

    def make(chance):
        packed = io.BytesIO()
        with zipfile.ZipFile(FIXTURES / name) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in source.infolist():
                data = source.read(entry)
                if entry.filename == member:
                    at = data.rindex(before.encode())
                    more = "".join(paragraph % words(chance, 40) for _ in range(PARAGRAPHS))
                    data = data[:at] + more.encode() + data[at:]
                target.writestr(entry, data, compress_type=entry.compress_type)
        return packed.getvalue()

    return make


def rtf(chance):
    text = (FIXTURES / "rtf/pandoc.rtf").read_text(encoding="ascii")
    end = text.rindex("}")
    return (text[:end] + "".join(f"{{\\pard \\ql \\f0 \\sa180 {words(chance, 40)}\\par}}\n" for _ in range(PARAGRAPHS)) + text[end:]).encode()


def html(chance):
    body = "".join(f'<p class="x"><a href="#{n}">{n}</a> {words(chance, 40)}</p>\n' for n in range(PARAGRAPHS))
    return f'<!DOCTYPE html><html lang="en"><head><title>{words(chance, 4)}</title></head><body>{body}</body></html>'.encode()


def eml(chance):
    lines = "".join(words(chance, 10) + "\r\n" for _ in range(PARAGRAPHS))
    head = f"From: a@example.org\r\nTo: b@example.org\r\nSubject: {words(chance, 5)}\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\n"
    return f'{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\n{lines}'.encode()


def pdf(chance):
    """A plain one: pages of lines."""
    objects, kids = {}, []
    for page in range(4):
        lines = "".join(f"({words(chance, 11)}) Tj T*\n" for _ in range(45))
        stream = f"BT /F 10 Tf 12 TL 60 780 Td\n{lines}ET".encode()
        objects[10 + 2 * page] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents {11 + 2 * page} 0 R>>".encode()
        objects[11 + 2 * page] = b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream"
        kids.append(f"{10 + 2 * page} 0 R")
    objects[1] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[2] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    objects[3] = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    out, places = bytearray(b"%PDF-1.4\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    last = max(objects) + 1
    rows = b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(last))
    return bytes(out) + b"xref\n0 %d\n" % last + rows + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (last, table)


CELL = '<table:table-row><table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell></table:table-row>'
MAKERS = {
    "pdf": pdf,
    "docx": package("ooxml/libreoffice.docx", "word/document.xml", "<w:sectPr", "<w:p><w:r><w:t>%s</w:t></w:r></w:p>"),
    "xlsx": package("ooxml/openpyxl.xlsx", "xl/worksheets/sheet1.xml", "</sheetData>", '<row><c t="inlineStr"><is><t>%s</t></is></c></row>'),
    "pptx": package("ooxml/libreoffice.pptx", "ppt/slides/slide1.xml", "</p:txBody>", "<a:p><a:r><a:t>%s</a:t></a:r></a:p>"),
    "odt": package("odf/report.odt", "content.xml", "</office:text>", "<text:p>%s</text:p>"),
    "ods": package("odf/birds.ods", "content.xml", "</table:table>", CELL),
    "odp": package("odf/slides.odp", "content.xml", "</draw:text-box>", "<text:p>%s</text:p>"),
    "epub": package("epub/epub3.epub", "EPUB/text/ch001.xhtml", "</body>", "<p>%s</p>"),
    "rtf": rtf,
    "html": html,
    "eml": eml,
}

folders = []  # that hold what was made, until the end of the program


def documents(formats, n, seed):
    """{format: paths} of n made documents each."""
    folders.append(tempfile.TemporaryDirectory(prefix="penstock-made-"))
    top, made = pathlib.Path(folders[-1].name), {}
    for kind in formats:
        if kind not in MAKERS:
            continue
        chance = random.Random(f"{seed} {kind}")
        made[kind] = [top / f"made-{n}.{kind}" for n in range(n)]
        for path in made[kind]:
            path.write_bytes(MAKERS[kind](chance))
    return made
