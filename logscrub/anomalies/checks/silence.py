"""Test `silence`: something that ran all the time has stopped.

A cell is silent between two records, or from its last one on. A silence is held against all gaps that it had before: it has to
be longer than the longest of them by half, and less probable than the budget allows by the cell's own rhythm and spread. What
runs on a schedule has gaps that are all alike, and fewer empty hours than chance leaves, so it is missed after one and a half of
its gaps, however few records it writes.

An example: `{every = 1, silent = 6}`: a record each hour (or each 24), and none in the last six.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import expect
from logscrub.anomalies.checks.base import Candidate, Check, Series, filled, unit_of, window, world
from logscrub.anomalies.checks.counts import panel_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Signals
from logscrub.anomalies.tails import Bools, Floats

_FEWEST_GAPS = 7
"""Gaps without which nothing is known of a rhythm."""
_LONGER = 1.5
_INCIDENTS = 3
"""Gaps that may have been incidents, one in twenty at most."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns what has stopped, whether or not it began again."""
    found = []
    for family in rule.by:
        cells = panel_of(rule, family, signals)
        expected = expect(cells.counts, signals.known, signals.weekday, unsettled=signals.unsettled)
        # a silent function means nothing while the whole app is silent, nor on the first weekend
        ready = signals.known & expected.ready
        told = ready | (not family)
        told[signals.last :] = False
        for n, key in enumerate(cells.keys):
            most = allowed / len(rule.by) / len(cells.keys)
            gap = _gap(cells.counts[n], (expected.mean[n], expected.size[n]), told, ready, signals, rule.least, most)
            if gap is None:
                continue
            start, end, missing, gaps = gap
            at = window(signals)
            mean = expected.mean[n, at] * np.where(expected.ready[at], 1.0, np.nan)
            counts: Floats = np.where(told[at], cells.counts[n, at], np.nan)
            found.append(
                Candidate(
                    rule,
                    tuple(zip(cells.names, key, strict=True)),
                    start,
                    end,
                    unit_of(rule),
                    0.0,
                    missing,
                    1 / (gaps + 1),
                    allowed / len(rule.by),
                    series=Series(unit_of(rule), at.start, counts, mean, np.full_like(mean, np.nan), np.zeros_like(mean)),
                )
            )
    return found


def _gap(
    counts: Floats, expected: tuple[Floats, Floats], told: Bools, ready: Bools, signals: Signals, least: float, allowed: float
) -> tuple[int, int, float, int] | None:
    """The longest silence of a cell in the period, if it is too long: from where to where, what is missing, gaps before it."""
    mean, size = expected
    active = np.nonzero(counts[: signals.last])[0]
    before = active[active < signals.first]
    if len(before) < _FEWEST_GAPS + 1:
        return None
    gaps = np.diff(before)
    usual = float(np.median(gaps))
    # a few of the longest were incidents themselves
    longest = float(np.sort(gaps)[-1 - min(_INCIDENTS, len(gaps) // 20)])
    is_regular = longest <= 1.25 * usual + 1 and (usual > 1 or _is_scheduled(counts, mean, size, ready, signals.first))
    most = max(_LONGER * longest, usual + least)
    edges = [int(before[-1]), *active[active >= signals.first].tolist(), signals.last]
    best: tuple[int, int, float, int] | None = None
    for last, following in pairwise(edges):
        silent = int(told[last + 1 : following].sum())
        if silent + 1 <= most or int(told[last + 1 : signals.first].sum()) + 1 > most:
            continue  # it is short, or was reported in the period before
        at = last + 1 + np.nonzero(told[last + 1 : following])[0]
        missing = float(mean[at].sum())
        if is_regular:
            missing = max(missing, silent / usual)
        # hours that have little have it together: the negative binomial of their sum, with the size of one
        elif (1 + missing / size[at].min()) ** -size[at].min() * (len(edges) - 1) > allowed:
            continue
        if best is None or missing > best[2]:
            best = (last + 1, following, missing, len(gaps))
    return best


def _is_scheduled(counts: Floats, mean: Floats, size: Floats, ready: Bools, first: int) -> bool:
    """True if a cell has fewer empty hours before the period than chance leaves."""
    by_chance = ((1 + mean[:first] / size[:first]) ** -size[:first])[ready[:first]].sum()
    return bool((counts[:first] == 0)[ready[:first]].sum() + _FEWEST_GAPS <= by_chance)


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if the silence of an example is found."""
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


CHECK: Final = Check(find, plays)
