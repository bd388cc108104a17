"""Test `versions`: worse since a version of the app is out, compared side by side with the versions before it.

For each function, what went wrong with the new version is held against what went wrong with the others: in the week before, and
in the same hours, where they ran beside it; the less unusual of both counts. And it has to be worse from its first hours on. It
needs no long history; the first hour of a deployment will do.

The odds are those of a beta-binomial: the share of the old versions is known as well as their records tell it (in this function,
and a little in all of them), and both are taken for as few independent records as the differences between hours allow
(Pearson's chi-square over its degrees of freedom, the usual correction for overdispersion: McCullagh, Nelder, 1989).

An example: `{before = [4, 400], after = [40, 300]}`: 4 of 400 records with the old version, 40 of 300 with the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import DAY
from logscrub.anomalies.checks.base import Candidate, Check, Series, filled, window, world
from logscrub.anomalies.checks.rates import OF
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Signals
from logscrub.anomalies.tails import Floats, rejected

_NEW_DAYS = 3
"""Days for which a version is new."""
_BEFORE_DAYS = 7
_UNKNOWN: Final = ("", "unknown")
"""The name for a missing version: refused invocations have none."""
_FEWEST, _FEWEST_BEFORE = 20, 5
"""Records of the new version and of the others, below which a share says nothing."""
_EARLY = 0.25
"""The share of a version's records that were its first ones."""
_PRIOR = 10.0
"""Records by which the old versions' share in all functions is believed for one of them."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns the functions that do worse in a new version."""
    of = OF.get(rule.number, "records")
    frame = signals.slow if rule.number == "slow" else signals.functions
    frame = frame.filter(~pl.col("version").is_in(_UNKNOWN))
    born = {v: int(t) for v, t in frame.group_by("version").agg(pl.col("t").min()).iter_rows()}
    first_told = int(np.nonzero(signals.known)[0][0]) if signals.known.any() else 0
    in_period = frame.filter(pl.col("t") >= signals.first)
    oldest = max(signals.first - _NEW_DAYS * DAY, first_told + 1)
    tests: list[_Compared] = []
    for function, version in sorted(in_period.select("function", "version").unique().iter_rows()):
        if born[version] < oldest and not _first_among(version, born, in_period, first_told):
            continue
        mine = in_period.filter((pl.col("function") == function) & (pl.col("version") == version))
        older = [v for v in born if _age(v, born) < _age(version, born)]
        theirs = frame.filter(
            (pl.col("function") == function)
            & (pl.col("t") >= signals.first - _BEFORE_DAYS * DAY)
            & pl.col("version").is_in(older)
        )
        if float(mine[of].sum()) < _FEWEST or float(theirs[of].sum()) < _FEWEST_BEFORE:
            continue
        every = frame.filter(pl.col("version").is_in(older) & (pl.col("t") >= signals.first - _BEFORE_DAYS * DAY))
        usual = (float(every[rule.number].sum()) + 0.5) / (float(every[of].sum()) + 1)
        beside = theirs.filter(pl.col("t") >= max(born[version], signals.first))
        others = [theirs, beside] if float(beside[of].sum()) >= _FEWEST else [theirs]
        # the new version did not cause what is as bad in the old one at the same time
        tests.append(
            max((_compared(function, version, mine, other, usual, rule) for other in others), key=lambda one: one.p_value)
        )
    if not tests:
        return []
    p_values = np.array([one.p_value for one in tests])
    unusual, _ = rejected(p_values, allowed)
    found = []
    for (function, version, x, n, y, m, p), is_unusual in zip(tests, unusual.tolist(), strict=True):
        expected = n * (y + 0.5) / (m + 1)
        if not is_unusual or x - expected < rule.least or x < rule.times * expected:
            continue
        own = frame.filter((pl.col("function") == function) & (pl.col("version") == version))
        if not _from_the_beginning(own, rule.number, of, rule.times * (y + 0.5) / (m + 1)):
            continue
        mine = in_period.filter((pl.col("function") == function) & (pl.col("version") == version) & (pl.col(rule.number) > 0))
        found.append(
            Candidate(
                rule,
                (("function", function), ("app_version", version)),
                int(mine["t"].min()),  # type: ignore[arg-type]
                int(mine["t"].max()) + 1,  # type: ignore[arg-type]
                "share of calls" if rule.number in OF else "share of records",
                x / n,
                y / m,
                p,
                p * len(tests),
                series=_series(frame.filter(pl.col("function") == function), rule.number, of, y / m, signals),
            )
        )
    return found


class _Compared(NamedTuple):
    """A new version of a function beside others."""

    function: str
    version: str
    hits: float
    trials: float
    other_hits: float
    other_trials: float
    p_value: float


