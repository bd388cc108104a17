"""Both engines agree on arbitrary bytes: a few inputs of `scripts/fuzz_core.py`, which would tell where they do not."""

from __future__ import annotations

import random
import sys

import fuzz_core
import pytest
from strategies import THOROUGH


def test_both_engines_agree_on_arbitrary_bytes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("logscrub._core")
    monkeypatch.setattr(
        sys, "argv", ["fuzz_core.py", "--seconds", "60", "--inputs", "2000" if THOROUGH else "100", "--seed", "1"]
    )
    assert fuzz_core.main() == 0, capsys.readouterr().out


def test_a_difference_is_told_and_shortened(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fuzz_core, "engines", lambda: ("native", "plain"))
    monkeypatch.setattr(fuzz_core, "comparison", lambda: lambda data: "scrub" if b"@" in data else "")
    monkeypatch.setattr(sys, "argv", ["fuzz_core.py", "--seconds", "60", "--inputs", "100", "--seed", "1"])
    assert fuzz_core.main() == 1
    assert capsys.readouterr().out.splitlines()[0] == "scrub differs on b'@'"


def test_without_a_core_nothing_is_compared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fuzz_core, "engines", lambda: ("plain",))
    monkeypatch.setattr(sys, "argv", ["fuzz_core.py"])
    assert fuzz_core.main() == 2
    assert capsys.readouterr().err == "fuzz_core: there is no compiled core; make it with: make core\n"


def test_the_same_seed_makes_the_same_bytes() -> None:
    known = [b"INFO a", b"WARN b", b"ERROR c"]
    first, again, other = (
        [fuzz_core.bytes_of(rng, known, [b'{"a": 1}']) for _ in range(50)] for rng in map(random.Random, (1, 1, 2))
    )
    assert first == again != other
