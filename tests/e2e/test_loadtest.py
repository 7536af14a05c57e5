"""penstock-loadtest, sized for a test: that it measures, that it notices what is wrong, that it leaves nothing behind."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree

import pytest
from penstock import BUILD, DONE, FAILED, PATIENCE, USAGE, children, wait_until

PROGRAM = str(BUILD / "penstock-loadtest")
SMALL = ("--profile", "small", "--words", "made")


class Loadtest:
    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.work = folder / "work"
        self.work.mkdir()
        self.work.chmod(0o755)

    def environment(self, **more):
        values = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "DATABASE_URL": self.url}
        return {name: str(value) for name, value in {**values, **more}.items() if value is not None}

    def line(self, command, *arguments):
        measures = command not in ("verify", "corpus")
        return [PROGRAM, command, *(["--work", str(self.work)] if measures else []), *map(str, arguments)]

    def run(self, command, *arguments, code=DONE, **environment):
        result = subprocess.run(
            self.line(command, *arguments),
            env=self.environment(**environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120 * PATIENCE,
        )
        assert result.returncode == code, f"{result.returncode}\n{result.stdout}{result.stderr}"
        return result

    def figures(self, command, *arguments, **options):
        """Its JSON file."""
        self.run(command, *arguments, "--json", self.folder / "figures.json", **options)
        return json.loads((self.folder / "figures.json").read_text())

    def start(self, command, *arguments):
        return subprocess.Popen(
            self.line(command, *arguments),
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(self.folder / "errors", "wb"),
        )


@pytest.fixture
def loadtest(folder, server):
    yield Loadtest(folder, server.url("postgres"))
    wait_removed(folder / "work")


def databases_of(server, pid=None):
    like = f"penstock_loadtest_{pid or ''}%"
    return [name for (name,) in server.execute("select datname from pg_database where datname like %s", like)]


def wait_removed(work):
    """Scratch folders are removed in the background, under another name."""
    wait_until("the scratch folder is removed", lambda: not list(work.glob("*.gone")), 120)


def is_clean(loadtest):
    wait_removed(loadtest.work)
    assert list(loadtest.work.iterdir()) == []


def verdicts(value):
    """Every verdict in a report."""
    if isinstance(value, dict):
        if isinstance(value.get("verify"), dict):
            yield value["verify"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from verdicts(item)


def test_a_comparison(loadtest):
    html = loadtest.folder / "page.html"
    result = loadtest.run(
        *("compare", *SMALL, "--documents", 300, "--rounds", 1, "--verify", "--json", "figures.json", "--html", html),
        *("--only", "penstock,sqlite,copy-bare-1,copy-gin-2,copy-ready-4"),
    )
    report = json.loads((loadtest.folder / "figures.json").read_text())
    rows = {row["name"]: row for row in report["contenders"]}
    assert set(rows) == {
        "penstock",
        *("sqlite-1", "sqlite-4", "sqlite-4-nowait"),
        *("copy-bare-1", "copy-gin-2", "copy-ready-4"),
    }
    for name, row in rows.items():
        assert row["documents_per_second"] > 0 and row["mb_per_second"] > 0 and row["penstock_is_times"] > 0
        assert len(row["rounds"]) == 1
        assert name == "penstock" or row["rounds"][0]["rows"] == 300
        assert name in result.stdout
    assert rows["penstock"]["penstock_is_times"] == pytest.approx(1)
    assert rows["sqlite-4-nowait"]["lock_waits"] == 0
    assert rows["sqlite-4"]["locked_errors"] == 0
    found = list(verdicts(report))
    assert found and all(v["lost"] == v["doubled"] == 0 and v["contents"] == 300 for v in found)
    assert report["run"]["latency"]["count"] == 300
    assert report["machine"]["processors"] == len(os.sched_getaffinity(0))
    assert report["server"]["fsync"] == "off" and report["server"]["synchronous_commit"]
    assert report["penstock"] and report["date"] and report["seed"] == 7 and report["profile"] == "small"
    page = xml.etree.ElementTree.fromstring(html.read_text())
    assert len(page.findall(".//{http://www.w3.org/2000/svg}svg")) >= 2
    assert page.findall(".//script") == []
    is_clean(loadtest)


def test_a_run_at_a_rate_with_copies_and_unknown_types(loadtest, server):
    report = loadtest.figures(
        "run", "--profile", "mixed", "--words", "made", "--documents", 300, "--rate", 150, "--verify", "--workers", 1
    )
    run = report["run"]
    assert run["failure"] is None
    assert run["documents"] == 300
    assert run["contents"] == run["found"] == run["latency"]["count"] < 300
    assert run["seconds"] >= 299 / 150
    assert run["arrival"]["mode"] == "rate" and run["arrival"]["rate"] == 150
    assert run["counters"]["duplicate"] == 300 - run["contents"]
    assert run["counters"]["unsupported"] > 0
    assert 0 < run["latency"]["p50_ms"] <= run["latency"]["p99_ms"] <= run["latency"]["max_ms"]
    assert {stage for stage in run["stages"]} == {"claim", "extract", "acquire", "store", "end_to_end"}
    roles = {role["role"]: role for role in run["roles"]}
    assert {name: role["processes"] for name, role in roles.items()} == {
        "supervisor": 1,
        "pool": 1,
        "intake": 1,
        "workers": 1,
    }
    assert all(role["peak_rss_mb"] >= role["rss_mb"] > 1 for role in roles.values())
    assert sum(role["cpu_seconds"] for role in roles.values()) > 0
    database = run["postgresql"]
    assert database["on_this_machine"] and database["cpu_seconds"] > 0
    assert database["wal_bytes"] > 0 and database["hot_share"] >= 0.95
    assert database["deadlocks"] == 0 and 1 <= database["max_connections"] <= 10
    assert [v["jobs_missing"] + v["lost"] + v["doubled"] for v in verdicts(report)][0] == 0
    assert databases_of(server) == []
    is_clean(loadtest)


def test_documents_that_are_committed_out_of_order_are_all_found(loadtest):
    """Many connections store small batches at once: smaller ids than the newest come late."""
    report = loadtest.figures(
        *("run", *SMALL, "--documents", 2000, "--batch-rows", 8, "--pool", 8, "--poll-ms", 1, "--patience", 20),
        *("--after", "delete"),
    )
    assert report["run"]["found"] == 2000 and report["run"]["failure"] is None


def test_the_private_cluster_when_no_database_is_configured(loadtest):
    report = loadtest.figures("run", *SMALL, "--documents", 100, "--verify", DATABASE_URL=None)
    assert report["server"]["private_cluster"]
    assert report["server"]["fsync"] == report["server"]["synchronous_commit"] == "on"
    assert report["run"]["found"] == 100


class Kept:
    """A run that was kept, to be broken."""

    def __init__(self, loadtest, server):
        self.loadtest, self.server = loadtest, server
        loadtest.run("run", *SMALL, "--documents", 60, "--keep", "--verify")
        (self.folder,) = loadtest.work.glob("*/run-1")
        self.database = re.search(r"database (\S+)", (self.folder / "manifest").read_text())[1]
        self.archive = self.folder / "service/archive"
        self.originals = sorted(path for path in self.archive.rglob("*") if path.is_file())

    def sql(self, statement):
        self.server.execute(statement, database=self.database)

    def verify(self, code):
        return self.loadtest.run("verify", self.folder, code=code).stderr


def test_verification_finds_what_is_wrong(loadtest, server):
    kept = Kept(loadtest, server)
    first, second, third = kept.originals[:3]
    number = "(select min(id) from penstock.documents)"
    breaks = [
        (r"\blost: 1", lambda: kept.sql(f"delete from penstock.documents where id = {number}")),
        (
            r"doubled: 1",
            lambda: kept.sql(
                "alter table penstock.documents drop constraint documents_content_key;"
                "insert into penstock.documents (collection, sha256, name, media_type, byte_size)"
                f" select collection, sha256, name, media_type, byte_size from penstock.documents where id = {number}"
            ),
        ),
        (
            r"unknown_documents: 1",
            lambda: kept.sql(
                "insert into penstock.documents (collection, sha256, name, media_type, byte_size)"
                " values ('default', sha256('nobody'), 'nobody', 'text/plain', 1)"
            ),
        ),
        (r"wrong_size: 1", lambda: kept.sql(f"update penstock.documents set byte_size = 1 where id = {number} + 5")),
        (r"jobs_missing: 1", lambda: kept.sql("delete from penstock.jobs where id = (select min(id) from penstock.jobs)")),
        (
            r"jobs_unfinished: 1",
            lambda: kept.sql("update penstock.jobs set state = 'claimed' where id = (select max(id) from penstock.jobs)"),
        ),
        (r"originals_missing: 1", first.unlink),
        (r"originals_wrong: 1", lambda: second.write_bytes(b"something else")),
        (r"originals_unknown: 1", lambda: shutil.copy(third, third.with_name("copy"))),
        (r"originals_unknown: 2", lambda: shutil.copy(third, kept.archive / third.name)),
        (r"in_quarantine: 1", lambda: (kept.folder / "service/quarantine/bad.txt").write_text("bad")),
    ]
    kept.verify(DONE)
    told = ""
    for pattern, damage in breaks:
        assert not re.search(pattern, told), f"{pattern} before it was so"
        damage()
        told = kept.verify(FAILED)
        assert re.search(pattern, told), f"{pattern}: {told}"
    server.drop_database(kept.database)


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["run", "--nothing"], "--nothing"),
        (["run", "--documents", "many"], "--documents"),
        (["run", "--profile", "huge"], "--profile"),
        (["run", "--workers", "0"], "--workers"),
        (["run", "--workers", "1,2"], "--workers"),
        (["run", "--rate", "fast"], "--rate"),
        (["run", "--set", "PATH=/"], "--set"),
        (["run", "--attach", "--after", "keep"], "--attach"),
        (["run", "something"], "something"),
        (["compare", "--rate", "5"], "--rate"),
        (["compare", "--only", "duckdb"], "--only duckdb"),
        (["soak", "--seconds", "0"], "--seconds"),
        (["corpus", "huge", "/tmp"], "huge"),
        (["corpus"], "PROFILE DIR"),
        (["measure"], "measure"),
    ],
)
def test_a_wrong_option_is_named(loadtest, arguments, named):
    result = subprocess.run(
        [PROGRAM, *arguments], env=loadtest.environment(), cwd=loadtest.folder, capture_output=True, text=True
    )
    assert result.returncode == USAGE, result.stderr
    assert named in result.stderr
    assert result.stdout == ""
    assert list(loadtest.work.iterdir()) == []


def test_the_same_seed_makes_the_same_files(loadtest):
    made = {}
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        loadtest.run("corpus", "mixed", loadtest.folder / name, "--documents", 40, "--seed", seed, "--words", "made")
        made[name] = {path.name: path.read_bytes() for path in (loadtest.folder / name).iterdir()}
    assert len(made["a"]) == 40
    assert made["a"] == made["b"] != made["c"]


def children_in(folder):
    """Processes that work below a folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in os.readlink(path / "cwd"):
                found.append(int(path.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            pass
    return found


def wait_dropping(loadtest, process):
    def is_dropping():
        assert process.poll() is None, (loadtest.folder / "errors").read_text()
        return list(loadtest.work.glob("*/run-1/service/archive/*/*/*"))

    wait_until("documents are stored", is_dropping, 60)


def test_an_interrupt_ends_it_cleanly(loadtest, server):
    process = loadtest.start("run", *SMALL, "--documents", 100000, "--rate", 20)
    wait_dropping(loadtest, process)
    assert databases_of(server, process.pid) and children_in(loadtest.work)
    process.send_signal(signal.SIGINT)
    assert process.wait(60 * PATIENCE) == FAILED
    assert databases_of(server, process.pid) == []
    assert children_in(loadtest.work) == []
    assert "interrupted" in (loadtest.folder / "errors").read_text()
    is_clean(loadtest)


def workers_of(process):
    """The workers of the service that it has started."""
    pids = [pid for service in children(process.pid) for pid in children(service)]
    return [pid for pid in pids if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("penstock:w")]


def test_a_worker_that_is_replaced_still_counts(loadtest):
    process = loadtest.start(
        *("run", *SMALL, "--documents", 150, "--rate", 50, "--workers", 1, "--verify", "--json", "figures.json")
    )
    wait_dropping(loadtest, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    assert process.wait(60 * PATIENCE) == DONE
    run = json.loads((loadtest.folder / "figures.json").read_text())["run"]
    (workers,) = [role for role in run["roles"] if role["role"] == "workers"]
    assert (workers["processes"], workers["ended"]) == (1, 1)
    assert run["found"] == 150 and run["counters"]["worker_deaths"] == 1


def test_leftovers_of_a_killed_one_are_in_nobodys_way(loadtest, server):
    process = loadtest.start("run", *SMALL, "--documents", 100000, "--rate", 20)
    wait_dropping(loadtest, process)
    left = databases_of(server, process.pid)
    assert left
    process.kill()
    process.wait()
    wait_until("its service ends with it", lambda: children_in(loadtest.work) == [], 60)
    loadtest.run("run", *SMALL, "--documents", 20, "--verify")
    assert set(databases_of(server)) >= set(left)
    for name in left:
        server.drop_database(name)


def test_attached_to_a_service_that_runs(loadtest, penstock):
    penstock.start()
    penstock.drop("mine.txt", "my own document")
    penstock.wait_filed(1)
    before = penstock.status()
    report = loadtest.figures(
        "run", "--attach", *SMALL, "--documents", 120, "--rate", 200, "--verify", **penstock.environment()
    )
    after = penstock.status()
    assert after["supervisor_pid"] == before["supervisor_pid"]
    assert report["run"]["found"] == report["run"]["latency"]["count"] == 120
    assert [(v["lost"], v["doubled"]) for v in verdicts(report)][0] == (0, 0)
    assert penstock.value("select count(*) from penstock.documents") == 121
    assert [path.name for path in penstock.inbox.iterdir()] == []
    assert penstock.stop() == DONE


def test_attaching_needs_a_service(loadtest, penstock):
    result = loadtest.run("run", "--attach", *SMALL, "--documents", 5, code=FAILED, **penstock.environment())
    assert "no service runs" in result.stderr


def test_a_soak_with_a_snapshot_held(loadtest):
    report = loadtest.figures(
        *("soak", *SMALL, "--seconds", 8, "--every", 1, "--rate", 60, "--hold-snapshot", 3, "--verify")
    )
    assert report["run"]["failure"] is None
    # On a machine that stands still for seconds there are fewer and longer windows.
    assert report["windows"][-1]["at"] >= 8
    assert {row["stretch"] for row in report["quarters"]} <= {"first quarter", "last quarter"}
    assert {row["stretch"] for row in report["phases"]} <= {"before", "while a snapshot is held", "after"}
    assert report["quarters"] and report["phases"]
    assert sum(row["documents"] for row in report["windows"]) <= report["run"]["found"]
    assert [(v["lost"], v["doubled"]) for v in verdicts(report)][0] == (0, 0)


def test_a_soak_as_fast_as_it_goes_keeps_its_backlog(loadtest):
    report = loadtest.figures("soak", *SMALL, "--seconds", 3, "--every", 1, "--backlog", 50, "--verify")
    assert report["run"]["arrival"]["mode"] == "flood"
    assert report["run"]["found"] == report["run"]["documents"] > 50


def test_a_sweep(loadtest):
    report = loadtest.figures(
        *("sweep", *SMALL, "--documents", 60, "--workers", "1,2", "--pool", "1,3", "--rounds", 1, "--after", "delete")
    )
    assert [(row["axis"], row["value"]) for row in report["sweep_workers"]] == [("workers", 1), ("workers", 2)]
    assert [(row["axis"], row["value"]) for row in report["sweep_pool"]] == [("pool", 1), ("pool", 3)]
    assert "sweep_batch_rows" not in report
    assert report["sweep_pool"][0]["connections"] == 1
    assert all(row["documents_per_second"] > 0 for row in report["sweep_workers"] + report["sweep_pool"])


def test_a_role_that_may_not_create_databases_is_told_what_it_lacks(loadtest, server):
    server.execute("create role lowly login")
    try:
        url = server.url("postgres").replace("keeper@", "lowly@")
        assert "CREATEDB" in loadtest.run("run", *SMALL, "--documents", 5, code=FAILED, DATABASE_URL=url).stderr
    finally:
        server.execute("drop role lowly")
    is_clean(loadtest)


def test_a_server_that_is_not_there(loadtest):
    url = "postgresql://nobody:secret-word@127.0.0.1:1/nothing"
    told = loadtest.run("run", *SMALL, "--documents", 5, code=FAILED, DATABASE_URL=url).stderr
    assert "127.0.0.1" in told and "secret-word" not in told
    is_clean(loadtest)
