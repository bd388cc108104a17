"""Datadog: answers of the Logs API v2 (`data[].attributes`) and v1 (`logs[].content`).

Source: https://docs.datadoghq.com/api/latest/logs/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _knows(value: dict[str, Any]) -> bool:
    return (value.get("type") == "log" and isinstance(value.get("attributes"), dict)) or isinstance(value.get("content"), dict)


def _record(value: Any, around: Around) -> Record | None:
    inside = (value.get("attributes") or value.get("content")) if isinstance(value, dict) else None
    if not isinstance(inside, dict):
        return generic(value, {}) if isinstance(value, dict) else None
    custom = inside.get("attributes")
    return generic({**custom, **inside} if isinstance(custom, dict) else inside, {})


FORMAT = Format(
    "datadog",
    lambda head: begins(head) and has_member(head, "attributes") and '"type":"log"' in head.replace(" ", ""),
    json=JsonShape(
        _knows,
        _record,
        (ListRule("data", depth=1, marks=frozenset(("attributes",))),),
        names=frozenset(("attributes", "content")),
    ),
    is_named=False,
)
