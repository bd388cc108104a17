"""Where clean bytes go: files that appear whole or not at all, standard output, pipes; compressed or not."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import select
import stat
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Protocol, Self, cast

import zstandard

from logscrub.errors import OutputError, UsageError
from logscrub.sources.files import printable
from logscrub.sources.streams import Compression

_BUFFER: Final = 64 * 1024
"""How many bytes are collected before they are written."""

_ZIP64_FROM: Final = 512 * 1024 * 1024
"""From this input size on a zip's member gets 64-bit sizes, which some old tools cannot read; without, 2 GiB is the end."""

_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_NAMED_DESCRIPTORS: Final = {"/dev/stdout": 1, "/dev/stderr": 2}


class Sink:
    """An open output. Made by `open_sink`; a context manager that aborts unless `commit` was called.

    All methods raise OutputError if the output cannot be written; it is then aborted. A BrokenPipeError on standard
    output is let through.
    """

    def __init__(self, target: _Target, compression: Compression) -> None:
        self._target = target
        self._codec = _codec(compression)
        self._unflushed = False

    @property
    def bytes_written(self) -> int:
        """Bytes given out so far, compressed; after `commit` the size of the output."""
        return self._target.bytes_written

    def write(self, data: bytes) -> None:
        """Write bytes; they may stay in memory until `flush` or `commit`."""
        self._unflushed = self._unflushed or bool(data)
        self._target.write(self._codec.compress(data))

    def flush(self) -> None:
        """Make everything so far readable for whoever reads along. Costs compression ratio: not after every write."""
        if self._unflushed:
            self._target.write(self._codec.sync())
            self._unflushed = False
        self._target.flush()

    def commit(self) -> None:
        """Finish the output; a file appears in its place, with everything on the disk. Nothing may be written after."""
        self._target.write(self._codec.finish())
        self._target.commit()

    def abort(self) -> None:
        """Give up: a file does not appear, a pipe gets no more. Does nothing after `commit` or a second time."""
        self._target.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.abort()


class MemberLike(Protocol):
    """What a zip's member takes over from the one it is made from; MemberInfo and ZipInfo have it."""

    @property
    def date_time(self) -> tuple[int, int, int, int, int, int]: ...
    @property
    def external_attr(self) -> int: ...
    @property
    def file_size(self) -> int: ...


