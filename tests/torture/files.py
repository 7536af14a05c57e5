"""Faults of file systems: full ones, and an archive on another one than the inbox."""

import contextlib
import os
import pathlib
import shutil
import signal
import time

import documents
from bench import PATIENCE, children, wait_until
from explained import check_all_explained, explain
from mounts import tmpfs
from scenario import scenario

KB = 1 << 10


def ticks(pids):
    """Processor time of some processes, in seconds."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def check_idle(bench, what, seconds=1.0, share=0.15):
    """While something fails, the service tries again now and then and does not spin."""
    pids = [bench.penstock.pid, *children(bench.penstock.pid)]
    before = ticks(pids)
    time.sleep(seconds)
    used = (ticks(pids) - before) / seconds
    bench.notes.setdefault(f"processor share while {what}", []).append(round(used, 3))
    assert used < share * PATIENCE, f"{what}: {used:.0%} of a processor"


def fill(folder, name=".filler"):
    """Takes all the bytes that are left on a file system."""
    with contextlib.suppress(OSError), open(folder / name, "wb", buffering=0) as file:
        while file.write(bytes(64 * KB)):
            pass
    with contextlib.suppress(OSError), open(folder / name, "ab", buffering=0) as file:
        while file.write(bytes(512)):
            pass


def fill_inodes(folder):
    (folder / ".filler").mkdir()
    with contextlib.suppress(OSError):
        for n in range(1_000_000):
            (folder / ".filler" / str(n)).touch()


def free(folder):
    with contextlib.suppress(FileNotFoundError):
        path = folder / ".filler"
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def drop_text(bench, size, kind="good"):
    """A text of about so many bytes, no two alike. Returns its path in the inbox."""
    data = (documents.words(bench.documents_chance, size // 7) + f" {bench.serial}\n").encode()
    name = f"full/{bench.serial}.txt"
    bench.drop(kind, name, data)
    return bench.penstock.inbox / name


def wait_unfiled(bench, paths):
    """Waits until the documents are stored and only cannot be moved. Returns the one whose answer is told."""

    def stuck():
        for path in paths:
            if path.exists() and explain(bench, path)[0] == "filing":
                return path
        return None

    return wait_until("a document is done and cannot be moved", stuck, 30)


def check_full_is_told(bench, paths):
    path = wait_unfiled(bench, paths)
    state, reason = explain(bench, path)
    assert (state, "No space left on device" in reason) == ("filing", True), f"{state}: {reason}"
    waits = bench.penstock.status()["intake_waits_for"]
    assert waits and "No space left on device" in waits, f"status says: {waits}"


def wait_moved(bench, paths):
    bench.monitor.since = None
    begun = time.monotonic()
    wait_until("the originals are moved", lambda: not any(p.exists() for p in paths), 30)
    bench.monitor.recoveries.append(time.monotonic() - begun)


FULL = {"quick": 2, "round": 100, "PENSTOCK_RESCAN_SECONDS": 2}


@scenario("full-archive", long=100, **FULL)
def full_archive(bench, events):
    """Fills the file system of the archive, which is not the inbox's, and frees it again."""
    archive = bench.mounts.enter_context(tmpfs(bench.penstock.archive, "size=128m"))
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    for n in range(events):
        fill(archive)
        bench.event()
        paths = [drop_text(bench, bench.chance.randrange(20 * KB, 200 * KB)) for _ in range(4)]
        check_full_is_told(bench, paths)
        if n % 10 == 0:
            paths += [drop_text(bench, 20 * KB) for _ in range(100)]
            check_idle(bench, "the archive is full")
        free(archive)
        wait_moved(bench, paths)


@scenario("full-inodes", long=100, **FULL)
def full_inodes(bench, events):
    """Inbox and archive on one file system that has no inodes left."""
    home = bench.mounts.enter_context(tmpfs(bench.penstock.home, "size=256m,nr_inodes=4000"))
    bench.penstock.inbox.mkdir()
    bench.penstock.outside = home / ".outside"
    bench.penstock.outside.mkdir()
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    for n in range(events):
        os.kill(bench.roles()["intake"][0], signal.SIGSTOP)
        paths = [drop_text(bench, 2 * KB) for _ in range(4)]
        fill_inodes(home)
        bench.event()
        os.kill(bench.roles()["intake"][0], signal.SIGCONT)
        check_full_is_told(bench, paths)
        if n % 10 == 0:
            check_idle(bench, "there are no inodes")
        free(home)
        wait_moved(bench, paths)


