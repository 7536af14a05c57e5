"""What can be done to a document by chance: functions of (chance, data, other) that change `data`, a bytearray that is not
empty, in place; `other` is another document to take from. Those of inside.py know what a format is made of."""

TOKENS = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xf0\x9f",
    b"<![CDATA[",
    b"<!--",
    b"]]>",
    b"&#x10ffff;",
    b"&a;",
    b"<!DOCTYPE x [",
    b"\\ud800",
    b'"',
    b"{[",
    b"\n---\n",
    b"&a *a",
    b"999999999999999999999",
    b"-1",
    b"%n",
    b"```",
    b"\r",
)

# What lengths, offsets and counts are most likely to go wrong with.
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)

BLOCK = 4096


def flip_bits(chance, data, _):
    for _ in range(chance.choice((1, 3, 30))):
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)


def truncate(chance, data, _):
    del data[chance.randrange(len(data)) :]


def truncate_at_block(chance, data, _):
    """As a copy that was cut off leaves it."""
    del data[BLOCK * chance.randrange(1 + len(data) // BLOCK) or len(data) // 2 :]


def splice(chance, data, other):
    a, b = sorted(chance.randrange(len(other) + 1) for _ in range(2))
    at = chance.randrange(len(data) + 1)
    data[at:at] = other[a:b]


def remove(chance, data, _):
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 200)]


def repeat(chance, data, _):
    at = chance.randrange(len(data))
    piece = bytes(data[at : at + chance.randrange(1, 50)])
    data[at:at] = piece * chance.choice((2, 100, 5000))


def repeat_much(chance, data, _):
    """A long piece, such as a whole record, many times."""
    at = chance.randrange(len(data))
    piece = bytes(data[at : at + chance.randrange(50, 2000)])
    data[at:at] = piece * chance.choice((2, 20, 200))


def zero(chance, data, _):
    """A block that was never written."""
    at = chance.randrange(len(data))
    end = min(len(data), at + chance.choice((16, 512, BLOCK)))
    data[at:end] = bytes(end - at)


def insert_token(chance, data, _):
    for _ in range(chance.choice((1, 5, 50))):
        at = chance.randrange(len(data) + 1)
        data[at:at] = chance.choice(TOKENS)


def lie_about_length(chance, data, _):
    """Other digits where there are some."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    for at in chance.sample(digits, min(len(digits), 10)):
        data[at : at + 1] = chance.choice((b"9" * 20, b"-1", b"0", b"4294967296", b"1e309"))


def lie_in_binary(chance, data, _):
    """Other numbers of two, four or eight bytes."""
    for _ in range(chance.choice((1, 2, 8))):
        size = chance.choice((2, 4, 4, 8))
        at = chance.randrange(len(data))
        number = chance.choice(NUMBERS) & ((1 << 8 * size) - 1)
        piece = number.to_bytes(size, chance.choice(("little", "big")))
        data[at : at + size] = piece[: len(data) - at]


def widen(_, data, __):
    data[:] = b"\xff\xfe" + bytes(data).decode("latin-1").encode("utf-16-le")


TEXTUAL = (flip_bits, truncate, splice, remove, repeat, insert_token, lie_about_length, widen)
ANY = (*TEXTUAL[:-1], truncate_at_block, repeat_much, zero, lie_in_binary)
