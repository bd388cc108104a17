"""Text that both renderings for people share: the verdict, the groups, and a finding in sentences."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from logscrub.anomalies.model import (
    LEARNING_DAYS,
    SEVERITIES,
    Clock,
    Explanation,
    Finding,
    Kind,
    Muted,
    PastNight,
    Report,
    RuleTally,
    Statement,
    Trend,
)
from logscrub.report import words

TONIGHT: Final = ("P1", "P2")
"""Severities that cannot wait for the day."""
PARTS: Final[tuple[tuple[Kind, str], ...]] = (("error", "Errors"), ("abuse", "Abuse"), ("privacy", "Privacy"))
"""The parts of a report, in their order."""
FIX_TITLE: Final = "Which line of code to fix"
STATEMENTS_SHOWN: Final = 10
"""Statements at the first look; the others are folded."""
NIGHTS_SHOWN: Final = 28
"""Days of the calendar."""
MUTE_DAYS: Final = 30
"""The time for which the snippet proposes to mute a finding."""

_PLACEHOLDER: Final = re.compile(r"<[^<>]*>|[#*…⏎\ufffd]")
"""A placeholder in the form of an error or a statement: it stands for a part that varies between records."""
_MOST_OF_IT: Final = 0.5
_LONGEST_TEXT: Final = 60

_NAMES: Final = {
    "function": "Function",
    "app_version": "Version",
    "signature": "Error",
    "statement": "Statement",
    "entity": "Kind of data",
    "entities": "Kind of data",
    "tenant": "Customer",
    "tenants": "Customers",
    "actor": "User",
    "environment": "Environment",
    "module": "Module",
    "outcome": "Outcome",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause."""

    leader: Finding
    members: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        """The worst of the group."""
        return min((f.severity for f in (self.leader, *self.members)), key=SEVERITIES.index)

    @property
    def tonight(self) -> bool:
        """True if it cannot wait until the morning."""
        return self.severity in TONIGHT


def groups(report: Report) -> list[Group]:
    """The groups, by the severity of their worst, else in the report's order. Where the leader is missing, the first leads."""
    by_group: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_group.setdefault(finding.group, []).append(finding)
    made = []
    for name, findings in by_group.items():
        lead = next((i for i, f in enumerate(findings) if f.id == name), 0)
        made.append(Group(findings[lead], tuple(f for i, f in enumerate(findings) if i != lead)))
    return sorted(made, key=lambda group: SEVERITIES.index(group.severity))


def headline(report: Report) -> str:
    """The verdict in one line without the names of things, for the heading of a page and the subject of a mail.

    It counts what cannot wait, else what can. A night without findings is `Nothing unusual` only where there were records and
    enough days to compare with.
    """
    found = groups(report)
    tonight = sum(group.tonight for group in found)
    later = len(found) - tonight
    if tonight:
        return "1 thing needs you tonight" if tonight == 1 else f"{words.number(tonight)} things need you tonight"
    if later:
        return f"Nothing needs you tonight; {words.plural(later, 'thing')} can wait for the day"
    if not report.totals.records:
        return "Nothing to judge: no records of this period"
    if report.history_days < LEARNING_DAYS:
        return f"Still learning, day {report.history_days + 1} of {LEARNING_DAYS}: nothing found in what is judged so far"
    return "Nothing unusual"


def is_calm(report: Report) -> bool:
    """Returns True if the report covers enough data for findings and has none."""
    return not report.findings and report.totals.records > 0 and report.history_days >= LEARNING_DAYS


def subject(report: Report) -> str:
    """The verdict with what it is about: the first line for a mail or a chat."""
    titles = [words.visible(group.leader.title) for group in groups(report) if group.tonight]
    return headline(report) + (": " + "; ".join(titles) if titles else "")


def dimension(name: str) -> str:
    """A dimension's name for people."""
    name = words.visible(name)
    return _NAMES.get(name) or name[:1].upper() + name[1:].replace("_", " ")


def is_code(name: str) -> bool:
    """Returns True if a dimension's values are names of code, data or people, which are set in a fixed-width font."""
    return name not in ("outcome", "environment", "tenants")


def compared(finding: Finding) -> str:
    """`47 errors where 3 are usual, 16 times as many`."""
    return words.compared(finding.observed, finding.expected, finding.unit)


