"""Documents that were damaged by chance, and some made by hand to hurt: whatever they are, each ends stored or convicted in
time, nothing hangs, and nothing but a worker ever dies."""

import itertools
import os
import threading
import time

import bombs
import documents
import mutations
import specimens
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
        self.bench, self.longest, self.ended, self.failure = bench, 0.0, False, None

    def run(self):
        try:
            while not self.ended:
                self.look()
                time.sleep(0.005)
        except Exception as failure:  # end() raises it
            self.failure = failure

    def look(self):
        self.longest = max([self.longest, *self.bench.page.ages(WORKERS).values()])

    def end(self):
        self.ended = True
        self.join()
        if self.failure:
            raise self.failure


class Trial:
    """What must hold when all of them have ended."""

    watch_class = Watch

    def __init__(self, bench):
        bench.start()
        head = bench.page.head()
        self.bench, self.roles, self.watch = bench, (head.pool_pid, head.intake_pid), self.watch_class(bench)
        self.watch.start()
        bench.last_checks.append(self.check)

    def end_watch(self):
        self.watch.end()
        head = self.bench.page.head()
        assert (head.pool_pid, head.intake_pid) == self.roles, "the pool or the intake died"

    def check(self):
        bench = self.bench
        self.end_watch()
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


def make_seed(chance, serial, files):
    kind = chance.random()
    if kind < 0.45 and files:
        with open(chance.choice(files), "rb") as file:
            return file.read()
    return specimens.as_yaml(chance).encode() if kind < 0.5 else documents.make(chance, serial)[1]


def mutate(bench, files):
    """(data, the names of what was done to it)"""
    chance = bench.documents_chance
    data = bytearray(make_seed(chance, bench.serial, files))
    other = make_seed(chance, bench.serial, files)
    done = []
    for _ in range(chance.choice((1, 1, 2, 4))):
        if data:
            mutation = chance.choice(mutations.TEXTUAL)
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
