"""`logscrub verify`: proves that logs hold no customer data."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from logscrub.cli.console import Tell, progress, put, say, terminal_width
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    GuaranteeOf,
    Inputs,
    KeyFile,
    Names,
    On,
    Policy,
    Salvage,
    Vocabulary,
    check_guarantee,
    each,
    file_or_none,
    given_key,
    readable,
    reading_of,
    wait_for_input,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logscrub import api
    from logscrub.attest.statement import Subject
    from logscrub.errors import InputError
    from logscrub.redact.scrub import Redactor
    from logscrub.shards import Settings
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input
    from logscrub.verification import FileReport
    from logscrub.verification.origins import Origins
    from logscrub.verification.second_opinion import Opinion, Pieces

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
  logscrub verify clean/ --guarantee 5
  logscrub scrub < app.log | logscrub verify

\b
Findings are reported by place and kind, never by value. Data that the policy keeps is no
finding. The policy is that of --policy, else that of logscrub.toml, else atlassian; strict
finds pseudonyms too.

\b
Nothing read proves nothing: where no input holds a record, as after a command that failed
in front of the pipe, the exit code is 3; --allow-empty makes it 0.

\b
--attest writes a proof that somebody else can check, with logscrub attest check, and signs it
with the key of --sign-key (from logscrub keys new --signing), else that of the file in
LOGSCRUB_SIGN_KEY, else not at all. Nothing is written unless all is clean.

\b
--guarantee 5 also finds words that occur in the records of fewer than five customers (RARE),
over all files together, as scrub --guarantee 5 replaces them.

\b
--second-opinion presidio adds no findings and changes no exit code: it shows an auditor the
result of a tool that was written by others. Report and proof say how often it differed.

\b
Exit codes: 0 clean; 1 customer data was found; 2 wrong usage or configuration;
3 something could not be read or scanned, or there was nothing, so nothing is proven."""


_ON_TERMINAL = 100
"""Findings that are listed on a terminal, whose scrollback would lose the first of many more."""


def _is_store(path: str) -> bool:
    from logscrub import objects
    from logscrub.extras import is_missing
    from logscrub.sources.files import mode_of

    address = objects.address_of(path)
    if address is not None:
        if address.is_web or objects.is_pattern(address):
            return False
        if is_missing("objects"):  # a store of metrics needs no more than the extra for metrics
            return True
        try:
            return objects.has_below(address, "_delta_log")
        except objects.ObjectError:  # it is reported where it is read as a log
            return False
    return path.lower().startswith("file://") or stat.S_ISDIR(mode_of(Path(path) / "_delta_log"))


def _texts_of_report(item: Input) -> tuple[list[str], str] | None:
    """The texts of a report of logscrub's own, and the SHA-256 of its bytes; None where it is something else."""
    import hashlib

    from logscrub.errors import InputError
    from logscrub.report.reading import LARGEST, LOOK, may_be_report, texts_of
    from logscrub.sources.files import size_of
    from logscrub.sources.streams import open_file

    if item.path is None or item.path.suffix.lower() not in (".html", ".json"):
        return None
    try:
        size = size_of(item)  # not known of a pipe, of which what was read once is gone
        if size is None or size > LARGEST:
            return None
        with open_file(item) as file:
            head = file.read(LOOK)
            if not may_be_report(head):
                return None
            data = head + file.read()
        texts = texts_of(data)
        return None if texts is None else (texts, hashlib.sha256(data).hexdigest())
    except (OSError, InputError):
        return None  # the error is reported where the file is read as a log


def _of_store(engine: api.Runner, path: str, pieces: Pieces | None) -> FileReport:
    """The findings in the texts of a store of metrics."""
    from logscrub.api import clean_name
    from logscrub.errors import InputError
    from logscrub.extras import install, is_missing, need

    need("a store of metrics", "metrics")
    from logscrub.metrics.store import open_store, texts
    from logscrub.sources.files import printable
    from logscrub.verification import FileReport

    name = clean_name(engine.redactor, printable(path), pseudonyms=False)
    try:
        return _of_texts(engine, name, texts(open_store(path)), pieces)
    except InputError as error:
        reason = str(error).removeprefix(f"{path}: ")
        if "://" in path and is_missing("objects"):
            reason += f"; if it is a log, reading it needs: {install('objects')}"
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


