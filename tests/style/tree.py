"""The tree as the checks read it."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build")).resolve()
IGNORED = {".git", "var", "__pycache__", ".pytest_cache"}

FLOORS = {
    "base": 0,
    "loop": 1,
    "search": 1,
    "wire": 2,
    "inbox": 2,
    "extract": 2,
    "store": 2,
    "supervisor": 3,
    "pool": 3,
    "intake": 3,
    "worker": 3,
    "http": 3,
    "cli": 3,
}
ROLES = {folder for folder, floor in FLOORS.items() if floor == 3}

# library header (a prefix): the one folder that may include it
LIBRARIES = {
    "uv.h": "loop",
    "msgpack": "wire",
    "libpq": "store",
    "postgresql/": "store",
    "libxml/": "extract",
    "unicode/": "extract",
    "jansson.h": "extract",
    "yaml.h": "extract",
    "magic.h": "extract",
    "leptonica/": "extract",
    "tesseract/": "extract",
    "seccomp.h": "worker",
}


def files(*suffixes):
    """All files of the tree with these endings; all text files when none is given."""
    for top, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in IGNORED and not f.startswith("build"))
        for name in sorted(names):
            path = pathlib.Path(top, name)
            if not suffixes or name.endswith(suffixes):
                yield path


def sources(suffixes=(".c", ".h", ".def")):
    for folder in ("src", "include"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes:
                yield path


def name_of(path):
    return str(path.relative_to(ROOT))


def folder_of(path):
    """The floor's folder that a source file belongs to; None for those directly in src/ and include/."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else None


def includes(path):
    """(line number, what, whether in quotes)"""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line):
            yield number, match[2], match[1] == '"'


def without_comments(text):
    """C source with comments blanked out; lines stay where they are."""
    pattern = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|//[^\n]*'

    def blank(match):
        return match[0] if match[0][0] in "\"'" else re.sub(r"[^\n]", " ", match[0])

    return re.sub(pattern, blank, text, flags=re.DOTALL)


def output(*command, code=0):
    result = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == code, f"{command}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout
