"""Follows a log: reads what is appended to it, or comes through a pipe, also when the log is rotated.

A log is polled. It is followed by name and by inode: if another file takes its place, that file is read from its beginning, and
the one before is read on, because its writer writes to it until it opens the new one. If a log was copied and truncated, the part
that was not read before is read from the copy. Rotated files that appeared between two polls are read too. A message says what
may have been missed all the same.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, Literal

from logscrub.errors import InputError
from logscrub.sources import signatures, streams
from logscrub.sources.files import Input, printable
from logscrub.sources.rotation import HEAD, Key, LogFile, Rotated, Trace
from logscrub.sources.streams import open_stream

PAUSE: Final = 0.25
"""Seconds between two polls where nothing came."""
QUIET: Final = 60.0
"""Seconds for which nothing was written to a file that was moved away, after which it is closed."""
_PATIENCE: Final = 1.0
"""Seconds for which a log may be missing or empty before anything follows from that: rotation takes a moment."""
_MOST_OPEN: Final = 16
"""Files that were moved away, and rotated files that may be copies, that are kept open; of more, the oldest is closed."""
_MOST_KNOWN: Final = 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that came."""

    number: int
    """The text that they belong to: pieces of one number follow one another without a gap."""
    data: bytes = b""
    """Nothing, where nothing came for a moment."""
    last: bool = False
    """True if nothing more of this text will come."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A rotated file that is not open."""

    trace: Trace
    was_read: bool
    """True if the file was read up to there; False if that content was there before."""


def follow(
    item: Input, say: Callable[[str], None] = lambda line: None, sleep: Callable[[float], None] = time.sleep
) -> Generator[Piece, None, None]:
    """Yields pieces as they come, and an empty one whenever nothing came for a moment. A pipe ends with its writer, a file never.

    A file is opened at once and read from its beginning; one that is not there yet is waited for. `say` is called with a line for
    people whenever a file is rotated, comes or goes, and where something may have been missed; `sleep` between two polls, with
    the seconds.

    Raises InputError where the input cannot be read, or is compressed; the pieces do, too.
    """
    if item.path is None or _is_pipe(item.path):
        return _pipe(item)
    if not _is_missing(item.path):
        with open_stream(item) as stream:
            if stream.compression != "none":
                raise _compressed(item.name, stream.compression)
            if stream.archive:
                raise InputError(f"{item.name}: is {signatures.TAR}, so it cannot be followed; unpack it first")
    follower = _Follower(item.path, item.name, say, sleep)
    follower.begin()
    return follower.pieces()


