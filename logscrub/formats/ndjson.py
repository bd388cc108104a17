"""JSON of any other shape: values a line, or one value over many lines; lines between that are no JSON are text."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader, begins

FORMAT = Format("ndjson", begins, JsonReader)
