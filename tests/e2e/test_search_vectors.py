"""Search vectors of stored documents: made by the workers where that is possible, and always what to_tsvector() gives. Who
makes them `penstock doctor` says beforehand, as the pool judges at its start."""

import os
import random
import re
import subprocess

import pytest
from penstock import DATABASE
from postgres import Server
from test_tokens import random_text
from test_vectors import CONFIGURATIONS, WORDS, texts_of_words

CALLS = "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = 'vector'"

# Beside those of test_vectors.py. Everything that they are made of comes with PostgreSQL, contrib included.
MORE = """
create extension unaccent;
create extension dict_int;
create extension dict_xsyn;

create text search configuration synonymous (copy = english);
alter text search configuration synonymous alter mapping for asciiword, asciihword, hword_asciipart, word
    with synonyms, english_stem;

create text search dictionary hunspell
    (template = ispell, dictfile = hunspell_sample_long, afffile = hunspell_sample_long, stopwords = english);
create text search dictionary hunspell_numbers
    (template = ispell, dictfile = hunspell_sample_num, afffile = hunspell_sample_num);
create text search configuration spelled (copy = english);
alter text search configuration spelled alter mapping for asciiword, word, asciihword, hword
    with hunspell, hunspell_numbers, compounds, english_stem;

create text search dictionary other_stops (template = snowball, language = english, stopwords = german);
create text search dictionary stops_only (template = simple, stopwords = english, accept = false);
create text search configuration stopped (copy = english);
alter text search configuration stopped alter mapping for asciiword, word with other_stops;
alter text search configuration stopped alter mapping for asciihword, hword, numword with stops_only;

create text search configuration partial (copy = english);
alter text search configuration partial drop mapping for email, url, host, hword, hword_part, version, float;
alter text search configuration partial add mapping for tag, entity, protocol, blank with simple;

create text search dictionary short_numbers (template = intdict_template, maxlen = 3, absval = true);
create text search dictionary few_numbers (template = intdict_template, maxlen = 2, rejectlong = true);
create text search dictionary kin (template = xsyn_template, rules = xsyn_sample, matchsynonyms = true);
create text search configuration counted (copy = english);
alter text search configuration counted alter mapping for int with short_numbers;
alter text search configuration counted alter mapping for uint with few_numbers;
alter text search configuration counted alter mapping for asciiword with kin, english_stem;

create text search configuration unaccented (copy = english);
alter text search configuration unaccented alter mapping for hword, hword_part, word with unaccent, english_stem;
create text search configuration filtered (copy = german);
alter text search configuration filtered alter mapping for asciiword, word with synonyms, unaccent, stops_only, unaccent, compounds;
alter text search configuration filtered alter mapping for hword, hword_part with unaccent;
alter text search configuration filtered alter mapping for numword, file with simple, unaccent;

create text search dictionary phrases (template = thesaurus, dictfile = thesaurus_sample, dictionary = simple);
create text search configuration phrasing (copy = english);
alter text search configuration phrasing alter mapping for asciiword with phrases, english_stem;

create text search parser another
    (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
create text search configuration parsed (parser = another);
alter text search configuration parsed add mapping for asciiword, word, numword, int with english_stem;

create function strange_init(internal) returns internal language c strict as '$libdir/dict_int.so', 'dintdict_init';
create function strange_lexize(internal, internal, internal, internal) returns internal
    language c strict as '$libdir/dict_int.so', 'dintdict_lexize';
create text search template odd (init = strange_init, lexize = strange_lexize);
create text search dictionary oddity (template = odd);
create text search configuration strange (copy = english);
alter text search configuration strange alter mapping for int with oddity;

create text search configuration halved (copy = english);
alter text search configuration halved alter mapping for numword with short_numbers;

create text search configuration empty (copy = english);
alter text search configuration empty drop mapping for asciiword, word, numword, email, url, host, sfloat, version,
    hword_numpart, hword_part, hword_asciipart, numhword, asciihword, hword, url_path, file, float, int, uint;
"""
BY_WORKERS = (
    "english simple german russian mixed ignorant synonymous spelled stopped partial counted unaccented filtered empty"
).split()
BY_DATABASE = {
    "phrasing": "dictionary phrases is of template thesaurus, which looks at more than a word",
    "parsed": "its parser is another, not PostgreSQL's own",
    "halved": "of some words its dictionaries make what no vector can be sent with",
    "strange": "dictionary oddity is of template odd, which perhaps looks at more than a word",
}
FOREIGN = (
    "Écoles naïve Straße ÜBER çà Łódź ŽLUTÝ İstanbul ISTANBUL ısı ẞ ﬁne Kelvin Ⱥb ΛΟΓΟΣ λόγος привет МИР бегущих Ёлка שלום العَرَبِيّة"
    " فارسی‌ها नमस्ते हिन्दी ภาษาไทย 東京 漢字かな 한국어 ＦＵＬＬ 𐐀𐐨 e\u0301t x\u0301 ½ Ⅳ ٣٤ 😀 — “q” a\u00a0b a\u3000b über-groß für-2 1000 -12345 supernova"
).split()


