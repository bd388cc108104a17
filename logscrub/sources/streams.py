"""Opening an input and decompressing it, in pieces: gigabytes, bombs and live pipes alike."""

from __future__ import annotations

import io
import os
import re
import select
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Final, Literal, ParamSpec, Self, TypeVar, cast

import zstandard

from logscrub.errors import InputError
from logscrub.sources import signatures
from logscrub.sources.files import Input, printable, why_unreadable
from logscrub.sources.signatures import ZSTD, ZSTD_SKIPPABLE

Compression = Literal["none", "gzip", "zstd", "zip"]

PIECE: Final = 256 * 1024
"""How many bytes a piece of decompressed data has at most."""

ZIP_IN_MEMORY: Final = 512 * 1024 * 1024
"""How many bytes a zip may have that comes from a pipe: it must be kept whole, for its table of contents is at the end."""

_READ: Final = 64 * 1024
"""How many compressed bytes are read at a time."""

_MUCH: Final = 16 * 1024
_MOMENT: Final = 0.005
"""Seconds that a pipe which gave so many bytes at once has for the next ones: who fills it may not be that far yet."""

_P = ParamSpec("_P")
_T = TypeVar("_T")

_Read = Callable[[int], bytes]
"""Up to so many bytes, as soon as there are any; b"" at the end."""


@dataclass(frozen=True)
class MemberInfo:
    """What is known of a member of a zip. Comments and extra fields are left out: they could hold anything."""

    name: str
    """A folder's ends in `/`."""
    date_time: tuple[int, int, int, int, int, int]
    external_attr: int
    """As in the zip: Unix file type and mode in the upper 16 bits, if any."""
    file_size: int
    """Bytes when decompressed, as the zip claims."""


class Stream:
    """An open input. Made by `open_stream`; a context manager that closes it."""

    def __init__(self, name: str, file: IO[bytes], size: int | None, *, owned: bool) -> None:
        self.name = name
        self.size = size
        """How many bytes the input has, compressed; None if that cannot be known (a pipe)."""
        self.bytes_read = 0
        """How many of them were read so far."""
        self._file = file
        self._owned = owned
        self.comments = b""
        """Of a zip whose members were all read: the comments of the zip and of its members, a line each."""
        self._ended = False
        self._gave_much = False
        self._head = b""
        self.compression: Compression = "none"
        try:
            self.compression = self._sniff()
        except BaseException:
            self.close()
            raise

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes, in pieces of at most `PIECE` and at least one, each as soon as it has arrived.

        To be called once, and not for a zip. Raises InputError if the input cannot be read, or is truncated or corrupt.
        """
        if self.compression == "gzip":
            return _refuse_nested(_gunzip(self._read, self.name), self.name)
        if self.compression == "zstd":
            return _refuse_nested(_unzstd(self._read, self.name), self.name)
        if self.compression == "none":
            return iter(lambda: self._read(PIECE), b"")
        raise ValueError("a zip has members")

    @property
    def has_more(self) -> bool:
        """Whether the next piece is there: always so of a regular file. A pipe that just gave much is given a moment."""
        return self.size is not None or self._there(_MOMENT if self._gave_much else 0, otherwise=False)

    def wait(self, seconds: float) -> bool:
        """Waits until there is something to read, or the end, but no longer than so many seconds. Returns whether there is."""
        return self._ended or self.size is not None or self._there(seconds, otherwise=True)

    def _there(self, seconds: float, *, otherwise: bool) -> bool:
        try:
            return bool(self._head) or bool(select.select([self._file], [], [], seconds)[0])
        except (OSError, ValueError):  # something that cannot be waited for
            return otherwise

    def members(self) -> Iterator[tuple[str, Iterator[bytes], MemberInfo]]:
        """Name, decompressed bytes (in pieces, as in `chunks`) and description of each member, folders too.

        To be called once, and only for a zip. Raises InputError if it is corrupt, encrypted, compressed by a method
        other than deflate, an office document, or, where it cannot be read from its end, larger than `ZIP_IN_MEMORY`; and
        if a member is a link or has a name that leads out of the folder in which it is unpacked.
        """
        if self.compression != "zip":
            raise ValueError("only a zip has members")
        file = self._file if self.size is not None else self._into_memory()
        with _reading_zip(self.name, zipfile.ZipFile, file) as archive:
            infos = archive.infolist()
            office = signatures.office_kind([info.filename for info in infos])
            if office is not None:
                raise InputError(f"{self.name}: {signatures.refusal(office)}")
            for info in infos:
                _refuse_unreadable(info, self.name)
                _refuse_unsafe(info, self.name)
            for info in infos:
                name = f"{self.name}: {printable(info.filename)}"
                pieces = _refuse_nested(self._unzip(archive, info, file, name), name)
                yield info.filename, pieces, MemberInfo(info.filename, info.date_time, info.external_attr, info.file_size)
            self.comments = b"\n".join(c for c in (archive.comment, *(info.comment for info in infos)) if c)
        if self.size is not None:
            self.bytes_read = self.size

    def close(self) -> None:
        """Close the input; standard input stays open. May be called again."""
        if self._owned:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _sniff(self) -> Compression:
        kind = None
        while kind is None:
            more = self._read_file(_READ)
            self._head += more
            kind = signatures.kind_of(self._head, final=not more)
        if kind not in signatures.READ:
            raise InputError(f"{self.name}: {signatures.refusal(kind)}")
        return cast(Compression, kind)

    def _read(self, count: int) -> bytes:
        if self._head:
            head, self._head = self._head[:count], self._head[count:]
            return head
        return self._read_file(count)

    def _read_file(self, count: int) -> bytes:
        if self._ended:  # a terminal would want its end-of-file key again
            return b""
        try:
            data = _read_some(self._file, count)
        except OSError as error:
            raise _unreadable(self.name, error) from None
        self._ended = not data
        self._gave_much = len(data) >= _MUCH
        self.bytes_read += len(data)
        return data

    def _into_memory(self) -> io.BytesIO:
        whole = io.BytesIO()
        while data := self._read(PIECE):
            if whole.tell() + len(data) > ZIP_IN_MEMORY:
                raise InputError(
                    f"{self.name}: a zip from a pipe may have at most {ZIP_IN_MEMORY >> 20} MiB; "
                    "save it to a file and give that file's name"
                )
            whole.write(data)
        return whole

    def _unzip(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: IO[bytes], name: str) -> Iterator[bytes]:
        member = cast(zipfile.ZipExtFile, _reading_zip(name, archive.open, info))
        with member:
            while data := _reading_zip(name, member.read1, PIECE):
                if self.size is not None:
                    self.bytes_read = min(max(self.bytes_read, file.tell()), self.size)
                yield data


def open_stream(item: Input) -> Stream:
    """Open an input and look at its first bytes, not its name, to tell how it is compressed.

    Waits for the first byte of a pipe, and for more only while those that came could begin a compressed file.
    Raises InputError if it cannot be opened or read, or is compressed in a way that is not supported.
    """
    file = open_file(item)
    return Stream(item.name, file, _size(file), owned=item.path is not None)


def open_file(item: Input) -> IO[bytes]:
    """An input's bytes as they are on disk, unbuffered. Raises InputError if it cannot be opened."""
    if item.skipped:
        raise InputError(f"{item.name}: {item.skipped}")
    if item.path is None:
        return _standard_input(item.name)
    try:
        return cast(IO[bytes], item.path.open("rb", buffering=0))
    except OSError as error:
        raise _unreadable(item.name, error) from None


