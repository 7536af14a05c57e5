"""Archives and compressed files: bombs, boxes in boxes, many members, headers that lie."""

import bz2
import functools
import gzip
import io
import lzma
import struct
import zipfile
import zlib

MEGABYTE = bytes(1 << 20)


def packed(packer, megabytes):
    return b"".join([*(packer.compress(MEGABYTE) for _ in range(megabytes)), packer.flush()])


def gz(megabytes):
    return packed(zlib.compressobj(9, zlib.DEFLATED, 31), megabytes)


def nest(pack, data, n):
    return functools.reduce(lambda inner, _: pack(inner), range(n), data)


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


# ---- zip ----


def overlapping(n):
    """A directory whose n entries are all the same member."""
    one = zipped([("a", MEGABYTE * 4)])
    start = one.index(b"PK\1\2")
    entry = one[start : one.index(b"PK\5\6")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n & 0xFFFF, n & 0xFFFF, len(entry) * n, start, 0)
    return one[:start] + entry * n + end


def patched(data, mark, at, value):
    """The bytes behind each header that begins with `mark` are others."""
    changed, place = bytearray(data), 0
    while (place := changed.find(mark, place)) >= 0:
        changed[place + at : place + at + len(value)] = value
        place += len(mark)
    return bytes(changed)


def of_zip(n, many):
    small = zipped([("a.txt", b"core\n" * 100), ("b.html", b"<p>core")])
    yield "bombs.zip", lambda: nest(lambda data: zipped([(f"{k}.zip", data) for k in range(10)]), zipped([("a", MEGABYTE * 10)]), 5)
    yield "deep.zip", lambda: nest(lambda data: zipped([("a.zip", data)], zipfile.ZIP_STORED), small, 1000)
    yield "overlapping.zip", lambda: overlapping(60_000)
    yield "sizes.zip", lambda: patched(small, b"PK\1\2", 20, b"\xfe\xff\xff\xff" * 2)
    yield "sizes-0.zip", lambda: patched(small, b"PK\1\2", 20, bytes(8))
    yield "local-sizes.zip", lambda: patched(small, b"PK\3\4", 18, b"\xfe\xff\xff\xff" * 2)
    yield "offsets.zip", lambda: patched(small, b"PK\1\2", 42, b"\xff\xff\xff\x7f")
    yield "count.zip", lambda: patched(small, b"PK\5\6", 8, b"\xff\xff" * 2)
    yield "directory.zip", lambda: patched(small, b"PK\5\6", 12, b"\xff\xff\xff\x7f" * 2)
    yield "long-name.zip", lambda: zipped([("d/" * 30_000 + f"{k}", b"core") for k in range(50)])
    yield "climbing.zip", lambda: zipped([("../" * k + "etc/passwd", b"core %d" % k) for k in range(100)])
    yield "comments.zip", lambda: small + b"PK\5\6" * 200_000
    yield "same-name.zip", lambda: patched(zipped([(f"{k:04}", b"%d" % k) for k in range(1000)]), b"PK\1\2", 46, b"name")
    yield "bomb.zip", lambda: zipped([(f"{k}.txt", MEGABYTE * 50) for k in range(4)])
    yield "members.zip", lambda: zipped([(f"{k}.txt", b"member %d\n" % k) for k in range(many)], zipfile.ZIP_STORED)
    yield "empty-members.zip", lambda: zipped([(f"{k}", b"") for k in range(many)], zipfile.ZIP_STORED)
    yield "methods.zip", lambda: patched(small, b"PK\1\2", 10, b"\x63\x00")


# ---- tar ----


