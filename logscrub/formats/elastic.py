"""Elasticsearch and OpenSearch: hits of a search, and the lines of a bulk request or of an export.

    {"hits": {"hits": [{"_index": "logs", "_source": {"@timestamp": "…", "log.level": "error", "message": "…"}}]}}
    {"index": {"_index": "logs"}}

Sources: https://www.elastic.co/guide/en/elasticsearch/reference/current/search-search.html, …/docs-bulk.html. Documents in
Elastic's common schema (ECS) are read by the names that logs have in common.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Record
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _record(value: Any, around: Around) -> Record | None:
    source = value.get("_source") if isinstance(value, dict) else None
    return generic(source if isinstance(source, dict) else value, {}) if isinstance(value, dict) else None


FORMAT = Format(
    "elastic",
    lambda head: begins(head) and (has_member(head, "_source") or has_member(head, "_index")),
    json=JsonShape(
        lambda value: isinstance(value.get("_source"), dict),
        _record,
        (ListRule("hits", "hits"),),
        no_record=r'\{\s*"(?:index|create|update|delete)"\s*:\s*\{\s*(?:\}|"(?:_index|_id|_type|routing|retry_on_conflict|pipeline)")',
        names=frozenset(("_source",)),
    ),
    is_named=False,
)