def _standard_input(name: str) -> IO[bytes]:
    if sys.stdin is None:
        raise InputError(f"{name}: standard input is closed; give a file or pipe data in")
    try:
        # Beside Python's buffer, which takes "nothing yet" on a non-blocking pipe for the end.
        return cast(IO[bytes], io.FileIO(sys.stdin.fileno(), "rb", closefd=False))
    except (io.UnsupportedOperation, AttributeError):  # replaced by an object in memory
        return cast(IO[bytes], sys.stdin.buffer)
    except (OSError, ValueError):
        raise InputError(f"{name}: standard input is closed; give a file or pipe data in") from None


def _size(file: IO[bytes]) -> int | None:
    """The bytes from here to the end, for a regular file."""
    try:
        status = os.fstat(file.fileno())
        return max(status.st_size - file.tell(), 0) if stat.S_ISREG(status.st_mode) else None
    except OSError:
        return None


def _read_some(file: IO[bytes], count: int) -> bytes:
    if not isinstance(file, io.RawIOBase):
        return cast(bytes, getattr(file, "read1", file.read)(count))
    while (data := file.read(count)) is None:  # non-blocking, and nothing there
        select.select([file], [], [])
    return cast(bytes, data)


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(f"{name}: {why_unreadable(error)}")


def _truncated(name: str, what: str) -> InputError:
    return InputError(f"{name}: the {what} data ends too early (truncated); export or copy it again")


def _corrupt(name: str, what: str) -> InputError:
    return InputError(f"{name}: the {what} data is corrupt; export or copy it again")


