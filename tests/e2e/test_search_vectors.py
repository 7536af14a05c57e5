"""Search vectors of stored documents: made by the workers where that is possible, and always what to_tsvector() gives."""

import random

import pytest
from test_tokens import random_text
from test_vectors import CONFIGURATIONS, texts_of_words

CALLS = "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = 'vector'"


@pytest.fixture
def store(penstock):
    """Stores texts with a text search configuration; returns how many vectors the database has made."""

    def run(configuration, texts, **settings):
        penstock.sql("alter system set track_functions = 'all'")
        penstock.sql("select pg_reload_conf()")
        penstock.sql(CONFIGURATIONS)
        penstock.sql(
            "create text search dictionary phrases (template = thesaurus, dictfile = thesaurus_sample, dictionary = simple)"
        )
        penstock.sql("create text search configuration phrasing (copy = english)")
        penstock.sql("alter text search configuration phrasing alter mapping for asciiword with phrases, english_stem")
        penstock.settings.update(PENSTOCK_TEXT_CONFIG=configuration, **settings)
        penstock.start()
        for n, text in enumerate(texts):
            penstock.drop(f"{n}.txt", f"{n} {text}".encode())
        penstock.wait_jobs(len(texts), 60)
        others = penstock.value(
            "select count(*) from penstock.documents where tsv is distinct from to_tsvector(%s::regconfig, body)", configuration
        )
        assert others == 0
        assert penstock.value("select count(*) from penstock.documents") == len(texts)
        penstock.stop()
        return penstock.value(CALLS)

    return run


def all_texts():
    chance = random.Random(11)
    return [*texts_of_words(chance, 60, 80), *(random_text(chance, 80).strip() for _ in range(60)), "漢字かな交じり文 한국어 ไทย"]


@pytest.mark.sanitize
@pytest.mark.parametrize("configuration", ["english", "simple", "german", "mixed", "ignorant"])
def test_workers_make_them(store, configuration):
    """Also where words must be known at once, because perhaps no dictionary knows them."""
    assert store(configuration, all_texts(), PENSTOCK_WORKERS=2) < 10  # those from before the lexicon came


def test_the_database_makes_them_where_workers_cannot(store, penstock):
    """A thesaurus looks at more than one word."""
    texts = all_texts()
    assert store("phrasing", texts) == len(texts)
    assert "event=lexicon.off" in penstock.log() and "looks at more than a word" in penstock.log()


@pytest.mark.sanitize
def test_a_full_lexicon_is_replaced(store, penstock):
    chance = random.Random(12)
    letters = str.maketrans("0123456789", "ghijklmnop")
    texts = [" ".join(f"{chance.getrandbits(60):x}z".translate(letters) for _ in range(1500)) for _ in range(30)]
    store("english", texts, PENSTOCK_LEXICON_BYTES="1MB")
    assert "event=lexicon.replaced" in penstock.log()


@pytest.mark.sanitize
def test_what_postgresql_refuses_is_shortened_and_flagged(store, penstock):
    """All lexemes without positions, or those of a first part; such a text can be found all the same."""
    chance = random.Random(13)

    def words(n):
        return " ".join(f"{chance.getrandbits(100):x}" for _ in range(n))

    penstock.settings.update(PENSTOCK_TEXT_CONFIG="simple")
    penstock.start()
    for name, n in (("whole", 100), ("bare", 36_000), ("part", 90_000)):
        penstock.drop(f"{name}.txt", f"first {words(n)} last{name}".encode())
    penstock.wait_jobs(3, 60)
    flags = dict(penstock.sql("select name, metadata->>'search' from penstock.documents"))
    assert flags == {"whole.txt": None, "bare.txt": "without positions", "part.txt": "in part"}
    found = [name for (name,) in penstock.sql("select name from penstock.documents where tsv @@ 'first' order by name")]
    assert found == ["bare.txt", "part.txt", "whole.txt"]
    assert penstock.value("select count(*) from penstock.documents where tsv @@ 'lastbare'") == 1
