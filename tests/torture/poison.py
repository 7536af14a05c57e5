"""Documents that ruin their worker, and rows that the database refuses: each is convicted alone and for a reason, and the
others go on as if nothing were there. Poisonous documents need a build with failpoints (src/extract/format_poison.c)."""

import contextlib
import itertools
import os
import re
import signal
import threading
import time

import documents
from bench import PATIENCE, wait_until
from failpoints import MISSING, SANITIZED
from scenario import scenario

MAX_ATTEMPTS = 2

# Limits that are reached soon, so that each word ends by its own.
LIMITS = {
    "PENSTOCK_WORKERS": 4,
    "PENSTOCK_MAX_ATTEMPTS": MAX_ATTEMPTS,
    "PENSTOCK_MAX_SECONDS": round(4 * PATIENCE),
    "PENSTOCK_MAX_CPU_SECONDS": 1,
    "PENSTOCK_MAX_SILENCE": f"{round(2 * PATIENCE)}s",
    "PENSTOCK_MAX_MEMORY": "192MB",
    "PENSTOCK_MAX_TEXT_BYTES": "1MB",
}

# The word of a poisonous document, and what the database must say of its end: a pattern for the cause, the signal.
CONVICTED = {
    "segv": (r"SIGSEGV", signal.SIGSEGV),
    "abort": (r"SIGABRT", signal.SIGABRT),
    "stack": (r"SIGSEGV", signal.SIGSEGV),
    "late": (r"SIGSEGV", signal.SIGSEGV),
    "exit=3": (r"the parser ended the process", 0),
    "spin": (r"CPU|MAX_CPU_SECONDS|PENSTOCK_MAX_SILENCE", None),
    "sleep": (r"PENSTOCK_MAX_SILENCE", signal.SIGKILL),
    "chatter": (r"PENSTOCK_MAX_SECONDS", signal.SIGKILL),
    "memory": (r"PENSTOCK_MAX_MEMORY", 0),
}
if SANITIZED:  # they take these to be faults of the program, and have no limit of memory
    del CONVICTED["stack"], CONVICTED["memory"]
# What a cage may refuse or kill for, and a parser that is lucky half of the time.
OPEN_ENDED = ("open=/etc/passwd", "socket", "exec", "fork", "kill", "ptrace", "flaky")
if SANITIZED:  # the search for leaks starts a process and traces it
    OPEN_ENDED = tuple(word for word in OPEN_ENDED if word not in ("fork", "kill", "ptrace"))
# Too much text is cut, and no fault.
HARMLESS = ("output",)


class Poison:
    """The poisonous documents of a round: {path: word}."""

    def __init__(self, bench):
        self.bench, self.words = bench, {}

    def drop(self, word):
        bench = self.bench
        kind = "good" if word in HARMLESS else "any" if word in OPEN_ENDED else "poison"
        name = f"{len(self.words)}.poison"
        data = f"%POISON {word}\n{len(self.words)} {bench.chance.getrandbits(64):x}\n".encode()
        self.words[name] = word
        bench.count_note("words", word.split("=")[0])
        bench.drop(kind, name, data)

    def check(self):
        """Strikes and reasons of all of them, when everything has settled."""
        rows = self.bench.penstock.sql("select path, id, state, strikes, coalesce(error, '') from penstock.jobs")
        jobs = {os.fsdecode(bytes(path)): rest for path, *rest in rows}
        blamed = {name: job for name, job in jobs.items() if job[2] and name not in self.words}
        assert not blamed, f"innocents were blamed: {blamed}"
        for name, word in self.words.items():
            self.check_one(word, *jobs[name])

    def check_one(self, word, job, state, strikes, error):
        blamed = self.blame(job)
        label = f"{word}, job {job}: {state}, {strikes} strikes, {error!r}, {blamed}"
        assert len(blamed) == strikes, f"not an event a strike: {label}"
        assert (state == "quarantined") == (strikes == MAX_ATTEMPTS), label
        if state == "quarantined":
            self.bench.count_note("convicted", word.split("=")[0])
        assert state != "quarantined" or blamed[-1]["cause"] in error, label
        for details in blamed:
            assert details["max_rss_bytes"] > 0 and "cpu_usec" in details and details["stage"] == "extract", label
        if word in CONVICTED:
            cause, signal_number = CONVICTED[word]
            assert all(re.search(cause, d["cause"]) for d in blamed) and strikes == MAX_ATTEMPTS, label
            assert signal_number is None or {d["signal"] for d in blamed} == {signal_number}, label
        elif word in HARMLESS:
            assert strikes == 0 and state == "done", label
        elif state == "quarantined" and word != "flaky":
            assert "SIGSYS" in error, label

    def blame(self, job):
        """Details of the events that counted as strikes."""
        rows = self.bench.penstock.sql("select details from penstock.events where job_id = %s order by id", job)
        return [details for (details,) in rows if details.get("strike")]

    def check_cage(self):
        """What came back from a forbidden call is in the text."""
        rows = self.bench.penstock.sql("select name, body from penstock.documents where body like '%%: SUCCEEDED%%'")
        assert not rows, f"a worker did what it may not do: {rows}"


