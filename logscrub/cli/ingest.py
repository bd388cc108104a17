"""`logscrub ingest`: scrubs logs and counts them into a store."""

from __future__ import annotations

import gc
import json
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscrub.cli.console import Tell, progress, put, say, tidy
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    Inputs,
    KeyFile,
    Names,
    On,
    Policy,
    Salvage,
    StoreAt,
    each,
    file_or_none,
    given_key,
    number,
    readable,
    reading_of,
    size,
    unscanned,
    wait_for_input,
)
from logscrub.cli.scrub import Job, jobs_of, refuse_overwriting
from logscrub.errors import InputError, UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from logscrub import api
    from logscrub.config import Config
    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.metrics.ingest_workers import IngestWorkers
    from logscrub.redact.scrub import Redactor
    from logscrub.scrubbing import Tally
    from logscrub.shards import Settings
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub keys new logscrub.key
  logscrub ingest exports/ --store metrics --key-file logscrub.key
  logscrub ingest app.log --store metrics --key-file logscrub.key --logs-to clean/
  logscrub metrics --store metrics --by function

\b
Raw or scrubbed logs, in any format that scrub reads, and answers of the App metrics API.
Reading the same records again changes nothing: they are known by invocation, time and
content. A run that breaks off loses and doubles nothing: run it again.

