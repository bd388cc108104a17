"""Test `counts`: more (or fewer) of something than usual, by hour of the week.

Of each cell the counts of an hour, of three and of 24 hours are held against a negative binomial (`logscrub.anomalies.baseline`).
A rule may check large customers apart (`large_apart`): each of them is a cell in each function, and the cells of the functions
and of the app are without them. Otherwise a customer that grows would make its functions vary more than they did before.

An example: `{usual = 4, then = [60]}`: four an hour in the mean for four weeks, and 60 in the last hour. `others` more cells of
the same kind stand beside it (20 without it). `night` an hour are usual in the last hours of a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import DAY, Expected, expect, variance_of_sums
from logscrub.anomalies.checks.base import (
    SCALES,
    Candidate,
    Check,
    Scored,
    Series,
    calibrated,
    episodes,
    filled,
    held_out,
    left_out,
    summed,
    unit_of,
    unusual_hours,
    window,
    world,
)
from logscrub.anomalies.model import SHORT_HISTORY
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, LARGE, LARGE_DAYS, Panel, Signals, panel
from logscrub.anomalies.tails import Bools, Floats, nb_lower, nb_upper, rejected_hours

_COLUMNS: Final = {"app_version": "version"}
"""Dimensions whose column has another name."""
_LARGE: Final = ("function", "tenant")
"""The cells of large customers."""
_CHART_SCORE = 3.0
"""The band of a chart is left once in a thousand hours."""
_MOST_TIMES = 100.0
_SMALL = 0.2
"""The share of the greatest run's excess, below which another one is not worth telling beside it."""
_NIGHT: Final = 16
"""The hour at which an example's night begins."""


def place_of(rule: Rule, family: tuple[str, ...]) -> Literal["statements", "tenants", "signatures", "functions"]:
    """Returns the frame of the signals that has a number for such cells."""
    if rule.number == "redactions":
        return "statements"
    if "tenant" in family:
        return "tenants"
    return "signatures" if "signature" in family else "functions"


def frame_of(rule: Rule, family: tuple[str, ...], signals: Signals) -> pl.DataFrame:
    """Returns the frame that `place_of` names. Of functions, only those whose module the rule asks for are in it."""
    place = place_of(rule, family)
    frame: pl.DataFrame = getattr(signals, place)
    is_narrow = rule.module and place == "functions"
    return frame.filter(pl.col("module").str.contains(rule.module, literal=True)) if is_narrow else frame


def panel_of(rule: Rule, family: tuple[str, ...], signals: Signals) -> Panel:
    """The counts of a rule for a family of cells."""
    columns = [_COLUMNS.get(name, name) for name in family]
    if rule.large_apart and family == _LARGE:
        return panel(signals.large, family, rule.number, signals.hours)
    made = panel(frame_of(rule, family, signals), columns, rule.number, signals.hours)
    return Panel(family, made.keys, made.counts - _of_large(made, signals) if rule.large_apart else made.counts)


