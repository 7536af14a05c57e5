"""A throw-away PostgreSQL server: its own folder, port and socket, reachable from this machine only."""

import glob
import os
import shutil
import socket
import subprocess

import psycopg2

PASSWORD = "p@ss:w/ord 'and' \\more"  # every character that a URI, a shell or a connection string could trip over

CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 60
log_min_messages = warning
log_line_prefix = '%m %a '
"""

HBA = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def programs():
    """The folder of the newest PostgreSQL's programs."""
    return max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))


def as_server_user(command):
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


class Server:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.data = os.path.join(folder, "data")
        os.mkdir(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self.call("initdb", "-D", self.data, "-U", "keeper", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync")
        with open(f"{self.data}/postgresql.conf", "a") as conf:
            conf.write(CONF.format(port=self.port, folder=folder))
        with open(f"{self.data}/pg_hba.conf", "w") as hba:
            hba.write(HBA)
        self.start()
        self.execute("alter role keeper password %s", PASSWORD)

    def call(self, program, *arguments):
        command = as_server_user([os.path.join(programs(), program), *arguments])
        subprocess.run(command, cwd="/", check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def control(self, action, *arguments):
        self.call("pg_ctl", "-D", self.data, "-w", "-l", f"{self.folder}/log", *arguments, action)

    def runs(self):
        return os.path.exists(f"{self.data}/postmaster.pid")

    def start(self):
        self.control("start")

    def stop(self):
        self.control("stop", "-m", "fast")

    def restart_immediately(self):
        """As after a crash: no client is told, and the log is replayed."""
        self.control("restart", "-m", "immediate")

    def url(self, database):
        return f"postgresql://keeper@/{database}?host={self.folder}&port={self.port}"

    def execute(self, query, *values, database="postgres"):
        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def create_database(self, name):
        self.execute(f'create database "{name}" template template0')

    def drop_database(self, name):
        self.execute(f'drop database if exists "{name}" with (force)')