def _is_pipe(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _compressed(name: str, compression: str) -> InputError:
    return InputError(f"{name}: is compressed ({compression}), so it cannot be followed; decompress it first")


def _pipe(item: Input) -> Generator[Piece, None, None]:
    with open_stream(item) as stream:
        if stream.compression != "none":
            raise _compressed(item.name, stream.compression)
        pieces = stream.chunks()
        while True:
            if not stream.wait(PAUSE):
                yield Piece(0)
                continue
            data = next(pieces, b"")
            if not data:
                return
            yield Piece(0, data)


def _real(path: Path) -> Path:
    """The path of the file that a path leads to through links."""
    return Path(os.path.realpath(path))  # unlike Path.resolve, it raises nothing where a link leads to itself


def _modified(file: LogFile) -> int:
    """When a file was last written to. It is measured, if that is possible: if not, reading it says why."""
    with suppress(OSError):
        file.measure()
    return file.modified


class _Follower:
    """One log that is followed, with the files that were it before."""

    def __init__(self, path: Path, name: str, say: Callable[[str], None], sleep: Callable[[float], None]) -> None:
        self._path, self._name, self._say, self._sleep = path, name, say, sleep
        self._numbers = count()
        self._rotated: Rotated | None = None
        self._log: LogFile | None = None
        """The file that the log's name leads to, or led to last."""
        self._moved: list[LogFile] = []
        """Files that were the log, and may still be written to; the oldest first."""
        self._found: list[LogFile] = []
        """Rotated files that are new: copies of the log, or logs that were rotated before they could be seen."""
        self._known: dict[Key, _Known] = {}
        self._ended: deque[Trace] = deque(maxlen=_MOST_OPEN)
        """Traces of what the log held before it was truncated."""
        self._written: deque[int] = deque([0], maxlen=8)
        """When the log had last been written to, as of the last polls. A rotated file that is older is none of this log."""
        self._trouble = ""
        """Why the log's name leads to no file that can be read, once that was said."""
        self._troubled = 0.0
        """Seconds for which the name has led to none."""

    def begin(self) -> None:
        """Opens the log, if it is there."""
        self._look_beside(_real(self._path))
        with suppress(OSError, ValueError):  # the first poll says what is wrong
            self._begin(LogFile.open(self._path, self._name))

    def pieces(self) -> Generator[Piece, None, None]:
        """Pieces without an end. Raises InputError."""
        try:
            while True:
                came = False
                for piece in self._poll():
                    came = True
                    yield piece
                if not came:
                    self._sleep(PAUSE)
                    self._pass(PAUSE)
                    yield Piece(0 if self._log is None else self._log.number)
        except OSError as error:
            raise streams._unreadable(self._name, error) from None
        finally:
            for file in self._open():
                file.close()

    def _open(self) -> list[LogFile]:
        return [*self._moved, *([] if self._log is None else [self._log]), *self._found]

    def _pass(self, seconds: float) -> None:
        self._troubled += seconds
        for file in self._open():
            file.quiet += seconds
            file.cut += seconds

    def _poll(self) -> Iterator[Piece]:
        """The data that can be read now, at most `PIECE` bytes of each file."""
        written = self._written[-1] if self._log is None else _modified(self._log)
        self._find_log()
        at_end = True
        for file in [*self._moved, *([] if self._log is None else [self._log])]:
            at_end = (yield from self._read_on(file)) and at_end
        if at_end:
            yield from self._sort_found()
            yield from self._close_quiet()
        self._look_for_rotated()
        for file in self._found:
            self._measure_found(file)
        self._written.append(written)

    # -- the log's name ---------------------------------------------------------------------------------------------------

    def _find_log(self) -> None:
        """Opens the file that the log's name leads to, where that is another one now."""
        try:
            there = self._path.stat()
            if self._log is None or (there.st_dev, there.st_ino) != self._log.key:
                self._look_beside(_real(self._path))
                self._begin(LogFile.open(self._path, self._name))
            self._trouble, self._troubled = "", 0.0
        except (FileNotFoundError, NotADirectoryError):
            self._wait("is not there")
        except PermissionError:
            self._wait("cannot be opened (no permission)")
        except ValueError:
            self._wait("is not a regular file")
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            self._wait("is a link that leads to itself")

    def _look_beside(self, log: Path) -> None:
        """Has the rotated files beside `log` watched. Those that are there now are none of this log."""
        if self._rotated is None or self._rotated.log != log:
            self._rotated = Rotated(log)
            self._look_for_rotated(known=True)  # before the log is opened: if it is rotated now, its rotated file is new

    def _wait(self, trouble: str) -> None:
        """Says once why there is no file to open, unless that is over in a moment."""
        if trouble != self._trouble and (self._log is None or self._troubled >= _PATIENCE):
            self._trouble = trouble
            self._say(f"{self._name}: {trouble}; waiting for a file of this name")

    def _begin(self, file: LogFile) -> None:
        """Makes a file that was just opened the log."""
        before = self._log
        again = next((each for each in [*self._moved, *self._found] if each.key == file.key), None)
        if again in self._moved:  # it was renamed back
            file.number, file.trace = again.number, again.trace
        else:
            file.number, file.trace = next(self._numbers), self._start_of(file)
        if again is not None:
            (self._moved if again in self._moved else self._found).remove(again)
            again.close()
        self._log = file
        if before is not None:
            before.was_log = True
            if before.trace.position:
                self._moved.append(before)
            else:  # nothing tells what is in it from a copy of the new log that was made over it
                self._find(before)
            self._say_replaced(before)
        elif self._trouble:
            self._say(f"{self._name}: is there now; reading it from its beginning")

    def _say_replaced(self, before: LogFile) -> None:
        assert self._rotated is not None
        self._look_for_rotated()
        name = self._rotated.name_of(before.key)
        before.name = f"{self._name} (the file before)" if name is None else printable(name)
        if name is None:
            what = "was replaced by another file"
            missed = "a file that came and went between two polls would be missed"
        else:
            what = f"was renamed to {before.name}"
            gap = self._rotated.missing_before(name)
            missed = "" if gap is None else f"there is no {printable(gap)} to read: what was in it may be missed"
        reading = "reading the new file, and the one before as long as it is written to"
        self._say(f"{self._name}: {what}; {reading}" + (f"; {missed}" if missed else ""))

    def _start_of(self, file: LogFile) -> Trace:
        """The position to begin at: behind what was read of another file with the same content, if that identifies it."""
        read = [each.trace for each in self._moved] + ([] if self._log is None else [self._log.trace])
        read += [each.trace for each in self._known.values() if each.was_read]
        same = [each for each in [*read, *self._ended] if each.position >= HEAD and file.compare(each) == "has it"]
        return max(same, key=lambda each: each.position, default=Trace())

    # -- reading ----------------------------------------------------------------------------------------------------------

    def _read_on(self, file: LogFile) -> Generator[Piece, None, bool]:
        """The next piece of a file. Returns True where there is none, because the file was read to its end."""
        before = file.trace.position
        try:
            data = file.read()
        except OSError as error:
            if file is self._log and error.errno != errno.ESTALE:
                raise
            return (yield from self._drop(file, f"cannot be read any more ({os.strerror(error.errno or errno.EIO)})"))
        if data is None:
            return (yield from self._truncated(file))
        file.cut = 0.0
        if not data:
            return True
        if file.half != "none":
            self._look_for_rotated()
            if file.half == "torn":
                yield from self._begin_anew(file)
            file.half = "none"
        return (yield from self._give(file, data, before))

    def _give(self, file: LogFile, data: bytes, before: int) -> Generator[Piece, None, bool]:
        """Hands on what was read of a file at the position `before`."""
        if not before and (kind := signatures.kind_of(data, final=True)) not in ("none", "otlp-protobuf"):
            if file is self._log:
                raise _compressed(self._name, str(kind))
            return (yield from self._drop(file, f"is compressed ({kind})"))
        yield Piece(file.number, data)
        return False

    def _truncated(self, file: LogFile) -> Generator[Piece, None, bool]:
        """The rest of what a file held before it was truncated; then it is read from its beginning. Returns as `_read_on`."""
        self._look_for_rotated()
        copies = [each for each in self._found if each.compare(file.trace) == "has it"]
        if copies:
            copy = min(copies, key=lambda each: each.modified)
            copy.trace = file.trace
            while data := copy.read():
                yield Piece(file.number, data)
            self._say(f"{file.name}: was truncated after it was copied to {copy.name}; the copy was read to its end, reading on")
            self._found.remove(copy)
            self._forget(copy)
            self._ended.append(copy.trace)
            if not copy.trace.mark.endswith(b"\n"):
                file.half = "torn" if self._found else "open"
            if file in self._moved:
                yield from self._begin_anew(file)
        else:
            # A copy may still come to light, and on a network drive the content may come back. The log waits longer, because a
            # rotated file that was truncated may be a copy of it.
            if file.cut < (_PATIENCE if file is self._log else _PATIENCE / 2):
                return file.measure().st_size == 0
            self._say(
                f"{file.name}: was truncated, and there is no whole copy of it to read: what was written to it after its first "
                f"{file.trace.position:,} bytes may be missed; reading it from its beginning"
            )
            yield from self._begin_anew(file)
            self._ended.append(file.trace)
        file.trace, file.after_cut = Trace(), True
        if file in self._moved:  # what is in it now may be a copy of the log
            self._moved.remove(file)
            self._find(file)
        return False

    def _begin_anew(self, file: LogFile) -> Iterator[Piece]:
        """Has what comes next of a file be another text."""
        yield Piece(file.number, last=True)
        file.number, file.half = next(self._numbers), "none"

    def _drop(self, file: LogFile, why: str) -> Generator[Piece, None, bool]:
        """Gives a file up, and says so."""
        self._say(f"{file.name}: {why}: what was written to it after its first {file.trace.position:,} bytes may be missed")
        self._ended.append(file.trace)
        if self._rotated is not None:
            self._rotated.forget(file.key)
        if file is self._log:
            self._log = None
        elif file in self._moved:
            self._moved.remove(file)
        file.close()
        yield Piece(file.number, last=True)
        return False

    def _close_quiet(self) -> Iterator[Piece]:
        """Closes files that were moved away, where the log is written to and they have not been for long."""
        is_followed = self._log is not None and self._log.trace.position > 0
        for file in list(self._moved):
            if (is_followed and file.quiet >= QUIET) or len(self._moved) > _MOST_OPEN:
                self._moved.remove(file)
                self._forget(file)
                yield Piece(file.number, last=True)

    def _forget(self, file: LogFile) -> None:
        """Closes a file that was read to its end. If it is written to later, it is opened again by its name."""
        self._know(file.key, _Known(file.trace, True))
        file.close()

    def _know(self, key: Key, known: _Known) -> None:
        self._known.pop(key, None)
        self._known[key] = known
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    # -- rotated files ----------------------------------------------------------------------------------------------------

    def _look_for_rotated(self, *, known: bool = False) -> None:
        """Opens rotated files that are new. `known`: those that are there now are none of this log."""
        if self._rotated is None:
            return
        known = known or not self._rotated.is_listed
        for path in self._rotated.changed():
            name = printable(path.name)
            try:
                file = LogFile.open(path, name)
            except FileNotFoundError:
                self._rotated.forget(path.name)
                continue
            except (OSError, ValueError):
                if not known:
                    self._say(f"{name}: a rotated file that cannot be opened: what was in it may be missed")
                continue
            held = next((each for each in self._open() if each.key == file.key), None)
            before = self._known.get(file.key)
            if held is not None:
                held.name = held.name if held is self._log else name
                file.close()
            elif before is not None and file.compare(before.trace) == "has it":
                if before.was_read and file.size > before.trace.position:
                    file.number, file.trace = next(self._numbers), before.trace
                    self._moved.append(file)
                else:
                    file.close()
            elif known or file.modified < self._written[0]:
                file.read_to(file.size)
                self._know(file.key, _Known(file.trace, False))
                file.close()
            else:
                self._find(file)

    def _find(self, file: LogFile) -> None:
        file.read_to(file.size)
        file.size = -1  # not measured yet: it may be longer than the log was when that was read
        self._found.append(file)
        if self._log is not None and self._log.half == "open":
            self._log.half = "torn"

    def _measure_found(self, file: LogFile) -> None:
        """Measures a rotated file, and keeps by what it is known: until it is read, another one may be copied over it."""
        if file.trace.position and file.compare(file.trace) != "has it":
            self._say(f"{file.name}: was written anew before it could be read: what was in it may be missed")
        before = file.size
        _modified(file)
        file.read_to(file.size)
        file.quiet = file.quiet if file.size == before else 0.0

    def _sort_found(self) -> Iterator[Piece]:
        """Finds out what the new rotated files are: by the sizes they had before the log was read to its end."""
        for file in list(self._found):
            if file.size <= 0:
                continue
            what = self._compared(file)
            if what == "other":
                yield from self._read_along(file)
            elif what == "a copy" or file.quiet >= QUIET:
                self._found.remove(file)
                self._forget(file)
        for file in self._found[:-_MOST_OPEN]:
            self._found.remove(file)
            self._know(file.key, _Known(file.trace, False))
            file.close()
            if file.size:
                self._say(f"{file.name}: one of very many rotated files; what was in it may be missed")

    def _compared(self, file: LogFile) -> Literal["a copy", "may become one", "other"]:
        """True if the content of a rotated file was read elsewhere."""
        log = self._log
        if log is not None and file.size <= log.trace.position and file.compare(log.trace) != "other":
            return "may become one"  # the log is about to be truncated
        if file.was_log:
            return "other"
        read = [each.trace for each in self._moved] + [each.trace for each in self._known.values()] + [*self._ended]
        found = [(file.compare(each), each.position) for each in read]
        if ("has it", file.size) in found:
            return "a copy"
        return "may become one" if any(what == "a part" for what, _ in found) else "other"

    def _read_along(self, file: LogFile) -> Iterator[Piece]:
        """Has a rotated file read with the log from now on."""
        seen, start = file.trace, self._start_of(file)
        file.trace = start
        data = file.read()
        if data is None or not (start.position or data.startswith(seen.head)):
            file.trace = seen  # in this moment it was written anew
            return
        file.number = next(self._numbers)
        self._found.remove(file)
        self._moved.append(file)
        if not file.was_log:
            self._say(
                f"{file.name}: was rotated before it was seen; reading it, too. "
                "Files that came and went even faster would be missed"
            )
        if data:
            yield from self._give(file, data, start.position)
