"""Mounts of a scenario: below its folder, and gone when it ends, however it ends."""

import contextlib
import subprocess


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


@contextlib.contextmanager
def tmpfs(path, options="size=64m"):
    """A small file system of its own at `path`, which is made when it is not there."""
    path.mkdir(parents=True, exist_ok=True)
    mount("-t", "tmpfs", "-o", f"mode=0755,{options}", "tmpfs", path)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@contextlib.contextmanager
def overlay(path, scratch):
    """An overlay at `path`. Yields its upper folder: what is written there turns up at `path`, and no event tells it."""
    lower, upper, work = (scratch / name for name in ("lower", "upper", "work"))
    for folder in (lower, upper, work):
        folder.mkdir(parents=True)
    mount("-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", "overlay", path)
    try:
        yield upper
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def remount(path, *options):
    mount("-o", ",".join(("remount", *options)), path)
