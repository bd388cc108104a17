"""The reader of lines that a sender may have cut: syslog's, whose pieces are messages of their own.

Nothing says for sure that a message continues in the next one of its stream. It is a hint if a message has the greatest length
that its sender allows. So each line remains a unit and a record of its own, and is scanned by itself. A line that may be a piece
is also scanned together with the lines before and after it in its stream. Pieces of several streams, and other lines, may
alternate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from logscrub.formats.json_values import Leaves
from logscrub.formats.lines import LineReader, Shapes
from logscrub.model import Cut, Leaf, Raw

SHORTEST = 512
"""Bytes of the shortest line that may be cut."""
SHORTEST_TEXT = SHORTEST // 4
"""Characters that it may have."""
_MOST_HELD = 4 << 20
"""Maximum characters of lines that are held until the line after a cut one has come."""
_MOST_LINES = 256


UNCUT = "abcdefghijklmnopqrstuvwxyz"
"""The letters with which no line of a sender begins that cuts: syslog's begin with a priority, a time, or a month."""


class Part(NamedTuple):
    """A message that may be a piece of a longer one."""

    stream: str
    start: int
    """Position in the line at which the piece begins. It ends with the line."""
    is_full: bool
    """True if the next message of the stream may go on with it."""


class CutLineReader(LineReader):
    """Reads lines, each of which is a unit. A line that may be cut is held until the line that continues it is known."""

    def __init__(self, shapes: Shapes, part: Callable[[str], Part | None], *, leaves: Leaves = True) -> None:
        """`part`: the message in a line; None for a line that cannot be cut."""
        super().__init__(shapes, leaves=leaves)
        self._part = part
        self._held: list[Raw] = []
        self._size = 0
        self._open: dict[str, int] = {}
        """Stream → which of the lines that are held may go on."""

    @property
    def waits(self) -> bool:
        """True while lines are held."""
        return bool(self._held)

    def may_be_cut(self, line: str) -> bool:
        """True for a line that is held."""
        part = self._part(line)
        return part is not None and part.is_full

    def feed(self, text: str) -> Iterator[Raw]:
        for line, number, column in self.lines.feed(text):
            size = len(line)
            if not self._held and size < SHORTEST and (size < SHORTEST_TEXT or line.isascii()):
                yield self.unit(line, number, column)
            else:
                yield from self._line(line, number, column)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._line(*line)
        yield from self._release()

    def _line(self, line: str, number: int, column: int) -> Iterator[Raw]:
        unit = self.unit(line, number, column)
        part = self._part(line) if column == 1 and unit.records == 1 and line[:1] not in UNCUT else None
        first = None
        if part is not None:
            end = len(line.rstrip("\r\n"))
            first = self._open.pop(part.stream, None)
            before = "" if first is None else _message(self._held[first])
            unit = unit._replace(cut=Cut(before, Leaf(part.start, end, (), "text"), ""))
            if first is not None:
                held = self._held[first]
                assert held.cut is not None
                self._held[first] = held._replace(cut=held.cut._replace(behind=line[part.start : end]))
            if part.is_full:
                self._open[part.stream] = len(self._held)
        self._held.append(unit)
        self._size += len(line)
        if not self._open or self._size > _MOST_HELD or len(self._held) >= _MOST_LINES:
            yield from self._release()

    def _release(self) -> Iterator[Raw]:
        held, self._held, self._size = self._held, [], 0
        self._open.clear()
        for unit in held:
            # a line without neighbours in its stream is scanned like any other
            yield unit._replace(cut=None) if unit.cut is not None and not (unit.cut.before or unit.cut.behind) else unit


def _message(unit: Raw) -> str:
    assert unit.cut is not None
    return unit.text[unit.cut.piece.start : unit.cut.piece.end]
