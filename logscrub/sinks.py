"""Outputs for clean bytes: files that appear whole or not at all, standard output, pipes; compressed or not."""

from __future__ import annotations

import bz2
import contextlib
import errno
import hashlib
import io
import lzma
import os
import re
import select
import stat
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Protocol, Self, TypeVar, cast

import zstandard

from logscrub import objects
from logscrub.errors import OutputError, UsageError
from logscrub.objects import ObjectError, Upload
from logscrub.sources.codings import Coded
from logscrub.sources.decompression import Compression
from logscrub.sources.files import mode_of, printable
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import Archive

if sys.platform != "win32":
    import fcntl

_BUFFER: Final = 64 * 1024
"""Bytes that are collected before they are written."""

_ZIP64_FROM: Final = 512 * 1024 * 1024
"""From this input size on a zip's member gets 64-bit sizes, which some old tools cannot read; without, 2 GiB is the end."""

_XZ_PRESET: Final = 1
"""The level of compression, 0 to 9. For logs, the default of 6 takes ten times the time and the memory, and saves a quarter."""

TAR_IN_MEMORY: Final = 512 * 1024 * 1024
"""The most bytes of a tar's member on a pipe: it is held in memory whole, because its size is written first."""
_HELD: Final = 8 * 1024 * 1024
"""Bytes of a tar's member that are kept in memory where there is a folder for more."""

_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_NAMED_DESCRIPTORS: Final = {"/dev/stdout": 1, "/dev/stderr": 2}

