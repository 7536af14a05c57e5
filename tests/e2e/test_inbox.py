"""A file in the inbox becomes one document, once, and its original is kept."""

import os
import time

import pytest
from penstock import sha256, wait_until


@pytest.mark.sanitize
def test_a_file_becomes_a_document(penstock):
    text = "The penstock carries water to the turbine.\nZürich, naïve, 日本語\n"
    penstock.start()
    penstock.drop("river/report.txt", text)
    penstock.wait_for("it is stored", "select count(*) from penstock.documents", equals=1)

    document = penstock.document("river/report.txt")
    assert document["body"] == text
    assert document["sha256"] == sha256(text.encode())
    assert document["byte_size"] == len(text.encode())
    assert document["media_type"] == "text/plain"
    assert document["collection"] == "default"
    job = penstock.job("river/report.txt")
    assert (job["state"], job["outcome"], job["attempt"], job["strikes"]) == ("done", "stored", 1, 0)
    assert job["document_id"] == document["id"]
    assert job["size"] == len(text.encode())
    wait_until("the original is filed away", lambda: penstock.inbox_files() == [])
    assert penstock.original(text).read_text() == text
    assert penstock.stop() == 0


def test_the_same_bytes_under_two_names_are_one_document_and_two_jobs(penstock):
    penstock.start()
    penstock.drop("first.txt", "the same")
    penstock.wait_filed(1)
    penstock.drop("second.txt", "the same")
    penstock.wait_filed(2)

    assert penstock.value("select count(*) from penstock.documents") == 1
    assert penstock.job("first.txt")["outcome"] == "stored"
    second = penstock.job("second.txt")
    assert second["outcome"] == "duplicate"
    assert second["document_id"] == penstock.document("first.txt")["id"]
    assert len(penstock.files(penstock.archive)) == 1


def test_the_same_bytes_twice_in_one_batch_are_one_document(penstock):
    penstock.drop_folder("twins", {f"{n}.txt": "all the same" for n in range(50)})
    assert penstock.run_once() == 0
    outcomes = dict(penstock.sql("select outcome, count(*) from penstock.jobs group by outcome"))
    assert outcomes == {"stored": 1, "duplicate": 49}
    assert penstock.value("select count(*) from penstock.documents") == 1


@pytest.mark.parametrize("keep_times", [False, True], ids=["new times", "old times"])
def test_a_folder_dropped_again_brings_only_duplicates(penstock, keep_times):
    files = {f"{n % 3}/{n}.txt": f"document {n}" for n in range(30)}
    times = (1_000_000_000, 1_000_000_000)
    for round_ in (1, 2):
        for name, text in files.items():
            path = penstock.write(name, text)
            if keep_times:
                os.utime(path, times)
        assert penstock.run_once() == 0
        assert penstock.value("select count(*) from penstock.jobs") == 30 * round_
    assert penstock.value("select count(*) from penstock.documents") == 30
    assert penstock.value("select count(*) from penstock.jobs where outcome = 'duplicate'") == 30
    assert penstock.inbox_files() == []


@pytest.mark.sanitize
def test_a_folder_is_moved_in_whole(penstock):
    files = {"a.txt": "a", "one/b.txt": "b", "one/two/three/c.txt": "c"}
    penstock.start()
    penstock.drop_folder("tree", files)
    penstock.wait_filed(3)
    penstock.stop()
    penstock.check_everything({f"tree/{name}": text for name, text in files.items()})


