"""Faults of the PostgreSQL server: every kind of crash, read-only and failover, no room, no rights, no free connection, a
pooler that comes and goes. The server is the scenario's own, or only the scenario's database is touched."""

import contextlib
import os
import signal
import time

import psycopg2
import servers
from bench import PATIENCE, stop_server, wait_until
from database import count_log, expect_reason, expect_rest
from scenario import scenario


def begin(bench):
    bench.expect_no_strikes()
    bench.start()
    bench.feed()
    bench.monitor.wait_commit()


def back(bench):
    """The database is there again: from here the time to the next commit is taken."""
    bench.monitor.since = None
    with contextlib.suppress(psycopg2.Error):
        bench.monitor.last = bench.penstock.value("select coalesce(max(id), 0) from penstock.documents")
    bench.monitor.event()


def lull(bench):
    """A random moment: at once, soon, or just after a commit."""
    if bench.chance.random() < 0.3:
        bench.monitor.wait_commit(60)
    time.sleep(bench.chance.choice((0, bench.chance.uniform(0, 0.05), bench.chance.uniform(0, 0.5))))


# ---- crashes ----


@scenario("immediate-stop", quick=3, long=300, round=50, own_server=True)
def immediate_stop(bench, events):
    """`pg_ctl restart -m immediate` at any moment; in every second round the server syncs for real."""
    durable = bench.chance.random() < 0.5
    if durable:
        servers.configure(bench.server, "fsync = on", "full_page_writes = on")
    begin(bench)
    while bench.n_events < events:
        lull(bench)
        bench.server.restart_immediately()
        bench.n_events += 1
        back(bench)
    bench.count_note("stops", "fsync on" if durable else "fsync off", events)
    bench.monitor.wait_commit(60)


@scenario("kill-backend", quick=3, long=300, round=100, own_server=True)
def kill_backend(bench, events):
    """SIGKILL to a process of the server, one of our connections or one of its own: all connections go, the log is replayed."""
    begin(bench)
    while bench.n_events < events:
        lull(bench)
        with contextlib.suppress(psycopg2.Error, ProcessLookupError, IndexError):
            found = bench.server.execute(
                "select pid, backend_type from pg_stat_activity where pid <> pg_backend_pid()"
                " and (application_name = 'penstock/pool' or backend_type <> 'client backend') order by pid"
            )
            pid, kind = bench.chance.choice(found)
            os.kill(pid, signal.SIGKILL)
            bench.n_events += 1
            bench.count_note("killed", kind)
            wait_until("the server is through its recovery", lambda: servers.is_up(bench.server), 60)
            back(bench)
    bench.monitor.wait_commit(60)


@scenario("kill-postmaster", quick=1, long=50, own_server=True)
def kill_postmaster(bench, events):
    """SIGKILL to the postmaster, then a new start."""
    begin(bench)
    while bench.n_events < events:
        lull(bench)
        servers.kill_postmaster(bench.server)
        bench.n_events += 1
        servers.start_again(bench.server)
        back(bench)
    bench.monitor.wait_commit(60)


@scenario("terminate-storm", quick=20, long=1000)
def terminate_storm(bench, events):
    """pg_terminate_backend for all of our connections, again and again."""
    begin(bench)
    while bench.n_events < events:
        time.sleep(bench.chance.uniform(0, 0.1))
        n = terminate_ours(bench)
        if n > 0:
            bench.event()
        bench.count_note("connections", "terminated", n)


def terminate_ours(bench):
    query = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s and application_name = %s"
    return bench.server.execute(query, bench.database, "penstock/pool")[0][0]


# ---- read-only ----


@scenario("read-only", quick=1, long=20)
def read_only(bench, events):
    """Transactions of new connections are read-only for seconds (25006)."""
    begin(bench)
    while bench.n_events < events:
        bench.monitor.wait_commit(60)
        bench.server.execute(f'alter database "{bench.database}" set default_transaction_read_only = on')
        servers.terminate(bench.server, bench.database)
        bench.n_events += 1
        expect_reason(bench, "read-only")
        expect_rest(bench)
        bench.server.execute(f'alter database "{bench.database}" reset default_transaction_read_only')
        back(bench)
    assert count_log(bench, "25006"), "nobody met a read-only database"
    bench.monitor.wait_commit(60)


