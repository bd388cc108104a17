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
    r"(?P<before>[A-Z]{3,8}|\[[A-Za-z]{3,8}\]|\[Nest\][ ]\d{1,10}[ ]{1,4}-|[DIWEFAU],)?[ \t]*\[?"
    r"(?P<time>\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]|,[ ])\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[ ]?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT))?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4},?[ ]\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:[ \u202f][AP]M)?"
    rf"|\d{{1,2}}[/-]{_MONTH}[/-]\d{{4}}[: ]\d{{2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?(?:[ ](?:[+-]\d{{4}}|UTC|GMT))?"
    rf"|{_MONTH}[ ]\d{{1,2}},[ ]\d{{4}},?[ ]\d{{1,2}}:\d{{2}}:\d{{2}}(?:[ \u202f][AP]M)?"
    rf"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?{_MONTH}[ ]{{1,2}}\d{{1,2}}[ ]\d{{2}}:\d{{2}}:\d{{2}}"
    r"(?:\.\d{1,9})?(?:[ ]\d{4})?)(?![\w.,:]?\d|[A-Za-z_])"
)
"""A time at the head of a line, with a level before it where there is one."""
_CLOCK = re.compile(r"\[?(?P<time>\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)(?![\w:])")
"""A time without a date; the head of a record only if a level follows."""
_LEVELS = r"(?P<level>[A-Z]{4,9})"
_CELERY = rf":[ ]{_LEVELS}/[\w.@-]{{1,60}}\][ ]?"
_RUBY = rf"[ ]#\d{{1,10}}\][ ]{{1,2}}{_LEVELS}[ ]--[ ][^:\r\n]{{0,80}}:[ ]?(?:\[(?P<id>[0-9a-f-]{{36}})\][ ])?"
_ENV_LOGGER = rf"[ ]{_LEVELS}[ ]{{1,2}}[\w:.-]{{1,120}}\][ ]?"
_SPRING = rf"[ ]{{1,4}}{_LEVELS}[ ]{{1,4}}\d{{1,10}}[ ]---[ ](?:\[[^\[\]]{{0,80}}\][ ]){{1,3}}\S{{1,120}}[ ]{{1,60}}:[ ]?"
_MONOLOG = rf"\]?[ ][\w-]{{1,60}}\.{_LEVELS}:[ ]?"
_APACHE = r"\][ ]\[[\w-]{0,40}:(?P<level>[a-z]{4,6}\d?)\][ ]?"
_BEHIND = {
    sign: tuple(map(re.compile, patterns))
    for sign, patterns in {":": (_CELERY,), " ": (_RUBY, _ENV_LOGGER, _SPRING, _MONOLOG), "]": (_MONOLOG, _APACHE)}.items()
}
"""The sign behind the time → layouts that have their level elsewhere than at once: Celery's, Ruby's, that of Rust's env_logger,
Spring Boot's, that of PHP's Monolog, Apache's."""
_SEPARATOR = re.compile(r"\]?[ \t]*(?:[-|:][ \t]*)?")
_NOTE = re.compile(
    r"(?:\[[^\[\]\r\n]{0,80}\]|\{[\w.:/ -]{1,120}\})[ \t]*|\d{1,10}[ \t]+|[-|*][ \t]+|\#\#(?=\[)"
    r"|[A-Za-z_$][\w$]{0,60}(?:(?:[.:/-][\w$]{1,60}){1,12}[ \t]{1,20}(?:-[ ])?|[ ]-[ ])"
)
"""A thread, a logger, a process before the level: `[main] ERROR x`, `app.roster - ERROR - x`."""
_MOST_NOTES = 4


def _begins(line: str, memory: Memory) -> Record | None:
    first = line[:1]
    m = _HEAD.match(line) if first.isdigit() or first.isupper() or first == "[" else None
    if m is None:
        return _begins_with_clock(line) if first.isdigit() or first == "[" else None
    before = (m["before"] or "").strip("[],")
    level = level_of(before)
    if before and not level and not before.startswith("Nest") and len(before) > 1:
        return None  # `POST 2026-…`: a word, not a level
    near = memory.get("time")
    time_ns = time_of(m["time"], int(near) if near else None)
    unread = m["time"][:40] if time_ns is None else ""
    for pattern in _BEHIND.get(line[m.end() : m.end() + 1], ()):
        behind = pattern.match(line, m.end())
        if behind is not None and (its := level_of(behind["level"].rstrip("12345678"))):
            invocation = behind.groupdict().get("id") or ""
            return Record(time_ns, its, line[behind.end() :][:MOST_MESSAGE], invocation=invocation, unread_time=unread)
    separator = _SEPARATOR.match(line, m.end())
    assert separator is not None
    at = separator.end()
    if not level or len(before) == 1:
        level, at = _level_behind(line, at)
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


def _level_behind(line: str, at: int) -> tuple[str, int]:
    """The level that stands at a place of a line, or behind notes there, and where the text behind it begins."""
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
