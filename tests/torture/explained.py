"""`penstock explain` has an answer for every path: asked of what is there, of what is none of its business, and of what
has left. Used at the end of the scenarios that are about files."""

import contextlib
import os
import socket

STATES_OF_FILES = {"settling", "waiting", "in_flight", "held", "filing", "done", "quarantined", "retried"}


def explain(bench, path):
    """(state, reason); every answer is exit code 0 and has both."""
    answer = bench.penstock.json("explain", os.fsencode(path))
    assert answer["state"] and answer["detail"], f"{path}: {answer}"
    assert not answer["not_known"], f"{path}: {answer}"
    return answer["state"], answer["detail"]


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(FileExistsError):
        here = os.getcwd()
        os.chdir(path.parent)  # a path may be longer than a socket address
        try:
            s.bind(path.name)
        finally:
            os.chdir(here)


# What may stand in an inbox and is no document: name, how it is made, the state that is told, a word of the reason.
ODD = (
    (".hidden", lambda p: p.write_bytes(b"x"), "ignored", "dot"),
    ("letter.part", lambda p: p.write_bytes(b"x"), "ignored", "writing"),
    ("~$letter", lambda p: p.write_bytes(b"x"), "ignored", "lock"),
    ("link", lambda p: p.symlink_to("/etc/hostname"), "not_regular", "link"),
    ("dangling", lambda p: p.symlink_to("nowhere"), "not_regular", "link"),
    ("pipe", os.mkfifo, "not_regular", "pipe"),
    ("socket", make_socket, "not_regular", "socket"),
    ("folder", os.mkdir, "not_regular", "folder"),
    ("null", lambda p: os.mknod(p, 0o20666, os.makedev(1, 3)), "not_regular", "device"),
)
BYTES = bytes(b for b in range(1, 256) if b != ord("/"))


def check_odd(bench):
    for name, make, state, word in ODD:
        path = bench.penstock.inbox / name
        make(path)
        told, reason = explain(bench, path)
        assert told == state and word in reason, f"{name}: {told}, {reason}"
    for name, *_ in ODD:
        path = bench.penstock.inbox / name
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def check_absent(bench):
    """Names of any bytes that were never there, and a path outside."""
    inbox = os.fsencode(bench.penstock.inbox)
    for name in (BYTES[:250], b"-rf", b"a\nb", b"\xff\xfe", b"deep/" * 150 + b"x"):
        assert explain(bench, os.path.join(inbox, name))[0] == "unknown", name
    assert explain(bench, "/etc/hostname")[0] == "outside"


def check_gone(bench, n=5):
    """Some of what has left, by the paths that the jobs know: what became of it is told with its document or reason."""
    rows = bench.penstock.sql("select distinct path from penstock.jobs order by path")
    for (path,) in bench.chance.sample(rows, min(n, len(rows))):
        whole = os.path.join(os.fsencode(bench.penstock.inbox), bytes(path))
        state, reason = explain(bench, whole)
        allowed = STATES_OF_FILES if os.path.lexists(whole) else {"done", "quarantined"}
        assert state in allowed, f"{whole}: {state}, {reason}"
        assert state != "done" or "document" in reason, f"{whole}: {reason}"


def check_all_explained(bench):
    """For bench.last_checks: all has settled, the service runs."""
    check_odd(bench)
    check_absent(bench)
    check_gone(bench)