def all_texts():
    chance = random.Random(11)

    def foreign():
        return " ".join(chance.choice(FOREIGN if chance.random() < 0.6 else WORDS) for _ in range(chance.randrange(1, 60)))

    return [
        *texts_of_words(chance, 100, 80),
        *(random_text(chance, 80).strip() for _ in range(100)),
        *(foreign() for _ in range(100)),
        "漢字かな交じり文 한국어 ไทย",
        "a" * 2046 + " b " + "a" * 2047 + " c " + "é" * 1023 + " d " + "é" * 1024 + " e",
        "again Again " * 300,
        " ".join(f"w{n} again" for n in range(9000)),
    ]


def finding(penstock, check="search vectors", code=0):
    """What doctor says, as (level, sentence)."""
    (found,) = (f for f in penstock.json("doctor", code=code) if f["check"] == check)
    return found["level"], found["finding"]


def reason_in(log):
    """Of lexicon.off; None: it is on."""
    found = re.search(r'event=lexicon\.off .*reason="([^"]*)"', log)
    return found and found[1]


@pytest.fixture
def store(penstock):
    """Stores texts with a text search configuration; returns how many vectors the database has made."""

    def run(configuration, texts, service=penstock, **settings):
        service.sql("alter system set track_functions = 'all'")
        service.sql("select pg_reload_conf()")
        service.sql(CONFIGURATIONS)
        service.sql(MORE)
        service.settings.update(PENSTOCK_TEXT_CONFIG=configuration, **settings)
        before = finding(service)  # there is no schema yet
        service.start()
        service.drop_folder("texts", {f"{n}.txt": f"{n} {text}" for n, text in enumerate(texts)})
        service.wait_jobs(len(texts), 120)
        others = service.value(
            "select count(*) from penstock.documents where tsv is distinct from to_tsvector(%s::regconfig, body)", configuration
        )
        assert others == 0
        assert service.value("select count(*) from penstock.documents") == len(texts)
        assert finding(service) == before
        service.stop()
        reason = reason_in(service.log())
        if reason:
            assert before == ("warn", f"the database makes them: {reason}")
        else:
            assert before[0] == "ok" and "workers make them" in before[1]
        return service.value(CALLS)

    return run


@pytest.mark.sanitize
@pytest.mark.parametrize("configuration", BY_WORKERS)
def test_workers_make_them(store, penstock, configuration):
    """Also where words must be known at once, because perhaps no dictionary knows them."""
    assert store(configuration, all_texts(), PENSTOCK_WORKERS=2) < 10  # those from before the lexicon came
    assert reason_in(penstock.log()) is None


@pytest.mark.parametrize("configuration", BY_DATABASE)
def test_the_database_makes_them_where_workers_cannot(store, penstock, configuration):
    texts = all_texts()
    assert store(configuration, texts) == len(texts)
    assert reason_in(penstock.log()) == BY_DATABASE[configuration]


LOCALES = {
    "C": "locale 'C'",
    "german": "locale 'de_DE.UTF-8'",
    "turkish": "locale 'tr_TR.UTF-8'",
    "icu": "locale_provider icu icu_locale 'tr' locale 'de_DE.UTF-8'",
}


@pytest.fixture(scope="module")
def polyglot(session_folder):
    """A server that has locales of its own, wherever this machine has none."""
    locales = session_folder / "locales"
    locales.mkdir()
    for name in ("de_DE", "tr_TR"):
        subprocess.run(["localedef", "-f", "UTF-8", "-i", name, locales / f"{name}.UTF-8"], check=True)
    os.environ["LOCPATH"] = str(locales)
    try:
        server = Server(str(session_folder / "polyglot"))
    finally:
        del os.environ["LOCPATH"]
    yield server
    server.stop()


