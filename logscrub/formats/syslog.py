"""Syslog as defined by RFC 5424 and RFC 3164, and as rsyslog, syslog-ng and Heroku write it to files.

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
from logscrub.formats.cut_lines import Part
from logscrub.formats.ndjson import generic
from logscrub.formats.times import syslog_level, time_of
from logscrub.patterns import regex

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ISO = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})"
_SHORT = rf"{_MONTH}[ ]{{1,2}}\d{{1,2}}(?:[ ]\d{{4}})?[ ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?"
_SHOWN = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ]\d{4}-\d{2}-\d{2}[ ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?[ ][A-Z]{3,5}|\d{10}\.\d{6}"
"""Matches the head that `journalctl -o short-full` and `-o short-unix` print."""
_TAG = r"[^\s\[\]]++(?:(?<=:)|\[[^\[\]\s]++\]:)"
"""Matches the name of a program and the number of its process. Any characters and any length are allowed, because a
placeholder may stand there."""
_HOST = r"(?!\S*:[ ])\S++"
"""Matches the name of a host. A word that ends with a colon is the name of a program, or a member of JSON such as `{"level":`."""
_COUNT = r"(?:\d{1,7}[ ])?"
"""The length of a message in a stream (RFC 6587, octet counting)."""
_STRUCTURED = r'(?:\[(?:[^\]"\\]++|"(?:[^"\\]++|\\.)*+"|\\.)*+\])++'
_RFC_5424 = regex(
    rf"{_COUNT}<(?P<priority>\d{{1,3}})>\d{{1,2}}[ ](?P<time>{_ISO}|-)[ ]"
    rf"(?:(?:\S++[ ]){{4}}(?:-|(?P<data>{_STRUCTURED}))(?:$|[ ]\ufeff?))?"
)
_PARAMETER = regex(r'[ ]([A-Za-z][\w.-]{0,31})="((?:[^"\\]++|\\.)*+)"')
_MOST_PARAMETERS = 40
_RFC_3164 = regex(
    rf"{_COUNT}<(?P<priority>\d{{1,3}})>"
    rf"(?:(?P<time>{_SHORT}|{_ISO})[ ](?:{_HOST}[ ]++{_TAG}(?:$|[ ])|\S++[ ])?|{_TAG}[ ])"
)
_NO_LEVEL = r"(?!(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|severe|fatal|crit(?:ical)?|panic)[ ])"
_NUMBERED = r"(?=[ ]\S++[ ]++[^\s\[\]]++\[[^\[\]\s]++\]:)"
_IN_FILES = regex(rf"(?P<time>{_SHORT}|{_ISO}|{_SHOWN})(?:(?<!Z)|{_NUMBERED})[ ]{_NO_LEVEL}{_HOST}[ ]++{_TAG}(?:$|[ ])")
"""Without a priority, as syslog daemons write it into files: with the offset of the local time. Other programs write `Z`, so
there the number of a process must stand behind the name of its program."""
_HEROKU = regex(rf"(?P<time>{_ISO})[ ][a-z][\w.-]{{0,40}}\[[^\[\]\s]++\]:[ ]")


_FULL = frozenset((1024, 2048, 10_000, 16_384, 49_152))
"""Bytes of a message that a sender cuts: util-linux' `logger`, older journals, Heroku, Docker, journals."""
_POSTGRES = regex(r"\[(?P<message>\d{1,10})-\d{1,6}\] ")
"""Matches the number that PostgreSQL gives a message, and the number of its piece. A piece has at most 900 bytes and ends
with a word where it can."""
_FULL_POSTGRES = range(512, 901)


def _head(line: str) -> re.Match[str] | None:
    """The head of a message."""
    first = line[:1]
    if first == "<" or ("<" in line[:9] and first.isdigit()):
        m = _RFC_5424.match(line) or _RFC_3164.match(line)
        return None if m is not None and int(m["priority"]) > 191 else m  # 23 facilities, eight severities
    if first == "1" and line[10:11] == ".":
        return _IN_FILES.match(line)
    if first.isdigit() and line[10:11] == "T":
        return _IN_FILES.match(line) or _HEROKU.match(line)
    return _IN_FILES.match(line) if first.isupper() else None


def _bytes(text: str) -> int:
    try:
        return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # half of a character of UTF-16
        return 0


def part(line: str) -> Part | None:
    """The message in a line, which may be a piece of a longer one."""
    m = _head(line)
    if m is None:
        return None
    groups = m.groupdict()
    # the host, the program and its process; they stand behind the time, or where there is none behind the priority
    start = m.end("time") if m["time"] else line.find(">") + 1
    stream = line[start : m.start("data") if groups.get("data") else m.end()]
    numbered = _POSTGRES.match(line, m.end())
    at = m.end() if numbered is None else numbered.end()
    size = _bytes(line[at:].rstrip("\r\n"))
    if numbered is not None:
        return Part(f"{stream}[{numbered['message']}", at, size in _FULL_POSTGRES)
    return Part(stream, at, size in _FULL)


def _begins(line: str, memory: Memory) -> Record | None:
    m = _head(line)
    if m is None:
        return None
    priority = m.groupdict().get("priority") or ""
    written, near = m["time"], memory.get("time")
    time_ns = time_of(written, int(near) if near else None) if written and written != "-" else None
    level = syslog_level(int(priority) % 8) if priority else ""
    unread = written[:40] if time_ns is None and written and written != "-" else ""
    message = line[m.end() :].removeprefix("@cee:").lstrip(" ")  # rsyslog's mark of a message that is JSON
    record = Record(time_ns, level, message[:MOST_MESSAGE], unread_time=unread, holds_log=True)
    data = m.groupdict().get("data")
    return _with_data(record, data) if data else record


def _with_data(record: Record, data: str) -> Record:
    """The record with function, version and request from its structured data."""
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
