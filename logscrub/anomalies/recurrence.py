"""Compares findings with the same day of the months and of the year before: what comes each month, or each year, is not reported.

A day has several places in its month: the first, the last but one, the second Tuesday, the last Friday. The hours of a finding
about numbers of records are compared with the same hours of the days that had such a place in the last three months. If all three
had as many records too many (or too few), the finding is a monthly job.

Too few records on the same day of the last year mean a holiday: by its date, its place in the month, or its distance from Easter.

The excess is a share of the usual number, which is the median of the same hours one, two and three weeks before, so no model of
that time is needed. An earlier excess counts as the same if it reaches the part `_AS_MUCH` of this one: a job may grow.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Final

import polars as pl

from logscrub.anomalies.model import Finding
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import Rows

MONTHS: Final = 3
"""Months before, on all of which it has to have come."""
_AS_MUCH: Final = 1.5
"""Times as much as then, up to which it is the same."""
_WEEKS: Final = (1, 2, 3)
"""Weeks before a day, whose same hours say what is usual."""
_FEWEST_WEEKS: Final = 2
_LAST_DAYS: Final = 5
"""Days at the end of a month that are counted from its end."""
_AROUND_EASTER: Final = 60
"""Days from Easter, up to which holidays move with it."""
_CHECKS: Final = ("counts", "levels", "silence")
_COLUMNS: Final = {"function": "function", "tenant": "tenant", "app_version": "version"}
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth")


def recurring(findings: Sequence[Finding], rules: Sequence[Rule], rows: Rows) -> dict[str, str]:
    """Why findings are no news, by their ids: `as on the first of the last three months`. Raises InputError."""
    of = {rule.id: rule for rule in rules}
    past = _Past(rows)
    told: dict[str, str] = {}
    for finding in findings:
        rule = of.get(finding.rule)
        if (
            rule is None
            or rule.number != "records"
            or rule.check not in _CHECKS
            or not _COLUMNS.keys() >= dict(finding.dimensions).keys()
        ):
            continue
        is_drop = rule.direction == "down" or rule.check == "silence" or finding.observed < (finding.expected or 0.0)
        reason = _reason(finding, is_drop, past)
        if reason is not None:
            told[finding.id] = reason
    return told


def _reason(finding: Finding, is_drop: bool, past: _Past) -> str | None:
    day = finding.start.date()
    now = past.excess(finding, day)
    if now is None or (now >= 0 if is_drop else now <= 0):
        return None
    for place, days in of_months(day):
        if all(_is_as_much(now, past.excess(finding, then)) for then in days):
            return f"as on the {place} of the last three months"
    if is_drop:
        for then in sorted(of_last_year(day)):
            if _is_as_much(now, past.excess(finding, then)):
                return f"as on {then:%Y-%m-%d}, the same day of the year before"
    return None


def _is_as_much(now: float, then: float | None) -> bool:
    """Returns True if the earlier deviation has the same direction and is about as large, or larger."""
    return then is not None and then * now > 0 and abs(now) <= _AS_MUCH * abs(then)


def of_months(day: date) -> Iterator[tuple[str, list[date]]]:
    """The places of a day in its month, and the days that had them in the months before, the newest first.

    >>> [place for place, days in of_months(date(2026, 5, 1))]
    ['first', 'first Friday']
    """
    months = [_months_before(day, n) for n in range(1, MONTHS + 1)]
    lengths = [monthrange(*month)[1] for month in months]
    if day.day <= min(lengths):
        yield _ordinal(day.day), [date(*month, day.day) for month in months]
    from_end = monthrange(day.year, day.month)[1] - day.day
    if from_end < _LAST_DAYS:
        place = ("last day", "last day but one")[from_end] if from_end < 2 else f"last day but {from_end}"
        yield place, [date(*month, length - from_end) for month, length in zip(months, lengths, strict=True)]
    for place, days in _of_weekday(day, months):
        yield place, days


def of_last_year(day: date) -> set[date]:
    """The days of the last year that are the same holiday, if it is one."""
    found = {then for _, days in _of_weekday(day, [(day.year - 1, day.month)]) for then in days}
    if (day.month, day.day) != (2, 29):
        found.add(day.replace(year=day.year - 1))
    beside = day - easter(day.year)
    if abs(beside.days) <= _AROUND_EASTER:
        found.add(easter(day.year - 1) + beside)
    return found


def _of_weekday(day: date, months: Sequence[tuple[int, int]]) -> Iterator[tuple[str, list[date]]]:
    """Yields earlier days with the same place among the weekdays of their month: the second Tuesday, the last Friday."""
    nth, name = (day.day - 1) // 7, f"{day:%A}"
    firsts = [date(*month, 1) for month in months]
    days = [first + timedelta(days=(day.weekday() - first.weekday()) % 7 + 7 * nth) for first in firsts]
    if all(then.month == first.month for then, first in zip(days, firsts, strict=True)):
        yield f"{_ORDINALS[nth]} {name}", days
    if day.day + 7 > monthrange(day.year, day.month)[1]:
        ends = [date(*month, monthrange(*month)[1]) for month in months]
        yield f"last {name}", [end - timedelta(days=(end.weekday() - day.weekday()) % 7) for end in ends]


def _months_before(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return year, month + 1


def _ordinal(n: int) -> str:
    if n <= len(_ORDINALS):
        return _ORDINALS[n - 1]
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def easter(year: int) -> date:
    """Easter Sunday of the western churches (Meeus, Jones and Butcher's algorithm).

    >>> easter(2026)
    datetime.date(2026, 4, 5)
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@dataclass(slots=True)
class _Past:
    """Records of days, as they are asked for."""

    rows: Rows
    _counted: dict[tuple[tuple[tuple[str, str], ...], date], Mapping[datetime, int] | None] = field(default_factory=dict)

    def excess(self, finding: Finding, day: date) -> float | None:
        """The excess in the hours of a finding, had it begun on that day, as a share of the usual number; None if not known."""
        begin = datetime.combine(day, finding.start.timetz())
        hours = [begin + timedelta(hours=n) for n in range(int((finding.end - finding.start) / timedelta(hours=1)))]
        there = self._sum(finding.dimensions, hours)
        before = [self._sum(finding.dimensions, [hour - timedelta(weeks=n) for hour in hours]) for n in _WEEKS]
        known = [number for number in before if number is not None]
        if there is None or len(known) < _FEWEST_WEEKS:
            return None
        usual = median(known)
        return (there - usual) / max(usual, 1.0)

    def _sum(self, dimensions: tuple[tuple[str, str], ...], hours: Sequence[datetime]) -> int | None:
        days = [self._day(dimensions, day) for day in sorted({hour.date() for hour in hours})]
        if None in days:
            return None
        return sum(counts.get(hour, 0) for counts in days if counts is not None for hour in hours)

    def _day(self, dimensions: tuple[tuple[str, str], ...], day: date) -> Mapping[datetime, int] | None:
        """Records by the hour; None where the store has nothing of the day."""
        if (dimensions, day) not in self._counted:
            self._counted[dimensions, day] = self._read(dimensions, day)
        return self._counted[dimensions, day]

    def _read(self, dimensions: tuple[tuple[str, str], ...], day: date) -> Mapping[datetime, int] | None:
        if not self.rows.days(day, day):
            return None
        which = (pl.col("kind") == "count") & (pl.col("source") == "logs")
        for name, value in dimensions:
            which &= pl.col(_COLUMNS[name]) == value
        columns = ["kind", "source", "hour", "records", *_COLUMNS.values()]
        (counted,) = self.rows.collect([self.rows.of_day(day, columns, which).group_by("hour").agg(pl.col("records").sum())])
        return {hour.replace(tzinfo=UTC): number for hour, number in counted.iter_rows()}
