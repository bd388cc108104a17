"""Google Cloud Logging: log entries as `gcloud logging read --format json` and sinks write them.

    {"insertId": "…", "timestamp": "…", "severity": "ERROR", "textPayload": "…", "resource": {"labels": {…}}}

Source: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, Record, dimension, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic
from logscrub.formats.times import level_of, status_level, time_of
from logscrub.patterns import regex

_SECONDS = regex(r"(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})s")


def _knows(value: dict[str, Any]) -> bool:
    payload = "textPayload" in value or "jsonPayload" in value or "protoPayload" in value
    return payload or ("insertId" in value and "logName" in value) or ("httpRequest" in value and "severity" in value)


def _record(value: dict[str, Any], around: Around) -> Record:
    inner = value.get("jsonPayload")
    found = generic(inner, {}) if isinstance(inner, dict) else Record(None, "", text_of(value.get("textPayload"))[:MOST_MESSAGE])
    proto = value.get("protoPayload")
    if not found.message and isinstance(proto, dict):
        found = found._replace(message=text_of(proto.get("methodName") or proto)[:MOST_MESSAGE])
    labels = value.get("resource", {}).get("labels", {}) if isinstance(value.get("resource"), dict) else {}
    function = labels.get("function_name") or labels.get("service_name") if isinstance(labels, dict) else ""
    written = value.get("timestamp") or value.get("receiveTimestamp")
    time_ns = time_of(written)
    level = level_of(value.get("severity")) if value.get("severity") != "DEFAULT" else ""
    request = value.get("httpRequest")
    duration = found.duration_ms
    if isinstance(request, dict):
        status = request.get("status")
        line = f"{request.get('requestMethod', '')} {request.get('requestUrl', '')} {text_of(status)}".strip()
        found = found if found.message else found._replace(message=line[:MOST_MESSAGE])
        level = level or (status_level(status) if isinstance(status, int) else "")
        latency = request.get("latency")
        if duration is None and isinstance(latency, str) and _SECONDS.fullmatch(latency):
            duration = float(latency[:-1]) * 1000
    return found._replace(
        time_ns=time_ns if time_ns is not None else found.time_ns,
        level=level or found.level,
        invocation=found.invocation or text_of(value.get("trace")).rsplit("/", 1)[-1],
        function=found.function or dimension(function),
        duration_ms=duration,
        unread_time="" if time_ns is not None else text_of(written)[:40],
        holds_log="textPayload" in value,
    )


FORMAT = Format(
    "gcp",
    lambda head: begins(head) and has_member(head, "textPayload", "jsonPayload", "insertId"),
    json=JsonShape(
        _knows,
        _record,
        names=frozenset(("textPayload", "jsonPayload", "protoPayload", "insertId", "httpRequest")),
    ),
    is_named=False,
)
