"""Decompression in pieces, in bounded memory, whatever the data claims or expands to."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

import zstandard

from logscrub.errors import InputError
from logscrub.sources.signatures import ZSTD, ZSTD_SKIPPABLE

Compression = Literal["none", "gzip", "zstd", "bzip2", "xz", "lzma", "zip"]

PIECE: Final = 256 * 1024
"""Maximum bytes of a piece of decompressed data."""
READ: Final = 64 * 1024
"""Compressed bytes that are read at a time."""
MEMORY: Final = 128 << 20
"""Bytes that a window or dictionary may have unless more is allowed."""
_MOST_WINDOW: Final = 1 << 31
"""Bytes of the largest window that the zstd library can use."""
_BESIDE_DICTIONARY: Final = 1 << 20
"""Bytes that the xz library needs beside the dictionary."""

Read = Callable[[int], bytes]
"""Up to so many bytes, as soon as there are any; b"" at the end."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Settings for compressed inputs."""

    memory: int = MEMORY
    """Bytes that the window of zstd data or the dictionary of xz data may have."""
    salvage: bool = False
    """True to take what comes before a fault in compressed data, instead of refusing the whole input."""


_SIZE: Final = re.compile(r"(\d{1,12}) ?(?:([kmg])(?:i?b)?|b)?", re.IGNORECASE)


