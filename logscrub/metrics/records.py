"""Records out of scrubbed logs, whatever their format: when, where, and what was said.

Formats are those of `logscrub.formats`. A text that is none of them is read line by line; a line that begins with a time
begins a record. What a format does not tell stays empty.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import orjson

from logscrub.formats.csv_table import delimiter
from logscrub.formats.forge_cli import HEAD
from logscrub.formats.json_values import JsonReader
from logscrub.metrics.app_metrics import Point, attributes_of, dicts, points
from logscrub.metrics.blocks import HEAD as HEAD_BYTES
from logscrub.metrics.blocks import LEVELS, Block, block_of
from logscrub.model import Raw
from logscrub.sources.text import TextDecoder

MOST_MESSAGE = 64 << 10
"""Characters of a record's text that are looked at; a stack trace is shorter."""
_MOST_DOCUMENT = 16 << 20
"""Characters of a JSON document over many lines that is read at once; of longer ones, one record after the other."""
_LONGEST_LINE = 4 << 20
"""Characters of a line of which more is read as another."""
_MOST_DIMENSION = 120
"""Characters of a name of a function, a module, a version."""


class LogRecord(NamedTuple):
    """One record of a log, scrubbed."""

    time_ns: int | None
    """Nanoseconds since 1970, UTC; None where the log does not tell (`forge logs --grouped` has no date)."""
    level: str
    """TRACE, DEBUG, INFO, WARN, ERROR, FATAL, or "" where it is not told."""
    message: str
    arguments: str = ""
    """Further arguments of `console.log`, as JSON."""
    invocation: str = ""
    function: str = ""
    module: str = ""
    """The type of the module: `core:function`, `scheduledTrigger`."""
    version: str = ""
    """The app's; "unknown" for invocations that were rate-limited."""
    environment: str = ""
    customer: str = ""
    """What names the customer, scrubbed: an installation's context, a site's host."""


Item = LogRecord | Point


class RecordReader(Protocol):
    """Cuts the clean text of one input, fed piece by piece, into records."""

    def feed(self, text: str) -> Iterator[Item]:
        """The records that are complete with this piece."""

    def finish(self) -> Iterator[Item]:
        """Those that were still open at the end."""


class Records:
    """The records of one scrubbed input, fed as bytes."""

    def __init__(self, *, blocks: bool = False) -> None:
        """`blocks`: hand out blocks of records where many can be read at once."""
        self._blocks = blocks
        self._decoder = TextDecoder()
        self._head = ""
        self._reader: RecordReader | None = None

    def feed(self, clean: bytes) -> Iterator[Item | Block]:
        """The records that are complete with these bytes. Use them up before more is fed."""
        return self._items(self._decoder.feed(clean), final=False)

    def finish(self) -> Iterator[Item | Block]:
        """Those that were still open at the end."""
        yield from self._items(self._decoder.finish()[0], final=True)
        if self._reader is not None:
            yield from self._reader.finish()

    def _items(self, text: str, final: bool) -> Iterator[Item | Block]:
        if not text.isascii():  # bytes that are no text cannot be kept as they are
            text = text.encode("utf-8", "replace").decode()
        if self._reader is None:
            self._head += text
            start = self._head.lstrip("\ufeff \t\r\n")
            if not start or (not final and "\n" not in start and len(start) < MOST_MESSAGE):
                return
            self._reader = reader_of(start.split("\n", 1)[0])
            text, self._head = self._head, ""
        if self._blocks and isinstance(self._reader, TextRecords):
            yield from self._reader.blocks(text)
        else:
            yield from self._reader.feed(text)


def block_in(clean: bytes) -> Block | None:
    """The records of a whole input, if they can be read as one block."""
    if clean[:1] in (b"", b"{", b"[") or clean[-1:] != b"\n" or not _is_utf8(clean):
        return None
    line = clean[: clean.index(b"\n")].decode()
    return block_of(clean, _hour) if isinstance(reader_of(line), TextRecords) else None


def items_in(block: Block) -> Iterator[Item | Block]:
    """All that a block holds: what stands before its first record, and its last record, too."""
    reader = TextRecords()
    yield from reader.block(block)
    yield from reader.finish()


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def reader_of(line: str) -> RecordReader:
    """What reads an input whose first line that is not empty is this one."""
    from logscrub import formats

    name = formats.recognise(line[:MOST_MESSAGE]).name
    if name == "csv":
        return CsvRecords()
    if name in ("forge-cli", "text"):
        return TextRecords()
    return JsonRecords()


