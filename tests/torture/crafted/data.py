"""Records, markup and MessagePack; what is more in text formats is in bombs.py."""

import gzip
import struct

USE = b'<use xlink:href="#a"/><use xlink:href="#a"/>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def of_msgpack(n, many):
    yield "arrays.msgpack", lambda: b"\x91" * n + b"\x01"
    yield "maps.msgpack", lambda: b"\x81\xa1a" * 1_000_000 + b"\x01"
    yield "array.msgpack", lambda: b"\xdd\xff\xff\xff\xff" + b"\x01" * 1000
    yield "array-in-array.msgpack", lambda: b"\xdd\xff\xff\xff\xff" * 200_000
    yield "map.msgpack", lambda: b"\xdf\xff\xff\xff\xff" + b"\xa1a\x01" * 1000
    yield "text.msgpack", lambda: b"\x81\xa1a\xdb\xff\xff\xff\xffcore"
    yield "binary.msgpack", lambda: b"\x92\xc6\xff\xff\xff\xff" + b"x" * 1000
    yield "extension.msgpack", lambda: b"\x92\xc9\xff\xff\xff\xff\xff" + b"x" * 1000
    yield "times.msgpack", lambda: b"\xdc\xff\xff" + (b"\xc7\x0c\xff\xff\xff\xff\xff" + b"\x7f" + b"\xff" * 7) * 65535
    yield "floats.msgpack", lambda: b"\xdc\xff\xff" + (b"\xcb" + struct.pack(">d", float("nan"))) * 65535
    yield "nothing.msgpack", lambda: b"\xdd\x00\x98\x96\x80" + b"\xc0" * 10_000_000
    yield "records.msgpack", lambda: b"\x82\xa1a\x01\xa1b\xa4core" * 300_000
    yield "keys.msgpack", lambda: b"\xde\xff\xff" + b"".join(b"\xce" + struct.pack(">L", k) + b"\x01" for k in range(65535))


def of_records(n, many):
    yield "lines.ndjson", lambda: b"".join(b'{"n": %d}\n' % k for k in range(many))
    yield "deep.ndjson", lambda: (b"[" * n + b"]" * n + b"\n") * 20
    yield "long.ndjson", lambda: b'{"a": 1}\n{"a": "' + b"x" * 10_000_000
    yield "keys.ndjson", lambda: (b"{" + b",".join(b'"k%d": 1' % k for k in range(many)) + b"}\n") * 5
    yield "quotes.csv", lambda: b"a,b\n" + b'"' * 5_000_001
    yield "rows.csv", lambda: b"a,b\n" + b"".join(b'%d,"x\n"\n' % k for k in range(many))
    yield "columns.csv", lambda: b",".join(b"c%d" % k for k in range(many)) + b"\n" + (b"," * (many - 1) + b"\n") * 100
    yield "semicolons.csv", lambda: b'a;"b\nc";d\n' * 500_000
    yield "tables.toml", lambda: b"".join(b"[%s]\n" % b".".join([b"a"] * 100) for _ in range(n))
    yield "arrays.toml", lambda: b"a = " + b"[" * n + b"]" * n
    yield "anchors.yaml", lambda: b"".join(b"- &a%d x\n- *a%d\n" % (k, k) for k in range(many))
    yield "blocks.yaml", lambda: b"".join(b" " * k + b"a:\n" for k in range(3000))
    yield "documents.yaml", lambda: b"---\na: 1\n" * many
    yield "keys.yaml", lambda: b"? " * n + b"a"
    yield "front.md", lambda: b"---\n" + b"a: [" * n + b"\n---\n# core\n"
    yield "front-open.md", lambda: b"---\n" + b"a: b\n" * 1_000_000
    yield "headings.md", lambda: b"core\n===\n" * 500_000


def of_markup(n, many):
    yield "uses.svg", lambda: SVG + b'<g id="a"><text>core</text>' + USE * n + b"</g></svg>"
    yield "groups.svg", lambda: SVG + b"<g>" * n + b"<text>core</text>" + b"</g>" * n + b"</svg>"
    yield "texts.svg", lambda: SVG + b"<text>" * n + b"core" + b"</text>" * n + b"</svg>"
    yield "foreign.svg", lambda: SVG + b"<foreignObject><div>" * n + b"core"
    yield "size.svg", lambda: SVG.replace(b"<svg", b'<svg width="1e999" height="' + b"9" * 100_000 + b'"') + b"<text>core</text></svg>"
    yield "packed.svg", lambda: gzip.compress(SVG + b"<text>" + b" " * 100_000_000 + b"core</text></svg>")
    yield "names.xml", lambda: b"<?xml version='1.0'?><r>" + b"".join(b"<n%d xmlns:p%d='u:%d'>" % (k, k, k) for k in range(n))
    yield "spaces.xml", lambda: b"<?xml version='1.0'?><r>" + b"".join(b"<a xmlns:p%d='u:%d'/>" % (k, k) for k in range(many)) + b"</r>"
    yield "instructions.xml", lambda: b"<?xml version='1.0'?>" + b"<?a b?>" * 500_000 + b"<r>core</r>"
    yield "list.xml", lambda: b"<?xml version='1.0'?><!DOCTYPE r [<!ATTLIST r " + b"".join(b"a%d CDATA 'x' " % k for k in range(many)) + b">]><r>core</r>"
    yield "model.xml", lambda: b"<?xml version='1.0'?><!DOCTYPE r [<!ELEMENT r " + b"(a," * n + b"b" + b")" * n + b">]><r>core</r>"
    yield "forms.html", lambda: b"<form><table><tr><td><select><option>" * n + b"core"
    yield "scripts.html", lambda: b"<script><!--<script>" * many + b"</script>core"
    yield "formatting.html", lambda: b"<p><b><i><u><a><font>" * n + b"core"
    yield "tables.html", lambda: b"<table>" * n + b"core"
    yield "metas.html", lambda: b"".join(b"<meta name=author content=a%d>" % k for k in range(300_000)) + b"<p>core"
    yield "templates.html", lambda: b"<template>" * n + b"core"
    yield "open-tags.html", lambda: b"<a href='" * 500_000
    yield "lines.txt", lambda: b"\n" * 20_000_000
    yield "letters.txt", lambda: "ﬃ".encode() * 3_000_000


def hostile(n, many):
    for part in (of_msgpack, of_records, of_markup):
        yield from part(n, many)
