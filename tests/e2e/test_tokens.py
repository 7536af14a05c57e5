"""The tokenizer of src/search beside the parser of a real PostgreSQL: the same tokens, whatever the text."""

import itertools
import random
import struct
import subprocess

import psycopg2
import pytest
from penstock import BUILD

PROGRAM = BUILD / "tests/search/print_tokens"
PAGE = 256

# What of a character matters, found out by what the parser makes of it in three places.
CLASSES = """
select c, alone in (1, 2), alone not in (1, 2) and inside = 1, behind_dots = 19
from generate_series(greatest(%(first)s, 128), %(first)s + 255) c,
    lateral (select
        (select tokid from ts_parse('default', chr(c)) limit 1) as alone,
        (select count(*) from ts_parse('default', 'é' || chr(c) || 'é')) as inside,
        (select tokid from ts_parse('default', '..' || chr(c)) limit 1) as behind_dots) p
where c not between 55296 and 57343
"""
PARSE = """
select n, tokid, token from unnest(%s::text[]) with ordinality as t (body, n),
    lateral ts_parse('default', body) with ordinality as p (tokid, token, k)
order by n, k
"""

LETTERS, DIGITS, SIGNS = "abzAZex", "0159", ".-_@:/<>&#~+;!?='\"\\ \t\n%()[]{}|,$^*`"
WIDE = "éßжあ漢\u0301\u0e31\u093e\u00a0\u2003٣½Ⅳ😀\u200d\u00ad"
PIECES = (
    "http:// https:// www. example.com foo@bar.com a.b /usr/ .. ../ ~/ -1 +2.5 1e5 1.2.3 &amp; &#65; &#x41; <b> </b> <br/>"
    " <?xml <!DOCTYPE <script> </script> </style> foo-bar foo-1 foo-1a é-b 1-a :80 .tar.gz a_b -- e-5 E+ :// :8080/x ?q=1&b"
    " host.org/path ab.cd ab.cd- x@y.zz 1.5e3 <? <! <!- --> \\\""
).split() + ["<!-- c -->", '<a href="x">', "<a b='c'>", "<style ", "<!-- "]


def random_text(chance, most):
    def piece():
        kind = chance.random()
        if kind < 0.4:
            return chance.choice(LETTERS if kind < 0.3 else DIGITS) * chance.choice((1, 1, 2))
        if kind < 0.78:
            return chance.choice(SIGNS if kind < 0.7 else WIDE)
        if kind < 0.95:
            return chance.choice(PIECES)
        return chr(chance.choice((chance.randrange(1, 128), chance.randrange(128, 0xD800), chance.randrange(0xE000, 0x20000))))

    return "".join(piece() for _ in range(chance.choice((1, 2, 3, 5, 8, most))))


class Parsers:
    """PostgreSQL's and ours."""

    def __init__(self, url):
        self.cursor = psycopg2.connect(url).cursor()
        self.pages = {}

    def learn(self, text):
        for page in {ord(c) // PAGE for c in text if ord(c) > 127} - self.pages.keys():
            self.cursor.execute(CLASSES, {"first": page * PAGE})
            classes = bytearray(PAGE)
            for code, is_alpha, is_mark, is_space in self.cursor.fetchall():
                classes[code - page * PAGE] = is_alpha | is_mark << 1 | is_space << 2
            self.pages[page] = classes

    def theirs(self, texts):
        tokens = [[] for _ in texts]
        self.cursor.execute(PARSE, (texts,))
        for n, kind, token in self.cursor:
            tokens[n - 1].append((kind, token))
        return tokens

    def ours(self, texts):
        for text in texts:
            self.learn(text)
        data = [struct.pack("I", len(self.pages))]
        data += [struct.pack("I", page) + classes for page, classes in self.pages.items()]
        data += [struct.pack("I", len(text.encode())) + text.encode() for text in texts]
        answer = subprocess.run([PROGRAM], input=b"".join(data), capture_output=True, check=True).stdout
        at = 0
        for _ in texts:
            tokens = []
            while (kind := struct.unpack_from("I", answer, at)[0]) != 0:
                (size,) = struct.unpack_from("I", answer, at + 4)
                tokens.append((kind, answer[at + 8 : at + 8 + size].decode()))
                at += 8 + size
            at += 4
            yield tokens

    def compare(self, texts):
        for text, theirs, ours in zip(texts, self.theirs(texts), self.ours(texts), strict=True):
            assert ours == theirs, repr(text)


@pytest.fixture(scope="module", params=["C.UTF-8", "C"])
def parsers(server, request):
    """In a database of each of the locales that are always there; in C every character beyond ASCII is a letter."""
    name = f"tokens-{request.param}"
    subprocess.run(
        ["psql", "-qX", server.url("postgres"), "-c"]
        + [f"create database \"{name}\" template template0 encoding utf8 locale '{request.param}'"],
        check=True,
    )
    parsers = Parsers(server.url(name))
    yield parsers
    parsers.cursor.connection.close()
    server.drop_database(name)


@pytest.mark.sanitize
def test_every_short_text(parsers):
    """All texts of up to four of the characters at which something may begin or end."""
    alphabet = "a1.-_@:/<> é\u0301"
    for size in range(1, 5):
        parsers.compare(["".join(t) for t in itertools.product(alphabet, repeat=size)])


@pytest.mark.sanitize
def test_random_texts(parsers):
    chance = random.Random(4)
    for _ in range(10):
        parsers.compare([random_text(chance, 20) for _ in range(2000)])


def test_long_random_texts(parsers):
    chance = random.Random(5)
    parsers.compare(["".join(random_text(chance, 30) for _ in range(1000)) for _ in range(5)])
