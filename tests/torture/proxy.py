"""A proxy between the service and PostgreSQL that reads the frontend/backend protocol (version 3.0) as it passes, so that
faults happen at an exact message. It counts what passes and what it did: the counts prove that a fault took place.

Two threads a connection. What cuts a connection closes both its sides at once. Encryption is refused."""

import collections
import contextlib
import ctypes
import os
import socket
import struct
import threading
import time

# What a transaction or statement is for, by a piece of its SQL; the first that fits.
KINDS = (
    ("check", b"where j.state = 'done'"),
    ("claim", b"insert into penstock.jobs"),
    ("again", b"set state = 'claimed'"),
    ("retry", b"'attempt failed'"),
    ("end", b"with ended as"),
    ("lease", b"set lease_until"),
    ("enroll", b"insert into penstock.nodes"),
    ("config", b"where c.oid = $1::text::regconfig"),
    ("store", b"update penstock.jobs j"),
)
SINGLE = ("retry", "end", "lease")  # statements of their own: committed by the Sync, told by ReadyForQuery
REFUSE_ENCRYPTION = (80877103, 80877104)  # SSLRequest, GSSENCRequest
CHUNK = 1 << 16


def kind_of(sql):
    return next((kind for kind, piece in KINDS if piece in sql), None)


class Filter(ctypes.Structure):
    """struct sock_fprog of one instruction, `ret #0`: the kernel drops every packet for the socket, unacknowledged."""

    _fields_ = [("n", ctypes.c_ushort), ("program", ctypes.c_void_p)]

    def __init__(self):
        self.instruction = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
        super().__init__(1, ctypes.addressof(self.instruction))


SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
DROP_ALL = Filter()


def drop_packets(sock, drop):
    with contextlib.suppress(OSError):
        if drop:
            sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(DROP_ALL))
        else:
            sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


class Cut(Exception):
    """The connection ends here; what was not forwarded yet never will be."""


class Messages:
    """Takes a stream apart. `first`: it begins with messages that have no type byte (what a client says at first)."""

    def __init__(self, first):
        self.left, self.first = b"", first

    def feed(self, data):
        self.left += data
        while True:
            head = 0 if self.first else 1
            if len(self.left) < head + 4:
                return
            (size,) = struct.unpack_from("!I", self.left, head)
            if len(self.left) < head + size:
                return
            whole, self.left = self.left[: head + size], self.left[head + size :]
            yield whole[:head], whole[head + 4 :], whole


