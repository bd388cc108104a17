"""journald in JSON (`journalctl -o json`): {"__REALTIME_TIMESTAMP": "<µs>", "PRIORITY": "6", "MESSAGE": "…" or a list of bytes}.

Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/. A message that is not UTF-8 or has control characters is a list of bytes.
"""

from __future__ import annotations

import re
from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, Record, dimension, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.times import syslog_level, time_of
from logscrub.formats.wrapped import Piece, WrappedReader, WrappedRecords, Wrapping, parsed_line
from logscrub.patterns import regex


def _knows(value: dict[str, Any]) -> bool:
    return "MESSAGE" in value and (
        "PRIORITY" in value or "__REALTIME_TIMESTAMP" in value or "_SOURCE_REALTIME_TIMESTAMP" in value
    )


def message_of(value: Any) -> str:
    """The text of a message, also where journald wrote its bytes as numbers."""
    if isinstance(value, list) and all(isinstance(b, int) and 0 <= b < 256 for b in value):
        return bytes(value).decode("utf-8", "replace")
    return text_of(value)


def _record(value: dict[str, Any], around: Around) -> Record:
    written = value.get("__REALTIME_TIMESTAMP") or value.get("_SOURCE_REALTIME_TIMESTAMP")
    time_ns = time_of(written)
    return Record(
        time_ns,
        syslog_level(value.get("PRIORITY")),
        message_of(value.get("MESSAGE"))[:MOST_MESSAGE],
        invocation=text_of(value.get("INVOCATION_ID")),
        module=dimension(value.get("SYSLOG_IDENTIFIER")),
        unread_time="" if time_ns is not None else text_of(written)[:40],
        holds_log=True,
    )


_BREAK = regex(r'"_LINE_BREAK"\s*:\s*"line-max"')
_MESSAGE = regex(
    r'"MESSAGE"\s*:\s*(?:"(?P<message>(?:[^"\\]++|\\.)*+)"|(?P<bytes>\[(?:\s*+[0-9]{1,3}\s*+,)*+\s*+[0-9]{1,3}\s*+\]))', re.DOTALL
)
_STREAM = regex(r'"_STREAM_ID"\s*:\s*"(\w+)"')


def _unwrap(line: str) -> Piece | None:
    """The message of an entry; journald cuts lines of 48 KB, and marks each piece but the last."""
    if not line.startswith("{") or parsed_line(line) is None:
        return None
    m, stream = _MESSAGE.search(line), _STREAM.search(line)
    start, end = (0, 0) if m is None else m.span("message" if m["bytes"] is None else "bytes")
    return Piece(stream[1] if stream else "", start, end, m is None or _BREAK.search(line) is None)


def _inner(line: str) -> str:
    value = parsed_line(line)
    return message_of(value.get("MESSAGE")) if isinstance(value, dict) else ""


def _of_line(line: str, inner: str) -> Record:
    value = parsed_line(line)
    return _record({**value, "MESSAGE": inner} if isinstance(value, dict) else {"MESSAGE": inner}, ())


_WRAPPING = Wrapping(_unwrap, "json", _inner)

FORMAT = Format(
    "journald",
    lambda head: begins(head) and has_member(head, "MESSAGE") and has_member(head, "PRIORITY", "__REALTIME_TIMESTAMP"),
    json=JsonShape(_knows, _record, names=frozenset(("MESSAGE",))),
    reader=lambda: WrappedReader(_WRAPPING),
    records=lambda shapes: WrappedRecords(shapes, _WRAPPING, _of_line),
    is_named=False,
)
