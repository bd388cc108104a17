"""Plain text: a line a record; indented lines and closing brackets continue the one before.

    Server started on port 8080
    user context {
      accountId: '712020:…'
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from logscrub.formats.base import Format, Lines, text_unit
from logscrub.model import Raw


class TextReader:
    """Reads any text."""

    def __init__(self) -> None:
        self._lines = Lines()

    def feed(self, text: str) -> Iterator[Raw]:
        for line, number, column in self._lines.feed(text):
            yield text_unit(line, number, column, records=0 if continues(line) or column > 1 else 1)

    def finish(self) -> Iterator[Raw]:
        for line, number, column in self._lines.finish():
            yield text_unit(line, number, column, records=0 if continues(line) or column > 1 else 1)


def continues(line: str) -> bool:
    """Whether a line belongs to the record before it: indented, a closing bracket, or empty."""
    return line[:1] in " \t}])\r\n"


FORMAT = Format("text", lambda head: True, TextReader)
