"""PENSTOCK_WORKERS=auto finds how many workers keep the processors busy.

Runs with a build that has failpoints (conftest.py): its documents can make a worker wait, as a slow disk would.
"""

import os

from penstock import DONE, wait_until

PROCESSORS = len(os.sched_getaffinity(0))
WAIT_MS = 100
N_FILES = 150 * PROCESSORS


def gauges(penstock):
    return penstock.status()["gauges"]


def test_workers_that_wait_get_company_until_the_work_is_done(penstock):
    penstock.drop_folder("slow", {f"{n}.txt": f"%POISON wait={WAIT_MS}\nfile {n}" for n in range(N_FILES)})
    penstock.start(PENSTOCK_WORKERS="auto")
    assert gauges(penstock)["workers_wanted"] == PROCESSORS
    wait_until("more workers", lambda: gauges(penstock)["workers_live"] > PROCESSORS, 30)
    penstock.wait_filed(N_FILES, 90)
    wait_until("one a processor", lambda: gauges(penstock)["workers_live"] == PROCESSORS, 30)
    assert penstock.status()["counters"]["worker_deaths"] == 0
    assert penstock.stop() == DONE
    assert penstock.value("select count(*) from penstock.documents") == N_FILES


def test_a_number_that_is_given_stays(penstock):
    penstock.drop_folder("slow", {f"{n}.txt": f"%POISON wait={WAIT_MS}\nfile {n}" for n in range(60)})
    penstock.start(PENSTOCK_WORKERS=1)
    seen = set()
    wait_until("all is done", lambda: seen.add(gauges(penstock)["workers_wanted"]) or not penstock.inbox_files(), 60)
    assert seen == {1}
    assert penstock.stop() == DONE
