"""Documents of every format that were damaged by chance, cut off, or made by hand to hurt: each ends with a type or a cause, in
time, and nothing but a worker ever dies. Reports by format what became of them."""

import collections
import contextlib
import functools
import os
import time

import crafted
import inside
import mutations
import specimens
from bench import PATIENCE
from hostile import LIMITS, MAX_SECONDS, WORKERS, Trial, Watch
from scenario import scenario

EACH = 10_000  # mutated documents of a format, of the long run
QUICK_EACH = 7
WRONG_NAMES = 0.05  # of all documents
PACKED = 0.5  # of the mutations of what can be opened
WAITING = 400  # documents in the inbox at most
SLOW = 0.1  # seconds, to be named
OUTCOMES = ("stored", "duplicate", "unsupported", "failed")
CRASHES = ("crash", "forbidden", "the parser ended")
HEAD = ("format", "files", "stored", "damaged", "quarantined", "deadline", "memory", "crashed", "slowest", "")


class FormatWatch(Watch):
    """Remembers how long each document was in hand."""

    def __init__(self, bench):
        super().__init__(bench)
        self.seconds = collections.defaultdict(float)

    def look(self):
        for token, age in self.bench.page.ages(WORKERS).items():
            self.seconds[token] = max(self.seconds[token], age)


class FormatTrial(Trial):
    """The same, with figures by format. The first part of a path is the format."""

    watch_class = FormatWatch

    def check(self):
        self.end_watch()
        longest = max(self.watch.seconds.values(), default=0)
        assert longest <= (MAX_SECONDS + 1) * PATIENCE, f"{longest:.1f} s at one document"
        self.check_jobs()
        self.count_deaths()
        self.find_slow()
        forbidden = [note for note in self.bench.notes.get("deaths", []) if "forbidden" in note[1]]
        assert not forbidden, f"a parser left its cage: {forbidden}"

    def check_jobs(self):
        rows = self.bench.penstock.sql(
            "select j.path, j.outcome, coalesce(j.error, ''), coalesce(d.media_type, ''), d.metadata ? 'damaged'"
            " from penstock.jobs j left join penstock.documents d on d.id = j.document_id"
        )
        for path, outcome, error, media_type, damaged in rows:
            name = os.fsdecode(bytes(path))
            assert outcome in OUTCOMES, f"{name} ended as {outcome}"
            assert error if outcome == "failed" else media_type, f"{name} ended as {outcome}, without a type or a cause"
            self.add("quarantined" if outcome == "failed" else "stored", name)
            if damaged:
                self.add("damaged", name)

    def count_deaths(self):
        """Of workers: once a document, whatever the attempts."""
        rows = self.bench.penstock.sql(
            "select distinct j.path, e.details->>'cause' from penstock.events e join penstock.jobs j on j.id = e.job_id"
            " where (e.details->>'strike')::boolean"
        )
        for path, cause in rows:
            name = os.fsdecode(bytes(path))
            kind = "crashed" if cause.startswith(CRASHES) else "memory" if "MEMORY" in cause else "deadline"
            self.add(kind, name)
            self.bench.notes.setdefault("deaths", []).append((name, cause))

    def find_slow(self):
        rows = self.bench.penstock.sql("select token, path from penstock.jobs")
        slow = [(self.watch.seconds.get(token, 0), os.fsdecode(bytes(path))) for token, path in rows]
        self.bench.notes["slow"] = sorted((each for each in slow if each[0] >= SLOW), reverse=True)[:40]

    def add(self, figure, name):
        self.bench.count_note(figure, name.split("/")[0])


def report(notes):
    """A table by format, of all rounds."""
    slowest = {}
    for seconds, name in notes.get("slow", []):
        slowest[name.split("/")[0]] = max((seconds, name), slowest.get(name.split("/")[0], (0, "")))
    rows = [HEAD]
    for name in sorted(notes.get("files", {})):
        seconds, path = slowest.get(name, (0, ""))
        figures = [str(notes.get(figure, {}).get(name, 0)) for figure in HEAD[1:8]]
        rows.append((name, *figures, f"{seconds:.2f} s" if seconds else f"< {SLOW} s", path))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    for row in rows:
        print("  " + "  ".join((row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:-1], widths[1:])), row[-1])).rstrip())
    for name, cause in sorted(set(map(tuple, notes.get("deaths", [])))):
        print(f"  {name}: {cause}")


def drop(bench, name, data):
    while bench.count_inbox(WAITING) >= WAITING:
        time.sleep(0.02)
    bench.n_events += 1
    bench.count_note("files", name.split("/")[0])
    bench.drop("any", name, data)


# ---- by chance ----


def mutate(chance, name, other):
    """One to four changes to a specimen; of some only to what is packed in it."""
    data = chance.choice(specimens.of(name))
    for _ in range(chance.choice((1, 1, 2, 4))):
        with contextlib.suppress(inside.Sealed):
            if chance.random() < PACKED:
                data = inside.open_and_change(chance, data, other)
                continue
        changed = bytearray(data or b"\0")
        chance.choice(mutations.ANY)(chance, changed, other)
        data = bytes(changed)
    return data


@scenario(
    "formats", report=report, quick=QUICK_EACH * len(specimens.FORMATS), long=EACH * len(specimens.FORMATS), round=3600, **LIMITS
)
def formats(bench, events):
    """documents of every format, damaged in what they are packed in and in what is packed in them, some under wrong names"""
    FormatTrial(bench)
    bench.settle_seconds = 600
    chance = bench.documents_chance
    for n in range(events):
        name = specimens.FORMATS[n % len(specimens.FORMATS)]
        other = chance.choice(specimens.of(chance.choice(specimens.FORMATS)))
        suffix = name if chance.random() >= WRONG_NAMES else chance.choice(specimens.FORMATS)
        drop(bench, f"{name}/{n}.{suffix}", mutate(chance, name, other))


# ---- one after the other ----


@functools.cache
def all_by_hand():
    """(format, name, function that makes the bytes)"""
    cuts = [(name, f"cut-{n}.{name}", make) for n, (name, make) in enumerate(specimens.cuts())]
    return [*crafted.interleaved(), *cuts]


@scenario("formats-by-hand", report=report, quick=30, long=len(all_by_hand()), round=len(all_by_hand()), **LIMITS)
def formats_by_hand(bench, events):
    """bombs, cycles, depth, width and lies in every format; every specimen cut off at every block"""
    FormatTrial(bench)
    bench.settle_seconds = 1200
    for name, path, make in all_by_hand()[:events]:
        drop(bench, f"{name}/{path}", make())
