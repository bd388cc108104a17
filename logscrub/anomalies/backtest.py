"""Replays the rules over the past: lists what they would have reported each night, at several budgets of false alarms.

A night is the 24 hours up to midnight, UTC. Only the days before it decide, as with `logscrub nightly`; nights of the same week
start learning on the same day, so they learn from five to six weeks. What recurs, as a job of each month or a holiday of each
year, is listed as held back, as `nightly` does. Hours that were marked as real since are left out of the baseline. Findings
that were marked as usual or known, or that the configuration mutes, are listed too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from logscrub.anomalies.drill import Drill
from logscrub.anomalies.findings import findings_of, grouped, withhold
from logscrub.anomalies.model import SHORT_HISTORY, Finding, id_of
from logscrub.anomalies.night import active_tenants, find_candidates
from logscrub.anomalies.recurrence import recurring
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import Rows, SignalReader
from logscrub.anomalies.verdicts import KINDS, Verdict, read_verdicts, real_hours
from logscrub.metrics.store import Store

DAY: Final = timedelta(days=1)
_NIGHTS_A_READER: Final = 7


@dataclass(frozen=True, slots=True)
class Told:
    """A finding that a night would have reported, or listed as no news."""

    finding: Finding
    budgets: tuple[float, ...]
    """The budgets at which it would have been reported."""
    verdict: str = ""
    """The verdict that somebody gave it: real, usual or known; empty if nobody did."""
    recurs: str = ""
    """The reason for which it was no news: `as on the first of the last three months`; empty if it would have been reported."""


@dataclass(frozen=True, slots=True)
class Night:
    """A night of the past."""

    start: datetime
    end: datetime
    history_days: int
    told: tuple[Told, ...]
    causes: tuple[int, ...]
    """The number of causes at each budget."""
    recurring: tuple[Told, ...] = ()
    """The findings that would have been held back, because as much came before on such days."""


@dataclass(frozen=True, slots=True)
class RuleTold:
    """The number of findings that a rule would have reported."""

    rule: str
    findings: tuple[int, ...]
    """The number of its findings at each budget."""
    nights: tuple[int, ...]
    """The number of nights with such findings, at each budget."""
    marked: tuple[int, int, int]
    """Numbers of the findings at the greatest budget that were marked as real, usual and known."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The result of a backtest: its budgets and its nights."""

    budgets: tuple[float, ...]
    """False alarms a week, the least first."""
    nights: tuple[Night, ...]

    @property
    def expected(self) -> tuple[float, ...]:
        """The number of false alarms that chance makes in as many nights, at each budget."""
        scored = sum(night.history_days >= SHORT_HISTORY for night in self.nights)
        return tuple(budget * scored / 7 for budget in self.budgets)

    def by_rule(self, rules: Sequence[Rule]) -> tuple[RuleTold, ...]:
        """A row for each rule, also for those that would have said nothing."""
        return tuple(self._of_rule(rule.id) for rule in rules)

    def _of_rule(self, rule: str) -> RuleTold:
        told = [[t for t in night.told if t.finding.rule == rule] for night in self.nights]
        findings = tuple(sum(budget in t.budgets for one in told for t in one) for budget in self.budgets)
        nights = tuple(sum(any(budget in t.budgets for t in one) for one in told) for budget in self.budgets)
        real, usual, known = (sum(t.verdict == kind for one in told for t in one) for kind in KINDS)
        return RuleTold(rule, findings, nights, (real, usual, known))


def replay(
    store: Store,
    rules: Sequence[Rule],
    budgets: Sequence[float],
    last: datetime,
    days: int,
    *,
    made: datetime,
    exact: bool = False,
    say: Callable[[int, int], None] = lambda done, of: None,
) -> Backtest:
    """The nights of so many days up to `last`, those of which the store has nothing left out. Raises InputError."""
    rows = Rows(store, store.table())
    verdicts = read_verdicts(store.url)
    end = datetime.combine(last.date(), time(), UTC)
    stored = rows.days((end - days * DAY).date(), (end - DAY).date())
    budgets = sorted(set(budgets))
    nights: list[Night] = []
    for at in range(0, len(stored), _NIGHTS_A_READER):
        reader: SignalReader | None = None
        for day in stored[at : at + _NIGHTS_A_READER]:
            start = datetime.combine(day, time(), UTC)
            reader = reader or SignalReader(rows, start)
            nights.append(_night(reader, rows, rules, budgets, start, verdicts, made=made, exact=exact))
            say(len(nights), len(stored))
    return Backtest(tuple(budgets), tuple(nights))


def _night(
    reader: SignalReader,
    rows: Rows,
    rules: Sequence[Rule],
    budgets: Sequence[float],
    start: datetime,
    verdicts: Sequence[Verdict],
    *,
    made: datetime,
    exact: bool,
) -> Night:
    signals = replace(reader.read(start, start + DAY), real=real_hours(verdicts), keeps=True)
    tested = max(1, sum(rule.check != "first" for rule in rules))
    weeks = DAY / timedelta(days=7)
    found = {budget: find_candidates(signals, rules, budget * weeks / tested) for budget in budgets}
    ids = {budget: {id_of(c.rule.id, c.dimensions) for c in candidates} for budget, candidates in found.items()}
    # of the candidates with one id, that of the greatest budget is kept
    every = {id_of(c.rule.id, c.dimensions): c for budget in budgets for c in found[budget]}
    findings = findings_of(list(every.values()), signals, Drill(rows), made=made, tenants=active_tenants(signals))
    # what was marked before that night is not held back for recurring
    marked = {verdict.id for verdict in verdicts if verdict.made < start + DAY}
    recurs = {id: why for id, why in recurring(findings, rules, rows).items() if id not in marked}
    groups = [grouped([f for f in findings if f.id in ids[budget]]) for budget in budgets]
    causes = tuple(len({f.group for f in found if f.id not in recurs}) for found in groups)
    told = [
        Told(
            f if exact else withhold(f),
            tuple(budget for budget in budgets if f.id in ids[budget]),
            _said(f, verdicts),
            recurs.get(f.id, ""),
        )
        for f in findings
    ]
    reported, held = tuple(t for t in told if not t.recurs), tuple(t for t in told if t.recurs)
    return Night(start, start + DAY, signals.history_days, reported, causes, held)


def _said(finding: Finding, verdicts: Sequence[Verdict]) -> str:
    """The newest verdict on a finding of that place and time; one of another time says nothing of this one."""
    same = [v for v in verdicts if v.id == finding.id and v.start is not None and v.end is not None]
    here = [v for v in same if v.start < finding.end and finding.start < v.end]  # type: ignore[operator]
    return max(here, key=lambda v: v.made).kind if here else ""
