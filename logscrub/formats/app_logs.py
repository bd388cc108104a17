"""The App logs API: pages {"appLogs": [...], "cursor": ...}, one a file or one a line, or records one a line."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader, begins, has_member


def _recognises(head: str) -> bool:
    record = has_member(head, "severityText") or (has_member(head, "timeUnixNano") and has_member(head, "attributes"))
    return begins(head) and (record or has_member(head, "appLogs"))


FORMAT = Format("app-logs", _recognises, JsonReader)
