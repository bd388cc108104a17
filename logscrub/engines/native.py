"""The native engine: the readers of Python, the scanner and the redaction of the compiled core.

Units go to the core in batches, and threads of the core do them side by side. A batch begins with a unit in which a record
begins, so that what is open before it is known beforehand (nothing, or a private key); where it was another thing, the batch is
done again. What comes out is what the plain engine makes of the same input.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Literal, NamedTuple

from logscrub import _core
from logscrub._core import Core, CoreEngine, Job, Piece
from logscrub.detect.engine import Engine
from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.detect.json_leaves import with_leaves
from logscrub.detect.views import View
from logscrub.engines.description import describe
from logscrub.engines.lowering import Classes, lowered
from logscrub.engines.reading import Read, Readers, raw_of, read
from logscrub.model import Clean, FieldPath, Inner, Leaf, Raw, Span
from logscrub.redact.scrub import Look, Redactor, Unscannable, at_record
from logscrub.scrubbing import Scrubber, Scrubs, Units, clean_unit
from logscrub.sources.text import TextDecoder
from logscrub.verification import Verifier, Verifies

_BATCH = 1 << 16
"""Characters of a batch."""
_LONGEST = 1 << 20
"""Characters at which a batch is done though no record begins behind it."""
_WAITING = 3
"""Batches for each thread that may wait for an earlier one."""


def span_of(found: Any) -> Span:
    """A span as the core hands it over."""
    inner = found[8]
    if inner is not None:
        inner = Inner(inner[0], tuple(map(span_of, inner[1])), inner[2], inner[3])
    return tuple.__new__(Span, (*found[:8], inner))


def _open_of(found: Any) -> Open:
    return NOTHING_OPEN if found is None else Open(*found)


def _open_to(before: Open) -> Any:
    return None if before == NOTHING_OPEN else before


class EngineOnCore(Engine):
    """An engine whose scans the core makes."""

    def __init__(self, engine: Engine, core: Core) -> None:
        self.__dict__.update(engine.__dict__)
        self._core = core

    def scan(self, text: str, path: FieldPath = ()) -> tuple[Span, ...]:
        return tuple(map(span_of, self._core.scan(text, path)))

    def scan_leaf(self, text: str, leaf: Leaf) -> tuple[Span, ...]:
        return tuple(map(span_of, self._core.scan_leaf(text, leaf)))

    def scan_line(self, text: str, leaf: Leaf, before: Open = NOTHING_OPEN) -> tuple[tuple[Span, ...], Open]:
        spans, after = self._core.scan_line(text, leaf, _open_to(before))
        return tuple(map(span_of, spans)), _open_of(after)

    def scan_whole(self, text: str, view: View | None, coding: str) -> list[Span]:
        return list(map(span_of, self._core.scan_whole(text, None if view is None else (view.starts, view.ends), coding)))

    def left_open(self, line: str, before: Open) -> Open:
        return _open_of(self._core.left_open(line, _open_to(before)))


def is_ordinary(raw: Raw) -> bool:
    """Returns True if the core does a unit by itself. Other units are pieces of a text that was cut, or say how long they are:
    for these the definition asks the core to scan."""
    if raw.cut is not None or raw.size is not None:
        return False
    for leaf in raw.leaves:  # noqa: SIM110 (a loop is faster, and this is asked of each unit)
        if leaf.group:
            return False
    return True


@lru_cache(maxsize=4)
def _core_engine(definition: Engine) -> tuple[Classes, CoreEngine, Readers]:
    """The parts of the core that all redactors of an engine share."""
    description, callbacks = describe(definition)
    engine = CoreEngine(description, callbacks)
    return callbacks.classes, engine, Readers(engine, callbacks.classes)


class NativeRedactor(Redactor):
    """A redactor whose ordinary units the core does whole."""

    def __init__(self, redactor: Redactor, threads: int = 1) -> None:
        self.__dict__.update(redactor.__dict__)
        self.threads = threads
        classes, engine, self.readers = _core_engine(redactor.engine)
        self.core_engine = engine
        allow = [lowered(pattern, classes) for pattern in redactor._allow]
        self.core = Core(engine, dict(redactor.policy.rows), redactor.pseudonymizer._key, allow, classes.table)
        self.engine = EngineOnCore(redactor.engine, self.core)

    def _scrub(self, raw: Raw, before: Open) -> tuple[Clean, Open]:
        if raw.cut is not None or any(leaf.group for leaf in raw.leaves):
            return super()._scrub(with_leaves(raw), before)
        try:
            text, redactions, after = self.core.scrub(raw, _open_to(before))
        except ValueError:
            raise Unscannable("the core could not scan it") from None
        return self.clean(raw, text, Counter(redactions).elements()), _open_of(after)

    def look(self, raw: Raw, before: Open = NOTHING_OPEN) -> Look:
        if raw.cut is not None or any(leaf.group for leaf in raw.leaves):
            return super().look(with_leaves(raw), before)
        try:
            spans, after, allowed = self.core.look(raw, _open_to(before))
        except ValueError:
            raise Unscannable("the core could not scan it") from None
        return Look(list(map(span_of, spans)), _open_of(after), tuple(allowed))

    def withhold(self, raw: Raw, before: Open = NOTHING_OPEN) -> tuple[Clean, Open]:
        return super().withhold(with_leaves(raw), before)


class _Batch(NamedTuple):
    job: Job
    begins: bool
    """True if a record begins in its first unit."""
    before: Open
    """The state that was assumed before its first unit."""


class Done(NamedTuple):
    """Units of a job that are done."""

    job: Job
    outcome: Any
    """The core's result for its units."""


