"""CSV downloads: a header row, then one record per row. Cells may hold line ends.

    Level,Date/Time(UTC),Details,Invocation ID,Trace ID,Module,Function,Version,Site,Environment
    INFO,2026-11-20T09:14:02.118Z,"getIssue start [""712020:…""]",0b6b7c58-…

Each cell is scanned under the name of its column. A row that does not have the shape of the header is scanned as text.

A table of anything else has a header too, where nothing but names stands between the delimiters and one of them is a telling
one: `id;vorname;geburtsdatum`. Tables with bars on both sides and lines between their rows are read alike.

Redactions must not change how a table is read. So a header is recognised by the names that exports use, by telling names, and by
nothing else in it. These names are not scanned, and redactions in a row that is scanned as text leave its delimiters and quotes
in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from logscrub.detect.fields import spellings
from logscrub.detect.json_leaves import NAMING, VALUES, field_name
from logscrub.detect.known import names as names_of_fields
from logscrub.formats.base import Format, Item, Lines, frame_of, text_unit
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.formats.ndjson import generic
from logscrub.model import Frame, Leaf, Raw
from logscrub.patterns import regex

_KNOWN = frozenset(
    (
        *("level", "lvl", "severity", "severitytext", "datetimeutc", "datetime", "date", "time", "timestamp", "ts"),
        *("details", "message", "msg", "body", "error", "other", "arguments", "summary", "key", "value", "event", "action"),
        *("invocationid", "traceid", "spanid", "module", "moduletype", "function", "functionkey", "version", "appversion"),
        *("site", "environment", "environmentid", "atlassianapp", "appid", "installationcontext"),
        *("license", "licensestate", "edition", "user", "actor", "ipaddress"),
        *("timegenerated", "timegeneratedutc", "timestamputc", "timeutc", "timecreated", "dateandtime", "timestampinms"),
        *("firstseen", "lastseen", "severitylevel", "leveldisplayname", "loglevel", "levelname", "status", "logger", "raw"),
        *("content", "log", "line", "title", "host", "hostname", "service", "source", "sourcetype"),
    )
)
_BETWEEN = str.maketrans("", "", " /()[]_.#-")
_LONGEST_NAME = 80
_NAME = regex(
    r"[ \t]*+(?:<[A-Z][A-Z0-9_]{1,63}(?::[0-9a-f]{20})?>|[^\W\d_]{1,40}\d{0,2}(?:[ ._/-][^\W\d_]{1,40}\d{0,2}){0,3})?[ \t]*+"
)
"""Matches a cell of a header that may be a name of any kind, or a placeholder for one, or empty."""
_DIGIT = regex(r"\d")
_BESIDE = frozenset("id nr no number type role order scope channel category".split())
"""Names of columns that stand beside telling ones in tables of anything."""
_BORDER = regex(r"[ \t]*+\+(?:[-=]{2,200}\+){1,100}\s*+")
"""Matches a line between the rows of a table that is drawn."""
_LOG_LINE = regex(
    r"[\[(]?(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\W{1,4})?"
    r"(?:(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[./]\d\d[./]\d{4}|\d\d/[A-Z][a-z]{2}/\d{4}|[A-Z][a-z]{2} [ \d]\d)[T :,]\s?)?\d\d:\d\d(?!\d)"
)
"""Matches a line that begins with a time: a line of a log, never a header. Times are never redacted."""
_LONGEST_ROW = 4 << 20
_STRETCH = regex(r'"[^"]*+"')
_QUOTED = regex(r'"((?:[^"]++|"")*+)"')
_BARE = {mark: regex(rf'[^{re.escape(mark)}"\r\n]*+') for mark in ",;\t|"}
_FRAME = {mark: frame_of(regex(rf'([{re.escape(mark)}"])')) for mark in _BARE}
"""Matches the characters that are kept in a row that is scanned as text."""
_NAMES = {
    mark: regex(rf'(?<![^{re.escape(mark)}"\ufeff])[^{re.escape(mark)}"\ufeff\r\n]++(?![^{re.escape(mark)}"\r\n])')
    for mark in _BARE
}
"""Matches a text that can be the name of a column."""


class CsvReader:
    """Reads rows of the delimiter that the header uses."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._pending: list[tuple[str, int, int]] = []
        """Lines of a row with a quote that is still open."""
        self._size = 0
        self._odd = False
        self._header: list[str] | None = None
        self._message = ""
        """The column that holds messages though its name says another thing."""
        self._delimiter = ","

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield from self._line(line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._line(line)
        while self._pending:
            yield from self._first_as_text()

    def _line(self, line: tuple[str, int, int]) -> Iterator[Raw]:
        self._pending.append(line)
        self._size += len(line[0])
        self._odd ^= line[0].count('"') % 2 == 1
        if self._odd and self._size <= _LONGEST_ROW:
            return
        unit = None if self._odd else self._row("".join(part for part, _, _ in self._pending), *self._pending[0][1:])
        if unit is None:
            yield from self._first_as_text()
        else:
            self._pending, self._size, self._odd = [], 0, False
            yield unit

    def _first_as_text(self) -> Iterator[Raw]:
        """Returns the first line of a malformed row as text; the other lines are read again."""
        (line, number, column), *others = self._pending
        self._pending, self._size, self._odd = [], 0, False
        records = 1 if line.strip() and column == 1 else 0
        frame = _header_frame(delimiter(line)) if self._header is None else _FRAME[self._delimiter]
        yield text_unit(line, number, column, records=records, parsed=not line.strip(), frame=frame)
        for other in others:
            yield from self._line(other)

    def _row(self, row: str, number: int, column: int) -> Raw | None:
        if not row.strip("\ufeff \t\r\n") or _BORDER.fullmatch(row):
            return Raw(row, (), number, column, 0)
        if self._header is None:
            self._delimiter = delimiter(row)
        cells = split_cells(row, self._delimiter)
        if self._header is None:
            cells = cells or _pieces(row, self._delimiter)
            self._header = [row[a:b] for a, b in cells]
            self._message = _message_column(self._header)
            leaves = tuple(Leaf(a, b, (), "csv") for a, b in cells if a < b)
            return Raw(row, leaves, number, column, 0, frame=_header_frame(self._delimiter))
        names = self._header
        if cells is None or len(cells) != len(names):
            return None
        fields = [_field(name, self._message) for name in _names_of(row, cells, names)]
        leaves = tuple(Leaf(a, b, field, "csv", name) for (a, b), name, field in zip(cells, names, fields, strict=True) if a < b)
        return Raw(row, leaves, number, column)


def _message_column(header: list[str]) -> str:
    """The name of the column of messages, "" if it has no name of its own.

    Datadog calls the message `Content`, beside `Host` and `Service`. In other tables, a column `Content` is what people wrote.
    """
    by_name = {name.strip().lower(): name for name in header}
    return by_name.get("content", "") if {"host", "service"} <= set(by_name) else ""


def _names_of(row: str, cells: list[tuple[int, int]], columns: list[str]) -> Iterator[str]:
    """The names of the cells of a row. A column that tells nothing is named by another cell: one of names (`key;value`), or the
    one before it, if that is a telling name."""
    texts = [row[a:b].strip() for a, b in cells]
    naming = [text for text, column in zip(texts, columns, strict=True) if _names_value(column.strip())]
    key = naming[0] if len(naming) == 1 and _NAME.fullmatch(naming[0]) else ""
    for before, column in zip(["", *texts], columns, strict=False):
        name = column.strip()
        if key and _is_value(name):
            yield key
        else:
            yield before if _is_telling(before) and not _is_telling(name) and not _is_known(name) else column


def _field(name: str, message: str) -> tuple[str, ...]:
    if name == message:
        return ("message",)
    # "Site" is the customer's host in downloads; a generic "Details" or "Message" says nothing about its value
    return ("site name",) if name.strip().lower() == "site" else (field_name(name),)


def split_cells(row: str, mark: str) -> list[tuple[int, int]] | None:
    """The places of the insides of a row's cells between `mark`s; None for a row that is not well formed (RFC 4180)."""
    cells = []
    position, end = 1 if row.startswith("\ufeff") else 0, len(row.rstrip("\r\n"))
    while True:
        m = _QUOTED.match(row, position, end)
        if m is None:
            m = _BARE[mark].match(row, position, end)
            assert m is not None
            cells.append(m.span())
        else:
            cells.append(m.span(1))
        position = m.end()
        if position == end:
            return cells
        if row[position] != mark:
            return None
        position += 1


def delimiter(row: str) -> str:
    """The delimiter of a header row: of comma, semicolon, tab and bar the one with the most known names between, else the
    most frequent outside of quotes."""
    outside = _STRETCH.sub("", row)
    return max(_BARE, key=lambda mark: (_known_names(row, mark), _is_of_names(row, mark), outside.count(mark)))


def _header_frame(mark: str) -> Frame:
    """The places that are kept in a header: delimiters, quotes, and the names by which it is recognised."""

    def frame(text: str) -> list[tuple[int, int]]:
        names = [m.span() for m in _NAMES[mark].finditer(text) if _is_known(m[0]) or _is_telling(m[0])]
        return sorted(_FRAME[mark](text) + names)

    return frame


def _pieces(row: str, mark: str) -> list[tuple[int, int]]:
    """The places of the stretches between delimiters, for a header whose quotes are not well formed."""
    end = len(row.rstrip("\r\n"))
    cuts = [-1 if not row.startswith("\ufeff") else 0, *(m.start() for m in re.finditer(re.escape(mark), row[:end])), end]
    return [(a + 1, b) for a, b in pairwise(cuts)]


def _known_names(row: str, mark: str) -> int:
    """The number of stretches between delimiters that are column names of exports, in quotes or not."""
    return sum(_is_known(cell.removeprefix('"').removesuffix('"')) for cell in row.strip("\ufeff\r\n").split(mark))


def _is_known(name: str) -> bool:
    """True if exports have a column of this name, in any spelling: `Date/Time(UTC)`, `invocation_id`, `@timestamp`."""
    return len(name) <= _LONGEST_NAME and name.removeprefix("@").translate(_BETWEEN).lower() in _KNOWN


@cache
def _telling_names() -> frozenset[str]:
    """The names of fields of the detectors that come with logscrub, joined, without accents."""
    return frozenset(names_of_fields())


def _is_telling(name: str) -> bool:
    """True if a detector has a field of this name: `Geburts-Datum`. A name with a digit may be a password: `secret7`."""
    return (
        _NAME.fullmatch(name) is not None
        and _DIGIT.search(name) is None
        and not _telling_names().isdisjoint(spellings(name.strip()))
    )


def _is_of_names(head: str, mark: str) -> bool:
    """True if nothing but names stands between the marks of a row, and two of them are known ones, of which one is telling; or
    two are those of a name and its value."""
    if mark not in head or (mark == "," and ", " in head):
        return False
    cells = [cell.removeprefix('"').removesuffix('"') for cell in head.strip("\ufeff\r\n").split(mark)]
    names = {cell.strip() for cell in cells} - {""}
    if len(names) < 2 or not all(map(_NAME.fullmatch, cells)):
        return False
    if any(map(_names_value, names)) and any(map(_is_value, names)):
        return True
    telling = sum(map(_is_telling, names))
    return telling > 0 and telling + sum(not _is_telling(name) and _is_ordinary(name) for name in names) > 1


def _is_ordinary(name: str) -> bool:
    """True for a name of a column that tells nothing and that many tables have."""
    return _is_known(name) or name.lower() in _BESIDE


def _names_value(column: str) -> bool:
    """True for the name of a column whose cells name a value beside them: `key`, `Variable_name`."""
    return bool(NAMING.intersection((column, column.lower())))


def _is_value(column: str) -> bool:
    """True for the name of a column of values that another cell names."""
    return bool(VALUES.intersection((column, column.lower())))


def _recognises(head: str) -> bool:
    # a row may hold words that are names of columns; a time is in none of them
    if head[:1] in "{[":
        return False
    return _BORDER.fullmatch(head) is not None or any(
        (_known_names(head, mark) >= 2 and not any(_LOG_LINE.match(cell.lstrip('" ')) for cell in head.split(mark)))
        or _is_of_names(head, mark)
        for mark in _BARE
    )


class CsvRecords:
    """Reader of tables: a row is a record, its cells are named by the header. Lines that are no rows are read as text."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._text = TextRecords(shapes)

    def unit(self, raw: Raw) -> Iterator[Item]:
        """The records that are complete with this unit."""
        if not raw.leaves or raw.leaves[0].coding != "csv":
            yield from self._text.unit(raw)
        elif raw.records:
            yield from self._text.close()
            cells = {leaf.pointer: raw.text[leaf.start : leaf.end].replace('""', '"') for leaf in raw.leaves}
            yield self._shapes.unwrapped(generic(cells, {}))

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        return self._text.close()

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self._text.close()


FORMAT = Format("csv", _recognises, reader=CsvReader, records=CsvRecords)
