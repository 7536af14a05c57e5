"""With no database configured, penstock makes and runs a private PostgreSQL cluster."""

import os
import pathlib
import signal
import subprocess
import time

import pytest
from penstock import DATABASE, DONE, FAILED, PATIENCE, USAGE, Penstock, is_alive, wait_until


@pytest.fixture
def embedded(make, programs_for_all, someone):
    """A service without a database, as each of the users that it can be run as."""
    service = make("embedded", user=someone)
    service.program = str(programs_for_all / "penstock")
    yield service
    end(service)


@pytest.fixture(scope="session")
def made_clusters(session_folder, programs_for_all):
    """Clusters to be copied, by user: making one takes seconds."""
    made = {}

    def cluster_of(user):
        if user not in made:
            service = Penstock(session_folder / f"cluster-{user}", user=user)
            service.program = str(programs_for_all / "penstock")
            assert service.run_once() == DONE
            made[user] = service.home / "postgres"
        return made[user]

    return cluster_of


@pytest.fixture
def ready(embedded, made_clusters):
    """The same with a cluster that is there already."""
    subprocess.run(["cp", "-a", made_clusters(embedded.user), embedded.home], check=True)
    return embedded


def end(service):
    postmaster = postmaster_of(service)
    service.end()
    if postmaster:
        wait_until("the cluster ends with its service", lambda: not is_alive(postmaster), 30)


def postmaster_of(service):
    try:
        pid = int((service.home / "postgres" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    return pid if is_alive(pid) else None


@pytest.mark.sanitize
def test_from_nothing_to_a_search_result(embedded):
    embedded.drop("hello.txt", "hello from a private cluster")
    assert embedded.run_once() == DONE
    assert postmaster_of(embedded) is None
    assert embedded.json("search", "private")[0]["name"] == "hello.txt"
    assert postmaster_of(embedded) is None
    assert embedded.inbox_files() == []


def test_the_cluster_listens_on_a_socket_for_its_owner_alone(ready):
    ready.start()
    data = ready.home / "postgres"
    lines = (data / "postmaster.pid").read_text().splitlines()
    assert lines[5].strip() == ""  # the TCP address; postmaster.pid has it in its sixth line
    socket_folder = pathlib.Path(lines[4])
    assert socket_folder.stat().st_mode & 0o077 == 0
    assert data.stat().st_mode & 0o077 == 0
    owner = data.stat().st_uid
    assert owner != 0
    assert os.stat(f"/proc/{postmaster_of(ready)}").st_uid == owner
    assert ready.stop() == DONE


def test_ready_within_two_seconds_on_an_existing_cluster(ready):
    begun = time.monotonic()
    ready.start()
    assert time.monotonic() - begun < 2 * PATIENCE
    assert ready.stop() == DONE


def test_commands_use_the_running_cluster(ready):
    ready.start()
    running = postmaster_of(ready)
    ready.drop("a.txt", "while it runs")
    wait_until("it is found", lambda: ready.json("search", "runs"))
    assert ready.json("show", "1")["text"] == "while it runs"
    assert postmaster_of(ready) == running
    assert ready.stop() == DONE
    assert not is_alive(running)


def test_commands_before_the_first_run_say_what_to_do(embedded):
    result = embedded.command("search", "x", code=DATABASE)
    assert "penstock run" in result.stderr
    assert not (embedded.home / "postgres").exists()


def test_a_second_service_on_the_same_home_is_refused(ready):
    ready.start()
    result = ready.command("run", "--once", code=FAILED)
    assert "another penstock runs" in result.stderr
    ready.drop("a.txt", "the first goes on")
    wait_until("it is found", lambda: ready.json("search", "first"))
    assert ready.stop() == DONE


@pytest.mark.sanitize
def test_a_killed_service_leaves_no_cluster_behind(ready):
    ready.drop("a.txt", "before the kill")
    ready.start()
    wait_until("it is found", lambda: ready.json("search", "kill"))
    running = postmaster_of(ready)
    ready.kill()
    wait_until("the cluster ends", lambda: not is_alive(running))
    ready.drop("b.txt", "after the kill")
    assert ready.run_once() == DONE
    assert len(ready.json("search", "kill")) == 2


def test_a_cluster_that_was_left_behind_is_adopted(ready):
    """A command starts it for its own duration, and is killed."""
    ready.drop("a.txt", "before the kill")
    assert ready.run_once() == DONE
    search = subprocess.Popen(
        [ready.program, "search", "kill"],
        env=ready.environment(),
        cwd=ready.folder,
        **ready.identity(),
        stdout=subprocess.DEVNULL,
    )
    left_behind = wait_until("the command starts the cluster", lambda: postmaster_of(ready), every=0.001)
    search.kill()
    search.wait()
    assert is_alive(left_behind)
    ready.start()
    assert postmaster_of(ready) == left_behind
    ready.drop("b.txt", "after the kill")
    wait_until("both are found", lambda: len(ready.json("search", "kill")) == 2)
    assert ready.stop() == DONE
    wait_until("no cluster is left", lambda: not is_alive(left_behind))


def test_a_killed_postmaster_is_replaced(ready):
    ready.start()
    ready.drop("a.txt", "before the crash")
    wait_until("it is found", lambda: ready.json("search", "crash"))
    os.kill(postmaster_of(ready), signal.SIGKILL)
    ready.drop("b.txt", "after the crash")
    wait_until("both are found", lambda: hits(ready, "crash") == 2, 60)
    assert ready.stop() == DONE


def hits(service, query):
    result = service.command("search", query, "--json", code=None)
    return result.stdout.count('"uid"') if result.returncode == 0 else None


def test_a_home_whose_path_is_too_long_for_a_socket(make, programs_for_all):
    service = make("long" * 30)
    service.program = str(programs_for_all / "penstock")
    service.drop("a.txt", "far away")
    assert service.run_once() == DONE
    assert service.json("search", "far")[0]["name"] == "a.txt"


def test_missing_postgresql_programs_are_told_with_the_package(embedded):
    empty = embedded.folder / "empty"
    empty.mkdir()
    result = embedded.command("run", "--once", code=USAGE, PENSTOCK_POSTGRES_BIN=empty)
    assert "PENSTOCK_POSTGRES_BIN" in result.stderr and "initdb" in result.stderr
