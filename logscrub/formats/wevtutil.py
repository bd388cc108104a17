"""Windows events as `wevtutil qe LOG /f:text` prints them: a head, indented fields, and the message from the first column on.

    Event[0]
      Log Name: Application
      Date: 2026-11-17T09:15:38.3150000Z
      Level: Error
      Description:
    save failed

A head begins a record; every other line continues the one before it.
"""

from __future__ import annotations

from logscrub.formats.base import Began, Format, LineByLine, LineShape, Memory, Record, text_unit
from logscrub.formats.times import level_of, time_of
from logscrub.model import Raw
from logscrub.patterns import regex

_HEAD = regex(r"\ufeff?Event\[\d{1,9}\]:?[ ]*\r?\n?\Z")
_FIELD = regex(r"[ ]{2}(?P<name>Date|Level):[ ](?P<value>[^\r\n]{1,40})$")


class WevtutilReader(LineByLine):
    """Reads events; a line is a unit."""

    def __init__(self) -> None:
        super().__init__()
        self.began: Began = False
        self.reads_json = False

    def unit(self, line: str, number: int, column: int) -> Raw:
        begins = column == 1 and (_HEAD.match(line) is not None or (not self.began and bool(line.strip())))
        self.began = bool(self.began) or begins
        return text_unit(line, number, column, records=int(begins))


def _begins(line: str, memory: Memory) -> Record | None:
    return Record(None, "", line) if line.startswith("Event[") and _HEAD.match(line) else None


def _adds(line: str, record: Record) -> Record | None:
    m = _FIELD.match(line) if record.message.startswith("Event[") and line.startswith("  ") else None
    if m is None:
        return None
    if m["name"] == "Level":
        return record if record.level else record._replace(level=level_of(m["value"]))
    if record.time_ns is not None:
        return record
    time_ns = time_of(m["value"])
    return record._replace(time_ns=time_ns, unread_time="" if time_ns is not None else m["value"])


FORMAT = Format(
    "wevtutil",
    lambda head: _begins(head, {}) is not None,
    line=LineShape(_begins, adds=_adds),
    reader=WevtutilReader,
)
