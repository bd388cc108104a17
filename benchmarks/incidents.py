"""Evaluates the rules on traffic with known incidents (`traffic.py`): what is found, how soon, and how often it is a false alarm.

Each day behind the quiet ones is a night's report: the rules see that day and those before it. A finding is **right** for an
incident where its rule is one that should tell of such an incident, it overlaps it in time (an hour before to three after), and
names no other function, customer or version. It is a **false alarm** where it overlaps no incident in time and place, whatever
its rule. An incident's **delay** is from its beginning to the beginning of the first finding that is right for it.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import traffic

from logscrub.anomalies.checks.base import Candidate
from logscrub.anomalies.night import find_candidates
from logscrub.anomalies.rules import Rule, load_rules
from logscrub.anomalies.signals import Rows, SignalReader

_ERRORS = ("error_rate_up", "signature_burst", "worse_since_version", "new_signature")
RIGHT: Mapping[str, Sequence[str]] = {
    "error_rate_up": _ERRORS,
    "new_signature": _ERRORS,
    "signature_burst": _ERRORS,
    "timeouts": (*_ERRORS, "timeouts_up"),
    "out_of_memory": (*_ERRORS, "out_of_memory_up"),
    "throttling": (*_ERRORS, "throttling_up"),
    "latency_shift": ("latency_up", "slower_since_version"),
    "bad_deployment": (*_ERRORS, "slower_since_version"),
    "silence_scheduled": ("function_silent", "volume_drop"),
    "silence_feed": ("feed_silent", "volume_drop", "function_silent"),
    "volume_drop": ("volume_drop", "function_silent"),
    "volume_jump": ("volume_jump", "webtrigger_hammering", "volume_out_of_range"),
    "tenant_flood": ("tenant_flood", "unusual_hours", "volume_jump", "tenant_unlike"),
    "actor_flood": ("actor_flood", "tenant_flood", "enumeration", "volume_jump", "tenant_unlike"),
    "auth_failures": (*_ERRORS, "authorization_failures", "tenant_errors", "tenant_unlike"),
    "enumeration": ("enumeration", "tenant_flood", "actor_flood", "slow_scraping", "tenant_unlike"),
    "slow_scraping": ("slow_scraping", "enumeration", "tenant_flood", "unusual_hours", "tenant_unlike"),
    "fan_out": (*_ERRORS, "fan_out"),
    "egress_denials": (*_ERRORS, "egress_denials", "tenant_unlike"),
    "unusual_hours": ("unusual_hours", "tenant_flood", "actor_flood", "tenant_unlike"),
    "webtrigger_hammering": ("webtrigger_hammering", "volume_jump", "tenant_flood", "tenant_unlike"),
    "privacy_leak": ("statement_leaks", "statement_leaks_more"),
}
"""Kind of incident → the rules that should tell of it."""
ABUSE = ("tenant_flood", "actor_flood", "auth_failures", "enumeration", "slow_scraping", "fan_out", "egress_denials",
         "unusual_hours", "webtrigger_hammering")  # fmt: skip
_PLACE = {"function": "function", "tenant": "tenant", "app_version": "version"}


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a night, in times."""

    rule: str
    start: datetime
    end: datetime
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of one model of traffic."""

    incidents: tuple[dict[str, Any], ...]
    delays: tuple[float | None, ...]
    """Hours, for each incident; None where it was not found."""
    findings: int
    false: tuple[Found, ...]
    days: int
    seconds: float


def is_right(found: Found, incident: Mapping[str, Any], *, any_rule: bool = False) -> bool:
    """Whether a finding tells of an incident."""
    if not any_rule and found.rule not in RIGHT[incident["kind"]]:
        return False
    start, end = _time(incident["start"]), _time(incident["end"])
    if found.start >= end + timedelta(hours=3) or found.end <= start - timedelta(hours=1):
        return False
    there = incident["dimensions"]
    places = ((_PLACE[name], value) for name, value in found.dimensions if name in _PLACE)
    return all(there.get(name, value) == value for name, value in places)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def replay(settings: traffic.Settings, rules: Iterable[Rule] | None = None, *, a_week: float = 1.0) -> Replay:
    """The nights of one model of traffic, at so many false alarms a week."""
    model = traffic.make(settings)
    effects: dict[int, tuple[int, int]] = {}
    rows = Rows(None, None)
    for start, frame in traffic.rollups(model, parts=("actor", "count", "redaction"), effects=effects):
        rows.beside[start.date()] = frame
    incidents = [t for t in traffic.truth(model, effects) if t["kind"] != "export_gap"]
    days = sorted(rows.beside)
    rules = list(rules or load_rules())
    tested = sum(rule.check != "first" for rule in rules)
    began = time.monotonic()
    reader: SignalReader | None = None
    found: list[Found] = []
    nights = days[settings.quiet_days :]
    for day in nights:
        start = datetime.combine(day, datetime.min.time(), traffic.UTC)
        reader = reader or SignalReader(rows, start, settings.quiet_days)
        signals = reader.read(start, start + timedelta(days=1))
        candidates = find_candidates(signals, rules, a_week / 7 / tested)
        found += [_found(candidate, signals.start) for candidate in candidates]
    delays: dict[int, float] = {}
    for n, incident in enumerate(incidents):
        right = [f for f in found if is_right(f, incident)]
        if right:
            first = min(f.start for f in right)
            delays[n] = max(0.0, (first - _time(incident["start"])) / timedelta(hours=1))
    false = [f for f in found if not any(is_right(f, incident, any_rule=True) for incident in incidents)]
    return Replay(
        tuple(incidents),
        tuple(delays.get(n) for n in range(len(incidents))),
        len(found),
        tuple(false),
        len(nights),
        time.monotonic() - began,
    )


def _found(candidate: Candidate, start: datetime) -> Found:
    begin, end = start + timedelta(hours=candidate.start), start + timedelta(hours=candidate.end)
    return Found(candidate.rule.id, begin, end, candidate.dimensions)


def summary(replays: Sequence[Replay]) -> dict[str, Any]:
    """Recall by kind and level, false alarms a week, findings a day, median delay."""
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    delays = []
    for run in replays:
        for incident, delay in zip(run.incidents, run.delays, strict=True):
            hits[incident["kind"], incident["level"]].append(delay is not None)
            if delay is not None:
                delays.append(delay)
    days = sum(j.days for j in replays)
    every = [hit for one in hits.values() for hit in one]
    by_kind = {kind: [hit for (k, _), one in hits.items() if k == kind for hit in one] for kind in sorted({k for k, _ in hits})}
    abuse = [by_kind[kind] for kind in ABUSE if by_kind.get(kind)]
    return {
        "days": days,
        "incidents": len(every),
        "recall": _mean(every),
        "recall_clear": _mean([hit for (_, level), one in hits.items() if level == "clear" for hit in one]),
        "recall_subtle": _mean([hit for (_, level), one in hits.items() if level == "subtle" for hit in one]),
        "recall_by_kind": {kind: (_mean(one), len(one)) for kind, one in by_kind.items()},
        "abuse_recall": _mean([hit for one in abuse for hit in one]),
        "abuse_recall_worst_kind": min((_mean(one) for one in abuse), default=None),
        "false_alarms_a_week": sum(len(j.false) for j in replays) / max(days, 1) * 7,
        "findings_a_day": sum(j.findings for j in replays) / max(days, 1),
        "median_delay_h": statistics.median(delays) if delays else None,
        "seconds_a_night": sum(j.seconds for j in replays) / max(days, 1),
    }


def _mean(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")


__all__ = ["ABUSE", "RIGHT", "Found", "Replay", "replay", "summary"]
