"""Plain text: a line is a record; indented lines and closing brackets continue the one before. A line of JSON is read as JSON.

Server started on port 8080
2026-11-17 09:20:12,524 - WARN - retrying
user context {
  accountId: '712020:…'
}
{"level":"info","msg":"ready"}
"""

from __future__ import annotations

import re

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record
from logscrub.formats.times import leading_level, level_of, time_of

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HEAD = re.compile(
    r"(?P<before>[A-Z]{3,8}|\[[A-Za-z]{3,8}\])?[ \t]*\[?"
    r"(?P<time>\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[ ]?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT))?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4},?[ ]\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:[ ][AP]M)?"
    rf"|\d{{1,2}}[/-]{_MONTH}[/-]\d{{4}}[: ]\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?(?:[ ][+-]\d{{4}})?"
    rf"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?{_MONTH}[ ]{{1,2}}\d{{1,2}}[ ]\d{{2}}:\d{{2}}:\d{{2}}"
    r"(?:\.\d{1,9})?(?:[ ]\d{4})?)\]?(?![\w:])[ \t]*(?:[-|:][ \t]*)?"
)
"""A time at the head of a line, with a level before it where there is one."""
_NOTES = re.compile(r"(?:\[[\w.:/ -]{1,60}\][ \t]*)")
"""A thread, a logger, a process before the level: `[main] ERROR x`."""


def _begins(line: str, memory: Memory) -> Record | None:
    m = _HEAD.match(line) if line[:1].isdigit() or line[:1].isupper() or line[:1] == "[" else None
    if m is None:
        return None
    near = memory.get("time")
    time_ns = time_of(m["time"], int(near) if near else None)
    level, at = level_of((m["before"] or "").strip("[]")), m.end()
    if m["before"] and not level:
        return None  # `POST 2026-…`: a word, not a level
    if not level:
        rest = line[at:]
        level, behind = leading_level(rest)
        if not level and (note := _NOTES.match(rest)) is not None:
            level, behind = leading_level(rest[note.end() :])
            behind = note.end() + behind if level else 0
        at += behind
    return Record(time_ns, level, line[at:][:MOST_MESSAGE], unread_time=m["time"][:40] if time_ns is None else "")


FORMAT = Format("text", lambda head: True, line=LineShape(_begins))
