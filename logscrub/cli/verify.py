"""`logscrub verify`."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
    from logscrub.attest.statement import Subject
    from logscrub.errors import InputError
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input
    from logscrub.verification import FileReport
    from logscrub.verification.second_opinion import Pieces

EXAMPLES = """\b
Examples:
  logscrub verify clean/
  logscrub verify metrics/ report.html
  logscrub verify clean/ --limit 20
  logscrub verify clean/ --policy strict
  logscrub verify clean.log --format json -o proof.json
  logscrub verify clean/ --format sarif -o logscrub.sarif
  logscrub verify clean/ --summary summary.json --attest proof.json --sign-key sign.key
  logscrub verify clean/ --second-opinion presidio --sample 1000
  logscrub scrub < app.log | logscrub verify

\b
Findings are told by place and kind, never by value. What the policy keeps is no
finding: that of --policy, without it of logscrub.toml, without one atlassian.
--policy strict finds pseudonyms too.

\b
Nothing read proves nothing: where no input holds a record, as after a command that failed
in front of the pipe, the exit code is 3; --allow-empty makes it 0.

\b
--attest writes a proof that somebody else can check, with logscrub attest check, and signs it
with the key of --sign-key (from logscrub keys new --signing), else that of the file in
LOGSCRUB_SIGN_KEY, else not at all. Nothing is written unless all is clean.

\b
--second-opinion presidio is no finding and changes no exit code: it shows an auditor what a
tool that was written by others would say. Report and proof tell how often it differed.

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


def _texts_of_report(path: Path | None) -> tuple[list[str], str] | None:
    """The texts of a report of logscrub's own, and the SHA-256 of its bytes; None where it is something else."""
    import hashlib

    from logscrub.report.reading import LARGEST, LOOK, may_be_report, texts_of

    if path is None or path.suffix.lower() not in (".html", ".json"):
        return None
    try:
        if not path.is_file():  # of a pipe, what was read once is gone
            return None
        with path.open("rb") as file:
            if not may_be_report(file.read(LOOK)) or path.stat().st_size > LARGEST:
                return None
        data = path.read_bytes()
        texts = texts_of(data)
        return None if texts is None else (texts, hashlib.sha256(data).hexdigest())
    except OSError:
        return None  # it is told where the file is read as a log


def _of_store(engine: api.Runner, path: str, pieces: Pieces | None) -> FileReport:
    """The findings in the texts of a store of metrics."""
    from logscrub.api import clean_name
    from logscrub.errors import InputError
    from logscrub.extras import need

    need("a store of metrics", "metrics")
    from logscrub.metrics.store import open_store, texts
    from logscrub.sources.files import how_to_fetch, printable
    from logscrub.verification import FileReport

    name = clean_name(engine.redactor, printable(path), pseudonyms=False)
    try:
        return _of_texts(engine, name, texts(open_store(path)), pieces)
    except InputError as error:
        reason = str(error).removeprefix(f"{path}: ")
        if "://" in path:
            reason += f"; if it is a log, {how_to_fetch(path)}"
        say(f"{path}: {reason}")
        return FileReport(name, error=reason)


