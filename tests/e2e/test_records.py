"""PENSTOCK_SPLIT: every record of a file is a document of its own, stored once, whatever ends in the middle."""

import csv
import io
import json
import os
import signal

import pytest
from penstock import DONE, QUARANTINED, children, sha256, wait_until

N = 10_000


def line_of(n):
    return json.dumps({"title": f"Record {n}", "number": n, "city": f"town{n % 97}", "text": f"words of w{n}x"})


def ndjson_of(n=N):
    return "".join(line_of(i) + "\n" for i in range(1, n + 1)).encode()


def csv_of(n=N):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "city", "note"])
    for i in range(1, n + 1):
        writer.writerow([f"Person {i}", f"town{i % 97}", f"a note,\nof w{i}x"])
    return out.getvalue().encode()


def message_of(n):
    return (
        f"From: Ada <ada@example.org>\nTo: bob@example.org\nSubject: Letter {n}\nDate: Thu, 29 Feb 2024 13:05:00 +0100\n"
        f"Message-ID: <{n}@example.org>\n\nbody of w{n}x\n>From here on it is quoted\n"
    )


def mbox_of(n=N):
    return "".join(f"From ada@example.org Thu Feb 29 13:05:00 2024\n{message_of(i)}\n" for i in range(1, n + 1)).encode()


FILES = {"big.ndjson": ndjson_of, "big.csv": csv_of, "big.mbox": mbox_of}
ALL = {"PENSTOCK_SPLIT": "ndjson,csv,mbox"}


def records_of(penstock, name):
    """[(ordinal, path, document's row)] in their order."""
    return penstock.sql(
        "select p.ordinal, p.path, d.media_type, d.title, d.body, encode(d.sha256, 'hex'), d.metadata, d.parent_id = p.parent_id"
        " from penstock.parts p join penstock.documents d on d.id = p.document_id"
        " where p.parent_id = (select id from penstock.documents where name = %s and parent_id is null) order by 1",
        name,
    )


def check_ndjson(penstock, name, n):
    """Every record is there, once, in its order, as it is in the file."""
    found = records_of(penstock, name)
    assert [row[0] for row in found] == list(range(1, n + 1))
    assert [row[4] for row in found] == [line_of(i) for i in range(1, n + 1)]
    assert penstock.value("select count(*) from penstock.documents") == n + 1
    assert penstock.value("select count(*) from penstock.parts") == n
    ((records, total, finished),) = penstock.sql("select records, total, finished_at is not null from penstock.splits")
    assert (records, total, finished) == (n, n, True)


@pytest.mark.parametrize("name", FILES)
def test_every_record_is_a_document(penstock, name):
    data = FILES[name]()
    penstock.drop(name, data)
    assert penstock.run_once(**ALL) == DONE
    assert (penstock.job(name)["state"], penstock.job(name)["outcome"]) == ("done", "stored")
    assert penstock.original(data).read_bytes() == data
    found = records_of(penstock, name)
    assert [row[0] for row in found] == list(range(1, N + 1))
    assert all(row[7] for row in found)
    file = penstock.document(name)
    assert (file["body"], file["sha256"], file["byte_size"]) == ("", sha256(data), len(data))
    assert (file["metadata"]["split"], file["metadata"]["record_count"]) == (True, N)
    assert penstock.value("select count(*) from penstock.documents") == N + 1
    assert penstock.value("select count(*) from penstock.documents where tsv is distinct from to_tsvector('english', body)") == 0
    hits = penstock.json("search", "w4711x")
    assert [hit["name"] for hit in hits] == [found[4710][1]]
    assert penstock.json("search", "w4711x")[0]["inside"] == name
    assert penstock.json("show", str(file["id"]))["split"] == {"records": N, "total": N, "finished": True}
    assert "10000 of 10000 are stored" in penstock.command("show", str(file["id"])).stdout
    CHECKS[name](found)