def when(finding: Finding, report: Report) -> str:
    """Returns a sentence that says whether the finding still lasts, and since when."""
    length = words.duration(words.utc(finding.end) - words.utc(finding.start))
    if words.utc(finding.end) >= words.utc(report.end):
        return f"still going on, since {words.moment(finding.start)} ({length})"
    return f"ended, {words.span(finding.start, finding.end)} ({length})"


def chance(finding: Finding) -> str:
    """Returns a sentence that says how unusual the finding is."""
    often, p = finding.false_alarms_a_week, finding.p_value
    if often is None and p is None:
        return "no matter of chance: it is told whenever it happens"
    said = []
    if often is not None:
        said.append(f"one as unusual as this {words.how_often(often)}")
    if p is not None:
        said.append(f"at this place and time alone {words.probability(p)}")
    return "; ".join(said)


def concerned(finding: Finding) -> str:
    """Returns the number of customers that a finding concerns, in words."""
    if finding.tenants is None:
        return "not known"
    return words.plural(finding.tenants, "customer") if finding.tenants else "no customer by name"


def share(explanation: Explanation) -> str:
    """`84 % of it, usually 12 %`."""
    usual = "never seen before" if explanation.usual_share is None else f"usually {words.percent(explanation.usual_share)}"
    return f"{words.percent(explanation.share)} of it; {usual}"


def left(clock: Clock, report: Report) -> str:
    """`22 hours after this report was made`."""
    time = words.utc(clock.until) - words.utc(report.made)
    return (
        f"{words.duration(time)} after this report was made" if time > timedelta(0) else "already past when this report was made"
    )


def commands(finding: Finding) -> tuple[str, ...]:
    """Returns the commands to run first. They show the counts around a finding, its records, and whom a pseudonym stands for."""
    since, until = (f"{words.utc(when):%Y-%m-%dT%H:%M}" for when in (finding.start, finding.end))
    period = f"--store metrics --since {since} --until {until}"
    places = dict(finding.dimensions)
    if finding.kind == "privacy":
        counted = f"logscrub metrics {period} --redactions --by function,statement,entity"
    elif "app_version" in places:
        counted = f"logscrub metrics {period} --by version,function"
    elif _text_of(finding):
        counted = f"logscrub metrics {period} --by hour,function,signature"
    else:
        counted = f"logscrub metrics {period} --by hour,function"
    told = [counted]
    if text := _text_of(finding):
        told.append(f"logscrub scrub exports | grep -F -- {shlex.quote(text)}")
    if {"tenant", "actor"} & places.keys():
        told.append(f"logscrub report {period} --exact --key-file logscrub.key")
    return tuple(told)


def _text_of(finding: Finding) -> str:
    """Returns a text to search the scrubbed logs for: the longest part of an error or a statement without a placeholder."""
    explained = [e.value for e in finding.explained_by if e.dimension == "signature" and e.share >= _MOST_OF_IT]
    places = dict(finding.dimensions)
    text = places.get("signature") or places.get("statement") or next(iter(explained), "")
    return max((part.strip(" '\"()[]{}") for part in _PLACEHOLDER.split(words.visible(text))), key=len)[:_LONGEST_TEXT]


def marks(finding: Finding, report: Report) -> str:
    """The commands that say what a finding was."""
    until: date = (words.utc(report.made) + timedelta(days=MUTE_DAYS)).date()
    name = shlex.quote(words.visible(finding.id))
    of = "/".join(f"{words.utc(when):%Y-%m-%dT%H:%M}" for when in (report.start, report.end))
    verdicts = ("real", "usual", f"known --until {until.isoformat()}")
    return "\n".join(f'logscrub mark {name} {verdict} --why "…" --of {of} --store metrics' for verdict in verdicts)


def right(tally: RuleTally) -> str:
    """`3 real, 1 usual, 2 known`."""
    return f"{words.number(tally.real)} real, {words.number(tally.usual)} usual, {words.number(tally.known)} known"


def muted_until(muted: Muted) -> str:
    """Returns the last day on which a finding is not reported."""
    if muted.until is not None:
        return words.day(muted.until, year=True)
    return "it is farther out" if muted.is_usual else "its exception ends"


def entities(statement: Statement) -> str:
    """`PERSON 41, EMAIL_ADDRESS 3`."""
    return ", ".join(f"{words.visible(name)} {words.number(count)}" for name, count in statement.entities)


