"""CSV downloads: a header row, then a record a row; cells may hold line ends.

    Level,Date/Time(UTC),Details,Invocation ID,Trace ID,Module,Function,Version,Site,Environment
    INFO,2026-11-20T09:14:02.118Z,"getIssue start [""712020:…""]",0b6b7c58-…

Each cell is judged under its column's name. A row that is not of the header's shape is scanned as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from logscrub.detect.json_leaves import field_name
from logscrub.formats.base import Format, Item, Lines, text_unit
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.formats.ndjson import generic
from logscrub.model import Leaf, Raw

_KNOWN = frozenset(
    (
        *("level", "lvl", "severity", "severitytext", "datetimeutc", "datetime", "date", "time", "timestamp", "ts"),
        *("details", "message", "msg", "body", "error", "other", "arguments", "summary", "key", "value", "event", "action"),
        *("invocationid", "traceid", "spanid", "module", "moduletype", "function", "functionkey", "version", "appversion"),
        *("site", "environment", "environmentid", "atlassianapp", "appid", "installationcontext"),
        *("license", "licensestate", "edition", "user", "actor", "ipaddress"),
    )
)
_LONGEST_ROW = 4 << 20
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_BARE = {mark: re.compile(rf'[^{re.escape(mark)}"\r\n]*+') for mark in ",;\t|"}


class CsvReader:
    """Reads rows of the delimiter that the header uses."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._pending: list[tuple[str, int, int]] = []
        """Lines of a row with a quote that is still open."""
        self._size = 0
        self._odd = False
        self._header: list[str] | None = None
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
        """A row that is none: its first line is text, and the others are read anew."""
        (line, number, column), *others = self._pending
        self._pending, self._size, self._odd = [], 0, False
        yield text_unit(line, number, column, records=1 if line.strip() and column == 1 else 0, parsed=not line.strip())
        for other in others:
            yield from self._line(other)

    def _row(self, row: str, number: int, column: int) -> Raw | None:
        if not row.strip("\ufeff \t\r\n"):
            return Raw(row, (), number, column, 0)
        if self._header is None:
            self._delimiter = delimiter(row)
        cells = split_cells(row, self._delimiter)
        if cells is None:
            return None
        if self._header is None:
            self._header = [row[a:b] for a, b in cells]
            leaves = tuple(Leaf(a, b, (), "csv") for a, b in cells if a < b)
            return Raw(row, leaves, number, column, 0)
        names = self._header
        if len(cells) != len(names):
            return None
        leaves = tuple(Leaf(a, b, _field(name), "csv", name) for (a, b), name in zip(cells, names, strict=True) if a < b)
        return Raw(row, leaves, number, column)


def _field(name: str) -> tuple[str, ...]:
    # "Site" is the customer's host in downloads; a generic "Details" or "Message" says nothing about its value
    return ("site name",) if name.strip().lower() == "site" else (field_name(name),)


def split_cells(row: str, mark: str) -> list[tuple[int, int]] | None:
    """Where the insides of a row's cells stand, `mark` being between them; None where it is not well formed (RFC 4180)."""
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
    """The delimiter of a header row: the one that occurs most of comma, semicolon, tab and bar."""
    return max(_BARE, key=row.count)


def _recognises(head: str) -> bool:
    mark = delimiter(head)
    if head.count(mark) < 1 or head[:1] in "{[":
        return False
    cells = split_cells(head, mark)
    if cells is None or len(cells) < 2:
        return False
    names = [re.sub(r"[^a-z]", "", head[a:b].lower()) for a, b in cells]
    return sum(n in _KNOWN for n in names) >= max(2, len(names) // 4) and all(
        len(head[a:b]) <= 40 and not re.search(r"\d{3}", head[a:b]) for a, b in cells
    )


class CsvRecords:
    """A row is a record; its cells are named by the header. What is no row is read as text."""

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
        """The record that is open, which no unit continues."""
        return self._text.close()

    def finish(self) -> Iterator[Item]:
        """The record that was still open at the end."""
        return self._text.close()


FORMAT = Format("csv", _recognises, reader=CsvReader, records=CsvRecords)
