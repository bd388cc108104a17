"""Test `silence`: something that ran all the time has stopped.

A cell is silent from its last record on. Its silence is held against all gaps it had before: it has to be longer than the
longest of them by half, and longer than chance leaves by its own rhythm. What runs on a schedule has gaps that are all alike, so
it is missed after one and a half of them.

An example: `{every = 1, silent = 6}`: a record each hour (or each 24), and none in the last six.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logscrub.anomalies.baseline import expect
from logscrub.anomalies.judge.base import Candidate, Judge, Series, filled, unit_of, window, world
from logscrub.anomalies.judge.counts import panel_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Signals
from logscrub.anomalies.tails import Bools, Floats

_FEWEST_GAPS = 7
"""Gaps without which nothing is known of a rhythm."""
_LONGER = 1.5
_MEAN = 7.0
"""Records that would have come: exp(−7) is once in a thousand."""
_REGULAR = 0.9
"""The share of gaps that are as long as the usual one, from which a cell runs on a schedule."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """What has stopped."""
    found = []
    hours = np.arange(signals.hours)
    for family in rule.by:
        cells = panel_of(rule, family, signals)
        whole_feed = not family
        # what of the whole app says nothing may be a missing export: that is for the rule on the feed
        told = np.ones(signals.hours, bool) if whole_feed else _told(signals)
        expected = expect(cells.counts, signals.known, signals.weekday)
        for n, key in enumerate(cells.keys):
            active = np.nonzero(cells.counts[n, : signals.last])[0]
            if len(active) < _FEWEST_GAPS + 1 or active[-1] < signals.first - 21 * 24:
                continue
            gaps = np.diff(active)
            last = int(active[-1])
            silent = int(told[last + 1 : signals.last].sum())
            if last + 1 < signals.first and _already(gaps, last, signals, told):
                continue  # it was silent already when the period began
            usual = float(np.median(gaps))
            is_regular = bool(np.mean(np.abs(gaps - usual) <= max(1.0, 0.1 * usual)) >= _REGULAR)
            missed = float(expected.mean[n, last + 1 : signals.last][told[last + 1 : signals.last]].sum())
            longest = float(np.quantile(gaps, 0.98)) if is_regular else float(gaps.max())
            if silent + 1 <= max(_LONGER * longest, usual + rule.least) or (missed < _MEAN and not is_regular):
                continue
            missing = _missing(is_regular, usual, missed, silent)
            at = window(signals)
            ready = np.where(expected.ready[at], 1.0, np.nan)
            mean = expected.mean[n, at] * ready
            counts: Floats = np.where(told[at] & (hours[at] <= signals.last), cells.counts[n, at], np.nan)
            found.append(
                Candidate(
                    rule,
                    tuple(zip(cells.names, key, strict=True)),
                    last + 1,
                    signals.last,
                    unit_of(rule),
                    0.0,
                    missing,
                    1 / (len(gaps) + 1),
                    (signals.last - signals.first) / 24 * allowed,
                    series=Series(unit_of(rule), at.start, counts, mean, np.full_like(mean, np.nan), np.zeros_like(mean)),
                )
            )
    return found


def _missing(is_regular: bool, usual: float, missed: float, silent: int) -> float:
    return max(missed, silent / usual if is_regular else 0.0)


def _told(signals: Signals) -> Bools:
    out = signals.known.copy()
    out[signals.last :] = False
    return out


def _already(gaps: NDArray[np.int64], last: int, signals: Signals, told: Bools) -> bool:
    """Whether the silence was told in the period before."""
    before = int(told[last + 1 : signals.first].sum())
    return before > 24 and before + 1 > _LONGER * float(gaps.max())


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """Whether the silence is found."""
    signals = world()
    every, silent = int(example["every"]), int(example["silent"])
    t = np.arange(0, signals.hours - silent, every)
    rows = pl.DataFrame({"t": t, "records": np.full(len(t), int(example.get("records", 3)))})
    rows = rows.with_columns(pl.lit("f").alias("function"), pl.lit(rule.module).alias("module"))
    beside = pl.DataFrame({"t": np.arange(signals.hours), "records": np.full(signals.hours, 5)})
    beside = beside.with_columns(pl.lit("g").alias("function"), pl.lit(rule.module).alias("module"))
    rows = filled(EMPTY.functions, rows)
    if rule.by[-1]:
        rows = pl.concat([rows, filled(EMPTY.functions, beside)])
    return any(not c.dimensions or ("function", "f") in c.dimensions for c in find(rule, world(functions=rows), 0.01))


JUDGE: Final = Judge(find, plays)
