"""Reads lines by the core: the commonest readers of `logscrub.formats`, several times as fast.

The readers of Python remain the definition. They read what the core leaves to them: the first lines of an input, JSON between
lines of text, what is around the records of a JSON document, lines that say something about later ones, pieces of cut messages, a
line that came in parts. What the next line may continue, and the number of lines, pass from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from logscrub._core import CoreEngine, Lines, Piece, Records
from logscrub.engines.lowering import Classes, lowered
from logscrub.formats import SHAPES, Reader, cri, docker, forge_cli
from logscrub.formats.base import CONTINUING, LONGEST_LINE
from logscrub.formats.cut_lines import SHORTEST, SHORTEST_TEXT, UNCUT, CutLineReader
from logscrub.formats.forge_cli import ForgeCliReader
from logscrub.formats.json_values import LONGEST_VALUE, JsonReader
from logscrub.formats.wrapped import MOST_STREAMS, WrappedReader
from logscrub.model import LATER, Leaf, Raw
from logscrub.scrubbing import Units

Read = Raw | Piece
"""A unit, or a piece whose next lines are read by whoever takes it, before the next item is asked for."""


class Readers:
    """The core's readers of lines, each made when it is first needed."""

    def __init__(self, engine: CoreEngine, classes: Classes) -> None:
        self._core_engine = engine
        self._classes = classes
        self._made: dict[object, Lines] = {}

    def of(self, reader: Reader | None) -> Lines | None:
        """The one that reads as a reader of Python does; None where there is none."""
        kind = reader.wrapping if isinstance(reader, WrappedReader) else type(reader)
        if kind not in _MAKERS:
            return None
        if kind not in self._made:
            self._made[kind] = _MAKERS[kind](self._core_engine, self._classes)
        return self._made[kind]


def _text(engine: CoreEngine, classes: Classes) -> Lines:
    fields = [(lowered(each.pattern, classes), each.needs, list(each.fields)) for each in SHAPES.fields]
    shortest = SHORTEST, SHORTEST_TEXT
    return Lines.text(engine, SHAPES.notes_begin, fields, CONTINUING, shortest, UNCUT, classes.table)


def _forge(engine: CoreEngine, classes: Classes) -> Lines:
    head, group, table = (lowered(pattern, classes) for pattern in (forge_cli.HEAD, forge_cli.GROUP, forge_cli.TABLE))
    return Lines.forge(engine, head, group, table, classes.table)


def _json(engine: CoreEngine, classes: Classes) -> Lines:
    rules = SHAPES.rules
    no_record = lowered(rules.no_record_pattern, classes)
    return Lines.json(engine, Records(rules.described()), no_record, LONGEST_VALUE, classes.table)


def _docker(engine: CoreEngine, classes: Classes) -> Lines:
    line, stream = (lowered(pattern, classes) for pattern in (docker.LINE, docker.STREAM))
    return Lines.docker(engine, line, stream, CONTINUING, MOST_STREAMS, classes.table)


def _cri(engine: CoreEngine, classes: Classes) -> Lines:
    return Lines.cri(engine, lowered(cri.HEAD, classes), CONTINUING, MOST_STREAMS, classes.table)


_MAKERS: dict[object, Callable[[CoreEngine, Classes], Lines]] = {
    CutLineReader: _text,
    ForgeCliReader: _forge,
    JsonReader: _json,
    docker.WRAPPING: _docker,
    cri.WRAPPING: _cri,
}
"""By the type of a reader, or by how it says that lines are wrapped."""
_LineReader = CutLineReader | ForgeCliReader | JsonReader | WrappedReader


def read(units: Units, readers: Readers, data: bytes) -> Iterator[Read]:
    """Yields the units of an input that are complete with these bytes."""
    at = 0
    while not units.labelled and at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        yield from units.feed(data[at:end])
        at = end
    data = data[at:]
    lines = readers.of(units.reader)
    if lines is None:
        yield from units.feed(data)
    elif data:
        assert isinstance(units.reader, _LineReader)
        yield from _lines(units.reader, lines, units.decoder.feed(data))


def _lines(reader: _LineReader, lines: Lines, text: str) -> Iterator[Read]:
    if len(text) > LONGEST_LINE:  # a line of it may be longer, which is cut
        yield from reader.feed(text)
        return
    piece, at = Piece(lines, text), 0
    while True:
        if reader.lines.is_between and not reader.waits:
            piece.resume(at, reader.began, reader.lines.line)
            yield piece
            at, reader.began, reader.lines.line = piece.at, piece.began, piece.line
        elif isinstance(reader, JsonReader) and reader.lines.is_between:
            units, behind = _elements(reader, piece, text, at)
            yield from units
            reader.lines.line += text.count("\n", at, behind)
            at = behind
        end = text.find("\n", at) + 1
        if not end:
            break
        yield from reader.feed(text[at:end])
        at = end
    yield from reader.feed(text[at:])


def _elements(reader: JsonReader, piece: Piece, text: str, at: int) -> tuple[Iterable[Raw], int]:
    """The elements of a list of records that the core reads from a line on, and where the line behind them begins."""
    document = reader.document
    frames = None if document is None else document.open_list
    if document is None or frames is None:
        return (), at
    stack = [(f.is_object, f.outer, f.key, f.label, f.element, f.index) for f in frames]
    found: list[Any] = piece.elements(at, document.held, len(frames) == 1, stack)
    elements = [
        (end, behind, tuple(Leaf(start, stop, field, coding, "", typed) for start, stop, field, coding, typed in leaves))
        for end, behind, leaves in found
    ]
    return (document.take(text, at, reader.lines.line, elements), elements[-1][1]) if elements else ((), at)


def raw_of(read: Any) -> Raw:
    """A unit as a job has it: the one that Python made, or one made of its text, leaves, line and records."""
    if isinstance(read, Raw):
        return read
    text, leaves, line, records = read
    if leaves is None:
        return Raw(text, LATER, line, 1, records)
    made = (Leaf(start, end, (field,) if field else (), coding, field or "") for start, end, field, coding in leaves)
    return Raw(text, tuple(made), line, 1, records)