def check_lines(found):
    assert all(row[1:6] == (f"record {i}", "application/json", f"Record {i}", line_of(i), sha256(line_of(i).encode())) for i, row in enumerate(found, 1))
    assert found[6][6]["fields"] == {"title": "Record 7", "number": 7, "city": "town7", "text": "words of w7x"}


def check_rows(found):
    assert all(row[1] == f"record {i}" and row[3] == f"Person {i}" for i, row in enumerate(found, 1))
    assert all(row[4] == f"name: Person {i}\ncity: town{i % 97}\nnote: a note,\nof w{i}x\n" for i, row in enumerate(found, 1))
    assert found[6][6]["fields"] == {"name": "Person 7", "city": "town7", "note": "a note,\nof w7x"}


def check_messages(found):
    assert all(row[1:4] == (f"message-{i}.eml", "message/rfc822", f"Letter {i}") for i, row in enumerate(found, 1))
    unquoted = message_of(7).replace(">From", "From")
    assert found[6][5] == sha256(unquoted.encode())
    assert "\nFrom here on" in found[6][4]


CHECKS = {"big.ndjson": check_lines, "big.csv": check_rows, "big.mbox": check_messages}


def test_nothing_is_split_unless_told(penstock):
    for name, make in FILES.items():
        penstock.drop(name, make(50))
    assert penstock.run_once(PENSTOCK_SPLIT="csv") == DONE
    assert len(records_of(penstock, "big.csv")) == 50
    assert records_of(penstock, "big.ndjson") == []
    assert penstock.document("big.ndjson")["body"] == ndjson_of(50).decode()
    assert "split" not in penstock.document("big.mbox")["metadata"]
    assert penstock.value("select count(*) from penstock.splits") == 1


def test_equal_records_are_one_document(penstock):
    lines = [line_of(i % 3 + 1) for i in range(3000)]
    penstock.drop("a.ndjson", "\n".join(lines))
    penstock.drop("b.ndjson", "\n".join(reversed(lines)))
    penstock.drop("one.json", line_of(2))
    assert penstock.run_once(**ALL) == DONE
    assert penstock.value("select count(*) from penstock.documents") == 2 + 3
    assert penstock.value("select count(*) from penstock.parts") == 6000
    assert [row[4] for row in records_of(penstock, "a.ndjson")] == lines


def test_a_content_that_is_there_is_a_duplicate(penstock):
    """Split or not: it is recognised before its records are sent again."""
    penstock.drop("a.ndjson", ndjson_of(3000))
    assert penstock.run_once(**ALL) == DONE
    parts = penstock.sql("select count(*), sum(document_id) from penstock.parts")
    penstock.drop("again.ndjson", ndjson_of(3000))
    assert penstock.run_once(**ALL) == DONE
    assert penstock.job("again.ndjson")["outcome"] == "duplicate"
    assert penstock.sql("select count(*), sum(document_id) from penstock.parts") == parts
    penstock.drop("whole.csv", csv_of(10))
    assert penstock.run_once(PENSTOCK_SPLIT="") == DONE
    penstock.drop("whole again.csv", csv_of(10))
    assert penstock.run_once(**ALL) == DONE
    assert penstock.job("whole again.csv")["outcome"] == "duplicate"
    assert records_of(penstock, "whole.csv") == []


def test_records_of_mail_have_their_attachments(penstock):
    letters = "".join(
        f"From a@example.org Thu Feb 29 13:05:00 2024\nFrom: a@example.org\nSubject: {i}\nDate: Thu, 29 Feb 2024 13:05:00 +0100\n"
        f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\ntext {i}\n'
        f'--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="{i}.txt"\n\nattached {i}\n--b--\n\n'
        for i in range(1, 21)
    )
    penstock.drop("a.mbox", letters)
    assert penstock.run_once(PENSTOCK_MAX_PARTS=1, **ALL) == DONE
    found = penstock.sql(
        "select m.path, a.path, d.body from penstock.parts m join penstock.parts a on a.parent_id = m.document_id"
        " join penstock.documents d on d.id = a.document_id order by m.ordinal"
    )
    assert [(m, a, b.strip()) for m, a, b in found] == [(f"message-{i}.eml", f"{i}.txt", f"attached {i}") for i in range(1, 21)]


