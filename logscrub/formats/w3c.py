"""W3C extended log files: IIS, Amazon CloudFront, Azure and Windows servers. `#Fields:` names the columns of the lines below it.

    #Version: 1.0
    #Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(User-Agent) time-taken
    2026-11-17⇥09:15:38⇥FRA56-P1⇥2326⇥203.0.113.7⇥GET⇥roster.example.com⇥/rosters⇥500⇥curl/8.11.0⇥0.031

Times are UTC. Tabs or spaces separate the cells; each is scanned under the name of its column. A line with another number of
cells than `#Fields:` has names is scanned as text.
"""

from __future__ import annotations

import re

from logscrub.detect.json_leaves import field_name
from logscrub.formats.access_log import request_message
from logscrub.formats.base import Format, LineByLine, LineShape, Memory, Record, continues, frame_of, text_unit
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.formats.times import status_level, time_of, whole_number
from logscrub.model import Leaf, Raw
from logscrub.patterns import regex

_DIRECTIVE = regex(r"#(?P<name>Version|Fields|Software|Date|Start-Date|End-Date|Remark):[ \t]*(?P<value>.*)")
_MOST_NAMES = 200
_SEPARATORS = frame_of(regex(r"([ \t]++|\"++)"))
"""Matches what is kept in a directive and in a line that is not read by its cells, so that their number of cells is kept."""
_CELL = regex(r'"((?:[^"]++|"")*+)"(?=[ \t]|$)|([^ \t]++)')
_TABBED = regex(r"[^\t]*+")
_SHAPES = {"date": regex(r'"?\d{4}-\d{2}-\d{2}"?'), "time": regex(r'"?\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"?')}
"""The shape of the cells in these columns; a line without it is text."""
_FIELDS = {"c-ip": "client ip", "s-ip": "server ip", "r-ip": "remote ip"}
"""Column → the field name that detectors know."""
_REQUEST_ID = regex(r"[\w-]{54}==")
"""CloudFront's request id, which would be taken for a secret."""
_MILLISECONDS = frozenset(("s-sitename", "s-computername", "sc-substatus", "sc-win32-status", "s-port"))
"""Columns that only IIS has; its `time-taken` is in milliseconds."""


class W3cReader(LineByLine):
    """Reads each line as a record with a value per cell; `#Fields:` names the cells of the lines below it."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []

    def unit(self, line: str, number: int, column: int) -> Raw:
        text = line.rstrip("\r\n")
        start = 1 if text.startswith("\ufeff") else 0
        directive = _DIRECTIVE.match(text, start) if column == 1 and text.startswith("#", start) else None
        if directive is not None:
            if directive["name"] == "Fields":
                self._names = _names_of(directive["value"])
            # scanned by itself, like a cell, whatever the lines before left open: names of columns must be kept
            value = directive.span("value")
            return Raw(line, (Leaf(*value, (), "csv"),) if directive["value"] else (), number, column, 0, frame=_SEPARATORS)
        found = _row(text, self._names) if column == 1 else None
        if found is None:
            begins = column == 1 and not continues(line)
            frame = _SEPARATORS if self._names else None
            return text_unit(line, number, column, records=int(begins), parsed=not begins, frame=frame)
        leaves = tuple(
            leaf
            for (start, end), name in zip(found, self._names, strict=True)
            if (leaf := _leaf(text, start, end, name)) is not None
        )
        return Raw(line, leaves, number, column)


def _names_of(value: str) -> list[str]:
    names = value.split()
    return names if 1 < len(names) <= _MOST_NAMES else []


def _cells(line: str) -> list[tuple[int, int]]:
    """The places of the cells of a line, without their quotes."""
    if "\t" in line:
        found, position = [], 0
        while True:
            m = _TABBED.match(line, position)
            assert m is not None
            found.append(m.span())
            if m.end() == len(line):
                return found
            position = m.end() + 1
    return [m.span(1) if m[1] is not None else m.span(2) for m in _CELL.finditer(line)]


def _leaf(line: str, start: int, end: int, name: str) -> Leaf | None:
    """The leaf of a cell; None for an empty cell and for CloudFront's request id."""
    if start == end or line[start:end] == "-" or (name == "x-edge-request-id" and _REQUEST_ID.fullmatch(line, start, end)):
        return None
    if name == "cs-uri-query":
        return Leaf(start, end, (), "query", name)
    return Leaf(start, end, (_FIELDS.get(name) or field_name(name),), "plain", name)


def _row(line: str, names: list[str]) -> list[tuple[int, int]] | None:
    """The cells of a line, one for each name; None where it has another shape."""
    cells = _cells(line) if names else []
    if not names or len(cells) != len(names):
        return None
    for name, shape in _SHAPES.items():
        if name in names and shape.fullmatch(line, *cells[names.index(name)]) is None:
            return None
    return cells


def _notes(line: str, memory: Memory) -> bool:
    directive = _DIRECTIVE.match(line)
    if directive is None:
        return False
    if directive["name"] == "Fields":
        memory["w3c fields"] = " ".join(_names_of(directive["value"]))
    elif directive["name"] == "Date":
        memory["w3c date"] = directive["value"][:10]
    return True


def _begins(line: str, memory: Memory) -> Record | None:
    names = memory.get("w3c fields")
    if not names:
        return None
    fields = names.split(" ")
    cells = _row(line, fields)
    if cells is None:
        return None
    known = {name: line[start:end] for name, (start, end) in zip(fields, cells, strict=True) if line[start:end] != "-"}
    written = f"{known.get('date') or memory.get('w3c date', '')} {known.get('time', '')}".strip()
    time_ns = time_of(written)
    status = known.get("sc-status", "")
    code = whole_number(status)
    path = known.get("cs-uri-stem") or known.get("cs-uri", "")
    query = known.get("cs-uri-query", "")
    request = " ".join(filter(None, (known.get("cs-method", ""), f"{path}?{query}" if query else path)))
    return Record(
        time_ns,
        status_level(code) if code is not None and len(status) == 3 else "",
        request_message(request, status or "-") if request else line,
        invocation=known.get("x-edge-request-id", ""),
        duration_ms=_duration(known.get("time-taken", ""), fields),
        unread_time=written[:40] if time_ns is None else "",
    )


def _duration(taken: str, fields: list[str]) -> float | None:
    """Milliseconds: IIS writes them as they are, others write seconds with a fraction. None where it could be either."""
    try:
        number = float(taken)
    except ValueError:
        return None
    if "." in taken or any(name.startswith("x-edge-") for name in fields):
        return round(number * 1000, 6)
    return number if _MILLISECONDS.intersection(fields) else None


def _recognises(head: str) -> bool:
    return re.match(r"#(?:Version|Fields|Software|Date): ", head) is not None


def _records(shapes: Shapes) -> TextRecords:
    """Rows are recognised only in a file of this format. In another log a changed number of cells would not show."""
    return TextRecords(shapes.with_line(LineShape(_begins, _notes, notes_begin="#")))


FORMAT = Format("w3c", _recognises, reader=W3cReader, records=_records)
