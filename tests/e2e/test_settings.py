"""Where settings come from, what is refused, and that secrets stay secret."""

import json
import pathlib
import urllib.parse

import pytest
from penstock import DATABASE, DONE, USAGE, children
from postgres import PASSWORD


def by_url(server, database):
    user_and_password = f"keeper:{urllib.parse.quote(PASSWORD, safe='')}"
    return {"DATABASE_URL": f"postgresql://{user_and_password}@127.0.0.1:{server.port}/{database}"}


def by_variables(server, database):
    return {
        "DATABASE_URL": None,
        "DB_HOST": "127.0.0.1",
        "DB_PORT": server.port,
        "DB_USERNAME": "keeper",
        "DB_PASSWORD": PASSWORD,
        "DB_DATABASE": database,
        "DB_SSLMODE": "disable",
    }


@pytest.mark.parametrize("how", [by_url, by_variables])
def test_a_server_that_penstock_did_not_start(penstock, server, database, how):
    penstock.drop("a.txt", "over the network")
    penstock.settings.update(how(server, database))
    assert penstock.run_once() == DONE
    assert penstock.document("a.txt")["body"] == "over the network"
    assert penstock.json("search", "network")[0]["name"] == "a.txt"
    assert not (penstock.home / "postgres").exists()


@pytest.mark.parametrize("how", [by_url, by_variables])
def test_the_password_is_shown_nowhere(penstock, server, database, how):
    secrets = [PASSWORD, urllib.parse.quote(PASSWORD, safe=""), "w/ord"]
    penstock.settings.update(how(server, database))
    penstock.start(LOG_LEVEL="debug")
    penstock.drop("a.txt", "text")
    penstock.wait_filed(1)
    pids = [penstock.pid, *children(penstock.pid)]
    shown = [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in pids]
    shown += [penstock.command("config").stdout, penstock.command("config", "--json").stdout]
    shown += [penstock.command("doctor", code=None).stdout, penstock.command("status", "--json").stdout]
    shown += [pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode() for pid in penstock.workers()]
    penstock.stop()
    result = penstock.command("search", "x", code=DATABASE, DB_PORT=1, DATABASE_URL=None, **{
        k: v for k, v in by_variables(server, database).items() if k not in ("DB_PORT", "DATABASE_URL")
    })
    shown += [result.stderr, penstock.log()]
    for text in shown:
        for secret in secrets:
            assert secret not in text


def test_a_wrong_password_is_said_and_not_shown(penstock, server, database):
    settings = by_variables(server, database) | {"DB_PASSWORD": "wrong-secret"}
    result = penstock.command("search", "x", code=USAGE, **settings)
    assert "password authentication failed" in result.stderr
    assert "wrong-secret" not in result.stderr


def test_a_password_from_a_file(penstock, server, database):
    file = penstock.folder / "password"
    file.write_text(PASSWORD + "\n")
    settings = by_variables(server, database) | {"DB_PASSWORD": None, "DB_PASSWORD_FILE": file}
    assert penstock.run_once(**settings) == DONE


def test_a_half_given_database_names_all_that_is_missing(penstock):
    result = penstock.command("run", "--once", code=USAGE, DATABASE_URL=None, DB_HOST="127.0.0.1")
    assert "DB_USERNAME" in result.stderr and "DB_DATABASE" in result.stderr
    result = penstock.command("run", "--once", code=USAGE, DATABASE_URL=None, DB_DATABASE="x")
    assert "DB_USERNAME" in result.stderr and "DB_HOST" in result.stderr


def test_everything_wrong_is_named_at_once(penstock):
    result = penstock.command(
        "run",
        code=USAGE,
        PENSTOCK_WORKERS="many",
        DB_POOL_MAX="0",
        PENSTOCK_AFTER="burn",
        PENSTOCK_SETLE_MS="5",
        LOG_FORMAT="xml",
    )
    for name in ("PENSTOCK_WORKERS", "DB_POOL_MAX", "PENSTOCK_AFTER", "PENSTOCK_SETLE_MS", "LOG_FORMAT"):
        assert name in result.stderr
    assert result.stdout == ""


def test_pool_bounds_must_agree(penstock):
    result = penstock.command("run", code=USAGE, DB_POOL_MIN=9, DB_POOL_MAX=3)
    assert "DB_POOL_MIN" in result.stderr and "DB_POOL_MAX" in result.stderr


def test_production_without_a_database_is_refused(penstock):
    result = penstock.command("run", "--once", code=USAGE, DATABASE_URL=None, APP_ENV="production")
    assert "APP_ENV" in result.stderr and "DATABASE_URL" in result.stderr
    assert not (penstock.home / "postgres").exists()


def test_command_line_beats_environment_beats_dotenv(penstock):
    def workers(**environment):
        values = {row["name"]: row for row in penstock.json("config", **environment)}
        return values["PENSTOCK_WORKERS"]["value"]

    penstock.dotenv(PENSTOCK_WORKERS=3)
    assert str(workers()) == "3"
    assert str(workers(PENSTOCK_WORKERS=5)) == "5"
    penstock.start("--workers", "1", PENSTOCK_WORKERS=5)
    assert penstock.status()["gauges"]["workers_wanted"] == 1
    penstock.stop()


def test_inbox_from_the_command_line(penstock):
    other = penstock.folder / "elsewhere"
    other.mkdir()
    penstock.drop("a.txt", "in another inbox", inbox=other)
    assert penstock.run_once("--inbox", str(other)) == DONE
    assert penstock.document("a.txt")["body"] == "in another inbox"


def test_another_text_search_configuration(penstock):
    penstock.settings["PENSTOCK_TEXT_CONFIG"] = "german"
    penstock.drop("haus.txt", "Die Häuser stehen am Fluss, und die Bäume auch.")
    assert penstock.run_once() == DONE
    assert [hit["name"] for hit in penstock.json("search", "Haus")] == ["haus.txt"]
    assert penstock.value("select tsv = to_tsvector('german', body) from penstock.documents")


def test_an_unknown_text_search_configuration_is_refused(penstock):
    code = penstock.run_once(PENSTOCK_TEXT_CONFIG="klingon")
    assert code == USAGE
    assert "klingon" in penstock.log()


def test_json_log(penstock):
    penstock.drop("a.txt", "text")
    assert penstock.run_once(LOG_FORMAT="json") == DONE
    lines = [json.loads(line) for line in penstock.log().splitlines()]
    outcome = [line for line in lines if line["event"] == "document"]
    assert len(outcome) == 1
    assert (outcome[0]["path"], outcome[0]["outcome"], outcome[0]["role"]) == ("a.txt", "stored", "intake")


def test_ps_shows_readable_names(penstock):
    penstock.start()
    status = penstock.status()
    titles = {pid: pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in (
        status["supervisor_pid"], status["pool_pid"], status["intake_pid"], status["workers"][0]["pid"]
    )}
    names = list(titles.values())
    assert "penstock" in names[0]
    assert names[1].startswith("penstock: pool")
    assert names[2].startswith("penstock: intake")
    assert names[3].startswith("penstock: worker")


def test_workers_inherit_nothing_they_have_no_use_for(penstock):
    """No environment, and of descriptors only their two sockets, their page and the standard three."""
    penstock.start(AWS_SECRET_ACCESS_KEY="of no concern to a parser")
    for pid in penstock.workers():
        assert b"of no concern" not in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        links = {int(p.name): str(p.readlink()) for p in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
        sockets = [n for n, target in links.items() if target.startswith("socket:")]
        assert len(sockets) == 2, links
        assert not any("5432" in target or "lock" in target for target in links.values()), links