def test_a_line_that_is_no_json_is_a_record_too(penstock):
    """Behind the beginning by which the file was told; nothing of it is lost."""
    lines = [line_of(i) for i in range(1, 15_001)]
    lines[14_000] = "2024-02-29 this line is broken"
    penstock.drop("log.ndjson", "\n".join(lines))
    assert penstock.run_once(**ALL) == DONE
    found = records_of(penstock, "log.ndjson")
    assert [row[4] for row in found] == lines
    assert [i for i, row in enumerate(found) if row[2] != "application/json"] == [14_000]
    assert found[14_000][6] == {"damaged": "it is not valid JSON"}


def test_a_long_record_is_cut_and_the_next_is_not(penstock):
    lines = [line_of(1), json.dumps({"text": "a" * 100_000}), line_of(3)]
    penstock.drop("a.ndjson", "\n".join(lines))
    assert penstock.run_once(PENSTOCK_MAX_PARSE_BYTES="4kB", **ALL) == DONE
    found = records_of(penstock, "a.ndjson")
    assert [len(row[4]) for row in found] == [len(lines[0]), 4000 if len(found[1][4]) == 4000 else 4096, len(lines[2])]
    assert found[1][6]["truncated"] is True


def splitting(penstock, at_least, timeout=20):
    """Waits until so many records of the file are stored."""
    penstock.wait_for(f"{at_least} records are stored", "select records >= %s from penstock.splits", at_least, timeout=timeout)


def start_slowly(penstock, n=N, **settings):
    """A service whose chunks take a while: the database sleeps before each is stored."""
    penstock.command("migrate", "up")
    penstock.sql(
        "create function nap() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); return new; end $$;"
        " create trigger nap before update on penstock.splits for each row execute function nap()"
    )
    penstock.drop("big.ndjson", ndjson_of(n))
    penstock.start(**ALL, **settings)
    splitting(penstock, 2000)


def role_of(penstock, name):
    def find():
        for pid in children(penstock.pid):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if name in file.read().decode():
                    return pid
        return None

    return wait_until(f"there is a {name}", find)


@pytest.mark.parametrize("role", ["worker", "pool", "intake", "supervisor"])
def test_what_was_stored_before_a_death_is_not_sent_again(penstock, role):
    start_slowly(penstock)
    busy = [w for w in penstock.status()["workers"] if w["token"]]
    if role == "supervisor":
        penstock.kill()
        penstock.sql("drop trigger nap on penstock.splits")
        penstock.start()
    else:
        os.kill(busy[0]["pid"] if role == "worker" else role_of(penstock, role), signal.SIGKILL)
        penstock.sql("drop trigger nap on penstock.splits")
    penstock.wait_filed(1, 60)
    sent = penstock.status()["counters"]["records"]
    assert sent <= N - 2000 if role == "supervisor" else N - 1000 <= sent <= N + 1000
    assert penstock.stop() == DONE
    check_ndjson(penstock, "big.ndjson", N)
    job = penstock.job("big.ndjson")
    assert (job["state"], job["outcome"], job["strikes"]) == ("done", "stored", 0)
    assert job["attempt"] > 1


def test_a_hang_up_in_the_middle(penstock):
    start_slowly(penstock)
    penstock.settings.pop("PENSTOCK_WORKERS")
    penstock.dotenv(PENSTOCK_WORKERS=3)
    penstock.hang_up()
    penstock.sql("drop trigger nap on penstock.splits")
    penstock.wait_filed(1, 60)
    check_ndjson(penstock, "big.ndjson", N)


