"""PDF: objects that contain or follow each other, streams that unpack to much, tables that lie."""

import zlib


def write(objects, *, root=1, trailer="", size=None, streams=True):
    """A file of objects by number: a dictionary's text, or (its text, the stream)."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        if isinstance(body, tuple):
            head, stream = body
            length = "" if "/Length" in head else f"/Length {len(stream)}"
            body = f"<<{head}{length}>>stream\n".encode() + stream + b"\nendstream"
        else:
            body = body.encode("latin-1")
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    last = max(places) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % last
    for number in range(1, last):
        out += b"%010d 00000 n \n" % places.get(number, 0)
    out += f"trailer<</Root {root} 0 R/Size {size or last}{trailer}>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


FONT = "<</Font<</F 9 0 R>>>>"
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
TEXT = b"BT /F 12 Tf 72 700 Td (core of the page) Tj ET\n"


def page(content=TEXT, **more):
    """The objects of a file with one page; `more` replaces some of them (o1, o2 ...)."""
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources{FONT}/Contents 4 0 R>>",
        4: ("", content),
        9: HELVETICA,
    }
    return {**objects, **{int(key[1:]): value for key, value in more.items()}}


def flate(data, level=1):
    return zlib.compress(data, level)


def zeros(n):
    """n megabytes of spaces, packed."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(n)), packer.flush()])


