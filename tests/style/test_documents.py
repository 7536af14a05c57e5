"""Documents and examples say what the program says."""

import re

import pytest
from tree import BUILD, ROOT, files, name_of, output

PENSTOCK = BUILD / "penstock"


def test_the_example_settings():
    assert (ROOT / ".env.example").read_text() == output(PENSTOCK, "config", "--example")


def test_the_table_of_settings():
    assert (ROOT / "docs/SETTINGS.md").read_text() == output(PENSTOCK, "config", "--markdown")


def commands():
    return re.findall(r"^  ([a-z]+)  +\S", output(PENSTOCK, "--help"), re.MULTILINE)


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert commands()
    assert [name for name in commands() if f"penstock {name}" not in readme] == []


def test_the_readme_names_no_command_that_is_not_there():
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"(?:^\$ |`)penstock ([a-z]+)\b", readme, re.MULTILINE))
    assert named <= {*commands(), "help"}


def test_every_exit_code_is_in_the_readme():
    readme = (ROOT / "README.md").read_text().lower()
    help_ = output(PENSTOCK, "--help")
    codes = dict(re.findall(r"(\d) ([a-z][^;(]+?)\s*(?:\(|;|$)", help_.split("exit codes:")[1], re.MULTILINE))
    assert set(codes) == set("012345")
    assert [text for text in codes.values() if text.split()[0] not in readme] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/ARCHITECTURE.md"])
def test_it_is_there(name):
    assert (ROOT / name).read_text().strip()


def test_links_between_documents_lead_somewhere():
    wrong = []
    for path in files(".md"):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if not re.match(r"[a-z]+:", link) and not (path.parent / link).exists():
                wrong.append(f"{name_of(path)}: {link}")
    assert wrong == []


def test_settings_named_in_documents_exist():
    known = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/SETTINGS.md").read_text(), re.MULTILINE))
    assert len(known) > 20
    wrong = [
        f"{name_of(path)}: {name}"
        for path in files(".md")
        for name in re.findall(r"\b(?:PENSTOCK|DB)_[A-Z_]+\b", path.read_text())
        if name not in known and name.removesuffix("_FILE") not in known and not name.endswith("_")
    ]
    assert wrong == []