def examine(
    engine: api.Runner,
    asked: Asked,
    input_format: str,
    reading: Reading,
    pieces: Pieces | None = None,
    *,
    on: tuple[str, Settings] | None = None,
) -> Examined:
    """Verifies all of it; what cannot be read is said, and does not stop the rest. `pieces` takes what was read.

    `on`: a cluster on which inputs are verified, and the settings there.
    """
    from logscrub.api import clean_name, report_name, verify_input
    from logscrub.attest.statement import Subject
    from logscrub.sources.files import printable
    from logscrub.verification import FileReport

    redactor = engine.redactor
    done = Examined()
    for argument, error in asked.unreadable:
        say(str(error))
        name = printable(argument) or "''"
        cleaned = clean_name(redactor, name, pseudonyms=False)
        done.reports.append(FileReport(cleaned, error=str(error).removeprefix(f"{name}: ")))
    wait_for_input(asked.items)
    with progress(asked.items, "findings") as begin:
        elsewhere = None if on is None else iter(_examined_on(*on, asked.items, begin()))
        for item in asked.items:
            own = _texts_of_report(item) if input_format == "auto" and not item.skipped else None
            if own is not None:
                texts, digest = own
                found = [_of_texts(engine, clean_name(redactor, item.name, pseudonyms=False), texts, pieces)]
                found[0].sha256 = found[0].content_sha256 = digest
            elif elsewhere is not None:
                found = next(elsewhere)
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


def promised(
    engine: api.Runner, customers: int, vocabulary: Path | None, asked: Asked, input_format: str, reading: Reading
) -> tuple[api.Runner, dict[str, Any]]:
    """An engine that also finds words of too few customers, once it has read the files; and its rule. Raises UsageError."""
    from logscrub.api import verify_input
    from logscrub.errors import UsageError
    from logscrub.guarantee.engine import Keeping, Listening, guarantee_of
    from logscrub.sources.files import mode_of

    files = [item for item in asked.items if not item.skipped]
    if asked.stores or any(item.path is None or not stat.S_ISREG(mode_of(item.path)) for item in files):
        raise UsageError("--guarantee: reads everything twice, so it is for files; write what comes from a pipe to one first")
    guarantee, rule = guarantee_of(engine, customers, vocabulary)
    with Listening(engine, guarantee) as listening:
        for item in files:
            verify_input(listening, item, input_format=input_format, reading=reading)
    return Keeping(engine, guarantee), rule


def _examined_on(on: str, settings: Settings, items: Sequence[Input], tell: Tell) -> list[list[FileReport]]:
    """The reports of a cluster on the inputs that are no reports of logscrub's own, in order."""
    from logscrub import dask

    is_log = [settings.input_format != "auto" or item.skipped or _texts_of_report(item) is None for item in items]
    logs = [dask.absolute(item) for item, log in zip(items, is_log, strict=True) if log]
    with dask.cluster(on, None) as run:
        return dask.verify_shards(run, settings, logs, tell)


ReportFormat = Literal["text", "json", "sarif"]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=0,
        metavar="N",
        help="The most findings that the text report lists; all are counted. 100 on a terminal, else all.",
        show_default=False,
    ),
]
SummaryOfScrub = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        metavar="FILE",
        help="The summary of the scrub that wrote the files: JSON and proof name the input of each, and a file that is not "
        "in it is not proven.",
        show_default=False,
    ),
]
Attest = Annotated[
    Path | None,
    typer.Option(
        "--attest",
        metavar="FILE",
        help="Write a proof that somebody else can check to this file, if all is clean.",
        show_default=False,
    ),
]
SignKey = Annotated[
    Path | None,
    typer.Option(
        "--sign-key",
        metavar="FILE",
        help="The private key that signs the proof. The default is the file that LOGSCRUB_SIGN_KEY names.",
        show_default=False,
    ),
]
SecondOpinion = Annotated[
    Literal["presidio"] | None,
    typer.Option(
        "--second-opinion",
        help="Run another tool on the same logs, and list what it would call personal and logscrub keeps, with the reason.",
        show_default=False,
    ),
]
Sample = Annotated[
    int | None,
    typer.Option(
        "--sample",
        min=1,
        metavar="N",
        help="The number of lines that it reads, chosen by chance. By default it reads all, about a hundred per second.",
        show_default=False,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="The seed of --sample; 1 by default.", show_default=False),
]


