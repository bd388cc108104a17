"""Reading a tar archive member by member, as it comes: v7, ustar, pax and GNU tar.

Headers are decoded by `tarfile`. It does not walk the archive, because it reads extended headers of any size into memory and
takes a damaged header for the end of the archive.
"""

from __future__ import annotations

import re
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from logscrub.errors import InputError
from logscrub.sources.decompression import PIECE, BrokenData, Exactly, Read, corrupt, truncated
from logscrub.sources.files import printable
from logscrub.sources.members import MemberInfo, refuse_nested, refuse_unsafe

BLOCK: Final = 512
_MOST_EXTENDED: Final = 1 << 20
"""Bytes of an extended header: names, and attributes of the file, which are left out."""
_TIME: Final = re.compile(r"(\d{1,11})(?:(\.\d{1,9})\d*)?")
"""Seconds, to nanoseconds."""
_KINDS: Final = {
    tarfile.REGTYPE: stat.S_IFREG,
    tarfile.AREGTYPE: stat.S_IFREG,
    tarfile.CONTTYPE: stat.S_IFREG,
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.LNKTYPE: stat.S_IFLNK,
    tarfile.SYMTYPE: stat.S_IFLNK,
}
"""Types of members that are regular files."""

OnFault = Callable[[BrokenData, int], None]
"""Called with a fault of the data, and the bytes before it. Raises it, or returns where what comes before is taken."""


@dataclass(frozen=True, slots=True)
class _Extended:
    """The properties that extended headers give to the members after them; "" for those that they do not give."""

    path: str = ""
    size: str = ""
    mtime: str = ""
    is_sparse: bool = False


class _Reader:
    """An open archive."""

    def __init__(self, read: Read, name: str, on_fault: OnFault) -> None:
        self.source = Exactly(read)
        self.name = name
        self._on_fault = on_fault
        self.ended = False

    def broke_off(self, error: BrokenData) -> None:
        self.ended = True
        self._on_fault(error, self.source.taken)

    def extended(self, size: int) -> bytes:
        """The content of an extended header."""
        if not 0 <= size <= _MOST_EXTENDED:
            raise InputError(f"{self.name}: has an extended header of more than {_MOST_EXTENDED >> 20} MiB; pack the tar again")
        return self.source.take(size + -size % BLOCK)[:size]

    def content(self, size: int) -> Iterator[bytes]:
        """The bytes of a member. They end early where the data ends too early, if that is no error."""
        left = size
        while left:
            piece = self.source.some(min(left, PIECE))
            if not piece:
                self.broke_off(truncated(self.name, "tar"))
                return
            left -= len(piece)
            yield piece


def tar_members(read: Read, name: str, on_fault: OnFault) -> Iterator[tuple[str, Iterator[bytes], MemberInfo]]:
    """Name, bytes and description of each member, folders too. `name`: of the input, for messages.

    Raises InputError if a member is no file and no folder, is sparse, compressed, or has a name that leads out of the folder in
    which it is unpacked; BrokenData by way of `on_fault`.
    """
    reader = _Reader(read, name, on_fault)
    try:
        for info in _headers(reader):
            content = reader.content(info.file_size)
            yield info.name, refuse_nested(content, f"{name}: {printable(info.name)}"), info
            for _ in content:  # what was not asked for
                pass
            if reader.ended:
                return
            reader.source.take(-info.file_size % BLOCK)
        while rest := reader.source.some(PIECE):
            if rest.strip(b"\0"):
                raise BrokenData(name, "there is other data after the end of the tar data")
    except EOFError:
        reader.broke_off(truncated(name, "tar"))
    except BrokenData as error:
        reader.broke_off(error)


def _headers(reader: _Reader) -> Iterator[MemberInfo]:
    """The members, up to the end mark; the content of each must be taken before the next. Raises EOFError, InputError."""
    whole = own = _Extended()
    while (block := reader.source.take(BLOCK)).strip(b"\0"):
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError):
            raise corrupt(reader.name, "tar") from None
        if header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            own = _pax(reader.extended(header.size), own, reader.name)
        elif header.type == tarfile.XGLTYPE:
            whole = _pax(reader.extended(header.size), whole, reader.name)
        elif header.type == tarfile.GNUTYPE_LONGNAME:
            own = replace(own, path=_text(reader.extended(header.size).partition(b"\0")[0]))
        elif header.type == tarfile.GNUTYPE_LONGLINK:
            reader.extended(header.size)
        else:
            yield _member(header, own, whole, reader.name)
            own = _Extended()


def _member(header: tarfile.TarInfo, own: _Extended, whole: _Extended, name: str) -> MemberInfo:
    path = own.path or whole.path or header.name
    kind = _KINDS.get(header.type, stat.S_IFIFO)
    refuse_unsafe(name, "tar", path, kind)
    if own.is_sparse or whole.is_sparse:
        raise InputError(f"{name}: {printable(path)}: is a sparse file; unpack the tar and give the folder")
    time = _TIME.fullmatch(own.mtime or whole.mtime or str(header.mtime))
    size = own.size or whole.size or str(header.size)
    if not re.fullmatch(r"\d{1,18}", size):
        raise corrupt(name, "tar")
    is_folder = kind == stat.S_IFDIR
    return MemberInfo(
        path.rstrip("/") + "/" if is_folder else path,
        external_attr=(kind | (header.mode & 0o777)) << 16,
        file_size=0 if is_folder else int(size),
        mtime=time[1] + (time[2] or "") if time else "0",
    )


def _pax(data: bytes, before: _Extended, name: str) -> _Extended:
    """The records of a pax header, which are lines of `length key=value`. Raises BrokenData."""
    found = before
    at = 0
    while at < len(data) and data[at]:
        length, space, _ = data[at : at + 20].partition(b" ")
        if not space or not length.isdigit():
            raise corrupt(name, "tar")
        end = at + int(length)
        key, equals, value = data[at + len(length) + 1 : end - 1].partition(b"=")
        if end > len(data) or not equals or data[end - 1 : end] != b"\n":
            raise corrupt(name, "tar")
        if key == b"path":
            found = replace(found, path=_text(value))
        elif key == b"size":
            found = replace(found, size=_text(value))
        elif key == b"mtime":
            found = replace(found, mtime=_text(value))
        elif key.startswith(b"GNU.sparse."):
            found = replace(found, is_sparse=True)
        at = end
    return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
