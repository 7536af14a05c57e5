"""The commands: what they print, as text and as JSON, and their exit codes."""

import json
import os
import pty
import re
import signal
import subprocess

import pytest
from penstock import DATABASE, DONE, FAILED, REPOSITORY, USAGE, sha256, wait_until

TEXT = "The penstock carries water.\n\ttabs, \u00fcmlauts, 日本語, \\backslash\\ and a line without an end"
COMMANDS = "run status top search show explain failed retry extract migrate doctor config".split()


@pytest.fixture
def filled(penstock):
    """A service that has three documents and does not run."""
    penstock.drop("water/turbine.txt", TEXT)
    penstock.drop("water/valve.md", "# The valve\n\nA valve stops the *water* in the penstock.\n")
    assert penstock.run_once() == DONE
    penstock.drop("copy.txt", TEXT)
    assert penstock.run_once() == DONE
    return penstock


def on_terminal(penstock, *arguments):
    """A command's output when it is shown on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        penstock.line(*arguments), env=penstock.environment(TERM="xterm"), cwd=penstock.folder, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = b""
    try:
        while part := os.read(ours, 65536):
            output += part
    except OSError:  # EIO is a terminal's end of file
        pass
    os.close(ours)
    assert process.wait(20) == DONE
    return output.decode()


# ---- for all ----


@pytest.mark.parametrize("name", COMMANDS)
def test_help(penstock, name):
    result = penstock.command(name, "--help")
    assert result.stdout.startswith(f"usage: penstock {name}")
    assert result.stderr == ""
    assert penstock.command("help", name).stdout == result.stdout
    assert re.search(rf"^  {name} ", penstock.command("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_refused(penstock, name):
    result = penstock.command(name, "--no-such-option", code=USAGE)
    assert "--no-such-option" in result.stderr and result.stdout == ""


def test_help_lists_the_commands_and_nothing_else(penstock):
    listed = re.findall(r"^  ([a-z]+)  +\S", penstock.command("--help").stdout, re.MULTILINE)
    assert listed == COMMANDS


def test_wrong_use(penstock):
    assert "did you mean search" in penstock.command("serach", "x", code=USAGE).stderr
    penstock.command(code=USAGE)
    penstock.command("search", code=USAGE)
    penstock.command("explain", code=USAGE)
    penstock.command("explain", "a", "b", code=USAGE)
    penstock.command("search", "x", "--limit", "many", code=USAGE)
    penstock.command("show", "not-a-number", code=USAGE)
    assert re.fullmatch(r"penstock \d+\.\d+\.\d+\n", penstock.command("--version").stdout)


def test_a_full_disk_is_told(filled):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            filled.line("search", "water"), env=filled.environment(), cwd=filled.folder, stdout=full, stderr=subprocess.PIPE
        )
    assert result.returncode == FAILED


# ---- search and show ----


def test_search(filled):
    hits = filled.json("search", "water")
    assert {hit["name"] for hit in hits} == {"water/turbine.txt", "water/valve.md"}
    assert [hit["rank"] for hit in hits] == sorted((hit["rank"] for hit in hits), reverse=True)
    assert [h["name"] for h in json.loads(filled.command("search", "--json", "--", "water", "-valve").stdout)] == ["water/turbine.txt"]
    assert [h["name"] for h in filled.json("search", '"carries water"')] == ["water/turbine.txt"]
    assert len(filled.json("search", "valve or tabs")) == 2
    assert [h["name"] for h in filled.json("search", "carry")] == ["water/turbine.txt"]  # stemming
    assert len(filled.json("search", "water", "--limit", "1")) == 1
    assert filled.json("search", "absent") == []
    assert filled.json("search", "water", "--collection", "other") == []
    assert "valve.md" in filled.command("search", "valve").stdout


def test_search_marks_what_was_found_on_a_terminal(filled):
    output = on_terminal(filled, "search", "carries")
    assert re.search(r"\x1b\[[0-9;]+mcarries\x1b\[0m", output)
    assert "\x1b" not in filled.command("search", "carries").stdout


def test_search_shows_no_control_characters_of_documents(penstock):
    penstock.drop("evil.txt", "harmless \x1b[31mred \x07 and \x1b]0;title\x07 words")
    assert penstock.run_once() == DONE
    assert "\x1b" not in penstock.command("search", "harmless").stdout
    assert "\x1b]0" not in on_terminal(penstock, "search", "harmless")


def test_show(filled):
    id_ = str(filled.json("search", "carries")[0]["id"])
    shown = filled.json("show", id_)
    assert shown["text"] == TEXT
    assert shown["sha256"] == sha256(TEXT.encode())
    assert {job["path"] for job in shown["jobs"]} == {"water/turbine.txt", "copy.txt"}
    assert shown["original"] == str(filled.original(TEXT))
    assert filled.json("show", shown["uid"]) == shown
    assert "turbine.txt" in filled.command("show", id_).stdout
    assert "no document" in filled.command("show", "999999", code=FAILED).stderr.lower()


def test_show_text_is_exact_to_the_byte(filled):
    id_ = str(filled.json("search", "carries")[0]["id"])
    assert filled.command("show", id_, "--text").stdout == TEXT


# ---- explain ----


def test_explain_what_is_done(filled):
    stored, duplicate = "water/turbine.txt", "copy.txt"
    answer = filled.json("explain", str(filled.inbox / stored))
    assert answer["state"] == "done" and answer["original"] == str(filled.original(TEXT))
    assert answer["jobs"][0]["outcome"] == "stored"
    answer = filled.json("explain", str(filled.inbox / duplicate))
    assert answer["state"] == "done" and f"first seen as {stored}" in answer["detail"]
    assert filled.json("explain", duplicate)["state"] == "done"  # from the inbox
    assert filled.json("explain", str(filled.original(TEXT)))["state"] == "done"
    by_hash = filled.json("explain", sha256(TEXT.encode()))
    assert by_hash["state"] == "done" and by_hash["documents"][0]["name"] == stored
    assert filled.json("explain", sha256(b"never seen"))["state"] == "unknown"
    assert "done" in filled.command("explain", duplicate).stdout.splitlines()[0]


def test_explain_what_is_not_taken(penstock):
    penstock.command("migrate", "up")
    penstock.write(".hidden", "x")
    penstock.write("upload.part", "x")
    assert penstock.json("explain", str(penstock.inbox / ".hidden"))["state"] == "ignored"
    assert "writing" in penstock.json("explain", str(penstock.inbox / "upload.part"))["detail"]
    assert penstock.json("explain", "/etc/hostname")["state"] == "outside"
    assert penstock.json("explain", str(penstock.inbox / "no such file"))["state"] == "unknown"
    penstock.write("new.txt", "x")
    answer = penstock.json("explain", str(penstock.inbox / "new.txt"))
    assert answer["state"] == "waiting" and "penstock run" in answer["detail"]


def test_explain_what_is_under_way(penstock):
    penstock.start(PENSTOCK_WORKERS=1, PENSTOCK_SETTLE_MS="30s")
    settling = penstock.write("settling.txt", "x")
    wait_until("it settles", lambda: penstock.json("explain", str(settling))["state"] == "settling")
    (worker,) = penstock.workers()
    os.kill(worker, signal.SIGSTOP)
    in_flight = penstock.drop("in flight.txt", "in the hands of the worker")
    answer = wait_until("it is in flight", lambda: explained(penstock, in_flight, "working"))
    assert answer["state"] == "in_flight"
    for n in range(3000):
        penstock.drop(f"{n}.txt", f"in the queue {n}")
    answer = wait_until("it waits", lambda: explained(penstock, penstock.inbox / "2999.txt", "waiting"))
    assert answer["position"] >= 1
    os.kill(worker, signal.SIGCONT)


def explained(penstock, path, stage):
    answer = penstock.json("explain", str(path))
    return answer if answer["stage"] == stage else None


def test_explain_without_a_database_says_what_it_cannot_tell(penstock):
    path = penstock.write("a.txt", "x")
    answer = penstock.json("explain", str(path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer["state"] == "waiting"
    assert "database" in answer["not_known"]


# ---- status and top ----


def test_status_of_a_running_service(penstock):
    penstock.start()
    penstock.drop("a.txt", "x")
    penstock.wait_filed(1)
    status = penstock.status()
    assert status["state"] == "running"
    assert status["supervisor_pid"] == penstock.pid
    assert status["counters"]["stored"] == 1 and status["counters"]["filed"] == 1
    assert status["latency"]["end_to_end"]["count"] == 1
    assert len(status["workers"]) == 2 and {w["stage"] for w in status["workers"]} == {"idle"}
    assert sum(w["documents"] for w in status["workers"]) == 1
    text = penstock.command("status").stdout
    assert "running" in text and str(penstock.pid) in text


def test_status_counters_survive_a_restarted_role(penstock):
    penstock.start()
    penstock.drop("a.txt", "x")
    penstock.wait_filed(1)
    pid = penstock.status()["pool_pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until("another pool", lambda: penstock.status()["pool_pid"] not in (0, pid))
    assert penstock.status()["counters"]["stored"] == 1


def test_status_without_a_service(filled):
    status = filled.json("status")
    assert status["running"] is False
    assert status["database"]["documents"] == 2
    jobs = {(job["state"], job["outcome"]): job["count"] for job in status["database"]["jobs"]}
    assert jobs == {("done", "stored"): 2, ("done", "duplicate"): 1}
    assert "stopped" in filled.command("status").stdout


def test_top(penstock):
    penstock.start()
    result = penstock.command("top", "--count", "1")
    assert "running" in result.stdout
    assert "\x1b[" not in result.stdout
    screen = on_terminal(penstock, "top", "--count", "2", "--interval", "1")
    assert "\x1b[" in screen and "running" in screen


# ---- extract ----


def test_extract_needs_no_database(penstock):
    page = penstock.outside / "page.html"
    page.write_text("<html><head><title>A page</title></head><body><p>Some <b>text</b></p></body></html>")
    (answer,) = listed(penstock.json("extract", str(page), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    assert answer["media_type"] == "text/html"
    assert answer["title"] == "A page"
    assert answer["text"].split() == ["A", "page", "Some", "text"] or answer["text"].split() == ["Some", "text"]
    assert answer["sha256"] == sha256(page.read_bytes())
    assert "text/html" in penstock.command("extract", str(page)).stdout


def listed(answer):
    return answer if isinstance(answer, list) else [answer]


def test_extract_goes_on_after_a_file_that_cannot_be_read(penstock):
    good = penstock.outside / "good.txt"
    good.write_text("good")
    result = penstock.command("extract", "/no/such/file", str(good), "--json", code=FAILED)
    answers = json.loads(result.stdout)
    assert answers[0]["error"] and answers[1]["text"] == "good"


SAMPLES = {
    "a.csv": ("name,town\nAda,London\nGrace,New York\n", "text/csv", "London"),
    "a.tsv": ("name\ttown\nAda\tLondon\nGrace\tNew York\n", "text/tab-separated-values", "London"),
    "a.json": ('{"name": "Ada", "towns": ["London", {"x": "Paris"}]}', "application/json", "Paris"),
    "a.ndjson": ('{"a": "one"}\n{"a": "two"}\n{"a": "three"}\n', "application/x-ndjson", "three"),
    "a.yaml": ("---\nname: Ada\ntowns:\n  - London\n  - Paris\n", "application/yaml", "Paris"),
    "a.xml": ('<?xml version="1.0"?><a><b>London</b><c>Paris</c></a>', "application/xml", "Paris"),
    "a.md": ("# A title\n\n- one\n- two\n\n[link](http://example.org)\n", "text/markdown", "one"),
    "a.c": ('#include <stdio.h>\n\nint main(void)\n{\n    puts("hello");\n}\n', None, "hello"),
}


@pytest.mark.sanitize
def test_formats(penstock):
    for name, (text, _, _) in SAMPLES.items():
        penstock.drop(name, text)
    assert penstock.run_once() == DONE
    for name, (_, media_type, word) in SAMPLES.items():
        document = penstock.document(name)
        assert media_type is None or document["media_type"] == media_type, name
        assert word in document["body"], name
        assert penstock.job(name)["outcome"] == "stored", name
    assert penstock.document("a.md")["title"] == "A title"


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "koi8-r", "shift_jis"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(penstock, encoding):
    text = {
        "koi8-r": "Вода течёт по напорному трубопроводу к турбине и вращает её. " * 10,
        "shift_jis": "水は水圧管を通ってタービンへ流れます。タービンは回ります。" * 10,
    }.get(encoding, "Übermäßig große Flüsse fließen durch die Täler, und das Wasser ist kühl. " * 10)
    penstock.drop("a.txt", text.encode(encoding))
    assert penstock.run_once() == DONE
    mark = "\ufeff" if encoding == "utf-8-sig" else ""  # a UTF-8 file is its own body
    assert penstock.document("a.txt")["body"] == mark + text


@pytest.mark.sanitize
def test_the_vector_is_what_postgresql_makes(penstock):
    texts = [path.read_text() for path in sorted((REPOSITORY / "src").rglob("*.c"))[:60]]
    texts += ["e-mail a@b.example, http://x.example/y?z=1, 1.5e-7 -3 /usr/bin foo-bar-baz v1.2.3 <b>t</b> &amp; ÄÖÜ ß ﬁ 日本"]
    penstock.drop_folder("texts", {f"{n}.txt": text for n, text in enumerate(texts)})
    assert penstock.run_once() == DONE
    different = penstock.sql("select name from penstock.documents where tsv is distinct from to_tsvector('english', body)")
    assert different == []
    assert penstock.value("select count(*) from penstock.documents") == len(set(texts))


# ---- doctor and config ----


def test_doctor_finds_everything_in_order(filled):
    result = filled.command("doctor")
    assert "FAIL" not in result.stdout
    checks = filled.json("doctor")
    assert {check["level"] for check in checks} <= {"ok", "warn"}
    assert {"settings", "home", "inbox", "worker", "database", "schema"} <= {check["check"] for check in checks}


def test_doctor_finds_what_is_wrong(penstock):
    result = penstock.command("doctor", code=None, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert result.returncode in (FAILED, DATABASE)
    assert "FAIL" in result.stdout and "127.0.0.1" in result.stdout
    result = penstock.command("doctor", code=None, PENSTOCK_WORKERS="many")
    assert result.returncode != DONE
    assert "PENSTOCK_WORKERS" in result.stdout + result.stderr


def test_config(penstock):
    rows = {row["name"]: row for row in penstock.json("config", PENSTOCK_WORKERS=3)}
    assert str(rows["PENSTOCK_WORKERS"]["value"]) == "3"
    assert "environment" in json.dumps(rows["PENSTOCK_WORKERS"])
    assert "default" in json.dumps(rows["PENSTOCK_RESCAN_SECONDS"])
    assert penstock.command("config").stdout.count("\n") >= len(rows)
    penstock.command("config", code=USAGE, PENSTOCK_WORKERS="many")


def test_run_once_shows_progress_on_a_terminal_only(penstock):
    penstock.drop_folder("many", {f"{n}.txt": f"text {n}" for n in range(500)})
    output = on_terminal(penstock, "run", "--once")
    assert "500 of 500" in output and "/s" in output
    penstock.drop("a.txt", "x")
    assert penstock.run_once() == DONE
    assert " of " not in penstock.log()
