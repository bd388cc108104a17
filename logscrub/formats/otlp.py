"""OTLP/JSON logs: {"resourceLogs": [{"resource": ..., "scopeLogs": [{"logRecords": [...]}]}]}, and log records by themselves.

The shape is OpenTelemetry's (opentelemetry-proto, logs.proto, in JSON). The App logs API writes such records too, with Forge's
levels in `severityNumber` (10 TRACE to 60 FATAL) and always a `severityText`.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, ListRule, Record, dimension, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic
from logscrub.formats.times import level_of, otlp_level, time_of

_INSTALLATION = "installationContext"


def attributes_of(attributes: Any) -> dict[str, Any]:
    """OTLP's list of attributes as names and values. Elements of another shape are left out."""
    try:  # nearly all attributes are strings
        return {a["key"]: a["value"]["stringValue"] for a in attributes}
    except (KeyError, TypeError):
        found: dict[str, Any] = {}
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, dict):
            found[str(attribute.get("key"))] = plain_value(attribute.get("value"))
    return found


def plain_value(value: Any) -> Any:
    """The value in an OTLP AnyValue."""
    if not isinstance(value, dict):
        return value
    for name, inner in value.items():
        if name == "arrayValue" and isinstance(inner, dict):
            return [plain_value(each) for each in inner.get("values") or ()]
        if name == "kvlistValue" and isinstance(inner, dict):
            return attributes_of(inner.get("values"))
        return inner
    return None


def installation_of(record: dict[str, Any], around: Around) -> str:
    """The customer of a log record's `Record`."""
    return text_of(_all_attributes(record, around).get(_INSTALLATION))


def _all_attributes(record: dict[str, Any], around: Around) -> dict[str, Any]:
    """The attributes of a log record, and those of the resource that it is about."""
    found = attributes_of(record.get("attributes"))
    for outer in around:
        if isinstance(outer.get("resource"), dict):
            found = attributes_of(outer["resource"].get("attributes")) | found
    return found


def _record(record: Any, around: Around) -> Record | None:
    if not isinstance(record, dict):
        return None
    found = _all_attributes(record, around)
    message = plain_value(record.get("body"))
    written = record.get("timeUnixNano") or record.get("observedTimeUnixNano")
    time_ns = time_of(written)
    if time_ns is None:  # a collector writes "0" where the log had no time
        time_ns = time_of(record.get("observedTimeUnixNano"))
    number = record.get("severityNumber")
    level = level_of(record.get("severityText"))
    if not level:
        level = level_of(number) if "functionKey" in found or "appId" in found else otlp_level(number)
    if isinstance(message, dict):  # a record of JSON that a collector has parsed
        inner = generic(message, {})
        level, message = level or inner.level, inner.message or message
    return Record(
        time_ns,
        level,
        text_of(message)[:MOST_MESSAGE],
        text_of(found.get("arguments"))[:MOST_MESSAGE],
        text_of(found.get("invocationId")),
        dimension(found.get("functionKey") or found.get("faas.name") or found.get("code.function")),
        dimension(found.get("moduleType")),
        dimension(found.get("appVersion") or found.get("service.version")),
        dimension(found.get("environmentId") or found.get("deployment.environment")),
        text_of(found.get(_INSTALLATION)),
        unread_time=text_of(written)[:40] if written and time_ns is None else "",
        holds_log=not level and isinstance(message, str),
    )


RECORDS = JsonShape(
    lambda value: "timeUnixNano" in value or ("observedTimeUnixNano" in value and "body" in value),
    _record,
    (ListRule("logRecords"),),
    names=frozenset(("timeUnixNano", "observedTimeUnixNano")),
)


def _recognises(head: str) -> bool:
    return begins(head) and (has_member(head, "resourceLogs") or has_member(head, "scopeLogs"))


FORMAT = Format("otlp", _recognises, json=RECORDS)
