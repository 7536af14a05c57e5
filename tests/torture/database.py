"""Faults on the way to PostgreSQL: replies swallowed, connections cut, silence, delays, nobody there. All made by a proxy
(proxy.py) that counts them."""

import contextlib
import os
import signal
import time

from bench import PATIENCE, is_alive, wait_until
from proxy import put_between
from scenario import scenario

TICK = os.sysconf("SC_CLK_TCK")
FIRST_DELAY, LAST_DELAY = 0.05, 5.0  # of connecting anew: doubles from the one to the other, of which a random half


def cpu_seconds(bench, *roles):
    """What the processes of these roles have used so far."""
    used = 0
    for role in roles:
        for pid in bench.roles()[role]:
            with open(f"/proc/{pid}/stat") as stat:
                used += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    return used / TICK


def expect_rest(bench, seconds=1.5):
    """While nothing can be done, pool and intake take less than a twentieth of a processor."""
    before = cpu_seconds(bench, "pool", "intake")
    time.sleep(seconds)
    used = cpu_seconds(bench, "pool", "intake") - before
    bench.notes.setdefault("cpu_share_while_away", []).append(round(used / seconds, 3))
    assert used < 0.05 * seconds * PATIENCE, f"a busy loop: {used:.2f} s of CPU in {seconds:.0f} s without a database"


def expect_reason(bench, *pieces, timeout=10):
    """`status` says why nothing goes on, with one of these words."""

    def is_told():
        why = bench.penstock.status()["database_waits_for"] or ""
        return any(piece in why for piece in pieces)

    wait_until(f"status says why: {' or '.join(pieces)}", is_told, timeout)


def count_log(bench, *pieces):
    """Lines of the log that have all of these."""
    return sum(all(piece in line for piece in pieces) for line in bench.penstock.log().splitlines())


# ---- at an exact message ----


def cut_at_commits(bench, events, fault):
    """Arms the fault for one COMMIT after the other, of stores and of claims, and sees that each took place."""
    proxy = put_between(bench)
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    while bench.n_events < events:
        kind = bench.chance.choice(("store", "store", "claim"))
        proxy.arm(fault, kind)
        wait_until(f"a COMMIT of a {kind}", lambda: not proxy.is_armed(), 60, every=0.002)
        bench.event()
        proxy.resets = bench.chance.random() < 0.5
    done = {kind: proxy.counts[f"{fault} {kind}"] for kind in ("store", "claim")}
    assert sum(done.values()) == events, done
    bench.notes["faults"] = done
    return proxy


@scenario("commit-reply-swallowed", quick=20, long=1000, PENSTOCK_BATCH_ROWS=16)
def commit_reply_swallowed(bench, events):
    """The server says COMMIT, nobody hears it, the connection is gone. Was it committed? store_check.sql must tell."""
    proxy = cut_at_commits(bench, events, "swallow")
    bench.settle()
    asked = proxy.counts["check"], proxy.counts["again"]
    bench.notes["asked"] = {"store_check": asked[0], "claim_again": asked[1]}
    assert asked[0] >= proxy.counts["swallow store"], f"the pool asked {asked[0]} times whether a batch is stored"
    assert asked[1] > 0 or not proxy.counts["swallow claim"], "lost claims were never taken over"


@scenario("cut-before-commit", quick=20, long=1000, PENSTOCK_BATCH_ROWS=16)
def cut_before_commit(bench, events):
    """The connection ends when everything but the COMMIT has reached the server."""
    cut_at_commits(bench, events, "before")


