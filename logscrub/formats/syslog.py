"""Syslog as RFC 5424 and RFC 3164 have it, and as rsyslog, syslog-ng and Heroku write it into files.

    <131>1 2026-11-17T09:15:38.315Z web-1 roster 4711 ID47 [forge@32473 iut="3"] ERROR save failed
    <34>Nov 17 09:15:38 web-1 su[230]: 'su root' failed
    Nov 17 09:15:38 web-1 sshd[230]: Invalid user webmaster
    2026-11-17T09:15:38.315000+00:00 web-1 roster[4711]: save failed
    2026-11-17T09:15:38.315000+00:00 heroku[router]: at=info method=GET path="/" status=200
    <3>roster[4711]: save failed

The level is the severity in the priority, unless the message has a level of its own. The message may be a line of another log.
"""

from __future__ import annotations

import re
from itertools import islice

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record
from logscrub.formats.ndjson import generic
from logscrub.formats.times import syslog_level, time_of

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ISO = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})"
_SHORT = rf"{_MONTH}[ ]{{1,2}}\d{{1,2}}(?:[ ]\d{{4}})?[ ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?"
_TAG = r"[^\s\[\]]++(?:(?<=:)|\[[^\[\]\s]++\]:)"
"""The name of a program and the number of its process: of any letters and any length, for a placeholder may stand there."""
_COUNT = r"(?:\d{1,7}[ ])?"
"""The length of a message in a stream (RFC 6587, octet counting)."""
_STRUCTURED = r'(?:\[(?:[^\]"\\]++|"(?:[^"\\]++|\\.)*+"|\\.)*+\])++'
_RFC_5424 = re.compile(
    rf"{_COUNT}<(?P<priority>\d{{1,3}})>\d{{1,2}}[ ](?P<time>{_ISO}|-)[ ]"
    rf"(?:(?:\S++[ ]){{4}}(?:-|(?P<data>{_STRUCTURED}))(?:$|[ ]\ufeff?))?"
)
_PARAMETER = re.compile(r'[ ]([A-Za-z][\w.-]{0,31})="((?:[^"\\]++|\\.)*+)"')
_MOST_PARAMETERS = 40
_RFC_3164 = re.compile(
    rf"{_COUNT}<(?P<priority>\d{{1,3}})>"
    rf"(?:(?P<time>{_SHORT}|{_ISO})[ ](?:\S++[ ]++{_TAG}(?:$|[ ])|\S++[ ])?|{_TAG}[ ])"
)
_NO_LEVEL = r"(?!(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|severe|fatal|crit(?:ical)?|panic)[ ])"
_NUMBERED = r"(?=[ ]\S++[ ]++[^\s\[\]]++\[[^\[\]\s]++\]:)"
_IN_FILES = re.compile(rf"(?P<time>{_SHORT}|{_ISO})(?:(?<!Z)|{_NUMBERED})[ ]{_NO_LEVEL}\S++[ ]++{_TAG}(?:$|[ ])")
"""Without a priority, as syslog daemons write it into files: with the offset of the local time. Other programs write `Z`, so
there the number of a process must stand behind the name of its program."""
_HEROKU = re.compile(rf"(?P<time>{_ISO})[ ][a-z][\w.-]{{0,40}}\[[^\[\]\s]++\]:[ ]")


def _begins(line: str, memory: Memory) -> Record | None:
    m, priority = None, ""
    first = line[:1]
    if first == "<" or ("<" in line[:9] and first.isdigit()):
        m = _RFC_5424.match(line) or _RFC_3164.match(line)
        priority = m["priority"] if m is not None else ""
        if priority and int(priority) > 191:  # 23 facilities, eight severities
            return None
    elif first.isdigit() and line[10:11] == "T":
        m = _IN_FILES.match(line) or _HEROKU.match(line)
    elif first.isupper():
        m = _IN_FILES.match(line)
    if m is None:
        return None
    written, near = m["time"], memory.get("time")
    time_ns = time_of(written, int(near) if near else None) if written and written != "-" else None
    level = syslog_level(int(priority) % 8) if priority else ""
    unread = written[:40] if time_ns is None and written and written != "-" else ""
    message = line[m.end() :].removeprefix("@cee:").lstrip(" ")  # rsyslog's mark of a message that is JSON
    record = Record(time_ns, level, message[:MOST_MESSAGE], unread_time=unread, holds_log=True)
    data = m.groupdict().get("data")
    return _with_data(record, data) if data else record


def _with_data(record: Record, data: str) -> Record:
    """The record with what its structured data say of the function, its version, and the request."""
    pairs = islice(_PARAMETER.finditer(data), _MOST_PARAMETERS)
    said = generic({m[1]: m[2] for m in pairs}, {})
    return record._replace(
        invocation=said.invocation,
        function=said.function,
        module=said.module,
        version=said.version,
        environment=said.environment,
        customer=said.customer,
    )


FORMAT = Format("syslog", lambda head: _begins(head, {}) is not None, line=LineShape(_begins))
