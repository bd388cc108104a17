"""Counts which customers say what in clean logs, and keeps what enough customers say.

A file is read twice. `Listening` scrubs it, counts its statements and values, and puts the clean bytes aside in a file without a
name. `Keeping` reads these bytes and returns what may leave. A stream cannot be read twice: each of its records is counted first,
and then decided by what was counted until there and by the vocabulary.
"""

from __future__ import annotations

import hashlib
import pickle
import struct
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar

from logscrub.detect.json_leaves import with_leaves
from logscrub.engines.factory import EngineName, Runner
from logscrub.errors import InputError, UsageError
from logscrub.guarantee.members import belongs
from logscrub.guarantee.support import MOST_CUSTOMERS, Mark, Support, read_vocabulary, support_of
from logscrub.guarantee.words import NOTHING, TRIMMED, Cutter, Piece, Words, is_harmless, is_harmless_id, is_json, masked
from logscrub.model import LATER, MARKS, RARE, Clean, Frame, Leaf, Raw, Span
from logscrub.pipeline import scrub_members, scrub_stream
from logscrub.redact.scrub import Redactor, Stretch
from logscrub.scrubbing import Scrubs, Tally, Units
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream
from logscrub.sources.text import Encoding, encoded
from logscrub.verification import FileReport, Verifier, Verifies

_MOST_KNOWN, _MOST_PARTS = 50_000, 10_000
_LONGEST_KNOWN, _NEW = 2048, 0
"""Characters of a text whose words are remembered, because statements come again."""
_KIND = RARE.strip("<>")
_ROW = "user-generated content"
"""The row of the guidelines under which a finding is reported."""
_BACKSLASH, _QUOTE = "\x02\x02", "\x02\x03"
"""Take the places of an escaped backslash and an escaped quote while JSON is cut at its quotes."""
_ATTRIBUTE = '{"key":"'
"""At these signs JSON is cut first. They say nothing, and in JSON they stand in no string: there, quotes are escaped."""
_HEAD: Final = struct.Struct("<Q")
"""The size of what is put aside, which is written before it."""
_MOST_TOGETHER: Final = 512
"""Open units, and clean texts between them, that are put aside together."""
_READ: Final = 1 << 18
"""Bytes that are read at once of what was put aside."""


@dataclass(slots=True)
class Cost:
    """The cost of a guarantee: the words and values that were read, and those of them that it took out."""

    units: int = 0
    """Lines, and records of JSON, from which something was taken."""
    words: int = 0
    """Characters of words."""
    words_rare: int = 0
    """The number of these that `<RARE>` replaces."""
    values: int = 0
    """Numbers, ids and the like that are not harmless by their form."""
    values_rare: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The cost as a summary has it."""
        return {
            "units_changed": self.units,
            "words": {"characters": self.words, "rare": self.words_rare, "share": _share(self.words_rare, self.words)},
            "values": {"count": self.values, "rare": self.values_rare, "share": _share(self.values_rare, self.values)},
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


class _Shape(NamedTuple):
    """The part that all pieces with the same mask share."""

    statements: tuple[tuple[Mark, tuple[tuple[int, int], ...]], ...]
    """Each with the places of its words."""
    values: tuple[tuple[int, int], ...]
    """The places of values whose own form has to tell whether they are harmless."""
    letters: int
    quote: str


class _Text:
    """A piece: its statements, and the values in it that are not harmless."""

    __slots__ = ("letters", "quote", "settled", "statements", "values")

    def __init__(self, shape: _Shape, values: tuple[tuple[Mark, int, int], ...]) -> None:
        self.statements, _, self.letters, self.quote = shape
        self.values = values
        self.settled = False
        """True if all of it is known to leave. A text that was said often enough once stays so."""


_Said = list[tuple[int, _Text]]
"""The pieces of a unit that say something, with their places."""


Value = TypeVar("Value")
_new: Final = tuple.__new__
"""Makes a named tuple without its arguments' names, which takes half the time."""


class _Open(NamedTuple):
    """A statement or a value of a unit that may not leave as long as too few have said it."""

    mark: Mark
    at: int
    """The place of the piece that it is in."""
    stretches: tuple[Stretch, ...]
    """The places of its words, or of the value."""
    is_value: bool


