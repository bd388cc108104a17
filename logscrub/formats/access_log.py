"""Access logs of web servers and proxies: the common and the combined log format, and what nginx, Apache, Traefik and Gin add.

    203.0.113.7 - jane [17/Nov/2026:09:15:38 +0000] "GET /rosters?page=2 HTTP/1.1" 500 2326
    roster.example.com:443 2001:db8::7 - - [17/Nov/2026:09:15:38 +0000] "PUT /rosters/7 HTTP/2.0" 204 0 "-" "curl/8.11.0" 0.031
    [GIN] 2026/11/17 - 09:15:38 | 500 |    31.2ms |     203.0.113.7 | GET      "/rosters"

The level follows from the status. The fields behind the user agent differ from server to server; a duration is read from them
only where its unit is certain. The two user names and the user agent are scanned under their field names.
"""

from __future__ import annotations

import re

from logscrub.formats.base import Format, LineShape, Memory, Named, Record
from logscrub.formats.times import duration_of, status_level, time_of

_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_VIRTUAL_HOST = r"(?:(?:\S+:\d{1,5}|(?=\S*[A-Za-z])[^\s.]+\.\S+)[ ])?"
_USER = r"(?P<user>\S(?:[^\[\]\"\r\n]*\S)?)"
_TIME = r"\[(?P<time>\d{1,2}/[A-Za-z]{3}/\d{4}:\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[ ][+-]\d{4})?)\]"
_HEAD = re.compile(
    rf"{_VIRTUAL_HOST}\S++[ ](?P<ident>\S++)[ ]{_USER}[ ]{_TIME}[ ]"
    rf"(?P<request>{_QUOTED})[ ](?P<status>\d{{3}}|-)[ ](?:\d{{1,19}}|-)(?=[ ]|$)"
    rf'(?:[ ]{_QUOTED}(?:[ ]"(?P<agent>(?:[^"\\]++|\\.)*+)")?)?'
)
"""Its names have no greatest length, which a redaction could bring a line within."""
_GIN = re.compile(
    r"\[GIN\][ ](?P<date>\d{4}/\d{2}/\d{2})[ ]-[ ](?P<clock>\d{2}:\d{2}:\d{2})[ ]\|[ ]{0,4}(?P<status>\d{3})[ ]{0,4}\|"
    r"[ ]{0,16}(?P<took>[\d.]{1,16}[nuµμm]?s|\d{1,6}m[\d.]{1,16}s)[ ]{0,4}\|[ ]{0,60}\S++[ ]{0,4}\|"
    r"[ ]{0,4}(?P<method>[A-Z]{3,8})[ ]{1,10}\"(?P<path>[^\"]*+)\""
)
_TOOK = re.compile(
    # nginx's $request_time; $http_x_forwarded_for or $request_length may stand before it
    r'(?:[ ](?:\d{1,10}|"[^"]*"))?[ ](?P<seconds>\d{1,6}\.\d{3})(?=[ ]|$)'
    r'|.*?[ ]"?(?:rt|request_time)[=:]"?(?P<named>\d{1,6}\.\d{3})(?![\d.])'
    r'|(?:[ ](?:\d{1,19}(?=[ ])|"[^"]*"))*+[ ](?P<milliseconds>\d{1,9})ms$'  # Traefik
)


def _begins(line: str, memory: Memory) -> Record | None:
    if line.startswith("[GIN] "):
        return _gin(line)
    if '] "' not in line:
        return None
    m = _HEAD.match(line)
    if m is None:
        return None
    time_ns = time_of(m["time"])
    took = _TOOK.match(line, m.end()) if m.end() < len(line) else None
    duration = None
    if took is not None:
        seconds = took["seconds"] or took["named"]
        duration = round(float(seconds) * 1000, 6) if seconds else float(took["milliseconds"])
    return Record(
        time_ns,
        status_level(int(m["status"])) if m["status"] != "-" else "",
        request_message(m["request"].strip('"'), m["status"]),
        duration_ms=duration,
        unread_time=m["time"] if time_ns is None else "",
    )


def request_message(request: str, status: str) -> str:
    """The message of a line of an access log: `GET /rosters 500`, without the protocol's version."""
    parts = request.split(" ")
    if len(parts) > 2 and parts[-1].startswith(("HTTP/", "HTTPS/")):
        parts.pop()
    return f"{' '.join(parts)} {status}"


def _gin(line: str) -> Record | None:
    m = _GIN.match(line)
    if m is None:
        return None
    written = f"{m['date']} {m['clock']}"
    time_ns = time_of(written)
    return Record(
        time_ns,
        status_level(int(m["status"])),
        request_message(f"{m['method']} {m['path']}", m["status"]),
        duration_ms=duration_of(m["took"]),
        unread_time=written if time_ns is None else "",
    )


def _fields(line: str) -> tuple[Named, ...]:
    m = _HEAD.match(line) if '] "' in line else None
    if m is None:
        return ()
    names = (("ident", "username"), ("user", "username"), ("agent", "user agent"))
    return tuple(Named(*m.span(group), name) for group, name in names if m[group] not in (None, "", "-"))


FORMAT = Format("access-log", lambda head: _begins(head, {}) is not None, line=LineShape(_begins, fields=_fields))
