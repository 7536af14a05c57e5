"""A folder whose meta.json lists its files is one document of ordered parts."""

import contextlib
import hashlib
import json
import os
import signal
import time

import pytest
from penstock import DONE, FAILED, QUARANTINED, sha256, wait_until
from test_parts import BOX

A, B, C = "the first page, of cats", "the second page, of dogs", "the third page, of birds"



def listing(*names, **members):
    return json.dumps({**members, "documents": [n if isinstance(n, dict) else {"file": n} for n in names]})


def folder(files, **members):
    """{name: data} of a folder that lists all of it."""
    return {"meta.json": listing(*files, **members), **files}


def digest(files, names=None):
    """The hash of a folder: of the hashes of meta.json and of its files in order."""
    data = {name: d.encode() if isinstance(d, str) else d for name, d in files.items()}
    names = names or [d["file"] for d in json.loads(data["meta.json"])["documents"]]
    return sha256(b"".join(hashlib.sha256(data[name]).digest() for name in ["meta.json", *names]))


def archived(penstock, files, names=None):
    """Whether the archive has the whole folder, and nothing of it is elsewhere."""
    h = digest(files, names)
    place = penstock.archive / h[:2] / h[2:4] / h
    names = names or [d["file"] for d in json.loads(files["meta.json"])["documents"]]
    return penstock.files(place) == {
        name: data.encode() if isinstance(data, str) else data for name, data in files.items() if name in ["meta.json", *names]
    }


def test_a_folder_is_one_document(penstock):
    files = {
        "meta.json": json.dumps(
            {
                "id": "letter-1",
                "created_at": "2024-03-05 10:00",
                "documents": [{"file": "b.txt", "type": "attachment", "order": 2}, {"file": "a.txt", "type": "letter", "order": 1}],
                "metadata": {"source": "scanner", "tags": ["Tax, 2024"], "customer": 4711},
            }
        ),
        "a.txt": A,
        "b.txt": B,
    }
    penstock.start()
    penstock.drop_folder("letter", files)
    penstock.wait_filed(1)
    (row,) = penstock.sql("select name, body, media_type, external_id, version, byte_size from penstock.documents")
    assert row == (
        "letter/meta.json", f"{A}\n\n{B}", "application/vnd.penstock.folder", "letter-1", 1,
        sum(map(len, files.values())),
    )
    document = penstock.document("letter/meta.json")
    assert document["sha256"] == digest(files, ["a.txt", "b.txt"])
    metadata = document["metadata"]
    assert metadata["tags"] == ["tax-2024"] and metadata["source"] == "scanner" and metadata["customer"] == 4711
    assert metadata["created"] == "2024-03-05T10:00:00" and metadata["file_count"] == 2
    assert metadata["files"] == [
        {"file": "a.txt", "type": "letter", "media_type": "text/plain", "bytes": len(A)},
        {"file": "b.txt", "type": "attachment", "media_type": "text/plain", "bytes": len(B)},
    ]
    assert archived(penstock, files, ["a.txt", "b.txt"])
    assert [hit["name"] for hit in penstock.json("search", "dogs", "--tag", "tax 2024")] == ["letter/meta.json"]
    assert penstock.stop() == DONE


@pytest.mark.parametrize("first", ["meta.json", "files"])
def test_a_folder_that_is_written_in_place(penstock, first):
    penstock.start(PENSTOCK_SETTLE_MS="500ms")
    files = folder({"a.txt": A, "pages/b.txt": B})
    names = sorted(files, key=lambda name: (name == "meta.json") == (first == "files"))
    assert (names[0] == "meta.json") == (first == "meta.json")
    for name in names:
        penstock.write(f"letter/{name}", files[name])
        time.sleep(0.05)
    penstock.wait_filed(1)
    assert penstock.document("letter/meta.json")["body"] == f"{A}\n\n{B}"
    assert penstock.value("select count(*) from penstock.documents") == 1
    assert archived(penstock, files)