def shoot_workers(bench, poison):
    """kill -9 of a worker that has a document in hand: an unknown death, nobody's fault."""
    held = [w for w in bench.page.workers(LIMITS["PENSTOCK_WORKERS"]) if w.stage == "extract" and w.pid]
    if held:
        with contextlib.suppress(ProcessLookupError):
            os.kill(bench.chance.choice(held).pid, signal.SIGKILL)
        bench.count_note("shot", "workers")


@scenario("poison", quick=17, long=2000, round=200, missing=MISSING, **LIMITS)
def poison_among_good(bench, events):
    """every kind of poison in a stream of good documents, workers shot, services restarted between strikes"""
    poison, words = Poison(bench), itertools.cycle([*CONVICTED, *OPEN_ENDED, *HARMLESS])
    bench.settle_seconds = 120 + 2 * events
    bench.last_checks += [poison.check, poison.check_cage]
    bench.start()
    bench.feed(waiting=40, rate=100)
    while bench.n_events < events:
        bench.event()
        poison.drop(next(words))
        time.sleep(bench.chance.uniform(0, 0.1))
        if bench.chance.random() < 0.2:
            shoot_workers(bench, poison)
        if bench.chance.random() < 0.06:
            bench.restart_supervisor()
            bench.count_note("shot", "supervisor")
    for _ in range(5):
        time.sleep(0.2)
        shoot_workers(bench, poison)
    bench.restart_supervisor()
    bench.count_note("shot", "supervisor")


# ---- the price ----


def batch_seconds(bench, n):
    """Time until n good documents that are moved in at once are stored."""
    known = bench.penstock.value("select count(*) from penstock.documents")
    files = {}
    for _ in range(n):
        name, data = documents.make(bench.documents_chance, bench.serial)
        files[os.path.basename(name)] = data
        bench.manifest.add("good", name, data)
        bench.serial += 1
    folder = f"batch{bench.serial}"
    begun = time.monotonic()
    bench.penstock.drop_folder(folder, files)
    bench.penstock.wait_for(
        "the batch is stored", "select count(*) >= %s from penstock.documents", known + n, equals=True, timeout=120
    )
    return time.monotonic() - begun


class Stream(threading.Thread):
    """Poison, so many a second, for as long as the block lasts."""

    def __init__(self, poison, words, rate):
        super().__init__(daemon=True)
        self.poison, self.words, self.rate, self.ended = poison, itertools.cycle(words), rate, threading.Event()

    def run(self):
        while not self.ended.wait(1 / self.rate):
            self.poison.drop(next(self.words))

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.ended.set()
        self.join()


