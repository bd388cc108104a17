"""Log rotation, as far as a reader needs to know it: open files, how far they were read, and the rotated files beside a log.

A log is rotated by renaming it and creating a new one, or by copying it and truncating it. A file is known by its inode as long
as it is open. The content of another file, and of one that was truncated, is known by the bytes that were read: the first ones
and the last ones.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from logscrub.sources.decompression import PIECE

HEAD: Final = 4096
"""Bytes at the beginning of a file by which its content is known. Two logs that agree in so many bytes are one log."""
_MARK: Final = 512
"""Bytes before the position by which it is known whether a file still is what was read."""
_SETTLED: Final = 2_000_000_000
"""Nanoseconds after a change of a folder within which another change may leave its time of modification as it is."""

Key = tuple[int, int]
"""Device and inode."""

_ROTATED: Final = r"[-._]?\d[\dTZ._:+-]*|[-._](?:old|bak|prev|orig)|~"
"""Matches what log rotation appends to a file's name."""
_DATED: Final = r"[-._]?\d(?:[-._T:]?\d){5,}[\d.\-]*"
"""Matches the date that log rotation puts before the suffix. A single number there can be another process's log: `app-2.log`."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The position up to which a file was read, and the bytes by which its content is recognised."""

    position: int = 0
    head: bytes = b""
    """Its first bytes, `HEAD` at most."""
    mark: bytes = b""
    """The last bytes before the position."""

    def on(self, data: bytes) -> Trace:
        """The trace after `data` was read, too."""
        head = self.head if len(self.head) == HEAD else (self.head + data)[:HEAD]
        return Trace(self.position + len(data), head, (self.mark + data)[-_MARK:])


@dataclass(slots=True)
class LogFile:
    """An open file that may grow. Reading, measuring and comparing raise OSError."""

    file: int
    """The file descriptor."""
    key: Key
    name: str
    """The name in messages."""
    number: int = 0
    """The number of the text that it is a part of, for the reader."""
    trace: Trace = Trace()
    """A trace of what was read of the file; before its first read, of what was seen in it."""
    was_log: bool = False
    """True if its content was the log's own before it was renamed."""
    quiet: float = 0.0
    """Seconds for which nothing new was in it."""
    cut: float = 0.0
    """Seconds for which it has been known to be truncated."""
    size: int = 0
    """Its size when it was last measured."""
    modified: int = 0
    """When it was last written to, then: nanoseconds since 1970 by the file system's clock."""
    half: Literal["none", "open", "torn"] = "none"
    """True if its text ends in half a line after a truncation; "torn" if the rest may be in another rotated file."""
    after_cut: bool = False
    """True if it was truncated and nothing has been written to it since."""

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """Raises OSError; ValueError where there is no regular file."""
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # else a FIFO would wait for its writer
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            os.close(file)
            raise ValueError("not a regular file")
        return cls(file, (status.st_dev, status.st_ino), name, size=status.st_size, modified=status.st_mtime_ns)

    def close(self) -> None:
        os.close(self.file)

    def measure(self) -> os.stat_result:
        """Updates `size` and `modified`, and the inode, whose number changes on some network drives."""
        status = os.fstat(self.file)
        self.key = (status.st_dev, status.st_ino)
        self.size, self.modified = status.st_size, status.st_mtime_ns
        return status

    def read(self) -> bytes | None:
        """The data that was appended, at most `PIECE` bytes; None if the bytes before it are no longer those that were read.

        Both come from one read: what is appended cannot be mistaken while the file is being truncated and written anew.
        """
        while True:
            mark = self.trace.mark
            data = os.pread(self.file, len(mark) + PIECE, self.trace.position - len(mark))
            if not data.startswith(mark):
                return None
            new = data[len(mark) :]
            if not new:
                return b""
            self.quiet = 0.0
            self.trace = self.trace.on(new)
            if self.after_cut:
                # A writer that does not append goes on where it was, and the file has a hole before it.
                written = new.lstrip(b"\0")
                if len(new) - len(written) > 3:  # fewer may be a character of UTF-16 or UTF-32
                    new = written
                self.after_cut = not new
            if new:
                return new

    def read_to(self, position: int) -> None:
        """Takes the bytes up to a position for read."""
        start = max(0, position - _MARK)
        mark = os.pread(self.file, position - start, start)
        self.trace = Trace(start + len(mark), os.pread(self.file, min(position, HEAD), 0), mark)

    def compare(self, trace: Trace) -> Literal["has it", "a part", "other"]:
        """Compares the file with what was read of another one: it begins with that, is the beginning of that, or neither."""
        head = os.pread(self.file, HEAD, 0)
        start = trace.position - len(trace.mark)
        mark = os.pread(self.file, len(trace.mark), start)
        if len(mark) == len(trace.mark):
            return "has it" if trace.position and mark == trace.mark and head.startswith(trace.head) else "other"
        return "a part" if trace.head[: len(head)] == head and trace.mark.startswith(mark) else "other"


class Rotated:
    """The rotated files beside a log, by their names: `app.log.1`, `app.log-20261117`, `app-2026-11-17.log`, `app.log.old`."""

    def __init__(self, log: Path) -> None:
        self.log = log
        stem, suffix = re.escape(log.stem), re.escape(log.suffix)
        self._pattern = re.compile(rf"{re.escape(log.name)}(?:{_ROTATED})|{stem}(?:{_DATED}){suffix}")
        self._names: list[str] = []
        self._listed = -1
        """When the folder was modified that was listed last."""
        self._seen: dict[str, tuple[Key, int, int]] = {}
        """Name → inode, size and time of modification."""

    @property
    def is_listed(self) -> bool:
        """True if the folder could be listed at the last call of `changed`."""
        return self._listed >= 0

    def changed(self) -> list[Path]:
        """The files that are new, or other than at the last call. A folder that cannot be listed has none."""
        changed = []
        for name in self._list():
            path = self.log.with_name(name)
            try:
                status = path.lstat()
            except OSError:
                self._seen.pop(name, None)
                continue
            version = ((status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)
            if stat.S_ISREG(status.st_mode) and self._seen.get(name) != version:
                self._seen[name] = version
                changed.append(path)
        return changed

    def name_of(self, key: Key) -> str | None:
        """The name that a file had at the last call of `changed`."""
        return next((name for name, version in self._seen.items() if version[0] == key), None)

    def forget(self, name_or_key: str | Key) -> None:
        """Has a file count as changed at the next call."""
        name = name_or_key if isinstance(name_or_key, str) else self.name_of(name_or_key)
        if name is not None:
            self._seen.pop(name, None)

    def missing_before(self, name: str) -> str | None:
        """`app.log.1` where a log was renamed to `app.log.2`, and there is no `app.log.1` that can be read."""
        number = name.removeprefix(f"{self.log.name}.")
        if not number.isdecimal() or len(number) > 4:
            return None
        between = (f"{self.log.name}.{n}" for n in range(1, int(number)))
        return next((each for each in between if each not in self._seen), None)

    def _list(self) -> list[str]:
        try:
            modified = self.log.parent.stat().st_mtime_ns
            if modified != self._listed or time.time_ns() - modified < _SETTLED:
                with os.scandir(self.log.parent) as entries:
                    self._names = sorted(entry.name for entry in entries if self._pattern.fullmatch(entry.name))
                self._seen = {name: version for name, version in self._seen.items() if name in self._names}
                self._listed = modified
        except OSError:
            self._names, self._listed = [], -1
        return self._names