def test_the_order_is_that_of_the_numbers_then_that_of_the_list(penstock):
    documents = [
        {"file": "z.txt"}, {"file": "b.txt", "order": 2}, {"file": "c.txt", "order": 2}, {"file": "a.txt", "order": -1},
        {"file": "y.txt", "order": None}, {"file": "d.txt", "order": 10},
    ]
    files = {d["file"]: d["file"][0] for d in documents}
    penstock.drop_folder("f", {"meta.json": listing(*documents), **files})
    assert penstock.run_once() == DONE
    assert penstock.document("f/meta.json")["body"] == "\n\n".join("abcdzy")


def test_what_is_not_listed_is_a_document_of_its_own(penstock):
    files = folder({"a.txt": A})
    penstock.start()
    penstock.drop_folder("f", {**files, "other.txt": B, "sub/third.txt": C})
    penstock.wait_filed(3)
    penstock.drop("f/late.txt", "a page that came late")
    penstock.wait_filed(4)
    assert penstock.sql("select name, body from penstock.documents order by name") == [
        ("f/late.txt", "a page that came late"), ("f/meta.json", A), ("f/other.txt", B), ("f/sub/third.txt", C),
    ]
    assert penstock.stop() == DONE


@pytest.mark.parametrize("data", ['{"title": "x"}', "[]", '{"files": ["a.txt"]}'])
def test_a_meta_json_without_a_list_is_a_document_like_any_other(penstock, data):
    penstock.start()
    penstock.drop_folder("f", {"meta.json": data, "a.txt": A})
    penstock.wait_filed(2)
    assert penstock.job("f/meta.json")["outcome"] == "stored"
    assert penstock.document("f/a.txt")["body"] == A
    assert penstock.document("f/meta.json")["media_type"] == "application/json"


def test_the_inbox_itself_is_no_document(penstock):
    penstock.drop("meta.json", listing("a.txt"))
    penstock.drop("a.txt", A)
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.documents") == 2
    assert penstock.document("a.txt")["body"] == A


# ---- lists that are wrong ----

WRONG = {
    "no JSON": (b'{"documents": [', "it is not JSON: line 1"),
    "two values": (b'{"documents": [{"file": "a.txt"}]}\n{}', "it is not JSON: line 2"),
    "no UTF-8": (b'{"title":\n"caf\xe9"}', "it is not UTF-8: line 2"),
    "a list of names": (b'{"documents": ["a.txt"]}', 'member "documents", number 1: an object is expected'),
    "one name": (b'{"documents": "a.txt"}', 'member "documents": a list of objects is expected'),
    "no file": (b'{"documents": []}', "there is no file in the list"),
    "without a name": (b'{"documents": [{"order": 1}]}', 'number 1: "file" is missing'),
    "a number for a name": (b'{"documents": [{"file": 5}]}', '"file": a text is expected'),
    "an order in words": (b'{"documents": [{"file": "a.txt", "order": "first"}]}', '"a.txt": "order": a whole number is expected'),
    "half an order": (b'{"documents": [{"file": "a.txt", "order": 1.5}]}', '"order": a whole number is expected'),
    "a type of a list": (b'{"documents": [{"file": "a.txt", "type": []}]}', '"a.txt": "type": a text is expected'),
    "another member": (b'{"documents": [{"file": "a.txt", "ordre": 1}]}', '"ordre": a member has another name'),
    "twice": (b'{"documents": [{"file": "a.txt"}, {"file": "b.txt"}, {"file": "a.txt"}]}', 'number 3, "a.txt": this file is listed twice'),
    "outside": (b'{"documents": [{"file": "../a.txt"}]}', '"../a.txt": a "file" lies in the folder, not outside'),
    "outside, further in": (b'{"documents": [{"file": "x/../../a.txt"}]}', "not outside"),
    "absolute": (b'{"documents": [{"file": "/etc/passwd"}]}', '"/etc/passwd": a "file" is named from its folder on'),
    "itself": (b'{"documents": [{"file": "meta.json"}]}', "the list itself is no"),
    "an empty name": (b'{"documents": [{"file": ""}]}', "has no name"),
    "a dot": (b'{"documents": [{"file": "./a.txt"}]}', "empty component"),
    "a file that is never seen": (b'{"documents": [{"file": ".a.txt"}]}', "it lists .a.txt: names that begin with a dot"),
    "a sidecar": (b'{"documents": [{"file": "a.txt.meta.json"}]}', "this is the name of a sidecar"),
    "two lists": (b'{"documents": [{"file": "a.txt"}], "documents": []}', "it is there twice"),
    "tags in one text": (b'{"documents": [{"file": "a.txt"}], "tags": "tax"}', 'member "tags": a list of texts is expected'),
    "a name of penstock's": (b'{"documents": [{"file": "a.txt"}], "files": 1}', "this name is penstock's own"),
    "too many": (b'{"documents": [{"file": "a.txt"}, {"file": "b.txt"}, {"file": "c.txt"}, {"file": "d.txt"}]}', "more files than PENSTOCK_MAX_FOLDER_FILES"),
}


