"""Documents made by hand to hurt parsers: (name, bytes). None may be more than a line in the log. Names are paths below
the inbox; contents are small here and large in the parser."""

import gzip
import io
import itertools
import json
import zipfile
import zlib

DEPTHS = (10_000, 100_000)


def nested(depth):
    """The same depth in every format that has one."""
    yield f"nested-{depth}.html", b"<div>" * depth + b"core" + b"</div>" * depth
    yield f"unclosed-{depth}.html", b"<b><i>" * depth + b"core"
    yield f"nested-{depth}.xml", b"<a>" * depth + b"core" + b"</a>" * depth
    yield f"unclosed-{depth}.xml", b"<a b='c'>" * depth
    yield f"nested-{depth}.json", b"[" * depth + b"1" + b"]" * depth
    yield f"objects-{depth}.json", b'{"a":' * depth + b"1" + b"}" * depth
    yield f"flow-{depth}.yaml", b"a: " + b"[" * depth + b"]" * depth
    yield f"quotes-{depth}.md", b"> " * depth + b"core\n"
    yield f"lists-{depth}.md", b"- " * depth + b"core\n"
    yield f"emphasis-{depth}.md", b"*_" * depth + b"core\n"
    yield f"brackets-{depth}.md", b"[" * depth + b"core" + b"](x)" * depth


def laughs(opening, name, unit, levels=12, fan=10):
    """Billion laughs: each entity is `fan` of the one before."""
    entities = "".join(f'<!ENTITY {name}{n} "{f"&{name}{n - 1};" * fan}">' for n in range(1, levels))
    return f'{opening}<!DOCTYPE d [<!ENTITY {name}0 "{unit}">{entities}]><d>&{name}{levels - 1};</d>'.encode()


def entities():
    head = '<?xml version="1.0"?>\n'
    yield "laughs.xml", laughs(head, "l", "lol")
    yield "laughs.html", laughs("", "l", "lol")
    yield "quadratic.xml", f'{head}<!DOCTYPE d [<!ENTITY a "{"A" * 100_000}">]><d>{"&a;" * 100_000}</d>'.encode()
    yield "loop.xml", f'{head}<!DOCTYPE d [<!ENTITY a "&b;"><!ENTITY b "&a;">]><d>&a;</d>'.encode()
    yield "passwd.xml", f'{head}<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'.encode()
    yield "remote.xml", f'{head}<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d>&a;</d>'.encode()
    yield "parameter.xml", f'{head}<!DOCTYPE d [<!ENTITY % p "<!ENTITY a \'{"x" * 50_000}\'>">%p;%p;%p;]><d>&a;</d>'.encode()
    anchors = "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    yield "laughs.yaml", f"a0: &a0 [lol,lol]\n{anchors}".encode()
    yield "merge.yaml", b"a: &a\n  <<: *a\n  b: *a\n" * 1000
    yield "aliases.yaml", b"a: &a x\n" + b"b: *a\n" * 200_000


def wide():
    yield "attributes.html", b"<p " + b" ".join(b"a%d=%d" % (n, n) for n in range(1_000_000)) + b">core</p>"
    yield "attributes.xml", b"<p " + b" ".join(b"a%d='%d'" % (n, n) for n in range(300_000)) + b">core</p>"
    yield "same-attribute.html", b"<p " + b"a=1 " * 1_000_000 + b">core</p>"
    yield "elements.html", b"<br>" * 3_000_000
    yield "columns.csv", b",".join(b"c%d" % n for n in range(500_000)) + b"\n" + b"," * 499_999 + b"\n"
    yield "rows.csv", b"a,b\n" + b"1,2\n" * 2_000_000
    yield "keys.json", json.dumps({f"k{n}": n for n in range(300_000)}).encode()
    yield "one-key.json", b"{" + b",".join([b'"a":1'] * 500_000) + b"}"
    yield "array.json", b"[" + b"0," * 3_000_000 + b"0]"
    yield "keys.yaml", b"".join(b"k%d: 1\n" % n for n in range(200_000))
    yield "headings.md", b"# h\n" * 500_000
    yield "links.md", b"[a](b)" * 500_000


def tokens():
    yield "one-word.txt", b"x" * 30_000_000
    yield "one-line.csv", b'"' + b"y" * 10_000_000
    yield "one-tag.html", b"<" + b"t" * 10_000_000 + b">core"
    yield "one-name.xml", b"<" + b"t" * 5_000_000 + b"/>"
    yield "one-string.json", b'"' + b"s" * 20_000_000 + b'"'
    yield "escapes.json", b'"' + b"\\u0000\\ud800\\udc00" * 500_000 + b'"'
    yield "number.json", b"[" + b"9" * 5_000_000 + b"]"
    yield "exponent.json", b'{"n": 1e999999999, "m": -1e-999999999, "k": 0x1p99999}'
    yield "number.yaml", b"n: " + b"9" * 2_000_000 + b"\nbase: 1:1:1:1:1:1:1:1\nnan: .nan\n"
    yield "scalar.yaml", b"a: |\n" + b"  x\n" * 1_000_000
    yield "tabs.yaml", b"a:\n\t- b\n\t\t- c\n" * 1000
    yield "comment.html", b"<!--" + b"-" * 10_000_000
    yield "cdata.xml", b"<a><![CDATA[" + b"]" * 5_000_000 + b"]]></a>"
    yield "fence.md", b"`" * 3_000_000 + b"\ncore\n"
    yield "pipes.md", (b"|" * 2000 + b"\n") * 500
    yield "references.html", b"&amp;&#0;&#xD800;&#x110000;&#99999999999;&nosuch;" * 100_000


