"""JSON of any other shape: one value per line, or one value over many lines. Lines that are not JSON are text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, ListRule, Record, dimension, text_of
from logscrub.formats.json_values import begins
from logscrub.formats.times import level_of, otlp_level, status_level, syslog_level, time_of, whole_number

TIMES: Final = (
    *("timeunixnano", "timestamp", "ts", "time", "datetimeutc", "datetime", "date", "eventtime", "timegenerated", "timestampms"),
    *("isotimestamp", "asctime", "timewritten", "createdat", "starteddatetime", "observedtimeunixnano", "ingestiontime", "t"),
    *("timestampinms", "timestamputc", "timegeneratedutc", "timeutc", "timecreated", "dateandtime", "instant", "timemillis"),
    *("timelocal", "timeiso8601", "lastseen"),
)
LEVELS: Final = ("severitytext", "level", "lvl", "severity", "loglevel", "levelname", "logseverity", "severitylevel", "status")
_MORE_LEVELS: Final = ("leveldisplayname", "s")
"""Names for the level of Windows' events, and for MongoDB's letter. Only strings count: other things have these names too."""
_INSIGHTS: Final = ("TRACE", "INFO", "WARN", "ERROR", "FATAL")
"""Levels by Application Insights' `SeverityLevel`, 0 (verbose) to 4 (critical)."""
_METHODS: Final = ("method", "requestmethod", "httpmethod", "httprequestmethod", "verb")
_REQUESTS: Final = ("request", "req")
_RESPONSES: Final = ("response", "res")
_STATUSES: Final = ("status", "statuscode", "responsestatus", "responsestatuscode", "httpstatuscode", "httpresponsestatuscode")
MESSAGES: Final = (
    *("message", "msg", "body", "details", "summary", "text", "textpayload", "logmessage", "shortmessage", "renderedmessage"),
    *("messagetemplate", "content", "event", "log", "line", "raw", "title"),
)
_DURATIONS: Final = {"durationms": 1.0, "responsetime": 1.0, "elapsedms": 1.0, "latencyms": 1.0, "tookms": 1.0}
"""Names under which a number is a duration, with the milliseconds of one unit. pino-http and morgan write `responseTime`."""
_SERILOG: Final = {"@t": "timestamp", "@m": "message", "@mt": "messagetemplate", "@l": "level", "@x": "exception"}
_NESTED: Final = (
    "log",
    "http",
    "event",
    "faas",
    "service",
    "kubernetes",
    "labels",
    "resource",
    "attributes",
    "fields",
    "record",
    "metrics",
)
"""Objects in which a collector puts parts of a record: Elastic's common schema, Datadog, AWS Lambda."""


class _Asked(NamedTuple):
    """The names of members that may answer each question about a record, in the order in which they are asked."""

    nested: tuple[str, ...]
    message: tuple[str, ...]
    error: tuple[str, ...]
    time: tuple[str, ...]
    level: tuple[str, ...]
    duration: tuple[str, ...]
    arguments: tuple[str, ...]
    invocation: tuple[str, ...]
    function: tuple[str, ...]
    module: tuple[str, ...]
    version: tuple[str, ...]
    environment: tuple[str, ...]
    customer: tuple[str, ...]
    number: tuple[str, ...]
    """Names under which a number, a letter or a status may be the level."""


_QUESTIONS: Final = _Asked(
    nested=_NESTED,
    message=MESSAGES,
    error=("error", "err", "stack", "exception", "stacktrace", "errorstack"),
    time=TIMES,
    level=LEVELS,
    duration=tuple(_DURATIONS),
    arguments=("arguments", "other", "context", "data"),
    invocation=("invocationid", "reqid", "requestid"),
    function=("functionkey", "function", "functionname", "faasname"),
    module=("moduletype", "module", "modulekey", "extensiontype"),
    version=("appversion", "version", "serviceversion"),
    environment=("environmentid", "environment", "serviceenvironment"),
    customer=("installationcontext", "contextari", "site", "siteurl", "cloudid"),
    number=("severitynumber", "severitylevel", "shortmessage", *_MORE_LEVELS, *_METHODS, *_REQUESTS),
)


@lru_cache(maxsize=4096)
def _asked(names: tuple[str, ...]) -> _Asked:
    """The questions that members of these names may answer. Most records of a log have the same names."""
    by_plain_name = dict(zip(_plain_names(names), names, strict=True))
    return _Asked(*(tuple(by_plain_name[name] for name in question if name in by_plain_name) for question in _QUESTIONS))


@lru_cache(maxsize=4096)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain_name, names))


