"""Codings: files that hold records but no text. They are read as lines of JSON, and written again in their own form.

A coding is one file here. What no redaction changed is written as it was; a file in which nothing was redacted is the same, byte
for byte. A coded file is read into memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

Kind = Literal["otlp-protobuf", "parquet", "arrow"]
KINDS: tuple[Kind, ...] = ("otlp-protobuf", "parquet", "arrow")
LARGEST = 1 << 30
"""Bytes of a coded file that is read."""


class Coded(Protocol):
    """A decoded file."""

    def lines(self) -> Iterator[bytes]:
        """Its records, a line of JSON each."""

    def encode(self, clean: bytes) -> bytes:
        """The file with the records of these lines instead. Raises InputError where that is not possible."""


def may_be_protobuf(head: bytes) -> bool:
    """True if data that begins so could be OTLP in protobuf: a message, or messages behind their lengths, and no text."""
    from logscrub.sources.codings import otlp_protobuf

    return otlp_protobuf.may_begin(head)


def decode(kind: Kind, data: bytes, name: str) -> Coded | None:
    """The decoded file; None if it is not of that kind after all. Raises InputError for one that is corrupt.

    `name`: the input's, for messages.
    """
    if kind == "otlp-protobuf":
        from logscrub.sources.codings import otlp_protobuf

        return otlp_protobuf.decode(data, name)
    from logscrub.sources.codings import tables

    return tables.decode(kind, data, name)