def _compared(function: str, version: str, mine: pl.DataFrame, theirs: pl.DataFrame, usual: float, rule: Rule) -> _Compared:
    of = OF.get(rule.number, "records")
    x, n = float(mine[rule.number].sum()), float(mine[of].sum())
    y, m = float(theirs[rule.number].sum()), float(theirs[of].sum())
    deflate = max(_dispersion(mine, rule.number, of), _dispersion(theirs, rule.number, of))
    p_value = _odds(x / deflate, n / deflate, y / deflate, m / deflate, usual)
    return _Compared(function, version, x, n, y, m, p_value)


def _from_the_beginning(own: pl.DataFrame, number: str, of: str, least: float) -> bool:
    """True if a version did worse from its first hours on. What begins later was not deployed with it."""
    by_hour = own.group_by("t").agg(pl.col(number).sum(), pl.col(of).sum()).sort("t")
    trials = by_hour[of].to_numpy().astype(float)
    total = np.cumsum(trials)
    enough = int(np.searchsorted(total, max(_FEWEST, total[-1] * _EARLY))) + 1
    early = by_hour.head(enough)
    return float(early[number].sum()) >= least * float(early[of].sum())


def _first_among(version: str, born: Mapping[str, int], in_period: pl.DataFrame, first_told: int) -> bool:
    """True if a version is newer than another of the period when all known hours begin with it, so that hours cannot decide."""
    if born[version] != first_told:
        return False
    others = [v for v in in_period["version"].unique().to_list() if v != version and born[v] == first_told]
    return any(_parts(v) < _parts(version) for v in others)


def _age(version: str, born: Mapping[str, int]) -> tuple[int, tuple[int, ...]]:
    """A sort key, smaller for the older version: the first hour, then the number of the version."""
    return born[version], _parts(version)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else -1 for part in version.split("."))


def _dispersion(rows: pl.DataFrame, number: str, of: str) -> float:
    """Chi-square of the hours' shares over its degrees of freedom, 1 at least."""
    by_hour = rows.group_by("t").agg(pl.col(number).sum(), pl.col(of).sum()).filter(pl.col(of) > 0)
    x, n = by_hour[number].to_numpy().astype(float), by_hour[of].to_numpy().astype(float)
    share = x.sum() / max(n.sum(), 1)
    if len(x) < 3 or not 0 < share < 1:
        return 1.0
    chi_square = float(((x - n * share) ** 2 / (n * share * (1 - share))).sum())
    return max(1.0, chi_square / (len(x) - 1))


def _odds(x: float, n: float, y: float, m: float, usual: float) -> float:
    """P(X ≥ x) where the rate is known from y of m: a beta-binomial, by its normal approximation where counts are large."""
    from scipy.stats import betabinom, norm

    if x <= 0:
        return 1.0
    a, b = y + _PRIOR * usual, m - y + _PRIOR * (1 - usual)
    if n <= 20_000:
        return float(betabinom.sf(np.ceil(x) - 1, max(round(n), int(np.ceil(x))), a, b))
    rate = a / (a + b)
    variance = n * rate * (1 - rate) * (a + b + n) / (a + b + 1)
    return float(norm.sf((x - 0.5 - n * rate) / np.sqrt(variance)))


def _series(frame: pl.DataFrame, number: str, of: str, before: float, signals: Signals) -> Series:
    at = window(signals, days=3)
    hits, trials = np.zeros(signals.hours), np.zeros(signals.hours)
    np.add.at(hits, frame["t"].to_numpy(), frame[number].to_numpy())
    np.add.at(trials, frame["t"].to_numpy(), frame[of].to_numpy())
    n = trials[at]
    share: Floats = np.where(n > 0, hits[at] / np.maximum(n, 1), np.nan)
    usual = np.where(n > 0, before, np.nan)
    upper = np.minimum(usual + 3.1 * np.sqrt(usual * (1 - usual) / np.maximum(n, 1)), 1)
    return Series("share of calls" if number in OF else "share of records", at.start, share, usual, upper)


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if the new version of an example is found."""
    (y, m), (x, n) = example["before"], example["after"]
    hours = world().hours
    of = OF.get(rule.number, "records")
    rows = pl.DataFrame(
        {
            "t": [hours - 30, hours - 2, hours - 1],
            "function": ["f"] * 3,
            "version": ["1.0.0", "1.0.0", "1.1.0"],
            rule.number: [y - y // 2, y // 2, x],
            of: [m - m // 2, m // 2, n],
        }
    )
    name, frame = ("slow", EMPTY.slow) if rule.number == "slow" else ("functions", EMPTY.functions)
    return bool(find(rule, world(**{name: filled(frame, rows)}), 0.01))


CHECK: Final = Check(find, plays)