def _refuse_nested(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The pieces, unless they are again compressed: nobody would look into that, and it would pass as it is."""
    head = b""
    kind = None
    while kind is None:
        piece = next(pieces, b"")
        head += piece
        kind = signatures.kind_of(head, final=not piece)
    if kind != "none":
        raise InputError(f"{name}: {signatures.nested_refusal(kind)}")
    yield from (head[start : start + PIECE] for start in range(0, len(head), PIECE))
    yield from pieces


def _gunzip(read: _Read, name: str) -> Iterator[bytes]:
    data = read(_READ)
    while data:  # one member after the other
        unzip = zlib.decompressobj(wbits=31)
        while not unzip.eof:
            try:
                piece = unzip.decompress(data, PIECE)
            except zlib.error:
                raise _corrupt(name, "gzip") from None
            if piece:
                yield piece
            data = unzip.unconsumed_tail
            # A full piece: there may be more that needs no more input.
            if not data and len(piece) < PIECE and not unzip.eof:
                data = read(_READ)
                if not data:
                    raise _truncated(name, "gzip")
        data = unzip.unused_data.lstrip(b"\0") or _skip_padding(read)
        if data and data[0] != 0x1F:
            raise InputError(f"{name}: there is other data after the end of the gzip data; export or copy it again")


def _skip_padding(read: _Read) -> bytes:
    """What follows after the NULs with which tapes and block devices fill up; b"" if nothing does."""
    while data := read(_READ):
        if data := data.lstrip(b"\0"):
            return data
    return b""


class _Exactly:
    """Takes exact numbers of bytes from what hands out whatever it has."""

    def __init__(self, read: _Read) -> None:
        self._read = read
        self._have = b""
        self._at = 0

    def ended(self) -> bool:
        return self._at == len(self._have) and not self._more()

    def take(self, count: int) -> bytes:
        """So many bytes; raises EOFError if there are fewer."""
        while len(self._have) - self._at < count:
            if not self._more():
                raise EOFError
        self._at += count
        return self._have[self._at - count : self._at]

    def _more(self) -> bool:
        data = self._read(_READ)
        self._have, self._at = self._have[self._at :] + data, 0
        return bool(data)


def _unzstd(read: _Read, name: str) -> Iterator[bytes]:
    # The library's own readers either do not bound what one call puts out or do not tell a truncated frame from a
    # whole one. So it is given one block at a time (at most 128 KiB decompressed), which shows where frames end.
    source = _Exactly(read)
    try:
        while not source.ended():
            magic = source.take(4)
            if magic in ZSTD_SKIPPABLE:
                left = int.from_bytes(source.take(4), "little")
                while left:
                    left -= len(source.take(min(left, _READ)))
            elif magic == ZSTD:
                yield from _unzstd_frame(source)
            else:
                raise InputError(f"{name}: there is other data after the end of the zstd data; export or copy it again")
    except EOFError:
        raise _truncated(name, "zstd") from None
    except zstandard.ZstdError as error:
        if "memory" in str(error):
            raise InputError(f"{name}: its zstd window is above 128 MiB; compress it again without --long") from None
        raise _corrupt(name, "zstd") from None


def _unzstd_frame(source: _Exactly) -> Iterator[bytes]:
    """The data of a frame of which the magic number was taken. The format: RFC 8878, 3.1.1."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    descriptor = source.take(1)
    flags = descriptor[0]
    single_segment, has_checksum = bool(flags & 0x20), bool(flags & 0x04)
    window = 0 if single_segment else 1
    dictionary = (0, 1, 2, 4)[flags & 3]
    content_size = (1 if single_segment else 0, 2, 4, 8)[flags >> 6]
    frame.decompress(ZSTD + descriptor + source.take(window + dictionary + content_size))
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


def _refuse_unreadable(info: zipfile.ZipInfo, name: str) -> None:
    member = f"{name}: {printable(info.filename)}"
    if info.flag_bits & (0x1 | 0x40 | 0x2000):
        raise InputError(f"{member}: is encrypted; unpack the zip with its password first")
    # bzip2 and LZMA are left out on purpose: zipfile does not bound what one read of them puts out.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{member}: its compression method is not supported; unpack the zip first")


def _refuse_unsafe(info: zipfile.ZipInfo, name: str) -> None:
    """Raises InputError for a member that would be unpacked elsewhere than in the folder that is meant, or as something else."""
    member = f"{name}: {printable(info.orig_filename)}"
    if "\0" in info.orig_filename:
        raise InputError(f"{member}: its name holds a NUL; pack the zip again")
    parts = [part.strip() for part in re.split(r"[/\\]", info.filename)]
    if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", info.filename):
        raise InputError(f"{member}: its name leads out of the folder where it is unpacked; pack the zip again")
    # The mode is handed on, so it does not matter what system wrote it.
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "no regular file"
        raise InputError(f"{member}: is {what}; unpack the zip and give the folder")


def _reading_zip(name: str, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """The call's result; the many ways in which zipfile says "corrupt" become InputErrors."""
    try:
        return call(*args, **kwargs)
    except EOFError:
        raise _truncated(name, "zip") from None
    except OSError as error:
        raise _unreadable(name, error) from None
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, OverflowError, LookupError):
        raise _corrupt(name, "zip") from None
