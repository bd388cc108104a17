"""logfmt: pairs `key=value` on a line, as Go's loggers, Heroku, Loki, Grafana and HashiCorp's tools write them.

    time=2026-11-17T09:15:38.315Z level=ERROR msg="save failed" function=saveRoster request_id=8f5a duration=31.2ms
    ts=2026-11-17T09:15:38.315Z caller=http.go:55 level=error err="no such project" took=1.2s
    at=error code=H12 desc="Request timeout" method=GET path="/rosters" host=roster.example.com service=30000ms status=503

A line is one of these if it begins with pairs and if two of the first ones have the names that loggers give them. Other names may
have any letters, because a placeholder may stand there.
"""

from __future__ import annotations

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record, dimension
from logscrub.formats.ndjson import generic, plain_name
from logscrub.formats.times import duration_of, level_of, status_level, whole_number
from logscrub.patterns import regex

_PAIR = regex(r'([^\s"=]++)=(?:"((?:[^"\\]++|\\.)*+)"(?=\s|$)|([^\s"=][^\s"]*+(?=\s|$))?)[ \t]*')
_ESCAPED = regex(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_TELLING = frozenset("time ts t timestamp date level lvl severity at msg message".split())
"""Names that loggers use for time, level and message; one of the first pairs has one."""
_USUAL = _TELLING | frozenset(
    """
    caller logger source component module service app name pid host hostname node env version method path status code err error
    requestid reqid traceid spanid duration took elapsed func function cmd event action org user dyno
    """.split()
)
_FIRST, _MOST = 4, 200
"""The first pairs, whose names decide whether a line is logfmt; the number of pairs that are read."""
_TOOK = ("duration", "took", "elapsed", "latency", "dur", "responsetime", "requestduration", "elapsedtime", "service")
_SCALES = {"ms": 1.0, "millis": 1.0, "milliseconds": 1.0, "seconds": 1e3, "secs": 1e3, "us": 1e-3, "micros": 1e-3, "ns": 1e-6}
_TOOK_IN = regex(rf"(?:{'|'.join(_TOOK)})(?:in)?(?P<unit>{'|'.join(_SCALES)})")
_PLACE = regex(r":\d+$")


def _begins(line: str, memory: Memory) -> Record | None:
    if "=" not in line:
        return None
    pairs = _pairs(line)
    first = [name for name, _ in pairs[:_FIRST]]
    if len(first) < 2 or not _TELLING.intersection(first) or sum(name in _USUAL for name in first) < 2:
        return None
    known: dict[str, str] = {}
    for name, value in pairs:
        known.setdefault(name, value)
    record = generic(dict(known), {})
    level = level_of(known.get("level") or known.get("lvl") or known.get("severity") or known.get("at"))
    status = known.get("status", "")
    code = whole_number(status)
    if not level and "method" in known and code is not None and len(status) == 3:
        level = status_level(code)
    function = known.get("function") or known.get("func") or known.get("handler") or _PLACE.sub("", known.get("caller", ""))
    return record._replace(
        level=level or record.level,
        message=record.message or _request(known) or line[:MOST_MESSAGE],
        arguments="",
        function=record.function or dimension(function),
        duration_ms=_duration(known),
        holds_log=False,
    )


def _pairs(line: str) -> list[tuple[str, str]]:
    """The pairs that a line begins with: plain names (`requestid`) and values."""
    found: list[tuple[str, str]] = []
    position = 0
    while len(found) < _MOST and (m := _PAIR.match(line, position)) is not None:
        quoted = m[2]
        if quoted is not None and "\\" in quoted:
            quoted = _ESCAPED.sub(lambda e: _ESCAPES.get(e[1], e[1]), quoted)
        found.append((plain_name(m[1]), m[3] or "" if quoted is None else quoted))
        position = m.end()
    return found


def _request(known: dict[str, str]) -> str:
    """The message for a line of a router, which has none: `GET /rosters 503 H12 Request timeout`."""
    path = known.get("path") or known.get("uri") or known.get("url")
    if not path or "method" not in known:
        return ""
    parts = (known["method"], path, known.get("status", ""), known.get("code", ""), known.get("desc", ""))
    return " ".join(filter(None, parts))[:MOST_MESSAGE]


def _duration(known: dict[str, str]) -> float | None:
    """The duration in milliseconds: a value with a unit, or with the unit in its name."""
    for name in _TOOK:
        if name in known and (found := duration_of(known[name])) is not None:
            return found
    for name, value in known.items():
        m = _TOOK_IN.fullmatch(name)
        if m is not None:
            try:
                return float(value) * _SCALES[m["unit"]]
            except ValueError:
                continue
    return None


FORMAT = Format("logfmt", lambda head: _begins(head, {}) is not None, line=LineShape(_begins))
