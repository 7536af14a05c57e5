"""How soon work goes on after a process was killed. Each scenario fails when it takes longer than what is promised."""

import itertools
import os
import signal
import statistics
import time

import documents
import psycopg2
from bench import PATIENCE, is_alive, wait_until
from scenario import scenario

WORKERS = 2


def quantile(values, share):
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1] if len(values) > 1 else values[0]


def conclude(bench, times, limit, share=1.0):
    """Notes the figures, and fails when the quantile is over the limit."""
    bench.monitor.recoveries = times
    milliseconds = {name: round(quantile(times, q) * 1000, 1) for name, q in (("p50", 0.5), ("p99", 0.99))}
    bench.notes["milliseconds"] = {**milliseconds, "max": round(max(times) * 1000, 1)}
    worst = max(times) if share == 1.0 else quantile(times, share)
    assert worst <= limit * PATIENCE, f"{worst * 1000:.0f} ms, not within {limit * PATIENCE * 1000:.0f} ms"


# ---- a worker ----


def drop_large(bench, serial, n):
    """At once n documents that keep a worker busy for long enough to be killed in the middle."""
    files = {}
    for k in range(n):
        files[f"{k}.html"] = documents.slow(f"{serial} {k}")
        bench.manifest.add("good", f"{serial}/{k}.html", files[f"{k}.html"])
    bench.penstock.drop_folder(str(serial), files)


def in_hand(bench):
    """The workers that are extracting a document."""
    return [w for w in bench.page.workers(WORKERS) if w.stage == "extract" and w.token]


def make_busy(bench, serials):
    """Drops documents until every worker has one in hand; when one came too late for that, they are done soon. Returns the
    workers."""
    while True:
        end = sum(w.documents for w in bench.page.workers(WORKERS)) + WORKERS
        drop_large(bench, next(serials), WORKERS)

        def seen(end=end):
            workers = in_hand(bench)
            done = sum(w.documents for w in bench.page.workers(WORKERS)) >= end
            return len(workers) == WORKERS and workers or done

        if (workers := wait_until("all are busy, or have been", seen, 20, every=0.0005)) is not True:
            return workers


def kill_in_the_middle(bench, serials):
    """Every worker has a document; one is killed. Returns the time until its document is in a worker's hands again."""
    all_of_them = make_busy(bench, serials)
    victim, known = bench.chance.choice(all_of_them), {w.token for w in all_of_them}
    time.sleep(bench.chance.uniform(0, 0.01))
    begun = time.monotonic()
    os.kill(victim.pid, signal.SIGKILL)
    bench.event()
    again = wait_until(
        "the document is in hand again",
        lambda: next((w for w in bench.page.workers(WORKERS) if w.token and w.token not in known), None),
        20,
        every=0.0005,
    )
    seconds = again.since - begun  # the worker's own word, by the same clock
    bench.penstock.wait_for("all are stored", "select count(*) from penstock.jobs where state = 'claimed'", equals=0)
    seen = bench.penstock.sql("select attempt from penstock.jobs where token = %s", again.token)
    assert seen == [(2,)], f"token {again.token} is not that of a second attempt: {seen}"
    return seconds


@scenario("recover-worker", quick=6, long=300, round=300, PENSTOCK_WORKERS=WORKERS)
def recover_worker(bench, events):
    """a worker killed in mid-document: the same document is in hand again within 250 ms (p99)"""
    bench.expect_no_strikes()
    bench.start()
    serials = itertools.count()
    times = [kill_in_the_middle(bench, serials) for _ in range(events)]
    conclude(bench, times, 0.25, 0.99)


# ---- pool and supervisor ----


class Commits:
    """Sees the first commit of a new session of the node: what an earlier one had sent already does not count."""

    def __init__(self, bench):
        self.connection = psycopg2.connect(bench.url)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()

    def look(self):
        """(number of the session, newest document)"""
        self.cursor.execute("select (select max(boot) from penstock.nodes), (select max(id) from penstock.documents)")
        return self.cursor.fetchone()

    def wait_next(self, session, timeout):
        """Returns when a session after this one has stored something."""
        wait_until("the next session begins", lambda: self.look()[0] > session, timeout, every=0.001)
        newest = self.look()[1]
        wait_until("it commits", lambda: self.look()[1] > newest, timeout, every=0.001)


def kill_pool(bench, commits):
    """Returns the time from the kill to the next commit."""
    time.sleep(bench.chance.uniform(0.05, 0.3))
    session, newest = commits.look()
    begun = time.monotonic()
    (pool,) = bench.roles()["pool"]
    os.kill(pool, signal.SIGKILL)
    bench.event()
    commits.wait_next(session, 20)
    seconds = time.monotonic() - begun
    assert not is_alive(pool) and commits.look()[1] > newest
    return seconds


@scenario("recover-pool", quick=6, long=100, round=100, PENSTOCK_WORKERS=WORKERS)
def recover_pool(bench, events):
    """the pool killed under load: the next commit within 1 s"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=200)
    wait_until("documents are stored", lambda: bench.page.counter("stored") > 0)
    commits = Commits(bench)
    conclude(bench, [kill_pool(bench, commits) for _ in range(events)], 1.0)


def restart_supervisor(bench, commits):
    """Returns the time from the start to the first commit."""
    session, _ = commits.look()
    bench.penstock.kill()
    bench.event()
    begun = time.monotonic()
    bench.penstock.start(ready=False)
    commits.wait_next(session, 60)
    seconds = time.monotonic() - begun
    bench.notes.setdefault("files_waiting", []).append(bench.count_inbox(1_000_000))
    return seconds


def drop_small_files(bench, n):
    """Many small files, put in place before the service runs: 500 to a folder."""
    for serial in range(n):
        data = f"document {serial} {bench.documents_chance.getrandbits(64):x}\n".encode()
        bench.drop("good", f"{serial // 500}/{serial}.txt", data, data)


def recover_supervisor(bench, events, files):
    bench.expect_no_strikes()
    bench.settle_seconds = 60 + files // 400
    drop_small_files(bench, files)
    bench.start()
    wait_until("documents are stored", lambda: bench.page.counter("stored") > 0, 60)
    commits = Commits(bench)
    conclude(bench, [restart_supervisor(bench, commits) for _ in range(events)], 5.0)
    assert min(bench.notes["files_waiting"]) > files * 0.5, bench.notes


@scenario("recover-supervisor-5k", quick=1, long=5, PENSTOCK_WORKERS=WORKERS)
def recover_supervisor_5k(bench, events):
    """the supervisor killed and started again with 5,000 files waiting: first commit within 5 s"""
    recover_supervisor(bench, events, 5_000)


@scenario("recover-supervisor-100k", quick=0, long=5, PENSTOCK_WORKERS=WORKERS)
def recover_supervisor_100k(bench, events):
    """the same with 100,000 files waiting"""
    recover_supervisor(bench, events, 100_000)