class _Batches:
    """Units of one input on their way through the core."""

    def __init__(self, redactor: NativeRedactor, threads: int, decoder: TextDecoder | None) -> None:
        """`decoder`: that of the input, for clean text in its encoding; None where units are only looked at."""
        self.open: Open = NOTHING_OPEN
        """The state behind the units that are done. Code that does a unit in place of the core sets it."""
        self._redactor = redactor
        self._core = redactor.core
        self._threads = threads
        self._decoder = decoder
        self._units = gathered(_BATCH, _LONGEST)
        self._waiting: deque[_Batch] = deque()

    def add(self, items: Iterable[Read]) -> Iterator[Done | Raw]:
        """Gives units to the core. Yields, in order, what is done: units of a job, or a unit that is not the core's."""
        for item in items:
            if isinstance(item, Piece):
                while self._units.read(item):
                    yield from self._start()
                continue
            if not is_ordinary(item):
                yield from self.flush()
                yield item
                continue
            if self._units.is_full(item.records):
                yield from self._start()
            self._units.add(item)

    def flush(self) -> Iterator[Done | Raw]:
        """Yields all that is still to be done, once it is done."""
        if len(self._units):
            yield from self._start()
        while self._waiting:
            yield from self._next()

    def _start(self) -> Iterator[Done | Raw]:
        begins = self._units.begins
        if not begins:
            while self._waiting:  # what is open before it must be known
                yield from self._next()
        elif len(self._waiting) >= _WAITING * self._threads:
            yield from self._next()
        before = self._before(begins)
        job = self._core.start(self._units, _open_to(before), self._decoder is None, self._threads)
        self._waiting.append(_Batch(job, begins, before))

    @property
    def encodes(self) -> bool:
        """True if the clean text comes as bytes in UTF-8."""
        return self._decoder is None or self._decoder.encoding in (None, "utf-8")

    def _before(self, begins: bool) -> Open:
        return at_record(self.open) if begins else self.open

    def _next(self) -> Iterator[Done | Raw]:
        """The first batch that waits. A unit that could not be scanned is yielded by itself."""
        job, begins, assumed = self._waiting.popleft()
        before = self._before(begins)
        if before == assumed:
            outcome = self._core.result(job, self.encodes)
        else:
            outcome = self._core.go_on(job, 0, _open_to(before), self.encodes)
        while True:
            done = outcome[0]
            self.open = _open_of(outcome[6])
            yield Done(job, outcome)
            if done == len(job):
                return
            yield raw_of(job.raw(done))
            outcome = self._core.go_on(job, done + 1, _open_to(self.open), self.encodes)


class NativeScrubber(Scrubber):
    """Scrubs one input."""

    def __init__(self, redactor: NativeRedactor, input_format: str, threads: int) -> None:
        super().__init__(redactor, input_format)
        self._units = Units(input_format, leaves="later")
        self._batches = _Batches(redactor, threads, self._units.decoder)
        self._readers = redactor.readers

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self.tally.bytes_read += len(data)
        return self._scrub(read(self._units, self._readers, data), more)

    def _scrub(self, units: Iterable[Read], more: bool = False) -> bytes:
        batches, decoder, tally = self._batches, self._units.decoder, self.tally
        out: list[bytes] = []
        for item in chain(batches.add(units), () if more else batches.flush()):
            if isinstance(item, Raw):
                clean, batches.open = clean_unit(self._redactor, item, batches.open, tally)
                out.append(decoder.encode(clean.text))
                continue
            _, text, records, unparsed, redactions, _, _, _ = item.outcome
            tally.records_read += records
            tally.records_written += records
            tally.records_unparsed += unparsed
            tally.redactions.update(redactions)
            out.append(text if batches.encodes else decoder.encode(text))
        data = b"".join(out)
        tally.bytes_written += len(data)
        return data


class NativeVerifier(Verifier):
    """Verifies one input."""

    def __init__(self, redactor: NativeRedactor, path: str, input_format: str, threads: int) -> None:
        super().__init__(redactor, path, input_format)
        self._units = Units(input_format, leaves="later")
        self._batches = _Batches(redactor, threads, None)
        self._readers = redactor.readers

    def feed(self, data: bytes, more: bool = False) -> None:
        self._look_at(read(self._units, self._readers, data), more)

    def _look_at(self, units: Iterable[Read], more: bool = False) -> None:
        batches = self._batches
        for item in chain(batches.add(units), () if more else batches.flush()):
            if isinstance(item, Raw):
                batches.open = self.look(with_leaves(item), batches.open)
                continue
            job, outcome = item
            self.report.records += outcome[2]
            for number, detector, count in outcome[7]:
                self.report.allowed[number, detector] = self.report.allowed.get((number, detector), 0) + count
            for number, spans in outcome[5]:
                self.add(with_leaves(raw_of(job.raw(number))), [span_of(span) for span in spans])


def gathered(enough: int, most: int) -> _core.Units:
    """Takes units for a job of `enough` characters, `most` where no record begins behind them."""
    return _core.Units(enough, most)


@dataclass(frozen=True, slots=True)
class NativeEngine:
    """An engine that scrubs and verifies with one redactor, by the compiled core."""

    redactor: NativeRedactor
    threads: int
    name: Literal["native"] = "native"

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        """A scrubber for one input."""
        return NativeScrubber(self.redactor, input_format, self.threads)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        """A verifier for one input, which reports call `path`."""
        return NativeVerifier(self.redactor, path, input_format, self.threads)
