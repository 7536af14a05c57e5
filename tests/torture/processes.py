"""Faults of processes: kill -9 of whatever runs, and stops that outlast a lease while another service is at work."""

import contextlib
import os
import pathlib
import signal
import time

import documents
import psycopg2
from bench import Penstock, wait_until
from page import GAUGES
from scenario import scenario

ROLES = ("supervisor", "pool", "intake", "worker")
AT_WORK = [GAUGES.index(name) for name in ("claiming", "working", "storing")]


def wait_for_work(bench, pid):
    """Until the process is in the midst of something, for a moment at most."""
    end = time.monotonic() + 0.2
    while time.monotonic() < end and stage_of(bench, pid) in ("idle", "ask", "send"):
        pass


def stage_of(bench, pid):
    """What a worker was at; of another role, whether there was work."""
    for worker in bench.page.workers(8):
        if worker.pid == pid:
            return worker.stage
    head = bench.page.head()
    return "busy" if any(head.gauges[n] for n in AT_WORK) else "idle"


def kill_one(bench):
    """SIGKILL to a random process of the service. The supervisor is one among the roles, not among the processes."""
    role = bench.chance.choice(ROLES)
    pid = bench.penstock.pid
    if role != "supervisor":
        # One that dies again and again before it is ready is held back, for a minute at most.
        pid = bench.chance.choice(wait_until(f"there is a {role}", lambda: bench.roles().get(role), 70, every=0.005))
    if bench.chance.random() < 0.7:
        if role == "worker":
            bench.drop(name=f"{bench.serial}.html", data=documents.slow(f"slow {bench.serial} {bench.seed}", 20_000))
        wait_for_work(bench, pid)
    bench.count_note("kills", role)
    bench.count_note("kills_while", f"{role} {stage_of(bench, pid)}")
    bench.event()
    if role == "supervisor":
        bench.restart_supervisor()
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@scenario("kill-random-role", quick=30, long=10_000, PENSTOCK_WORKERS=3, PENSTOCK_BATCH_ROWS=32)
def kill_random_role(bench, events):
    """kill -9 of a random role at a random moment, under load"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=300, rate=1000)
    begun = time.monotonic()
    while bench.n_events < events:
        time.sleep(bench.chance.uniform(0, 0.15))
        kill_one(bench)
    bench.notes["kills_a_second"] = round(events / (time.monotonic() - begun), 1)
    if events >= 100:
        assert set(bench.notes["kills"]) == set(ROLES), bench.notes["kills"]
        idle = {f"{role} idle" for role in ROLES}
        assert {what.split()[0] for what in set(bench.notes["kills_while"]) - idle} == set(ROLES), bench.notes


# ---- in the middle of a file that is split ----

RECORDS = 20_000


def is_splitting(bench):
    with contextlib.suppress(psycopg2.Error):
        return bench.penstock.value("select count(*) > 0 from penstock.splits where finished_at is null and records > 0")
    return False


def kill_role(bench, role):
    if role == "supervisor":
        bench.restart_supervisor()
        return
    pid = bench.chance.choice(wait_until(f"there is a {role}", lambda: bench.roles().get(role), 70, every=0.005))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@scenario("kill-while-splitting", quick=6, long=1000, round=50, PENSTOCK_WORKERS=2, PENSTOCK_SPLIT="ndjson")
def kill_while_splitting(bench, events):
    """kill -9 of a random role while the records of a file are being stored"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=20, rate=50)
    while bench.n_events < events:
        if not is_splitting(bench):
            mark = f"{bench.serial} {bench.seed}"
            bench.drop(name=f"{bench.serial}.ndjson", data=documents.lines(mark, RECORDS))
            wait_until("records are stored", lambda: is_splitting(bench), 60, every=0.005)
        time.sleep(bench.chance.uniform(0, 0.5))
        role = bench.chance.choice(ROLES)
        bench.count_note("kills", role)
        bench.count_note("kills_while", "splitting" if is_splitting(bench) else "done")
        bench.event()
        kill_role(bench, role)
    assert bench.notes["kills_while"].get("splitting"), bench.notes


# ---- stops ----

# Whom a stop hits. With its pool a node's lease runs out, and another takes its work over: then the fence must hold.
FENCED_STOPS = (("pool",), ("pool", "intake"), ("pool", "worker"), ROLES)
MERE_STOPS = (("worker",), ("intake",), ("supervisor",))
LEASE_SECONDS = 5
HELD_RESULTS = 5


def send(bench, roles, sig):
    processes = {"supervisor": [bench.penstock.pid], **bench.roles()}
    for role in roles:
        for pid in processes.get(role, []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)


@contextlib.contextmanager
def stopped(bench, roles):
    """SIGSTOP to the processes of these roles, SIGCONT in the end."""
    bench.event()
    bench.count_note("stops", "+".join(roles))
    send(bench, roles, signal.SIGSTOP)
    try:
        yield
    finally:
        send(bench, roles, signal.SIGCONT)


