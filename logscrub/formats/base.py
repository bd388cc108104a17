"""The definition of a format: how it is recognised, how it is cut into units, and which records these units are.

A format is one file that defines a `FORMAT`. It says where its records lie in JSON (`JsonShape`), or how a line begins one
(`LineShape`), or it has a reader of its own. Redaction and counting read an input with the same reader, so both see the same
records.
"""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import orjson

from logscrub.detect.stack_traces import JAVA_FRAME, WORDS
from logscrub.model import Frame, Leaf, Raw
from logscrub.patterns import regex

LONGEST_LINE = 16 << 20
"""Characters after which a line without an end is cut, so that memory stays bounded."""
MOST_MESSAGE = 64 << 10
"""Characters of a record's text that are kept for counting; a stack trace is shorter."""
_MOST_DIMENSION = 120
"""Characters of the name of a function, a module, a version."""
_CUT = regex(r"\s(?=\S*$)")


class Record(NamedTuple):
    """One record of a log: flat and typed, so that another engine can produce the same as columns. An empty field is unknown."""

    time_ns: int | None
    """Nanoseconds since 1970, UTC; None where the log has no time that can be read."""
    level: str
    """TRACE, DEBUG, INFO, WARN, ERROR, FATAL, or ""."""
    message: str
    arguments: str = ""
    """Further arguments of `console.log`, as JSON."""
    invocation: str = ""
    function: str = ""
    module: str = ""
    """The type of the module: `core:function`, `scheduledTrigger`."""
    version: str = ""
    """The app's version; "unknown" for invocations that were rate-limited."""
    environment: str = ""
    customer: str = ""
    """The field that names the customer: an installation's context, a site's host."""
    duration_ms: float | None = None
    """The duration in milliseconds, where a field states it."""
    unread_time: str = ""
    """A time in a spelling that is not known, as it is written."""
    holds_log: bool = False
    """True if the message is itself a line of a log in some format, which a container runtime or a collector has wrapped."""


class Point(NamedTuple):
    """One data point of a metric (OTLP/JSON metrics)."""

    metric: str
    """The name of the metric in small letters: `forge_backend_invocation_errors`."""
    time_ns: int
    """The beginning of its interval."""
    end_ns: int
    value: int
    """The count; of a histogram, how many values it holds."""
    durations: tuple[tuple[float, int], ...]
    """The buckets of a histogram: (milliseconds in the middle, number of values)."""
    attributes: tuple[tuple[str, str], ...]
    """Names and values, sorted by name."""

    def attribute(self, name: str) -> str:
        """The value of an attribute; "" if there is none."""
        return next((value for key, value in self.attributes if key == name), "")


class Named(NamedTuple):
    """A stretch `[start, end)` of a line that is the value of a field."""

    start: int
    end: int
    field: str
    """Empty for the format's own numbers, which are not scanned: bytes beside a status would be taken for a phone number."""


Item = Record | Point
Around = tuple[dict[str, Any], ...]
"""The JSON objects around an element, outermost first."""
Memory = dict[str, str]
"""Statements of earlier lines of an input that hold for the lines after them."""
TIME_OF = "time of "
"""Before a request's id: the name under which a memory has the time of its last line."""


class ListRule(NamedTuple):
    """A list of log records in a JSON value: its name, the name around it, and how many brackets are open before it."""

    name: str
    parent: str | None = None
    depth: int | None = None
    marks: frozenset[str] = frozenset()
    """Names of members. If other lists have the same name, a list holds records only if its first element has such a member."""


def only_in_lists(value: dict[str, Any]) -> bool:
    """`JsonShape.knows` of a format whose records stand in its own lists alone."""
    return False


@dataclass(frozen=True, slots=True)
class JsonShape:
    """The places of the records in a JSON format, and how they are read."""

    knows: Callable[[dict[str, Any]], bool]
    """True for an object that is one of its records."""
    record: Callable[[Any, Around], Item | None]
    """Return the record of an element, or None where it cannot be counted as one."""
    lists: tuple[ListRule, ...] = ()
    """The lists whose elements are its records."""
    no_record: str = ""
    """A regular expression that matches the beginning of a value that is no record, but says something about the next one."""
    names: frozenset[str] = frozenset()
    """`knows` is asked only about objects that have a member of one of these names; about all where there are none."""


