"""The world of one round: a server, a database, a service with its home, documents on their way, and a manifest of all
that was dropped, for the oracle."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import documents  # noqa: E402
import psycopg2  # noqa: E402
from page import Page  # noqa: E402
from penstock import PATIENCE, Penstock, children, is_alive, wait_until  # noqa: E402, F401
from postgres import Server  # noqa: E402


class Stuck(AssertionError):
    """Something did not come to an end in time."""


class Manifest:
    """A line a dropped file, written before the file can be seen."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.n = 0

    def add(self, kind, name, data, text=None):
        line = {"kind": kind, "name": name, "sha256": documents.sha256(data)}
        if text is not None:
            line["text"] = documents.sha256(text)
        if kind in ("good", "stored") and (inside := documents.members(data)):
            line["inside"] = inside
        if records := documents.records(data):
            line["records"] = len(records)
        self.write(line)

    def write(self, line):
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()
            self.n += 1

    def add_file(self, kind, name, path):
        """The same for a file that is too large to be held in memory."""
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(1 << 22):
                digest.update(chunk)
        self.write({"kind": kind, "name": name, "sha256": digest.hexdigest()})


class Monitor(threading.Thread):
    """Watches for commits, and times how long after each event the next one comes."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.since, self.recoveries, self.ended = url, None, [], False
        self.last = 0

    def event(self):
        """A fault happens now. Events that come before anything was committed count as one, from the first."""
        if self.since is None:
            self.since = time.monotonic()

    def wait_commit(self, timeout=30):
        """Returns once something more is committed."""
        last = self.last
        wait_until("the next commit", lambda: self.last > last, timeout)

    def run(self):
        while not self.ended:
            with contextlib.suppress(psycopg2.Error):
                self.watch(psycopg2.connect(self.url, connect_timeout=2))
            time.sleep(0.02)

    def watch(self, connection):
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            while not self.ended:
                cursor.execute("select coalesce(max(id), 0) from penstock.documents")
                (newest,) = cursor.fetchone()
                if newest > self.last:
                    self.last, since, self.since = newest, self.since, None
                    if since is not None:
                        self.recoveries.append(time.monotonic() - since)
                time.sleep(0.005)


class Feeder(threading.Thread):
    """Keeps about `waiting` documents in the inbox until it is stopped, at most `rate` a second."""

    def __init__(self, bench, waiting, rate):
        super().__init__(daemon=True)
        self.bench, self.waiting, self.rate, self.ended = bench, waiting, rate, threading.Event()

    def run(self):
        while not self.ended.wait(0.05):
            missing = self.waiting - self.bench.count_inbox(self.waiting)
            for _ in range(min(missing, max(1, int(self.rate * 0.05)))):
                self.bench.drop()

    def end(self):
        self.ended.set()
        self.join()


class Bench:
    """What a scenario works with. `chance` is the only source of randomness: a seed replays a round."""

    def __init__(self, folder, server, seed, settings):
        self.folder, self.server, self.seed = pathlib.Path(folder), server, seed
        self.chance = random.Random(seed)
        self.documents_chance = random.Random(seed + 1)
        self.database = f"torture-{self.folder.name}"
        server.create_database(self.database)
        self.url = server.url(self.database)
        self.penstock = Penstock(self.folder, url=self.url, **{"LOG_LEVEL": "info", **settings})
        self.page = Page(self.penstock.home)
        self.manifest = Manifest(self.folder / "manifest")
        self.monitor = Monitor(self.url)
        self.feeder = None
        self.serial = 0
        self.dropping = threading.Lock()
        self.good = "good"  # the kind of what is dropped, for the oracle
        self.n_events = 0
        self.notes = {}  # further figures of a scenario, by name: numbers, or {name: number}, or lists of them
        self.further_homes = []  # of other services on the same database and inbox, which have ended
        self.settle_seconds = 120  # what a scenario leaves may take so long
        self.cleanups = contextlib.ExitStack()  # proxies, servers, mounts of the scenario: closed after the service
        self.mounts = contextlib.ExitStack()  # of the scenario: gone before the folder is removed
        self.last_checks = []  # called when all has settled and the service still runs; an assertion fails the round

    # ---- documents ----

    def drop(self, kind=None, name=None, data=None, text=None):
        """Moves one document into the inbox: a made one, or the one that is told. Returns its name."""
        with self.dropping:
            return self.drop_alone(kind or self.good, name, data, text)

    def drop_alone(self, kind, name, data, text):
        if data is None:
            name, data = documents.make(self.documents_chance, self.serial)
            text = data if name.endswith((".txt", ".md")) else None
        elif name is None:
            name = f"{self.serial}.txt"
        self.serial += 1
        self.manifest.add(kind, name, data, text)
        self.penstock.drop(name, data)
        return name

    def drop_many(self, n):
        for _ in range(n):
            self.drop()

    def feed(self, waiting=150, rate=400):
        self.feeder = Feeder(self, waiting, rate)
        self.feeder.start()

    def stop_feeding(self):
        if self.feeder:
            self.feeder.end()
            self.feeder = None

    def count_inbox(self, enough):
        """Files in the inbox; does not look further when there are enough."""
        n = 0
        for _, _, names in os.walk(self.penstock.inbox):
            n += len(names)
            if n >= enough:
                break
        return n

    # ---- faults ----

    def event(self, n=1):
        """Counts a fault that is made now."""
        self.n_events += n
        self.monitor.event()

    def roles(self):
        """{role: [pids]} of the running service, by the names of its processes."""
        found = {}
        for pid in children(self.penstock.pid):
            with contextlib.suppress(OSError):
                name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                role = "worker" if name.startswith("penstock:w") else name.removeprefix("penstock:")
                found.setdefault(role, []).append(pid)
        return found

    def expect_no_strikes(self):
        """No document may have been blamed for anything when all has settled."""
        self.last_checks.append(self.check_no_strikes)

    def check_no_strikes(self):
        rows = self.penstock.sql("select path, strikes, error from penstock.jobs where strikes > 0 limit 5")
        assert not rows, f"documents were blamed: {[(bytes(path), n, why) for path, n, why in rows]}"

    def count_note(self, name, key, n=1):
        """Adds to one number of the figure `name`, which is a {key: number}."""
        counts = self.notes.setdefault(name, {})
        counts[key] = counts.get(key, 0) + n

    def restart_supervisor(self):
        """SIGKILL to the supervisor, then a new start."""
        self.penstock.kill()
        self.penstock.start(ready=False)

    def start(self):
        self.penstock.start()
        self.monitor.start()

    # ---- the end ----

    def settle(self, timeout=None):
        """Waits until nothing is in the inbox and no job is open. The service must be running."""
        timeout = timeout or self.settle_seconds
        self.stop_feeding()
        end = time.monotonic() + timeout * PATIENCE
        while time.monotonic() < end:
            if self.count_inbox(1) == 0 and self.open_jobs() == 0:
                return
            time.sleep(0.1)
        raise Stuck(f"{self.count_inbox(1000)} files in the inbox and {self.open_jobs()} open jobs after {timeout} s")

    def open_jobs(self):
        with contextlib.suppress(psycopg2.Error):
            return self.penstock.value("select count(*) from penstock.jobs where state = 'claimed'")
        return -1

    def judge(self):
        """Stops the service, and returns the oracle's verdict."""
        self.monitor.ended = True
        code = self.penstock.stop()
        assert code == 0, f"the service ended with {code}"
        assert not self.penstock.complaints(), self.penstock.complaints()
        result = subprocess.run(
            [HERE / "oracle", self.folder / "manifest", self.penstock.home, *self.further_homes],
            env={**os.environ, "DATABASE_URL": self.url},
            capture_output=True,
            text=True,
        )
        if result.returncode not in (0, 1):
            raise AssertionError(f"the oracle failed: {result.stderr}")
        return json.loads(result.stdout)

    def close(self, keep):
        """Ends whatever still runs. Keeps the folder and the database when somebody should look at them."""
        self.monitor.ended = True
        self.stop_feeding()
        with self.cleanups:
            with contextlib.suppress(AssertionError):
                self.penstock.end()
            self.mounts.close()
            if not keep:
                self.server.drop_database(self.database)
        if not keep:
            shutil.rmtree(self.folder)


class CopiedServer(Server):
    """initdb runs once; every further server begins as a copy of what it made."""

    made = None

    def call(self, program, *arguments):
        if program != "initdb":
            super().call(program, *arguments)
            return
        if not CopiedServer.made:
            CopiedServer.made = tempfile.TemporaryDirectory(prefix="penstock-initdb-", dir="/tmp")
            if os.geteuid() == 0:
                shutil.chown(CopiedServer.made.name, "postgres")
            super().call("initdb", "-D", f"{CopiedServer.made.name}/data", *arguments[2:])
        subprocess.run(["cp", "-a", f"{CopiedServer.made.name}/data", self.data], check=True)


def stop_server(server):
    """However a scenario has left it: it may be dead, with its pid file still there."""
    with contextlib.suppress(subprocess.CalledProcessError):
        server.stop()


def make_server(folder):
    return CopiedServer(str(folder))
