"""Mutations that reach what is packed: a document is opened, something inside it is changed, and it is closed again with
checksums and lengths that are right, so that the change gets as far as the reader of what is inside."""

import bz2
import contextlib
import gzip
import io
import lzma
import re
import tarfile
import warnings
import zipfile
import zlib

import mutations

LARGEST = 1 << 20  # what is larger unpacked is left as it is


class Sealed(Exception):
    """It cannot be opened."""


def change(chance, data, other):
    """One of the mutations of bytes. Returns the result."""
    changed = bytearray(data)
    if changed:
        chance.choice(mutations.ANY)(chance, changed, other)
    return bytes(changed)


# ---- packages ----


def read_members(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if entry.file_size <= LARGEST]
            return [[entry.filename, archive.read(entry)] for entry in entries]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError, OSError, ValueError) as error:
        raise Sealed from error


def write_members(members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    warnings.simplefilter("ignore", UserWarning)  # a name twice is meant
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            kind = zipfile.ZIP_STORED if name == "mimetype" else method
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=kind, compresslevel=1)
    return packed.getvalue()


def change_members(chance, members, other):
    """One of them, or which there are."""
    a, b = (chance.randrange(len(members)) for _ in range(2))
    kind = chance.randrange(10)
    if kind == 0:
        members[a][1], members[b][1] = members[b][1], members[a][1]
    elif kind == 1:
        del members[a]
    elif kind == 2:
        members.append([members[a][0], members[b][1]])
    else:
        members[a][1] = change(chance, members[a][1], other)


def package(chance, data, other):
    members = read_members(data)
    if not members:
        raise Sealed
    change_members(chance, members, other)
    return write_members(members, chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))


# ---- compressed files ----

PACKERS = {
    b"\x1f\x8b": (gzip.decompress, lambda data: gzip.compress(data, 1)),
    b"BZ": (bz2.decompress, lambda data: bz2.compress(data, 1)),
    b"\xfd7": (lzma.decompress, lambda data: lzma.compress(data, preset=0)),
}


def compressed(chance, data, other):
    if data[:2] not in PACKERS:
        raise Sealed
    unpack, pack = PACKERS[data[:2]]
    try:
        plain = unpack(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise Sealed from error
    return pack(tar(chance, plain, other) if plain[257:262] == b"ustar" else change(chance, plain, other))


HEADER = tarfile.BLOCKSIZE


def tar(chance, data, _):
    """Fields of headers, with checksums that are right."""
    changed = bytearray(data)
    headers = [at for at in range(0, len(data) - HEADER + 1, HEADER) if data[at + 257 : at + 262] == b"ustar"]
    for at in chance.sample(headers, min(len(headers), chance.choice((1, 3)))):
        start, size = chance.choice(((0, 100), (124, 12), (136, 12), (156, 1), (157, 100), (345, 155)))
        field = bytearray(changed[at + start : at + start + size])
        field[chance.randrange(size)] = chance.choice(b"\0 /79LKxgS\x80\xff")
        changed[at + start : at + start + size] = field
        changed[at + 148 : at + 156] = b" " * 8
        changed[at + 148 : at + 156] = b"%06o\0 " % sum(changed[at : at + HEADER])
    return bytes(changed)


# ---- PDF ----

STREAM = re.compile(rb"/Length\s+\d+(?!\s+\d+\s+R)|stream\r?\n(.*?)\r?\nendstream", re.S)
REFERENCE = re.compile(rb"\b(\d+) 0 R\b")


def pdf_references(chance, data, _):
    """Some objects point to others than they should: cycles, among other things."""
    found = list(REFERENCE.finditer(data))
    if not found:
        raise Sealed
    targets, changed = sorted({match[1] for match in found}), bytearray(data)
    for match in sorted(chance.sample(found, min(len(found), chance.choice((1, 2, 5)))), key=lambda m: -m.start(1)):
        changed[match.start(1) : match.end(1)] = chance.choice(targets)
    return bytes(changed)


def pdf_stream(chance, data, other):
    """What one of its streams is when it is unpacked; the table of objects is left to be rebuilt when that moves anything."""
    found = [match for match in STREAM.finditer(data) if match[1]]
    chance.shuffle(found)
    for match in found:
        with contextlib.suppress(zlib.error):
            packed = zlib.compress(change(chance, zlib.decompress(match[1]), other), 1)
            head = re.sub(rb"/Length\s+\d+(?=[^/]*(/[^>]*)?>>\s*$)", b"/Length %d" % len(packed), data[: match.start()])
            return head + b"stream\n" + packed + data[match.end(1) :]
    raise Sealed


def pdf(chance, data, other):
    return chance.choice((pdf_references, pdf_stream))(chance, data, other)


OPENERS = {b"PK": package, b"%P": pdf, **dict.fromkeys(PACKERS, compressed)}


def open_and_change(chance, data, other):
    """Raises Sealed for what is not packed, or is broken."""
    if data[257:262] == b"ustar":
        return tar(chance, data, other)
    opener = OPENERS.get(bytes(data[:2]))
    if not opener:
        raise Sealed
    return opener(chance, bytes(data), bytes(other))
