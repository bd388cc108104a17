"""klog and glog, as Kubernetes and Google's C++ programs write them: a letter for the level, month and day, a place in a file.

E1117 09:15:38.315000       1 controller.go:116] save failed
W20261117 09:15:38.315000 12345 roster.cc:12] retrying
"""

from __future__ import annotations

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record
from logscrub.formats.times import level_of, time_of
from logscrub.patterns import regex

_HEAD = regex(
    r"(?P<level>[IWEF])(?P<year>\d{4})?(?P<month>\d{2})(?P<day>\d{2})[ ](?P<clock>\d{2}:\d{2}:\d{2}\.\d{1,9})[ ]{1,10}\d{1,10}[ ]"
    r"(?:[^\s\]]++\][ ]?)?"
)
"""Matches the head of a line. The place in the source may hold a placeholder, so what stands before it is enough."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _begins(line: str, memory: Memory) -> Record | None:
    m = _HEAD.match(line) if line[:1] in ("I", "W", "E", "F") and line[1:2].isdigit() else None
    if m is None:
        return None
    month, near = int(m["month"]), memory.get("time")
    if not 1 <= month <= 12:
        return None
    if m["year"]:
        written = f"{m['year']}-{m['month']}-{m['day']} {m['clock']}"
    else:
        written = f"{_MONTHS[month - 1]} {int(m['day'])} {m['clock']}"
    time_ns = time_of(written, int(near) if near else None)
    level = "FATAL" if m["level"] == "F" else level_of(m["level"])
    return Record(time_ns, level, line[m.end() :][:MOST_MESSAGE], unread_time=written if time_ns is None else "")


FORMAT = Format("klog", lambda head: _begins(head, {}) is not None, line=LineShape(_begins))
