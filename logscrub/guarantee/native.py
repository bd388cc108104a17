"""A guarantee by counting on the compiled core, which cuts and scans many units at once (`core/src/counting.rs`).

Who said what is counted by `logscrub.guarantee.support`, as everywhere. The core is told which marks may leave. Units that are
put together from pieces, and those that must be withheld, are left to `Guarantee`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from logscrub._core import Counting, Piece
from logscrub.engines.native import NativeRedactor, gathered, is_ordinary
from logscrub.engines.reading import Read, raw_of, read
from logscrub.formats.json_values import parse
from logscrub.guarantee.members import CUSTOMERS, belongs, may_name, name_of
from logscrub.guarantee.words import OF_FORMATS
from logscrub.model import LATER, MARKS, RARE, Raw
from logscrub.scrubbing import Tally, Units

if TYPE_CHECKING:
    from logscrub.guarantee.engine import Guarantee

_BATCH: Final = 1 << 16
"""Characters that the core gets at once."""
_LONGEST: Final = 1 << 20
"""Characters at which a batch is full though no record begins behind it."""
_WAITING: Final = 6
"""Batches that may wait for an earlier one."""
_KIND: Final = RARE.strip("<>")
_ESCAPE: Final = "\\u"
"""Stands in a JSON text in which the name of a customer may be written in another way."""


class Counter:
    """A guarantee, and the part of the core that works for it."""

    def __init__(self, guarantee: Guarantee, redactor: NativeRedactor) -> None:
        self.guarantee = guarantee
        self.redactor = redactor
        self.core = redactor.core
        types = sorted({*redactor.engine.catalogue.entity_types, *MARKS})
        naming = [*(f"{name}:" for name in sorted(CUSTOMERS)), _ESCAPE]
        self._counting = Counting(redactor.core_engine, guarantee.support.key, types, sorted(OF_FORMATS), naming, RARE)
        self._settled = 0
        self._own = 0

    @property
    def counting(self) -> Counting:
        """The core's part, which knows all marks that may leave by now."""
        support = self.guarantee.support
        if self._settled < len(support.enough):
            self._counting.settle(support.enough[self._settled :])
            self._settled = len(support.enough)
        if self._own < len(support.own):
            self._counting.settle(list(support.own))
            self._own = len(support.own)
        return self._counting

    def heard(self, input_format: str) -> NativeHeard:
        """Hears an input."""
        return NativeHeard(self, input_format)

    def keeper(self, input_format: str, tally: Tally, hears: bool) -> NativeKept:
        """Keeps what may leave of an input."""
        return NativeKept(self, input_format, tally, hears)

    def finder(self, input_format: str) -> NativeFound:
        """Finds what of an input may not leave."""
        return NativeFound(self, input_format)


def _is_ours(raw: Raw) -> bool:
    """True if the core takes a unit as the definition does."""
    return is_ordinary(raw) and (raw.value is None or raw.leaves == LATER)


class _Gathering:
    """Units of one input, which are gathered for the core."""

    def __init__(self, counter: Counter, input_format: str) -> None:
        self._counter = counter
        self._guarantee = counter.guarantee
        self._input = Units(input_format, leaves="later")
        self._units = gathered(_BATCH, _LONGEST)

    def _read(self, data: bytes) -> Iterator[Read]:
        return read(self._input, self._counter.redactor.readers, data)

    def _full(self, items: Iterable[Read]) -> Iterator[Raw | None]:
        """Gathers units. Yields None when a batch is full, and each unit that is not the core's, which comes behind the batch."""
        for item in items:
            if isinstance(item, Piece):
                while self._units.read(item):
                    yield None
            elif _is_ours(item):
                if self._units.is_full(item.records):
                    yield None
                self._units.add(item)
            else:
                yield item


