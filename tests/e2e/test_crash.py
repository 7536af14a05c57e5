"""Whatever is killed, and when: at the end everything is there once, and nothing is blamed for it."""

import os
import random
import signal
import time

import psycopg2
import pytest
from penstock import DONE, children, is_alive, wait_until

ROUNDS = 4


def corpus(n):
    """Documents of very different sizes."""
    return {f"{i % 7}/{i}.txt": f"document {i}\n" + f"word{i} text " * (i * 37 % 2000) for i in range(n)}


def drop_corpus(penstock, files):
    penstock.drop_folder("in", files)
    return {f"in/{name}": text for name, text in files.items()}


def wait_progress(penstock, more_than):
    penstock.wait_for(
        f"{more_than} documents", "select count(*) > %s from penstock.documents", more_than, timeout=60
    )


def kill_and_see_another(penstock, name):
    """SIGKILL to a role; the supervisor starts it again."""
    pid = penstock.kill_role(name.removesuffix("_pid"))
    wait_until(f"another {name}", lambda: penstock.status()[name] not in (0, pid))


def kill_one_of(chance, find):
    """SIGKILL to one of the processes that find() names; waits until there is one, and until it is gone."""
    pid = chance.choice(wait_until("a process to kill", lambda: [pid for pid in find() if pid > 0]))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself: its partner was killed just before
    wait_until("its end", lambda: not is_alive(pid))


def finish(penstock, files, timeout=90):
    penstock.wait_filed(len(files), timeout)
    assert penstock.stop() == DONE
    penstock.check_everything(files)
    assert penstock.value("select coalesce(sum(strikes), 0) from penstock.jobs") == 0


@pytest.mark.sanitize
def test_killed_workers(penstock):
    penstock.start(PENSTOCK_WORKERS=4)
    files = drop_corpus(penstock, corpus(2000))
    chance = random.Random(1)
    for n in range(4 * ROUNDS):
        wait_progress(penstock, n * 80)
        kill_one_of(chance, penstock.workers)
    deaths = penstock.status()["counters"]["worker_deaths"]
    finish(penstock, files)
    assert deaths == 4 * ROUNDS


@pytest.mark.sanitize
@pytest.mark.parametrize("role", ["pool_pid", "intake_pid"])
def test_a_killed_role(penstock, role):
    penstock.start(PENSTOCK_BATCH_ROWS=32)
    files = drop_corpus(penstock, corpus(1500))
    for n in range(ROUNDS):
        wait_progress(penstock, n * 250)
        kill_and_see_another(penstock, role)
    finish(penstock, files)


@pytest.mark.sanitize
def test_a_killed_supervisor(penstock):
    files = drop_corpus(penstock, corpus(1500))
    for n in range(ROUNDS):
        penstock.start(PENSTOCK_BATCH_ROWS=32)
        wait_progress(penstock, n * 250)
        penstock.kill()
    penstock.start()
    finish(penstock, files)


@pytest.mark.sanitize
def test_a_database_that_restarts(penstock, server):
    penstock.start(PENSTOCK_BATCH_ROWS=32)
    files = drop_corpus(penstock, corpus(1500))
    for n in range(ROUNDS):
        wait_progress(penstock, n * 250)
        server.restart_immediately()
    finish(penstock, files)
    assert "event=database.away" in penstock.log()


def test_connections_that_the_administrator_ends(penstock):
    penstock.start(PENSTOCK_BATCH_ROWS=16)
    files = drop_corpus(penstock, corpus(1500))
    for n in range(3 * ROUNDS):
        wait_progress(penstock, n * 80)
        penstock.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'penstock%%' and pid <> pg_backend_pid()"
        )
    finish(penstock, files)


def test_everything_at_once(penstock, server):
    chance = random.Random(2)
    penstock.start(PENSTOCK_WORKERS=4, PENSTOCK_BATCH_ROWS=32)
    files = drop_corpus(penstock, corpus(2000))
    for n in range(3 * ROUNDS):
        wait_progress(penstock, n * 120)
        what = chance.choice(["worker", "pool_pid", "intake_pid", "database", "supervisor"])
        if what == "database":
            server.restart_immediately()
        elif what == "supervisor":
            penstock.kill()
            penstock.start()
        elif what == "worker":
            kill_one_of(chance, penstock.workers)
        else:
            kill_one_of(chance, lambda: [penstock.status()[what]])
    finish(penstock, files, 120)


