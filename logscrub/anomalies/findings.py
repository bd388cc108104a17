"""Turns candidates into findings with a severity, a cause, an order and an id.

Severity is on Atlassian's scale. A rule gives the severity of a finding of usual size. It is one step worse if half of the
customers (at least ten) are affected, or if several customers have an error twenty times as often as expected. It is one step
better if only one customer has an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from logscrub.anomalies.checks.base import Candidate, Series
from logscrub.anomalies.drill import Drill
from logscrub.anomalies.model import SEVERITIES, WITHHELD, Chart, Clock, Explanation, Finding, Point, id_of
from logscrub.anomalies.rules import Rule, title_of
from logscrub.anomalies.signals import Signals
from logscrub.config import Severity

CLOCKS: Final = (("Atlassian", 24), ("the customers whom it concerns", 72))
"""Recipients of the notice about a security incident, and the hours within which they must have it once it is known; the
customers only where their data got out (https://developer.atlassian.com/platform/marketplace/security-requirements/)."""
_MANY_TENANTS, _SOME_TENANTS = 10, 3
_MANY_SHARE = 0.5
_MANY_TIMES = 20
_ABOUT = 2.0
"""Times as much or as little, up to which a function has what the app has."""
_SEVERAL_FUNCTIONS, _SEVERAL_CUSTOMERS = 3, 4
"""The number of functions, or of other customers, with the same anomaly at the same time from which it is put down to the app."""
_WHO = ("tenant", "actor")
_CLOSE = timedelta(hours=2)
_MOST_EXPLAINED = 60
"""Findings that are looked at closer: the most unusual ones."""


def findings_of(
    candidates: Sequence[Candidate], signals: Signals, drill: Drill, *, made: datetime, tenants: int
) -> list[Finding]:
    """Returns the findings, the most urgent first. `tenants`: customers that were active in the period."""
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
                clocks=clocks_of(rule, min(made, start + timedelta(hours=1))),
                chart=None if candidate.series is None else chart_of(candidate.series, signals),
                group="",
            )
        )
    return grouped(found)


def clocks_of(rule: Rule, known: datetime) -> tuple[Clock, ...]:
    """Returns the deadlines for notices about an incident. They run from when its first hour was over, as it could be known from
    then on."""
    if not rule.incident:
        return ()
    return tuple(Clock(who, known + timedelta(hours=hours)) for who, hours in CLOCKS[: 2 if rule.exposes else 1])


def _unusual(candidate: Candidate) -> tuple[float, str, tuple[tuple[str, str], ...]]:
    return (0.0 if candidate.p_value is None else candidate.p_value, candidate.rule.id, candidate.dimensions)


