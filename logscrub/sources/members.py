"""Members of archives of all kinds: their properties, and which of them are refused."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from logscrub.errors import InputError
from logscrub.sources import codings, signatures
from logscrub.sources.decompression import PIECE
from logscrub.sources.files import printable


@dataclass(frozen=True)
class MemberInfo:
    """The properties of a member that are kept. Comments, owners and extra fields could hold anything, and are left out."""

    name: str
    """A folder's ends in `/`."""
    date_time: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)
    """Time of the last change of a member of a zip, in local time."""
    external_attr: int = 0
    """Attributes as a zip stores them: the Unix file type and mode in the upper 16 bits, if any."""
    file_size: int = 0
    """Bytes when decompressed, as the archive claims."""
    mtime: str = "0"
    """Time of the last change of a member of a tar, in seconds since 1970, with a fraction if the archive has one."""


def peeked(pieces: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """The kind of the data (see `signatures.kind_of`), and its pieces, none of which was used up."""
    head = b""
    kind = None
    while kind is None:
        piece = next(pieces, b"")
        head += piece
        kind = signatures.kind_of(head, final=not piece)
    return kind, _chained(head, pieces)


def decoded(kind: str, pieces: Iterator[bytes], name: str) -> tuple[codings.Coded | None, Iterator[bytes]]:
    """The decoded file and its lines, in pieces; None and the data itself if it is not of that kind after all.

    Reads it to its end. Raises InputError for one that is corrupt or larger than `codings.LARGEST`.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > codings.LARGEST:
            raise InputError(f"{name}: {kind} files of more than {codings.LARGEST >> 30} GiB are not read; split it first")
    coded = codings.decode(cast(codings.Kind, kind), bytes(data), name)
    lines = iter((bytes(data),)) if coded is None else coded.lines()
    return coded, (line[start : start + PIECE] for line in lines for start in range(0, len(line), PIECE))


def _chained(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield from (head[start : start + PIECE] for start in range(0, len(head), PIECE))
    yield from pieces


def refuse_nested(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The pieces of a member. Raises InputError if they are compressed once more, because their content would not be scanned."""
    kind, pieces = peeked(pieces)
    if kind == "otlp-protobuf":  # may be text that only begins like it
        coded, pieces = decoded(kind, pieces, name)
        kind = "none" if coded is None else kind
    if kind != "none":
        raise InputError(f"{name}: {signatures.nested_refusal(kind)}")
    yield from pieces


def refuse_unsafe(archive: str, what: str, name: str, mode: int) -> None:
    """Raises InputError for a member that would be unpacked elsewhere than in the folder that is meant, or as something else.

    `archive`: the input's name. `what`: "zip" or "tar". `mode`: Unix file type and permissions; 0 for a plain file.
    """
    member = f"{archive}: {printable(name)}"
    if "\0" in name:
        raise InputError(f"{member}: its name holds a NUL; pack the {what} again")
    parts = [part.strip() for part in re.split(r"[/\\]", name)]
    if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise InputError(f"{member}: its name leads out of the folder where it is unpacked; pack the {what} again")
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        is_ = "a link" if kind == stat.S_IFLNK else "no regular file"
        raise InputError(f"{member}: is {is_}; unpack the {what} and give the folder")
