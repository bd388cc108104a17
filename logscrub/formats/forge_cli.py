"""`forge logs` and `forge tunnel`: text, one record over several lines, in colours where forced.

    INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 Synced 14 issues in 812 ms
        App version: 4.12.0                                                   (flat, --verbose)
    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 Synced      (containers)
    invocation: 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001                          (grouped)
    INFO    08:14:02.113Z Synced 14 issues
    invocation: 6a40122b0ffff58d469e9589998b987d index.handleJiraEvent        (tunnel)
    INFO    14:11:09.033  fa50756c-8374-419f-8da8-8f13f608f531  Received

A line with one of these heads begins a record; every other line continues the one before it. White space and colours
between the parts may vary, because they have varied between versions.
"""

from __future__ import annotations

import re
from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Began, Format, LineByLine, LineShape, Memory, Record, text_unit
from logscrub.formats.times import hour_began, level_of, time_of
from logscrub.model import Leaf, Raw
from logscrub.patterns import regex

_SGR = r"(?:\x1b\[[0-9;]*+m)*+"
_APART = r"(?:\s*+(?:\x1b\[[0-9;]*+m)++\s++|\s++)" + _SGR
"""White space, with colours before or behind it: written so that a long stretch of it is read in one way only."""
_START = rf"\ufeff?{_SGR}"
_ID = r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})"
_LEVEL = r"(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)"
_DATE_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
_TIME = r"\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z?"
_BEHIND = rf"[ \t]+{_SGR}{_ID}{_SGR}(?!\S)"
HEAD = regex(rf"{_START}(?:{_LEVEL}{_APART}(?:{_DATE_TIME}|{_TIME}){_SGR}(?:{_BEHIND})?|{_DATE_TIME}{_SGR}{_BEHIND})[ \t]*{_SGR}")
"""Matches the head of a record: level, time and invocation id, each of which may be missing."""
GROUP = regex(rf"{_START}invocation:\s+{_SGR}{_ID}{_SGR}(?!\S)")
"""Matches the head of a group. The text behind it does not matter, because a redaction may change it."""
TABLE = regex(rf"{_START}[┌│├└]")


class ForgeCliReader(LineByLine):
    """Reads all layouts of `forge logs`, and `forge tunnel`."""

    waits = False
    """No line waits for the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.began: Began = False
        """True if a record began that the next line may continue."""
        self.reads_json = False

    def unit(self, line: str, number: int, column: int) -> Raw:
        if column == 1:
            head = HEAD.match(line)
            if head is not None:
                self.began = True
                return text_unit(line, number, column, head.end())
            group = GROUP.match(line)
            if group is not None:
                self.began = False
                end = len(line.rstrip())
                # scanned by itself, like a cell, whatever the lines before left open
                handler = (Leaf(group.end(), end, (), "csv"),) if group.end() < end else ()
                return Raw(line, handler, number, column, 0)
            if not line.strip():
                return Raw(line, (), number, column, 0)
        # Text before the first record, such as a banner or an error of the command line, is a record of its own.
        records = 0 if self.began or TABLE.match(line) or column > 1 else 1
        self.began = self.began or records == 1
        return text_unit(line, number, column, records=records)


_PARTS = regex(
    r"(?P<level>[A-Z]+)?\s*(?P<time>\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?|\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?)?"
    r"(?:\s+(?P<id>[0-9a-f-]{32,36}))?"
)
_GROUP_OF = regex(rf"invocation:\s+(?P<id>{_ID})(?!\S)(?:\s+(?P<function>[\w.$-]+)\s*$)?")
_DETAIL = regex(r"[│\s]*+(?P<name>App version|Invocation ID|Function name|Function trigger):?\s++(?P<value>\S++)[\s│]*+$")
_DETAILS = {"App version": "version", "Function name": "function", "Function trigger": "module", "Invocation ID": "invocation"}


def _begins(line: str, memory: Memory) -> Record | None:
    head = HEAD.match(line) if line[:1].isdigit() or line[:1].isupper() else None
    if head is None:
        return None
    parts = _PARTS.match(line)
    assert parts is not None
    return Record(
        time_of(parts["time"]) if parts["time"] and "T" in parts["time"] else None,
        level_of(parts["level"]),
        line[head.end() :][:MOST_MESSAGE],
        invocation=parts["id"] or memory.get("invocation", ""),
        function=memory.get("function", ""),
        module=memory.get("module", ""),
        version=memory.get("version", ""),
    )


def _notes(line: str, memory: Memory) -> bool:
    """Stores what the head of a group says, or a line of the table that stands before it with `--verbose`."""
    first = line[:1]
    group = _GROUP_OF.match(line)
    if group is not None:
        memory.update(invocation=group["id"], function=group["function"] or "", module="", version="")
        return True
    if first == "i":
        return False
    if first == "┌":
        memory.update(invocation="", function="", module="", version="")
    detail = _DETAIL.match(line)
    if detail is not None:
        memory[_DETAILS[detail["name"]]] = detail["value"]
    return True


def _adds(line: str, record: Record) -> Record | None:
    """The details of a record that `--verbose` prints below it."""
    detail = _DETAIL.match(line) if line[:1] in ("", " ") else None
    if detail is None:
        return None
    value = detail["value"]
    match _DETAILS[detail["name"]]:
        case "version":
            return record._replace(version=value)
        case "function":
            return record._replace(function=value)
        case "module":
            return record._replace(module=value)
    return record._replace(invocation=record.invocation or value)


def _recognises(head: str) -> bool:
    return bool(HEAD.match(head) or GROUP.match(head) or TABLE.match(head))


def _block(data: bytes) -> Any:
    from logscrub.formats.forge_blocks import block_of  # needs numpy, which takes 60 ms to import

    return block_of(data, hour_began)


FORMAT = Format(
    "forge-cli",
    _recognises,
    line=LineShape(_begins, _notes, notes_begin="i┌│├└", adds=_adds),
    reader=ForgeCliReader,
    record_line=HEAD,
    block=_block,
    starts_alone=re.compile(rb"\n(?=(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +\d{4}-\d\d-\d\dT[0-9:.]+Z [0-9a-f-]{36} )"),
)
