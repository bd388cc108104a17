"""The reader that all line formats share, and the records in the units of an input.

Logs are mixed: a banner before JSON lines, a crash report between them, lines of two programs in one file. So each line is
read by the first format that knows how it begins, whatever the first line of the input was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from logscrub.formats.base import (
    MOST_MESSAGE,
    TIME_OF,
    Began,
    Item,
    JsonShape,
    LineByLine,
    LineShape,
    Memory,
    Named,
    Record,
    follows,
    frame_of,
    only_in_lists,
    text_unit,
)
from logscrub.formats.json_records import Element, ListRules, records_in
from logscrub.formats.json_values import Leaves, counts_by, is_value, json_frame, leaves_by, may_be_value, parse
from logscrub.formats.times import leading_level
from logscrub.model import WITHHELD, Raw
from logscrub.patterns import regex

_LONGEST_JSON = 4 << 20
_COLOUR = regex(r"\x1b\[[0-9;]*m")
_DEEPEST_WRAPPING = 4
_MOST_NAMES = 4_096
"""Lists of members' names that are remembered."""
_MOST_REQUESTS = 10_000
"""The number of requests of which the time of the last line is remembered. Where there are more, all of them are forgotten."""
_MARK = "\ufeff"
_HOLE = "\0"
"""The bytes that a log has before the next line where it was truncated while a program was writing it."""
_NOTE = frame_of(regex(r"\A(\ufeff?invocation:\s++\S++)"))
"""Prefix of a line that says something about the lines after it, by which it is recognised."""


class LineReader(LineByLine):
    """Reads any text: a line is a record; indented lines, closing brackets and empty lines continue the one before.

    A line of JSON is read as JSON.
    """

    def __init__(self, shapes: Shapes, *, leaves: Leaves = True) -> None:
        """`leaves`: False for a reader that only counts. Its units have parsed values instead of leaves."""
        super().__init__()
        self.began: Began = False
        self.reads_json = True
        self._shapes = shapes
        self._leaves = leaves
        self._leaves_of = leaves_by(leaves)
        self._count = counts_by(leaves, shapes.rules)

    def unit(self, line: str, number: int, column: int) -> Raw:
        begun = line.lstrip(_HOLE) if line[:1] == _HOLE else line
        may_be_json = begun[:1] in ("{", "[") and column == 1 and len(line) <= _LONGEST_JSON
        if may_be_json and may_be_value(begun):
            text = begun.strip()
            value = parse(text)
            if value is not None or is_value(begun):
                self.began = False
                return Raw(line, self._leaves_of(line), number, column, self._count(text), value=value)
        belongs = True
        if column == 1:
            belongs, self.began = follows(line, self.began)
        notes = False
        named: tuple[Named, ...] = ()
        if not belongs:
            text = _without_mark(line)
            notes = self._shapes.note(text, {})
            if not notes and self._leaves:
                named = self._shapes.fields_of(text, int(line.startswith(_MARK)))
        begins = not belongs and not notes
        frame = json_frame if may_be_json else _NOTE if notes else None
        return text_unit(line, number, column, records=int(begins), named=named, frame=frame)