def test_what_is_wrong_with_a_list_is_said(penstock):
    """What it names, as far as it can be read, goes with it; other files are documents of their own."""
    penstock.settings["PENSTOCK_MAX_FOLDER_FILES"] = 3
    for n, (data, _) in enumerate(WRONG.values()):
        penstock.drop_folder(f"{n}", {"meta.json": data, "a.txt": f"a file of folder {n}"})
    penstock.drop("good.txt", "good")
    assert penstock.run_once() == QUARANTINED
    assert penstock.inbox_files() == []
    failed = {f["path"]: f for f in penstock.json("failed")}
    assert set(failed) == {f"{n}/meta.json" for n in range(len(WRONG))}
    kept = 0
    for n, (data, reason) in enumerate(WRONG.values()):
        told = failed[f"{n}/meta.json"]
        assert reason in told["reason"] and "as the list of its folder's files it is wrong" in told["reason"], (n, told)
        files = penstock.files(penstock.quarantine / str(told["job"]))
        assert files.pop("meta.json") == data
        job = penstock.job(f"{n}/a.txt")
        if b'"file": "a.txt"' in data and job is None:
            assert files == {"a.txt": f"a file of folder {n}".encode()}
            kept += 1
        else:
            assert files == {} and job["outcome"] == "stored"
        answer = penstock.json("explain", str(penstock.inbox / f"{n}/meta.json"))
        assert answer["state"] == "quarantined" and reason in answer["detail"]
    assert kept == 9
    assert penstock.value("select count(*) from penstock.documents") == 1 + len(WRONG) - kept


def test_links_and_folders_are_no_files_of_a_folder(penstock):
    (penstock.outside / "secret.txt").write_text("secret")
    penstock.start(PENSTOCK_FOLDER_WAIT="500ms")
    for name in ("link", "folder"):
        penstock.make_folder(penstock.inbox / name)
    (penstock.inbox / "link/a.txt").symlink_to(penstock.outside / "secret.txt")
    (penstock.inbox / "folder/a.txt").mkdir()
    for name in ("link", "folder"):
        penstock.drop(f"{name}/meta.json", listing("a.txt"))
    penstock.wait_jobs(2)
    assert [f["reason"] for f in penstock.json("failed")] == [
        "its file a.txt is no regular file (a link, or a folder), and did not come within PENSTOCK_FOLDER_WAIT=500ms"
    ] * 2
    assert penstock.value("select count(*) from penstock.documents") == 0
    assert (penstock.outside / "secret.txt").exists()


