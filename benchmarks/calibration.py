"""Measures what the p-values of every rule are worth, on traffic in which nothing happened: `python benchmarks/calibration.py`.

    python benchmarks/calibration.py [--nulls nb lognormal] [--seeds 7001] [--weeks 12] [--every 7] [--json FILE]

Generated traffic of 300 customers without any incident (`traffic.py`). From the third week on, one night in so many is judged by
the nights before it. For each rule it prints

- how many p-values there were, and how many lie below each level, over how many should (1 is right),
- false findings a week where the rule by itself may have 1, and 0.1, a week (`least` and `times` of the rule hold some back, so
  less is right; more is not).

A rule of silences has no p-values for each hour, only findings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import traffic

from logscrub.anomalies.checks import CHECKS, actors, counts, levels, rates, vectors, versions
from logscrub.anomalies.rules import Rule, load_rules
from logscrub.anomalies.signals import Rows, SignalReader, Signals

LEVELS = (1e-2, 1e-3, 1e-4, 1e-5)
BUDGETS = (1.0, 0.1)
"""False findings a week that one rule may have."""
LEARNING_DAYS = 21
DECIDES: tuple[tuple[ModuleType, str], ...] = (
    (counts, "rejected_hours"),
    (rates, "rejected_hours"),
    (actors, "rejected"),
    (vectors, "rejected"),
    (versions, "rejected"),
)
"""Where each test hands its p-values to the procedure that decides."""


@dataclass
class Worth:
    """What came of one rule."""

    tested: int = 0
    below: Counter[float] = field(default_factory=Counter)
    findings: Counter[float] = field(default_factory=Counter)

    def add(self, p_values: Any) -> None:
        open_ones = p_values[p_values < 1]
        self.tested += int(np.size(p_values))
        for level in LEVELS:
            self.below[level] += int((open_ones < level).sum())


@contextmanager
def overheard(add: Callable[[Any], None]) -> Iterator[None]:
    """While it is open, the p-values that any test decides about are added too."""
    before = [(module, name, getattr(module, name)) for module, name in DECIDES]
    scores = levels.scores

    def listening(decide: Callable[..., Any]) -> Callable[..., Any]:
        def decided(p_values: Any, rate: float) -> Any:
            add(p_values)
            return decide(p_values, rate)

        return decided

    def scored(values: Any, *rest: Any) -> Any:
        said = scores(values, *rest)
        add(said.p_value[-traffic_hours(values) :])
        return said

    def traffic_hours(values: Any) -> int:
        return min(24, len(values))

    try:
        for module, name, decide in before:
            setattr(module, name, listening(decide))
        levels.scores = scored
        yield
    finally:
        for module, name, decide in before:
            setattr(module, name, decide)
        levels.scores = scores


def measured(settings: traffic.Settings, rules: Sequence[Rule], every: int, worth: dict[str, Worth]) -> int:
    """Adds what came of each rule; says how many nights were judged."""
    rows = Rows(None, None)
    for start, frame in traffic.rollups(traffic.make(settings), parts=("actor", "count", "redaction")):
        rows.beside[start.date()] = frame
    nights = sorted(rows.beside)[LEARNING_DAYS::every]
    for day in nights:
        start = datetime.combine(day, datetime.min.time(), traffic.UTC)
        signals = replace(SignalReader(rows, start).read(start, start + timedelta(days=1)), keeps=True)
        for rule in rules:
            _add(rule, signals, worth[rule.id])
    return len(nights)


def _add(rule: Rule, signals: Signals, worth: Worth) -> None:
    find = CHECKS[rule.check].find
    for n, budget in enumerate(BUDGETS):
        if n == 0:
            with overheard(worth.add):
                found = find(rule, signals, budget / 7)
        else:
            found = find(rule, signals, budget / 7)
        worth.findings[budget] += len(found)


def lines(worth: dict[str, Worth], nights: int) -> Iterator[str]:
    yield f"{'rule':26}{'p-values':>10}" + "".join(f"{level:>9g}" for level in LEVELS) + "   findings a week at 1, 0.1"
    for rule, one in sorted(worth.items()):
        shares = [one.below[level] / one.tested / level if one.tested else float("nan") for level in LEVELS]
        found = [one.findings[budget] / nights * 7 for budget in BUDGETS]
        yield f"{rule:26}{one.tested:>10}" + "".join(f"{s:>9.2f}" for s in shares) + "".join(f"{f:>9.2f}" for f in found)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nulls", nargs="+", default=traffic.NULLS, choices=traffic.NULLS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[7001])
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--every", type=int, default=7, help="one night in so many is judged")
    parser.add_argument("--rules", nargs="+", help="these rules alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    given = parser.parse_args(arguments)
    rules = [rule for rule in load_rules() if rule.check != "first" and (not given.rules or rule.id in given.rules)]
    out: dict[str, Any] = {}
    for null in given.nulls:
        worth: dict[str, Worth] = defaultdict(Worth)
        nights = 0
        for seed in given.seeds:
            settings = traffic.Settings(
                days=7 * given.weeks, tenants=300, records_a_day=80_000, kinds=(), nulls=null, gaps_a_month=0, seed=seed
            )
            nights += measured(settings, rules, given.every, worth)
        print(f"{null}, {nights} nights", *lines(worth, nights), sep="\n", flush=True)
        out[null] = {
            "nights": nights,
            "rules": {
                rule: {"tested": one.tested, "below": dict(one.below), "findings": dict(one.findings)}
                for rule, one in sorted(worth.items())
            },
        }
    if given.json:
        given.json.write_text(json.dumps(out, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
