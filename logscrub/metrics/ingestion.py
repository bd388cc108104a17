"""Counts records into a store and commits them; records that are known count once.

A batch is counted and committed as a whole. What was committed before a run broke off is known the next time, so the input is
simply read again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self

import polars as pl

from logscrub.formats.base import Item, Record
from logscrub.formats.forge_blocks import Block
from logscrub.metrics import store as stores
from logscrub.metrics.columns import TENANT, Columns
from logscrub.metrics.facts import FactFinder, Facts
from logscrub.metrics.ingest_result import IngestResult
from logscrub.metrics.repeats import Repeats
from logscrub.metrics.rollup import rolled
from logscrub.metrics.store import Store

BATCH = 120_000
"""Entries (`Columns.entries`) that are counted and committed at once: 30,000 to 80,000 records, which are kept until then."""
_AT_ONCE = 256
"""Records that become rows together."""
_EVERY = 60.0
"""Seconds after which what came through a live pipe is committed."""
_FORGE_BEGAN = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp()) // 3600


class Ingestion:
    """Counts records into a store. A context manager: what was taken is committed at its end, unless something went wrong."""

    def __init__(self, store: Store, key: bytes, turn: AbstractContextManager[Any] | None = None) -> None:
        """`key`: 16 to 64 bytes, for fingerprints and sketches; the same in all runs for a store. `turn`: held to commit."""
        self._turn = turn or nullcontext()
        self._store = store
        self._seen = stores.Seen()
        self._finder = FactFinder(key)
        self._columns = Columns()
        self._committed = time.monotonic()
        self._input = 0
        self._repeats = Repeats()
        self.results: dict[int, IngestResult] = defaultdict(IngestResult)
        """Number of an input → the result of its records. Records that are not committed yet count as `read` alone."""

    def begin(self, number: int) -> None:
        """The next records are from the input of that number."""
        if number != self._input:
            self._input, self._repeats = number, Repeats()
        self._columns.input = number

    def end(self, read: int, given: int) -> None:
        """A stream of the input has ended: `read` records began in it, `given` could be understood."""
        mine = self.results[self._input]
        mine.read += read
        mine.not_understood += read - given

    def take(self, items: Iterable[Item | Block]) -> None:
        """Counts records and data points. Raises OutputError, InputError."""
        facts: list[Facts] = []
        for item in items:
            if not isinstance(item, Block):
                facts.append(self._facts(item))
            if isinstance(item, Block) or len(facts) == _AT_ONCE:
                self._columns.extend(facts)
                facts = []
                if isinstance(item, Block):
                    self._finder.add_block(item, self._columns)
                self._commit_if_full()
        self._columns.extend(facts)
        self._commit_if_full()

    def _commit_if_full(self) -> None:
        if self._columns.entries >= BATCH:
            self.commit()

    def _facts(self, item: Item) -> Facts:
        facts = self._finder.facts(item)
        if isinstance(item, Record):
            if item.unread_time:
                self.results[self._input].note_spellings({item.unread_time})
            if not item.invocation:
                return self._repeats.told_apart(facts, item.time_ns)
        return facts

    def commit(self) -> None:
        """Commits what was taken. Raises OutputError, InputError; then the store is as it was."""
        self._committed = time.monotonic()
        if not len(self._columns):
            return
        columns, self._columns = self._columns, Columns()
        self._columns.input = self._input
        rows = columns.frame()
        counted: dict[int, IngestResult] = {}

        def what_is_new(seen: pl.DataFrame) -> pl.DataFrame:
            nonlocal counted
            new = new_ones(rows, seen)
            counted = _counted(columns, rows, new)
            return rolled(columns, new)

        with self._turn:
            stores.add(self._store, what_is_new, rows["hour"].unique().to_list(), self._seen)
        for number, each in counted.items():
            self.results[number].add(each)

    def commit_if_due(self) -> None:
        """Commits where the last time is a minute ago."""
        if time.monotonic() - self._committed >= _EVERY:
            self.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.commit()


def _counted(columns: Columns, rows: pl.DataFrame, new: pl.DataFrame) -> dict[int, IngestResult]:
    """Adds the result of rows, by the number of their input. `new`: those that were not counted before."""
    ahead = int(time.time()) // 3600 + 24
    nobody = [place for common, place in columns.common.items() if not common[TENANT]]
    per_input = new.group_by("input").agg(
        new=pl.col("hours").is_not_null().sum(),
        undated=pl.col("hours").is_null().sum(),
        without_customer=pl.col("place").is_in(nobody).sum(),
        odd_time=(~pl.col("hours").is_between(_FORGE_BEGAN, ahead)).sum(),
    )
    counted = {}
    for number, records in rows.group_by("input").len().iter_rows():
        counted[number] = IngestResult(known=records)
    for number, dated, undated, without_customer, odd_time in per_input.iter_rows():
        found = counted[number]
        found.new, found.undated, found.known = dated, undated, found.known - dated - undated
        found.without_customer, found.odd_time = without_customer, odd_time
    return counted


def new_ones(rows: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The rows of records that are met for the first time: not among those before, and not in `seen` (`hour` and `prints`)."""
    first = rows.unique(["hour", "prints"], keep="first", maintain_order=True)
    if not len(seen):
        return first
    known = seen.filter(pl.col("prints").is_in(first["prints"].implode()))  # an hour may have millions, a join would look at all
    return first.join(known, on=["hour", "prints"], how="anti", nulls_equal=True)


def today() -> date:
    """The day it is, UTC."""
    return datetime.now(UTC).date()
