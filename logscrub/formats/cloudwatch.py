"""Amazon CloudWatch Logs: `aws logs filter-log-events`, `get-log-events`, Insights, subscriptions (as Firehose delivers them).

    {"events": [{"timestamp": 1794906938315, "message": "ERROR save failed", "logStreamName": "…"}]}
    {"messageType": "DATA_MESSAGE", "logGroup": "…", "logEvents": [{"id": "0", "timestamp": …, "message": "…"}]}
    {"results": [[{"field": "@timestamp", "value": "2026-11-17 09:15:38.315"}, {"field": "@message", "value": "…"}]]}

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/. An Insights download as CSV is read as CSV.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record, dimension, only_in_lists
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic

_LAMBDA = "/aws/lambda/"


def _record(value: Any, around: Around) -> Record | None:
    if isinstance(value, list):
        value = {str(each.get("field")): each.get("value") for each in value if isinstance(each, dict)}
    if not isinstance(value, dict):
        return None
    group = next((outer["logGroup"] for outer in reversed(around) if isinstance(outer.get("logGroup"), str)), "")
    record = generic(value, {})
    function = group.removeprefix(_LAMBDA) if group.startswith(_LAMBDA) else ""
    return record._replace(function=record.function or dimension(function))


FORMAT = Format(
    "cloudwatch",
    lambda head: begins(head) and (has_member(head, "logEvents") or has_member(head, "ingestionTime")),
    json=JsonShape(
        only_in_lists,
        _record,
        (
            ListRule("logEvents", depth=1),
            ListRule("events", depth=1, marks=frozenset(("timestamp", "message", "ingestionTime"))),
            ListRule("results", depth=1, marks=frozenset(("field",))),
        ),
    ),
    is_named=False,
)
