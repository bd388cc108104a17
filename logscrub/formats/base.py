"""What a format is, and the line-wise reader that the text formats share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from logscrub.model import Frame, Leaf, Raw

LONGEST_LINE = 16 << 20
"""Characters after which a line without an end is cut, so that memory stays bounded."""
_CUT = re.compile(r"\s(?=\S*$)")


class Reader(Protocol):
    """Cuts the text of one input, fed piece by piece, into units."""

    lines: Lines
    """Where it is in the input."""

    def feed(self, text: str) -> Iterator[Raw]:
        """The units that are complete with this piece."""

    def finish(self) -> Iterator[Raw]:
        """The units that were still open at the end of the input."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. `recognises` judges the first non-empty line of an input."""

    name: str
    recognises: Callable[[str], bool]
    reader: Callable[[], Reader]


class Lines:
    """The lines of a text that arrives in pieces, each with its end (`\\n`, `\\r\\n`), its number and column.

    A line longer than LONGEST_LINE is handed out in parts, cut at white space where there is any.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.line = 1
        self.column = 1

    def feed(self, text: str) -> Iterator[tuple[str, int, int]]:
        start = 0
        while True:
            end = text.find("\n", start)
            if end < 0:
                break
            self._parts.append(text[start : end + 1])
            start = end + 1
            yield from self._whole()
        if start < len(text):
            self._parts.append(text[start:])
            self._size += len(text) - start
            if self._size > LONGEST_LINE:
                yield from self._long()

    def finish(self) -> Iterator[tuple[str, int, int]]:
        if self._parts:
            yield from self._whole()

    def _whole(self) -> Iterator[tuple[str, int, int]]:
        line = "".join(self._parts) if len(self._parts) > 1 else self._parts[0]
        if len(line) > LONGEST_LINE:
            self._parts = [line]
            yield from self._long()
            line = "".join(self._parts)
        self._parts, self._size = [], 0
        if line:
            yield line, self.line, self.column
        if line.endswith("\n"):
            self.line += 1
            self.column = 1
        else:
            self.column += len(line)

    def _long(self) -> Iterator[tuple[str, int, int]]:
        rest = "".join(self._parts)
        while len(rest) > LONGEST_LINE:
            window = rest[LONGEST_LINE - 4096 : LONGEST_LINE]
            m = _CUT.search(window)
            cut = LONGEST_LINE - 4096 + m.end() if m else LONGEST_LINE
            yield rest[:cut], self.line, self.column
            self.column += cut
            rest = rest[cut:]
        self._parts, self._size = [rest] if rest else [], len(rest)


def text_unit(
    line: str,
    number: int,
    column: int,
    start: int = 0,
    records: int = 1,
    parsed: bool = True,
    frame: Frame | None = None,
) -> Raw:
    """A line of text whose message begins at `start`. `frame`: see `Raw.frame`."""
    end = len(line.rstrip("\r\n"))
    leaves = (Leaf(start, end, (), "text"),) if start < end else ()
    return Raw(line, leaves, number, column, records, parsed, frame=frame)


def frame_of(pattern: re.Pattern[str]) -> Frame:
    """The frame that all groups of a pattern make up, wherever it matches."""
    groups = range(1, pattern.groups + 1)
    return lambda text: [m.span(g) for m in pattern.finditer(text) for g in groups if m.start(g) < m.end(g)]


def continues(line: str) -> bool:
    """Whether a line of text belongs to the record before it: indented, a closing bracket, or empty."""
    return line[:1] in " \t}])\r\n"
