"""`logscrub scrub`: takes customer data out of logs."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, overload

import typer

from logscrub.cli.console import Tell, progress, put_pieces, say, tidy
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
    file_or_none,
    given_key,
    key_on,
    number,
    readable,
    reading_of,
    size,
    unscanned,
    wait_for_input,
)
from logscrub.errors import InputError, UsageError

if TYPE_CHECKING:
    from logscrub import api
    from logscrub.api import Passed
    from logscrub.config import Config
    from logscrub.guarantee.engine import Aside, Guarantee, Keeping, Listening
    from logscrub.redact.scrub import Redactor
    from logscrub.scrubbing import Tally
    from logscrub.shards import Did
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub scrub app.log -o clean.log
  logscrub scrub exports/ more.log.gz -o clean/ --summary summary.json
  logscrub scrub s3://bucket/exports -o s3://bucket/clean
  logscrub scrub s3://bucket/exports -o s3://bucket/clean --key-file /run/key --on tcp://host:8786
  tail -f app.log | logscrub scrub
  kubectl logs my-app | logscrub scrub --input-format ndjson | grep ERROR

\b
Pseudonyms such as <ACCOUNT_ID:6f1c...> are equal for equal values within a run;
with a key they are so in every run under that key:
  logscrub keys new logscrub.key
  logscrub scrub app.log --key-file logscrub.key -o clean.log

\b
With --guarantee 5 a word is kept only if it occurs in the records of five customers in the same
statement, or in the vocabulary. Files are read twice for that; in a stream, the records so far
count. Only exports that name the installation show which customer a record belongs to.

\b
All files below a folder are read, and links to files; its other entries (links to folders,
pipes, sockets, links to nothing) are named and not read. Nothing is written through a link
below an output folder.

\b
Exit codes: 0 done; 2 wrong usage or configuration; 3 an input could not be read (to its end)
or is no file, an output not written, or a record or a part of one not scanned (it is withheld)."""


def scrub(
    inputs: Inputs = None,
    named_output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The output: a file, or a folder for several inputs; also at s3://, gs://, az://.",
            show_default=False,
        ),
    ] = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    key_file: KeyFile = None,
    guarantee: GuaranteeOf = None,
    vocabulary: Vocabulary = None,
    salvage: Salvage = False,
    decompress_memory: DecompressMemory = None,
    on: On = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a summary of the run to this file, as JSON; - is standard output, where the log is written to files.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Take customer data out of logs.

    Everything else remains byte for byte, in the same format and compression. Files appear whole or not at all.
    """
    from logscrub.api import build_redactor, clean_name, engine_of, settings
    from logscrub.config import load_config
    from logscrub.rules import about
    from logscrub.sources.files import expand, printable, stands_for_several

    started = time.monotonic()
    arguments = inputs or ["-"]
    output = None if named_output is None else _output(named_output)
    several = stands_for_several(arguments) or (named_output or "").endswith(("/", os.sep))
    _check_output(output, several)
    reading = reading_of(decompress_memory, salvage)
    key = given_key(key_file)
    check_guarantee(guarantee, vocabulary, key)
    good, unreadable = readable(arguments)
    items = expand(good) if good else []
    config = settings(load_config(), policy, detectors or [], names)
    if on is not None:
        key = key_on(on, key, key_file)
    redactor = build_redactor(config, key)
    using = engine_of(redactor, engine, threads=None)
    jobs = jobs_of(using.redactor, items, output, several)
    if on is not None and any(job.target is None or job.item.path is None for job in jobs):
        raise UsageError("--on: workers read files and write files; give inputs, and add: -o FILE or FOLDER")
    refuse_overwriting(jobs, summary)
    tidy(job.target for job in jobs if job.target is not None)
    wrong = []
    for name, error in unreadable:
        say(str(error))
        wrong.append(Outcome(printable(clean_name(using.redactor, name)), "failed", None))
    by: dict[str, Any] = {} if summary is None else about(using, config, input_format)
    promised = None
    if guarantee is not None:
        from logscrub.guarantee.engine import guarantee_of

        if on is not None:
            raise UsageError("--guarantee: counts customers over all inputs in one process; leave out --on")
        promised, terms = guarantee_of(using, guarantee, vocabulary)
        if summary is not None:
            by["rules"]["guarantee"] = terms
    outcomes: Sequence[Outcome]
    if on is None:
        outcomes = wrong + _scrub_all(using, jobs, input_format, reading, summary is not None, promised)
    else:
        done = _scrub_on(on, jobs, config, key, key_file, input_format, engine, reading, summary is not None)
        outcomes = Outcomes(wrong, jobs, done)
    cost = None if promised is None else _cost(promised)
    if summary is not None:
        more = {} if cost is None else {"guarantee": cost}
        put_pieces(summary_of(by, redactor.pseudonymizer.key_id, outcomes, more), file_or_none(summary))
    if _nothing_read(outcomes):
        say(f"nothing to read: {'no record in ' + number(len(outcomes), 'input') if outcomes else 'no file there'}")
    elif any(outcome.tally for outcome in outcomes):
        say(_line(outcomes, time.monotonic() - started))
        if cost is not None and guarantee is not None:
            say(_told(cost, guarantee))
    return 3 if any(outcome.status != "scrubbed" for outcome in outcomes) else 0


@dataclass(frozen=True, slots=True)
class Job:
    """One input and its output."""

    item: Input
    target: Path | None
    inside: Path | None
    """The folder that was named as the output, if the target is below one."""
    name: str
    """Clean, for the summary."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one input."""

    name: str
    status: str
    """`scrubbed`, `withheld` where parts of it were, `salvaged` where its data broke off and what came before went out, `skipped`
    where it is no file to read, or `failed`."""
    tally: Tally | None
    """The output; None if there is none."""
    passed: Passed | None = None
    """The digests of what went in and out, where they were asked for."""


