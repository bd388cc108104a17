"""Plain text: each line is a record. Indented lines and closing brackets continue the one before. A line of JSON is read as JSON.

Server started on port 8080
2026-11-17 09:20:12,524 - WARN - retrying
user context {
  accountId: '712020:…'
}
{"level":"info","msg":"ready"}
"""

from __future__ import annotations

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record
from logscrub.formats.times import leading_level, level_of, time_of
from logscrub.patterns import regex

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HEAD = regex(
    r"(?P<before>[A-Z]{3,8}|\[[A-Za-z]{3,8}\]|\[Nest\][ ]\d{1,10}[ ]{1,4}-|[DIWEFAU],|\d{1,10}:[MCSX])?[ \t]*\[?"
    r"(?P<time>\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]|,[ ])\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[ ]?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT))?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4},?[ ]\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:[ \u202f][AP]M)?"
    rf"|\d{{1,2}}[/-]{_MONTH}[/-]\d{{4}}[: ]\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?(?:[ ](?:[+-]\d{{4}}|UTC|GMT))?"
    rf"|\d{{1,2}}[ ]{_MONTH}[ ]\d{{4}}[ ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?"
    rf"|{_MONTH}[ ]\d{{1,2}},[ ]\d{{4}},?[ ]\d{{1,2}}:\d{{2}}:\d{{2}}(?:[ \u202f][AP]M)?"
    rf"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?{_MONTH}[ ]{{1,2}}\d{{1,2}}[ ]\d{{2}}:\d{{2}}:\d{{2}}"
    r"(?:\.\d{1,9})?(?:[ ]\d{4})?)(?![\w.,:]?\d|[A-Za-z_])"
)
"""A time at the head of a line, with a level before it where there is one."""
_CLOCK = regex(r"\[?(?P<time>\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?Z?|\d{1,2}:\d{2}[AP]M)(?![\w:])")
"""A time without a date; the head of a record only if a level follows."""
_LEVELS = r"(?P<level>[A-Z]{4,9})"
_CELERY = rf":[ ]{_LEVELS}/[\w.@-]{{1,60}}\][ ]?"
_RUBY = rf"[ ]#\d{{1,10}}\][ ]{{1,2}}{_LEVELS}[ ]--[ ][^:\r\n]{{0,80}}:[ ]?(?:\[(?P<id>[0-9a-f-]{{36}})\][ ])?"
_ENV_LOGGER = rf"[ ]{_LEVELS}[ ]{{1,2}}[\w:.-]{{1,120}}\][ ]?"
_SPRING = rf"[ ]{{1,4}}{_LEVELS}[ ]{{1,4}}\d{{1,10}}[ ]---[ ](?:\[[^\[\]]{{0,80}}\][ ]){{1,3}}\S{{1,120}}[ ]{{1,60}}:[ ]?"
_MONOLOG = rf"\]?[ ][\w-]{{1,60}}\.{_LEVELS}:[ ]?"
_APACHE = r"\][ ]\[[\w-]{0,40}:(?P<level>[a-z]{4,6}\d?)\][ ]?"
_FLY = r"[ ]\w{1,20}\[[^\[\]\s]{1,80}\][ ][a-z]{3}[ ]\[(?P<level>[a-z]{4,8})\][ ](?P<wraps>)"
_PHP = r"\][ ]PHP[ ](?:Parse[ ]|Recoverable[ ])?(?P<level>Fatal|Warning|Notice|error)(?:[ ]error)?:[ ]{1,2}"
_BEHIND = {
    sign: tuple(map(regex, patterns))
    for sign, patterns in {
        ":": (_CELERY,),
        " ": (_RUBY, _ENV_LOGGER, _SPRING, _MONOLOG, _FLY),
        "]": (_MONOLOG, _APACHE, _PHP),
    }.items()
}
"""The sign behind the time → layouts that have their level elsewhere than at once: Celery's, Ruby's, that of Rust's env_logger,
Spring Boot's, that of PHP's Monolog, Fly.io's (which wraps a line of another log), Apache's, that of PHP itself."""
_SEPARATOR = regex(r"\]?[ \t]*(?:[-|:][ \t]*)?")
_NOTE = regex(
    r"(?:\[[^\[\]\r\n]{0,80}\]|\{[\w.:/ -]{1,120}\})[ \t]*|\d{1,10}[ \t]+|[-|*][ \t]+|\#\#(?=\[)"
    r"|[A-Za-z_]{1,40}=[^\s\[\]]{1,80}[ \t]+|[\w.-]{1,60}@[\w.-]{1,60}[ \t]+"
    r"|[\w.-]{0,60}<[A-Z_]{3,40}(?::[0-9a-f]{1,40})?>[@\w.-]{0,60}[ \t]+"
    r"|[A-Za-z_$][\w$]{0,60}(?:(?:[.:/-][\w$]{1,60}){1,12}[ \t]{1,20}(?:-[ ])?|[ ]-[ ])"
)
"""A thread, a logger, a process, a user before the level: `[main] ERROR x`, `app.roster - ERROR - x`."""
_MOST_NOTES = 4
_SMALL = regex(r"(?P<level>trace|debug|info|warn(?:ing)?|error|fatal)[ \t]+(?:[-|][ \t]+)?")
"""A level in small letters at once behind a time with its date; elsewhere it could be any word."""
_LABELS = regex(r"\{[A-Za-z_]\w{0,60}=\"[^{}]{0,4000}\}[ \t]+")
"""The labels that Loki's logcli prints behind the time."""
_NUMBER = regex(r"\[?(?P<time>1\d{9}(?:\.\d{1,9})?|1\d{12}|1\d{15}|1\d{18})\]?[ \t]+(?:[-|][ \t]+)?")
"""Seconds, milli-, micro- or nanoseconds since 1970; the head of a record only if a level or another time follows."""
_NAME = regex(
    r"(?P<bar>(?:\d{1,4}\|)?[^\s|]++[ ]{1,80}\|(?:[ ]|$))"  # Docker Compose, Docker's services, Foreman, PM2
    r"|\[pod/[^\[\]\s]++\][ ]"  # kubectl logs --prefix
    r"|(?=[a-z0-9.]*-)[a-z0-9.-]{1,253}[ ][a-z0-9.-]{1,63}[ ](?=\{|\d{4}-\d{2}-\d{2}T)"  # stern
    r"|(?P<note>\[[^\[\]\r\n]{1,80}\][ ]|\d{1,20}\t(?=\d{4}-))"
)
"""Matches the name of a line's writer, which programs print that show the logs of several writers at once. The line itself may be
one of another log. Behind a note in brackets it counts as one only if it begins like one."""
_STAMP = regex(r'"timestamp"[ ]?:[ ]?"(?P<time>[^"\\]{10,40})"[^{}]*\}$')
"""The time in the JSON that winston's `simple` writes behind the message."""
_LONGEST_STAMP = 400


