"""Opens an input and decompresses it in pieces: files of gigabytes, compression bombs and live pipes alike."""

from __future__ import annotations

import hashlib
import io
import os
import select
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, Any, Final, Literal, ParamSpec, Self, TypeVar, cast

from logscrub import objects
from logscrub.errors import InputError
from logscrub.sources import codings, signatures
from logscrub.sources.decompression import PIECE, READ, BrokenData, Compression, Reading, corrupt, decompressed, truncated
from logscrub.sources.files import Input, printable, why_unreadable
from logscrub.sources.members import MemberInfo, decoded, peeked, refuse_nested, refuse_unsafe
from logscrub.sources.tar import tar_members
from logscrub.sources.unindexed_zip import unindexed_members

ZIP_IN_MEMORY: Final = 512 * 1024 * 1024
"""Maximum bytes of a zip from a pipe. It is kept whole, because its table of contents is at the end."""

_ZIP_SALVAGED: Final = 4096
"""Bytes of a salvaged member of a zip that are decompressed at a time. zipfile does not take fewer."""

_MUCH: Final = 16 * 1024
_MOMENT: Final = 0.005
"""Seconds that a pipe which gave so many bytes at once has for the next ones: who fills it may not be that far yet."""

Archive = Literal["", "zip", "tar"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Stream:
    """An open input. Made by `open_stream`; a context manager that closes it."""

    def __init__(self, name: str, file: IO[bytes], size: int | None, *, owned: bool, reading: Reading = Reading()) -> None:
        self.name = name
        self._reading = reading
        self.size = size
        """Bytes of the input as stored; None if that cannot be known (a pipe)."""
        self.bytes_read = 0
        """Bytes of the input that were read so far."""
        self._file = file
        self._owned = owned
        self.comments = b""
        """The comments of a zip and of its members, one per line, once all members were read."""
        self.faults: list[str] = []
        """One message for each place where the data of a salvaged input broke off."""
        self._ended = False
        self._gave_much = False
        self._head = b""
        self.coded: codings.Coded | None = None
        """The decoded records of a file that is no text, such as a table; known once `archive` or `chunks` was used."""
        self.content: hashlib._Hash | None = None
        """If it is set: the hash of what was decompressed so far, of data that is compressed and no zip."""
        self._kind = "none"
        self._opened: tuple[str, Iterator[bytes]] | None = None
        try:
            self._kind = self._sniff()
        except BaseException:
            self.close()
            raise
        plain = self._kind == signatures.TAR or self._kind in codings.KINDS
        self.compression: Compression = "none" if plain else cast(Compression, self._kind)

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes, in pieces of at most `PIECE` and at least one, each as soon as it has arrived.

        To be called once, and not for an archive. Raises InputError if the input cannot be read, or is truncated or corrupt,
        unless it is to be salvaged: then the pieces end there, and `faults` says so.
        """
        if self.archive:
            raise ValueError("an archive has members")
        return self._content()[1]

    def contents(self) -> Iterator[Iterator[bytes]]:
        """The data of the input, as `chunks`; of an archive, the data of each member. To be called once. Raises as `chunks`."""
        return (pieces for _, pieces, _ in self.members()) if self.archive else iter([self.chunks()])

    @property
    def archive(self) -> Archive:
        """The kind of archive that the decompressed data is; "" for none. Waits for the first bytes. Raises as `chunks`."""
        if self.compression == "zip":
            return "zip"
        return "tar" if self._content()[0] == signatures.TAR else ""

    @property
    def is_tar(self) -> bool:
        """True if the data was recognised as a tar, compressed or not."""
        return self._opened is not None and self._opened[0] == signatures.TAR

    def _content(self) -> tuple[str, Iterator[bytes]]:
        """Kind of the decompressed data, and its pieces, which are the same ones every time."""
        if self._opened is None:
            if self.compression == "none":
                kind, pieces = self._kind, iter(lambda: self._read(PIECE), b"")
            else:
                kind, pieces = peeked(self._decompressed())
            if kind in codings.KINDS:
                self.coded, pieces = decoded(kind, pieces, self.name)
                kind = "none"
            if kind not in ("none", signatures.TAR):
                raise InputError(f"{self.name}: {signatures.nested_refusal(kind)}")
            self._opened = kind, pieces
        return self._opened

    def _decompressed(self) -> Iterator[bytes]:
        count = 0
        try:
            for piece in decompressed(self.compression, self._read, self.name, self._reading):
                count += len(piece)
                if self.content is not None:
                    self.content.update(piece)
                yield piece
        except BrokenData as error:
            if not count:
                raise
            self._broke_off(error, count)

    def _broke_off(self, error: BrokenData, count: int) -> None:
        """Notes a fault after so many decompressed bytes. Raises it unless the input is to be salvaged."""
        if not self._reading.salvage:
            raise error
        if self.faults and error.name == self.name:  # a tar ends early because its compressed data did
            return
        self.faults.append(f"{error.name}: {error.fault} after {count:,} decompressed bytes; what came before was read")

    @property
    def has_more(self) -> bool:
        """True if the next piece can be read at once, as always from a regular file. A pipe that just gave much gets a moment."""
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

        To be called once, and only for an archive. Raises InputError if it is corrupt, if a member is a link or no regular file,
        compressed once more, or has a name that leads out of the folder in which it is unpacked; and if a zip is encrypted,
        compressed by a method other than deflate, an office document, or, where it cannot be read from its end, larger than
        `ZIP_IN_MEMORY`. Where the input is to be salvaged, a corrupt member ends early, and `faults` says so.
        """
        if self.archive == "zip":
            return self._zip_members()
        if self.archive == "tar":
            pieces = self._content()[1]
            return tar_members(lambda count: next(pieces, b""), self.name, self._broke_off)
        raise ValueError("only an archive has members")

    def _zip_members(self) -> Iterator[tuple[str, Iterator[bytes], MemberInfo]]:
        file = self._file if self.size is not None else self._into_memory()
        start = file.tell() if self.size is not None else 0
        try:
            opened = _reading_zip(self.name, zipfile.ZipFile, file)
        except BrokenData:
            if not self._reading.salvage:
                raise
            file.seek(start - len(self._head) if self.size is not None else 0)
            self._head = b""
            yield from unindexed_members(
                lambda count: _reading_zip(self.name, read_some, file, count), self.name, self._broke_off
            )
            self.bytes_read = self.size or self.bytes_read
            return
        with opened as archive:
            infos = archive.infolist()
            office = signatures.office_kind([info.filename for info in infos])
            if office is not None:
                raise InputError(f"{self.name}: {signatures.refusal(office)}")
            for info in infos:
                _refuse_unreadable(info, self.name)
                # The mode is handed on, so it does not matter what system wrote it.
                refuse_unsafe(self.name, "zip", info.orig_filename, info.external_attr >> 16)
            for info in infos:
                name = f"{self.name}: {printable(info.filename)}"
                pieces = refuse_nested(self._unzip(archive, info, file, name), name)
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

    def _sniff(self) -> str:
        kind = None
        while kind is None:
            more = self._read_file(READ)
            self._head += more
            kind = signatures.kind_of(self._head, final=not more)
        if kind not in signatures.READ:
            raise InputError(f"{self.name}: {signatures.refusal(kind)}")
        return kind

    def _read(self, count: int) -> bytes:
        if self._head:
            head, self._head = self._head[:count], self._head[count:]
            return head
        return self._read_file(count)

    def _read_file(self, count: int) -> bytes:
        if self._ended:  # a terminal would want its end-of-file key again
            return b""
        try:
            data = read_some(self._file, count)
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
        count = 0
        # What the call that finds a fault decompressed before it is lost, so it gets little at a time.
        most = _ZIP_SALVAGED if self._reading.salvage else PIECE
        try:
            member = cast(zipfile.ZipExtFile, _reading_zip(name, archive.open, info))
            with member:
                while data := _reading_zip(name, member.read1, most):
                    if self.size is not None:
                        self.bytes_read = min(max(self.bytes_read, file.tell()), self.size)
                    count += len(data)
                    yield data
        except BrokenData as error:
            self._broke_off(error, count)


def open_stream(item: Input, reading: Reading = Reading()) -> Stream:
    """Opens an input, and recognises its compression by its first bytes, not by its name.

    Waits for the first byte of a pipe, and for more only while those that came could begin a compressed file.
    Raises InputError if it cannot be opened or read, or is compressed in a way that is not supported.
    """
    file = open_file(item)
    return Stream(item.name, file, size_of(file), owned=item.path is not None, reading=reading)


def open_file(item: Input) -> IO[bytes]:
    """An input's bytes as they are on disk, unbuffered. Raises InputError if it cannot be opened."""
    if item.skipped:
        raise InputError(f"{item.name}: {item.skipped}")
    if item.path is None:
        return _standard_input(item.name)
    try:
        if item.address is not None:
            return cast(IO[bytes], objects.open_object(item.address, item.stored, item.part))
        file = cast(IO[bytes], item.path.open("rb", buffering=0))
        return file if item.part is None else cast(IO[bytes], Part(file, *item.part))
    except OSError as error:
        raise _unreadable(item.name, error) from None


class Part(io.RawIOBase):
    """A part of a file."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self._file = file
        self.size = max(0, min(end, os.fstat(file.fileno()).st_size) - start)
        self._left = self.size
        file.seek(start)

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size - self._left

    def close(self) -> None:
        self._file.close()
        super().close()


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


def size_of(file: IO[bytes]) -> int | None:
    """The bytes from here to the end, for a regular file and an object of a store."""
    if isinstance(file, objects.ObjectFile | Part):
        return max(file.size - file.tell(), 0)
    try:
        status = os.fstat(file.fileno())
        return max(status.st_size - file.tell(), 0) if stat.S_ISREG(status.st_mode) else None
    except OSError:
        return None


def read_some(file: IO[bytes], count: int) -> bytes:
    if not isinstance(file, io.RawIOBase):
        return cast(bytes, getattr(file, "read1", file.read)(count))
    while (data := file.read(count)) is None:  # non-blocking, and nothing there
        select.select([file], [], [])
    return cast(bytes, data)


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(f"{name}: {why_unreadable(error)}")


def _refuse_unreadable(info: zipfile.ZipInfo, name: str) -> None:
    member = f"{name}: {printable(info.filename)}"
    if info.flag_bits & (0x1 | 0x40 | 0x2000):
        raise InputError(f"{member}: is encrypted; unpack the zip with its password first")
    # bzip2 and LZMA are left out on purpose: zipfile does not bound what one read of them puts out.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{member}: its compression method is not supported; unpack the zip first")


def _reading_zip(name: str, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """The call's result; the many ways in which zipfile says "corrupt" become InputErrors."""
    try:
        return call(*args, **kwargs)
    except EOFError:
        raise truncated(name, "zip") from None
    except OSError as error:
        raise _unreadable(name, error) from None
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, OverflowError, LookupError):
        raise corrupt(name, "zip") from None
