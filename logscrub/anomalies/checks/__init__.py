"""The checks that rules ask for, one file each."""

from __future__ import annotations

from typing import Final

from logscrub.anomalies.checks import actors, counts, first, levels, rates, silence, vectors, versions
from logscrub.anomalies.checks.base import Check

CHECKS: Final[dict[str, Check]] = {
    "counts": counts.CHECK,
    "rates": rates.CHECK,
    "versions": versions.CHECK,
    "first": first.CHECK,
    "silence": silence.CHECK,
    "actors": actors.CHECK,
    "levels": levels.CHECK,
    "vectors": vectors.CHECK,
}
"""The checks, by the name that rules use."""
