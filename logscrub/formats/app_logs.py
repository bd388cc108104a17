"""The App logs API: pages {"appLogs": [...], "cursor": ...}, one per file or one per line, or records, one per line.

The records are OTLP log records with the attributes of Forge.
"""

from __future__ import annotations

import re

from logscrub.formats.base import Format, JsonShape, ListRule
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.otlp import RECORDS


def _recognises(head: str) -> bool:
    record = has_member(head, "severityText") or (has_member(head, "timeUnixNano") and has_member(head, "attributes"))
    return begins(head) and (record or has_member(head, "appLogs"))


FORMAT = Format(
    "app-logs",
    _recognises,
    json=JsonShape(RECORDS.knows, RECORDS.record, (ListRule("appLogs"),), names=RECORDS.names),
    starts_alone=re.compile(rb'\n(?=\{")'),
)
