"""Processes that end, stop or fail at every named step (include/base/failpoint.h). What is armed is chosen anew at every
start of the service, by what the counts say is still missing; the counts are the proof that a fault took place."""

import collections
import contextlib
import json
import os
import re
import signal
import struct
import threading
import time

import documents
from bench import PATIENCE, children, is_alive
from mounts import tmpfs
from penstock import BUILD, REPOSITORY
from proxy import put_between
from scenario import scenario

OPTIONS = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text()) if BUILD.exists() else []
BUILT = any(option["name"] == "failpoints" and option["value"] for option in OPTIONS)
SANITIZED = any(option["name"] == "b_sanitize" and option["value"] not in ("none", []) for option in OPTIONS)
MISSING = None if BUILT else "the build has no failpoints (-Dfailpoints=true)"

TABLE = (REPOSITORY / "include/base/failpoints.def").read_text()
ROWS = re.findall(r'^FAILPOINT\(\w+, "(\w+)", ([01])', TABLE, re.MULTILINE)
POINTS = [name for name, _ in ROWS]
TAKE_ERRORS = [name for name, takes_error in ROWS if takes_error == "1"]
ERRORS = ("eio", "enospc", "enomem")

HITS_A_POINT = 200  # of --long
A_SECOND = 10.0  # faults that are aimed at
MAX_CHANCE = 0.5  # so that there is always a way past a point
UNKNOWN_A_SECOND = 20  # how often a point is passed, until it is known

# What reaches steps that a usual day does not have, and the steps it is there for.
MODES = {
    "usual": (),
    "delete": ("aside", "removed"),
    "across": ("copy", "copied", "copy_named", "removed_after_copy"),
    "swallow": ("commit_lost", "commit_checked"),
}


def points_of_mode(mode, points):
    elsewhere = {point for other, only in MODES.items() if other != mode for point in only}
    return [point for point in points if point not in elsewhere]


class Progress:
    """How often each point has fired, over all rounds of a run."""

    def __init__(self, points, target):
        self.points, self.target, self.fired = points, target, collections.Counter()

    def left(self, point):
        return max(0, self.target - self.fired[point])

    def missing(self, mode):
        return [p for p in points_of_mode(mode, self.points) if self.left(p)]

    def useful(self, fired):
        """Of what has fired, how much counts."""
        return sum(min(n, self.left(p)) for p, n in fired.items() if p in self.points)

    def next_mode(self, chance):
        """One that something is missing of, the more the likelier."""
        weights = [sum(map(self.left, self.missing(mode))) for mode in MODES]
        return chance.choices(list(MODES), weights)[0] if any(weights) else "usual"


class Counts:
    """The file in which the processes count."""

    def __init__(self, path):
        self.path = path

    def read(self):
        data = self.path.read_bytes() if self.path.exists() else b""
        return {name.rstrip(b"\0").decode(): (hits, fired) for name, hits, fired in struct.iter_unpack("32sQQ", data)}

    def fired(self):
        return {name: fired for name, (_, fired) in self.read().items() if fired}


# ---- a day on which everything happens ----


