"""The fast engine: an input's blocks of lines, each read by what is known of such lines, by several processes where there are.

What comes out is what the plain engine makes of the same input. Where the fast readers do not know how (other encodings, CSV,
a JSON value over many lines), the plain engine does it.
"""

from __future__ import annotations

import codecs
from collections import deque
from dataclasses import dataclass
from itertools import count

from logscrub import formats
from logscrub.detect.fields import NOTHING_OPEN
from logscrub.fast.blocks import Entry
from logscrub.fast.work import Done, Work
from logscrub.fast.workers import Workers, processors
from logscrub.formats.base import may_follow
from logscrub.formats.json_values import is_json
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber, Tally, recognised
from logscrub.sources.text import TextDecoder, guess_encoding
from logscrub.verification import FileReport, Verifier

BLOCK = 1 << 20
"""Bytes of a block."""
_FIRST_BLOCK = 1 << 17
_SMALL_BLOCKS = 8
"""Blocks of each size, from the first to the usual one: in those most is learned, and handed on to the other processes."""
_FEW = 1 << 14
"""Bytes of lines that come as they are written, each of which is done sooner the plain way."""
_LONGEST_LINE = 4 << 20
"""Bytes of a line that is still waited for; a longer one goes to the plain engine as it comes."""
_LOOK = 512
"""Bytes of a line that show whether a record begins in it."""
_MOST_LINES = 1000
"""Lines that are looked at for one in which a record begins."""
_WAITING = 3
"""Blocks for each process that may wait for an earlier one."""
_NEUTRAL = Entry(True, NOTHING_OPEN)
"""Where a reader stands before a line in which a record begins, if no private key is open."""


class FastEngine:
    """What scrubs and verifies with one redactor: what was learned from one input helps with the next. A context manager."""

    def __init__(self, redactor: Redactor, verifies: bool = False, processes: int | None = None) -> None:
        """`processes`: as many as there are processors without."""
        self.redactor = redactor
        self.verifies = verifies
        processes = processors() if processes is None else processes
        self.workers = Workers(processes, self._make) if processes > 1 else None
        self._works: dict[str, Work] = {}
        self.numbers = count(1)
        """Of blocks, over all inputs: what a process still does for an input that was given up is no other's."""

    def work(self, of: formats.Format) -> Work:
        """This process's own work for a format. Raises ValueError where there is no fast reader."""
        if of.name not in self._works:
            self._works[of.name] = Work(self.redactor, of, self.verifies)
        return self._works[of.name]

    def _make(self, name: str) -> Work:
        return Work(self.redactor, formats.named(name), self.verifies)

    def scrubber(self, input_format: str = "auto") -> FastScrubber:
        """For one input."""
        return FastScrubber(self, input_format)

    def verifier(self, path: str, input_format: str = "auto") -> FastVerifier:
        """For one input, which reports call `path`."""
        return FastVerifier(self, path, input_format)

    def close(self) -> None:
        if self.workers is not None:
            self.workers.close()

    def __enter__(self) -> FastEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class _Block:
    """A block that is being done, in its place in the input."""

    number: int
    data: bytes
    line: int
    done: Done | None = None
    ended: bool = False
    """Whether a process is through with it, with or without success."""


