"""Splunk: search results as JSON ({"results": […]}, {"fields": […], "rows": […]}, a {"preview": …, "result": {…}} per line), and
events of the HTTP collector.

Sources: https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTsearch, https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, ListRule, Record, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _knows(value: dict[str, Any]) -> bool:
    if isinstance(value.get("result"), dict):
        return "preview" in value or "_raw" in value["result"]
    return "_raw" in value or ("event" in value and ("sourcetype" in value or "source" in value))


def _record(value: Any, around: Around) -> Record | None:
    if isinstance(value, list):  # a row of the output mode json_rows
        fields: list[Any] = next((outer["fields"] for outer in reversed(around) if isinstance(outer.get("fields"), list)), [])
        value = dict(zip(map(text_of, fields), value, strict=False))
    if not isinstance(value, dict):
        return None
    value = value["result"] if isinstance(value.get("result"), dict) else value
    event = value.get("event")
    if isinstance(event, dict):  # from the HTTP Event Collector: the event is the record, and the object around it has its time
        return generic({**value, **event, "event": None}, {})
    raw = text_of(value.get("_raw"))
    record = generic({name: inner for name, inner in value.items() if name != "_raw" or not raw}, {})
    return record._replace(message=raw[:MOST_MESSAGE], holds_log=True) if raw else record


FORMAT = Format(
    "splunk",
    lambda head: begins(head) and (has_member(head, "_raw") or has_member(head, "sourcetype")),
    json=JsonShape(
        _knows,
        _record,
        (ListRule("results", depth=1, marks=frozenset(("_raw", "_time"))), ListRule("rows", depth=1)),
        names=frozenset(("result", "_raw", "event")),
    ),
    is_named=False,
)