@scenario("full-quarantine", long=20, PENSTOCK_MAX_BYTES=100 * KB, **FULL)
def full_quarantine(bench, events):
    """Fills the file system of the quarantine: what is refused stays in the inbox until there is room."""
    quarantine = bench.mounts.enter_context(tmpfs(bench.penstock.quarantine, "size=8m"))
    bench.start()
    for n in range(events):
        fill(quarantine)
        bench.event()
        paths = [drop_text(bench, 150 * KB, kind="poison") for _ in range(2)]
        paths += [drop_text(bench, 2 * KB) for _ in range(3)]
        check_full_is_told(bench, paths[:2])
        if n % 10 == 0:
            check_idle(bench, "the quarantine is full")
        free(quarantine)
        wait_moved(bench, paths)


@scenario("full-log", long=20, **FULL)
def full_log(bench, events):
    """Fills the file system that standard error goes to: lines are lost, nothing else."""
    place = bench.mounts.enter_context(tmpfs(bench.folder / "logs", "size=1m"))
    bench.penstock.log_path = place / "log"
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    for _ in range(events):
        fill(place)
        size = bench.penstock.log_path.stat().st_size
        bench.event()
        names = [bench.drop() for _ in range(10)]
        wait_until("they are done", lambda names=names: not any((bench.penstock.inbox / n).exists() for n in names), 30)
        room = 4096 - size % 4096  # the last page of the file itself may have room
        assert bench.penstock.log_path.stat().st_size <= size + room, "the log was not full"
        free(place)
        name = bench.drop()
        wait_until("the log goes on", lambda name=name: f"path={name}" in bench.penstock.log()[size:], 10)


@scenario("full-run", long=10, **FULL)
def full_run(bench, events):
    """Fills the folder of the service's own small files before its start: it says so, or does without."""
    place = bench.mounts.enter_context(tmpfs(bench.penstock.home / "run", "size=4m"))
    p = bench.penstock
    for _ in range(events):
        free(place)
        shutil.rmtree(place / "postgres", ignore_errors=True)
        for path in place.iterdir():
            path.unlink()
        fill(place)
        bench.event()
        bench.drop_many(3)
        p.start(ready=False)
        wait_until("it ends, or is ready", lambda: p.process.poll() is not None or "event=ready" in p.new_log(), 20)
        if p.process.poll() is not None:
            assert p.wait() == 1 and "No space left on device" in p.new_log(), p.new_log()[-500:]
            bench.count_note("starts without room", "refused")
        else:
            bench.count_note("starts without room", "ready")
            p.stop()
        free(place)
        p.start()
        bench.settle()
        if bench.n_events < events:
            p.stop()
    bench.monitor.start()


# ---- another file system ----


def unfinished(archive):
    """Copies under way into the archive."""
    return [name for name in os.listdir(archive) if name.startswith(".") and name.endswith(".tmp")]


def kill_in_copy(bench, archive):
    """SIGKILL to the intake as soon as a copy is under way, or a moment later. True when one was cut short, None when
    nothing was copied any more and nobody was killed."""
    pid = bench.roles().get("intake", [None])[0]
    end = time.monotonic() + PATIENCE
    while not unfinished(archive):
        if time.monotonic() > end:
            return None
    time.sleep(bench.chance.choice((0, 0, 0.001, 0.003, 0.01)))
    bench.event()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return bool(unfinished(archive))


@scenario(
    "archive-elsewhere-kills",
    quick=5,
    long=200,
    round=50,
    PENSTOCK_MAX_PARSE_BYTES=64 * KB,
    PENSTOCK_AFTER="archive",
    PENSTOCK_RESCAN_SECONDS=2,
)
def archive_elsewhere_kills(bench, events):
    """kill -9 of the intake in the middle of copying large files to another file system."""
    archive = bench.mounts.enter_context(tmpfs(bench.penstock.archive, "size=3g"))
    bench.expect_no_strikes()
    bench.last_checks.append(lambda: check_all_explained(bench))
    bench.start()
    cut = 0
    while bench.n_events < events:
        while bench.count_inbox(3) < 3:
            data = bench.chance.randbytes(64 * KB) * bench.chance.randrange(64, 256)
            bench.drop(name=f"large/{bench.serial}.bin", data=data)
        before = bench.roles().get("intake")
        was_cut = kill_in_copy(bench, archive)
        if was_cut is None:
            continue
        cut += was_cut
        wait_until("another intake", lambda before=before: bench.roles().get("intake", before) != before, 20)
    assert cut > 0, "no copy was cut short"
    bench.notes["copies cut short"] = cut
    bench.last_checks.append(lambda: check_no_unfinished(bench))


def check_no_unfinished(bench):
    left = unfinished(bench.penstock.archive)
    assert not left, f"copies that nobody will finish are left in the archive: {left}"
