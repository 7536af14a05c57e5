"""PENSTOCK_TEXT_CONFIG=auto: each document has the text search configuration of its language, and is searched under that."""

import random
import re

import pytest
from penstock import DATABASE, REPOSITORY
from test_search_vectors import CALLS, finding, reason_in

TEXTS = REPOSITORY / "tests/extract/fixtures/languages"
CONFIGS = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian", "nl": "dutch",
    "sv": "swedish", "ru": "russian", "el": "greek", "tr": "turkish", "ar": "arabic", "hi": "hindi",
    "pl": "simple", "he": "simple", "zh": "simple", "zh-Hant": "simple", "ja": "simple", "ko": "simple",
}  # fmt: skip
# A form that is not in the text, of a word that is.
INFLECTED = {"en": "remembering", "de": "Ingenieur", "fr": "machine", "es": "mañana", "ru": "турбина", "it": "macchina"}
OTHERS = """
select name from penstock.documents
where tsv is distinct from to_tsvector(coalesce(text_config, %s)::regconfig, body)
"""


def text_of(code):
    return (TEXTS / f"{code}.txt").read_text()


def configs(service):
    return dict(service.sql("select name, text_config from penstock.documents"))


def found(service, query):
    return {hit["name"] for hit in service.json("search", query, "--limit", "100")}


@pytest.fixture
def auto(penstock):
    """A service that counts the vectors that the database makes."""
    penstock.sql("alter system set track_functions = 'all'")
    penstock.sql("select pg_reload_conf()")
    penstock.settings.update(PENSTOCK_TEXT_CONFIG="auto", PENSTOCK_WORKERS=2)
    return penstock


@pytest.mark.sanitize
def test_each_document_is_indexed_and_found_in_its_language(auto):
    files = {f"{code}.txt": text_of(code) for code in CONFIGS} | {"none.txt": "Maschinen 4711 Maschine"}
    auto.start()
    auto.drop_folder("texts", files)
    auto.wait_jobs(len(files))
    assert configs(auto) == {f"texts/{code}.txt": name for code, name in CONFIGS.items()} | {"texts/none.txt": "simple"}
    languages = dict(auto.sql("select name, language from penstock.documents"))
    assert languages == {f"texts/{code}.txt": code for code in CONFIGS} | {"texts/none.txt": None}
    assert auto.sql(OTHERS, "simple") == []
    for code, word in INFLECTED.items():
        assert f"texts/{code}.txt" in found(auto, word), word
        assert word.lower() not in re.findall(r"\w+", text_of(code).lower())
    assert found(auto, "4711 Maschine") == {"texts/none.txt"}
    assert found(auto, "4711 Maschinen") == {"texts/none.txt"}
    assert found(auto, "die") == set()  # a stop word of the only text that has it
    assert {n for (n,) in auto.sql("select name from penstock.text_configs")} == set(CONFIGS.values())
    assert reason_in(auto.log()) is None
    auto.stop()
    assert auto.value(CALLS) < 10  # those from before the lexicon came


def test_a_document_is_not_found_by_the_stems_of_another_language(auto):
    """`running` is `run` in English only."""
    auto.start()
    auto.drop("en.html", "<html lang=en><p>they run")
    auto.drop("de.html", "<html lang=de><p>wir run")
    auto.drop("none.html", "<html><p>run")
    auto.wait_jobs(3)
    assert configs(auto) == {"en.html": "english", "de.html": "german", "none.html": "simple"}
    assert found(auto, "running") == {"en.html"}
    assert found(auto, "run") == {"en.html", "de.html", "none.html"}
    (hit,) = auto.json("search", "running")
    assert auto.sql("select snippet from penstock.search('running')") == [("they <b>run</b>",)]
    assert {i for (i,) in auto.sql("select name from penstock.search('running', config => 'english')")} == {"en.html", "de.html", "none.html"}