def test_folders_made_while_it_runs_are_watched(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    files = {}
    for depth in range(1, 8):
        name = "/".join(f"level{n}" for n in range(depth)) + "/file.txt"
        files[name] = f"at depth {depth}"
        penstock.write(name, files[name])
    penstock.wait_filed(len(files))
    deepest = next(reversed(files)).replace("file.txt", "later.txt")
    files[deepest] = penstock.write(deepest, "later, in a known folder").read_text()
    penstock.wait_filed(len(files))
    penstock.stop()
    penstock.check_everything(files)


def test_a_folder_renamed_while_it_runs_keeps_being_watched(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    penstock.write("before/1.txt", "one")
    penstock.wait_filed(1)
    os.rename(penstock.inbox / "before", penstock.inbox / "after")
    penstock.write("after/2.txt", "two")
    penstock.wait_filed(2)
    assert penstock.job("after/2.txt")["outcome"] == "stored"


HIDDEN = [".hidden", "upload.part", "writing.tmp", "~$letter.docx", "page.crdownload", ".git/config", "dir.part/inner.txt"]


def test_hidden_and_temporary_names_are_left_alone(penstock):
    for name in HIDDEN:
        penstock.write(name, "not a document")
    penstock.drop("document.txt", "a document")
    penstock.start()
    for name in HIDDEN:
        penstock.write(name, "still not a document")
    penstock.drop("another.txt", "another document")
    penstock.wait_jobs(2)
    assert penstock.stop() == 0
    assert penstock.inbox_files() == sorted(HIDDEN)
    assert penstock.value("select count(*) from penstock.jobs") == 2


def test_a_temporary_name_becomes_a_document_when_it_is_renamed(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    path = penstock.write("upload.part", "finished now")
    os.rename(path, penstock.inbox / "upload.txt")
    penstock.wait_filed(1)
    assert penstock.document("upload.txt")["body"] == "finished now"


def test_a_file_that_keeps_an_old_time_is_found(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    waiting = penstock.outside / "old.txt"
    waiting.write_text("from long ago")
    os.utime(waiting, (86_400, 86_400))
    os.rename(waiting, penstock.inbox / "old.txt")
    penstock.wait_filed(1)
    assert penstock.value("select mtime from penstock.jobs") == 86_400 * 10**9


def test_a_hard_link_is_found(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    waiting = penstock.outside / "linked.txt"
    waiting.write_text("linked in")
    os.link(waiting, penstock.inbox / "linked.txt")
    penstock.wait_filed(1)
    assert waiting.read_text() == "linked in"


def test_a_growing_file_is_stored_only_when_it_is_whole(penstock):
    """Its writer pauses for much longer than files take to settle, but has it open all the while."""
    penstock.start(PENSTOCK_RESCAN_SECONDS=1)
    with open(penstock.inbox / "growing.txt", "w") as file:
        for n in range(5):
            file.write(f"line {n}\n")
            file.flush()
            time.sleep(0.4)
            assert penstock.value("select count(*) from penstock.documents") == 0
    penstock.wait_filed(1)
    assert penstock.document("growing.txt")["body"] == "".join(f"line {n}\n" for n in range(5))
    assert penstock.value("select count(*) from penstock.documents") == 1


def test_a_file_written_in_pieces_waits_until_it_settles(penstock):
    """Its writer opens and closes it for every piece."""
    penstock.start(PENSTOCK_SETTLE_MS="700ms")
    for n in range(5):
        with open(penstock.inbox / "pieces.txt", "a") as file:
            file.write(f"piece {n}\n")
        time.sleep(0.2)
        assert penstock.value("select count(*) from penstock.documents") == 0
    penstock.wait_filed(1)
    assert penstock.document("pieces.txt")["body"] == "".join(f"piece {n}\n" for n in range(5))


def test_a_file_that_changes_after_it_was_stored_is_a_new_document(penstock):
    penstock.start(PENSTOCK_AFTER="keep")
    penstock.write("diary.txt", "monday")
    penstock.wait_jobs(1)
    penstock.write("diary.txt", "monday, tuesday")
    penstock.wait_jobs(2)
    bodies = penstock.sql("select body from penstock.documents where name = 'diary.txt' order by id")
    assert bodies == [("monday",), ("monday, tuesday",)]


def test_after_delete_the_original_is_gone(penstock):
    penstock.start(PENSTOCK_AFTER="delete")
    penstock.drop("short lived.txt", "text")
    penstock.wait_filed(1)
    assert penstock.files(penstock.archive) == {}
    assert penstock.document("short lived.txt")["body"] == "text"


def test_after_keep_the_files_stay_and_are_not_worked_on_again(penstock):
    files = {f"{n}.txt": f"kept {n}" for n in range(20)}
    for name, text in files.items():
        penstock.write(name, text)
    penstock.start(PENSTOCK_AFTER="keep", PENSTOCK_RESCAN_SECONDS=1)
    penstock.wait_jobs(20)
    rescans = penstock.status()["counters"]["rescans"]
    wait_until("three more rescans", lambda: penstock.status()["counters"]["rescans"] >= rescans + 3)
    assert penstock.status()["counters"]["claimed"] == 20
    assert penstock.stop() == 0

    assert penstock.run_once(PENSTOCK_AFTER="keep") == 0
    assert penstock.value("select count(*) from penstock.jobs") == 20
    assert penstock.value("select max(attempt) from penstock.jobs") == 1
    assert sorted(penstock.inbox_files()) == sorted(files)
    assert penstock.files(penstock.archive) == {}


def test_the_same_bytes_in_two_collections_are_two_documents(penstock):
    bills, mail = penstock.folder / "bills", penstock.folder / "mail"
    bills.mkdir(), mail.mkdir()
    penstock.start(PENSTOCK_INBOX=f"bills={bills},mail={mail}")
    penstock.drop("a.txt", "shared by none", inbox=bills)
    penstock.drop("a.txt", "shared by none", inbox=mail)
    penstock.wait_jobs(2)
    rows = penstock.sql("select collection, name, body from penstock.documents order by collection")
    assert rows == [("bills", "a.txt", "shared by none"), ("mail", "a.txt", "shared by none")]
    assert penstock.json("search", "shared", "--collection", "mail")[0]["collection"] == "mail"
    assert len(penstock.json("search", "shared", "--collection", "mail")) == 1
    assert penstock.json("explain", str(bills / "a.txt"))["collection"] == "bills"


def test_files_dropped_while_nothing_runs_are_found_at_start(penstock):
    files = {f"{n}.txt": f"waiting {n}" for n in range(100)}
    for name, text in files.items():
        penstock.drop(name, text)
    penstock.start()
    penstock.wait_filed(100)
    penstock.stop()
    penstock.check_everything(files)
