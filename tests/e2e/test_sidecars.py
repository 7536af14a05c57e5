"""NAME.meta.json beside NAME says what NAME is: the two go together, and what is wrong with one is told."""

import json
import os
import pathlib
import time

import pytest
from penstock import DONE, FAILED, QUARANTINED, USAGE, sha256, wait_until

BILL = "the bill of the plumber"
ABOUT = {
    "id": 17,
    "title": "Plumber, March",
    "created_at": "2024-03-05 10:00",
    "language": "de",
    "tags": ["Tax, 2024", "House", "tax 2024"],
    "source": "scanner 2",
    "pages": {"scanned": 3, "skew": [0.5, -1]},
    "metadata": {"creator": "Plumber & Sons", "customer": 4711, "tags_of_scanner": ["x"]},
}


def sidecar(**members):
    return json.dumps(members)


def drop_pair(penstock, name, text, **members):
    penstock.drop(f"{name}.meta.json", sidecar(**members))
    return penstock.drop(name, text)


def bill(penstock):
    return penstock.document("bill.txt")


def check_bill(penstock):
    document = bill(penstock)
    assert (document["title"], document["language"], document["body"]) == ("Plumber, March", "de", BILL)
    metadata = document["metadata"]
    assert metadata["tags"] == ["tax-2024", "house"]
    assert metadata["created"] == "2024-03-05T10:00:00"
    assert metadata["source"] == "scanner 2" and metadata["creator"] == "Plumber & Sons"
    assert metadata["pages"] == ABOUT["pages"] and metadata["customer"] == 4711
    assert metadata["tags_of_scanner"] == ["x"] and "id" not in metadata
    assert penstock.value("select external_id from penstock.documents where name = 'bill.txt'") == "17"
    assert penstock.value("select count(*) from penstock.documents") == 1


def beside(path, name=".meta.json"):
    return pathlib.Path(f"{path}{name}")


def archived(penstock):
    return {os.path.basename(path): data for path, data in penstock.files(penstock.archive).items()}


@pytest.mark.parametrize("first", ["sidecar", "file"])
def test_a_pair_is_one_document_whichever_comes_first(penstock, first):
    penstock.start(PENSTOCK_SETTLE_MS="300ms")
    names = ["bill.txt.meta.json", "bill.txt"] if first == "sidecar" else ["bill.txt", "bill.txt.meta.json"]
    for name in names:
        penstock.write(name, BILL if name == "bill.txt" else json.dumps(ABOUT))
        time.sleep(0.05)
    penstock.wait_filed(1)
    check_bill(penstock)
    assert archived(penstock) == {
        sha256(BILL.encode()): BILL.encode(),
        f"{sha256(BILL.encode())}.meta.json": json.dumps(ABOUT).encode(),
    }
    assert "sidecar=applied" in penstock.log()
    answer = penstock.json("explain", str(penstock.inbox / "bill.txt.meta.json"))
    assert answer["state"] == "unknown" and "that of bill.txt: ask about that one" in answer["detail"]
    assert penstock.stop() == DONE


def test_a_pair_that_is_moved_in_together(penstock):
    penstock.start()
    penstock.drop_folder("in", {"bill.txt": BILL, "bill.txt.meta.json": json.dumps(ABOUT)})
    penstock.wait_filed(1)
    assert penstock.document("in/bill.txt")["title"] == "Plumber, March"


def test_pairs_that_were_there_before_the_service(penstock):
    for n in range(40):
        drop_pair(penstock, f"{n}.txt", f"document {n}", id=n, title=f"Title {n}")
    penstock.drop("alone.txt", "has no sidecar")
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.documents where title = 'Title ' || external_id") == 40
    assert penstock.value("select count(*) from penstock.documents where external_id is null") == 1
    assert penstock.value("select count(*) from penstock.jobs") == 41
    assert penstock.inbox_files() == []


def test_a_sidecar_that_is_still_written_keeps_its_file_waiting(penstock):
    penstock.start(PENSTOCK_SETTLE_MS="200ms")
    with open(penstock.inbox / "bill.txt.meta.json", "w") as growing:
        growing.write(json.dumps(ABOUT)[:20])
        growing.flush()
        path = penstock.drop("bill.txt", BILL)
        for _ in range(5):
            time.sleep(0.1)
            os.utime(growing.fileno())
            assert bill(penstock) is None
        answer = penstock.json("explain", str(path))
        assert answer["state"] == "settling" and "bill.txt.meta.json may still be growing" in answer["detail"]
        growing.write(json.dumps(ABOUT)[20:])
    penstock.wait_filed(1)
    check_bill(penstock)