class Outcomes(Sequence[Outcome]):
    """The results of a cluster, of which there may be very many: each is made when it is asked for."""

    def __init__(self, before: Sequence[Outcome], jobs: Sequence[Job], done: Sequence[Did]) -> None:
        """`before`: the results of inputs that could not be opened."""
        self._before, self._jobs, self._done = before, jobs, done

    @overload
    def __getitem__(self, number: int) -> Outcome: ...
    @overload
    def __getitem__(self, number: slice) -> list[Outcome]: ...
    def __getitem__(self, number: int | slice) -> Outcome | list[Outcome]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        if number < 0:
            number += len(self)
        if number < len(self._before):
            return self._before[number]
        job, did = self._jobs[number - len(self._before)], self._done[number - len(self._before)]
        return Outcome(job.name, did.status, None if did.status in ("failed", "skipped") else did.tally, did.passed)

    def __len__(self) -> int:
        return len(self._before) + len(self._jobs)


def _output(name: str) -> Path:
    if not name:
        raise UsageError("--output: is empty; name a file or a folder, or - for standard output")
    return Path(name)


def _check_output(output: Path | None, several: bool) -> None:
    from logscrub.sources.files import mode_of

    if not several:
        return
    output = file_or_none(output)
    if output is None:
        raise UsageError("several inputs, or a folder, need a folder to go to; add: -o FOLDER")
    if mode_of(output) and not stat.S_ISDIR(mode_of(output)):
        raise UsageError(f"{output}: is a file, but several inputs need a folder to go to; choose another -o")


def jobs_of(redactor: Redactor, items: Sequence[Input], output: Path | None, several: bool) -> list[Job]:
    """The output of each input. Names of files lose their customer data too, and remain different."""
    from logscrub.api import clean_name, unused_name
    from logscrub.objects import address_of
    from logscrub.sources.files import mode_of, printable

    output = file_or_none(output)
    is_bucket = output is not None and (address := address_of(output)) is not None and not address.key
    is_folder = output is not None and (stat.S_ISDIR(mode_of(output)) or is_bucket)
    mirrored = output is not None and (several or is_folder)
    names = [item.relative.as_posix() for item in items]
    clean = [clean_name(redactor, name) for name in names]
    used = {name for name, its in zip(names, clean, strict=True) if name == its}
    jobs = []
    for item, name, its in zip(items, names, clean, strict=True):
        if name != its:
            its = unused_name(name, its, used)
            used.add(its)
        shown = "-" if item.path is None else printable(its)
        folder = output if mirrored else None
        jobs.append(Job(item, output if folder is None else folder / its, folder, shown))
    return jobs