class _Known(Generic[Value]):
    """Remembers what was asked for lately: twice `most` entries at most, of which the older half is forgotten at once."""

    __slots__ = ("_most", "_older", "newer")

    def __init__(self, most: int) -> None:
        self._most = most
        self.newer: dict[str, Value] = {}
        self._older: dict[str, Value] = {}

    def get(self, key: str, default: Value) -> Value:
        """Returns the value of a key, or the default."""
        found = self.newer.get(key, default)
        if found is default:
            found = self._older.get(key, default)
            if found is not default:
                self.put(key, found)
        return found

    def put(self, key: str, value: Value) -> None:
        """Stores the value of a key."""
        if len(self.newer) >= self._most:
            self._older, self.newer = self.newer, {}
        self.newer[key] = value


class Guarantee:
    """The words that were read in a run, and the decision which of them may leave clean units."""

    def __init__(self, redactor: Redactor, support: Support) -> None:
        self.redactor = redactor
        self.support = support
        self.cost = Cost()
        self._cutter = Cutter({*redactor.engine.catalogue.entity_types, *MARKS})
        self._shapes: tuple[_Known[Any], _Known[Any]] = (_Known(_MOST_KNOWN), _Known(_MOST_KNOWN))
        """The shapes of pieces by their masks: those of strings and lines, and those of numbers."""
        self._texts: tuple[_Known[Any], _Known[Any]] = (_Known(_MOST_PARTS), _Known(_MOST_PARTS))
        """Parts of JSON, by the text between quotes: strings, and texts between strings. None for a part that says nothing."""
        self._attributes: _Known[Any] = _Known(_MOST_PARTS)
        """Attributes in JSON, by the text that begins at the value of a member `key`."""
        self._values: _Known[Any] = _Known(_MOST_KNOWN)

    def said(self, raw: Raw) -> _Said:
        """Return the statements of a unit."""
        text = raw.text
        if is_json(raw):
            if "\x02" not in text and "\x03" not in text:
                return self._in_json(text)
            pieces: Iterable[Piece] = self._cutter.in_json(masked(text))
        else:
            pieces = self._cutter.in_leaves(with_leaves(raw).leaves, masked(text))
        found = []
        for start, mask, is_number in pieces:
            piece = self._made(self._shape(mask, is_number), text[start : start + len(mask)])
            if piece is not None:
                found.append((start, piece))
        return found

    def _in_json(self, text: str) -> _Said:
        """Return the statements of JSON: of its attributes by what is known of each, as most come again."""
        first, *others = text.split(_ATTRIBUTE)
        said = self._in_parts(first, 0)
        position = len(first) + len(_ATTRIBUTE)
        for attribute, known in zip(others, map(self._attributes.newer.get, others, repeat(_NEW)), strict=True):
            its: Any = self._in_attribute(attribute) if known is _NEW else known
            if its:
                said += [(position + at, piece) for at, piece in its]
            position += len(attribute) + len(_ATTRIBUTE)
        return said

    def _in_attribute(self, text: str) -> _Said:
        """Return the statements of JSON that begins in a string."""
        found: Any = self._attributes.get(text, _NEW)
        if found is _NEW:
            found = self._in_parts(text, 1)
            if len(text) <= _LONGEST_KNOWN:
                self._attributes.put(text, found)
        return found  # type: ignore[no-any-return]

    def _in_parts(self, json: str, inside: int) -> _Said:
        """Return the statements of JSON by what stands between its quotes: every second part is a string.

        A part's mask is that of the unit there, for the quotes around it belong to no value and no id.
        `inside`: 1 where it begins in a string.
        """
        escaped = "\\" in json
        parts = (json.replace("\\\\", _BACKSLASH).replace('\\"', _QUOTE) if escaped else json).split('"')
        found: list[Any] = [_NEW] * len(parts)
        found[inside::2] = map(self._texts[True].newer.get, parts[inside::2], repeat(_NEW))
        found[1 - inside :: 2] = map(self._texts[False].newer.get, parts[1 - inside :: 2], repeat(_NEW))
        says = [n for n, text in enumerate(found) if text is not None]
        if not says:
            return []
        ends = list(accumulate(map(len, parts)))
        said: _Said = []
        for n in says:
            text = found[n]
            if text is _NEW:
                text = self._text(parts[n], n % 2 == inside, escaped)
                if text is None:
                    continue
            said.append((ends[n - 1] + n if n else 0, text))
        return said

    def _text(self, part: str, is_number: bool, escaped: bool) -> _Text | None:
        """Return the piece of a part of JSON, or None."""
        if not is_number and is_harmless_id(part):  # is not remembered: few ids come again
            return None
        known = self._texts[is_number]
        found: Any = known.get(part, _NEW)
        if found is _NEW:
            text = part.replace(_QUOTE, '\\"').replace(_BACKSLASH, "\\\\") if escaped else part
            found = self._made(self._shape(masked(text), is_number), text)
            if len(part) <= _LONGEST_KNOWN:
                known.put(part, found)
        return found  # type: ignore[no-any-return]

    def _shape(self, mask: str, is_number: bool) -> _Shape | None:
        """Return the statements of a piece with that mask, or None."""
        known = self._shapes[is_number]
        shape: Any = known.get(mask, _NEW)
        if shape is _NEW:
            words = self._cutter.words(mask, is_number)
            shape = None if words is NOTHING else self._shape_of(words)
            if len(mask) <= _LONGEST_KNOWN:
                known.put(mask, shape)
        return shape  # type: ignore[no-any-return]

    def _shape_of(self, words: Words) -> _Shape:
        statements = tuple((self.support.mark("statement", each.text), each.stretches) for each in words.statements)
        letters = sum(end - start for _, stretches in statements for start, end in stretches)
        return _Shape(statements, words.values, letters, '"' if words.quoted else "")

    def _made(self, shape: _Shape | None, text: str) -> _Text | None:
        """Return the piece that is a text; None if it says nothing."""
        if shape is None:
            return None
        values = shape.values
        marks = tuple([(m, a, b) for a, b in values if (m := self.value(text[a:b])) is not None]) if values else ()
        return _Text(shape, marks) if marks or shape.statements else None

    def value(self, text: str) -> Mark | None:
        """The mark of a value; None of one that is harmless."""
        mark: Any = self._values.get(text, _NEW)
        if mark is _NEW:
            mark = None if is_harmless(text) else self.support.mark("value", text)
            if len(text) <= _LONGEST_KNOWN:
                self._values.put(text, mark)
        return mark  # type: ignore[no-any-return]

    def own(self, text: str) -> None:
        """Takes a text for the app's own: its statements, and the values that are written in it."""
        words = self._cutter.words(masked(text), False)
        self.support.own.update(self.support.mark("statement", statement.text) for statement in words.statements)
        self.support.own.update(self.support.mark("value", text[start:end]) for start, end in words.values)

    def hear(self, raw: Raw, said: _Said, format_name: str) -> list[_Open]:
        """Notes what the customers of a unit say. Returns what of it may not leave yet."""
        cost, suffices = self.cost, self.support.suffices
        new = []
        for at, text in said:
            cost.words += text.letters
            cost.values += len(text.values)
            if not text.settled:
                its = _open_in(at, text, suffices)
                text.settled = not its
                new += its
        if not new:
            return new
        is_heard = False
        for start, end, customer in belongs(raw, format_name):
            if customer:
                is_heard = True
                for each in new:
                    if start <= each.at < end:
                        self.support.hear(each.mark, customer)
        return [each for each in new if not suffices(each.mark)] if is_heard else new

    def rare(self, said: _Said) -> list[_Open]:
        """Return what of a unit may not leave."""
        suffices = self.support.suffices
        return [each for at, text in said if not text.settled for each in _open_in(at, text, suffices)]

    def kept(self, raw: Raw, open_then: Iterable[_Open], tally: Tally) -> str:
        """Return the unit without the words that may not leave, and count them. `open_then`: what could not when it was heard."""
        cost, suffices = self.cost, self.support.suffices
        rare = [each for each in open_then if not suffices(each.mark)]
        if not rare:
            return raw.text
        cost.units += 1
        for each in rare:
            if each.is_value:
                cost.values_rare += 1
            else:
                cost.words_rare += sum(end - start for start, end, _ in each.stretches)
        clean = self._without(raw, rare)
        if clean is None:
            said = self.said(raw)
            clean = self._without(raw, [each for at, text in said for each in _open_in(at, text, lambda mark: False)])
        if clean is not None:
            tally.redactions[_KIND] += len(clean.redactions)
            return clean.text
        clean, _ = self.redactor.withhold(raw)
        if clean.withheld:
            tally.records_written -= raw.records
            tally.records_withheld += raw.records
            tally.parts_withheld += not raw.records
        return clean.text

    def _without(self, raw: Raw, rare: Iterable[_Open]) -> Clean | None:
        """The unit without these, None where it is not clean then: other words beside a value may make it look like another."""
        stretches = _joined(stretches_of(rare), raw.text)
        try:
            clean, rests = self.redactor.without(raw, stretches, _KIND)
        except Exception:  # what cannot be scanned may not leave, and the message may quote it
            return None
        return clean if rests else None


