"""SHA-256 digests of what is read: of an input's bytes as they are stored, and of what they hold when decompressed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from logscrub.sources import streams
from logscrub.sources.decompression import PIECE, Reading
from logscrub.sources.files import Input
from logscrub.sources.streams import Stream


class Hashed(io.RawIOBase):
    """A file that hashes what is read of it, in the order in which it stands there."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._start = self._position = self._hashed = 0
        self._ended = False
        if file.seekable():
            self._start = self._position = self._hashed = file.tell()

    def readinto(self, buffer: Any) -> int | None:
        data = self._file.read(len(buffer))
        if data is None:  # non-blocking, and nothing there
            return None
        self._ended = not data
        buffer[: len(data)] = data
        end = self._position + len(data)
        if self._position <= self._hashed < end:
            self._hash.update(data[self._hashed - self._position :])
            self._hashed = end
        self._position = end
        return len(data)

    def finish(self, *, wait: bool = True) -> str:
        """Reads what was left out, and gives the digest of all; "" where that fails.

        Without `wait`, of a pipe the digest of what was read of it.
        """
        try:
            if self._file.seekable():
                self.seek(self._hashed)
            elif self._ended or not wait:  # a terminal would want its end-of-file key again
                return self._hash.hexdigest()
            while streams.read_some(cast(IO[bytes], self), PIECE):
                pass
        except OSError:
            return ""
        return self._hash.hexdigest()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = self._file.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._position

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@contextmanager
def open_hashed(item: Input, reading: Reading) -> Iterator[tuple[Stream, Hashed]]:
    """An open input, which hashes what it decompresses, and the hash of its bytes as they are stored. As `open_stream`."""
    file = streams.open_file(item)
    hashed = Hashed(file)
    with Stream(
        item.name, cast(IO[bytes], hashed), streams.size_of(file), owned=item.path is not None, reading=reading
    ) as stream:
        stream.content = hashlib.sha256()
        yield stream, hashed
