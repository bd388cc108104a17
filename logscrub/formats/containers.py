"""What Forge Containers write: a JSON object a line, {"ts": ..., "level": ..., "msg": ..., "forge_invocation": <base64>}."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader, begins, has_member

FORMAT = Format("containers", lambda head: begins(head) and has_member(head, "forge_invocation"), JsonReader)
