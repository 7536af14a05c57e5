"""Pictures: dimensions that lie, directories that point to themselves, chunks and segments without end."""

import struct
import zlib


# ---- PNG ----


def chunk(kind, data, length=None):
    return struct.pack(">L", len(data) if length is None else length) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(*chunks, width=4, height=4):
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(bytes(52))) + chunk(b"IEND", b"")


def of_png(many):
    bomb = zlib.compress(bytes(200 << 20), 9)
    yield "size.png", lambda: png(width=0x7FFFFFFF, height=0xFFFFFFFF)
    yield "texts.png", lambda: png(*(chunk(b"tEXt", b"Comment\0text %d" % k) for k in range(many)))
    yield "packed.png", lambda: png(chunk(b"zTXt", b"Comment\0\0" + bomb))
    yield "packed-many.png", lambda: png(*[chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(b"a" * (8 << 20)))] * 500)
    yield "length.png", lambda: png(chunk(b"tEXt", b"Comment\0core", 0xFFFFFFFF))
    yield "length-0.png", lambda: png(*[chunk(b"tEXt", b"")] * many)
    yield "hexadecimal.png", lambda: png(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4294967295\n" + b"45" * 500_000))
    yield "ends.png", lambda: png() + chunk(b"IEND", b"") * many


# ---- JPEG, TIFF and EXIF ----


def directory(entries, following=0):
    """Of (tag, type, count, value or offset)."""
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHLL", *entry) for entry in entries) + struct.pack("<L", following)


def tiff(entries, following=0, tail=b""):
    return b"II*\0" + struct.pack("<L", 8) + directory(entries, following) + tail


def chain(n):
    """Directories one behind the other, the last followed by the first."""
    size = len(directory([(256, 3, 1, 4)]))
    return b"II*\0\x08\0\0\0" + b"".join(directory([(256, 3, 1, 4)], 8 + size * ((k + 1) % n)) for k in range(n))


def tree(levels):
    """Each directory names the next one four times: as EXIF, as GPS, as interoperability, as its sub-directories."""
    size = len(directory([(0, 0, 0, 0)] * 4))
    return b"II*\0\x08\0\0\0" + b"".join(
        directory([(tag, 4, 1, 8 + size * (k + 1)) for tag in (330, 34665, 34853, 40965)], 8 + size * (k + 1)) for k in range(levels))


def of_tiff(many):
    yield "itself.tif", lambda: tiff([(256, 3, 1, 4)], following=8)
    yield "exif-itself.tif", lambda: tiff([(34665, 4, 1, 8), (34853, 4, 1, 8), (330, 4, 1, 8)])
    yield "chain.tif", lambda: chain(many)
    yield "tree.tif", lambda: tree(1000)
    yield "count.tif", lambda: b"II*\0\x08\0\0\0\xff\xff" + b"\x0e\x01\x02\x00\xff\xff\xff\xff\x08\0\0\0" * 65535
    yield "same-text.tif", lambda: tiff([(270, 2, 1_000_000, 1_000_000)] * 60_000, tail=b"core " * 400_000)
    yield "offset.tif", lambda: b"MM\0*\xff\xff\xff\xf0"
    yield "values.tif", lambda: tiff([(273, 4, 0xFFFFFFFF, 8), (700, 1, 0xFFFFFFFF, 0xFFFFFFF0), (33723, 7, 0x7FFFFFFF, 8)])
    yield "sub-directories.tif", lambda: tiff([(330, 4, 100_000, 26)], tail=b"\x08\0\0\0" * 100_000)
    yield "big.tif", lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1 << 60) + b"\xff" * 1000


def jpeg(*segments):
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\0\x02" + b"\xff\xd9"


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def of_jpeg(many):
    yield "segments.jpg", lambda: jpeg(*[segment(0xFE, b"comment")] * many)
    yield "comments.jpg", lambda: jpeg(*(segment(0xFE, b"%d" % k + b" c" * 32_000) for k in range(500)))
    yield "exif-itself.jpg", lambda: jpeg(segment(0xE1, b"Exif\0\0" + tiff([(34665, 4, 1, 8), (34853, 4, 1, 8)], following=8)))
    yield "exif-tree.jpg", lambda: jpeg(segment(0xE1, b"Exif\0\0" + tree(900)))
    yield "exif-count.jpg", lambda: jpeg(segment(0xE1, b"Exif\0\0" + tiff([(270, 2, 0xFFFFFFFF, 8)] * 2000)))
    yield "exif-note.jpg", lambda: jpeg(segment(0xE1, b"Exif\0\0" + tiff([(34665, 4, 1, 26)], tail=directory([(37500, 7, 50_000, 8)] * 4000))))
    yield "xmp.jpg", lambda: jpeg(*[segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<a>" * 20_000)] * 50)
    yield "press.jpg", lambda: jpeg(segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff" + b"\x1c\x02\x78\x7f\xff" * 10_000))
    yield "lengths.jpg", lambda: jpeg(b"\xff\xe1\0\0" * many)
    yield "fill.jpg", lambda: b"\xff\xd8" + b"\xff" * 5_000_000


# ---- GIF, WebP, BMP ----

GIF = b"GIF89a\xff\xff\xff\xff\0\0\0"


def of_others(many):
    yield "comments.gif", lambda: GIF + b"\x21\xfe\x04core\0" * many + b";"
    yield "blocks.gif", lambda: GIF + b"\x21\xfe" + (b"\xff" + b"c" * 255) * 50_000 + b"\0;"
    yield "frames.gif", lambda: GIF + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x08\0" * many + b";"
    yield "endless.gif", lambda: GIF + b"\x21\xff\x0bXMP DataXMP" + b"\x01a" * 1_000_000
    yield "size.webp", lambda: b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\xff\0\0\0" + b"\xff" * 6 + b"EXIF\xff\xff\xff\xff" + tree(100)
    yield "chunks.webp", lambda: b"RIFF\0\0\0\x10WEBPVP8X\x0a\0\0\0\xff\0\0\0" + b"\0" * 6 + b"ANMF\0\0\0\0" * many
    yield "empty-chunks.webp", lambda: b"RIFF\0\0\0\x10WEBP" + b"XMP \0\0\0\0EXIF\0\0\0\0" * many
    yield "size.bmp", lambda: b"BM" + b"\xff" * 12 + struct.pack("<LllHHL", 40, -0x80000000, 0x7FFFFFFF, 1, 65535, 99) + b"\xff" * 100
    yield "header.bmp", lambda: b"BM" + bytes(12) + b"\xff\xff\xff\xff" + bytes(100)


def hostile(_, many):
    for part in (of_png, of_tiff, of_jpeg, of_others):
        yield from part(many)