class ZipSink:
    """An open zip output. Made by `open_zip_sink`; a context manager that aborts unless `commit` was called.

    For each member `begin`, `write` as often as needed, `end`. Raises as `Sink` does.
    """

    def __init__(self, target: _Target) -> None:
        self._target = target
        # Never seeks, be it a file: the same bytes come out everywhere.
        self._zip = zipfile.ZipFile(cast(IO[bytes], target), "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._member: IO[bytes] | None = None

    @property
    def bytes_written(self) -> int:
        """Bytes given out so far; after `commit` the size of the zip."""
        return self._target.bytes_written

    def begin(self, name: str, like: MemberLike) -> None:
        """Begin a member (a folder if the name ends in `/`), with the date and file mode of `like`."""
        info = zipfile.ZipInfo(name, like.date_time)
        info.create_system = 3  # Unix on every system, so that the mode below is understood
        is_folder = name.endswith("/")
        info.compress_type = zipfile.ZIP_STORED if is_folder else zipfile.ZIP_DEFLATED
        # A member from a system without modes would come out as a file that nobody may read.
        mode = like.external_attr >> 16 & 0o170777 or (0o40755 if is_folder else 0o100644)
        info.external_attr = mode << 16 | (0x10 if is_folder else 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # names may repeat, as they did in the input
            self._member = self._zip.open(info, "w", force_zip64=like.file_size >= _ZIP64_FROM)

    def write(self, data: bytes) -> None:
        """Write bytes of the member that was begun."""
        if self._member is None:
            raise ValueError("no member was begun")
        self._member.write(data)

    def end(self) -> None:
        """End the member."""
        if self._member is None:
            raise ValueError("no member was begun")
        self._guard(self._member.close)
        self._member = None

    def flush(self) -> None:
        """Hand on what was written; a zip is readable only after `commit`."""
        self._target.flush()

    def commit(self) -> None:
        """Finish the zip; a file appears in its place. Nothing may be written after."""
        if self._member is not None:
            raise ValueError("a member was not ended")
        self._guard(self._zip.close)
        self._target.commit()

    def abort(self) -> None:
        """Give up, as `Sink.abort`."""
        self._target.abort()
        # The zip's own end goes nowhere now, but zipfile wants to have written it.
        with contextlib.suppress(Exception):
            if self._member is not None:
                self._member.close()
        with contextlib.suppress(Exception):
            self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.abort()

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except (RuntimeError, zipfile.LargeZipFile):
            self.abort()
            raise OutputError(
                f"{self._target.name}: a member became too large for the zip; give it as a file of its own"
            ) from None


def open_sink(path: Path | None, compression: Compression, *, inputs: Iterable[Path | None] = ()) -> Sink:
    """Open an output that is not a zip; None is standard output.

    A file is written under a temporary name beside its place, readable by its owner only, and takes its place at
    `commit`, with the mode of the file it replaces or that of any new file. Folders above it are made. A path that
    is no regular file (a device, a pipe) is written directly.

    Raises OutputError if it cannot be written, UsageError if it is one of the `inputs` (None: standard input).
    """
    if compression == "zip":
        raise ValueError("a zip is opened by open_zip_sink")
    return Sink(_open_target(path, inputs), compression)


def open_zip_sink(path: Path | None, *, inputs: Iterable[Path | None] = ()) -> ZipSink:
    """Open a zip output, as `open_sink` does."""
    return ZipSink(_open_target(path, inputs))


def same_file(input_path: Path | None, output_path: Path | None) -> bool:
    """Would writing the output change the input: are they the same regular file or pipe, by whatever names?

    None is standard input or output. What does not exist or cannot be looked at is not the same.
    """
    try:
        one = os.fstat(sys.stdin.fileno()) if input_path is None else input_path.stat()
        other = os.fstat(sys.stdout.fileno()) if output_path is None else output_path.stat()
    except (OSError, ValueError, AttributeError):
        return False
    # Terminals and /dev/null can be both.
    return os.path.samestat(one, other) and (stat.S_ISREG(one.st_mode) or stat.S_ISFIFO(one.st_mode))


@dataclass(frozen=True)
class _Codec:
    """The three operations of a compressor, each giving bytes to write."""

    compress: Callable[[bytes], bytes]
    sync: Callable[[], bytes]
    finish: Callable[[], bytes]


def _codec(compression: Compression) -> _Codec:
    if compression == "gzip":
        deflate = zlib.compressobj(6, zlib.DEFLATED, 31)  # zlib's own header: no name, time 0
        return _Codec(deflate.compress, lambda: deflate.flush(zlib.Z_SYNC_FLUSH), deflate.flush)
    if compression == "zstd":
        zstd = zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj()
        return _Codec(zstd.compress, lambda: zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), zstd.flush)
    return _Codec(lambda data: data, bytes, bytes)


class _Target:
    """A place for bytes: collects small pieces, turns errors into OutputErrors, and can be taken back."""

    def __init__(
        self, name: str, file: IO[bytes], *, temporary: Path | None = None, final: Path | None = None, mode: int = 0
    ) -> None:
        self.name = name
        self.bytes_written = 0
        self._file = file
        self._temporary = temporary
        """Renamed to `final` in the end, and given its mode; None where the bytes go straight to their place."""
        self._final = final
        self._mode = mode
        self._held = bytearray()
        self._over = False

    def write(self, data: bytes) -> int:
        if self._over:
            raise ValueError("the output is closed")
        self.bytes_written += len(data)
        if len(self._held) + len(data) < _BUFFER:
            self._held += data
        else:
            self._drain()
            self._attempt(lambda: _write_all(self._file, data))
        return len(data)

    def flush(self) -> None:
        if self._over:
            raise ValueError("the output is closed")
        self._drain()
        self._attempt(self._file.flush)

    def commit(self) -> None:
        self.flush()
        self._attempt(self._put_in_place)
        self._over = True

    def abort(self) -> None:
        if self._over:
            return
        self._over = True
        self._held.clear()
        with contextlib.suppress(OSError):
            self._close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _drain(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            self._attempt(lambda: _write_all(self._file, held))

    def _put_in_place(self) -> None:
        if self._temporary is None or self._final is None:
            self._close()
            return
        self._temporary.chmod(self._mode)
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._final)
        _sync_folder(self._final.parent)

    def _close(self) -> None:
        if isinstance(self._file, io.FileIO):  # one that stands in for standard output leaves it open
            self._file.close()

    def _attempt(self, call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:
            self.abort()
            if isinstance(error, OSError) and not (isinstance(error, BrokenPipeError) and self.name == "-"):
                raise _unwritable(self.name, error) from None
            raise


def _open_target(path: Path | None, inputs: Iterable[Path | None]) -> _Target:
    descriptor = 1 if path is None else _descriptor(path)
    own_path = None if descriptor == 1 else path
    for input_path in inputs:
        if same_file(input_path, own_path):
            raise UsageError(f"{_name(own_path)}: is also an input, which writing would destroy; write to another place")
    if path is None or descriptor == 1:
        return _Target("-", _standard_output())
    name = _name(path)
    try:
        return _open_path(path, descriptor, name)
    except OSError as error:
        raise _unwritable(name, error) from None
    except ValueError:  # a NUL in the name
        raise OutputError(f"{name}: is no possible file name; choose another") from None


def _open_path(path: Path, descriptor: int | None, name: str) -> _Target:
    if descriptor is not None:
        return _Target(name, cast(IO[bytes], io.FileIO(os.dup(descriptor), "wb")))
    final = Path(os.path.realpath(path))  # a link stays one; the file it points to is replaced
    make_folder(final.parent)
    try:
        status = final.stat()
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    else:
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISBLK(status.st_mode):
            raise OutputError(f"{name}: is a disk; choose a file")
        if not stat.S_ISREG(status.st_mode):
            return _Target(name, cast(IO[bytes], io.FileIO(os.open(final, os.O_WRONLY | os.O_NOCTTY), "wb")))
        if not os.access(final, os.W_OK):  # renaming over it would not ask
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        mode = status.st_mode & 0o777
    handle, temporary = tempfile.mkstemp(prefix=".logscrub-", suffix=".tmp", dir=final.parent)
    return _Target(name, cast(IO[bytes], io.FileIO(handle, "wb")), temporary=Path(temporary), final=final, mode=mode)


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a name like /dev/stdout or /dev/fd/5 stands for."""
    plain = os.path.normpath(path)
    match = _DESCRIPTOR.fullmatch(plain)
    return int(match[1]) if match else _NAMED_DESCRIPTORS.get(plain)


def _standard_output() -> IO[bytes]:
    if sys.stdout is None:
        raise OutputError("-: standard output is closed; give a file to write to")
    try:
        sys.stdout.flush()
        # Beside Python's buffer, which fails on a non-blocking pipe and again, at exit, after any failure.
        return cast(IO[bytes], io.FileIO(sys.stdout.fileno(), "wb", closefd=False))
    except (io.UnsupportedOperation, AttributeError):  # replaced by an object in memory
        return cast(IO[bytes], sys.stdout.buffer)
    except BrokenPipeError:
        raise
    except (OSError, ValueError):
        raise OutputError("-: standard output is closed; give a file to write to") from None


def _write_all(file: IO[bytes], data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        # A raw file may take a part, or nothing (None) where it is non-blocking and full.
        written = cast(int | None, file.write(rest))
        if written is None:
            select.select([], [file], [])
        rest = rest[written or 0 :]


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it; their names are on the disk when it returns. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(missing):
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    # The file is in place and its data on the disk; some systems cannot sync a folder, or not without read permission.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it
    os.umask(mask)
    return mask


def _name(path: Path | None) -> str:
    return "-" if path is None else printable(path)


def _unwritable(name: str, error: OSError) -> OutputError:
    reasons = {
        errno.ENOSPC: "the disk is full; make room or choose another place",
        errno.EDQUOT: "the disk quota is used up; make room or choose another place",
        errno.EFBIG: "the file is larger than the file system or a limit allows; choose another place",
        errno.EACCES: "no permission to write it; choose another place",
        errno.EPERM: "no permission to write it; choose another place",
        errno.EROFS: "the file system is read-only; choose another place",
        errno.EISDIR: "is a folder; give the name of a file",
        errno.ENOTDIR: "a part of the path is a file, not a folder; choose another place",
        errno.EEXIST: "a part of the path is a file, not a folder; choose another place",
        errno.EPIPE: "its reader has gone away",
    }
    what = os.strerror(error.errno) if error.errno else type(error).__name__
    return OutputError(f"{name}: {reasons.get(error.errno or 0, f'cannot be written: {what}')}")
