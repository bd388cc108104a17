"""`logscrub mark`: stores what somebody says of a finding."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from logscrub.cli import times
from logscrub.cli.console import put, say
from logscrub.cli.options import Detectors, StoreAt
from logscrub.errors import UsageError
from logscrub.extras import need

EXAMPLES = """\b
Examples:
  logscrub mark 91f1b8501b19 real --why "version 4.207 lost a scope" --store metrics
  logscrub mark 91f1b8501b19 usual --why "their import, every month" --store metrics
  logscrub mark 91f1b8501b19 known --why "mended in 4.208" --until 2026-12-31 --store metrics
  logscrub mark 91f1b8501b19 real --of 2026-11-20 --why "rolled back" --store metrics

\b
real: it was what it said; its hours are no part of what is usual.
usual: that place is reported again only if it is farther out than it was then.
known: it is not reported up to and including that day.
The newest verdict on a finding counts. Verdicts lie in the store's folder, a file each.

\b
Exit codes: 0 done; 2 wrong usage, or no such finding; 3 the store could not be read or written."""


def mark(
    finding: Annotated[str, typer.Argument(metavar="ID", help="The 12 hex digits that the report shows.", show_default=False)],
    verdict: Annotated[
        Literal["real", "usual", "known"],
        typer.Argument(metavar="VERDICT", help="What it was: real, usual or known.", show_default=False),
    ],
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="Why, in a few words.", show_default=False)] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DAY", help="The last day of it; known needs one.", show_default=False),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            "--of",
            metavar="PERIOD",
            help="What the report is of: 2026-11-20, or from/to; else the last 24 hours that the store knows of.",
            show_default=False,
        ),
    ] = None,
    store: StoreAt = None,
    detectors: Detectors = None,
) -> int:
    """Say what a finding was: real, usual, or known.

    The report shows what was said, and how often each rule was right.
    """
    need("mark", "anomalies")
    if store is None:
        raise UsageError("mark needs to know where the metrics are kept; add: --store DIR")
    if not re.fullmatch(r"[0-9a-f]{12}", finding):
        raise UsageError(f"{finding}: is no id of a finding; it has 12 hex digits, and the report shows it")
    if why is None or not why.strip():
        raise UsageError('why? add: --why "…"')
    now = datetime.now(UTC)
    last = None if until is None else times.day(until, "--until", now)
    if verdict == "known" and last is None:
        raise UsageError("a known finding is not reported for a while; until when? add: --until DAY")
    if verdict == "real" and last is not None:
        raise UsageError("a real finding has no end; leave out --until")
    if last is not None and last < now.date():
        raise UsageError(f"--until {last}: is over")
    from logscrub.anomalies.night import every_finding, period_of
    from logscrub.anomalies.rules import load_rules
    from logscrub.anomalies.verdicts import file_of, verdict_on
    from logscrub.config import load_config
    from logscrub.metrics.store import open_store

    config = load_config()
    rules = load_rules((*config.detectors, *(detectors or [])))
    kept = open_store(store)
    first, _, behind = (of or "").partition("/")
    since, before = (None, None) if of is None else times.period(first, behind or first, now, ("--of", "--of"))
    start, end = period_of(kept, now, since=since, until=before)
    found = {f.id: f for f in every_finding(kept, rules, config, start, end, made=now)}
    if finding not in found:
        raise UsageError(
            f"{finding}: is no finding of {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC; of which day is it? add: --of DAY"
        )
    marked = verdict_on(found[finding], verdict, why.strip(), now, last)
    place = file_of(kept.url, marked)
    if place is None:
        raise UsageError(f"{kept.url}: is in an object store; verdicts are kept in a store in a folder")
    path, text = place
    path.parent.mkdir(exist_ok=True)
    put(text, path)
    say(f"{finding}: {verdict}: {found[finding].title}")
    return 0