class _Blocks:
    """One input, cut into blocks that are done in order."""

    def __init__(self, engine: FastEngine, input_format: str) -> None:
        self.input_format = input_format
        self.format: formats.Format | None = None
        """What the input is; None as long as that is not known."""
        self.unsuited = False
        """Whether the plain engine must do this input: `held` is all that was fed."""
        self.held = b""
        self.label = ""
        """Another name of the format, which its first unit has told."""
        self.settled = True
        """Whether the format's name is: the first line of a page printed for people is just "{", its first unit tells."""
        self._engine = engine
        self._work: Work | None = None
        self._starts_record = _starts_any
        self._needs_closed = False
        """Whether what is left open before a record must be known: of a JSON value without records it would stay open."""
        self._line = 1
        self._cut_so_far = 0
        self._large = False
        """Whether it is worth other processes' while."""
        self._within = False
        """Inside of a line that is too long to be waited for."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._waiting: deque[_Block] = deque()
        self._ready: dict[int, _Block] = {}
        self._alone = engine.workers is None
        """Whether no other process may help: what one must know is in this process only."""

    def feed(self, data: bytes, more: bool) -> list[Done]:
        """What is done with `data`; where `more` follows at once, some of it may be done later."""
        self.held = self.held + data if self.held else data
        if self._work is None and not self._choose(False):
            return []
        done: list[Done] = []
        self._long_line(done)
        while len(self.held) >= (self._size() if self._large else BLOCK) and not self._within:
            self._large = True
            end = self._cut()
            if not end:
                break
            self._give(self._take(end), done)
        if not more:
            end = self.held.rfind(b"\n") + 1
            if end >= _FEW and self._large and not self._within:
                self._give(self._take(end), done)  # this process has learned nothing yet
                end = 0
            self._do_waiting(done)
            if end and not self._within:
                done.append(self._here(self._take(end)))
        return done

    def finish(self) -> list[Done]:
        """What is done with the rest."""
        if self._work is None and not self._choose(True):
            self.unsuited = True
            return []
        assert self._work is not None
        done = self.feed(b"", False)
        if self.unsuited:
            return done
        rest, self.held = self.held, b""
        done.append(self._work.piece(self._decoder.decode(rest, True), self._line))
        done.append(self._work.end())
        return done

    def settle(self, done: Done) -> None:
        """Learns the format's name from the first unit that tells it."""
        if not self.settled and done.label is not None:
            self.label, self.settled = done.label, True

    def _choose(self, final: bool) -> bool:
        """Finds out what the input is; whether that is known now."""
        encoding = guess_encoding(self.held, final=final)
        if encoding is None:
            return False
        if encoding != "utf-8":
            self.unsuited = True
            return False
        if self.input_format == "auto":
            decoder = TextDecoder()
            found = recognised(decoder.feed(self.held) + (decoder.finish()[0] if final else ""), final)
        else:
            found = formats.named(self.input_format)
        if found is None:
            return False
        try:
            self._work = self._engine.work(found)
        except ValueError:
            self.unsuited = True
            return False
        self.format = found
        if found.json is not None:
            self._starts_record, self._needs_closed = _starts_json, True
        elif found.record_line is not None:
            head = found.record_line
            self._starts_record = lambda line: head.match(line.decode("utf-8", "replace")) is not None
        self._work.reader.begin()
        first = self.held.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0]
        self.settled = self.input_format != "auto" or found.name != "ndjson" or is_json(first.decode("utf-8", "replace").strip())
        return True

    def _size(self) -> int:
        """Bytes of the next block."""
        return min(BLOCK, _FIRST_BLOCK << self._cut_so_far // _SMALL_BLOCKS)

    def _take(self, end: int) -> _Block:
        self._cut_so_far += 1
        data, self.held = self.held[:end], self.held[end:]
        block = _Block(next(self._engine.numbers), data, self._line)
        self._line += data.count(b"\n")
        return block

    def _cut(self) -> int:
        """Where a block ends: before a line in which a record begins, else behind any line; 0 where no line ends."""
        end = last = self.held.rfind(b"\n", 0, self._size()) + 1 or self.held.find(b"\n") + 1
        if self._alone:
            return last
        for _ in range(_MOST_LINES):
            if end <= 0 or end == len(self.held):
                break
            if self._starts_record(self.held[end : end + _LOOK]):
                return end
            end = self.held.rfind(b"\n", 0, end - 1) + 1
        return last

    def _long_line(self, done: list[Done]) -> None:
        """Hands a very long line on as it comes."""
        assert self._work is not None
        if not self._within:
            if len(self.held) < _LONGEST_LINE or b"\n" in self.held:
                return
            self._do_waiting(done)
            self._within = True
        end = self.held.find(b"\n") + 1
        part, self.held = (self.held[:end], self.held[end:]) if end else (self.held, b"")
        done.append(self._work.piece(self._decoder.decode(part), self._line))
        if end:
            self._within = False
            self._line += 1

    def _give(self, block: _Block, done: list[Done]) -> None:
        """Has a block done, by another process where one may."""
        workers = self._engine.workers
        if workers is not None and not self._alone and self._starts_record(block.data[:_LOOK]):
            assert self.format is not None
            while workers.has_any and not workers.has_free:
                self._collect(True)
            self._accept(done)
            while len(self._waiting) >= _WAITING * workers.count:
                self._collect(True)
                self._accept(done)
            if workers.start(block.number, (self.format.name, block.data, block.line, _NEUTRAL)):
                self._waiting.append(block)
                self._ready[block.number] = block
                return
        self._do_waiting(done)
        done.append(self._here(block))

    def _collect(self, wait: bool) -> None:
        workers = self._engine.workers
        assert workers is not None
        for number, result in workers.results(wait):
            block = self._ready.pop(number, None)
            if block is not None:
                block.done, block.ended = result, True

    def _accept(self, done: list[Done]) -> None:
        """Takes what is done, in the order of the input."""
        assert self._work is not None
        while self._waiting and self._waiting[0].ended:
            block = self._waiting.popleft()
            entry = self._work.reader.entry
            result = block.done
            fits = entry.between and not (entry.open.armour or (self._needs_closed and entry.open != NOTHING_OPEN))
            if result is None or self._alone or not fits or not result.after.between:
                done.append(self._here(block))
            else:
                self._work.reader.entry = result.after
                done.append(result)

    def _do_waiting(self, done: list[Done]) -> None:
        while self._waiting:
            if not self._waiting[0].ended:
                self._collect(True)
            self._accept(done)

    def _here(self, block: _Block) -> Done:
        assert self._work is not None
        if len(block.data) < _FEW:
            result = self._work.piece(block.data.decode("utf-8", "surrogateescape"), block.line)
        else:
            result = self._work.block(block.data, block.line)
        self._alone = self._alone or not result.after.between
        return result


def _starts_any(line: bytes) -> bool:
    """Whether a record of plain text begins in a line."""
    return line[:1] not in (b"", b"\n", b"\r") and not may_follow(line.split(b"\n", 1)[0].decode("latin-1"))


def _starts_json(line: bytes) -> bool:
    return line[:1] == b"{"


class FastScrubber:
    """Scrubs one input: what `logscrub.scrubbing.Scrubber` makes of it, faster."""

    def __init__(self, engine: FastEngine, input_format: str) -> None:
        self.tally = Tally()
        self._engine = engine
        self._blocks = _Blocks(engine, input_format)
        self._plain: Scrubber | None = None

    def feed(self, data: bytes, more: bool = False) -> bytes:
        """Clean bytes for the lines that are complete with `data`; where `more` follows at once, some may be kept back."""
        if self._plain is not None:
            return self._plain.feed(data)
        self.tally.bytes_read += len(data)
        return self._written(self._blocks.feed(data, more))

    def finish(self) -> bytes:
        """Clean bytes for what was still open at the end. Raises NotConserved when the count does not come out."""
        out = b"" if self._plain is not None else self._written(self._blocks.finish())
        if self._plain is not None:
            return out + self._plain.finish()
        assert self._blocks.format is not None
        self.tally.formats[self._blocks.label or self._blocks.format.name] += 1
        self.tally.check()
        return out

    def _written(self, done: list[Done]) -> bytes:
        if self._blocks.unsuited:
            self._plain = Scrubber(self._engine.redactor, self._blocks.input_format)
            self._plain.tally, self.tally.bytes_read = self.tally, 0
            return self._plain.feed(self._blocks.held)
        for each in done:
            self._blocks.settle(each)
            self.tally.add(each.tally)
            self.tally.bytes_written += len(each.output)
        return b"".join(each.output for each in done)


class FastVerifier:
    """Verifies one input: what `logscrub.verification.Verifier` says of it, faster."""

    def __init__(self, engine: FastEngine, path: str, input_format: str) -> None:
        self.report = FileReport(path)
        self._engine = engine
        self._blocks = _Blocks(engine, input_format)
        self._plain: Verifier | None = None

    def feed(self, data: bytes, more: bool = False) -> None:
        """Scans the lines that are complete with `data`; where `more` follows at once, some may wait for it."""
        if self._plain is not None:
            self._plain.feed(data)
        else:
            self._add(self._blocks.feed(data, more))

    def finish(self) -> FileReport:
        """Scans what was still open, and returns the report."""
        if self._plain is None:
            self._add(self._blocks.finish())
        return self.report if self._plain is None else self._plain.finish()

    def _add(self, done: list[Done]) -> None:
        if self._blocks.unsuited:
            self._plain = Verifier(self._engine.redactor, self.report.path, self._blocks.input_format)
            self._plain.report = self.report
            self._plain.feed(self._blocks.held)
        for each in done:
            self.report.add(each.report)
