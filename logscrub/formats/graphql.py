"""Answers of the GraphQL API behind forge logs: appLogs of invocations, or appLogsWithMetaData."""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record, only_in_lists
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _recognises(head: str) -> bool:
    return begins(head) and (has_member(head, "appLogsWithMetaData") or has_member(head, "appLogLines"))


def _record(edge: Any, around: Around) -> Record | None:
    if not isinstance(edge, dict):
        return None
    node = edge.get("node", edge)
    shared: dict[str, Any] = {}
    for outer in around:
        if "appLogLines" in outer:
            function, trigger = outer.get("function"), outer.get("trigger")
            shared = {
                "invocationid": outer.get("id"),
                "functionkey": function.get("key") if isinstance(function, dict) else function,
                "appversion": outer.get("appVersion"),
                "moduletype": trigger.get("type") if isinstance(trigger, dict) else trigger,
            }
    return generic(node, shared) if isinstance(node, dict) else None


FORMAT = Format(
    "graphql",
    _recognises,
    json=JsonShape(
        only_in_lists,
        _record,
        (ListRule("edges", "appLogLines"), ListRule("nodes", "appLogLines"), ListRule("appLogs", "appLogsWithMetaData")),
    ),
    is_named=False,
)
