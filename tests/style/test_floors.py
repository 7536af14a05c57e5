"""A folder includes only folders on a lower floor, and each library stays in its folder."""

import pytest
from tree import BUILD, FLOORS, LIBRARIES, ROLES, ROOT, folder_of, includes, name_of, output, sources


def target(path, included):
    """The folder that an include in quotes points to."""
    first = included.split("/")[0]
    return first if "/" in included else folder_of(path)


def test_every_folder_has_a_floor():
    folders = {folder_of(path) for path in sources()} - {None}
    assert folders <= set(FLOORS)


def test_folders_include_lower_floors_only():
    wrong = []
    for path in sources():
        own = folder_of(path)
        for number, included, quoted in includes(path):
            other = target(path, included) if quoted else None
            if own is None or other in (None, own) or other not in FLOORS:
                continue
            if FLOORS[other] >= FLOORS[own]:
                wrong.append(f"{name_of(path)}:{number}: {own} (floor {FLOORS[own]}) includes {included}")
    assert wrong == []


def test_roles_share_nothing_but_wire():
    """The list of roles is for main and the command line."""
    wrong = []
    for path in sources():
        own = folder_of(path)
        for number, included, _ in includes(path):
            if included.split("/")[0] in ROLES - {own} and own is not None:
                wrong.append(f"{name_of(path)}:{number}: {included}")
            if included == "roles.h" and own is not None and FLOORS[own] < 3:
                wrong.append(f"{name_of(path)}:{number}: {included}")
    assert wrong == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_stays_in_its_folder(library):
    folder = LIBRARIES[library]
    wrong = [
        f"{name_of(path)}:{number}: <{included}>"
        for path in sources()
        for number, included, _ in includes(path)
        if included.startswith(library) and folder_of(path) != folder
    ]
    assert wrong == []


def test_no_header_shows_the_types_of_a_library():
    wrong = [
        f"{name_of(path)}:{number}: <{included}>"
        for path in sources((".h",))
        if path.is_relative_to(ROOT / "include")
        for number, included, _ in includes(path)
        if included.startswith(tuple(LIBRARIES))
    ]
    assert wrong == []


def libraries_of(program):
    return {line.split()[0].split(".so")[0] for line in output("ldd", BUILD / program).splitlines()}


def test_penstock_links_no_parser():
    linked = libraries_of("penstock")
    assert "libpq" in linked
    assert not linked & {"libxml2", "libjansson", "libyaml-0", "libmagic", "libicuuc", "libicui18n"}


def test_the_worker_links_no_database():
    linked = libraries_of("penstock-worker")
    assert "libxml2" in linked
    assert not linked & {"libpq", "libuv", "libssl"}
