"""CSV downloads: a header row, then a record a row; cells may hold line ends.

    Level,Date/Time(UTC),Details,Invocation ID,Trace ID,Module,Function,Version,Site,Environment
    INFO,2026-11-20T09:14:02.118Z,"getIssue start [""712020:…""]",0b6b7c58-…

Each cell is judged under its column's name. A row that is not of the header's shape is scanned as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from logscrub.formats.base import Format, Lines, text_unit
from logscrub.model import Leaf, Raw

_KNOWN = frozenset(
    """level datetimeutc datetime date time timestamp ts details message msg invocationid traceid spanid module function
    functionkey version appversion site environment environmentid atlassianapp license licensestate edition lvl error other
    installationcontext moduletype arguments severity severitytext body appid user actor action event summary ipaddress key value""".split()
)
_LONGEST_ROW = 4 << 20
_CELL = re.compile(r'"((?:[^"]++|"")*+)"|([^"]*+)')


class CsvReader:
    """Reads rows of the delimiter that the header uses."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._pending: list[tuple[str, int, int]] = []
        self._size = 0
        self._odd = False
        self._header: list[str] | None = None
        self._delimiter = ","

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self._lines.feed(text):
            yield from self._line(line)

    def finish(self) -> Iterator[Raw]:
        for line in self._lines.finish():
            yield from self._line(line)
        yield from self._give_up()

    def _line(self, line: tuple[str, int, int]) -> Iterator[Raw]:
        self._pending.append(line)
        self._size += len(line[0])
        self._odd ^= line[0].count('"') % 2 == 1
        if self._odd and self._size <= _LONGEST_ROW:
            return
        if self._odd:
            yield from self._give_up()
            return
        row = "".join(part for part, _, _ in self._pending)
        unit = self._row(row, self._pending[0][1], self._pending[0][2])
        if unit is None:
            yield from self._give_up()
            return
        self._reset()
        yield unit

    def _give_up(self) -> Iterator[Raw]:
        """The lines of a row that is none, as text."""
        pending = self._pending
        self._reset()
        for i, (line, number, column) in enumerate(pending):
            yield text_unit(line, number, column, records=1 if i == 0 and line.strip() else 0, parsed=not line.strip())

    def _reset(self) -> None:
        self._pending, self._size, self._odd = [], 0, False

    def _row(self, row: str, number: int, column: int) -> Raw | None:
        if not row.strip():
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
        return Raw(row, tuple(Leaf(a, b, _field(n), "csv", n) for (a, b), n in zip(cells, names, strict=True) if a < b), number, column)


def _field(name: str) -> tuple[str, ...]:
    # "Site" is the customer's host in downloads; a generic "Details" or "Message" says nothing about its value
    return ("site name",) if name.strip().lower() == "site" else (name,)


def split_cells(row: str, delimiter: str) -> list[tuple[int, int]] | None:
    """Where the insides of a row's cells stand; None where it is not well formed (RFC 4180)."""
    cells = []
    position, end = 0, len(row.rstrip("\r\n"))
    bare = re.compile(rf'[^{re.escape(delimiter)}"\r\n]*+')
    while True:
        m = re.compile(r'"((?:[^"]++|"")*+)"').match(row, position, end)
        if m is not None:
            cells.append(m.span(1))
            position = m.end()
        else:
            m = bare.match(row, position, end)
            assert m is not None
            cells.append(m.span())
            position = m.end()
        if position == end:
            return cells
        if row[position] != delimiter:
            return None
        position += 1


def delimiter(row: str) -> str:
    """The delimiter of a header row: the one that occurs most of comma, semicolon and tab."""
    return max(",;\t|", key=row.count)


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


FORMAT = Format("csv", _recognises, CsvReader)