def encodings():
    yield "nul.txt", b"\0" * 10_000_000
    yield "nul.html", b"<p>" + b"\0a" * 1_000_000
    yield "nul.xml", b"<?xml version='1.0'?><a>\0</a>"
    yield "boms.txt", b"\xef\xbb\xbf" * 1_000_000
    yield "bom-mixed.txt", b"\xff\xfe\xef\xbb\xbf\xfe\xff" + "text".encode("utf-16-le")
    yield "bom-only.txt", b"\xff\xfe"
    yield "half.txt", b"\xff\xfe" + b"\x00\xd8" * 1_000_001 + b"x"
    yield "low-first.txt", b"\xfe\xff" + b"\xdc\x00\xd8\x00" * 500_000
    yield "utf32.txt", b"\xff\xfe\0\0" + b"\xff\xff\xff\xff" * 100_000
    yield "overlong.txt", b"\xc0\x80\xe0\x80\x80\xf0\x80\x80\x80\xf8\x88\x80\x80\x80" * 100_000
    yield "continuation.txt", b"\x80" * 5_000_000
    yield "noncharacters.txt", "\uffff\ufdd0\U0010ffff\u202e\u200f".encode() * 200_000
    yield "combining.txt", ("a" + "\u0301" * 1_000_000).encode()
    yield "zalgo.html", ("<title>" + "e\u0335\u0321" * 500_000).encode()
    yield "utf7.html", b'<meta charset="utf-7">+ADw-script+AD4-' * 10_000
    yield "charset.html", b'<meta charset="' + b"x" * 1_000_000 + b'">core'
    yield "charsets.xml", b'<?xml version="1.0" encoding="UTF-16"?><a>not that</a>'
    yield "ebcdic.xml", '<?xml version="1.0" encoding="cp037"?><a>x</a>'.encode("cp037")
    yield "separators.txt", b"\x0b\x0c\x1c\x1d\x1e\x85\xc2\x85\xe2\x80\xa8\r" * 500_000


def packed():
    zeros = bytes(50_000_000)
    once = gzip.compress(zeros)
    yield "bomb.gz", once
    yield "bomb.html.gz", gzip.compress(once)
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"../../{n}", zeros[:5_000_000])
    yield "bomb.zip", box.getvalue()
    yield "bomb.svgz", gzip.compress(laughs("", "l", "lol"))
    yield "raw.z", zlib.compress(zeros, 9)
    yield "half.gz", once[:1000]


def lies():
    """Beginnings that promise something else than what follows."""
    for magic, name in (
        (b"%PDF-1.7\n", "pdf"),
        (b"PK\x03\x04", "docx"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"),
        (b"\x7fELF", "elf"),
        (b"SQLite format 3\0", "db"),
        (b"RIFF\xff\xff\xff\xffWEBP", "webp"),
        (b"{\\rtf1", "rtf"),
        (b"From nobody Mon Sep 17 00:00:00 2001\n", "mbox"),
        (b"#!/bin/sh\n", "sh"),
    ):
        yield f"lie.{name}", magic + b"\xff\0<html>{[" * 1000
    yield "empty", b""
    yield "empty.html", b""
    yield "newline.json", b"\n"
    yield "one-byte.xml", b"<"
    yield "page.txt", b"x" * 4096


def names():
    """Each of these is a small text of its own."""
    strange = [bytes([b]) * 3 + b".txt" for b in range(1, 256) if b not in b"/." and bytes([b]) != b"~"]
    strange += [b"n" * 255, b"-rf *", b"$(reboot).txt", b"a\nevent=forged level=error.txt", b"%n%n%s.txt", b"con .txt "]
    for n, name in enumerate(strange):
        yield b"names/" + name, b"a name of its own, %d\n" % n


def all_bombs():
    """Those that are quickly made come first."""
    shallow, deep = (nested(depth) for depth in DEPTHS)
    yield from itertools.chain(entities(), shallow, lies(), deep, encodings(), tokens(), packed(), wide())


COUNT = 100  # of all_bombs(); they are not made just to be counted

# (name, size) of files that are a hole: more than is parsed, more than is taken at all.
SPARSE = (("sparse.txt", 200 << 20), ("sparse.html", 100 << 20), ("sparse.bin", 2 << 30))
