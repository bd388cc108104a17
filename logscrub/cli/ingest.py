"""`logscrub ingest`."""

from __future__ import annotations

import gc
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logscrub.cli.console import Tell, progress, say, tidy
from logscrub.cli.options import (
    Detectors,
    Engine,
    Format,
    Inputs,
    KeyFile,
    Names,
    Policy,
    StoreAt,
    each,
    file_or_none,
    given_key,
    number,
    readable,
    size,
    unscanned,
    wait_for_input,
)
from logscrub.cli.scrub import Job, jobs_of, refuse_overwriting
from logscrub.errors import InputError, UsageError

if TYPE_CHECKING:
    from logscrub import api
    from logscrub.config import Config
    from logscrub.metrics.counted import Counted
    from logscrub.metrics.counters import Counters
    from logscrub.scrubbing import Tally
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
        typer.Option(metavar="DIR", help="Write the scrubbed logs too, to this folder.", show_default=False),
    ] = None,
    key_file: KeyFile = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = "fast",
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
    config = settings(load_config(), policy, detectors or [], names)
    done = ingest_all(inputs or ["-"], store, key, config, logs_to=logs_to, input_format=input_format, engine=engine)
    say(
        f"{number(done.counted.new, 'record')} new, {done.counted.known:,} known, "
        + (f"{unscanned(done.tally)} withheld, " if done.tally.withheld else "")
        + f"{size(done.bytes_read)} "
        f"in {time.monotonic() - started:.1f} s"
        + (f"; {done.failed} of {number(done.inputs, 'input')} failed" if done.failed else "")
    )
    return 3 if done.failed or done.tally.withheld else 0


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of inputs."""

    counted: Counted
    tally: Tally
    """What was scrubbed of the inputs that could be read to their end."""
    inputs: int
    failed: int
    """Inputs that could not be read to their end, and what a folder holds that is no file to read."""

    @property
    def bytes_read(self) -> int:
        return self.tally.bytes_read


def ingest_all(
    arguments: list[str],
    store: str,
    key: bytes,
    config: Config,
    *,
    logs_to: Path | None = None,
    input_format: str = "auto",
    engine: api.EngineName = "fast",
) -> Ingested:
    """Scrubs inputs and counts them into a store, and says what a person should know.

    Raises UsageError, OutputError, InputError where nothing can be done; an input that cannot be read does not stop the rest.
    """
    from logscrub.api import build_redactor, engine_of
    from logscrub.fast.workers import processors
    from logscrub.metrics.counters import Counters
    from logscrub.scrubbing import Tally
    from logscrub.sources.files import expand, mode_of

    if logs_to is not None and file_or_none(logs_to) is None:
        raise UsageError("--logs-to -: scrubbed logs need a folder to go to; for standard output there is: logscrub scrub")
    if logs_to is not None and mode_of(logs_to) and not stat.S_ISDIR(mode_of(logs_to)):
        raise UsageError(f"{logs_to}: is a file, but scrubbed logs need a folder to go to; choose another --logs-to")
    good, unreadable = readable(arguments)
    # names may be the same where no outputs are named after them
    items = each(good) if logs_to is None else expand(good) if good else []
    bytes_there = _bytes_there(items)
    processes = max(1, processors() // 2) if bytes_there > _MANY else 0
    with Counters(processes) as counters:
        redactor = build_redactor(config, key)
        jobs = (
            jobs_of(redactor, items, logs_to, True)
            if logs_to is not None
            else [Job(item, None, None, item.name) for item in items]
        )
        refuse_overwriting(jobs, None)
        tidy(job.target for job in jobs if job.target is not None)
        counters.into(store, redactor.pseudonymizer)
        for _, error in unreadable:
            say(str(error))
        failed = len(unreadable)
        total = Tally()
        wait_for_input(items)
        gc.disable()  # many thousand records are kept at a time, none of them in a cycle: looking for some takes a tenth
        scrubbing = engine_of(redactor, engine, processes=max(1, processors() - processes))
        with scrubbing as using, progress(items, "redactions") as begin:
            for job in jobs:
                tally = _one(using, job, counters, input_format, begin())
                if tally is None:
                    failed += 1
                else:
                    total.add(tally)
    counted = counters.counted
    gc.enable()
    if not total.records_read and not failed:
        say(f"nothing to read: {'no record in ' + number(len(jobs), 'input') if jobs else 'no file there'}")
    for line in _odd(counted):
        say(line)
    return Ingested(counted, total, len(jobs) + len(unreadable), failed)


def _bytes_there(items: Sequence[Input]) -> int:
    """Bytes of the files among the inputs; those that cannot be asked count as none."""
    total = 0
    for item in items:
        if item.path is not None and not item.skipped:
            with suppress(OSError):
                status = item.path.stat()
                total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def _one(engine: api.Runner, job: Job, counters: Counters, input_format: str, tell: Tell) -> Tally | None:
    from logscrub.api import clean_text
    from logscrub.metrics.ingest import ingest_input

    so_far: Tally | None = None

    def note(done: int, tally: Tally) -> None:
        nonlocal so_far
        so_far = tally
        tell(done, tally.redactions.total())

    whole: Tally | None = None
    try:
        so_far = whole = ingest_input(
            engine, job.item, counters, job.target, inside=job.inside, input_format=input_format, progress=note
        )
    except InputError as error:
        say(job.item.name + clean_text(engine.redactor, str(error).removeprefix(job.item.name)))
    if so_far is not None and so_far.withheld:
        say(
            f"{job.item.name}: {unscanned(so_far)} could not be scanned, so <WITHHELD> stands instead; "
            "what is left of them is counted, of equal ones one"
        )
    return whole


def _odd(counted: Counted) -> list[str]:
    """What a person should know about the records that were counted."""
    lines = []
    if counted.without_time:
        lines.append(
            f"{number(counted.without_time, 'record')} without a date (as forge logs --grouped prints them): "
            "counted, but in no hour or day"
        )
    if counted.odd_time:
        lines.append(
            f"{number(counted.odd_time, 'record')} from before 2019 or more than a day ahead: counted there; "
            "look at the clock of what wrote them"
        )
    if counted.without_customer and counted.new:
        lines.append(
            f"{number(counted.without_customer, 'record')} that name no customer: they count as of none, "
            "so tables of fewer customers than asked for leave them out"
        )
    return lines
