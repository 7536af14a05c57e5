"""An adversary with write access to the inbox: rewrites, truncates, appends, replaces, renames, exchanges files and
links, and turns clocks back, while penstock works.

Each version of a file is entered in the manifest before it can be seen: as `possible`, and as `good` once it is known to
be the last under its name. A version is what a program writes in one go and closes; anything else that turns up in the
database or the archive (a torn file, the canary behind a link) is `foreign` to the oracle. While a writer has the file
open, penstock must not take it (src/inbox/open.c asks for a lease).
"""

import contextlib
import os
import pathlib
import socket
import threading
import time

import documents
from bench import wait_until
from explained import check_all_explained, explain
from scenario import scenario

CANARY = b"the canary behind the link: this must never be read\n"


class File:
    """A path in the inbox that belongs to one thread of the adversary, and what is in it now."""

    def __init__(self, path):
        self.path, self.data, self.old_times = path, None, None


class Adversary(threading.Thread):
    def __init__(self, bench, number, operations):
        super().__init__(daemon=True)
        self.bench, self.operations = bench, operations
        self.chance = type(bench.chance)(bench.seed * 31 + number)
        self.inbox, self.outside = bench.penstock.inbox, bench.penstock.outside / f"adversary{number}"
        self.outside.mkdir()
        self.canary = bench.canary
        self.number, self.serial, self.error, self.counts = number, 0, None, {}
        self.files = [File(self.inbox / f"folder{number}" / f"{n}.txt") for n in range(12)]
        self.files[0].path.parent.mkdir()

    # ---- versions ----

    def version(self):
        """The bytes of a new version, no two alike."""
        self.serial += 1
        words = documents.words(self.chance, self.chance.choice((3, 30, 300, 3000)))
        return f"{self.number} {self.serial} {words}\n".encode()

    def note(self, kind, path, data):
        self.bench.manifest.add(kind, str(path.relative_to(self.inbox)), data)

    def outside_file(self, data):
        """A file with this content that can be moved in."""
        path = self.outside / f"new{self.serial}"
        path.write_bytes(data)
        return path

    def put(self, file, data):
        """A new version is moved in; what was there goes, whatever it is."""
        self.note("possible", file.path, data)
        os.replace(self.outside_file(data), file.path)
        file.data = data

    def last_version(self, file):
        """The last of its name: this one must come through."""
        data = self.version()
        self.remove(file)
        self.note("good", file.path, data)
        os.replace(self.outside_file(data), file.path)

    def remove(self, file):
        file.data = None
        path = file.path
        with contextlib.suppress(FileNotFoundError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def open_again(self, file, flags):
        """A descriptor of the version in place for writing, or None when penstock was faster."""
        try:
            return os.open(file.path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None

    # ---- operations ----

    def replace(self, file):
        self.put(file, self.version())

    def write_slowly(self, file):
        """Made in place: write, pause longer than the settling time, write, close."""
        data = self.version()
        self.remove(file)
        self.note("possible", file.path, data)
        with open(file.path, "xb", buffering=0) as out:
            for at in range(0, len(data), len(data) // 3 + 1):
                out.write(data[at : at + len(data) // 3 + 1])
                time.sleep(self.chance.choice((0, 0.005, 0.03)))
        file.data = data

    def change(self, file, flags, data, result):
        """Writes `data` through a descriptor with these flags, if the file is still there; then it is `result`."""
        fd = self.open_again(file, flags)
        if fd is None:
            return
        try:
            if os.fstat(fd).st_size == len(file.data):  # it has not been exchanged
                self.note("possible", file.path, result)
                os.write(fd, data)
                file.data = result
        finally:
            os.close(fd)

    def append(self, file):
        if file.data:
            more = b"and more %d\n" % self.serial
            self.serial += 1
            self.change(file, os.O_WRONLY | os.O_APPEND, more, file.data + more)

    def rewrite_in_place(self, file):
        """Other bytes of the same length, and the times turned back to what they were."""
        if not file.data:
            return
        self.serial += 1
        mark = b"%016d" % self.serial
        result = mark[: len(file.data)] + file.data[len(mark) :]
        with contextlib.suppress(FileNotFoundError):
            before = os.stat(file.path, follow_symlinks=False)
            self.change(file, os.O_WRONLY, result, result)
            os.utime(file.path, ns=(before.st_atime_ns, before.st_mtime_ns), follow_symlinks=False)

    def truncate(self, file):
        """Shorter by half, in one call."""
        if not file.data or len(file.data) < 8:
            return
        fd = self.open_again(file, os.O_WRONLY)
        if fd is None:
            return
        try:
            if os.fstat(fd).st_size == len(file.data):
                result = file.data[: len(file.data) // 2]
                self.note("possible", file.path, result)
                os.ftruncate(fd, len(result))
                file.data = result
        finally:
            os.close(fd)

    def rename(self, file):
        """To another name and back."""
        other = file.path.with_suffix(".renamed.txt")
        with contextlib.suppress(FileNotFoundError):
            os.rename(file.path, other)
            time.sleep(self.chance.choice((0, 0.01)))
            os.rename(other, file.path)

    def exchange_for_link(self, file):
        """A link to the canary takes its place, by rename; then the file comes back."""
        link = self.outside / "link"
        if self.chance.random() < 0.5:
            link.symlink_to(self.canary)
        else:
            link.symlink_to("/etc/hostname")
        os.replace(link, file.path)
        time.sleep(self.chance.choice((0, 0.002, 0.02)))
        self.put(file, self.version())

    def swap_quickly(self, file):
        """File and link change places many times."""
        data = self.version()
        link, real = self.outside / "swap-link", self.outside / "swap-file"
        for _ in range(self.chance.randrange(3, 20)):
            self.note("possible", file.path, data)
            real.write_bytes(data)
            os.replace(real, file.path)
            link.symlink_to(self.canary)
            os.replace(link, file.path)
        self.remove(file)

    def hard_link(self, file):
        """A second name for it."""
        other = file.path.with_suffix(f".{self.serial}.txt")
        self.serial += 1
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            os.link(file.path, other, follow_symlinks=False)

    def hold_open(self, file):
        """Opened for writing, and only later written to."""
        if not file.data:
            return
        fd = self.open_again(file, os.O_WRONLY | os.O_APPEND)
        if fd is None:
            return
        try:
            if os.fstat(fd).st_size == len(file.data):
                time.sleep(self.chance.choice((0.005, 0.03, 0.1)))
                self.serial += 1
                more = b"and late %d\n" % self.serial
                self.note("possible", file.path, file.data + more)
                os.write(fd, more)
                file.data += more
        finally:
            os.close(fd)

    def turn_back(self, file):
        with contextlib.suppress(FileNotFoundError):
            os.utime(file.path, (0, self.chance.choice((0, 1, 2**31))), follow_symlinks=False)

    def other_kind(self, file):
        """A FIFO, a socket or a folder takes its name for a while."""
        self.remove(file)
        make = self.chance.choice((os.mkfifo, os.mkdir, self.make_socket))
        with contextlib.suppress(FileExistsError):
            make(file.path)
        time.sleep(self.chance.choice((0, 0.01)))
        self.remove(file)

    def make_socket(self, path):
        with socket.socket(socket.AF_UNIX) as s:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                s.bind(f"/proc/self/fd/{folder}/{path.name}")
            finally:
                os.close(folder)

    def reuse_inode(self, file):
        """Removed and made again at once: the same inode, mostly, with another content of the same size."""
        data = self.version()
        for _ in range(3):
            self.serial += 1
            result = b"%016d" % self.serial + data
            self.remove(file)
            self.note("possible", file.path, result)
            with open(file.path, "xb", buffering=0) as out:
                out.write(result)
            file.data = result

    OPERATIONS = (
        replace,
        replace,
        write_slowly,
        append,
        append,
        rewrite_in_place,
        rewrite_in_place,
        truncate,
        rename,
        exchange_for_link,
        swap_quickly,
        hard_link,
        hold_open,
        turn_back,
        other_kind,
        reuse_inode,
    )

    def explain_one(self):
        explain(self.bench, self.chance.choice(self.files).path)

    def run(self):
        try:
            for n in range(self.operations):
                operation = self.chance.choice(self.OPERATIONS)
                operation(self, self.chance.choice(self.files))
                self.counts[operation.__name__] = self.counts.get(operation.__name__, 0) + 1
                time.sleep(self.chance.choice((0, 0, 0, 0.005, 0.03)))
                if n % 100 == 50:
                    self.explain_one()
            for file in self.files:
                self.last_version(file)
        except Exception as error:  # told by the scenario
            self.error = error


@scenario("adversary", quick=200, long=10_000, round=2500, PENSTOCK_SETTLE_MS="5ms", PENSTOCK_RESCAN_SECONDS=1)
def adversary(bench, events):
    """Two adversaries at work on 24 names, links to a canary outside among what they do."""
    bench.canary = bench.penstock.outside / "canary.txt"
    bench.canary.write_bytes(CANARY)
    bench.expect_no_strikes()
    bench.last_checks += [lambda: check_canary(bench), lambda: check_all_explained(bench)]
    bench.start()
    threads = [Adversary(bench, number, events // 2) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        bench.event(thread.operations)
        if thread.error:
            raise thread.error
        for name, n in thread.counts.items():
            bench.count_note("operations", name, n)
    remove_odd(bench)
    taken = bench.penstock.value("select count(*) from penstock.documents")
    bench.notes["versions stored"] = taken
    assert taken > events // 20, f"penstock has seen next to nothing of it: {taken} documents"


def remove_odd(bench):
    """What is no document stays where it is, perhaps under the name that it was given back beside its own."""

    def found():
        return [path for path in bench.penstock.inbox.rglob("*") if path.is_symlink() or not path.is_dir()]

    wait_until("all files are done", lambda: all(path.is_symlink() or not path.is_file() for path in found()), 120)
    for path in found():
        path.unlink()


def check_canary(bench):
    assert bench.canary.read_bytes() == CANARY, "the file behind the link was touched"
    n = bench.penstock.value("select count(*) from penstock.documents where body like '%%canary behind%%'")
    host = pathlib.Path("/etc/hostname").read_text().strip()
    n += bench.penstock.value("select count(*) from penstock.documents where trim(body, E' \\n') = %s", host)
    assert n == 0, "what is behind a link was read"