def refuse_overwriting(jobs: Sequence[Job], summary: Path | None) -> None:
    """Checks the outputs before anything is written.

    Raises UsageError if an output is one of the inputs or a URL, or if two outputs have the same place. Raises OutputError if
    an output would leave its folder by a link.
    """
    from logscrub.objects import shown
    from logscrub.sinks import refuse_links, refuse_url

    if summary is not None and file_or_none(summary) is None:
        if any(job.target is None for job in jobs):
            raise UsageError(
                "--summary -: the scrubbed log goes to standard output; add: -o FILE, or write the summary to a file"
            )
        summary = None
    inputs = {_identity(job.item.path) for job in jobs if job.item.path is not None} - {None}
    targets = [job.target for job in jobs if job.target is not None]
    for path in [*targets, *([summary] if summary is not None else [])]:
        refuse_url(path)
        if _identity(path) in inputs:
            raise UsageError(f"{shown(path)}: is also an input, which writing would destroy; write to another place")
    if summary is not None and any(summary.absolute() == target.absolute() for target in targets):
        raise UsageError(f"{shown(summary)}: is also where the scrubbed log goes; write the summary to another place")
    for job in jobs:
        if job.target is not None and job.inside is not None and not job.item.skipped:
            refuse_links(job.target, job.inside)


def _identity(path: Path) -> object:
    """An identity that all names of one file or object share; None where there is no such file."""
    from logscrub.objects import address_of

    address = address_of(path)
    if address is not None:
        return address
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _scrub_all(
    engine: api.Runner,
    jobs: Sequence[Job],
    input_format: str,
    reading: Reading,
    hashed: bool,
    promised: Guarantee | None = None,
) -> list[Outcome]:
    """Scrubs one input after the other; one that cannot be read does not stop the rest. `hashed`: whether digests are wanted."""
    with nullcontext() if promised is None else _listening(engine, promised) as listening:
        asides = [None if listening is None else _heard(listening, job, input_format, reading) for job in jobs]
        wait_for_input(job.item for job in jobs)
        on_screen = any(job.target is None for job in jobs) and sys.stdout is not None and sys.stdout.isatty()
        with progress([job.item for job in jobs], "redactions", shown=not on_screen) as begin:
            return [
                _scrub_one(
                    engine if promised is None else _keeping(engine, promised, aside), job, input_format, reading, hashed, begin()
                )
                for aside, job in zip(asides, jobs, strict=True)
            ]


def _listening(engine: api.Runner, promised: Guarantee) -> Listening:
    from logscrub.guarantee.engine import Listening

    return Listening(engine, promised)


def _heard(listening: Listening, job: Job, input_format: str, reading: Reading) -> Aside | None:
    """The first reading of a file for a guarantee; None for a stream, which cannot be read twice."""
    from logscrub.guarantee.engine import listen
    from logscrub.sources.files import mode_of

    is_file = job.item.path is not None and not job.item.skipped and stat.S_ISREG(mode_of(job.item.path))
    return listen(listening, job.item, input_format, reading) if is_file else None


def _keeping(engine: api.Runner, promised: Guarantee, aside: Aside | None) -> Keeping:
    from logscrub.guarantee.engine import Keeping

    return Keeping(engine, promised, aside)


def _scrub_on(
    on: str,
    jobs: Sequence[Job],
    config: Config,
    key: bytes | None,
    key_file: Path | None,
    input_format: str,
    engine: api.EngineName | None,
    reading: Reading,
    hashed: bool,
) -> Sequence[Did]:
    """Scrubs inputs on a cluster, and says of each what `_scrub_one` says."""
    from logscrub import dask
    from logscrub.shards import PART, Settings

    source, own = dask.key_for(on, key_file, key)
    settings = Settings(config, source, input_format, engine, reading, hashed)
    asked = [(dask.absolute(job.item), dask.absolute_path(job.target or Path()), dask.absolute_path(job.inside)) for job in jobs]
    with progress([job.item for job in jobs], "redactions") as begin, dask.cluster(on, source, own=own) as run:
        done = dask.scrub_shards(run, settings, asked, PART, begin())
    for job, did in zip(jobs, done, strict=True):
        for line in did.said:
            say(f"{job.item.name}: {line}")
        if did.tally.withheld:
            say(_withheld(job, did.tally))
    return done


def _withheld(job: Job, tally: Tally) -> str:
    return (
        f"{job.item.name}: {unscanned(tally)} could not be scanned, so <WITHHELD> stands instead; "
        "find them in the input: binary data cannot be scanned; if it is text, report it as a bug"
    )