def bombs(many):
    yield "spaces.pdf", lambda: write(page(o4=("/Filter/FlateDecode", zeros(200))))
    yield "twice.pdf", lambda: write(page(o4=("/Filter[/FlateDecode/FlateDecode]", flate(zeros(1000), 9))))
    yield "filters.pdf", lambda: write(page(o4=(f"/Filter[{'/FlateDecode' * 500}]", flate(TEXT))))
    yield "runs.pdf", lambda: write(page(o4=("/Filter/RunLengthDecode", b"\x81(" * 500_000)))
    yield "letters.pdf", lambda: write(page(o4=(
        "/Filter/FlateDecode", flate(b"BT /F 1 Tf 72 700 Td " + b"(a) Tj " * 2_000_000 + b" ET"))))
    yield "states.pdf", lambda: write(page(b"q " * 1_000_000 + TEXT))
    yield "operands.pdf", lambda: write(page(b"1 " * 1_000_000 + TEXT))
    yield "places.pdf", lambda: write(page(b"BT /F 9 Tf " + b"".join(
        b"1 0 0 1 %d %d Tm (w) Tj " % (n * 7919 % 600, n * 104729 % 790) for n in range(60_000)) + b"ET"))
    yield "turned.pdf", lambda: write(page(b"BT /F 9 Tf " + b"".join(
        b"%d %d %d %d %d %d Tm (wo) Tj " % (n % 7, n % 5, -n % 3, n % 11, n % 600, n % 790) for n in range(30_000)) + b"ET"))
    yield "same-page.pdf", lambda: write(page(o2=f"<</Type/Pages/Kids[{'3 0 R ' * many}]/Count {many}>>"))
    yield "wide-page.pdf", lambda: write(page(o3=f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e30 1e30]/Resources{FONT}/Contents 4 0 R>>"))
    yield "contents.pdf", lambda: write(page(o3=f"<</Type/Page/Parent 2 0 R/Resources{FONT}/Contents[{'4 0 R ' * many}]>>"))


def cycles():
    yield "kids.pdf", lambda: write(page(o2="<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>"))
    yield "parents.pdf", lambda: write(page(o2="<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>"))
    yield "itself.pdf", lambda: write(page(o4="4 0 R"))
    yield "length.pdf", lambda: write(page(o4=("/Length 4 0 R", TEXT)))
    yield "form.pdf", lambda: write(page(
        b"/X Do", o3="<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources 7 0 R/Contents 4 0 R>>",
        o7="<</XObject<</X 8 0 R>>/Font<</F 9 0 R>>>>",
        o8=("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 7 0 R", b"/X Do /X Do /X Do " + TEXT)))
    yield "forms.pdf", lambda: write(page(b"/X Do", o3="<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources"
        "<</XObject<</X 100 0 R>>>>/Contents 4 0 R>>", **{f"o{n}": (
            f"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {n + 1} 0 R>>/Font<</F 9 0 R>>>>",
            b"/X Do " * 10 if n < 112 else TEXT) for n in range(100, 113)}))
    yield "type3.pdf", lambda: write(page(
        b"BT /F 9 Tf (aaaa) Tj ET", o9="<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 8 0 R>>"
        "/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[9]/Resources<</Font<</F 9 0 R>>>>>>",
        o8=("", b"9 0 d0 BT /F 9 Tf (aaaa) Tj ET")))
    yield "names.pdf", lambda: write(page(o1="<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 7 0 R>>>>", o7="<</Kids[7 0 R 7 0 R]>>"))
    yield "fields.pdf", lambda: write(page(
        o1="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>", o7="<</T(a)/FT/Tx/V(v)/Kids[7 0 R]/Parent 7 0 R>>"))
    yield "notes.pdf", lambda: write(page(
        o3=f"<</Type/Page/Parent 2 0 R/Resources{FONT}/Contents 4 0 R/Annots[{'7 0 R ' * 9000}]>>",
        o7="<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(a note)/Popup 7 0 R/Parent 7 0 R/IRT 7 0 R>>"))
    yield "outlines.pdf", lambda: write(page(o1="<</Type/Catalog/Pages 2 0 R/Outlines 7 0 R>>", o7="<</First 7 0 R/Next 7 0 R/Last 7 0 R>>"))
    yield "previous.pdf", lambda: loop_of_tables()
    yield "extends.pdf", lambda: write(page(o7=("/Type/ObjStm/N 1/First 4/Extends 7 0 R", b"8 0 <<>>")))


def loop_of_tables():
    data = write(page(), trailer="/Prev 0000000000")
    return data.replace(b"/Prev 0000000000", b"/Prev %010d" % data.rindex(b"xref\n0"))


def depth(n):
    chain = {f"o{k}": f"<</Type/Pages/Parent {k - 1} 0 R/Kids[{k + 1} 0 R]/Count 1>>" for k in range(100, 100 + n)}
    yield "tree.pdf", lambda: write(page(o2="<</Type/Pages/Kids[100 0 R]/Count 1>>", **chain, **{f"o{100 + n}": page()[3]}))
    yield "arrays.pdf", lambda: write(page(o7="[" * n + "]" * n))
    yield "dictionaries.pdf", lambda: write(page(o3=f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/X{'<</a' * n} 1{'>>' * n}>>"))
    yield "operators.pdf", lambda: write(page(b"[" * n + b"]" * n + TEXT))
    yield "marks.pdf", lambda: write(page(b"/Span <</ActualText(x)>> BDC " * n + TEXT + b"EMC " * n))
    names = {f"o{k}": f"<</Kids[{k + 1} 0 R]>>" for k in range(100, 100 + n)}
    yield "name-tree.pdf", lambda: write(page(o1="<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 100 0 R>>>>", **names))


def lies(many):
    yield "size.pdf", lambda: write(page(), size=2147483647)
    yield "count.pdf", lambda: write(page(o2="<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"))
    yield "negative.pdf", lambda: write(page(o2="<</Type/Pages/Kids[3 0 R]/Count -1>>"))
    yield "long.pdf", lambda: write(page(o4=("/Length 99999999999", TEXT)))
    yield "predictor.pdf", lambda: write(page(
        o4=("/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32/BitsPerComponent 16>>", flate(TEXT))))
    yield "first.pdf", lambda: write(page(o7=("/Type/ObjStm/N 2147483647/First -4", b"8 0 <<>>")))
    yield "widths.pdf", lambda: write(page(o9="<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Type/Font"
        "/Subtype/CIDFontType2/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)>>/W[0 2147483647 9 5[1 2]]>>]>>"))
    ranges = b"1 begincodespacerange <0000> <ffffffff> endcodespacerange 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange"
    yield "map.pdf", lambda: write(page(o9="<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 8 0 R"
        "/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)>>>>]>>", o8=("", ranges)))
    yield "picture.pdf", lambda: write(page(b"/I Do", o3="<</Type/Page/Parent 2 0 R/Resources<</XObject<</I 7 0 R>>>>/Contents 4 0 R>>",
        o7=("/Type/XObject/Subtype/Image/Width 2147483647/Height 2147483647/BitsPerComponent 8/ColorSpace/DeviceRGB", b"x")))
    yield "files.pdf", lambda: write(page(
        o1=f"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[{'(a) 7 0 R ' * many}]>>>>>>",
        o7="<</Type/Filespec/F(a.txt)/EF<</F 8 0 R>>>>", o8=("/Type/EmbeddedFile", b"a file in it")))
    yield "file-bomb.pdf", lambda: write(page(
        o1="<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 7 0 R]>>>>>>",
        o7="<</Type/Filespec/F(a.txt)/EF<</F 8 0 R>>>>", o8=("/Type/EmbeddedFile/Filter/FlateDecode", zeros(500))))
    yield "xmp.pdf", lambda: write(page(
        o1="<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R>>", o7=("/Type/Metadata/Filter/FlateDecode", zeros(100))))
    yield "headless.pdf", lambda: b"1 0 obj<<>>endobj\n" * 200_000 + write(page())
    yield "no-table.pdf", lambda: b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n<<>>\nendobj\n" % n for n in range(200_000))


def hostile(n, many):
    yield from cycles()
    yield from bombs(many)
    yield from depth(n)
    yield from lies(many)
