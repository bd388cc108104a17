"""`logscrub exposure`: the evidence when customer data was in a log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub.cli.console import let_interrupt, put, say
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    Inputs,
    KeyFile,
    Names,
    Policy,
    each,
    file_or_none,
    given_key,
    number,
    readable,
    reading_of,
    wait_for_input,
)

if TYPE_CHECKING:
    from logscrub.api import Runner
    from logscrub.exposure import Exposure
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub exposure exports/ --known-at 2026-11-29T08:30
  logscrub exposure app.log.gz -o exposure.html
  logscrub exposure app.log --known-at now --format json -o exposure.json

\b
The inputs are raw logs. The result holds no value from them: scrubbed statements, kinds, and
numbers of customers and records. Times are UTC.

\b
Severity: critical for data that lets somebody in (tokens, passwords, sessions); high for data
that Atlassian grades as never to be logged; moderate, only with --caution, for data to be
logged with caution.

\b
Exit codes: 0 nothing was exposed; 1 something was; 2 wrong usage or configuration;
3 an input could not be read (to its end) or scanned, or held no record."""


def exposure(
    inputs: Inputs = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at",
            metavar="TIME",
            help="When it became known, in UTC: 2026-11-29T08:30, or now. The clocks run from there: "
            "24 hours to tell Atlassian, 72 the customers.",
            show_default=False,
        ),
    ] = None,
    caution: Annotated[
        bool, typer.Option("--caution", help="Also count data that may be logged with caution, such as site and account ids.")
    ] = False,
    report_format: Annotated[
        Literal["markdown", "json", "html"] | None,
        typer.Option(
            "--format",
            help="The form of the result. By default that of the output's name (.md, .json, .html), else Markdown.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file of the result.", show_default=False)
    ] = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    key_file: KeyFile = None,
    decompress_memory: DecompressMemory = None,
) -> int:
    """Report what a log exposed: statements, functions, versions, kinds, customers, times, clocks."""
    from logscrub.api import build_redactor, engine_of, settings
    from logscrub.config import load_config
    from logscrub.extras import need

    output = file_or_none(output)
    suffix = {".json": "json", ".html": "html"}.get("" if output is None else output.suffix.lower(), "markdown")
    form = report_format or suffix
    need("an exposure as a page" if form == "html" else "exposure", "report" if form == "html" else "metrics")
    from logscrub.exposure import Exposure, as_dict, as_json, as_markdown, as_page, headline
    from logscrub.rules import rules_of

    now = datetime.now(UTC)
    known = None if known_at is None else _moment(known_at, now)
    reading = reading_of(decompress_memory, False)
    good, unreadable = readable(inputs or ["-"])
    items = each(good)
    config = settings(load_config(), policy, detectors or [], names)
    using = engine_of(build_redactor(config, given_key(key_file)), engine)
    found = Exposure(caution=caution)
    wait_for_input(items)
    let_interrupt()
    errors = [str(error) for _, error in unreadable] + _look_for(found, using, items, input_format, reading)
    for message in errors:
        say(message)
    found.inputs_unread = len(errors)
    told = as_dict(found, made=now, known_at=known, rules=rules_of(using, config, input_format))
    put({"markdown": as_markdown, "json": as_json, "html": as_page}[form](told), output)
    say(headline(told))
    if found.unread:
        say(f"{number(found.unread, 'record')}, or parts of some, could not be scanned; check them yourself")
    if errors or found.unread or not found.read:
        return 3
    return 1 if told["exposed"] else 0


def _look_for(found: Exposure, engine: Runner, items: Iterable[Input], input_format: str, reading: Reading) -> list[str]:
    """Adds what inputs expose to `found`. Returns the errors of those that cannot be read to their end."""
    from logscrub.api import clean_text
    from logscrub.errors import InputError
    from logscrub.exposure import Looker
    from logscrub.sources.streams import open_stream

    errors = []
    for item in items:
        try:
            with open_stream(item, reading) as stream:
                for pieces in stream.contents():
                    looker = Looker(engine, found, input_format)
                    try:
                        for piece in pieces:
                            looker.feed(piece)
                    finally:
                        looker.finish()
        except InputError as error:
            errors.append(item.name + clean_text(engine.redactor, str(error).removeprefix(item.name)))
    return errors


def _moment(text: str, now: datetime) -> datetime:
    """A time that was given, in UTC. Raises UsageError."""
    from logscrub.errors import UsageError

    if text == "now":
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("--known-at: is no time; write it like 2026-11-29T08:30, in UTC, or: now") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at > now:
        raise UsageError("--known-at: is still to come; give the time when it became known, in UTC")
    return at
