"""What confines the workers of a running service, and what becomes of a document that runs into it."""

import os
import pwd
import signal

import pytest
from penstock import DONE, USAGE, wait_until
from test_crash import worker_in_the_middle


def status_of(pid):
    return dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines())


def cause_of(penstock, name):
    job = penstock.job(name)
    return penstock.value("select details->>'cause' from penstock.events where job_id = %s", job["id"])


@pytest.mark.sanitize
def test_workers_are_locked_in(make, server, database, someone, programs_for_all):
    penstock = make(url=server.url(database), user=someone)
    penstock.program = str(programs_for_all / "penstock")
    penstock.start(PENSTOCK_SANDBOX="required")
    expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    for pid in penstock.workers():
        wait_until("it is locked in", lambda pid=pid: status_of(pid)["Seccomp"] == "2")
        status = status_of(pid)
        assert status["Uid"].split() == [str(expected)] * 4
        assert status["NoNewPrivs"] == "1"
        assert {status[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}
        assert status["Name"].startswith("penstock:w")
    penstock.drop("a.html", "<title>t</title><p>text")
    penstock.wait_filed(1)
    assert penstock.document("a.html")["body"] == "text"
    findings = [f for f in penstock.json("doctor") if f["check"] == "sandbox"]
    assert {f["level"] for f in findings} == {"ok"}
    assert "own user, Landlock, seccomp, limits" in findings[-1]["finding"]
    assert penstock.stop() == DONE


def test_what_is_required_and_cannot_be_had_keeps_it_from_starting(penstock):
    """The user that cannot be had; as anyone but root the setting has no effect."""
    settings = {"PENSTOCK_WORKER_USER": "no-such-user", "PENSTOCK_SANDBOX": "required"}
    if os.geteuid() != 0:
        penstock.start(**settings)
        return
    assert penstock.run_once(**settings) == USAGE
    assert "the user no-such-user (PENSTOCK_WORKER_USER) does not exist" in penstock.log()
    assert not (penstock.home / "run").exists()
    refused = penstock.command("extract", __file__, code=1)
    assert "PENSTOCK_SANDBOX is required" in refused.stderr
    assert "no-such-user" in penstock.command("doctor", code=None).stdout


def test_what_is_missing_is_told_once_and_goes_on(penstock):
    penstock.start(PENSTOCK_WORKER_USER="no-such-user")
    penstock.drop("a.txt", "text")
    penstock.wait_filed(1)
    assert penstock.log().count("event=sandbox.missing") == (1 if os.geteuid() == 0 else 0)


def test_a_reload_cannot_require_what_is_not_there(penstock):
    penstock.dotenv(PENSTOCK_SANDBOX="best_effort", PENSTOCK_WORKER_USER="nobody")
    penstock.start()
    before = penstock.workers()
    penstock.dotenv(PENSTOCK_SANDBOX="required", PENSTOCK_WORKER_USER="root" if os.geteuid() == 0 else "nobody")
    penstock.hang_up()
    if os.geteuid() == 0:
        wait_until("it is refused", lambda: "event=reload.refused" in penstock.log())
        assert penstock.workers() == before
        penstock.dotenv(PENSTOCK_SANDBOX="required", PENSTOCK_WORKER_USER="nobody")
        penstock.hang_up()
    wait_until("the workers are others", lambda: not set(penstock.workers()) & set(before))
    penstock.drop("a.txt", "text")
    penstock.wait_filed(1)


def test_a_forbidden_system_call_is_the_documents_fault(penstock):
    penstock.start(PENSTOCK_WORKERS=1)
    pid, _ = worker_in_the_middle(penstock)
    os.kill(pid, signal.SIGSYS)  # as the filter of system calls would
    os.kill(pid, signal.SIGCONT)
    penstock.wait_filed(1)
    job = penstock.job("large.html")
    assert (job["strikes"], job["outcome"]) == (1, "stored")
    assert "forbidden system call (SIGSYS)" in cause_of(penstock, "large.html")


def test_a_worker_that_makes_no_progress_is_killed(penstock):
    penstock.start(PENSTOCK_WORKERS=1, PENSTOCK_MAX_SILENCE="500ms", PENSTOCK_MAX_SECONDS=600)
    (pid,) = penstock.workers()
    os.kill(pid, signal.SIGSTOP)
    penstock.drop("silent.txt", "nobody reads this yet")
    penstock.wait_filed(1)
    job = penstock.job("silent.txt")
    assert (job["attempt"], job["strikes"], job["outcome"]) == (2, 1, "stored")
    assert "PENSTOCK_MAX_SILENCE" in cause_of(penstock, "silent.txt")


def drop_zeroes(penstock, size):
    """A file that takes no place, and long to read."""
    path = penstock.outside / "zeroes"
    with open(path, "wb") as file:
        file.truncate(size)
    return path.rename(penstock.inbox / "zeroes")


def test_a_long_document_that_moves_on_is_not_silent(penstock):
    penstock.start(PENSTOCK_WORKERS=1, PENSTOCK_MAX_SILENCE="3s", PENSTOCK_MAX_SECONDS=600, PENSTOCK_MAX_BYTES="1TB")
    drop_zeroes(penstock, 2 << 30)
    penstock.wait_jobs(1, 120)
    job = penstock.job("zeroes")
    assert (job["strikes"], job["outcome"]) == (0, "unsupported")


def test_too_much_processor_time_is_the_documents_fault(penstock):
    penstock.start(
        PENSTOCK_WORKERS=1,
        PENSTOCK_MAX_CPU_SECONDS=1,
        PENSTOCK_MAX_ATTEMPTS=1,
        PENSTOCK_MAX_SECONDS=600,
        PENSTOCK_MAX_BYTES="1TB",
    )
    drop_zeroes(penstock, 1 << 36)
    penstock.wait_jobs(1)
    job = penstock.job("zeroes")
    assert (job["state"], job["strikes"]) == ("quarantined", 1)
    assert "PENSTOCK_MAX_CPU_SECONDS" in job["error"]
