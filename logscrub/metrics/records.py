"""The records of one scrubbed input, fed as bytes.

A clean log is read by the very readers that cut it for redaction (`logscrub.formats`), so each record that `scrub` counts is
accounted for here: `read` says how many there were, and those that are not handed out were not understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from logscrub import formats
from logscrub.formats.base import Item, Record
from logscrub.formats.forge_blocks import HEAD, LEVELS, Block
from logscrub.model import Raw
from logscrub.scrubbing import Units

_LONGEST_LINE = 4 << 20
"""Bytes of a line that is waited for where records are read in blocks."""


class Records:
    """The records of one scrubbed input."""

    def __init__(self, input_format: str = "auto", *, blocks: bool = False) -> None:
        """`input_format`: as the raw input was read. `blocks`: hand out blocks of records where many can be read at once."""
        self._units = Units(input_format, leaves=False)
        self._reader: formats.RecordReader | None = None
        self._blocks = blocks
        self._rest = b""
        self.read = 0
        """Records that began so far, as `scrub` counts them."""
        self.given = 0
        """Records and data points that were handed out."""

    def feed(self, clean: bytes) -> Iterator[Item | Block]:
        """The records that are complete with these bytes. Use them up before more is fed."""
        if not self._blocks:
            yield from self._one_by_one(clean)
            return
        data = self._rest + clean
        end = data.rfind(b"\n") + 1 if len(data) < _LONGEST_LINE else len(data)
        self._rest, data = data[end:], data[:end]
        while data and self._units.format is None:  # the first line says which format it is
            end = data.find(b"\n") + 1 or len(data)
            yield from self._one_by_one(data[:end])
            data = data[end:]
        if data:
            block = self._block_of(data)
            yield from (
                self._one_by_one(data)
                if block is None or self._units.format is None
                else self.of_block(self._units.format.name, block)
            )

    def finish(self) -> Iterator[Item | Block]:
        """The records that were still open at the end."""
        rest, self._rest = self._rest, b""
        yield from self._one_by_one(rest)
        units, _ = self._units.finish()
        yield from self._records(units)
        if self._reader is not None:
            for item in self._reader.finish():
                self.given += 1
                yield item

    def _one_by_one(self, clean: bytes) -> Iterator[Item]:
        yield from self._records(self._units.feed(clean))

    def _records(self, units: list[Raw]) -> Iterator[Item]:
        if self._reader is None:
            if self._units.format is None:
                return
            self._reader = formats.records_of(self._units.format)
        for unit in units:
            self.read += unit.records
            for item in self._reader.unit(unit):
                self.given += 1
                yield item

    def _block_of(self, data: bytes) -> Block | None:
        found = self._units.format
        if found is None or found.block is None or self._units.decoder.encoding != "utf-8":
            return None
        block: Block | None = found.block(data)
        return block

    def of_block(self, format_name: str, block: Block) -> Iterator[Item | Block]:
        """The records of a block of that format that comes next, and those that are open before it."""
        if self._units.format is None:
            self._units = Units(format_name, leaves=False)
        before, last = int(block.starts[0]) - HEAD, int(block.starts[-1]) - HEAD
        yield from self._one_by_one(block.data[:before])
        if len(block) > 1:
            if self._reader is not None:
                for item in self._reader.close():
                    self.given += 1
                    yield item
            self.read += len(block) - 1
            self.given += len(block) - 1
            yield Block(block.data, *(column[:-1] for column in block[1:]))
        yield from self._one_by_one(block.data[last:])  # the next lines may go on with it


def block_in(clean: bytes) -> tuple[str, Block] | None:
    """The format and the records of a whole input, if they can be read as one block."""
    if clean[-1:] != b"\n":
        return None
    try:
        line = clean[: clean.index(b"\n")].decode()
    except UnicodeDecodeError:
        return None
    found = formats.recognise(line)
    block = None if found.block is None else found.block(clean)
    return None if block is None else (found.name, block)


def records_of(block: Block) -> Iterator[Record]:
    """The records of a block."""
    for n in range(len(block)):
        yield record_of(block, n)


def record_of(block: Block, n: int) -> Record:
    """Record `n` of a block."""
    start = int(block.starts[n])
    message = block.data[start : int(block.ends[n])].decode()[: formats.MOST_MESSAGE].rstrip("\n")
    return Record(int(block.times[n]), LEVELS[block.levels[n]].decode(), message, "", block.invocation(start).decode())