def verify(
    inputs: Inputs = None,
    input_format: Format = "auto",
    report_format: Annotated[
        ReportFormat, typer.Option("--format", help="The form of the report: for people, or for machines.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file of the report.", show_default=False)
    ] = None,
    limit: Limit = None,
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    guarantee: GuaranteeOf = None,
    vocabulary: Vocabulary = None,
    key_file: KeyFile = None,
    salvage: Salvage = False,
    decompress_memory: DecompressMemory = None,
    on: On = None,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Accept inputs without a record as clean.")] = False,
    summary: SummaryOfScrub = None,
    attest: Attest = None,
    sign_key: SignKey = None,
    second_opinion: SecondOpinion = None,
    sample: Sample = None,
    seed: Seed = None,
) -> int:
    """Prove that logs hold no customer data.

    Runs the detectors over the logs and changes nothing. The logs may have been scrubbed by anybody. In a store of metrics
    and in logscrub's own reports, all texts are scanned, each by itself.
    """
    from logscrub.api import build_redactor, engine_for_all_rows, engine_of, settings
    from logscrub.config import load_config
    from logscrub.rules import about, looked_for
    from logscrub.shards import Settings
    from logscrub.verification import second_opinion as another
    from logscrub.verification import text_report
    from logscrub.verification.origins import read_summary

    reading = reading_of(decompress_memory, salvage)
    asked = asked_for(inputs or ["-"])
    output = file_or_none(output)
    if limit is None and report_format == "text" and output is None and terminal_width() is not None:
        limit = _ON_TERMINAL
    _check_options(asked, report_format, limit, second_opinion, sample, seed, on)
    pieces = None if second_opinion is None else another.Pieces(sample, 1 if seed is None else seed)
    key = _key_for(guarantee, vocabulary, key_file)
    signs = _signing(attest, sign_key, asked.stores)
    _refuse_overwriting(asked, output, attest, summary)
    origins = None if summary is None else read_summary(summary)
    config = settings(load_config(), policy, detectors or [], names)
    redactor = build_redactor(config, key)
    using = engine_of(redactor, engine, threads=None)
    by = about(using, config, input_format)
    if guarantee is not None:
        using, by["rules"]["guarantee"] = promised(using, guarantee, vocabulary, asked, input_format, reading)
    cluster = None if on is None else (on, Settings(config, None, input_format, engine, reading))
    done = examine(using, asked, input_format, reading, pieces, on=cluster)
    if origins is not None:
        _refuse_unknown(done.reports, origins)
    opinion = None
    if pieces is not None:
        opinion = another.ask(pieces, done.reports, redactor, engine_for_all_rows(config), config.names.model)
    report = Report(done.reports, by, looked_for(using, config), allow_empty, origins, opinion)
    put(report.as_text(report_format, redactor, limit), output)
    if report_format != "text" or output is not None:
        report.say_in_short()
    if attest is not None:
        _attest(attest, done.subjects, report.as_dict(), signs)
    return text_report.exit_code(done.reports, allow_empty=allow_empty)