def _of_large(cells: Panel, signals: Signals) -> Floats:
    """The records of the app's, or of each function's, large customers."""
    if cells.names:
        return panel(signals.large, cells.names, "records", signals.hours, cells.keys).counts
    today = signals.first // DAY * DAY
    week = slice(max(0, today - LARGE_DAYS * DAY), today)
    customers = panel(signals.tenants, ("tenant",), "records", signals.hours).counts
    shares = customers[:, week].sum(1) / max(1.0, cells.counts[:, week].sum())
    return np.asarray(customers[shares >= LARGE].sum(0, keepdims=True))


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns the cells with more (or fewer) than usual."""
    found: list[Candidate] = []
    if signals.history_days < SHORT_HISTORY:
        return _alone(rule, signals)
    families = (*rule.by, _LARGE) if rule.large_apart else rule.by
    for family in families:
        cells = panel_of(rule, family, signals)
        if cells.counts.any():
            found += candidates_of(rule, cells, signals, allowed / len(families), are_known(cells, signals))
    return found


def are_known(cells: Panel, signals: Signals) -> Bools:
    """Marks the cells with a past to compare with.

    A function or a customer has one if it was seen long enough before the period for any comparison, or on the first day of
    all. An error or a statement has one if it was seen before the period at all; the check `first` reports new ones.
    """
    if {"signature", "statement"} & set(cells.names):
        return np.asarray(cells.counts[:, : signals.first].any(1))
    first_told = int(np.nonzero(signals.known)[0][0]) if signals.known.any() else 0
    since = max(signals.first - SHORT_HISTORY * DAY, first_told + DAY - 1)
    out = np.ones(len(cells.keys), bool)
    for at, name in enumerate(cells.names):
        frame = signals.tenants if name == "tenant" else signals.functions
        if name in ("tenant", "function") and len(frame):
            old = frame.filter(pl.col("t") <= since)
            known = set(old[name].unique().to_list())
            out &= np.array([key[at] in known for key in cells.keys], bool)
    return out


class _Scored(NamedTuple):
    """The expectations for the hours of cells, and the scores against them."""

    expected: Expected
    told: Bools
    scored: Scored


def _score(rule: Rule, cells: Panel, signals: Signals) -> _Scored | None:
    """Scores of all cells; None where nothing is known that they could be held against."""
    rhythm, hindsight, times = _records(rule, cells, signals)
    without = left_out(rule, cells, signals)
    own_clocks = "tenant" in cells.names
    expected = expect(
        cells.counts,
        signals.known,
        signals.weekday,
        rhythm,
        hindsight,
        own_clocks=own_clocks,
        without=without,
        unsettled=signals.unsettled,
    )
    if times is not None:
        expected = replace(expected, mean=expected.mean * times)
    out = held_out(signals, expected.ready)
    if not out.any():
        return None
    scales = SCALES[:2] if rule.quiet is not None else SCALES
    told = signals.known & expected.ready  # a sum over hours of which nothing can be expected says nothing
    known = np.where(told, cells.counts if without is None else np.where(without, expected.mean, cells.counts), 0.0)
    means = [summed(np.where(told, expected.mean, 0.0), k) for k in scales]
    variances = [variance_of_sums(expected, told, k) for k in scales]
    score = nb_upper if rule.direction == "up" else nb_lower
    sizes = [m**2 / np.maximum(v, 1e-12) for m, v in zip(means, variances, strict=True)]
    scores = [score(summed(known, k), m, s) for k, m, s in zip(scales, means, sizes, strict=True)]
    return _Scored(expected, told, calibrated(scores, means, out, slice(signals.first, signals.last)))


def candidates_of(rule: Rule, cells: Panel, signals: Signals, allowed: float, old: Bools | None = None) -> list[Candidate]:
    """Finds the unusual hours of cells. `allowed`: the rate of Benjamini and Hochberg's procedure; `old`: the cells that are
    tested."""
    made = signals.again(("counts", rule.id, cells.names), lambda: _score(rule, cells, signals))
    if made is None:
        return []
    expected, told, scored = made
    period = slice(signals.first, signals.last)
    open_hours = told[period] & (np.ones(len(cells.keys), bool) if old is None else old)[:, None]
    if rule.quiet is not None:
        usual = summed(expected.mean, DAY)[:, period] / DAY
        open_hours = open_hours & (expected.mean[:, period] <= rule.quiet * usual)
    p_values = np.where(open_hours, scored.p_values, 1.0)
    unusual = rejected_hours(p_values, allowed)
    tested = max(1, int(open_hours.sum()))
    found = []
    for cell in np.nonzero(unusual.any(1))[0].tolist():
        mean, size = expected.mean[cell], expected.size[cell]
        excess = cells.counts[cell] - mean if rule.direction == "up" else mean - cells.counts[cell]
        excess = np.where(told, excess, 0.0)
        noise = np.sqrt(mean + mean**2 / size) / 2
        hours, news = unusual_hours(unusual[cell], scored.scale[cell], excess, noise, signals.first)
        runs = [(a, b) for a, b in episodes(hours) if b > signals.first]
        runs = [(a, b) for a, b in runs if _matters(rule, cells.counts[cell, a:b], expected.mean[cell, a:b])]
        if not runs:
            continue
        amounts = [abs(float((cells.counts[cell, a:b] - expected.mean[cell, a:b]).sum())) for a, b in runs]
        runs = [run for run, amount in zip(runs, amounts, strict=True) if amount >= _SMALL * max(amounts)]
        where = np.zeros(signals.hours, bool)
        for a, b in runs:
            where[a:b] = hours[a:b]
        p = float(p_values[cell, news].min())
        found.append(
            Candidate(
                rule,
                tuple(zip(cells.names, cells.keys[cell], strict=True)),
                runs[0][0],
                runs[-1][1],
                unit_of(rule),
                float(cells.counts[cell, where].sum()),
                float(expected.mean[cell, where].sum()),
                p,
                p * tested,
                series=_series(rule, cells.counts[cell], expected, cell, signals),
            )
        )
    return found


class _Records(NamedTuple):
    """The records that counts are part of."""

    places: Mapping[tuple[str, ...], int]
    rhythm: Floats
    """The expected rhythm of each cell; its mean is 1."""
    hindsight: Floats
    """The expected rhythm once the day is known."""
    times: Floats
    """Records over expected records, at least 1."""


def _records(rule: Rule, cells: Panel, signals: Signals) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Returns the rhythm of the records that the counts are a part of (of the function, the customer, or the app), that rhythm in
    hindsight, and, where the rule asks for it, how many times the expected records there were."""
    if rule.number == "records":
        return None, None, None
    name = next((name for name in ("tenant", "function") if name in cells.names), "")
    if ("records", name) not in signals.memo:
        frame = signals.tenants if name == "tenant" else signals.functions
        told = panel(frame, (name,) if name else (), "records", signals.hours)
        expected = expect(told.counts, signals.known, signals.weekday, own_clocks=name == "tenant", unsettled=signals.unsettled)
        mean, hindsight = expected.mean, expected.hindsight
        rhythm, hindsight = (v / np.maximum(mean.mean(1, keepdims=True), 1e-9) for v in (mean, hindsight))
        times = np.clip((told.counts + 1) / (mean + 1), 1, _MOST_TIMES)
        signals.memo["records", name] = _Records({key: n for n, key in enumerate(told.keys)}, rhythm, hindsight, times)
    records: _Records = signals.memo["records", name]
    at = cells.names.index(name) if name else -1
    rows = [records.places.get((key[at],) if name else ()) for key in cells.keys]
    rhythm, hindsight, times = np.ones((3, len(rows), signals.hours))
    for n, row in enumerate(rows):
        if row is not None:
            rhythm[n], hindsight[n], times[n] = records.rhythm[row], records.hindsight[row], records.times[row]
    return rhythm, hindsight, times if rule.per_record else None


