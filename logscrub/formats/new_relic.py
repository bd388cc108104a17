"""New Relic: answers of NerdGraph (`nrql.results`), of the older Insights API (`results[].events`), and of its log API.

Source: https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record, only_in_lists
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _record(value: Any, around: Around) -> Record | None:
    return generic(value, {}) if isinstance(value, dict) else None


FORMAT = Format(
    "new-relic",
    lambda head: begins(head) and has_member(head, "nrql"),
    json=JsonShape(
        only_in_lists,
        _record,
        (
            ListRule("results", "nrql"),
            ListRule("events", "results", marks=frozenset(("timestamp", "message"))),
            ListRule("logs", "", depth=2, marks=frozenset(("timestamp", "message"))),
        ),
    ),
    is_named=False,
)