def test_a_file_that_is_too_large(penstock):
    penstock.drop_folder("f", folder({"a.txt": A, "b.txt": "x" * 2000}))
    assert penstock.run_once(PENSTOCK_MAX_BYTES="1000") == QUARANTINED
    (failed,) = penstock.json("failed")
    assert failed["reason"] == "its file b.txt has 2000 bytes, more than PENSTOCK_MAX_BYTES=1000"
    assert len(penstock.files(penstock.quarantine)) == 3


def test_a_list_that_is_mended_in_quarantine_comes_back_as_a_whole(penstock):
    files = {"meta.json": listing("a.txt", "sub/b.txt", tags=5), "a.txt": A, "sub/b.txt": B}
    penstock.drop_folder("f", files)
    assert penstock.run_once() == QUARANTINED
    (failed,) = penstock.json("failed")
    place = penstock.quarantine / str(failed["job"])
    assert set(penstock.files(place)) == set(files)
    (place / "meta.json").write_text(listing("a.txt", "sub/b.txt", tags=["five"]))

    before = penstock.files(penstock.quarantine)
    for name in files:
        penstock.drop(f"f/{name}", "it has the place of another")
        assert "has its place" in penstock.command("retry", str(failed["job"]), code=FAILED).stderr
        assert penstock.files(penstock.quarantine) == before
        (penstock.inbox / "f" / name).unlink()

    penstock.start()  # it must not take what comes back for documents of their own
    penstock.command("retry", str(failed["job"]))
    penstock.wait_filed(2)
    assert penstock.sql("select name, body from penstock.documents") == [("f/meta.json", f"{A}\n\n{B}")]
    assert penstock.json("failed") == [] and not place.exists()
    assert penstock.stop() == DONE


# ---- files that are missing ----


def test_a_folder_waits_for_its_files(penstock):
    penstock.start()
    files = folder({"a.txt": A, "b.txt": B, "c.txt": C})
    list_ = penstock.drop("f/meta.json", files["meta.json"])
    answer = wait_until("it waits", lambda: (a := penstock.json("explain", str(list_)))["stage"] == "missing" and a)
    assert answer["state"] == "waiting" and "its file a.txt is not there, and 2 more are missing" in answer["detail"]
    a = penstock.drop("f/a.txt", A)
    penstock.drop("f/c.txt", C)
    wait_until("it names the other", lambda: "its file b.txt is not there" in penstock.json("explain", str(list_))["detail"])
    answer = penstock.json("explain", str(a))
    assert answer["stage"] == "listed" and "ask about f/meta.json (missing: its file b.txt is not there" in answer["detail"]
    assert penstock.value("select count(*) from penstock.documents") == 0
    penstock.drop("f/b.txt", B)
    penstock.wait_filed(1)
    assert penstock.document("f/meta.json")["body"] == "\n\n".join([A, B, C])
    assert archived(penstock, files)
    answer = penstock.json("explain", str(a))
    assert answer["state"] == "unknown" and "meta.json of its folder lists" in answer["detail"]
    assert penstock.stop() == DONE


def test_a_folder_whose_files_do_not_come_is_quarantined_and_comes_back(penstock):
    penstock.start(PENSTOCK_FOLDER_WAIT="600ms")
    penstock.drop_folder("f", {"meta.json": listing("a.txt", "b.txt"), "a.txt": A})
    penstock.wait_filed(1)
    (failed,) = penstock.json("failed")
    assert failed["path"] == "f/meta.json"
    assert failed["reason"] == "its file b.txt is not there, and did not come within PENSTOCK_FOLDER_WAIT=600ms"
    assert set(penstock.files(penstock.quarantine / str(failed["job"]))) == {"meta.json", "a.txt"}
    assert penstock.stop() == DONE

    penstock.settings["PENSTOCK_FOLDER_WAIT"] = "10min"
    penstock.command("retry", "--all")
    penstock.drop("f/b.txt", B)
    assert penstock.run_once() == DONE
    assert penstock.document("f/meta.json")["body"] == f"{A}\n\n{B}"
    assert penstock.json("failed") == [] and penstock.inbox_files() == []


