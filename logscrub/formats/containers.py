"""What Forge Containers write: a JSON object a line, {"ts": ..., "level": ..., "msg": ..., "forge_invocation": <base64>}."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader

FORMAT = Format("containers", lambda head: head[:1] in ("{", "[") and '"forge_invocation"' in head, JsonReader)
