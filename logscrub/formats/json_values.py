"""The reader that all JSON formats share: values a line, values over many lines, lines that are neither.

A line that is a JSON value is a unit. A value that goes on over lines (a page printed for people, or one very long line) is
read as a document: each record in it is a unit as soon as it ends, and what stands between records too, so that a page of
a gigabyte needs no more memory than its largest record. A line that is no JSON is scanned as text, and so is a value that breaks off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from logscrub.detect.json_leaves import Frame, json_leaves, place
from logscrub.formats.base import Lines, text_unit
from logscrub.model import Leaf, Raw

_LONGEST_VALUE = 4 << 20
_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:("(?:[^"\\\x00-\x1f]++|\\.)*+")|([{}\[\],:])|(-?\d[\d.eE+-]*+|true|false|null)(?=[\s,\]}]))', re.DOTALL
)
_SPACE = re.compile(r"[ \t\r\n]*+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
LISTS = frozenset("appLogs logRecords edges dataPoints".split())
"""Names of the lists whose elements are log records."""


class JsonReader:
    """Reads JSON values, whatever their layout. `lists`: names of the lists whose elements are records."""

    def __init__(self, lists: frozenset[str] = LISTS) -> None:
        self._lists = lists
        self._lines = Lines()
        self._document: _Document | None = None

    def feed(self, text: str) -> Iterator[Raw]:
        for line, number, column in self._lines.feed(text):
            yield from self._line(line, number, column)

    def finish(self) -> Iterator[Raw]:
        for line, number, column in self._lines.finish():
            yield from self._line(line, number, column)
        if self._document is not None:
            yield from self._document.rest()
            self._document = None

    def _line(self, line: str, number: int, column: int) -> Iterator[Raw]:
        if self._document is not None:
            document = self._document
            yield from document.feed(line, number, column)
            if document.broken or document.complete:
                self._document = None
                done = len(line) - len(document.leftover)
                if document.leftover and (done or document.lines_read > 1):
                    yield from self._line(document.leftover, number, column + done)
                elif document.leftover:
                    yield broken_unit(line, number, column)
            return
        value = line.strip().lstrip("\ufeff")
        if not value:
            yield Raw(line, (), number, column, 0)
        elif value[0] in "{[" and len(line) <= _LONGEST_VALUE and is_json(value):
            yield Raw(line, tuple(json_leaves(line)), number, column, count_records(value, self._lists))
        elif value[0] in "{[":
            self._document = _Document(self._lists)
            yield from self._line(line, number, column)
        else:
            # text between values; the rest of a line that was cut
            yield text_unit(line, number, column, records=1 if column == 1 else 0, parsed=False)


class _Document:
    """One JSON value that is read line by line. `broken` when it turns out to be none, `complete` at its end."""

    def __init__(self, lists: frozenset[str]) -> None:
        self._lists = lists
        self._text = ""
        self._position = 0
        self._expect = "value"
        self._shape: list[str] = []
        """Open brackets as the grammar sees them; `[*` for a list of records."""
        self._key = ""
        self._frames: list[Frame] = []
        self._begun = False
        self._records = 0
        self._start: tuple[int, int] = (1, 1)
        self._starts: list[tuple[int, int, int]] = []
        self.lines_read = 0
        self.leftover = ""
        """What of the last line does not belong to the value, when it is broken or complete."""
        self.broken = False
        self.complete = False

    def feed(self, line: str, number: int, column: int) -> Iterator[Raw]:
        self.lines_read += 1
        before = len(self._text)
        self._starts.append((before, number, column))
        self._text += line
        yield from self._read(line.endswith("\n"))
        if self.broken:
            # all but the line that breaks it goes out; the caller reads what is left of that line anew
            began = next(at for at, n, c in reversed(self._starts) if (n, c) == (number, column))
            self.leftover = line[max(0, -began) :]
            self._text = self._text[: max(0, began)]
            yield from self.rest()
        elif self.complete:
            self.leftover, self._text = self._text, ""
        elif not self._text:
            self._starts = []

    def rest(self) -> Iterator[Raw]:
        """What is left of a value that breaks off: its parts by their names, and the whole as text."""
        text, self._text = self._text, ""
        if text:
            number, column = self._starts[0][1:] if self._starts else (1, 1)
            inside = place(self._frames)
            leaves = (*json_leaves(text, 0, self._frames), Leaf(0, len(text.rstrip("\r\n")), (), "text"))
            yield Raw(text, leaves, number, column, max(self._records, 0 if self._begun else 1), False, inside)
            self._begun = True

    def _read(self, whole: bool) -> Iterator[Raw]:
        text = self._text
        unit_end = 0
        while True:
            m = _TOKEN.match(text, self._position)
            if m is None:
                rest = _SPACE.match(text, self._position)
                assert rest is not None
                if rest.end() < len(text) and whole:
                    self.broken = True
                break
            token = m[m.lastindex or 0]
            if not self._accept(token):
                self.broken = True
                break
            self._position = m.end()
            if token in "}]" and self._shape and self._shape[-1] == "[*":
                unit_end = self._position
                yield from self._hand_out(unit_end)
                text = self._text
            elif not self._shape and self._expect == "end":
                self.complete = True
                tail = _SPACE.match(text, self._position)
                assert tail is not None
                if self.lines_read > 1 or tail.end() == len(text):
                    self._position = tail.end()
                    yield from self._hand_out(self._position)
                else:  # a line of a value and something else: no JSON line
                    self.complete, self.broken = False, True
                break
            elif self._position > _LONGEST_VALUE:
                yield from self._hand_out(self._position)
                text = self._text

    def _hand_out(self, end: int) -> Iterator[Raw]:
        unit, self._text = self._text[:end], self._text[end:]
        self._position -= end
        records, self._records = self._records, 0
        if self.complete and not records and not self._begun:
            records = 1
        self._begun = True
        first = next((s for s in reversed(self._starts) if s[0] <= 0), (0, 1, 1))
        number, column = first[1], first[2] - first[0]
        self._starts = [(at - end, n, c) for at, n, c in self._starts]
        keep = [i for i, s in enumerate(self._starts) if s[0] <= 0]
        self._starts = self._starts[keep[-1] :] if keep else self._starts
        inside = place(self._frames)
        yield Raw(unit, tuple(json_leaves(unit, 0, self._frames)), number, column, records, inside=inside)

    def _accept(self, token: str) -> bool:
        """Moves the grammar on by one token; False where it may not stand here."""
        expect, shape = self._expect, self._shape
        after = "comma" if shape else "end"
        if token in "{[" and expect in ("value", "first"):
            if shape and shape[-1] == "[*":
                self._records += 1
            self._expect = "name or end" if token == "{" else "first"
            shape.append("{" if token == "{" else "[*" if self._key in self._lists or not shape else "[")
            self._key = ""
            return len(shape) <= 100_000
        if token in "}]":
            closes = ("comma", "name or end") if token == "}" else ("comma", "first")
            if not shape or shape[-1][0] != {"}": "{", "]": "["}[token] or expect not in closes:
                return False
            shape.pop()
            self._expect = "comma" if shape else "end"
            return True
        if token == ",":
            if expect != "comma":
                return False
            self._expect = "name" if shape[-1] == "{" else "value"
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
            self._expect = after
            self._key = ""
            return True
        return False


def broken_unit(line: str, number: int, column: int) -> Raw:
    """A line that looks like JSON and is none: its parts by their names, and the whole as text."""
    leaves = (*json_leaves(line), Leaf(0, len(line.rstrip("\r\n")), (), "text"))
    return Raw(line, leaves, number, column, 1, parsed=False)


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


def count_records(text: str, lists: frozenset[str]) -> int:
    """How many log records a JSON value holds: the elements of its lists of records, else itself."""
    if text[0] == "{" and not any(f'"{name}"' in text for name in lists):
        return 1
    count, found = 0, False
    lists_open: list[bool] = []
    key = ""
    for m in _TOKEN.finditer(text):
        token = m[m.lastindex or 0]
        if token in "{[":
            if lists_open and lists_open[-1]:
                count += 1
            is_list = token == "[" and (key in lists or not lists_open)
            found = found or is_list
            lists_open.append(is_list)
            key = ""
        elif token in "}]":
            lists_open.pop()
        elif token[0] == '"':
            key = token[1:-1]
        elif token == ",":
            key = ""
    return count if found and count else 1
