"""OTLP/JSON envelopes: {"resourceLogs": [{"resource": ..., "scopeLogs": [{"logRecords": [...]}]}]}."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader

FORMAT = Format("otlp", lambda head: head[:1] in ("{", "[") and ('"resourceLogs"' in head or '"scopeLogs"' in head), JsonReader)