@scenario("poison-price", quick=1, long=10, missing=MISSING, **LIMITS)
def poison_price(bench, events):
    """good documents beside a stream of poison go on at 90 % of their speed; batches with and without in turn"""
    n = 3000 if events >= 5 else 1000
    seconds = {"without": 0.0, "with": 0.0}
    poison = Poison(bench)
    bench.last_checks.append(poison.check)
    bench.start()
    batch_seconds(bench, n)  # the first makes the archive's folders and warms everything
    for _ in range(events):
        bench.event()
        seconds["without"] += batch_seconds(bench, n)
        with Stream(poison, ("segv", "segv", "segv", "segv", "sleep"), rate=2):
            seconds["with"] += batch_seconds(bench, n)
    bench.notes["documents_a_second"] = {name: round(events * n / s) for name, s in seconds.items()}
    share = seconds["without"] / seconds["with"]
    bench.notes["share"] = round(share, 3)
    assert share >= (0.9 if events >= 5 else 0.6) / PATIENCE, f"with poison at {share:.0%} of the speed"


# ---- rows ----

# Classes of errors that speak of data, and some that need not: then a row must be refused several times, alone.
DATA_ERRORS = ("22001", "22021", "22P05", "23502", "23514", "44000", "54000", "P0001")
DOUBTFUL_ERRORS = ("XX000", "57014", "53200")
PASSING_ERRORS = (*DATA_ERRORS, *DOUBTFUL_ERRORS, "40P01", "53100", "55P03", "42501", "08006")

REFUSE_ROWS = """
create function public.refuse() returns trigger language plpgsql as $$
declare code text := substring(new.body from 'REFUSE-(.{5})');
begin
    if code is not null then
        raise exception using errcode = code, message = 'refused "' || repeat(left(new.body, 1000), 100) || '"';
    end if;
    return new;
end $$;
create trigger refuse before insert on penstock.documents for each row execute function public.refuse()
"""

REFUSE_ALL = """
create or replace function public.refuse_all() returns trigger language plpgsql as $$
begin raise exception using errcode = '{code}', message = 'nothing passes'; end $$;
create trigger refuse_all before insert on penstock.documents for each row execute function public.refuse_all()
"""


def drop_refused(bench, code, name=None):
    """A document that the trigger above refuses; its text, which the message repeats, has everything that may hurt."""
    text = f"REFUSE-{code} {bench.serial} ' \" \\ \\u0000 %s $1 ); drop table jobs; -- \x01\x7f \u2028 \U0001f600 é\n"
    name = name or f"refused/{bench.serial}.txt"
    bench.count_note("refused", code)
    bench.event()
    return bench.drop("poison", name, text.encode())


def check_refused(bench, codes):
    """One strike and the SQLSTATE for each refused row, nothing for anybody else."""
    rows = bench.penstock.sql("select path, state, strikes, coalesce(error, '') from penstock.jobs")
    for path, state, strikes, error in rows:
        code = codes.get(os.fsdecode(bytes(path)))
        expected = ("quarantined", 1) if code else ("done", 0)
        assert (state, strikes) == expected, f"{bytes(path)}: {state}, {strikes} strikes: {error}"
        assert not code or f"SQLSTATE {code}" in error, f"{bytes(path)}: {error}"


@scenario("refused-rows", quick=8, long=1000, round=100, PENSTOCK_WORKERS=2, PENSTOCK_BATCH_ROWS=64)
def refused_rows(bench, events):
    """rows that PostgreSQL refuses, for whatever reason, in batches of good ones: each is found and convicted alone"""
    codes, order = {}, itertools.cycle((*DATA_ERRORS, *DOUBTFUL_ERRORS))
    bench.last_checks.append(lambda: check_refused(bench, codes))
    bench.start()
    bench.penstock.sql(REFUSE_ROWS)
    while bench.n_events < events:
        bench.drop_many(bench.chance.randrange(1, 60))
        code = next(order)
        codes[drop_refused(bench, code)] = code
    bench.settle()
    bench.notes["bisected"] = bench.page.counter("bisected")
    assert bench.page.counter("bisected") > 0


