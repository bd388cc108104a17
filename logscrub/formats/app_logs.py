"""The App logs API: pages {"appLogs": [...], "cursor": ...}, one a file or one a line, or records one a line."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader


def _recognises(head: str) -> bool:
    record = '"severityText"' in head or ('"timeUnixNano"' in head and '"attributes"' in head)
    return head[:1] in ("{", "[") and (record or '"appLogs"' in head)


FORMAT = Format("app-logs", _recognises, JsonReader)
