"""The reader of logs that wrap the lines of other logs and cut long ones: container runtimes, journald.

The pieces of one line are one record. They are scanned together, so that a value across a cut is found, and counted once. Pieces
of several streams may alternate. The wrapping of each piece is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from logscrub.detect.json_leaves import json_leaves
from logscrub.formats.base import Began, Item, Lines, Record, continues, follows, text_unit
from logscrub.formats.json_values import Leaves, broken_unit, parse
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.model import Leaf, Raw, later

_MOST_HELD = 4 << 20
"""Maximum characters of lines that are held until a cut line is complete. A longer line is scanned in parts."""
_MOST_LINES = 256
MOST_STREAMS = 1_000
"""Maximum number of streams whose state in front of the next line is kept."""


class Piece(NamedTuple):
    """A line of a log, or a piece of one, in its wrapping."""

    stream: str
    start: int
    """Position in the wrapping line at which it begins."""
    end: int
    complete: bool
    """True if the line ends with this piece."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    """The way in which a format wraps lines."""

    unwrap: Callable[[str], Piece | None]
    """The piece in a line; None for a line that is not of this format."""
    coding: Literal["text", "json"]
    """The spelling of the piece: as it is, or as the inside of a JSON string, where it can also be an array of bytes."""
    inner: Callable[[str], str]
    """The text of the log line in a wrapping line, for counting."""


@lru_cache(maxsize=1)
def parsed_line(line: str) -> Any:
    """The JSON value of a wrapping line; None if it is none. A format asks for it several times in a row, and changes nothing in
    it."""
    return parse(line.strip())


class WrappedReader:
    """Reads wrapped lines; a unit is a line, or all lines between the first and the last piece of one that was cut."""

    def __init__(self, wrapping: Wrapping) -> None:
        self.lines = Lines()
        self.leaves: Leaves = True
        """The kind of leaves that units get."""
        self.wrapping = wrapping
        self._held: list[tuple[str, int, int, Piece | None]] = []
        self._size = 0
        self._open: set[str] = set()
        self.began: dict[str, Began] = {}
        """Stream → the state in front of its next line."""

    @property
    def waits(self) -> bool:
        """True while pieces of lines are held."""
        return bool(self._held)

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield from self._line(*line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._line(*line)
        yield from self._release()

    def _line(self, line: str, number: int, column: int) -> Iterator[Raw]:
        piece = self.wrapping.unwrap(line) if column == 1 else None
        self._held.append((line, number, column, piece))
        self._size += len(line)
        if piece is not None:
            (self._open.discard if piece.complete else self._open.add)(piece.stream)
        if not self._open or self._size > _MOST_HELD or len(self._held) >= _MOST_LINES:
            yield from self._release()

    def _release(self) -> Iterator[Raw]:
        held, self._held, self._size = self._held, [], 0
        self._open.clear()
        if len(held) == 1:
            yield self._single(*held[0])
        elif held:
            yield self._joined(held)

    def _single(self, line: str, number: int, column: int, piece: Piece | None) -> Raw:
        if piece is None:
            looks_like_json = self.wrapping.coding == "json" and line.lstrip()[:1] == "{"
            if looks_like_json and column == 1:
                return broken_unit(line, number, column, breaks=False)
            return text_unit(line, number, column, records=int(column == 1 and not continues(line)))
        belongs = _belongs(self.wrapping.inner(line), piece.stream, self.began)
        if not self.leaves:
            return Raw(line, (), number, column, int(not belongs))
        start = self._json_begins(line, piece)
        leaves = later(start) if self.leaves == "later" and start >= 0 else tuple(self._leaves(line, piece, start))
        return Raw(line, leaves, number, column, int(not belongs))

    def _json_begins(self, line: str, piece: Piece) -> int:
        """Position at which the JSON of a line begins; -1 for a line of text."""
        if self.wrapping.coding == "json":
            return 0
        inner = line[piece.start : piece.end].strip()
        return piece.start if inner[:1] in ("{", "[") and parse(inner) is not None else -1

    def _leaves(self, line: str, piece: Piece, start: int) -> list[Leaf]:
        if start >= 0:
            return json_leaves(line, start)
        return [Leaf(piece.start, piece.end, (), "text")] if piece.start < piece.end else []

    def _joined(self, held: list[tuple[str, int, int, Piece | None]]) -> Raw:
        """One unit of lines in which at least one line was cut."""
        leaves: list[Leaf] = []
        groups: dict[str, int] = {}
        last = records = at = 0
        for line, number, column, piece in held:
            if piece is None:
                unit = self._single(line, number, column, None)
                records += unit.records
                leaves += [leaf._replace(start=leaf.start + at, end=leaf.end + at) for leaf in unit.leaves]
            elif piece.complete and piece.stream not in groups:
                records += self._single(line, number, column, piece).records
                own = self._leaves(line, piece, self._json_begins(line, piece))
                leaves += [leaf._replace(start=leaf.start + at, end=leaf.end + at) for leaf in own]
            else:
                if piece.stream not in groups:
                    records += 1
                    last += 1
                    _note(self.began, piece.stream, True)
                group = groups.setdefault(piece.stream, last)
                if piece.complete:
                    del groups[piece.stream]
                if self.wrapping.coding == "json":
                    others = [leaf for leaf in json_leaves(line) if not piece.start <= leaf.start < piece.end]
                    leaves += [leaf._replace(start=leaf.start + at, end=leaf.end + at) for leaf in others]
                is_array = self.wrapping.coding == "json" and line[piece.start] == "["
                coding = "bytes" if is_array else self.wrapping.coding
                leaves.append(Leaf(piece.start + at, piece.end + at, (), coding, group=group))
            at += len(line)
        text = "".join(line for line, _, _, _ in held)
        leaves.sort(key=lambda leaf: leaf.start)
        return Raw(text, tuple(leaves), held[0][1], held[0][2], records)


def _belongs(inner: str, stream: str, began: dict[str, Began]) -> bool:
    """True if a line of a stream belongs to the record before it. `began`: the state of each stream, which is updated."""
    belongs, now = follows(inner, began.get(stream, False))
    _note(began, stream, now)
    return belongs


def _note(began: dict[str, Began], stream: str, now: Began) -> None:
    """Stores the state in front of the next line of a stream."""
    if stream not in began and len(began) >= MOST_STREAMS:
        began.clear()
    began[stream] = now


class WrappedRecords:
    """Reads the records inside of wrapped lines, without their wrapping. Pieces of one line are joined."""

    def __init__(self, shapes: Shapes, wrapping: Wrapping, record: Callable[[str, str], Record]) -> None:
        """`record`: returns the record of a wrapping line, given the text inside of it."""
        self._shapes = shapes
        self._wrapping = wrapping
        self._record = record
        self._text = TextRecords(shapes)
        self._began: dict[str, Began] = {}

    def unit(self, raw: Raw) -> Iterator[Item]:
        """The records that are complete with this unit."""
        pieces: dict[str, tuple[str, list[str]]] = {}
        for line in raw.text.splitlines(keepends=True) if raw.text.count("\n") > 1 else [raw.text]:
            piece = self._wrapping.unwrap(line)
            if piece is None:
                yield from self._text.unit(
                    raw._replace(text=line, leaves=(), records=int(raw.records > 0 and not continues(line)))
                )
                continue
            first, inner = pieces.setdefault(piece.stream, (line, []))
            inner.append(self._wrapping.inner(line))
            if piece.complete:
                del pieces[piece.stream]
                yield from self._whole(first, inner, piece.stream)
        for stream, (first, inner) in pieces.items():
            yield from self._whole(first, inner, stream)

    def _whole(self, line: str, pieces: list[str], stream: str) -> Iterator[Item]:
        inner = "".join(pieces)
        if len(pieces) > 1:
            belongs = continues(inner)
            _note(self._began, stream, True)
        else:
            belongs = _belongs(inner, stream, self._began)
        if belongs:
            yield from self._text.add(inner.rstrip("\r\n"))
            return
        yield from self._text.close()
        self._text.open(self._shapes.unwrapped(self._record(line, inner.rstrip("\r\n"))))

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        return self._text.close()

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self._text.close()