@scenario("broken-database", quick=3, long=100, round=25, PENSTOCK_WORKERS=2, PENSTOCK_BATCH_ROWS=32)
def broken_database(bench, events):
    """for a while the database refuses every row, whatever it is: nobody is convicted for that"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=100, rate=200)
    for n in range(events):
        code = PASSING_ERRORS[n % len(PASSING_ERRORS)] if events > 10 else bench.chance.choice(PASSING_ERRORS)
        wait_until("documents are stored", lambda: bench.page.counter("stored") > 0)
        bench.event()
        bench.count_note("refused_all", code)
        bench.penstock.sql(REFUSE_ALL.format(code=code))
        failed = bench.penstock.log().count(f"sqlstate={code}")
        time.sleep(bench.chance.uniform(0.5, 2))
        bench.penstock.sql("drop trigger refuse_all on penstock.documents")
        assert bench.penstock.log().count(f"sqlstate={code}") > failed, f"nothing was refused with {code}"
        stored = bench.page.counter("stored")
        wait_until("it goes on", lambda stored=stored: bench.page.counter("stored") > stored, 30)


# ---- the record itself ----

REFUSE_RECORDS = """
create function public.refuse_record() returns trigger language plpgsql as $$
begin raise exception using errcode = '{code}', message = 'no record'; end $$;
create trigger refuse_record before {event} on penstock.{table} for each row {when} execute function public.refuse_record()
"""
RECORDS = (
    ("events", "insert", ""),
    ("jobs", "update", "when (new.state = 'quarantined')"),
)


def strange_names():
    """Paths with every byte, the longest names, the deepest folders."""
    every = bytes(b for b in range(1, 256) if b != ord("/"))
    yield every[:100] + b".txt"
    yield every[100:] + b".txt"
    yield b"n" * 251 + b".txt"
    yield "\U0001f600".encode() * 62 + b".txt"
    yield b"'; drop table penstock.jobs; --\n\r\t\x1b[31m %s $1 \\ \\x00.txt"
    yield b"\xff\xfe\x00"[:2] + b"\xc3\x28 \xed\xa0\x80.txt"
    yield b"/".join([b"d" * 200] * 17) + b"/" + b"\xff" * 250 + b".txt"


@scenario("quarantine-record", quick=9, long=200, round=50, PENSTOCK_WORKERS=2, PENSTOCK_MAX_BYTES="1MB")
def quarantine_record(bench, events):
    """what is written down of a convicted document, with the worst of names and texts, and a database that refuses it"""
    names = itertools.cycle(strange_names())
    bench.start()
    bench.penstock.sql(REFUSE_ROWS)
    bench.feed(waiting=20, rate=50)
    for n in range(events):
        table, event, when = RECORDS[n // 4 % len(RECORDS)]
        code = bench.chance.choice(("P0001", "22P05", "XX000", "54000"))
        refuses = n % 4 == 3
        if refuses:
            bench.penstock.sql(REFUSE_RECORDS.format(code=code, table=table, event=event, when=when))
        name = os.fsdecode(b"%d-" % n + next(names)[-(255 - 6) :] if n % 7 != 6 else b"%d/" % n + next(names))
        if n % 2:
            drop_refused(bench, "54000", name)
        else:
            bench.event()
            bench.drop("poison", name, b"%d " % n + bench.chance.randbytes(1_100_000))  # over PENSTOCK_MAX_BYTES
        if refuses:
            stored = bench.page.counter("stored")
            wait_until("the others go on", lambda stored=stored: bench.page.counter("stored") > stored)
            time.sleep(0.5)
            bench.count_note("records_refused", table)
            bench.penstock.sql(f"drop trigger refuse_record on penstock.{table}")
            bench.penstock.sql("drop function public.refuse_record")