def _open_in(at: int, text: _Text, suffices: Callable[[Mark], bool]) -> list[_Open]:
    """Returns the parts of a piece, at a place of a unit, that too few customers said."""
    found = [
        _new(_Open, (mark, at, tuple([(at + start, at + end, "") for start, end in stretches]), False))
        for mark, stretches in text.statements
        if not suffices(mark)
    ]
    found += [
        _new(_Open, (mark, at, ((at + start, at + end, text.quote),), True))
        for mark, start, end in text.values
        if not suffices(mark)
    ]
    return found


def stretches_of(rare: Iterable[_Open]) -> list[Stretch]:
    """The stretches of what may not leave, in order."""
    return sorted(stretch for each in rare for stretch in each.stretches)


def _joined(stretches: Iterable[Stretch], text: str) -> list[Stretch]:
    """The stretches, those that only signs stand between as one."""
    found: list[Stretch] = []
    for start, end, quote in stretches:
        if found and found[-1][2] == quote and not text[found[-1][1] : start].strip(TRIMMED):
            found[-1] = (found[-1][0], end, quote)
        else:
            found.append((start, end, quote))
    return found


class Heard:
    """Hears the clean bytes of one input."""

    def __init__(self, guarantee: Guarantee, input_format: str) -> None:
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")

    def feed(self, clean: bytes) -> Iterator[tuple[Raw, list[_Open]]]:
        """Hears the units that are complete with these bytes. Yields each, and what of it may not leave yet."""
        return self._hear(self._units.feed(clean))

    def finish(self) -> tuple[Iterator[tuple[Raw, list[_Open]]], bytes]:
        """Hears what was still open at the end, and gives the bytes behind it that are no text."""
        units, tail = self._units.finish()
        return self._hear(units), tail

    @property
    def encoding(self) -> Encoding | None:
        """The encoding of the input, once it is known."""
        return self._units.decoder.encoding

    def _hear(self, units: Iterable[Raw]) -> Iterator[tuple[Raw, list[_Open]]]:
        guarantee = self._guarantee
        for raw in units:
            name = "" if self._units.format is None else self._units.format.name
            yield raw, guarantee.hear(raw, guarantee.said(raw), name)