@scenario("failover", quick=1, long=5, own_server=True)
def failover(bench, events):
    """The server dies, its standby is promoted: first the service is told of both; it finds the one that takes writes."""
    bench.expect_no_strikes()
    primary, url = bench.server, None
    while bench.n_events < events:
        standby = servers.Standby(bench.folder / f"standby-{bench.n_events}", primary)
        bench.cleanups.callback(stop_server, standby)
        servers.make_synchronous(primary)
        url = servers.url_of_both(bench.database, primary, standby)
        servers.use(bench, primary, url)
        if bench.penstock.process:
            assert bench.penstock.stop() == 0
            bench.penstock.start()
        else:
            bench.start()
        bench.feed()
        bench.monitor.wait_commit(60)
        time.sleep(bench.chance.uniform(0, 0.5))
        primary.control("stop", "-m", "immediate")
        bench.n_events += 1
        expect_reason(bench, "connection", "No such file", "read-only", "shut")
        standby.promote()
        back(bench)
        bench.monitor.wait_commit(60)
        bench.stop_feeding()
        primary = standby
        servers.use(bench, primary, url)
    assert count_log(bench, "event=database.away") >= events


@scenario("standby", quick=0, long=5, own_server=True)
def only_a_standby(bench, events):
    """The service knows a hot standby alone: it waits, says why, does no work, and goes on when it is promoted."""
    primary = bench.server
    servers.use(bench, primary)
    bench.expect_no_strikes()
    bench.start()
    bench.drop_many(20)
    bench.settle()
    while bench.n_events < events:
        standby = servers.Standby(bench.folder / f"standby-{bench.n_events}", primary)
        bench.cleanups.callback(stop_server, standby)
        assert bench.penstock.stop() == 0
        primary.stop()
        servers.use(bench, standby)
        bench.penstock.start(ready=False)
        bench.drop_many(20)
        expect_reason(bench, "read-only", "recovery", "standby")
        expect_rest(bench)
        standby.promote()
        bench.event()
        bench.settle()
        primary = standby


# ---- no room ----


@scenario("no-room", quick=2, long=20)
def no_room(bench, events):
    """The file system of the data (53100) or of the write-ahead log (the server panics) is full, then there is room again."""
    server = servers.SmallServer(bench.folder.with_name(f"{bench.folder.name}-small"))
    bench.cleanups.callback(server.remove)
    server.create_database(bench.database)
    bench.server.drop_database(bench.database)
    servers.use(bench, server)
    begin(bench)
    while bench.n_events < events:
        full = ("data", "wal")[bench.n_events % 2]
        bench.monitor.wait_commit(60)
        server.mounts[full].fill()
        bench.n_events += 1
        expect_reason(bench, "No space", "shut", "No such file", "closed", "refused", "recovery", "starting", timeout=40)
        bench.count_note("full", full)
        expect_rest(bench)
        server.mounts[full].free()
        if not servers.is_up(server):
            bench.count_note("full", "server went down")
            servers.start_again(server)
        back(bench)
        begun = time.monotonic()
        bench.monitor.wait_commit(60)
        seconds = time.monotonic() - begun
        assert seconds < 15 * PATIENCE, f"{seconds:.1f} s from space to the next commit"
    assert count_log(bench, "53100"), "the service never met a full disk"


# ---- no connection, no rights ----