def test_parts_have_their_own(auto):
    mail = "\n".join([
        "From: a@example.org", "To: b@example.org", "Subject: x", "Date: Mon, 1 Jan 2024 10:00:00 +0000", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain; charset=utf-8", "", text_of("sv"),
        "--b", "Content-Type: text/plain; charset=utf-8", 'Content-Disposition: attachment; filename="fr.txt"', "", text_of("fr"),
        "--b--", "",
    ])  # fmt: skip
    auto.start()
    auto.drop("a.eml", mail)
    auto.wait_jobs(1)
    assert configs(auto) == {"a.eml": "swedish", "fr.txt": "french"}
    assert auto.sql(OTHERS, "simple") == []
    assert found(auto, "machine") == {"fr.txt"}


def test_a_full_lexicon_is_replaced(auto):
    """Words of all languages go through one; none is taken for that of another chain."""
    chance = random.Random(5)
    letters = str.maketrans("0123456789", "ghijklmnop")
    auto.start(PENSTOCK_LEXICON_BYTES="1MB")
    n = 0
    for code in ("en", "de", "fr", "ru", "none"):
        for _ in range(8):
            words = " ".join(f"{chance.getrandbits(60):x}s".translate(letters) for _ in range(1500))
            auto.drop(f"{n}.html", f"<html lang={code}><p>running Häuser {words}" if code != "none" else f"<p>{words}")
            n += 1
    auto.wait_jobs(n, 120)
    assert auto.sql(OTHERS, "simple") == []
    assert "event=lexicon.replaced" in auto.log()
    assert set(configs(auto).values()) == {"english", "german", "french", "russian", "simple"}


def test_only_what_workers_cannot_make_is_left_to_the_database(auto):
    """A configuration of somebody's own for a language that PostgreSQL has none for, and with a parser that is not its own."""
    auto.sql(
        """
        create text search parser another
            (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
        create text search configuration polish (parser = another);
        alter text search configuration polish add mapping for asciiword, word with simple;
        create text search configuration czech (copy = simple);
        """
    )
    sentences = [f["finding"] for f in auto.json("doctor") if f["check"] == "search vectors"]
    assert sentences[0].startswith("workers make them, a sample is as the database's own under each of 30")
    assert sentences[1:] == ["the database makes them under public.polish: its parser is another, not PostgreSQL's own"]
    auto.start()
    for code in ("pl", "de", "en"):
        auto.drop(f"{code}.txt", text_of(code))
    auto.drop("cs.html", "<html lang=cs-CZ><p>turbína")
    auto.wait_jobs(4)
    assert configs(auto) == {"pl.txt": "public.polish", "de.txt": "german", "en.txt": "english", "cs.html": "public.czech"}
    assert auto.sql(OTHERS, "simple") == []
    assert found(auto, "zapory") == {"pl.txt"} and found(auto, "turbína") == {"cs.html"}
    assert re.findall(r'event=lexicon\.off config=(\S+)', auto.log()) == ["public.polish"]
    auto.stop()
    assert 1 <= auto.value(CALLS) < 5


def test_rows_from_before_are_searched_under_the_configuration_of_then(auto):
    """Their text_config is null; which one was theirs the migration keeps, whatever the node's is later."""
    auto.command("migrate", "up", PENSTOCK_TEXT_CONFIG="german")
    auto.command("migrate", "down")
    assert auto.value("select max(version) from penstock.schema_migrations") == 4
    auto.sql(
        """
        insert into penstock.nodes (id, boot, first_token, lowest_job, lease_until, text_config, version, started_at)
        values ('old', 1, 1, 0, now(), 'German', '0', now());
        insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, tsv)
        values ('default', sha256('1'), 'old.txt', 'text/plain', 6, 'Häuser', to_tsvector('german', 'Häuser'))
        """
    )
    auto.start()
    auto.drop("en.html", "<html lang=en><p>houses")
    auto.wait_jobs(1)
    assert configs(auto) == {"old.txt": None, "en.html": "english"}
    assert auto.sql("select name from penstock.text_configs where unnamed") == [("german",)]
    assert auto.sql(OTHERS, "german") == []
    assert found(auto, "Haus") == {"old.txt"} and found(auto, "house") == {"en.html"}
    assert auto.sql("select snippet from penstock.search('Haus')") == [("<b>Häuser</b>",)]
    auto.command("migrate", "verify")
    auto.stop()
    auto.command("migrate", "down")
    assert auto.sql("select name from penstock.search('Häuser')", ) == []  # what they had is forgotten
    auto.command("migrate", "up")
    auto.command("migrate", "verify")