def test_a_sidecar_waits_for_its_file(penstock):
    penstock.start()
    path = penstock.drop("bill.txt.meta.json", json.dumps(ABOUT))
    answer = wait_until(
        "it waits",
        lambda: (a := penstock.json("explain", str(path)))["stage"] == "sidecar" and a,
    )
    assert answer["state"] == "waiting" and "sidecar of bill.txt, which is not there" in answer["detail"]
    assert penstock.value("select count(*) from penstock.jobs") == 0
    penstock.drop("bill.txt", BILL)
    penstock.wait_filed(1)
    check_bill(penstock)


def test_a_sidecar_whose_file_does_not_come_is_quarantined_and_comes_back(penstock):
    penstock.start(PENSTOCK_SIDECAR_WAIT="300ms")
    path = penstock.drop("bill.txt.meta.json", json.dumps(ABOUT))
    penstock.wait_filed(1)
    (failed,) = penstock.json("failed")
    assert failed["path"] == "bill.txt.meta.json"
    assert "sidecar of bill.txt, which did not come within PENSTOCK_SIDECAR_WAIT=300ms" in failed["reason"]
    assert penstock.json("explain", str(path))["state"] == "quarantined"
    penstock.drop("other.txt", "another document")  # not stopped by it
    penstock.wait_filed(2)
    assert penstock.stop() == DONE

    penstock.settings["PENSTOCK_SIDECAR_WAIT"] = "10min"
    penstock.command("retry", "--all")
    penstock.drop("bill.txt", BILL)
    assert penstock.run_once() == DONE
    assert bill(penstock)["title"] == "Plumber, March"
    assert penstock.json("failed") == [] and penstock.inbox_files() == []


def test_a_sidecar_that_is_taken_away_is_forgotten(penstock):
    penstock.start()
    path = penstock.drop("bill.txt.meta.json", json.dumps(ABOUT))
    wait_until("it waits", lambda: penstock.json("explain", str(path))["stage"] == "sidecar")
    path.unlink()
    wait_until("it is forgotten", lambda: penstock.json("explain", str(path))["stage"] is None)
    penstock.drop("bill.txt", BILL)
    penstock.wait_filed(1)
    assert bill(penstock)["title"] is None
    assert penstock.stop() == DONE


def test_a_sidecar_that_may_not_be_read_holds_its_file(make, server, database, programs_for_all):
    """Root may read everything, so then it is nobody's service."""
    user = "nobody" if os.geteuid() == 0 else None
    penstock = make(url=server.url(database), user=user, PENSTOCK_RESCAN_SECONDS=1)
    penstock.program = str(programs_for_all / "penstock")
    beside_it = penstock.drop("bill.txt.meta.json", json.dumps(ABOUT))
    beside_it.chmod(0)
    path = penstock.drop("bill.txt", BILL)
    assert penstock.run_once() == FAILED
    assert penstock.inbox_files() == ["bill.txt", "bill.txt.meta.json"]
    penstock.start()
    wait_until("it is held", lambda: "bill.txt.meta.json cannot be opened" in penstock.json("explain", str(path))["detail"])
    assert penstock.value("select count(*) from penstock.jobs") == 0
    beside_it.chmod(0o644)
    penstock.wait_jobs(1)
    assert penstock.document("bill.txt")["title"] == "Plumber, March"


def test_once_leaves_a_sidecar_that_waits_and_says_so(penstock):
    penstock.drop("bill.txt.meta.json", json.dumps(ABOUT))
    penstock.drop("other.txt", "another document")
    assert penstock.run_once() == FAILED
    assert penstock.inbox_files() == ["bill.txt.meta.json"]
    penstock.drop("bill.txt", BILL)
    assert penstock.run_once() == DONE
    assert bill(penstock)["title"] == "Plumber, March"


