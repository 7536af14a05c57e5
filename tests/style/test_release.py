"""What is for tests only is in test builds only."""

import re

import pytest
from tree import BUILD, ROOT

TELLING = re.compile(rb"failpoint|x-poison|%poison|FAIL_COUNTS|FAIL_SEED|LD_PRELOAD|SHIM_FILE")


@pytest.mark.parametrize("program", ["penstock", "penstock-worker"])
def test_a_release_cannot_be_made_to_fail(program):
    """No point to fail at, no variable that sets one, and no document type that ends its reader."""
    table = (ROOT / "include/base/failpoints.def").read_text()
    names = {name.encode() for name in re.findall(r'^FAILPOINT\(\w+, "(\w+)"', table, re.MULTILINE)}
    compound = {name for name in names if b"_" in name}  # others are words that stand anywhere
    strings = set(re.findall(rb"[\x20-\x7e]{4,}", (BUILD / program).read_bytes()))
    assert len(compound) > 10 and len(strings) > 1000
    assert strings & compound == set()
    assert {text for text in strings if TELLING.search(text)} == set()
