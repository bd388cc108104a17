"""A page with the findings that the rules would have reported in the past.

It is self-contained, without a script. The same nights give the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logscrub.anomalies.model import LEARNING_DAYS, SHORT_HISTORY, PastNight
from logscrub.report import charts, view, words
from logscrub.report.html import page

if TYPE_CHECKING:  # they need the extra for anomalies, which a page does not
    from logscrub.anomalies.backtest import Backtest, Night, RuleTold
    from logscrub.anomalies.rules import Rule


@dataclass(frozen=True, slots=True)
class AtBudget:
    """The findings that all nights would have reported at one budget."""

    budget: float
    """False alarms a week."""
    findings: int
    causes: tuple[int | None, ...]
    """Numbers of causes by night; None for a night without anything to compare with."""
    by_chance: float
    """The number of findings that chance makes in as many nights."""


def as_page(done: Backtest, rules: Sequence[Rule], usual: float) -> str:
    """The page. `usual`: the budget at which nights are listed."""
    from markupsafe import Markup

    spoke = [row for row in done.by_rule(rules) if any(row.findings)]
    return page(
        "backtest.html",
        title=f"{words.plural(len(done.nights), 'night')} replayed",
        span=words.span(done.nights[0].start, done.nights[-1].end, year=True),
        totals=[at_budget(done, n) for n in range(len(done.budgets))],
        budgets=done.budgets,
        rules=sorted(spoke, key=lambda row: (-row.findings[-1], row.rule)),
        silent=len(rules) - len(spoke),
        share=lambda row: f"{100 * row.findings[-1] / max(one.findings[-1] for one in spoke):.1f}",
        marked=_marked,
        usual=usual,
        nights=[(night, [t for t in (*night.told, *night.recurring) if usual in t.budgets]) for night in reversed(done.nights)],
        cells=view.calendar([_past(night, usual) for night in done.nights], words.utc(done.nights[-1].end).date()),
        bars=lambda values: Markup(charts.days(values)),
        words=words,
    )


def at_budget(done: Backtest, place: int) -> AtBudget:
    """Returns the findings that all nights would have reported at the budget of that place."""
    budget = done.budgets[place]
    findings = sum(budget in told.budgets for night in done.nights for told in night.told)
    causes = tuple(night.causes[place] if night.history_days >= SHORT_HISTORY else None for night in done.nights)
    return AtBudget(budget, findings, causes, done.expected[place])


def _past(night: Night, budget: float) -> PastNight:
    told = [t.finding for t in night.told if budget in t.budgets]
    causes = len({finding.group for finding in told})
    worst = min((finding.severity for finding in told), default="")
    return PastNight(words.utc(night.end).date(), worst, causes, night.history_days >= LEARNING_DAYS)


def _marked(row: RuleTold) -> str:
    """`2 real, 1 usual`; a dash where nothing was marked."""
    said = [f"{words.number(n)} {kind}" for n, kind in zip(row.marked, ("real", "usual", "known"), strict=True) if n]
    return ", ".join(said) or "–"