def _of_texts(engine: api.Runner, name: str, texts: Iterable[str], pieces: Pieces | None) -> FileReport:
    """The findings in texts, each scanned by itself. Each text is a line of the report."""
    import json

    verifier = engine.verifier(name, "ndjson")
    data = "".join(json.dumps([text]) + "\n" for text in texts).encode()
    verifier.feed(data)
    if pieces is not None:
        reader = pieces.reader(name)
        reader.feed(data)
        reader.finish()
    return verifier.finish()


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments that say what is verified."""

    items: Sequence[Input]
    stores: Sequence[str]
    unreadable: Sequence[tuple[str, InputError]]


@dataclass(slots=True)
class Examined:
    """The result of a verification."""

    reports: list[FileReport] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    """The files that were read to their end, by their clean names."""


def asked_for(inputs: Sequence[str]) -> Asked:
    """The logs and stores of metrics that the arguments name. Raises UsageError."""
    from logscrub.sources.files import unquoted

    arguments = []
    for argument in inputs:
        matches = unquoted(argument)
        arguments += matches if any(map(_is_store, matches)) else [argument]
    stores = [argument for argument in arguments if _is_store(argument)]
    good, unreadable = readable([argument for argument in arguments if argument not in stores])
    return Asked(each(good), stores, unreadable)


def examine(engine: api.Runner, asked: Asked, input_format: str, reading: Reading, pieces: Pieces | None = None) -> Examined:
    """Verifies all of it; what cannot be read is said, and does not stop the rest. `pieces` takes what was read."""
    from logscrub.api import clean_name, report_name, verify_input
    from logscrub.attest.statement import Subject
    from logscrub.sources.files import printable
    from logscrub.verification import FileReport

    redactor = engine.redactor
    done = Examined()
    for argument, error in asked.unreadable:
        say(str(error))
        name = printable(argument)
        cleaned = clean_name(redactor, name, pseudonyms=False)
        done.reports.append(FileReport(cleaned, error=str(error).removeprefix(f"{name}: ")))
    wait_for_input(asked.items)
    with progress(asked.items, "findings") as begin:
        for item in asked.items:
            own = _texts_of_report(item.path) if input_format == "auto" and not item.skipped else None
            if own is not None:
                texts, digest = own
                found = [_of_texts(engine, clean_name(redactor, item.name, pseudonyms=False), texts, pieces)]
                found[0].sha256 = found[0].content_sha256 = digest
            else:
                also = None if pieces is None else pieces.reader
                found = verify_input(engine, item, input_format=input_format, reading=reading, progress=begin(), also=also)
            for report in found:
                if report.error:
                    say(f"{item.name}: {report.error}")
            done.reports += found
            if found[0].sha256:
                done.subjects.append(Subject(report_name(redactor, item), found[0].sha256))
        for argument in asked.stores:
            done.reports.append(_of_store(engine, argument, pieces))
    return done


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
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The summary of the scrub that wrote the files: JSON and proof say what each was made from, and a file that "
            "it does not know is not proven.",
            show_default=False,
        ),
    ] = None,
    attest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a proof that somebody else can check to this file, if all is clean.", show_default=False
        ),
    ] = None,
    sign_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The private key that signs the proof. Else the file that LOGSCRUB_SIGN_KEY names.",
            show_default=False,
        ),
    ] = None,
    second_opinion: Annotated[
        Literal["presidio"] | None,
        typer.Option(
            "--second-opinion",
            help="Have another tool read the same, and list what it would call personal and logscrub lets stand, with why.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Have it read so many lines, chosen by chance; else it reads all, about a hundred a second.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="What the lines of --sample are chosen by. 1 without it.", show_default=False)
    ] = None,
) -> int:
    """Prove that logs hold no customer data.

    Runs the detectors over the logs and changes nothing. The logs may have been scrubbed by anybody. Of a store of metrics
    and of logscrub's own reports, all texts are looked at, each by itself.
    """
    import json

    from logscrub.api import build_redactor, engine_for_all_rows, engine_of, settings
    from logscrub.config import load_config
    from logscrub.errors import UsageError
    from logscrub.extras import need
    from logscrub.rules import about, looked_for
    from logscrub.verification import MOST_FINDINGS, text_report
    from logscrub.verification import second_opinion as another
    from logscrub.verification.origins import read_summary
    from logscrub.verification.sarif import sarif

    reading = reading_of(decompress_memory, salvage)
    asked = asked_for(inputs or ["-"])
    output = file_or_none(output)
    if limit is not None and report_format != "text":
        raise UsageError(
            f"--limit is for the text report; --format {report_format} lists up to {MOST_FINDINGS:,} findings per file"
        )
    if limit is None and output is None and terminal_width() is not None:
        limit = _ON_TERMINAL
    if (second_opinion is None and sample is not None) or (sample is None and seed is not None):
        raise UsageError("--sample is for --second-opinion, and --seed for --sample; add what is missing")
    if second_opinion is not None:
        need("--second-opinion presidio", "ner")
    pieces = None if second_opinion is None else another.Pieces(sample, 1 if seed is None else seed)
    signs = _signing(attest, sign_key, asked.stores)
    _refuse_overwriting(asked, output, attest, summary)
    origins = None if summary is None else read_summary(summary)
    config = settings(load_config(), policy, detectors or [], names)
    redactor = build_redactor(config)
    using = engine_of(redactor, engine, threads=None)
    by = about(using, config, input_format)
    first = text_report.caution(by["rules"])
    done = examine(using, asked, input_format, reading, pieces)
    reports = done.reports
    for report in reports if origins is not None else ():
        if not report.error and origins is not None and origins.of(report) is None:
            report.error = "the summary does not know it: it was changed since, or another run wrote it"
    opinion = None
    if pieces is not None:
        opinion = another.ask(pieces, reports, redactor, engine_for_all_rows(config), config.names.model)
    proof = text_report.as_json(reports, by, looked_for(using, config), allow_empty=allow_empty, origins=origins, opinion=opinion)
    if report_format == "json":
        text = json.dumps(proof, indent=2) + "\n"
    elif report_format == "sarif":
        looked = looked_for(using, config)
        log = sarif(reports, redactor.engine.catalogue, by, looked, allow_empty=allow_empty, opinion=opinion)
        text = json.dumps(log, indent=2) + "\n"
    else:
        text = text_report.text(reports, limit=limit, allow_empty=allow_empty, first=first, opinion=opinion)
    put(text, output)
    if report_format != "text" or output is not None:
        if first:
            say(first)
        if opinion is not None:
            say(another.headline(opinion.as_dict()))
        say(text_report.verdict(reports, allow_empty=allow_empty))
    if attest is not None:
        _attest(attest, done.subjects, proof, signs)
    return text_report.exit_code(reports, allow_empty=allow_empty)


def _signing(attest: Path | None, sign_key: Path | None, stores: Sequence[str]) -> Any:
    """The key that signs the proof; None where it is not signed. Said before anything is read."""
    import os

    from logscrub.errors import UsageError
    from logscrub.redact.keys import weaknesses

    if attest is None:
        if sign_key is not None:
            raise UsageError("--sign-key signs a proof; say where to write that: --attest FILE")
        return None
    if str(attest) == "-":
        raise UsageError("--attest: a proof goes into a file, beside the report; give the file's name")
    if stores:
        raise UsageError("--attest: a proof is of files, and a store changes with each night; verify it without")
    if sign_key is None and "LOGSCRUB_SIGN_KEY" in os.environ:
        sign_key = Path(os.environ["LOGSCRUB_SIGN_KEY"])
    if sign_key is None:
        return None
    from logscrub.attest.signing import read_signing_key

    key = read_signing_key(sign_key)
    for line in weaknesses(sign_key.read_bytes(), sign_key):
        say(line)
    return key


def _refuse_overwriting(asked: Asked, output: Path | None, attest: Path | None, summary: Path | None) -> None:
    """Raises UsageError where a report or a proof would go over something that is read, or over the other."""
    from logscrub.errors import UsageError
    from logscrub.sinks import same_file

    read = [*(item.path for item in asked.items if item.path is not None), *([] if summary is None else [summary])]
    for path in (output, attest):
        if path is not None and any(same_file(one, path) for one in read):
            raise UsageError(f"{path}: is also an input, which writing would destroy; write to another place")
    if output is not None and attest is not None and output.absolute() == attest.absolute():
        raise UsageError(f"{attest}: is also where the report goes; write the proof to another place")


def _attest(path: Path, subjects: Sequence[Subject], proof: dict[str, Any], key: Any) -> None:
    """Writes the proof, and says by which key it is signed."""
    from logscrub.attest import signing
    from logscrub.attest.statement import state
    from logscrub.cli.console import put_bytes

    if not proof["clean"]:
        say(f"{path}: not written: there is nothing to prove")
        return
    if "second_opinion" in proof:  # how often it differed, not where
        proof = {**proof, "second_opinion": {k: v for k, v in proof["second_opinion"].items() if k != "differences"}}
    statement = state(subjects, proof).as_bytes()
    if key is None:
        put_bytes(statement + b"\n", path)
        say(f"{path}: a proof that is not signed, so anybody could have written it; sign it with --sign-key, or another tool")
        return
    put_bytes(signing.sign(statement, key), path)
    say(f"{path}: a proof signed by key {signing.key_id(key.public_key())[:16]}…")
