"""Documents that cannot be read are set aside with a reason, and come back by `penstock retry`."""

import os
import signal

import pytest
from penstock import DONE, FAILED, QUARANTINED, USAGE, wait_until


def hang(penstock, name):
    """Drops a file in front of the only worker, which does not move: to the intake, a parser that hangs."""
    (pid,) = penstock.workers()
    os.kill(pid, signal.SIGSTOP)
    return penstock.drop(name, f"the document {name}")


def test_a_hanging_worker_is_killed_and_the_document_tried_again(penstock):
    penstock.start(PENSTOCK_WORKERS=1, PENSTOCK_MAX_SECONDS=1)
    hang(penstock, "slow.txt")
    penstock.wait_filed(1)
    job = penstock.job("slow.txt")
    assert (job["attempt"], job["strikes"], job["outcome"]) == (2, 1, "stored")
    details = penstock.value("select details from penstock.events where job_id = %s", job["id"])
    assert "PENSTOCK_MAX_SECONDS" in details["cause"] and details["strike"] is True
    assert penstock.status()["counters"]["worker_deaths"] == 1


def test_the_last_strike_quarantines_with_a_reason(penstock):
    penstock.start(PENSTOCK_WORKERS=1, PENSTOCK_MAX_SECONDS=1, PENSTOCK_MAX_ATTEMPTS=1)
    path = hang(penstock, "poison.txt")
    wait_until("it is with the worker", lambda: penstock.json("explain", str(path))["stage"] == "working")
    penstock.drop("good.txt", "not poisonous")
    penstock.wait_filed(2)
    assert penstock.document("good.txt")["body"] == "not poisonous"
    assert penstock.document("poison.txt") is None
    job = penstock.job("poison.txt")
    assert (job["state"], job["outcome"], job["strikes"]) == ("quarantined", "failed", 1)
    assert "PENSTOCK_MAX_SECONDS" in job["error"]
    assert penstock.files(penstock.quarantine) == {f"{job['id']}/poison.txt": b"the document poison.txt"}

    answer = penstock.json("explain", str(path))
    assert answer["state"] == "quarantined" and "PENSTOCK_MAX_SECONDS" in answer["detail"]
    assert answer["original"] == str(penstock.quarantine / str(job["id"]) / "poison.txt")
    assert penstock.json("explain", answer["original"])["state"] == "quarantined"

    penstock.command("retry", str(job["id"]))
    penstock.wait_for("it is stored", "select count(*) from penstock.documents where name = 'poison.txt'", equals=1)
    assert penstock.json("failed") == []
    wait_until("it is filed away", lambda: penstock.inbox_files() == [])
    assert penstock.files(penstock.quarantine) == {}
    assert penstock.stop() == DONE


def test_a_file_that_is_too_large(penstock):
    penstock.drop("large.txt", "x" * 5000)
    penstock.drop("small.txt", "x" * 10)
    assert penstock.run_once(PENSTOCK_MAX_BYTES="4kB") == QUARANTINED
    (failed,) = penstock.json("failed")
    assert (failed["path"], failed["size"]) == ("large.txt", 5000)
    assert "PENSTOCK_MAX_BYTES" in failed["reason"]
    assert os.path.getsize(failed["file"]) == 5000
    table = penstock.command("failed").stdout
    assert "large.txt" in table and "PENSTOCK_MAX_BYTES" in table

    penstock.command("retry", "--all")
    assert penstock.inbox_files() == ["large.txt"]
    assert penstock.run_once(PENSTOCK_MAX_BYTES="4kB") == QUARANTINED
    penstock.command("retry", "--all")
    assert penstock.run_once(PENSTOCK_MAX_BYTES="1MB") == DONE
    assert penstock.document("large.txt")["byte_size"] == 5000
    assert penstock.json("failed") == []


def test_retry_brings_a_file_back_into_its_folder(penstock):
    penstock.drop("deep/down/large.txt", "x" * 5000)
    assert penstock.run_once(PENSTOCK_MAX_BYTES="4kB") == QUARANTINED
    (failed,) = penstock.json("failed")
    (retried,) = penstock.json("retry", str(failed["job"]))
    assert retried["retried"] is True
    assert penstock.inbox_files() == ["deep/down/large.txt"]
    assert penstock.json("explain", str(penstock.inbox / "deep/down/large.txt"))["state"] in ("retried", "waiting")