def test_once_leaves_a_folder_that_waits_and_says_so(penstock):
    penstock.drop_folder("f", {"meta.json": listing("a.txt", "b.txt"), "a.txt": A})
    penstock.drop("other.txt", C)
    assert penstock.run_once() == FAILED
    assert penstock.inbox_files() == ["f/a.txt", "f/meta.json"]
    penstock.drop("f/b.txt", B)
    assert penstock.run_once() == DONE
    assert penstock.document("f/meta.json")["body"] == f"{A}\n\n{B}"
    assert penstock.value("select count(*) from penstock.documents") == 2


def test_a_list_that_is_taken_away_sets_its_files_free(penstock):
    penstock.start()
    list_ = penstock.drop("f/meta.json", listing("a.txt", "b.txt"))
    penstock.drop("f/a.txt", A)
    wait_until("it waits", lambda: penstock.json("explain", str(list_))["stage"] == "missing")
    list_.unlink()
    penstock.wait_filed(2)
    assert penstock.job("f/meta.json")["outcome"] == "vanished"
    assert penstock.document("f/a.txt")["body"] == A


def test_a_list_that_is_mended_while_it_waits(penstock):
    penstock.start()
    list_ = penstock.drop("f/meta.json", listing("a.txt", "b.tx"))
    penstock.drop("f/a.txt", A)
    penstock.drop("f/b.txt", B)
    wait_until("it waits", lambda: penstock.json("explain", str(list_))["stage"] == "missing")
    files = folder({"a.txt": A})
    penstock.drop("f/meta.json", files["meta.json"])
    penstock.wait_filed(3)
    assert penstock.document("f/meta.json")["body"] == A and penstock.document("f/b.txt")["body"] == B


def test_a_file_that_is_still_written_keeps_its_folder_waiting(penstock):
    penstock.start(PENSTOCK_SETTLE_MS="200ms")
    list_ = penstock.drop("f/meta.json", listing("a.txt", "b.txt"))
    penstock.drop("f/a.txt", A)
    with open(penstock.inbox / "f/b.txt", "w") as growing:
        growing.write(B[:5])
        growing.flush()
        wait_until("it waits", lambda: "its file b.txt may still be growing" in penstock.json("explain", str(list_))["detail"])
        time.sleep(1)
        assert penstock.value("select count(*) from penstock.documents") == 0
        growing.write(B[5:])
    penstock.wait_filed(1)
    assert penstock.document("f/meta.json")["body"] == f"{A}\n\n{B}"


# ---- again, and anew ----


def test_the_same_folder_again_is_a_duplicate(penstock):
    files = folder({"a.txt": A, "b.txt": B}, id="letter")
    for name in ("1", "2"):
        penstock.drop_folder(name, files)
        assert penstock.run_once() == DONE
        assert penstock.inbox_files() == []
    assert (penstock.job("1/meta.json")["outcome"], penstock.job("2/meta.json")["outcome"]) == ("stored", "duplicate")
    assert penstock.value("select count(*) from penstock.documents") == 1
    assert archived(penstock, files)
    assert penstock.value("select count(*) from penstock.events") == 0


def test_a_changed_file_is_a_new_version(penstock):
    for n, text in enumerate([B, C, B]):
        penstock.drop_folder(f"{n}", folder({"a.txt": A, "b.txt": text}, id="letter"))
        assert penstock.run_once() == DONE
    assert penstock.sql("select version, name, body from penstock.documents where external_id = 'letter' order by 1") == [
        (1, "0/meta.json", f"{A}\n\n{B}"), (2, "1/meta.json", f"{A}\n\n{C}"),
    ]
    assert penstock.job("2/meta.json")["outcome"] == "duplicate"
    assert [hit["name"] for hit in penstock.json("search", "cats")] == ["1/meta.json"]


