"""Other sessions of the database that hold what the service needs: tables, rows, unique keys; deadlocks and serialization
failures made with them; a document whose statement always takes too long."""

import contextlib
import os
import time

import documents
import psycopg2
from bench import wait_until
from database import count_log, expect_reason
from scenario import scenario

INSERT = (
    "insert into penstock.documents (collection, sha256, name, media_type, byte_size, body, tsv)"
    " values ('default', decode(%s, 'hex'), 'rival', 'text/plain', 1, '', '')"
)


class Rival:
    """Another session. It commits nothing of its own."""

    def __init__(self, bench):
        self.connection = psycopg2.connect(bench.url, application_name="rival")
        self.cursor = self.connection.cursor()
        bench.cleanups.callback(self.connection.close)

    def run(self, query, *values):
        self.cursor.execute(query, values)
        return self.cursor.fetchall() if self.cursor.description else None

    def end(self):
        self.connection.rollback()


def is_blocked(bench, sql):
    """Whether a statement of the service that has this piece waits for a lock."""
    return bench.penstock.value(
        "select count(*) from pg_stat_activity where application_name = 'penstock/pool' and wait_event_type = 'Lock'"
        " and query like %s and datname = current_database()",
        f"%{sql}%",
    )


def wait_blocked(bench, sql):
    wait_until(f"the service waits for a lock: {sql}", lambda: is_blocked(bench, sql), every=0.005)


# ---- somebody holds a lock for longer than a statement may take ----


TIMED_OUT = "event=database.retry", " timeout"  # of the statement, or of waiting for the lock


def hold_tables(bench, events, tables):
    rival = Rival(bench)
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    while bench.n_events < events:
        bench.monitor.wait_commit(60)
        table = tables[bench.n_events % len(tables)]
        failures = count_log(bench, *TIMED_OUT)
        rival.run(f"lock table penstock.{table} in access exclusive mode")
        bench.n_events += 1
        bench.count_note("held", table)
        if table == "nodes":
            wait_blocked(bench, "penstock.nodes")
        else:
            wait_until("a statement times out", lambda: count_log(bench, *TIMED_OUT) > failures, 20)
            expect_reason(bench, "timeout")
        time.sleep(bench.chance.uniform(0, 1))
        rival.end()
        bench.monitor.since = None
        bench.monitor.event()
    bench.monitor.wait_commit(60)


@scenario("held-tables", quick=3, long=20, DB_STATEMENT_TIMEOUT="300ms", PENSTOCK_LEASE_SECONDS=5)
def held_tables(bench, events):
    """Documents, jobs or nodes are locked until statements time out: nobody is blamed, the work waits."""
    hold_tables(bench, events, ("documents", "jobs", "nodes"))


@scenario("held-keys", quick=1, long=20, DB_STATEMENT_TIMEOUT="300ms")
def held_keys(bench, events):
    """Another session has inserted the same content and does not commit for a long time: the document of ours waits, the
    others go on, and none is to blame."""
    rival = Rival(bench)
    bench.expect_no_strikes()
    bench.start()
    bench.feed(rate=50)
    while bench.n_events < events:
        bench.monitor.wait_commit(60)
        data = f"wanted by two {bench.n_events} {bench.chance.random()}\n".encode()
        rival.run(INSERT, documents.sha256(data))
        name = bench.drop(data=data, text=data)
        bench.n_events += 1
        wait_blocked(bench, "insert into penstock.documents")
        time.sleep(6)
        bench.monitor.wait_commit(60)
        job = bench.penstock.job(name)
        assert job["state"] == "claimed", f"it could only wait, and became {job}"
        rival.end()
        bench.monitor.since = None
        bench.monitor.event()


@scenario("slow-document", quick=1, long=20, DB_STATEMENT_TIMEOUT="300ms")
def slow_document(bench, events):
    """The statement of one document always takes too long: the others go on. Later it does not any more."""
    bench.start()
    bench.penstock.sql(
        "create function penstock_is_slow() returns trigger language plpgsql as"
        " $$ begin if new.body like 'slow %%' then perform pg_sleep(5); end if; return new; end $$"
    )
    bench.penstock.sql(
        "create trigger slow before insert on penstock.documents for each row execute function penstock_is_slow()"
    )
    while bench.n_events < events:
        seen = count_log(bench, "57014")
        bench.drop(kind="any", data=f"slow {bench.n_events} {bench.chance.random()}\n".encode())
        bench.event()
        names = {bench.drop() for _ in range(60)}
        begun = time.monotonic()
        wait_until("the others are stored", lambda: not names & set(bench.penstock.inbox_files()), 30)
        bench.notes.setdefault("others_stored_seconds", []).append(round(time.monotonic() - begun, 2))
        wait_until("a statement is too slow", lambda: count_log(bench, "57014") > seen)
    bench.penstock.sql("alter table penstock.documents disable trigger slow")


# ---- rows and files that alone meet a trouble which nobody is to blame for ----


LONELY = """
create function public.lonely() returns trigger language plpgsql as $$
declare code text := substring(new.body from '^LONELY-(.{5})');
begin
    if code = 'CRASH' then
        perform pg_terminate_backend(pg_backend_pid());
        perform pg_sleep(1);
    elsif code is not null then
        raise exception using errcode = code, message = 'not now';
    end if;
    return new;
end $$;
create trigger lonely before insert on penstock.documents for each row execute function public.lonely()
"""
PASSING_TROUBLES = "55P03", "42501", "ZZ123", "XX002", "55006", "CRASH"


