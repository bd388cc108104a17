"""The tests that rules ask for, one file each."""

from __future__ import annotations

from typing import Final

from logscrub.anomalies.judge import actors, counts, first, levels, rates, silence, vectors, versions
from logscrub.anomalies.judge.base import Judge

TESTS: Final[dict[str, Judge]] = {
    "counts": counts.JUDGE,
    "rates": rates.JUDGE,
    "versions": versions.JUDGE,
    "first": first.JUDGE,
    "silence": silence.JUDGE,
    "actors": actors.JUDGE,
    "levels": levels.JUDGE,
    "vectors": vectors.JUDGE,
}
"""The tests, by the name that rules use."""
