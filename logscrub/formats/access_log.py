"""Access logs of web servers and proxies: the common and the combined log format, and what nginx, Apache, Traefik and Gin add.

    203.0.113.7 - jane [17/Nov/2026:09:15:38 +0000] "GET /rosters?page=2 HTTP/1.1" 500 2326
    roster.example.com:443 2001:db8::7 - - [17/Nov/2026:09:15:38 +0000] "PUT /rosters/7 HTTP/2.0" 204 0 "-" "curl/8.11.0" 0.031
    [GIN] 2026/11/17 - 09:15:38 | 500 |    31.2ms |     203.0.113.7 | GET      "/rosters"
    203.0.113.7:33317 [17/Nov/2026:09:15:38.315] front back/web1 10/0/30/69/109 500 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"
    [17/Nov/2026 09:15:38] "GET /rosters HTTP/1.1" 500 2326                          (Django's development server)
    Started GET "/rosters" for 203.0.113.7 at 2026-11-17 09:15:38 +0000              (Rails)
    Completed 500 Internal Server Error in 31ms (ActiveRecord: 1.0ms)

The level follows from the status. The fields behind the user agent differ from server to server; a duration is read from them
only where its unit is certain. The two user names and the user agent are scanned under their field names.
"""

from __future__ import annotations

from logscrub.formats.base import MOST_MESSAGE, FieldPattern, Format, LineShape, Memory, Record
from logscrub.formats.times import duration_of, status_level, time_of
from logscrub.patterns import regex

_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_VIRTUAL_HOST = r"(?:(?:\S+:\d{1,5}|(?=\S*[A-Za-z])[^\s.]+\.\S+)[ ])?"
_USER = r"(?P<user>\S(?:[^\[\]\"\r\n]*\S)?)"
_TIME = r"\[(?P<time>\d{1,2}/[A-Za-z]{3}/\d{4}:\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[ ][+-]\d{4})?)\]"
_HEAD = regex(
    rf"{_VIRTUAL_HOST}\S++[ ](?P<ident>\S++)[ ]{_USER}[ ]{_TIME}[ ]"
    rf"(?P<request>{_QUOTED})[ ](?P<status>\d{{3}}|-)[ ](?:\d{{1,19}}|-)(?=[ ]|$)"
    rf'(?:[ ]{_QUOTED}(?:[ ]"(?P<agent>(?:[^"\\]++|\\.)*+)")?)?'
)
"""The line of the common and the combined format. Names in it may have any length: with a limit, a redaction could make a line
match that did not match before."""
_GIN = regex(
    r"\[GIN\][ ](?P<date>\d{4}/\d{2}/\d{2})[ ]-[ ](?P<clock>\d{2}:\d{2}:\d{2})[ ]\|[ ]{0,4}(?P<status>\d{3})[ ]{0,4}\|"
    r"[ ]{0,16}(?P<took>[\d.]{1,16}[nuµμm]?s|\d{1,6}m[\d.]{1,16}s)[ ]{0,4}\|[ ]{0,60}\S++[ ]{0,4}\|"
    r"[ ]{0,4}(?P<method>[A-Z]{3,8})[ ]{1,10}\"(?P<path>[^\"]*+)\""
)
_HAPROXY = regex(
    rf"\S++[ ]{_TIME}[ ]\S++[ ]\S++[ ](?P<timers>(?:-?\d{{1,9}}/){{2,4}})\+?(?P<took>-?\d{{1,9}})[ ]"
    r"(?:(?P<status>\d{3}|-1)[ ])?\+?\d{1,19}[ ]"
)
"""HAProxy's line. `timers` are numbers of milliseconds, and `took` is their total. A line of its TCP mode has three numbers and
no status."""
_HAPROXY_REQUEST = regex(r'[ ]"(?P<request>[^"]*+)(?:"[^"]*+)?$')
"""The last quoted text. `option httpslog` writes fields behind it, and a line that is longer than HAProxy's limit ends in it."""
_DJANGO = regex(
    r"\[(?P<time>\d{1,2}/[A-Za-z]{3}/\d{4}[: ]\d{2}:\d{2}:\d{2})\][ ]"
    rf"(?P<request>{_QUOTED})[ ](?P<status>\d{{3}})[ ](?:\d{{1,19}}|-)$"
)
_STARTED = regex(
    r'Started[ ](?P<method>[A-Z]{3,8})[ ]"(?P<path>[^"]*)"[ ]for[ ]\S++[ ]at[ ]'
    r"(?P<time>\d{4}-\d{2}-\d{2}[ ]\d{2}:\d{2}:\d{2}[ ][+-]\d{4})$"
)
_COMPLETED = regex(r"Completed[ ](?P<status>\d{3})[ ](?:[A-Z][\w' -]{0,60}[ ])?in[ ](?P<took>\d{1,9}(?:\.\d{1,3})?ms)(?=[ ]|$)")
_TOOK = regex(
    # nginx's $request_time; $http_x_forwarded_for or $request_length may stand before it
    r'(?:[ ](?:\d{1,10}|"[^"]*"))?[ ](?P<seconds>\d{1,6}\.\d{3})(?=[ ]|$)'
    r'|.*?[ ]"?(?:rt|request_time)[=:]"?(?P<named>\d{1,6}\.\d{3})(?![\d.])'
    r'|(?:[ ](?:\d{1,19}(?=[ ])|"[^"]*"))*+[ ](?P<milliseconds>\d{1,9})ms$'  # Traefik
)


def _begins(line: str, memory: Memory) -> Record | None:
    if line.startswith("[GIN] "):
        return _gin(line)
    if line.startswith(("Started ", "Completed ")):
        return _rails(line)
    if '] "' not in line:
        return _haproxy(line) if "/20" in line else None
    if line[0] == "[":
        return _django(line)
    m = _HEAD.match(line)
    if m is None:
        return _haproxy(line)
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


def _haproxy(line: str) -> Record | None:
    m = _HAPROXY.match(line)
    slashes = 0 if m is None else m["timers"].count("/")
    if m is None or slashes == 3 or (slashes == 2) == (m["status"] is not None):
        return None
    time_ns, took, status = time_of(m["time"]), int(m["took"]), m["status"] or ""
    request = _HAPROXY_REQUEST.search(line, m.end())
    return Record(
        time_ns,
        status_level(int(status)) if len(status) == 3 else "",
        "TCP connection" if request is None else request_message(request["request"], status),
        duration_ms=float(took) if took >= 0 else None,
        unread_time=m["time"] if time_ns is None else "",
    )


def _django(line: str) -> Record | None:
    m = _DJANGO.match(line)
    if m is None:
        return None
    time_ns = time_of(m["time"])
    message = request_message(m["request"].strip('"'), m["status"])
    return Record(time_ns, status_level(int(m["status"])), message, unread_time=m["time"] if time_ns is None else "")


def _rails(line: str) -> Record | None:
    """A request of Rails: where it starts it has a time, where it is completed a status and a duration."""
    started = _STARTED.match(line)
    if started is not None:
        return Record(time_of(started["time"]), "INFO", f"{started['method']} {started['path']}")
    completed = _COMPLETED.match(line)
    if completed is None:
        return None
    return Record(None, status_level(int(completed["status"])), line[:MOST_MESSAGE], duration_ms=duration_of(completed["took"]))


_FIELDS = FieldPattern(_HEAD, (("ident", "username"), ("user", "username"), ("agent", "user agent")), needs='] "')

FORMAT = Format("access-log", lambda head: _begins(head, {}) is not None, line=LineShape(_begins, fields=(_FIELDS,)))