def _begins(line: str, memory: Memory) -> Record | None:
    return _dated(line, memory) or _named(line, memory) or (_stamped(line) if line[-1:] == "}" else None)


def _dated(line: str, memory: Memory) -> Record | None:
    """The record of a line that begins with a time."""
    first = line[:1]
    m = _HEAD.match(line) if first.isdigit() or first.isupper() or first == "[" else None
    if m is None:
        return _begins_with_clock(line) or _numbered(line, memory) if first.isdigit() or first == "[" else None
    before = (m["before"] or "").strip("[],")
    level = level_of(before)
    if before and not level and not before.startswith("Nest") and len(before) > 1 and ":" not in before:
        return None  # `POST 2026-…`: a word, not a level
    near = memory.get("time")
    time_ns = time_of(m["time"], int(near) if near else None)
    unread = m["time"][:40] if time_ns is None else ""
    for pattern in _BEHIND.get(line[m.end() : m.end() + 1], ()):
        behind = pattern.match(line, m.end())
        if behind is not None and (its := level_of(behind["level"].rstrip("12345678"))):
            invocation = behind.groupdict().get("id") or ""
            wraps = "wraps" in behind.groupdict()
            message = line[behind.end() :][:MOST_MESSAGE]
            return Record(time_ns, its, message, invocation=invocation, unread_time=unread, holds_log=wraps)
    separator = _SEPARATOR.match(line, m.end())
    assert separator is not None
    at = separator.end()
    labels = _LABELS.match(line, at) if line[at : at + 1] == "{" else None
    if labels is not None:
        at = labels.end()
    if not level or len(before) == 1:
        level, at = _level_behind(line, at)
    if not level and (small := _SMALL.match(line, at)) is not None:
        level, at = level_of(small["level"]), small.end()
    # a line of another log may stand behind a time: `kubectl logs --timestamps`
    return Record(time_ns, level, line[at:][:MOST_MESSAGE], unread_time=unread, holds_log=not level)


def _begins_with_clock(line: str) -> Record | None:
    m = _CLOCK.match(line)
    if m is None:
        return None
    separator = _SEPARATOR.match(line, m.end())
    assert separator is not None
    level, at = _level_behind(line, separator.end())
    return Record(None, level, line[at:][:MOST_MESSAGE], unread_time=m["time"]) if level else None


def _numbered(line: str, memory: Memory) -> Record | None:
    """The record of a line that begins with a time as a number."""
    m = _NUMBER.match(line)
    if m is None:
        return None
    other = _HEAD.match(line, m.end())
    if other is not None:
        return _dated(line[m.end() :], memory)
    level, at = _level_behind(line, m.end())
    return Record(time_of(m["time"]), level, line[at:][:MOST_MESSAGE]) if level else None


def _named(line: str, memory: Memory) -> Record | None:
    """The record of a line that follows the name of its writer."""
    m = _NAME.match(line)
    if m is None or (m["bar"] and (m.end() == len(line) or level_of(m["bar"].rstrip(" |")))):
        return None
    inner = line[m.end() :]
    if not m["note"] or inner[:1] == "{":
        return Record(None, "", inner[:MOST_MESSAGE], holds_log=True)
    found = _dated(inner, memory)
    if found is not None:
        return found
    level, at = leading_level(inner)
    return Record(None, level, inner[at:][:MOST_MESSAGE]) if level else None


def _stamped(line: str) -> Record | None:
    """The record of a line that begins with a level and ends with its time."""
    level, at = leading_level(line)
    m = _STAMP.search(line, max(at, len(line) - _LONGEST_STAMP)) if level else None
    return Record(time_of(m["time"]), level, line[at:][:MOST_MESSAGE]) if m is not None else None


def _level_behind(line: str, at: int) -> tuple[str, int]:
    """The level at a position of a line, or after notes there, and the position of the text after it."""
    position = at
    for _ in range(_MOST_NOTES + 1):
        level, behind = leading_level(line[position : position + 80])
        if level:
            return level, position + behind
        note = _NOTE.match(line, position)
        if note is None:
            break
        position = note.end()
    return "", at


FORMAT = Format("text", lambda head: True, line=LineShape(_begins))