WRONG = {
    "no JSON": (b'{"title": "a"', "it is not JSON: line 1"),
    "two values": (b'{"title": "a"}\n{"title": "b"}', "it is not JSON: line 2"),
    "no object": (b'["a"]', "an object is expected"),
    "empty": (b"", "an object is expected"),
    "no UTF-8": (b'{"title":\n"caf\xe9"}', "it is not UTF-8: line 2"),
    "a title of a number": (b'{"title": 5}', 'member "title": a text is expected'),
    "tags in one text": (b'{"tags": "tax, house"}', 'member "tags": a list of texts is expected'),
    "a tag of a number": (b'{"tags": ["tax", 2024]}', 'member "tags": a list of texts is expected'),
    "a tag of nothing": (b'{"tags": ["!"]}', 'member "tags": a tag has neither letter nor digit'),
    "no date": (b'{"created_at": "yesterday"}', 'member "created_at": a date is expected'),
    "no language": (b'{"language": "English, mostly"}', 'member "language": a language is expected'),
    "an id of a list": (b'{"id": [1]}', 'member "id": a text or a whole number is expected'),
    "two ids": (b'{"id": 1, "external_id": 2}', 'member "external_id": it is there twice'),
    "metadata of a text": (b'{"metadata": "x"}', 'member "metadata": an object is expected'),
    "twice": (b'{"source": "a", "metadata": {"source": "b"}}', 'member "metadata.source": it is there twice'),
    "a number without end": (b'{"size": 1e99999}', 'member "size": a number is too long'),
    "too deep": (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "it is nested more than 16 deep"),
    "too large": (b'{"a": "' + b"x" * 70000 + b'"}', "it has more than 65536 bytes"),
    "a name of penstock's": (b'{"truncated": false}', "this name is penstock's own"),
}


def test_what_is_wrong_with_a_sidecar_is_said_and_the_pair_comes_back(penstock):
    names = dict(enumerate(WRONG.values()))
    for n, (data, _) in names.items():
        penstock.drop(f"{n}.txt.meta.json", data)
        penstock.drop(f"{n}.txt", f"document {n}")
    penstock.drop("good.txt", "good")
    assert penstock.run_once() == QUARANTINED
    assert penstock.inbox_files() == []
    failed = {f["path"]: f for f in penstock.json("failed")}
    assert set(failed) == {f"{n}.txt" for n in names}
    for n, (data, reason) in names.items():
        told = failed[f"{n}.txt"]["reason"]
        assert f"its sidecar {n}.txt.meta.json is wrong: " in told and reason in told
        folder = penstock.quarantine / str(failed[f"{n}.txt"]["job"])
        assert penstock.files(folder) == {f"{n}.txt": f"document {n}".encode(), f"{n}.txt.meta.json": data}
        answer = penstock.json("explain", str(penstock.inbox / f"{n}.txt"))
        assert answer["state"] == "quarantined" and reason in answer["detail"]
    assert penstock.value("select count(*) from penstock.documents") == 1

    job = failed["0.txt"]["job"]  # mended where it is
    (penstock.quarantine / str(job) / "0.txt.meta.json").write_text(sidecar(title="mended"))
    penstock.command("retry", str(job))
    assert penstock.inbox_files() == ["0.txt", "0.txt.meta.json"]
    assert not (penstock.quarantine / str(job)).exists()
    assert penstock.run_once() == DONE
    assert penstock.document("0.txt")["title"] == "mended"


def test_retry_brings_back_both_or_none(penstock):
    drop_pair(penstock, "bill.txt", BILL, title=5)
    assert penstock.run_once() == QUARANTINED
    (failed,) = penstock.json("failed")
    before = penstock.files(penstock.quarantine)
    for name in ("bill.txt", "bill.txt.meta.json"):
        penstock.drop(name, "it has the place of another")
        assert "has its place" in penstock.command("retry", str(failed["job"]), code=FAILED).stderr
        assert penstock.files(penstock.quarantine) == before
        assert penstock.inbox_files() == [name]
        (penstock.inbox / name).unlink()


def test_links_and_folders_are_no_sidecars(penstock):
    (penstock.outside / "secret.json").write_text(sidecar(title="secret"))
    (penstock.inbox / "a.txt.meta.json").symlink_to(penstock.outside / "secret.json")
    (penstock.inbox / "b.txt.meta.json").mkdir()
    penstock.drop("a.txt", "document a")
    penstock.drop("b.txt", "document b")
    assert penstock.run_once() == DONE
    assert penstock.document("a.txt")["title"] is None and penstock.document("b.txt")["title"] is None


def test_the_sidecar_of_a_sidecar_is_a_document(penstock):
    penstock.drop("a.txt.meta.json.meta.json", "{}")
    penstock.drop("meta.json", "[]")
    assert penstock.run_once() == DONE
    assert penstock.job("a.txt.meta.json.meta.json")["outcome"] == "stored"
    assert penstock.job("meta.json")["outcome"] == "stored"


