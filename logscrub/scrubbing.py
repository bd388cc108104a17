"""Scrubs one input from bytes to clean bytes: decodes it, cuts it into units, scrubs each, and encodes the result.

`Scrubber` is a pure function of the bytes fed to it (and of the key and detectors it was made with): however they are cut,
the bytes that come out are the same. It holds one unit in memory, and counts what it reads, writes and withholds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from logscrub import formats
from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.formats.json_values import Leaves
from logscrub.model import Clean, Raw
from logscrub.redact.scrub import Redactor
from logscrub.sources.text import TextDecoder

HEAD = 1 << 16
"""Maximum characters from which a format is recognised."""
BLANK = "\ufeff \t\r\n"
"""Characters around a line that do not matter for its format."""


class NotConserved(AssertionError):
    """Records were lost or doubled: a bug in logscrub, found by its own count."""


@dataclass(slots=True)
class Tally:
    """Counts of records and redactions, and faults of the data."""

    records_read: int = 0
    records_written: int = 0
    records_withheld: int = 0
    parts_withheld: int = 0
    """Number of withheld parts of records that were read apart from their beginning: continued lines, pieces of broken JSON."""
    records_unparsed: int = 0
    """Number of records that were scanned as text because they did not have the shape of their format."""
    bytes_read: int = 0
    bytes_written: int = 0
    redactions: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    """Number of inputs by format."""
    faults: list[str] = field(default_factory=list)
    """One message for each place where salvaged data broke off."""

    @property
    def withheld(self) -> int:
        """Number of records, and parts of records, that were replaced by `<WITHHELD>`."""
        return self.records_withheld + self.parts_withheld

    def add(self, other: Tally) -> None:
        """Adds the counts of another tally."""
        self.records_read += other.records_read
        self.records_written += other.records_written
        self.records_withheld += other.records_withheld
        self.parts_withheld += other.parts_withheld
        self.records_unparsed += other.records_unparsed
        self.bytes_read += other.bytes_read
        self.bytes_written += other.bytes_written
        self.redactions.update(other.redactions)
        self.formats.update(other.formats)
        self.faults += other.faults

    def check(self) -> None:
        """Raises NotConserved unless records read = written + withheld."""
        if self.records_read != self.records_written + self.records_withheld:
            raise NotConserved("internal error: records were lost; do not use this output, and report it with the command")


def recognised(head: str, final: bool = False) -> formats.Format | None:
    """The format of an input that begins with `head`; None while more of it must be seen."""
    first = head[:HEAD].lstrip(BLANK)
    if not head or (not final and "\n" not in first and len(head) < HEAD):
        return None
    return formats.recognise(first.split("\n", 1)[0])


class Units:
    """The units of one input: decodes its bytes, recognises its format from the first line that is not empty."""

    def __init__(self, input_format: str = "auto", *, leaves: Leaves = True) -> None:
        """`leaves`: False for units whose records are only counted."""
        self.decoder = TextDecoder()
        self._leaves = leaves
        self.format: formats.Format | None = None if input_format == "auto" else formats.named(input_format)
        self.reader: formats.Reader | None = formats.reader_of(self.format, leaves=leaves) if self.format else None
        self._head: list[str] = []
        """Text from which the format is not clear yet."""
        self._head_size = 0
        self._is_blank = True
        """True if all of it is blank."""
        self.labelled = input_format != "auto"
        """True once the name of the format is known."""

    def feed(self, data: bytes) -> Iterator[Raw]:
        """The units that are complete with these bytes. Use them up before more is fed."""
        return self._units(self.decoder.feed(data), False)

    def finish(self) -> tuple[Iterator[Raw], bytes]:
        """The last units, and bytes at the very end that are no text."""
        text, tail = self.decoder.finish()
        return self._units(text, True), tail

    def _units(self, text: str, final: bool) -> Iterator[Raw]:
        if not self._leaves and not text.isascii():  # bytes that are no text need not be kept for counting
            text = text.encode("utf-8", "replace").decode()
        if self.reader is None:
            self._head.append(text)
            self._head_size += len(text)
            self._is_blank = self._is_blank and not text.strip(BLANK)
            if self._is_blank and not final and self._head_size < HEAD:
                return
            text = "".join(self._head)
            self.format = recognised(text, final)
            if self.format is None:
                return
            self.reader = formats.reader_of(self.format, leaves=self._leaves)
            self._head = []
        units = self.reader.feed(text)
        if final:
            units = chain(units, self.reader.finish())
        if not self.labelled:
            for unit in units:
                self._label(unit)
                yield unit
                if self.labelled:
                    break
        yield from units

    def _label(self, unit: Raw) -> None:
        """Decides the name of the format by the first unit that is not empty."""
        # the first line of a page printed for people is just "{": its first unit tells which format it is
        text = unit.text.strip(BLANK)
        if text:
            if self.format is not None and self.format.name == "ndjson" and unit.parsed:
                self.format = formats.recognise(text[:HEAD])
            self.labelled = True


def clean_unit(redactor: Redactor, raw: Raw, before: Open, tally: Tally) -> tuple[Clean, Open]:
    """Scrubs and counts one unit. Returns the clean unit and what it leaves open. A unit that cannot be scanned is withheld."""
    try:
        clean, after = redactor.scrub(raw, before)
    except Exception:  # whatever went wrong: what could not be scanned may not leave, and its message may quote it
        clean, after = redactor.withhold(raw, before)
    tally.records_read += raw.records
    if clean.withheld:
        tally.records_withheld += clean.records
        tally.parts_withheld += not clean.records
    else:
        tally.records_written += clean.records
    if not clean.parsed:
        tally.records_unparsed += clean.records
    for entity_type in clean.redactions:
        tally.redactions[entity_type] += 1
    return clean, after


class Scrubs(Protocol):
    """Scrubs one input. It is fed bytes and returns clean bytes."""

    tally: Tally

    def feed(self, data: bytes, more: bool = False) -> bytes:
        """Returns clean bytes for the units that are complete with `data`. If `more` follows at once, some may be kept back."""

    def finish(self) -> bytes:
        """Clean bytes for what was still open at the end. Raises NotConserved when the count does not come out."""


class Scrubber:
    """The plain engine, which scrubs one unit after the other. It defines correct output for all engines."""

    def __init__(self, redactor: Redactor, input_format: str = "auto") -> None:
        self._redactor = redactor
        self._units = Units(input_format)
        self._open: Open = NOTHING_OPEN
        self.tally = Tally()

    def feed(self, data: bytes, more: bool = False) -> bytes:
        """Clean bytes for the units that are complete with `data`."""
        self.tally.bytes_read += len(data)
        return self._scrub(self._units.feed(data), more)

    def finish(self) -> bytes:
        """Clean bytes for what was still open at the end. Raises NotConserved when the count does not come out."""
        units, tail = self._units.finish()
        data = self._scrub(units) + tail
        if self._units.format is not None:
            self.tally.formats[self._units.format.name] += 1
        self.tally.bytes_written += len(tail)
        self.tally.check()
        return data

    def _scrub(self, units: Iterable[Raw], more: bool = False) -> bytes:
        out = []
        for raw in units:
            clean, self._open = clean_unit(self._redactor, raw, self._open, self.tally)
            out.append(clean)
        data = self._units.decoder.encode("".join(c.text for c in out))
        self.tally.bytes_written += len(data)
        return data
