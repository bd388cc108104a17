"""Counts who says what in clean logs, and keeps of them what enough customers say.

A file is read twice: `Listening` scrubs it, hears all of it, and puts the clean bytes aside; `Keeping` takes these and gives out
what may leave. Of a stream, which cannot be read twice, a record counts first and is judged then, by what was heard until there
and by the vocabulary.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from logscrub.api import EngineName, Runner
from logscrub.detect.json_leaves import with_leaves
from logscrub.errors import InputError
from logscrub.guarantee.members import belongs
from logscrub.guarantee.support import Mark, Support
from logscrub.guarantee.words import Cutter, Piece, is_harmless, masked
from logscrub.model import MARKS, RARE, Clean, Raw, Span
from logscrub.redact.scrub import Redactor, Stretch
from logscrub.scrubbing import Scrubs, Tally, Units
from logscrub.verification import FileReport, Verifier, Verifies

_MOST_PLANS, _MOST_VALUES = 20_000, 100_000
_IN_JSON = frozenset(("json", "name", "number", "bytes"))
_KIND = RARE.strip("<>")
_ROW = "user-generated content"
"""The row of the guidelines that a finding is told under."""


@dataclass(slots=True)
class Cost:
    """What a guarantee costs."""

    changed: int = 0
    """Units of text from which something was taken."""
    letters: int = 0
    """Characters of words, and of values that are not harmless by their form."""
    rare: int = 0
    """How many of these `<RARE>` stands for."""

    def as_dict(self) -> dict[str, int | float]:
        return {
            "units_changed": self.changed,
            "characters": self.letters,
            "characters_rare": self.rare,
            "share_rare": round(self.rare / self.letters, 4) if self.letters else 0.0,
        }


class _Plan:
    """The pieces of all units that differ in digits and ids alone."""

    __slots__ = ("letters", "marks", "pieces", "settled", "values")

    def __init__(self, pieces: tuple[Piece, ...], marks: tuple[Mark | None, ...]) -> None:
        self.pieces = pieces
        self.marks = marks
        """Of their statements; None where those are harmless."""
        self.values = [(start, end, n) for n, piece in enumerate(pieces) for start, end in piece.values]
        self.letters = sum(end - start for piece in pieces for start, end in piece.stretches)
        self.settled = False
        """Whether all statements are known to leave. What was said often enough once, stays so."""


class Guarantee:
    """What was heard in a run, and what of clean units may leave by that."""

    def __init__(self, redactor: Redactor, support: Support) -> None:
        self.redactor = redactor
        self.support = support
        self.cost = Cost()
        self.cutter = Cutter({*redactor.engine.catalogue.entity_types, *MARKS})
        self._values: dict[str, Mark | None] = {}

    def plan(self, raw: Raw, plans: dict[str, _Plan]) -> _Plan:
        """The pieces of a unit. `plans`: of the units of the same input so far."""
        mask = masked(raw.text)
        known = plans.get(mask)
        if known is not None and _depends_on_text_alone(raw):
            return known
        raw = with_leaves(raw)
        pieces = self.cutter.pieces(raw, mask)
        marks = tuple(self.support.mark("statement", piece.statement) if piece.statement else None for piece in pieces)
        plan = _Plan(pieces, marks)
        if _depends_on_text_alone(raw):
            if len(plans) >= _MOST_PLANS:
                plans.clear()
            plans[mask] = plan
        return plan

    def value(self, text: str) -> Mark | None:
        """The mark of a value; None of one that is harmless."""
        if text in self._values:
            return self._values[text]
        if len(self._values) >= _MOST_VALUES:
            self._values.clear()
        mark = self._values[text] = None if is_harmless(text) else self.support.mark("value", text)
        return mark

    def hear(self, raw: Raw, plan: _Plan, format_name: str) -> None:
        """Notes what the customers of a unit say."""
        support, text = self.support, raw.text
        values = [(start, mark) for start, end, _ in plan.values if (mark := self.value(text[start:end])) is not None]
        said = [(piece.start, mark) for piece, mark in zip(plan.pieces, plan.marks, strict=True) if mark is not None]
        if plan.settled and all(support.suffices(mark) for _, mark in values):
            return
        for start, end, customer in belongs(raw, format_name):
            if customer:
                for at, mark in (*said, *values):
                    if start <= at < end:
                        support.hear(mark, customer)
        plan.settled = all(support.suffices(mark) for _, mark in said)

    def rare(self, raw: Raw, plan: _Plan) -> list[Stretch]:
        """What of a unit may not leave, in order."""
        support, text = self.support, raw.text
        found: list[Stretch] = []
        if not plan.settled:
            for piece, mark in zip(plan.pieces, plan.marks, strict=True):
                if mark is not None and not support.suffices(mark):
                    found += [(start, end, "") for start, end in piece.stretches]
            plan.settled = not found
        for start, end, n in plan.values:
            mark = self.value(text[start:end])
            if mark is not None and not support.suffices(mark):
                found.append((start, end, '"' if plan.pieces[n].quoted else ""))
        return sorted(found)

    def kept(self, raw: Raw, plan: _Plan, tally: Tally) -> str:
        """What of a unit may leave, counted."""
        cost = self.cost
        rare = self.rare(raw, plan)
        cost.letters += plan.letters + sum(
            end - start for start, end, _ in plan.values if self.value(raw.text[start:end]) is not None
        )
        if not rare:
            return raw.text
        cost.changed += 1
        cost.rare += sum(end - start for start, end, _ in rare)
        everything = sorted(
            stretch
            for piece in plan.pieces
            for stretch in (
                *((start, end, "") for start, end in piece.stretches),
                *((start, end, '"' if piece.quoted else "") for start, end in piece.values),
            )
        )
        raw = with_leaves(raw)
        for stretches in (rare, everything):
            clean = self._without(raw, stretches)
            if clean is not None:
                tally.redactions[_KIND] += len(clean.redactions)
                return clean.text
        clean, _ = self.redactor.withhold(raw)
        if clean.withheld:
            tally.records_written -= raw.records
            tally.records_withheld += raw.records
            tally.parts_withheld += not raw.records
        return clean.text

    def _without(self, raw: Raw, stretches: list[Stretch]) -> Clean | None:
        """The unit without these, None where it is not clean then: other words beside a value may make it look like another."""
        try:
            clean, rests = self.redactor.without(raw, stretches, _KIND)
        except Exception:  # what cannot be scanned may not leave, and the message may quote it
            return None
        return clean if rests else None


def _depends_on_text_alone(raw: Raw) -> bool:
    """Whether a unit of the same text, at another place of the same input, has the same leaves."""
    leaves = raw.leaves
    if raw.cut is not None or not raw.parsed:
        return False
    if not leaves or leaves[0].start < 0 or leaves[0].coding == "csv" or (len(leaves) == 1 and leaves[0].coding == "text"):
        return True
    return all(leaf.coding in _IN_JSON and not leaf.group for leaf in leaves)


class Heard:
    """Hears the clean bytes of one input."""

    def __init__(self, guarantee: Guarantee, input_format: str) -> None:
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
        self._plans: dict[str, _Plan] = {}

    def feed(self, clean: bytes) -> None:
        """Hears the units that are complete with these bytes."""
        self._hear(self._units.feed(clean))

    def finish(self) -> None:
        """Hears what was still open at the end."""
        self._hear(self._units.finish()[0])

    def _hear(self, units: Iterable[Raw]) -> None:
        for raw in units:
            name = "" if self._units.format is None else self._units.format.name
            self._guarantee.hear(raw, self._guarantee.plan(raw, self._plans), name)


class Kept:
    """What of the clean bytes of one input may leave."""

    def __init__(self, guarantee: Guarantee, input_format: str, tally: Tally, *, hears: bool) -> None:
        """`hears`: whether a unit is heard before it is judged, as of a stream."""
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
        self._plans: dict[str, _Plan] = {}
        self._tally = tally
        self._hears = hears

    def feed(self, clean: bytes) -> bytes:
        """What may leave of the units that are complete with these bytes."""
        return self._keep(self._units.feed(clean))

    def finish(self) -> bytes:
        """What may leave of what was still open at the end."""
        units, tail = self._units.finish()
        return self._keep(units) + tail

    def _keep(self, units: Iterable[Raw]) -> bytes:
        out = []
        for raw in units:
            plan = self._guarantee.plan(raw, self._plans)
            if self._hears:
                self._guarantee.hear(raw, plan, "" if self._units.format is None else self._units.format.name)
            out.append(self._guarantee.kept(raw, plan, self._tally))
        return self._units.decoder.encode("".join(out))


class _Aside(NamedTuple):
    """What the first reading of a stream gave."""

    clean: IO[bytes]
    tally: Tally
    read: str
    """The digest of what was read."""


@dataclass(slots=True)
class Aside:
    """What was put aside of one input: of each of its streams, in order."""

    name: str
    streams: deque[_Aside] = field(default_factory=deque)


class _ListeningScrubber:
    """Scrubs, hears the clean bytes, and puts them aside."""

    def __init__(self, scrubber: Scrubs, heard: Heard, put: Callable[[_Aside], None]) -> None:
        self._scrubber = scrubber
        self._heard = heard
        self._put = put
        self._clean = tempfile.TemporaryFile()  # noqa: SIM115 - the second reading closes it
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = scrubber.tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        return self._take(self._scrubber.feed(data, more))

    def finish(self) -> bytes:
        self._take(self._scrubber.finish())
        self._heard.finish()
        self._clean.seek(0)
        self._put(_Aside(self._clean, self._scrubber.tally, self._read.hexdigest()))
        return b""

    def _take(self, clean: bytes) -> bytes:
        self._heard.feed(clean)
        self._clean.write(clean)
        return b""


class _KeepingScrubber:
    """Gives out what may leave of what was put aside. What it is fed must be what was read before."""

    def __init__(self, aside: _Aside, kept: Kept, name: str) -> None:
        self._aside = aside
        self._kept = kept
        self._name = name
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = aside.tally
        self.tally.bytes_written = 0

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        return self._counted(self._kept.feed(self._aside.clean.read(4 * len(data))))

    def finish(self) -> bytes:
        if self._read.hexdigest() != self._aside.read:
            raise InputError(f"{self._name}: was changed between the two readings that --guarantee takes; run it again")
        out = [self._kept.feed(piece) for piece in iter(lambda: self._aside.clean.read(1 << 20), b"")]
        self._aside.clean.close()
        return self._counted(b"".join([*out, self._kept.finish()]))

    def _counted(self, data: bytes) -> bytes:
        self.tally.bytes_written += len(data)
        return data


class _StreamScrubber:
    """Scrubs, and gives out what may leave by what was heard until there."""

    def __init__(self, scrubber: Scrubs, kept: Kept) -> None:
        self._scrubber = scrubber
        self._kept = kept
        self.tally = scrubber.tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        return self._kept.feed(self._scrubber.feed(data, more))

    def finish(self) -> bytes:
        return self._kept.feed(self._scrubber.finish()) + self._kept.finish()


class _ListeningVerifier:
    """Hears what it reads, and finds nothing."""

    def __init__(self, heard: Heard, path: str) -> None:
        self._heard = heard
        self.report = FileReport(path)

    def feed(self, data: bytes, more: bool = False) -> None:
        self._heard.feed(data)

    def finish(self) -> FileReport:
        self._heard.finish()
        return self.report


class _KeepingVerifier:
    """Finds what the engine finds, and what may not leave."""

    def __init__(self, verifier: Verifier, guarantee: Guarantee, input_format: str) -> None:
        self._verifier = verifier
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
        self._plans: dict[str, _Plan] = {}
        self.report = verifier.report

    def feed(self, data: bytes, more: bool = False) -> None:
        self._verifier.feed(data, more)
        self._look(self._units.feed(data))

    def finish(self) -> FileReport:
        self._verifier.finish()
        self._look(self._units.finish()[0])
        return self.report

    def _look(self, units: Iterable[Raw]) -> None:
        for raw in units:
            rare = self._guarantee.rare(raw, self._guarantee.plan(raw, self._plans))
            if rare:
                raw = with_leaves(raw)
                fixed = [] if raw.frame is None else raw.frame(raw.text)
                spans = [Span(start, end, _KIND, _ROW, "guarantee", "certain", "") for start, end, _ in rare]
                self._verifier.add(raw, [s for s in spans if not any(a <= s.start and s.end <= b for a, b in fixed)])


@dataclass(frozen=True, slots=True)
class Listening:
    """The first reading of files."""

    engine: Runner
    guarantee: Guarantee
    inputs: list[Aside] = field(default_factory=list)
    """What was put aside, an entry an input that was begun."""

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def begin(self, name: str) -> Aside:
        """The next streams are of an input of that name."""
        self.inputs.append(Aside(name))
        return self.inputs[-1]

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        heard = Heard(self.guarantee, input_format)
        return _ListeningScrubber(self.engine.scrubber(input_format), heard, self.inputs[-1].streams.append)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return _ListeningVerifier(Heard(self.guarantee, input_format), path)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The second reading, of one input; without what was put aside, the only one of a stream."""

    engine: Runner
    guarantee: Guarantee
    aside: Aside | None = None

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        if self.aside is None:
            scrubber = self.engine.scrubber(input_format)
            return _StreamScrubber(scrubber, Kept(self.guarantee, input_format, scrubber.tally, hears=True))
        if not self.aside.streams:
            raise InputError(f"{self.aside.name}: was changed between the two readings that --guarantee takes; run it again")
        stream = self.aside.streams.popleft()
        return _KeepingScrubber(stream, Kept(self.guarantee, input_format, stream.tally, hears=False), self.aside.name)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        verifier = self.engine.verifier(path, input_format)
        assert isinstance(verifier, Verifier)
        return _KeepingVerifier(verifier, self.guarantee, input_format)


class Nowhere:
    """Where the first reading of an input goes."""

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def begin(self, name: str, like: object) -> None: ...
    def end(self) -> None: ...