def bytes_of(size: str) -> int | None:
    """A size such as `512MiB` or `2GB` in bytes; units are powers of 1024, as in xz and zstd. None for other texts."""
    match = _SIZE.fullmatch(size.strip())
    if match is None or not int(match[1]):
        return None
    return int(match[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[(match[2] or "").lower()]


class BrokenData(InputError):
    """Compressed or packed data that ends too early or is corrupt."""

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(f"{name}: {fault}; export or copy it again")
        self.name = name
        self.fault = fault


def truncated(name: str, what: str) -> BrokenData:
    """The error for data of the kind `what` that ends too early."""
    return BrokenData(name, f"the {what} data ends too early (truncated)")


def corrupt(name: str, what: str) -> BrokenData:
    """The error for data of the kind `what` that is damaged."""
    return BrokenData(name, f"the {what} data is corrupt")


def decompressed(compression: Compression, read: Read, name: str, reading: Reading) -> Iterator[bytes]:
    """The decompressed bytes of all streams that follow one another, in pieces of at most `PIECE` and at least one.

    Raises BrokenData for data that ends too early or is corrupt, InputError for data that needs more memory than allowed.
    """
    if compression == "zstd":
        return _unzstd(read, name, reading.memory)
    if compression == "gzip":
        return _gunzip(read, name, reading.salvage)
    if not reading.salvage:
        return _unpack(compression, read, name, reading.memory)
    # A library that finds a fault keeps back what the same call decompressed before it, so it gets one byte at a time.
    source = Exactly(read)
    return _gathered(_unpack(compression, lambda count: source.some(1), name, reading.memory))


def _unpack(compression: Compression, read: Read, name: str, memory: int) -> Iterator[bytes]:
    if compression == "bzip2":
        return _unpack_streams(read, name, "bzip2", bz2.BZ2Decompressor, b"B")
    limit = memory + _BESIDE_DICTIONARY
    if compression == "xz":
        return _unpack_streams(read, name, "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, limit), b"\xfd")
    if compression == "lzma":
        return _unpack_streams(read, name, "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, limit), b"]")
    raise ValueError(f"{compression} is not decompressed here")


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of `pieces` in fewer pieces. Everything before an error is passed on before the error is raised."""
    held = bytearray()
    try:
        for piece in pieces:
            if len(held) + len(piece) > PIECE:
                yield bytes(held)
                held.clear()
            held += piece
    except BrokenData:
        if held:
            yield bytes(held)
        raise
    if held:
        yield bytes(held)


def _gunzip(read: Read, name: str, salvage: bool) -> Iterator[bytes]:
    data = read(READ)
    while data:  # one member after the other
        unzip = zlib.decompressobj(wbits=31)
        while not unzip.eof:
            before = unzip.copy() if salvage else None
            try:
                piece = unzip.decompress(data, PIECE)
            except zlib.error:
                if before is not None and (piece := _up_to_fault(before, data)):
                    yield piece
                raise corrupt(name, "gzip") from None
            if piece:
                yield piece
            data = unzip.unconsumed_tail
            # A full piece: there may be more that needs no more input.
            if not data and len(piece) < PIECE and not unzip.eof:
                data = read(READ)
                if not data:
                    raise truncated(name, "gzip")
        data = unzip.unused_data.lstrip(b"\0") or _skip_padding(read)
        if data and data[0] != 0x1F:
            raise _other_data(name, "gzip")


def _up_to_fault(unzip: zlib._Decompress, data: bytes) -> bytes:
    """The bytes that a failing call decompressed before the fault, which zlib does not return."""
    piece = bytearray()
    with suppress(zlib.error):
        for byte in data:
            piece += unzip.decompress(bytes([byte]))
    return bytes(piece)


def _unpack_streams(
    read: Read,
    name: str,
    what: str,
    begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
    magic: bytes,
) -> Iterator[bytes]:
    data = read(READ)
    while data:  # one stream after the other
        unpack = begin()
        while not unpack.eof:
            if unpack.needs_input and not data:
                data = read(READ)
                if not data:
                    raise truncated(name, what)
            try:
                piece = unpack.decompress(data, PIECE)
            except (OSError, lzma.LZMAError) as error:
                if "Memory usage limit" in str(error):
                    raise InputError(
                        f"{name}: its {what} dictionary needs more memory than is allowed; "
                        "allow more with --decompress-memory, such as 1GiB, or compress it again with less"
                    ) from None
                raise corrupt(name, what) from None
            data = b""
            if piece:
                yield piece
        data = unpack.unused_data.lstrip(b"\0") or _skip_padding(read)
        if data and data[:1] != magic:
            raise _other_data(name, what)


def _skip_padding(read: Read) -> bytes:
    """The data after the NULs that tapes and block devices append; b"" if there is none."""
    while data := read(READ):
        if data := data.lstrip(b"\0"):
            return data
    return b""


def _other_data(name: str, what: str) -> BrokenData:
    return BrokenData(name, f"there is other data after the end of the {what} data")


class Exactly:
    """Takes exact numbers of bytes from what hands out whatever it has."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._have = b""
        self._at = 0
        self.taken = 0
        """Number of bytes taken so far."""

    def ended(self) -> bool:
        """True if there is nothing more."""
        return self._at == len(self._have) and not self._more()

    def take(self, count: int) -> bytes:
        """So many bytes; raises EOFError if there are fewer."""
        while len(self._have) - self._at < count:
            if not self._more():
                raise EOFError
        return self._next(count)

    def some(self, count: int) -> bytes:
        """Up to so many bytes, b"" at the end."""
        return b"" if self.ended() else self._next(min(count, len(self._have) - self._at))

    def give_back(self, count: int) -> None:
        """Undoes the taking of so many bytes of those that were taken last, by one call."""
        self._at -= count
        self.taken -= count

    def _next(self, count: int) -> bytes:
        self._at += count
        self.taken += count
        return self._have[self._at - count : self._at]

    def _more(self) -> bool:
        data = self._read(READ)
        self._have, self._at = self._have[self._at :] + data, 0
        return bool(data)


def _unzstd(read: Read, name: str, memory: int) -> Iterator[bytes]:
    # The library's own readers either do not bound what one call puts out or do not tell a truncated frame from a
    # whole one. So it is given one block at a time (at most 128 KiB decompressed), which shows where frames end.
    source = Exactly(read)
    try:
        while not source.ended():
            magic = source.take(4)
            if magic in ZSTD_SKIPPABLE:
                left = int.from_bytes(source.take(4), "little")
                while left:
                    left -= len(source.take(min(left, READ)))
            elif magic == ZSTD:
                yield from _unzstd_frame(source, name, memory)
            else:
                raise _other_data(name, "zstd")
    except EOFError:
        raise truncated(name, "zstd") from None
    except zstandard.ZstdError:
        raise corrupt(name, "zstd") from None


def _unzstd_frame(source: Exactly, name: str, memory: int) -> Iterator[bytes]:
    """The data of a frame of which the magic number was taken. The format: RFC 8878, 3.1.1."""
    flags = source.take(1)[0]
    single_segment, has_checksum = bool(flags & 0x20), bool(flags & 0x04)
    window_descriptor = source.take(0 if single_segment else 1)
    dictionary = source.take((0, 1, 2, 4)[flags & 3])
    content_size = source.take((1 if single_segment else 0, 2, 4, 8)[flags >> 6])
    _refuse_window(_window(window_descriptor, content_size), name, memory)
    largest = min(max(memory, 1 << 10), _MOST_WINDOW)
    frame = zstandard.ZstdDecompressor(max_window_size=largest).decompressobj()
    frame.decompress(ZSTD + bytes([flags]) + window_descriptor + dictionary + content_size)
    last = False
    while not last:
        header = source.take(3)
        bits = int.from_bytes(header, "little")
        last, kind, size = bool(bits & 1), bits >> 1 & 3, bits >> 3
        repeated_byte = kind == 1
        if piece := frame.decompress(header + source.take(1 if repeated_byte else size)):
            yield piece
    if has_checksum and (piece := frame.decompress(source.take(4))):
        yield piece
    if not frame.eof:
        raise zstandard.ZstdError("frame is longer than its blocks")


def _window(descriptor: bytes, content_size: bytes) -> int:
    """The bytes of a frame's window: RFC 8878, 3.1.1.1.2. A frame without a descriptor is its own window."""
    if not descriptor:
        return int.from_bytes(content_size, "little") + (256 if len(content_size) == 2 else 0)
    base = 1 << 10 + (descriptor[0] >> 3)
    return base + base // 8 * (descriptor[0] & 7)


def _refuse_window(window: int, name: str, memory: int) -> None:
    if window > _MOST_WINDOW:
        raise InputError(f"{name}: its zstd window is above 2 GiB, which cannot be read; compress it again without --long")
    if window > max(memory, 1 << 10):
        mib = -(-window >> 20)
        needed = f"{mib >> 10}GiB" if mib % 1024 == 0 else f"{mib}MiB"
        raise InputError(
            f"{name}: its zstd window is above {memory >> 20} MiB; "
            f"allow more with --decompress-memory {needed}, or compress it again without --long"
        )