class Kept:
    """Filter of the clean bytes of a stream: a unit is heard, and judged then."""

    def __init__(self, guarantee: Guarantee, input_format: str, tally: Tally) -> None:
        self._guarantee = guarantee
        self._heard = Heard(guarantee, input_format)
        self._tally = tally

    def feed(self, clean: bytes) -> bytes:
        """Return the part of the units that are complete with these bytes that may leave."""
        return self._keep(self._heard.feed(clean))

    def finish(self) -> bytes:
        """Return the part of the last, open unit that may leave."""
        heard, tail = self._heard.finish()
        return self._keep(heard) + tail

    def _keep(self, heard: Iterable[tuple[Raw, list[_Open]]]) -> bytes:
        out = [self._guarantee.kept(raw, rare, self._tally) if rare else raw.text for raw, rare in heard]
        return encoded("".join(out), self._heard.encoding)


_OpenUnit = tuple[Raw, list[_Open], Encoding | None]
"""A unit with what of it may not leave yet, in the encoding of its input."""


class _Shelf:
    """The file of what is put aside. It has no name. Frames of units, which are functions, are kept in memory: they are few."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile(buffering=_READ)  # noqa: SIM115 - it lives as long as this
        self._frames: list[Frame] = []
        self._numbers: dict[Frame, int] = {}

    def put(self, row: Sequence[bytes | _OpenUnit]) -> int:
        """Writes, in order, bytes that may leave, and units that have to be judged once all was heard. Returns the size."""
        data = pickle.dumps([each if isinstance(each, bytes) else self._flat(each) for each in row], pickle.HIGHEST_PROTOCOL)
        self.file.write(_HEAD.pack(len(data)))
        self.file.write(data)
        return _HEAD.size + len(data)

    def _flat(self, unit: _OpenUnit) -> tuple[Any, ...]:
        """The unit as plain tuples, which are read back in half the time."""
        raw, rare, encoding = unit
        number = -1
        if raw.frame is not None:
            number = self._numbers.setdefault(raw.frame, len(self._frames))
            if number == len(self._frames):
                self._frames.append(raw.frame)
        leaves = None if raw.leaves == LATER else tuple(map(tuple, raw.leaves))
        its = raw.text, leaves, raw.records, raw.parsed, raw.value is not None, raw.size, raw.cut, number
        return its, tuple(map(tuple, rare)), encoding

    def read(self, start: int, end: int) -> Iterator[tuple[int, list[bytes | _OpenUnit]]]:
        """The rows that were written between two places, each with the place behind it."""
        held, begin, at = b"", 0, start
        while at < end:
            known = len(held) - begin
            size = _HEAD.size + (_HEAD.unpack_from(held, begin)[0] if known >= _HEAD.size else 0)
            if known < _HEAD.size or known < size:
                self.file.seek(at + known)
                held, begin = held[begin:] + self.file.read(min(max(size, _READ), end - at - known)), 0
                continue
            row = pickle.loads(memoryview(held)[begin + _HEAD.size : begin + size])
            begin, at = begin + size, at + size
            yield at, [each if isinstance(each, bytes) else self._unit_of(each) for each in row]

    def _unit_of(self, flat: tuple[Any, ...]) -> _OpenUnit:
        (text, leaves, records, parsed, is_value, size, cut, number), rare, encoding = flat
        its = LATER if leaves is None else tuple([_new(Leaf, leaf) for leaf in leaves])
        frame = None if number < 0 else self._frames[number]
        raw: Raw = _new(Raw, (text, its, 0, 0, records, parsed, None, is_value or None, size, cut, frame))
        return raw, [_new(_Open, each) for each in rare], encoding


@dataclass(slots=True)
class _Aside:
    """The result of the first reading of a stream: clean bytes and open units, on a shelf that all streams share."""

    shelf: _Shelf
    tally: Tally
    start: int
    end: int
    read: str = ""
    """The digest of what was read; "" where it broke off."""


@dataclass(slots=True)
class Aside:
    """The first reading of one input: one entry per stream, in order."""

    name: str
    streams: deque[_Aside] = field(default_factory=deque)
    error: InputError | None = None
    """Why it could not be read."""


class _ListeningScrubber:
    """Scrubs, hears the clean bytes, and puts them aside."""

    def __init__(self, scrubber: Scrubs, heard: Heard, aside: _Aside) -> None:
        self._scrubber = scrubber
        self._heard = heard
        self._aside = aside
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = scrubber.tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        self._put(self._heard.feed(self._scrubber.feed(data, more)))
        return b""

    def finish(self) -> bytes:
        self._put(self._heard.feed(self._scrubber.finish()))
        heard, tail = self._heard.finish()
        self._put(heard)
        if tail:
            self._aside.end += self._aside.shelf.put([tail])
        self._aside.read = self._read.hexdigest()
        return b""

    def _put(self, heard: Iterable[tuple[Raw, list[_Open]]]) -> None:
        row: list[bytes | _OpenUnit] = []
        settled: list[str] = []
        for raw, rare in heard:
            if not rare:
                settled.append(raw.text)
                continue
            if settled:
                row.append(encoded("".join(settled), self._heard.encoding))
                settled = []
            row.append((raw, rare, self._heard.encoding))
            if len(row) >= _MOST_TOGETHER:
                self._aside.end += self._aside.shelf.put(row)
                row = []
        if settled:
            row.append(encoded("".join(settled), self._heard.encoding))
        if row:
            self._aside.end += self._aside.shelf.put(row)


class _KeepingScrubber:
    """Gives out what may leave of what was put aside. What it is fed must be what was read before."""

    def __init__(self, aside: _Aside, guarantee: Guarantee, name: str) -> None:
        self._aside = aside
        self._rest = aside.shelf.read(aside.start, aside.end)
        self._guarantee = guarantee
        self._name = name
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = aside.tally
        self.tally.bytes_written = 0

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        return self._taken(self._aside.start + 4 * len(data))

    def finish(self) -> bytes:
        if self._read.hexdigest() != self._aside.read:
            raise _changed(self._name)
        return self._taken(self._aside.end)

    def _taken(self, until: int) -> bytes:
        """Returns the bytes before a place that may leave."""
        out: list[bytes] = []
        while self._aside.start < min(until, self._aside.end):
            self._aside.start, row = next(self._rest)
            for each in row:
                if isinstance(each, bytes):
                    out.append(each)
                else:
                    raw, rare, encoding = each
                    out.append(encoded(self._guarantee.kept(raw, rare, self.tally), encoding))
        data = b"".join(out)
        self.tally.bytes_written += len(data)
        return data


def _changed(name: str) -> InputError:
    return InputError(f"{name}: was changed between the two readings that --guarantee takes; run it again")


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
        _all(self._heard.feed(data))

    def finish(self) -> FileReport:
        _all(self._heard.finish()[0])
        return self.report


def _all(heard: Iterable[object]) -> None:
    """Reads an iterator of heard units to its end, and drops them."""
    deque(heard, maxlen=0)


class _KeepingVerifier:
    """Finds what the engine finds, and what may not leave."""

    def __init__(self, verifier: Verifier, guarantee: Guarantee, input_format: str) -> None:
        self._verifier = verifier
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
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
            rare = stretches_of(self._guarantee.rare(self._guarantee.said(raw)))
            if rare:
                raw = with_leaves(raw)
                fixed = [] if raw.frame is None else raw.frame(raw.text)
                spans = [Span(start, end, _KIND, _ROW, "guarantee", "certain", "") for start, end, _ in rare]
                self._verifier.add(raw, [s for s in spans if not any(a <= s.start and s.end <= b for a, b in fixed)])


class Listening:
    """The first reading of files. A context manager: at its end, what was put aside is thrown away."""

    def __init__(self, engine: Runner, guarantee: Guarantee) -> None:
        self.engine = engine
        self.guarantee = guarantee
        self.inputs: list[Aside] = []
        """The bytes that were put aside, one entry per input that was begun."""
        self._shelf = _Shelf()

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        scrubber = self.engine.scrubber(input_format)
        start = self._shelf.file.tell()
        aside = _Aside(self._shelf, scrubber.tally, start, start)
        self.inputs[-1].streams.append(aside)
        return _ListeningScrubber(scrubber, Heard(self.guarantee, input_format), aside)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return _ListeningVerifier(Heard(self.guarantee, input_format), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._shelf.file.close()


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
            return _StreamScrubber(scrubber, Kept(self.guarantee, input_format, scrubber.tally))
        if self.aside.error is not None:
            raise self.aside.error
        if not self.aside.streams:
            raise _changed(self.aside.name)
        stream = self.aside.streams.popleft()
        return _KeepingScrubber(stream, self.guarantee, self.aside.name)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        verifier = self.engine.verifier(path, input_format)
        assert isinstance(verifier, Verifier)
        return _KeepingVerifier(verifier, self.guarantee, input_format)


class _Nowhere:
    """Sink of the first reading of an input."""

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def begin(self, name: str, like: MemberInfo) -> None: ...
    def end(self) -> None: ...


def listen(listening: Listening, item: Input, input_format: str, reading: Reading) -> Aside:
    """Scrubs an input, hears it, and puts the clean bytes aside. What went wrong is told where these are wanted."""
    aside = Aside(item.name)
    listening.inputs.append(aside)
    try:
        with open_stream(item, reading) as stream:
            if stream.archive:
                scrub_members(listening, stream, _Nowhere(), input_format, _untold)
            else:
                scrub_stream(listening, stream, _Nowhere(), input_format, _untold)
    except InputError as error:
        aside.error = error
    return aside


def _untold(done: int, tally: Tally) -> None: ...


def guarantee_of(engine: Runner, customers: int, vocabulary: Path | None) -> tuple[Guarantee, dict[str, Any]]:
    """A guarantee for a run, and the rule that a proof has of it. Raises UsageError for a vocabulary that is none."""
    pseudonymizer = engine.redactor.pseudonymizer
    if customers > MOST_CUSTOMERS and vocabulary is not None:
        raise UsageError(f"--guarantee {customers}: a vocabulary tells {MOST_CUSTOMERS} customers apart at most; give fewer")
    support = support_of(pseudonymizer, customers)
    digest = "" if vocabulary is None else read_vocabulary(vocabulary, pseudonymizer, support)
    return Guarantee(engine.redactor, support), {"customers": customers, "vocabulary": digest}
