"""Documents that crash, hang or overflow their worker, or try what a worker may not do.

Runs with a build that has failpoints (conftest.py): only there somebody reads these documents as they mean it.
"""

import signal

import pytest
from penstock import DONE, QUARANTINED

GOOD = {f"good{n}.txt": f"a good document {n}" for n in range(5)}
LIMITS = {
    "PENSTOCK_MAX_ATTEMPTS": 2,
    "PENSTOCK_MAX_SECONDS": 60,
    "PENSTOCK_MAX_CPU_SECONDS": 1,
    "PENSTOCK_MAX_SILENCE": "30s",
    "PENSTOCK_MAX_MEMORY": "192MB",
    "PENSTOCK_MAX_TEXT_BYTES": "64kB",
}

# word: what the last event must say of it
FATAL = {
    "segv": "SIGSEGV",
    "abort": "SIGABRT",
    "stack": "SIGSEGV",
    "late": "SIGSEGV",
    "spin": "CPU time limit",
    "sleep": "PENSTOCK_MAX_SILENCE",
    "chatter": "PENSTOCK_MAX_SECONDS",
    "memory": "memory limit",
    "exit=3": "the parser ended the process",
    "exit=0": "the parser ended the process",
}


# The limit that is meant is reached first, however slow the machine.
SOONER = {"sleep": {"PENSTOCK_MAX_SILENCE": "2s"}, "chatter": {"PENSTOCK_MAX_SECONDS": 3}}


def poison(word, text="some text"):
    return f"%POISON {word}\n{text}"


def drop_good(penstock):
    for name, text in GOOD.items():
        penstock.drop(name, text)


def check_good(penstock):
    for name, text in GOOD.items():
        assert penstock.document(name)["body"] == text
        assert penstock.job(name)["strikes"] == 0


@pytest.mark.parametrize("word", FATAL)
def test_only_the_poison_is_set_aside(penstock, word):
    penstock.start(PENSTOCK_WORKERS=2, **LIMITS | SOONER.get(word, {}))
    penstock.drop("bad.txt", poison(word))
    drop_good(penstock)
    penstock.wait_filed(len(GOOD) + 1)
    job = penstock.job("bad.txt")
    assert (job["state"], job["outcome"], job["strikes"], job["attempt"]) == ("quarantined", "failed", 2, 2)
    assert FATAL[word] in job["error"]
    assert penstock.document("bad.txt") is None
    assert penstock.files(penstock.quarantine) == {f"{job['id']}/bad.txt": poison(word).encode()}
    events = penstock.sql("select details from penstock.events where job_id = %s order by id", job["id"])
    assert [details["strike"] for (details,) in events] == [True, True]
    assert all(FATAL[word] in details["cause"] for (details,) in events)
    check_good(penstock)
    assert penstock.stop() == DONE


def test_a_flood_of_text_is_cut(penstock):
    penstock.drop("flood.txt", poison("output"))
    drop_good(penstock)
    assert penstock.run_once(**LIMITS) == DONE
    document = penstock.document("flood.txt")
    assert document["media_type"] == "application/x-poison"
    assert document["metadata"]["truncated"] is True
    assert 60_000 < len(document["body"]) <= 65_536
    assert penstock.job("flood.txt")["strikes"] == 0
    check_good(penstock)


def test_strikes_below_the_limit_convict_nobody(penstock):
    """A parser that crashes every second time, and a limit that is far away."""
    penstock.start(**{**LIMITS, "PENSTOCK_MAX_ATTEMPTS": 50})
    for n in range(8):
        penstock.drop(f"{n}.txt", poison("flaky", f"text {n}"))
    penstock.wait_filed(8, 90)
    assert penstock.value("select count(*) from penstock.documents") == 8
    assert penstock.value("select sum(strikes) from penstock.jobs") > 0
    assert penstock.files(penstock.quarantine) == {}


@pytest.mark.parametrize(
    "word", ["open=/etc/passwd", "open=/proc/self/environ", "socket", "exec", "fork", "kill", "ptrace"]
)
def test_what_a_worker_may_not_do(penstock, word):
    """The call comes back with an error, or the worker is killed for it."""
    penstock.drop("bad.txt", poison(word))
    drop_good(penstock)
    assert penstock.run_once(PENSTOCK_SANDBOX="required", **LIMITS) in (DONE, QUARANTINED)
    document, job = penstock.document("bad.txt"), penstock.job("bad.txt")
    if document:
        call, _, end = document["body"].partition("\n")[0].partition(": ")
        assert call == word.split("=")[0] and end.startswith("E")
        assert document["body"].endswith("\nsome text")
        assert job["strikes"] == 0
    else:
        details = penstock.value("select details from penstock.events where job_id = %s order by id desc", job["id"])
        assert details["signal"] == signal.SIGSYS
        assert "SIGSYS" in job["error"]
    check_good(penstock)


def test_an_unknown_word_is_text(penstock):
    penstock.drop("odd.txt", poison("sugar"))
    assert penstock.run_once() == DONE
    assert penstock.document("odd.txt")["body"] == "some text"
