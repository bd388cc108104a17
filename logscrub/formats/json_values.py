"""The reader that all JSON formats share: values a line, values over many lines, lines that are neither.

A line that is a JSON value is a unit. A value that goes on over lines (a page printed for people, or one very long line) is
read as a document: each record in it is a unit as soon as it ends, and what stands between records too, so that a page
of a gigabyte needs no more memory than its largest record. A line that is no JSON is scanned as text, and so is a value
that breaks off.

Redactions must not change how values are read. So a string may hold any character, escaped or not, and redactions in a value that
is scanned as text leave its quotes, and the brackets, colons and commas between strings, in place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Generator, Iterator
from operator import itemgetter

import orjson

from logscrub.detect.json_leaves import SHAPE_NAMES, Frame, json_leaves, place
from logscrub.formats.base import Lines, continues, frame_of, text_unit
from logscrub.model import Leaf, Raw

_LONGEST_VALUE = 4 << 20
_DEEPEST = 100_000
_TOKEN = re.compile(r'[ \t\r\n]*+(?:("(?:[^"\\\n]++|\\[^\n])*+")|([{}\[\],:])|(-?\d[\d.eE+-]*+|true|false|null)(?=[\s,\]}]))')
_SCALAR = r"(?:-?\d[\d.eE+-]*|true|false|null)(?=[\s,\]]|$)"
_BEGINS = re.compile(
    rf"""[{{\[]\s*$ | \{{\s*["}}] | \[\s*["{{\[\]] | \[\s*{_SCALAR}\s*(?:\]\s*$|,\s*(?:$|["{{\[]|{_SCALAR}))""", re.X
)
_SPACE = re.compile(r"[ \t\r\n]*+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")

_ANYWHERE = frozenset(("appLogs", "logRecords", "dataPoints"))
_IN_A_DOCUMENT = frozenset(("entries", "logs", "logEntries", "logEvents"))
_LIST_NAMES = (*_ANYWHERE, *_IN_A_DOCUMENT, "edges")
_NAMES = frame_of(re.compile(rf'("(?:{"|".join(sorted(SHAPE_NAMES))})"\s*+:)'))
"""The names of members by which formats and lists of records are known."""
_STRUCTURE = frame_of(
    re.compile(
        rf"""(")(?:({"|".join(sorted(SHAPE_NAMES))})(?="\s*+:)|(?:[^"\\]++|\\.)*+)("?)"""
        r"|([{}\[\],]+|(?<![\w:]):++|:++(?!\w))",
        re.DOTALL,
    )
)
"""The signs of JSON around its strings and numbers, and these names."""


def _holds_records(name: str, parent: str, depth: int) -> bool:
    """Whether a list of that name, in an object of the name `parent` and in `depth` brackets, is one of log records."""
    return name in _ANYWHERE or (name == "edges" and parent == "appLogLines") or (name in _IN_A_DOCUMENT and depth == 1)


class JsonReader:
    """Reads JSON values, whatever their layout."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._document: _Document | None = None
        self._breaks = False
        """Whether the line that is being read broke a value."""

    @property
    def between(self) -> bool:
        """Whether the next line is read by itself: no value goes on in it."""
        return self._document is None

    def feed(self, text: str) -> Iterator[Raw]:
        for line, number, column in self.lines.feed(text):
            yield from self._line(line, number, column)

    def finish(self) -> Iterator[Raw]:
        for line, number, column in self.lines.finish():
            yield from self._line(line, number, column)
        if self._document is not None:
            yield from self._document.rest()
            self._document = None

    def _line(self, line: str, number: int, column: int) -> Iterator[Raw]:
        self._breaks = False
        while line:
            read = yield from self._part(line, number, column)
            line, column = line[read:], column + read

    def _part(self, line: str, number: int, column: int) -> Generator[Raw, None, int]:
        """The units that a line, or what is left of one, completes. Returns how much of it was read."""
        if self._document is not None:
            document = self._document
            read = yield from document.feed(line, number, column)
            if not (document.broken or document.complete):
                return len(line)
            self._document = None
            if document.broken and read < len(line) and (read or document.lines_read == 1):
                yield broken_unit(line[read:], number, column + read, read > 0 or self._breaks)
                return len(line)
            self._breaks = self._breaks or document.broken
            return read
        value = line.strip().lstrip("\ufeff")
        if not value:
            yield Raw(line, (), number, column, 0)
        elif value[0] in "{[" and len(line) <= _LONGEST_VALUE and is_json(value):
            yield Raw(line, tuple(json_leaves(line)), number, column, count_records(value))
        elif value[0] in "{[":
            self._document = _Document()
            return 0
        else:
            # text between values; the rest of a line that was cut
            records = 0 if column > 1 or continues(line) else 1
            yield text_unit(line, number, column, records=records, parsed=False, frame=_STRUCTURE if self._breaks else None)
        return len(line)


class _Grammar:
    """JSON's grammar, token by token; and where in it the log records are.

    Records are the elements of the outermost lists that `_holds_records`; where there is none, the elements of a list
    that is the whole value and begins with an object or a list; else the value itself.
    """

    def __init__(self) -> None:
        self._expect = "value"
        self._shape: list[tuple[str, str, str]] = []
        """Open brackets, outermost first, each with its name and with "list" for a list of records, "top" for the outermost."""
        self._key = ""
        self._record = 0
        """How many brackets are open around the brackets of the record that is being read; 0 outside of records."""
        self._element = -1
        """`_count` when the element of the outermost list began that is being read; -1 outside."""
        self._count = 0
        self._told = 0
        self.found = False
        """Whether a list of records was seen."""
        self.record_ends = False
        """Whether the last token ended a record."""

    @property
    def ended(self) -> bool:
        """Whether the value is complete."""
        return self._expect == "end"

    def taken(self) -> int:
        """How many records were counted since it was last asked."""
        new, self._told = self._count - self._told, self._count
        return new

    def breaks_off(self) -> None:
        """No more tokens come: counts the record that is still open."""
        if self._element == self._count or not self.found:
            self._count += 1

    def accept(self, token: str) -> bool:
        """Moves on by one token; False where it may not stand here."""
        self.record_ends = False
        expect, shape = self._expect, self._shape
        if token in "{[":
            return self._opens(token)
        if token in "}]":
            closes = ("comma", "name or end") if token == "}" else ("comma", "first")
            if not shape or shape[-1][0] != ("{" if token == "}" else "[") or expect not in closes:
                return False
            shape.pop()
            self._expect = "comma" if shape else "end"
            self._closed()
            return True
        if token == ",":
            if expect != "comma":
                return False
            self._expect = "name" if shape[-1][0] == "{" else "value"
            return True
        if token == ":":
            if expect != "colon":
                return False
            self._expect = "value"
            return True
        if token[0] == '"' and expect in ("name", "name or end"):
            self._key = token[1:-1]
            self._expect = "colon"
            return True
        if expect in ("value", "first"):
            if shape and shape[-1][2] == "top" and expect == "first":
                shape[-1] = (*shape[-1][:2], "")  # a list of plain values: one record
            self._expect = "comma" if shape else "end"
            self._key = ""
            return True
        return False

    def _opens(self, token: str) -> bool:
        if self._expect not in ("value", "first"):
            return False
        shape = self._shape
        around = shape[-1] if shape else ("", "", "")
        if around[2] == "list" and not self._record:
            self._record = len(shape)
            self._count += 1
        elif around[2] == "top":
            self._element = self._count
            self.found = True
        name = self._key if around[0] == "{" else around[1]
        kind = ""
        if token == "[" and not self._record:
            kind = "list" if _holds_records(self._key, around[1], len(shape)) else "top" if not shape else ""
            self.found = self.found or kind == "list"
        shape.append((token, name, kind))
        self._expect = "name or end" if token == "{" else "first"
        self._key = ""
        return len(shape) <= _DEEPEST

    def _closed(self) -> None:
        depth = len(self._shape)
        if self._record and depth == self._record:
            self._record, self.record_ends = 0, True
        elif self._element >= 0 and depth == 1:
            if self._element == self._count:
                self._count += 1
            self._element, self.record_ends = -1, True
        elif not depth and not self.found:
            self._count += 1


class _Document:
    """One JSON value that is read line by line. `broken` when it turns out to be none, `complete` at its end."""

    def __init__(self) -> None:
        self._grammar = _Grammar()
        self._out = 0
        """How much of the value was handed out. All places count from where the value's first line begins."""
        self._position = 0
        """How much of it was read."""
        self._held: list[str] = []
        """What was read of it but not handed out, up to the text: to append lines to a long text would copy it for each."""
        self._text = ""
        self._offset = 0
        """Where the text begins."""
        self._frames: list[Frame] = []
        self._starts: list[tuple[int, int, int]] = []
        """Where lines (or their parts) begin, each with its number and column."""
        self.lines_read = 0
        self.broken = False
        self.complete = False

    def feed(self, line: str, number: int, column: int) -> Generator[Raw, None, int]:
        """The units that the line completes. Returns how much of it belongs to the value."""
        self.lines_read += 1
        self._held.append(self._between(self._out, self._position))
        self._text = self._text[self._position - self._offset :] + line
        self._offset = self._position
        began = self._end - len(line)
        self._starts.append((began, number, column))
        if self.lines_read == 1:
            self._position = len(line) - len(line.lstrip("\ufeff \t\r\n"))
        yield from self._read(line.endswith("\n"))
        read = len(line)
        if self.broken:
            # all but the line that breaks it goes out; the caller reads what is left of that line anew
            read = max(0, self._out - began)
            self._text = self._text[: max(self._out, began) - self._offset]
            yield from self.rest()
        elif self.complete:
            read = self._out - began
        del self._starts[: self._start_of(self._out)]
        return read

    @property
    def _end(self) -> int:
        """Where the text ends."""
        return self._offset + len(self._text)

    def _between(self, start: int, end: int) -> str:
        """What of `[start, end)` stands in the text."""
        return self._text[max(0, start - self._offset) : max(0, end - self._offset)]

    def rest(self) -> Iterator[Raw]:
        """What is left of a value that breaks off: its parts by their names, and the whole as text."""
        self._grammar.breaks_off()
        if self._out < self._end:
            text = "".join((*self._held, self._between(self._out, self._end)))
            yield self._unit(self._end, Leaf(0, len(text.rstrip("\r\n")), (), "text"))

    def _read(self, whole: bool) -> Iterator[Raw]:
        text, offset, grammar = self._text, self._offset, self._grammar
        place = self._position - offset
        while True:
            m = _TOKEN.match(text, place)
            if m is None:
                place = _end_of_space(text, place)
                self._position = offset + place
                self.broken = whole and place < len(text)
                return
            if not grammar.accept(m[m.lastindex or 0]):
                self.broken = True
                return
            place = m.end()
            self._position = offset + place
            if grammar.ended:
                self._position = offset + _end_of_space(text, place)
                if self.lines_read > 1 or self._position == self._end:
                    self.complete = True
                    yield self._unit(self._position)
                else:  # a line of a value and something else: no JSON line
                    self.broken = True
                return
            if grammar.record_ends or self._position - self._out > _LONGEST_VALUE:
                yield self._unit(self._position)

    def _unit(self, end: int, broken: Leaf | None = None) -> Raw:
        """The text from what was handed out before to `end`. `broken`: its leaf as text, where it is no part of a whole value."""
        text = "".join((*self._held, self._between(self._out, end)))
        self._held.clear()
        at, number, column = self._starts[self._start_of(self._out)]
        inside = place(self._frames)
        leaves = json_leaves(text, 0, self._frames)
        taken, column = self._grammar.taken(), column + self._out - at
        if broken is None:
            unit = Raw(text, tuple(leaves), number, column, taken, True, inside)
        else:
            unit = Raw(text, (*leaves, broken), number, column, taken, False, inside, _STRUCTURE)
        self._out = end
        return unit

    def _start_of(self, position: int) -> int:
        """The index in `_starts` of the line that `position` lies in."""
        return bisect_right(self._starts, position, key=itemgetter(0)) - 1


def _end_of_space(text: str, position: int) -> int:
    m = _SPACE.match(text, position)
    return m.end() if m else position


def broken_unit(line: str, number: int, column: int, breaks: bool) -> Raw:
    """A line that looks like JSON and is none: its parts by their names, and the whole as text.

    `breaks`: whether it broke a value that lines before it began.
    """
    leaves = (*json_leaves(line), Leaf(0, len(line.rstrip("\r\n")), (), "text"))
    frame = _STRUCTURE if breaks else json_frame
    return Raw(line, leaves, number, column, 1 if column == 1 else 0, parsed=False, frame=frame)


def json_frame(text: str) -> list[tuple[int, int]]:
    """The frame of a text that begins as JSON: the signs around strings and numbers, up to where it is none.

    While these stay, a redaction does not make JSON of it: where one takes what is not in a string, it leaves no JSON either.
    """
    end = _none_from(text) + 1
    signs = _STRUCTURE(text[:end])
    names = [(a, b) for a, b in _NAMES(text) if a >= end] if end < len(text) else []
    return [*signs, *names]


def begins(line: str) -> bool:
    """Whether a line begins as a JSON object or list: with a bracket and what JSON allows behind it.

    `[INFO] …`, `[2026-11-17 09:20] …` and `{ key: 'value' }` are text.
    """
    return _BEGINS.match(line) is not None


def has_member(text: str, name: str) -> bool:
    """Whether an object in a JSON text has a member of that name."""
    return re.search(rf'"{name}"\s*+:', text) is not None


def is_value(text: str) -> bool:
    """Whether a text is one JSON value, or differs from one only in what stands in its strings and how its numbers are written.

    What a redaction takes from JSON of that kind is in its strings and numbers, so the answer is the same afterwards.
    """
    return is_json(text.strip()) or _none_from(text) > len(text)


def _none_from(text: str) -> int:
    """Where a text that begins as a JSON value goes on as none; its length where it breaks off, more where it is a value."""
    grammar, line = _Grammar(), text + "\n"
    position = len(line) - len(line.lstrip("\ufeff \t\r\n"))
    while not grammar.ended:
        m = _TOKEN.match(line, position)
        if m is None or not grammar.accept(m[m.lastindex or 0]):
            return min(_end_of_space(line, position), len(text))
        position = m.end()
    end = _end_of_space(line, position)
    return end if end < len(line) else len(line)


def is_json(text: str) -> bool:
    """Whether a text is one JSON value (undecodable bytes of the input count as characters)."""
    try:
        orjson.loads(text)
    except (ValueError, TypeError, RecursionError):
        if not _SURROGATES.search(text):
            return False
        try:
            orjson.loads(_SURROGATES.sub("?", text))
        except (ValueError, TypeError, RecursionError):
            return False
    return True


def count_records(text: str) -> int:
    """How many log records a JSON value holds."""
    if text[0] == "{" and not any(f'"{name}"' in text for name in _LIST_NAMES):
        return 1
    grammar = _Grammar()
    for m in _TOKEN.finditer(text + "\n"):
        grammar.accept(m[m.lastindex or 0])
    return grammar.taken()
