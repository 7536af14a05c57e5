"""Calls that fail: the Nth of each kind, once or for a while, in one role, by way of a preload library (shim.c).

N goes up from 1 until a run passes in which nothing failed. What is asked of the service: it goes on by itself, no
document is lost or stored twice, and none is blamed.
"""

import contextlib
import errno
import json
import mmap
import os
import shutil
import signal
import struct
import time

from bench import PATIENCE, Stuck
from mounts import tmpfs
from penstock import BUILD
from scenario import scenario

LIBRARY = BUILD / "tests" / "torture" / "libshim.so"
ROLES = {"supervisor": 1, "pool": 2, "intake": 4, "worker": 8}
ROW = struct.Struct("<16sIiQQQQ")  # struct rule
ROWS = 8
SHORT = 0  # instead of an errno: one byte at a time


class Shim:
    """The page that the library reads its rules from and counts in. One rule at a time is enough here."""

    def __init__(self, bench):
        path = bench.folder / "shim"
        path.write_bytes(bytes(ROWS * ROW.size))
        path.chmod(0o666)
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 0)
        bench.penstock.settings.update(LD_PRELOAD=LIBRARY, SHIM_FILE=path)
        bench.penstock.settings["ASAN_OPTIONS"] = "verify_asan_link_order=0"

    def arm(self, role, call, error, first, last):
        """From now on calls are counted, and the first-th to the last-th fail."""
        self.disarm()
        row = ROW.pack(b"", ROLES[role], error, first, last, 0, 0)
        self.page[16 : ROW.size] = row[16:]
        self.page[0:16] = call.encode().ljust(16, b"\0")

    def disarm(self):
        self.page[0:16] = bytes(16)

    def counts(self):
        """(calls, failed) since the rule was armed."""
        return ROW.unpack(self.page[0 : ROW.size])[5:7]