@pytest.mark.parametrize("configuration", ["english", "simple", "unaccented"])
@pytest.mark.parametrize("locale", LOCALES)
def test_in_every_locale(store, polyglot, make, locale, configuration):
    """What a letter is and what its lower case is differ: I is not i in Turkish, and in C é is not É."""
    name = f"{locale}-{configuration}"
    polyglot.execute(f'create database "{name}" template template0 encoding utf8 {LOCALES[locale]}')
    service = make(url=polyglot.url(name))
    assert store(configuration, all_texts(), service) < 10
    assert reason_in(service.log()) is None


# ---- doctor ----


def test_doctor_names_parser_and_dictionaries(penstock):
    level, sentence = finding(penstock)
    assert level == "ok"
    assert "workers make them" in sentence and "parser default; dictionaries: english_stem, simple" in sentence
    assert "search vectors" in penstock.command("doctor").stdout


def test_doctor_without_such_a_configuration(penstock):
    penstock.settings.update(PENSTOCK_TEXT_CONFIG="klingon")
    level, sentence = finding(penstock, "search", code=DATABASE)
    assert level == "fail" and 'text search configuration "klingon" does not exist' in sentence
    assert finding(penstock, code=DATABASE)[0] == "fail"


def test_doctor_takes_names_as_the_service_does(penstock):
    """Folded to lower case, qualified or not."""
    penstock.sql("create text search configuration mine (copy = simple)")
    for name in ("English", "pg_catalog.german", "public.mine", "MINE"):
        penstock.settings.update(PENSTOCK_TEXT_CONFIG=name)
        assert finding(penstock, "search")[0] == "ok"
        assert finding(penstock)[0] == "ok"


def test_doctor_where_the_database_cannot_be_asked(server, make, folder):
    """In LATIN1 there are no such characters as the sample has."""
    name = f"latin-{folder.name}"
    server.execute(f"create database \"{name}\" template template0 encoding latin1 locale 'C'")
    service = make(url=server.url(name))
    level, sentence = finding(service, code=DATABASE)
    assert level == "warn" and sentence.startswith("the database makes them: the database says: ")
    server.drop_database(name)


def test_doctor_with_the_private_cluster(make, someone):
    service = make(user=someone)
    assert [f for f in service.json("doctor", code=None) if f["check"] == "search vectors"] == []  # there is none yet
    service.command("migrate", "up")
    level, sentence = finding(service)
    assert level == "ok" and "workers make them" in sentence


@pytest.mark.parametrize("configuration", ["simple", "careful"])
def test_a_word_that_is_too_long_in_lower_case(penstock, configuration):
    """It takes a position and is not indexed: to_tsvector() gives it a length that is not its own. Of `careful` it is not known
    that it knows each word, so workers ask at once; else the pool completes what they send."""
    penstock.sql("create text search dictionary careful (template = simple, accept = true)")
    penstock.sql("create text search configuration careful (copy = simple)")
    penstock.sql("alter text search configuration careful alter mapping for word with careful")
    penstock.settings.update(PENSTOCK_TEXT_CONFIG=configuration)
    penstock.start()
    penstock.drop("long.txt", " ".join(["été", "Ⱥ" * 700, "Ⱥ" * 682, "près"]))
    penstock.wait_jobs(1)
    lexemes = penstock.sql("select lexeme, positions from penstock.documents, unnest(tsv) order by positions")
    assert lexemes == [("été", [1]), ("ⱥ" * 682, [3]), ("près", [4])]
    assert reason_in(penstock.log()) is None


@pytest.mark.parametrize("dictionaries", ["cut", "cut, english_stem"])
def test_half_a_character(penstock, dictionaries):
    """What dict_int makes of a word may be no text, and no vector can be sent with it: the database makes that of the document.
    The worker finds out, or, where no word is unknown, the pool."""
    penstock.sql("create extension dict_int")
    penstock.sql("create text search dictionary cut (template = intdict_template, maxlen = 302)")
    penstock.sql("create text search configuration halved (copy = english)")
    penstock.sql(f"alter text search configuration halved alter mapping for word with {dictionaries}")
    penstock.settings.update(PENSTOCK_TEXT_CONFIG="halved")
    penstock.start()
    penstock.drop("half.txt", "漢" * 150 + " été")
    penstock.wait_jobs(1)
    assert penstock.value("select count(*) from penstock.documents where tsv = to_tsvector('halved', body)") == 1
    assert reason_in(penstock.log()) is None


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
