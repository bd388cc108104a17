"""Access logs of AWS load balancers: classic, application and network (TLS).

    2026-11-17T09:15:38.315958Z roster-lb 203.0.113.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29
        "GET https://roster.example.com:443/rosters HTTP/1.1" "curl/8.11.0" ECDHE-RSA-AES128-SHA TLSv1.2
    https 2026-11-17T09:15:38.315958Z app/roster-lb/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.000 1.048 0.000 502 - 34 366
        "PUT https://roster.example.com:443/rosters/7 HTTP/1.1" "Mozilla/5.0 …" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:…
    tls 2.0 2026-11-17T09:15:38 net/roster-nlb/c6e77e28c25b2234 g3d4b5e8bb8464cd 203.0.113.7:51341 10.0.0.1:443 5 2 98 246 - …

Each is one line. The duration is the sum of the three parts that a request took, in seconds; a part that failed is -1, and the
request has none then. Of a TLS connection it is the connection's, in milliseconds.
"""

from __future__ import annotations

from logscrub.formats.access_log import request_message
from logscrub.formats.base import FieldPattern, Format, LineShape, Memory, Record
from logscrub.formats.times import status_level, time_of
from logscrub.patterns import regex

_TIME = r"(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,9}Z)"
_PART = r"-1(?:\.0{1,6})?|-|\d{1,6}\.\d{1,9}|\d{1,6}"
_STATUSES = r"(?P<status>\d{3}|-)[ ](?:\d{1,3}|-)"
_TRACED = r'[ ]\S++[ ]\S++(?:[ ]\S++[ ]"(?P<trace>[^"]*+)")?'
"""The cipher and the protocol; of an application load balancer also the targets' group and the request's trace."""
_REQUEST = regex(
    rf"(?:(?P<type>https?|h2|grpcs|wss?)[ ])?{_TIME}[ ]\S++[ ]\S++[ ]\S++[ ]"
    rf"(?P<numbers>(?P<parts>(?:{_PART})[ ](?:{_PART})[ ](?:{_PART}))[ ]{_STATUSES}[ ](?:\d{{1,12}}|-)[ ](?:\d{{1,12}}|-))[ ]"
    rf'"(?P<request>(?:[^"\\]++|\\.)*+)"(?:[ ]"(?P<agent>(?:[^"\\]++|\\.)*+)")?(?:{_TRACED})?'
)
_TLS = regex(
    r"tls[ ]\d\.\d[ ](?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z?)[ ]net/\S++[ ]\S++"
    r"[ ]\S++[ ]\S++[ ](?P<numbers>(?P<took>\d{1,12}|-)[ ](?:\d{1,12}|-)[ ](?:\d{1,12}|-)[ ](?:\d{1,12}|-))"
    r"[ ](?P<alert>\S++)"
)


def _begins(line: str, memory: Memory) -> Record | None:
    if line.startswith("tls "):
        return _tls(line)
    m = _REQUEST.match(line) if line[:1].isdigit() or line[:1] in ("h", "w", "g") else None
    if m is None:
        return None
    status, time_ns = m["status"], time_of(m["time"])
    parts = [float(part) if part != "-" else -1.0 for part in m["parts"].split(" ")]
    return Record(
        time_ns,
        status_level(int(status)) if status != "-" else "",
        "TCP connection" if m["request"].startswith("- - -") else request_message(m["request"], status),
        invocation=m["trace"] if m["trace"] not in (None, "-") else "",
        duration_ms=round(sum(parts) * 1000, 6) if min(parts) >= 0 else None,
        unread_time=m["time"] if time_ns is None else "",
    )


def _tls(line: str) -> Record | None:
    m = _TLS.match(line)
    if m is None:
        return None
    time_ns, alert = time_of(m["time"]), m["alert"]
    return Record(
        time_ns,
        "INFO" if alert == "-" else "WARN",
        "TLS connection" if alert == "-" else f"TLS connection failed: alert {alert}",
        duration_ms=float(m["took"]) if m["took"] != "-" else None,
        unread_time=m["time"] if time_ns is None else "",
    )


_FIELDS = (
    FieldPattern(_TLS, (("numbers", ""),), needs="tls "),
    FieldPattern(_REQUEST, (("numbers", ""), ("agent", "user agent"))),
)

FORMAT = Format("aws-load-balancer", lambda head: _begins(head, {}) is not None, line=LineShape(_begins, fields=_FIELDS))
