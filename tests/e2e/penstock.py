"""The service under test, driven as its user would: settings, files, commands, signals."""

import contextlib
import hashlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

import psycopg2

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", REPOSITORY / "build")).resolve()
PATIENCE = float(os.environ.get("PATIENCE", "1"))  # how much slower than a release build everything may be

DONE, FAILED, USAGE, DATABASE, QUARANTINED, SCHEMA = range(6)  # exit codes


def wait_until(what, condition, timeout=10.0, every=0.02):
    """Returns the first true value of condition(), or fails with `what` it waited for."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout * PATIENCE:g} s: {what}")
        time.sleep(every)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Penstock:
    """One PENSTOCK_HOME with at most one running service."""

    def __init__(self, folder, url=None, user=None, **settings):
        self.folder, self.url, self.user = pathlib.Path(folder), url, user
        self.home, self.outside = self.folder / "home", self.folder / "outside"
        self.inbox = self.home / "inbox"
        self.archive, self.quarantine = self.home / "archive", self.home / "quarantine"
        self.log_path = self.folder / "log"
        self.process = None
        self.settings = {
            "PENSTOCK_HOME": self.home,
            "PENSTOCK_SETTLE_MS": "50ms",
            "PENSTOCK_WORKERS": 2,
            "DB_POOL_MAX": 4,
            **({"DATABASE_URL": url} if url else {}),
            **settings,
        }
        for path in (self.folder, self.outside, self.home, self.inbox):
            path.mkdir(exist_ok=True)
            if user:
                shutil.chown(path, user)
        self.program = str(BUILD / "penstock")

    # ---- processes ----

    def environment(self, **more):
        values = {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8", **self.settings, **more}
        return {name: str(value) for name, value in values.items() if value is not None}

    def line(self, *arguments):
        return [self.program, *arguments]

    def identity(self):
        """Whom a process is started as, for subprocess."""
        if not self.user:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def start(self, *arguments, ready=True, **settings):
        """Starts the service; `settings` stay set, so that commands see the same."""
        assert not self.process, "it runs already"
        self.settings.update(settings)
        self.log_from = len(self.log())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.line("run", *arguments),
                **self.identity(),
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if ready:
            wait_until("the service is ready", self.is_ready, 30)
        return self

    def is_ready(self):
        assert self.process.poll() is None, f"the service ended with {self.process.returncode}"
        return "event=ready" in self.new_log()

    @property
    def pid(self):
        """The supervisor."""
        return self.process.pid

    def wait(self, timeout=60):
        code = self.process.wait(timeout * PATIENCE)
        self.process = None
        return code

    def stop(self, sig=signal.SIGTERM, timeout=60):
        os.kill(self.pid, sig)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL to the supervisor; returns once it and the roles below it are gone."""
        below = children(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        self.wait()
        wait_until("the children end with their supervisor", lambda: not any(map(is_alive, below)))

    def hang_up(self):
        os.kill(self.pid, signal.SIGHUP)

    def run_once(self, *arguments, timeout=120, **settings):
        self.start("--once", *arguments, ready=False, **settings)
        return self.wait(timeout)

    def command(self, *arguments, code=DONE, timeout=60, **settings):
        """A command's result; its output is text (bytes that are not UTF-8 as surrogates)."""
        result = subprocess.run(
            self.line(*arguments),
            **self.identity(),
            env=self.environment(**settings),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout * PATIENCE,
        )
        result.stdout = result.stdout.decode(errors="surrogateescape")
        result.stderr = result.stderr.decode(errors="surrogateescape")
        if code is not None:
            assert result.returncode == code, f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result

    def json(self, *arguments, **options):
        return json.loads(self.command(*arguments, "--json", **options).stdout)

    def status(self):
        status = self.json("status")
        assert status["running"], f"the service does not run: exit code {self.process and self.process.poll()}"
        return status

    def kill_role(self, name):
        """SIGKILL to the pool or the intake, when there is one (for os.kill() 0 would be all of the tests)."""
        pid = wait_until(f"there is a {name}", lambda: self.status()[f"{name}_pid"] or None)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return pid

    def workers(self):
        return [w["pid"] for w in self.status()["workers"] if w["pid"]]

    def dotenv(self, **settings):
        """Writes .env and takes these settings out of the environment, which would win."""
        self.settings = {k: v for k, v in self.settings.items() if k not in settings}
        (self.folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def new_log(self):
        """What this start has logged."""
        return self.log()[self.log_from :]

    # ---- files ----

    def drop(self, name, data, inbox=None):
        """Moves a whole file into the inbox, as a careful program does."""
        path = pathlib.Path(os.fsdecode(os.path.join(os.fsencode(inbox or self.inbox), os.fsencode(name))))
        data = data.encode() if isinstance(data, str) else data
        waiting = self.outside / "moving"
        waiting.write_bytes(data)
        if self.user:
            shutil.chown(waiting, self.user)
        self.make_folder(path.parent)
        os.rename(waiting, path)
        return path

    def make_folder(self, path):
        if not path.exists():
            self.make_folder(path.parent)
            path.mkdir()
            if self.user:
                shutil.chown(path, self.user)

    def write(self, name, data):
        """Writes a file in the inbox itself, as most programs do."""
        path = self.inbox / name
        self.make_folder(path.parent)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def drop_folder(self, name, files):
        """Moves a folder of {path: data} into the inbox in one rename."""
        waiting = self.outside / "folder"
        for path, data in files.items():
            (waiting / path).parent.mkdir(parents=True, exist_ok=True)
            (waiting / path).write_bytes(data.encode() if isinstance(data, str) else data)
        os.rename(waiting, self.inbox / name)

    def files(self, folder):
        """{path below the folder: its bytes} of all regular files."""
        found = (pathlib.Path(top, name) for top, _, names in os.walk(folder) for name in names)
        return {str(p.relative_to(folder)): p.read_bytes() for p in found if p.is_file() and not p.is_symlink()}

    def inbox_files(self):
        return sorted(str(p.relative_to(self.inbox)) for p in self.inbox.rglob("*") if not p.is_dir())

    # ---- the database, not by way of penstock ----

    def sql(self, query, *values):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def value(self, query, *values):
        return self.sql(query, *values)[0][0]

    def wait_for(self, what, query, *values, equals=True, timeout=20):
        """Waits until the first value of a query is as told, over one connection."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        seen = None
        try:
            with connection.cursor() as cursor:

                def is_so():
                    nonlocal seen
                    cursor.execute(query, values)
                    seen = cursor.fetchone()
                    return seen is not None and seen[0] == equals

                wait_until(what, is_so, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}: {query} is {seen}, not {equals}") from None
        finally:
            connection.close()

    def wait_jobs(self, n, timeout=30):
        """Waits until n jobs have ended and the inbox is empty of what was worked on."""
        self.wait_for(
            f"{n} jobs have ended", "select count(*) from penstock.jobs where state <> 'claimed'", equals=n, timeout=timeout
        )

    def wait_filed(self, n, timeout=30):
        """Waits until n jobs have ended, and the originals are out of the inbox."""
        self.wait_jobs(n, timeout)
        wait_until("the inbox is empty", lambda: not self.inbox_files(), timeout)

    def job(self, name):
        """The newest job of a path, as a dictionary."""
        columns = "id, collection, size, state, attempt, strikes, outcome, document_id, error"
        rows = self.sql(f"select {columns} from penstock.jobs where path = %s order by id desc", os.fsencode(name))
        return dict(zip(columns.split(", "), rows[0])) if rows else None

    def document(self, name):
        columns = "id, collection, sha256, name, media_type, title, language, byte_size, metadata, body"
        rows = self.sql(f"select {columns} from penstock.documents where name = %s", name)
        assert len(rows) <= 1, f"{len(rows)} documents are named {name}"
        if not rows:
            return None
        document = dict(zip(columns.split(", "), rows[0]))
        document["sha256"] = bytes(document["sha256"]).hex()
        return document

    def original(self, data):
        """Where the archive keeps these bytes."""
        name = sha256(data.encode() if isinstance(data, str) else data)
        return self.archive / name[:2] / name[2:4] / name

    # ---- after everything ----

    def check_everything(self, files, seen_again=0):
        """Each of {name: text} is in the database once, whole, and filed away; nothing else is there. So many of them
        were seen twice, as a process was killed that had them in a place of no name."""
        contents = {sha256(text.encode()): text for text in files.values()}
        rows = self.sql("select encode(sha256, 'hex'), body from penstock.documents")
        assert len(rows) == len(contents), "a document is missing or there twice"
        assert dict(rows) == contents
        jobs = self.sql("select convert_from(path, 'UTF8'), state, outcome from penstock.jobs")
        assert {path for path, _, _ in jobs} == set(files), "not a job for each file"
        assert len(jobs) == len(files) + seen_again, "not one job a file"
        assert {state for _, state, _ in jobs} == {"done"}
        assert sum(outcome == "stored" for _, _, outcome in jobs) == len(contents)
        assert {outcome for _, _, outcome in jobs} <= {"stored", "duplicate"}
        archive = self.files(self.archive)
        assert sorted(archive) == sorted(f"{h[:2]}/{h[2:4]}/{h}" for h in contents)
        assert all(sha256(data) == os.path.basename(path) for path, data in archive.items())
        assert self.inbox_files() == []
        assert self.files(self.quarantine) == {}

    def end(self):
        """Whatever a test left running."""
        if self.process:
            pid, below = self.pid, children(self.pid)
            os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            wait_until("the children end with their supervisor", lambda: not any(map(is_alive, below)), 30)
        assert not self.complaints(), self.complaints()

    def complaints(self):
        """What sanitizers and the C library have to say."""
        signs = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "free():", "malloc")
        return "\n".join(line for line in self.log().splitlines() if any(sign in line for sign in signs))
