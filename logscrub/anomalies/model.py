"""What a report holds. Nothing here is customer data: names of functions and versions, statements, pseudonyms, counts."""

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
    """What is exceeded once in a thousand hours, as far as is known."""
    lower: float | None = None
    """The same on the other side; None where only too much is unusual."""


@dataclass(frozen=True, slots=True)
class Chart:
    """An hourly series around a finding, the oldest hour first."""

    unit: str
    """What is counted: `errors`, `ms`, `share of records`."""
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much of what is unusual lies in one value of one dimension."""

    dimension: str
    """`function`, `app_version`, `signature`, `tenants`, …"""
    value: str
    share: float
    """Of what is too much (or too little), 0 to 1."""
    usual_share: float | None
    """Of what is usual there; None where it was never seen before."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit that begins when a security incident is known."""

    who: str
    """Who has to be told."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as usual."""

    id: str
    """The same whenever the same rule finds the same thing at the same place: 12 hex digits."""
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
    """Where: `function`, `app_version`, `signature`, `statement`, `entity`, `tenant`, `actor`, …"""
    unit: str
    """Of `observed` and `expected`."""
    observed: float
    expected: float | None
    """None where nothing was known before."""
    p_value: float | None
    """How probable as much is by chance in one such place and time; None for what is no matter of chance."""
    false_alarms_a_week: float | None
    """How many findings of this rule as unusual as this one chance makes a week."""
    tenants: int | None
    """How many customers it is about; None where that is not known."""
    explained_by: tuple[Explanation, ...]
    """The one that says most first."""
    first_steps: tuple[str, ...]
    clocks: tuple[Clock, ...]
    """Empty where it is no possible security incident."""
    chart: Chart | None
    group: str
    """The id of the finding that leads its group: findings of one cause."""
    marked: str = ""
    """What was said of it, or of one of the same id before: `real, 2026-11-20: rolled back`."""


@dataclass(frozen=True, slots=True)
class RuleTally:
    """How often a rule's findings were marked as what."""

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
    """Whether it was marked as usual: it is told again where it is farther out."""


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
    """Whether it began in the period."""


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
    """What the report of an earlier night said."""

    day: date
    """On which the night ended, UTC."""
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
    """The one to look at first first; those of one group stand together, behind the one that leads it."""
    muted: tuple[Muted, ...]
    statements: tuple[Statement, ...]
    """The one to mend first first."""
    expected_false_alarms: float
    """How many of the findings chance would make, in the mean, in as long a time."""
    budget: str
    """The same in plain words."""
    coverage: tuple[str, ...]
    """What the report could not know, a sentence each."""
    history_days: int
    """Days before the period that were learned from."""
    tallies: tuple[RuleTally, ...] = ()
    """How often each rule was right, as far as its findings were marked."""
    trends: tuple[Trend, ...] = ()
    """The period at a glance beside the four weeks before."""
    nights: tuple[PastNight, ...] = ()
    """What the reports of the nights before said, as far as they are known."""


def id_of(rule: str, dimensions: Iterable[tuple[str, str]]) -> str:
    """Of a finding: the same for the same rule at the same place, whenever."""
    told = "\0".join([rule, *(f"{name}={value}" for name, value in sorted(dimensions))])
    return hashlib.sha256(told.encode()).hexdigest()[:12]
