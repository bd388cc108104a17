"""`logscrub report`: reports what was not as usual in a period."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logscrub.anomalies.model import LEARNING_DAYS
from logscrub.cli import times
from logscrub.cli.console import put_bytes, say
from logscrub.cli.options import Detectors, KeyFile, StoreAt, file_or_none, given_key, number
from logscrub.config import Severity
from logscrub.errors import UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from logscrub.anomalies.model import Report
    from logscrub.metrics.store import Store

EXAMPLES = """\b
Examples:
  logscrub report --store metrics -o report.html
  logscrub report --store metrics --date 2026-11-20 -o report.json
  logscrub report --store metrics --since 2026-11-14 --until 2026-11-20 -o week.md
  logscrub report --store metrics --exit-code P2 -o report.html || page-somebody
  logscrub report --store metrics --exact --key-file logscrub.key -o report.html

\b
Without a date: the last 24 hours that the store knows of. Days are UTC.
It learns what is usual from the five weeks before; from the fourth day on it compares.
The customer or person of a finding is only named with --exact.

\b
Exit codes: 0 done; 1 with --exit-code: there is a finding as severe as that, or worse;
2 wrong usage or configuration; 3 the store could not be read, or the report not written."""

_LONGEST = timedelta(days=400)

Exact = Annotated[
    bool, typer.Option("--exact", help="Say which customers and persons findings are about; needs the store's key.")
]
ExitCode = Annotated[
    Severity | None,
    typer.Option("--exit-code", help="Exit with 1 where a finding is as severe as this, or worse.", show_default=False),
]


def report(
    store: StoreAt = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="DAY", help="Report on this day: 2026-11-20, yesterday.", show_default=False)
    ] = None,
    since: times.Since = None,
    until: times.Until = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write it: .html, .md or .json; none, or -, is .md on standard output.",
            show_default=False,
        ),
    ] = None,
    exit_code: ExitCode = None,
    exact: Exact = False,
    key_file: KeyFile = None,
    detectors: Detectors = None,
) -> int:
    """Report what was not as usual: errors, abuse, customer data in logs.

    Reads nothing but the store. One page that needs nothing else: for a browser, a chat, or a program.
    """
    output = file_or_none(output)
    suffix = ".md" if output is None else output.suffix.lower()
    need("a report as a page" if suffix == ".html" else "report", "report" if suffix == ".html" else "anomalies")
    from logscrub.anomalies.night import make_report, period_of
    from logscrub.anomalies.rules import load_rules
    from logscrub.config import load_config
    from logscrub.metrics.store import days_in_words, open_store
    from logscrub.report import SUFFIXES, render

    if store is None:
        raise UsageError("report needs to know where the metrics are kept; add: --store DIR")
    if suffix not in SUFFIXES:
        raise UsageError(f"{output}: a report is written as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}; end its name so")
    config = load_config()
    rules = load_rules((*config.detectors, *(detectors or [])))
    kept = open_store(store)
    if exact:
        may_show_customers(kept, key_file)
    now = datetime.now(UTC)
    first, last = _asked(day, since, until, now)
    start, end = period_of(kept, now, since=first, until=last)
    if end - start > _LONGEST:
        raise UsageError(f"{start:%Y-%m-%d} to {end:%Y-%m-%d}: a report is of {_LONGEST.days} days at most")
    made = make_report(kept, rules, config, start, end, made=now, exact=exact)
    put_bytes(render(made, suffix), output)
    if first is None and last is None and now - end > timedelta(days=1):
        say(f"{store}: has nothing newer than {end:%Y-%m-%d %H:%M} UTC, so this report is about the hours before that")
    if not made.totals.records:
        say(f"{store}: has no records of that time; it has records of {days_in_words(kept)}")
    say(line_of(made))
    return 1 if exit_code is not None and any(finding.severity <= exit_code for finding in made.findings) else 0


def may_show_customers(store: Store, key_file: Path | None, option: str = "--exact") -> None:
    """Raises UsageError where the store's key is not given, which `option` needs."""
    from logscrub.redact.pseudonyms import Pseudonymizer

    key = given_key(key_file)
    if key is None or Pseudonymizer(key).key_id != store.key_id:
        raise UsageError(f"{option} needs the key of the store (id {store.key_id}); add: --key-file with that key")


def line_of(report: Report) -> str:
    """A report in one line."""
    period = f"{report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} UTC"
    if not report.findings and not report.totals.records:
        return f"{period}: no records, so nothing to report"
    if not report.findings:
        if report.history_days < LEARNING_DAYS:
            return f"{period}: nothing found; still learning, day {report.history_days + 1} of {LEARNING_DAYS}"
        return f"{period}: nothing unusual"
    groups = len({finding.group for finding in report.findings})
    worst = min(report.findings, key=lambda finding: finding.severity)
    causes = "" if groups == len(report.findings) else f", {number(groups, 'cause')}"
    return (
        f"{period}: {number(len(report.findings), 'finding')}{causes}; the worst is {worst.severity}: {worst.title} ({worst.id})"
    )


def _asked(day: str | None, since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The period that was asked for, from one full hour up to another. Raises UsageError."""
    if day is None:
        return times.period(since, until, now)
    if since is not None or until is not None:
        raise UsageError("--date is one whole day; give either that, or --since and --until")
    start = datetime.combine(times.day(day, "--date", now), time(), UTC)
    return start, start + timedelta(days=1)
