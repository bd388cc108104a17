"""Reading a zip whose table of contents is missing, because the zip was cut off: its members by the headers before them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from logscrub.errors import InputError
from logscrub.sources import signatures
from logscrub.sources.decompression import PIECE, READ, BrokenData, Exactly, Read, corrupt, truncated
from logscrub.sources.files import printable
from logscrub.sources.members import MemberInfo, refuse_nested, refuse_unsafe

_HEADER: Final = struct.Struct("<4s5H3I2H")
_MEMBER: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = b"PK\x07\x08"
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW: Final = 0x8
_UTF8: Final = 0x800
_STORED: Final = 0
_DEFLATED: Final = 8
_IN_EXTRA: Final = 0xFFFFFFFF


class _Member:
    """The bytes of one member, which `source` stands at the beginning of."""

    def __init__(self, source: Exactly, name: str, method: int, size: int | None) -> None:
        self._source, self._name, self._method, self._size = source, name, method, size
        self.fault: BrokenData | None = None
        """Why its bytes ended early; None if they did not."""
        self.count = 0
        """Number of members so far."""

    def pieces(self) -> Iterator[bytes]:
        for piece in self._stored() if self._method == _STORED else self._inflated():
            self.count += len(piece)
            yield piece

    def _stored(self) -> Iterator[bytes]:
        left = self._size or 0
        while left:
            piece = self._source.some(min(left, PIECE))
            if not piece:
                self.fault = truncated(self._name, "zip")
                return
            left -= len(piece)
            yield piece

    def _inflated(self) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-15)
        data = b""
        while not inflate.eof:
            data = data or self._source.some(READ)
            if not data:
                self.fault = truncated(self._name, "zip")
                return
            try:
                piece = inflate.decompress(data, PIECE)
            except zlib.error:
                self.fault = corrupt(self._name, "zip")
                return
            data = inflate.unconsumed_tail
            if piece:
                yield piece
        self._source.give_back(len(inflate.unused_data))


def unindexed_members(
    read: Read, name: str, on_fault: Callable[[BrokenData, int], None]
) -> Iterator[tuple[str, Iterator[bytes], MemberInfo]]:
    """Name, bytes and description of each member up to the fault, with which `on_fault` is called.

    Raises BrokenData if there is none, InputError for a member that is not read.
    """
    source = Exactly(read)
    found = False
    try:
        while (header := source.take(_HEADER.size)).startswith(_MEMBER):
            _, _, flags, method, _, _, _, packed, size, name_length, extra_length = _HEADER.unpack(header)
            path = source.take(name_length).decode("utf-8" if flags & _UTF8 else "cp437", "replace")
            source.take(extra_length)
            shown = f"{name}: {printable(path)}"
            refuse_unsafe(name, "zip", path, 0)
            office = signatures.office_kind([path])
            if office is not None:
                raise InputError(f"{name}: {signatures.refusal(office)}")
            if flags & _ENCRYPTED:
                raise InputError(f"{shown}: is encrypted; unpack the zip with its password first")
            unsized = bool(flags & _SIZES_FOLLOW) or _IN_EXTRA in (packed, size)
            if method == _STORED and unsized:
                on_fault(BrokenData(shown, "where it ends is only in the table of contents, which is missing"), 0)
                return
            if method not in (_STORED, _DEFLATED):
                raise InputError(f"{shown}: its compression method is not supported; unpack the zip first")
            member = _Member(source, shown, method, size)
            pieces = member.pieces()
            yield path, refuse_nested(pieces, shown), MemberInfo(path, file_size=0 if unsized else size)
            for _ in pieces:  # what was not asked for
                pass
            if member.fault is not None:
                on_fault(member.fault, member.count)
                return
            if flags & _SIZES_FOLLOW:
                _skip_descriptor(source)
            found = True
        fault = BrokenData(name, "the table of contents of the zip is missing or damaged")
    except EOFError:
        fault = truncated(name, "zip")
    if not found:
        raise fault
    on_fault(fault, source.taken)


def _skip_descriptor(source: Exactly) -> None:
    """Checksum and sizes after a member, of 4 or 8 bytes each; the signature before them may be missing."""
    first = source.take(4)
    source.take(12 if first == _DESCRIPTOR else 8)
    if source.take(2) != b"PK":
        source.take(6)
    else:
        source.give_back(2)
