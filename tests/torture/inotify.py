"""inotify(7), to prove that a place has no events."""

import contextlib
import ctypes
import os
import struct

ALL = 0x00000FFF  # IN_ALL_EVENTS
HEAD = struct.Struct("iIII")
libc = ctypes.CDLL(None, use_errno=True)


class Inotify:
    def __init__(self, folder):
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if libc.inotify_add_watch(self.fd, os.fsencode(folder), ALL) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", str(folder))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def read(self):
        """The names of the files that there were events about, in order."""
        names = []
        with contextlib.suppress(BlockingIOError):
            while block := os.read(self.fd, 65536):
                at = 0
                while at < len(block):
                    *_, length = HEAD.unpack_from(block, at)
                    at += HEAD.size
                    names.append(block[at : at + length].rstrip(b"\0"))
                    at += length
        return [name for name in names if name]