\b
Exit codes: 0 done; 2 wrong usage or configuration; 3 an input could not be read or is no
file, the store or an output not written, or a record or a part of one not scanned (what is
left of it is counted)."""


_MANY = 8 << 20
"""Bytes of files from which it pays to count in processes of their own."""


def ingest(
    inputs: Inputs = None,
    store: StoreAt = None,
    logs_to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write the scrubbed logs, to this folder.", show_default=False),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary",
            metavar="FILE",
            help="Write the counts of each input's records to this file, as JSON.",
            show_default=False,
        ),
    ] = None,
    key_file: KeyFile = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    salvage: Salvage = False,
    decompress_memory: DecompressMemory = None,
    on: On = None,
) -> int:
    """Scrub logs and keep counts and timings that identify nobody.

    The store holds what the logs said, by the hour, long after they are gone: a Delta Lake table.
    """
    from logscrub.api import settings
    from logscrub.config import load_config

    started = time.monotonic()
    if store is None:
        raise UsageError("ingest needs to know where the metrics are kept; add: --store DIR")
    key = given_key(key_file)
    if key is None:
        raise UsageError(
            "ingest needs a key, so that the same customer is the same in every run; "
            "make one with: logscrub keys new logscrub.key; then add: --key-file logscrub.key"
        )
    need("ingest", "metrics")
    config = settings(load_config(), policy, detectors or [], names)
    reading = reading_of(decompress_memory, salvage)
    if on is not None:
        need("--on", "dask")
    options: dict[str, Any] = {"logs_to": logs_to, "input_format": input_format, "engine": engine, "reading": reading}
    done = ingest_all(inputs or ["-"], store, key, config, **options, on=on, key_file=key_file)
    say(f"{done.line()} in {time.monotonic() - started:.1f} s{done.failures()}")
    if summary is not None:
        put(json.dumps(done.as_json(), indent=2) + "\n", file_or_none(summary))
    return 3 if done.failed or done.tally.withheld else 0


@dataclass(frozen=True, slots=True)
class InputCount:
    """An input, and what became of its records."""

    name: str
    counted: IngestResult
    error: str = ""
    """Why not all of it was counted; "" if all was."""

    def line(self) -> str:
        """One line for people."""
        c = self.counted
        return (
            f"{self.name}: {number(c.read, 'record')} read = {c.new:,} new + {c.known:,} known + {c.undated:,} undated "
            f"+ {c.not_understood:,} not understood"
        )


@dataclass(frozen=True, slots=True)
class Ingested:
    """The counts of all inputs."""

    inputs: tuple[InputCount, ...]
    tally: Tally
    """The tallies of the inputs that could be read to their end."""

    @property
    def failed(self) -> int:
        """The number of inputs that could not be read to their end, whose records are not accounted for, or that are no files."""
        return sum(bool(one.error) for one in self.inputs)

    @property
    def counted(self) -> IngestResult:
        """All inputs together."""
        from logscrub.metrics.ingest_result import IngestResult

        whole = IngestResult()
        for one in self.inputs:
            whole.add(one.counted)
        return whole

    def line(self) -> str:
        """The counts of all records, for people."""
        c = self.counted
        withheld = f"{unscanned(self.tally)} withheld, " if self.tally.withheld else ""
        return f"{number(c.new + c.undated, 'record')} new, {c.known:,} known, {withheld}{size(self.tally.bytes_read)}"

    def failures(self) -> str:
        """The number of inputs that failed, for people; "" if none did."""
        return f"; {self.failed} of {number(len(self.inputs), 'input')} failed" if self.failed else ""

    def as_json(self) -> dict[str, Any]:
        """The summary for machines."""
        return {
            "inputs": [{"input": one.name, **_numbers(one.counted), "error": one.error} for one in self.inputs],
            "total": _numbers(self.counted),
        }


def _numbers(counted: IngestResult) -> dict[str, Any]:
    return {
        "read": counted.read,
        "new": counted.new,
        "known": counted.known,
        "undated": counted.undated,
        "not_understood": counted.not_understood,
        "unread_times": sorted(counted.spellings),
    }


def ingest_all(
    arguments: list[str],
    store: str,
    key: bytes,
    config: Config,
    *,
    logs_to: Path | None = None,
    input_format: str = "auto",
    engine: api.EngineName | None = None,
    reading: Reading | None = None,
    on: str | None = None,
    key_file: Path | None = None,
) -> Ingested:
    """Scrubs inputs and counts them into a store, and says what a person should know.

    `on`: a cluster that does it, whose workers read the key from `key_file`, else from LOGSCRUB_KEY.

    Raises UsageError, OutputError, InputError where nothing can be done; an input that cannot be read does not stop the rest.
    """
    from logscrub.api import build_redactor, engine_of
    from logscrub.engines import processors
    from logscrub.metrics.ingest_workers import IngestWorkers
    from logscrub.shards import KeySource, Settings
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import expand

    reading = reading or Reading()
    _check_folder(logs_to)
    good, unreadable = readable(arguments)
    # names may be the same where no outputs are named after them
    items = each(good) if logs_to is None else expand(good) if good else []
    processes = max(1, processors() // 2) if _bytes_there(items) > _MANY and on is None else 0
    with IngestWorkers(processes) as workers:
        redactor = build_redactor(config, key)
        using = engine_of(redactor, engine, threads=max(1, processors() - processes))
        jobs = (
            jobs_of(using.redactor, items, logs_to, True)
            if logs_to is not None
            else [Job(item, None, None, item.name) for item in items]
        )
        numbers = [workers.new_input() for _ in jobs]
        outcomes: list[Tally | str] = []
        refuse_overwriting(jobs, None)
        tidy(job.target for job in jobs if job.target is not None)
        if on is None:
            workers.into(store, redactor.pseudonymizer)
        elif any(job.item.path is None for job in jobs):
            raise UsageError("--on: standard input is not where workers are; give files")
        for _, error in unreadable:
            say(str(error))
        wait_for_input(items)
        with _no_collections(), progress(items, "redactions") as begin:
            if on is not None:
                source = KeySource("" if key_file is None else str(key_file.absolute()), redactor.pseudonymizer.key_id)
                settings = Settings(config, source, input_format, engine, reading)
                elsewhere = _ingest_on(on, settings, jobs, store, key, begin())
                outcomes += [outcome for outcome, _ in elsewhere]
                workers.results = {n: counted for n, (_, counted) in zip(numbers, elsewhere, strict=True)}
            for job, n in zip(jobs, numbers, strict=True) if on is None else ():
                outcomes.append(_one(using, job, workers, n, input_format, reading, begin()))
    counts = [workers.results.get(n) for n in numbers]
    return _summed_up(redactor, unreadable, jobs, outcomes, counts)


def _check_folder(logs_to: Path | None) -> None:
    """Raises UsageError if scrubbed logs cannot be written to what is named for them."""
    from logscrub.sources.files import mode_of

    if logs_to is not None and file_or_none(logs_to) is None:
        raise UsageError("--logs-to -: scrubbed logs need a folder to go to; for standard output there is: logscrub scrub")
    if logs_to is not None and mode_of(logs_to) and not stat.S_ISDIR(mode_of(logs_to)):
        raise UsageError(f"{logs_to}: is a file, but scrubbed logs need a folder to go to; choose another --logs-to")


@contextmanager
def _no_collections() -> Iterator[None]:
    """Switches the search for cycles off: many thousand records are held at a time, none of them in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _summed_up(
    redactor: Redactor,
    unreadable: Sequence[tuple[str, InputError]],
    jobs: Sequence[Job],
    outcomes: Sequence[Tally | str],
    counts: Sequence[IngestResult | None],
) -> Ingested:
    """The result of all inputs. Says a line about each that held records, and what is wrong with it."""
    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.scrubbing import Tally

    total = Tally()
    done = [InputCount(name, IngestResult(), str(failure)) for name, failure in unreadable]
    for job, outcome, counted in zip(jobs, outcomes, counts, strict=True):
        one = InputCount(job.item.name, counted or IngestResult())
        if one.counted.read:
            say(one.line())
        if isinstance(outcome, str):  # the error that kept it from being read
            done.append(replace(one, error=outcome))
            continue
        total.add(outcome)
        wrong = _unaccounted(one.counted, outcome)
        broken = [_clean_fault(redactor, job, fault) for fault in outcome.faults]
        done.append(replace(one, error=wrong or "; ".join(broken)))
        for message in [*broken, *([wrong] if wrong else [])]:
            say(f"{one.name}: {message}")
    ingested = Ingested(tuple(done), total)
    if not total.records_read and not ingested.failed:
        say(f"nothing to read: {'no record in ' + number(len(jobs), 'input') if jobs else 'no file there'}")
    for line in _odd(ingested.counted):
        say(line)
    return ingested


