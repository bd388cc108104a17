"""The log of Forge Containers: a JSON object per line, {"ts": ..., "level": ..., "msg": ..., "forge_invocation": <base64>}."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from typing import Any

import orjson

from logscrub.formats.base import Around, Format, JsonShape, Record, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.ndjson import generic


def _record(record: dict[str, Any], around: Around) -> Record:
    inside = _invocation(record.get("forge_invocation"))
    found = generic(record, {})
    return found._replace(
        invocation=found.invocation or text_of(inside.get("id")), customer=found.customer or text_of(inside.get("ctx"))
    )


def _invocation(encoded: Any) -> dict[str, Any]:
    """The `forge_invocation` of a record, decoded: base64 of JSON."""
    try:
        decoded = orjson.loads(b64decode(encoded)) if isinstance(encoded, str) else {}
    except (NoBase64, ValueError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


FORMAT = Format(
    "containers",
    lambda head: begins(head) and has_member(head, "forge_invocation"),
    json=JsonShape(lambda value: "forge_invocation" in value, _record, names=frozenset(("forge_invocation",))),
    is_named=False,
)
