"""Runs scenarios and prints one table of what became of the documents. scripts/torture is the way in."""

import argparse
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

import calls  # noqa: F401 (registers its scenarios)
import adversary  # noqa: F401
import files  # noqa: F401
import folders  # noqa: F401
import formats  # noqa: F401
import homes  # noqa: F401
import contention  # noqa: F401
import database  # noqa: F401
import failpoints  # noqa: F401
import outages  # noqa: F401
import hostile  # noqa: F401
import poison  # noqa: F401
import processes  # noqa: F401 (registers its scenarios)
import recovery  # noqa: F401
from bench import Bench, make_server, stop_server
from scenario import SCENARIOS

BAD = ("lost", "twice", "stuck", "wrongly_quarantined", "not_convicted", "unexplained", "foreign")
ROUND_STEP = 1_000_003  # between the seeds of two rounds
HEAD = (
    *("scenario", "events", "documents", "lost", "twice", "stuck", "innocent", "at large"),
    *("recovery p50", "p99", "seconds", ""),
)


def merge(known, more):
    """The figures of two rounds as one: {name: number} is added up, a list goes on, what is single becomes a list."""
    if isinstance(more, dict):
        return {k: (known or {}).get(k, 0) + more.get(k, 0) for k in {**(known or {}), **more}}
    return [*(known or []), *(more if isinstance(more, list) else [more])]


class Tally:
    """A scenario's sums over its rounds."""

    def __init__(self, name):
        self.name, self.events, self.seconds, self.rounds = name, 0, 0.0, []
        self.sums = dict.fromkeys(("documents", "stored", "quarantined", *BAD), 0)
        self.recoveries, self.errors, self.notes = [], [], {}
        self.missing = None  # why it was not run

    def add(self, bench, verdict):
        self.events += bench.n_events
        self.recoveries += bench.monitor.recoveries
        for name in self.sums:
            self.sums[name] += verdict[name]
        self.add_notes(bench)

    def add_notes(self, bench):
        for name, value in bench.notes.items():
            self.notes[name] = merge(self.notes.get(name), value)

    @classmethod
    def from_json(cls, figures):
        """What as_json() of another process told."""
        tally = cls(figures["scenario"])
        tally.events, tally.seconds, tally.missing = figures["events"], figures["seconds"], figures["not_run"]
        tally.sums = {name: figures[name] for name in tally.sums}
        tally.recoveries, tally.rounds = figures["recoveries"], figures["rounds"]
        tally.errors, tally.notes = figures["errors"], figures["notes"]
        return tally

    def failed(self):
        return bool(self.errors) or any(self.sums[name] for name in BAD)

    def recovery(self, share):
        if not self.recoveries:
            return None
        if len(self.recoveries) == 1:
            return self.recoveries[0]
        return statistics.quantiles(self.recoveries, n=100, method="inclusive")[round(share * 100) - 1]

    def row(self):
        def seconds(value):
            return "-" if value is None else f"{value * 1000:.0f} ms"

        if self.missing:
            return (self.name, *["-"] * (len(HEAD) - 2), f"not run: {self.missing}")
        s = self.sums
        at_large = s["not_convicted"] + s["unexplained"]
        figures = (s["documents"], s["lost"] + s["foreign"], s["twice"], s["stuck"], s["wrongly_quarantined"], at_large)
        times = (seconds(self.recovery(0.5)), seconds(self.recovery(0.99)), f"{self.seconds:.0f}")
        return (self.name, self.events, *figures, *times, "FAILED" if self.failed() else "ok")

    def as_json(self):
        return {
            "scenario": self.name,
            "not_run": self.missing,
            "events": self.events,
            "seconds": round(self.seconds, 1),
            **self.sums,
            "recovery_p50_seconds": self.recovery(0.5),
            "recovery_p99_seconds": self.recovery(0.99),
            "recoveries": [round(seconds, 4) for seconds in self.recoveries],
            "rounds": self.rounds,
            "errors": self.errors,
            "notes": self.notes,
        }


def print_table(tallies, head=True):
    """The first and the last column are words, the others figures."""
    rows = [HEAD, *(t.row() for t in tallies)]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(HEAD) - 1)]
    for row in rows if head else rows[1:]:
        figures = (str(c).rjust(w) for c, w in zip(row[1:-1], widths[1:]))
        print("  ".join((row[0].ljust(widths[0]), *figures, row[-1])).rstrip(), flush=True)


def print_failure(tally):
    faults = ", ".join(f"{n} {name}" for name, n in tally.sums.items() if name in BAD and n)
    print(f"FAILED: {tally.name}: {faults or 'see the errors'}")
    for error in tally.errors:
        print(f"    {error}")


def print_end(tallies, wanted):
    """One line that says what was run, and how it ended."""
    ran = [t for t in tallies if not t.missing]
    bad, n_events = [t for t in ran if t.failed()], sum(t.events for t in ran)
    sums = {name: sum(t.sums[name] for t in ran) for name in ("documents", *BAD)}
    text = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in sums.items())
    left = f"; {wanted - len(ran)} scenarios were not run" if wanted > len(ran) else ""
    verdict = f"FAILED ({len(bad)} of {len(ran)} scenarios)" if bad else "PASSED" if ran else "NOTHING WAS RUN"
    print(f"{verdict}: {len(ran)} scenarios, {n_events} events: {text}{left}", flush=True)