# ---- what becomes of the files ----


def test_deleted_together(penstock):
    drop_pair(penstock, "bill.txt", BILL, title="x")
    assert penstock.run_once(PENSTOCK_AFTER="delete") == DONE
    assert penstock.inbox_files() == [] and penstock.files(penstock.archive) == {}
    assert bill(penstock)["title"] == "x"


def test_kept_together_and_not_read_again(penstock):
    path = drop_pair(penstock, "bill.txt", BILL, title="x")
    penstock.start(PENSTOCK_AFTER="keep", PENSTOCK_RESCAN_SECONDS=1, PENSTOCK_SIDECAR_WAIT="100ms")
    penstock.wait_jobs(1)
    rescans = penstock.status()["counters"]["rescans"]
    wait_until("it has looked again", lambda: penstock.status()["counters"]["rescans"] > rescans + 2)
    assert penstock.value("select count(*) from penstock.jobs") == 1
    assert penstock.inbox_files() == ["bill.txt", "bill.txt.meta.json"]

    beside(path).write_text(sidecar(title="too late"))
    wait_until("it says so", lambda: "event=sidecar.late" in penstock.log())
    path.write_text("a new bill of the plumber")
    penstock.wait_jobs(2)
    assert penstock.stop() == DONE
    assert penstock.sql("select title from penstock.documents order by id") == [("x",), ("too late",)]
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.jobs") == 2
    assert penstock.json("failed") == []


def test_the_same_content_with_another_sidecar_is_a_duplicate_and_both_sidecars_are_kept(penstock):
    drop_pair(penstock, "1.txt", BILL, title="first")
    assert penstock.run_once() == DONE
    drop_pair(penstock, "2.txt", BILL, title="second", id="17")
    drop_pair(penstock, "3.txt", BILL, title="first")
    assert penstock.run_once() == DONE
    assert penstock.sql("select title, external_id from penstock.documents") == [("first", None)]
    job = penstock.job("2.txt")["id"]
    name = sha256(BILL.encode())
    assert archived(penstock) == {
        name: BILL.encode(),
        f"{name}.meta.json": sidecar(title="first").encode(),
        f"{name}.{job}.meta.json": sidecar(title="second", id="17").encode(),
    }
    events = penstock.sql("select job_id, details from penstock.events where kind = 'sidecar not applied' order by job_id")
    assert [(j, d.get("external_id")) for j, d in events] == [(job, "17"), (penstock.job("3.txt")["id"], None)]
    assert "sidecar=\"not applied" in penstock.log()


# ---- versions ----


def test_new_content_under_the_same_id_is_the_next_version(penstock):
    for n, text in enumerate(["cats and dogs", "cats and birds", "cats and fish", "cats and birds"]):
        drop_pair(penstock, f"{n}.txt", text, id="pets")
        assert penstock.run_once() == DONE
    drop_pair(penstock, "other.txt", "cats alone", id="cats")
    penstock.drop("none.txt", "cats without an id")
    assert penstock.run_once() == DONE
    rows = penstock.sql("select version, name, id from penstock.documents where external_id = 'pets' order by version")
    assert [(version, name) for version, name, _ in rows] == [(1, "0.txt"), (2, "1.txt"), (3, "2.txt")]
    assert penstock.job("3.txt")["outcome"] == "duplicate"

    names = lambda *arguments: sorted(hit["name"] for hit in penstock.json("search", *arguments))  # noqa: E731
    assert names("cats") == ["2.txt", "none.txt", "other.txt"]
    assert names("dogs") == []
    assert names("cats", "--all-versions") == ["0.txt", "1.txt", "2.txt", "none.txt", "other.txt"]

    first, second, third = (id for _, _, id in rows)
    shown = penstock.command("show", str(second)).stdout
    assert f"2 of pets; earlier: documents {first}; later: documents {third}" in shown
    assert [v["id"] for v in penstock.json("show", str(first))["versions"]] == [first, second, third]
    latest = penstock.json("show", "--external", "pets")
    assert (latest["id"], latest["version"], latest["external_id"]) == (third, 3, "pets")
    assert "no document has the external id" in penstock.command("show", "--external", "x", code=FAILED).stderr
    penstock.command("show", code=USAGE)


