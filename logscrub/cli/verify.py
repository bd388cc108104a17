"""`logscrub verify`."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub._version import __version__
from logscrub.cli.console import progress, put, say, terminal_width
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    Inputs,
    Names,
    Policy,
    Salvage,
    each,
    file_or_none,
    readable,
    reading_of,
    wait_for_input,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logscrub import api
    from logscrub.verification import FileReport

EXAMPLES = """\b
Examples:
  logscrub verify clean/
  logscrub verify metrics/ report.html
  logscrub verify clean/ --limit 20
  logscrub verify clean/ --policy strict
  logscrub verify clean.log --format json -o proof.json
  logscrub verify clean/ --format sarif -o logscrub.sarif
  logscrub scrub < app.log | logscrub verify

\b
Findings are told by place and kind, never by value. What the policy keeps is no
finding: that of --policy, without it of logscrub.toml, without one atlassian.
--policy strict finds pseudonyms too.

\b
Nothing read proves nothing: where no input holds a record, as after a command that failed
in front of the pipe, the exit code is 3; --allow-empty makes it 0.

\b
Exit codes: 0 clean; 1 customer data was found; 2 wrong usage or configuration;
3 something could not be read or scanned, or there was nothing, so nothing is proven."""


_ON_TERMINAL = 100
"""Findings that are listed on a terminal, whose scrollback would lose the first of many more."""


def _is_store(path: str) -> bool:
    from logscrub.sources.files import mode_of

    if "://" in path:
        return not path.startswith(("http://", "https://"))
    return stat.S_ISDIR(mode_of(Path(path) / "_delta_log"))


def _texts_of_report(path: Path | None) -> list[str] | None:
    """The texts of a report of logscrub's own; None where it is something else."""
    from logscrub.report.reading import LARGEST, LOOK, may_be_report, texts_of

    if path is None or path.suffix.lower() not in (".html", ".json"):
        return None
    try:
        if not path.is_file():  # of a pipe, what was read once is gone
            return None
        with path.open("rb") as file:
            if not may_be_report(file.read(LOOK)) or path.stat().st_size > LARGEST:
                return None
        return texts_of(path.read_bytes())
    except OSError:
        return None  # it is told where the file is read as a log


def _of_store(engine: api.Runner, path: str) -> FileReport:
    """What is found in the texts of a store of metrics."""
    from logscrub.api import clean_name
    from logscrub.errors import InputError
    from logscrub.metrics.store import open_store, texts
    from logscrub.sources.files import how_to_fetch, printable
    from logscrub.verification import FileReport

    name = clean_name(engine.redactor, printable(path), pseudonyms=False)
    try:
        return _of_texts(engine, name, texts(open_store(path)))
    except InputError as error:
        reason = str(error).removeprefix(f"{path}: ")
        if "://" in path:
            reason += f"; if it is a log, {how_to_fetch(path)}"
        say(f"{path}: {reason}")
        return FileReport(name, error=reason)


def _of_texts(engine: api.Runner, name: str, texts: Iterable[str]) -> FileReport:
    """What is found in texts, each looked at by itself; a line of the report is one of them."""
    import json

    verifier = engine.verifier(name, "ndjson")
    verifier.feed("".join(json.dumps([text]) + "\n" for text in texts).encode())
    return verifier.finish()


def verify(
    inputs: Inputs = None,
    input_format: Format = "auto",
    report_format: Annotated[
        Literal["text", "json", "sarif"], typer.Option("--format", help="How to report: for people, or for machines.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write the report.", show_default=False)
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="List so many findings at most, in the text report; all are counted. On a terminal 100, else all.",
            show_default=False,
        ),
    ] = None,
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    salvage: Salvage = False,
    decompress_memory: DecompressMemory = None,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Take inputs that hold no record for clean.")] = False,
) -> int:
    """Prove that logs hold no customer data.

    Runs the detectors over the logs and changes nothing. The logs may have been scrubbed by anybody. Of a store of metrics
    and of logscrub's own reports, all texts are looked at, each by itself.
    """
    import json

    from logscrub.api import build_redactor, clean_name, engine_of, settings, verify_input
    from logscrub.config import load_config
    from logscrub.errors import UsageError
    from logscrub.sinks import same_file
    from logscrub.sources.files import printable, unquoted
    from logscrub.verification import MOST_FINDINGS, FileReport, text_report
    from logscrub.verification.sarif import sarif

    reading = reading_of(decompress_memory, salvage)
    arguments = []
    for argument in inputs or ["-"]:
        matches = unquoted(argument)
        arguments += matches if any(map(_is_store, matches)) else [argument]
    stores = [argument for argument in arguments if _is_store(argument)]
    good, unreadable = readable([argument for argument in arguments if argument not in stores])
    items = each(good)
    output = file_or_none(output)
    if limit is not None and report_format != "text":
        raise UsageError(
            f"--limit is for the text report; --format {report_format} lists up to {MOST_FINDINGS:,} findings per file"
        )
    if limit is None and output is None and terminal_width() is not None:
        limit = _ON_TERMINAL
    if output is not None and any(same_file(item.path, output) for item in items if item.path is not None):
        raise UsageError(f"{output}: is also an input, which writing would destroy; write to another place")
    config = settings(load_config(), policy, detectors or [], names)
    redactor = build_redactor(config)
    catalogue = redactor.engine.catalogue
    reports = []
    for argument, error in unreadable:
        say(str(error))
        name = printable(argument)
        reports.append(FileReport(clean_name(redactor, name, pseudonyms=False), error=str(error).removeprefix(f"{name}: ")))
    wait_for_input(items)
    using = engine_of(redactor, engine, threads=None)
    with progress(items, "findings") as begin:
        for item in items:
            own = _texts_of_report(item.path) if input_format == "auto" and not item.skipped else None
            if own is not None:
                reports.append(_of_texts(using, clean_name(redactor, item.name, pseudonyms=False), own))
                continue
            found = verify_input(using, item, input_format=input_format, reading=reading, progress=begin())
            for report in found:
                if report.error:
                    say(f"{item.name}: {report.error}")
            reports += found
        for argument in stores:
            reports.append(_of_store(using, argument))
    if report_format == "json":
        text = (
            json.dumps(
                text_report.as_json(
                    reports,
                    catalogue.digest,
                    __version__,
                    policy=redactor.policy.name,
                    allowed=len(config.allow),
                    names={
                        "recognizer": config.names.recognizer,
                        "known": len(config.names.known),
                        "words": len(config.names.words),
                    },
                    allow_empty=allow_empty,
                ),
                indent=2,
            )
            + "\n"
        )
    elif report_format == "sarif":
        text = json.dumps(sarif(reports, catalogue, __version__, allow_empty=allow_empty), indent=2) + "\n"
    else:
        text = text_report.text(reports, limit=limit, allow_empty=allow_empty)
    put(text, output)
    if report_format != "text" or output is not None:
        say(text_report.verdict(reports, allow_empty=allow_empty))
    return text_report.exit_code(reports, allow_empty=allow_empty)
