"""Test `rates`: a greater share of something than usual: of records that are errors, of calls that are slow.

The share is held against a beta-binomial (`logscrub.anomalies.tails.rate_upper`), over an hour, three and 24 hours. `slow` counts
calls beyond what 95 % of the calls of *that customer* in that function took, so customers with more data who call more often do
not look like a slower function.

An example: `{usual = [2, 200], then = [[40, 200]]}`: 2 of 200 an hour in the mean, and 40 of 200 in the last hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import ExpectedRate, expect_rate
from logscrub.anomalies.checks.base import (
    SCALES,
    Candidate,
    Check,
    Series,
    calibrated,
    episodes,
    filled,
    held_out,
    left_out,
    summed,
    unusual_hours,
    window,
    world,
)
from logscrub.anomalies.model import SHORT_HISTORY
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Panel, Signals, panel
from logscrub.anomalies.tails import Floats, rate_upper, rejected_hours

OF: Final = {"slow": "timed"}
"""The whole that a number is a share of, where that is not the number of records."""
_FEWEST = 20
"""Trials in an hour, below which a share says nothing."""


def _panels(rule: Rule, family: tuple[str, ...], signals: Signals) -> tuple[Panel, Panel]:
    frame = signals.slow if rule.number == "slow" else signals.functions
    if rule.module and rule.number != "slow":
        frame = frame.filter(pl.col("module").str.contains(rule.module, literal=True))
    columns = ["version" if name == "app_version" else name for name in family]
    trials = panel(frame, columns, OF.get(rule.number, "records"), signals.hours)
    hits = panel(frame, columns, rule.number, signals.hours, trials.keys if family else None)
    return Panel(family, hits.keys, hits.counts), Panel(family, trials.keys, trials.counts)


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns the cells whose share is greater than usual."""
    if signals.history_days < SHORT_HISTORY:
        return []
    found: list[Candidate] = []
    for family in rule.by:
        hits, trials = _panels(rule, family, signals)
        if hits.counts.any():
            found += _candidates(rule, hits, trials, signals, allowed / len(rule.by))
    return found


def _candidates(rule: Rule, hits: Panel, trials: Panel, signals: Signals, allowed: float) -> list[Candidate]:
    without = left_out(rule, hits, signals)
    expected = expect_rate(hits.counts, trials.counts, signals.known, without=without)
    out = held_out(signals, expected.ready)
    if not out.any():
        return []
    period = slice(signals.first, signals.last)
    known = signals.known & expected.ready
    counts = hits.counts if without is None else np.where(without, trials.counts * expected.rate, hits.counts)
    xs = [summed(np.where(known, counts, 0.0), k) for k in SCALES]
    ns = [summed(np.where(known, trials.counts, 0.0), k) for k in SCALES]
    means = [summed(np.where(known, trials.counts * expected.rate, 0.0), k) for k in SCALES]
    scores = [
        rate_upper(x, n, m / np.maximum(n, 1), expected.correlation_of_sums(k))
        for x, n, m, k in zip(xs, ns, means, SCALES, strict=True)
    ]
    scored = calibrated(scores, means, out, period)
    open_hours = known[period] & (ns[-1][:, period] >= _FEWEST)
    p_values = np.where(open_hours, scored.p_values, 1.0)
    unusual = rejected_hours(p_values, allowed)
    tested = max(1, int(open_hours.sum()))
    found = []
    for cell in np.nonzero(unusual.any(1))[0].tolist():
        mean = trials.counts[cell] * expected.rate[cell]
        excess = np.where(known, hits.counts[cell] - mean, 0.0)
        hours, news = unusual_hours(unusual[cell], scored.scale[cell], excess, np.sqrt(mean) / 2, signals.first)
        where = np.zeros(signals.hours, bool)
        for a, b in (run for run in episodes(hours) if run[1] > signals.first):
            x, n, m = (float(v[a:b][hours[a:b]].sum()) for v in (hits.counts[cell], trials.counts[cell], mean))
            if n >= _FEWEST and x - m >= rule.least and x >= rule.times * m:
                where[a:b] = hours[a:b]
        if not where.any():
            continue
        at_hours = np.nonzero(where)[0]
        total = float(trials.counts[cell, where].sum())
        p = float(p_values[cell, news].min())
        found.append(
            Candidate(
                rule,
                tuple(zip(hits.names, hits.keys[cell], strict=True)),
                int(at_hours[0]),
                int(at_hours[-1]) + 1,
                "share of records" if rule.number not in OF else "share of calls",
                float(hits.counts[cell, where].sum()) / total,
                float(mean[where].sum()) / total,
                p,
                p * tested,
                series=_series(rule, hits.counts[cell], trials.counts[cell], expected, cell, signals),
            )
        )
    return found


def _series(rule: Rule, hits: Floats, trials: Floats, expected: ExpectedRate, cell: int, signals: Signals) -> Series:
    at = window(signals)
    n, rate = trials[at], expected.rate[cell, at]
    spread = np.sqrt(rate * (1 - rate) * (1 / np.maximum(n, 1) + expected.correlation[cell, at]))
    share = np.where(signals.known[at] & (n > 0), hits[at] / np.maximum(n, 1), np.nan)
    ready = np.where(expected.ready[at] & (n > 0), 1.0, np.nan)
    unit = "share of records" if rule.number not in OF else "share of calls"
    return Series(unit, at.start, share, rate * ready, np.minimum(rate + 3.1 * spread, 1) * ready)


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if a rule finds the last hours of an example's function."""
    rng = np.random.default_rng(7)
    hits, trials = (float(n) for n in example["usual"])
    signals = world()
    then = [(int(x), int(n)) for x, n in example["then"]]
    cells = 1 + int(example.get("others", 5))
    n = rng.poisson(trials, (cells, signals.hours))
    x = rng.binomial(n, hits / trials)
    for back, (of_x, of_n) in enumerate(reversed(then), 1):
        x[0, -back], n[0, -back] = of_x, of_n
    of = OF.get(rule.number, "records")
    cell, t = np.nonzero(n)
    rows = pl.DataFrame({"t": t, "function": [f"c{k}" for k in cell], rule.number: x[cell, t], of: n[cell, t]})
    name, frame = ("slow", EMPTY.slow) if rule.number == "slow" else ("functions", EMPTY.functions)
    found = find(rule, world(**{name: filled(frame, rows)}), 0.01)
    return any(c.end == signals.hours and (not rule.by[-1] or ("function", "c0") in c.dimensions) for c in found)


CHECK: Final = Check(find, plays)