_TEMPORARY: Final = re.compile(r"\.logscrub-.+\.tmp")
"""The names of files that are not complete yet."""

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""The beginning of a path that was meant as a URL."""

_BY_HANDLE: Final = os.open in os.supports_dir_fd
"""True if the system can name a file by an open folder and its name in it."""
_FOLDER: Final = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", os.O_RDONLY)
"""Flags that open a folder so that files can be made in it; they need no permission to list it."""


class CodedSink:
    """Takes the clean lines of a decoded file, and writes the file that they make to a sink when all are there."""

    def __init__(self, sink: Sink, coded: Coded) -> None:
        self._sink = sink
        self._coded = coded
        self._clean = bytearray()

    def write(self, data: bytes) -> None:
        """Takes clean lines."""
        self._clean += data

    def flush(self) -> None:
        """Does nothing: a coded file is written as a whole."""

    def commit(self) -> None:
        """Finishes the output. Raises InputError where the clean lines cannot be coded, OutputError as the sink does."""
        self._sink.write(self._coded.encode(bytes(self._clean)))
        self._sink.commit()


_T = TypeVar("_T")


class Sink:
    """An open output. Made by `open_sink`; a context manager that aborts unless `commit` was called.

    All methods raise OutputError if the output cannot be written; it is then aborted. A BrokenPipeError on standard
    output is let through.
    """

    def __init__(self, target: _Target, compression: Compression) -> None:
        self._target = target
        self._codec = _codec(compression)
        self._unflushed = False
        self._content = None if compression == "none" else hashlib.sha256()
        self._hashed = False

    def hash(self) -> None:
        """Has digests made of what is written from here on. To be called before anything is."""
        self._hashed = True
        self._target.hash = hashlib.sha256()

    @property
    def digests(self) -> tuple[str, str]:
        """SHA-256 of what was given out so far, as it is stored, and of what was written before it was compressed."""
        content = self._target.digest if self._content is None else self._content.hexdigest()
        return self._target.digest, content

    @property
    def bytes_written(self) -> int:
        """Bytes given out so far, compressed; after `commit` the size of the output."""
        return self._target.bytes_written

    def write(self, data: bytes) -> None:
        """Write bytes; they may stay in memory until `flush` or `commit`."""
        self._unflushed = self._unflushed or bool(data)
        if self._hashed and self._content is not None:
            self._content.update(data)
        self._target.write(self._codec.compress(data))

    def flush(self) -> None:
        """Make everything so far readable for whoever reads along. Costs compression ratio: not after every write.

        Of bzip2, xz and lzma data only whole blocks can be read, so there the last one stays back until `commit`.
        """
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
    """The metadata that a zip's member takes over from its input; MemberInfo and ZipInfo have it."""

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

    def hash(self) -> None:
        """Has a digest made of what is written. To be called before anything is."""
        self._target.hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was given out so far."""
        return self._target.digest

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


class TarSink:
    """An open tar output. Made by `open_tar_sink`; a context manager that aborts unless `commit` was called.

    Used as `ZipSink`. A member's size stands before its bytes, so they wait for its end: in memory, and what is large in a
    temporary file beside the output, or, where there is no folder for one (standard output), in memory up to `TAR_IN_MEMORY`.
    """

    def __init__(self, target: _Target, compression: Compression) -> None:
        self._target = target
        self._sink = Sink(target, compression)
        self._member: tuple[str, MemberInfo] | None = None
        self._waiting = _Waiting(target)
        self._size = 0

    def hash(self) -> None:
        """Has a digest made of what is written. To be called before anything is."""
        self._target.hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was given out so far."""
        return self._target.digest

    @property
    def bytes_written(self) -> int:
        """Bytes given out so far, compressed; after `commit` the size of the output."""
        return self._sink.bytes_written

    def begin(self, name: str, like: MemberInfo) -> None:
        """Begin a member (a folder if the name ends in `/`), with the date and file mode of `like` and without an owner."""
        self._member = name, like

    def write(self, data: bytes) -> None:
        """Write bytes of the member that was begun."""
        if self._member is None:
            raise ValueError("no member was begun")
        self._waiting.write(data)

    def end(self) -> None:
        """End the member."""
        if self._member is None:
            raise ValueError("no member was begun")
        name, like = self._member
        info = tarfile.TarInfo(name)
        info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
        info.mode = like.external_attr >> 16 & 0o777
        info.mtime = int(like.mtime.partition(".")[0])
        if "." in like.mtime:
            info.pax_headers = {"mtime": like.mtime}
        info.size = self._waiting.size
        self._put(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
        for piece in self._waiting.taken():
            self._put(piece)
        self._put(bytes(-self._size % tarfile.BLOCKSIZE))
        self._member = None

    def flush(self) -> None:
        """Hand on what was written."""
        self._sink.flush()

    def commit(self) -> None:
        """Finish the tar; a file appears in its place. Nothing may be written after."""
        if self._member is not None:
            raise ValueError("a member was not ended")
        self._put(bytes(2 * tarfile.BLOCKSIZE))
        self._put(bytes(-self._size % tarfile.RECORDSIZE))
        self._waiting.close()
        self._sink.commit()

    def abort(self) -> None:
        """Give up, as `Sink.abort`."""
        self._waiting.close()
        self._sink.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.abort()

    def _put(self, data: bytes) -> None:
        self._size += len(data)
        self._sink.write(data)


class _Waiting:
    """Clean bytes of a member that wait for its size."""

    def __init__(self, target: _Target) -> None:
        self._target = target
        self._held = bytearray()
        self._file: io.FileIO | None = None
        self._name = ""
        """The name of the file in the folder, as long as it has one."""
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._held += data
        folder = self._target.folder
        if folder is None:
            if len(self._held) > TAR_IN_MEMORY:
                self._target.abort()
                raise OutputError(
                    f"{self._target.name}: a member of a tar that does not go to a file may have at most "
                    f"{TAR_IN_MEMORY >> 20} MiB; write to a file with -o"
                )
        elif len(self._held) > _HELD:
            self._target.attempt(lambda: self._spill(folder))

    def taken(self) -> Iterator[bytes]:
        """The bytes, which wait no longer."""
        if self._file is not None:
            file = self._file
            self._target.attempt(lambda: file.seek(0))
            left = self.size - len(self._held)
            while left:
                piece = self._target.attempt(partial(file.read, min(left, _BUFFER)))
                if not piece:
                    raise OutputError(f"{self._target.name}: its temporary file was cut off by another program; try again")
                left -= len(piece)
                yield piece
            self._target.attempt(lambda: file.seek(0))
        for start in range(0, len(self._held), _BUFFER):
            yield bytes(self._held[start : start + _BUFFER])
        self._held.clear()
        self.size = 0

    def close(self) -> None:
        """Gives up what waits. To be called before the output is committed or aborted."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._remove()

    def _remove(self) -> None:
        folder = self._target.folder
        if self._name and folder is not None:
            with contextlib.suppress(OSError):  # not all systems remove an open file
                os.unlink(folder.at(self._name), dir_fd=folder.handle)
                self._name = ""

    def _spill(self, folder: _Folder) -> None:
        if self._file is None:
            self._name, handle = _begin(folder)
            self._file = io.FileIO(handle, "r+b")
            self._remove()  # at once, so that nothing is left of it however the run ends
        _write_all(cast(IO[bytes], self._file), self._held)
        self._held.clear()


def open_sink(
    path: Path | None, compression: Compression, *, inputs: Iterable[Path | None] = (), inside: Path | None = None
) -> Sink:
    """Open an output that is not an archive; None is standard output.

    A file is written under a temporary name beside its place, readable by its owner only, and takes its place at
    `commit`, with the mode of the file it replaces or that of any new file. Folders above it are made.

    Without `inside`, a path that is a link is followed, and one that is no regular file (a device, a pipe) is written directly.
    With `inside`, the folder that the user named, everything below that folder is made here: a link, or something else that
    is neither file nor folder, is an OutputError.

    Raises OutputError if it cannot be written, UsageError if it is one of the `inputs` (None: standard input) or a URL.
    """
    if compression == "zip":
        raise ValueError("a zip is opened by open_zip_sink")
    return Sink(_open_target(path, inputs, inside), compression)


def open_zip_sink(path: Path | None, *, inputs: Iterable[Path | None] = (), inside: Path | None = None) -> ZipSink:
    """Open a zip output, as `open_sink` does."""
    return ZipSink(_open_target(path, inputs, inside))


def open_tar_sink(
    path: Path | None, compression: Compression, *, inputs: Iterable[Path | None] = (), inside: Path | None = None
) -> TarSink:
    """Open a tar output, compressed or not, as `open_sink` does."""
    return TarSink(_open_target(path, inputs, inside), compression)


def open_archive_sink(
    path: Path | None,
    archive: Archive,
    compression: Compression,
    *,
    inputs: Iterable[Path | None] = (),
    inside: Path | None = None,
) -> ZipSink | TarSink:
    """Open an output for an archive of that kind, as `open_sink` does."""
    if archive == "zip":
        return open_zip_sink(path, inputs=inputs, inside=inside)
    return open_tar_sink(path, compression, inputs=inputs, inside=inside)


def refuse_url(path: Path) -> None:
    """Raises UsageError for an output that looks like a URL but is not the address of an object that can be written."""
    address = objects.address_of(path)
    if address is not None:
        objects.refuse(address, writes=True)
        if not address.key:
            raise UsageError(f"{address}: is a bucket; give the name of the object too")
        return
    first = path.parts[0] if path.parts else ""
    if _URL.fullmatch(first) and not mode_of(Path(first)):
        url = printable(path).replace(":/", "://", 1)
        raise UsageError(f"{url}: outputs go to files, and to s3://, gs:// and az://; write a file and upload it")


def refuse_links(path: Path, inside: Path) -> None:
    """Raises OutputError if a link, a pipe or a device is in the way of an output below the folder `inside`."""
    place = inside
    for part in path.relative_to(inside).parts:
        place = place / part
        try:
            mode = place.lstat().st_mode
        except OSError:  # not there yet; if it cannot be made, opening it says why
            return
        if stat.S_ISLNK(mode):
            raise OutputError(
                f"{printable(place)}: is a link, and what goes to {printable(inside)} must not leave it; "
                "remove the link or choose another folder"
            )
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OutputError(f"{printable(place)}: is neither a file nor a folder; remove it or choose another folder")


def remove_abandoned(folder: Path) -> int:
    """Removes the incomplete outputs that killed runs left in a folder, and returns how many there were.

    Whoever writes such a file holds a lock on it, which ends with the process, whatever ended it. So a file that can be
    locked here is abandoned; one that cannot be locked, opened or removed stays. A process can always lock its own files, so
    this must not be called while this one writes to the folder.
    """
    if sys.platform == "win32":
        return 0
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return 0
    try:
        with os.scandir(handle) as entries:
            names = [entry.name for entry in entries if _TEMPORARY.fullmatch(entry.name)]
        return sum(_remove_abandoned(name, handle) for name in names)
    except OSError:
        return 0
    finally:
        os.close(handle)


def _remove_abandoned(name: str, folder: int) -> bool:
    try:
        file = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return False
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=folder)
    except OSError:  # it is being written, was finished just now, or is not ours to remove
        return False
    finally:
        os.close(file)
    return True


def same_file(input_path: Path | None, output_path: Path | None) -> bool:
    """True if writing the output would change the input: they are the same regular file or pipe, by whatever names.

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
    # These libraries cannot hand out what they hold before the end of a block.
    if compression == "bzip2":
        bzip2 = bz2.BZ2Compressor()
        return _Codec(bzip2.compress, bytes, bzip2.flush)
    if compression in ("xz", "lzma"):
        xz = lzma.LZMACompressor(lzma.FORMAT_XZ if compression == "xz" else lzma.FORMAT_ALONE, preset=_XZ_PRESET)
        return _Codec(xz.compress, bytes, xz.flush)
    return _Codec(lambda data: data, bytes, bytes)


@dataclass(frozen=True, slots=True)
class _Folder:
    """An open folder. Files made through its handle are made in that folder, even if its path leads elsewhere by then."""

    path: Path
    handle: int | None
    """None on systems without such handles; the path is used instead."""

    def at(self, name: str) -> str:
        """The name of a file in it, to be used together with the handle."""
        return name if self.handle is not None else str(self.path / name)

    def sync(self) -> None:
        # The file is in place and its data on the disk; some systems cannot sync a folder, or not without read permission.
        with contextlib.suppress(OSError):
            handle = os.open(self.at("."), os.O_RDONLY, dir_fd=self.handle)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def close(self) -> None:
        if self.handle is not None:
            os.close(self.handle)


@dataclass(frozen=True, slots=True)
class _Place:
    """The destination of a complete file."""

    folder: _Folder
    temporary: str
    """Its name until then, and `final` from then on, both in the folder."""
    final: str
    mode: int

    def put(self, file: IO[bytes]) -> None:
        """Puts the file that was written in its place."""
        at, handle = self.folder.at, self.folder.handle
        os.fsync(file.fileno())
        if handle is None:
            file.close()
        else:  # it stays open, and so locked, until it has its name: nobody may take it for abandoned
            os.fchmod(file.fileno(), self.mode)
        os.replace(at(self.temporary), at(self.final), src_dir_fd=handle, dst_dir_fd=handle)
        self.folder.sync()

    def drop(self) -> None:
        """Removes the file that was not completed."""
        with contextlib.suppress(OSError):
            os.unlink(self.folder.at(self.temporary), dir_fd=self.folder.handle)


class _Target:
    """A place for bytes: collects small pieces, turns errors into OutputErrors, and can be taken back."""

    def __init__(self, name: str, file: IO[bytes], place: _Place | None = None) -> None:
        self.name = name
        self.bytes_written = 0
        self.hash: hashlib._Hash | None = None
        """The hash of the bytes that were written since it was set."""
        self._file = file
        self._place = place
        """None where the bytes go straight to their place."""
        self._held = bytearray()
        self._over = False

    @property
    def digest(self) -> str:
        """SHA-256 of what was written; "" where that is not hashed."""
        return "" if self.hash is None else self.hash.hexdigest()

    @property
    def folder(self) -> _Folder | None:
        """The folder in which it is written under a temporary name; None where the bytes go straight to their place."""
        return self._place.folder if self._place is not None else None

    def write(self, data: bytes) -> int:
        if self._over:
            raise ValueError("the output is closed")
        self.bytes_written += len(data)
        if self.hash is not None:
            self.hash.update(data)
        if len(self._held) + len(data) < _BUFFER:
            self._held += data
        else:
            self._drain()
            self.attempt(lambda: _write_all(self._file, data))
        return len(data)

    def flush(self) -> None:
        if self._over:
            raise ValueError("the output is closed")
        self._drain()
        self.attempt(self._file.flush)

    def commit(self) -> None:
        self.flush()
        self.attempt(self._complete)
        self._over = True

    def abort(self) -> None:
        if self._over:
            return
        self._over = True
        self._held.clear()
        with contextlib.suppress(OSError):
            self._close()
        if self._place is not None:
            self._place.drop()
            self._place.folder.close()

    def _drain(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            self.attempt(lambda: _write_all(self._file, held))

    def _complete(self) -> None:
        if self._place is not None:
            self._place.put(self._file)
        self._close()
        if self._place is not None:
            self._place.folder.close()

    def _close(self) -> None:
        if isinstance(self._file, io.FileIO):  # one that stands in for standard output leaves it open
            self._file.close()

    def attempt(self, call: Callable[[], _T]) -> _T:
        """The call's result; an OSError aborts the output and becomes an OutputError."""
        try:
            return call()
        except BaseException as error:
            self.abort()
            if isinstance(error, OSError) and not (isinstance(error, BrokenPipeError) and self.name == "-"):
                raise _unwritable(self.name, error) from None
            raise


class _ObjectTarget(_Target):
    """An object, which appears when it is complete."""

    def __init__(self, name: str, upload: Upload) -> None:
        super().__init__(name, cast(IO[bytes], upload))
        self._upload = upload

    def abort(self) -> None:
        if not self._over:
            super().abort()
            self._upload.abort()

    def _complete(self) -> None:
        self._upload.commit()


def _open_target(path: Path | None, inputs: Iterable[Path | None], inside: Path | None) -> _Target:
    if path is not None:
        refuse_url(path)
        address = objects.address_of(path)
        if address is not None:
            if any(each is not None and objects.address_of(each) == address for each in inputs):
                raise UsageError(f"{_name(path)}: is also an input, which writing would destroy; write to another place")
            return _ObjectTarget(_name(path), Upload(address))
    descriptor = 1 if path is None else _descriptor(path) if inside is None else None
    own_path = None if descriptor == 1 else path
    for input_path in inputs:
        if same_file(input_path, own_path):
            raise UsageError(f"{_name(own_path)}: is also an input, which writing would destroy; write to another place")
    if path is None or descriptor == 1:
        return _Target("-", _standard_output())
    name = _name(path)
    try:
        if descriptor is not None:
            return _Target(name, cast(IO[bytes], io.FileIO(os.dup(descriptor), "wb")))
        return _open_path(path, name) if inside is None else _open_inside(path, name, inside)
    except OSError as error:
        raise _not_opened(path, name, error) from None
    except ValueError:  # a NUL in the name
        raise OutputError(f"{name}: is no possible file name; choose another") from None


def _open_path(path: Path, name: str) -> _Target:
    final = Path(os.path.realpath(path))  # a link stays one; the file it points to is replaced
    status = _status(final)
    if status is not None and stat.S_ISBLK(status.st_mode):
        raise OutputError(f"{name}: is a disk; choose a file")
    if status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return _Target(name, cast(IO[bytes], io.FileIO(os.open(final, os.O_WRONLY | os.O_NOCTTY), "wb")))
    return _open_in(_open_folder(final.parent), final.name, name)


def _open_inside(path: Path, name: str, inside: Path) -> _Target:
    refuse_links(path, inside)
    return _open_in(_open_folder(inside, path.relative_to(inside).parts[:-1]), path.name, name)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _open_folder(path: Path, below: Sequence[str] = ()) -> _Folder:
    """Opens, and if need be makes, a folder, and the folders below it, which must not be links."""
    make_folder(path)
    if not _BY_HANDLE:
        path.joinpath(*below).mkdir(parents=True, exist_ok=True)
        return _Folder(path.joinpath(*below), None)
    handle = os.open(path, _FOLDER)
    for part in below:
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, dir_fd=handle)
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return _Folder(path.joinpath(*below), handle)


def _open_in(folder: _Folder, final: str, name: str) -> _Target:
    """Begins a file in the folder, which it closes if that fails."""
    try:
        try:
            status = os.stat(folder.at(final), dir_fd=folder.handle, follow_symlinks=False)
        except FileNotFoundError:
            mode = 0o666 & ~_umask()
        else:
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not os.access(folder.at(final), os.W_OK, dir_fd=folder.handle):  # renaming over it would not ask
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            mode = status.st_mode & 0o777
        temporary, handle = _begin(folder)
    except BaseException:
        folder.close()
        raise
    return _Target(name, cast(IO[bytes], io.FileIO(handle, "wb")), _Place(folder, temporary, final, mode))


def _begin(folder: _Folder) -> tuple[str, int]:
    """Makes a temporary file and locks it. Returns its name and its handle."""
    while True:
        name = f".logscrub-{os.urandom(8).hex()}.tmp"
        try:
            handle = os.open(folder.at(name), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder.handle)
            if _lock(handle) and _exists(folder, name):
                return name, handle
        except FileExistsError:
            continue
        except BaseException:  # a signal may come at any moment
            with contextlib.suppress(OSError):
                os.unlink(folder.at(name), dir_fd=folder.handle)
            raise
        os.close(handle)  # another run took it for abandoned before it was locked, and removes it


def _lock(handle: int) -> bool:
    """Locks a new file. False if another process has locked it."""
    if sys.platform != "win32":
        try:
            # Unlike those of flock, these locks are not held by copies of this process, which may outlive it for a while.
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # the file system gives no locks, to those who would remove it neither
            return True
    return True


def _exists(folder: _Folder, name: str) -> bool:
    try:
        os.stat(folder.at(name), dir_fd=folder.handle, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


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
    return "-" if path is None else printable(objects.shown(path))


def _not_opened(path: Path, name: str, error: OSError) -> OutputError:
    """The error for an output that cannot be opened; it names the file or folder that is the cause."""
    nearest = path
    while not os.path.lexists(nearest) and nearest != nearest.parent:
        nearest = nearest.parent
    where = printable(nearest if nearest.parts else nearest.absolute())
    try:
        if nearest.is_symlink() and not nearest.exists():
            return OutputError(f"{name}: {where} is a link to nothing; remove the link or choose another place")
        is_folder = nearest.is_dir()
    except OSError:
        return _unwritable(name, error)
    if is_folder and error.errno in (errno.EACCES, errno.EPERM):
        return OutputError(f"{name}: no permission to write in the folder {where}; choose another place")
    if is_folder and error.errno == errno.EROFS:
        return OutputError(f"{name}: the folder {where} is on a read-only file system; choose another place")
    if nearest != path and not is_folder and error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError(f"{name}: a part of the path is a file, not a folder: {where}; choose another place")
    return _unwritable(name, error)


def _unwritable(name: str, error: OSError) -> OutputError:
    if isinstance(error, ObjectError):
        return OutputError(f"{name}: {error}")
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