def redactions(statement: Statement) -> str:
    """`44; usually 2`."""
    usual = "usual is not known" if statement.usual is None else f"usually {words.number(statement.usual)}"
    return f"{words.number(statement.redactions)} ({'new' if statement.is_new else usual})"


def totals(report: Report) -> list[tuple[str, str, str]]:
    """Name, number, and how it stands beside the usual."""
    t = report.totals
    rate = words.percent(t.errors / t.records) if t.records else "0 %"
    return [
        ("Records", words.number(t.records), words.beside(t.records, t.usual_records)),
        ("Errors", words.number(t.errors), words.beside(t.errors, t.usual_errors)),
        ("Error rate", rate, _usual_rate(report)),
        ("Customers", words.number(t.tenants), "in this period"),
        ("Functions", words.number(t.functions), "in this period"),
    ]


def trends(report: Report) -> list[tuple[Trend, str, str]]:
    """Returns each trend with its newest value, and a comparison with the day before and the range of all days."""
    shown = []
    for trend in report.trends:
        known = [value for value in trend.values if value is not None]
        if len(known) < 2 or trend.values[-1] is None:
            continue
        newest, *others = (_of_trend(value, trend) for value in (known[-1], known[-2], min(known), max(known)))
        shown.append((trend, newest, f"{others[0]} before that; {others[1]} to {others[2]} in {len(known)} days"))
    return shown


def _of_trend(value: float, trend: Trend) -> str:
    if trend.unit == "share":
        return words.percent(value)
    return f"{words.number(value)} {trend.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar of nights."""

    day: str
    says: str
    """The worst severity, or what there was instead."""
    looks: str
    """The class of it in the style sheet."""


def calendar(nights: Sequence[PastNight], last: date) -> list[Cell]:
    """The last four weeks, the oldest day first; nothing where no night is known but the last one."""
    known = {night.day: night for night in nights if last - timedelta(days=NIGHTS_SHOWN) < night.day <= last}
    if len(known) < 2:
        return []
    days = [last - timedelta(days=n) for n in reversed(range(NIGHTS_SHOWN))]
    return [_cell(day, known.get(day), day == last) for day in days]


def _cell(day: date, night: PastNight | None, is_newest: bool) -> Cell:
    if night is None:
        says, looks = "no report", "none"
    elif night.worst in SEVERITIES:
        says, looks = night.worst, night.worst.lower()
    else:
        says, looks = ("quiet", "quiet") if night.is_judged else ("not judged", "none")
    return Cell(f"{day:%a} {day.day}", says, f"{looks} newest" if is_newest else looks)


def this_night(report: Report) -> PastNight:
    """The night of a report, as those of later ones will know it."""
    found = groups(report)
    is_judged = report.totals.records > 0 and report.history_days >= LEARNING_DAYS
    return PastNight(words.utc(report.end).date(), min((g.severity for g in found), default=""), len(found), is_judged)


def nights(report: Report) -> list[Cell]:
    """The calendar of a report's night and those before it."""
    return calendar((*report.nights, this_night(report)), words.utc(report.end).date())


def _usual_rate(report: Report) -> str:
    t = report.totals
    if not t.usual_records or t.usual_errors is None:
        return "what is usual is not known yet"
    return f"usually {words.percent(t.usual_errors / t.usual_records)}"


def period(report: Report) -> str:
    """`Wed 25 Nov 2026, 03:00 to Thu 26 Nov 2026, 03:00 UTC`."""
    return words.span(report.start, report.end, year=True)


def false_alarms(report: Report) -> str:
    """Returns a sentence that says how many findings chance makes."""
    found = words.plural(report.expected_false_alarms, "finding")
    return (
        f"In a period as long as this one, chance alone makes {found} on average. "
        f"Learned from {words.plural(report.history_days, 'day')} before it."
    )


def sparkline(values: Sequence[float | None], width: int = 48) -> str:
    """A line of text as high as the values; the highest of neighbours where there are more than `width`. `·`: not known."""
    size = max(1, -(-len(values) // width))
    known = [[v for v in values[i : i + size] if v is not None and math.isfinite(v)] for i in range(0, len(values), size)]
    peaks = [max(some) if some else None for some in known]
    top = max((p for p in peaks if p is not None), default=0.0)
    bars = "▁▂▃▄▅▆▇█"
    return "".join("·" if p is None else bars[min(7, max(0, int(p / top * 7 + 0.5)))] if top > 0 else bars[0] for p in peaks)
