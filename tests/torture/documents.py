"""Documents to drop: of several types and very different sizes, no two alike, all from a seed."""

import hashlib
import io
import json
import zipfile

WORDS = (
    "river gate water intake turbine ledger invoice report measure signal winter harbour engine valve copper letter"
    " archive paper journal number garden window bridge mountain"
).split()


def words(chance, n):
    return " ".join(chance.choices(WORDS, k=n))


def plain(chance, n):
    return "txt", words(chance, n) + "\n"


def html(chance, n):
    return "html", f"<html><head><title>{words(chance, 4)}</title></head><body><p>{words(chance, n)}</p></body></html>\n"


def markdown(chance, n):
    return "md", f"# {words(chance, 4)}\n\n{words(chance, n)}\n"


def as_json(chance, n):
    return "json", json.dumps({"title": words(chance, 3), "body": words(chance, n), "n": chance.random()})


def csv(chance, n):
    return "csv", "name,value,note\n" + "".join(f"{words(chance, 2)},{i},{words(chance, 3)}\n" for i in range(n // 6 + 1))


def xml(chance, n):
    return "xml", f'<?xml version="1.0"?>\n<report><title>{words(chance, 3)}</title><p>{words(chance, n)}</p></report>\n'


TYPES = (plain, plain, html, markdown, as_json, csv, xml)


BOXES = 0.1  # of all documents


def pack(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return packed.getvalue()


def box(chance, mark):
    """An archive: of its members some lie in others as well, and one in three is an archive."""
    common = {f"common/{n}.txt": f"{WORDS[n]} is in many boxes\n" for n in chance.sample(range(len(WORDS)), 3)}
    own = {f"own-{n}.txt": f"{mark} {words(chance, 20)}\n" for n in range(chance.randrange(1, 4))}
    inner = {"inner.zip": pack({**common, "deep.txt": f"{mark} deep\n"})} if chance.random() < 0.3 else {}
    return pack({**own, **common, **inner})


def lines(mark, n):
    """NDJSON of n records, of which some are equal to others of the file and of other files."""
    return "".join(json.dumps({"mark": mark if k % 10 else WORDS[k % 7], "n": k if k % 10 else 0}) + "\n" for k in range(n)).encode()


def records(data):
    """Those of a file that lines() made; of others none."""
    return data.splitlines() if data.startswith(b'{"mark"') else []


def members(data):
    """The SHA-256 of everything that lies inside a document, at all levels."""
    if not data.startswith(b"PK"):
        return [sha256(record) for record in records(data)]
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            inside = archive.read(entry)
            found += [sha256(inside), *members(inside)]
    return found


def make(chance, serial):
    """Returns (name, bytes). Most are small; one in 40 has some hundred kilobytes, one in ten is an archive."""
    n = chance.randrange(5, 200) if chance.random() < 0.975 else chance.randrange(10_000, 60_000)
    suffix, text = chance.choice(TYPES)(chance, n)
    mark = f"{serial:08d} {chance.getrandbits(64):016x}"
    if chance.random() < BOXES:
        return f"{serial % 10}/{serial}.zip", box(chance, mark)
    marked = {
        "html": text.replace("<p>", f"<p>{mark} "),
        "xml": text.replace("<p>", f"<p>{mark} "),
        "json": text.replace('"body": "', f'"body": "{mark} '),
        "csv": text + f"{mark},0,end\n",
    }.get(suffix, f"{text}{mark}\n")
    return f"{serial % 10}/{serial}.{suffix}", marked.encode()


MARKUP = "<i title='winter harbour'><b></b></i>\n"


def slow(mark, n=120_000):
    """HTML that keeps a worker busy for long (n = 120,000: a tenth of a second) and has hardly any text."""
    return f"<html><title>{mark}</title><p>{mark}</p>{MARKUP * n}</html>".encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()
