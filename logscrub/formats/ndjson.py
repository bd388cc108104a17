"""JSON of any other shape: values a line, or one value over many lines; lines between that are no JSON are text."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader

FORMAT = Format("ndjson", lambda head: head[:1] in "{[" and not head.startswith(("[INFO", "[ERROR", "[WARN", "[DEBUG")), JsonReader)
