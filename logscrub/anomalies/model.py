"""The content of a report. Nothing here is customer data: names of functions and versions, statements, pseudonyms, counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

from logscrub.config import Severity

Kind = Literal["error", "abuse", "privacy"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""Atlassian's scale, the worst first."""
SHORT_HISTORY: Final = 3
"""Days without which nothing is compared."""
LEARNING_DAYS: Final = 14
"""Days before a period from which on all is judged, and nothing found means that nothing is unusual."""
WITHHELD: Final = "(withheld)"
"""Stands for a customer's or a person's pseudonym where whoever reads did not show the store's key."""


@dataclass(frozen=True, slots=True)
class Point:
    """An hour of a chart."""

    hour: datetime
    observed: float | None
    """None where nothing is known of that hour."""
    expected: float | None
    """None where there was nothing yet to learn from."""
    upper: float | None
    """A bound that is exceeded once in a thousand hours, as far as is known."""
    lower: float | None = None
    """The lower bound; None if only too much is unusual."""


@dataclass(frozen=True, slots=True)
class Chart:
    """An hourly series around a finding, the oldest hour first."""

    unit: str
    """The unit of the count: `errors`, `ms`, `share of records`."""
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The part of an anomaly that lies in one value of one dimension."""

    dimension: str
    """`function`, `app_version`, `signature`, `tenants`, …"""
    value: str
    share: float
    """The share of the excess (or of the deficit), 0 to 1."""
    usual_share: float | None
    """The usual share of this value; None if it was never seen before."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit that begins when a security incident is known."""

    who: str
    """The recipient of the notice."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as usual."""

    id: str
    """12 hex digits, equal whenever the same rule finds the same thing at the same place."""
    kind: Kind
    rule: str
    severity: Severity
    title: str
    why: str
    """One sentence: why the rule looks for it."""
    start: datetime
    end: datetime
    """The end of the last hour that is unusual."""
    dimensions: tuple[tuple[str, str], ...]
    """The place of the finding: `function`, `app_version`, `signature`, `statement`, `entity`, `tenant`, `actor`, …"""
    unit: str
    """The unit of `observed` and `expected`."""
    observed: float
    expected: float | None
    """None where nothing was known before."""
    p_value: float | None
    """The probability of as much by chance in one such place and time; None for what is no matter of chance."""
    false_alarms_a_week: float | None
    """The number of findings of this rule as unusual as this one that chance makes per week."""
    tenants: int | None
    """The number of customers it concerns; None if that is not known."""
    explained_by: tuple[Explanation, ...]
    """The dimensions that explain it, the one that explains most first."""
    first_steps: tuple[str, ...]
    clocks: tuple[Clock, ...]
    """The time limits of a possible security incident; empty for all other findings."""
    chart: Chart | None
    group: str
    """The id of the finding that leads its group: findings of one cause."""
    marked: str = ""
    """The verdict on it, or on an earlier one of the same id: `real, 2026-11-20: rolled back`."""


@dataclass(frozen=True, slots=True)
class RuleTally:
    """The number of a rule's findings with each verdict."""

    rule: str
    real: int
    usual: int
    known: int


@dataclass(frozen=True, slots=True)
class Muted:
    """A finding that a verdict, or the configuration, says not to tell."""

    id: str
    rule: str
    title: str
    reason: str
    until: datetime | None
    """Until when; None for an exception in the calendar, which ends by itself, and for what is usual."""
    is_usual: bool = False
    """True if it was marked as usual: it is reported again when it is farther out."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A log statement from which customer data had to be redacted."""

    function: str
    app_version: str
    """The newest version in which it was seen in the period."""
    statement: str
    entities: tuple[tuple[str, int], ...]
    """Entity types and how many, most first."""
    redactions: int
    usual: float | None
    """Redactions in as long a time before; None where nothing was known before."""
    tenants: int
    first_seen: datetime
    """The first hour of it in the store."""
    is_new: bool
    """True if it began in the period."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The period at a glance, beside what is usual for as long a time."""

    records: int
    errors: int
    tenants: int
    functions: int
    usual_records: float | None
    usual_errors: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A number of each of the last days, which end when the period does."""

    name: str
    unit: str
    """`share` where it is one; empty where the name says what is counted."""
    values: tuple[float | None, ...]
    """The oldest first; None where nothing is known."""


@dataclass(frozen=True, slots=True)
class PastNight:
    """A summary of the report of an earlier night."""

    day: date
    """The day on which the night ended, UTC."""
    worst: str
    """The severity of its worst cause; "" where nothing was found."""
    causes: int
    is_judged: bool
    """False where nothing found says nothing: no records, or still learning."""


@dataclass(frozen=True, slots=True)
class Report:
    """A night's report."""

    start: datetime
    end: datetime
    made: datetime
    totals: Totals
    findings: tuple[Finding, ...]
    """The findings, the most urgent first. Those of one group stand together, behind the one that leads it."""
    muted: tuple[Muted, ...]
    statements: tuple[Statement, ...]
    """Log statements that say customer data. The first one is to be mended first."""
    expected_false_alarms: float
    """The mean number of findings that chance makes in a period of this length."""
    budget: str
    """The number of false alarms in plain words."""
    coverage: tuple[str, ...]
    """The limits of the report, one sentence each."""
    history_days: int
    """Days before the period that were learned from."""
    tallies: tuple[RuleTally, ...] = ()
    """The record of each rule, as far as its findings were marked."""
    trends: tuple[Trend, ...] = ()
    """The period at a glance beside the four weeks before."""
    nights: tuple[PastNight, ...] = ()
    """The reports of the nights before, as far as they are known."""


def id_of(rule: str, dimensions: Iterable[tuple[str, str]]) -> str:
    """Returns the id of a finding. It is equal for the same rule at the same place at any time."""
    told = "\0".join([rule, *(f"{name}={value}" for name, value in sorted(dimensions))])
    return hashlib.sha256(told.encode()).hexdigest()[:12]
