"""Docker's json-file driver: a line of the container's output per line, {"log": "…\\n", "stream": "stdout", "time": "…"}.

Source: https://docs.docker.com/engine/logging/drivers/json-file/. Docker cuts a line into pieces of 16 KB; only the last one ends
with a line end.
"""

from __future__ import annotations

import re
from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, Record, text_of
from logscrub.formats.times import time_of
from logscrub.formats.wrapped import Piece, WrappedReader, WrappedRecords, Wrapping, parsed_line
from logscrub.patterns import regex

LINE = regex(r'\s*\{\s*"log"\s*:\s*"(?P<log>(?:[^"\\]++|\\.)*+)"\s*,\s*"(?:stream|attrs|time)"\s*:.*\}\s*$', re.DOTALL)
STREAM = regex(r'"stream"\s*:\s*"(\w+)"')


def _unwrap(line: str) -> Piece | None:
    m = LINE.match(line)
    if m is None or parsed_line(line) is None:
        return None
    stream = STREAM.search(line, m.end("log"))
    ends = m["log"].endswith(("\\n", "\\u000a", "\\u000A"))
    return Piece(stream[1] if stream else "", *m.span("log"), ends)


def _inner(line: str) -> str:
    value = parsed_line(line)
    return text_of(value.get("log")) if isinstance(value, dict) else ""


def _knows(value: dict[str, Any]) -> bool:
    return isinstance(value.get("log"), str) and "time" in value and ("stream" in value or "attrs" in value)


def _record(value: dict[str, Any], around: Around) -> Record:
    return _of(value, value["log"].rstrip("\r\n"))


def _of_line(line: str, inner: str) -> Record:
    value = parsed_line(line)
    return _of(value if isinstance(value, dict) else {}, inner)


def _of(value: dict[str, Any], inner: str) -> Record:
    time_ns = time_of(value.get("time"))
    unread = "" if time_ns is not None else text_of(value.get("time"))[:40]
    return Record(time_ns, "", inner[:MOST_MESSAGE], unread_time=unread, holds_log=True)


WRAPPING = Wrapping(_unwrap, "json", _inner)

FORMAT = Format(
    "docker",
    lambda head: LINE.match(head) is not None,
    json=JsonShape(_knows, _record, names=frozenset(("log",))),
    reader=lambda: WrappedReader(WRAPPING),
    records=lambda shapes: WrappedRecords(shapes, WRAPPING, _of_line),
    is_named=False,
)