class Shapes:
    """The shapes of records: how a line begins one, and where JSON holds them."""

    def __init__(self, lines: Sequence[LineShape], json: Sequence[JsonShape]) -> None:
        """Both are asked in this order."""
        self._lines = tuple(lines)
        self._notes = tuple((shape.notes_begin, shape.notes) for shape in lines if shape.notes is not None)
        self._adds = tuple(shape.adds for shape in lines if shape.adds is not None)
        self.notes_begin = "".join(begin for begin, _ in self._notes)
        """The characters with which a line begins that says something about those after it."""
        self.fields = tuple(pattern for shape in lines for pattern in shape.fields)
        """Places of values whose names a format knows although its lines do not spell them."""
        self._json = tuple(json)
        self._asked = tuple(shape for shape in json if shape.knows is not only_in_lists)
        self._asked_by_names: dict[tuple[str, ...], tuple[JsonShape, ...]] = {}
        """The names of an object's members → the formats whose record it may be. Most records of an input have the same names."""
        self.rules = ListRules(json)

    def with_line(self, line: LineShape) -> Shapes:
        """These shapes and a further shape of lines, which is asked first."""
        return Shapes([line, *self._lines], self._json)

    def of_line(self, line: str, memory: Memory) -> Record:
        """The record that begins in a line of text."""
        for shape in self._lines:
            record = shape.begins(line, memory)
            if record is not None:
                return self.unwrapped(record)
        return plain_record(line)

    def note(self, line: str, memory: Memory) -> bool:
        """Stores what a line says about later lines. True if it is such a line."""
        for begin, notes in self._notes:  # noqa: SIM110 (a loop is faster, and this is asked of each line)
            if line and line[0] in begin and notes(line, memory):
                return True
        return False

    def fields_of(self, line: str, at: int = 0) -> tuple[Named, ...]:
        """The values in a line in which a record begins whose names the line's format knows. `at`: characters before it that are
        left out of it, but count."""
        for pattern in self.fields:
            found = pattern.find(line)
            if found:
                return tuple(Named(start + at, end + at, field) for start, end, field in found) if at else found
        return ()

    def add(self, line: str, record: Record) -> Record | None:
        """The record, completed by a line of details below it; None if the line belongs to the message."""
        for adds in self._adds:
            more = adds(line, record)
            if more is not None:
                return more
        return None

    def of_json(self, value: object, text: str) -> Iterable[Item]:
        """The records in a JSON value, or in one element of a large one. `text`: the text from which it was parsed."""
        if isinstance(value, dict) and "timeUnixNano" in value and "resourceLogs" not in value:
            record = self.of_element(Element(value, (), None))  # the commonest record, which holds no list of others
            return () if record is None else (record,)
        return [record for element in self._elements(value, text) if (record := self.of_element(element)) is not None]

    def _elements(self, value: object, text: str) -> list[Element]:
        if isinstance(value, Element):  # an element of a large document, which is read in parts
            return [value]
        if isinstance(value, dict) and not ("[" in text and self.rules.may_stand_in(text)):  # it holds no list of records
            return [Element(value, (), None)]
        return records_in(value, self.rules)

    def of_element(self, element: Element, depth: int = 0) -> Item | None:
        """The record of an element; None where it cannot be counted as one. `depth`: the wrappings around it."""
        value, shape = element.value, element.shape
        if isinstance(value, dict) and (shape is None or shape is self._json[-1]):
            shape = next((shape for shape in self._shapes_with(tuple(value)) if shape.knows(value)), None)
        if shape is None:
            return None
        record = shape.record(value, element.around)
        return self.unwrapped(record, depth) if isinstance(record, Record) else record

    def _shapes_with(self, names: tuple[str, ...]) -> tuple[JsonShape, ...]:
        """The formats, in order, whose record an object may be if its members have these names."""
        found = self._asked_by_names.get(names)
        if found is None:
            if len(self._asked_by_names) >= _MOST_NAMES:
                self._asked_by_names.clear()
            found = tuple(shape for shape in self._asked if not shape.names or not shape.names.isdisjoint(names))
            self._asked_by_names[names] = found
        return found

    def unwrapped(self, outer: Record, depth: int = 0) -> Record:
        """The record inside of a message, completed from its wrapping; the record itself if there is none inside."""
        if not outer.holds_log:
            return outer
        text = outer.message.strip()
        inner: Item | None = None
        if depth < _DEEPEST_WRAPPING:
            if text[:1] in ("{", "["):
                value = parse(text)
                elements = [] if value is None else self._elements(value, text)
                inner = self.of_element(elements[0], depth + 1) if len(elements) == 1 else None
            if inner is None:
                first, _, rest = text.partition("\n")
                inner = self._of_inner_line(_COLOUR.sub("", first), depth)
                inner = inner._replace(message=f"{inner.message}\n{rest}"[:MOST_MESSAGE]) if rest else inner
        if not isinstance(inner, Record):
            return outer._replace(holds_log=False)
        said = [within if within not in (None, "") else around for around, within in zip(outer, inner, strict=True)]
        merged = Record._make(said)._replace(holds_log=False)
        return merged if merged.time_ns is None or not merged.unread_time else merged._replace(unread_time="")

    def _of_inner_line(self, line: str, depth: int) -> Record:
        for shape in self._lines:
            record = shape.begins(line, {})
            if record is not None:
                return self.unwrapped(record, depth + 1)
        return plain_record(line)