@dataclass(frozen=True, slots=True)
class FieldPattern:
    """Says where in a line the values of fields stand."""

    pattern: re.Pattern[str]
    """Matches the beginning of a line. Groups that are missing, empty or "-" hold no value."""
    fields: tuple[tuple[str, str], ...]
    """Groups in their order, with the names of their fields; see `Named`."""
    needs: str = ""
    """Stands in each line that matches: other lines are not tried."""

    def find(self, line: str) -> tuple[Named, ...]:
        """The values in a line without its end, in order."""
        m = self.pattern.match(line) if self.needs in line else None
        if m is None:
            return ()
        return tuple(Named(*m.span(group), field) for group, field in self.fields if m[group] not in (None, "", "-"))


@dataclass(frozen=True, slots=True)
class LineShape:
    """Rules by which a line of text begins a record. Each function takes a line without colours and line end."""

    begins: Callable[[str, Memory], Record | None]
    """The record that begins in a line; None where it does not begin as this format's records do."""
    notes: Callable[[str, Memory], bool] | None = None
    """Stores what a line says about later lines. Returns True if it is such a line, which is no part of a record."""
    notes_begin: str = ""
    """The characters with which such a line begins."""
    adds: Callable[[str, Record], Record | None] | None = None
    """The record, completed by a line of details below it; None if the line belongs to the message."""
    fields: tuple[FieldPattern, ...] = ()
    """Places of values whose names the format knows although the line does not spell them. The first pattern decides that matches
    and has such a value."""


class Reader(Protocol):
    """Cuts the text of one input, fed piece by piece, into units."""

    lines: Lines
    """The position in the input."""

    def feed(self, text: str) -> Iterator[Raw]:
        """The units that are complete with this piece."""

    def finish(self) -> Iterator[Raw]:
        """The units that were still open at the end of the input."""


@runtime_checkable
class UnitReader(Reader, Protocol):
    """A reader for which each line is a unit. `began` is its only memory of earlier lines."""

    began: Began
    """The state in front of the next line."""
    reads_json: bool
    """True if a line of JSON is read as JSON."""

    def unit(self, line: str, number: int, column: int) -> Raw:
        """The unit of a line, or of a part of one."""


class LineByLine(ABC):
    """Reads text of which each line is a unit."""

    def __init__(self) -> None:
        self.lines = Lines()

    def feed(self, text: str) -> Iterator[Raw]:
        """The units that are complete with this piece."""
        for line in self.lines.feed(text):
            yield self.unit(*line)

    def finish(self) -> Iterator[Raw]:
        """The unit that was still open at the end of the input."""
        for line in self.lines.finish():
            yield self.unit(*line)

    @abstractmethod
    def unit(self, line: str, number: int, column: int) -> Raw:
        """The unit of a line, or of a part of one."""


class RecordReader(Protocol):
    """Turns the units of one input, in order, into records."""

    def unit(self, raw: Raw) -> Iterable[Item]:
        """The records that are complete with this unit."""

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""

    def finish(self) -> Iterator[Item]:
        """Returns the records that were still open at the end of the input."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. `recognises` decides by the first non-empty line of an input."""

    name: str
    recognises: Callable[[str], bool]
    json: JsonShape | None = None
    line: LineShape | None = None
    reader: Callable[[], Reader] | None = None
    """The format's own reader. Without one, an input is read as JSON values if there is a `json` shape, else as lines of text."""
    records: Callable[[Any], RecordReader] | None = None
    """Reads records from the units of its own reader; takes the `Shapes` of all formats."""
    block: Callable[[bytes], Any] | None = None
    """Reads many records of whole lines at a time, as a `forge_blocks.Block`; None where a line has another layout."""
    record_line: re.Pattern[str] | None = None
    """Matches the head of a line in which a record begins, where the first letters do not say so (see `continues`)."""
    starts_alone: re.Pattern[bytes] | None = None
    """Matches the end of a line before a record that does not depend on anything before it. A stream may be cut there, and its
    parts may be counted on their own."""
    is_named: bool = True
    """True if `--input-format` takes its name."""
    asked_before: str = "csv"
    """The name of the format before which this one is asked, if the list in `__init__.py` does not name it."""


def dimension(value: Any) -> str:
    """The name of a function, a module, a version: short, and one object for all records that have it."""
    if isinstance(value, str):
        return sys.intern(value[:_MOST_DIMENSION])
    if isinstance(value, dict):
        return dimension(value.get("key"))
    return "" if value is None else str(value)[:_MOST_DIMENSION]


