"""Plain text: a line a record; indented lines and closing brackets continue the one before. A line of JSON is read as JSON.

Server started on port 8080
user context {
  accountId: '712020:…'
}
{"level":"info","msg":"ready"}
"""

from __future__ import annotations

from collections.abc import Iterator

from logscrub.detect.json_leaves import json_leaves
from logscrub.formats.base import Format, Lines, continues, text_unit
from logscrub.formats.json_values import is_value, json_frame
from logscrub.model import Raw

_LONGEST_JSON = 4 << 20


class TextReader:
    """Reads any text."""

    def __init__(self) -> None:
        self.lines = Lines()

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield self.unit(*line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield self.unit(*line)

    def unit(self, line: str, number: int, column: int) -> Raw:
        """The unit of a line, or of a part of one."""
        may_be_json = line[:1] in "{[" and column == 1 and len(line) <= _LONGEST_JSON
        if may_be_json and is_value(line):
            return Raw(line, tuple(json_leaves(line)), number, column)
        records = 0 if continues(line) or column > 1 else 1
        return text_unit(line, number, column, records=records, frame=json_frame if may_be_json else None)


FORMAT = Format("text", lambda head: True, TextReader)
