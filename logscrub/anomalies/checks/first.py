"""Test `first`: something is seen for the first time: an error's signature, customer data in a log statement.

It needs no statistics, but days to compare with. How often chance (or everyday work) brings something new is told by how often it
came in the days before.

An example: `{before = ["A", "B"], then = ["C", "C", "C"]}`: what was seen in the weeks before, and in the last hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import DAY
from logscrub.anomalies.checks.base import Candidate, Check, Series, filled, unit_of, window, world
from logscrub.anomalies.model import SHORT_HISTORY
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Signals

LEARNING_DAYS: Final = 7
"""Days after which something new is no longer everyday: only from then on it is counted how often that happens."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns what is new. `allowed` is not used: this check involves no chance."""
    # in the first days every error is new; customer data in a log must be known at once
    if signals.history_days < (SHORT_HISTORY if rule.kind == "privacy" else LEARNING_DAYS):
        return []
    family = rule.by[-1]
    frame = signals.statements if rule.number == "redactions" else signals.signatures
    seen = (
        frame.group_by(family)
        .agg(pl.col("t").min().alias("born"), pl.col("t").max().alias("end"), pl.col(rule.number).sum(), pl.col("tenants").max())
        .sort("born", *family)
    )
    matters = (pl.col(rule.number) >= rule.least) | (pl.col("tenants") > 1)
    new = seen.filter(matters & (pl.col("born") >= signals.first))
    told = np.nonzero(signals.known)[0]
    learned = int(told[0]) + LEARNING_DAYS * DAY
    before = seen.filter(matters & (pl.col("born") >= learned) & (pl.col("born") < signals.first))
    hours = max(0, signals.first - learned)
    by_chance = len(before) / hours * (signals.last - signals.first) if hours >= DAY else None
    found = []
    for row in new.iter_rows(named=True):
        at = window(signals, days=2)
        counts = np.zeros(signals.hours)
        mine = frame.filter(pl.all_horizontal(pl.col(name) == row[name] for name in family))
        np.add.at(counts, mine["t"].to_numpy(), mine[rule.number].to_numpy())
        nothing = np.zeros(at.stop - at.start)
        found.append(
            Candidate(
                rule,
                tuple((name, row[name]) for name in family),
                row["born"],
                row["end"] + 1,
                unit_of(rule),
                float(row[rule.number]),
                0.0,
                None,
                by_chance,
                series=Series(unit_of(rule), at.start, np.where(signals.known[at], counts[at], np.nan), nothing, nothing),
            )
        )
    return found


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if something of the last hour is found."""
    hours = world().hours
    name, frame = ("statements", EMPTY.statements) if rule.number == "redactions" else ("signatures", EMPTY.signatures)
    column = rule.by[-1][-1]
    rows = [(t, what) for what in example["before"] for t in (5, 400)] + [(hours - 1, what) for what in example["then"]]
    made = pl.DataFrame({"t": [t for t, _ in rows], column: [what for _, what in rows]}).with_columns(
        pl.lit("f").alias("function"), pl.lit(1).alias(rule.number), pl.lit(1).alias("tenants")
    )
    if column == "entity":
        made = made.with_columns(pl.lit("Saved for").alias("statement"))
    return bool(find(rule, world(**{name: filled(frame, made)}), 0.01))


CHECK: Final = Check(find, plays)
