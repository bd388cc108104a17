"""Grafana Loki: answers of its query API, and pushes: streams of [nanoseconds, line].

    {"data": {"result": [{"stream": {"level": "error"}, "values": [["1794906938315000000", "save failed"]]}]}}
    {"streams": [{"stream": {…}, "values": [[…]]}]}

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, ListRule, Record, only_in_lists, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic
from logscrub.formats.times import time_of


def _record(value: Any, around: Around) -> Record | None:
    if not isinstance(value, list) or len(value) < 2:
        return None
    labels: dict[str, Any] = next((outer["stream"] for outer in reversed(around) if isinstance(outer.get("stream"), dict)), {})
    if len(value) > 2 and isinstance(value[2], dict):
        labels = labels | value[2]  # structured metadata
    time_ns = time_of(value[0])
    return generic({**labels, "message": None}, {})._replace(
        time_ns=time_ns,
        message=text_of(value[1])[:MOST_MESSAGE],
        unread_time="" if time_ns is not None else text_of(value[0])[:40],
        holds_log=True,
    )


FORMAT = Format(
    "loki",
    lambda head: begins(head) and has_member(head, "stream") and has_member(head, "values"),
    json=JsonShape(only_in_lists, _record, (ListRule("values", "result"), ListRule("values", "streams"))),
    is_named=False,
)
