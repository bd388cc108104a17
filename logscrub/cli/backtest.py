"""`logscrub backtest`: replays the rules over the past nights of a store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscrub.cli.console import put, say
from logscrub.cli.detectors import table
from logscrub.cli.options import Detectors, KeyFile, StoreAt, file_or_none, number
from logscrub.cli.report import Exact, may_show_customers
from logscrub.errors import UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from logscrub.anomalies.backtest import Backtest, Told
    from logscrub.anomalies.rules import Rule

EXAMPLES = """\b
Examples:
  logscrub backtest --store metrics
  logscrub backtest --store metrics --days 30 --budget 0.5 --budget 2
  logscrub backtest --store metrics -o backtest.html
  logscrub backtest --store metrics --detectors our-rules

\b
Each night is compared only with the days before it, as nightly would have. Monthly jobs and
holidays of the year before are listed as held back, as nightly does; what was marked as usual
or known, and what the configuration mutes, is not held back. The findings it would have reported are
listed for the budget of the configuration.

\b
Exit codes: 0 done; 2 wrong usage or configuration; 3 the store could not be read, or the
file not written."""

_MOST_DAYS = 400


def backtest(
    store: StoreAt = None,
    days: Annotated[int, typer.Option("--days", metavar="DAYS", help="How many days of the past are replayed.")] = 60,
    budget: Annotated[
        list[float] | None,
        typer.Option(
            "--budget",
            metavar="NUMBER",
            help="False alarms a week, beside those of the configuration. May be repeated. Else half, two and five times these.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it as a page (.html) or as JSON (.json), too.",
            show_default=False,
        ),
    ] = None,
    exact: Exact = False,
    key_file: KeyFile = None,
    detectors: Detectors = None,
) -> int:
    """Replay the rules over the past: how often each would have spoken, and what it would have found.

    Reads nothing but the store.
    """
    output = file_or_none(output)
    suffix = "" if output is None else output.suffix.lower()
    need("backtest as a page" if suffix == ".html" else "backtest", "report" if suffix == ".html" else "anomalies")
    if store is None:
        raise UsageError("backtest needs to know where the metrics are kept; add: --store DIR")
    if not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"--days {days}: give 1 to {_MOST_DAYS} days")
    if output is not None and suffix not in (".html", ".json"):
        raise UsageError(f"{output}: is written as a page or as JSON; end its name with .html or .json")
    if wrong := [given for given in budget or [] if not 0 < given <= 1000]:
        raise UsageError(f"--budget {wrong[0]:g}: is no number of false alarms a week")
    from logscrub.anomalies.backtest import replay
    from logscrub.anomalies.night import period_of
    from logscrub.anomalies.rules import load_rules
    from logscrub.config import load_config
    from logscrub.metrics.store import open_store

    config = load_config()
    rules = load_rules((*config.detectors, *(detectors or [])))
    kept = open_store(store)
    if exact:
        may_show_customers(kept, key_file)
    now = datetime.now(UTC)
    _, end = period_of(kept, now)
    usual = config.false_alarms_a_week
    budgets = sorted({usual, *(budget or [usual / 2, 2 * usual, 5 * usual])})
    done = replay(kept, rules, budgets, end, days, made=now, exact=exact, say=_progress)
    if not done.nights:
        raise UsageError(f"{kept.url}: has no whole day among the last {days}")
    put("\n".join(part for part in (_by_rule(done, rules), _findings(done, usual), _held_back(done, usual)) if part))
    if output is not None and suffix == ".html":
        from logscrub.report.replay import as_page

        put(as_page(done, rules, usual), output)
    elif output is not None:
        import json

        put(json.dumps(as_json(done, rules), indent=1) + "\n", output)
    say(f"{number(len(done.nights), 'night')} replayed, {done.nights[0].start:%Y-%m-%d} to {done.nights[-1].start:%Y-%m-%d}")
    return 0


def _progress(done: int, of: int) -> None:
    if done % 10 == 0 and done < of:
        say(f"{done} of {number(of, 'night')}")


def _by_rule(done: Backtest, rules: tuple[Rule, ...]) -> str:
    """The number of findings at each budget, one line per rule that would have reported something, and their verdicts."""
    head = ["RULE", *(f"AT {budget:g}" for budget in done.budgets), "REAL", "USUAL", "KNOWN"]
    spoke = [row for row in done.by_rule(rules) if any(row.findings)]
    rows = [[row.rule, *map(str, row.findings), *map(str, row.marked)] for row in spoke]
    totals = [sum(row.findings[n] for row in spoke) for n in range(len(done.budgets))]
    marked = [sum(row.marked[n] for row in spoke) for n in range(3)]
    nightly = list(zip(*(night.causes for night in done.nights), strict=True))
    rows += [
        ["all findings", *map(str, totals), *map(str, marked)],
        ["all causes", *(str(sum(causes)) for causes in nightly), "", "", ""],
        ["nights with any", *(str(sum(map(bool, causes))) for causes in nightly), "", "", ""],
        ["false by chance", *(f"{expected:.1f}" for expected in done.expected), "", "", ""],
    ]
    silent = len(rules) - len(spoke)
    return table(head, rows) + (f"{number(silent, 'rule')} would have said nothing.\n" if silent else "")


def _findings(done: Backtest, budget: float) -> str:
    """The findings that would have been reported at a budget, night by night."""
    rows = [
        [f"{night.start:%Y-%m-%d}", t.finding.severity, t.finding.id, t.verdict or "-", t.finding.title]
        for night in done.nights
        for t in night.told
        if budget in t.budgets
    ]
    return table(["NIGHT OF", "SEVERITY", "ID", "MARKED", f"WHAT, AT {budget:g} A WEEK"], rows) if rows else ""


def _held_back(done: Backtest, budget: float) -> str:
    """The findings that would have been held back at a budget, night by night; empty if there are none."""
    rows = [
        [f"{night.start:%Y-%m-%d}", t.finding.severity, t.finding.id, t.finding.title, t.recurs]
        for night in done.nights
        for t in night.recurring
        if budget in t.budgets
    ]
    return table(["NIGHT OF", "SEVERITY", "ID", f"HELD BACK, AT {budget:g} A WEEK", "WHY"], rows) if rows else ""


def as_json(done: Backtest, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """The whole backtest as JSON has it. Keys are a contract."""
    from logscrub.report.words import iso

    return {
        "budgets": list(done.budgets),
        "false_by_chance": [round(expected, 3) for expected in done.expected],
        "rules": [
            {
                "rule": row.rule,
                "findings": list(row.findings),
                "nights": list(row.nights),
                "real": row.marked[0],
                "usual": row.marked[1],
                "known": row.marked[2],
            }
            for row in done.by_rule(rules)
        ],
        "nights": [
            {
                "start": iso(night.start),
                "end": iso(night.end),
                "history_days": night.history_days,
                "causes": list(night.causes),
                "findings": [_finding(t) for t in night.told],
                "held_back": [{**_finding(t), "reason": t.recurs} for t in night.recurring],
            }
            for night in done.nights
        ],
    }


def _finding(told: Told) -> dict[str, Any]:
    from logscrub.report.words import iso

    finding = told.finding
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity,
        "title": finding.title,
        "start": iso(finding.start),
        "end": iso(finding.end),
        "dimensions": dict(finding.dimensions),
        "unit": finding.unit,
        "observed": finding.observed,
        "expected": finding.expected,
        "group": finding.group,
        "budgets": list(told.budgets),
        "verdict": told.verdict or None,
    }
