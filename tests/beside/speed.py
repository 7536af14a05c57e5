"""Seconds for the same files: N processes of the tool, a process a file, that write text to files; and `penstock run --once` with
N workers, which notices, claims, extracts, stores, indexes and files away, into an empty database of a server that syncs its
commits. In turn, since the machine's speed varies; starting and stopping the service is part of its time, making the files
and the database is not."""

import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import tools
from penstock import Penstock
from postgres import Server

HEAD = ("format", "tool", "files", "MB", "tool s", "penstock s", "ratio", "of the rounds", "not read")
DURABLE = ("fsync = on", "full_page_writes = on", "synchronous_commit = on", "shared_buffers = 128MB")


def durable_server(folder):
    """As the package sets it up, with a cluster of its own."""
    server = Server(str(folder))
    server.stop()
    with open(f"{server.data}/postgresql.conf", "a") as conf:
        conf.write("\n".join(DURABLE) + "\n")
    server.start()
    return server


def copy(paths, folder):
    """Under names of their own, each content under its suffix."""
    folder.mkdir(parents=True)
    for n, path in enumerate(paths):
        shutil.copyfile(path, folder / f"{n}{path.suffix.lower()}")
    return sorted(folder.iterdir(), key=lambda path: int(path.stem))


def run_tool(tool, files, folder, n):
    """As `xargs -P N -n 1` does it."""
    folder.mkdir()
    names = "".join(f"{path}\0" for path in files).encode()
    line = [part.replace("{}", "$0") for part in tool.command]
    if line[0] == "sh":
        script = tool.command[2]
    else:
        script = " ".join(f'"{part}"' for part in line)
    command = ["xargs", "-0", "-P", str(n), "-n", "1", "sh", "-c", f'{{ {script}\n}} > "{folder}/${{0##*/}}.txt" 2> /dev/null']
    begun = time.monotonic()
    subprocess.run(command, input=names, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def run_penstock(server, files, folder, n):
    """(seconds, documents that could not be read)"""
    folder.mkdir()
    server.create_database("beside")
    try:
        service = Penstock(folder, url=server.url("beside"), PENSTOCK_WORKERS=n, PENSTOCK_SETTLE_MS="50ms", LOG_LEVEL="warn")
        for path in files:
            shutil.copyfile(path, service.inbox / path.name)
        os.sync()
        time.sleep(0.2)  # longer than files have to settle: they are complete when the clock begins
        begun = time.monotonic()
        service.run_once("--no-progress", timeout=600)
        seconds = time.monotonic() - begun
        unread = service.value("select count(*) from penstock.jobs where outcome not in ('stored', 'duplicate')")
        assert service.value("select count(*) from penstock.jobs") == len(files), "files were left out"
        return seconds, unread
    finally:
        server.drop_database("beside")


def measure_one(kind, paths, server, folder, n, rounds):
    tool = tools.by_format()[kind]
    files = copy(paths, folder / "files")
    theirs, ours, unread = [], [], 0
    for k in range(rounds):
        theirs.append(run_tool(tool, files, folder / f"tool-{k}", n))
        seconds, unread = run_penstock(server, files, folder / f"penstock-{k}", n)
        ours.append(seconds)
    ratios = sorted(a / b for a, b in zip(theirs, ours))
    return (
        *(kind, tool.name, len(files), f"{sum(path.stat().st_size for path in files) / 1e6:.1f}"),
        *(f"{statistics.median(theirs):.2f}", f"{statistics.median(ours):.2f}"),
        *(f"{statistics.median(ratios):.2f} x", f"{ratios[0]:.2f} - {ratios[-1]:.2f}", unread),
    )


def measure(found, n, rounds, sample):
    """A row a format."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-beside-")))
        folder.chmod(0o755)
        server = durable_server(folder / "server")
        stack.callback(server.stop)
        for kind, paths in found.items():
            yield measure_one(kind, sample(paths), server, folder / kind, n, rounds)