def member(name=b"a", size=b"", kind=b"0", data=b"", **fields):
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108], block[257:265] = b"0000644\0", b"ustar\x0000"
    block[124:136] = size.ljust(12, b"\0") if size else b"%011o\0" % len(data)
    block[156:157] = kind
    for at, value in fields.items():
        block[int(at[1:]) : int(at[1:]) + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data + bytes(-len(data) % 512)


def of_tar(n, many):
    end, good = bytes(1024), member(b"good.txt", data=b"core of it\n")
    yield "size.tar", lambda: good + member(size=b"77777777777") + good + end
    yield "size-256.tar", lambda: good + member(size=b"\x80" + b"\xff" * 11) + good + end
    yield "size-negative.tar", lambda: good + member(size=b"\xff" * 12) + good + end
    yield "long-name.tar", lambda: member(b"././@LongLink", size=b"77777777777", kind=b"L") + good * 3 + end
    yield "names.tar", lambda: member(b"././@LongLink", kind=b"L", data=b"n" * 10_000_000) + good + end
    yield "name-of-name.tar", lambda: member(b"././@LongLink", kind=b"L", data=b"n" * 600) * n + good + end
    yield "pax.tar", lambda: member(b"pax", kind=b"x", data=b"".join(b"30 SCHILY.xattr.user.%06d=v\n" % k for k in range(many))) + good + end
    yield "pax-length.tar", lambda: member(b"pax", kind=b"x", data=b"99999999999999999999 path=x\n") + good + end
    yield "pax-size.tar", lambda: member(b"pax", kind=b"x", data=b"29 size=9223372036854775807\n\n") + good + end
    yield "global.tar", lambda: member(b"pax", kind=b"g", data=b"12 path=xx\n\n") * n + good + end
    yield "sparse.tar", lambda: member(b"hole", kind=b"S", f386=(b"00000000000\x0000000000001\0" * 4), f482=b"\1", f483=b"77777777777\0") + good + end
    yield "links.tar", lambda: member(b"a", kind=b"1", f157=b"b") + member(b"b", kind=b"1", f157=b"a") + member(b"c", kind=b"2", f157=b"c") + end
    yield "folders.tar", lambda: member(b"d/" * 49, kind=b"5") * many + end
    yield "members.tar", lambda: b"".join(member(b"%d.txt" % k, data=b"member %d\n" % k) for k in range(many)) + end
    yield "empty.tar", lambda: bytes(10_000_000)
    yield "checksums.tar", lambda: (good[:148] + b"0000000\0" + good[156:]) * 10_000 + end


# ---- compressed ----

ZST = b"\x28\xb5\x2f\xfd"


def zst(megabytes, head=b"\x00\x58"):
    """A frame of blocks that say: a byte, 128 kB times. The default head: no size, a window of 2 MB."""
    block = ((128 << 10) << 3 | 2).to_bytes(3, "little") + b"a"
    return ZST + head + block * (megabytes * 8) + (1 << 3 | 3).to_bytes(3, "little") + b"a"


def of_streams(n, many):
    small = gzip.compress(b"core\n")
    yield "members.gz", lambda: small * many
    yield "deep.gz", lambda: nest(gzip.compress, b"core", 500)
    yield "name.gz", lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 5_000_000
    yield "extra.gz", lambda: b"\x1f\x8b\x08\x04" + bytes(6) + b"\xff\xff" + b"x" * 100
    yield "bomb.gz", lambda: gz(300)
    yield "tail.gz", lambda: small + bytes(1_000_000)
    yield "members.bz2", lambda: bz2.compress(b"core\n") * n
    yield "bomb.bz2", lambda: packed(bz2.BZ2Compressor(), 200)
    yield "deep.bz2", lambda: nest(bz2.compress, b"core", 200)
    yield "streams.xz", lambda: lzma.compress(b"core\n") * n
    yield "bomb.xz", lambda: packed(lzma.LZMACompressor(preset=0), 300)
    yield "deep.xz", lambda: nest(lzma.compress, b"core", 200)
    yield "padding.xz", lambda: lzma.compress(b"core\n") + bytes(1_000_000)
    yield "bomb.zst", lambda: zst(2000)
    yield "window.zst", lambda: zst(4, b"\x00\xf8")
    yield "size.zst", lambda: zst(4, b"\xe0" + b"\xff" * 8)
    yield "frames.zst", lambda: (ZST + b"\x20\x01\x09\x00\x00a") * many
    yield "skipped.zst", lambda: (b"\x50\x2a\x4d\x18" + bytes(4)) * 200_000 + zst(1)
    yield "skip-far.zst", lambda: zst(1) + b"\x50\x2a\x4d\x18\xff\xff\xff\xff"


# ---- 7z ----


def seven(header, *, claims=None):
    """The signature, and a header that is there with a checksum that is right."""
    start = struct.pack("<QQL", 0, claims or len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<L", zlib.crc32(start)) + start + header


HUGE = b"\xff" + b"\xff" * 7 + b"\x7f"  # a number of eight bytes


def of_seven(n, many):
    yield "header.7z", lambda: seven(b"\x01" * 100, claims=1 << 62)
    yield "files.7z", lambda: seven(b"\x01\x05" + HUGE + b"\x00\x00")
    yield "many-files.7z", lambda: seven(b"\x01\x05\xe0" + b"\xff\xff\xff\x0f" + b"\x00\x00")
    yield "streams.7z", lambda: seven(b"\x01\x04\x06\x00" + HUGE + b"\x09" + b"\x01" * 100)
    yield "folders.7z", lambda: seven(b"\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0b" + HUGE + b"\x00" * 50)
    yield "coders.7z", lambda: seven(b"\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x20" + b"\x21\x21\x01\x28" * 32 + b"\x00" * 50)
    yield "names.7z", lambda: seven(b"\x01\x05\x01\x11" + HUGE + b"\x00" + b"a\0" * 100)
    yield "packed.7z", lambda: seven(b"\x17\x06\x00\x01\x09" + HUGE + b"\x00\x07\x0b\x01\x00\x01\x21\x21\x01\x28\x0c" + HUGE + b"\x00\x00")


def hostile(n, many):
    for part in (of_zip, of_tar, of_streams, of_seven):
        yield from part(n, many)