class Runner:
    def __init__(self, folder, seed, settings):
        self.folder, self.seed, self.settings, self.server = folder, seed, settings, None

    def shared_server(self):
        if not self.server:
            self.server = make_server(self.folder / "server")
        return self.server

    def run_round(self, scenario, number, events, tally):
        seed = self.seed + number * ROUND_STEP + zlib.crc32(scenario.name.encode())
        name = f"{scenario.name}-{number}"
        home = self.folder / name
        home.mkdir()
        home.chmod(0o755)
        server = make_server(home / "server") if scenario.own_server else self.shared_server()
        bench = Bench(home, server, seed, {**scenario.settings, **self.settings})
        if scenario.own_server:
            bench.cleanups.callback(stop_server, server)
        good = False
        try:
            scenario.run(bench, events)
            assert bench.n_events > 0, "the round made no event"
            bench.settle()
            for check in bench.last_checks:
                check()
            verdict = bench.judge()
            good = not verdict["examples"]
            tally.add(bench, verdict)
            if not good:
                print(f"{name}, seed {seed}: {json.dumps(verdict['examples'], indent=1)}", flush=True)
        except Exception as error:  # a round that breaks is a result
            replay = f"scripts/torture {scenario.name} --events {events} --seed {self.seed + number * ROUND_STEP}"
            tally.errors.append(f"{name}: {type(error).__name__}: {error} (replay: {replay})")
            tally.events += bench.n_events
            tally.recoveries += bench.monitor.recoveries
            tally.add_notes(bench)
            traceback.print_exc()
        finally:
            bench.close(keep=not good)
        tally.rounds.append(seed)
        return good

    def run(self, scenario, events):
        tally = Tally(scenario.name)
        begun = time.monotonic()
        number = 0
        tally.missing = scenario.missing
        if scenario.missing:
            return tally
        while tally.events < events and not tally.errors:
            self.run_round(scenario, number, min(scenario.round, events - tally.events), tally)
            number += 1
            tally.seconds = time.monotonic() - begun
            if scenario.long > scenario.round:
                print(f"  {scenario.name}: {tally.events} of {events} events, {tally.seconds:.0f} s", flush=True)
        return tally

    def close(self):
        if self.server:
            self.server.stop()


def parse(argv):
    parser = argparse.ArgumentParser(prog="scripts/torture", description="Breaks a running penstock, and counts.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="all of them when none is named")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="a few events of each, minutes (default)")
    length.add_argument("--long", action="store_true", help="the counts that docs/RELIABILITY.md speaks of, hours")
    parser.add_argument("--events", type=int, metavar="N", help="so many events of each instead")
    parser.add_argument("--seed", type=int, default=None, help="replays a run (default: from the clock; it is printed)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="writes the figures to a file as well")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the service")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many scenarios at the same time")
    parser.add_argument("--share", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="names the scenarios")
    options = parser.parse_args(argv)
    for name in options.scenarios:
        if name not in SCENARIOS:
            parser.error(f"no scenario is named {name}; there are: {', '.join(SCENARIOS)}")
    return options


def write_json(path, seed, tallies):
    path.write_text(json.dumps({"seed": seed, "scenarios": [t.as_json() for t in tallies]}, indent=1))


def wanted_events(scenario, options):
    return options.events if options.events is not None else scenario.long if options.long else scenario.quick


def run_shares(chosen, options, seed):
    """Several processes, each with a server of its own and a share of the scenarios. Returns the tallies."""
    shares = [chosen[i :: options.jobs] for i in range(min(options.jobs, len(chosen)))]
    with tempfile.TemporaryDirectory(prefix="penstock-torture-") as folder:
        reports = [pathlib.Path(folder, f"{i}.json") for i in range(len(shares))]
        length = [f"--events={options.events}"] if options.events is not None else ["--long"] if options.long else []
        rest = [*length, f"--seed={seed}", *(f"--set={pair}" for pair in options.set)]
        running = [
            subprocess.Popen([sys.executable, __file__, *(s.name for s in share), *rest, f"--json={report}", "--share"])
            for share, report in zip(shares, reports)
        ]
        for process in running:
            process.wait()
        told = [figures for report in reports if report.exists() for figures in json.loads(report.read_text())["scenarios"]]
    found = {figures["scenario"]: Tally.from_json(figures) for figures in told}
    return [found[s.name] for s in chosen if s.name in found]


def run_here(chosen, options, seed):
    """One scenario after the other. Returns the tallies, and what is left of those that failed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-torture-", dir="/tmp"))
    folder.chmod(0o755)
    runner = Runner(folder, seed, dict(pair.split("=", 1) for pair in options.set))
    tallies = []
    try:
        for scenario in chosen:
            tallies.append(runner.run(scenario, wanted_events(scenario, options)))
            print_table(tallies[-1:], head=not options.share)
            if scenario.report and not tallies[-1].missing:
                scenario.report(tallies[-1].notes)
            if options.json:
                write_json(options.json, seed, tallies)
    finally:
        runner.close()
    if any(t.failed() for t in tallies):
        print(f"what is left of them: {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return tallies


def main(argv):
    options = parse(argv)
    if options.list:
        for s in SCENARIOS.values():
            print(f"{s.name:32} quick {s.quick:6}  long {s.long:6}  {(s.run.__doc__ or '').splitlines()[0:1]}")
        return 0
    seed = options.seed if options.seed is not None else int(time.time())
    if not options.share:
        print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [s for s in [SCENARIOS[n] for n in options.scenarios] or SCENARIOS.values() if wanted_events(s, options) > 0]
    tallies = run_shares(chosen, options, seed) if options.jobs > 1 else run_here(chosen, options, seed)
    if options.share:
        return 0
    if options.json:
        write_json(options.json, seed, tallies)
    print()
    print_table(tallies)
    print_end(tallies, len(chosen))
    bad = [t for t in tallies if t.failed()]
    for tally in bad:
        print_failure(tally)
    return 1 if bad or len(tallies) < len(chosen) or all(t.missing for t in tallies) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
