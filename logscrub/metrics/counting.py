"""From records to the store: count what is new, commit.

A batch is counted and committed as a whole. What was committed before a run broke off is known the next time, so the input is
simply read again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self

import polars as pl

from logscrub.metrics import store as stores
from logscrub.metrics.facts import FactFinder, Facts
from logscrub.metrics.records import Item
from logscrub.metrics.rollup import Rollup, hours
from logscrub.metrics.store import Store

BATCH = 30_000
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

    def __init__(self, store: Store, key: bytes, turn: AbstractContextManager[Any] | None = None) -> None:
        """`key`: 16 to 64 bytes, for fingerprints and sketches; the same in all runs for a store. `turn`: held to commit."""
        self._turn = turn or nullcontext()
        self._store = store
        self._seen = stores.Seen()
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
            kept = [f for f, is_new in zip(facts, new_ones(facts, seen), strict=True) if is_new]
            counted = _counted(facts, kept)
            rollup = Rollup()
            rollup.add(kept)
            return rollup.frame()

        with self._turn:
            stores.add(self._store, what_is_new, hours_of(facts), self._seen)
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
    """Which of the records are met for the first time: not among those before, and not in `seen` (`hour` and `prints`)."""
    frame = pl.DataFrame(
        {"hour": hours(f.hour for f in facts), "prints": pl.Series([f.fingerprint for f in facts], dtype=pl.Int64)}
    )
    first = frame.with_row_index("n").unique(["hour", "prints"], keep="first", maintain_order=True)
    if len(seen):
        first = first.join(seen, on=["hour", "prints"], how="anti", nulls_equal=True)
    is_new = [False] * len(facts)
    for n in first["n"].to_list():
        is_new[n] = True
    return is_new


def hours_of(facts: Iterable[Facts]) -> list[datetime | None]:
    """The hours that records lie in."""
    return hours({f.hour for f in facts}).unique().to_list()


def today() -> date:
    """The day it is, UTC."""
    return datetime.now(UTC).date()