class Rival:
    """Another service on the same database and the same inbox, with a name and a home of its own."""

    def __init__(self, bench):
        settings = {**bench.penstock.settings, "PENSTOCK_INBOX": str(bench.penstock.inbox), "PENSTOCK_NODE": "rival"}
        settings.pop("PENSTOCK_HOME")
        self.bench = bench
        self.penstock = Penstock(pathlib.Path(bench.folder) / "rival", **settings)
        bench.further_homes.append(self.penstock.home)

    def __enter__(self):
        self.penstock.start()
        return self

    def __exit__(self, *_):
        self.penstock.end()

    def n_taken(self):
        return self.bench.penstock.value("select count(*) from penstock.jobs where node = 'rival' and attempt > 1")


def wait_lease_out(bench):
    """The lease of the stopped node runs out by the clock; nobody helps."""
    wait_until(
        "the lease runs out",
        lambda: bench.penstock.value("select lease_until < now() from penstock.nodes where id = 'first'"),
        LEASE_SECONDS * 3,
        every=0.1,
    )


def hold_results(bench):
    """Brings about what a stop by chance rarely hits: documents are claimed, the pool is stopped, and the workers have
    sent it results that it has not read."""

    def n_worked():
        return sum(worker.documents for worker in bench.page.workers(8))

    send(bench, ("worker",), signal.SIGSTOP)
    bench.drop_many(300)
    bench.penstock.wait_for(
        "documents are claimed", "select count(*) > 100 from penstock.jobs where state = 'claimed'", equals=True
    )
    send(bench, ("pool",), signal.SIGSTOP)
    before = n_worked()
    send(bench, ("worker",), signal.SIGCONT)
    wait_until("results wait for the pool", lambda: n_worked() >= before + HELD_RESULTS)


def stop_and_take_over(bench, roles):
    """The other service takes over what the stopped one had claimed; then that one wakes and finds its claims gone."""
    hold_results(bench)
    with stopped(bench, roles):
        wait_lease_out(bench)
        with Rival(bench) as rival:
            wait_until("claims are taken over", lambda: rival.n_taken() > 0, 20, every=0.1)
            time.sleep(bench.chance.uniform(0, 1))
            send(bench, roles, signal.SIGCONT)  # awake while the other still works
            wait_until("the woken one has met the fence", lambda: bench.page.counter("fenced") > 0, 30)
            bench.penstock.wait_for(
                "the other service has ended its work",
                "select count(*) from penstock.jobs where state = 'claimed' and node = 'rival'",
                equals=0,
                timeout=60,
            )
            assert rival.penstock.stop() == 0


@scenario(
    "stop-past-lease",
    quick=1,
    long=60,
    round=1,
    PENSTOCK_NODE="first",
    PENSTOCK_LEASE_SECONDS=LEASE_SECONDS,
    PENSTOCK_WORKERS=2,
    PENSTOCK_BATCH_ROWS=16,
    PENSTOCK_RESCAN_SECONDS=2,
)
def stop_past_lease(bench, events):
    """SIGSTOP past the lease, another service takes over, SIGCONT: fencing"""
    bench.expect_no_strikes()
    bench.start()
    stop_and_take_over(bench, bench.chance.choice(FENCED_STOPS))
    bench.notes["fenced"] = bench.page.counter("fenced")


@scenario(
    "stop-and-continue",
    quick=1,
    long=60,
    round=3,
    PENSTOCK_NODE="first",
    PENSTOCK_LEASE_SECONDS=LEASE_SECONDS,
    PENSTOCK_WORKERS=2,
)
def stop_and_continue(bench, events):
    """SIGSTOP of a role that has no lease, past one, then SIGCONT: it goes on"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=300)
    for _ in range(events):
        with stopped(bench, bench.chance.choice(MERE_STOPS)):
            time.sleep(LEASE_SECONDS + 0.5)
        before = bench.page.counter("stored")
        wait_until("documents are stored again", lambda before=before: bench.page.counter("stored") > before, 10)


@scenario("hang-for-ever", quick=1, long=60, PENSTOCK_WATCHDOG_SECONDS=2, PENSTOCK_WORKERS=2)
def hang_for_ever(bench, events):
    """SIGSTOP of the pool or the intake and no SIGCONT: it is found out and replaced"""
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=100)
    for _ in range(events):
        role = bench.chance.choice(("pool", "intake"))
        before = bench.roles()[role]
        bench.event()
        send(bench, (role,), signal.SIGSTOP)
        wait_until(f"another {role} runs", lambda role=role, old=before: bench.roles().get(role, old) != old, 8, every=0.05)
        stored = bench.page.counter("stored")
        wait_until("documents are stored again", lambda stored=stored: bench.page.counter("stored") > stored, 10)
    assert bench.penstock.log().count("event=child.hangs") >= events
