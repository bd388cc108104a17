"""The journal export format of systemd (`journalctl -o export`): a field per line, and an empty line between entries.

    __REALTIME_TIMESTAMP=1794906938315000
    PRIORITY=3
    _SYSTEMD_UNIT=roster.service
    MESSAGE=save failed

A value with line ends or other control characters stands below its name: the number of its bytes as eight bytes, the value, and a
line end. It is scanned like the others; when something in it is redacted, the number is updated. A binary value is withheld.
Each value is scanned under the name of its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from logscrub.formats.base import MOST_MESSAGE, Format, Item, Lines, Record, text_unit
from logscrub.formats.lines import Shapes
from logscrub.formats.times import syslog_level, time_of
from logscrub.model import Leaf, Raw, Size
from logscrub.patterns import regex

_FIELD = regex(r"(?P<name>[A-Z_][A-Z0-9_]{0,63})(?P<is_text>=)?")
_SIZE = 8
"""Bytes of the number."""
_LONGEST = 16 << 20
"""Bytes of a value; a greater number is taken to be wrong."""
_NOT_TELLING = frozenset(("MESSAGE", "_CMDLINE", "_UID", "_GID", "_AUDIT_LOGINUID", "_SYSTEMD_OWNER_UID"))
"""Fields that are scanned without their names: free text, and numbers of the machine's own accounts."""
_KEPT = frozenset(("PRIORITY", "MESSAGE", "__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"))


class JournaldExportReader:
    """Cuts the input into fields; the first field of an entry begins a record."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._began = False
        """True inside of an entry."""
        self._held: list[tuple[str, int, int]] = []
        """The lines of a value that has not been read to its end. The first one is its name."""
        self._bytes = bytearray()

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield from self._line(line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._line(line)
        while self._held:
            yield from self._anew() if len(self._bytes) < _SIZE else self._as_text()

    def _line(self, line: tuple[str, int, int]) -> Iterator[Raw]:
        text, number, column = line
        if self._held:
            yield from self._value(line)
            return
        if column == 1 and not text.strip("\r\n"):
            self._began = False
            yield Raw(text, (), number, column, 0)
            return
        m = _FIELD.match(text) if column == 1 else None
        if m is not None and not m["is_text"] and m.end() == len(text) - 1 and text.endswith("\n"):
            self._held, self._bytes = [line], bytearray()
        elif m is not None and m["is_text"]:
            end = len(text.rstrip("\r\n"))
            yield self._unit(text, number, column, (_leaf(m["name"], m.end(), end),) if m.end() < end else ())
        else:
            yield self._text(line)

    def _value(self, line: tuple[str, int, int]) -> Iterator[Raw]:
        """The next line of a value that stands behind its name."""
        self._held.append(line)
        try:
            self._bytes += line[0].encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half of a character of UTF-16
            yield from self._as_text()
            return
        if len(self._bytes) < _SIZE:
            return
        size = int.from_bytes(self._bytes[:_SIZE], "little")
        if size > _LONGEST:
            yield from self._anew()
        elif len(self._bytes) > _SIZE + size + 1:
            yield from self._as_text()
        elif len(self._bytes) == _SIZE + size + 1:
            held, self._held = self._held, []
            text = "".join(part for part, _, _ in held)
            name = held[0][0][:-1]
            start = len(held[0][0])
            before = start + len(self._bytes[:_SIZE].decode("utf-8", "surrogateescape"))
            where = Size(start, before, before, 1, True)
            leaves = (_leaf(name, before, len(text) - 1),) if size else ()
            yield self._unit(text, held[0][1], 1, leaves, where)

    def _anew(self) -> Iterator[Raw]:
        """The unit of a line that looked like a name, as text.

        The lines below are read as if nothing stood before them, because the line may become a placeholder.
        """
        (name, *below), self._held = self._held, []
        yield self._text(name)
        for line in below:
            yield from self._line(line)

    def _as_text(self) -> Iterator[Raw]:
        """The lines of a value whose size is wrong, as text."""
        held, self._held = self._held, []
        for line in held:
            yield self._text(line)

    def _text(self, line: tuple[str, int, int]) -> Raw:
        begins = not self._began and bool(line[0].strip())
        self._began = self._began or begins
        return text_unit(*line, records=int(begins), parsed=False)

    def _unit(self, text: str, number: int, column: int, leaves: tuple[Leaf, ...], size: Size | None = None) -> Raw:
        records = 0 if self._began else 1
        self._began = True
        return Raw(text, leaves, number, column, records, size=size)


def _leaf(name: str, start: int, end: int) -> Leaf:
    return Leaf(start, end, () if name in _NOT_TELLING else (name,), "plain", name)


class JournaldExportRecords:
    """Joins the fields of an entry into one record."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._fields: dict[str, str] | None = None

    def unit(self, raw: Raw) -> Iterator[Item]:
        """The record that ends where this unit begins."""
        if raw.records:
            yield from self.close()
            self._fields = {}
        if self._fields is None:
            return
        if raw.size is not None:
            name, value = raw.text[: raw.size.start - 1], raw.text[raw.size.before : len(raw.text) - raw.size.behind]
        elif (m := _FIELD.match(raw.text)) is not None and m["is_text"]:
            name, value = m["name"], raw.text[m.end() :].rstrip("\r\n")
        else:
            name, value = "", raw.text.rstrip("\r\n")
        if name in _KEPT or (not name and "" not in self._fields):
            self._fields.setdefault(name, value[:MOST_MESSAGE])

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        fields, self._fields = self._fields, None
        if fields is not None:
            yield self._shapes.unwrapped(_record(fields))

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self.close()


def _record(fields: dict[str, str]) -> Record:
    written = fields.get("__REALTIME_TIMESTAMP") or fields.get("_SOURCE_REALTIME_TIMESTAMP", "")
    time_ns = time_of(written)
    return Record(
        time_ns,
        syslog_level(fields.get("PRIORITY")),
        fields.get("MESSAGE") or fields.get("", ""),
        unread_time=written[:40] if time_ns is None else "",
        holds_log=True,
    )


def _recognises(head: str) -> bool:
    return re.match(r"__(?:CURSOR|REALTIME_TIMESTAMP|MONOTONIC_TIMESTAMP)=\S", head) is not None


FORMAT = Format("journald-export", _recognises, reader=JournaldExportReader, records=JournaldExportRecords)