def _scrub_one(engine: api.Runner, job: Job, input_format: str, reading: Reading, hashed: bool, tell: Tell) -> Outcome:
    from logscrub.api import Passed, clean_text, scrub_input

    passed = Passed() if hashed else None
    so_far: Tally | None = None

    def note(done: int, tally: Tally) -> None:
        nonlocal so_far
        so_far = tally
        tell(done, tally.redactions.total())

    try:
        tally = scrub_input(
            engine,
            job.item,
            job.target,
            inside=job.inside,
            input_format=input_format,
            reading=reading,
            progress=note,
            passed=passed,
        )
    except InputError as error:
        rest = str(error).removeprefix(job.item.name)  # the name is what the user typed, a zip's members are not
        say(job.item.name + clean_text(engine.redactor, rest))
        status = "skipped" if job.item.skipped else "failed"
        if passed is not None and job.target is not None:
            passed.written = passed.written_content = ""
        return Outcome(job.name, status, so_far if job.target is None else None, passed)
    for fault in tally.faults:
        say(job.item.name + clean_text(engine.redactor, fault.removeprefix(job.item.name)))
    if tally.withheld:
        say(_withheld(job, tally))
    return Outcome(job.name, "salvaged" if tally.faults else "withheld" if tally.withheld else "scrubbed", tally, passed)


def _nothing_read(outcomes: Sequence[Outcome]) -> bool:
    """True if every input was read and none held a record."""
    total = _total(outcomes)
    return all(outcome.status == "scrubbed" for outcome in outcomes) and not total.records_read and not total.redactions


def _total(outcomes: Sequence[Outcome]) -> Tally:
    from logscrub.scrubbing import Tally

    total = Tally()
    for outcome in outcomes:
        if outcome.tally is not None:
            total.add(outcome.tally)
    return total


def summary_of(
    by: Mapping[str, Any], key_id: str, outcomes: Sequence[Outcome], more: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[str]:
    """The content of `--summary`, in pieces: version and rules of the run (`by`), counts, and names without customer data.

    `more`: what comes behind the inputs.
    """
    total = _total(outcomes)
    head = {
        **by,
        "key_id": key_id,
        "records": _records(total),
        "bytes": {"read": total.bytes_read, "written": total.bytes_written},
        "redactions": dict(sorted(total.redactions.items())),
        "formats": dict(sorted(total.formats.items())),
    }
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "inputs": ['
    for n, o in enumerate(outcomes):
        its = {"name": o.name, "status": o.status, "records": _records(o.tally or _total([])), **_digests(o.passed)}
        yield (",\n" if n else "\n") + indent(json.dumps(its, indent=2), "    ")
    yield "\n  ]" if outcomes else "]"
    yield "," + json.dumps(more, indent=2).removeprefix("{") + "\n" if more else "\n}\n"


def _digests(passed: Passed | None) -> dict[str, Any]:
    """The digests of an input and its output, of stored and of decompressed bytes; those of each member of an archive too."""
    from logscrub.sources.files import printable

    if passed is None or not passed.read:
        return {}
    found: dict[str, Any] = {"read": {"sha256": passed.read, "content_sha256": passed.read_content}}
    if passed.written:
        found["written"] = {"sha256": passed.written, "content_sha256": passed.written_content}
        if passed.members:
            found["members"] = [{"name": printable(n), "read": read, "written": wrote} for n, read, wrote in passed.members]
    return found


def _cost(promised: Guarantee) -> dict[str, Any]:
    """The cost of the guarantee, for a summary."""
    return {"customers_heard": promised.support.customers, **promised.cost.as_dict()}


def _told(cost: Mapping[str, Any], customers: int) -> str:
    """The cost of the guarantee, in one line for people."""
    words, values = cost["words"], cost["values"]
    gone = f"{100 * words['share']:.1f} % of the words and {100 * values['share']:.1f} % of {number(values['count'], 'value')}"
    if not cost["customers_heard"]:
        return f"guarantee: no record names a customer, so what only the logs say is <RARE>: {gone}"
    return f"guarantee: what fewer than {customers} customers say is <RARE>: {gone}"


def _records(tally: Tally) -> dict[str, int]:
    return {
        "read": tally.records_read,
        "written": tally.records_written,
        "withheld": tally.records_withheld,
        "parts_withheld": tally.parts_withheld,
        "unparsed": tally.records_unparsed,
    }


def _line(outcomes: Sequence[Outcome], seconds: float) -> str:
    total = _total(outcomes)
    parts = [
        number(total.records_read, "record"),
        number(total.redactions.total(), "redaction"),
        f"{total.records_withheld:,} withheld",
        *([f"{number(total.parts_withheld, 'part')} of records withheld"] if total.parts_withheld else []),
        f"{size(total.bytes_read)} in {seconds:.1f} s",
    ]
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    skipped = sum(outcome.status == "skipped" for outcome in outcomes)
    unread = [f"{failed} of {number(len(outcomes) - skipped, 'input')} failed"] if failed else []
    unread += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts) + (f"; {', '.join(unread)}" if unread else "")
