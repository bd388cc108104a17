"""CRI, the container logs of Kubernetes: time, stream, a tag (P for a piece of a line, F for its end), the text.

    2026-11-17T09:15:38.315000001Z stdout F Synced 14 issues in 812 ms

Source: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logscrub.formats.base import MOST_MESSAGE, Format, LineShape, Memory, Record
from logscrub.formats.times import time_of
from logscrub.formats.wrapped import Piece, WrappedReader, WrappedRecords, Wrapping
from logscrub.patterns import regex

HEAD = regex(
    r"(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})) (?P<stream>stdout|stderr) (?P<tag>[PF])"
    r"(?::[\w:]*)?(?: |$)"
)


@lru_cache(maxsize=1)
def _head(line: str) -> re.Match[str] | None:
    """The match of a line's head. It is cached, because several functions ask for the same line one after the other."""
    return HEAD.match(line)


def _unwrap(line: str) -> Piece | None:
    m = _head(line)
    return None if m is None else Piece(m["stream"], m.end(), max(m.end(), len(line.rstrip("\r\n"))), m["tag"] == "F")


def _inner(line: str) -> str:
    m = _head(line)
    return line[m.end() :].rstrip("\r\n") if m is not None else line


def _of_line(line: str, inner: str) -> Record:
    m = _head(line)
    time_ns = time_of(m["time"]) if m is not None else None
    return Record(time_ns, "", inner[:MOST_MESSAGE], unread_time=m["time"] if m and time_ns is None else "", holds_log=True)


def _begins(line: str, memory: Memory) -> Record | None:
    return _of_line(line, _inner(line)) if line[:1].isdigit() and _head(line) else None


WRAPPING = Wrapping(_unwrap, "text", _inner)

FORMAT = Format(
    "cri",
    lambda head: HEAD.match(head) is not None,
    line=LineShape(_begins),
    reader=lambda: WrappedReader(WRAPPING),
    records=lambda shapes: WrappedRecords(shapes, WRAPPING, _of_line),
    is_named=False,
)
