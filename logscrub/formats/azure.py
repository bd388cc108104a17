"""Azure Monitor: diagnostic settings ({"records": [{"time": …, "level": …}]}) and Log Analytics tables.

    {"tables": [{"name": "PrimaryResult", "columns": [{"name": "TimeGenerated"}, …], "rows": [["2026-11-17T09:15:38Z", …]]}]}

Sources: https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema,
https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic
from logscrub.formats.times import whole_number

_SEVERITIES = ("TRACE", "INFO", "WARN", "ERROR", "FATAL")
"""Levels by Application Insights' SeverityLevel, 0 (verbose) to 4 (critical)."""


def _record(value: Any, around: Around) -> Record | None:
    if isinstance(value, list):
        columns: list[Any] = next((outer["columns"] for outer in reversed(around) if isinstance(outer.get("columns"), list)), [])
        names = [text_of(column.get("name")) if isinstance(column, dict) else "" for column in columns[: len(value)]]
        value = dict(zip(names, value, strict=False))
    if not isinstance(value, dict):
        return None
    properties = value.get("properties")
    record = generic({**properties, **value} if isinstance(properties, dict) else value, {})
    severity = next((value[name] for name in ("SeverityLevel", "severityLevel") if name in value), None)
    if isinstance(severity, str):
        severity = whole_number(severity)
    if isinstance(severity, int) and 0 <= severity < len(_SEVERITIES):
        record = record._replace(level=_SEVERITIES[severity])
    if not record.message:
        record = record._replace(message=text_of(value.get("resultDescription") or value.get("operationName")))
    return record


FORMAT = Format(
    "azure",
    lambda head: begins(head) and has_member(head, "tables", "resourceId"),
    json=JsonShape(
        lambda value: "resourceId" in value and "operationName" in value,
        _record,
        (
            ListRule("records", depth=1, marks=frozenset(("time", "resourceId", "TimeGenerated"))),
            ListRule("rows", "tables"),
        ),
        names=frozenset(("resourceId",)),
    ),
    is_named=False,
)