def test_explain_says_how_far_it_is(penstock):
    start_slowly(penstock)
    told = penstock.json("explain", penstock.inbox / "big.ndjson")
    assert told["state"] == "in_flight"
    assert "of its 10000 records are stored" in told["detail"]
    shown = penstock.json("show", str(penstock.document("big.ndjson")["id"]))["split"]
    assert shown["total"] == N and 2000 <= shown["records"] < N and shown["finished"] is False


def test_limits_of_time_hold_for_some_records(penstock):
    """All of it takes longer than a document may."""
    start_slowly(penstock, PENSTOCK_MAX_SECONDS=1, PENSTOCK_WORKERS=1)
    penstock.wait_filed(1, 60)
    job = penstock.job("big.ndjson")
    assert (job["outcome"], job["attempt"], job["strikes"]) == ("stored", 1, 0)
    check_ndjson(penstock, "big.ndjson", N)


def test_a_record_that_the_database_refuses(penstock):
    """It is named; those that were stored before it stay. When the trouble is over, the rest follows."""
    penstock.command("migrate", "up")
    penstock.sql("alter table penstock.documents add constraint no_w2345x check (body !~ 'w2345x')")
    penstock.drop("big.ndjson", ndjson_of(4000))
    penstock.drop("other.txt", "not concerned")
    assert penstock.run_once(**ALL) == QUARANTINED
    job = penstock.job("big.ndjson")
    assert job["state"] == "quarantined"
    assert "record 2345" in job["error"] and "no_w2345x" in job["error"]
    assert penstock.value("select records from penstock.splits") == 2344
    assert [row[4] for row in records_of(penstock, "big.ndjson")] == [line_of(i) for i in range(1, 2345)]
    assert penstock.job("other.txt")["outcome"] == "stored"
    penstock.sql("alter table penstock.documents drop constraint no_w2345x")
    penstock.command("retry", str(job["id"]))
    assert penstock.run_once() == DONE
    assert penstock.job("big.ndjson")["outcome"] == "stored"
    penstock.sql("delete from penstock.documents where name = 'other.txt'")
    check_ndjson(penstock, "big.ndjson", 4000)


def test_a_file_that_changes_while_it_is_read(penstock):
    """What is stored under its hash is only what had it; the new content is another file."""
    start_slowly(penstock, 6000)
    with open(penstock.inbox / "big.ndjson", "ab") as file:
        file.write(line_of(6001).encode() + b"\n")
    penstock.sql("drop trigger nap on penstock.splits")
    penstock.wait_filed(2, 60)
    outcomes = penstock.sql("select outcome from penstock.jobs order by id")
    assert outcomes == [("changed",), ("stored",)]
    new = penstock.value("select document_id from penstock.jobs where outcome = 'stored'")
    assert penstock.value("select count(*) from penstock.parts where parent_id = %s", new) == 6001
    old = penstock.sql("select document_id, records, finished_at from penstock.splits where document_id <> %s", new)
    assert len(old) == 1 and old[0][1] < 6000 and old[0][2] is None


def test_a_wrong_word_is_a_wrong_setting(penstock):
    result = penstock.command("config", code=2, PENSTOCK_SPLIT="csv,xml")
    assert "PENSTOCK_SPLIT" in result.stderr


def test_splitting_is_switched_off_in_between(penstock):
    """The file is stored whole; its document, of which there were records only, gets its text."""
    start_slowly(penstock, 6000)
    penstock.kill()
    penstock.sql("drop trigger nap on penstock.splits")
    penstock.settings["PENSTOCK_SPLIT"] = ""
    assert penstock.run_once() == DONE
    assert penstock.job("big.ndjson")["outcome"] == "stored"
    file = penstock.document("big.ndjson")
    assert file["body"] == ndjson_of(6000).decode() and file["metadata"] == {"records": 6000}
    assert penstock.value("select tsv = to_tsvector('english', body) from penstock.documents where id = %s", file["id"])
    assert penstock.value("select count(*) from penstock.splits") == 0
    penstock.drop("again.ndjson", ndjson_of(6000))
    assert penstock.run_once(**ALL) == DONE
    assert penstock.job("again.ndjson")["outcome"] == "duplicate"


