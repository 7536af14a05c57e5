"""Good documents of every format, to be damaged: the fixtures of the extractors, and texts that are made here."""

import functools
import itertools
import json
import random

import documents
from penstock import REPOSITORY

FIXTURES = REPOSITORY / "tests/extract/fixtures"

# format: the names of its fixtures below FIXTURES
PACKED = {
    "pdf": "pdf/*.pdf",
    "docx": "ooxml/*.docx",
    "xlsx": "ooxml/*.xlsx",
    "pptx": "ooxml/*.pptx",
    "odt": "odf/*.od[t]",
    "ods": "odf/*.ods",
    "odp": "odf/*.odp",
    "fodt": "odf/*.fod[tsp]",
    "epub": "epub/*.epub",
    "rtf": "rtf/*.rtf",
    "eml": "mail/*.eml",
    "mbox": "mail/*.mbox",
    "zip": "archive/*.zip",
    "tar": "archive/*.tar",
    "gz": "archive/*.gz",
    "bz2": "archive/*.bz2",
    "xz": "archive/*.xz",
    "zst": "archive/*.zst",
    "7z": "archive/*.7z",
    "msgpack": "msgpack/*",
    "png": "image/*.png",
    "jpg": "image/*.jpg",
    "gif": "image/*.gif",
    "tif": "image/*.tif",
    "webp": "image/*.webp",
    "bmp": "image/*.bmp",
    "txt": "languages/*.txt",
}
MADE_SEED = 5  # the texts below are always the same


def csv(chance):
    return documents.csv(chance, 300)[1]


def as_json(chance):
    tree = {"title": documents.words(chance, 3), "list": [], "deep": {"deeper": [[[1.5e3, None, True]]]}}
    tree["list"] += [{documents.words(chance, 1): documents.words(chance, 8)} for _ in range(40)]
    return json.dumps(tree, indent=1)


def ndjson(chance):
    return "".join(json.dumps({"n": n, "text": documents.words(chance, 9)}) + "\n" for n in range(60))


def xml(chance):
    items = "".join(f'<item n="{n}">{documents.words(chance, 9)} &amp; <b>{n}</b></item>\n' for n in range(60))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE r [<!ENTITY e "x">]>\n<r xmlns:a="u:a"><a:t>&e;</a:t>{items}</r>'


def html(chance):
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title><style>p{}</style></head><body>'
    rows = "".join(f"<tr><td>{n}<td>{documents.words(chance, 5)}" for n in range(30))
    paragraphs = "".join(f'<p class=x>{documents.words(chance, 30)} <a href="u?a=1&b=2">link</a><br>' for _ in range(20))
    return f"{head}<script>var a='</p>';</script><table>{rows}</table>{paragraphs}<!-- end --><pre>\n a\n</pre></body></html>"


def markdown(chance):
    parts = [f"## {documents.words(chance, 4)}\n\n* {documents.words(chance, 20)} [a](b)\n\n```\ncode\n```\n" for _ in range(20)]
    return "---\ntitle: A text\ntags: [a, b]\n---\n\n# Head\n\n" + "\n".join(parts)


def svg(chance):
    texts = "".join(f'<g><text x="{n}">{documents.words(chance, 4)}<tspan>{n}</tspan></text></g>' for n in range(30))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><title>A drawing</title><desc>d</desc>{texts}</svg>'


def as_yaml(chance):
    data = {documents.words(chance, 1): [documents.words(chance, 3), {"n": chance.random()}] for _ in range(20)}
    return "".join(f"{key}:\n  - {value[0]}\n  - {json.dumps(value[1])}\n" for key, value in data.items())


def toml(chance):
    tables = "".join(f'[t.{n}]\nname = "{documents.words(chance, 3)}"\nlist = [{n}, 1979-05-27]\n' for n in range(20))
    return f'title = "A file"\n{tables}'


MADE = {
    "csv": csv,
    "json": as_json,
    "ndjson": ndjson,
    "xml": xml,
    "html": html,
    "md": markdown,
    "svg": svg,
    "yaml": as_yaml,
    "toml": toml,
}

FORMATS = (*PACKED, *MADE)


@functools.cache
def of(name):
    """The specimens of a format: bytes, in an order that does not change."""
    if name in MADE:
        chance = random.Random(MADE_SEED)
        return [MADE[name](chance).encode() for _ in range(3)]
    found = [path.read_bytes() for path in sorted(FIXTURES.glob(PACKED[name]))]
    assert found, f"no fixtures of {name}"
    return found


def lengths(size):
    """Where a specimen is cut off: at every block of 4 kB, a small one at every eighth."""
    step = 4096 if size > 8 * 4096 else max(1, size // 8)
    return range(step, size, step)


def cuts():
    """(format, function that makes the bytes) of all cuts of all specimens."""
    for name in FORMATS:
        for data, length in itertools.chain.from_iterable(((d, n) for n in lengths(len(d))) for d in of(name)):
            yield name, functools.partial(data.__getitem__, slice(length))
