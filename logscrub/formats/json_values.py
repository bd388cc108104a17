"""The reader that all JSON formats share: values on one line, values over many lines, and lines that are neither.

A line that is a JSON value is a unit. A value that extends over lines (a page printed for people), or over one very long line, is
read as a document: each record in it is a unit as soon as it ends, and so is the text between records. A page of a gigabyte
therefore needs no more memory than its largest record. A line that is not JSON is scanned as text, and so is a value that breaks
off.

Redactions must not change how values are read. So a string may hold any character, escaped or not, and redactions in a value that
is scanned as text leave its quotes, and the brackets, colons and commas between strings, in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Literal

import orjson

from logscrub.detect.json_leaves import DEEPEST, SHAPE_NAMES, Frame, json_leaves, place
from logscrub.formats.base import LONGEST_LINE, Began, Lines, follows, frame_of, text_unit
from logscrub.formats.json_records import TOKEN, Element, Grammar, ListRules, count_records, counts_records
from logscrub.model import LATER, Leaf, Place, Raw
from logscrub.patterns import regex

LONGEST_VALUE = 4 << 20
_MOST_DOCUMENT = 16 << 20
"""Characters of a JSON document that is parsed as a whole for counting; of a longer one, record by record."""
_SPACE = regex(r"[ \t\r\n]*+")
_SURROGATES = regex(r"[\ud800-\udfff]")
_NOTHING = "\ufeff\0"
"""Characters that may stand before a value: a byte order mark, and the NULs at the beginning of a rotated log."""
_SCALAR = r"(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=[\s,\]]|$)"
_BEGINS = regex(rf"""[{{\[]\s*$ | \{{\s*["}}] | \[\s*["{{\[\]] | \[\s*{_SCALAR}\s*(?:\]\s*$|,\s*(?:$|["{{\[]|{_SCALAR}))""", re.X)
_MAY_BE_VALUE = regex(r"""\{\s*["}] | \[\s*(?:["{\[\]\d-]|true|false|null)""", re.X)
_NO_RULES = ListRules(())
_NAMES = frame_of(regex(rf'("(?:{"|".join(sorted(SHAPE_NAMES))})"\s*+:)'))
"""The names of members by which formats and lists of records are known."""
_STRUCTURE = frame_of(
    re.compile(
        rf"""(")(?:({"|".join(sorted(SHAPE_NAMES))})(?="\s*+:)|(?:[^"\\]++|\\.)*+)("?)"""
        r"|([{}\[\],]+|(?<![\w:]):++|:++(?!\w))",
        re.DOTALL,
    )
)
"""The signs of JSON around its strings and numbers, and these names."""


Leaves = bool | Literal["later"]
"""True if units have leaves; "later" if the caller adds the leaves of a JSON text itself (`with_leaves`)."""


def leaves_by(leaves: Leaves) -> Callable[[str], tuple[Leaf, ...]]:
    """Makes the leaves of a JSON text."""
    if leaves == "later":
        return lambda text: LATER
    return (lambda text: tuple(json_leaves(text))) if leaves else (lambda text: ())


def counts_by(leaves: Leaves, rules: ListRules) -> Callable[[str], int]:
    """Counts the records of a JSON text."""
    return (lambda text: count_records(text, rules)) if leaves is True else counts_records(rules)


class JsonReader:
    """Reads JSON values, whatever their layout."""

    def __init__(self, rules: ListRules, *, leaves: Leaves = True) -> None:
        """`leaves`: False for a reader that only counts. Its units have parsed values instead of leaves."""
        self.lines = Lines()
        self._rules = rules
        self._leaves = leaves
        self._leaves_of = leaves_by(leaves)
        self._count = counts_by(leaves, rules)
        self._document: Document | None = None
        self._gathered: list[Raw] = []
        """The units of a document that is not complete yet, for counting."""
        self._size = 0
        self._breaks = False
        """True if the line that is being read broke a value."""
        self.began: Began = False
        """The record that the next line may continue, if that line is text."""

    @property
    def waits(self) -> bool:
        """True while a value is open that the next line continues."""
        return self._document is not None

    @property
    def document(self) -> Document | None:
        """The document that the next line continues; None where it continues none, or where units are only counted."""
        return self._document if self._leaves else None

    def feed(self, text: str) -> Iterator[Raw]:
        for line, number, column in self.lines.feed(text):
            yield from self._line(line, number, column)

    def finish(self) -> Iterator[Raw]:
        for line, number, column in self.lines.finish():
            yield from self._line(line, number, column)
        if self._document is not None:
            yield from self._document.rest() if self._leaves else self._gather(self._document.rest())
            self._document = None
        yield from self._apart()

    def _line(self, line: str, number: int, column: int) -> Iterator[Raw]:
        self._breaks = False
        while line:
            if self._document is None:
                unit = self._alone(line, number, column)
                if unit is not None:
                    yield unit
                    return
                self._document = Document(self._rules, self._leaves)
            read = yield from self._part(self._document, line, number, column)
            line, column = line[read:], column + read

    def _part(self, document: Document, line: str, number: int, column: int) -> Generator[Raw, None, int]:
        """Yields the units of a document that a line, or the rest of one, completes. Returns the length that was read."""
        units = document.feed(line, number, column)
        yield from units if self._leaves else self._gather(units)
        if not (document.broken or document.complete):
            return len(line)
        yield from self._apart()
        self._document, read = None, document.read
        if document.broken and read < len(line) and (read or document.lines_read == 1):
            yield broken_unit(line[read:], number, column + read, read > 0 or self._breaks)
            return len(line)
        self._breaks = self._breaks or document.broken
        return read

    def _alone(self, line: str, number: int, column: int) -> Raw | None:
        """The unit of a line, or of the rest of one, that begins no document."""
        value = line.strip().lstrip(_NOTHING)
        if not value:
            return Raw(line, (), number, column, 0)
        if value[0] in "{[":
            self.began = False
            parsed = parse(value) if len(line) <= LONGEST_VALUE else None
            if parsed is None:
                return None
            return Raw(line, self._leaves_of(line), number, column, self._count(value), value=parsed)
        # text between values; the rest of a line that was cut
        belongs = True
        if column == 1:
            belongs, self.began = follows(line, self.began)
        frame = _STRUCTURE if self._breaks else None
        return text_unit(line, number, column, records=int(not belongs), parsed=False, frame=frame)

    def _gather(self, units: Iterator[Raw]) -> Iterator[Raw]:
        """Joins the units of a document to one unit with its parsed value. The units of a very large document remain apart."""
        document = self._document
        assert document is not None
        for unit in units:
            self._gathered.append(unit)
            self._size += len(unit.text)
            if document.value_ends:
                if self._size <= _MOST_DOCUMENT:
                    text = "".join(each.text for each in self._gathered)
                    records = sum(each.records for each in self._gathered)
                    first = self._gathered[0]
                    value = parse(text.strip().lstrip(_NOTHING))
                    self._gathered = [Raw(text, (), first.line, first.column, records, value=value)]
                yield from self._apart()
            elif self._size > _MOST_DOCUMENT:
                yield from self._apart(keep_size=True)

    def _apart(self, keep_size: bool = False) -> Iterator[Raw]:
        units, self._gathered = self._gathered, []
        self._size = self._size if keep_size else 0
        yield from units


class Document:
    """JSON that is read line by line: a value over many lines, or several values on one line.

    It is `broken` once it turns out not to be JSON, and `complete` at its end.
    """

    def __init__(self, rules: ListRules, leaves: Leaves) -> None:
        self._rules = rules
        self._leaves = leaves
        self._grammar = Grammar(rules)
        self._frames: list[Frame] = []
        self._parts: list[str] = []
        """Text that was read and not returned yet."""
        self._size = 0
        self._begin = (0, 0)
        """The line and column at which it begins."""
        self._record_at = -1
        """Position in it at which the last record begins; -1 if that record was returned already."""
        self._rest = ""
        """The end of the last part of a line, in which no token is complete yet."""
        self._rest_begin = (0, 0)
        self.lines_read = 0
        self.read = 0
        """The length of the part of the last line that belongs to the value."""
        self.broken = False
        self.complete = False
        self.value_ends = False
        """True if the unit that was returned last ends a value."""

    def feed(self, line: str, number: int, column: int) -> Iterator[Raw]:
        """The units that the line completes."""
        self.lines_read += 1
        held = len(self._rest)
        text, column, self._rest = self._rest + line, column - held, ""
        out = position = 0
        if self.lines_read == 1:
            position = len(line) - len(line.lstrip(_NOTHING + " \t\r\n"))
        while True:
            m = TOKEN.match(text, position)
            if m is None:
                position = _end_of_space(text, position)
                # a string or number without an end is not JSON
                self.broken = position < len(text) and (line.endswith("\n") or len(text) - position > LONGEST_LINE)
                break
            if not self._grammar.accept(m[m.lastindex or 0]):
                self.broken = True
                break
            position = m.end()
            if self._grammar.record_begins:
                self._record_at = self._size + position - 1 - out
            if self._grammar.ended:
                position = _end_of_space(text, position)
                follows = text[position : position + 1] in ("{", "[")
                if self.lines_read == 1 and not follows and position < len(text):
                    self.broken = True  # a line of a value and something else: no JSON line
                    break
                self._add(text[out:position], number, column + out)
                yield self._unit(ends=True)
                out = position
                if not follows:
                    self.complete = True
                    break
                self._grammar, self._frames = Grammar(self._rules), []
            elif self._grammar.record_ends or self._size + position - out > LONGEST_VALUE:
                self._add(text[out:position], number, column + out)
                yield self._unit()
                out = position
        if self.broken:
            # everything before the line that breaks it is returned; the caller reads the rest of that line anew
            keep = max(out, held)
            self._add(text[out:keep], number, column + out)
            self.read = keep - held
            yield from self.rest()
        elif self.complete:
            self.read = out - held
        else:
            self._add(text[out:position], number, column + out)
            self._rest = text[position:]
            self._rest_begin = (number, column + position)

    @property
    def open_list(self) -> list[Frame] | None:
        """The list of records whose next element a line may begin with now, behind the two frames around it; None elsewhere.

        Nothing further out decides about an element's leaves, and nothing but a comma stands between it and the unit before. A
        table, and a document so deep that brackets in an element may go beyond those that are told apart, are read here.
        """
        is_behind_unit = len(self._parts) == 1 and self._parts[0].strip() == ","
        if not is_behind_unit or self._rest or len(self._frames) > DEEPEST // 2 or not self._grammar.is_before_element:
            return None
        innermost = self._frames[-3:]
        return innermost if all(frame.columns is None for frame in innermost) else None

    @property
    def held(self) -> str:
        """The text before that element which belongs to its unit."""
        return "".join(self._parts)

    def take(self, text: str, at: int, number: int, elements: Iterable[tuple[int, int, tuple[Leaf, ...]]]) -> Iterator[Raw]:
        """The units of elements that the core has read.

        They stand in `text` from a line on that begins at `at` and has that number. `elements`: where each ends, where the first
        line behind it begins, and the leaves of its unit.
        """
        within, before, begin = place(self._frames), self.held, self._begin
        assert within is not None
        frame = self._frames[-1]
        for end, behind, leaves in elements:
            yield Raw(before + text[at:end], leaves, *begin, 1, inside=Place(within.around, frame.index))
            frame.index += 1
            self._grammar.pass_over_record()
            number += text.count("\n", at, end)
            begin = (number, end - text.rfind("\n", 0, end))
            before, at, number = text[end:behind], behind, number + 1
        self._parts, self._size, self._begin = [before], len(before), begin
        self.lines_read += 1

    def rest(self) -> Iterator[Raw]:
        """The unit of a value that breaks off: its parts by their names, and the whole as text."""
        self._grammar.breaks_off()
        self._add(self._rest, *self._rest_begin)
        self._rest = ""
        if self._size:
            size = len("".join(self._parts).rstrip("\r\n"))
            yield self._unit(False, Leaf(0, size, (), "text"))

    def _add(self, text: str, number: int, column: int) -> None:
        if text:
            if not self._parts:
                self._begin = (number, column)
            self._parts.append(text)
            self._size += len(text)

    def _unit(self, parsed: bool = True, *more: Leaf, ends: bool = False) -> Raw:
        """All text that was read and not returned yet."""
        text = "".join(self._parts)
        inside = place(self._frames)
        if not self._leaves:
            leaves: tuple[Leaf, ...] = ()
        elif self._leaves == "later" and ends and not self._frames:
            leaves = LATER
        else:
            # Where it is scanned as text too, any number may be redacted, and the result must still be a value of JSON.
            leaves = (*json_leaves(text, 0, self._frames, 1 if more else 3), *more)
        value = None
        if self._record_at >= 0 and parsed and not self._leaves:
            record = parse(text[self._record_at :].strip())
            value = None if record is None else Element(record, (), self._grammar.shape_of_list)
        frame = _STRUCTURE if more else None
        unit = Raw(text, leaves, *self._begin, self._grammar.taken(), parsed, inside, value=value, frame=frame)
        self._parts, self._size, self._record_at, self.value_ends = [], 0, -1, ends
        return unit


def _end_of_space(text: str, position: int) -> int:
    m = _SPACE.match(text, position)
    return m.end() if m else position


def broken_unit(line: str, number: int, column: int, breaks: bool) -> Raw:
    """The unit of a line that looks like JSON and is none. Its values are scanned under their names, and the whole line as text.

    `breaks`: True if it ended a value that earlier lines began.
    """
    leaves = (*json_leaves(line), Leaf(0, len(line.rstrip("\r\n")), (), "text"))
    frame = _STRUCTURE if breaks else json_frame
    return Raw(line, leaves, number, column, 1 if column == 1 else 0, parsed=False, frame=frame)


def json_frame(text: str) -> list[tuple[int, int]]:
    """The frame of a text that begins as JSON: the signs around strings and numbers, up to where it stops being JSON.

    As long as these signs are kept, no redaction can turn the text into JSON.
    """
    end = _none_from(text) + 1
    signs = _STRUCTURE(text[:end])
    names = [(max(a, end), b) for a, b in _NAMES(text) if b > end] if end < len(text) else []
    return [*signs, *names]


def begins(line: str) -> bool:
    """True if a line begins as a JSON object or list: with a bracket, followed by a character that JSON allows.

    `[INFO] …`, `[2026-11-17 09:20] …` and `{ key: 'value' }` are text.
    """
    return _BEGINS.match(line) is not None


def has_member(text: str, *names: str) -> bool:
    """True if an object in a JSON text has a member of one of the names."""
    return re.search(rf'"(?:{"|".join(names)})"\s*+:', text) is not None


def may_be_value(text: str) -> bool:
    """True if a text begins with a bracket and a character that JSON allows after it. Other texts are not JSON values."""
    return _MAY_BE_VALUE.match(text) is not None


def is_value(text: str) -> bool:
    """True if a text is one JSON value, or differs from one only inside of strings and in the spelling of numbers.

    Redactions change only strings and numbers of such JSON, so the answer is the same afterwards.
    """
    return _none_from(text) > len(text)


def _none_from(text: str) -> int:
    """Position at which a text stops being a JSON value; its length if it breaks off, more if it is a value."""
    grammar, line = Grammar(_NO_RULES), text + "\n"
    position = len(line) - len(line.lstrip("\ufeff \t\r\n"))
    while not grammar.ended:
        m = TOKEN.match(line, position)
        if m is None or not grammar.accept(m[m.lastindex or 0]):
            return min(_end_of_space(line, position), len(text))
        position = m.end()
    end = _end_of_space(line, position)
    return end if end < len(line) else len(line)


def parse(text: str) -> Any:
    """The object or list in a JSON text; None if it is not JSON. Undecodable bytes of the input count as characters."""
    try:
        return orjson.loads(text)
    except (ValueError, TypeError, RecursionError):
        pass
    if _SURROGATES.search(text):
        try:
            return orjson.loads(_SURROGATES.sub("?", text))
        except (ValueError, TypeError, RecursionError):
            pass
    return None


def is_json(text: str) -> bool:
    """True for a text that is one JSON object or list."""
    return parse(text) is not None
