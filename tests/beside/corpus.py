"""Documents to measure with, from folders that somebody names."""

import os
import pathlib
import random

LARGEST = 50 << 20


def find(folders, formats):
    """{format: [paths]}, each content's size and name once, in an order that does not change."""
    found = {name: {} for name in formats}
    for folder in folders:
        for top, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = pathlib.Path(top, name)
                kind = path.suffix.lower().removeprefix(".")
                if kind in found and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
                    found[kind].setdefault((name, path.stat().st_size), path)
    return {kind: list(paths.values()) for kind, paths in found.items() if paths}


def sample(paths, n, seed):
    """At most n of them."""
    return sorted(random.Random(seed).sample(paths, n)) if len(paths) > n else paths