def _clean_fault(redactor: Redactor, job: Job, fault: str) -> str:
    """The place where the data of an input broke off, without the input's name and without customer data."""
    from logscrub.api import clean_text

    return clean_text(redactor, fault.removeprefix(job.item.name)).removeprefix(": ")


def _unaccounted(counted: IngestResult, tally: Tally) -> str:
    """The fault in the counts of an input that was read to its end; "" if there is none."""
    if counted.read != tally.records_read or not counted.adds_up:
        return (
            f"{number(tally.records_read, 'record')} were scrubbed, but {counted.read:,} were read for counting and "
            f"{counted.counted:,} counted; this is a bug in logscrub, please report it with the format of the log"
        )
    if counted.read and not counted.counted:
        return "none of its records could be counted; is it a log? --input-format says how it is to be read"
    return ""


def _bytes_there(items: Sequence[Input]) -> int:
    """Bytes of the files among the inputs; a file whose size is unknown counts as 0."""
    from logscrub.sources.files import size_of

    return sum(size_of(item) or 0 for item in items if not item.skipped)


def _one(
    engine: api.Runner, job: Job, workers: IngestWorkers, n: int, input_format: str, reading: Reading, tell: Tell
) -> Tally | str:
    """Ingests input number `n`. Returns its tally, or the error that stopped it."""
    from logscrub.api import clean_text
    from logscrub.metrics.ingest_pipeline import ingest_input

    so_far: Tally | None = None

    def note(done: int, tally: Tally) -> None:
        nonlocal so_far
        so_far = tally
        tell(done, tally.redactions.total())

    try:
        so_far = ingest_input(
            *(engine, job.item, workers, n, job.target),
            inside=job.inside,
            input_format=input_format,
            reading=reading,
            progress=note,
        )
        outcome: Tally | str = so_far
    except InputError as error:
        reason = clean_text(engine.redactor, str(error).removeprefix(job.item.name))
        say(job.item.name + reason)
        outcome = reason.removeprefix(": ")
    if so_far is not None and so_far.withheld:
        say(
            f"{job.item.name}: {unscanned(so_far)} could not be scanned, so <WITHHELD> stands instead; "
            "what is left of them is counted, of equal ones one"
        )
    return outcome


def _ingest_on(
    on: str, settings: Settings, jobs: Sequence[Job], store: str, key: bytes, tell: Tell
) -> list[tuple[Tally | str, IngestResult]]:
    """Ingests inputs on a cluster. Returns for each the result of `_one`, and its counts."""
    from logscrub import dask

    own = None if settings.key is None or settings.key.file else key
    asked = [(dask.absolute(job.item), dask.absolute_path(job.target), dask.absolute_path(job.inside)) for job in jobs]
    where = store if "://" in store else str(Path(store).absolute())
    with dask.cluster(on, settings.key, own=own) as run:
        done = dask.ingest_shards(run, settings, asked, where, tell)
    outcomes: list[tuple[Tally | str, IngestResult]] = []
    for job, (did, counted) in zip(jobs, done, strict=True):
        if did.status == "failed":
            say(f"{job.item.name}: {did.said[0]}")
        if did.tally.withheld:
            say(f"{job.item.name}: {unscanned(did.tally)} could not be scanned, so <WITHHELD> stands instead")
        outcomes.append((did.said[0] if did.status == "failed" else did.tally, counted))
    return outcomes


def _odd(counted: IngestResult) -> list[str]:
    """Tells a person what to know about the records that were counted."""
    lines = []
    if counted.undated:
        spelled = ", ".join(f'"{spelling}"' for spelling in sorted(counted.spellings))
        lines.append(
            f"{number(counted.undated, 'record')} without a date that can be read: counted, but in no hour or day"
            + (f"; these spellings are not known: {spelled}" if spelled else "")
        )
    if counted.odd_time:
        lines.append(
            f"{number(counted.odd_time, 'record')} from before 2019 or more than a day ahead: counted there; "
            "check the clock of the program that wrote them"
        )
    if counted.without_customer:
        lines.append(
            f"{number(counted.without_customer, 'record')} have no customer; tables that hide groups smaller than -k omit them"
        )
    return lines
