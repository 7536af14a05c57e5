"""Faults of processes: kill -9 of whatever runs, stops that outlast a lease."""

import contextlib
import os
import signal
import time

from scenario import scenario


def kill_one(bench):
    """SIGKILL to a random process of the service. The supervisor is one among the roles, not among the processes."""
    roles = bench.roles()
    role = bench.chance.choice(["supervisor", *sorted(roles)])
    bench.event()
    if role == "supervisor":
        bench.restart_supervisor()
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(bench.chance.choice(roles[role]), signal.SIGKILL)


@scenario("kill-random-role", quick=30, long=10_000, PENSTOCK_WORKERS=3, PENSTOCK_BATCH_ROWS=32)
def kill_random_role(bench, events):
    bench.start()
    bench.feed()
    while bench.n_events < events:
        time.sleep(bench.chance.uniform(0, 0.3))
        kill_one(bench)
