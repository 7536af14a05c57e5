"""Documents that were damaged by chance, and some made by hand to hurt: whatever they are, each ends stored or convicted in
time, nothing hangs, and nothing but a worker ever dies."""

import itertools
import json
import os
import threading
import time

import bombs
import documents
from bench import PATIENCE
from scenario import scenario

WORKERS = 2
MAX_SECONDS = 5
LIMITS = {
    "PENSTOCK_WORKERS": WORKERS,
    "PENSTOCK_MAX_SECONDS": MAX_SECONDS,
    "PENSTOCK_MAX_CPU_SECONDS": MAX_SECONDS - 1,
    "PENSTOCK_MAX_SILENCE": f"{MAX_SECONDS - 1}s",
    "PENSTOCK_MAX_MEMORY": "512MB",
    "PENSTOCK_MAX_ATTEMPTS": 2,
}


class Watch(threading.Thread):
    """Looks how long workers have had their documents in hand."""

    def __init__(self, bench):
        super().__init__(daemon=True)
        self.bench, self.longest, self.ended = bench, 0.0, False

    def run(self):
        while not self.ended:
            self.longest = max([self.longest, *self.bench.page.ages(WORKERS).values()])
            time.sleep(0.01)


class Trial:
    """What must hold when all of them have ended."""

    def __init__(self, bench):
        bench.start()
        head = bench.page.head()
        self.bench, self.roles, self.watch = bench, (head.pool_pid, head.intake_pid), Watch(bench)
        self.watch.start()
        bench.last_checks.append(self.check)

    def check(self):
        bench, self.watch.ended = self.bench, True
        head = bench.page.head()
        assert (head.pool_pid, head.intake_pid) == self.roles, "the pool or the intake died"
        bench.notes["longest_seconds"] = round(self.watch.longest, 2)
        assert self.watch.longest <= (MAX_SECONDS + 1) * PATIENCE, f"{self.watch.longest:.1f} s at one document"
        self.count("ends", "select coalesce(outcome, state) from penstock.jobs")
        self.count("types", "select media_type from penstock.documents")
        self.count("blamed", "select details->>'cause' from penstock.events where (details->>'strike')::boolean")
        assert "" not in bench.notes.get("types", {}), "a document without a type"
        crashes = {cause: n for cause, n in bench.notes.get("blamed", {}).items() if "crash" in cause or "SIGSYS" in cause}
        assert not crashes, f"a parser crashed or left its cage: {crashes}; {self.blamed()}"

    def count(self, note, query):
        for (value,) in self.bench.penstock.sql(query):
            self.bench.count_note(note, value)

    def blamed(self):
        rows = self.bench.penstock.sql(
            "select j.path, e.details->>'cause' from penstock.events e join penstock.jobs j on j.id = e.job_id limit 10"
        )
        return [(os.fsdecode(bytes(path)), cause) for path, cause in rows]


# ---- damaged by chance ----

TOKENS = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xf0\x9f",
    b"<![CDATA[",
    b"<!--",
    b"]]>",
    b"&#x10ffff;",
    b"&a;",
    b"<!DOCTYPE x [",
    b"\\ud800",
    b'"',
    b"{[",
    b"\n---\n",
    b"&a *a",
    b"999999999999999999999",
    b"-1",
    b"%n",
    b"```",
    b"\r",
)
SUFFIXES = ("html", "xml", "json", "csv", "yaml", "md", "txt", "bin", "")


ENDINGS = (".html", ".xml", ".json", ".csv", ".yaml", ".md", ".txt", "copyright", "README", ".gz")


def real_files(chance, n):
    """Some of the documents that are on any Debian machine."""
    found = [
        os.path.join(top, name)
        for top, _, names in os.walk("/usr/share/doc")
        for name in names
        if name.endswith(ENDINGS)
    ]
    some = chance.sample(sorted(found), min(n, len(found)))
    return [path for path in some if os.path.isfile(path) and os.path.getsize(path) < 200_000]


def as_yaml(chance):
    data = {documents.words(chance, 1): [documents.words(chance, 3), {"n": chance.random()}] for _ in range(20)}
    return "".join(f"{key}:\n  - {value[0]}\n  - {json.dumps(value[1])}\n" for key, value in data.items()).encode()