class _Lines:
    """Whole lines out of pieces of text; a line that grows too long is cut."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """The lines that are complete, without their ends."""
        return self.whole(text).split("\n")[:-1]

    def whole(self, text: str) -> str:
        """The same as one text, the last line's end included."""
        text = self._rest + text
        end = text.rfind("\n") + 1
        self._rest = text[end:]
        if len(self._rest) > _LONGEST_LINE:
            text, self._rest = text + "\n", ""
            return text
        return text[:end]

    @property
    def held(self) -> int:
        """Characters of the line that is not complete."""
        return len(self._rest)

    def finish(self) -> list[str]:
        rest, self._rest = self._rest, ""
        return [rest] if rest else []


# ---------------------------------------------------------------------------------------------------------------------
# JSON
# ---------------------------------------------------------------------------------------------------------------------


class JsonRecords:
    """Reads JSON values: one a line, or documents over many lines; lines of text between them as text."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._document: list[str] = []
        self._size = 0
        self._long: JsonReader | None = None

    def feed(self, text: str) -> Iterator[Item]:
        if self._long is None and self._lines.held + len(text) > _LONGEST_LINE and "\n" not in text:
            # a page on one line: as a document, in which records are told apart without the end of the line
            self._long = JsonReader()
            text = "".join(f"{line}\n" for line in self._document) + "".join(self._lines.finish()) + text
            self._document = []
        if self._long is not None:
            yield from self._of_long(self._long.feed(text))
            return
        for line in self._lines.feed(text):
            yield from self._line(line)

    def _of_long(self, units: Iterator[Raw]) -> Iterator[Item]:
        for raw in units:
            yield from _last_value(raw.text)

    def finish(self) -> Iterator[Item]:
        for line in self._lines.finish():
            yield from self._line(line)
        if self._long is not None:
            yield from self._of_long(self._long.finish())
        elif self._document:
            value = _loads("\n".join(self._document))
            yield from items_of(value) if value is not None else _text_of(self._document)

    def _line(self, line: str) -> Iterator[Item]:
        if self._long is not None:
            yield from self._of_long(self._long.feed(line + "\n"))
            return
        if not self._document:
            start = line.lstrip("\ufeff \t\r")[:1]
            if not start:
                return
            if start not in "{[":
                yield from _text_of([line])
                return
            value = _loads(line.lstrip("\ufeff"))
            if value is not None:
                yield from items_of(value)
                return
        self._document.append(line)
        self._size += len(line) + 1
        if self._document[1:] and line.rstrip("\r") in ("}", "]"):
            value = _loads("\n".join(self._document))
            if value is not None:
                self._document, self._size = [], 0
                yield from items_of(value)
        if self._size > _MOST_DOCUMENT:
            self._long = JsonReader()
            text, self._document = "\n".join(self._document) + "\n", []
            yield from self._of_long(self._long.feed(text))


def _loads(text: str) -> Any:
    """The value of a JSON text, None where it is none (and for null, which holds no records)."""
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    except RecursionError:
        return None
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


_MOST_BEGINNINGS = 200


def _last_value(text: str) -> Iterator[Item]:
    """The record that a part of a document ends with; before it stand commas, brackets and names of what it lies in."""
    end = text.rstrip(" \t\r\n,")
    start = -1
    for _ in range(_MOST_BEGINNINGS):
        start = end.find("{", start + 1)
        if start < 0:
            return
        value = _loads(end[start:])
        if value is not None:
            yield from items_of(value)
            return


def _text_of(lines: list[str]) -> Iterator[Item]:
    reader = TextRecords()
    yield from reader.feed("\n".join(lines) + "\n")
    yield from reader.finish()


def items_of(value: Any, inherited: dict[str, Any] | None = None) -> Iterator[Item]:
    """The records in a JSON value: a record, a list, a page, an OTLP envelope, a GraphQL answer, an answer with metrics."""
    if isinstance(value, list):
        for each in value:
            yield from items_of(each, inherited)
        return
    if not isinstance(value, dict):
        return
    if "timeUnixNano" in value and "resourceLogs" not in value:
        yield _otlp(value, inherited or {})
        return
    if isinstance(value.get("resourceMetrics"), list):
        yield from points(value["resourceMetrics"])
        return
    if isinstance(value.get("resourceLogs"), list):
        for resource in dicts(value["resourceLogs"]):
            attributes = attributes_of(_dict(resource.get("resource")).get("attributes"))
            for scope in dicts(resource.get("scopeLogs")):
                for record in dicts(scope.get("logRecords")):
                    yield _otlp(record, attributes)
        return
    if "appLogLines" in value:
        function = _dict(value.get("function")).get("key")
        shared = {"invocationid": value.get("id"), "functionkey": function, "appversion": value.get("appVersion")}
        shared["moduletype"] = _dict(value.get("trigger")).get("type")
        lines = _dict(value["appLogLines"])
        for node in [_dict(e.get("node")) for e in dicts(lines.get("edges"))] or dicts(lines.get("nodes")):
            yield _generic(node, shared)
        return
    for name in ("appLogs", "appLogsWithMetaData", "data", "ecosystem", "forgeMetrics", "appMetrics", "logRecords"):
        if isinstance(value.get(name), dict | list):
            yield from items_of(value[name], inherited)
            return
    for name in ("nodes", "edges", "entries", "logs", "logEntries", "logEvents"):
        if isinstance(value.get(name), list):
            for each in dicts(value[name]):
                yield from items_of(each.get("node", each), inherited)
            return
    yield _generic(value, inherited or {})


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _otlp(record: dict[str, Any], inherited: dict[str, Any]) -> LogRecord:
    found = attributes_of(record.get("attributes"))
    if inherited:
        found = inherited | found
    body = record.get("body")
    message = body.get("stringValue") if isinstance(body, dict) else body
    if not isinstance(message, str):
        message = "" if body is None else _dumps(body)
    return LogRecord(
        _nanoseconds(record.get("timeUnixNano") or record.get("observedTimeUnixNano")),
        _level(record.get("severityText") or record.get("severityNumber")),
        message[:MOST_MESSAGE],
        _text(found.get("arguments"))[:MOST_MESSAGE],
        _text(found.get("invocationId")),
        _name(found.get("functionKey")),
        _name(found.get("moduleType")),
        _name(found.get("appVersion")),
        _name(found.get("environmentId")),
        _text(found.get("installationContext")),
    )


def _generic(record: dict[str, Any], inherited: dict[str, Any]) -> LogRecord:
    known = inherited | {_plain(name): value for name, value in record.items()}

    def first(*names: str) -> Any:
        return next((known[n] for n in names if known.get(n) not in (None, "", [], {})), None)

    inside = _invocation(first("forgeinvocation"))
    message = first("message", "msg", "body", "details", "summary", "text")
    error = first("error", "err", "stack", "exception")
    if isinstance(error, dict):
        error = error.get("stack") or error.get("message") or _dumps(error)
    text = "\n".join(part for part in (_text(message), _text(error)) if part)
    return LogRecord(
        _nanoseconds(first("timeunixnano", "ts", "time", "timestamp", "datetimeutc", "datetime", "date")),
        _level(first("severitytext", "level", "lvl", "severity", "loglevel")),
        text[:MOST_MESSAGE],
        _text(first("arguments", "other", "context", "data"))[:MOST_MESSAGE],
        _text(first("invocationid", "reqid", "requestid") or inside.get("id")),
        _name(first("functionkey", "function", "functionname")),
        _name(first("moduletype", "module", "modulekey", "extensiontype")),
        _name(first("appversion", "version")),
        _name(first("environmentid", "environment")),
        _text(first("installationcontext", "contextari", "site", "siteurl", "cloudid") or inside.get("ctx")),
    )


def _invocation(encoded: Any) -> dict[str, Any]:
    """What a container says about the invocation: base64 of JSON."""
    if not isinstance(encoded, str):
        return {}
    try:
        return _dict(orjson.loads(b64decode(encoded)))
    except (NoBase64, ValueError):
        return {}


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else _dumps(value)


def _dumps(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError, RecursionError):
        return ""


def _name(value: Any) -> str:
    if isinstance(value, str):
        return sys.intern(value[:_MOST_DIMENSION])  # the same names come with each record, and many records are kept at a time
    if isinstance(value, dict):
        return _name(value.get("key"))
    return "" if value is None else str(value)[:_MOST_DIMENSION]


# ---------------------------------------------------------------------------------------------------------------------
# CSV
# ---------------------------------------------------------------------------------------------------------------------


class CsvRecords:
    """Reads downloads of the developer console, and any table whose header has names of a log's fields."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._row: list[str] = []
        self._quotes = self._size = 0
        self._header: list[str] = []
        self._delimiter = ","

    def feed(self, text: str) -> Iterator[Item]:
        for line in self._lines.feed(text):
            yield from self._line(line)

    def finish(self) -> Iterator[Item]:
        for line in self._lines.finish():
            yield from self._line(line)
        if self._row:
            yield from _text_of(self._row)

    def _line(self, line: str) -> Iterator[Item]:
        self._row.append(line)
        self._quotes += line.count('"')
        self._size += len(line)
        if self._quotes % 2 and self._size < _LONGEST_LINE:
            return
        row, self._row, self._quotes, self._size = "\n".join(self._row), [], 0, 0
        if not row.strip("\ufeff \t\r\n"):
            return
        if not self._header:
            self._delimiter = delimiter(row)
        try:
            cells = next(csv.reader(io.StringIO(row.strip("\ufeff\r\n")), delimiter=self._delimiter))
        except (csv.Error, StopIteration):
            yield from _text_of([row])
            return
        if not self._header:
            self._header = cells
        elif len(cells) == len(self._header):
            yield _generic(dict(zip(self._header, cells, strict=True)), {})
        else:
            yield from _text_of([row])


