"""Looks closer at what was found: which function, version, signature or customer makes most of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from logscrub.anomalies.checks.base import Candidate
from logscrub.anomalies.model import Explanation
from logscrub.anomalies.signals import NUMBERS, Rows

_COLUMNS: Final = {
    "function": "function",
    "app_version": "version",
    "environment": "environment",
    "signature": "signature",
    "tenant": "tenant",
}
"""Dimensions, and the columns that hold them."""
_MOST_HOURS = 36
"""Hours of a finding that are looked at, from its beginning."""
_BESIDE = (1, 7)
"""Days before, whose same hours say what is usual."""
_SAYS_SOMETHING = 0.4
"""The share of the excess in one value, from which it explains something."""
_MORE_THAN_USUAL = 0.15
_DAYS_KEPT = 4


@dataclass(slots=True)
class Drill:
    """Rows of a few days, as they are asked for."""

    source: Rows
    _days: dict[date, pl.DataFrame] = field(default_factory=dict)

    def _day(self, day: date) -> pl.DataFrame:
        if day not in self._days:
            while len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            columns = ["hour", *_COLUMNS.values(), *NUMBERS]
            which = (pl.col("kind") == "count") & (pl.col("source") == "logs")
            (self._days[day],) = self.source.collect(
                [self.source.of_day(day, ["kind", "source", *columns], which).select(columns)]
            )
        return self._days[day]

    def rows(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Rows of the hours from one up to another."""
        days = [start.date() + timedelta(days=n) for n in range((end - timedelta(microseconds=1) - start).days + 2)]
        found = [self._day(day) for day in days if day <= (end - timedelta(microseconds=1)).date()]
        return pl.concat(found).filter(pl.col("hour").is_between(start, end, closed="left"))

    def explain(self, candidate: Candidate, start: datetime, end: datetime) -> tuple[tuple[Explanation, ...], int | None]:
        """Names the dimensions that explain most of a finding, and counts the customers it concerns."""
        number = candidate.rule.number if candidate.rule.number in NUMBERS else "records"
        dimensions = dict(candidate.dimensions)
        if candidate.rule.number == "redactions" or ("actor" in dimensions and "tenant" not in dimensions):
            return (), candidate.tenants
        end = min(end, start + timedelta(hours=_MOST_HOURS))
        if candidate.rule.direction == "down" or candidate.observed == 0:
            return (), None
        now = _only(self.rows(start, end), dimensions)
        before = pl.concat([_only(self.rows(start - timedelta(days=n), end - timedelta(days=n)), dimensions) for n in _BESIDE])
        tenants = now.filter((pl.col(number) > 0) & (pl.col("tenant") != ""))["tenant"].n_unique()
        names = [name for name in _COLUMNS if name not in dimensions and (name != "signature" or number != "records")]
        found = [_most(name, number, now, before) for name in names]
        told = sorted((e for e in found if e is not None), key=lambda e: (-e.share + (e.usual_share or 0), e.dimension))
        return tuple(told[:4]), candidate.tenants if candidate.tenants is not None else tenants or None


def _only(rows: pl.DataFrame, dimensions: Mapping[str, str]) -> pl.DataFrame:
    for name, value in dimensions.items():
        if name in _COLUMNS:
            rows = rows.filter(pl.col(_COLUMNS[name]) == value)
    return rows


def _most(name: str, number: str, now: pl.DataFrame, before: pl.DataFrame) -> Explanation | None:
    """The value of a dimension that makes most of what is too much."""
    column = _COLUMNS[name]
    counted = now.filter(pl.col(column) != "").group_by(column).agg(pl.col(number).sum())
    if len(counted) < 2 and name not in ("signature", "tenant"):
        return None  # there is only one: that says nothing
    usual = before.group_by(column).agg((pl.col(number).sum() / len(_BESIDE)).alias("usual"))
    both = counted.join(usual, on=column, how="left").with_columns(pl.col("usual").fill_null(0.0))
    both = both.with_columns((pl.col(number) - pl.col("usual")).alias("excess")).sort("excess", column, descending=[True, False])
    total = float(both["excess"].clip(0).sum())
    if not len(both) or total <= 0:
        return None
    top = both.row(0, named=True)
    share = top["excess"] / total
    all_usual = float(before[number].sum()) / len(_BESIDE)
    usual_share = top["usual"] / all_usual if all_usual else None
    if share < _SAYS_SOMETHING or share - (usual_share or 0) < _MORE_THAN_USUAL:
        return None
    return Explanation(name, str(top[column]), share, usual_share)


def tenants_of_statements(rows: Rows, start: datetime, end: datetime) -> dict[tuple[str, str], int]:
    """Counts the customers of each log statement, by function and statement."""
    counted: list[pl.DataFrame] = []
    which = (pl.col("kind") == "redaction") & (pl.col("source") == "logs") & (pl.col("tenant") != "")
    for day in rows.days(start.date(), end.date()):
        found = rows.of_day(day, ["kind", "source", "hour", "function", "signature", "tenant"], which)
        found = found.filter(pl.col("hour").is_between(start, end, closed="left"))
        counted += rows.collect([found.select("function", "signature", "tenant").unique()])
    if not counted:
        return {}
    summed = pl.concat(counted).unique().group_by("function", "signature").agg(pl.len())
    return {(function, statement): n for function, statement, n in summed.iter_rows()}
