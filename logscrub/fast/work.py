"""What is done with blocks of lines: they are scrubbed, or verified."""

from __future__ import annotations

from typing import NamedTuple

from logscrub import formats
from logscrub.detect.fields import Open
from logscrub.fast.blocks import BlockReader, Entry
from logscrub.fast.json_lines import JsonLines
from logscrub.fast.text_lines import TextLines
from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader
from logscrub.model import Raw
from logscrub.redact.scrub import Judged, Redactor
from logscrub.scrubbing import BLANK, HEAD, Tally, clean_unit
from logscrub.verification import FileReport, Verifier


class Done(NamedTuple):
    """What became of a block."""

    output: bytes
    """Clean lines; of a block that was verified, nothing that may leave."""
    tally: Tally
    report: FileReport
    after: Entry
    """Where the reader stands behind it."""
    label: str | None
    """What format the first unit in it says that the input is, "" where it says nothing new; None without such a unit."""


class Work:
    """Scrubs or verifies the blocks of inputs of one format. It remembers what it has seen, so it is kept for further inputs."""

    def __init__(self, redactor: Redactor, of: Format, verifies: bool) -> None:
        """Raises ValueError for a format that has no fast reader."""
        self._redactor = redactor
        self._of = of
        self._label: str | None = None
        self._verifier = Verifier(redactor, "") if verifies else None
        reader = formats.reader_of(of)
        self.reader: BlockReader
        if isinstance(reader, JsonReader):
            self.reader = JsonLines(redactor, self._treat, not verifies)
        elif isinstance(reader, formats.UnitReader):
            self.reader = TextLines(redactor, of, self._treat, not verifies)
        else:
            raise ValueError("no fast reader")

    def learned(self) -> Judged:
        """The forms that were judged here since this was last asked."""
        return self._redactor.learned()

    def learn(self, judged: Judged) -> None:
        """Takes forms that another process has judged."""
        self._redactor.learn(judged)

    def block(self, block: bytes, line: int, entry: Entry | None = None) -> Done:
        """What becomes of whole lines, the first of which is that line of the input. `entry`: where the reader is to stand."""
        self._begin()
        if entry is not None:
            self.reader.entry = entry
        return self._done(self.reader.block(block, line))

    def piece(self, text: str, line: int) -> Done:
        """The same for a part of a line, read as the plain engine does."""
        self._begin()
        return self._done(self.reader.piece(text, line))

    def end(self) -> Done:
        """What becomes of what is open at the end of the input."""
        self._begin()
        return self._done(self.reader.end())

    def _begin(self) -> None:
        self._label = None
        self.reader.tally = Tally()
        if self._verifier is not None:
            self._verifier.report = FileReport("")

    def _done(self, output: bytes) -> Done:
        report = FileReport("")
        if self._verifier is not None:
            report = self._verifier.report
            report.records += self.reader.tally.records_read
        return Done(output, self.reader.tally, report, self.reader.entry, self._label)

    def _treat(self, raw: Raw, before: Open) -> tuple[bytes, Open]:
        if self._label is None and (text := raw.text.strip(BLANK)):
            self._label = formats.recognise(text[:HEAD]).name if raw.parsed and self._of.name == "ndjson" else ""
        if self._verifier is not None:
            return b"", self._verifier.look(raw, before)
        clean, after = clean_unit(self._redactor, raw, before, self.reader.tally)
        return clean.text.encode("utf-8", "surrogateescape"), after