def test_a_node_with_auto_beside_one_without(make, server, database):
    """Each stores under its own; both kinds of documents are found."""
    english = make("one", url=server.url(database), PENSTOCK_TEXT_CONFIG="english")
    auto = make("two", url=server.url(database), PENSTOCK_TEXT_CONFIG="auto")
    for service in (english, auto):
        service.start()
    english.drop("one.html", "<html lang=de><p>Häuser running")
    auto.drop("two.html", "<html lang=de><p>Häuser jumping")
    auto.wait_jobs(2)
    assert configs(auto) == {"one.html": "english", "two.html": "german"}
    assert auto.sql(OTHERS, "simple") == []
    assert found(auto, "Haus") == {"two.html"} and found(english, "runs") == {"one.html"}


def test_the_index_is_read_once_for_configurations_that_agree(auto):
    auto.start()
    auto.drop("en.html", "<html lang=en><p>4711")
    auto.drop("de.html", "<html lang=de><p>4711")
    auto.wait_jobs(2)
    assert auto.value("select count(*) from penstock.queries('4711')") == 1
    assert auto.value("select count(*) from penstock.queries('running')") == 2
    assert found(auto, "4711") == {"en.html", "de.html"}


def test_a_configuration_that_was_dropped_does_not_end_searching(auto):
    auto.sql("create text search configuration czech (copy = simple)")
    auto.start()
    auto.drop("cs.html", "<html lang=cs><p>voda")
    auto.drop("en.html", "<html lang=en><p>voda")
    auto.wait_jobs(2)
    assert found(auto, "voda") == {"cs.html", "en.html"}
    auto.stop()
    auto.sql("drop text search configuration czech")
    assert found(auto, "voda") == {"en.html"}


def test_a_configuration_has_the_schema_in_its_name(penstock):
    """So that search, which looks into pg_catalog only, finds it."""
    penstock.sql("create text search configuration mine (copy = english)")
    penstock.start(PENSTOCK_TEXT_CONFIG="Mine")
    penstock.drop("a.txt", "houses")
    penstock.wait_jobs(1)
    assert configs(penstock) == {"a.txt": "public.mine"}
    assert penstock.value("select text_config from penstock.nodes") == "public.mine"
    assert found(penstock, "house") == {"a.txt"}


def test_without_detection_what_is_declared_counts(auto):
    auto.start(PENSTOCK_DETECT_LANGUAGE="false")
    auto.drop("de.txt", text_of("de"))
    auto.drop("fr.html", "<html lang=fr_CA><p>machines")
    auto.wait_jobs(2)
    assert configs(auto) == {"de.txt": "simple", "fr.html": "french"}
    assert auto.document("fr.html")["language"] == "fr-CA"


def test_extract_and_show_tell_the_language(auto):
    (auto.folder / "fr.html").write_text("<html lang=fr><p>machines")
    extracted = auto.command("extract", TEXTS / "de.txt", auto.folder / "fr.html").stdout
    assert re.findall(r"^language +(.*)$", extracted, re.MULTILINE) == ["de (detected)", "fr"]
    auto.start()
    auto.drop("de.txt", text_of("de"))
    auto.wait_jobs(1)
    shown = auto.json("show", "1")
    assert (shown["language"], shown["language_source"], shown["text_config"]) == ("de", "detected", "german")
    assert re.search(r"^searched as +german$", auto.command("show", "1").stdout, re.MULTILINE)


def test_doctor_names_the_configurations(auto):
    level, sentence = finding(auto, "search")
    assert level == "ok" and sentence.startswith("text search configurations for the languages of documents: 29 (simple, arabic,")
    level, sentence = finding(auto)
    assert level == "ok" and "workers make them" in sentence
    auto.settings.update(PENSTOCK_TEXT_CONFIG="automatic")
    assert finding(auto, "search", code=DATABASE)[0] == "fail"
