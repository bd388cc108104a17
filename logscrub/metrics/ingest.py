"""From logs to the store: scrub, count what is new, commit.

A batch is counted and committed as a whole. What was committed before a run broke off is known the next time, so the input is
simply read again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from logscrub import api
from logscrub.metrics import store as stores
from logscrub.metrics.facts import FactFinder, Facts
from logscrub.metrics.records import Item, Records
from logscrub.metrics.rollup import Rollup, hours
from logscrub.metrics.store import Store
from logscrub.scrubbing import Tally
from logscrub.sinks import MemberLike, Sink, ZipSink, open_sink, open_zip_sink
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream

BATCH = 100_000
"""Records that are counted and committed at once; they are kept until then."""
_EVERY = 60.0
"""Seconds after which what came through a live pipe is committed."""
_FORGE_BEGAN = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp()) // 3600


@dataclass(slots=True)
class Counted:
    """What became of records and data points."""

    new: int = 0
    known: int = 0
    """Counted already, in this run or before."""
    without_time: int = 0
    """Of the new ones, those whose log does not tell when: they are in the store without an hour."""
    without_customer: int = 0
    """Of the new ones, those that name no customer."""
    odd_time: int = 0
    """Of the new ones, those from before 2019 or more than a day ahead: a clock that is wrong."""

    def add(self, other: Counted) -> None:
        self.new += other.new
        self.known += other.known
        self.without_time += other.without_time
        self.without_customer += other.without_customer
        self.odd_time += other.odd_time


class Ingestion:
    """Counts records into a store. A context manager: what was taken is committed at its end, unless something went wrong."""

    def __init__(self, store: Store, key: bytes) -> None:
        """`key`: 16 to 64 bytes, for fingerprints and sketches; the same in all runs for a store."""
        self._store = store
        self._finder = FactFinder(key)
        self._facts: list[Facts] = []
        self._committed = time.monotonic()
        self.counted = Counted()
        """What was committed so far."""

    def take(self, items: Iterable[Item]) -> None:
        """Counts records and data points. Raises OutputError, InputError."""
        facts, find = self._facts, self._finder.facts
        for item in items:
            facts.append(find(item))
            if len(facts) >= BATCH:
                self.commit()
                facts = self._facts

    def commit(self) -> None:
        """Commits what was taken. Raises OutputError, InputError; then the store is as it was."""
        self._committed = time.monotonic()
        if not self._facts:
            return
        facts, self._facts = self._facts, []
        counted = Counted()

        def what_is_new(seen: pl.DataFrame) -> pl.DataFrame:
            nonlocal counted
            is_new = new_ones(facts, seen)
            rollup = Rollup()
            rollup.add(facts, is_new)
            kept = [f for f, new in zip(facts, is_new, strict=True) if new]
            counted = _counted(facts, kept)
            return rollup.frame()

        stores.add(self._store, what_is_new, days_of(facts))
        self.counted.add(counted)

    def commit_if_due(self) -> None:
        """Commits where the last time is a minute ago."""
        if time.monotonic() - self._committed >= _EVERY:
            self.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.commit()


def _counted(facts: Sequence[Facts], kept: Sequence[Facts]) -> Counted:
    ahead = int(time.time()) // 3600 + 24
    return Counted(
        len(kept),
        len(facts) - len(kept),
        sum(f.hour is None for f in kept),
        sum(not f.tenant for f in kept),
        sum(f.hour is not None and not _FORGE_BEGAN <= f.hour <= ahead for f in kept),
    )


def new_ones(facts: Sequence[Facts], seen: pl.DataFrame) -> list[bool]:
    """Which of the records are met for the first time: not among those before, and not in `seen` (`hour`, lists of `prints`)."""
    frame = pl.DataFrame(
        {"hour": hours(f.hour for f in facts), "prints": pl.Series([f.fingerprint for f in facts], dtype=pl.Int64)}
    )
    first = frame.with_row_index("n").unique(["hour", "prints"], keep="first", maintain_order=True)
    if len(seen):
        known = seen.join(first.select("hour").unique(), on="hour", how="semi", nulls_equal=True).explode("prints")
        first = first.join(known, on=["hour", "prints"], how="anti", nulls_equal=True)
    is_new = [False] * len(facts)
    for n in first["n"].to_list():
        is_new[n] = True
    return is_new


def days_of(facts: Iterable[Facts]) -> list[date | None]:
    """The days that records lie in."""
    days: set[date | None] = set()
    for hour in {f.hour for f in facts}:
        known = hours([hour])[0]
        days.add(None if known is None else known.astimezone(UTC).date())
    return sorted(days, key=str)


def ingest_input(
    engine: api.Runner,
    item: Input,
    ingestion: Ingestion,
    target: Path | None = None,
    *,
    input_format: str = "auto",
    progress: api.Progress | None = None,
) -> Tally:
    """Scrubs one input and counts its records. `target`: where the scrubbed log goes too.

    Raises InputError when the input cannot be read to its end (what was read by then is counted, no file appears), OutputError,
    and UsageError where the output is the input.
    """
    tell = progress or (lambda done, tally: None)
    with open_stream(item) as stream:
        if stream.compression == "zip":
            archive = None if target is None else open_zip_sink(target, inputs=[item.path])
            with _CountedZip(ingestion, archive) as members:
                tally = api.scrub_members(engine, stream, members, input_format, tell)
                members.commit()
            return tally
        sink = None if target is None else open_sink(target, stream.compression, inputs=[item.path])
        with _CountedSink(ingestion, sink) as counted:
            tally = api.scrub_stream(engine, stream, counted, input_format, tell)
            counted.commit()
        return tally


class _CountedSink:
    """Counts the records in clean bytes, and passes the bytes on."""

    def __init__(self, ingestion: Ingestion, sink: Sink | None) -> None:
        self._ingestion = ingestion
        self._sink = sink
        self._records = Records()

    def write(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.write(data)
        self._ingestion.take(self._records.feed(data))

    def flush(self) -> None:
        """Of a live pipe: what came is written, and committed once a minute."""
        if self._sink is not None:
            self._sink.flush()
        self._ingestion.commit_if_due()

    def commit(self) -> None:
        self._ingestion.take(self._records.finish())
        if self._sink is not None:
            self._sink.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._sink is not None:
            self._sink.abort()


class _CountedZip:
    """The same for the members of a zip."""

    def __init__(self, ingestion: Ingestion, archive: ZipSink | None) -> None:
        self._ingestion = ingestion
        self._archive = archive
        self._records = Records()

    def begin(self, name: str, info: MemberLike) -> None:
        self._records = Records()
        if self._archive is not None:
            self._archive.begin(name, info)

    def write(self, data: bytes) -> None:
        if self._archive is not None:
            self._archive.write(data)
        self._ingestion.take(self._records.feed(data))

    def end(self) -> None:
        self._ingestion.take(self._records.finish())
        if self._archive is not None:
            self._archive.end()

    def commit(self) -> None:
        if self._archive is not None:
            self._archive.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._archive is not None:
            self._archive.abort()


def today() -> date:
    """The day it is, UTC."""
    return datetime.now(UTC).date()
