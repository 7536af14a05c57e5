"""Workers and connections follow the settings, at once and without losing anything."""

import threading
import time

import psycopg2
import pytest
from penstock import DONE, wait_until

FILES = {f"{n % 20}/{n}.txt": f"scaling document {n}\n" + f"word{n} " * 400 for n in range(2000)}


def gauges(penstock):
    return penstock.status()["gauges"]


class Sampler(threading.Thread):
    """Counts the connections of the service every 50 ms, as PostgreSQL sees them."""

    def __init__(self, server, database):
        super().__init__()
        self.counts, self.ended = [], threading.Event()
        self.connection = psycopg2.connect(server.url("postgres"))
        self.connection.autocommit = True
        self.database = database

    def run(self):
        query = "select count(*) from pg_stat_activity where datname = %s and application_name like 'penstock%%'"
        with self.connection.cursor() as cursor:
            while not self.ended.wait(0.05):
                cursor.execute(query, [self.database])
                self.counts.append(cursor.fetchone()[0])
        self.connection.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


@pytest.mark.sanitize
def test_workers_follow_the_settings_while_files_are_worked_on(penstock):
    penstock.dotenv(PENSTOCK_WORKERS=1, DB_POOL_MAX=4)
    penstock.start()
    penstock.drop_folder("corpus", FILES)
    for n in (4, 2):
        penstock.dotenv(PENSTOCK_WORKERS=n, DB_POOL_MAX=4)
        penstock.hang_up()
        wait_until(f"{n} workers, told by status", lambda: gauges(penstock)["workers_wanted"] == n, 1)
        wait_until(f"{n} workers", lambda: gauges(penstock)["workers_live"] == n, 5)
        assert len(penstock.workers()) == n
    penstock.wait_filed(len(FILES), 90)
    assert penstock.status()["counters"]["worker_deaths"] == 0
    assert penstock.stop() == DONE
    penstock.check_everything({f"corpus/{name}": text for name, text in FILES.items()})


def test_a_change_is_visible_within_a_second(penstock):
    penstock.dotenv(PENSTOCK_WORKERS=1)
    penstock.start()
    for n in (4, 2, 8, 1):
        penstock.dotenv(PENSTOCK_WORKERS=n)
        penstock.hang_up()
        wait_until(f"{n} workers", lambda: gauges(penstock)["workers_live"] == n, 1)
    assert penstock.stop() == DONE


@pytest.mark.parametrize("workers, connections", [(16, 4), (4, 1)])
def test_the_database_never_sees_more_connections_than_allowed(penstock, server, database, workers, connections):
    penstock.drop_folder("corpus", FILES)
    with Sampler(server, database) as sampler:
        code = penstock.run_once(
            PENSTOCK_WORKERS=workers, DB_POOL_MAX=connections, DB_POOL_MIN=1, PENSTOCK_BATCH_ROWS=16
        )
    assert code == DONE
    assert 1 <= max(sampler.counts) <= connections
    assert penstock.value("select count(*) from penstock.documents") == len(FILES)


def test_the_pool_follows_the_settings(penstock, server, database):
    penstock.dotenv(DB_POOL_MIN=3, DB_POOL_MAX=6)
    penstock.start(PENSTOCK_BATCH_ROWS=4, PENSTOCK_WORKERS=4)
    assert gauges(penstock)["db_max"] == 6
    penstock.dotenv(DB_POOL_MIN=1, DB_POOL_MAX=2)
    penstock.hang_up()
    wait_until("the new bound", lambda: gauges(penstock)["db_max"] == 2, 1)
    wait_until("connections are closed", lambda: gauges(penstock)["db_open"] <= 2, 5)
    with Sampler(server, database) as sampler:
        penstock.drop_folder("corpus", dict(list(FILES.items())[:500]))
        penstock.wait_filed(500)
    assert max(sampler.counts) <= 2
    assert penstock.stop() == DONE


def test_a_wrong_change_is_refused_and_the_service_goes_on(penstock):
    penstock.dotenv(PENSTOCK_WORKERS=2)
    penstock.start()
    penstock.dotenv(PENSTOCK_WORKERS="plenty")
    penstock.hang_up()
    wait_until("it says so", lambda: "event=reload.refused" in penstock.log())
    assert "PENSTOCK_WORKERS" in penstock.log()
    penstock.dotenv(PENSTOCK_WORKERS=5)  # not told to the service
    assert gauges(penstock)["workers_live"] == 2
    penstock.drop("a.txt", "text")
    penstock.wait_filed(1)
    assert penstock.stop() == DONE


def test_what_needs_a_restart_is_named(penstock):
    penstock.dotenv(PENSTOCK_LEASE_SECONDS=60)
    penstock.start()
    penstock.dotenv(PENSTOCK_LEASE_SECONDS=90)
    penstock.hang_up()
    wait_until("it says so", lambda: "event=setting.fixed name=PENSTOCK_LEASE_SECONDS" in penstock.log())


def test_settings_of_workers_take_effect_with_new_workers(penstock):
    penstock.dotenv(PENSTOCK_MAX_TEXT_BYTES="1MB")
    penstock.start()
    penstock.dotenv(PENSTOCK_MAX_TEXT_BYTES="1kB")
    before = penstock.workers()
    penstock.hang_up()
    wait_until("other workers", lambda: len(set(penstock.workers()) - set(before)) == 2, 5)
    penstock.drop("long.txt", "x " * 5000)
    penstock.wait_filed(1)
    assert len(penstock.document("long.txt")["body"]) <= 1024


def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest(penstock):
    penstock.start()
    penstock.drop_folder("corpus", FILES)
    penstock.wait_for("some are stored", "select count(*) > 100 from penstock.documents", equals=True)
    begun = time.monotonic()
    assert penstock.stop() == DONE
    assert time.monotonic() - begun < 10
    stored = penstock.value("select count(*) from penstock.jobs where state = 'done'")
    assert stored + len(penstock.inbox_files()) == len(FILES)
    assert penstock.run_once() == DONE
    penstock.check_everything({f"corpus/{name}": text for name, text in FILES.items()})
