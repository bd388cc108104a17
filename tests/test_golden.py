"""Scrubbed samples of each format, to be read by people.

`UPDATE_GOLDEN=1 pytest tests/test_golden.py` writes them anew: look at the diff.
`golden/input/` holds small logs, `golden/output/` what is left of them under the key of the tests.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from strategies import scrub, verify

from logscrub.redact.scrub import Redactor

GOLDEN = Path(__file__).parent / "golden"
INPUTS = sorted((GOLDEN / "input").iterdir())


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: p.name)
def test_the_scrubbed_sample_is_the_one_that_was_looked_at(redactor: Redactor, path: Path) -> None:
    out, _ = scrub(redactor, path.read_bytes())
    expected = GOLDEN / "output" / path.name
    if os.environ.get("UPDATE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_bytes(out)
    shown, wanted = (
        data.decode(errors="backslashreplace") for data in (out, expected.read_bytes())
    )  # the journal has binary sizes
    assert shown.splitlines() == wanted.splitlines()
    assert out == expected.read_bytes()
    assert verify(redactor, out).clean


def test_every_output_has_its_input() -> None:
    assert sorted(p.name for p in (GOLDEN / "output").iterdir()) == [p.name for p in INPUTS]