def kill_worker(bench):
    """A worker dies for no fault of its document: that makes a report."""
    if workers := bench.roles().get("worker"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(bench.chance.choice(workers), signal.SIGKILL)
    return True


@scenario("report-reply-swallowed", quick=3, long=100, PENSTOCK_WORKERS=3, PENSTOCK_LEASE_SECONDS=5)
def report_reply_swallowed(bench, events):
    """The same for statements that commit by themselves: a lease renewed, an attempt that failed (a worker is killed)."""
    proxy = put_between(bench)
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    while bench.n_events < events:
        kind = bench.chance.choice(("lease", "retry", "retry"))
        provoke = kill_worker if kind == "retry" else bool
        proxy.arm("swallow", kind)
        wait_until(f"a reply to a {kind}", lambda: not proxy.is_armed() or not provoke(bench), 60, every=0.05)
        bench.event()
    done = {kind: proxy.counts[f"swallow {kind}"] for kind in ("lease", "retry")}
    assert sum(done.values()) == events, done
    bench.notes["faults"] = done


# ---- anywhere ----


@scenario("cut-anywhere", quick=12, long=500)
def cut_anywhere(bench, events):
    """A connection ends after a random number of bytes, in the middle of any message, in either direction."""
    proxy = put_between(bench, tcp=True)
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    while bench.n_events < events:
        proxy.resets = bench.chance.random() < 0.5
        proxy.cut_after(int(10 ** bench.chance.uniform(0, 5)))
        wait_until("the cut", lambda: not proxy.is_armed(), 60, every=0.002)
        bench.event()
        if bench.chance.random() < 0.5:
            bench.monitor.wait_commit(60)
    assert proxy.counts["bytes"] == events, proxy.counts


@scenario("cut-at-boot", quick=6, long=300)
def cut_at_boot(bench, events):
    """The same while a new pool looks at the schema and enrolls: it must try again, not give up."""
    proxy = put_between(bench, tcp=True)
    bench.expect_no_strikes()
    bench.start()
    bench.feed(waiting=20, rate=50)
    while bench.n_events < events:
        (pool,) = wait_until("there is a pool", lambda: bench.roles().get("pool"))
        os.kill(pool, signal.SIGKILL)
        wait_until("it is gone", lambda: not is_alive(pool))
        proxy.resets = bench.chance.random() < 0.5
        if where := bench.chance.choice((None, None, "config", "enroll")):
            proxy.arm("at", where)
        else:
            proxy.cut_after(bench.chance.randrange(1, 20_000))
        wait_until("the cut", lambda: not proxy.is_armed(), 60, every=0.002)
        bench.event()
        bench.count_note("cut", where or "anywhere")
        last = bench.monitor.last
        wait_until("a commit, or the end", lambda: bench.monitor.last > last or bench.penstock.process.poll() is not None, 60)
        assert bench.penstock.process.poll() is None, f"the service ended with {bench.penstock.process.returncode}"


# ---- nobody answers ----

NO_ANSWER = "event=database.retry", "class=lost"


def fall_silent(bench, events, tcp, fault, limit):
    """Again and again nothing comes back on all open connections. The service has to give them up by itself."""
    proxy = put_between(bench, tcp)
    bench.expect_no_strikes()
    bench.start()
    bench.feed(rate=50)
    while bench.n_events < events:
        bench.monitor.wait_commit()
        seen, begun = count_log(bench, *NO_ANSWER), time.monotonic()
        fault(proxy)
        bench.n_events += 1
        wait_until("the service gives up waiting", lambda: count_log(bench, *NO_ANSWER) > seen, limit)
        bench.notes.setdefault("silence_seconds", []).append(round(time.monotonic() - begun, 1))
        proxy.open_hole()
        bench.monitor.event()
        bench.monitor.wait_commit(60)


@scenario("silent-database", quick=0, long=20, DB_STATEMENT_TIMEOUT="500ms")
def silent_database(bench, events):
    """The server hangs: it acknowledges what it gets, and never answers. New connections are as good as ever."""
    fall_silent(bench, events, False, lambda proxy: proxy.silence(new=False), 30)


@scenario("black-hole", quick=0, long=20, DB_STATEMENT_TIMEOUT="500ms")
def black_hole(bench, events):
    """The cable is pulled: packets vanish, no RST, on new connections too, until the service gives up waiting."""
    fall_silent(bench, events, True, lambda proxy: proxy.dig_hole(), 60)


@scenario("slow-network", quick=2, long=20)
def slow_network(bench, events):
    """Delays, jitter, a byte at a time."""
    proxy = put_between(bench, tcp=True)
    bench.expect_no_strikes()
    bench.start()
    paces = (lambda: 0.005, lambda: bench.chance.uniform(0, 0.02), None)
    while bench.n_events < events:
        proxy.pace = paces[bench.n_events % 3]
        proxy.piece = None if proxy.pace else bench.chance.choice((1, 2, 7))
        bench.event()
        bench.drop_many(12)
        bench.settle()
        proxy.pace = proxy.piece = None


@scenario("database-away", quick=1, long=30)
def database_away(bench, events):
    """Nobody listens for seconds. `status` says so, nothing is busy, attempts come at growing, jittered intervals."""
    proxy = put_between(bench)
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    shares = []
    while bench.n_events < events:
        bench.monitor.wait_commit()
        proxy.refusing = True
        seen = len(proxy.attempts)
        proxy.cut_all()
        bench.n_events += 1
        expect_reason(bench, "closed", "connection")
        expect_rest(bench, 3.0)
        time.sleep(bench.chance.uniform(0, 8) if events > 1 else 0)
        shares += check_intervals(proxy.attempts[seen:])
        proxy.refusing = False
        bench.monitor.event()
    assert max(shares) - min(shares) > 0.02, f"no jitter: {shares}"
    bench.monitor.wait_commit()


def check_intervals(times):
    """Intervals grow from FIRST_DELAY to LAST_DELAY, each between a half and the whole of what it may be at most. Returns
    which share of that they are."""
    intervals = [b - a for a, b in zip(times, times[1:])]
    shares = []
    for n, seconds in enumerate(intervals):
        most = min(FIRST_DELAY * 2**n, LAST_DELAY)
        assert 0.45 * most <= seconds <= 2 * most + 0.2 * PATIENCE, f"attempt {n + 2} came {seconds:.3f} s after: {intervals}"
        shares.append(seconds / most)
    return shares