def test_a_stopped_database_statement_is_not_blamed_on_documents(penstock):
    """Somebody holds a lock for longer than a statement may take."""
    penstock.start(DB_STATEMENT_TIMEOUT="300ms")
    penstock.drop("before.txt", "before")
    penstock.wait_filed(1)
    blocker = psycopg2.connect(penstock.url)
    with blocker.cursor() as cursor:
        cursor.execute("lock table penstock.documents in exclusive mode")
        files = drop_corpus(penstock, corpus(50))
        wait_until("it says what it waits for", lambda: "lock timeout" in (penstock.status()["database_waits_for"] or ""), 10)
    blocker.rollback()
    blocker.close()
    finish(penstock, {**files, "before.txt": "before"})


def worker_in_the_middle(penstock):
    """The only worker, stopped in the middle of a large document that is being dropped now."""
    (pid,) = penstock.workers()
    before = cpu_ticks(pid)
    penstock.drop("large.html", "<p>some <b>bold</b> words</p>\n" * 1_000_000)
    wait_until("the worker is busy", lambda: cpu_ticks(pid) > before + 8, every=0.001)
    os.kill(pid, signal.SIGSTOP)
    stage = penstock.status()["workers"][0]["stage"]
    assert stage != "idle"
    return pid, stage


def cpu_ticks(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_killed_workers_document_is_tried_again_and_not_blamed(penstock):
    penstock.start(PENSTOCK_WORKERS=1)
    pid, stage = worker_in_the_middle(penstock)
    os.kill(pid, signal.SIGKILL)
    penstock.wait_filed(1)
    job = penstock.job("large.html")
    assert (job["attempt"], job["strikes"], job["outcome"]) == (2, 0, "stored")
    ((kind, details),) = penstock.sql("select kind, details from penstock.events where job_id = %s", job["id"])
    assert kind == "attempt failed"
    assert (details["signal"], details["stage"], details["strike"]) == (signal.SIGKILL, stage, False)
    assert details["max_rss_bytes"] > 1_000_000 and details["cpu_usec"] > 0


def test_a_crashing_parser_is_the_documents_fault(penstock):
    penstock.start(PENSTOCK_WORKERS=1)
    pid, _ = worker_in_the_middle(penstock)
    os.kill(pid, signal.SIGSEGV)
    os.kill(pid, signal.SIGCONT)
    penstock.wait_filed(1)
    job = penstock.job("large.html")
    assert (job["attempt"], job["strikes"], job["outcome"]) == (2, 1, "stored")
    assert "SIGSEGV" in penstock.value("select details->>'cause' from penstock.events where job_id = %s", job["id"])


@pytest.mark.parametrize("role", ["pool_pid", "intake_pid"])
def test_a_role_that_hangs_is_replaced(penstock, role):
    penstock.start(PENSTOCK_WATCHDOG_SECONDS=2)
    pid = penstock.status()[role]
    os.kill(pid, signal.SIGSTOP)
    files = drop_corpus(penstock, corpus(50))
    wait_until(f"another {role}", lambda: penstock.status()[role] not in (0, pid), 15)
    assert "event=child.hangs" in penstock.log()
    finish(penstock, files)


def test_a_service_that_was_stopped_as_a_whole_goes_on_as_it_was(penstock):
    """As by Ctrl-Z, or in a container that was frozen."""
    penstock.start(PENSTOCK_WATCHDOG_SECONDS=2)
    everybody = [penstock.pid, *children(penstock.pid)]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(5)
    os.kill(penstock.pid, signal.SIGCONT)
    time.sleep(0.5)
    for pid in everybody[1:]:
        os.kill(pid, signal.SIGCONT)
    finish(penstock, drop_corpus(penstock, corpus(50)))
    assert "event=child.hangs" not in penstock.log()


def test_no_process_outlives_a_killed_supervisor(penstock):
    penstock.start(PENSTOCK_WORKERS=4)
    everybody = children(penstock.pid)
    assert len(everybody) == 6
    penstock.kill()
    assert not any(map(is_alive, everybody))


def test_a_second_signal_stops_at_once(penstock):
    penstock.start(PENSTOCK_WORKERS=1)
    worker_in_the_middle(penstock)
    os.kill(penstock.pid, signal.SIGTERM)
    wait_until("it drains", lambda: "event=draining" in penstock.log())
    assert penstock.process.poll() is None
    penstock.stop(timeout=5)
    assert penstock.inbox_files() == ["large.html"]


def test_the_pid_file_names_the_supervisor(penstock):
    penstock.start()
    assert int((penstock.home / "run/penstock.pid").read_text()) == penstock.pid