class NativeHeard(_Gathering):
    """Hears the clean bytes of one input."""

    def feed(self, clean: bytes) -> None:
        """Hears the units that are complete with these bytes."""
        if may_name(self._input):
            self._hear(self._read(clean))

    def finish(self) -> None:
        """Hears what was still open at the end."""
        self._hear(self._input.finish()[0])

    def _hear(self, items: Iterable[Read]) -> None:
        for item in self._full(items):
            self._batch()
            if item is not None:
                self._guarantee.hear(item, name_of(self._input))
        self._batch()

    def _batch(self) -> None:
        if not len(self._units):
            return
        heard, name = self._counter.counting.hear(self._counter.core, self._units), name_of(self._input)
        support = self._guarantee.support
        for number, marks in heard.open():
            for start, end, customer in belongs(_valued(heard.raw(number)), name):
                if customer:
                    for mark, at in marks:
                        if start <= at < end:
                            support.hear(mark, customer)


def _valued(found: Any) -> Raw:
    """A unit of a batch with its value, if it is JSON that the core has read."""
    if isinstance(found, Raw):
        return found
    raw = raw_of(found)
    return raw._replace(value=parse(raw.text)) if raw.leaves == LATER else raw


class NativeKept(_Gathering):
    """Keeps what may leave of one input."""

    def __init__(self, counter: Counter, input_format: str, tally: Tally, hears: bool) -> None:
        super().__init__(counter, input_format)
        self._tally = tally
        self._hears = hears
        self._waiting: deque[Any] = deque()

    def feed(self, clean: bytes, more: bool = False) -> bytes:
        """Return what may leave of the units that are complete with these bytes. If `more` follows, some may be kept back."""
        if self._hears and may_name(self._input):
            return self._one_by_one(self._input.feed(clean))
        return self._keep(self._read(clean), more)

    def finish(self) -> bytes:
        """Return what may leave of the rest."""
        units, tail = self._input.finish()
        return (self._one_by_one(units) if self._hears else self._keep(units, False)) + tail

    def _one_by_one(self, units: Iterable[Raw]) -> bytes:
        """Return what may leave of units of a stream, each heard before it is decided."""
        before = self._flush()
        out = []
        for raw in units:
            self._guarantee.hear(raw, name_of(self._input))
            out.append(self._guarantee.kept(raw, self._tally))
        return b"".join(before) + self._input.decoder.encode("".join(out))

    def _keep(self, items: Iterable[Read], more: bool) -> bytes:
        out: list[bytes] = []
        for item in self._full(items):
            if item is None:
                out += self._start()
                continue
            out += self._flush()
            out.append(self._input.decoder.encode(self._guarantee.kept(item, self._tally)))
        if not more:
            out += self._flush()
        return b"".join(out)

    def _start(self) -> Iterator[bytes]:
        if len(self._units):
            counter = self._counter
            self._waiting.append(counter.counting.start(counter.core, self._units, counter.redactor.threads))
        if len(self._waiting) > _WAITING:
            yield from self._next()

    def _flush(self) -> list[bytes]:
        out = [*self._start()]
        while self._waiting:
            out += self._next()
        return out

    def _next(self) -> Iterator[bytes]:
        """Yield what may leave of the first batch that waits."""
        batch, decoder, cost = self._waiting.popleft(), self._input.decoder, self._guarantee.cost
        encodes = decoder.encoding in (None, "utf-8")
        texts, others, (units, words, words_rare, values, values_rare, marks) = batch.result(encodes)
        for number, text in zip([-1, *others], texts, strict=True):
            if number >= 0:
                yield decoder.encode(self._guarantee.withheld(raw_of(batch.raw(number)), self._tally))
            yield text if encodes else decoder.encode(text)
        cost.units += units
        cost.words += words
        cost.words_rare += words_rare
        cost.values += values
        cost.values_rare += values_rare
        if marks:
            self._tally.redactions[_KIND] += marks


class NativeFound(_Gathering):
    """Finds in one input what may not leave."""

    def feed(self, data: bytes) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        """The units that are complete with these bytes in which something may not leave, each with the places."""
        return self._find(self._read(data))

    def finish(self) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        """Return the rest of them."""
        return self._find(self._input.finish()[0])

    def _find(self, items: Iterable[Read]) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        for item in self._full(items):
            yield from self._batch()
            if item is not None and (places := self._guarantee.places(item)):
                yield item, places
        yield from self._batch()

    def _batch(self) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        if len(self._units):
            found = self._counter.counting.find(self._counter.core, self._units)
            for number, places in found.stretches():
                yield raw_of(found.raw(number)), places
