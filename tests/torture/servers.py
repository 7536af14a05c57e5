"""PostgreSQL servers for scenarios that break the server itself: restarts by every kind of death, a standby that takes over,
a data folder on a small file system, a pooler in front."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import psycopg2
from bench import is_alive, wait_until
from postgres import Server, as_server_user, free_port


def configure(server, *lines):
    """Further settings, with a restart."""
    with open(f"{server.data}/postgresql.conf", "a") as conf:
        conf.write("".join(f"{line}\n" for line in lines))
    server.control("restart", "-m", "fast")


def postmaster(server):
    with open(f"{server.data}/postmaster.pid") as file:
        return int(file.readline())


def start_again(server, timeout=60):
    """Starts a server that died; as often as it takes until the remains of the old one are gone."""

    def starts():
        with contextlib.suppress(subprocess.CalledProcessError):
            server.start()
            return True

    wait_until("PostgreSQL starts again", starts, timeout, every=0.2)


def kill_postmaster(server):
    """SIGKILL; its children notice and end by themselves."""
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    wait_until("the postmaster is gone", lambda: not is_alive(pid))


def is_up(server):
    with contextlib.suppress(psycopg2.Error):
        server.execute("select 1")
        return True
    return False


def terminate(server, database):
    """Ends everybody's connections to a database. Returns how many."""
    query = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s"
    return server.execute(query, database)[0][0]


def use(bench, server, url=None):
    """The bench's database is on another server from now on: before the service starts, or after a change of server."""
    bench.server, bench.url = server, url or server.url(bench.database)
    bench.penstock.url = bench.penstock.settings["DATABASE_URL"] = bench.url
    bench.monitor.url = bench.url


def eat_connections(server, database):
    """Takes every connection that the server has, also those of the database's users. Returns what to close."""
    eaters = [psycopg2.connect(server.url("postgres"), application_name="eater")]
    eaters[0].autocommit = True
    others = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s"

    def all_taken():
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                eaters.append(psycopg2.connect(server.url("postgres"), application_name="eater"))
        with eaters[0].cursor() as cursor:
            cursor.execute(others, [database])
            return cursor.fetchone() == (0,)

    wait_until("all connections are taken", all_taken)
    return eaters


# ---- a role that is not a superuser ----


def plain_role(bench, name):
    """The service connects as a role that owns nothing but what it makes."""
    bench.server.execute(f'create role "{name}" login')
    bench.server.execute(f'grant create, connect on database "{bench.database}" to "{name}"')
    bench.penstock.settings["DATABASE_URL"] = bench.url.replace("//keeper@", f"//{name}@")


# ---- a standby ----


class Standby(Server):
    """A copy of a running server that follows it."""

    def __init__(self, folder, primary):
        self.folder, self.port = str(folder), free_port()
        self.data = f"{folder}/data"
        os.mkdir(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        with open(f"{primary.data}/pg_hba.conf", "a") as hba:
            hba.write("local replication all trust\n")
        primary.execute("select pg_reload_conf()")
        source = ("-d", primary.url("postgres"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.call("pg_basebackup", "-D", self.data, *source)
        with open(f"{self.data}/postgresql.conf", "a") as conf:
            conf.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\nsynchronous_standby_names = ''\n")
        self.start()

    def promote(self):
        self.control("promote")


def make_synchronous(primary):
    """Commits wait for the standby: else what was committed last would be lost with the primary."""
    with open(f"{primary.data}/postgresql.conf", "a") as conf:
        conf.write("synchronous_standby_names = '*'\n")
    primary.execute("select pg_reload_conf()")
    wait_until(
        "the standby is synchronous",
        lambda: primary.execute("select count(*) from pg_stat_replication where sync_state = 'sync'") == [(1,)],
    )


def url_of_both(database, *servers):
    hosts, ports = (",".join(str(value) for value in values) for values in zip(*((s.folder, s.port) for s in servers)))
    return f"postgresql://keeper@/{database}?host={hosts}&port={ports}&target_session_attrs=read-write"


# ---- a small file system ----


class Mount:
    """A tmpfs of so many megabytes, for the server's user, that can be filled up and emptied again."""

    def __init__(self, path, megabytes):
        self.path = pathlib.Path(path)
        self.path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "torture", self.path], check=True)
        shutil.chown(self.path, "postgres")
        self.filler = self.path / "filler"

    def fill(self):
        """Takes what is left, whole blocks. Returns bytes."""
        taken = 0
        with open(self.filler, "ab") as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), file.tell(), size)
                        file.seek(size, os.SEEK_CUR)
                        taken += size
        return taken

    def free(self):
        self.filler.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)
        self.path.rmdir()


class SmallServer(Server):
    """Data and write-ahead log on two small file systems."""

    def __init__(self, folder):
        self.mounts = {}
        base = pathlib.Path(folder)
        base.mkdir()
        base.chmod(0o755)
        for name, megabytes in (("data", 120), ("wal", 40)):
            self.mounts[name] = Mount(base / name, megabytes)
        self.initdb = ["-X", str(base / "wal/pg_wal"), "--wal-segsize=1"]
        super().__init__(str(base / "data/server"))

    def call(self, program, *arguments):
        super().call(program, *arguments, *(self.initdb if program == "initdb" else ()))

    def stop(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            super().stop()

    def remove(self):
        for mount in self.mounts.values():
            mount.free()
        self.stop()
        for mount in self.mounts.values():
            mount.unmount()


# ---- a pooler ----

BOUNCER = """
[databases]
* = host={server.folder} port={server.port} user=keeper
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
listen_addr =
auth_type = any
admin_users = keeper
pool_mode = transaction
default_pool_size = 3
server_login_retry = 1
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Bouncer:
    """PgBouncer in transaction mode in front of a server."""

    PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

    def __init__(self, folder, server):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.folder.mkdir()
        shutil.chown(self.folder, "postgres")
        self.ini = self.folder / "ini"
        self.ini.write_text(BOUNCER.format(folder=folder, server=server, port=self.port))
        self.start()

    def start(self):
        nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self.process = subprocess.Popen(as_server_user([self.PROGRAM, "-q", str(self.ini)]), **nothing)
        wait_until("pgbouncer answers", self.answers)

    @classmethod
    def missing(cls):
        return None if cls.PROGRAM else "pgbouncer is not installed"

    def answers(self):
        with contextlib.suppress(psycopg2.Error):
            return self.tell("show version") or True
        return False

    def tell(self, command):
        """To its console."""
        connection = psycopg2.connect(f"postgresql://keeper@/pgbouncer?host={self.folder}&port={self.port}")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(command)
            return cursor.fetchall() if cursor.description else None

    def url(self, database):
        return f"postgresql://keeper@/{database}?host={self.folder}&port={self.port}"

    def kill(self):
        pid = int((self.folder / "pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill()