class Day(threading.Thread):
    """Beside the stream of good documents: poison, files that vanish, claims that are superseded, workers that die, so that
    the steps of failure are taken as well."""

    def __init__(self, bench, oversize):
        super().__init__(daemon=True)
        self.bench, self.oversize, self.ended, self.n = bench, oversize, threading.Event(), 0

    def run(self):
        while not self.ended.wait(0.15):
            self.n += 1
            # The service and its processes come and go under our hands.
            with contextlib.suppress(Exception):
                for act in (self.poison, self.split, self.vanish, self.supersede, self.shoot):
                    act()

    def poison(self):
        if self.n % 3 == 0 and self.bench.count_inbox(400) < 400:
            data = f"%POISON segv\n{self.n} {self.bench.seed}\n".encode() + bytes(1 << 20 if self.oversize else 0)
            self.bench.drop("poison", f"{self.bench.serial}.poison", data)

    def split(self):
        if self.n % 2 == 0 and self.bench.count_inbox(200) < 200:
            data = documents.lines(f"{self.n} {self.bench.seed}", 30)
            self.bench.drop(name=f"{self.bench.serial}.ndjson", data=data)

    def vanish(self):
        """Takes a document away that may be claimed already."""
        names = [self.bench.drop("possible", f"gone/{self.bench.serial}.txt", f"{self.n}{k}".encode()) for k in range(4)]
        time.sleep(self.bench.documents_chance.uniform(0.01, 0.06))
        for name in names:
            (self.bench.penstock.inbox / name).unlink(missing_ok=True)

    def supersede(self):
        """As if another node had claimed what we have in hand."""
        self.bench.penstock.sql(
            "update penstock.jobs set token = nextval('penstock.job_token') where id in"
            " (select id from penstock.jobs where state = 'claimed' order by id desc limit 2 for update skip locked)"
        )

    def shoot(self):
        workers = [w for w in self.bench.page.workers(3) if w.pid and is_alive(w.pid)]
        if self.n % 4 == 0 and workers:
            os.kill(workers[0].pid, signal.SIGKILL)

    def end(self):
        self.ended.set()
        self.join()


class Run:
    """One round: arms, watches, starts again, until enough has fired."""

    def __init__(self, bench, progress, actions):
        self.bench, self.progress, self.actions = bench, progress, actions
        self.counts = Counts(bench.folder / "counts")
        self.mode = progress.next_mode(bench.chance)
        self.swallowing = None
        bench.count_note("rounds", self.mode)

    def prepare(self):
        bench = self.bench
        if self.mode == "delete":
            bench.penstock.settings["PENSTOCK_AFTER"] = "delete"
            bench.good = "stored"
        elif self.mode == "across":
            bench.mounts.enter_context(tmpfs(bench.penstock.archive, "size=512m"))
        elif self.mode == "swallow":
            self.swallowing = put_between(bench)
        bench.penstock.settings.update(FAIL_COUNTS=self.counts.path, FAIL_SEED=bench.seed)

    def chances(self, seconds):
        """{point: chance}: each missing point is to fire equally often, however often it is passed."""
        rows, missing = self.counts.read(), self.missing()
        for point in missing:
            a_second = rows.get(point, (0, 0))[0] / max(seconds, 1.0) or UNKNOWN_A_SECOND
            yield point, min(MAX_CHANCE, A_SECOND / len(missing) / a_second)

    def is_rare(self, seconds):
        """Whether only steps are missing that are taken about once a start: then it is starts that are needed."""
        return all(chance >= MAX_CHANCE for _, chance in self.chances(seconds))

    def missing(self):
        fired = self.counts.fired()
        return [p for p in self.progress.missing(self.mode) if self.progress.left(p) > fired.get(p, 0)]

    def arm(self, seconds):
        choose = self.bench.chance.choice
        parts = [f"{point}:{choose(self.actions)}@{100 * chance:.4f}%" for point, chance in self.chances(seconds)]
        self.bench.penstock.settings["FAIL"] = ",".join(parts) or None

    def disarm(self):
        self.bench.penstock.settings["FAIL"] = None
        self.bench.restart_supervisor()

    def start_again(self, seconds):
        """Whether the supervisor has ended or not: with what is missing now."""
        penstock = self.bench.penstock
        if penstock.process.poll() is None:
            penstock.kill()
        else:
            assert penstock.process.returncode == -signal.SIGKILL, f"it ended with {penstock.process.returncode}"
            penstock.process = None
        self.arm(seconds)
        penstock.start(ready=False)

    def useful(self):
        return self.progress.useful(self.counts.fired())

    def until(self, events, watch):
        """Lets things happen until so many faults have, and says so when they do not."""
        begun = armed = moved = time.monotonic()
        useful, patience = 0, 2.0
        while useful < events and self.missing():
            time.sleep(0.02)
            now = time.monotonic()
            watch()
            if self.swallowing and not self.swallowing.is_armed():
                self.swallowing.arm("swallow", "store")
            if self.bench.penstock.process.poll() is not None or now - armed > patience:
                self.start_again(now - begun)
                armed, patience = now, 3.0 if len(self.missing()) > 5 or self.is_rare(now - begun) else 20.0
            if self.useful() > useful:
                useful, moved = self.useful(), now
            if now - moved > 60 * PATIENCE:
                raise AssertionError(f"nothing fires any more; mode {self.mode}: {dict(self.chances(now - begun))}")

    def conclude(self):
        """Counts what has fired, also in the moments until it was disarmed."""
        fired = self.counts.fired()
        self.bench.event(self.progress.useful(fired))
        self.progress.fired.update(fired)
        for point, n in fired.items():
            self.bench.count_note("fired", point, n)