def make_seed(chance, serial, files):
    kind = chance.random()
    if kind < 0.45 and files:
        with open(chance.choice(files), "rb") as file:
            return file.read()
    return as_yaml(chance) if kind < 0.5 else documents.make(chance, serial)[1]


def flip_bits(chance, data, _):
    for _ in range(chance.choice((1, 3, 30))):
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)


def truncate(chance, data, _):
    del data[chance.randrange(len(data)) :]


def splice(chance, data, other):
    a, b = sorted(chance.randrange(len(other) + 1) for _ in range(2))
    at = chance.randrange(len(data) + 1)
    data[at:at] = other[a:b]


def remove(chance, data, _):
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 200)]


def repeat(chance, data, _):
    at = chance.randrange(len(data))
    piece = bytes(data[at : at + chance.randrange(1, 50)])
    data[at:at] = piece * chance.choice((2, 100, 5000))


def insert_token(chance, data, _):
    for _ in range(chance.choice((1, 5, 50))):
        at = chance.randrange(len(data) + 1)
        data[at:at] = chance.choice(TOKENS)


def lie_about_length(chance, data, _):
    """Other digits where there are some."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    for at in chance.sample(digits, min(len(digits), 10)):
        data[at : at + 1] = chance.choice((b"9" * 20, b"-1", b"0", b"4294967296", b"1e309"))


def widen(_, data, __):
    data[:] = b"\xff\xfe" + bytes(data).decode("latin-1").encode("utf-16-le")


MUTATIONS = (flip_bits, truncate, splice, remove, repeat, insert_token, lie_about_length, widen)


def mutate(bench, files):
    """(data, the names of what was done to it)"""
    chance = bench.documents_chance
    data = bytearray(make_seed(chance, bench.serial, files))
    other = make_seed(chance, bench.serial, files)
    done = []
    for _ in range(chance.choice((1, 1, 2, 4))):
        if data:
            mutation = chance.choice(MUTATIONS)
            mutation(chance, data, other)
            done.append(mutation.__name__)
    return bytes(data), done


@scenario("mutated", quick=200, long=10_000, round=2500, **LIMITS)
def mutated(bench, events):
    """documents with flipped bits, cut, spliced, repeated, with lengths that lie"""
    files = real_files(bench.documents_chance, events)
    bench.notes["seeds that are real files"] = len(files)
    Trial(bench)
    while bench.n_events < events:
        if bench.count_inbox(500) >= 500:
            time.sleep(0.05)
            continue
        data, done = mutate(bench, files)
        for name in done:
            bench.count_note("mutations", name)
        bench.n_events += 1
        bench.drop("any", f"{bench.serial % 20}/{bench.serial}.{bench.chance.choice(SUFFIXES)}x"[:-1], data)


# ---- made by hand ----


def drop_sparse(bench, name, size):
    path = bench.penstock.outside / name
    with open(path, "wb") as file:
        file.truncate(size)
    bench.manifest.add_file("any", name, path)
    bench.n_events += 1
    os.rename(path, bench.penstock.inbox / name)


@scenario("bombs", quick=36, long=len(tuple(bombs.names())) + len(bombs.SPARSE) + bombs.COUNT, round=1000, **LIMITS)
def hand_made_bombs(bench, events):
    """entities, depth, width, giant tokens, encodings, archives, holes, names with every byte"""
    Trial(bench)
    bench.settle_seconds = 1200 if events > 100 else 120
    for n, (name, data) in enumerate(itertools.islice(bombs.all_bombs(), events)):
        bench.n_events += 1
        bench.count_note("bombs", "made by hand")
        bench.drop("any", f"{n}-{name}", data)
    for name, data in itertools.islice(bombs.names(), max(0, events - bench.n_events)):
        bench.n_events += 1
        bench.count_note("bombs", "names")
        bench.drop("any", os.fsdecode(name), data)
    for name, size in bombs.SPARSE[: max(0, events - bench.n_events)]:
        bench.count_note("bombs", "sparse")
        drop_sparse(bench, name, size)
