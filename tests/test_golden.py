"""Scrubbed samples of each format, to be read by people.

`UPDATE_GOLDEN=1 pytest tests/test_golden.py` writes them anew: look at the diff.
`golden/output/` holds what is left, under the key of the tests, of the small logs in `golden/input/`, and of those in
`sample_logs/` that container runtimes, collectors and clouds write.
"""

from __future__ import annotations

import os
from pathlib import Path

import collector_samples
import pytest
from strategies import scrub, scrub_fastest, verify_fastest

from logscrub.redact.scrub import Redactor

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = Path(__file__).parents[1] / "sample_logs"
NAMES = [*collector_samples.KINDS, "aws_classic_load_balancer.log", "nginx_error.log", "windows_events.txt"]
INPUTS = [*sorted((GOLDEN / "input").iterdir()), *(SAMPLES / name for name in sorted(NAMES))]


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: p.name)
def test_the_scrubbed_sample_is_the_one_that_was_looked_at(redactor: Redactor, path: Path) -> None:
    out, tally = scrub(redactor, path.read_bytes())
    expected = GOLDEN / "output" / path.name
    if os.environ.get("UPDATE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_bytes(out)
    shown, wanted = (
        data.decode(errors="backslashreplace") for data in (out, expected.read_bytes())
    )  # the journal has binary sizes
    assert shown.splitlines() == wanted.splitlines()
    assert out == expected.read_bytes()
    assert scrub_fastest(redactor, path.read_bytes()) == (out, tally)
    assert verify_fastest(redactor, out).clean


def test_every_output_has_its_input() -> None:
    assert sorted(p.name for p in (GOLDEN / "output").iterdir()) == sorted(p.name for p in INPUTS)