class Link:
    """One connection of the service, and the one to the server that stands behind it."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket(socket.AF_UNIX)
        self.kind = None  # of the transaction that is under way
        self.holding = False  # a reply is being swallowed; the end comes with ReadyForQuery
        self.passing = threading.Event()
        if proxy.passing:
            self.passing.set()
        self.server.connect(proxy.upstream)
        for pump in (self.from_client, self.from_server):
            threading.Thread(target=pump, daemon=True).start()

    def close(self, reset=False):
        """Wakes both pumps, which close the sockets. A reset must not be preceded by the FIN that SHUT_RDWR sends."""
        self.passing.set()
        reset = reset and self.client.family == socket.AF_INET
        with contextlib.suppress(OSError):
            if reset:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.client.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.proxy.links.discard(self)

    def pump(self, source, target, messages, look):
        try:
            while data := source.recv(CHUNK):
                for kind, body, whole in messages.feed(data):
                    if look(kind, body, messages):
                        self.proxy.send(self, target, whole)
        except (Cut, OSError):
            pass
        finally:
            self.close(reset=self.proxy.resets)

    def from_client(self):
        self.pump(self.client, self.server, Messages(True), self.look_at_client)
        self.client.close()

    def from_server(self):
        self.pump(self.server, self.client, Messages(False), self.look_at_server)
        self.server.close()

    def look_at_client(self, kind, body, messages):
        """Whether the message is to pass."""
        if messages.first:
            if struct.unpack_from("!I", body)[0] in REFUSE_ENCRYPTION:
                self.client.sendall(b"N")
                return False
            messages.first = False
        elif kind == b"P":
            self.look_at_sql(body.split(b"\0", 2)[1])
        return True

    def look_at_sql(self, sql):
        if sql.startswith(b"begin"):
            self.kind = None
        elif sql.startswith(b"commit"):
            if self.proxy.take("before", self.kind):
                raise Cut
        elif kind := kind_of(sql):
            self.kind = kind
            self.proxy.counts[kind] += 1
            if self.proxy.take("at", kind):
                raise Cut

    def look_at_server(self, kind, body, _):
        if kind == b"C":
            if body == b"COMMIT\0":
                self.proxy.counts[f"committed {self.kind}"] += 1
                if self.proxy.take("swallow", self.kind):
                    raise Cut
            elif self.kind in SINGLE and self.proxy.take("swallow", self.kind):
                self.holding = True
        elif kind == b"Z" and self.holding:
            raise Cut
        return not self.holding


class Proxy:
    """Listens on a Unix socket in `folder`, or on a port of 127.0.0.1, for the server with the socket `upstream`."""

    def __init__(self, folder, upstream, chance, tcp=False):
        self.upstream, self.chance, self.links = upstream, chance, set()
        self.counts = collections.Counter()  # passed, by kind; "swallow store" and the like: done
        self.attempts = []  # when the service connected
        self.lock, self.armed, self.bytes_left = threading.Lock(), None, None
        self.resets = False  # TCP connections end with RST instead of FIN
        self.refusing = False  # connections are closed at once
        self.pace = None  # called before each message that passes, for its delay in seconds
        self.piece = None  # bytes sent at a time
        self.passing = True  # on new connections
        self.listen(folder, tcp)
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self, folder, tcp):
        if tcp:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.where = f"127.0.0.1&port={self.listener.getsockname()[1]}"
        else:
            os.mkdir(folder)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(f"{folder}/.s.PGSQL.5432")
            self.listener.listen(64)
            self.where = f"{folder}&port=5432"

    def url(self, database):
        return f"postgresql://keeper@/{database}?host={self.where}&sslmode=disable&gssencmode=disable"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.attempts.append(time.monotonic())
                self.welcome(client)

    def welcome(self, client):
        if self.refusing:
            client.close()
            return
        try:
            self.links.add(Link(self, client))
        except OSError:
            client.close()  # the server is not there
        if self.refusing:
            self.cut_all()  # it was accepted in the moment before

    def close(self):
        self.open_hole()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut_all()

    # ---- what passes ----

    def send(self, link, target, data):
        """Forwards a message, with the delays and cuts that are in force."""
        if self.pace:
            time.sleep(self.pace())
        for at in range(0, len(data), self.piece or len(data)):
            part = data[at : at + (self.piece or len(data))]
            link.passing.wait()
            if (room := self.spend(len(part))) < len(part):
                target.sendall(part[:room])
                raise Cut
            target.sendall(part)

    def spend(self, n):
        """How many of n bytes may pass. Less than n once only: then it was the end."""
        with self.lock:
            if self.bytes_left is None or self.bytes_left > n:
                self.bytes_left = self.bytes_left and self.bytes_left - n
                return n
            room, self.bytes_left = self.bytes_left - 1, None
            self.counts["bytes"] += 1
            return room

    def take(self, fault, kind):
        """Whether this is what the armed fault is for; it happens once."""
        with self.lock:
            if self.armed != (fault, kind):
                return False
            self.armed = None
            self.counts[f"{fault} {kind}"] += 1
            return True

    # ---- faults ----

    def arm(self, fault, kind):
        """The next COMMIT of this kind: "swallow" its reply, or cut "before" the server sees it; or cut "at" its SQL."""
        self.armed = fault, kind

    def is_armed(self):
        return self.armed is not None or self.bytes_left is not None

    def cut_after(self, n):
        """Whatever connection passes the n-th byte from now on (n > 0), in either direction, is cut before it."""
        with self.lock:
            self.bytes_left = n

    def cut_all(self):
        for link in list(self.links):
            link.close(self.resets)

    def silence(self, new=True):
        """Nothing passes any more, but the kernel acknowledges: as when the server hangs. `new`: nor on new connections."""
        self.passing = not new
        for link in list(self.links):
            link.passing.clear()

    def dig_hole(self):
        """Nothing passes, and nothing is acknowledged (TCP): as when a cable is pulled."""
        for sock in (self.listener, *(link.client for link in list(self.links))):
            drop_packets(sock, True)
        self.silence()

    def open_hole(self):
        """Ends silence and hole."""
        self.passing = True
        for link in list(self.links):
            drop_packets(link.client, False)
            link.passing.set()
        drop_packets(self.listener, False)


def put_between(bench, tcp=False):
    """The bench's service will connect through a new proxy, which is returned; everybody else connects directly."""
    server = bench.server
    upstream = f"{server.folder}/.s.PGSQL.{server.port}"
    proxy = Proxy(bench.folder / "proxy", upstream, bench.chance, tcp)
    bench.cleanups.callback(proxy.close)
    bench.penstock.settings["DATABASE_URL"] = proxy.url(bench.database)
    return proxy
