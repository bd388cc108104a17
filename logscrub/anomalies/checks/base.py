"""The checks that rules ask for: which cells, in which hours, are not as usual.

A check takes a rule, what the store tells, and how many false alarms it may make in the mean, and gives candidates. Each family
of cells of a rule is tested by itself, by Benjamini and Hochberg's procedure over all its cells (`logscrub.anomalies.tails`); so
with nothing unusual anywhere, the chance that a family says anything is its share of the budget.

An example of a rule is a little world: four weeks of hours drawn from a seeded Poisson distribution, and a last day whose last
hours are what the example says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import DAY
from logscrub.anomalies.model import id_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Panel, Signals
from logscrub.anomalies.tails import Bools, Calibration, Floats, accumulated, calibrate

UNITS: Final = {
    "throttles": "refused requests",
    "out_of_memory": "times out of memory",
    "auth_failures": "refusals",
    "egress_denials": "denied calls",
}
"""The names of numbers where a person reads them. A number without an entry is shown under its own name."""
HOUR: Final = timedelta(hours=1)
SCALES: Final = (1, 3, 24)
"""Hours that are added up to see what no single one shows."""
_HELD_OUT_DAYS = 21
"""Days before the period whose scores say what a score is worth."""
_BANDS = (0.0, 0.3, 3.0, 20.0, np.inf)
"""Expected counts among which scores are comparable: a calibration of its own for each band."""
_INCIDENTS_A_WEEK, _INCIDENT_DAYS = 3, 2
"""The number of incidents that there may have been among the hours that are learned from, and of days of cells that these
affect."""
_LITTLE = 0.1
"""The share of the greatest hour's excess, below which an hour says that it is over."""
_GAP = 3
"""The greatest number of hours between unusual ones that belong to the same finding."""


