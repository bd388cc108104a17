"""Test `levels`: a series that leaves the range of its last weeks, jumps, or is out of season, by `logscrub.anomalies.levels`.

For what is no count of independent things: `p95_ms`, the duration that 95 % of a function's calls stay below, and `records`,
where there are many. One detector runs along each cell's hours.

An example: `{usual = 400, spread = 40, then = [1600]}`: four weeks of hours around 400, and the last ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import DAY
from logscrub.anomalies.checks.base import MOST_EXAMPLE_DAYS, Candidate, Check, Series, episodes, filled, left_out, window, world
from logscrub.anomalies.levels import HOUR, Settings, scores
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Panel, Signals, panel
from logscrub.metrics.sketches import bucket_of, value_of

UNITS: Final = {"p95_ms": "ms", "records": "records an hour"}
_QUANTILE = 0.95
_FEWEST = 20
"""Durations of an hour without which its quantile says nothing."""
SHORT_HISTORY: Final = 7
_MOST_CELLS = 200


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns the series whose level is out of range."""
    if signals.history_days < SHORT_HISTORY:
        return []
    found: list[Candidate] = []
    weeks = (signals.last - signals.first) / (7 * DAY)
    for family in rule.by:
        cells = _panel(rule, family, signals)
        if not len(cells.keys):
            continue
        budget = allowed / len(rule.by) / weeks / len(cells.keys)
        without = left_out(rule, cells, signals)
        told = cells.counts if without is None else np.where(without, np.nan, cells.counts)
        for key, values in zip(cells.keys, told, strict=True):
            found += _candidates(rule, tuple(zip(family, key, strict=True)), values, signals, budget)
    return found


def _candidates(
    rule: Rule, dimensions: tuple[tuple[str, str], ...], values: np.ndarray[Any, Any], signals: Signals, budget: float
) -> list[Candidate]:
    told = values[: signals.last]
    if np.isfinite(told[: signals.first]).sum() < SHORT_HISTORY * DAY // 2:
        return []
    said = scores(told, HOUR, Settings(budget=budget, direction=rule.direction))
    alarms = np.zeros(signals.hours, bool)
    alarms[signals.first : signals.last] = said.alarms[signals.first :]
    excess = told - said.expected if rule.direction == "up" else said.expected - told
    ratio = told / np.maximum(said.expected, 1e-9) if rule.direction == "up" else said.expected / np.maximum(told, 1e-9)
    with np.errstate(invalid="ignore"):
        alarms[: signals.last] &= (excess >= rule.least) & (ratio >= rule.times)
    runs = episodes(alarms)
    if not runs:
        return []
    at_alarm = np.nonzero(alarms)[0]
    worst = int(at_alarm[np.argmin(said.p_value[at_alarm])])
    at = window(signals)
    p = float(said.p_value[worst])
    series = Series(
        UNITS[rule.number],
        at.start,
        told[at],
        said.expected[at],
        said.upper[at],
        said.lower[at],
    )
    return [
        Candidate(
            rule,
            dimensions,
            runs[0][0],
            runs[-1][1],
            UNITS[rule.number],
            float(told[worst]),
            float(said.expected[worst]),
            p,
            p * (signals.last - signals.first),
            series=series,
        )
    ]


def _panel(rule: Rule, family: tuple[str, ...], signals: Signals) -> Panel:
    """Values by the hour; NaN where nothing is known."""
    if rule.number == "records":
        cells = panel(signals.functions, family, "records", signals.hours)
        busy = [n for n, counts in enumerate(cells.counts) if counts.mean() >= _FEWEST][:_MOST_CELLS]
        values = np.where(signals.known, cells.counts[busy], np.nan)
        return Panel(family, tuple(cells.keys[n] for n in busy), values)
    hourly = (
        signals.durations.sort("bucket")
        .group_by("t", *family)
        .agg(
            pl.col("bucket").filter(pl.col("n").cum_sum() >= _QUANTILE * pl.col("n").sum()).first().alias("bucket"),
            pl.col("n").sum(),
        )
        .filter(pl.col("n") >= _FEWEST)
    )
    keys = sorted(hourly.select(family).unique().iter_rows())[:_MOST_CELLS] if family else [()]
    places = {key: n for n, key in enumerate(keys)}
    values = np.full((len(keys), signals.hours), np.nan)
    for t, *key, bucket, _ in hourly.select("t", *family, "bucket", "n").iter_rows():
        if tuple(key) in places:
            values[places[tuple(key)], t] = value_of(bucket)
    return Panel(family, tuple(keys), values)


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if the last hours of an example are found."""
    rng = np.random.default_rng(7)
    hours = (MOST_EXAMPLE_DAYS + 1) * DAY
    values = rng.normal(float(example["usual"]), float(example["spread"]), hours).clip(1)
    then = [float(value) for value in example["then"]]
    values[hours - len(then) :] = then
    function = pl.lit("f").alias("function")
    if rule.number == "records":
        rows = pl.DataFrame({"t": np.arange(hours), "records": values.round().astype(np.int64)}).with_columns(function)
        made = world(functions=filled(EMPTY.functions, rows))
    else:
        buckets = [bucket_of(value) for value in values.tolist()]
        rows = pl.DataFrame({"t": np.arange(hours), "bucket": buckets, "n": [_FEWEST] * hours}).with_columns(function)
        made = world(durations=filled(EMPTY.durations, rows))
    return any(c.end == hours for c in find(rule, made, 0.01))


CHECK: Final = Check(find, plays)
