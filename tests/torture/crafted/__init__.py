"""Documents that somebody made to hurt, for every format: depth, width, bombs, cycles, lengths that lie. Each is a
(format, name, function that makes its bytes): small or quickly made here, and large in a reader that believes it."""

import itertools

from . import archives, data, mail, office, pdf, pictures, rtf

DEPTH = 10_000
MANY = 65_000


def hostile():
    """All of them, in an order that does not change."""
    for module in (archives, data, mail, office, pdf, pictures, rtf):
        for name, make in module.hostile(DEPTH, MANY):
            yield name.rsplit(".", 1)[1], name, make


def interleaved():
    """One of each format, then the next of each."""
    by_format = {}
    for entry in hostile():
        by_format.setdefault(entry[0], []).append(entry)
    for row in itertools.zip_longest(*by_format.values()):
        yield from filter(None, row)
