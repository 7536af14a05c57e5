"""Faults of the folders that the service itself works in: read-only, removed, exchanged, or closed to it."""

import os
import shutil
import time

import documents
from bench import wait_until
from explained import check_all_explained, explain
from files import KB, check_idle, drop_text, wait_moved, wait_unfiled
from mounts import remount, tmpfs
from penstock import BUILD
from scenario import scenario

class HomeFaults:
    """What can be done to inbox and archive while the service runs. Each is undone."""

    def __init__(self, bench, archive):
        self.bench, self.inbox, self.archive = bench, bench.penstock.inbox, archive

    def read_only(self):
        remount(self.archive, "ro")
        paths = [drop_text(self.bench, 3 * KB) for _ in range(3)]
        path = wait_unfiled(self.bench, paths)
        assert "Read-only file system" in explain(self.bench, path)[1]
        waits = self.bench.penstock.status()["intake_waits_for"]
        assert waits and "Read-only file system" in waits, f"status says: {waits}"
        remount(self.archive, "rw")
        wait_moved(self.bench, paths)

    def inbox_removed(self):
        self.bench.settle()
        shutil.rmtree(self.inbox)
        time.sleep(self.bench.chance.uniform(0, 2.5))
        check_idle(self.bench, "there is no inbox", 0.5)
        self.inbox.mkdir()
        self.bench.drop_many(5)

    def inbox_replaced(self):
        """Another folder takes its place; the old one comes back as a subfolder, with what was in it."""
        self.bench.drop_many(20)
        old = self.inbox.rename(self.bench.penstock.outside / "old-inbox")
        self.inbox.mkdir()
        self.bench.drop_many(10)
        time.sleep(self.bench.chance.uniform(0, 0.5))
        old.rename(self.inbox / f"old{self.bench.serial}")

    OPERATIONS = (read_only, inbox_removed, inbox_replaced)


@scenario("home-faults", quick=3, long=60, PENSTOCK_RESCAN_SECONDS=1)
def home_faults(bench, events):
    """The archive read-only, the inbox removed and made again, or exchanged for another folder, while running."""
    archive = bench.mounts.enter_context(tmpfs(bench.penstock.archive, "size=64m"))
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    faults = HomeFaults(bench, archive)
    for n in range(events):
        operation = HomeFaults.OPERATIONS[n % len(HomeFaults.OPERATIONS)]
        bench.event()
        operation(faults)
        bench.settle()
        bench.count_note("faults", operation.__name__)


# ---- rights ----


def become(bench, user):
    """The service is to run as somebody whom rights concern."""
    p = bench.penstock
    programs = bench.folder / "bin"
    programs.mkdir()
    for name in ("penstock", "penstock-worker"):
        shutil.copy(BUILD / name, programs / name)
    p.program, p.user = str(programs / "penstock"), user
    for path in (p.folder, p.outside, p.home, p.inbox):
        shutil.chown(path, user)


def wait_explained(path, bench, state, words):
    def told():
        answer = explain(bench, path)
        return answer[0] == state and words in answer[1]

    wait_until(f"{path.name} is {state}: {words}", told, 20)


class Rights:
    """Rights that are taken away and given back."""

    def __init__(self, bench):
        self.bench, self.p = bench, bench.penstock

    def of_a_file(self):
        name, data = f"{self.bench.serial}.txt", self.entered()
        waiting = self.p.outside / "closed"
        waiting.write_bytes(data)
        if self.p.user:
            shutil.chown(waiting, self.p.user)
        waiting.chmod(0)
        path = waiting.rename(self.p.inbox / name)
        wait_explained(path, self.bench, "held", "Permission denied")
        path.chmod(0o644)

    def of_the_inbox(self):
        self.p.inbox.chmod(0)
        paths = [self.p.inbox / self.bench.drop() for _ in range(3)]
        time.sleep(self.bench.chance.uniform(0, 1.5))
        check_idle(self.bench, "the inbox is closed", 0.5)
        self.p.inbox.chmod(0o755)
        wait_until("all is moved", lambda: not any(p.exists() for p in paths), 20)

    def of_the_archive(self):
        self.p.archive.chmod(0)
        paths = [self.p.inbox / self.bench.drop() for _ in range(3)]
        path = wait_unfiled(self.bench, paths)
        assert "Permission denied" in explain(self.bench, path)[1]
        check_idle(self.bench, "the archive is closed", 0.5)
        self.p.archive.chmod(0o755)
        wait_moved(self.bench, paths)

    def entered(self):
        _, data = documents.make(self.bench.documents_chance, self.bench.serial)
        self.bench.manifest.add("good", f"{self.bench.serial}.txt", data)
        self.bench.serial += 1
        return data

    OPERATIONS = (of_a_file, of_the_inbox, of_the_archive)


@scenario("rights", quick=3, long=60, PENSTOCK_RESCAN_SECONDS=1)
def rights(bench, events):
    """Rights on a file, the inbox or the archive are taken away for a while; the service is not root."""
    if os.geteuid() == 0:
        become(bench, "nobody")
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    r = Rights(bench)
    for n in range(events):
        operation = Rights.OPERATIONS[n % len(Rights.OPERATIONS)]
        bench.event()
        operation(r)
        bench.settle()
        bench.count_note("rights", operation.__name__)


CLOSED_FILES = 34_000  # more than the intake keeps in mind


@scenario("closed-files", quick=0, long=2, round=1, PENSTOCK_RESCAN_SECONDS=2)
def closed_files(bench, events):
    """More files than the intake can remember may not be opened by the service, which is not root: others pass them by."""
    p = bench.penstock
    if os.geteuid() == 0:
        become(bench, "nobody")
    folder = p.outside / "closed"
    folder.mkdir()
    paths = []
    for n in range(CLOSED_FILES):
        data = b"closed %d\n" % n
        bench.manifest.add("good", f"closed/{n}.txt", data, data)
        paths.append(folder / f"{n}.txt")
        paths[-1].write_bytes(data)
        paths[-1].chmod(0)
    if p.user:
        for path in (folder, *paths):
            shutil.chown(path, p.user)
    folder.rename(p.inbox / "closed")
    bench.start()
    bench.event()
    time.sleep(6)
    names = {bench.drop() for _ in range(300)}
    wait_until("the others are stored", lambda: not any((p.inbox / name).exists() for name in names), 30)
    for path in (p.inbox / "closed").iterdir():
        path.chmod(0o644)
    bench.monitor.since = None