def text_of(value: Any) -> str:
    """A JSON value as text: a string as it is, everything else as JSON, "" for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError, RecursionError):
        return ""


class Lines:
    """The lines of a text that arrives in pieces, each with its end (`\\n`, `\\r\\n`), its number and column.

    A line longer than LONGEST_LINE is handed out in parts, cut at white space where there is any.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.line = 1
        self.column = 1

    @property
    def is_between(self) -> bool:
        """True if a line begins with what comes next."""
        return not self._parts and self.column == 1

    def feed(self, text: str) -> Iterator[tuple[str, int, int]]:
        start = 0
        while end := text.find("\n", start) + 1:
            line, start = text[start:end], end
            if self._parts or len(line) > LONGEST_LINE:
                self._parts.append(line)
                yield from self._whole()
                continue
            yield line, self.line, self.column
            self.line += 1
            self.column = 1
        if start < len(text):
            self._parts.append(text[start:])
            self._size += len(text) - start
            if self._size > LONGEST_LINE:
                yield from self._long()

    def finish(self) -> Iterator[tuple[str, int, int]]:
        if self._parts:
            yield from self._whole()

    def _whole(self) -> Iterator[tuple[str, int, int]]:
        line = "".join(self._parts) if len(self._parts) > 1 else self._parts[0]
        if len(line) > LONGEST_LINE:
            self._parts = [line]
            yield from self._long()
            line = "".join(self._parts)
        self._parts, self._size = [], 0
        if line:
            yield line, self.line, self.column
        if line.endswith("\n"):
            self.line += 1
            self.column = 1
        else:
            self.column += len(line)

    def _long(self) -> Iterator[tuple[str, int, int]]:
        rest = "".join(self._parts)
        while len(rest) > LONGEST_LINE:
            window = rest[LONGEST_LINE - 4096 : LONGEST_LINE]
            m = _CUT.search(window)
            cut = LONGEST_LINE - 4096 + m.end() if m else LONGEST_LINE
            yield rest[:cut], self.line, self.column
            self.column += cut
            rest = rest[cut:]
        self._parts, self._size = [rest] if rest else [], len(rest)


_new = tuple.__new__


def text_unit(
    line: str,
    number: int,
    column: int,
    start: int = 0,
    records: int = 1,
    parsed: bool = True,
    named: Sequence[Named] = (),
    frame: Frame | None = None,
) -> Raw:
    """A line of text whose message begins at `start`.

    `named`: values in it that are scanned under the names of their fields. `frame`: see `Raw.frame`.
    """
    end = len(line.rstrip("\r\n"))
    if not named:
        # Most lines of most logs become this, so it is made without names of arguments, which is faster.
        only = (_new(Leaf, (start, end, (), "text", "", None, 0)),) if start < end else ()
        return _new(Raw, (line, only, number, column, records, parsed, None, None, None, None, frame))
    leaves: list[Leaf] = []
    for value in named:
        leaves += [Leaf(start, value.start, (), "text")] if start < value.start else []
        leaves += [Leaf(value.start, value.end, (value.field,), "plain", value.field)] if value.field else []
        start = value.end
    leaves += [Leaf(start, end, (), "text")] if start < end else []
    return Raw(line, tuple(leaves), number, column, records, parsed, frame=frame)


def frame_of(pattern: re.Pattern[str]) -> Frame:
    """A frame of the spans of all groups, at every match of a pattern."""
    groups = range(1, pattern.groups + 1)
    return lambda text: [m.span(g) for m in pattern.finditer(text) for g in groups if m.start(g) < m.end(g)]


CONTINUING = " \t}])\r\n"
"""The characters with which a line begins that continues a record."""


def continues(line: str) -> bool:
    """True if a line of text belongs to the record before it: it is indented, a closing bracket, or empty."""
    return line[:1] in CONTINUING


Began = bool | Literal["traceback", "frames"]
"""The state in front of a line: False if it cannot continue anything, True if it may continue a record, else the part of a stack
trace in which that record ends."""


def follows(line: str, began: Began) -> tuple[bool, Began]:
    """Return whether a line of text belongs to the record before it, and the state in front of the next line.

    A line belongs to it if `continues` says so, or if it continues a stack trace in a way that no record begins: Python's
    `Traceback`, the exception behind its frames, and the sentence between two of them; `Caused by:` behind Java's frames; the
    head of a goroutine in Go's.
    """
    if continues(line):
        return True, "frames" if began is True and JAVA_FRAME.match(line) else began
    m = WORDS.match(line)
    kind = None if m is None else m.lastgroup
    if kind == "python":
        return bool(began), "traceback"
    if began == "frames" and kind == "java":
        return True, "frames"
    return (kind == "always" and bool(began)) or (kind == "raised" and began == "traceback"), True


def may_follow(line: str) -> bool:
    """True if a line could belong to the record before it, whatever that record is."""
    return continues(line) or WORDS.match(line) is not None