def check_innocents(bench):
    rows = bench.penstock.sql(
        "select path, strikes, error from penstock.jobs where strikes > 0 and path not like %s limit 5", b"%.poison"
    )
    assert not rows, f"innocents were blamed: {rows}"


def run_round(bench, events, progress, actions, watch=lambda: None, oversize=False):
    """`oversize`: the convicted are files that are too large, instead of crashes."""
    if not oversize:
        bench.last_checks.append(lambda: check_innocents(bench))
    run = Run(bench, progress, actions)
    run.prepare()
    run.arm(0)
    bench.penstock.start(ready=False)
    bench.monitor.start()
    bench.feed(waiting=60, rate=150)
    day = Day(bench, oversize)
    day.start()
    try:
        run.until(events, watch)
    finally:
        day.end()
    bench.stop_feeding()
    run.disarm()
    if run.swallowing:
        run.swallowing.armed = None
    run.conclude()


COMMON = {
    "missing": MISSING,
    "PENSTOCK_WORKERS": 3,
    "PENSTOCK_BATCH_ROWS": 8,
    "PENSTOCK_LEASE_SECONDS": 5,
    "PENSTOCK_RESCAN_SECONDS": 2,
    "PENSTOCK_MAX_ATTEMPTS": 2,
    "PENSTOCK_SPLIT": "ndjson",
}
killed, stopped = Progress(POINTS, HITS_A_POINT), Progress(POINTS, 50)
failed = Progress(TAKE_ERRORS, HITS_A_POINT)


@scenario("failpoints-kill", quick=40, long=HITS_A_POINT * len(POINTS), round=400, **COMMON)
def failpoints_kill(bench, events):
    """kill -9 at every named step"""
    run_round(bench, events, killed, ("kill",))


class Waker:
    """SIGCONT to what has stopped itself, a moment later."""

    def __init__(self, bench):
        self.bench, self.since = bench, {}

    def __call__(self):
        now = time.monotonic()
        stopped_now = {pid for pid in (self.bench.penstock.pid, *children(self.bench.penstock.pid)) if is_stopped(pid)}
        self.since = {pid: self.since.get(pid, now + self.bench.chance.uniform(0.1, 0.4)) for pid in stopped_now}
        for pid, due in self.since.items():
            if due < now:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


def is_stopped(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "T"
    return False


@scenario("failpoints-stop", quick=30, long=50 * len(POINTS), round=300, **COMMON)
def failpoints_stop(bench, events):
    """SIGSTOP at every named step, SIGCONT a moment later"""
    run_round(bench, events, stopped, ("stop",), Waker(bench))


def check_memory_blamed(bench):
    """Here a step fails as if there were no memory: that counts against the document, as nobody could tell."""
    rows = bench.penstock.sql("select distinct details->>'cause' from penstock.events where (details->>'strike')::boolean")
    causes = {cause for (cause,) in rows if cause and "PENSTOCK_MAX_BYTES" not in cause}
    assert all("PENSTOCK_MAX_MEMORY" in cause for cause in causes), causes


@scenario(
    "failpoints-errors",
    quick=40,
    long=HITS_A_POINT * len(TAKE_ERRORS),
    round=800,
    **{**COMMON, "PENSTOCK_MAX_ATTEMPTS": 100, "PENSTOCK_MAX_BYTES": "1MB"},
)
def failpoints_errors(bench, events):
    """EIO, ENOSPC and ENOMEM at every step that may fail so"""
    bench.last_checks.append(lambda: check_memory_blamed(bench))
    run_round(bench, events, failed, ERRORS, oversize=True)
