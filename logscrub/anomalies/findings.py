"""From candidates to findings: how severe, of which cause, in which order, with which id.

Severity is on Atlassian's scale. A rule says what something of the usual size is. It is one step worse where half of the
customers (ten at least) have it, and where there is twenty times as much as expected; one step better where an error has one
customer only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from logscrub.anomalies.drill import Drill
from logscrub.anomalies.judge.base import Candidate, Series
from logscrub.anomalies.model import SEVERITIES, WITHHELD, Chart, Clock, Explanation, Finding, Point
from logscrub.anomalies.rules import Rule, title_of
from logscrub.anomalies.signals import Signals
from logscrub.config import Severity

CLOCKS: Final = (("Atlassian", 24), ("the customers whom it concerns", 72))
"""Who has to be told of a security incident, and within how many hours after it is known
(https://developer.atlassian.com/platform/marketplace/security-requirements/)."""
_MANY_TENANTS = 10
_MANY_SHARE = 0.5
_MANY_TIMES = 20
_WHO = ("tenant", "actor")
_CLOSE = timedelta(hours=2)
_MOST_EXPLAINED = 60
"""Findings that are looked at closer: the most unusual ones."""


def id_of(rule: str, dimensions: Iterable[tuple[str, str]]) -> str:
    """The same for the same rule at the same place, whenever."""
    told = "\0".join([rule, *(f"{name}={value}" for name, value in sorted(dimensions))])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def findings_of(
    candidates: Sequence[Candidate], signals: Signals, drill: Drill, *, made: datetime, tenants: int
) -> list[Finding]:
    """Findings, the one to look at first first. `tenants`: customers that were active in the period."""
    days = (signals.last - signals.first) / 24
    found = []
    for n, candidate in enumerate(sorted(candidates, key=_unusual)):
        start, end = signals.at(candidate.start), signals.at(candidate.end)
        explained: tuple[Explanation, ...] = ()
        concerned = candidate.tenants
        if n < _MOST_EXPLAINED:
            explained, concerned = drill.explain(candidate, start, end)
        rule = candidate.rule
        found.append(
            Finding(
                id=id_of(rule.id, candidate.dimensions),
                kind=rule.kind,
                rule=rule.id,
                severity=severity_of(rule, candidate, concerned, tenants),
                title=title_of(rule, dict(candidate.dimensions)),
                why=rule.why,
                start=start,
                end=end,
                dimensions=candidate.dimensions,
                unit=candidate.unit,
                observed=candidate.observed,
                expected=candidate.expected,
                p_value=candidate.p_value,
                false_alarms_a_week=None if candidate.false_alarms is None else candidate.false_alarms * 7 / days,
                tenants=concerned,
                explained_by=explained,
                first_steps=rule.first_steps,
                clocks=tuple(Clock(w, made + timedelta(hours=h)) for w, h in CLOCKS) if rule.incident else (),
                chart=None if candidate.series is None else chart_of(candidate.series, signals),
                group="",
            )
        )
    return grouped(found)


def _unusual(candidate: Candidate) -> tuple[float, str, tuple[tuple[str, str], ...]]:
    return (0.0 if candidate.p_value is None else candidate.p_value, candidate.rule.id, candidate.dimensions)


def severity_of(rule: Rule, candidate: Candidate, concerned: int | None, tenants: int) -> Severity:
    """How severe something is."""
    step = SEVERITIES.index(rule.severity)
    if concerned is not None and concerned >= max(_MANY_TENANTS, _MANY_SHARE * tenants):
        step -= 1
    if candidate.expected is not None and candidate.p_value is not None and rule.direction == "up":
        step -= candidate.observed >= _MANY_TIMES * max(candidate.expected, 0.5) and candidate.observed >= 1
    if rule.kind == "error" and concerned == 1:
        step += 1
    return SEVERITIES[min(max(step, 0), len(SEVERITIES) - 1)]


def chart_of(series: Series, signals: Signals) -> Chart:
    """An hourly series as a report shows it."""
    lower = series.lower if series.lower is not None else np.full_like(series.observed, np.nan)
    rows = zip(series.observed, series.expected, series.upper, lower, strict=True)
    points = (Point(signals.at(series.start + n), *(_told(float(v)) for v in row)) for n, row in enumerate(rows))
    return Chart(series.unit, tuple(points))


def _told(value: float) -> float | None:
    return None if not np.isfinite(value) else round(value, 4)


def withhold(finding: Finding) -> Finding:
    """A finding that does not say which customer or person it is about."""

    def hidden(name: str, value: str) -> str:
        return WITHHELD if name in _WHO else value

    return replace(
        finding,
        dimensions=tuple((name, hidden(name, value)) for name, value in finding.dimensions),
        explained_by=tuple(replace(e, value=hidden(e.dimension, e.value)) for e in finding.explained_by),
    )


def grouped(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of one cause under the one that leads: those that overlap in time and in place."""
    ordered = sorted(findings, key=_first)
    leaders: list[list[Finding]] = []
    for finding in ordered:
        home = next((group for group in leaders if any(_same_cause(finding, other) for other in group)), None)
        if home is None:
            leaders.append([finding])
        else:
            home.append(finding)
    return [replace(finding, group=group[0].id) for group in leaders for finding in group]


def _first(finding: Finding) -> tuple[str, float, float, str]:
    """What to look at first: the severest; of those what concerns most customers, and is least probable."""
    p = 1e-9 if finding.p_value is None else finding.p_value
    return (finding.severity, -(finding.tenants or 0), p, finding.id)


def _same_cause(one: Finding, other: Finding) -> bool:
    if one.start > other.end + _CLOSE or other.start > one.end + _CLOSE or one.kind == "privacy" or other.kind == "privacy":
        return False
    mine, theirs = dict(one.dimensions), dict(other.dimensions)
    if any(name in theirs and theirs[name] != value for name, value in mine.items()):
        return False
    if {name for name, value in mine.items() if theirs.get(name) == value}:
        return True
    return _points_at(one, other) or _points_at(other, one)


def _points_at(one: Finding, other: Finding) -> bool:
    """Whether one is explained by where the other is."""
    places = set(other.dimensions)
    if not places:
        return one.rule == other.rule
    return any((e.dimension, e.value) in places and e.share >= _MANY_SHARE for e in one.explained_by)
