"""Folders and files that no event tells of, that come in masses, or that come, go and are exchanged while penstock walks."""

import contextlib
import os
import pathlib
import shutil
import signal
import time

import documents
from bench import PATIENCE, wait_until
from explained import check_all_explained
from inotify import Inotify
from mounts import overlay, tmpfs
from scenario import scenario

# ---- many at once ----


def overflow_queue(bench):
    """Makes more events than the kernel keeps (fs.inotify.max_queued_events), of names that are no documents."""
    limit = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    first, second = bench.penstock.inbox / ".a", bench.penstock.inbox / ".b"
    for _ in range(limit // 2 + 100):  # the same event twice in a row would be one
        first.write_bytes(b"")
        second.write_bytes(b"")
    first.unlink()
    second.unlink()


def overflow(bench, n):
    """More events than the kernel keeps while the intake reads none, and n files among them."""
    bench.settle_seconds = 600
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    intake = bench.roles()["intake"][0]
    os.kill(intake, signal.SIGSTOP)
    bench.drop_many(n // 2)
    overflow_queue(bench)
    bench.drop_many(n - n // 2)
    bench.event()
    os.kill(intake, signal.SIGCONT)
    wait_until("the overflow is noticed", lambda: bench.penstock.status()["counters"]["overflows"] > 0, 30)


@scenario("inotify-overflow", quick=1, long=20, round=1, PENSTOCK_RESCAN_SECONDS=3600, PENSTOCK_WATCHDOG_SECONDS=0)
def inotify_overflow(bench, events):
    """The queue of events overflows while the intake stands still; 500 files are dropped meanwhile."""
    overflow(bench, 500)


@scenario("inotify-overflow-50000", quick=0, long=5, round=1, PENSTOCK_RESCAN_SECONDS=3600, PENSTOCK_WATCHDOG_SECONDS=0)
def inotify_overflow_50000(bench, events):
    """The same with 50,000 files, more than the book holds."""
    overflow(bench, 50_000)


# ---- folders that come and go ----


class Folders:
    """Operations on folders, made while penstock walks them."""

    def __init__(self, bench):
        self.bench, self.inbox, self.outside = bench, bench.penstock.inbox, bench.penstock.outside
        self.serial = 0

    def make(self, kind, depth, wide, files):
        """A tree outside the inbox, entered in the manifest as `kind`. Returns its top and a name for it."""
        self.serial += 1
        top = self.outside / f"tree{self.serial}"
        folder = top
        for level in range(depth):
            folder = folder / f"d{level}"
        places = [folder / f"w{n}" for n in range(wide)] or [folder]
        for place in places:
            place.mkdir(parents=True, exist_ok=True)
            for _ in range(files):
                _, data = documents.make(self.bench.documents_chance, self.bench.serial)
                path = place / f"{self.bench.serial}.txt"
                self.bench.serial += 1
                self.bench.manifest.add(kind, f"tree{self.serial}/{path.relative_to(top)}", data)
                path.write_bytes(data)
        return top, top.name

    def move_in(self, kind="good", depth=2, wide=3, files=4):
        top, name = self.make(kind, depth, wide, files)
        os.rename(top, self.inbox / name)
        return self.inbox / name

    def deep(self):
        self.move_in(depth=100, wide=0, files=3)

    def broad(self):
        self.move_in(depth=0, wide=60, files=1)

    def renamed(self):
        """Renamed again and again while it is being read."""
        place = self.move_in(files=6)
        for n in range(4):
            time.sleep(self.bench.chance.uniform(0, 0.03))
            place = place.rename(self.inbox / f"{place.name}-{n}")

    def nested(self):
        """Moved into another folder of the inbox."""
        place, other = self.move_in(), self.move_in()
        time.sleep(self.bench.chance.uniform(0, 0.03))
        place.rename(other / "inner")

    def removed(self):
        place = self.move_in(kind="possible")
        time.sleep(self.bench.chance.uniform(0, 0.05))
        shutil.rmtree(place, ignore_errors=True)

    def taken_back(self):
        """Moved out of the inbox while penstock reads it, changed there, and moved in again."""
        place = self.move_in()
        time.sleep(self.bench.chance.uniform(0, 0.03))
        out = place.rename(self.outside / place.name)
        time.sleep(0.02)
        out.rename(self.inbox / f"{place.name}-again")

    def replaced(self):
        """Another folder takes its name."""
        place = self.move_in()
        top, _ = self.make("good", 2, 3, 4)
        time.sleep(self.bench.chance.uniform(0, 0.03))
        place.rename(self.inbox / f"{place.name}-old")
        os.rename(top, place)

    def exchanged_for_link(self):
        """A link to a folder outside takes its name; what is there is nobody's business."""
        place = self.move_in()
        secret = self.outside / "secret"
        secret.mkdir(exist_ok=True)
        (secret / "canary.txt").write_bytes(b"this must never be read\n")
        time.sleep(self.bench.chance.uniform(0, 0.03))
        place.rename(self.inbox / f"{place.name}-old")
        place.symlink_to(secret)
        time.sleep(self.bench.chance.uniform(0, 0.1))
        place.unlink()

    def growing(self):
        """Moved into place with a file in it that is still being written."""
        top, name = self.make("good", 1, 0, 2)
        pieces = [documents.words(self.bench.documents_chance, 50).encode() for _ in range(4)]
        self.bench.manifest.add("good", f"{name}/growing.txt", b"".join(pieces))
        with open(top / "growing.txt", "wb", buffering=0) as file:
            file.write(pieces[0])
            os.rename(top, self.inbox / name)
            for piece in pieces[1:]:
                time.sleep(self.bench.chance.uniform(0.02, 0.15))  # longer than the settling time, too
                file.write(piece)

    OPERATIONS = (deep, broad, renamed, nested, removed, taken_back, replaced, exchanged_for_link, growing)


def remove_empty(folder):
    """The folders that nobody needs any more: a walk should not get longer and longer."""
    for top, _, _ in os.walk(folder, topdown=False):
        if top != str(folder):
            with contextlib.suppress(OSError):
                os.rmdir(top)


@scenario("folders", quick=9, long=1000, round=250, PENSTOCK_RESCAN_SECONDS=2)
def folders(bench, events):
    """Folders moved in, deep and broad, renamed, exchanged, removed and filled while penstock walks them."""
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    f = Folders(bench)
    order = list(Folders.OPERATIONS)
    while bench.n_events < events:
        operation = order[bench.n_events] if bench.n_events < len(order) else bench.chance.choice(order)
        bench.event()
        operation(f)
        bench.count_note("operations", operation.__name__)
        if bench.n_events % 20 == 0:
            remove_empty(bench.penstock.inbox)
    assert "this must never be read" not in str(bench.penstock.sql("select body from penstock.documents"))


# ---- no events ----


def drop_unheard(bench, place, through):
    """Writes files that turn up in `place`, by way of another path perhaps."""
    paths = []
    for _ in range(5):
        name, data = documents.make(bench.documents_chance, bench.serial)
        name = f"{bench.serial}-{os.path.basename(name)}"
        bench.serial += 1
        bench.manifest.add("good", f"{place.name}/{name}", data)
        (through / name).write_bytes(data)
        paths.append(place / name)
    return paths


@scenario("no-events", quick=2, long=40, PENSTOCK_RESCAN_SECONDS=2, PENSTOCK_SETTLE_MS="20ms")
def no_events(bench, events):
    """Files that no event tells: a file system mounted over a watched folder, an overlay written to from below."""
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    waits = []
    for n in range(events):
        place = bench.penstock.inbox / f"mounted{n}"
        place.mkdir()
        time.sleep(0.1)  # it is watched by now
        with contextlib.ExitStack() as stack:
            own = stack.enter_context(Inotify(place))
            if n % 2 == 0:
                through = stack.enter_context(tmpfs(place))
            else:
                through = stack.enter_context(overlay(place, bench.folder / f"overlay{n}"))
                stack.enter_context(own := Inotify(place))
                time.sleep(bench.chance.uniform(0, 2))
            bench.event()
            begun = time.monotonic()
            paths = drop_unheard(bench, place, through)
            assert own.read() == [], "events came: this is no such place"
            wait_until("a rescan finds them", lambda paths=paths: not any(p.exists() for p in paths), 20)
            waits.append(time.monotonic() - begun)
        place.rmdir()
    bench.notes["seconds until all were filed"] = [round(w, 2) for w in waits]
    assert max(waits) < 2 + 1.5 * PATIENCE, f"longer than one rescan: {waits}"