# ---------------------------------------------------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------------------------------------------------

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PARTS = re.compile(
    r"(?P<level>[A-Z]+)?\s*(?P<time>\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?|\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?)?"
    r"(?:\s+(?P<id>[0-9a-f-]{32,36}))?"
)
_GROUP = re.compile(r"invocation:\s+(?P<id>[0-9a-f-]{32,36})(?:\s+(?P<function>[\w.$-]+))?\s*$")
_DETAIL = re.compile(r"[│\s]*(?P<name>App version|Invocation ID|Function name|Function trigger):?\s+(?P<value>\S+)[\s│]*$")
_PLAIN_HEAD = re.compile(
    r"\[?(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)\]?[ \t]*"
    r"(?:[-|:]?[ \t]*\[?(?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)(?![A-Za-z])\]?)?[ \t:|-]*"
)


class TextRecords:
    """Reads `forge logs` in all its layouts, and text in no format: lines that begin with a time begin a record."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._open: LogRecord | None = None
        self._more: list[str] = []
        self._size = 0
        self._group: dict[str, str] = {}
        """What the head of a group says about the records below it."""

    def feed(self, text: str) -> Iterator[Item]:
        for item in self.blocks(text):
            if isinstance(item, Block):
                yield from records_of(item)
            else:
                yield item

    def blocks(self, text: str) -> Iterator[Item | Block]:
        """The same, but where all has the most common layout a block of many records."""
        lines = self._lines.whole(text)
        block = None if self._group or not lines else block_of(lines.encode(), _hour)
        if block is None:
            for line in lines.split("\n")[:-1]:
                yield from self._line(line)
            return
        yield from self.block(block)

    def block(self, block: Block) -> Iterator[Item | Block]:
        """The records of a block that comes next, and what is open before it."""
        for line in block.data[: block.starts[0] - HEAD_BYTES].decode().split("\n")[:-1]:
            yield from self._line(line)
        yield from self._close()
        yield Block(block.data, *(column[:-1] for column in block[1:]))
        message = block.data[int(block.starts[-1]) : int(block.ends[-1])].decode()[:MOST_MESSAGE]
        first, *self._more = message.split("\n")  # the next lines may go on with it
        self._open, self._size = record_of(block, -1)._replace(message=first), len(message)

    def finish(self) -> Iterator[Item]:
        for line in self._lines.finish():
            yield from self._line(line)
        yield from self._close()

    def _line(self, line: str) -> Iterator[Item]:
        if "\x1b" in line:
            line = _COLOUR.sub("", line)
        line = line.rstrip("\r")
        first = line[:1]
        if first.isdigit() or first.isupper() or first == "[":
            record = self._begun(line)
            if record is not None:
                yield from self._close()
                self._open = record
                return
        elif first in ("i", "┌", "│", "├", "└"):
            group = _GROUP.match(line)
            if group is not None:
                yield from self._close()
                self._group = {"id": group["id"], "function": group["function"] or ""}
                return
            detail = _DETAIL.match(line)
            if first != "i":
                if first == "┌":
                    yield from self._close()
                    self._group = {}
                if detail is not None:
                    self._group[detail["name"]] = detail["value"]
                return
        elif first in ("", " ") and self._open is not None:
            detail = _DETAIL.match(line)
            if detail is not None:
                self._open = _detailed(self._open, detail["name"], detail["value"])
                return
        if self._open is not None and self._size < MOST_MESSAGE:
            self._more.append(line)
            self._size += len(line) + 1

    def _begun(self, line: str) -> LogRecord | None:
        head = HEAD.match(line)
        if head is not None:
            parts = _PARTS.match(line)
            assert parts is not None
            group = self._group
            record = LogRecord(
                _nanoseconds(parts["time"]) if parts["time"] and "T" in parts["time"] else None,
                _level(parts["level"]),
                line[head.end() :][:MOST_MESSAGE],
                invocation=parts["id"] or group.get("id", ""),
                function=group.get("function", ""),
            )
            for name, value in group.items():
                record = _detailed(record, name, value)
            return record
        plain = _PLAIN_HEAD.match(line)
        if plain is None:
            return None
        return LogRecord(_nanoseconds(plain["time"]), _level(plain["level"]), line[plain.end() :][:MOST_MESSAGE])

    def _close(self) -> Iterator[Item]:
        if self._open is not None:
            message = "\n".join([self._open.message, *self._more]).rstrip("\n") if self._more else self._open.message
            yield self._open._replace(message=message[:MOST_MESSAGE]) if self._more else self._open
        self._open, self._more, self._size = None, [], 0


def records_of(block: Block) -> Iterator[LogRecord]:
    """The records of a block."""
    for n in range(len(block)):
        yield record_of(block, n)


def record_of(block: Block, n: int) -> LogRecord:
    """One of them."""
    start = int(block.starts[n])
    message = block.data[start : int(block.ends[n])].decode()[:MOST_MESSAGE].rstrip("\n")
    return LogRecord(int(block.times[n]), LEVELS[block.levels[n]].decode(), message, "", block.invocation(start).decode())


def _detailed(record: LogRecord, name: str, value: str) -> LogRecord:
    if name == "App version":
        return record._replace(version=value)
    if name == "Function name":
        return record._replace(function=value)
    if name == "Function trigger":
        return record._replace(module=value)
    if name == "Invocation ID":
        return record._replace(invocation=record.invocation or value)
    return record


# ---------------------------------------------------------------------------------------------------------------------
# Times and levels
# ---------------------------------------------------------------------------------------------------------------------

_BY_NUMBER = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_BY_NAME = {name: name for name in _BY_NUMBER.values()} | {"WARNING": "WARN", "CRITICAL": "FATAL", "ERR": "ERROR", "LOG": "INFO"}
_EXACT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?:Z|\+00:?00)?")
_OFFSET = re.compile(r"(.*)([+-])(\d{2}):?(\d{2})")


def _level(value: Any) -> str:
    if isinstance(value, str):
        return _BY_NAME.get(value.strip().upper(), "")
    return _BY_NUMBER.get(value, "") if isinstance(value, int) else ""


def _nanoseconds(value: Any) -> int | None:
    """A time as nanoseconds since 1970: a number in seconds, milli-, micro- or nanoseconds, or ISO 8601; without a zone, UTC."""
    if isinstance(value, str):
        if not value.isdecimal():
            return _from_iso(value)
        value = int(value[:20])
    if isinstance(value, float):
        value = int(value * 1000) if value < 1e11 else int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    for limit, scale in ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3)):
        if value < limit:
            return value * scale
    return value


def _from_iso(text: str) -> int | None:
    m = _EXACT.fullmatch(text.strip())
    if m is None:
        offset = _OFFSET.fullmatch(text.strip())
        inner = _from_iso(offset[1]) if offset else None
        if offset is None or inner is None:
            return None
        shift = (int(offset[3]) * 3600 + int(offset[4]) * 60) * 10**9
        return inner - shift if offset[2] == "+" else inner + shift
    day = _day(m[1])
    if day is None:
        return None
    seconds = day + int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4])
    return seconds * 10**9 + int((m[5] or "0").ljust(9, "0"))


@lru_cache(maxsize=4096)
def _hour(text: str) -> int | None:
    """The nanoseconds at which an hour began: `2026-11-22T08`."""
    return _from_iso(f"{text}:00:00Z")


@lru_cache(maxsize=4096)
def _day(date: str) -> int | None:
    try:
        return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
