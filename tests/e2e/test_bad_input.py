"""Whatever lies in the inbox ends in a row or in a clear answer of `penstock explain`, and stops nothing else."""

import os
import pathlib
import socket

import pytest
from penstock import DONE, FAILED, sha256, wait_until

GOOD = {f"good {n}.txt": f"a good document, number {n}" for n in range(10)}


def run_among_good_ones(penstock, *names):
    """Drains the inbox; the good documents must all be there, and each of `names` must have a job."""
    for name, text in GOOD.items():
        penstock.drop(name, text)
    assert penstock.run_once() == DONE
    for name, text in GOOD.items():
        assert penstock.document(name)["body"] == text
    for name in names:
        assert penstock.job(name)["state"] == "done", name
    assert penstock.value("select count(*) from penstock.jobs") == len(GOOD) + len(names)


@pytest.mark.sanitize
def test_an_empty_file(penstock):
    penstock.drop("empty.txt", b"")
    run_among_good_ones(penstock, "empty.txt")
    document = penstock.document("empty.txt")
    assert (document["byte_size"], document["body"]) == (0, "")
    assert document["sha256"] == sha256(b"")
    assert penstock.original(b"").read_bytes() == b""


@pytest.mark.sanitize
def test_a_file_of_nul_bytes(penstock):
    data = bytes(100_000)
    penstock.drop("nul.txt", data)
    run_among_good_ones(penstock, "nul.txt")
    assert penstock.document("nul.txt")["sha256"] == sha256(data)
    assert "\0" not in penstock.document("nul.txt")["body"]
    assert penstock.original(data).read_bytes() == data


@pytest.mark.sanitize
def test_nul_bytes_in_text_and_invalid_utf8(penstock):
    texts = {
        "nul inside.txt": b"before\0after\n" + b"words and words\n" * 50,
        "broken.txt": b"valid text first, then broken: \xff\xfe\xc3\x28 \xed\xa0\x80 and on\n",
        "latin1.txt": "Übergrößenträger aßen süße Äpfel, dafür gab es Öl\n".encode("latin-1") * 20,
        "cut.txt": "ends in the middle of a character: ü".encode()[:-1],
        "all.txt": bytes(range(256)) * 4,
    }
    for name, data in texts.items():
        penstock.drop(name, data)
    run_among_good_ones(penstock, *texts)
    for name, data in texts.items():
        assert penstock.document(name)["sha256"] == sha256(data), name
        assert penstock.original(data).read_bytes() == data
    assert "before" in penstock.document("nul inside.txt")["body"]
    assert "after" in penstock.document("nul inside.txt")["body"]
    assert "valid text first" in penstock.document("broken.txt")["body"]
    assert "Übergrößenträger aßen süße Äpfel" in penstock.document("latin1.txt")["body"]


def test_an_unknown_binary_is_stored_as_unsupported(penstock):
    data = b"\x00\x01\x02PENS\xfe\xff" + os.urandom(5000)
    penstock.drop("what is this.bin", data)
    run_among_good_ones(penstock, "what is this.bin")
    assert penstock.job("what is this.bin")["outcome"] == "unsupported"
    document = penstock.document("what is this.bin")
    assert document["media_type"] == "application/octet-stream"
    assert document["body"] == ""
    assert document["sha256"] == sha256(data)


