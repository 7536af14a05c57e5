"""What the tests share: one PostgreSQL server a session, one database, one folder and one service a test."""

import json
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from penstock import BUILD, Penstock  # noqa: E402
from postgres import Server  # noqa: E402

OPTIONS = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())

# Steps to fail at are built with -Dfailpoints=true only.
if not any(option["name"] == "failpoints" and option["value"] for option in OPTIONS):
    collect_ignore = ["test_adaptive.py", "test_failpoints.py", "test_poison.py"]


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitize: also worth its time in the sanitizer build")


@pytest.fixture(scope="session")
def session_folder():
    """Under /tmp and open to all: the server's user has to get there."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-e2e-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(session_folder):
    server = Server(str(session_folder / "server"))
    yield server
    server.stop()


@pytest.fixture
def folder(session_folder):
    folder = pathlib.Path(tempfile.mkdtemp(dir=session_folder))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def database(server, folder):
    """The name of a new database."""
    name = f"db-{folder.name}"
    server.create_database(name)
    yield name
    server.drop_database(name)


@pytest.fixture
def make(folder, request):
    """Makes services, each on a home of its own below the test's folder."""
    made = []

    def make_one(name="penstock", **options):
        made.append(Penstock(folder / name, **options))
        return made[-1]

    request.node.made = made
    yield make_one
    for service in made:
        service.end()


@pytest.fixture
def penstock(make, server, database):
    """A service on a database of its own, not started yet."""
    return make(url=server.url(database))


@pytest.fixture(scope="session")
def programs_for_all(session_folder):
    """The programs where every user may run them: the build folder may be in a closed home."""
    folder = session_folder / "bin"
    folder.mkdir()
    folder.chmod(0o755)
    for program in (BUILD / "penstock", BUILD / "penstock-worker", *BUILD.glob("penstock-ocr.so")):
        shutil.copy(program, folder / program.name)
        (folder / program.name).chmod(0o755)
    return folder


@pytest.fixture(params=["root", "nobody"] if os.geteuid() == 0 else ["self"])
def someone(request):
    """The users that a test can be run as."""
    return None if request.param in ("root", "self") else request.param


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.failed:
        for service in getattr(item, "made", []):
            report.sections.append((f"log of {service.folder.name}", service.log()[-6000:]))
