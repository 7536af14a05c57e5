"""Contracts, comments, lengths, and what must not stand in a source file."""

import re
import warnings

import pytest
from tree import ROOT, files, name_of, output, sources, without_comments

MAX_LINES, MANY_LINES = 1000, 500
TEXT = (".c", ".h", ".def", ".sql", ".py", ".md", ".build", ".txt", ".yml", ".example", ".svg")


def text_files():
    """What people wrote; docs/samples has strange bytes on purpose."""
    yield from (path for path in files(*TEXT) if not path.is_relative_to(ROOT / "docs/samples"))
    yield from (path for path in (ROOT / "scripts").iterdir() if path.is_file())
    yield ROOT / ".ci/run"


def test_every_source_file_begins_with_its_contract():
    wrong = []
    for path in sources((".c", ".h", ".def")):
        first = path.read_text().split("\n", 1)[0]
        if not re.match(rf"/\* {re.escape(path.name)} - \S", first):
            wrong.append(f"{name_of(path)}: {first}")
    assert wrong == []


def paragraphs(text):
    """Lists of (line number, line) between blank lines."""
    block = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def test_every_function_of_a_header_is_commented():
    """By a comment above it, or above the group it stands in."""
    wrong = []
    for path in (ROOT / "include").rglob("*.h"):
        code = without_comments(path.read_text()).splitlines()
        depth = 0
        for block in paragraphs(path.read_text()):
            commented = False
            for number, line in block:
                code_line = code[number - 1]
                commented = commented or code_line != line
                declares = re.match(r"(?!typedef|static|#|extern const)[a-z][\w \*]*?\b(\w+)\(", code_line)
                if depth == 0 and declares and not commented:
                    wrong.append(f"{name_of(path)}:{number}: {declares[1]}")
                depth += code_line.count("{") - code_line.count("}")
    assert wrong == []


def test_nothing_is_left_to_do():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    wrong = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in text_files()
        if not path.is_relative_to(ROOT / "tests/style")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(re.sub(r"X{6}\b", "", line))
    ]
    assert wrong == []


def test_files_are_short():
    lengths = {name_of(path): path.read_text().count("\n") for path in files(".c", ".h", ".py", ".sql")}
    assert {name: n for name, n in lengths.items() if n >= MAX_LINES} == {}
    if long := {name: n for name, n in lengths.items() if n > MANY_LINES}:
        warnings.warn(f"more than {MANY_LINES} lines: {long}", stacklevel=1)


def test_no_path_of_a_machine():
    pattern = re.compile(r"/(?:home|Users|root|work)/\w+|/tmp/build|\.\./shared")
    allowed = {"scripts/accept", "tests/style/test_sources.py"}
    wrong = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in text_files()
        if name_of(path) not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert wrong == []


def test_no_sql_in_c():
    """SQL lives in sql/, one statement a file."""
    pattern = re.compile(
        r'"\s*(select\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(table|index|function)\s|'
        r"alter\s+table\s|drop\s+(table|schema)\s|set\s+local\s|begin;|commit;)",
        re.IGNORECASE,
    )
    wrong = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in sources((".c", ".h"))
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1)
        if pattern.search(line)
    ]
    assert wrong == []


def test_no_unsafe_string_functions():
    pattern = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen|tmpnam|mktemp)\s*\(")
    wrong = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in sources()
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1)
        if pattern.search(line)
    ]
    assert wrong == []


def test_every_source_file_is_built():
    """No file lies around that no program is made of."""
    built = "".join(path.read_text() for path in files("meson.build"))
    wrong = [name_of(p) for p in sources((".c",)) if f"'{p.name}'" not in built and f"/{p.name}'" not in built]
    assert wrong == []


def test_every_query_is_used():
    code = "".join(path.read_text() for path in sources()) + "".join(
        path.read_text() for path in (ROOT / "tests").rglob("*.[ch]")
    )
    queries = {path.stem for path in (ROOT / "sql/queries").glob("*.sql")}
    assert {name for name in queries if not re.search(rf"\bsql_{name}\b", code)} == set()


def test_every_migration_goes_both_ways():
    names = {path.name for path in (ROOT / "sql/migrations").iterdir()}
    ups = {name.removesuffix(".up.sql") for name in names if name.endswith(".up.sql")}
    downs = {name.removesuffix(".down.sql") for name in names if name.endswith(".down.sql")}
    assert ups == downs and len(ups) * 2 == len(names)
    assert sorted(int(name[:4]) for name in ups) == list(range(1, len(ups) + 1))


def test_tests_cannot_be_skipped():
    pattern = re.compile(r"\b(xfail|skipif|pytest\.skip|mark\.skip|importorskip)\b")
    wrong = [
        name_of(path)
        for path in files(".py")
        if path.name != "test_sources.py" and pattern.search(path.read_text())
    ]
    assert wrong == []


def test_formatting():
    """clang-format has nothing to change."""
    output("clang-format", "--dry-run", "--Werror", *files(".c", ".h"))


@pytest.mark.parametrize("path", [p for p in sorted((ROOT / "scripts").iterdir()) + [ROOT / ".ci/run"]], ids=name_of)
def test_shell_scripts(path):
    first = path.read_text().split("\n", 1)[0]
    assert path.stat().st_mode & 0o111, "it cannot be run"
    assert first.startswith("#!")
    if first.endswith("sh"):
        output("shellcheck", path)