def test_a_folder_that_is_kept_is_not_read_again_until_a_file_changes(penstock):
    penstock.drop_folder("f", folder({"a.txt": A, "b.txt": B}, id="letter"))
    penstock.start(PENSTOCK_AFTER="keep", PENSTOCK_RESCAN_SECONDS=1)
    penstock.wait_jobs(1)
    rescans = penstock.status()["counters"]["rescans"]
    wait_until("it has looked again", lambda: penstock.status()["counters"]["rescans"] > rescans + 2)
    assert penstock.value("select count(*) from penstock.jobs") == 1
    assert penstock.value("select attempt from penstock.jobs") == 1
    penstock.drop("f/b.txt", C)
    penstock.wait_for("the new version", "select count(*) from penstock.documents", equals=2)
    assert penstock.sql("select version, body from penstock.documents order by 1") == [(1, f"{A}\n\n{B}"), (2, f"{A}\n\n{C}")]
    assert penstock.value("select count(*) from penstock.jobs") == 1
    penstock.drop("f/other.txt", "not listed")
    penstock.wait_for("it is a document", "select count(*) from penstock.documents", equals=3)
    assert penstock.value("select attempt from penstock.jobs where path = 'f/meta.json'") == 2
    assert penstock.stop() == DONE

    (penstock.inbox / "f/a.txt").write_text("changed while no service ran")
    assert penstock.run_once(PENSTOCK_AFTER="keep") == DONE
    assert penstock.value("select body from penstock.documents where version = 3") == f"changed while no service ran\n\n{C}"
    assert penstock.run_once(PENSTOCK_AFTER="keep") == DONE
    assert penstock.value("select count(*) from penstock.documents") == 4
    assert penstock.inbox_files() == ["f/a.txt", "f/b.txt", "f/meta.json", "f/other.txt"]


def test_a_folder_is_deleted_as_a_whole(penstock):
    penstock.drop_folder("f", {**folder({"a.txt": A, "sub/b.txt": B}), "other.txt": C})
    assert penstock.run_once(PENSTOCK_AFTER="delete") == DONE
    assert penstock.inbox_files() == [] and penstock.files(penstock.archive) == {}
    assert list(penstock.archive.iterdir()) == []
    assert penstock.value("select count(*) from penstock.documents") == 2


# ---- what lies in it ----


def test_an_archive_as_a_part(penstock):
    letter = (
        "From: a@example.org\nDate: Tue, 5 Mar 2024 10:00:00 +0000\nSubject: bill\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nsee the bill\n--x\n'
        'Content-Type: text/plain\nContent-Disposition: attachment; filename="bill.txt"\n\nfour euro\n--x--\n'
    )
    penstock.drop_folder("f", folder({"letter.eml": letter, "box.zip": BOX, "a.txt": A}))
    assert penstock.run_once() == DONE
    document = penstock.document("f/meta.json")
    assert document["body"].endswith(A) and "see the bill" in document["body"]
    assert [f["media_type"] for f in document["metadata"]["files"]] == ["message/rfc822", "application/zip", "text/plain"]
    rows = penstock.sql(
        "select p.ordinal, p.path, d.body from penstock.parts p join penstock.documents d on d.id = p.document_id"
        " where p.parent_id = %s order by p.ordinal", document["id"],
    )
    assert [ordinal for ordinal, _, _ in rows] == list(range(1, len(rows) + 1))
    assert rows[0][1:] == ("letter.eml/bill.txt", "four euro")
    assert len(rows) > 2 and all(path.startswith("box.zip/") for _, path, _ in rows[1:])


def test_a_nested_folder(penstock):
    """Each is a document; the outer one's list comes first."""
    inner = folder({"x.txt": C})
    outer = folder({"a.txt": A, "inner/y.txt": B})
    penstock.start()
    penstock.drop_folder("f", {**outer, **{f"inner/{name}": data for name, data in inner.items()}})
    penstock.wait_filed(2)
    assert penstock.sql("select name, body from penstock.documents order by name") == [
        ("f/inner/meta.json", C), ("f/meta.json", f"{A}\n\n{B}"),
    ]
    assert archived(penstock, inner) and archived(penstock, outer)


def test_many_folders_at_once(penstock):
    n = 150
    for k in range(n):
        penstock.drop_folder(f"{k}", folder({"a.txt": f"first of {k}", "b.txt": f"second of {k}"}, id=k, tags=[f"t{k % 3}"]))
        penstock.drop(f"{k}.txt", f"alone {k}")
    penstock.start(PENSTOCK_WORKERS=3)
    penstock.wait_filed(2 * n, timeout=60)
    rows = dict(penstock.sql("select external_id, body from penstock.documents where external_id is not null"))
    assert rows == {str(k): f"first of {k}\n\nsecond of {k}" for k in range(n)}
    assert penstock.value("select count(*) from penstock.documents") == 2 * n
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0
    assert len(penstock.json("search", "--tag", "t0", "--limit", "100")) == n // 3
    assert penstock.stop() == DONE


def test_a_large_folder(penstock):
    files = {f"{k:04}.txt": f"page {k}" for k in range(700)}
    penstock.drop_folder("f", folder(files))
    assert penstock.run_once() == DONE
    assert penstock.document("f/meta.json")["body"] == "\n\n".join(files.values())
    assert penstock.value("select count(*) from penstock.documents") == 1 and penstock.inbox_files() == []


@pytest.mark.parametrize("victim", ["worker", "pool", "intake", "supervisor"])
def test_kills_in_the_middle(penstock, victim):
    folders = {k: folder({f"{p}.txt": f"page {p} of {k}" for p in range(5)}) for k in range(40)}
    penstock.start(PENSTOCK_WORKERS=2)
    for k, files in folders.items():
        penstock.drop_folder(f"{k}", files)
        if k % 8 == 7:
            kill(penstock, victim)
    penstock.wait_filed(len(folders), timeout=60)
    assert dict(penstock.sql("select name, body from penstock.documents")) == {
        f"{k}/meta.json": "\n\n".join(f"page {p} of {k}" for p in range(5)) for k in folders
    }
    assert all(archived(penstock, files) for files in folders.values())
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0
    assert penstock.files(penstock.quarantine) == {}


def kill(penstock, victim):
    if victim == "supervisor":
        penstock.kill()
        penstock.start(PENSTOCK_WORKERS=2)
    elif victim == "worker":
        for pid in filter(None, penstock.workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    else:
        penstock.kill_role(victim)


# ---- extract ----


def test_extract_reads_a_folder(penstock):
    files = folder({"b.txt": B, "a.txt": A}, id="17", title="Letters")
    for name, data in files.items():
        path = penstock.outside / "f" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(data)
    for argument in ("f", "f/meta.json"):
        (file,) = penstock.json("extract", str(penstock.outside / argument))
        assert (file["text"], file["title"], file["external_id"]) == (f"{B}\n\n{A}", "Letters", "17")
        assert file["sha256"] == digest(files) and file["metadata"]["file_count"] == 2
    (penstock.outside / "f/a.txt").unlink()
    assert "its file a.txt is not there" in penstock.command("extract", str(penstock.outside / "f"), code=FAILED).stderr
    (penstock.outside / "f/meta.json").write_text('{"documents": 5}')
    assert "its meta.json is wrong: member" in penstock.command("extract", str(penstock.outside / "f"), code=FAILED).stderr
    (penstock.outside / "f/meta.json").write_text('{"title": "x"}')
    assert "lists no files" in penstock.command("extract", str(penstock.outside / "f"), code=FAILED).stderr
    assert penstock.json("extract", str(penstock.outside / "f/meta.json"))[0]["media_type"] == "application/json"
