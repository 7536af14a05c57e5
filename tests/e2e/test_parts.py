"""Documents inside documents: each is a document of its own, stored with the file that it lies in, or not at all."""

import io
import zipfile

from penstock import DONE, sha256

LETTER = b"""From: Ada <ada@example.org>\r
To: Bob <bob@example.org>\r
Subject: %s\r
Date: Thu, 29 Feb 2024 13:05:00 +0100\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
the body of %s\r
--b\r
Content-Type: text/plain; charset=utf-8\r
Content-Disposition: attachment; filename="notes.txt"\r
\r
attached words\r
--b--\r
"""


def letter(subject):
    return LETTER % (subject, subject)


def archive_of(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 2, 29, 13, 5, 0)), data)
    return packed.getvalue()


INNER = archive_of({"deep.txt": "words in the depth"})
MEMBERS = {"a.txt": "first member", "sub/b.csv": "x,y\n1,2\n", "inner.zip": INNER, "empty.txt": ""}
BOX = archive_of(MEMBERS)


def tree(penstock):
    """{name of the outermost: {path inside: media type or a tree}}, by the table of parts."""
    rows = penstock.sql(
        "select p.parent_id, p.path, d.id, d.media_type from penstock.parts p join penstock.documents d on d.id = p.document_id"
    )

    def below(document):
        return {path: below(inside) or kind for parent, path, inside, kind in rows if parent == document}

    files = penstock.sql("select d.id, d.name from penstock.documents d join penstock.jobs j on j.document_id = d.id")
    return {name: below(document) for document, name in files}


def test_members_of_an_archive(penstock):
    penstock.drop("box.zip", BOX)
    assert penstock.run_once() == DONE
    assert tree(penstock) == {
        "box.zip": {
            "a.txt": "text/plain",
            "sub/b.csv": "text/csv",
            "inner.zip": {"deep.txt": "text/plain"},
            "empty.txt": "application/x-empty",
        }
    }
    assert penstock.value("select count(*) from penstock.documents") == 6
    assert penstock.document("a.txt")["body"] == MEMBERS["a.txt"]
    assert penstock.document("a.txt")["sha256"] == sha256(MEMBERS["a.txt"].encode())
    assert penstock.document("inner.zip")["sha256"] == sha256(INNER)
    parents = dict(penstock.sql("select name, (select p.name from penstock.documents p where p.id = d.parent_id) from penstock.documents d"))
    assert parents == {"box.zip": None, "deep.txt": "inner.zip", **dict.fromkeys(MEMBERS, "box.zip")}
    assert [(hit["name"], hit["inside"]) for hit in penstock.json("search", "depth")] == [("deep.txt", "inner.zip")]
    assert "deep.txt in inner.zip" in penstock.command("search", "depth").stdout
    vectors = "select count(*) from penstock.documents where tsv is distinct from to_tsvector('english', body)"
    assert penstock.value(vectors) == 0


def test_the_same_attachment_in_two_mails_is_one_document(penstock):
    for name in (b"one", b"two"):
        penstock.drop(f"{name.decode()}.eml", letter(name))
    penstock.drop("box.zip", archive_of({"one.eml": letter(b"one")}))
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.documents where name = 'notes.txt'") == 1
    assert penstock.value("select count(*) from penstock.documents") == 4
    shown = penstock.json("show", str(penstock.document("notes.txt")["id"]))
    assert sorted(place["name"] for place in shown["inside"]) == ["one.eml", "two.eml"]
    assert {place["path"] for place in shown["inside"]} == {"notes.txt"}
    assert tree(penstock)["box.zip"] == {"one.eml": {"notes.txt": "text/plain"}}


def test_a_part_may_have_come_as_a_file_before_and_after(penstock):
    penstock.drop("a.txt", MEMBERS["a.txt"])
    assert penstock.run_once() == DONE
    penstock.drop("box.zip", BOX)
    assert penstock.run_once() == DONE
    penstock.drop("b.csv", MEMBERS["sub/b.csv"])
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.documents") == 6
    assert penstock.job("a.txt")["outcome"] == "stored"
    assert penstock.job("b.csv")["outcome"] == "duplicate"
    assert set(tree(penstock)["box.zip"]) == set(MEMBERS)


def test_the_same_archive_again_changes_nothing(penstock):
    rows = "select count(*), sum(parent_id + ordinal + document_id) from penstock.parts"
    penstock.drop("box.zip", BOX)
    assert penstock.run_once() == DONE
    before = penstock.sql(rows)
    penstock.drop("again/box.zip", BOX)
    assert penstock.run_once() == DONE
    assert penstock.job("again/box.zip")["outcome"] == "duplicate"
    assert penstock.sql(rows) == before
    assert penstock.value("select count(*) from penstock.documents") == 6


def test_many_archives_with_common_members(penstock):
    """Several connections at once meet the same contents in different files."""
    for n in range(60):
        members = {f"{k}.txt": f"common {k}" for k in range(n % 7, n % 7 + 20)}
        penstock.drop(f"{n}.zip", archive_of({**members, "own.txt": f"of {n} alone"}))
    assert penstock.run_once(PENSTOCK_BATCH_ROWS=4) == DONE
    assert penstock.value("select count(*) from penstock.documents") == 60 + 60 + 26
    assert penstock.value("select count(*) from penstock.parts") == 60 * 21
    assert penstock.value("select count(*) from penstock.jobs where outcome = 'stored'") == 60


def test_bounds(penstock):
    penstock.drop("box.zip", archive_of({f"{n}.txt": f"member {n}" for n in range(50)}))
    assert penstock.run_once(PENSTOCK_MAX_PARTS=10) == DONE
    assert penstock.value("select count(*) from penstock.parts") == 10
    assert penstock.document("box.zip")["metadata"]["parts_limit"] == "count"
    assert "49.txt" in penstock.document("box.zip")["body"]
    penstock.drop("deep.zip", archive_of({"inner.zip": INNER}))
    assert penstock.run_once(PENSTOCK_MAX_PARTS=10, PENSTOCK_MAX_PART_DEPTH=1) == DONE
    assert penstock.document("deep.txt") is None
    penstock.drop("none.zip", archive_of({"other.txt": "other"}))
    assert penstock.run_once(PENSTOCK_MAX_PARTS=0) == DONE
    assert penstock.document("other.txt") is None
    assert "other.txt" in penstock.document("none.zip")["body"]


def test_extract_shows_parts(penstock):
    path = penstock.outside / "box.zip"
    path.write_bytes(BOX)
    (shown,) = penstock.json("extract", path)
    places = {part["number"]: part for part in shown["parts"]}
    assert {part["path"]: places[part["parent"]]["path"] if part["parent"] else None for part in shown["parts"]} == {
        **dict.fromkeys(MEMBERS),
        "deep.txt": "inner.zip",
    }
    assert {part["path"]: part["text"] for part in shown["parts"]}["deep.txt"] == "words in the depth"
    assert f"{path} > inner.zip > deep.txt" in penstock.command("extract", path).stdout
