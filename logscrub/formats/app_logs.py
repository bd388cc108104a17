"""The App logs API: pages {"appLogs": [...], "cursor": ...}, one a file or one per line, or records one per line.

The records are OTLP log records with the attributes of Forge.
"""

from __future__ import annotations

import re

from logscrub.formats.base import Format, JsonShape, ListRule
from logscrub.formats.otlp import RECORDS


def _recognises(head: str) -> bool:
    record = '"severityText"' in head or ('"timeUnixNano"' in head and '"attributes"' in head)
    return head[:1] in ("{", "[") and (record or '"appLogs"' in head)


FORMAT = Format(
    "app-logs",
    _recognises,
    json=JsonShape(RECORDS.knows, RECORDS.record, (ListRule("appLogs"),)),
    starts_alone=re.compile(rb'\n(?=\{")'),
)
