"""Counts who says what in clean logs, and keeps of them what enough customers say.

A file is read twice: `Listening` scrubs it, hears all of it, and puts the clean bytes aside; `Keeping` takes these and gives out
what may leave. Of a stream, which cannot be read twice, a record counts first and is judged then, by what was heard until there
and by the vocabulary.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from pathlib import Path
from typing import IO, Any, Self

from logscrub.detect.json_leaves import with_leaves
from logscrub.engines.factory import EngineName, Runner
from logscrub.errors import InputError, UsageError
from logscrub.guarantee.members import belongs
from logscrub.guarantee.support import MOST_CUSTOMERS, Mark, Support, read_vocabulary, support_of
from logscrub.guarantee.words import NOTHING, TRIMMED, Cutter, Words, is_harmless, is_json, masked
from logscrub.model import MARKS, RARE, Clean, Raw, Span
from logscrub.pipeline import scrub_members, scrub_stream
from logscrub.redact.scrub import Redactor, Stretch
from logscrub.scrubbing import Scrubs, Tally, Units
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream
from logscrub.verification import FileReport, Verifier, Verifies

_MOST_KNOWN, _MOST_VALUES = 50_000, 100_000
_LONGEST_KNOWN, _NEW = 2048, 0
"""Characters of a text whose words are remembered: statements come again."""
_KIND = RARE.strip("<>")
_ROW = "user-generated content"
"""The row of the guidelines under which a finding is reported."""


@dataclass(slots=True)
class Cost:
    """The cost of a guarantee: the words and values that it took out."""

    units: int = 0
    """Lines, and records of JSON, from which something was taken."""
    words: int = 0
    """Characters of words."""
    words_rare: int = 0
    """The number of these that `<RARE>` replaces."""
    values: int = 0
    """Numbers, ids and the like that are not harmless by their form."""
    values_rare: int = 0

    def add(self, text: str, said: _Said, rare: Sequence[Stretch], mark_of: Callable[[str], Mark | None]) -> None:
        """Counts a unit; `rare`: what may not leave."""
        self.units += bool(rare)
        gone = {start for start, _, _ in rare}
        for at, each in said:
            self.words += each.letters
            for start, end in each.values:
                if mark_of(text[at + start : at + end]) is not None:
                    self.values += 1
                    self.values_rare += at + start in gone
            if gone:
                self.words_rare += sum(
                    end - start for _, stretches in each.statements for start, end in stretches if at + start in gone
                )

    def as_dict(self) -> dict[str, Any]:
        """For a summary."""
        return {
            "units_changed": self.units,
            "words": {"characters": self.words, "rare": self.words_rare, "share": _share(self.words_rare, self.words)},
            "values": {"count": self.values, "rare": self.values_rare, "share": _share(self.values_rare, self.values)},
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


class _Text:
    """The statements of all pieces that share one mask."""

    __slots__ = ("letters", "quote", "settled", "statements", "values")

    def __init__(self, words: Words, support: Support) -> None:
        self.statements = [(support.mark("statement", each.text), each.stretches) for each in words.statements]
        self.values = words.values
        self.quote = '"' if words.quoted else ""
        self.letters = sum(end - start for _, stretches in self.statements for start, end in stretches)
        self.settled = False
        """Whether all statements are known to leave. What was said often enough once, stays so."""


_Said = list[tuple[int, _Text]]
"""The statements of a unit, with their places."""


class Guarantee:
    """The words that were read in a run, and the decision which of them may leave clean units."""

    def __init__(self, redactor: Redactor, support: Support) -> None:
        self.redactor = redactor
        self.support = support
        self.cost = Cost()
        self._cutter = Cutter({*redactor.engine.catalogue.entity_types, *MARKS})
        self._texts: tuple[dict[str, _Text | None], dict[str, _Text | None]] = ({}, {})
        """By their masks: strings and lines, numbers."""
        self._values: dict[str, Mark | None] = {}

    def said(self, raw: Raw) -> _Said:
        """Return the statements of a unit."""
        mask = masked(raw.text)
        if is_json(raw):
            if "\\" not in mask:
                return self._in_plain_json(mask)
        else:
            raw = with_leaves(raw)
        found = ((start, self._text(part, is_number)) for start, part, is_number in self._cutter.pieces(raw, mask))
        return [(start, text) for start, text in found if text is not None]

    def _in_plain_json(self, mask: str) -> _Said:
        """Return the statements of JSON without escapes: every second part between quotes is a string."""
        parts = mask.split('"')
        found: list[_Text | int | None] = [_NEW] * len(parts)
        found[::2] = map(self._texts[True].get, parts[::2], repeat(_NEW))
        found[1::2] = map(self._texts[False].get, parts[1::2], repeat(_NEW))
        says = [n for n, text in enumerate(found) if text is not None]
        if not says:
            return []
        ends = list(accumulate(map(len, parts)))
        said: _Said = []
        for n in says:
            known = found[n]
            text = self._text(parts[n], n % 2 == 0) if isinstance(known, int) else known
            if text is not None:
                said.append((ends[n - 1] + n if n else 0, text))
        return said

    def _text(self, mask: str, is_number: bool) -> _Text | None:
        """Return the statement of a piece with that mask, or None."""
        known = self._texts[is_number]
        if mask in known:
            return known[mask]
        words = self._cutter.words(mask, is_number)
        text = None if words is NOTHING else _Text(words, self.support)
        if len(mask) <= _LONGEST_KNOWN:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[mask] = text
        return text

    def value(self, text: str) -> Mark | None:
        """The mark of a value; None of one that is harmless."""
        if text in self._values:
            return self._values[text]
        if len(self._values) >= _MOST_VALUES:
            self._values.clear()
        mark = self._values[text] = None if is_harmless(text) else self.support.mark("value", text)
        return mark

    def own(self, text: str) -> None:
        """Takes a text for the app's own: its statements, and the values that are written in it."""
        words = self._cutter.words(masked(text), False)
        self.support.own.update(self.support.mark("statement", statement.text) for statement in words.statements)
        self.support.own.update(self.support.mark("value", text[start:end]) for start, end in words.values)

    def hear(self, raw: Raw, said: _Said, format_name: str) -> None:
        """Notes what the customers of a unit say."""
        support, text = self.support, raw.text
        marks = [
            (at, mark)
            for at, each in said
            for start, end in each.values
            if (mark := self.value(text[at + start : at + end])) is not None and not support.suffices(mark)
        ]
        for at, each in said:
            if not each.settled:
                new = [(at, mark) for mark, _ in each.statements if not support.suffices(mark)]
                each.settled = not new
                marks += new
        if marks:
            for start, end, customer in belongs(raw, format_name):
                if customer:
                    for at, mark in marks:
                        if start <= at < end:
                            support.hear(mark, customer)

    def rare(self, raw: Raw, said: _Said) -> list[Stretch]:
        """Return the stretches of a unit that may not leave, in order."""
        support, text = self.support, raw.text
        found: list[Stretch] = []
        for at, each in said:
            if not each.settled:
                new = [
                    (at + start, at + end, "")
                    for mark, stretches in each.statements
                    if not support.suffices(mark)
                    for start, end in stretches
                ]
                each.settled = not new
                found += new
            for start, end in each.values:
                mark = self.value(text[at + start : at + end])
                if mark is not None and not support.suffices(mark):
                    found.append((at + start, at + end, each.quote))
        return sorted(found)

    def kept(self, raw: Raw, said: _Said, tally: Tally) -> str:
        """Return the unit without the words that may not leave, and count them."""
        cost = self.cost
        rare = self.rare(raw, said)
        cost.add(raw.text, said, rare, self.value)
        if not rare:
            return raw.text
        everything = sorted(
            (at + start, at + end, quote)
            for at, each in said
            for places, quote in (*((stretches, "") for _, stretches in each.statements), (each.values, each.quote))
            for start, end in places
        )
        raw = with_leaves(raw)
        for stretches in (rare, everything):
            clean = self._without(raw, _joined(stretches, raw.text))
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

    def feed(self, clean: bytes) -> None:
        """Hears the units that are complete with these bytes."""
        self._hear(self._units.feed(clean))

    def finish(self) -> None:
        """Hears what was still open at the end."""
        self._hear(self._units.finish()[0])

    def _hear(self, units: Iterable[Raw]) -> None:
        for raw in units:
            name = "" if self._units.format is None else self._units.format.name
            self._guarantee.hear(raw, self._guarantee.said(raw), name)