def generic(record: dict[str, Any], inherited: dict[str, Any]) -> Record:
    """The record of an object whose members have the names that logs use, in any case and with any marks between words.

    `inherited`: what is known of the records around, by plain names (`functionkey`).
    """
    known, asked = record, _asked(tuple(record))
    if inherited or (asked.nested and any(isinstance(known[name], dict) for name in asked.nested)):
        known = inherited | _by_plain_name(record)
        for name in _NESTED:  # an object in one of them may have one of these names too
            inside = known.get(name)
            if isinstance(inside, dict):
                for inner, value in _by_plain_name(inside).items():
                    known.setdefault(name + inner, value)
                    known.setdefault(inner, value)
        asked = _asked(tuple(known))

    message = _first(known, asked.message)
    error = _first(known, asked.error)
    if isinstance(error, dict):
        error = error.get("stack") or error.get("stack_trace") or error.get("message") or text_of(error)
    text = text_of(message)
    if error is not None:
        text = "\n".join(filter(None, (text, text_of(error))))
    time_ns, unread = None, ""
    for name in asked.time:
        value = known[name]
        if _is_said(value):
            time_ns = time_of(value)
            if time_ns is not None:
                break
            unread = unread or text_of(value)[:40]
    level = ""
    for name in asked.level:
        level = level_of(known[name])
        if level:
            break
    if not level and asked.number:
        level = _level_by_number(_by_plain_name(known))
    durations = (known[n] * _DURATIONS[plain_name(n)] for n in asked.duration if isinstance(known[n], int | float))
    return Record(
        time_ns,
        level,
        text[:MOST_MESSAGE],
        text_of(_first(known, asked.arguments))[:MOST_MESSAGE] if asked.arguments else "",
        text_of(_first(known, asked.invocation)) if asked.invocation else "",
        dimension(_first(known, asked.function)) if asked.function else "",
        dimension(_first(known, asked.module)) if asked.module else "",
        dimension(_first(known, asked.version)) if asked.version else "",
        dimension(_first(known, asked.environment)) if asked.environment else "",
        text_of(_first(known, asked.customer)) if asked.customer else "",
        duration_ms=next(durations, None) if asked.duration else None,
        unread_time=unread if time_ns is None else "",
        holds_log=not level and isinstance(message, str) and not error,
    )


def _first(known: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The value of the first of these members that says something; None if none does."""
    for name in names:
        value = known[name]
        if _is_said(value):
            return value
    return None


def _is_said(value: Any) -> bool:
    """False for null, and for a text, a list or an object in which there is nothing. A zero and `false` say something."""
    return bool(value) or isinstance(value, int | float)


def _by_plain_name(members: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(_plain_names(tuple(members)), members.values(), strict=True))


def _level_by_number(known: dict[str, Any]) -> str:
    """The level of a number or a letter, decided by the member's name, or the level of a request's status."""
    found = otlp_level(known.get("severitynumber"))
    if found:
        return found
    written = known.get("severitylevel")
    number = whole_number(written) if isinstance(written, str) else written
    if isinstance(number, int) and 0 <= number < len(_INSIGHTS):
        return _INSIGHTS[number]
    if "shortmessage" in known:  # GELF
        return syslog_level(known.get("level"))
    for name in _MORE_LEVELS:
        if isinstance(known.get(name), str) and (found := level_of(known[name])):
            return found
    asked, answered = (_inside(known, names) for names in (_REQUESTS, _RESPONSES))
    if any(isinstance(each.get(name), str) for each in (known, asked) for name in _METHODS):
        for status in (each.get(name) for each in (known, answered) for name in _STATUSES):
            code = whole_number(status) if isinstance(status, str) else status
            if isinstance(code, int) and 100 <= code <= 599:
                return status_level(code)
    return ""


def _inside(known: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The members, by plain names, of the first of these that is an object."""
    found: dict[str, Any] = next((known[name] for name in names if isinstance(known.get(name), dict)), {})
    return _by_plain_name(found)


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A member's name in small letters, without marks: `Date/Time(UTC)` → `datetimeutc`; Serilog's short ones in full."""
    return _SERILOG.get(name) or re.sub(r"[^a-z0-9]", "", name.lower())


def _record(value: Any, around: Around) -> Record | None:
    if isinstance(value, str):
        return Record(None, "", value[:MOST_MESSAGE], holds_log=True)
    return generic(value, {}) if isinstance(value, dict) else None


FORMAT = Format(
    "ndjson",
    begins,
    json=JsonShape(
        lambda value: True,
        _record,
        tuple(ListRule(name, depth=1) for name in ("entries", "logs", "logEntries", "logEvents")),
    ),
)
