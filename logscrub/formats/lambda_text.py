"""The text that AWS Lambda functions write to CloudWatch Logs, also as `aws logs tail` prints it.

2026-11-17T09:15:38.315Z⇥8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00⇥ERROR⇥save failed              (Node.js)
[ERROR]⇥2026-11-17T09:15:38.315Z⇥8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00⇥save failed            (Python)
2026-11-17 09:15:38 8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00 ERROR Roster:12 - save failed       (Java)
2026-11-17T09:15:38.315Z 8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00 Task timed out after 3.00 seconds
START RequestId: 8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00 Version: 12
REPORT RequestId: 8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00⇥Duration: 12.3 ms⇥Billed Duration: 13 ms⇥Memory Size: 128 MB
2026-11-17T09:15:38.315000+00:00 2026/11/17/[$LATEST]0f5bd5… END RequestId: 8f5a1c2e-…       (aws logs tail)
"""

from __future__ import annotations

from logscrub.formats.base import MOST_MESSAGE, TIME_OF, Format, LineShape, Memory, Record
from logscrub.formats.times import leading_level, level_of, time_of
from logscrub.patterns import regex

_ID = r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_TIME = r"(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z)"
_LEVEL = r"(?P<level>[A-Za-z]{4,8})"
_NODE = regex(rf"{_TIME}\t(?:{_ID}|undefined)\t{_LEVEL}[ ]{{0,4}}\t")
_PYTHON = regex(rf"\[{_LEVEL}\]\t{_TIME}\t(?:{_ID})?\t")
_JAVA = regex(rf"(?P<time>\d{{4}}-\d{{2}}-\d{{2}}[ ]\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?)[ ]{_ID}[ ](?=[A-Z])")
_KILLED = regex(rf"{_TIME}[ ]{_ID}[ ](?=Task timed out after |Process exited )")
_PLATFORM = regex(rf"(?P<what>START|END|REPORT|RESTORE_REPORT|XRAY)[ ]RequestId:[ ]{_ID}(?P<more>$|[ \t].*)")
_INIT = regex(r"(?:INIT_START[ ]Runtime Version:|INIT_REPORT[ ]Init Duration:|EXTENSION[\t ]+Name:)[ ]")
_FAILED = regex(rf"RequestId:[ ]{_ID}[ ](?=(?:Error:|Process exited) )")
_DURATION = regex(r"[ \t]{1,4}Duration: (\d{1,9}(?:\.\d{1,6})?) ms")
_TAILED = regex(
    r"(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{6})?\+00:00)[ ]"
    r"(?:\d{4}/\d{2}/\d{2}/\S++|[^\s/]++(?:/[^\s/]++){2,8})[ ]"
)
"""The time and the stream: of a function, or of a container."""


def _begins(line: str, memory: Memory) -> Record | None:
    first = line[:1]
    if first.isdigit():
        return _dated(line)
    if first == "[":
        m = _PYTHON.match(line)
        if m is not None and (level := level_of(m["level"])):
            return _record(m["time"], m["id"], level, line[m.end() :])
        return None
    if first == "R" and (m := _FAILED.match(line)) is not None:
        return Record(None, "ERROR", line[m.end() :][:MOST_MESSAGE], invocation=m["id"])
    if first in ("S", "E", "R", "X") and (m := _PLATFORM.match(line)) is not None:
        took = _DURATION.match(m["more"]) if m["what"] == "REPORT" else None
        # the platform's lines have no time; those that end a request follow its last line at once
        near = memory.get(TIME_OF + m["id"]) if m["what"] in ("END", "REPORT") else None
        duration = float(took[1]) if took is not None else None
        return Record(int(near) if near else None, "INFO", line[:MOST_MESSAGE], invocation=m["id"], duration_ms=duration)
    if first in ("I", "E") and _INIT.match(line) is not None:
        return Record(None, "INFO", line[:MOST_MESSAGE])
    return None


def _dated(line: str) -> Record | None:
    if line[10:11] == " ":
        m = _JAVA.match(line)
        level, behind = leading_level(line[m.end() :]) if m is not None else ("", 0)
        return _record(m["time"], m["id"], level, line[m.end() + behind :]) if m is not None and level else None
    m = _NODE.match(line) if "\t" in line[:32] else None
    if m is not None and (level := level_of(m["level"])):
        return _record(m["time"], m["id"], level, line[m.end() :])
    m = _KILLED.match(line)
    if m is not None:
        return _record(m["time"], m["id"], "ERROR", line[m.end() :])
    m = _TAILED.match(line)
    if m is not None:
        return _record(m["time"], "", "", line[m.end() :])._replace(holds_log=True)
    return None


def _record(written: str, invocation: str | None, level: str, message: str) -> Record:
    time_ns = time_of(written)
    return Record(
        time_ns, level, message[:MOST_MESSAGE], invocation=invocation or "", unread_time=written if time_ns is None else ""
    )


FORMAT = Format("lambda", lambda head: _begins(head, {}) is not None, line=LineShape(_begins))
