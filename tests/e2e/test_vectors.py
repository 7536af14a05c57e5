"""Search vectors as workers make them beside to_tsvector() of a real PostgreSQL: the same bytes, whatever the text and the
text search configuration."""

import random
import struct
import subprocess

import pytest
from penstock import BUILD
from test_tokens import random_text

PROGRAM = BUILD / "tests/search/compare_vectors"

# Beside PostgreSQL's own: a chain of three dictionaries (synonyms, Ispell with compound words, a stemmer), and one that
# knows nothing of most words, which then take no position.
CONFIGURATIONS = """
create text search dictionary synonyms (template = synonym, synonyms = synonym_sample);
create text search dictionary compounds (template = ispell, dictfile = ispell_sample, afffile = ispell_sample);
create text search configuration mixed (copy = english);
alter text search configuration mixed
    alter mapping for asciiword, word, asciihword with synonyms, compounds, english_stem;
create text search configuration ignorant (copy = english);
alter text search configuration ignorant alter mapping for asciiword, word with synonyms, compounds;
alter text search configuration ignorant drop mapping for uint, file;
"""
WORDS = (
    "The quick foxes are jumping over Postgres postgresql pgsql gogle indices indexes footballklubber footballyklubber"
    " bookings Skis SKIES Überraschungen Häuser haus straße Straße naïve don't rock'n'roll up-to-date 3.14 -7 1e5 2nd"
    " a b c of in http://example.com/a?b=c user@example.com /usr/share/doc ÉCOLE école running Running RUNNING ran"
).split()


@pytest.fixture
def compare(server, database):
    url = server.url(database)
    subprocess.run(["psql", "-qX", url, "-v", "ON_ERROR_STOP=1", "-c", CONFIGURATIONS], check=True)

    def run(configuration, texts):
        data = [struct.pack("I", len(text.encode())) + text.encode() for text in texts]
        command = [PROGRAM, configuration]
        result = subprocess.run(command, input=b"".join(data), capture_output=True, text=False, env={"DATABASE_URL": url})
        assert result.returncode == 0, (result.stdout[-2000:] + result.stderr).decode()
        return result.stdout.decode()

    return run


def texts_of_words(chance, n, size):
    return [" ".join(chance.choices(WORDS, k=chance.randrange(1, size))) for _ in range(n)]


@pytest.mark.sanitize
@pytest.mark.parametrize("configuration", ["english", "simple", "german", "mixed", "ignorant"])
def test_same_vectors(compare, configuration):
    chance = random.Random(7)
    texts = ["", " ", *texts_of_words(chance, 300, 60), *(random_text(chance, 60) for _ in range(2000))]
    assert "0 other" in compare(configuration, texts)


@pytest.mark.sanitize
def test_limits(compare):
    """Of a position, of positions of a lexeme, of a word."""
    chance = random.Random(8)
    cases = "".join(chance.choice("rR") + chance.choice("uU") + "nning " for _ in range(2000))
    texts = [
        "again " * 300,
        cases,
        " ".join(f"w{n} again" for n in range(9000)),
        *texts_of_words(chance, 3, 40_000),
        "a" * 2046 + " b",
        "a" * 2047 + " b",
        "é" * 1023 + " b " + "é" * 1024 + " c",
    ]
    for configuration in ("english", "simple"):
        assert "0 other" in compare(configuration, texts)


@pytest.mark.sanitize
def test_too_long_for_postgresql(compare):
    """What PostgreSQL refuses is shortened; what it just takes is not."""
    chance = random.Random(9)
    texts = [" ".join(f"{chance.getrandbits(128):032x}" for _ in range(n)) for n in (27_000, 28_000, 29_000, 31_000, 40_000)]
    assert "0 other vectors, 3 shortened" in compare("simple", texts)
