"""Reading along: what is appended to a file, or comes through a pipe, as it comes."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Final

from logscrub.errors import InputError
from logscrub.sources.files import Input
from logscrub.sources.streams import PIECE, Stream, open_stream

PAUSE: Final = 1.0
"""Seconds after which it is told that nothing came."""


def follow(item: Input) -> Generator[bytes, None, None]:
    """Pieces as they come; `b""` each second in which nothing came. A pipe ends with its writer, a file never does.

    A file is read from its beginning. Where another file takes its place, or it is cut (as log rotation does), that is read from
    the beginning, too. Raises InputError where it cannot be read, or is compressed.
    """
    with open_stream(item) as stream:
        if stream.compression != "none":
            raise InputError(f"{item.name}: is compressed ({stream.compression}), so it cannot be followed; decompress it first")
        if item.path is None or stream.size is None:
            yield from _pipe(stream)
            return
    yield from _growing(item.path, item.name)


def _pipe(stream: Stream) -> Iterator[bytes]:
    pieces = stream.chunks()
    while True:
        if not stream.wait(PAUSE):
            yield b""
            continue
        piece = next(pieces, b"")
        if not piece:
            return
        yield piece


def _growing(path: Path, name: str) -> Iterator[bytes]:
    file: IO[bytes] | None = None
    try:
        while True:
            piece = b""
            try:
                if file is None:
                    file = path.open("rb", buffering=0)
                piece = file.read(PIECE)
                if not piece and _is_another(path, file):
                    piece = file.read(PIECE)  # what was written to it before it was moved away
                    if not piece:
                        file.close()
                        file = None
                        continue
            except FileNotFoundError:  # between two files
                pass
            except OSError as error:
                raise InputError(f"{name}: cannot be read ({os.strerror(error.errno or 5)})") from None
            if not piece:
                time.sleep(PAUSE)
            yield piece
    finally:
        if file is not None:
            file.close()


def _is_another(path: Path, file: IO[bytes]) -> bool:
    """Whether another file lies there now, or this one was cut."""
    there, here = path.stat(), os.fstat(file.fileno())
    return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino) or here.st_size < file.tell()
