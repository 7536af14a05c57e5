"""Every step can be the last one of a process: what was dropped is still stored once and filed away, and nobody is blamed.

Runs with a build that has failpoints (conftest.py); other builds have no such steps.
"""

import json
import os
import pathlib
import re
import struct
import tempfile

import pytest
from penstock import DONE, REPOSITORY, sha256, wait_until
from test_parts import BOX

TABLE = (REPOSITORY / "include/base/failpoints.def").read_text()
ROWS = re.findall(r'^FAILPOINT\(\w+, "(\w+)", ([01])', TABLE, re.MULTILINE)
POINTS = [name for name, _ in ROWS]
TAKE_ERRORS = [name for name, takes_error in ROWS if takes_error == "1"]
FILES = {f"{n}.txt": f"document {n}" for n in range(3)}


def point_of(way):
    return way.partition(":")[0]


class Failing:
    """A service that fails at the points of FAIL, and is started again when that ends it."""

    def __init__(self, penstock):
        self.penstock, self.counts = penstock, penstock.folder / "counts"

    def start(self, fail, **settings):
        self.penstock.start(ready=False, FAIL=fail, FAIL_COUNTS=self.counts, PENSTOCK_WORKERS=1, **settings)

    def rows(self):
        data = self.counts.read_bytes() if self.counts.exists() else b""
        return {name.rstrip(b"\0").decode(): (hits, fired) for name, hits, fired in struct.iter_unpack("32sQQ", data)}

    def fired(self, way):
        return self.rows().get(point_of(way), (0, 0))[1]

    def keep_running(self):
        """Starts the service again when it was the supervisor that was killed."""
        if self.penstock.process.poll() is not None:
            assert self.penstock.process.returncode == -9, f"it ended with {self.penstock.process.returncode}"
            self.penstock.process = None
            self.penstock.start(ready=False)

    def wait(self, what, condition, timeout=30):
        def is_so():
            self.keep_running()
            return condition()

        wait_until(what, is_so, timeout)

    def wait_empty(self, timeout=30):
        self.wait("the inbox is empty", lambda: not self.penstock.inbox_files(), timeout)
        self.wait("it is ready", self.penstock.is_ready)

    def finish(self, files=FILES, timeout=30, strikes=0, seen_again=0):
        penstock = self.penstock
        self.wait_empty(timeout)
        penstock.wait_jobs(len(files) + seen_again)
        penstock.settings = {k: v for k, v in penstock.settings.items() if k != "FAIL"}
        assert penstock.stop() == DONE
        penstock.check_everything(files, seen_again)
        assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == strikes


@pytest.fixture
def failing(penstock):
    return Failing(penstock)


