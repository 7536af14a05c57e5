"""The list of scenarios. A scenario is a function of a Bench (bench.py) that makes `events` faults and returns when it
has made them; what it leaves is then waited for and judged."""

import dataclasses
from collections.abc import Callable

SCENARIOS = {}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    run: Callable
    quick: int  # events of `--quick`; 0: not part of it
    long: int  # events of `--long`
    round: int  # events at most in one round, which has a database and a home of its own
    own_server: bool  # breaks the server itself: not the one that others use
    missing: str | None  # what keeps it from being run on this machine
    report: Callable | None  # prints more of it, from the notes of all rounds
    settings: dict  # of the service, in addition to Bench's


def scenario(name, *, quick, long, round=500, own_server=False, missing=None, report=None, **settings):
    """Registers the function below it. Events are what the scenario counts: kills, cuts, files, failures."""

    def register(function):
        assert name not in SCENARIOS, name
        SCENARIOS[name] = Scenario(name, function, quick, long, round, own_server, missing, report, settings)
        return function

    return register