def _matters(rule: Rule, counts: Floats, mean: Floats) -> bool:
    """True if a run of hours, added up, differs from what was expected by the rule's `least` and `times`."""
    observed, expected = float(counts.sum()), float(mean.sum())
    if rule.direction == "up":
        return observed - expected >= rule.least and observed >= rule.times * expected
    return expected - observed >= rule.least and observed * rule.times <= expected


def _series(rule: Rule, counts: Floats, expected: Expected, cell: int, signals: Signals) -> Series:
    at = window(signals)
    mean, size = expected.mean[cell, at], expected.size[cell, at]
    spread = np.sqrt(mean + mean**2 / size)
    upper = _bound(nb_upper, mean, size, mean, mean + 40 * spread + 40)
    lower = None if rule.direction == "up" else _bound(nb_lower, mean, size, mean, np.zeros_like(mean))
    shown = np.where(signals.known[at], counts[at], np.nan)
    ready = np.where(expected.ready[at], 1.0, np.nan)
    return Series(unit_of(rule), at.start, shown, mean * ready, upper * ready, None if lower is None else lower * ready)


def _bound(score: Any, mean: Floats, size: Floats, inside: Floats, outside: Floats) -> Floats:
    """The count at which a score is reached, by bisection."""
    inside, outside = inside.copy(), outside.copy()
    for _ in range(24):
        middle = (inside + outside) / 2
        beyond = score(middle, mean, size) >= _CHART_SCORE
        outside, inside = np.where(beyond, middle, outside), np.where(beyond, inside, middle)
    return outside


def _alone(rule: Rule, signals: Signals) -> list[Candidate]:
    """Returns what a rule reports without days to compare with."""
    if rule.alone is None:
        return []
    cells = panel_of(rule, rule.by[-1], signals)
    found = []
    for key, counts in zip(cells.keys, cells.counts, strict=True):
        at = np.nonzero(counts[signals.first : signals.last])[0] + signals.first
        if counts[at].sum() < rule.alone:
            continue
        place = window(signals, days=1)
        nothing = np.full(place.stop - place.start, np.nan)
        series = Series(unit_of(rule), place.start, np.where(signals.known[place], counts[place], np.nan), nothing, nothing)
        where = tuple(zip(cells.names, key, strict=True))
        found.append(
            Candidate(
                rule, where, int(at[0]), int(at[-1]) + 1, unit_of(rule), float(counts[at].sum()), None, None, None, series=series
            )
        )
    return found


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if a rule finds the last hours of an example's cell."""
    rng = np.random.default_rng(7)
    family = rule.by[-1]
    cells = 1 + int(example.get("others", 20)) if family else 1
    signals = world()
    mean = np.full(signals.hours, float(example["usual"]))
    if "night" in example:
        mean[np.arange(signals.hours) % DAY >= _NIGHT] = float(example["night"])
    counts = rng.poisson(mean, (cells, signals.hours)).astype(np.int64)
    then = [int(n) for n in example["then"]]
    counts[0, signals.hours - len(then) :] = then
    name = place_of(rule, family)
    column = _COLUMNS.get(family[-1], family[-1]) if family else "function"
    cell, t = np.nonzero(counts)
    rows = pl.DataFrame({"t": t, column: [f"c{n}" for n in cell], rule.number: counts[cell, t]})
    if rule.module:
        rows = rows.with_columns(pl.lit(rule.module).alias("module"))
    found = find(rule, world(**{name: filled(getattr(EMPTY, name), rows)}), 0.01)
    return any(c.end == signals.hours and (not family or c.dimensions[-1:] == ((family[-1], "c0"),)) for c in found)


CHECK: Final = Check(find, plays)
