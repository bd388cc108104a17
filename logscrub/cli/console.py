"""Writes for people: lines on standard error, results on standard output, progress."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logscrub.sources.files import Input


def say(message: str) -> None:
    """One line on standard error."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if sys.stderr is not None:
        print(f"logscrub: {line}", file=sys.stderr, flush=True)


def let_interrupt() -> None:
    """Lets Ctrl-C break off a read: once polars is imported, reads would be taken up again after the signal."""
    signal.siginterrupt(signal.SIGINT, True)


def terminal_width() -> int | None:
    """The columns of the terminal that standard output is; None where it is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def put(text: str, path: Path | None = None, *, inside: Path | None = None) -> None:
    """Writes a result to a file, or to standard output. `inside`: see `open_sink`. Raises OutputError, or BrokenPipeError."""
    put_bytes(text.encode("utf-8", "backslashreplace"), path, inside=inside)


def put_pieces(pieces: Iterable[str], path: Path | None = None) -> None:
    """Writes a result that is too large to be one text, as `put` does."""
    from logscrub.sinks import open_sink

    if path is not None:
        tidy([path])
    with open_sink(path, "none") as sink:
        for piece in pieces:
            sink.write(piece.encode("utf-8", "backslashreplace"))
        sink.commit()


def put_bytes(data: bytes, path: Path | None = None, *, inside: Path | None = None) -> None:
    """Writes bytes, as `put` writes text."""
    from logscrub.sinks import open_sink

    if path is not None:
        tidy([path])
    with open_sink(path, "none", inside=inside) as sink:
        sink.write(data)
        sink.commit()


def tidy(outputs: Iterable[Path]) -> None:
    """Removes the incomplete files that killed runs left beside these outputs, and says so."""
    from logscrub.sinks import remove_abandoned
    from logscrub.sources.files import printable

    folders = set()
    for path in outputs:
        with suppress(OSError):  # where the output cannot be written either, which is said then
            folders.add((Path(os.path.realpath(path)) if path.is_symlink() else path).parent)
    for folder in sorted(folders):
        if removed := remove_abandoned(folder):
            files = "1 incomplete file" if removed == 1 else f"{removed:,} incomplete files"
            say(f"{printable(folder)}: removed {files} (.logscrub-….tmp) of a run that was killed")


Tell = Callable[[int, int], None]
"""Callback for one input: (bytes read so far, number of things found in it so far)."""


@contextmanager
def progress(items: Sequence[Input], noun: str, *, shown: bool = True) -> Iterator[Callable[[], Tell]]:
    """A bar on standard error, where that is a terminal. Gives what to call at the beginning of each input.

    `noun`: what is counted besides bytes.
    """
    typing = any(item.path is None for item in items) and sys.stdin is not None and sys.stdin.isatty()
    if not shown or typing or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: lambda read, count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TextColumn(f"{{task.fields[found]:,}} {noun}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=_bytes(items), found=0)
        all_read = all_found = 0

        def begin() -> Tell:
            read_before, found_before = all_read, all_found

            def tell(read: int, found: int) -> None:
                nonlocal all_read, all_found
                all_read, all_found = read_before + read, found_before + found
                bar.update(task, completed=all_read, found=all_found)

            return tell

        yield begin


def _bytes(items: Sequence[Input]) -> int | None:
    """The bytes of all inputs as stored; None if that cannot be known."""
    from logscrub.sources.files import size_of

    sizes = [size_of(item) for item in items if not item.skipped]
    return None if None in sizes else sum(size for size in sizes if size is not None)
