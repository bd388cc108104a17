"""JSON of any other shape: values a line, or one value over many lines; lines between that are no JSON are text."""

from __future__ import annotations

import re

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader

# a bracket and what JSON allows behind it: `[INFO] …`, `[2026-11-17 09:20] …` and `{ key: 'value' }` are text
_BEGINS = re.compile(
    r"""[{\[]\s*$ | \{\s*["}] | \[\s*["{\[\]] | \[\s*(?:-?\d[\d.eE+-]*|true|false|null)\s*[,\]]\s*(?:$|[-\d"{\[tfn])""", re.X
)

FORMAT = Format("ndjson", lambda head: _BEGINS.match(head) is not None, JsonReader)