def drop_among_others(bench, data, name=None):
    """One document that cannot be stored now, and others, which are all the same."""
    names = {bench.drop() for _ in range(30)}
    name = bench.drop(name=name, data=data, text=data)
    names |= {bench.drop() for _ in range(30)}
    begun = time.monotonic()
    wait_until("the others are stored", lambda: not names & set(bench.penstock.inbox_files()), 60)
    bench.notes.setdefault("others_stored_seconds", []).append(round(time.monotonic() - begun, 2))
    return name


@scenario("lonely-rows", quick=6, long=120, round=12, DB_STATEMENT_TIMEOUT="300ms", PENSTOCK_WORKERS=2)
def lonely_rows(bench, events):
    """A row meets a lock, missing rights, an unknown error, or ends its connection, again and again: it waits alone, the
    others go on, none is to blame."""
    bench.expect_no_strikes()
    bench.start()
    bench.penstock.sql(LONELY)
    for n in range(events):
        code = PASSING_TROUBLES[n % len(PASSING_TROUBLES)]
        bench.event()
        bench.count_note("met", code)
        name = drop_among_others(bench, f"LONELY-{code} {n} {bench.chance.random()}\n".encode())
        wait_until("it is said", lambda name=name: count_log(bench, "event=document.alone", f"path={name}") > 0, 60)
        job = bench.penstock.job(name)
        assert job["state"] == "claimed", f"it could only wait, and became {job}"
    bench.penstock.sql("drop trigger lonely on penstock.documents")


REFUSE_CLAIMS = """
create function public.refuse_claims() returns trigger language plpgsql as $$
declare code text := substring(encode(new.path, 'escape') from '^unclaimed-(.{5})');
begin
    if code = 'PASS!' then
        return null;
    elsif code is not null then
        raise exception using errcode = code, message = 'no such path';
    end if;
    return new;
end $$;
create trigger refuse_claims before insert on penstock.jobs for each row execute function public.refuse_claims()
"""


def explanation(bench, name):
    return bench.penstock.command("explain", bench.penstock.inbox / name, code=None).stdout


@scenario("refused-claims", quick=5, long=100, round=10, PENSTOCK_RESCAN_SECONDS=2, PENSTOCK_WORKERS=2)
def refused_claims(bench, events):
    """The database refuses to register one file, or passes it over: it is held, `explain` says why, the others go on."""
    bench.expect_no_strikes()
    bench.start()
    bench.penstock.sql(REFUSE_CLAIMS)
    codes = "P0001", "23514", "XX000", "57014", "PASS!"
    for n in range(events):
        code = codes[n % len(codes)]
        bench.event()
        bench.count_note("refused", code)
        data = f"refused as {code} {n} {bench.chance.random()}\n".encode()
        name = drop_among_others(bench, data, f"unclaimed-{code}-{n}.txt")
        held = "event=document.held", f"path={name}"
        wait_until("it is held", lambda held=held: count_log(bench, *held) > 0, 60)
        assert name in bench.penstock.inbox_files()
        reason = "neither" if code == "PASS!" else code
        wait_until("explain says why", lambda name=name, reason=reason: reason in explanation(bench, name), 20)
    bench.penstock.sql("drop trigger refuse_claims on penstock.jobs")


# ---- deadlocks, serialization ----


TOLD = "event=database.retry", "work=store"


def meet(bench, rival, gate, name, data):
    """The service waits in its transaction, before the row of this document's job; `rival` has that row."""
    gate.run(INSERT, documents.sha256(data))
    bench.drop(name=name, data=data, text=data)
    wait_blocked(bench, "insert into penstock.documents")
    rival.run("update penstock.jobs set path = path where path = %s returning id", os.fsencode(name))


@scenario("deadlock", quick=3, long=50)
def deadlock(bench, events):
    """A row and a content are locked in opposite order by another session; the server chooses our transaction (40P01)."""
    gate, rival = Rival(bench), Rival(bench)
    bench.penstock.sql(f"alter database \"{bench.database}\" set deadlock_timeout = '300ms'")
    rival.run("set deadlock_timeout = '1h'")
    rival.connection.commit()
    bench.expect_no_strikes()
    bench.start()
    for n in range(2 * events):
        data = f"deadlock {n} {bench.chance.random()}\n".encode()
        meet(bench, rival, gate, f"{bench.serial}.txt", data)
        gate.end()
        wait_blocked(bench, "update penstock.jobs")
        with contextlib.suppress(psycopg2.errors.UniqueViolation):
            rival.run(INSERT, documents.sha256(data))  # too late for a deadlock: the service gives up waiting, 55P03
        rival.end()
        wait_until("the service is told", lambda: count_log(bench, *TOLD, "40P01") + count_log(bench, *TOLD, "55P03") > n)
        bench.event(count_log(bench, *TOLD, "40P01") - bench.n_events)
        if bench.n_events == events:
            break
    assert bench.n_events == events, f"{bench.n_events} of {events} deadlocks"


@scenario("serialization", quick=3, long=50)
def serialization(bench, events):
    """Transactions are `repeatable read` or `serializable` by default: a row that changes under one is an error (40001)."""
    level = bench.chance.choice(("repeatable read", "serializable"))
    bench.penstock.sql(f'alter database "{bench.database}" set default_transaction_isolation = \'{level}\'')
    gate, rival = Rival(bench), Rival(bench)
    bench.expect_no_strikes()
    bench.start()
    while bench.n_events < events:
        data = f"serialization {bench.n_events} {bench.chance.random()}\n".encode()
        meet(bench, rival, gate, f"{bench.serial}.txt", data)
        rival.connection.commit()
        gate.end()
        bench.event()
        bench.drop_many(3)
        bench.monitor.wait_commit()
    seen = count_log(bench, "event=database.retry", "sqlstate=40001")
    bench.count_note("seen_by_the_pool", level, seen)
    assert seen >= events, f"{events} changes, and the pool was told of {seen}"