@pytest.mark.sanitize
def test_things_that_are_no_files(penstock, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be read through a link")
    (penstock.inbox / "folder.txt").mkdir()
    os.symlink(secret, penstock.inbox / "link.txt")
    os.symlink(tmp_path, penstock.inbox / "linked folder")
    os.symlink("/nowhere", penstock.inbox / "broken link.txt")
    os.mkfifo(penstock.inbox / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(penstock.inbox)
        s.bind("socket.txt")
        os.chdir(here)
    run_among_good_ones(penstock)
    for name, word in {
        "folder.txt": "folder",
        "link.txt": "link",
        "linked folder": "link",
        "broken link.txt": "link",
        "pipe.txt": "pipe",
        "socket.txt": "socket",
    }.items():
        answer = penstock.json("explain", str(penstock.inbox / name))
        assert answer["state"] == "not_regular", name
        assert word in answer["detail"]
    assert secret.exists()


def test_a_pipe_that_appears_in_place_of_a_file_blocks_nothing(penstock):
    penstock.start()
    for n in range(20):
        path = penstock.write(f"{n}.txt", "is gone at once")
        path.unlink()
        os.mkfifo(path)
    penstock.drop("after.txt", "it goes on")
    penstock.wait_for("the next file", "select count(*) from penstock.documents where name = 'after.txt'", equals=1)
    assert penstock.stop() == DONE


@pytest.fixture
def ordinary(make, server, database, programs_for_all):
    """A service of an ordinary user: root may read everything."""
    service = make(url=server.url(database), user="nobody" if os.geteuid() == 0 else None)
    service.program = str(programs_for_all / "penstock")
    return service


def test_a_file_without_rights(ordinary):
    penstock = ordinary
    closed = penstock.drop("closed.txt", "nobody may read this")
    closed.chmod(0)
    penstock.start(PENSTOCK_RESCAN_SECONDS=1)
    penstock.drop("open.txt", "anybody may read this")
    penstock.wait_for("the other file", "select count(*) from penstock.documents where name = 'open.txt'", equals=1)
    answer = wait_until("it is held", lambda: held(penstock, closed))
    assert "Permission denied" in answer["detail"]
    closed.chmod(0o600)
    penstock.wait_for(
        "it is readable now", "select count(*) from penstock.documents where name = 'closed.txt'", equals=1
    )


def held(penstock, path):
    answer = penstock.json("explain", str(path))
    return answer if answer["state"] == "held" else None


def test_a_closed_folder_stops_nothing(ordinary):
    ordinary.drop("closed/inner.txt", "behind a closed door")
    ordinary.drop("open.txt", "in the open")
    (ordinary.inbox / "closed").chmod(0)
    assert ordinary.run_once() == DONE
    assert ordinary.document("open.txt")["body"] == "in the open"
    (ordinary.inbox / "closed").chmod(0o777)
    assert ordinary.run_once() == DONE
    assert ordinary.document("closed/inner.txt")["body"] == "behind a closed door"


def test_once_ends_when_an_original_cannot_be_moved(ordinary):
    """The document is stored all the same, and the exit code tells."""
    ordinary.drop("fixed/a.txt", "stays where it is")
    (ordinary.inbox / "fixed").chmod(0o555)
    try:
        assert ordinary.run_once(timeout=20) == FAILED
        assert ordinary.document("fixed/a.txt")["body"] == "stays where it is"
        assert ordinary.inbox_files() == ["fixed/a.txt"]
    finally:
        (ordinary.inbox / "fixed").chmod(0o777)
    assert ordinary.run_once() == DONE
    assert ordinary.inbox_files() == []
    assert ordinary.value("select count(*) from penstock.jobs") == 1


@pytest.mark.sanitize
def test_names_of_all_bytes(penstock):
    names = [bytes([n, ord("a")]) + b".txt" for n in range(1, 256) if n not in b"/."]
    names += [b"a" + bytes([n]) for n in range(1, 256) if n not in b"/"]
    for name in names:
        penstock.drop(name, b"the name is " + name.hex().encode())
    assert penstock.run_once() == DONE
    paths = {bytes(path) for (path,) in penstock.sql("select path from penstock.jobs where state = 'done'")}
    assert paths == set(names)
    assert penstock.value("select count(*) from penstock.documents") == len(names)
    assert penstock.inbox_files() == []
    shown = {bytes(path): name for path, name in penstock.sql(
        "select j.path, d.name from penstock.jobs j join penstock.documents d on d.id = j.document_id"
    )}
    assert shown[b"\na.txt"] == "\\x0Aa.txt"
    assert shown[b"\xffa.txt"] == "\\xFFa.txt"
    assert shown[b"Aa.txt"] == "Aa.txt"


def test_explain_finds_a_name_that_is_not_text(penstock):
    path = penstock.drop(b"new\nline \xff.txt", "odd")
    assert penstock.run_once() == DONE
    answer = penstock.json("explain", str(path))
    assert answer["state"] == "done"
    assert answer["path"] == "new\\x0Aline \\xFF.txt"
    assert "\n" not in penstock.command("explain", str(path)).stdout.splitlines()[0]


def test_names_of_255_bytes_and_deep_paths(penstock):
    names = ["n" * 255, "ü" * 127 + "x", "/".join(["d" * 100] * 30) + "/deep.txt"]
    for name in names:
        penstock.drop(name, f"a long name of {len(name)}")
    run_among_good_ones(penstock, *names)
    for name in names:
        assert penstock.document(name) is not None
    assert penstock.inbox_files() == []


def test_a_path_deeper_than_is_followed_is_left_alone_and_the_rest_goes_on(penstock):
    here = os.getcwd()
    os.chdir(penstock.inbox)
    try:
        for _ in range(250):
            os.mkdir("d")
            os.chdir("d")
        pathlib.Path("too deep.txt").write_text("250 folders down")
    finally:
        os.chdir(here)
    run_among_good_ones(penstock)


def test_200_megabytes_of_text(penstock):
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\n"
    data = line * (200_000_000 // len(line))
    penstock.drop("large.txt", data)
    run_among_good_ones(penstock, "large.txt")
    document = penstock.document("large.txt")
    assert (document["byte_size"], document["sha256"]) == (len(data), sha256(data))
    assert document["body"].encode() == data[: len(document["body"])]
    assert len(document["body"]) > 1_000_000
    assert "truncated" in str(document["metadata"])
    assert penstock.json("search", "lazy dog")[0]["name"] == "large.txt"


def test_two_hundred_thousand_different_words_are_indexed(penstock):
    """More than PostgreSQL takes in one vector with positions."""
    text = " ".join(f"word{n:07}" for n in range(200_000))
    penstock.drop("words.txt", text)
    run_among_good_ones(penstock, "words.txt")
    assert penstock.document("words.txt")["body"] == text
    assert penstock.json("search", "word0000000")[0]["name"] == "words.txt"


def test_deep_and_broken_markup(penstock):
    texts = {
        "deep.json": "[" * 100_000 + "]" * 100_000,
        "deep.xml": "<a>" * 50_000 + "text" + "</a>" * 50_000,
        "deep.html": "<html><body>" + "<div>" * 50_000 + "found at the bottom",
        "laughs.xml": '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        + "".join(f'<!ENTITY {chr(c + 1)} "{f"&{chr(c)};" * 10}">' for c in range(ord("b"), ord("j")))
        + "]><l>&j;</l>",
        "outside.xml": '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>',
        "broken.json": '{"a": [1, 2, ',
        "broken.csv": 'a,b\n"never closed,1\n' * 10,
        "bomb.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(c + 1)}: &{chr(c + 1)} [{','.join(['*' + chr(c)] * 9)}]\n" for c in range(ord("a"), ord("i"))
        ),
    }
    for name, text in texts.items():
        penstock.drop(name, text)
    run_among_good_ones(penstock, *texts)
    assert "root:" not in penstock.document("outside.xml")["body"]
    assert len(penstock.document("laughs.xml")["body"]) < 1_000_000
    assert len(penstock.document("bomb.yaml")["body"]) < 1_000_000


def test_files_that_vanish_while_it_works(penstock):
    penstock.start()
    for n in range(300):
        path = penstock.write(f"{n}.txt", f"gone soon {n}")
        if n % 2:
            path.unlink(missing_ok=True)
    penstock.wait_for(
        "those that stayed",
        "select count(*) from penstock.documents where right(split_part(name, '.', 1), 1) in ('0','2','4','6','8')",
        equals=150,
    )
    assert penstock.stop() == DONE
    assert penstock.value("select count(*) from penstock.jobs where state = 'quarantined'") == 0
    assert penstock.value("select count(*) from penstock.jobs where state = 'claimed'") == 0


def test_files_that_change_while_it_works(penstock):
    """Every content that is stored was really there, whole; the last one is stored in the end."""
    written = set()
    penstock.start(PENSTOCK_SETTLE_MS="0ms")
    for n in range(300):
        text = f"version {n:04} " * 1000
        written.add(text)
        (penstock.inbox / "often.tmp").write_text(text)
        os.rename(penstock.inbox / "often.tmp", penstock.inbox / "often.txt")
    penstock.wait_for(
        "the last version", "select count(*) from penstock.documents where body = %s", text, equals=1
    )
    wait_until("the inbox is empty", lambda: not penstock.inbox_files())
    assert penstock.stop() == DONE
    assert {body for (body,) in penstock.sql("select body from penstock.documents")} <= written
    assert penstock.value("select count(*) from penstock.jobs where state = 'quarantined'") == 0