def test_versions_count_in_each_collection_by_itself(penstock):
    for name in ("a", "b"):
        (penstock.home / name).mkdir()
        (penstock.home / name / "x.txt.meta.json").write_text(sidecar(id=1))
        (penstock.home / name / "x.txt").write_text(f"document of {name}")
    inboxes = f"a={penstock.home}/a,b={penstock.home}/b"
    assert penstock.run_once(PENSTOCK_INBOX=inboxes) == DONE
    assert penstock.sql("select collection, version from penstock.documents order by 1") == [("a", 1), ("b", 1)]
    assert "one of a, b" in penstock.command("show", "--external", "1", code=USAGE).stderr
    assert penstock.json("show", "--external", "1", "--collection", "b")["collection"] == "b"


def test_versions_have_no_gap_and_no_twin_under_many_batches_at_once(penstock):
    n, ids = 300, 3
    for k in range(n):
        drop_pair(penstock, f"{k}.txt", f"document {k}", id=f"id {k % ids}")
    penstock.drop("again.txt.meta.json", sidecar(id="id 0"))
    penstock.drop("again.txt", "document 0")
    assert penstock.run_once(PENSTOCK_BATCH_ROWS=7, PENSTOCK_WORKERS=4, DB_POOL_MAX=4) == DONE
    rows = penstock.sql("select external_id, array_agg(version order by version) from penstock.documents group by 1 order by 1")
    assert [(id, list(versions)) for id, versions in rows] == [(f"id {k}", list(range(1, n // ids + 1))) for k in range(ids)]
    assert penstock.value("select sum(strikes) from penstock.jobs") == 0
    assert "event=batch.split" not in penstock.log()
    batch = penstock.value(
        "select count(*) from penstock.documents a join penstock.documents b using (external_id, ingested_at)"
        " join penstock.jobs x on x.document_id = a.id and x.outcome = 'stored'"
        " join penstock.jobs y on y.document_id = b.id and y.outcome = 'stored'"
        " where x.id < y.id and a.version > b.version"
    )
    assert batch == 0, "within a transaction versions go by the order of the claims"


# ---- tags ----


def test_tags_are_found(penstock):
    drop_pair(penstock, "1.txt", "bread and butter", tags=["Food", "Käse & Brot"])
    drop_pair(penstock, "2.txt", "bread and circuses", tags=["food", "Rome"])
    drop_pair(penstock, "3.txt", "circuses", tags=["rome"])
    penstock.drop("4.txt", "bread alone")
    assert penstock.run_once() == DONE
    names = lambda *arguments: [hit["name"] for hit in penstock.json("search", *arguments)]  # noqa: E731
    assert sorted(names("bread", "--tag", "food")) == ["1.txt", "2.txt"]
    assert names("bread", "--tag", "FOOD", "--tag", "rome") == ["2.txt"]
    assert names("--tag", "käse brot") == ["1.txt"]
    newest = penstock.sql("select name from penstock.documents where metadata @> '{\"tags\": [\"rome\"]}' order by id desc")
    assert names("--tag", "rome") == [name for (name,) in newest]
    assert names("--tag", "rome", "--limit", "1") == [newest[0][0]]
    assert names("--tag", "food", "--tag", "nothing") == []
    assert penstock.sql("select tag, documents from penstock.tags order by documents desc, tag") == [
        ("food", 2), ("rome", 2), ("käse-brot", 1)
    ]
    hit = penstock.json("search", "--tag", "rome", "--limit", "1")[0]
    assert hit["tags"][-1] == "rome" and hit["snippet"]
    penstock.command("search", code=USAGE)
    penstock.command("search", "--tag", "!", code=USAGE)


# ---- extract ----


def test_extract_reads_the_sidecar(penstock):
    path = penstock.outside / "bill.txt"
    path.write_text(BILL)
    beside(path).write_text(json.dumps(ABOUT))
    (file,) = penstock.json("extract", str(path))
    assert (file["title"], file["language"], file["external_id"], file["sidecar"]) == ("Plumber, March", "de", "17", True)
    assert file["metadata"]["tags"] == ["tax-2024", "house"]
    assert "external id" in penstock.command("extract", str(path)).stdout
    beside(path).write_text(sidecar(tags=5))
    result = penstock.command("extract", str(path), code=FAILED)
    assert 'its sidecar is wrong: member "tags"' in result.stderr
    beside(path).unlink()
    (file,) = penstock.json("extract", str(path))
    assert file["sidecar"] is False and file["title"] is None