def _check_options(
    asked: Asked,
    report_format: str,
    limit: int | None,
    second_opinion: str | None,
    sample: int | None,
    seed: int | None,
    on: str | None,
) -> None:
    """Raises UsageError if options exclude each other, or need an extra that is missing."""
    from logscrub.errors import UsageError
    from logscrub.extras import need
    from logscrub.verification import MOST_FINDINGS

    if limit is not None and report_format != "text":
        raise UsageError(
            f"--limit is for the text report; --format {report_format} lists up to {MOST_FINDINGS:,} findings per file"
        )
    if (second_opinion is None and sample is not None) or (sample is None and seed is not None):
        raise UsageError("--sample is for --second-opinion, and --seed for --sample; add what is missing")
    if second_opinion is not None:
        need("--second-opinion presidio", "ner")
    if on is not None:
        need("--on", "dask")
        if second_opinion is not None:
            raise UsageError("--on: a second opinion is given by this process; ask for it without")
        if any(item.path is None for item in asked.items):
            raise UsageError("--on: standard input is not where workers are; give files")


def _key_for(guarantee: int | None, vocabulary: Path | None, key_file: Path | None) -> bytes | None:
    """The key of a vocabulary; None where there is no vocabulary. Raises UsageError where a key is missing, or is of no use."""
    from logscrub.errors import UsageError

    key = given_key(key_file) if vocabulary is not None else None
    check_guarantee(guarantee, vocabulary, key)
    if key_file is not None and vocabulary is None:
        raise UsageError("--key-file is for --vocabulary; verify needs no key without")
    return key


def _refuse_unknown(reports: Sequence[FileReport], origins: Origins) -> None:
    """Marks the files that a summary of `scrub` does not know as not proven."""
    for report in reports:
        if not report.error and origins.of(report) is None:
            report.error = "the summary does not know it: it was changed since, or another run wrote it"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of `verify` with all that its forms say."""

    reports: list[FileReport]
    by: dict[str, Any]
    """The version, time, engine and rules of the run."""
    looked_for: Sequence[str]
    """The ids of the detectors that ran, also of those that found nothing."""
    allow_empty: bool
    origins: Origins | None
    opinion: Opinion | None

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it, which is also what a proof states."""
        from logscrub.verification import text_report

        return text_report.as_json(
            self.reports, self.by, self.looked_for, allow_empty=self.allow_empty, origins=self.origins, opinion=self.opinion
        )

    def as_text(self, report_format: ReportFormat, redactor: Redactor, limit: int | None) -> str:
        """The report in one of the formats. `limit`: the most findings that are listed as text."""
        import json

        from logscrub.verification import text_report
        from logscrub.verification.sarif import sarif

        how: dict[str, Any] = {"allow_empty": self.allow_empty, "opinion": self.opinion}
        if report_format == "json":
            return json.dumps(self.as_dict(), indent=2) + "\n"
        if report_format == "sarif":
            log = sarif(self.reports, redactor.engine.catalogue, self.by, self.looked_for, **how)
            return json.dumps(log, indent=2) + "\n"
        return text_report.text(self.reports, limit=limit, first=text_report.caution(self.by["rules"]), **how)

    def say_in_short(self) -> None:
        """Says the verdict, where the report itself is not on the terminal."""
        from logscrub.verification import second_opinion, text_report

        if first := text_report.caution(self.by["rules"]):
            say(first)
        if self.opinion is not None:
            say(second_opinion.headline(self.opinion.as_dict()))
        say(text_report.verdict(self.reports, allow_empty=self.allow_empty))


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
        raise UsageError("--attest: a proof is written to a file, beside the report; give the file's name")
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
    """Raises UsageError if a report or a proof would replace something that is read, or each other."""
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
    if "second_opinion" in proof:  # the number of differences, not their places
        proof = {**proof, "second_opinion": {k: v for k, v in proof["second_opinion"].items() if k != "differences"}}
    statement = state(subjects, proof).as_bytes()
    if key is None:
        put_bytes(statement + b"\n", path)
        say(f"{path}: a proof that is not signed, so anybody could have written it; sign it with --sign-key, or another tool")
        return
    put_bytes(signing.sign(statement, key), path)
    say(f"{path}: a proof signed by key {signing.key_id(key.public_key())[:16]}…")
