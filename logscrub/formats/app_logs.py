"""The App logs API: pages {"appLogs": [...], "cursor": ...}, one a file or one a line, or records one a line."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader

FORMAT = Format("app-logs", lambda head: head[:1] in "{[" and ('"appLogs"' in head or '"timeUnixNano"' in head and '"attributes"' in head or '"severityText"' in head), JsonReader)
