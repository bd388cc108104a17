"""Counts which customers say what in clean logs, and keeps what enough customers say.

A file is read twice. `Listening` scrubs it, counts its statements and values where its format names customers, and puts the
clean bytes aside in a file without a name. `Keeping` reads these bytes and returns what may leave. A stream cannot be read twice:
each of its records is counted first, and then decided by what was counted until there and by the vocabulary.

What is defined here for one unit after the other, `logscrub.guarantee.native` does for many at once by the compiled core.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, Self, TypeVar

from logscrub.detect.json_leaves import with_leaves
from logscrub.engines.factory import EngineName, Runner, is_native
from logscrub.errors import InputError, UsageError
from logscrub.guarantee.members import belongs, may_name, name_of
from logscrub.guarantee.support import MOST_CUSTOMERS, Mark, Support, read_vocabulary, support_of
from logscrub.guarantee.words import NOTHING, TRIMMED, Cutter, Piece, Words, is_harmless, is_harmless_id, is_json, masked
from logscrub.model import MARKS, RARE, Clean, Raw, Span
from logscrub.pipeline import scrub_members, scrub_stream
from logscrub.redact.scrub import Redactor, Stretch
from logscrub.scrubbing import Scrubs, Tally, Units
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream
from logscrub.verification import FileReport, Verifier, Verifies

if TYPE_CHECKING:
    from logscrub.guarantee.native import Counter

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
_READ: Final = 1 << 18
"""Bytes that are read at once of what was put aside."""
_GROWTH: Final = 4
"""Bytes that are read of what was put aside for each byte of the input."""


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

        self._core: Counter | None = None
        """Does this by the compiled core, for an engine on it."""
        if is_native(redactor):
            from logscrub.guarantee.native import Counter

            self._core = Counter(self, redactor)

    def heard(self, input_format: str) -> Hears:
        """Hears an input."""
        return Heard(self, input_format) if self._core is None else self._core.heard(input_format)

    def keeper(self, input_format: str, tally: Tally, *, hears: bool = False) -> Keeps:
        """Keeps what may leave of an input. `hears`: True for a stream, of which each unit is heard before it is decided."""
        if self._core is None:
            return Kept(self, input_format, tally, hears)
        return self._core.keeper(input_format, tally, hears)

    def finder(self, input_format: str) -> Finds:
        """Finds what of an input may not leave."""
        return Found(self, input_format) if self._core is None else self._core.finder(input_format)

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

    def hear(self, raw: Raw, format_name: str) -> None:
        """Notes what the customers of a unit say."""
        suffices = self.support.suffices
        new: list[_Open] = []
        for at, text in self.said(raw):
            if not text.settled:
                its = _open_in(at, text, suffices)
                text.settled = not its
                new += its
        if not new:
            return
        for start, end, customer in belongs(raw, format_name):
            if customer:
                for each in new:
                    if start <= each.at < end:
                        self.support.hear(each.mark, customer)

    def rare(self, said: _Said) -> list[_Open]:
        """Return what of a unit may not leave."""
        suffices = self.support.suffices
        return [each for at, text in said if not text.settled for each in _open_in(at, text, suffices)]

    def places(self, raw: Raw) -> list[tuple[int, int]]:
        """The places of what of a unit may not leave."""
        return [(start, end) for start, end, _ in stretches_of(self.rare(self.said(raw)))]

    def kept(self, raw: Raw, tally: Tally) -> str:
        """Return the unit without the words that may not leave, and count them."""
        cost, said = self.cost, self.said(raw)
        for _, text in said:
            cost.words += text.letters
            cost.values += len(text.values)
        rare = self.rare(said)
        if not rare:
            return raw.text
        cost.units += 1
        for each in rare:
            if each.is_value:
                cost.values_rare += 1
            else:
                cost.words_rare += sum(end - start for start, end, _ in each.stretches)
        clean = self._without(raw, _joined(stretches_of(rare), raw.text))
        if clean is None:
            all_of_it = [each for at, text in said for each in _open_in(at, text, lambda mark: False)]
            stretches = _joined(stretches_of(all_of_it), raw.text)
            clean = self._without(raw, stretches) or self._without(raw, _widened(stretches, raw.text))
        if clean is not None:
            tally.redactions[_KIND] += len(clean.redactions)
            return clean.text
        return self.withheld(raw, tally)

    def withheld(self, raw: Raw, tally: Tally) -> str:
        """Return marks in place of a unit that is not clean without its words, and count it."""
        clean, _ = self.redactor.withhold(raw)
        if clean.withheld:
            tally.records_written -= raw.records
            tally.records_withheld += raw.records
            tally.parts_withheld += not raw.records
        return clean.text

    def _without(self, raw: Raw, stretches: Sequence[Stretch]) -> Clean | None:
        """The unit without these, None where it is not clean then: other words beside a value may make it look like another."""
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


_TOUCHING = frozenset("0123456789._-/:+%")
"""Characters of numbers that may touch a word."""
_ESCAPE = 6
"""Characters of the longest escape."""


def _widened(stretches: Sequence[Stretch], text: str) -> list[Stretch]:
    """The stretches with the digits and signs that touch them: beside a mark, the number of `Version/8.26` looks like a value.

    Those that are quoted stay as they are, and where an escape may end before one, nothing before it is taken.
    """
    found: list[Stretch] = []
    for start, end, quote in stretches:
        first, last = start, end
        if not quote:
            floor = min(found[-1][1], start) if found else 0
            while first > floor and text[first - 1] in _TOUCHING:
                first -= 1
            if "\\" in text[max(first - _ESCAPE, 0) : start]:
                first = start
            while last < len(text) and text[last] in _TOUCHING:
                last += 1
        if found and found[-1][2] == quote and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last), quote)
        elif found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end), found[-1][2])
        else:
            found.append((first, last, quote))
    return found


class Hears(Protocol):
    """Hears the clean bytes of one input."""

    def feed(self, clean: bytes) -> None:
        """Hears the units that are complete with these bytes."""

    def finish(self) -> None:
        """Hears what was still open at the end."""


class Keeps(Protocol):
    """Filter of the clean bytes of one input."""

    def feed(self, clean: bytes, more: bool = False) -> bytes:
        """Return what may leave of the units that are complete with these bytes. If `more` follows, some may be kept back."""

    def finish(self) -> bytes:
        """Return what may leave of the rest."""


class Finds(Protocol):
    """Finds what may not leave."""

    def feed(self, data: bytes) -> Iterable[tuple[Raw, list[tuple[int, int]]]]:
        """The units that are complete with these bytes in which something may not leave, each with the places."""

    def finish(self) -> Iterable[tuple[Raw, list[tuple[int, int]]]]:
        """Return the rest of them."""


class Heard:
    """Hears one unit after the other."""

    def __init__(self, guarantee: Guarantee, input_format: str) -> None:
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")

    def feed(self, clean: bytes) -> None:
        if may_name(self._units):
            self._hear(self._units.feed(clean))

    def finish(self) -> None:
        self._hear(self._units.finish()[0])

    def _hear(self, units: Iterable[Raw]) -> None:
        for raw in units:
            self._guarantee.hear(raw, name_of(self._units))


class Kept:
    """Keeps what may leave of one unit after the other."""

    def __init__(self, guarantee: Guarantee, input_format: str, tally: Tally, hears: bool) -> None:
        """`hears`: True for a stream, of which each unit is heard before it is decided."""
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
        self._tally = tally
        self._hears = hears

    def feed(self, clean: bytes, more: bool = False) -> bytes:
        return self._keep(self._units.feed(clean))

    def finish(self) -> bytes:
        units, tail = self._units.finish()
        return self._keep(units) + tail

    def _keep(self, units: Iterable[Raw]) -> bytes:
        out = []
        for raw in units:
            if self._hears:
                self._guarantee.hear(raw, name_of(self._units))
            out.append(self._guarantee.kept(raw, self._tally))
        return self._units.decoder.encode("".join(out))


class Found:
    """Finds in one unit after the other what may not leave."""

    def __init__(self, guarantee: Guarantee, input_format: str) -> None:
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")

    def feed(self, data: bytes) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        return self._find(self._units.feed(data))

    def finish(self) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        return self._find(self._units.finish()[0])

    def _find(self, units: Iterable[Raw]) -> Iterator[tuple[Raw, list[tuple[int, int]]]]:
        for raw in units:
            places = self._guarantee.places(raw)
            if places:
                yield raw, places


@dataclass(slots=True)
class _Aside:
    """The result of the first reading of a stream: clean bytes, in a file that all streams share."""

    file: IO[bytes]
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

    def __init__(self, scrubber: Scrubs, heard: Hears, aside: _Aside) -> None:
        self._scrubber = scrubber
        self._heard = heard
        self._aside = aside
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = scrubber.tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        self._put(self._scrubber.feed(data, more))
        return b""

    def finish(self) -> bytes:
        self._put(self._scrubber.finish())
        self._heard.finish()
        self._aside.read = self._read.hexdigest()
        return b""

    def _put(self, clean: bytes) -> None:
        self._heard.feed(clean)
        self._aside.file.write(clean)
        self._aside.end += len(clean)


class _KeepingScrubber:
    """Gives out what may leave of what was put aside. What it is fed must be what was read before."""

    def __init__(self, aside: _Aside, kept: Keeps, name: str) -> None:
        self._aside = aside
        self._at = aside.start
        self._kept = kept
        self._name = name
        self._read = hashlib.blake2b(digest_size=32)
        self.tally = aside.tally
        self.tally.bytes_written = 0

    def feed(self, data: bytes, more: bool = False) -> bytes:
        self._read.update(data)
        return self._counted(b"".join(self._taken(self._at + _GROWTH * len(data))))

    def finish(self) -> bytes:
        if self._read.hexdigest() != self._aside.read:
            raise _changed(self._name)
        return self._counted(b"".join([*self._taken(self._aside.end), self._kept.finish()]))

    def _taken(self, until: int) -> Iterator[bytes]:
        """Yields what may leave of the bytes before a place."""
        while self._at < (end := min(until, self._aside.end)):
            self._aside.file.seek(self._at)
            clean = self._aside.file.read(min(_READ, end - self._at))
            self._at += len(clean)
            yield self._kept.feed(clean, True)

    def _counted(self, data: bytes) -> bytes:
        self.tally.bytes_written += len(data)
        return data


def _changed(name: str) -> InputError:
    return InputError(f"{name}: was changed between the two readings that --guarantee takes; run it again")


class _StreamScrubber:
    """Scrubs, and gives out what may leave by what was heard until there."""

    def __init__(self, scrubber: Scrubs, kept: Keeps) -> None:
        self._scrubber = scrubber
        self._kept = kept
        self.tally = scrubber.tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        return self._kept.feed(self._scrubber.feed(data, more), more)

    def finish(self) -> bytes:
        return self._kept.feed(self._scrubber.finish()) + self._kept.finish()


class _ListeningVerifier:
    """Hears what it reads, and finds nothing."""

    def __init__(self, heard: Hears, path: str) -> None:
        self._heard = heard
        self.report = FileReport(path)

    def feed(self, data: bytes, more: bool = False) -> None:
        self._heard.feed(data)

    def finish(self) -> FileReport:
        self._heard.finish()
        return self.report


class _KeepingVerifier:
    """Finds what the engine finds, and what may not leave."""

    def __init__(self, verifier: Verifier, finds: Finds) -> None:
        self._verifier = verifier
        self._finds = finds
        self.report = verifier.report

    def feed(self, data: bytes, more: bool = False) -> None:
        self._verifier.feed(data, more)
        self._add(self._finds.feed(data))

    def finish(self) -> FileReport:
        self._verifier.finish()
        self._add(self._finds.finish())
        return self.report

    def _add(self, found: Iterable[tuple[Raw, list[tuple[int, int]]]]) -> None:
        for raw, places in found:
            raw = with_leaves(raw)
            fixed = [] if raw.frame is None else raw.frame(raw.text)
            spans = [Span(start, end, _KIND, _ROW, "guarantee", "certain", "") for start, end in places]
            self._verifier.add(raw, [s for s in spans if not any(a <= s.start and s.end <= b for a, b in fixed)])


class Listening:
    """The first reading of files. A context manager: at its end, what was put aside is thrown away."""

    def __init__(self, engine: Runner, guarantee: Guarantee) -> None:
        self.engine = engine
        self.guarantee = guarantee
        self.inputs: list[Aside] = []
        """The bytes that were put aside, one entry per input that was begun."""
        self._file = tempfile.TemporaryFile(buffering=_READ)  # noqa: SIM115 - it lives as long as this

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        scrubber = self.engine.scrubber(input_format)
        start = self._file.seek(0, os.SEEK_END)
        aside = _Aside(self._file, scrubber.tally, start, start)
        self.inputs[-1].streams.append(aside)
        return _ListeningScrubber(scrubber, self.guarantee.heard(input_format), aside)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return _ListeningVerifier(self.guarantee.heard(input_format), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


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
            return _StreamScrubber(scrubber, self.guarantee.keeper(input_format, scrubber.tally, hears=True))
        if self.aside.error is not None:
            raise self.aside.error
        if not self.aside.streams:
            raise _changed(self.aside.name)
        stream = self.aside.streams.popleft()
        return _KeepingScrubber(stream, self.guarantee.keeper(input_format, stream.tally), self.aside.name)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        verifier = self.engine.verifier(path, input_format)
        assert isinstance(verifier, Verifier)
        return _KeepingVerifier(verifier, self.guarantee.finder(input_format))


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
