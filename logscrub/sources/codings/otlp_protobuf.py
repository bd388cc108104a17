"""OTLP in protobuf: what an OpenTelemetry collector sends (`application/x-protobuf`) or its file exporter writes.

A file is one message (logs or metrics), or messages behind their lengths (four bytes, or a varint). The messages are those of
opentelemetry-proto; they are read as OTLP/JSON.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from logscrub.errors import InputError

_IDS: Final = ("traceId", "spanId", "parentSpanId")
"""Bytes that OTLP/JSON writes in hex, not in base64."""
_CONTROLS: Final = frozenset((*range(9), *range(14, 32))) - {0x1B}
_LOOK: Final = 64
_BEGINS: Final = re.compile(rb"(?:\0[\0-\xff]{3}|[\x80-\xff]{1,4}[\0-\x7f]|[\x0b-\x7f])?\n", re.DOTALL)
"""A length perhaps, and the tag of the first field."""
_ADVICE: Final = "save it as OTLP/JSON, or send it to a collector that does"


def may_begin(head: bytes) -> bool:
    """True if a file could begin so; text that begins with an empty line has no control characters behind it."""
    m = _BEGINS.match(head)
    return m is not None and not _CONTROLS.isdisjoint(head[m.end() : _LOOK])


@dataclass(frozen=True, slots=True)
class _Message:
    data: bytes
    prefix: str
    """The spelling of the length before a message: "" for none, "fixed" for four bytes, "varint"."""
    kind: str
    """`logs` or `metrics`."""
    line: bytes


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    messages: tuple[_Message, ...]

    def lines(self) -> Iterator[bytes]:
        """A line of OTLP/JSON for each message."""
        return (message.line + b"\n" for message in self.messages)

    def encode(self, clean: bytes) -> bytes:
        """The messages that these lines say, each behind its length as it was."""
        lines = clean.split(b"\n")[:-1]
        if len(lines) != len(self.messages):
            raise InputError(f"{self.name}: a message was lost on the way back to protobuf; report this as a bug")
        out = []
        for message, line in zip(self.messages, lines, strict=True):
            data = message.data if line == message.line else _encoded(line, message.kind, self.name)
            out.append(_length(len(data), message.prefix) + data)
        return b"".join(out)


def decode(data: bytes, name: str) -> _File | None:
    """The messages of a file; None if it holds something else. Raises InputError for fields that this version does not know."""
    for prefix in ("", "fixed", "varint"):
        parts = _parts(data, prefix)
        if parts is None:
            continue
        messages = [_message(part, prefix, name) for part in parts]
        found = tuple(message for message in messages if message is not None)
        if found and len(found) == len(messages):
            return _File(name, found)
    return None


def _parts(data: bytes, prefix: str) -> list[bytes] | None:
    """The messages in a file by their lengths; None where these do not come out."""
    if not prefix:
        return [data]
    parts, at = [], 0
    while at < len(data):
        if prefix == "fixed":
            size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        else:
            size = shift = 0
            while True:
                if at >= len(data) or shift > 35:
                    return None
                byte, at = data[at], at + 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
        if at + size > len(data):
            return None
        parts.append(data[at : at + size])
        at += size
    return parts or None


def _length(size: int, prefix: str) -> bytes:
    if prefix == "fixed":
        return size.to_bytes(4, "big")
    out = bytearray()
    while prefix and (size > 0x7F or not out):
        if size <= 0x7F:
            break
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size]) if prefix else b""


def _types() -> dict[str, Any]:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    return {"logs": ExportLogsServiceRequest, "metrics": ExportMetricsServiceRequest}


def _message(data: bytes, prefix: str, name: str) -> _Message | None:
    """A message as JSON; None if it is none."""
    from google.protobuf.json_format import MessageToDict, ParseDict
    from google.protobuf.message import DecodeError

    unknown = False
    for kind, type_ in _types().items():
        message = type_()
        try:
            message.ParseFromString(data)
        except DecodeError:
            continue
        if not _holds_records(message, kind):
            continue
        value = MessageToDict(message, use_integers_for_enums=True)
        # JSON has no place for fields that are not known: they would be lost, or pass unread
        if ParseDict(value, type_()).SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True):
            unknown = True
            continue
        _rewrite_ids(value, _hex_of)
        return _Message(data, prefix, kind, orjson.dumps(value))
    if unknown:
        raise InputError(f"{name}: holds OTLP fields that this version does not know, so they cannot be scanned; {_ADVICE}")
    return None


def _holds_records(message: Any, kind: str) -> bool:
    if kind == "logs":
        return any(scope.log_records for resource in message.resource_logs for scope in resource.scope_logs)
    return any(scope.metrics for resource in message.resource_metrics for scope in resource.scope_metrics)


def _encoded(line: bytes, kind: str, name: str) -> bytes:
    from google.protobuf.json_format import ParseDict, ParseError

    value = orjson.loads(line)
    _rewrite_ids(value, _base64_of)
    try:
        return bytes(ParseDict(value, _types()[kind]()).SerializeToString())
    except ParseError:  # its message may quote a value
        raise InputError(f"{name}: a redacted value cannot be written in protobuf; {_ADVICE}") from None


def _rewrite_ids(value: Any, rewrite: Any) -> None:
    if isinstance(value, dict):
        for name in _IDS:
            if isinstance(value.get(name), str):
                value[name] = rewrite(value[name])
        for inner in value.values():
            _rewrite_ids(inner, rewrite)
    elif isinstance(value, list):
        for inner in value:
            _rewrite_ids(inner, rewrite)


def _hex_of(text: str) -> str:
    return base64.b64decode(text).hex()


def _base64_of(text: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(text)).decode()
    except (ValueError, binascii.Error):
        return ""  # it was redacted: an empty id is one that is not known
