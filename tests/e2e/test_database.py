"""Databases that are away, old, new, or not what the migrations make; and the migrations themselves."""

import pytest
from penstock import DATABASE, DONE, REPOSITORY, SCHEMA, wait_until
from postgres import Server

N_MIGRATIONS = len(list((REPOSITORY / "sql/migrations").glob("*.up.sql")))


@pytest.fixture
def own_server(session_folder, folder):
    server = Server(str(folder / "server"))
    server.create_database("penstock")
    yield server
    if server.runs():
        server.stop()


def test_an_unreachable_database_is_waited_for(make, own_server):
    own_server.stop()
    penstock = make(url=own_server.url("penstock"))
    penstock.drop("a.txt", "waiting for the database")
    penstock.start(ready=False)
    wait_until("it says so", lambda: "event=database.waiting" in penstock.log())
    assert own_server.folder in penstock.status()["database_waits_for"]
    assert penstock.status()["gauges"]["db_up"] == 0
    assert penstock.inbox_files() == ["a.txt"]
    own_server.start()
    wait_until("it starts", penstock.is_ready, 30)
    penstock.wait_filed(1)
    assert penstock.stop() == DONE


def test_a_database_that_goes_away_and_comes_back(make, own_server):
    penstock = make(url=own_server.url("penstock"))
    penstock.start()
    penstock.drop("a.txt", "before")
    penstock.wait_filed(1)
    own_server.stop()
    penstock.drop("b.txt", "while it is away")
    wait_until("it says so", lambda: penstock.status()["database_waits_for"])
    answer = penstock.json("explain", str(penstock.inbox / "b.txt"))
    assert answer["state"] in ("waiting", "in_flight")
    own_server.start()
    penstock.wait_filed(2, 40)
    assert penstock.value("select count(*) from penstock.jobs where strikes > 0") == 0
    assert penstock.stop() == DONE


def test_commands_say_that_the_database_is_unreachable(penstock, folder):
    url = f"postgresql://nobody@/none?host={folder}&port=1"
    for command in (["search", "x"], ["show", "1"], ["failed"], ["migrate", "status"], ["status"]):
        result = penstock.command(*command, code=DATABASE, DATABASE_URL=url)
        assert str(folder) in result.stderr, command


def test_stop_while_the_database_is_away(make, own_server):
    own_server.stop()
    penstock = make(url=own_server.url("penstock"))
    penstock.drop("a.txt", "stays")
    penstock.start(ready=False)
    wait_until("it says so", lambda: "event=database.waiting" in penstock.log())
    assert penstock.stop() == DONE
    assert penstock.inbox_files() == ["a.txt"]


# ---- migrations ----


def test_migrate_up_down_up(penstock):
    assert [m["state"] for m in migrations(penstock, SCHEMA)] == ["pending"] * N_MIGRATIONS
    penstock.command("migrate", "up")
    assert [m["state"] for m in migrations(penstock)] == ["applied"] * N_MIGRATIONS
    penstock.command("migrate", "verify")
    for n in range(N_MIGRATIONS):
        assert penstock.value("select to_regclass('penstock.documents')::text") == "penstock.documents"
        penstock.command("migrate", "down")
        states = [m["state"] for m in migrations(penstock, SCHEMA)]
        assert states == ["applied"] * (N_MIGRATIONS - n - 1) + ["pending"] * (n + 1)
    assert penstock.value("select to_regclass('penstock.documents')::text") is None
    penstock.command("migrate", "up")
    penstock.command("migrate", "up")
    penstock.command("migrate", "verify")
    assert penstock.value("select count(*) from penstock.schema_migrations") == N_MIGRATIONS


def migrations(penstock, code=DONE):
    answer = penstock.json("migrate", "status", code=code)
    return answer["migrations"] if isinstance(answer, dict) else answer


def test_migrate_print_is_sql_that_makes_the_same(penstock):
    sql = penstock.command("migrate", "print").stdout
    assert "create table penstock.documents" in sql


def test_services_that_start_at_the_same_time_migrate_once(make, server, database):
    services = [make(f"node{n}", url=server.url(database)) for n in range(4)]
    for service in services:
        service.start(ready=False)
    for service in services:
        wait_until("it is ready", service.is_ready, 30)
    assert services[0].value("select count(*) from penstock.schema_migrations") == N_MIGRATIONS
    assert sum(service.log().count("event=migrated") for service in services) == N_MIGRATIONS
    for service in services:
        assert service.stop() == DONE


def test_without_migrate_on_start_an_old_schema_is_refused(penstock):
    assert penstock.run_once(MIGRATE_ON_START="false") == SCHEMA
    assert "migrate up" in penstock.log()
    penstock.command("migrate", "up")
    penstock.drop("a.txt", "now")
    assert penstock.run_once() == DONE


DRIFTS = {
    "a column more": "alter table penstock.jobs add column extra integer",
    "a column less": "alter table penstock.documents drop column language",
    "an index less": "drop index penstock.documents_tsv_idx",
    "a constraint less": "alter table penstock.documents drop constraint documents_content_key",
    "a function changed": "create or replace function penstock.vector(config regconfig, body text) returns tsvector"
    " language sql stable as 'select to_tsvector(config, body)'",
}


@pytest.mark.parametrize("change", DRIFTS.values(), ids=DRIFTS.keys())
def test_verify_finds_a_drifted_schema(penstock, change):
    penstock.command("migrate", "up")
    penstock.sql(change)
    result = penstock.command("migrate", "verify", code=SCHEMA)
    assert any(word in result.stdout + result.stderr for word in ("extra", "language", "tsv_idx", "content_key", "vector"))


def test_a_changed_migration_is_refused_at_start(penstock):
    penstock.command("migrate", "up")
    penstock.sql("update penstock.schema_migrations set sha256 = sha256('another')")
    assert penstock.run_once() == SCHEMA
    penstock.command("migrate", "status", code=SCHEMA)


def test_a_schema_from_the_future_is_refused(penstock):
    penstock.command("migrate", "up")
    penstock.sql("insert into penstock.schema_migrations select 9999, 'later', sha256, applied_at from penstock.schema_migrations limit 1")
    assert penstock.run_once() == SCHEMA
    assert "9999" in penstock.log()


def test_commands_on_an_empty_database_name_the_remedy(penstock):
    for command in (["search", "x"], ["failed"], ["show", "1"]):
        result = penstock.command(*command, code=SCHEMA)
        assert "migrate up" in result.stderr, command
