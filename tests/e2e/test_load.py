"""Latency, floods and overflows."""

import os
import pathlib
import signal
import statistics
import time

import psycopg2
import pytest
from penstock import DONE, PATIENCE, wait_until


def test_a_file_moved_in_is_searchable_at_once(penstock, record_property, capsys):
    penstock.start()
    connection = psycopg2.connect(penstock.url)
    connection.autocommit = True
    times = []
    with connection.cursor() as cursor:
        for n in range(20):
            word = f"needle{n}"
            begun = time.monotonic()
            penstock.drop(f"{n}.txt", f"a haystack with a {word} in it")
            found = []
            while not found:
                cursor.execute("select name from penstock.search(%s)", [word])
                found = cursor.fetchall()
                assert time.monotonic() - begun < 10 * PATIENCE
            times.append(time.monotonic() - begun)
            assert found == [(f"{n}.txt",)]
    connection.close()
    with capsys.disabled():
        print(f"\nmoved in to searchable: median {statistics.median(times) * 1000:.1f} ms, worst {max(times) * 1000:.1f} ms")
    assert statistics.median(times) < 1 * PATIENCE


def test_an_overflow_of_the_event_queue_loses_nothing(penstock):
    """The intake sleeps while more files are dropped than the kernel keeps events for."""
    limit = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    n = max(20_000, limit + 2_000)
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    penstock.drop("first.txt", "the service is up")
    penstock.wait_filed(1)
    intake = penstock.status()["intake_pid"]
    os.kill(intake, signal.SIGSTOP)
    folder = penstock.inbox / "flood"
    folder.mkdir()
    os.kill(intake, signal.SIGCONT)
    penstock.drop("flood/watched.txt", "the folder is watched now")
    penstock.wait_filed(2)
    os.kill(intake, signal.SIGSTOP)
    for i in range(n):
        (folder / f"{i}.txt").write_text(f"flood {i}")
    os.kill(intake, signal.SIGCONT)
    penstock.wait_filed(n + 2, 120)
    assert penstock.status()["counters"]["overflows"] >= 1
    assert penstock.value("select count(*) from penstock.documents") == n + 2
    assert penstock.value("select count(*) from penstock.jobs where outcome <> 'stored' or attempt <> 1") == 0
    assert penstock.stop() == DONE


def test_a_flood_is_worked_on_before_all_of_it_is_found(penstock):
    files = {f"{i % 100}/{i}.txt": f"flood {i}" for i in range(20_000)}
    penstock.drop_folder("flood", files)
    assert penstock.run_once(timeout=120) == DONE
    assert penstock.value("select count(*) from penstock.documents") == 20_000
    hot, updated = penstock.sql(
        "select sum(n_tup_hot_upd), sum(n_tup_upd) from pg_stat_user_tables where relname = 'jobs'"
    )[0]
    assert updated == 0 or hot / updated >= 0.95
    assert penstock.inbox_files() == []


@pytest.mark.parametrize("size", [1, 4095, 4096, 65536, 1_000_000, 5_000_000])
def test_sizes(penstock, size):
    text = ("0123456789abcde\n" * (size // 16 + 1))[:size]
    penstock.drop("a.txt", text)
    assert penstock.run_once() == DONE
    assert penstock.document("a.txt")["body"] == text


def test_an_idle_service_uses_no_processor_time(penstock):
    penstock.start(PENSTOCK_RESCAN_SECONDS="1d")
    penstock.drop("a.txt", "x")
    penstock.wait_filed(1)
    status = penstock.status()
    pids = [status[name] for name in ("supervisor_pid", "pool_pid", "intake_pid")] + penstock.workers()
    before = sum(map(cpu_ticks, pids))
    time.sleep(1)
    assert sum(map(cpu_ticks, pids)) - before <= 2
    wait_until("it is still there", lambda: penstock.status()["state"] == "running")


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def pending_pages(penstock):
    """Pages of entries that the search index has put off."""
    return penstock.value("select pending_pages from pgstatginindex('penstock.documents_tsv_idx')")


def test_the_search_index_is_tidied_when_there_is_time(penstock):
    """Else every search reads the list of entries that GIN has put off."""
    penstock.start()
    penstock.sql("create extension pgstattuple")
    penstock.drop_folder("in", {f"{n}.txt": f"document word{n}" for n in range(300)})
    penstock.wait_filed(300)
    wait_until("an index in order", lambda: pending_pages(penstock) == 0)


def test_what_another_session_left_of_the_search_index_is_tidied(penstock):
    penstock.drop("first.txt", "so that there is a schema")
    assert penstock.run_once() == DONE
    penstock.sql("create extension pgstattuple")
    penstock.sql(
        "insert into penstock.documents (collection, sha256, name, media_type, byte_size, tsv)"
        " values ('default', sha256('left'), 'left', 'text/plain', 4, to_tsvector('left'))"
    )
    assert pending_pages(penstock) > 0
    penstock.start()
    wait_until("an index in order", lambda: pending_pages(penstock) == 0)
