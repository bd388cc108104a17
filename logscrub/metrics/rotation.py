"""Rotation of a key: a store keeps what it knows under the old key under the new one, and the old key can be deleted.

Nobody can translate a pseudonym. But whoever has both keys, for as long as they overlap, reads the same log under each: then the
customers of its records are known in both, and so are the records' fingerprints. The new store is the old one with these put in.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from logscrub.detect.engine import Engine
from logscrub.engines.factory import Runner
from logscrub.errors import InputError
from logscrub.formats.base import Item, Record
from logscrub.formats.forge_blocks import Block
from logscrub.metrics import store as stores
from logscrub.metrics.facts import FactFinder, Facts
from logscrub.metrics.records import Records
from logscrub.metrics.repeats import Repeats
from logscrub.metrics.rollup import SCHEMA, merge
from logscrub.metrics.store import Store
from logscrub.redact.pseudonyms import PLACEHOLDER, Pseudonymizer
from logscrub.redact.resolving import Candidate
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream


@dataclass(slots=True)
class Bridge:
    """The pseudonyms that are known under both keys."""

    tenants: dict[str, str] = field(default_factory=dict)
    """Pseudonyms of customers, old and new."""
    _old: array[int] = field(default_factory=lambda: array("q"))
    _new: array[int] = field(default_factory=lambda: array("q"))

    def add(self, old: Facts, new: Facts) -> None:
        """A record under both keys."""
        if old.tenant and new.tenant:
            self.tenants[old.tenant] = new.tenant
        self._old.append(old.fingerprint)
        self._new.append(new.fingerprint)

    def prints(self) -> pl.DataFrame:
        """Fingerprints of records, `prints` and `new`, each once."""
        found = pl.DataFrame({"prints": self._old, "new": self._new}, schema={"prints": pl.Int64, "new": pl.Int64})
        return found.unique("prints", keep="first", maintain_order=True)


class _Under:
    """The facts of one stream's records under one key."""

    def __init__(self, engine: Runner, repeats: Repeats, input_format: str) -> None:
        self._scrubber = engine.scrubber(input_format)
        self._records = Records(input_format)
        self._finder = FactFinder(engine.redactor.pseudonymizer.derived("metrics"))
        self._repeats = repeats
        self.facts: deque[Facts] = deque()

    def feed(self, data: bytes) -> None:
        self._take(self._records.feed(self._scrubber.feed(data)))

    def finish(self) -> None:
        self._take(self._records.feed(self._scrubber.finish()))
        self._take(self._records.finish())

    def _take(self, items: Iterable[Item | Block]) -> None:
        for item in items:
            assert not isinstance(item, Block)
            facts = self._finder.facts(item)
            if isinstance(item, Record) and not item.invocation:
                facts = self._repeats.told_apart(facts, item.time_ns)
            self.facts.append(facts)


def read_under_both(old: Runner, new: Runner, item: Input, input_format: str, reading: Reading, bridge: Bridge) -> int:
    """Reads an input under both keys. Returns how many records it has. Raises InputError."""
    repeats = Repeats(), Repeats()
    count = 0
    with open_stream(item, reading) as stream:
        for pieces in stream.contents():
            one, other = _Under(old, repeats[0], input_format), _Under(new, repeats[1], input_format)
            for piece in pieces:
                one.feed(piece)
                other.feed(piece)
                count += _paired(one, other, bridge)
            one.finish()
            other.finish()
            count += _paired(one, other, bridge)
            if one.facts or other.facts:
                raise InputError(f"{item.name}: is read differently under the two keys; report this with the command")
    return count


def _paired(one: _Under, other: _Under, bridge: Bridge) -> int:
    count = min(len(one.facts), len(other.facts))
    for _ in range(count):
        bridge.add(one.facts.popleft(), other.facts.popleft())
    return count


def add_candidates(
    bridge: Bridge,
    wanted: Iterable[str],
    candidates: Iterable[Candidate],
    old: Pseudonymizer,
    new: Pseudonymizer,
    engine: Engine,
) -> None:
    """Customers that no log was given of, from a list of those they may be."""
    missing = set(wanted) - bridge.tenants.keys()
    types = sorted({m[1] for m in map(PLACEHOLDER.fullmatch, missing) if m is not None})
    for candidate in candidates:
        values = [(entity_type, candidate.value) for entity_type in types]
        values += [(span.entity_type, span.plain) for span in engine.scan(candidate.value)]
        for entity_type, value in values:
            token = old.token(entity_type, value)
            if token in missing:
                bridge.tenants[token] = new.token(entity_type, value)


def tenants_of(store: Store) -> set[str]:
    """The customers that a store knows."""
    return set(stores.read(store, columns=("tenant",))["tenant"].unique().to_list()) - {"", None}


@dataclass(frozen=True, slots=True)
class Rotated:
    """The result of a rotation."""

    days: int
    tenants: int
    """Customers that the old store knows."""
    known: int
    """The number of these that continue under the new key."""
    prints: int
    """Fingerprints of records that the old store has."""
    translated: int
    """The number of these that are known under the new key: such records do not count again."""


def rotate(store: Store, new: Store, bridge: Bridge) -> Rotated:
    """Writes a store once more, under the new key, day by day. Raises InputError, OutputError."""
    prints = bridge.prints()
    tenants = tenants_of(store)
    days = seen = translated = 0
    for day in sorted(stores.days_of(store), key=str):
        rows = merge([stores.read(store, days=[day])])
        rows = rows.with_columns(pl.col("tenant").replace(bridge.tenants))
        told = rows.filter(pl.col("kind") == "seen").explode("prints").join(prints, on="prints", how="left")
        seen += len(told)
        translated += len(told.filter(pl.col("new").is_not_null()))
        told = told.with_columns(prints=pl.coalesce("new", "prints")).drop("new")
        keys = [name for name in SCHEMA if name != "prints"]
        told = told.group_by(keys, maintain_order=True).agg("prints") if len(told) else told.cast(SCHEMA)
        written = merge([rows.filter(pl.col("kind") != "seen"), told.select(list(SCHEMA)).cast(SCHEMA)])
        hours: list[Any] = written["hour"].unique().to_list()
        stores.add(new, _all_of(written), hours)
        days += 1
    return Rotated(days, len(tenants), len(tenants & bridge.tenants.keys()), seen, translated)


def _all_of(rows: pl.DataFrame) -> Any:
    return lambda seen: rows


def as_new(url: str, key_id: str) -> Store:
    """A store that is made anew. Raises InputError where there is one already."""
    from logscrub.metrics.location import exists

    if exists(url):
        raise InputError(f"{url}: exists already; choose another place for the store under the new key")
    return stores.open_or_make(url, key_id)