class Kept:
    """Filter of the clean bytes of one input."""

    def __init__(self, guarantee: Guarantee, input_format: str, tally: Tally, *, hears: bool) -> None:
        """`hears`: whether a unit is heard before it is judged, as of a stream."""
        self._guarantee = guarantee
        self._units = Units(input_format, leaves="later")
        self._tally = tally
        self._hears = hears

    def feed(self, clean: bytes) -> bytes:
        """Return the part of the units that are complete with these bytes that may leave."""
        return self._keep(self._units.feed(clean))

    def finish(self) -> bytes:
        """Return the part of the last, open unit that may leave."""
        units, tail = self._units.finish()
        return self._keep(units) + tail

    def _keep(self, units: Iterable[Raw]) -> bytes:
        out = []
        for raw in units:
            said = self._guarantee.said(raw)
            if self._hears:
                self._guarantee.hear(raw, said, "" if self._units.format is None else self._units.format.name)
            out.append(self._guarantee.kept(raw, said, self._tally))
        return self._units.decoder.encode("".join(out))


@dataclass(slots=True)
class _Aside:
    """The result of the first reading of a stream: clean bytes, in a file that all streams share."""

    file: IO[bytes]
    tally: Tally
    start: int
    end: int
    read: str = ""
    """The digest of what was read; "" where it broke off."""

    def take(self, count: int) -> bytes:
        """The next bytes of it."""
        self.file.seek(self.start)
        data = self.file.read(min(count, self.end - self.start))
        self.start += len(data)
        return data


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
        return self._take(self._scrubber.feed(data, more))

    def finish(self) -> bytes:
        self._take(self._scrubber.finish())
        self._heard.finish()
        self._aside.read = self._read.hexdigest()
        return b""

    def _take(self, clean: bytes) -> bytes:
        self._heard.feed(clean)
        self._aside.file.write(clean)
        self._aside.end += len(clean)
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
        return self._counted(self._kept.feed(self._aside.take(4 * len(data))))

    def finish(self) -> bytes:
        if self._read.hexdigest() != self._aside.read:
            raise _changed(self._name)
        rest = [self._kept.feed(piece) for piece in iter(lambda: self._aside.take(1 << 20), b"")]
        return self._counted(b"".join([*rest, self._kept.finish()]))

    def _counted(self, data: bytes) -> bytes:
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
            rare = self._guarantee.rare(raw, self._guarantee.said(raw))
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
        """What was put aside, an entry an input that was begun."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        scrubber = self.engine.scrubber(input_format)
        start = self._file.tell()
        aside = _Aside(self._file, scrubber.tally, start, start)
        self.inputs[-1].streams.append(aside)
        return _ListeningScrubber(scrubber, Heard(self.guarantee, input_format), aside)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return _ListeningVerifier(Heard(self.guarantee, input_format), path)

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
            return _StreamScrubber(scrubber, Kept(self.guarantee, input_format, scrubber.tally, hears=True))
        if self.aside.error is not None:
            raise self.aside.error
        if not self.aside.streams:
            raise _changed(self.aside.name)
        stream = self.aside.streams.popleft()
        return _KeepingScrubber(stream, Kept(self.guarantee, input_format, stream.tally, hears=False), self.aside.name)

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