def severity_of(rule: Rule, candidate: Candidate, concerned: int | None, tenants: int) -> Severity:
    """Returns the severity of a finding."""
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
    """Groups findings of one cause under the finding that leads them.

    A cause is a version, a customer, a person, or a function, at a time; or the app, or an error that several functions have.
    What a customer makes most of is that customer's; what goes wrong in a function that is worse since a version is that
    version's; what the whole app has is that of the place that explains it, else what functions and customers have as well at
    that time is the app's. What one log statement says is a cause of its own.
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
        if causes[group[0].id][0] in ("tenant", "actor"):  # a finding about an actor leads, its consequences follow
            group.sort(key=lambda finding: (finding.severity, finding.kind != "abuse"))
    return [replace(finding, group=group[0].id) for group in groups for finding in group]


def _cause(finding: Finding, every: Sequence[Finding], *, deep: bool = True) -> tuple[str, ...]:
    """Returns the cause that a finding is put down to. `deep`: another finding may name it."""
    places = dict(finding.dimensions)
    if finding.kind == "privacy":
        return ("statement", places.get("function", ""), places.get("statement", ""))
    if "app_version" in places:
        return ("app_version", places["app_version"])
    beside = [other for other in every if other.id != finding.id and other.kind != "privacy" and _overlap(finding, other)]
    if "tenant" in places:
        wider = _wider(finding, places["tenant"], beside) if deep else None
        return ("tenant", places["tenant"]) if wider is None else _cause(wider, every, deep=False)
    if "actor" in places:
        return ("actor", places["actor"])
    function = places.get("function")
    if _is_less(finding) and (function is None or any(_covers(other, finding) for other in beside)):
        return ("app", "less")
    tenant = _explained(finding, "tenant")
    if any(dict(other.dimensions).get("tenant") == tenant for other in beside if tenant is not None):
        return ("tenant", tenant or "")
    if (of_signature := _cause_of_signature(finding, beside)) is not None:
        return of_signature
    if function is None and deep:
        function = _explained(finding, "function")
        same = [other for other in beside if function is not None and dict(other.dimensions).get("function") == function]
        return _cause(same[0], every, deep=False) if same else ("app", finding.rule)
    if function is None:
        return ("app", finding.rule)
    versions = (dict(other.dimensions) for other in beside)
    version = next((v["app_version"] for v in versions if v.get("function") == function and "app_version" in v), None)
    if version is not None:
        return ("app_version", version)
    alike = {dict(other.dimensions).get("function") for other in beside if other.rule == finding.rule and _began(other, finding)}
    if any(_covers(other, finding) for other in beside) or len(alike - {None, function}) + 1 >= _SEVERAL_FUNCTIONS:
        return ("app", finding.rule)
    return ("function", function)


def _wider(finding: Finding, tenant: str, beside: Sequence[Finding]) -> Finding | None:
    """Returns the finding of a function or of the app that a customer's finding is a part of: at the same time, and seen by other
    customers too."""
    if _is_less(finding):
        return None
    wide = [
        other
        for other in beside
        if other.kind == "error"
        and not set(_WHO) & {name for name, _ in other.dimensions}
        and not _is_less(other)
        and _explained(other, "tenant") != tenant
    ]
    signature = _signature(finding)
    others = {dict(other.dimensions).get("tenant") for other in beside if other.rule == finding.rule} - {None, tenant}
    if signature is not None:
        return next((other for other in wide if _signature(other) == signature), None)
    if finding.unit != "errors" or len(others) < _SEVERAL_CUSTOMERS:
        return None
    return next((other for other in wide if _signature(other) is not None), None)


def _cause_of_signature(finding: Finding, beside: Sequence[Finding]) -> tuple[str, ...] | None:
    """The version that has an error new, or the error itself, where several functions have it at once."""
    signature = _signature(finding)
    if signature is None:
        return None
    same = [dict(other.dimensions) for other in (finding, *beside) if _signature(other) == signature]
    functions = {places["function"] for places in same if "function" in places}
    if len(functions) < 2:
        return None
    newer = [dict(other.dimensions) for other in beside if "app_version" in dict(other.dimensions)]
    versions = [places["app_version"] for places in newer if places.get("function") in functions]
    return ("app_version", versions[0]) if versions else ("signature", signature)


def _signature(finding: Finding) -> str | None:
    """The error that a finding is about."""
    return dict(finding.dimensions).get("signature") or _explained(finding, "signature")


def _explained(finding: Finding, dimension: str) -> str | None:
    """The value of a dimension that makes most of a finding."""
    return next((e.value for e in finding.explained_by if e.dimension == dimension and e.share >= _MANY_SHARE), None)


def _is_less(finding: Finding) -> bool:
    """True if a finding says that there is too little of something."""
    return finding.expected is not None and finding.observed < finding.expected


def _covers(wide: Finding, finding: Finding) -> bool:
    """True if a finding of the whole app covers one of a function: it counts the same number, and is about as many times as
    much."""
    if wide.dimensions or not finding.expected or not wide.expected:
        return False
    if not _is_less(wide) and (wide.rule != finding.rule or _explained(wide, "function") is not None):
        return False
    if _is_less(wide) != _is_less(finding):
        return False
    ratio = (finding.observed / finding.expected) / max(wide.observed / wide.expected, 1e-9)
    return finding.observed == 0 == wide.observed or 1 / _ABOUT <= ratio <= _ABOUT


def _began(one: Finding, other: Finding) -> bool:
    return abs(one.start - other.start) <= _CLOSE


def _overlap(one: Finding, other: Finding) -> bool:
    return one.start <= other.end + _CLOSE and other.start <= one.end + _CLOSE


def _first(finding: Finding) -> tuple[str, float, float, str]:
    """Sorts findings by urgency: the most severe first, then those that concern most customers, then the least probable."""
    p = 1e-9 if finding.p_value is None else finding.p_value
    return (finding.severity, -(finding.tenants or 0), p, finding.id)