@pytest.fixture
def far_inbox(failing):
    """The inbox is on another file system than the archive."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="penstock-") as folder:
        penstock = failing.penstock
        assert os.stat(folder).st_dev != os.stat(penstock.home).st_dev
        penstock.inbox, penstock.outside = pathlib.Path(folder, "inbox"), pathlib.Path(folder, "outside")
        penstock.inbox.mkdir()
        penstock.outside.mkdir()
        penstock.settings["PENSTOCK_INBOX"] = penstock.inbox
        yield failing
        penstock.end()


def drop_all(penstock, files=FILES):
    for name, text in files.items():
        penstock.drop(name, text)


# Three new files alone do not come here: point -> what must fail before it.
PROVOKED = {
    "died": "received:kill@1",
    "reported": "received:kill@1",
    "report_heard": "received:kill@1",
    "retried": "received:kill@1",
    "released": "open:eio@1",
    "claim_again_seen": "claimed:kill@1",
}
FAR = ["copy", "copied", "copy_named", "aside", "removed", "removed_after_copy"]
QUARANTINE = ["shelf", "quarantined"]
PARTS = ["part_sent", "part"]
PAIRS = ["sidecar_filed"]
FOLDERS = ["listed", "file_sent", "file_read", "file_filed"]
RECORDS = ["records_sent", "records_read", "records", "records_committed", "records_told"]
DATABASE = ["fence_missed", "commit_lost", "commit_checked", "leased"]
PLAIN = [point for point in POINTS if point not in [*PROVOKED, *FAR, *QUARANTINE, *PARTS, *PAIRS, *FOLDERS, *RECORDS, *DATABASE]]

# A worker that runs out of memory over a document blames it.
BLAMED = {"read:enomem", "extracted:eio", "extracted:enomem"}


def ways(points):
    """Each point with each of its ways to fail, as FAIL has them."""
    errors = {point: ["eio", "enomem"] if point in TAKE_ERRORS else [] for point in points}
    return [f"{point}:{action}" for point in points for action in ["kill", *errors[point]]]


@pytest.mark.parametrize("way", ways(PLAIN))
def test_a_failure_at(failing, way):
    failing.start(f"{way}@1", PENSTOCK_RESCAN_SECONDS=1)
    drop_all(failing.penstock)
    failing.finish(strikes=int(way in BLAMED))
    assert failing.fired(way) == 1


@pytest.mark.parametrize("way", ways(PROVOKED))
def test_a_failure_after_another(failing, way):
    failing.start(f"{PROVOKED[point_of(way)]},{way}@1")
    drop_all(failing.penstock)
    failing.finish()
    assert failing.fired(way) == 1


@pytest.mark.parametrize("way", [way for way in ways(FAR) if not way.startswith("aside:e")])
def test_a_failure_while_filing_onto_another_file_system(far_inbox, way):
    far_inbox.start(f"{way}@1")
    drop_all(far_inbox.penstock)
    far_inbox.finish(seen_again=way == "aside:kill")
    assert far_inbox.fired(way) == 1


@pytest.mark.parametrize("point", ["aside", "removed"])
def test_killed_while_a_duplicate_is_removed(failing, point):
    failing.start(f"{point}:kill@1")
    files = {**FILES, "again.txt": FILES["1.txt"]}
    drop_all(failing.penstock, files)
    failing.finish(files, seen_again=point == "aside")
    assert failing.fired(point) == 1


def test_what_could_not_be_removed_is_looked_at_again(failing):
    """It has its name again, but a new ctime: another appearance of the same content."""
    penstock = failing.penstock
    failing.start("aside:eio@1")
    drop_all(penstock, {**FILES, "again.txt": FILES["1.txt"]})
    failing.wait_empty()
    penstock.wait_filed(5)
    assert failing.fired("aside") == 1
    assert penstock.value("select count(*) from penstock.documents") == 3
    assert penstock.value("select count(*) from penstock.jobs where outcome = 'duplicate'") == 2
    assert len(penstock.files(penstock.archive)) == 3


@pytest.mark.parametrize("way", ways(QUARANTINE))
def test_a_failure_while_a_document_is_quarantined(failing, way):
    penstock = failing.penstock
    failing.start(f"{way}@1", PENSTOCK_MAX_ATTEMPTS=1)
    penstock.drop("bad.txt", "%POISON segv\n")
    drop_all(penstock)
    failing.wait_empty()
    penstock.wait_jobs(4)
    assert failing.fired(way) == 1
    job = penstock.job("bad.txt")
    assert (job["state"], job["strikes"]) == ("quarantined", 1)
    assert penstock.files(penstock.quarantine) == {f"{job['id']}/bad.txt": b"%POISON segv\n"}
    assert penstock.value("select count(*) from penstock.documents") == 3


@pytest.mark.parametrize("way", [way for point in ways(PARTS) for way in (f"{point}@1", f"{point}@3")])
def test_a_failure_between_the_documents_inside_a_document(failing, way):
    """Of an archive all members are stored, or none."""
    penstock = failing.penstock
    failing.start(way)
    penstock.drop("box.zip", BOX)
    drop_all(penstock)
    failing.wait_empty()
    penstock.wait_jobs(4)
    assert failing.fired(way) == 1
    assert penstock.value("select count(*) from penstock.documents") == 3 + 6
    assert penstock.value("select count(*) from penstock.parts") == 5
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0


PAIR_WAYS = [
    *("claimed:kill@1", "dispatched:kill@1", "received:kill@1", "extracted:kill@1", "sent:kill@1", "begun:kill@1"),
    *("commit_sent:kill@1", "commit_seen:kill@1", "acknowledged:kill@1", "sidecar_filed:kill@1", "recorded:kill@1"),
    *("move:eio@1", "move:eio@2", "renamed:kill@1", "renamed:kill@2"),
]


def hashes(text):
    name = sha256(text.encode())
    return f"{name[:2]}/{name[2:4]}/{name}"


@pytest.mark.parametrize("way", PAIR_WAYS)
def test_a_failure_with_a_file_and_its_sidecar(failing, way):
    """Whatever fails, the file is stored once, with what its sidecar says, and both are filed away."""
    penstock = failing.penstock
    for name in FILES:
        penstock.drop(f"{name}.meta.json", json.dumps({"id": "same", "title": f"title of {name}"}))
    drop_all(penstock)
    failing.start(way, PENSTOCK_SIDECAR_WAIT="3s")
    failing.wait_empty()
    penstock.wait_jobs(3)
    assert failing.fired(way) == 1
    rows = penstock.sql("select name, title, version from penstock.documents order by version")
    assert sorted((name, title) for name, title, _ in rows) == [(name, f"title of {name}") for name in FILES]
    assert [version for _, _, version in rows] == [1, 2, 3]
    assert sorted(penstock.files(penstock.archive)) == sorted(
        hashes(text) + ending for text in FILES.values() for ending in ("", ".meta.json")
    )
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0
    assert penstock.files(penstock.quarantine) == {}


@pytest.mark.parametrize("way", ["sidecar_filed:kill@1", "quarantined:kill@1", "shelf:eio@1", "shelf:eio@2"])
def test_a_failure_while_a_pair_is_quarantined(failing, way):
    penstock = failing.penstock
    penstock.drop("bad.txt.meta.json", "{")
    penstock.drop("bad.txt", "not bad itself")
    failing.start(way, PENSTOCK_SIDECAR_WAIT="3s")
    failing.wait_empty()
    penstock.wait_jobs(1)
    assert failing.fired(way) == 1
    job = penstock.job("bad.txt")
    assert job["state"] == "quarantined" and "bad.txt.meta.json is wrong" in job["error"]
    assert sorted(penstock.files(penstock.quarantine)) == [f"{job['id']}/bad.txt", f"{job['id']}/bad.txt.meta.json"]


@pytest.mark.parametrize("way", ["sidecar_filed:kill@1", "aside:kill@1", "removed:kill@1", "removed:kill@2"])
def test_a_failure_while_a_pair_is_deleted(failing, way):
    penstock = failing.penstock
    penstock.drop("0.txt.meta.json", json.dumps({"title": "with a sidecar"}))
    penstock.drop("0.txt", FILES["0.txt"])
    failing.start(way, PENSTOCK_AFTER="delete", PENSTOCK_SIDECAR_WAIT="3s")
    failing.wait_empty()
    penstock.wait_jobs(1)
    assert failing.fired(way) == 1
    assert penstock.sql("select name, title from penstock.documents") == [("0.txt", "with a sidecar")]
    assert penstock.json("failed") == []


LISTED = {
    f"{k}": {"meta.json": json.dumps({"id": "same", "documents": [{"file": f"{p}.txt"} for p in range(3)]}),
             **{f"{p}.txt": f"page {p} of {k}" for p in range(3)}}
    for k in range(2)
}
FOLDER_WAYS = [
    *("seen:kill@1", "claimed:kill@1", "dispatched:kill@1", "dispatched:kill@3", "listed:kill@1", "received:kill@3"),
    *("file_sent:kill@2", "file_read:kill@2", "file_read:eio@2", "file_read:kill@4", "extracted:kill@1", "sent:kill@1"),
    *("begun:kill@1", "inserted:kill@1", "commit_sent:kill@1", "commit_seen:kill@1", "acknowledged:kill@1"),
    *(f"file_filed:kill@{n}" for n in range(1, 7)),
    *("recorded:kill@1", "shelf:eio@1", "shelf:kill@2", "move:eio@1", "move:eio@3", "move:eio@4"),
    *("renamed:kill@1", "renamed:kill@3", "renamed:kill@4"),
]


def folder_files(files):
    """{path in the archive: data} of a folder that is one document."""
    hashed = [bytes.fromhex(sha256(files[name].encode())) for name in ("meta.json", "0.txt", "1.txt", "2.txt")]
    h = sha256(b"".join(hashed))
    return {f"{h[:2]}/{h[2:4]}/{h}/{name}": data.encode() for name, data in files.items()}


def check_folders(penstock):
    rows = penstock.sql("select name, body, version from penstock.documents order by version")
    assert sorted((name, body) for name, body, _ in rows) == [
        (f"{k}/meta.json", "\n\n".join(f"page {p} of {k}" for p in range(3))) for k in LISTED
    ]
    assert [version for _, _, version in rows] == [1, 2]
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0
    assert penstock.value("select count(*) from penstock.jobs where outcome = 'stored'") == 2
    assert penstock.files(penstock.quarantine) == {}
    assert penstock.inbox_files() == []


@pytest.mark.parametrize("way", FOLDER_WAYS)
def test_a_failure_with_a_folder(failing, way):
    """Whatever fails, the folder is stored once, as a whole, and no file of it is a document of its own."""
    penstock = failing.penstock
    for name, files in LISTED.items():
        penstock.drop_folder(name, files)
    failing.start(way, PENSTOCK_FOLDER_WAIT="3s", PENSTOCK_RESCAN_SECONDS=1)
    failing.wait_empty()
    penstock.wait_jobs(2)
    assert failing.fired(way) == 1
    check_folders(penstock)
    assert penstock.files(penstock.archive) == {**folder_files(LISTED["0"]), **folder_files(LISTED["1"])}


@pytest.mark.parametrize("way", ["file_filed:kill@1", "copied:kill@2", "copy_named:kill@1", "removed_after_copy:kill@2", "copy:eio@3"])
def test_a_failure_with_a_folder_on_another_file_system(far_inbox, way):
    penstock = far_inbox.penstock
    for name, files in LISTED.items():
        for path, data in sorted(files.items(), reverse=True):
            penstock.drop(f"{name}/{path}", data)
    far_inbox.start(way, PENSTOCK_FOLDER_WAIT="3s", PENSTOCK_RESCAN_SECONDS=1)
    far_inbox.wait_empty()
    penstock.wait_jobs(2)
    assert far_inbox.fired(way) == 1
    check_folders(penstock)


@pytest.mark.parametrize("way", ["file_filed:kill@1", "file_filed:kill@2", "file_filed:kill@3", "renamed:kill@4", "recorded:kill@1"])
def test_a_failure_while_a_folder_is_deleted(failing, way):
    penstock = failing.penstock
    for name, files in LISTED.items():
        penstock.drop_folder(name, files)
    failing.start(way, PENSTOCK_AFTER="delete", PENSTOCK_FOLDER_WAIT="3s", PENSTOCK_RESCAN_SECONDS=1)
    failing.wait_empty()
    penstock.wait_jobs(2)
    assert failing.fired(way) == 1
    check_folders(penstock)
    failing.wait("the archive is empty", lambda: list(penstock.archive.iterdir()) == [])


@pytest.mark.parametrize("way", ["file_filed:kill@1", "file_filed:kill@2", "quarantined:kill@1", "shelf:eio@1", "renamed:kill@2"])
def test_a_failure_while_a_folder_is_quarantined(failing, way):
    penstock = failing.penstock
    files = {"meta.json": json.dumps({"tags": 5, "documents": [{"file": "0.txt"}, {"file": "1.txt"}]}), "0.txt": "0", "1.txt": "1"}
    penstock.drop_folder("f", files)
    failing.start(way, PENSTOCK_RESCAN_SECONDS=1)
    failing.wait_empty()
    penstock.wait_jobs(1)
    assert failing.fired(way) == 1
    job = penstock.job("f/meta.json")
    assert job["state"] == "quarantined" and "a list of texts is expected" in job["error"]
    assert penstock.files(penstock.quarantine) == {f"{job['id']}/{name}": data.encode() for name, data in files.items()}
    assert penstock.value("select count(*) from penstock.documents") == 0


@pytest.mark.parametrize("way", [f"{way}@{n}" for way in ways(RECORDS) for n in (1, 3) if (way, n) != ("records_read:kill", 3)])
def test_a_failure_while_records_are_stored(failing, way):
    """Every record is stored once; what was stored before the failure is not blamed, nor sent anew from the beginning."""
    penstock = failing.penstock
    lines = [json.dumps({"n": n, "word": f"w{n}x"}) for n in range(1, 3501)]
    failing.start(way, PENSTOCK_SPLIT="ndjson")
    penstock.drop("many.ndjson", "\n".join(lines))
    drop_all(penstock)
    failing.wait_empty()
    penstock.wait_jobs(4)
    assert failing.fired(way) == 1
    assert penstock.job("many.ndjson")["outcome"] == "stored"
    assert penstock.value("select count(*) from penstock.documents") == 3 + 1 + 3500
    bodies = "select array_agg(d.body order by p.ordinal) from penstock.parts p join penstock.documents d on d.id = p.document_id"
    assert penstock.value(bodies) == lines
    assert penstock.sql("select records, total, finished_at is null from penstock.splits") == [(3500, 3500, False)]
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0


def test_killed_when_a_claim_was_superseded(failing):
    """The token is taken away while the pool holds the result."""
    penstock = failing.penstock
    failing.start("result:delay=1500@1,fence_missed:kill@1")
    penstock.drop("0.txt", FILES["0.txt"])
    failing.wait("the result is held", lambda: failing.fired("result"))
    penstock.sql("update penstock.jobs set token = nextval('penstock.job_token')")
    drop_all(penstock, {name: text for name, text in FILES.items() if name != "0.txt"})
    failing.finish()
    assert failing.fired("fence_missed") == 1


@pytest.fixture
def slow_commit(failing):
    """A service whose store transactions sleep in COMMIT, for as long as the trigger is there."""
    penstock = failing.penstock
    penstock.command("migrate", "up")
    penstock.sql(
        "create function nap() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(5); return null; end $$;"
        " create constraint trigger nap after insert on penstock.documents deferrable initially deferred"
        " for each row execute function nap()"
    )
    return failing


def cut_in_commit(failing):
    """Ends the connection that sleeps in COMMIT, and lets the next one through."""
    penstock = failing.penstock
    asleep = "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    penstock.wait_for("a commit is under way", f"select count(*) > 0 {asleep}")
    penstock.sql(f"select pg_terminate_backend(pid) {asleep}")
    penstock.sql("drop trigger nap on penstock.documents")


@pytest.mark.parametrize("point", ["commit_lost", "commit_checked"])
def test_killed_when_the_answer_to_commit_was_lost(slow_commit, point):
    slow_commit.start(f"{point}:kill@1")
    drop_all(slow_commit.penstock)
    cut_in_commit(slow_commit)
    slow_commit.finish()
    assert slow_commit.fired(point) == 1


def test_killed_when_the_lease_was_renewed(failing):
    failing.start("leased:kill@1", PENSTOCK_LEASE_SECONDS=5)
    failing.wait("the lease was renewed", lambda: failing.fired("leased"))
    drop_all(failing.penstock)
    failing.finish()


@pytest.mark.parametrize("point", ["seen", "received", "extracted", "inserted", "renamed"])
def test_nothing_but_time_is_lost_by_a_delay(failing, point):
    failing.start(f"{point}:delay=300@1")
    drop_all(failing.penstock)
    failing.finish()
    assert failing.fired(point) == 1


def test_killed_again_and_again(failing):
    """Every point of a plain run in turn, with several documents under way; seldom enough that 200 claims come through."""
    points = ["claimed", "dispatched", "received", "sent", "begun", "inserted", "commit_sent", "commit_seen", "renamed"]
    files = {f"{n}.txt": f"document {n}" for n in range(200)}
    failing.start(",".join(f"{p}:kill@{3 + n}/300" for n, p in enumerate(points)), PENSTOCK_BATCH_ROWS=8)
    failing.penstock.drop_folder("in", files)
    failing.finish({f"in/{name}": text for name, text in files.items()}, 120)
    assert all(failing.fired(p) for p in points), failing.rows()
