"""OTLP/JSON envelopes: {"resourceLogs": [{"resource": ..., "scopeLogs": [{"logRecords": [...]}]}]}."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader, begins, has_member


def _recognises(head: str) -> bool:
    return begins(head) and (has_member(head, "resourceLogs") or has_member(head, "scopeLogs"))


FORMAT = Format("otlp", _recognises, JsonReader)
