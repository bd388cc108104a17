"""From candidates to findings: how severe, of which cause, in which order, with which id.

Severity is on Atlassian's scale. A rule says what something of the usual size is. It is one step worse where half of the
customers (ten at least) have it, and where several have an error twenty times as often as expected; one step better where an
error has one customer only.
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
_MANY_TENANTS, _SOME_TENANTS = 10, 3
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
    if candidate.expected is not None and rule.kind == "error" and rule.direction == "up" and (concerned or 0) >= _SOME_TENANTS:
        step -= candidate.observed >= max(_MANY_TIMES * candidate.expected, 1)
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
    """Findings of one cause under the one that leads.

    A cause is a version, a customer, a person, or a function, at a time. What a customer makes most of is that customer's; what
    goes wrong in a function that is worse since a version is that version's; what the whole app has is that of the place that
    explains it. What one log statement says is a cause of its own.
    """
    ordered = sorted(findings, key=_first)
    causes = {finding.id: _cause(finding, ordered) for finding in ordered}
    groups: list[list[Finding]] = []
    for finding in ordered:
        home = next((g for g in groups if causes[g[0].id] == causes[finding.id] and any(_overlap(finding, o) for o in g)), None)
        if home is None:
            groups.append([finding])
        else:
            home.append(finding)
    for group in groups:
        if causes[group[0].id][0] in ("tenant", "actor"):  # what somebody does leads, what comes of it follows
            group.sort(key=lambda finding: (finding.severity, finding.kind != "abuse"))
    return [replace(finding, group=group[0].id) for group in groups for finding in group]


def _cause(finding: Finding, every: Sequence[Finding], *, deep: bool = True) -> tuple[str, ...]:
    """What a finding is put down to."""
    places = dict(finding.dimensions)
    if finding.kind == "privacy":
        return ("statement", places.get("function", ""), places.get("statement", ""))
    for name in ("app_version", "tenant", "actor"):
        if name in places:
            return (name, places[name])
    beside = [other for other in every if other.id != finding.id and other.kind != "privacy" and _overlap(finding, other)]
    explained = {e.dimension: e.value for e in finding.explained_by if e.share >= _MANY_SHARE}
    if any(dict(other.dimensions).get("tenant") == explained.get("tenant", "") for other in beside):
        return ("tenant", explained["tenant"])
    function = places.get("function")
    if function is None and deep:
        function = explained.get("function")
        same = [other for other in beside if function is not None and dict(other.dimensions).get("function") == function]
        return _cause(same[0], every, deep=False) if same else ("app", finding.rule)
    if function is None:
        return ("app", finding.rule)
    versions = (dict(other.dimensions) for other in beside)
    version = next((v["app_version"] for v in versions if v.get("function") == function and "app_version" in v), None)
    return ("app_version", version) if version is not None else ("function", function)


def _overlap(one: Finding, other: Finding) -> bool:
    return one.start <= other.end + _CLOSE and other.start <= one.end + _CLOSE


def _first(finding: Finding) -> tuple[str, float, float, str]:
    """What to look at first: the severest; of those what concerns most customers, and is least probable."""
    p = 1e-9 if finding.p_value is None else finding.p_value
    return (finding.severity, -(finding.tenants or 0), p, finding.id)