class Probe:
    """One service, and one failure after another."""

    def __init__(self, bench):
        self.bench, self.shim = bench, Shim(bench)
        self.troubles, self.failed, self.label, self.strikes = [], {}, "", 0

    def name(self, role, call, error):
        return f"{role} {call} {errno.errorcode[error] if error else 'short'}"

    def drop(self):
        for _ in range(3):
            self.bench.drop()
        self.nested = self.bench.penstock.inbox / f"new{self.bench.serial}"
        data = b"a" * 300_000 + b"%d\n" % self.bench.serial
        self.bench.drop(name=f"{self.nested.name}/deep/a.txt", data=data)

    def revive(self):
        """A supervisor that ended is started again, as a service manager does."""
        p = self.bench.penstock
        if p.process and p.process.poll() is not None:
            if not self.label.startswith("supervisor"):
                self.trouble(f"{self.label}: the service ended with {p.process.returncode}")
            self.bench.count_note("the service ended", self.label.split(",")[0])
            p.process = None
            p.start(ready=False)

    def is_settled(self):
        return self.bench.count_inbox(1) == 0 and self.bench.open_jobs() == 0

    def settled(self, seconds):
        end = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < end:
            self.revive()
            if self.is_settled():
                return True
            time.sleep(0.01)
        return False

    def begin_anew(self, role):
        """The process is killed, so that the calls of its start count as well."""
        if role == "supervisor":
            self.bench.restart_supervisor()
            return
        for pid in self.bench.roles().get(role, []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def run(self, role, call, error, first, last, boot=False, hold=0.0):
        """True when something failed."""
        self.shim.arm(role, call, error, first, last)
        label = self.name(role, call, error)
        self.label = f"{label}, call {first} to {last}{' from its start' if boot else ''}"
        self.bench.monitor.event()
        if boot:
            self.begin_anew(role)
        self.drop()
        if hold:
            time.sleep(hold)
        else:
            self.settled(2)
        _, failed = self.shim.counts()
        self.shim.disarm()
        self.failed[label] = self.failed.get(label, 0) + failed
        self.bench.n_events += failed > 0
        self.check()
        self.check_blame(call)
        return failed > 0

    def trouble(self, what):
        self.troubles.append(what)
        print(what, flush=True)

    def check(self):
        if self.settled(20):
            shutil.rmtree(self.nested, ignore_errors=True)  # or the walks would have more calls every time
            return
        p = self.bench.penstock
        left = [str(x.relative_to(p.inbox)) for x in p.inbox.rglob("*") if x.is_file()]
        answers = [p.command("explain", p.inbox / name, code=None).stdout.strip() for name in left[:2]]
        self.trouble(f"{self.label}: not settled: {left[:3]} {answers} {self.bench.open_jobs()} open jobs")
        self.bench.restart_supervisor()
        if not self.settled(30):
            raise Stuck(f"{self.troubles}; and not after a restart either")

    def check_blame(self, call):
        """No document is blamed, except that a worker without memory cannot tell whose fault that is."""
        strikes = int(self.bench.penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs"))
        if strikes > self.strikes and call != "malloc":
            self.trouble(f"{self.label}: documents were blamed")
        self.strikes = strikes

    def report(self):
        self.bench.notes["failed"] = self.failed
        self.bench.notes["never called"] = [label for label, n in self.failed.items() if n == 0]
        assert not self.troubles, self.troubles


# What each role calls, and how it may fail.
CALLS = {
    "intake": [
        ("open", errno.EIO),
        ("open", errno.EMFILE),
        ("open", errno.EINTR),
        ("stat", errno.EIO),
        ("rename", errno.EIO),
        ("rename", errno.ENOSPC),
        ("mkdir", errno.ENOSPC),
        ("unlink", errno.EIO),
        ("watch", errno.ENOSPC),
        ("event", errno.EINTR),
        ("write", errno.ENOSPC),
        ("sendmsg", errno.EINTR),
        ("sendmsg", errno.ENOBUFS),
        ("sendmsg", SHORT),
        ("recvmsg", errno.EINTR),
        ("recvmsg", errno.ENOMEM),
        ("recvmsg", SHORT),
        ("malloc", errno.ENOMEM),
    ],
    "archive": [
        ("open", errno.EIO),
        ("open", errno.ENOSPC),
        ("stat", errno.EIO),
        ("sendfile", errno.EIO),
        ("sendfile", errno.ENOSPC),
        ("sendfile", errno.EINTR),
        ("sendfile", SHORT),
        ("fsync", errno.EIO),
        ("futimens", errno.EIO),
        ("rename", errno.EIO),
        ("unlink", errno.EIO),
    ],
    "worker": [
        ("read", errno.EIO),
        ("read", errno.EINTR),
        ("read", SHORT),
        ("stat", errno.EIO),
        ("sendmsg", errno.EINTR),
        ("sendmsg", errno.ENOBUFS),
        ("sendmsg", SHORT),
        ("recvmsg", errno.EINTR),
        ("recvmsg", errno.ENOMEM),
        ("recvmsg", SHORT),
        ("malloc", errno.ENOMEM),
    ],
    "pool": [
        ("open", errno.EMFILE),
        ("write", errno.ENOSPC),
        ("sendmsg", errno.ENOBUFS),
        ("sendmsg", SHORT),
        ("recvmsg", errno.ENOMEM),
        ("recvmsg", SHORT),
        ("send", errno.ECONNRESET),
        ("send", SHORT),
        ("recv", errno.ECONNRESET),
        ("recv", SHORT),
        ("malloc", errno.ENOMEM),
    ],
    "supervisor": [
        ("open", errno.EMFILE),
        ("stat", errno.EIO),
        ("mkdir", errno.EIO),
        ("write", errno.ENOSPC),
        ("unlink", errno.EIO),
        ("sendmsg", errno.EINTR),
        ("sendmsg", SHORT),
        ("recvmsg", errno.EINTR),
        ("recvmsg", SHORT),
        ("malloc", errno.ENOMEM),
    ],
}
FOREVER = 1 << 62


def numbers(call):
    """Every N. Of the thousands of mallocs of a start, ever fewer."""
    n = 1
    while True:
        yield n
        n += 1 if call != "malloc" or n < 60 else max(1, n // 30)


def every(probe, role, call, error, boot):
    """One call after the other, until none fails any more."""
    for n in numbers(call):
        if not probe.run(role, call, error, n, n, boot):
            return
        yield probe.name(role, call, error)


def steps(probe, role, kinds):
    """All that there is to do for a role, as a sequence of steps."""
    for call, error in kinds:
        if call == "malloc" and not has_malloc():
            continue
        yield from every(probe, role, call, error, False)
        yield from every(probe, role, call, error, True)
        probe.run(role, call, error, 1, 3 if error == errno.EINTR else FOREVER, hold=1.0)
        yield probe.name(role, call, error)


def has_malloc():
    """Sanitizers have one of their own, which the library leaves alone."""
    options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text())
    return not any(option["name"] == "b_sanitize" and option["value"] not in ("none", []) for option in options)


def sample(probe, role, kinds, events, seconds=5):
    """Some of it, for the quick run."""
    chance, end = probe.bench.chance, time.monotonic() + seconds * PATIENCE
    kinds = [(call, error) for call, error in kinds if call != "malloc" or has_malloc()]
    while probe.bench.n_events < events and time.monotonic() < end:
        call, error = chance.choice(kinds)
        n = chance.randrange(1, 8)
        probe.run(role, call, error, n, n + chance.choice((0, 0, 3)), boot=chance.random() < 0.3)


def fail_calls(bench, events, role, kinds, everything):
    probe = Probe(bench)
    bench.start()
    try:
        if everything:
            for kind in steps(probe, role, kinds):
                bench.count_note("runs", kind)
        else:
            sample(probe, role, kinds, events)
    finally:
        probe.shim.disarm()
    probe.report()
    assert bench.n_events > 0, "no call failed"
    bench.notes["strikes for want of memory"] = probe.strikes


LONG = 100  # events from which a scenario is run whole: every call, every N
OPTIONS = {
    "quick": 8,
    "long": LONG,
    "round": LONG,
    "PENSTOCK_RESCAN_SECONDS": 1,
    "PENSTOCK_SETTLE_MS": "20ms",
    "PENSTOCK_MAX_ATTEMPTS": 100,
    "PENSTOCK_SHUTDOWN_TIMEOUT": "1s",
    "DB_STATEMENT_TIMEOUT": "3s",
    "DB_POOL_MAX": 3,
}


@scenario("calls-intake", **OPTIONS)
def calls_intake(bench, events):
    """The intake's calls fail, one after the other, then all of a kind."""
    fail_calls(bench, events, "intake", CALLS["intake"], events >= LONG)


@scenario("calls-archive", **OPTIONS)
def calls_archive(bench, events):
    """The same while originals are copied to another file system."""
    bench.mounts.enter_context(tmpfs(bench.penstock.archive, "size=1g"))
    fail_calls(bench, events, "intake", CALLS["archive"], events >= LONG)


@scenario("calls-worker", **OPTIONS)
def calls_worker(bench, events):
    """A worker's calls fail."""
    fail_calls(bench, events, "worker", CALLS["worker"], events >= LONG)


@scenario("calls-pool", **OPTIONS)
def calls_pool(bench, events):
    """The pool's calls fail, those of libpq among them."""
    fail_calls(bench, events, "pool", CALLS["pool"], events >= LONG)


@scenario("calls-supervisor", **OPTIONS)
def calls_supervisor(bench, events):
    """The supervisor's calls fail; when it ends it is started again, as a service manager does."""
    fail_calls(bench, events, "supervisor", CALLS["supervisor"], events >= LONG)
