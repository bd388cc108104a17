"""`logscrub watch`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub.cli.console import say
from logscrub.cli.options import Detectors, Format, KeyFile, Names, Policy, StoreAt, given_key, unscanned, wait_for_input
from logscrub.cli.report import Exact
from logscrub.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logscrub.anomalies.live import Alert
    from logscrub.metrics.store import Store
    from logscrub.scrubbing import Tally

EXAMPLES = """\b
Examples:
  forge logs --since 15m | logscrub watch
  logscrub watch app.log --store metrics --key-file logscrub.key
  poll-the-api | logscrub watch --store metrics --format json | send-somewhere

\b
A file is read from its beginning, and along as it grows; a pipe until it ends.
With a store it knows what is usual, and leaves out records that the store has;
without one it learns from the stream, and compares from the fourth day on.
Nothing is written to the store.
Something is told once; and again where it comes back after six hours.

\b
Exit codes: 0 the input ended; 2 wrong usage; 3 the input or the store could not be read,
or a record or a part of one not scanned; 130 interrupted."""


def watch(
    inputs: Annotated[
        str, typer.Argument(metavar="INPUT", help="A file that grows. None, or -, is standard input.", show_default=False)
    ] = "-",
    store: StoreAt = None,
    key_file: KeyFile = None,
    input_format: Format = "auto",
    alert_format: Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for machines.")] = "text",
    exact: Exact = False,
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
) -> int:
    """Watch a log as it is written: one line for each thing that is not as usual.

    The rules are those of the report. Records are scrubbed first; no alert holds customer data.
    """
    import secrets

    from logscrub.anomalies.live import Live
    from logscrub.anomalies.rules import load_rules
    from logscrub.anomalies.signals import Rows
    from logscrub.api import build_redactor, engine_of, settings
    from logscrub.config import load_config
    from logscrub.metrics.facts import FactFinder
    from logscrub.metrics.records import Records
    from logscrub.metrics.store import open_store
    from logscrub.sources.files import expand
    from logscrub.sources.follow import follow

    items = expand([inputs])
    if len(items) != 1:
        raise UsageError(f"{inputs}: watch reads along one file, or standard input")
    kept = open_store(store) if store is not None else None
    key = given_key(key_file) if store is not None or key_file is not None or exact else None
    if kept is not None:
        _check_key(kept, key)
    elif exact:
        raise UsageError("--exact goes with --store: pseudonyms mean nothing without a key that stays the same")
    config = settings(load_config(), policy, detectors or [], names)
    rules = load_rules(config.detectors)
    redactor = build_redactor(config, key or secrets.token_bytes(32))
    live = Live(Rows(kept, None if kept is None else kept.table()), rules, config, exact)
    finder, records = FactFinder(redactor.pseudonymizer.derived("metrics")), Records()
    wait_for_input(items)
    with engine_of(redactor) as engine, closing(follow(items[0])) as pieces:
        scrubber = engine.scrubber(input_format)
        withheld = 0
        for piece in pieces:
            if piece:
                found = records.feed(scrubber.feed(piece, False))
                tell(live.take(found, finder), alert_format)
                withheld = _warn_of_withheld(scrubber.tally, withheld)
            tell(live.tick(datetime.now(UTC)), alert_format)
        rest = [*records.feed(scrubber.finish()), *records.finish()]
        _warn_of_withheld(scrubber.tally, withheld)
        tell(live.take(rest, finder), alert_format)
        tell(live.finish(), alert_format)
    if live.records == 0:
        say("no record with a time came")
    return 3 if scrubber.tally.withheld else 0


def _warn_of_withheld(tally: Tally, before: int) -> int:
    """Says how much of the log could not be scanned where that is more than `before`. Returns how much it is."""
    if tally.withheld > before:
        say(f"{unscanned(tally)} could not be scanned so far; no rule sees what they said")
    return tally.withheld


def _check_key(store: Store, key: bytes | None) -> None:
    from logscrub.redact.pseudonyms import Pseudonymizer

    if key is None or Pseudonymizer(key).key_id != store.key_id:
        raise UsageError(
            f"the customers in the store are known by the store's key alone (id {store.key_id}); add: --key-file with that key"
        )


def tell(alerts: Iterable[Alert], alert_format: str) -> None:
    """One line on standard output for each alert, at once."""
    for alert in alerts:
        print(_as_json(alert) if alert_format == "json" else _as_text(alert), flush=True)


def _as_text(alert: Alert) -> str:
    from logscrub.report.view import compared
    from logscrub.report.words import visible

    finding = alert.finding
    said = visible(f"{finding.title}: {compared(finding)}")
    return f"{alert.at:%Y-%m-%dT%H:%M:%SZ} {finding.severity} {finding.kind} {said} [{finding.id}]"


def _as_json(alert: Alert) -> str:
    import orjson

    from logscrub.report.machine import finding_of

    return orjson.dumps({"at": f"{alert.at:%Y-%m-%dT%H:%M:%SZ}", **finding_of(replace(alert.finding, chart=None))}).decode()