def high_water(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith("VmHWM"))


def test_memory_does_not_grow_with_the_file(penstock):
    """RECORDS_MB=300 for more. A file that is read whole takes several times its size."""
    megabytes = int(os.environ.get("RECORDS_MB", "40"))
    penstock.command("migrate", "up")
    words = " ".join(f"word{n}" for n in range(1200))
    with open(penstock.outside / "big.ndjson", "w") as file:
        for n in range(megabytes * 100):
            file.write(json.dumps({"number": n, "text": words[n % 1000 :]}) + "\n")
    n = megabytes * 100
    os.rename(penstock.outside / "big.ndjson", penstock.inbox / "big.ndjson")
    penstock.start(PENSTOCK_WORKERS=1, **ALL)
    splitting(penstock, n * 3 // 4, timeout=megabytes * 5)
    (worker,), pool = penstock.workers(), role_of(penstock, "pool")
    assert high_water(worker) < 64 and high_water(pool) < 64, (high_water(worker), high_water(pool))
    penstock.wait_filed(1, megabytes * 5)
    assert penstock.value("select count(*) from penstock.parts") == n


def test_a_claim_that_is_taken_away_in_the_middle(penstock):
    """Records are stored under a claim that holds, or not at all."""
    start_slowly(penstock)
    penstock.sql("update penstock.jobs set token = nextval('penstock.job_token')")
    wait_until("records were refused", lambda: penstock.status()["counters"]["fenced"])
    penstock.sql("drop trigger nap on penstock.splits")
    penstock.wait_filed(1, 60)
    check_ndjson(penstock, "big.ndjson", N)
    assert (penstock.job("big.ndjson")["outcome"], penstock.job("big.ndjson")["strikes"]) == ("stored", 0)


def test_records_that_somebody_deleted_are_stored_again(penstock):
    """What is written down is a beginning without gaps; without its row it begins anew."""
    start_slowly(penstock)
    penstock.sql("delete from penstock.documents where name = 'big.ndjson'")
    penstock.sql("drop trigger nap on penstock.splits")
    penstock.wait_filed(1, 60)
    assert penstock.value("select count(*) from penstock.parts") == N
    assert penstock.sql("select records, finished_at is not null from penstock.splits") == [(N, True)]
    assert penstock.job("big.ndjson")["outcome"] == "stored"


def test_a_sidecar_speaks_for_the_file_not_for_its_records(penstock):
    """Also when the records are stored in several transactions: it is applied, and versions go on."""
    for version, n in ((1, 2500), (2, 2600)):
        penstock.drop("people.csv.meta.json", json.dumps({"id": "people", "title": f"People {version}", "tags": ["Staff"]}))
        penstock.drop("people.csv", csv_of(n))
        assert penstock.run_once(**ALL) == DONE
    rows = penstock.sql(
        "select title, external_id, version, metadata->'tags', metadata->'record_count' from penstock.documents"
        " where name = 'people.csv' order by version"
    )
    assert rows == [("People 1", "people", 1, ["staff"], 2500), ("People 2", "people", 2, ["staff"], 2600)]
    assert penstock.value("select count(*) from penstock.documents where external_id is not null") == 2
    assert penstock.sql("select kind from penstock.events where kind = 'sidecar not applied'") == []
    assert penstock.value("select count(*) from penstock.jobs where outcome = 'stored'") == 2


def test_a_wrong_sidecar_keeps_the_records_out(penstock):
    penstock.drop("people.csv.meta.json", '{"title": 7}')
    penstock.drop("people.csv", csv_of(3000))
    assert penstock.run_once(**ALL) == QUARANTINED
    assert penstock.value("select count(*) from penstock.documents") == 0
    assert "people.csv.meta.json is wrong" in penstock.job("people.csv")["error"]
