"""The shared page of a running service, read as it stands in run/stats: asks nobody, so it can time what takes
microseconds. The layout is taken from include/base/stats.h."""

import collections
import ctypes
import mmap
import os
import re
import time

from penstock import REPOSITORY

SLOT_BYTES = max(4096, mmap.PAGESIZE)
HEADER = (REPOSITORY / "include/base/stats.h").read_text()
STAGES = [s.lower() for s in re.findall(r"STAGE_(\w+)", re.search(r"enum worker_stage \{(.*?)\}", HEADER)[1])]
C_TYPES = {
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
}

Worker = collections.namedtuple("Worker", "slot pid stage token since documents")


def fields_of(struct):
    """The members of a structure that are single words, in order, up to the first that is not."""
    body = re.search(rf"struct {struct} \{{(.*?)\n\}};", HEADER, re.S)[1]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    fields = []
    for line in filter(None, map(str.strip, body.split(";"))):
        member = re.fullmatch(r"(?:_Atomic )?(\w+)\s+(\w+)", line)
        if not member or member[1] not in C_TYPES:
            break
        fields.append((member[2], C_TYPES[member[1]]))
    return fields


def names_of(table):
    """The names in an X list, in order."""
    body = re.search(rf"#define {table}\(X\)(.*?[^\\])\n", HEADER, re.S)[1]
    return re.findall(r'X\(\w+,[\s\\]*"(\w+)"\)', body)


def number_of(name):
    return int(re.search(rf"#define {name}\s+(\d+)", HEADER)[1])


COUNTERS, GAUGES = names_of("STATS_COUNTERS"), names_of("STATS_GAUGES")


class Head(ctypes.Structure):
    _fields_ = [
        *fields_of("stats"),
        ("counters", ctypes.c_uint64 * len(COUNTERS)),
        ("gauges", ctypes.c_uint64 * len(GAUGES)),
    ]


class Histogram(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint64 * (number_of("HISTOGRAM_BUCKETS") + 2))]


class Whole(ctypes.Structure):
    _fields_ = [
        ("head", Head),
        ("histograms", Histogram * len(names_of("STATS_HISTOGRAMS"))),
        ("texts", ctypes.c_char * number_of("STATS_TEXT_SIZE") * len(names_of("STATS_TEXTS"))),
    ]


class Slot(ctypes.Structure):
    _fields_ = fields_of("worker_page")


class Page:
    """Follows the file when a new supervisor has made it anew. While there is none, everything is 0."""

    def __init__(self, home):
        self.path, self.inode, self.map = os.path.join(home, "run/stats"), None, None

    def look(self):
        """Maps the file that has the name now."""
        try:
            inode = os.stat(self.path).st_ino
            if inode != self.inode:
                with open(self.path, "rb") as file:
                    self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
                self.inode = inode
                assert self.head_bytes() == ctypes.sizeof(Whole), "this is the page of another build"
        except FileNotFoundError:
            pass
        return self.map

    def head(self):
        if not self.look():
            return Head()
        return Head.from_buffer_copy(self.map[: ctypes.sizeof(Head)])

    def counter(self, name):
        return self.head().counters[COUNTERS.index(name)]

    def gauge(self, name):
        return self.head().gauges[GAUGES.index(name)]

    def workers(self, n):
        """The first n slots. Without a look for a new file: this is for loops that time something."""
        if not self.map and not self.look():
            return []
        first = -(-self.head_bytes() // SLOT_BYTES) * SLOT_BYTES
        found = []
        for slot in range(n):
            at = first + slot * SLOT_BYTES
            s = Slot.from_buffer_copy(self.map[at : at + ctypes.sizeof(Slot)])
            found.append(Worker(slot, s.pid, STAGES[s.stage], s.token, s.since_usec / 1e6, s.documents))
        return found

    def head_bytes(self):
        return Head.from_buffer_copy(self.map[: ctypes.sizeof(Head)]).layout_bytes

    def ages(self, n):
        """How long each worker that reads or extracts a document has had it, in seconds. (Sending waits for the pool.)"""
        now = time.monotonic()
        return {w.token: now - w.since for w in self.workers(n) if w.token and w.stage in ("read", "extract")}