@dataclass(frozen=True, slots=True)
class Series:
    """A cell's hours around a finding."""

    unit: str
    start: int
    observed: Floats
    expected: Floats
    upper: Floats
    lower: Floats | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a check found."""

    rule: Rule
    dimensions: tuple[tuple[str, str], ...]
    start: int
    """The first unusual hour."""
    end: int
    """The hour behind the last."""
    unit: str
    observed: float
    expected: float | None
    p_value: float | None
    false_alarms: float | None
    """The number of candidates as unusual as this one that chance makes in a period, among all that was tested with it."""
    tenants: int | None = None
    series: Series | None = None


class Scored(NamedTuple):
    """Scores of cells by the hour."""

    p_values: Floats
    """[cells, hours of the period]"""
    scale: Floats
    """An array of that shape: which of `SCALES` is the most unusual."""


def calibrated(scores: Sequence[Floats], means: Sequence[Floats], held_out: Bools, period: slice) -> Scored:
    """Returns p-values for the hours of a period, from scores at several scales: each is calibrated on held-out hours, then the
    best is taken.

    Scores and means are [cells, hours]; scores of cells with about the same mean are compared.
    """
    weeks = float(held_out.sum()) / (7 * DAY)
    incidents = weeks * _INCIDENTS_A_WEEK * _INCIDENT_DAYS
    worth = [_by_band(s, m, held_out, incidents, s) for s, m in zip(scores, means, strict=True)]
    logs = -np.log10(np.maximum(np.stack(worth), 1e-300))
    best = logs.max(0)
    p_values = _by_band(best, means[0], held_out, incidents, best[:, period], means[0][:, period])
    return Scored(p_values, np.take(np.array(SCALES[: len(scores)]), logs[:, :, period].argmax(0)))


def _by_band(
    scores: Floats, means: Floats, held_out: Bools, incidents: float, wanted: Floats, wanted_means: Floats | None = None
) -> Floats:
    every: Calibration | None = None
    out = np.ones_like(wanted)
    at = means if wanted_means is None else wanted_means
    cells, hours = scores.shape
    of_day = np.broadcast_to((np.arange(hours) // DAY)[held_out], (cells, int(held_out.sum())))
    days = np.arange(cells)[:, None] * (hours // DAY + 1) + of_day
    for low, high in pairwise(_BANDS):
        here = (at >= low) & (at < high)
        if not here.any():
            continue
        told = ((means >= low) & (means < high))[:, held_out]
        if told.sum() < 1000:
            every = every or calibrate(scores[:, held_out].ravel(), incidents, days.ravel(), of_day.ravel())
            worth = every
        else:
            worth = calibrate(scores[:, held_out][told], incidents * float(told.mean()), days[told], of_day[told])
        out[here] = worth.p_values(wanted[here])
    return out


def held_out(signals: Signals, ready: Bools) -> Bools:
    """The hours whose scores say what a score is worth."""
    hours = np.arange(len(ready))
    return np.asarray(ready & signals.known & (hours < signals.first) & (hours >= signals.first - _HELD_OUT_DAYS * DAY))


def left_out(rule: Rule, cells: Panel, signals: Signals) -> Bools | None:
    """The hours of cells before the period in which they had findings that were real; None where there are none."""
    if not signals.real:
        return None
    out = np.zeros((len(cells.keys), signals.hours), bool)
    for n, key in enumerate(cells.keys):
        for start, end in signals.real.get(id_of(rule.id, zip(cells.names, key, strict=True)), ()):
            first, last = ((at - signals.start) // HOUR for at in (start, end))
            out[n, max(0, first) : max(0, min(last, signals.first))] = True
    return out if out.any() else None


def window(signals: Signals, *, days: int = 7) -> slice:
    """The hours that a chart shows: the period, and days before it."""
    return slice(max(0, min(signals.first, signals.last - DAY) - (days - 1) * DAY), signals.last)


def episodes(unusual: Bools) -> list[tuple[int, int]]:
    """Runs of true hours, those with at most `_GAP` between them together, as first and behind last."""
    at = np.nonzero(unusual)[0]
    runs: list[tuple[int, int]] = []
    for hour in at.tolist():
        if runs and hour - runs[-1][1] <= _GAP:
            runs[-1] = (runs[-1][0], hour + 1)
        else:
            runs.append((hour, hour + 1))
    return runs


def best_run(values: Floats) -> tuple[int, int]:
    """The run of hours with the greatest sum, as first and behind last (Kadane); one hour at least."""
    best, run, start = -np.inf, 0.0, 0
    found = (0, 1)
    for n, value in enumerate(values.tolist()):
        if run <= 0:
            run, start = 0.0, n
        run += value
        if run > best:
            best, found = run, (start, n + 1)
    return found


def unusual_hours(unusual: Bools, scale: Floats, excess: Floats, noise: Floats, first: int) -> tuple[Bools, Bools]:
    """Returns the hours that make a cell's unusual sums unusual (for each sum, the run with the most excess), and which sums
    these are.

    `unusual` and `scale` cover the hours of the period, from the hour `first` on. `excess`, the part beyond the mean, and
    `noise`, the part of it that means nothing, cover all hours. A sum whose run ended before the period belongs to the report
    of that time.
    """
    out, news = np.zeros(len(excess), bool), np.zeros(len(unusual), bool)
    for t in np.nonzero(unusual)[0].tolist():
        begin, end = max(0, first + t - int(scale[t]) + 1), first + t + 1
        here = excess[begin:end]
        start, stop = best_run(here - np.maximum(noise[begin:end], _LITTLE * here.max()))
        if begin + stop > first:
            out[begin + start : begin + stop] = True
            news[t] = True
    return np.asarray(out & (excess > 0)), news


def unit_of(rule: Rule) -> str:
    """The number that a rule counts, named for a person."""
    return UNITS.get(rule.number, rule.number)


def summed(values: Floats, hours: int) -> Floats:
    """Sums over the last so many hours."""
    return values if hours == 1 else accumulated(values, hours)


Test = Callable[[Rule, Signals, float], list[Candidate]]
"""Returns the candidates of a rule. Takes the rule, the signals, and the false alarms that it may make in the period."""
Example = Callable[[Rule, Mapping[str, Any]], bool]
"""True if a rule finds something in the small world of an example."""


class Check(NamedTuple):
    """A check, and how its examples are played."""

    find: Test
    plays: Example


MOST_EXAMPLE_DAYS: Final = 28
"""Days before the period in the little worlds of examples."""


def world(**frames: pl.DataFrame) -> Signals:
    """Returns a small world for examples: four weeks and a day, in which all hours are known."""
    hours = (MOST_EXAMPLE_DAYS + 1) * DAY
    whole = EMPTY._replace(**frames)
    return Signals(
        start=datetime(2026, 6, 1, tzinfo=UTC),  # no clocks are put forward or back in June
        days=MOST_EXAMPLE_DAYS + 1,
        first=MOST_EXAMPLE_DAYS * DAY,
        last=hours,
        known=np.ones(hours, bool),
        history_days=MOST_EXAMPLE_DAYS,
        functions=whole.functions,
        tenants=whole.tenants,
        large=whole.large,
        signatures=whole.signatures,
        statements=whole.statements,
        durations=whole.durations,
        slow=whole.slow,
        actors=whole.actors,
        without_customer=0,
    )


def filled(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with all columns of a frame: what they do not have is 0 or ""."""
    missing = [
        pl.lit("" if kind == pl.String else 0).cast(kind).alias(name)
        for name, kind in frame.schema.items()
        if name not in rows.columns
    ]
    return rows.with_columns(missing).select(list(frame.schema)).cast(frame.schema)