def _without_mark(line: str) -> str:
    """A line without its end, and without the byte order mark that an input may begin with."""
    return line.rstrip("\r\n").removeprefix(_MARK)


def plain_record(line: str) -> Record:
    """The record of a line without a known head; it may have a level."""
    level, at = leading_level(line)
    return Record(None, level, line[at:][:MOST_MESSAGE])


class TextRecords:
    """The records in the units of JSON and line formats: as many as the units say that begin in them."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._open: Record | None = None
        self._more: list[str] = []
        self._size = 0
        self._memory: Memory = {}

    def unit(self, raw: Raw) -> Iterable[Item]:
        """The records that are complete with this unit."""
        if raw.value is None:
            return self._line(raw)
        found = self._shapes.of_json(raw.value, raw.text) if raw.records else ()
        return found if self._open is None else (*self.close(), *found)

    def _line(self, raw: Raw) -> Iterator[Item]:
        if raw.records and ((not raw.parsed and raw.text.lstrip()[:1] in ("{", "[")) or raw.text.strip() == WITHHELD):
            yield from self.close()
            return  # broken JSON, a half-written last line, what could not be scanned: nothing in it can be counted
        line = _without_mark(raw.text).lstrip(_HOLE)
        if "\x1b" in line:
            line = _COLOUR.sub("", line)
        if raw.column == 1 and self._shapes.note(line, self._memory):
            yield from self.close()
            if not raw.records:
                return
        if raw.records:
            yield from self.close()
            first, _, rest = line.partition("\n")
            record = self._shapes.of_line(first, self._memory)
            self._open = record._replace(message=f"{record.message}\n{rest}"[:MOST_MESSAGE]) if rest else record
            self._size = len(line)
            if record.time_ns is not None:
                self._note_time(record, str(record.time_ns))
            return
        if self._open is None:
            return
        added = self._shapes.add(line, self._open)
        if added is not None:
            self._open = added
        elif self._size < MOST_MESSAGE:
            self._more.append(line)
            self._size += len(line) + 1

    def _note_time(self, record: Record, time: str) -> None:
        """Remembers the time of a record, for those after it that have none."""
        self._memory["time"] = time
        if record.invocation:
            if len(self._memory) >= _MOST_REQUESTS:
                self._memory = {k: v for k, v in self._memory.items() if not k.startswith(TIME_OF)}
            self._memory[TIME_OF + record.invocation] = time

    def open(self, record: Record) -> None:
        """Opens a record that was read elsewhere, which the next units may continue."""
        self._open, self._size = record, len(record.message)

    def add(self, line: str) -> Iterator[Item]:
        """A line that continues the record that is open; without one it is passed over."""
        if self._open is not None and self._size < MOST_MESSAGE:
            self._more.append(line)
            self._size += len(line) + 1
        return iter(())

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self.close()

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        if self._open is not None:
            message = "\n".join([self._open.message, *self._more]).rstrip("\n") if self._more else self._open.message
            yield self._open._replace(message=message[:MOST_MESSAGE]) if self._more else self._open
        self._open, self._more, self._size = None, [], 0