@scenario("too-many-connections", quick=1, long=20, own_server=True)
def too_many_connections(bench, events):
    """Others have taken all of the server's connections, or a role may have none."""
    servers.configure(bench.server, "max_connections = 12", "superuser_reserved_connections = 1")
    servers.plain_role(bench, "drainer")
    begin(bench)
    while bench.n_events < events:
        eaters = []
        if bench.n_events % 2 == 0:
            eaters = servers.eat_connections(bench.server, bench.database)
        else:
            bench.server.execute("alter role drainer connection limit 0")
            servers.terminate(bench.server, bench.database)
        bench.n_events += 1
        expect_reason(bench, "too many", "remaining connection slots")
        expect_rest(bench)
        for eater in eaters:
            eater.close()
        wait_until("there is a free connection", lambda: servers.is_up(bench.server))
        bench.server.execute("alter role drainer connection limit -1")
        back(bench)
        bench.monitor.wait_commit(60)


def no_login(bench, on):
    bench.server.execute(f"alter role drainer {'nologin' if on else 'login'}")


def rejected(bench, on):
    rules = "local all drainer reject\n" if on else ""
    with open(f"{bench.server.data}/pg_hba.conf", "w") as hba:
        hba.write(f"{rules}local all all trust\n")
    bench.server.execute("select pg_reload_conf()")


def renamed_away(bench, on):
    here, away = f'"{bench.database}"', f'"{bench.database} away"'
    old, new = (here, away) if on else (away, here)
    bench.server.execute(f"alter database {old} allow_connections {'false' if on else 'true'}")
    if on:
        servers.terminate(bench.server, bench.database)
        wait_until("everybody has left", lambda: servers.terminate(bench.server, bench.database) == 0)
    bench.server.execute(f"alter database {old} rename to {new}")


def without_rights(bench, on):
    what = "revoke all on schema penstock from" if on else "grant all on schema penstock to"
    bench.server.execute(f"{what} drainer", database=bench.database)


REFUSALS = (
    (no_login, "not permitted to log in"),
    (rejected, "rejects"),
    (renamed_away, "does not exist"),
    (without_rights, "permission denied"),
)


@scenario("no-entry", quick=4, long=20, own_server=True)
def no_entry(bench, events):
    """The role may not log in; pg_hba.conf rejects it; the database has another name; the schema is closed to it."""
    servers.plain_role(bench, "drainer")
    begin(bench)
    while bench.n_events < events:
        refuse, words = REFUSALS[bench.n_events % len(REFUSALS)]
        refuse(bench, True)
        servers.terminate(bench.server, bench.database)
        bench.n_events += 1
        expect_reason(bench, words)
        time.sleep(bench.chance.uniform(0, 0.5))
        refuse(bench, False)
        back(bench)
        bench.monitor.wait_commit(60)
        bench.count_note("refused", refuse.__name__)


# ---- a pooler ----


def restart(bouncer):
    bouncer.kill()
    bouncer.start()


def pause(bouncer):
    bouncer.tell("pause")
    time.sleep(0.3)
    bouncer.tell("resume")


def suspend(bouncer):
    bouncer.tell("suspend")
    with contextlib.suppress(psycopg2.Error):  # it may have ended by itself: SUSPEND gives up after suspend_timeout
        bouncer.tell("resume")


def reconnect(bouncer):
    bouncer.tell("reconnect")


def kill_clients(bouncer, database):
    bouncer.tell(f'kill "{database}"')
    time.sleep(0.3)
    bouncer.tell(f'resume "{database}"')


@scenario("pgbouncer", quick=5, long=20, missing=servers.Bouncer.missing())
def pgbouncer(bench, events):
    """Through PgBouncer in transaction mode: killed and started, paused, suspended, its servers or clients dropped."""
    bouncer = servers.Bouncer(bench.folder / "bouncer", bench.server)
    bench.cleanups.callback(bouncer.stop)
    bench.penstock.settings["DATABASE_URL"] = bouncer.url(bench.database)
    begin(bench)
    faults = (restart, pause, suspend, reconnect, lambda b: kill_clients(b, bench.database))
    names = ("restart", "pause", "suspend", "reconnect", "kill")
    while bench.n_events < events:
        n = bench.n_events % len(faults)
        lull(bench)
        faults[n](bouncer)
        bench.n_events += 1
        back(bench)
        bench.count_note("done", names[n])
        bench.monitor.wait_commit(60)
