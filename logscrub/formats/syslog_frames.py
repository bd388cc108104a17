"""A stream of syslog messages with their lengths before them (RFC 6587, octet counting), as TCP and TLS carry it.

    78 <131>1 2026-11-17T09:15:38.315Z web-1 roster 4711 - - ERROR save failed
    at line twelve78 <131>1 2026-11-17T09:15:39.315Z web-1 roster 4711 - - …

A message may hold line ends, and the next one follows it with or without one. When something is redacted, the length is
updated. A message whose length is wrong is scanned as text, up to the end of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from logscrub.formats.base import Format, Lines, continues, text_unit
from logscrub.model import Leaf, Raw, Size
from logscrub.patterns import regex

_COUNT = regex(r"(\d{1,6})[ ](?=<\d{1,3}>)")
_NEXT = regex(r"(?<![\d\r\n])(?=\d{1,6}[ ]<\d{1,3}>\d{0,2}[ ]?(?:\d{4}-\d{2}-\d{2}T|[A-Z][a-z]{2}[ ]))")
"""Matches the beginning of the next message on a line that cannot be cut by lengths."""
_HEAD = len("123456 <191>")
"""Characters that show whether a message begins."""
_ENDS = regex(r"[\r\n]*")
_LONGEST = 1 << 16
"""Bytes of a message; a greater length is taken to be wrong."""
_FURTHEST = 1 << 16
"""Characters within which the end of a message with a wrong length is searched."""


class SyslogFramesReader:
    """Cuts a stream into its messages."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._text = ""
        self._newline = -1
        """Position of the next line end in the text; the text's length if there is none."""

    def feed(self, text: str) -> Iterator[Raw]:
        self._text += text
        yield from self._units(final=False)

    def finish(self) -> Iterator[Raw]:
        yield from self._units(final=True)

    def _units(self, final: bool) -> Iterator[Raw]:
        text, position = self._text, 0
        self._newline = -1
        while position < len(text):
            unit = self._next(text, position, final)
            if unit is None:
                break
            position += len(unit.text)
            yield self._moved(unit)
        self._text = text[position:]

    def _next(self, text: str, position: int, final: bool) -> Raw | None:
        """The message or line that begins there; None where more of the text must be seen."""
        m = _COUNT.match(text, position)
        if m is not None and int(m[1]) <= _LONGEST:
            end = _after_bytes(text, m.end(), int(m[1]))
            if end is None:
                if not final and len(text) - m.end() <= int(m[1]):
                    return None
            else:
                ends = _ENDS.match(text, end)
                assert ends is not None
                if not final and len(text) - ends.end() < _HEAD:
                    return None
                if end == len(text) or text[end] in "\r\n" or _COUNT.match(text, end):
                    before = m.end() - position
                    leaves = (Leaf(before, end - position, (), "text"),)
                    size = Size(0, len(m[1]), before, ends.end() - end, False)
                    return Raw(text[position : ends.end()], leaves, self.lines.line, self.lines.column, size=size)
        return self._line(text, position, final, m is not None)

    def _line(self, text: str, position: int, final: bool, is_message: bool) -> Raw | None:
        """The unit of a line, or of the rest of one, as text."""
        if self._newline < position:
            self._newline = text.find("\n", position) % (len(text) + 1)
        end = min(self._newline + 1, position + _FURTHEST, len(text))
        if self._newline == end == len(text) and not final:
            return None
        following = _NEXT.search(text, position + 1, end)
        line = text[position : end if following is None else following.start()]
        begins = is_message or (self.lines.column == 1 and not continues(line))
        return text_unit(line, self.lines.line, self.lines.column, records=int(begins), parsed=not begins)

    def _moved(self, unit: Raw) -> Raw:
        lines = unit.text.count("\n")
        self.lines.line += lines
        self.lines.column = len(unit.text) - unit.text.rfind("\n") if lines else self.lines.column + len(unit.text)
        return unit


def _after_bytes(text: str, start: int, count: int) -> int | None:
    """Position at which so many bytes of UTF-8 end; None if the text is shorter, or if a character lies across that place."""
    part = text[start : start + count]
    if part.isascii():
        return start + count if len(part) == count else None
    try:
        counted = part.encode("utf-8", "surrogateescape")[:count]
    except UnicodeEncodeError:  # half of a character of UTF-16
        return None
    part = counted.decode("utf-8", "surrogateescape")
    return start + len(part) if len(counted) == count and text.startswith(part, start) else None


def _recognises(head: str) -> bool:
    return re.match(r"\d{1,6} <\d{1,3}>(?:\d{1,2} |[A-Z][a-z]{2} )", head) is not None


FORMAT = Format("syslog-frames", _recognises, reader=SyslogFramesReader)