def test_retry_refuses_what_it_cannot_do(penstock):
    penstock.drop("large.txt", "x" * 5000)
    assert penstock.run_once(PENSTOCK_MAX_BYTES="4kB") == QUARANTINED
    (failed,) = penstock.json("failed")
    job = str(failed["job"])
    assert "no such job" in penstock.command("retry", "999", code=FAILED).stderr
    assert "not the number" in penstock.command("retry", "x", code=USAGE).stderr
    penstock.command("retry", code=USAGE)
    penstock.command("retry", "--all", job, code=USAGE)

    penstock.drop("large.txt", "another file has its place")
    assert "has its place" in penstock.command("retry", job, code=FAILED).stderr
    assert (penstock.inbox / "large.txt").read_text() == "another file has its place"
    assert [f["job"] for f in penstock.json("failed")] == [failed["job"]]

    (penstock.inbox / "large.txt").unlink()
    os.unlink(failed["file"])
    assert "no longer in quarantine" in penstock.command("retry", job, code=FAILED).stderr
    assert [f["job"] for f in penstock.json("failed")] == [failed["job"]]


def test_a_row_that_the_database_refuses_is_set_aside_and_the_others_are_stored(penstock):
    """A constraint of the administrator's own stands for whatever PostgreSQL may refuse."""
    penstock.command("migrate", "up")
    penstock.sql("alter table penstock.documents add constraint no_devils check (body not like '%%devil%%')")
    files = {f"{n}.txt": f"document {n}" for n in range(60)}
    for name, text in files.items():
        penstock.drop(name, text)
    penstock.drop("bad.txt", "a devil of a document")
    assert penstock.run_once() == QUARANTINED
    assert penstock.value("select count(*) from penstock.documents") == 60
    (failed,) = penstock.json("failed")
    assert failed["path"] == "bad.txt"
    assert "23514" in failed["reason"]
    penstock.sql("alter table penstock.documents drop constraint no_devils")
    penstock.command("retry", str(failed["job"]))
    assert penstock.run_once() == DONE
    assert penstock.value("select count(*) from penstock.documents") == 61


def test_a_database_that_refuses_every_row_convicts_nobody(penstock):
    """Then it is the database that is broken. Nothing is blamed, and everything goes on once it is mended."""
    penstock.command("migrate", "up")
    penstock.sql("alter table penstock.documents add constraint nothing check (false)")
    penstock.start()
    files = {f"{n}.txt": f"document {n}" for n in range(20)}
    for name, text in files.items():
        penstock.drop(name, text)
    wait_until("it sees that a blank document is refused as well", lambda: "event=database.refuses" in penstock.log())
    assert penstock.json("failed") == []
    penstock.sql("alter table penstock.documents drop constraint nothing")
    penstock.wait_filed(20)
    penstock.check_everything(files)
    assert penstock.value("select sum(strikes) from penstock.jobs") == 0


SLOW = """
create function slow() returns trigger language plpgsql as $$
begin
    if new.body like '%%never ends%%' then perform pg_sleep(60); end if;
    return new;
end
$$;
create trigger slow before insert on penstock.documents for each row execute function slow()
"""


def test_a_document_that_the_database_never_ends_with_is_set_aside_and_the_others_go_on(penstock):
    penstock.command("migrate", "up")
    penstock.sql(SLOW)
    penstock.start(DB_STATEMENT_TIMEOUT="300ms", PENSTOCK_MAX_ATTEMPTS=2)
    penstock.drop("slow.txt", "this one never ends")
    for n in range(30):
        penstock.drop(f"{n}.txt", f"document {n}")
    penstock.wait_filed(31, timeout=60)
    assert penstock.value("select count(*) from penstock.documents") == 30
    (failed,) = penstock.json("failed")
    assert failed["path"] == "slow.txt" and "57014" in failed["reason"]


@pytest.mark.parametrize("table", ["events", "jobs"])
def test_a_record_that_the_database_refuses_is_made_without_its_words(penstock, table):
    """The reason says PENSTOCK_MAX_BYTES, and somebody's constraint does not like that."""
    penstock.command("migrate", "up")
    column = {"events": "details::text", "jobs": "error"}[table]
    penstock.sql(f"alter table penstock.{table} add constraint no_words check ({column} not like '%%KB%%')")
    penstock.sql(f"alter table penstock.{table} add constraint no_names check ({column} not like '%%PENSTOCK%%')")
    penstock.drop("large.txt", "x" * 5000)
    assert penstock.run_once(PENSTOCK_MAX_BYTES="4kB") == QUARANTINED
    (failed,) = penstock.json("failed")
    assert (failed["path"], failed["size"]) == ("large.txt", 5000)
    if table == "jobs":
        assert "does not take the reason" in failed["reason"]
